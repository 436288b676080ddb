"""Commands of motion, as CARLA's actors are told them."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import carla
import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.capture.acting import Cast
from simgen.capture.spawn import cast_actor
from simgen.errors import RequestError
from simgen.motion.commands import Carry, Drive, OpenDoor, Stay, Walk
from simgen.motion.road import Place
from simgen.scenario.plan import ActorPlan, Placement, Step

ALONG_X = np.column_stack([np.arange(100.0), np.zeros(100)])


def spawned(kind: str, by_transform: bool = False) -> Any:
    """A stand-in for a spawned actor that keeps what it is told."""
    told: list[Any] = []
    spots = [(140.0, -80.0), (140.0, 80.0), (-140.0, -80.0), (-140.0, 80.0)]
    physics = SimpleNamespace(wheels=[
        SimpleNamespace(max_steer_angle=70.0, position=SimpleNamespace(x=x, y=y)) for x, y in spots
    ])
    actor = SimpleNamespace(
        apply_control=told.append, set_transform=told.append, get_physics_control=lambda: physics,
        apply_physics_control=lambda value: None, enable_constant_velocity=told.append, open_door=told.append,
    )
    return SimpleNamespace(
        role="actor", kind=kind, by_transform=by_transform, actor=actor, told=told, blueprint="a.blueprint",
        start=Place(5.0, 1.0, 0.3, 0.0), origin_height_m=0.0,
    )


def act(one: Any, *commands: Any, world: Any = None) -> frozenset[str]:
    cast = Cast(world, [one])
    poses = {"actor": RigidTransform.from_yaw(0.0, [5.0, 1.0, 0.3] if one.by_transform else [0.0, 0.0, 0.0])}
    braking: frozenset[str] = frozenset()
    for command in commands:
        braking = cast.act({"actor": command}, poses, 0.1)
    return braking


def test_a_walk_to_the_left_is_a_walk_to_carla_s_negative_y() -> None:
    walker = spawned("walker")
    act(walker, Walk(math.pi / 2, 2.0))
    assert (walker.told[0].direction.x, walker.told[0].direction.y) == pytest.approx((0.0, -1.0), abs=1e-6)
    assert walker.told[0].speed == 2.0


def test_a_walker_that_stays_is_told_once_to_stand() -> None:
    walker = spawned("walker")
    act(walker, Walk(0.0, 1.5), Stay(), Stay())
    assert [control.speed for control in walker.told] == [1.5, 0.0]


def test_a_vehicle_s_speed_is_told_when_it_changes_and_its_wheel_every_tick() -> None:
    car = spawned("vehicle")
    braking = act(car, Drive(ALONG_X, 10.0), Drive(ALONG_X, 10.0), Drive(ALONG_X, 0.0, brake=True))
    speeds = [told.x for told in car.told if isinstance(told, carla.Vector3D)]
    controls = [told for told in car.told if isinstance(told, carla.VehicleControl)]
    assert speeds == [10.0, 0.0]
    assert len(controls) == 3
    assert controls[-1].brake == 1.0 and controls[-1].throttle == 0.0
    assert braking == {"actor"}


def test_a_parked_vehicle_has_its_hand_brake_on() -> None:
    car = spawned("vehicle")
    act(car, Stay(), Stay())
    assert len(car.told) == 1 and car.told[0].hand_brake


def test_a_carried_thing_stands_on_the_ground_below_it_and_not_on_itself() -> None:
    label = carla.CityObjectLabel
    hits = [SimpleNamespace(location=SimpleNamespace(z=z), label=what)
            for z, what in ((0.7, label.Dynamic), (0.15, label.Sidewalks), (-0.4, label.Terrain))]
    ball = spawned("prop", by_transform=True)
    act(ball, Carry(Place(7.0, 2.0, 0.3, 1.0)), world=SimpleNamespace(cast_ray=lambda above, below: hits))
    at = ball.told[0]
    assert (at.location.x, at.location.y, at.location.z) == pytest.approx((7.0, -2.0, 0.15))
    assert at.rotation.yaw == pytest.approx(-math.degrees(1.0))


def test_a_carried_thing_that_only_turns_keeps_its_height_unasked() -> None:
    ball = spawned("prop", by_transform=True)
    act(ball, Carry(Place(5.0, 1.0, 9.9, 1.0)))
    assert ball.told[0].location.z == pytest.approx(0.3)


def test_a_walker_that_is_carried_off_no_longer_walks_and_keeps_its_feet_on_the_ground() -> None:
    walker = spawned("walker")
    walker.origin_height_m = 0.9
    road = SimpleNamespace(location=SimpleNamespace(z=-0.8), label=carla.CityObjectLabel.Roads)
    act(walker, Walk(0.0, 2.0), Carry(Place(1.0, 0.0, 0.0, 0.0)), world=SimpleNamespace(cast_ray=lambda a, b: [road]))
    assert [told.speed for told in walker.told[:2]] == [2.0, 0.0]
    assert walker.told[2].location.z == pytest.approx(-0.8 + 0.9)


@pytest.mark.parametrize(("door", "number"), [("front_left", 0), ("rear_right", 3), ("trunk", 5)])
def test_doors_have_carla_s_numbers(door: str, number: int) -> None:
    car = spawned("vehicle")
    act(car, OpenDoor(door))
    assert int(car.told[0]) == number


class Blueprint:
    """A stand-in for carla.ActorBlueprint."""

    def __init__(self, name: str, **attributes: str) -> None:
        self.id, self.attributes = name, attributes

    def __iter__(self) -> Any:
        return iter([SimpleNamespace(id=key) for key in self.attributes])

    def has_attribute(self, key: str) -> bool:
        return key in self.attributes

    def get_attribute(self, key: str) -> Any:
        return SimpleNamespace(as_str=lambda: self.attributes[key], as_bool=lambda: self.attributes[key] == "true")

    def set_attribute(self, key: str, value: str) -> None:
        self.attributes[key] = value


class Library(dict[str, Blueprint]):
    def __init__(self, *blueprints: Blueprint) -> None:
        super().__init__({blueprint.id: blueprint for blueprint in blueprints})

    def __iter__(self) -> Any:
        return iter(self.values())

    def find(self, name: str) -> Blueprint:
        return self[name]


def actor_plan(kind: str, blueprint: str | None, species: str | None = None, **more: Any) -> ActorPlan:
    return ActorPlan("actor", kind, blueprint, species, (1.0, 1.0, 1.0), Placement(10.0), **more)


def test_props_and_animals_without_motion_of_their_own_are_moved_by_transform() -> None:
    library: Any = Library(Blueprint("static.prop.ball"), Blueprint("static.prop.deer"), Blueprint("walker.animal.cow"))
    assert cast_actor(actor_plan("prop", "static.prop.ball"), library).by_transform
    deer = cast_actor(actor_plan("animal", None, "deer"), library)
    assert deer.by_transform and deer.substitute is not None and "legs do not move" in deer.substitute
    assert not cast_actor(actor_plan("animal", None, "cow"), library).by_transform


def test_background_without_umbrellas_is_told_and_not_refused() -> None:
    library: Any = Library(Blueprint("walker.pedestrian.0001", role_name=""))
    wish = actor_plan("walker", "walker.pedestrian.0001", attributes={"umbrella": "true"})
    with pytest.raises(RequestError, match="has no attribute umbrella"):
        cast_actor(wish, library)
    casting = cast_actor(replace(wish, background=True), library)
    assert casting.substitute == "walker.pedestrian.0001 without umbrella, which this simulator lacks"


def test_what_a_server_lacks_is_refused_by_name() -> None:
    library: Any = Library(Blueprint("vehicle.a.car", color="1,2,3", has_dynamic_doors="false"))
    with pytest.raises(RequestError, match=r"no blueprint static\.prop\.ball"):
        cast_actor(actor_plan("prop", "static.prop.ball"), library)
    with pytest.raises(RequestError, match="cannot show a deer"):
        cast_actor(actor_plan("animal", None, "deer"), library)
    with pytest.raises(RequestError, match=r"has no attribute posture \(asked: posture=lying\); it has color"):
        cast_actor(actor_plan("vehicle", "vehicle.a.car", attributes={"posture": "lying"}), library)
    with pytest.raises(RequestError, match=r"vehicle\.a\.car of this simulator has no doors that open"):
        cast_actor(actor_plan("vehicle", "vehicle.a.car", program=(Step("open_door", door="front_left"),)), library)
