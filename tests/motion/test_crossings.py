"""Where two ways cross."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.motion.crossings import crossing_of
from simgen.motion.lines import Line
from simgen.motion.road import Place

EAST = np.column_stack([np.arange(0.0, 101.0), np.zeros(101)])
YAW = np.zeros(101)


def straight(x_m: float, y_m: float, heading_deg: float) -> Line:
    return Line.straight(Place(x_m, y_m, 0.0, 0.0), math.radians(heading_deg), 60.0)


@pytest.mark.parametrize(("start_y_m", "heading_deg"), [(-20.0, 90.0), (20.0, -90.0)])
def test_a_square_crossing_is_found_between_two_samples(start_y_m: float, heading_deg: float) -> None:
    crossing = crossing_of(EAST, YAW, straight(40.25, start_y_m, heading_deg))
    assert crossing is not None
    assert (crossing.sample, crossing.arc_m) == pytest.approx((40.25, 20.0))
    assert math.degrees(crossing.turn_rad) == pytest.approx(heading_deg)


def test_ways_that_run_side_by_side_or_meet_flatly_do_not_cross() -> None:
    assert crossing_of(EAST, YAW, straight(0.0, 3.5, 0.0)) is None
    assert crossing_of(EAST, YAW, straight(10.0, -2.0, 10.0)) is None
    assert crossing_of(EAST, YAW, straight(40.0, 20.0, 90.0)) is None


def turning_left(radius_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 2), (N,): 20 m east, then a quarter circle to the left."""
    arc = np.arange(0.0, radius_m * math.pi / 2)
    yaw = np.concatenate([np.zeros(20), arc / radius_m])
    bend = np.column_stack([20.0 + radius_m * np.sin(arc / radius_m), radius_m * (1.0 - np.cos(arc / radius_m))])
    return np.concatenate([EAST[:20], bend]), yaw


def test_an_ego_that_turns_left_crosses_who_comes_towards_it_but_not_whose_lane_it_turns_into() -> None:
    xy, yaw = turning_left(12.0)
    towards = crossing_of(xy, yaw, straight(60.0, 3.5, 180.0))
    assert towards is not None
    assert 20.0 < towards.sample < 32.0
    # From the right along x = 32, the line that the quarter circle ends on: they merge.
    assert crossing_of(xy, yaw, straight(32.0, -30.0, 90.0)) is None
