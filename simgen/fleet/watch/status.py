"""How far a dataset is: what is recorded, what is missing, what failed and why, and whether somebody is at it now.

Read from where the dataset is, a folder or an object store, of any age, also without logs. Nothing is changed, and
nobody is disturbed.
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
from simgen.fleet.invocation import FILE as INVOCATION
from simgen.fleet.invocation import Invocation, read_invocation
from simgen.fleet.watch.disk import DiskUse, disk_use
from simgen.fleet.watch.failures import FailureRecord, read_failures
from simgen.fleet.watch.record import NAME, RUNNING, SILENT_S, ProgressRecord, read_progress
from simgen.kitti.layout import REQUEST
from simgen.store import Store, open_store
from simgen.store.locking import LOCK

log = logging.getLogger(__name__)

LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Status:
    """A dataset as far as it is. dataset: its folder or URL. logs: folder of its logs, on this machine.

    episodes: planned. recorded: those that count. missing: names of the others, in plan order, also those in
    ``failures``. failures: records of those that failed and are not recorded.
    writing: is a run at it now? last_run: what the present or last run said of itself. command: that made it.
    disk: None of a dataset in an object store.
    """

    dataset: str
    logs: Path
    episodes: int
    recorded: int
    missing: tuple[str, ...]
    failures: tuple[FailureRecord, ...]
    writing: bool
    last_run: ProgressRecord | None
    command: Invocation | None
    disk: DiskUse | None

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
        disk = self.disk
        if disk is None or not self.recorded:
            return 0.0 if self.complete else None
        if self.frames is not None and disk.frames:
            return max(0, self.frames - disk.frames) * disk.used_bytes / disk.frames
        return len(self.missing) * disk.used_bytes / self.recorded

    def causes(self) -> Counter[str]:
        """How often each cause and message came last, most often first."""
        return Counter(f"{record.last.cause}: {record.last.message}" for record in self.failures)

    def to_json(self) -> dict[str, Any]:
        """For programs; ``simgen.fleet.watch.record`` and ``failures`` say what is in ``last_run`` and ``failures``."""
        disk = self.disk
        return {
            "dataset": self.dataset, "complete": self.complete, "writing": self.writing,
            "episodes": self.episodes, "recorded": self.recorded, "missing": list(self.missing),
            "failed": [record.episode for record in self.given_up],
            "frames": None if disk is None else disk.frames,
            "used_bytes": None if disk is None else disk.used_bytes,
            "free_bytes": None if disk is None else disk.free_bytes,
            "needs_bytes": None if self.needs_bytes is None else round(self.needs_bytes),
            "failures": [asdict(record) for record in self.failures],
            "command": None if self.command is None else list(self.command.words),
            "last_run": None if self.last_run is None else asdict(self.last_run),
        }


def status_of(where: str | Path) -> Status:
    """Look at the dataset in a folder, or under a URL.

    Raises:
        RequestError: if there is none of simgen's.
        DatasetError: if its request cannot be read.
        StoreError: if the store cannot be read.
    """
    store = open_store(where)
    if store.is_local:
        require_folder(Path(where))
    request = store.request()
    if request is None:
        raise RequestError(f"{store.where}: holds no dataset of simgen (there is no {REQUEST}); name what "
                           "'simgen run --out' was given")
    recorded = store.episodes()
    missing = tuple(entry.name for entry in request.episodes if entry.name not in recorded)
    failures = read_failures(store.beside / LOGS)
    present = last_run(store)
    return Status(
        dataset=store.where, logs=store.beside / LOGS, episodes=len(request.episodes),
        recorded=len(request.episodes) - len(missing), missing=missing,
        failures=tuple(failures[name] for name in missing if name in failures),
        writing=is_being_written(store, present), last_run=present, command=_command(store),
        disk=disk_use(store.beside) if store.is_local else None)


def require_folder(root: Path) -> None:
    """Raises RequestError if there is no folder of this name."""
    if not root.exists():
        raise RequestError(f"{root}: there is no such folder; name the one that 'simgen run --out' was given")
    if not root.is_dir():
        raise RequestError(f"{root}: is a file; name the folder that 'simgen run --out' was given")


def last_run(store: Store) -> ProgressRecord | None:
    """What the present or last run said of itself; None where it said nothing that can be read. In an object store it
    says so every ten seconds, on its own machine more often."""
    said = []
    try:
        said = [read_progress(store.beside / LOGS)]
        if not store.is_local and (text := store.read(f"{LOGS}/{NAME}")) is not None:
            said.append(ProgressRecord.from_text(text.decode(errors="replace")))
    except DatasetError as error:
        log.warning("%s: %s", store.where, error)
    return max((one for one in said if one is not None), key=lambda one: one.updated, default=None)


def _command(store: Store) -> Invocation | None:
    try:
        here = read_invocation(store.beside / LOGS)
        if here is not None or store.is_local or (text := store.read(f"{LOGS}/{INVOCATION}")) is None:
            return here
        return Invocation.from_text(text.decode(errors="replace"))
    except DatasetError as error:
        log.warning("%s: %s", store.where, error)
        return None


def is_being_written(store: Store, present: ProgressRecord | None) -> bool:
    """Is a run at it? Either what it said is of the last minute, and it is not known to be gone; or it holds the lock.

    present: what it said.
    """
    heard = present is not None and present.state == RUNNING and present.age_s() < SILENT_S
    if heard and present is not None and (present.host != platform.node() or _is_alive(present.pid)):
        return True
    return store.is_local and _is_locked(store.beside / LOCK)


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
