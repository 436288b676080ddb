"""Processes as /proc shows them. A number is given to one process after another: a process is its number and its birth.

Standard library only, because the guard of a server lives on this.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLL_S = 0.05
_STATE, _PARENT, _GROUP, _START_TIME = 3, 4, 5, 22         # fields of /proc/PID/stat, counted from 1 as in its manual
_ENDED = "ZX"                                               # states: a zombie, and on its way out


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine. born: its start time, in the kernel's clock ticks since the machine came up."""

    pid: int
    born: int

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now; None if none has, or it has ended."""
        fields = _stat(pid)
        return None if fields is None or fields[_STATE] in _ENDED else cls(pid, int(fields[_START_TIME]))

    @classmethod
    def me(cls) -> Process:
        found = cls.of(os.getpid())
        assert found is not None
        return found

    @property
    def alive(self) -> bool:
        """False once it has ended, also if its number went to another process."""
        return Process.of(self.pid) == self


@dataclass(frozen=True, slots=True)
class Realm:
    """Where a process number means one process. boot: one start of the machine. pids: a space of process numbers, of
    which each container has its own."""

    host: str
    boot: str
    pids: str

    @classmethod
    def here(cls) -> Realm:
        """Raises OSError where the system does not say."""
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return cls(socket.gethostname(), boot, str((PROC / "self/ns/pid").stat().st_ino))

    def follows(self, other: Realm) -> bool:
        """Has the machine been started anew since? Then nothing of the other lives."""
        return self.host == other.host and self.boot != other.boot


def _stat(pid: int) -> dict[int, str] | None:
    """Fields by their number, from the third on. The second is a name in parentheses, which may hold parentheses."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return dict(enumerate(text.rpartition(")")[2].split(), start=_STATE))


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def _those(field: int, value: int) -> list[Process]:
    found = []
    for pid in _pids():
        fields = _stat(pid)
        if fields is not None and int(fields[field]) == value and fields[_STATE] not in _ENDED:
            found.append(Process(pid, int(fields[_START_TIME])))
    return found


def group_members(group: int) -> list[Process]:
    """Everybody in a process group who lives."""
    return _those(_GROUP, group)


def children(pid: int) -> list[Process]:
    """Everybody whose parent this is, and who lives."""
    return _those(_PARENT, pid)


def container_members(container_id: str) -> list[Process]:
    """Everybody in a container, if this machine's own processes are seen from here."""
    found = []
    for pid in _pids():
        try:
            inside = container_id in (PROC / str(pid) / "cgroup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        process = Process.of(pid) if inside else None
        if process is not None:
            found.append(process)
    return found


def rss_bytes(processes: Collection[Process]) -> int:
    """Memory that they hold. What they share is counted for each."""
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    for process in processes:
        try:
            total += page * int((PROC / str(process.pid) / "statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue                            # it has just ended
    return total


def gone_within(
    members: Callable[[], Collection[Process]], within_s: float, pause: Callable[[float], None] = time.sleep
) -> bool:
    """Wait until there are none left; False if there still are some after ``within_s``. pause: how to wait."""
    deadline = time.monotonic() + within_s
    while members():
        if time.monotonic() > deadline:
            return False
        pause(POLL_S)
    return True


def end_group(
    group: int, grace_s: float, killed_s: float = 10.0, pause: Callable[[float], None] = time.sleep
) -> bool:
    """Ask a process group to end, and kill what is left of it after ``grace_s``. True once nobody is left.

    The caller knows that the group is its own: see ``Process.alive``. pause: how to wait meanwhile.
    """
    for number, within_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, killed_s)):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return True
        if gone_within(lambda: group_members(group), within_s, pause):
            return True
    return False
