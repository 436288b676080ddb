"""One heap for a process of several threads.

glibc gives each thread that allocates a heap of its own, and what one thread has freed no other gets. A simulator's
pictures are made by whichever thread a call or a tick comes in on, one at a time: with a heap each, the room for a
picture (some 60 MB) stays behind in several of them: 40 MB for each that had a turn, 150 in a recording of the town.
"""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8       # malloc.h


def share_one_heap() -> None:
    """Make all threads that are started from now on share this one's heap. Does nothing without glibc."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)       # other C libraries have no such thing, and no need
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
