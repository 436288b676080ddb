"""What a rig sees of a body whose place is known, by hand: a box of 1 m, 10 m ahead, before a wall at 20 m."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.pinhole import Intrinsics
from sensors.rig import CameraMount, LidarBlock, LidarMount, Picture
from sensors.rigid import RigidTransform
from simgen.capture.probe_view import Standing, depth_minus_lidar_m, seen
from simgen.frame import CameraView, Sweep

# f = 100 px, the middle of the picture at (50, 30); the camera is 1 m above the ground, at the rig's origin.
LENS = Intrinsics(100.0, 50.0, 30.0, 101, 61)
EYE = RigidTransform(np.eye(3), np.array([0.0, 0.0, 1.0]))
CAMERA = CameraMount("camera_2", EYE, Picture(LENS, 0, 0, LENS), True, 2, True)
LIDAR = LidarMount(EYE, 10.0, 360, 100.0, (LidarBlock(1, 0.0, 0.0),))
BOX = Standing("car", "vehicle.audi.tt", 70_000, Box3.upright([10.0, 0.0, 0.0], 0.0, [1.0, 1.0, 2.0]))
FRONT_M, WALL_M = 9.5, 20.0


def view(number: int = 70_000 & 0xFFFF) -> CameraView:
    """The front of the body is 1 m of 9.5 m wide: 10.5 px, columns 45 to 55; its middle is at the eye's height."""
    depth, tag = np.full((61, 101), WALL_M, np.float32), np.full((61, 101), 3, np.uint8)
    ids = np.zeros((61, 101), np.uint16)
    body = np.s_[20:41, 45:56]
    depth[body], tag[body], ids[body] = FRONT_M, 14, number
    return CameraView(np.zeros((61, 101, 3), np.uint8), depth, tag, ids)


def sweep(points: list[tuple[float, float, float]], ids: list[int]) -> Sweep:
    """Points in LiDAR axes, whose origin is 1 m above the rig's."""
    count = len(points)
    return Sweep(np.array(points, np.float32).reshape(-1, 3), np.ones(count, np.float32), np.array(ids, np.uint32),
                 np.zeros(count, np.uint8), np.zeros(count, np.uint8))


HITS = [(9.5, 0.0, 0.0), (9.5, 0.4, -0.5), (9.7, -0.2, -0.98), (20.0, 3.0, 0.0)]


def test_pixels_and_returns_of_a_body_are_counted() -> None:
    found = seen(BOX, view(), CAMERA, sweep(HITS, [70_000, 70_000, 0, 0]), LIDAR)
    assert found.pixels == 19 * 11                  # the two lowest rows are less than 15 cm above the ground
    assert (found.number, found.number_share, found.tag) == (4464, 1.0, 14)     # 70000 - 65536
    assert (found.lidar_points, found.lidar_in_box) == (2, 2)                   # the third is the road below it
    assert found.distance_m == pytest.approx(10.0)


def test_returns_that_name_nobody_are_still_in_the_box() -> None:
    found = seen(BOX, view(), CAMERA, sweep(HITS, [0, 0, 0, 0]), LIDAR)
    assert (found.lidar_points, found.lidar_in_box) == (0, 2)


def test_a_body_of_two_numbers_shows_the_one_that_most_pixels_have() -> None:
    picture = view(7)
    assert picture.instance_id is not None
    picture.instance_id[20:24, 45:56] = 9           # 44 of 209 pixels
    found = seen(BOX, picture, CAMERA, sweep([], []), LIDAR)
    assert found.number == 7 and found.number_share == pytest.approx(165 / 209)


def test_a_body_behind_the_camera_has_no_pixels() -> None:
    behind = Standing("car", "", 1, Box3.upright([-10.0, 0.0, 0.0], 0.0, [1.0, 1.0, 2.0]))
    found = seen(behind, view(), CAMERA, sweep([], []), LIDAR)
    assert (found.pixels, found.number, found.tag) == (0, None, None)


def test_a_hidden_body_has_no_pixels() -> None:
    picture = view()
    assert picture.depth_m is not None
    picture.depth_m[:] = 5.0
    assert seen(BOX, picture, CAMERA, sweep([], []), LIDAR).pixels == 0


def test_the_depth_picture_is_compared_with_the_sweep() -> None:
    wall = [(19.7, 3.0, 0.0), (19.7, -3.0, 0.0), (19.7, 5.0, 0.0)]              # 0.3 m before it
    assert depth_minus_lidar_m(view(), CAMERA, sweep(wall, [0, 0, 0]), LIDAR) == pytest.approx(0.3, abs=1e-5)
    assert depth_minus_lidar_m(view(), CAMERA, sweep([(-5.0, 0.0, 0.0)], [0]), LIDAR) is None
