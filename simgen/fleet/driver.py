"""Many episodes on many simulators: hands out work, and gets every episode done or named.

One worker owns one simulator and has one call in flight; frames go to disk from the worker, and only an ``Outcome``
travels back. A worker that dies costs one attempt at one episode. Who does what is settled in ``schedule``; where
workers run is an executor's business (``ray_executor``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simgen.errors import Interrupted, RequestError, SimulatorError
from simgen.fleet.executor import Call, Executor, Place, Worker, WorkerFault, WorkerLost
from simgen.fleet.jobs import Event, Job, workload_of
from simgen.fleet.ray_executor import RayExecutor, ray_session
from simgen.fleet.schedule import CONTENT, SIMULATOR, Policy, Schedule, State, Workload
from simgen.fleet.simulator import Slot
from simgen.fleet.worker import EpisodeWorker, Outcome

__all__ = ["Event", "Job", "ray_session", "record_all"]

log = logging.getLogger(__name__)

POLL_S = 0.5
ABORT_S = 20.0               # how long a worker may take to leave its episode in order
FINISH_S = 10.0              # an episode that will take no longer is not left
STOP_S = 10.0                # how long a simulator may take to end in order


def record_all(
    jobs: Sequence[Job], slots: Sequence[Slot], out_dir: Path, log_dir: Path, tell: Callable[[Event], None],
    worker_class: type = EpisodeWorker, stop_asked: Callable[[], int] = lambda: 0, *,
    work: Workload | None = None, policy: Policy | None = None, executor: Executor | None = None,
) -> list[Outcome]:
    """Record every job; returns the outcomes of those that failed for good, in job order.

    ``tell`` hears of everything that happens, at least twice a second; ``stop_asked`` is looked at as often: once
    somebody asked, episodes that are all but done are finished, the others left, and Interrupted is raised; asked
    twice, nothing is waited for. ``worker_class`` has the methods of ``EpisodeWorker``. work: what ``workload_of`` says
    of the jobs, where they are too many to look at each.
    Raises RequestError if a simulator says that it can never do what was asked, SimulatorError if no simulator is left.
    """
    run_by = RayExecutor(worker_class, out_dir, log_dir) if executor is None else executor
    schedule = Schedule(workload_of(jobs) if work is None else work, policy)
    fleet = _Fleet(jobs, slots, schedule, run_by, tell)
    try:
        fleet.run(stop_asked)
    finally:
        fleet.close(stop_asked)
    return [fleet.failed[number] for number in sorted(fleet.failed)]


@dataclass(slots=True)
class _Post:
    """A seat's worker, and the call that it works on: "arrival", "start", "record" or "stop"."""

    slot: Slot
    worker: Worker
    call: Call
    method: str
    place: Place = Place()           # noqa: RUF009 - frozen
    job: Job | None = None
    since_s: float = 0.0


class _Fleet:
    def __init__(
        self, jobs: Sequence[Job], slots: Sequence[Slot], schedule: Schedule, executor: Executor,
        tell: Callable[[Event], None],
    ) -> None:
        self._jobs, self._schedule, self._executor, self._tell = jobs, schedule, executor, tell
        self._slots = {slot.number: slot for slot in slots}
        self._posts: dict[int, _Post] = {}               # by seat
        self._seat_of: dict[Call, int] = {}              # every call in flight
        self.failed: dict[int, Outcome] = {}
        for slot in slots:
            schedule.join(slot.number, time.monotonic())
            tell(Event("joined", slot=slot))

    def run(self, stop_asked: Callable[[], int]) -> None:
        while self._schedule.unfinished:
            if stop_asked():
                raise Interrupted
            self._require_a_simulator()
            self._hand_out()
            self._wait(POLL_S)
            self._end_overdue()
            self._tell(Event("poll"))

    def _require_a_simulator(self) -> None:
        if self._schedule.usable:
            return
        raise SimulatorError(
            f"no simulator is left, and {self._not_recorded()}: run the same command again to continue. The last thing "
            f"heard was: {self._schedule.last_message or 'nothing'}")

    def _not_recorded(self) -> str:
        missing = sorted({*self._schedule.unfinished_jobs(), *self.failed})
        first = self._jobs[missing[0]].plan.name
        if len(missing) == 1:
            return f"episode {first} is not recorded"
        return f"{len(missing)} episodes are not recorded ({first} to {self._jobs[missing[-1]].plan.name})"

    def _hand_out(self) -> None:
        now_s = time.monotonic()
        for seat in self._schedule.to_start(now_s):
            worker = self._executor.hire(self._slots[seat])
            self._posts[seat] = _Post(self._slots[seat], worker, self._executor.arrival(worker), "arrival")
            self._seat_of[self._posts[seat].call] = seat
        for seat, number in self._schedule.assignments(now_s):
            job, post = self._jobs[number], self._posts[seat]
            post.job, post.since_s = job, now_s
            self._call(seat, "record", job.plan.to_json(), job.first_frame, job.xodr_text)
            self._tell(Event("start", job, slot=post.slot))

    def _call(self, seat: int, method: str, *arguments: Any) -> None:
        post = self._posts[seat]
        post.call, post.method = self._executor.call(post.worker, method, *arguments), method
        self._seat_of[post.call] = seat

    def _wait(self, timeout_s: float) -> None:
        if not self._seat_of:
            time.sleep(timeout_s)
            return
        for call in self._executor.wait(list(self._seat_of), timeout_s):
            self._ended(self._seat_of.pop(call), call)

    def _ended(self, seat: int, call: Call) -> None:
        post, now_s = self._posts[seat], time.monotonic()
        try:
            result = self._executor.result(call)
        except WorkerLost as error:
            log.info("worker on %s is lost: %s", post.slot, error)
            self._came_to_nothing(seat, SIMULATOR, str(error))
            return
        except WorkerFault as error:
            log.info("worker on %s failed: %s", post.slot, error)
            self._came_to_nothing(seat, CONTENT if post.method == "record" else SIMULATOR, str(error))
            return
        ending = self._schedule.state(seat) is State.ENDING
        if post.method == "record":
            self._recorded(seat, result, now_s)
        elif post.method == "stop" or ending:
            self._dismiss(seat)
            self._schedule.gone(seat, now_s)
        elif post.method == "arrival":
            post.place = result
            self._schedule.placed(seat, now_s)
            self._call(seat, "start")
        elif result is None:
            self._schedule.started(seat, now_s)
        else:
            self._came_to_nothing(seat, SIMULATOR, str(result))

    def _recorded(self, seat: int, outcome: Outcome, now_s: float) -> None:
        post = self._posts[seat]
        job, post.job = post.job, None
        if outcome.cause == "request":
            raise RequestError(outcome.message)
        if outcome.cause is not None:
            post.job = job
            # A simulator that failed is in a state nobody knows.
            self._came_to_nothing(seat, outcome.cause, outcome.message, outcome)
            return
        self._schedule.done(seat, now_s, outcome.map_name, bool(outcome.recycle))
        self._tell(Event("done", job, outcome, post.slot))
        if self._schedule.state(seat) is State.ENDING:
            if outcome.recycle:
                self._tell(Event("recycled", job, outcome, post.slot))
            self._call(seat, "stop")

    def _came_to_nothing(self, seat: int, cause: str, message: str, said: Outcome | None = None) -> None:
        post, now_s = self._posts[seat], time.monotonic()
        job, post.job = post.job, None
        gone = cause != CONTENT or self._schedule.state(seat) is State.ENDING
        if post.method == "stop":
            self._dismiss(seat)
            self._schedule.gone(seat, now_s)
            return
        if gone:
            self._dismiss(seat)
        verdict = self._schedule.failed(seat, cause, message, now_s, worker_gone=gone)
        if verdict.banned:
            log.warning("%s failed again and again and is given up: %s", post.slot, verdict.message)
            self._tell(Event("left", slot=post.slot))
        if verdict.job is None or job is None:
            return
        outcome = said or Outcome(job.plan.name, 0, 0, 0.0)
        outcome = replace(outcome, cause=cause, message=verdict.message, seconds=now_s - post.since_s)
        if verdict.final:
            self.failed[verdict.job] = outcome
        self._tell(Event("failed" if verdict.final else "retry", job, outcome, post.slot))

    def _end_overdue(self) -> None:
        for seat, why in list(self._schedule.overdue(time.monotonic())):
            post = self._posts[seat]
            if why:
                log.info("%s: %s", post.slot, why)
                self._executor.dismiss(post.worker)
            else:
                self._seat_of.pop(post.call, None)
                self._came_to_nothing(seat, SIMULATOR, "its worker does not answer")

    def _dismiss(self, seat: int) -> None:
        """The seat's worker goes, and what it was called for is of no interest any more."""
        post = self._posts.pop(seat)
        self._seat_of.pop(post.call, None)
        self._executor.dismiss(post.worker)

    def close(self, stop_asked: Callable[[], int] = lambda: 0) -> None:
        """Stop the workers; each takes its simulator along, or leaves the server it used as it found it."""
        recording = [post for post in self._posts.values() if post.method == "record" and post.job is not None]
        aborted = [self._executor.call(post.worker, "abort") for post in recording]
        self._wait_for([*aborted, *(post.call for post in recording)], ABORT_S, stop_asked)
        stopping = [self._executor.call(post.worker, "stop") for post in self._posts.values()
                    if post.job is None and post.method != "arrival"]
        self._wait_for(stopping, STOP_S, stop_asked)
        for post in self._posts.values():
            self._executor.dismiss(post.worker)

    def _wait_for(self, calls: list[Call], timeout_s: float, stop_asked: Callable[[], int]) -> None:
        """Wait until all calls have ended, but not longer, and not once somebody asks a second time."""
        until_s = time.monotonic() + timeout_s
        while calls and time.monotonic() < until_s and stop_asked() < 2:
            ended = set(self._executor.wait(calls, POLL_S))
            calls = [call for call in calls if call not in ended]
