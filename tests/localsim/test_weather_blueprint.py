"""The actor that carries weather in physical units: what it accepts, which one counts, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simgen.localsim.errors import Refused
from simgen.localsim.physical_weather import NOTHING, PhysicalWeather, physical_weather
from simgen.localsim.scene import level_of, scene_of
from simgen.localsim.stage import Stage
from simgen.localsim.values import (
    ActorAttribute,
    ActorDescription,
    Rotation,
    Transform,
    Vector3,
    VehicleControl,
)
from simgen.localsim.world import World
from tests.localsim.stand_in import FlatRenderer, NoBodies, straight_place

HERE = Transform(Vector3(0.0, 0.0, 0.3), Rotation(0.0, 0.0, 0.0))


@pytest.fixture
def world() -> World:
    return World(level_of(straight_place()))


def spawn(world: World, blueprint: str = "simgen.weather", where: Transform = HERE, **attributes: str) -> int:
    wanted = ActorDescription(0, blueprint, tuple(ActorAttribute(key, 3, text) for key, text in attributes.items()))
    return world.spawn(wanted, where).id


def now(world: World) -> PhysicalWeather:
    return physical_weather(world.moment(0.1).actors)


def test_every_client_finds_the_blueprint_with_its_dials(world: World) -> None:
    blueprint = world.library.find("simgen.weather")
    assert set(blueprint.attributes) == {"snowfall", "snow_depth", "ice", "rain", "visibility", "spray"}
    assert blueprint.tags == "simgen,weather"
    assert all(spec.modifiable for spec in blueprint.attributes.values())


def test_without_it_or_with_nothing_said_the_weather_is_carlas(world: World) -> None:
    assert now(world) == NOTHING
    spawn(world)
    assert now(world) == NOTHING


def test_what_it_is_told_holds_until_it_is_destroyed(world: World) -> None:
    actor = spawn(world, snowfall="2.5", snow_depth="0.08", visibility="150", rain="0", ice="1", spray="0.5")
    said = PhysicalWeather(2.5, 0.08, 1.0, 0.0, 150.0, 0.5)
    assert now(world) == said
    for _ in range(3):
        world.tick(0.1)
    assert now(world) == said
    world.destroy(actor)
    assert now(world) == NOTHING


def test_the_youngest_counts(world: World) -> None:
    first = spawn(world, visibility="500")
    second = spawn(world, visibility="200")
    assert now(world).visibility_m == 200.0
    world.destroy(first)
    assert now(world).visibility_m == 200.0
    spawn(world, visibility="100")
    world.destroy(second)
    assert now(world).visibility_m == 100.0


def test_a_new_episode_forgets_it(world: World) -> None:
    spawn(world, snow_depth="0.2")
    world.begin_episode(world.level)
    assert now(world) == NOTHING


@pytest.mark.parametrize(("key", "text", "sentence"), [
    ("snow_depth", "0.6", r"'snow_depth' is 0\.6; it must lie in 0 … 0\.5"),
    ("snowfall", "-1", r"'snowfall' is -1; it must lie in 0 … 50"),
    ("ice", "1.01", r"'ice' is 1\.01; it must lie in 0 … 1"),
    ("visibility", "3", r"'visibility' is 3; it must lie in 5 … 100000, or be -1 for 'not given'"),
    ("rain", "-0.5", r"'rain' is -0\.5; it must lie in 0 … 200, or be -1 for 'not given'"),
    ("visibility", "inf", r"'visibility' is inf; it must lie in 5 … 100000"),
    ("ice", "nan", "'ice': 'nan' is not a float"), ("rain", "heavy", "'rain': 'heavy' is not a float"),
    ("hail", "1", r"simgen\.weather has no attribute 'hail'"),
])
def test_what_makes_no_sense_is_refused_with_its_bounds(world: World, key: str, text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        spawn(world, **{key: text})
    assert now(world) == NOTHING


def test_it_sends_nothing_and_stands_in_nobodys_way(world: World) -> None:
    car = spawn(world, "vehicle.lincoln.mkz_2020")
    weather = world.actor(spawn(world, snowfall="1"))
    assert weather.stream_id == 0 and weather.body is None
    world.set_transform(car, HERE)
    assert world.actor(car).transform == HERE


def test_the_stage_tells_the_renderer_and_stops_telling_it(world: World) -> None:
    renderer = FlatRenderer()
    stage = Stage(renderer, NoBodies(), lambda weather: weather)
    actor = spawn(world, ice="0.5")
    seen: list[PhysicalWeather] = []
    for _ in range(2):
        stage.show(world.tick(0.1))
        stage.surfaces(Vector3(0.0, 0.0, 2.0), Vector3(0.0, 0.0, -1.0), 10.0)
        seen.append(renderer.physical)
        if actor in [one.id for one in world.actors]:
            world.destroy(actor)
    assert seen == [PhysicalWeather(ice=0.5), NOTHING]


def carried(world: World) -> Sequence[tuple[float, float]]:
    """Snow and speed of every instance."""
    scene = scene_of(world.actors, NoBodies(), FlatRenderer())
    return [(one.snow, one.speed_mps) for one in scene.instances]


def test_a_car_that_was_driven_has_shed_its_snow_and_does_not_get_it_back_when_it_stops(world: World) -> None:
    car = spawn(world, "vehicle.lincoln.mkz_2020")
    assert carried(world) == [(1.0, 0.0)]
    world.apply_vehicle_control(car, VehicleControl(throttle=1.0))
    for _ in range(10):
        world.tick(0.1)
    [(snow, speed)] = carried(world)
    assert snow < 0.5 and speed > 1.0
    world.apply_vehicle_control(car, VehicleControl(brake=1.0))
    for _ in range(50):
        world.tick(0.1)
    [(snow, speed)] = carried(world)
    assert snow < 0.5 and speed == pytest.approx(0.0, abs=0.1)
