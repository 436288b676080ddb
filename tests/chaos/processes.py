"""Processes of ours: everything that was started from here, at whatever remove, and nothing else.

Whoever loses its parent is handed to us (a "child subreaper"), so that a server which detaches itself twice is still
found among our descendants.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Process:
    """As /proc shows it. command: its arguments, or what it calls itself."""

    pid: int
    parent: int
    command: str


def adopt_orphans(do: bool = True) -> None:
    """From now on, whoever of our descendants loses its parent is a child of ours; or no longer. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, int(do), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")


def bury(children: Collection[int]) -> None:
    """Take leave of adopted children that have ended. children: our own, whose status somebody waits for."""
    for pid, (parent, state) in _states().items():
        if parent == os.getpid() and state == "Z" and pid not in children:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def descendants(of: int) -> list[Process]:
    """Everybody who lives and was started by process ``of``, or by somebody whom it started."""
    states = _states()
    below: dict[int, list[int]] = {}
    for pid, (parent, _) in states.items():
        below.setdefault(parent, []).append(pid)
    found, look_at = [], [of]
    while look_at:
        for pid in below.get(look_at.pop(), []):
            look_at.append(pid)
            if states[pid][1] != "Z":
                found.append(Process(pid, states[pid][0], _command(pid)))
    return sorted((one for one in found if one.command), key=lambda one: one.pid)


def is_alive(pid: int) -> bool:
    """Not for a process that has ended and only waits to be buried."""
    return _command(pid) != ""


def _states() -> dict[int, tuple[int, str]]:
    """Of every process: its parent and its state."""
    states = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                states[int(folder.name)] = (int(parent), state)
    return states


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def kill(pids: Iterable[int]) -> None:
    """All at once, for good."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], object], within_s: float) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
