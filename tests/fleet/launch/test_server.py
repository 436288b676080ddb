"""Servers of every kind, started as a worker starts them. CARLA is the stand-in; clients are real."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import carla
import pytest

from simgen.capture.waking import Census, take_census, wait_until_awake
from simgen.errors import RequestError, SimulatorError
from simgen.fleet.launch import server as launch_server
from simgen.fleet.launch.gpus import Gpu
from simgen.fleet.launch.orphans import sweep
from simgen.fleet.launch.ports import BLOCKS, claim_block
from simgen.fleet.launch.server import Server, start_server
from simgen.fleet.launch.slotfile import SLOTS, SlotFile
from simgen.fleet.slot import Slot
from simgen.fleet.sources import Carla, CarlaApptainer, CarlaDocker, CarlaFolder
from simgen.processes import Process, group_members
from tests.fleet.engines import make_engines
from tests.fleet.launch.waiting import wait_for
from tests.fleet.stand_in import Behaviour, make_carla, starts_of

MIDDLE = 300 + os.getpid() % 300                # away from runs that go on beside this test
TWO = (Gpu(0, "GPU-0aaaaaaa"), Gpu(1, "GPU-1bbbbbbb"))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch_server, "GRACE_S", 0.5)


def started(source: Carla, logs: Path, on_death: Callable[[int], None] = lambda status: None, number: int = MIDDLE,
            gpus: tuple[Gpu, ...] = (), within_s: float = 120.0) -> Server:
    return start_server(Slot(number, carla=source), logs, on_death, gpus, within_s)


def synchronous(server: Server) -> None:
    client = carla.Client(server.endpoint.host, server.endpoint.port)
    client.set_timeout(30.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)


def first_free(number: int) -> int:
    """First port of the block that is free at this number, or after it."""
    claim = claim_block(number)
    claim.release()
    return claim.block.rpc


def test_a_client_finds_the_server_on_its_block_and_the_server_its_own_home(tmp_path: Path, run_dir: Path) -> None:
    source = CarlaFolder(make_carla(tmp_path / "carla", Behaviour(start_s=0.3, wrapped=True)))
    server = started(source, tmp_path / "logs")
    try:
        wait_until_awake(server.endpoint, 60.0)
        assert take_census(server.endpoint) == Census(1, 1)        # the spectator
        assert server.endpoint.port % 10 == 0 and 20_000 <= server.endpoint.port < 20_000 + 10 * BLOCKS
        (start,) = starts_of(source.folder)
        assert f"-carla-rpc-port={server.endpoint.port}" in start["argv"]
        assert start["env"]["HOME"] == str(run_dir / "homes" / str(server.endpoint.port))
        assert Process.of(start["pid"]) in server.processes() and len(server.processes()) == 2
        assert server.rss_bytes() > 30 * 2**20
        (noted,) = SlotFile.all_in(run_dir / SLOTS).values()
        assert noted.ports["rpc"] == server.endpoint.port and noted.owner == Process.me()
        synchronous(server)
        assert take_census(server.endpoint) is None                # a world that waits for a tick tells nothing
        other = claim_block(MIDDLE)
        assert other.block.rpc != server.endpoint.port             # taken as long as it runs
        other.release()
    finally:
        server.stop()
    assert group_members(server.pid) == []
    wait_for(lambda: first_free((server.endpoint.port - 20_000) // 10) == server.endpoint.port, "the block to be free")


def test_servers_share_gpus_evenly(tmp_path: Path) -> None:
    source = CarlaFolder(make_carla(tmp_path / "carla"))
    servers = [started(source, tmp_path / "logs", number=MIDDLE + number, gpus=TWO) for number in range(2)]
    try:
        assert [start["env"]["NVIDIA_VISIBLE_DEVICES"] for start in starts_of(source.folder)] == [
            "GPU-0aaaaaaa", "GPU-1bbbbbbb"]
        assert servers[0].endpoint != servers[1].endpoint
    finally:
        for server in servers:
            server.stop()


@pytest.mark.parametrize(("behaviour", "sentence"), [
    (Behaviour(exit_at_start=1, said=("Cannot find a compatible Vulkan driver (ICD).",)),
     r"the CARLA server \d+ ended at its start with status 1: Cannot find a compatible Vulkan driver"),
    (Behaviour(never_listens=True, ignores_term=True), r"the CARLA server \d+ is not ready after 1 s; see .*\.log"),
    (Behaviour(said=("LogVulkanRHI: Display: - DeviceName: llvmpipe",)), "renders on the processor instead of a GPU"),
])
def test_a_server_that_does_not_come_up_is_ended_and_the_sentence_says_why(
    behaviour: Behaviour, sentence: str, tmp_path: Path, run_dir: Path
) -> None:
    source = CarlaFolder(make_carla(tmp_path / "carla", behaviour))
    with pytest.raises(SimulatorError, match=sentence):
        started(source, tmp_path / "logs", within_s=1.0 if behaviour.never_listens else 120.0)
    wait_for(lambda: not list((run_dir / SLOTS).iterdir()), "the slot to be free")


def test_a_server_of_another_version_is_refused(tmp_path: Path) -> None:
    server = started(CarlaFolder(make_carla(tmp_path / "carla", Behaviour(version="0.9.15"))), tmp_path / "logs")
    try:
        with pytest.raises(SimulatorError, match=r"has version 0\.9\.15, this client 0\.9\.16"):
            wait_until_awake(server.endpoint, 60.0)
    finally:
        server.stop()


def test_a_server_that_crashes_is_told_with_its_last_words(tmp_path: Path) -> None:
    told: list[int] = []
    server = started(CarlaFolder(make_carla(tmp_path / "carla", Behaviour(die_at_tick=2))), tmp_path / "logs",
                     told.append)
    client = carla.Client(server.endpoint.host, server.endpoint.port)
    client.set_timeout(5.0)
    world = client.get_world()
    client.set_timeout(0.5)
    with pytest.raises(RuntimeError, match="time-out"):
        for _ in range(3):
            world.tick(0.5)
    wait_for(lambda: told, "the death to be told")
    assert told == [-signal.SIGABRT]
    assert server.tail()[0] == "Signal 6 caught."


def test_a_container_is_started_measured_and_ended_by_its_id(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_engines(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    image = make_carla(tmp_path / "image", Behaviour(ignores_term=True))
    server = started(CarlaDocker(str(image)), tmp_path / "logs", gpus=TWO)
    (container,) = [path for path in state.iterdir() if path.name != "calls"]
    inside = json.loads(container.read_text())
    assert inside["given"]["env"]["NVIDIA_VISIBLE_DEVICES"] == "GPU-0aaaaaaa"
    wait_until_awake(server.endpoint, 60.0)
    server.stop()
    assert Process.of(inside["pid"]) is None and not container.exists()
    calls = [json.loads(line) for line in (state / "calls").read_text().splitlines()]
    assert [call[0] for call in calls] == ["run", "stop"] and calls[1][-1] == container.name
    assert list((run_dir / SLOTS).iterdir()) == []


def test_a_container_whose_worker_and_guard_were_killed_is_swept_by_its_id(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_engines(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    image = make_carla(tmp_path / "image")
    pid = os.fork()
    if pid == 0:                                # a worker, which is killed together with its guard
        started(CarlaDocker(str(image)), tmp_path / "logs")
        (tmp_path / "up").touch()
        signal.pause()
    wait_for((tmp_path / "up").exists, "the server")
    (noted,) = SlotFile.all_in(run_dir / SLOTS).values()
    (container,) = [path for path in state.iterdir() if path.name != "calls"]
    inside = json.loads(container.read_text())["pid"]
    assert noted.guard is not None
    os.kill(pid, signal.SIGSTOP)
    os.kill(noted.guard.pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_for(lambda: noted.guard is not None and not noted.guard.alive, "the guard's end")
    assert Process.of(inside) is not None       # nobody's child: only its engine can end it
    assert len(sweep(0.3)) == 1
    assert Process.of(inside) is None and list((run_dir / SLOTS).iterdir()) == []


def test_an_image_file_is_run_with_a_home_of_its_own(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_engines(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    folder = make_carla(tmp_path / "carla")
    image = tmp_path / "carla.sif"
    image.touch()
    server = started(CarlaApptainer(image), tmp_path / "logs")
    server.stop()
    (start,) = starts_of(folder)
    home = run_dir / "homes" / str(server.endpoint.port)
    assert start["env"]["HOME"] == str(home) and (home / "Saved").is_dir()
    assert json.loads((state / "calls").read_text())[:2] == ["exec", "--nv"]


def test_a_machine_without_the_engine_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match="there is no program 'docker' here"):
        started(CarlaDocker("carlasim/carla:0.9.16"), tmp_path / "logs")
