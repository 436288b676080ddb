"""Our axes against CARLA's own arithmetic."""

from __future__ import annotations

import math

import carla
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.axes import (
    CAMERA_FROM_BODY,
    carla_matrix,
    carla_pose,
    points_from_carla,
    transform_from_carla_matrix,
    vector_from_carla,
)
from sensors.rigid import RigidTransform

metres = st.floats(-500, 500, width=32)
degrees = st.floats(-180, 180, width=32)


def carla_transform(location: list[float], rotation: list[float]) -> carla.Transform:
    return carla.Transform(carla.Location(*location), carla.Rotation(*rotation))


def test_a_point_to_the_right_in_carla_has_negative_y():
    assert points_from_carla(np.array([[1.0, 2.0, 3.0]], np.float32)).tolist() == [[1.0, -2.0, 3.0]]


def test_a_sweep_stays_single_precision():
    assert points_from_carla(np.zeros((4, 3), np.float32)).dtype == np.float32


def test_a_clockwise_yaw_in_carla_is_negative_here():
    transform = transform_from_carla_matrix(carla_matrix((1, 2, 3), (0, 90, 0)))
    assert transform.yaw_rad == pytest.approx(-math.pi / 2)
    assert np.allclose(transform.translation_m, [1, -2, 3])


@pytest.mark.parametrize(
    ("body", "camera"), [((1, 0, 0), (0, 0, 1)), ((0, 1, 0), (-1, 0, 0)), ((0, 0, 1), (0, -1, 0))]
)
def test_body_axes_become_camera_axes(body: tuple[int, ...], camera: tuple[int, ...]):
    assert CAMERA_FROM_BODY.apply(np.array([body], float)).tolist() == [list(camera)]


@given(st.lists(metres, min_size=3, max_size=3), st.lists(degrees, min_size=3, max_size=3))
def test_our_matrix_is_carlas(location: list[float], rotation: list[float]):
    theirs = np.array(carla_transform(location, rotation).get_matrix())
    assert np.allclose(carla_matrix(location, rotation), theirs, atol=1e-5, rtol=1e-6)


@given(
    st.lists(metres, min_size=3, max_size=3), st.lists(degrees, min_size=3, max_size=3),
    st.lists(metres, min_size=3, max_size=3),
)
def test_moving_a_point_agrees_with_carla_transform(
    location: list[float], rotation: list[float], point: list[float]
):
    theirs = carla_transform(location, rotation).transform(carla.Location(*point))
    ours = transform_from_carla_matrix(carla_matrix(location, rotation))
    moved = ours.apply(points_from_carla(np.array([point])))
    assert np.allclose(moved, vector_from_carla([theirs.x, theirs.y, theirs.z]), atol=2e-3)


@given(
    st.lists(metres, min_size=3, max_size=3),
    st.tuples(st.floats(-89, 89), st.floats(-180, 180), st.floats(-180, 180)),
)
def test_a_pose_survives_the_way_to_carla_and_back(location: list[float], rotation: tuple[float, ...]):
    transform = transform_from_carla_matrix(carla_matrix(location, rotation))
    assert np.allclose(transform_from_carla_matrix(carla_matrix(*carla_pose(transform))).matrix(),
                       transform.matrix(), atol=1e-7)


@pytest.mark.parametrize("pitch", [90.0, -90.0])
def test_looking_straight_up_or_down_keeps_the_rotation(pitch: float):
    transform = transform_from_carla_matrix(carla_matrix((0, 0, 0), (pitch, 30, 20)))
    location, rotation = carla_pose(transform)
    assert rotation[2] == 0.0
    again = transform_from_carla_matrix(carla_matrix(location, rotation))
    assert np.allclose(again.matrix(), transform.matrix(), atol=1e-6)


def test_carla_angles_of_known_poses():
    location, rotation = carla_pose(RigidTransform.from_yaw(math.radians(30), (1.0, 2.0, 3.0)))
    assert location == (1.0, -2.0, 3.0)
    assert rotation == pytest.approx((0.0, -30.0, 0.0))


def test_a_scaled_matrix_is_refused():
    with pytest.raises(ValueError, match="scale"):
        transform_from_carla_matrix(np.diag([2.0, 2.0, 2.0, 1.0]))
