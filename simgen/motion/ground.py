"""How high the ground is where somebody stands or walks: beside a road it rises and falls, and with it who hides whom.

A simulator knows; offline nobody does, and then everybody is at the height of the ego's lane.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.course import Way
from simgen.motion.lines import Line
from simgen.motion.road import Place

Floats = NDArray[np.float64]

STEP_M = 0.5                # between heights along a way
MOST_STEPS = 60             # on one way; a longer one has longer steps
WHEEL_AHEAD, WHEEL_ASIDE = 0.3, 0.4     # of a wheel from the middle of a vehicle, in lengths and widths


class Ground(Protocol):
    """What is asked of a map about heights. The same point always has the same answer."""

    def heights_m(self, xyz_m: Floats) -> Floats:
        """(N,) height of the ground at points (N, 3) whose z are near it; NaN where there is none near."""


def on_ground(place: Place, ground: Ground | None, on_wheels: Body | None = None) -> Place:
    """The same spot on the ground; as high as before where none is known.

    on_wheels: of a vehicle, which is as high as the middle between its wheels; two, across from each other, tell that
    of four on any ground that is not twisted.
    """
    if ground is None:
        return place
    feet = [place]
    if on_wheels is not None:
        middle = place.shifted(on_wheels.centre_x_m)
        ahead, aside = WHEEL_AHEAD * on_wheels.length_m, WHEEL_ASIDE * on_wheels.width_m
        feet = [middle.shifted(ahead, aside), middle.shifted(-ahead, -aside)]
    height = float(ground.heights_m(np.array([(foot.x_m, foot.y_m, foot.z_m) for foot in feet])).mean())
    return place if math.isnan(height) else replace(place, z_m=height)


def over_ground(way: Way, until_m: float, ground: Ground | None) -> Way:
    """The same way over the ground: where it starts, and along its straight line as far as arc length ``until_m``.

    Beyond both the height stays as it is there.
    """
    if ground is None or way.line is None:
        return way
    start, line = on_ground(way.start, ground), way.line
    count = min(max(2, round((until_m - way.from_m) / STEP_M) + 1), MOST_STEPS)
    arcs = np.linspace(way.from_m, max(until_m, way.from_m + STEP_M), count)
    heights = ground.heights_m(_points(line, arcs))
    known = np.isfinite(heights)
    if not known.any():
        return replace(way, start=start)
    every = np.union1d(line.arc_m, arcs)
    points = _points(line, every)
    points[:, 2] = np.interp(every, arcs[known], heights[known])
    return replace(way, start=start, line=Line(points))


def _points(line: Line, arc_m: Floats) -> Floats:
    """(K, 3) at arc lengths of a line."""
    xy, _ = line.points(arc_m)
    return np.column_stack([xy, np.interp(arc_m, line.arc_m, line.xyz_m[:, 2])])
