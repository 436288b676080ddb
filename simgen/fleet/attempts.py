"""One attempt at an episode at a time, also where a worker that was given up lives on for a moment.

A worker that is killed, or whose machine is lost, may write until it is really gone. Whoever records an episode holds
a lock on one byte of a file, at the place of the episode's first frame; the system takes it away from a process that
ends, however it ends. File servers pass such locks on from machine to machine.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.errors import SimulatorError

log = logging.getLogger(__name__)

LOCKS = "attempts.lock"
PATIENCE_S = 30.0            # a process that was killed is gone within milliseconds
LOOK_S = 0.1


@contextmanager
def sole_attempt(
    log_dir: Path, first_frame: int, stop_asked: Callable[[], bool] = lambda: False, patience_s: float = PATIENCE_S
) -> Iterator[None]:
    """Hold the right to write the episode that begins with this frame.

    Raises SimulatorError if an earlier attempt is still there after ``patience_s``, or after ``stop_asked``: nothing is
    wrong with the episode.
    """
    with (log_dir / LOCKS).open("ab") as file:
        until_s = time.monotonic() + patience_s
        while not _locked(file.fileno(), first_frame):
            if time.monotonic() >= until_s or stop_asked():
                raise SimulatorError("an earlier attempt at this episode has not ended yet")
            time.sleep(LOOK_S)
        yield


def _locked(handle: int, place: int) -> bool:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):       # which of them it is differs between systems
        return False
    except OSError as error:
        log.warning("%s cannot be locked here (%s): that an attempt is really over is taken on trust", LOCKS, error)
    return True
