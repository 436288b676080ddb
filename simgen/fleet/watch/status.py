"""How far a dataset is: what is recorded, what is missing, what failed and why, and whether somebody is at it now.

Read from the dataset's folder alone, of any age, also one without logs. Nothing is changed, and nobody is disturbed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import platform
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen.errors import DatasetError, RequestError
from simgen.fleet.invocation import Invocation, read_invocation
from simgen.fleet.watch.disk import DiskUse, disk_use
from simgen.fleet.watch.failures import FailureRecord, failure_path, read_failures
from simgen.fleet.watch.record import RUNNING, SILENT_S, ProgressRecord, read_progress
from simgen.kitti.layout import EPISODES, REQUEST
from simgen.kitti.manifest import read_request

log = logging.getLogger(__name__)

LOGS = "logs"
LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Status:
    """A dataset as far as it is. episodes: planned. recorded: those that count. missing: names of the others, in plan
    order, also those in ``failures``. failures: records of those that failed and are not recorded.
    writing: is a run at it now? last_run: what the present or last run said of itself. command: that made it.
    """

    dataset: Path
    episodes: int
    recorded: int
    missing: tuple[str, ...]
    failures: tuple[FailureRecord, ...]
    writing: bool
    last_run: ProgressRecord | None
    command: Invocation | None
    disk: DiskUse

    @property
    def complete(self) -> bool:
        return not self.missing

    @property
    def given_up(self) -> list[FailureRecord]:
        return [record for record in self.failures if record.quarantined]

    @property
    def frames(self) -> int | None:
        """Of all planned episodes, if a run has told."""
        told = None if self.last_run is None else self.last_run.run
        return told.frames if told is not None and told.episodes == self.episodes else None

    @property
    def needs_bytes(self) -> float | None:
        """About what the missing episodes will take, None while nobody can know."""
        if not self.disk.frames or not self.recorded:
            return 0.0 if self.complete else None
        frames = (self.frames - self.disk.frames if self.frames is not None
                  else len(self.missing) * self.disk.frames / self.recorded)
        return max(0.0, frames) * self.disk.frame_bytes

    def causes(self) -> Counter[str]:
        """How often each cause and message came last, most often first."""
        return Counter(f"{record.last.cause}: {record.last.message}" for record in self.failures)

    def to_json(self) -> dict[str, Any]:
        """For programs; ``simgen.fleet.watch.record`` and ``failures`` say what is in ``last_run`` and ``failures``."""
        return {
            "dataset": str(self.dataset), "complete": self.complete, "writing": self.writing,
            "episodes": self.episodes, "recorded": self.recorded, "missing": list(self.missing),
            "failed": [record.episode for record in self.given_up], "frames": self.disk.frames,
            "used_bytes": self.disk.used_bytes, "free_bytes": self.disk.free_bytes,
            "needs_bytes": None if self.needs_bytes is None else round(self.needs_bytes),
            "failures": [asdict(record) for record in self.failures],
            "command": None if self.command is None else list(self.command.words),
            "last_run": None if self.last_run is None else asdict(self.last_run),
        }


def status_of(root: Path) -> Status:
    """Look at the dataset in a folder.

    Raises:
        RequestError: if there is none of simgen's.
        DatasetError: if its request cannot be read.
    """
    require_dataset(root)
    request = read_request(root)
    if request is None:
        raise RequestError(f"{root}: holds no dataset of simgen (there is no {REQUEST}); name the folder that "
                           "'simgen run --out' was given")
    recorded = {path.stem for path in (root / EPISODES).glob("*.json")}
    missing = tuple(entry.name for entry in request.episodes if entry.name not in recorded)
    failures = read_failures(root / LOGS)
    present = last_run(root)
    return Status(
        dataset=root, episodes=len(request.episodes), recorded=len(request.episodes) - len(missing), missing=missing,
        failures=tuple(failures[name] for name in missing if name in failures),
        writing=is_being_written(root, present), last_run=present, command=_command(root), disk=disk_use(root))


def require_dataset(root: Path) -> None:
    """Raises RequestError if there is no folder of this name."""
    if not root.exists():
        raise RequestError(f"{root}: there is no such folder; name the one that 'simgen run --out' was given")
    if not root.is_dir():
        raise RequestError(f"{root}: is a file; name the folder that 'simgen run --out' was given")


def last_run(root: Path) -> ProgressRecord | None:
    """What the present or last run said of itself; None where it said nothing that can be read."""
    try:
        return read_progress(root / LOGS)
    except DatasetError as error:
        log.warning("%s", error)
        return None


def _command(root: Path) -> Invocation | None:
    try:
        return read_invocation(root / LOGS)
    except DatasetError as error:
        log.warning("%s", error)
        return None


def is_being_written(root: Path, present: ProgressRecord | None) -> bool:
    """Is a run at it? Either what it said is of the last minute, and it is not known to be gone; or it holds the lock.

    present: what it said.
    """
    heard = present is not None and present.state == RUNNING and present.age_s() < SILENT_S
    if heard and present is not None and (present.host != platform.node() or _is_alive(present.pid)):
        return True
    return _is_locked(root / LOCK)


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        log.info("%s: nobody can say whether it is locked: %s", path, error)
    return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass                                    # alive, and somebody else's
    return True


def place_of_failure(status: Status, record: FailureRecord) -> Path:
    """The file with everything that is known of it."""
    return failure_path(status.dataset / LOGS, record.episode)
