"""LiDAR order and reflectance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.lidar.order import kitti_order, rings
from sensors.lidar.surfaces import reflectance, reflectivity
from sensors.rig import load_rig

ROAD, CAR, SIGN, SKY = 1, 14, 8, 11


def tags(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint8)


def test_a_smooth_surface_is_lambertian():
    values = reflectance(tags(CAR, CAR, CAR), np.array([1.0, 0.5, 0.0]))
    assert values.tolist() == pytest.approx([0.40, 0.20, 0.0])


def test_a_rough_road_stays_visible_at_a_grazing_angle():
    smooth = reflectivity(tags(ROAD))[0] * 0.1
    assert reflectance(tags(ROAD), np.array([0.1]))[0] > 2 * smooth


def test_a_sign_saturates_and_the_sky_returns_nothing():
    assert reflectance(tags(SIGN, SKY), np.array([0.5, 1.0])).tolist() == pytest.approx([0.99, 0.0])


@given(st.lists(st.tuples(st.integers(0, 255), st.floats(0, 1)), min_size=1, max_size=50))
def test_reflectance_comes_in_hundredths_from_zero_to_ninety_nine(points: list[tuple[int, float]]):
    values = reflectance(tags(*(tag for tag, _ in points)), np.array([cosine for _, cosine in points]))
    assert values.dtype == np.float32
    assert values.min() >= 0 and values.max() <= np.float32(0.99)
    assert np.allclose(values * 100, np.round(values * 100), atol=1e-4)


def test_every_beam_of_the_rig_is_recognised_at_any_range():
    elevations = load_rig("kitti").lidar.elevations_rad()
    for range_m in (2.0, 120.0):
        points = range_m * np.stack([np.cos(elevations), 0 * elevations, np.sin(elevations)], axis=1)
        assert rings(points.astype(np.float32), elevations).tolist() == list(range(64))


def test_rings_go_from_the_top_and_each_turns_left_from_straight_ahead():
    azimuth = np.radians([90, 0.1, 270, 180, 359.98, 0])
    points = np.stack([np.cos(azimuth), np.sin(azimuth), np.zeros(6)], axis=1).astype(np.float32)
    ring = np.array([1, 1, 1, 1, 1, 0], dtype=np.uint8)
    # 359.98° is straight ahead but for rounding, and counts as the first firing of its turn.
    assert kitti_order(points, ring, math.radians(0.2)).tolist() == [5, 4, 1, 0, 3, 2]


@pytest.mark.parametrize("firings", [2000, 2083])
def test_rounding_carries_no_return_to_the_other_end_of_its_ring(firings: int):
    rng = np.random.default_rng(2)
    turn = np.arange(firings) if firings % 2 == 0 else np.arange(firings) + 0.5
    azimuth = np.tile(turn * 2 * math.pi / firings, 20) + rng.normal(0, 1e-6, 20 * firings)
    points = 30 * np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1).astype(np.float32)
    ring = np.repeat(np.arange(20, dtype=np.uint8), firings)
    assert np.array_equal(kitti_order(points, ring, 2 * math.pi / firings), np.arange(20 * firings))


def test_order_is_a_permutation_with_ascending_rings():
    rng = np.random.default_rng(1)
    ring = rng.integers(0, 64, 5000).astype(np.uint8)
    order = kitti_order(rng.normal(size=(5000, 3)).astype(np.float32), ring, 0.003)
    assert sorted(order.tolist()) == list(range(5000))
    assert (np.diff(ring[order].astype(int)) >= 0).all()
