"""A server that somebody else runs dies and comes back at the same place: the run waits for it and goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.faulty_server import Faults
from tests.chaos.ordeal import SCENARIO
from tests.chaos.processes import wait_until
from tests.whole.product import ROOT, content, simgen, start_simgen
from tests.whole.test_faults import finish

pytestmark = pytest.mark.slow

PATIENCE_S = 240.0


class Server:
    """One at ports of its own, which can be killed and started anew."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self.port = folder, port
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self._folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.faulty_server", str(self._folder / "faults"),
                 f"-carla-rpc-port={self.port}", f"-carla-streaming-port={self.port + 1}"],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        assert wait_until(lambda: _answers(self.port), PATIENCE_S)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def start(self) -> None:
        self._process = self._started()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def _free_ports() -> int:
    """The first of two in a row, below those that the system hands out itself."""
    for port in range(25_000 + os.getpid() % 500 * 10, 32_000, 2):
        try:
            for number in (port, port + 1):
                with closing(socket.socket()) as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError("no free ports")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path, _free_ports())
    try:
        found.wait()
        yield found
    finally:
        found.kill()


def test_a_named_server_that_is_killed_and_comes_back_costs_retries_and_nothing_else(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMGEN_PATIENCE", "0.1")
    arguments = ("run", SCENARIO, "--episodes", 3, "--simulator", f"127.0.0.1:{server.port}", "--out")
    undisturbed = simgen(*arguments, tmp_path / "undisturbed")
    assert undisturbed.returncode == 0, undisturbed.stderr[-2000:]
    faults = Faults(tmp_path / "faults")
    faults.arm("hang", "while it is killed")                # so that it dies in the middle of an episode, whichever
    process = start_simgen(*arguments, tmp_path / "disturbed")
    try:
        assert wait_until(lambda: not faults.waiting(), PATIENCE_S)
        server.kill()
        server.start()
        status, _, said = finish(process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert status == 0, said[-2000:]
    assert "trying again" in said
    assert content(tmp_path / "disturbed") == content(tmp_path / "undisturbed")
