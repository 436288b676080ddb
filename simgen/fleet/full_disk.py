"""Room on the disk: an episode that found none waits for some, rather than fail again until it is given up.

A full disk fills within a second what every worker of a run tries next, so that without waiting all episodes would be
counted as bad. Room is what can be had, not what the file system says is free: quotas count too.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

PROBE_BYTES = 16 * 2**20     # about two frames of a KITTI rig
LOOK_EVERY_S = 1.0
WAIT_S = 100.0               # less than the driver lets an attempt take
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def is_want_of_room(error: OSError) -> bool:
    """Has a write failed because the disk, or the share of it that we may use, is full?"""
    return error.errno in _NO_ROOM


def has_room(folder: Path, wanted_bytes: int = PROBE_BYTES) -> bool:
    """Can so much be written into a folder now? Finds out by taking it for a moment. Raises OSError for other ills."""
    probe = folder / f".room-{os.getpid()}"
    try:
        with probe.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, wanted_bytes)
    except OSError as error:
        if is_want_of_room(error):
            return False
        raise
    finally:
        with suppress(OSError):
            probe.unlink()
    return True


def wait_for_room(folder: Path, stopped: threading.Event, within_s: float = WAIT_S) -> bool:
    """Wait until there is room again; False if there is none in time, or ``stopped`` is set before."""
    deadline_s = time.monotonic() + within_s
    log.warning("%s: no room is left; waiting up to %g s for some", folder, within_s)
    while not has_room(folder):
        if time.monotonic() > deadline_s or stopped.wait(LOOK_EVERY_S):
            return False
    log.info("%s: there is room again", folder)
    return True
