"""Sweeps that take their time, from the ticks of a turn: a wall ahead, seen by a LiDAR that drives towards it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.lidar.casting import fans_of
from sensors.lidar.turning import Twist
from sensors.mounts import LidarBlock, LidarMount
from sensors.rigid import RigidTransform
from simgen.frame import BodyHits, Sweep, TurnTick
from simgen.sense.beams import device_of
from simgen.sense.rolling import turned_by_ticks

WALL_M, SPEED_MPS = 20.0, 10.0
MOUNT = LidarMount(RigidTransform.identity(), 10.0, 72, 100.0, (LidarBlock(2, 0.0, -5.0),))
MOMENTS_S = (-0.04, -0.02, 0.0, 0.02, 0.04)


def wall_at(moment_s: float, body: int) -> TurnTick:
    """The wall from the LiDAR's place at a moment, and so many of the first beams stopped by the car."""
    plan = fans_of(MOUNT)
    azimuth = np.pi - np.radians(plan.column_step_deg) * np.arange(plan.columns)
    elevation = np.radians(plan.elevations_deg)[:, None]
    direction = np.stack(np.broadcast_arrays(
        np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)), axis=-1)
    meets = direction[..., 0] > 0.2
    ring, _ = np.nonzero(meets)
    points = (direction[meets] * ((WALL_M - SPEED_MPS * moment_s) / direction[meets][:, :1])).astype(np.float32)
    rest, own = slice(body, None), slice(0, body)
    sweep = Sweep(points[rest], np.ones(len(points[rest]), np.float32), np.zeros(len(points[rest]), np.uint32),
                  np.ones(len(points[rest]), np.uint8), ring[rest].astype(np.uint8),
                  body=BodyHits(points[own], ring[own].astype(np.uint8)))
    return TurnTick(sweep, moment_s, Twist(np.array([SPEED_MPS, 0.0, 0.0]), np.zeros(3)))


def turned(untwist: bool, body: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Points of the wall, and when each was measured."""
    clean = turned_by_ticks([wall_at(moment, body) for moment in MOMENTS_S], MOUNT, {}, untwist)
    met = clean.is_hit
    return clean.direction[met].astype(np.float64) * clean.range_m[met, None], clean.time_s[met]


def test_each_beam_sees_the_wall_from_where_it_was_fired() -> None:
    points, time_s = turned(untwist=False)
    assert points[:, 0] == pytest.approx(WALL_M - SPEED_MPS * time_s, abs=1e-4)
    # It takes more than 40 ms to pass the wall, so the wall leans by more than 40 cm.
    assert np.ptp(time_s) > 0.04 and np.ptp(points[:, 0]) > 0.4


def test_untwisted_the_wall_stands_straight_where_it_is_at_the_frame_s_moment() -> None:
    points, _ = turned(untwist=True)
    assert points[:, 0] == pytest.approx(np.full(len(points), WALL_M), abs=1e-4)


def test_beams_that_the_car_stops_are_left_out_whichever_tick_they_are_from() -> None:
    assert len(turned(untwist=False, body=3)[0]) == len(turned(untwist=False)[0]) - 3


def test_the_head_turns_clockwise_and_looks_ahead_at_the_frame_s_moment() -> None:
    points, time_s = turned(untwist=True)
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    assert time_s == pytest.approx(-azimuth / (2 * np.pi) / device_of(MOUNT).rate_hz, abs=2e-3)
