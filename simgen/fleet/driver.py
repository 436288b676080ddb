"""Many episodes on many simulators: hands out work, and gets every episode done or named.

One worker owns one simulator and has one call in flight; frames go to disk from the worker, and only an ``Outcome``
travels back. A worker that dies costs one attempt at one episode. Who does what is settled in ``schedule``; where
workers run is an executor's business (``ray_executor``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from simgen.errors import Interrupted, RequestError, SimulatorError
from simgen.fleet.executor import Call, Executor, Worker, WorkerFault, WorkerLost
from simgen.fleet.failure_log import FailureLog
from simgen.fleet.jobs import Event, Job, workload_of
from simgen.fleet.ray_cluster import ray_session
from simgen.fleet.ray_executor import RayExecutor
from simgen.fleet.room import Need
from simgen.fleet.schedule import CONTENT, REQUEST, SIMULATOR, Policy, Schedule, State, Workload
from simgen.fleet.slot import Slot
from simgen.fleet.worker import EpisodeWorker, Outcome
from simgen.store import Output
from simgen.wording import counted

__all__ = ["Event", "Job", "ray_session", "record_all"]

log = logging.getLogger(__name__)

POLL_S = 0.5
ABORT_S = 15.0               # how long a worker may take to leave its episode in order
FINISH_S = 10.0              # an episode that will take no longer is not left
STOP_S = 5.0                 # how long a simulator may take to end in order
ROOMLESS_S = 30.0            # without room for a single worker, before somebody is told
MOST_REFUSED = 20            # episodes that no simulator of this kind can do, before one that it can


def record_all(
    jobs: Sequence[Job], slots: Sequence[Slot], out: Path | Output, log_dir: Path, tell: Callable[[Event], None],
    worker_class: type = EpisodeWorker, stop_asked: Callable[[], int] = lambda: 0, *,
    work: Workload | None = None, policy: Policy | None = None, executor: Executor | None = None,
    slot_at: Callable[[int], Slot] | None = None, need: Need | None = None, some_recorded: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> list[Outcome]:
    """Record every job; returns the outcomes of those that failed for good, in job order.

    ``tell`` hears of everything that happens, at least twice a second; ``stop_asked`` is looked at as often: once
    somebody asked, episodes that are all but done are finished, the others left, and Interrupted is raised; asked
    twice, nothing is waited for. ``worker_class`` has the methods of ``EpisodeWorker``.
    work: what ``workload_of`` says of the jobs, where they are too many to look at each.
    slot_at: makes further slots, by number, while the cluster has room for more workers; None: ``slots`` are all.
    need: what a worker takes of a machine. some_recorded: simulators of this kind did other episodes before.

    Raises RequestError if simulators of this kind can never do any of what was asked, SimulatorError if no simulator is
    left. An episode that they can never do has failed among others that they can.
    """
    if executor is None:
        executor = RayExecutor(worker_class, out, log_dir, need, elastic=slot_at is not None)
    schedule = Schedule(workload_of(jobs) if work is None else work, policy)
    fleet = _Fleet(jobs, schedule, executor, tell, clock, FailureLog(log_dir), slot_at, some_recorded)
    fleet.join(slots)
    try:
        fleet.run(stop_asked)
    finally:
        fleet.close(stop_asked)
        executor.close()
    return [fleet.failed[number] for number in sorted(fleet.failed)]


@dataclass(slots=True)
class _Post:
    """A seat's worker, and the call that it works on: "arrival", "start", "record" or "stop"."""

    slot: Slot
    worker: Worker
    call: Call
    method: str
    host: str = ""
    job: Job | None = None
    since_s: float = 0.0


class _Fleet:
    def __init__(
        self, jobs: Sequence[Job], schedule: Schedule, executor: Executor, tell: Callable[[Event], None],
        clock: Callable[[], float], failures: FailureLog, slot_at: Callable[[int], Slot] | None,
        some_recorded: bool,
    ) -> None:
        self._jobs, self._schedule, self._executor, self._tell = jobs, schedule, executor, tell
        self._clock, self._failures, self._slot_at = clock, failures, slot_at
        self._slots: dict[int, Slot] = {}
        self._posts: dict[int, _Post] = {}               # by seat
        self._seat_of: dict[Call, int] = {}              # every call in flight
        self._banned: set[int] = set()
        self._gone = False
        self._roomless_s: float | None = None            # since when nothing has had room
        self._refused: list[tuple[Outcome, Slot, str]] = []
        self._all_refused = not some_recorded            # whatever has come to its end
        self.failed: dict[int, Outcome] = {}

    def join(self, slots: Iterable[Slot]) -> None:
        for slot in slots:
            self._slots[slot.number] = slot
            self._schedule.join(slot.number, self._clock())
            self._tell(Event("joined", slot=slot))

    def run(self, stop_asked: Callable[[], int]) -> None:
        while self._schedule.unfinished:
            self._look_around()
            if stop_asked():
                self._wind_down(stop_asked)
            self._hand_out()
            self._wait(POLL_S)
            self._end_overdue()
            self._tell(Event("poll"))

    def _wind_down(self, stop_asked: Callable[[], int]) -> None:
        """Finish what is all but done; raises Interrupted if there is more to do."""
        until_s = self._clock() + FINISH_S
        while stop_asked() < 2 and self._clock() < until_s and any(
                (left_s := self._schedule.expected_left_s(seat, self._clock())) is not None
                and self._clock() + left_s < until_s for seat in self._posts):
            self._wait(POLL_S)
            self._tell(Event("poll"))
        if self._schedule.unfinished:
            raise Interrupted

    def _look_around(self) -> None:
        why = self._executor.why_gone()
        if why is not None:
            self._gone = True
            raise SimulatorError(f"{why}, and {self._not_recorded()}: what is recorded stays; start Ray again and run "
                                 "the same command to continue")
        room = self._executor.seats()
        if room is not None and self._slot_at is not None:
            self._fit_into(room, self._slot_at)
        self._say_if_roomless()
        if self._schedule.seats and not self._schedule.usable:
            raise SimulatorError(
                f"no simulator is left, and {self._not_recorded()}: run the same command again to continue. The last "
                f"thing heard was: {self._schedule.last_message or 'nothing'}")

    def _fit_into(self, room: int, slot_at: Callable[[int], Slot]) -> None:
        """As many seats as there is room for. Workers that are placed stay until their machine's end ends them."""
        if room > self._schedule.seats:
            free = (number for number in count() if number not in self._slots)
            self.join([slot_at(next(free)) for _ in range(room - self._schedule.seats)])
        for seat in list(self._slots) if room < self._schedule.seats else ():
            state, post = self._schedule.state(seat), self._posts.get(seat)
            if state is State.STARTING and post is not None and post.method == "arrival":
                self._dismiss(seat)
                self._schedule.gone(seat, self._clock())
            elif state is not State.RESTING:
                continue
            self._schedule.leave(seat)
            slot = self._slots.pop(seat)
            if seat not in self._banned:
                self._tell(Event("left", slot=slot))
            self._banned.discard(seat)
            if room >= self._schedule.seats:
                return

    def _say_if_roomless(self) -> None:
        """Once, if for some time not one worker has found room."""
        arriving = [post.method == "arrival" for post in self._posts.values()]
        if not all(arriving) or (not arriving and self._schedule.seats):
            self._roomless_s = None
            return
        now_s = self._clock()
        if self._roomless_s is None:
            self._roomless_s = now_s
        elif now_s - self._roomless_s >= ROOMLESS_S:
            self._roomless_s = float("inf")
            log.warning("no machine of the Ray cluster has room for a worker, which needs %s; waiting for one",
                        self._executor.needed())

    def _not_recorded(self) -> str:
        missing = sorted({*self._schedule.unfinished_jobs(), *self.failed})
        first = self._jobs[missing[0]].plan.name
        if len(missing) == 1:
            return f"episode {first} is not recorded"
        return f"{len(missing)} episodes are not recorded ({first} to {self._jobs[missing[-1]].plan.name})"

    def _hand_out(self) -> None:
        now_s = self._clock()
        for seat in self._schedule.to_start(now_s):
            if seat in self._banned:                     # it has one more try
                self._banned.discard(seat)
                self._tell(Event("joined", slot=self._slots[seat]))
            worker = self._executor.hire(self._slots[seat])
            self._posts[seat] = _Post(self._slots[seat], worker, self._executor.arrival(worker), "arrival")
            self._seat_of[self._posts[seat].call] = seat
        for seat, number in self._schedule.assignments(now_s):
            job, post = self._jobs[number], self._posts[seat]
            post.job, post.since_s = job, now_s
            self._call(seat, "record", job.plan.to_json(), job.first_frame, job.xodr_text)
            self._tell(Event("start", job, slot=post.slot, host=post.host))

    def _call(self, seat: int, method: str, *arguments: Any) -> None:
        post = self._posts[seat]
        post.call, post.method = self._executor.call(post.worker, method, *arguments), method
        self._seat_of[post.call] = seat

    def _wait(self, timeout_s: float) -> None:
        for call in self._executor.wait(list(self._seat_of), timeout_s):
            self._ended(self._seat_of.pop(call), call)

    def _ended(self, seat: int, call: Call) -> None:
        post, now_s = self._posts[seat], self._clock()
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
            post.host = result.host
            self._schedule.placed(seat, now_s)
            self._call(seat, "start")
        elif result is None:
            self._schedule.started(seat, now_s)
        else:
            self._came_to_nothing(seat, SIMULATOR, str(result))

    def _recorded(self, seat: int, outcome: Outcome, now_s: float) -> None:
        post = self._posts[seat]
        job, post.job = post.job, None
        if outcome.cause is not None:
            post.job = job
            # A simulator that failed is in a state nobody knows.
            self._came_to_nothing(seat, outcome.cause, outcome.message, outcome)
            return
        self._something_came_of_it()
        self._schedule.done(seat, now_s, outcome.map_name, bool(outcome.recycle))
        self._failures.overcome(outcome.episode)
        self._tell(Event("done", job, outcome, post.slot))
        if self._schedule.state(seat) is State.ENDING:
            if outcome.recycle:
                self._tell(Event("recycled", job, outcome, post.slot))
            self._call(seat, "stop")

    def _came_to_nothing(self, seat: int, cause: str, message: str, said: Outcome | None = None) -> None:
        post, now_s = self._posts[seat], self._clock()
        job, post.job = post.job, None
        # Neither a bad episode nor a full disk is a reason to start a simulator anew.
        gone = cause == SIMULATOR or self._schedule.state(seat) is State.ENDING
        if post.method == "stop":
            self._dismiss(seat)
            self._schedule.gone(seat, now_s)
            return
        if gone:
            self._dismiss(seat)
        verdict = self._schedule.failed(seat, cause, message, now_s, worker_gone=gone)
        if verdict.banned:
            log.warning("%s failed again and again and is given up: %s", post.slot, verdict.message)
            self._banned.add(seat)
            self._tell(Event("left", None, Outcome("", 0, 0, 0.0, cause, verdict.message), post.slot))
        if verdict.job is None or job is None:
            self._tell(Event("retry", None, Outcome("", 0, 0, 0.0, cause, verdict.message), post.slot))
            return
        outcome = said or Outcome(job.plan.name, 0, 0, 0.0)
        outcome = replace(outcome, cause=cause, message=verdict.message, seconds=now_s - post.since_s)
        if verdict.final:
            self.failed[verdict.job] = outcome
            if cause != REQUEST:
                self._something_came_of_it()
        if cause == REQUEST and self._all_refused:
            self._refused.append((outcome, post.slot, post.host))
            if len(self._refused) >= MOST_REFUSED or not self._schedule.unfinished:
                self._refuse()
        else:
            self._failures.note(outcome, post.slot, post.host, verdict.final)
        self._tell(Event("failed" if verdict.final else "retry", job, outcome, post.slot))

    def _refuse(self) -> None:
        """Raises RequestError: no simulator of this kind can do anything of what was asked."""
        first, others = self._refused[0][0], len(self._refused) - 1
        raise RequestError(f"{first.episode}: {first.message}"
                           + (f"; likewise refused: {counted(others, 'more episode')}" if others else ""))

    def _something_came_of_it(self) -> None:
        """What was refused until now is a failure among others."""
        if self._all_refused:
            self._all_refused = False
            for outcome, slot, host in self._refused:
                self._failures.note(outcome, slot, host, True)

    def _end_overdue(self) -> None:
        for seat, why in list(self._schedule.overdue(self._clock())):
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
        if self._gone:                                   # nobody is there to hear it
            return
        recording = [post for post in self._posts.values() if post.method == "record" and post.job is not None]
        aborted = [self._executor.call(post.worker, "abort") for post in recording]
        waited_for = self._wait_for([*aborted, *(post.call for post in recording)], ABORT_S, stop_asked)
        stopping = [self._executor.call(post.worker, "stop") for post in self._posts.values()
                    if post.method != "arrival" and post.call not in waited_for]
        self._wait_for(stopping, STOP_S, stop_asked)
        for post in self._posts.values():
            self._executor.dismiss(post.worker)

    def _wait_for(self, calls: list[Call], timeout_s: float, stop_asked: Callable[[], int]) -> set[Call]:
        """Wait until all calls have ended, but not longer, and not once somebody asks a second time. Returns those that
        have not."""
        until_s = self._clock() + timeout_s
        while calls and self._clock() < until_s and stop_asked() < 2:
            ended = set(self._executor.wait(calls, POLL_S))
            calls = [call for call in calls if call not in ended]
        return set(calls)
