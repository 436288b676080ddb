"""A server that simgen starts: any kind of simulator, in the hands of a guard, ready for clients when it is handed out.

A server lives no longer than the process that started it, however that one ends.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from simgen.fleet.launch.command import Command, built_in_command, carla_command, home_folders
from simgen.fleet.launch.gpus import Gpu, least_used
from simgen.fleet.launch.logs import LOG_BYTES, tail
from simgen.fleet.launch.ports import claim_block
from simgen.fleet.launch.processes import Process, container_members, end_group, group_members, rss_bytes
from simgen.fleet.launch.slotfile import SLOTS, Container, SlotFile, run_folder
from simgen.fleet.launch.vulkan import require_gpu
from simgen.fleet.slot import Slot

log = logging.getLogger(__name__)

START_TIMEOUT_S = 180.0          # the first start on a machine compiles kernels or shaders
GUARD_TIMEOUT_S = 60.0
GRACE_S = 10.0                   # a server that was asked to end is killed after that
TAIL_LINES = 200
_POLL_S = 0.05


class Server:
    """A server that runs. Made by ``start_server``. pid: of its first process, whose group is its own."""

    def __init__(self, slot_file: Path, log_file: Path, container: Container | None, control: socket.socket) -> None:
        self.endpoint = Endpoint("127.0.0.1", 0)         # until it listens
        self.log_file = log_file
        self.status: int | None = None
        self.why = ""
        self.ended = threading.Event()
        self._slot_file, self._container, self._control = slot_file, container, control
        self._lines = control.makefile("rb")
        self._stopping = False
        control.settimeout(GUARD_TIMEOUT_S)
        told = self._heard()
        if told is None or "server" not in told:
            control.close()
            slot_file.unlink(missing_ok=True)
            why = "its guard did not start" if told is None else str(told["why"])
            raise SimulatorError(f"{why} (see {log_file})")
        self._process = Process(int(told["server"]), int(told["born"]))
        control.settimeout(None)
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
            self.why = self.why or "its guard was killed"
        else:
            self.status, self.why = told["exit"], str(told["why"])
        self._close()

    def _end_ourselves(self) -> None:
        if self._container is not None and self._container.id is not None:
            command = [*self._container.end, self._container.id]
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=GUARD_TIMEOUT_S, check=False)
        # Its number may be another's by now; as long as one of its group lives, it is not.
        if self._process.alive or group_members(self.pid):
            end_group(self.pid, GRACE_S)

    def _close(self) -> None:
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


def start_server(
    slot: Slot, log_dir: Path, on_death: Callable[[int], None], gpus: Sequence[Gpu] = (),
    within_s: float = START_TIMEOUT_S,
) -> Server:
    """Start the simulator that a slot asks for and wait until clients can reach it.

    log_dir: its output goes to ``simulator-<slot's number>.log`` there. on_death: called from a thread of ours with its
    exit status (negative for a signal) if it ends before ``stop``. gpus: a CARLA server gets one of them, the one with
    the fewest servers of this user's.
    Raises SimulatorError if it does not start, RequestError if it cannot on this machine.
    """
    log_file = log_dir.absolute() / f"simulator-{slot.number}.log"
    folder = run_folder() / SLOTS
    folder.mkdir(exist_ok=True)
    token = f"{os.getpid()}-{secrets.token_hex(4)}"
    if slot.carla is None:
        ready = folder / f"{token}.ready"
        command = built_in_command(slot.quality, slot.device, slot.assets, os.getpid(), ready)
        server = _guarded(_noted(slot, command, log_file), folder / f"{token}.json")
        try:
            _wait(server, slot, within_s, ready.exists)
            server.endpoint = Endpoint("127.0.0.1", int(json.loads(ready.read_text())["port"]))
        finally:
            ready.unlink(missing_ok=True)
    else:
        slot.carla.check()
        claim = claim_block(slot.number)
        try:
            home = run_folder() / "homes" / str(claim.block.rpc)
            for each in home_folders(home):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (run_folder() / "gpus.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)        # two that look at the same time would choose the same GPU
                gpu = least_used(gpus, [other.gpu for other in SlotFile.all_in(folder).values()])
                command = carla_command(slot.carla, claim.block, gpu, home, token, folder)
                noted = replace(_noted(slot, command, log_file), ports=claim.block.named(), gpu=str(gpu or ""))
                noted.write(folder / f"{token}.json")
            server = _guarded(noted, folder / f"{token}.json", claim.descriptors)
        finally:
            claim.release()                     # the guard and the server hold it now
        server.endpoint = Endpoint("127.0.0.1", claim.block.rpc)
        _wait(server, slot, within_s, lambda: _listens(server.endpoint))
        try:
            require_gpu(server.tail(), str(slot))
        except SimulatorError:
            server.stop()
            raise
    server.watch(on_death)
    return server


def _noted(slot: Slot, command: Command, log_file: Path) -> SlotFile:
    return SlotFile(name=str(slot), owner=Process.me(), command=command.argv, log=str(log_file), log_bytes=LOG_BYTES,
                    grace_s=GRACE_S, env=command.env, container=command.container)


def _guarded(noted: SlotFile, slot_file: Path, held: tuple[int, ...] = ()) -> Server:
    """Have a guard start what is noted. held: descriptors for it and the server to hold open."""
    ours, guards = socket.socketpair()
    noted.write(slot_file)
    with guards:
        # Without site: what is installed there need not be looked through, the path to it is given.
        subprocess.run(
            [sys.executable, "-S", "-m", "simgen.fleet.launch.guard", str(slot_file), str(guards.fileno()),
             *map(str, held)],
            stdin=subprocess.DEVNULL, pass_fds=(guards.fileno(), *held), cwd="/", check=True, timeout=GUARD_TIMEOUT_S,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
    return Server(slot_file, Path(noted.log), noted.container, ours)


def _wait(server: Server, slot: Slot, within_s: float, ready: Callable[[], bool]) -> None:
    """Return once it is ready. Raises SimulatorError, with the server ended, if it is not ``within_s``."""
    deadline = time.monotonic() + within_s
    while not ready():
        if server.ended.is_set():
            last = next((line for line in reversed(server.tail()) if line.strip()), "it said nothing")
            raise SimulatorError(
                f"the {slot} ended at its start with status {server.status}: {last} (all it said is in "
                f"{server.log_file})")
        if time.monotonic() > deadline:
            server.stop()
            raise SimulatorError(f"the {slot} is not ready after {within_s:g} s; see {server.log_file}")
        time.sleep(_POLL_S)


def _listens(endpoint: Endpoint) -> bool:
    try:
        socket.create_connection((endpoint.host, endpoint.port), _POLL_S).close()
    except OSError:
        return False
    return True
