"""Vehicles keep to their paths: a kinematic bicycle, written out here, is steered tick by tick."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.capture.steering import Steering, Track

WHEELBASE_M = 2.8
STEER_MAX_RAD = math.radians(70.0)


def driven(path_m: NDArray[np.float64], speed_mps: float, tick_s: float, seconds: float,
           start: tuple[float, float, float] | None = None) -> NDArray[np.float64]:
    """(T, 2) where the vehicle's middle was; its rear wheels roll along circles and never slip."""
    wheel = Steering(WHEELBASE_M, STEER_MAX_RAD, WHEELBASE_M / 2)
    yaw = float(np.arctan2(*(path_m[1] - path_m[0])[::-1]))
    x, y, yaw = start or (*path_m[0], yaw)
    rear = np.array([x, y]) - WHEELBASE_M / 2 * np.array([math.cos(yaw), math.sin(yaw)])
    rows = []
    for _ in range(round(seconds / tick_s)):
        middle = rear + WHEELBASE_M / 2 * np.array([math.cos(yaw), math.sin(yaw)])
        rows.append(middle)
        steer = wheel.steer(RigidTransform.from_yaw(yaw, [*middle, 0.0]), path_m, speed_mps * tick_s, speed_mps)
        turn = math.tan(-steer * STEER_MAX_RAD) / WHEELBASE_M * speed_mps * tick_s
        chord = speed_mps * tick_s if abs(turn) < 1e-9 else 2 * math.sin(turn / 2) / turn * speed_mps * tick_s
        rear = rear + chord * np.array([math.cos(yaw + turn / 2), math.sin(yaw + turn / 2)])
        yaw += turn
    return np.array(rows)


def circle(radius_m: float, turn_rad: float, step_m: float = 1.0) -> NDArray[np.float64]:
    """A straight of 20 m that bends into an arc to the left, then straight on again; through spirals' corners it has
    none: the curvature jumps."""
    angles = np.arange(0.0, turn_rad, step_m / radius_m)
    arc = np.column_stack([20 + radius_m * np.sin(angles), radius_m * (1 - np.cos(angles))])
    straight = np.column_stack([np.arange(0.0, 20.0, step_m), np.zeros(20)])
    out = arc[-1] + np.outer(np.arange(1, 40), [math.cos(angles[-1]), math.sin(angles[-1])])
    return np.concatenate([straight, arc, out])


def off_circle_m(rows: NDArray[np.float64], radius_m: float, turn_rad: float) -> NDArray[np.float64]:
    """How far each position that is beside the arc is from it."""
    away = rows - np.array([20.0, radius_m])
    angle = np.arctan2(away[:, 0], -away[:, 1])
    beside = (angle > 0) & (angle < turn_rad)
    return np.asarray(np.abs(np.hypot(*away[beside].T) - radius_m))


def test_a_straight_path_is_kept_to_the_millimetre() -> None:
    path = np.column_stack([np.arange(300.0), np.zeros(300)])
    rows = driven(path, 25.0, 0.1, 10.0)
    assert np.abs(rows[:, 1]).max() < 1e-3


def test_a_vehicle_a_metre_off_its_path_comes_back_without_swinging_over() -> None:
    path = np.column_stack([np.arange(300.0), np.zeros(300)])
    rows = driven(path, 14.0, 0.05, 8.0, start=(0.0, 1.0, 0.0))
    assert rows[:, 1].min() > -0.1
    assert abs(rows[-1, 1]) < 0.01


@pytest.mark.parametrize(("radius_m", "speed_mps"), [(100.0, 22.0), (60.0, 14.0), (12.0, 5.0)])
@pytest.mark.parametrize("tick_s", [0.05, 0.1])
def test_a_bend_is_kept_within_a_hand_s_breadth(radius_m: float, speed_mps: float, tick_s: float) -> None:
    turn = math.radians(90.0)
    rows = driven(circle(radius_m, turn), speed_mps, tick_s, (20 + radius_m * turn) / speed_mps)
    off = off_circle_m(rows, radius_m, turn)
    assert len(off) > 20
    assert off.max() < 0.12


@pytest.mark.parametrize("speed_mps", [8.0, 20.0, 36.0])
def test_a_lane_change_in_three_seconds_is_kept_within_15_cm(speed_mps: float) -> None:
    length_m = 3.0 * speed_mps
    x = np.arange(0.0, 100.0 + 2 * length_m)
    share = np.clip((x - 50) / length_m, 0, 1)
    y = 3.5 * share**3 * (10 - 15 * share + 6 * share**2)
    rows = driven(np.column_stack([x, y]), speed_mps, 0.1, (90.0 + length_m) / speed_mps)
    assert np.abs(rows[:, 1] - np.interp(rows[:, 0], x, y)).max() < 0.15
    assert rows[-1, 1] == pytest.approx(3.5, abs=0.03)


def test_wheels_turn_right_where_the_path_is_to_the_right_and_never_beyond_their_stop() -> None:
    path = np.column_stack([np.arange(50.0), np.zeros(50)])
    wheel = Steering(WHEELBASE_M, STEER_MAX_RAD, WHEELBASE_M / 2)
    right = wheel.steer(RigidTransform.from_yaw(0.0, [10.0, 1.0, 0.0]), path, 0.5, 5.0)
    assert 0.0 < right <= 1.0
    assert abs(wheel.steer(RigidTransform.from_yaw(2.0, [10.0, 30.0, 0.0]), path, 0.5, 5.0)) <= 1.0


def test_the_way_on_a_bend_s_polyline_counts_the_bend_and_not_its_chords() -> None:
    angles = np.linspace(0, 1, 11)
    track = Track.of(np.column_stack([10 * np.sin(angles), 10 * (1 - np.cos(angles))]))
    halfway = 0.25
    _, arc, left = track.nearest(np.array([10 * math.sin(halfway), 10 * (1 - math.cos(halfway))]), None)
    assert arc == pytest.approx(2.5, abs=0.01)
    assert left == pytest.approx(0.0, abs=2e-3)
    assert track.heading(arc) == pytest.approx(0.25, abs=1e-3)
    assert track.curvature(1.0, 4.0) == pytest.approx(0.1, rel=1e-2)


def test_a_path_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="two points"):
        Track.of(np.zeros((3, 2)))
