"""One request, from scenarios to a finished dataset: what is there already, what is missing, who records it.

A dataset is never half an episode: an episode counts when its record exists, and everything else in the folder is
derived from records.
"""

from __future__ import annotations

import fcntl
import socket
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sensors.rig import load_rig
from simgen.capture.session import Endpoint
from simgen.errors import RequestError, SimulatorLost
from simgen.fleet.driver import Job, ray_session, record_all
from simgen.fleet.progress import human_time, progress
from simgen.fleet.simulator import Slot
from simgen.fleet.worker import Outcome
from simgen.scenario import Scenario, frame_numbers, make_plans
from simgen.scenario.plan import EpisodePlan

REACH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run ends with."""

    out_dir: Path
    episodes: int
    frames: int
    labels: int
    recorded_now: int
    seconds: float
    failed: tuple[Outcome, ...]
    example_frame: str | None

    def lines(self) -> Iterator[str]:
        """The words for the person who waited; the last line says what to do next."""
        yield (
            f"{self.out_dir}: {self.episodes} episodes, {self.frames} frames, {self.labels} labels"
            + (f" ({self.recorded_now} episodes recorded in {human_time(self.seconds)})" if self.recorded_now
               else " (all recorded before; nothing was left to do)")
        )
        if self.failed:
            for outcome in self.failed:
                yield f"  failed: {outcome.episode}: {outcome.message}"
            yield f"Run the same command again to try just these {len(self.failed)}; their logs are in {self.out_dir}/logs"
        elif self.example_frame is not None:
            yield f"Look at it: simgen show {self.out_dir} {self.example_frame}    check it: simgen verify {self.out_dir}"


def slots_for(simulators: Sequence[str], workers: int | None) -> list[Slot]:
    """One slot for each worker. Raises RequestError for names that cannot be read or more workers than servers."""
    endpoints = [None if name == "local" else Endpoint.parse(name) for name in simulators]
    servers = [endpoint for endpoint in endpoints if endpoint is not None]
    if len(set(servers)) < len(servers):
        raise RequestError("--simulator: the same HOST:PORT is given twice; one simulator holds one world")
    if servers and workers is not None and None not in endpoints and workers > len(servers):
        raise RequestError(
            f"--workers {workers}: there are {len(servers)} simulators; give another --simulator for each worker more"
        )
    locals_wished = len(endpoints) - len(servers)
    if locals_wished == 1:
        locals_wished = max(1, (workers or os.cpu_count() or 1) - len(servers))
    slots: list[Endpoint | None] = [*servers, *[None] * locals_wished]
    return [Slot(number, endpoint) for number, endpoint in enumerate(slots[:workers])]


def require_reachable(slots: Sequence[Slot]) -> None:
    """Raises SimulatorLost if nothing listens at one of the endpoints."""
    for slot in slots:
        if slot.endpoint is None:
            continue
        try:
            socket.create_connection((slot.endpoint.host, slot.endpoint.port), REACH_TIMEOUT_S).close()
        except OSError as error:
            raise SimulatorLost(
                f"--simulator {slot.endpoint}: nothing answers there ({error.strerror or error}): "
                "start the CARLA server first, or use --simulator local"
            ) from None


@contextmanager
def sole_writer(out_dir: Path) -> Iterator[None]:
    """Hold the dataset's lock. Raises RequestError if another run writes there."""
    out_dir.mkdir(parents=True, exist_ok=True)
    with (out_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RequestError(f"--out {out_dir}: another simgen run is writing there; wait for it or choose another folder") from None
        yield
