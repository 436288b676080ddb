"""Being the only writer of a folder: a lock that the kernel lifts however its holder dies.

A folder and its ``file://`` URL are one place, so whoever writes through either holds the same lock.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.errors import RequestError

LOCK = ".lock"


class CannotLock(RequestError):
    """The folder's file system knows no locks."""


@contextmanager
def locked(folder: Path, where: str) -> Iterator[None]:
    """Be the only writer of a folder, made if need be, while the block lasts. where: it, as the user names it.

    Raises:
        CannotLock: if nobody can lock it.
        RequestError: if another run holds the lock, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock_file = (folder / LOCK).open("w")
    except OSError as error:
        raise RequestError(f"--out {where}: cannot be written: {error.strerror or error}") from None
    with lock_file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RequestError(
                f"--out {where}: another simgen run is writing there; wait for it or choose another folder"
            ) from None
        except OSError as error:
            raise CannotLock(
                f"--out {where}: cannot be locked against other runs: {error.strerror or error}; choose "
                "a folder on a file system that knows flock, such as a local disk"
            ) from None
        yield
