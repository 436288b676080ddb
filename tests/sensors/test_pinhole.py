"""Pinhole cameras."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.pinhole import Intrinsics

CAMERA = Intrinsics(f=100.0, cx=50.0, cy=40.0, width=101, height=81)


def test_a_point_straight_ahead_lands_on_the_principal_point():
    assert CAMERA.project(np.array([[0.0, 0.0, 10.0]])).tolist() == [[50.0, 40.0]]


def test_right_and_down_are_positive_pixels():
    assert CAMERA.project(np.array([[1.0, 2.0, 10.0]])).tolist() == [[60.0, 60.0]]


def test_ninety_degrees_see_as_far_to_the_side_as_ahead():
    camera = Intrinsics.from_fov(1000, 500, math.pi / 2)
    assert camera.f == pytest.approx(500.0)
    assert (camera.cx, camera.cy) == (499.5, 249.5)
    assert camera.fov_rad == pytest.approx(math.pi / 2)


def test_cropping_moves_the_principal_point():
    assert CAMERA.cropped(10, 5, 60, 50) == Intrinsics(100.0, 40.0, 35.0, 60, 50)


def test_a_cut_out_beyond_the_picture_is_refused():
    with pytest.raises(ValueError, match="leave"):
        CAMERA.cropped(50, 0, 60, 50)


@given(st.floats(0.5, 200.0), st.integers(0, 40), st.integers(0, 30))
def test_what_is_back_projected_projects_to_its_pixel(depth: float, left: int, top: int):
    points = CAMERA.back_project(np.full((3, 4), depth), left, top)
    pixels = CAMERA.project(points.reshape(-1, 3)).reshape(3, 4, 2)
    assert np.allclose(pixels[..., 0], left + np.arange(4)[None, :])
    assert np.allclose(pixels[..., 1], top + np.arange(3)[:, None])
    assert np.allclose(points[..., 2], depth)


@pytest.mark.parametrize("change", [{"f": 0.0}, {"f": math.nan}, {"width": 0}])
def test_impossible_intrinsics_are_refused(change: dict[str, float]):
    with pytest.raises(ValueError):
        Intrinsics(**{"f": 1.0, "cx": 0.0, "cy": 0.0, "width": 1, "height": 1, **change})
