"""Boxes and their rectangles in pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.axes import CAMERA_FROM_BODY
from sensors.boxes import Box3, ImageBox, project_box
from sensors.pinhole import Intrinsics
from sensors.rigid import RigidTransform

CAMERA = Intrinsics(f=100.0, cx=50.0, cy=40.0, width=101, height=81)
sizes = st.tuples(*[st.floats(0.1, 20)] * 3)
metres = st.floats(-100, 100)


def optical_box(x: float, y: float, z: float, size: tuple[float, float, float]) -> Box3:
    """A box whose axes are those of the camera's body, centred at (x, y, z) in optical axes."""
    return Box3(RigidTransform(CAMERA_FROM_BODY.rotation, np.array([x, y, z])), np.array(size))


def test_the_corners_of_a_box_of_three_by_two_by_one_at_the_origin():
    assert Box3(RigidTransform.identity(), np.array([3.0, 2.0, 1.0])).corners().tolist() == [
        [1.5, 1.0, -0.5], [-1.5, 1.0, -0.5], [-1.5, -1.0, -0.5], [1.5, -1.0, -0.5],
        [1.5, 1.0, 0.5], [-1.5, 1.0, 0.5], [-1.5, -1.0, 0.5], [1.5, -1.0, 0.5],
    ]


def test_a_box_contains_its_centre_and_corners_but_not_what_lies_beyond():
    box = Box3.upright((10.0, 0.0, 0.0), math.pi / 2, (4.0, 2.0, 1.5))
    points = np.array([[10.0, 0.0, 0.75], [10.9, 1.9, 0.1], [11.1, 0.0, 0.5], [10.0, 0.0, 1.6]])
    assert box.contains(points).tolist() == [True, True, False, False]
    assert box.contains(points, margin_m=0.11).tolist() == [True, True, True, True]


def test_the_bottom_centre_of_an_upright_box_is_where_it_stands():
    assert np.allclose(Box3.upright((1.0, 2.0, 3.0), 0.3, (4.0, 2.0, 1.5)).bottom_centre(), [1.0, 2.0, 3.0])


def test_a_box_without_size_is_refused():
    with pytest.raises(ValueError, match="positive"):
        Box3(RigidTransform.identity(), np.array([1.0, 0.0, 1.0]))


@given(sizes, st.tuples(metres, metres, metres), st.floats(-4, 4), st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_a_point_in_a_box_stays_in_it_when_both_move(
    size: tuple[float, ...], place: tuple[float, ...], yaw: float, share: list[float]
):
    box = Box3.upright((0.0, 0.0, 0.0), 0.0, size)
    inside = box.frame_from_box.apply(np.array([share]) * np.array(size) / 2)
    outside = box.frame_from_box.apply(np.array([[1.01, 0.0, 0.0]]) * np.array(size) / 2)
    move = RigidTransform.from_yaw(yaw, place)
    moved = box.transformed(move)
    assert moved.contains(move.apply(inside), margin_m=1e-9).all()
    assert not moved.contains(move.apply(outside)).any()


def test_a_box_ten_metres_ahead_covers_the_rectangle_of_its_near_face():
    # Near face at z = 10: half width 1 m → 10 px, half height 0.5 m → 5 px.
    rectangle = project_box(optical_box(0.0, 0.0, 12.0, (4.0, 2.0, 1.0)), CAMERA)
    assert rectangle is not None
    assert rectangle.as_tuple() == pytest.approx((40.0, 35.0, 60.0, 45.0))


def test_a_box_behind_the_camera_has_no_rectangle():
    assert project_box(optical_box(0.0, 0.0, -12.0, (4.0, 2.0, 1.0)), CAMERA) is None


def test_a_box_that_reaches_behind_the_camera_is_cut_at_the_near_plane():
    # To the right of the camera, from 5 m behind to 5 m ahead: it ends at the right, far beyond the picture.
    rectangle = project_box(optical_box(3.0, 0.0, 0.0, (10.0, 2.0, 1.0)), CAMERA, near_m=0.1)
    assert rectangle is not None
    assert rectangle.left == pytest.approx(50 + 100 * 2 / 5)
    assert rectangle.right == pytest.approx(50 + 100 * 4 / 0.1)
    assert rectangle.clipped(101, 81).right == 100.0


def test_clipping_keeps_zero_to_width_minus_one():
    assert ImageBox(-10.0, 5.0, 200.0, 300.0).clipped(101, 81) == ImageBox(0.0, 5.0, 100.0, 80.0)
    assert ImageBox(-10.0, 5.0, -5.0, 10.0).clipped(101, 81).area_px2 == 0.0


@given(st.tuples(st.floats(-10, 10), st.floats(-10, 10), st.floats(-10, 50)), sizes,
       st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_whatever_lies_in_a_box_projects_into_its_rectangle(
    place: tuple[float, float, float], size: tuple[float, float, float], share: list[float]
):
    box = optical_box(*place, size)
    point = box.frame_from_box.apply(np.array([share]) * np.array(size) / 2)
    if point[0, 2] < 0.1:
        return
    rectangle = project_box(box, CAMERA)
    assert rectangle is not None
    u, v = CAMERA.project(point)[0]
    slack = 1e-6 * (1 + abs(u) + abs(v))
    assert rectangle.left - slack <= u <= rectangle.right + slack
    assert rectangle.top - slack <= v <= rectangle.bottom + slack
