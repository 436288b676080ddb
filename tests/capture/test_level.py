"""Vehicles of the level, as servers tell of them: world boxes and boxes of their own, actors among them, wide ids."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import carla
import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.capture.level import around, level_vehicles, standing, without_actors, world_box
from simgen.frame import LevelObject


def parked(number: int, box: carla.BoundingBox, at: carla.Transform) -> Any:
    return SimpleNamespace(id=number, bounding_box=box, transform=at)


def world(**things: list[Any]) -> Any:
    labels = {getattr(carla.CityObjectLabel, name): found for name, found in things.items()}
    return SimpleNamespace(get_environment_objects=lambda label: labels.get(label, []))


AT = carla.Transform(carla.Location(30.0, 4.0, 0.0), carla.Rotation(yaw=90.0))
IN_WORLD = carla.BoundingBox(carla.Location(30.0, 4.0, 0.75), carla.Vector3D(2.0, 0.9, 0.75))
IN_WORLD.rotation = carla.Rotation(yaw=90.0)
ITS_OWN = carla.BoundingBox(carla.Location(0.0, 0.0, 0.75), carla.Vector3D(2.0, 0.9, 0.75))


@pytest.mark.parametrize("box", [IN_WORLD, ITS_OWN])
def test_a_box_is_understood_in_the_world_s_axes_and_in_its_own(box: carla.BoundingBox) -> None:
    found = world_box(parked(1, box, AT))
    assert found is not None
    # CARLA's y points right, so the car stands at y = −4 and looks to the right, −90°.
    assert found.frame_from_box.translation_m.tolist() == pytest.approx([30.0, -4.0, 0.75], abs=1e-5)
    assert found.frame_from_box.yaw_rad == pytest.approx(-math.pi / 2, abs=1e-6)
    assert found.size_lwh_m.tolist() == pytest.approx([4.0, 1.8, 1.5])


def test_every_vehicle_label_is_asked_for_and_ids_are_cut_to_32_bits() -> None:
    flat = carla.BoundingBox(carla.Location(), carla.Vector3D(2.0, 0.0, 0.75))
    found = level_vehicles(world(Car=[parked(2**32 + 9, IN_WORLD, AT), parked(5, flat, AT)],
                                 Bicycle=[parked(3, IN_WORLD, AT)], Buildings=[parked(4, IN_WORLD, AT)]))
    told = [(thing.number, thing.kind, thing.role) for thing in found]
    assert told == [(3, "bicycle", "level_3"), (9, "car", "level_9")]


def thing(number: int, x_m: float) -> LevelObject:
    return LevelObject(number, "car", RigidTransform.from_yaw(0.0, (x_m, 0.0, 0.7)), np.array([4.0, 1.8, 1.4]))


def test_those_that_are_actors_and_those_out_of_sight_are_left_out() -> None:
    things = (thing(1, 0.0), thing(2, 50.0), thing(3, 500.0))
    actor = (RigidTransform.from_yaw(0.1, (49.8, 0.1, 0.0)), Box3.upright((0, 0, 0), 0.0, (4.2, 1.8, 1.4)))
    assert [one.number for one in without_actors(things, [actor])] == [1, 3]
    assert [one.number for one in around(things, np.zeros(3), 200.0)] == [1, 2]


def test_the_stage_is_told_where_the_footprint_is() -> None:
    truck = LevelObject(7, "truck", RigidTransform.from_yaw(0.5, (3.0, 2.0, 1.4)), np.array([6.0, 2.4, 2.8]))
    (told,) = standing([truck])
    place, body = told.place, told.body
    assert told.kind == "truck"
    assert (place.x_m, place.y_m, place.z_m, place.yaw_rad) == pytest.approx((3.0, 2.0, 0.0, 0.5))
    assert (body.length_m, body.width_m, body.height_m, body.centre_x_m) == (6.0, 2.4, 2.8, 0.0)
