"""A worker: owns one simulator and records one episode at a time on it."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread, Timer
from typing import Any

from simgen.errors import RequestError, SimgenError, SimulatorError, SpawnError, StoreError
from simgen.fleet.attempts import sole_attempt
from simgen.fleet.freed_memory import give_back
from simgen.fleet.full_disk import is_want_of_room, wait_for_room
from simgen.fleet.in_use import SimulatorInUse
from simgen.fleet.slot import Slot
from simgen.fleet.watch.logs import WorkerLog, fields
from simgen.fleet.watch.metrics import WorkerMetrics
from simgen.pipeline import EpisodeReport, record_episode
from simgen.scenario.plan import EpisodePlan
from simgen.stopwatch import UNTIMED, Profile, Untimed
from simgen.store import Output, Store
from simgen.store.disks import disk_trouble

log = logging.getLogger(__name__)

SIMULATOR_DIED = 71          # exit status of a worker whose simulator ended under it
FAREWELL_S = 30.0            # how long such a worker stays, for its driver to hear why
LAST_FRAME_S = 0.5
LAST_WORDS_S = 1.0
POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt at an episode. Small and picklable: it is all that travels back to the driver.

    cause: None if the record exists; "request" if no simulator of this kind can ever do it; "simulator" if the
    simulator failed; "storage" if the place for its files did; "content" otherwise. message: one sentence.
    recycle: why the worker wants a fresh simulator before its next episode; empty if it does not. No failure.
    log_tail: the last lines of a simulator that ended. map_name: of the map that the simulator holds now.
    profile: where the time went, if the worker was asked to time it.
    """

    episode: str
    frames: int
    labels: int
    seconds: float
    cause: str | None = None
    message: str = ""
    recycle: str = ""
    log_tail: tuple[str, ...] = ()
    map_name: str = ""
    profile: Profile | None = None


def cause_of(error: Exception) -> str:
    """Which kind of failure an error is, for the retry rule."""
    if isinstance(error, RequestError):
        return "request"
    if isinstance(error, StoreError):
        return "storage"
    # A refused spawn is about the place, not about the server's health.
    return "simulator" if isinstance(error, SimulatorError) and not isinstance(error, SpawnError) else "content"


class EpisodeWorker:
    """Records episodes on its own simulator. Becomes a Ray actor in ``driver``; works without Ray as well.

    out: the dataset's folder, or what says more about where the dataset goes.
    """

    only_last = False           # record nothing but an episode's last frame

    def __init__(self, slot: Slot, out: Path | Output, log_dir: Path) -> None:
        self._log, self._metrics = WorkerLog(log_dir, slot.number), WorkerMetrics(slot.number)
        self._slot, self._log_dir = slot, log_dir
        self._output = out if isinstance(out, Output) else Output(str(out))
        self._store: Store | None = None
        self._simulator = SimulatorInUse(slot, log_dir)
        self._aborted = threading.Event()

    def start(self) -> str | None:
        """Start the simulator this worker owns, or meet the one that runs already. Returns why that failed, or None."""
        try:
            self._simulator.take()
        except SimgenError as error:
            log.error("%s", error)
            return str(error)
        return None

    def record(self, plan_json: dict[str, Any], first_frame: int, xodr_text: str | None) -> Outcome:
        """Record one episode. Never raises for what goes wrong in an episode: the outcome says so."""
        plan = EpisodePlan.from_json(plan_json)
        self._log.about(plan.name)
        log.info("%s: begins on %s", plan.name, self._slot, extra=fields(event="begins"))
        # The client library waits inside C++ for a server that is gone, and cannot be interrupted from Python. So it
        # waits in a thread of its own, which is given up together with this process.
        attempt: Future[Outcome] = Future()
        Thread(target=self._settle, args=(attempt, plan, first_frame, xodr_text), daemon=True, name=plan.name).start()
        while not attempt.done() and not self._simulator.died.is_set():
            wait([attempt], POLL_S)
        if not self._simulator.died.is_set():
            give_back()
            return attempt.result()
        wait([attempt], LAST_FRAME_S)               # it may have been the end of it
        outcome = attempt.result() if attempt.done() else Outcome(plan.name, 0, 0, 0.0, "simulator")
        self._end_with_simulator()
        if outcome.cause is None:
            return replace(outcome, recycle=self._simulator.death)
        return replace(outcome, cause="simulator", message=self._simulator.death, log_tail=self._simulator.tail())

    def _settle(
        self, attempt: Future[Outcome], plan: EpisodePlan, first_frame: int, xodr_text: str | None
    ) -> None:
        try:
            attempt.set_result(self._attempt(plan, first_frame, xodr_text))
        except BaseException as error:              # whoever waits must hear of it
            attempt.set_exception(error)

    def _attempt(self, plan: EpisodePlan, first_frame: int, xodr_text: str | None) -> Outcome:
        watch = self.stopwatch()
        try:
            self._store = store = self._store or self._output.open()
            with sole_attempt(self._log_dir, first_frame, self._aborted.is_set):
                if (before := self._recorded_before(plan, store)) is not None:
                    return before
                with store.keeping() as (folder, keeper):
                    report = record_episode(
                        self._simulator.endpoint, plan, first_frame, folder, xodr_text, self._aborted.is_set,
                        self.only_last, self._simulator.book, watch, keeper)
            self._metrics.recorded(report.stored_bytes, report.tick_s, self._simulator.rss_bytes)
            recycle = self._checked(report)
        except SimgenError as error:
            why = str(error).removeprefix(f"{plan.name}: ")         # who tells of an outcome names its episode
            log.error("%s: %s", plan.name, why, extra=fields(event="lost", cause=cause_of(error)))
            return Outcome(plan.name, 0, 0, 0.0, cause_of(error), why, log_tail=self._tail_of(error))
        except OSError as error:
            if (trouble := disk_trouble(error, self._output.where)) is None:
                return self._defect(plan, error)
            log.error("%s: %s", plan.name, trouble, extra=fields(event="lost", cause=cause_of(trouble)))
            if is_want_of_room(error) and self._store is not None:
                for folder in self._store.written_to:
                    wait_for_room(folder, self._aborted)
            return Outcome(plan.name, 0, 0, 0.0, cause_of(trouble), str(trouble))
        except Exception as error:
            return self._defect(plan, error)
        log.info("%s: %d frames, %d labels in %.1f s", plan.name, report.frames, report.labels, report.seconds,
                 extra=fields(event="recorded", frames=report.frames, seconds=round(report.seconds, 2),
                              tick_s=round(report.tick_s, 4), stored_bytes=report.stored_bytes,
                              rss_bytes=self._simulator.rss_bytes))
        return Outcome(plan.name, report.frames, report.labels, report.seconds, recycle=recycle,
                       map_name=report.map_name, profile=watch.profile(report.frames))

    def stopwatch(self) -> Untimed:
        """What times the next episode; made in the thread that plays it."""
        return UNTIMED

    @staticmethod
    def _recorded_before(plan: EpisodePlan, store: Store) -> Outcome | None:
        """Of an attempt that ended between its record and its answer: what is recorded is not touched again."""
        record = store.recorded(plan.name, plan.digest())
        if record is None:
            return None
        log.info("%s: was recorded by an attempt whose answer was lost", plan.name, extra=fields(event="found"))
        return Outcome(plan.name, len(record.frames), record.labels, 0.0)

    @staticmethod
    def _defect(plan: EpisodePlan, error: Exception) -> Outcome:
        """Of ours. The whole traceback is in the log; the driver gets one line of it."""
        log.error("%s: failed", plan.name, exc_info=error, extra=fields(event="lost", cause="content"))
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        return Outcome(plan.name, 0, 0, 0.0, "content", text)

    def _checked(self, report: EpisodeReport) -> str:
        """Why the simulator should be replaced. The episode is recorded, whatever ails the simulator."""
        try:
            return self._simulator.recycle_reason(report)
        except SimulatorError as error:
            log.warning("%s: %s", self._slot, error)
            return str(error) if self._slot.started_here else ""

    def _tail_of(self, error: SimgenError) -> tuple[str, ...]:
        """What the server said last, where it has a part in the failure."""
        if cause_of(error) != "simulator":
            return ()
        self._simulator.died.wait(LAST_WORDS_S)     # if it is dying, it has more to say
        return self._simulator.tail()

    @staticmethod
    def _end_with_simulator() -> None:
        """End this process, in whose compiled code a thread may wait for ever, once its driver has had its answer."""
        timer = Timer(FAREWELL_S, os._exit, (SIMULATOR_DIED,))
        timer.daemon = True
        timer.start()

    def abort(self) -> None:
        """Leave the episode that is being recorded, in order, after its current frame."""
        self._aborted.set()

    def stop(self) -> None:
        """End the simulator this worker started, or leave the one that it used as it was found; leave no scratch."""
        self._simulator.leave()
        if self._store is not None:
            self._store.close()
