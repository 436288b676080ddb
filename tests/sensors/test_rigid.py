"""Rigid transforms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.axes import carla_matrix, transform_from_carla_matrix
from sensors.rigid import RigidTransform

metres = st.floats(-1e3, 1e3)
degrees = st.floats(-180, 180)


@st.composite
def transforms(draw: st.DrawFn) -> RigidTransform:
    location = [draw(metres) for _ in range(3)]
    return transform_from_carla_matrix(carla_matrix(location, [draw(degrees) for _ in range(3)]))


def test_a_quarter_turn_takes_forward_to_left():
    turn = RigidTransform.from_yaw(math.pi / 2, (10.0, 0.0, 0.0))
    assert np.allclose(turn.apply(np.array([[1.0, 0.0, 0.0]])), [[10.0, 1.0, 0.0]])
    assert turn.yaw_rad == pytest.approx(math.pi / 2)


def test_rotating_a_velocity_ignores_the_translation():
    turn = RigidTransform.from_yaw(math.pi, (10.0, 20.0, 30.0))
    assert np.allclose(turn.rotate(np.array([1.0, 2.0, 3.0])), [-1.0, -2.0, 3.0])


@given(transforms())
def test_a_transform_and_its_inverse_cancel(a_from_b: RigidTransform):
    assert np.allclose((a_from_b.inverse() @ a_from_b).matrix(), np.eye(4), atol=1e-9)


@given(transforms(), transforms(), st.tuples(metres, metres, metres))
def test_a_chain_applies_like_its_parts(
    a_from_b: RigidTransform, b_from_c: RigidTransform, point: tuple[float, float, float]
):
    points = np.array([point])
    assert np.allclose((a_from_b @ b_from_c).apply(points), a_from_b.apply(b_from_c.apply(points)), atol=1e-6)


@given(transforms())
def test_a_matrix_survives_a_round_trip(transform: RigidTransform):
    assert np.array_equal(RigidTransform.from_matrix(transform.matrix()).matrix(), transform.matrix())


def test_a_reflection_is_refused():
    with pytest.raises(ValueError, match="left-handed"):
        RigidTransform(np.diag([1.0, -1.0, 1.0]), np.zeros(3))


def test_a_scaling_matrix_is_refused():
    with pytest.raises(ValueError, match="orthonormal"):
        RigidTransform(2 * np.eye(3), np.zeros(3))


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        RigidTransform(np.eye(3), np.array([0.0, np.nan, 0.0]))


def test_a_projective_matrix_is_refused():
    matrix = np.eye(4)
    matrix[3, 0] = 0.1
    with pytest.raises(ValueError, match="last row"):
        RigidTransform.from_matrix(matrix)


def test_the_arrays_are_frozen_copies():
    given_translation = np.zeros(3)
    transform = RigidTransform(np.eye(3), given_translation)
    given_translation[0] = 5.0
    assert transform.translation_m[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        transform.translation_m[0] = 1.0


@given(transforms(), transforms())
def test_what_is_made_of_transforms_is_a_transform_and_frozen(one: RigidTransform, other: RigidTransform):
    for made in (one @ other, one.inverse()):
        checked = RigidTransform(made.rotation, made.translation_m)
        assert np.array_equal(checked.matrix(), made.matrix())
        assert not made.rotation.flags.writeable and not made.translation_m.flags.writeable
    assert not np.shares_memory(one.inverse().rotation, one.rotation)
