"""Nobody stays in a world: not who is younger than a tick, and not because another one could not be taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import carla
import pytest

import simgen
from simgen.capture.ending import destroy, destroyed_at_end
from simgen.errors import SimulatorError, SimulatorLost
from tests.localsim import client_world
from tests.localsim.serving_process import running


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[carla.Client]:
    with running("tests.localsim.stand_in_server", tmp_path_factory.mktemp("server")) as server:
        client = carla.Client("127.0.0.1", server.port)
        client.set_timeout(10.0)
        yield client


def cars(world: carla.World) -> list[int]:
    return [actor.id for actor in world.get_actors().filter("vehicle.*")]


@pytest.fixture
def world(client: carla.Client) -> carla.World:
    client_world.step_by_hand(client)
    return client.reload_world(False)


def born(world: carla.World, count: int) -> list[carla.Actor]:
    blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
    return [world.spawn_actor(blueprint, carla.Transform(carla.Location(10.0 * number, 0.0, 0.3)))
            for number in range(count)]


def test_who_has_not_lived_through_a_tick_is_gone_after_the_next(client: carla.Client, world: carla.World) -> None:
    destroy(client, born(world, 5))
    world.tick()
    assert cars(world) == []


def test_a_refusal_is_named_and_the_others_go(client: carla.Client, world: carla.World) -> None:
    first, second, third = born(world, 3)
    destroy(client, [second])
    with pytest.raises(SimulatorError, match=rf"vehicle.audi.tt {second.id}: there is no actor {second.id}"):
        destroy(client, [first, second, third])
    world.tick()
    assert cars(world) == []


def test_a_block_that_must_leave_nobody_says_so_unless_it_failed_itself(
    client: carla.Client, world: carla.World
) -> None:
    gone = born(world, 1)
    destroy(client, gone)
    with pytest.raises(SimulatorError, match="there is no actor"), destroyed_at_end(client, gone, must=True):
        pass
    with pytest.raises(ZeroDivisionError), destroyed_at_end(client, gone, must=True):
        raise ZeroDivisionError
    with destroyed_at_end(client, gone):
        pass


def test_a_server_that_is_gone_is_said_to_be_lost() -> None:
    def no_answer(_commands: object, _tick: bool) -> None:
        raise RuntimeError("time-out of 1000ms while waiting for the simulator")

    client: Any = SimpleNamespace(apply_batch_sync=no_answer)
    with pytest.raises(SimulatorLost, match="cannot take actors out of the world"):
        destroy(client, [SimpleNamespace(id=7)])


def test_nobody_uses_the_client_s_own_way_which_leaves_young_actors_alive() -> None:
    package = Path(simgen.__file__).parent
    users = [str(path.relative_to(package)) for path in package.rglob("*.py")
             if re.search(r"\.destroy\(\)", path.read_text(encoding="utf-8"))]
    assert users == []
