"""Boxes of bodies: how near they come to bodies whose true size is known here and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.errors import DatasetError
from simgen.frame import Label
from simgen.label import label_frame
from simgen.label.fit import believed_box
from simgen.label.tables import classify
from tests.label.scene import DEER, RIG, STRIDING_WALKER, WALL_TAG, Solid, car, creature, film

STRIDE_LWH = (0.80, 0.50, 1.70)
DEER_LWH = (1.60, 0.44, 1.50)


def walker(x: float, y: float, yaw: float, blueprint: str = "walker.pedestrian.0001"):
    return creature("walker", x, y, yaw, STRIDING_WALKER, blueprint, speed=1.35)


def deer(x: float, y: float, yaw: float):
    return creature("animal", x, y, yaw, DEER, "walker.animal.white_tailed_deer", "white_tailed_deer")


def label_of(thing, *others: Solid) -> Label:
    actor, solids = thing
    (label,) = label_frame(film([actor], [*solids, *others]), RIG)
    return label


def size_lwh(label: Label) -> np.ndarray:
    height, width, length = label.size_hwl_m
    return np.array([length, width, height])


def test_a_walker_seen_from_the_side_gets_the_length_of_its_stride():
    label = label_of(walker(12.0, 0.0, math.pi / 2))
    assert label.type == "Pedestrian"
    assert np.allclose(size_lwh(label)[[0, 2]], [0.80, 1.70], atol=0.04)
    assert label.bottom_centre_m[1] == pytest.approx(1.65, abs=0.02)


def test_a_walker_seen_from_behind_gets_its_width():
    label = label_of(walker(12.0, 0.0, 0.0))
    assert np.allclose(size_lwh(label)[1:], [0.50, 1.70], atol=0.04)


def test_a_deer_seen_from_the_side_gets_its_own_length_and_height_not_the_tables():
    label = label_of(deer(15.0, 0.0, math.pi / 2))
    assert label.type == "Animal"
    assert np.allclose(size_lwh(label)[[0, 2]], [1.60, 1.50], atol=0.05)


def test_a_child_is_smaller_where_it_cannot_be_measured():
    actor, _ = walker(12.0, 0.0, 0.0, "walker.pedestrian.0009")
    hidden = Solid(RigidTransform(np.eye(3), np.array([8.0, 0.0, 0.0])), (0.05, 3.0, 0.7), 0, WALL_TAG)
    # Only a point of a head above the wall is seen; the rest is the table's.
    head = Solid(RigidTransform(np.eye(3), np.array([12.0, 0.0, 1.0])), (0.08, 0.08, 0.1), actor.simulator_id, 12, True)
    label = label_of((replace(actor, velocity_mps=np.zeros(3)), [head]), hidden)
    assert size_lwh(label)[2] == pytest.approx(1.10, abs=0.02)
    assert size_lwh(label)[0] < 0.4


@settings(max_examples=15, deadline=None)
@given(st.floats(6.0, 40.0), st.floats(-0.35, 0.35), st.floats(-math.pi, math.pi), st.booleans())
def test_every_pixel_and_return_lies_in_the_box_and_the_box_is_not_much_larger(
    distance: float, bearing: float, yaw: float, is_deer: bool
):
    x, y = distance * math.cos(bearing), distance * math.sin(bearing)
    label = label_of((deer if is_deer else walker)(x, y, yaw))
    assert label.lidar_points_in_box == label.lidar_points
    if not label.truncation:
        left, top, right, bottom = label.visible_bbox_px
        assert label.bbox_px[0] - 0.5 <= left and right <= label.bbox_px[2] + 0.5
        assert label.bbox_px[1] - 0.5 <= top and bottom <= label.bbox_px[3] + 0.5
        true = np.array(DEER_LWH if is_deer else STRIDE_LWH)
        assert (size_lwh(label) - true < 0.25).all()
        assert (size_lwh(label) - true > -0.12).all()


def test_a_leg_behind_a_wall_is_not_mistaken_for_a_short_body():
    # The wall hides the rear half of a deer that walks to the left.
    rear_hidden = Solid(RigidTransform(np.eye(3), np.array([8.0, -2.0, 1.0])), (0.05, 2.0, 2.0), 0, WALL_TAG)
    label = label_of(deer(15.0, 0.0, math.pi / 2), rear_hidden)
    assert label.occlusion >= 1
    # Not seen: the table's rear, 0.9 m from the middle. Seen: the true nose, 0.8 m from it.
    assert size_lwh(label)[0] == pytest.approx(0.8 + 0.9, abs=0.05)


def test_a_nose_outside_the_picture_is_where_the_table_has_it():
    label = label_of(deer(11.0, -8.4, -math.pi / 2))
    assert 0.2 < label.truncation < 0.8
    assert size_lwh(label)[0] == pytest.approx(0.8 + 0.9, abs=0.05)


def test_points_far_from_a_body_do_not_stretch_its_box():
    actor, solids = walker(12.0, 0.0, math.pi / 2)
    stray = Solid(RigidTransform(np.eye(3), np.array([12.0, 4.0, 1.0])), (0.3, 0.3, 0.3), actor.simulator_id, 12)
    label = label_of((actor, solids), stray)
    assert size_lwh(label)[0] == pytest.approx(0.80, abs=0.04)
    assert label.lidar_points_in_box < label.lidar_points


def test_an_animal_of_unknown_size_is_refused():
    actor, solids = creature("animal", 15.0, 0.0, 0.0, DEER, "walker.animal.unicorn", "unicorn")
    with pytest.raises(DatasetError, match="unicorn"):
        label_frame(film([actor], solids), RIG)


def test_an_animal_that_is_a_prop_takes_the_servers_box_where_it_is_not_seen():
    actor, solids = creature("animal", 15.0, 0.0, 0.0, DEER, "static.prop.deer", "white_tailed_deer")
    label = label_of((actor, solids))
    assert label.type == "Animal"
    assert label.lidar_points > 0


def boxed(blueprint: str, size: tuple[float, float, float], centre: tuple[float, float, float]) -> Box3:
    box = Box3(RigidTransform(np.eye(3), np.array(centre)), np.array(size))
    actor = replace(car(15.0, 0.0, blueprint=blueprint)[0], box=box)
    return believed_box(actor, classify(actor, {}))


@pytest.mark.parametrize(("blueprint", "size", "centre"), [
    ("vehicle.bh.crossbike", (0.01, 0.01, 0.01), (0.0, 0.0, 0.0)),
    ("vehicle.bh.crossbike", (1.51, 0.0501, 1.61), (0.3, 0.1, 0.8)),
    ("vehicle.bh.crossbike", (1.51, 0.87, 250.0), (0.0, 0.0, 0.8)),
    ("vehicle.bh.crossbike", (250.0, 0.87, 1.61), (90.0, 0.0, 0.8)),
], ids=["nothing", "thin", "250 m high about the middle", "250 m long"])
def test_an_impossible_box_of_a_two_wheeler_becomes_the_tables_on_the_ground(
    blueprint: str, size: tuple[float, float, float], centre: tuple[float, float, float]
):
    box = boxed(blueprint, size, centre)
    assert box.size_lwh_m == pytest.approx((1.51, 0.87, 1.61))
    assert box.bottom_centre() == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize(("blueprint", "size", "centre"), [
    ("vehicle.audi.a2", (3.71, 1.79, 1.55), (0.05, 0.0, 0.77)),
    ("vehicle.bh.crossbike", (1.51, 0.87, 1.61), (0.3, -0.1, 0.81)),            # off its origin, as CARLA has it
    ("vehicle.mitsubishi.fusorosa", (10.27, 3.94, 4.25), (-0.4, 0.2, 2.15)),    # its mirrors are in the box
    ("vehicle.acme.hauler", (18.0, 2.6, 3.9), (0.0, 0.0, 1.95)),                # not in the table
])
def test_a_possible_box_is_the_servers_with_its_offset(
    blueprint: str, size: tuple[float, float, float], centre: tuple[float, float, float]
):
    box = boxed(blueprint, size, centre)
    assert (*box.size_lwh_m, *box.frame_from_box.translation_m) == pytest.approx((*size, *centre))


def test_a_box_beside_the_vehicle_is_put_back_on_it():
    box = boxed("vehicle.audi.a2", (3.71, 1.79, 1.55), (40.0, 3.0, 0.77))
    assert (*box.size_lwh_m, *box.bottom_centre()) == pytest.approx((3.71, 1.79, 1.55, 0.0, 0.0, 0.0), abs=1e-12)


def test_an_endless_box_of_an_unknown_vehicle_is_refused():
    with pytest.raises(DatasetError, match=r"vehicle\.acme\.hauler"):
        boxed("vehicle.acme.hauler", (250.0, 2.6, 3.9), (0.0, 0.0, 1.95))
