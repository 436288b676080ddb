"""A process in the hands of a guard, seen by its owner: followed, read and ended over the guard's socket."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from simgen.errors import SimulatorError
from simgen.fleet.launch.logs import tail
from simgen.fleet.launch.orphans import end_unguarded
from simgen.fleet.launch.slotfile import SlotFile
from simgen.processes import Process, container_members, group_members, rss_bytes

log = logging.getLogger(__name__)

GUARD_TIMEOUT_S = 60.0
TAIL_LINES = 200


class Guarded:
    """Runs as long as we do, and no longer. pid: of its first process, whose group is its own.

    status: how it ended, negative for a signal; None while it runs, or if nobody knows. why: it ended.
    """

    def __init__(self, noted: SlotFile, slot_file: Path, held: tuple[int, ...] = ()) -> None:
        """Have a guard start what is noted in the slot file. held: descriptors for it and its guard to hold open.

        Raises SimulatorError if it cannot be started.
        """
        self.status: int | None = None
        self.why = ""
        self.ended = threading.Event()
        self._slot_file, self._noted, self._container = slot_file, noted, noted.container
        self.log_file = Path(noted.log)
        self._stopping = False
        self._control, guards = socket.socketpair()
        noted.write(slot_file)
        with guards:
            # Without site: what is installed there need not be looked through, the path to it is given.
            try:
                subprocess.run(
                    [sys.executable, "-S", "-m", "simgen.fleet.launch.guard", str(slot_file), str(guards.fileno()),
                     *map(str, held)],
                    stdin=subprocess.DEVNULL, pass_fds=(guards.fileno(), *held), cwd="/", check=True,
                    timeout=GUARD_TIMEOUT_S,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
            except subprocess.SubprocessError as error:
                self._control.close()
                slot_file.unlink(missing_ok=True)
                raise SimulatorError(f"the guard of a server did not start: {error}") from None
        self._lines = self._control.makefile("rb")
        self._control.settimeout(GUARD_TIMEOUT_S)
        told = self._heard()
        if told is None or "server" not in told:
            self._control.close()
            slot_file.unlink(missing_ok=True)
            why = "its guard did not start" if told is None else str(told["why"])
            raise SimulatorError(f"{why} (see {self.log_file})")
        self._process = Process(int(told["server"]), int(told["born"]))
        self._control.settimeout(None)
        threading.Thread(target=self._await_end, daemon=True, name=f"server-{self.pid}").start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tail(self, lines: int = TAIL_LINES) -> tuple[str, ...]:
        """The last lines that it said."""
        return tail(self.log_file, lines)

    def processes(self) -> list[Process]:
        """Everything that belongs to it."""
        if self._container is not None and self._container.id is not None:
            return container_members(self._container.id)
        return group_members(self.pid) if self._process.alive else []

    def rss_bytes(self) -> int:
        """Memory of everything that belongs to it."""
        return rss_bytes(self.processes())

    def watch(self, on_death: Callable[[int], None]) -> None:
        """Call ``on_death`` with its status, from a thread of ours, if it ends before ``stop``."""
        def wait() -> None:
            self.ended.wait()
            if not self._stopping:
                on_death(-signal.SIGKILL if self.status is None else self.status)

        threading.Thread(target=wait, daemon=True, name="server-watch").start()

    def stop(self) -> None:
        """End it: politely, then for good. Returns when nothing of it is left."""
        self._stopping = True
        if not self.ended.is_set():
            try:
                self._control.shutdown(socket.SHUT_WR)
            except OSError as error:
                log.info("the guard of server %d is gone: %s", self.pid, error)
            if not self.ended.wait(GUARD_TIMEOUT_S):
                log.warning("the guard of server %d does not end it", self.pid)
                self._end_ourselves()
                self._close()

    def _await_end(self) -> None:
        told = self._heard()
        if told is None:                                # a guard that was killed says nothing
            self._end_ourselves()
            self.why = "its guard was killed"
        else:
            self.status, self.why = told["exit"], str(told["why"])
        self._close()

    def _end_ourselves(self) -> None:
        end_unguarded(replace(self._noted, server=self._process), self._slot_file, self._noted.grace_s)

    def _close(self) -> None:
        if self._process.alive:                         # it hangs in the kernel: for a later sweep
            log.warning("server %d does not end: %s", self.pid, self.why)
        else:
            self._slot_file.unlink(missing_ok=True)
        if self._container is not None:
            Path(self._container.id_file).unlink(missing_ok=True)
        self.ended.set()

    def _heard(self) -> dict[str, Any] | None:
        try:
            line = self._lines.readline()
        except OSError:
            return None
        found: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        return found
