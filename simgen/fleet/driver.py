"""Many episodes on many simulators: hands out work, and gets every episode done or named.

The only module that imports ``ray``. One worker owns one simulator and has one call in flight; frames go to disk
from the worker, and only an ``Outcome`` travels back. A worker that dies costs one attempt at one episode.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayError

from simgen.errors import Interrupted, RequestError, SimulatorError
from simgen.fleet.simulator import Slot
from simgen.fleet.worker import EpisodeWorker, Outcome
from simgen.kitti.splits import TEST, set_of
from simgen.scenario.plan import EpisodePlan

log = logging.getLogger(__name__)

POLL_S = 0.5
FREE_RETRIES = 10            # attempts lost to a dying worker or simulator
CONTENT_RETRIES = 2          # attempts lost to anything else
SLOT_STRIKES = 5             # failures in a row after which a slot is given up
START_LIMIT_S = 200.0
ABORT_S = 20.0               # how long a worker may take to leave its episode in order
BACK_OFF_S = (0.0, 1.0, 5.0, 15.0)


@dataclass(frozen=True, slots=True)
class Job:
    """One episode to record: its plan, the number of its first frame, and its OpenDRIVE text if it brings one."""

    plan: EpisodePlan
    first_frame: int
    xodr_text: str | None = None

    @property
    def testing(self) -> bool:
        """Does the episode belong to the test set, whose files have folders of their own?"""
        return set_of(self.plan.scenario, self.plan.index, asdict(self.plan.output.split)) == TEST

    @property
    def limit_s(self) -> float:
        """An attempt that takes longer than this hangs."""
        capture = self.plan.capture
        return 300.0 + 20.0 * (capture.frames + capture.warmup_s * capture.rate_hz)


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell the person who waits.

    kind: "start" (a worker took an episode), "done", "retry", "failed" (for good), "recycled" (a simulator is replaced
    by a fresh one), "joined" and "left" (a slot), "poll" (nothing new, look at the clock).
    """

    kind: str
    job: Job | None = None
    outcome: Outcome | None = None
    slot: Slot | None = None


@dataclass(slots=True)
class _Seat:
    """A slot and the worker that sits in it."""

    slot: Slot
    worker: Any = None
    ref: Any = None
    job: Job | None = None
    since: float = 0.0
    not_before: float = 0.0
    strikes: int = 0
    ready: bool = False


@dataclass(slots=True)
class _Tally:
    """How often an episode was tried in vain, by cause."""

    simulator: int = 0
    content: int = 0
    last: str = field(default="")


@contextmanager
def ray_session(workers: int) -> Iterator[None]:
    """A Ray of our own for this run, or the cluster that RAY_ADDRESS names."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray takes SIGTERM for itself; whoever handles it now shall go on doing so.
    terminate = signal.getsignal(signal.SIGTERM)
    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    else:
        # Ray's workers must not need a token file in somebody's read-only home on a single machine.
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")
        ray.init(
            address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
            logging_level=logging.ERROR, object_store_memory=100 * 2**20,
        )
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        ray.shutdown()


def record_all(
    jobs: Sequence[Job], slots: Sequence[Slot], out_dir: Path, log_dir: Path, tell: Callable[[Event], None],
    worker_class: type = EpisodeWorker, stop_asked: Callable[[], bool] = lambda: False,
) -> list[Outcome]:
    """Record every job; returns the outcomes of those that failed for good, in job order.

    ``tell`` hears of everything that happens, at least twice a second; ``stop_asked`` is looked at as often, and once
    it is true, Interrupted is raised. ``worker_class`` has the methods of ``EpisodeWorker``. Raises RequestError if a
    simulator says that it can never do what was asked, SimulatorError if no simulator is left.
    """
    fleet = _Fleet(jobs, slots, out_dir, log_dir, tell, worker_class)
    try:
        fleet.run(stop_asked)
    finally:
        fleet.close()
    order = {job.plan.name: number for number, job in enumerate(jobs)}
    return sorted(fleet.failed, key=lambda outcome: order[outcome.episode])


def _not_recorded(names: list[str]) -> str:
    if len(names) == 1:
        return f"episode {names[0]} is not recorded"
    return f"{len(names)} episodes are not recorded ({names[0]} to {names[-1]})"


class _Fleet:
    def __init__(
        self, jobs: Sequence[Job], slots: Sequence[Slot], out_dir: Path, log_dir: Path, tell: Callable[[Event], None],
        worker_class: type,
    ) -> None:
        self._todo = deque(jobs)
        self._seats = [_Seat(slot) for slot in slots]
        self._out_dir, self._log_dir, self._tell = out_dir, log_dir, tell
        self._tallies = {job.plan.name: _Tally() for job in jobs}
        self.failed: list[Outcome] = []
        self._worker_class = ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, max_concurrency=2      # the second call is ``abort``
        )(worker_class)

    def run(self, stop_asked: Callable[[], bool]) -> None:
        while self._todo or any(seat.job is not None for seat in self._seats):
            if stop_asked():
                raise Interrupted
            if not self._seats:
                missing = sorted({*(job.plan.name for job in self._todo), *(one.episode for one in self.failed)})
                raise SimulatorError(
                    f"no simulator is left, and {_not_recorded(missing)}: run the same command again to continue. The "
                    "last thing heard was: "
                    f"{next(iter(t.last for t in self._tallies.values() if t.last), 'nothing')}"
                )
            self._fill()
            busy = {seat.ref: seat for seat in self._seats if seat.ref is not None}
            done, _ = ray.wait(list(busy), num_returns=1, timeout=POLL_S) if busy else ([], None)
            if not busy:
                time.sleep(POLL_S)
            for ref in done:
                self._finished(busy[ref])
            self._end_stragglers()
            self._tell(Event("poll"))

    def close(self) -> None:
        """Stop the workers; each takes its simulator along, or leaves the server it used as it found it."""
        aborted = [seat.worker.abort.remote() for seat in self._seats if seat.job is not None]
        busy = [seat.ref for seat in self._seats if seat.job is not None]
        if busy:
            ray.wait(aborted, num_returns=len(aborted), timeout=ABORT_S)
            ray.wait(busy, num_returns=len(busy), timeout=ABORT_S)
        stopping = [seat.worker.stop.remote() for seat in self._seats if seat.worker is not None and seat.job is None]
        if stopping:
            ray.wait(stopping, num_returns=len(stopping), timeout=10.0)
        for seat in self._seats:
            self._dismiss(seat)

    def _fill(self) -> None:
        for seat in self._seats:
            if seat.ref is not None or not self._todo or time.monotonic() < seat.not_before:
                continue
            if seat.worker is None:
                seat.worker = self._worker_class.remote(seat.slot, self._out_dir, self._log_dir)
                seat.ref, seat.ready, seat.since = seat.worker.start.remote(), False, time.monotonic()
            elif seat.ready:
                job = self._todo.popleft()
                seat.job, seat.since = job, time.monotonic()
                seat.ref = seat.worker.record.remote(job.plan.to_json(), job.first_frame, job.xodr_text)
                self._tell(Event("start", job, slot=seat.slot))

    def _finished(self, seat: _Seat) -> None:
        job, ref = seat.job, seat.ref
        seat.job = seat.ref = None
        try:
            result = ray.get(ref, timeout=10.0)
        except (RayActorError, GetTimeoutError) as error:
            log.info("worker %s died: %s", seat.slot, error)
            self._dismiss(seat)
            self._lost(seat, job, "its worker or simulator process died")
            return
        except RayError as error:
            self._dismiss(seat)
            self._lost(seat, job, f"{type(error).__name__}: {str(error).strip().splitlines()[-1]}")
            return
        if job is None:                                  # the worker has started, or says why not
            if result is None:
                seat.ready = True
            else:
                self._dismiss(seat)
                self._lost(seat, None, str(result))
            return
        outcome: Outcome = result
        if outcome.cause is None:
            seat.strikes = 0
            self._tell(Event("done", job, outcome, seat.slot))
        elif outcome.cause == "request":
            raise RequestError(outcome.message)
        elif outcome.cause == "simulator":
            self._dismiss(seat)                          # its simulator is in a state nobody knows
            self._lost(seat, job, outcome.message)
        else:
            self._try_again(job, outcome.message, "content")

    def _lost(self, seat: _Seat, job: Job | None, message: str) -> None:
        seat.strikes += 1
        seat.not_before = time.monotonic() + BACK_OFF_S[min(seat.strikes - 1, len(BACK_OFF_S) - 1)]
        if job is not None:
            self._try_again(job, message, "simulator")
        else:
            for waiting in self._todo:
                self._tallies[waiting.plan.name].last = message
                break
        if seat.strikes >= SLOT_STRIKES:
            log.warning("%s failed %d times in a row and is given up: %s", seat.slot, seat.strikes, message)
            self._seats.remove(seat)

    def _try_again(self, job: Job, message: str, cause: str) -> None:
        tally = self._tallies[job.plan.name]
        tally.last = message
        setattr(tally, cause, getattr(tally, cause) + 1)
        outcome = Outcome(job.plan.name, 0, 0, 0.0, cause, message)
        if tally.simulator > FREE_RETRIES or tally.content > CONTENT_RETRIES:
            self.failed.append(outcome)
            self._tell(Event("failed", job, outcome))
        else:
            self._todo.appendleft(job)
            self._tell(Event("retry", job, outcome))

    def _end_stragglers(self) -> None:
        now = time.monotonic()
        for seat in list(self._seats):
            limit_s = START_LIMIT_S if seat.job is None else seat.job.limit_s
            if seat.ref is not None and now - seat.since > limit_s:
                job = seat.job
                seat.job = seat.ref = None
                self._dismiss(seat)
                self._lost(seat, job, f"no result after {limit_s:.0f} s")

    @staticmethod
    def _dismiss(seat: _Seat) -> None:
        if seat.worker is not None:
            ray.kill(seat.worker)
        seat.worker, seat.ref, seat.ready = None, None, False
