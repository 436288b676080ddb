"""A server of somebody else is left as it was found, also by those who are killed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import carla
import pytest

from simgen.capture.guests import GuestBook
from simgen.capture.session import Endpoint
from simgen.errors import SimulatorError
from tests.localsim.serving_process import running


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with running("tests.localsim.stand_in_server", tmp_path_factory.mktemp("server")) as server:
        yield Endpoint("127.0.0.1", server.port)


@pytest.fixture
def world(endpoint: Endpoint) -> carla.World:
    client = carla.Client(endpoint.host, endpoint.port)
    client.set_timeout(30.0)
    return client.load_world("Straight")


def spawned(world: carla.World, blueprint: str, x: float, parent: carla.Actor | None = None) -> carla.Actor:
    at = carla.Transform(carla.Location(x, 2.0, 1.0))
    return world.spawn_actor(world.get_blueprint_library().find(blueprint), at, parent)


def living(world: carla.World) -> set[str]:
    world.wait_for_tick(10.0)
    return {actor.type_id for actor in world.get_actors()} - {"spectator"}


def synchronous(world: carla.World, dt: float | None = 0.1) -> None:
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = dt is not None, dt
    world.apply_settings(settings)


def test_a_server_that_another_client_steers_is_left_alone(
    endpoint: Endpoint, world: carla.World, tmp_path: Path
) -> None:
    synchronous(world)
    over = threading.Event()

    def steer() -> None:
        while not over.is_set():
            world.tick(10.0)
            over.wait(0.2)

    other = threading.Thread(target=steer)
    other.start()
    try:
        book = GuestBook(tmp_path, endpoint)
        with pytest.raises(SimulatorError, match=r"another client is ticking simulator 127.0.0.1:\d+ now: give simgen"):
            book.arrive()
        assert not book.open and world.get_settings().synchronous_mode
    finally:
        over.set()
        other.join()
        synchronous(world, None)


def test_the_next_of_us_puts_back_what_one_who_was_killed_has_left(
    endpoint: Endpoint, world: carla.World, tmp_path: Path
) -> None:
    spawned(world, "vehicle.audi.tt", 20.0)                         # somebody else's, and so it stays
    book = GuestBook(tmp_path, endpoint)
    book.arrive()
    synchronous(world)
    ours = [spawned(world, "vehicle.lincoln.mkz_2020", 40.0), spawned(world, "walker.pedestrian.0001", 60.0)]
    spawned(world, "sensor.camera.depth", 1.0, ours[0])
    book.note(world, ours)
    # Here we are killed. The next of us has the same folder and nothing else.
    after = GuestBook(tmp_path, endpoint)
    assert after.open
    after.arrive()
    settings = world.get_settings()
    assert not settings.synchronous_mode and not settings.fixed_delta_seconds
    assert living(world) == {"vehicle.audi.tt"}
    after.leave()
    assert not after.open and living(world) == {"vehicle.audi.tt"}


def test_who_found_a_server_in_synchronous_mode_leaves_it_so(
    endpoint: Endpoint, world: carla.World, tmp_path: Path
) -> None:
    synchronous(world, 0.25)
    try:
        GuestBook(tmp_path, endpoint).arrive()
        synchronous(world, 0.1)
        GuestBook(tmp_path, endpoint).leave()
        settings = world.get_settings()
        assert settings.synchronous_mode and settings.fixed_delta_seconds == 0.25
    finally:
        synchronous(world, None)


def test_numbers_of_another_world_are_nobody_s_business(
    endpoint: Endpoint, world: carla.World, tmp_path: Path
) -> None:
    book = GuestBook(tmp_path, endpoint)
    book.arrive()
    car = spawned(world, "vehicle.lincoln.mkz_2020", 40.0)
    book.note(world, [car])
    client = carla.Client(endpoint.host, endpoint.port)
    client.set_timeout(30.0)
    world = client.load_world("Straight")                           # somebody else goes on there, with the same numbers
    assert spawned(world, "vehicle.lincoln.mkz_2020", 40.0).id == car.id
    GuestBook(tmp_path, endpoint).leave()
    assert living(world) == {"vehicle.lincoln.mkz_2020"}


def test_a_book_that_cannot_be_read_is_named(endpoint: Endpoint, world: carla.World, tmp_path: Path) -> None:
    book = GuestBook(tmp_path, endpoint)
    book.arrive()
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["settings"]["synchronous_mode"] is False
    file.write_text("{")
    with pytest.raises(SimulatorError, match=rf"{file} cannot be read .*remove that file"):
        GuestBook(tmp_path, endpoint).arrive()
