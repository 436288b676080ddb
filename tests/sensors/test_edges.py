"""Beams that meet two surfaces at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.devices import load_lidar
from sensors.lidar.draws import key
from sensors.lidar.edges import outlines
from sensors.sweeps import Cause, CleanSweep

HDL = load_lidar("hdl_64e_s2")
BEFORE, BEHIND = 14, 3


def pairs(near_m: float, far_m: float, count: int = 20_000, apart_rad: float = 0.003) -> CleanSweep:
    """Rings of two beams each, of which the first meets a car and the second the wall behind it."""
    azimuth = np.tile([0.0, apart_rad], count)
    direction = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1).astype(np.float32)
    return CleanSweep(
        direction, np.tile(np.float32([near_m, far_m]), count), np.ones(2 * count, np.float32),
        np.tile(np.uint8([BEFORE, BEHIND]), count), np.tile(np.uint32([7, 0]), count),
        (np.repeat(np.arange(count), 2) % 200).astype(np.uint8), np.zeros(2 * count, np.float32))


def test_light_is_shared_and_none_is_made():
    clean = pairs(10.0, 20.0)
    power = np.full(len(clean), 1e-3, np.float32)
    returned, echo = outlines(clean, power, HDL, key(1, "edges"))
    assert returned.power + echo.power == pytest.approx(power, rel=1e-5)
    assert (echo.power < 0.5 * power).all()


def test_how_often_a_beam_meets_two_surfaces_follows_from_its_profile():
    # Edges are spread evenly over 3 mrad; more than 2 % of the light is beyond one within 2.054 σ, σ = 0.75 mrad.
    clean = pairs(10.0, 20.0)
    _, echo = outlines(clean, np.ones(len(clean), np.float32), HDL, key(1, "edges"))
    assert (echo.power > 0).mean() == pytest.approx(2.054 * 0.75 / 3, abs=0.01)


def test_far_from_each_other_they_are_two_echoes_of_their_own_kinds():
    clean = pairs(10.0, 20.0)
    returned, echo = outlines(clean, np.ones(len(clean), np.float32), HDL, key(1, "edges"))
    assert returned.range_m.tobytes() == clean.range_m.tobytes()
    of_car = np.flatnonzero((echo.power > 0) & (clean.tag == BEFORE))
    assert set(echo.range_m[of_car].tolist()) == {20.0}
    assert set(echo.tag[of_car].tolist()) == {BEHIND}
    of_wall = np.flatnonzero((echo.power > 0) & (clean.tag == BEHIND))
    assert set(echo.actor_id[of_wall].tolist()) == {7}
    assert set(echo.cause[of_wall].tolist()) == {Cause.OBJECT}


def test_nearer_than_the_pulse_is_long_they_are_one_point_between_them():
    clean = pairs(10.0, 10.5)
    returned, echo = outlines(clean, np.ones(len(clean), np.float32), HDL, key(1, "edges"))
    assert not echo.power.any()
    mixed = returned.range_m != clean.range_m
    assert mixed.mean() == pytest.approx(2.054 * 0.75 / 3, abs=0.01)
    assert (returned.range_m >= 10.0).all() and (returned.range_m <= 10.5).all()


def test_the_sky_beside_a_car_sees_its_edge():
    clean = pairs(10.0, math.inf)
    returned, echo = outlines(clean, np.tile(np.float32([1, 0]), len(clean) // 2), HDL, key(1, "edges"))
    sky = np.isinf(clean.range_m)
    assert set(echo.range_m[sky & (echo.power > 0)].tolist()) == {10.0}
    assert not returned.power[sky].any() and not echo.power[~sky].any()


def test_a_smooth_wall_at_a_grazing_angle_has_no_edges():
    azimuth = np.radians(np.arange(2, 60, 0.172))
    direction = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1).astype(np.float32)
    count = len(azimuth)
    wall = CleanSweep(direction, (3 / np.sin(azimuth)).astype(np.float32), np.sin(azimuth).astype(np.float32),
                      np.full(count, BEHIND, np.uint8), np.zeros(count, np.uint32), np.zeros(count, np.uint8),
                      np.zeros(count, np.float32))
    returned, echo = outlines(wall, np.ones(count, np.float32), HDL, key(1, "edges"))
    assert returned.range_m.tobytes() == wall.range_m.tobytes()
    assert not echo.power.any()
