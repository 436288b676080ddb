"""A worker and its simulator between and during episodes, without Ray and without episodes."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import carla
import pytest

from simgen.fleet import worker as fleet_worker
from simgen.fleet.in_use import SimulatorInUse
from simgen.fleet.launch import server as launch_server
from simgen.fleet.launch.health import Policy
from simgen.fleet.launch.slotfile import RUN_FOLDER
from simgen.fleet.slot import Slot
from simgen.fleet.sources import CarlaFolder
from simgen.fleet.worker import EpisodeWorker
from simgen.pipeline import EpisodeReport
from simgen.scenario import load_scenario, make_plans
from tests.fleet.stand_in import Behaviour, make_carla, starts_of
from tests.whole.product import SMALL

MIDDLE = 700 + os.getpid() % 300
REPORT = EpisodeReport("s-0000", 3, 9, 1.0, "Straight", 0.05)


@pytest.fixture
def slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slot:
    monkeypatch.setattr(launch_server, "GRACE_S", 0.5)
    return Slot(MIDDLE, carla=CarlaFolder(make_carla(tmp_path / "carla", Behaviour(leak_mb=30.0))))


@pytest.fixture
def in_use(slot: Slot, tmp_path: Path) -> Iterator[SimulatorInUse]:
    simulator = SimulatorInUse(slot, tmp_path / "logs")
    simulator.take()
    yield simulator
    simulator.leave()


def test_a_server_of_ours_is_replaced_for_a_reason_and_the_trouble_of_another_s_is_told_once(
    in_use: SimulatorInUse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert in_use.recycle_reason(REPORT) == ""
    in_use._policy = Policy(highest_id=1)
    assert in_use.recycle_reason(REPORT) == "its actors' ids reach 1, and pictures hold ids below 65536"
    in_use._policy = Policy(episodes=3)
    assert in_use.recycle_reason(REPORT) == "it has played 3 episodes"
    in_use._policy = Policy(growth_bytes=100 * 2**20)
    assert in_use.recycle_reason(REPORT) == ""
    client = carla.Client(in_use.endpoint.host, in_use.endpoint.port)
    client.set_timeout(30.0)
    world = client.get_world()
    for _ in range(5):
        world.tick(30.0)                        # the stand-in leaks with each
    assert in_use.recycle_reason(REPORT).startswith("its memory grew by 0.")

    visited = SimulatorInUse(Slot(0, in_use.endpoint), tmp_path)
    visited.take()
    visited._policy = Policy(episodes=1)
    with caplog.at_level(logging.WARNING, logger="simgen"):
        assert [visited.recycle_reason(REPORT) for _ in range(3)] == ["", "", ""]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"simulator {in_use.endpoint} should be started anew: it has played 1 episode; simgen did not start it and "
        "goes on with it"]
    visited.leave()


def test_a_worker_whose_server_dies_under_an_episode_says_so_with_the_server_s_last_words(
    slot: Slot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client library waits in compiled code then, here for ever."""
    exits: list[tuple[Any, ...]] = []
    monkeypatch.setattr(EpisodeWorker, "_end_with_simulator", staticmethod(lambda: exits.append(())))
    monkeypatch.setattr(fleet_worker, "WorkerLog", QuietLog)
    begun, released = threading.Event(), threading.Event()

    def recording(*_: object) -> EpisodeReport:
        begun.set()
        released.wait(60.0)
        return REPORT

    monkeypatch.setattr(fleet_worker, "record_episode", recording)
    assert slot.carla is not None and isinstance(slot.carla, CarlaFolder)
    make_carla(slot.carla.folder, Behaviour(said=("LogCarla: hello",)))
    (tmp_path / "logs").mkdir()
    worker = EpisodeWorker(slot, tmp_path, tmp_path / "logs")
    assert worker.start() is None

    def crash() -> None:
        begun.wait(60.0)
        os.kill(starts_of(slot.carla.folder)[0]["pid"], signal.SIGSEGV)  # type: ignore[union-attr]

    threading.Thread(target=crash).start()
    outcome = worker.record(make_plans([load_scenario(SMALL)], 1, 0)[0].to_json(), 0, None)
    released.set()
    assert (outcome.cause, outcome.message) == ("simulator", f"the CARLA server {MIDDLE} ended with signal 11")
    assert outcome.log_tail == ("LogCarla: hello",) and exits == [()]
    worker.stop()


def test_a_worker_whose_simulator_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_worker, "WorkerLog", QuietLog)
    worker = EpisodeWorker(Slot(MIDDLE, carla=CarlaFolder(tmp_path / "nowhere")), tmp_path, tmp_path)
    assert "there is no such folder" in (worker.start() or "")
    worker.stop()
    (tmp_path / "file").touch()
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path / "file" / "run"))
    worker = EpisodeWorker(Slot(MIDDLE), tmp_path, tmp_path)
    assert (worker.start() or "").startswith(f"the built-in simulator {MIDDLE} cannot be started: [Errno 20]")


class QuietLog:
    """Leaves the log of this process alone."""

    def __init__(self, log_dir: Path, slot: int) -> None:
        pass

    def about(self, episode: str | None) -> None:
        pass
