"""A worker's own folder on a local disk, for files on their way to somewhere else.

A folder is locked while its owner lives, and the kernel lifts the lock however the owner dies. Whoever makes one first
removes those that nobody holds any more. Nothing else in the place is touched.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.errors import StoreError

log = logging.getLogger(__name__)

PREFIX = "simgen-worker-"
_LOCK = ".owner"


def default_place() -> Path:
    """Where scratch folders are unless somebody says otherwise: the system's temporary folder."""
    return Path(tempfile.gettempdir())


class Scratch:
    """A folder of this process, removed by ``close``, or by the next owner of one in the same place.

    Args:
        place: the folder to make it in; made if need be.

    Raises:
        StoreError: if it cannot be made.
    """

    def __init__(self, place: Path) -> None:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with _alone(place):
                remove_abandoned(place)
                self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
                self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(f"--scratch {place}: cannot be written: {error.strerror or error}; name a folder on a "
                             "local disk with room for a few episodes") from None

    @contextmanager
    def episode(self) -> Iterator[Path]:
        """An empty folder for an episode, gone at the end of the block."""
        folder = Path(tempfile.mkdtemp(prefix="episode-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)       # what is left goes with the scratch folder

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def remove_abandoned(place: Path) -> int:
    """Remove the scratch folders in a place whose owners are gone. Returns how many there were."""
    removed = 0
    for folder in place.glob(f"{PREFIX}*"):
        try:
            handle = os.open(folder / _LOCK, os.O_RDWR)
        except OSError:                     # not one of ours, or somebody else's: not to be opened, not to be removed
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
            removed += 1
        except OSError as error:
            log.debug("%s stays: %s", folder, error)
        finally:
            os.close(handle)
    if removed:
        log.info("removed %d scratch folders whose owners are gone", removed)
    return removed


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """While the block lasts, nobody else makes or removes scratch folders here: a new one is not locked yet."""
    lock = os.open(place / f".{PREFIX}{os.getuid()}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
