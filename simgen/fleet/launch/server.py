"""A server that simgen starts: any kind of simulator, in the hands of a guard, ready for clients when it is handed out.

A server lives no longer than the process that started it, however that one ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from simgen.fleet.launch.command import Command, built_in_command, carla_command, home_folders
from simgen.fleet.launch.gpus import Gpu, least_used
from simgen.fleet.launch.guarded import Guarded
from simgen.fleet.launch.logs import LOG_BYTES
from simgen.fleet.launch.ports import claim_block
from simgen.fleet.launch.slotfile import SLOTS, SlotFile, run_folder
from simgen.fleet.launch.vulkan import require_gpu
from simgen.fleet.slot import Slot
from simgen.processes import Process

START_TIMEOUT_S = 180.0          # the first start on a machine compiles kernels or shaders
GRACE_S = 10.0                   # a server that was asked to end is killed after that
_POLL_S = 0.05


class Server(Guarded):
    """A simulator that runs. Made by ``start_server``. endpoint: where clients reach it. gpu: that it was told to use.
    """

    endpoint: Endpoint
    gpu: Gpu | None = None


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
        server = Server(_noted(slot, command, log_file), folder / f"{token}.json")
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
            server = Server(noted, folder / f"{token}.json", claim.descriptors)
            server.gpu = gpu
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
