"""A worker: owns one simulator and records one episode at a time on it."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen.errors import RequestError, SimgenError, SimulatorError, SpawnError
from simgen.fleet.attempts import sole_attempt
from simgen.fleet.simulator import BuiltInSimulator, Slot
from simgen.fleet.watch.logs import WorkerLog, fields
from simgen.pipeline import record_episode
from simgen.scenario.plan import EpisodePlan

log = logging.getLogger(__name__)

SIMULATOR_DIED = 71          # exit status of a worker whose simulator ended under it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt at an episode. Small and picklable: it is all that travels back to the driver.

    cause: None if the record exists; "request" if no simulator of this kind can ever do it; "simulator" if the
    simulator failed; "content" otherwise. message: one sentence.
    recycle: why the worker wants a fresh simulator before its next episode; empty if it does not. No failure.
    log_tail: the last lines of a simulator that ended. map_name: of the map that the simulator holds now.
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


def cause_of(error: Exception) -> str:
    """Which kind of failure an error is, for the retry rule."""
    if isinstance(error, RequestError):
        return "request"
    # A refused spawn is about the place, not about the server's health.
    return "simulator" if isinstance(error, SimulatorError) and not isinstance(error, SpawnError) else "content"


class EpisodeWorker:
    """Records episodes on its own simulator. Becomes a Ray actor in ``driver``; works without Ray as well."""

    only_last = False           # record nothing but an episode's last frame

    def __init__(self, slot: Slot, out_dir: Path, log_dir: Path) -> None:
        self._log = WorkerLog(log_dir, slot.number)
        self._slot, self._out_dir, self._log_dir = slot, out_dir, log_dir
        self._simulator: BuiltInSimulator | None = None
        self._aborted = threading.Event()

    def start(self) -> str | None:
        """Start the simulator this worker owns, if its slot is a built-in one. Returns why it could not, or None."""
        if self._slot.endpoint is None:
            try:
                self._simulator = BuiltInSimulator(
                    self._log_dir / f"simulator-{self._slot.number}.log", self._simulator_died, self._slot.quality,
                    self._slot.assets, self._slot.device,
                )
            except SimulatorError as error:
                log.error("%s", error)
                return str(error)
            log.info("%s is process %d at %s", self._slot, self._simulator.pid, self._simulator.endpoint,
                     extra=fields(event="simulator", simulator_pid=self._simulator.pid))
        return None

    @staticmethod
    def _simulator_died(status: int) -> None:
        # The client library waits inside C++ for a server that is gone, and cannot be interrupted from Python.
        log.error("the simulator ended with status %d; this worker ends with it", status)
        logging.shutdown()
        os._exit(SIMULATOR_DIED)

    def record(self, plan_json: dict[str, Any], first_frame: int, xodr_text: str | None) -> Outcome:
        """Record one episode. Never raises for what goes wrong in an episode: the outcome says so."""
        plan = EpisodePlan.from_json(plan_json)
        endpoint = self._slot.endpoint if self._simulator is None else self._simulator.endpoint
        assert endpoint is not None
        self._log.about(plan.name)
        log.info("%s: begins on %s", plan.name, self._slot, extra=fields(event="begins"))
        try:
            with sole_attempt(self._log_dir, first_frame, self._aborted.is_set):
                report = record_episode(
                    endpoint, plan, first_frame, self._out_dir, xodr_text, self._aborted.is_set, self.only_last)
        except SimgenError as error:
            log.error("%s: %s", plan.name, error, extra=fields(event="lost", cause=cause_of(error)))
            return Outcome(plan.name, 0, 0, 0.0, cause_of(error), str(error))
        except Exception as error:
            # A defect of ours. The whole traceback is in the log; the driver gets one line of it.
            log.exception("%s: failed", plan.name, extra=fields(event="lost", cause="content"))
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            return Outcome(plan.name, 0, 0, 0.0, "content", text)
        log.info("%s: %d frames, %d labels in %.1f s", plan.name, report.frames, report.labels, report.seconds,
                 extra=fields(event="recorded", frames=report.frames, seconds=round(report.seconds, 2)))
        return Outcome(plan.name, report.frames, report.labels, report.seconds)

    def abort(self) -> None:
        """Leave the episode that is being recorded, in order, after its current frame."""
        self._aborted.set()

    def stop(self) -> None:
        """End the simulator this worker started."""
        if self._simulator is not None:
            self._simulator.stop()
