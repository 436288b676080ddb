"""Where two ways cross: the ego's, and that of somebody who comes along an arm of a junction."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.motion.lines import Line

LEAST_ANGLE_RAD = math.radians(25.0)    # below it two ways run side by side, or one merges into the other


@dataclass(frozen=True, slots=True)
class Crossing:
    """sample: of the ego's way, a fraction of one step on between two. arc_m: on the other line.
    turn_rad: the other's heading there against the ego's, in (−π, π]; positive comes from the right."""

    sample: float
    arc_m: float
    turn_rad: float


def crossing_of(xy_m: NDArray[np.float64], yaw_rad: NDArray[np.float64], other: Line) -> Crossing | None:
    """The first place along a way (N, 2), with its headings (N,), where it passes from one side of another line to the
    other at 25° or more; None if there is none."""
    arc, left = other.project(xy_m)
    turn = np.angle(np.exp(1j * (np.interp(arc, other.arc_m, other.yaw_rad) - yaw_rad)))
    within = (arc >= 0.0) & (arc <= other.length_m)
    passes = (left[1:] * left[:-1] <= 0.0) & (left[1:] != left[:-1]) & within[1:] & within[:-1]
    # Beyond a bend of the other line the nearest spot may jump to its other branch; that is no passing.
    passes &= np.abs(left[1:] - left[:-1]) < 2.0 * np.hypot(*np.diff(xy_m, axis=0).T)
    square = np.abs(np.sin(turn[:-1])) >= math.sin(LEAST_ANGLE_RAD)
    found = np.flatnonzero(passes & square)
    if not len(found):
        return None
    first = int(found[0])
    share = float(left[first] / (left[first] - left[first + 1]))
    return Crossing(first + share, float(arc[first] + share * (arc[first + 1] - arc[first])), float(turn[first]))
