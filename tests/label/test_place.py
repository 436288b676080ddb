"""Where boxes are, in KITTI's terms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.rigid import RigidTransform
from simgen.frame import ActorState, Label, LevelObject
from simgen.label import label_frame
from tests.label.scene import RIG, Solid, car, film

# A rear axle 11 m behind the car's middle puts the car 9.97 m ahead of the cameras, which sit 1.03 m ahead of the axle.
AHEAD_M = 11.0


def the_label(x: float, y: float, yaw: float = 0.0, world_from_rig: RigidTransform | None = None) -> Label:
    at = world_from_rig or RigidTransform.identity()
    actor, solids = car(x, y, yaw)
    (label,) = label_frame(film([actor], solids, at), RIG)
    return label


def test_a_car_straight_ahead_stands_on_the_road_below_the_camera():
    label = the_label(AHEAD_M, 0.0)
    assert label.type == "Car"
    assert label.bottom_centre_m == pytest.approx((0.0, 1.65, 9.97))
    assert label.size_hwl_m == pytest.approx((1.55, 1.79, 3.71))
    assert label.distance_m == pytest.approx(math.hypot(9.97, 1.65 - 1.55 / 2))


def test_a_car_to_the_left_has_negative_x():
    assert the_label(AHEAD_M, 3.0).bottom_centre_m[0] == pytest.approx(-3.0)


@pytest.mark.parametrize(("yaw", "rotation_y"), [
    (0.0, -math.pi / 2), (math.pi / 2, math.pi), (math.pi, math.pi / 2), (-math.pi / 2, 0.0),
], ids=["away", "left", "towards us", "right"])
def test_four_headings(yaw: float, rotation_y: float):
    label = the_label(15.0, 0.0, yaw)
    assert math.remainder(label.yaw_rad - rotation_y, 2 * math.pi) == pytest.approx(0.0, abs=1e-9)
    assert -math.pi <= label.yaw_rad <= math.pi
    # On the optical axis alpha is the same.
    assert math.remainder(label.alpha_rad - rotation_y, 2 * math.pi) == pytest.approx(0.0, abs=1e-9)


def test_alpha_is_the_heading_along_the_viewing_ray():
    # 45° to the right, heading away along that ray: seen exactly from behind.
    label = the_label(1.03 + 10.0, -5.0, -math.atan2(5, 10))
    assert label.alpha_rad == pytest.approx(-math.pi / 2)


def test_the_two_dimensional_box_is_that_of_the_projected_corners():
    # Rear face 8.115 m ahead of camera 2, 0.06 m to the right of its axis; near top edge at y = 0.10.
    label = the_label(AHEAD_M, 0.0)
    f, depth = 721.5377, 9.97 - 3.71 / 2
    left, top, right, bottom = label.bbox_px
    assert left == pytest.approx(609.5 + f * (0.06 - 1.79 / 2) / depth)
    assert right == pytest.approx(609.5 + f * (0.06 + 1.79 / 2) / depth)
    assert bottom == pytest.approx(172.5 + f * 1.65 / depth)
    assert top == pytest.approx(172.5 + f * 0.10 / (depth + 3.71))
    assert label.truncation == 0.0


def test_a_cut_off_car_ends_at_the_last_pixel_and_is_truncated():
    label = the_label(8.0, -4.5)
    assert label.bbox_px[2] == 1241.0
    assert 0.05 < label.truncation < 0.95


def test_a_car_behind_us_or_beside_the_picture_has_no_label():
    for x, y in ((-10.0, 0.0), (5.0, 30.0)):
        actor, solids = car(x, y)
        assert label_frame(film([actor], solids), RIG) == ()


@settings(max_examples=15, deadline=None)
@given(st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_where_the_ego_is_in_the_world_does_not_matter(yaw: float, x: float, y: float):
    world_from_rig = RigidTransform.from_yaw(yaw, (x, y, 7.0))
    actor, solids = car(12.0, 1.0, 0.4)
    here = film([actor], solids)
    moved_actor = type(actor)(actor.role, actor.kind, actor.blueprint, None, actor.simulator_id,
                              world_from_rig @ actor.world_from_actor, world_from_rig.rotate(np.array([3.0, 0, 0])),
                              actor.box)
    there = type(here)(0, 0.0, world_from_rig, np.zeros(3), here.views, here.sweep, (moved_actor,))
    (a,), (b,) = label_frame(here, RIG), label_frame(there, RIG)
    assert b.bottom_centre_m == pytest.approx(a.bottom_centre_m, abs=1e-6)
    assert b.bbox_px == pytest.approx(a.bbox_px, abs=1e-3)
    assert math.remainder(a.yaw_rad - b.yaw_rad, 2 * math.pi) == pytest.approx(0, abs=1e-9)
    # 3 m/s forward of the ego is 3 m/s into the picture.
    assert b.velocity_mps == pytest.approx((0.0, 0.0, 3.0), abs=1e-9)


def leaning(
    kind: str, x: float, y: float, roll: float, pitch: float, size: tuple[float, float, float]
) -> tuple[ActorState, Solid]:
    """A body on its origin that leans to its right by ``roll`` and raises its front by ``pitch``."""
    c, s = math.cos(roll), math.sin(roll)
    rolled = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    c, s = math.cos(pitch), math.sin(pitch)
    pose = RigidTransform(np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) @ rolled, np.array([x, y, 0.0]))
    actor, (solid,) = car(x, y, blueprint=kind, size=size)
    metal = replace(solid, world_from_solid=pose @ RigidTransform(np.eye(3), np.array([0.0, 0.0, size[2] / 2])))
    return replace(actor, world_from_actor=pose), metal


def test_a_van_with_two_wheels_on_the_kerb_is_in_the_middle_of_its_box():
    size = (4.44, 1.77, 1.99)
    actor, metal = leaning("vehicle.volkswagen.t2_2021", 15.0, -1.5, math.radians(-5.0), 0.0, size)
    (label,) = label_frame(film([actor], [metal]), RIG)
    # Its middle, 0.995 m along its own upright, is 0.087 m farther left than its wheels; KITTI knows no roll.
    assert label.bottom_centre_m[0] == pytest.approx(1.5 - 0.995 * math.sin(math.radians(5.0)), abs=1e-3)
    assert label.lidar_points_in_box > 0.93 * label.lidar_points > 100
    left, top, right, bottom = np.subtract(label.visible_bbox_px, label.bbox_px)
    assert max(-left, -top, right, bottom) < 5.0        # 9 px, were it about the wheels


def test_the_box_of_a_barrel_that_has_fallen_over_is_as_long_as_the_barrel_is_high():
    size = (0.6, 0.6, 0.9)
    actor, metal = leaning("vehicle.audi.a2", 10.0, 0.0, 0.0, -math.pi / 2, size)
    barrel = replace(actor, kind="prop", blueprint="static.prop.barrel")
    (label,) = label_frame(film([barrel], [metal]), RIG)
    assert label.size_hwl_m == pytest.approx((0.6, 0.6, 0.9))
    assert label.bottom_centre_m == pytest.approx((0.0, 1.65 + 0.3, 10.0 + 0.45 - 1.03))
    assert label.lidar_points_in_box == label.lidar_points > 100


def test_of_a_lorry_on_a_ramp_no_pixel_is_lost():
    # 12 m long, uphill at 8°: its front is 0.83 m higher than an upright box about it would have it.
    size = (12.0, 2.5, 3.5)
    actor, metal = leaning("vehicle.carlamotors.european_hgv", 25.0, 6.0, 0.0, math.radians(8.0), size)
    frame = film([actor], [metal])
    (label,) = label_frame(frame, RIG)
    assert label.visible_px == int((frame.views["camera_2"].instance_id == 101).sum())


def test_a_parked_car_of_the_level_on_a_ramp_keeps_its_pixels_and_returns():
    size = (4.5, 1.8, 1.5)
    actor, metal = leaning("vehicle.audi.a2", 12.0, 3.0, 0.0, math.radians(8.0), size)
    spawned = film([actor], [metal])
    thing = LevelObject(7, "car", actor.box.transformed(actor.world_from_actor).frame_from_box, np.array(size))
    (known,) = label_frame(spawned, RIG)
    (label,) = label_frame(replace(film([], [replace(metal, actor_id=0)]), level_objects=(thing,)), RIG)
    assert (label.visible_px, label.lidar_points) == (known.visible_px, known.lidar_points)
    assert label.bbox_px == pytest.approx(known.bbox_px)
