"""What Ray does to its workers, done to workers with a server: shells that take no TERM, and nothing is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from simgen.fleet.driver import ray_session
from simgen.fleet.launch.guarded import Guarded
from simgen.fleet.launch.slotfile import SlotFile
from simgen.processes import Process, group_members
from tests.fleet.launch.test_guard import PROGRAM, STUBBORN
from tests.fleet.launch.waiting import wait_for

pytestmark = pytest.mark.slow


class Owner:
    """An actor that has a guard start a server."""

    def start(self, path: Path, script: str) -> int:
        noted = SlotFile("server", Process.me(), ("/bin/sh", "-c", script), str(path.with_suffix(".log")), 10_000, 0.5)
        self.server = Guarded(noted, path)
        return self.server.pid

    def pid(self) -> int:
        return os.getpid()


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with ray_session(6):
        yield


def test_a_server_ends_with_its_worker_however_ray_or_anybody_ends_that(run_dir: Path) -> None:
    actor_class = ray.remote(num_cpus=1, max_restarts=0)(Owner)
    kinds = [(way, script) for way in ("killed by Ray", "handle dropped", "SIGKILL") for script in (PROGRAM, STUBBORN)]
    actors = [actor_class.remote() for _ in kinds]
    servers = ray.get([actor.start.remote(run_dir / "slots" / f"{number}.json", script)
                       for number, (actor, (_, script)) in enumerate(zip(actors, kinds, strict=True))], timeout=120)
    assert all(group_members(pid) for pid in servers)
    for (way, _), actor in zip(kinds, actors, strict=True):
        if way == "killed by Ray":
            ray.kill(actor)
        elif way == "SIGKILL":
            os.kill(ray.get(actor.pid.remote(), timeout=60), signal.SIGKILL)
    del actor, actors
    wait_for(lambda: not any(group_members(pid) for pid in servers), "every server to end")
    for path in (run_dir / "slots").glob("*.json"):
        wait_for(lambda path=path: SlotFile.read(path).ended, "the guard's last word")  # type: ignore[misc]
