"""A simulator as a process: started on free ports, awaited, and ended by its own id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Running(NamedTuple):
    process: subprocess.Popen[bytes]
    ready: dict[str, Any]
    log: Path

    @property
    def port(self) -> int:
        return int(self.ready["port"])


def start(module: str, folder: Path, *arguments: str, within_s: float = 120.0) -> Running:
    """Starts ``python -m module … READY_FILE`` and waits until it listens."""
    ready, log = folder / "ready.json", folder / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments, str(ready)], cwd=ROOT, stdout=sink, stderr=sink,
        )
    deadline = time.monotonic() + within_s
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise AssertionError(f"the simulator did not start:\n{log.read_text()}")
        time.sleep(0.02)
    return Running(process, json.loads(ready.read_text()), log)


def traffic_manager_port() -> int:
    """A free port below those that the system hands to outgoing connections, and above those that tests of the fleet
    give to servers: none of ours takes it meanwhile."""
    for port in range(31_000 + os.getpid() % 1000, 32_700):
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@contextmanager
def running(module: str, folder: Path, *arguments: str) -> Iterator[Running]:
    server = start(module, folder, *arguments)
    try:
        yield server
    finally:
        server.process.terminate()
        try:
            server.process.wait(10)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
