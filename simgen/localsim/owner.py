"""Is the process that started us still there? Ids are used again, so a process is its id and its start time."""

from __future__ import annotations

import os
from pathlib import Path

_START_TIME_FIELD = 22                       # of /proc/<pid>/stat, counted from 1


class Owner:
    """A process to live no longer than."""

    def __init__(self, pid: int) -> None:
        """Raises ``ProcessLookupError`` if there is no such process."""
        self.pid = pid
        self._born = _identity(pid)
        if self._born is None:
            raise ProcessLookupError(f"there is no process {pid}")

    def alive(self) -> bool:
        """False once the process has ended, also if its id went to another one."""
        return _identity(self.pid) == self._born


def _identity(pid: int) -> str | None:
    """Something that tells this process from a later one with its id; None if it is gone."""
    if Path("/proc/self/stat").exists():
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The second field is the command in parentheses and may hold anything, parentheses and blanks too.
        fields = text.rpartition(")")[2].split()
        state, start = fields[0], fields[_START_TIME_FIELD - 3]
        return None if state in "ZX" else start
    if os.name != "posix":
        raise OSError("watching an owner needs Linux or another POSIX system")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:                      # it exists and belongs to somebody else
        return "alive"
    return "alive"
