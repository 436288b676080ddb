"""A simulator that somebody else started is left as it was found, however a run on it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import carla
import pytest

from sensors.rig import load_rig
from simgen.capture import Endpoint, open_episode
from simgen.errors import RequestError
from simgen.kitti.manifest import read_request
from simgen.scenario import load_scenario, make_plans
from tests.whole.product import FAST, PLACE, SMALL, content, simgen, start_simgen
from tests.whole.test_faults import finish, first_frame_file, wait_for, worker_pid

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Server:
    port: int

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def world(self) -> carla.World:
        client = carla.Client("127.0.0.1", self.port)
        client.set_timeout(30.0)
        return client.get_world()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    ready = tmp_path_factory.mktemp("server") / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "simgen.localsim", "--port", "0", "--ready-file", str(ready),
         "--owner", str(os.getpid()), *FAST],
        cwd=PLACE,
    )
    try:
        wait_for(ready.exists, "the server")
        yield Server(json.loads(ready.read_text())["port"])
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def untouched(server: Server) -> Iterator[None]:
    """Settings and actors are the same after the test as before it."""

    def state() -> tuple[object, ...]:
        world = server.world()
        settings = world.get_settings()
        time.sleep(0.3)                                     # asynchronous: the next snapshot has the actors
        return settings.synchronous_mode, settings.fixed_delta_seconds, len(world.get_actors().filter("vehicle.*"))

    before = state()
    assert before == (False, None, 0) or before == (False, 0.0, 0)
    yield
    assert state() == before


@pytest.mark.usefixtures("untouched")
def test_a_run_on_a_named_server_makes_the_bytes_that_a_built_in_one_makes(
    server: Server, small: Path, tmp_path: Path
) -> None:
    done = simgen("run", SMALL, "--out", tmp_path / "out", "--simulator", server.endpoint)
    assert done.returncode == 0, done.stderr[-2000:]
    there, here = content(tmp_path / "out"), content(small)
    del there["dataset.json"], here["dataset.json"]         # nobody knows quality and device of somebody else's server
    assert there == here
    request = read_request(small)
    assert request is not None and request.quality == FAST[1]
    assert read_request(tmp_path / "out") == replace(request, quality=None, device=None)


@pytest.mark.usefixtures("untouched")
def test_an_error_in_the_middle_of_an_episode_leaves_the_server_as_it_was(server: Server) -> None:
    plan = make_plans([load_scenario(SMALL)], 1, 0)[0]
    with (
        pytest.raises(ZeroDivisionError),
        open_episode(Endpoint("127.0.0.1", server.port), plan, load_rig("kitti")) as episode,
    ):
        for _ in episode.frames():
            raise ZeroDivisionError


@pytest.mark.usefixtures("untouched")
def test_ctrl_c_leaves_the_server_as_it_was(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_simgen("run", SMALL, "--out", out, "--simulator", server.endpoint)
    wait_for(first_frame_file(out).exists, "the first frame")
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)                      # impatient people press it twice
    status, _, err = finish(process)
    assert status == 130, err[-2000:]
    assert "Traceback" not in err


@pytest.mark.usefixtures("untouched")
def test_a_worker_that_is_killed_leaves_the_server_as_it_was_in_the_end(server: Server, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_simgen("run", SMALL, "--out", out, "--simulator", server.endpoint, "--episodes", 1)
    wait_for(first_frame_file(out).exists, "the first frame")
    os.kill(worker_pid(out), signal.SIGKILL)
    status, _, err = finish(process)
    assert status == 0, err[-2000:]
    assert not list((out / "logs").glob("found-*"))


@pytest.mark.usefixtures("untouched")
def test_a_map_that_the_server_lacks_is_refused_and_the_folder_stays_free(server: Server, tmp_path: Path) -> None:
    scenario = tmp_path / "elsewhere.yaml"
    scenario.write_text("name: elsewhere\nmap: Town99\nego: {speed: 10 m/s}\nepisodes: 1\n")
    done = simgen("run", scenario, "--out", tmp_path / "out", "--simulator", server.endpoint)
    assert done.returncode == 2
    assert "Town99" in done.stderr and "SimgenTown01" in done.stderr
    done = simgen("run", SMALL, "--out", tmp_path / "out", "--simulator", server.endpoint, "--episodes", 1)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.usefixtures("untouched")
def test_an_animal_that_the_server_lacks_is_refused_by_name(server: Server) -> None:
    plan = make_plans([load_scenario(SMALL)], 1, 0)[0]
    unicorn = replace(plan, actors=(replace(plan.actors[0], species="unicorn"),))
    with (
        pytest.raises(RequestError, match=r"small-0000: deer: this simulator cannot show a unicorn"),
        open_episode(Endpoint("127.0.0.1", server.port), unicorn, load_rig("kitti")),
    ):
        pass
