"""Vehicles of the level: parked cars that nobody spawned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.rigid import RigidTransform
from simgen.frame import Frame, LevelObject
from simgen.label import ClassMap, LabelOptions, label_frame
from simgen.label.level import level_actors
from tests.label.scene import RIG, WALL_TAG, Solid, box_solid, car, film, thing

SIZE = (3.71, 1.79, 1.55)
BIKE_TAG = 19


def parked(x: float, y: float, yaw: float = 0.0, number: int = 4711, kind: str = "car",
           size: tuple[float, float, float] = SIZE) -> LevelObject:
    centre = RigidTransform.from_yaw(yaw, (x, y, size[2] / 2))
    return LevelObject(number, kind, centre, np.array(size))


def level_solid(x: float, y: float, yaw: float = 0.0, tag: int = 14,
                size: tuple[float, float, float] = SIZE) -> Solid:
    """As servers show it: no actor id in the sweep."""
    return box_solid(x, y, yaw, size, 0, tag)


def street(things: list[LevelObject], solids: list[Solid], *actors: tuple) -> Frame:
    everybody = [actor for actor, _ in actors]
    frame = film(everybody, [*solids, *(solid for _, part in actors for solid in part)])
    return replace(frame, level_objects=tuple(things))


def test_a_parked_car_gets_the_row_that_a_spawned_one_would_get():
    actor, solids = car(15.0, 3.0, 0.4)
    (spawned,) = label_frame(film([actor], solids), RIG)
    (label,) = label_frame(street([parked(15.0, 3.0, 0.4)], [level_solid(15.0, 3.0, 0.4)]), RIG)
    assert (label.role, label.kind, label.blueprint) == ("level_4711", "vehicle", "level.car")
    assert (label.velocity_mps, label.visible_fraction) == ((0.0, 0.0, 0.0), 1.0)
    for name in ("type", "size_hwl_m", "bbox_px", "visible_bbox_px", "visible_px", "lidar_points"):
        assert getattr(label, name) == pytest.approx(getattr(spawned, name)), name


def test_a_parked_car_behind_a_wall_is_partly_hidden():
    wall = Solid(RigidTransform(np.eye(3), np.array([7.0, 2.5, 2.0])), (0.05, 2.5, 2.0), 0, WALL_TAG)
    (label,) = label_frame(street([parked(15.0, 0.06)], [level_solid(15.0, 0.06), wall]), RIG)
    assert label.visible_fraction == pytest.approx(0.5, abs=0.1)


def test_a_spawned_car_next_to_a_parked_one_keeps_its_pixels():
    spawned = car(14.0, 0.0)
    alone = label_frame(street([], [level_solid(14.0, 2.0)], spawned), RIG)
    both = label_frame(street([parked(14.0, 2.0)], [level_solid(14.0, 2.0)], spawned), RIG)
    assert [label.role for label in both] == ["car", "level_4711"]
    assert both[0] == alone[0]
    assert both[1].lidar_points > 100


@pytest.mark.parametrize("things", [
    [parked(15.3, 0.2)],                                # in the actor's box
    [parked(1.0, 0.0)],                                 # the ego
    [parked(15.0, 8.0, size=(0.01, 0.01, 0.01))],       # no vehicle at all
    [parked(15.0, 8.0, size=(250.0, 2.0, 2.0))],
], ids=["place", "ego", "nothing", "endless"])
def test_what_the_level_lists_twice_or_wrongly_gets_no_row(things: list[LevelObject]):
    assert level_actors(street(things, [], car(15.0, 0.0))) == ()


def test_a_fallen_tree_over_a_parked_car_is_not_that_car():
    tree = thing(15.0, 0.0, 0.0, "static.prop.fallen_tree", (7.3, 3.2, 2.08))
    (car_under_it,) = level_actors(street([parked(15.3, 0.2)], [], tree))
    assert car_under_it.role == "level_4711"


def test_a_parked_bicycle_has_no_rider_and_is_no_cyclist():
    size = (1.7, 0.5, 1.1)
    (label,) = label_frame(
        street([parked(9.0, 1.0, kind="bicycle", size=size)], [level_solid(9.0, 1.0, 0.0, BIKE_TAG, size)]), RIG)
    assert (label.type, label.blueprint) == ("Misc", "level.bicycle")


@pytest.mark.parametrize(("kind", "size", "type_"), [
    ("car", (5.92, 1.99, 2.56), "Van"),         # a Sprinter, which CARLA tags as a car
    ("car", (4.44, 1.77, 1.99), "Van"),         # a VW T2, lower than many a car
    ("car", (5.57, 2.15, 2.05), "Car"),         # a Patrol
    ("car", (6.10, 2.10, 2.60), "Van"),         # nobody knows what, but no car is that high
    ("truck", (6.27, 2.39, 2.10), "Car"),       # a Cybertruck: a pickup, whether spawned or parked
    ("truck", (5.20, 2.63, 2.47), "Truck"),
    ("truck", (9.00, 2.50, 3.60), "Truck"),
    ("bus", (11.0, 2.90, 3.20), "Misc"),
], ids=["sprinter", "t2", "patrol", "high", "pickup", "carlacola", "lorry", "bus"])
def test_a_parked_vehicle_is_of_the_class_that_its_model_would_have(
    kind: str, size: tuple[float, float, float], type_: str
):
    (label,) = label_frame(street([parked(20.0, 4.0, kind=kind, size=size)],
                                  [level_solid(20.0, 4.0, size=size)]), RIG)
    assert label.type == type_
    spawned = {"Van": "van", "Truck": "truck", "Misc": "bus"}.get(type_, "car")
    assert label.blueprint == f"level.{spawned}"


def test_parked_vehicles_can_be_ignored():
    frame = street([parked(15.0, 3.0)], [level_solid(15.0, 3.0)])
    assert label_frame(frame, RIG, LabelOptions(ClassMap.from_plan({"ignore": ["level.*"]}))) == ()
