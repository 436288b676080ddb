"""A server's log: bounded, whatever it says, and its last lines. Standard library only, because the guard writes it."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

LOG_BYTES = 8 * 2**20           # of one file; there are two, the current one and the one before
MARK = "=== simgen: "           # begins the line with which a server's own part of the log begins
TAIL_BYTES = 256 * 1024


def earlier(path: Path) -> Path:
    """Where a full log is put."""
    return path.with_name(path.name + ".1")


class BoundedLog:
    """Bytes to a file that is put aside when it is full. What a full disk refuses is counted and told once it can be:
    the server must never wait for its log."""

    def __init__(self, path: Path, limit_bytes: int = LOG_BYTES) -> None:
        """Raises OSError if it cannot be opened."""
        self._path, self._limit, self._lost = path, limit_bytes, 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        try:
            if self._lost:
                self._file.write(f"(simgen: {self._lost} bytes are missing here: the disk took no more)\n".encode())
                self._lost = 0
            if self._file.tell() and self._file.tell() + len(data) > self._limit:
                self._path.replace(earlier(self._path))
                full, self._file = self._file, self._path.open("ab", buffering=0)
                full.close()
            self._file.write(data)
        except OSError:
            self._lost += len(data)

    def close(self) -> None:
        self._file.close()


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines of the server that wrote to the log last, at most so many."""
    kept: deque[str] = deque(maxlen=lines)
    for text in (_end_of(earlier(path)), _end_of(path)):
        for line in text.splitlines():
            if line.startswith(MARK):
                kept.clear()
            else:
                kept.append(line)
    return tuple(kept)


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
