"""Laying out new roads: a closed course in the plane, its hills, and the stations where it is cut into roads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.places.opendrive.cubics import Cubics
from simgen.localsim.places.opendrive.plan_view import Arc, Curve, Spiral

Array = NDArray[np.float64]

DIGITS = 9                # of every number a course writes: platforms differ in the last bits of sine and cosine
PARALLEL = 0.1            # two straights whose headings' sine differs by less cannot close a course well


@dataclass(frozen=True, slots=True)
class Piece:
    """A line (both curvatures 0), arc (both equal) or spiral of a reference line; positive curvature turns left."""

    length_m: float
    curvature_start: float = 0.0
    curvature_end: float = 0.0

    @property
    def turn_rad(self) -> float:
        """How far it turns to the left."""
        return 0.5 * (self.curvature_start + self.curvature_end) * self.length_m

    def curve(self) -> Curve:
        """The same as a curve that starts at the origin along +x."""
        if self.curvature_start == self.curvature_end:
            return Arc(self.curvature_start)
        return Spiral(self.length_m, self.curvature_start, self.curvature_end)


@dataclass(frozen=True, slots=True)
class Summit:
    """A point where the grade changes; also the bottom of a dip.

    s, z:             station and height at which the straight grades before and after it meet, metres.
    k_m_per_percent:  length of the rounding (a parabola) for each per cent of change in grade: AASHTO's K. A K of k
                      is a vertical radius of 100 k metres.
    """

    s: float
    z: float
    k_m_per_percent: float


def bend(turn_deg: float, radius_m: float, spiral_m: float) -> list[Piece]:
    """A spiral, an arc and a spiral that turn by ``turn_deg`` in all; positive turns left.

    Raises:
        ValueError: the spirals alone turn farther.
    """
    curvature = math.copysign(1.0 / radius_m, turn_deg)
    arc_m = math.radians(abs(turn_deg)) * radius_m - spiral_m     # each spiral turns by half of what the arc would
    if arc_m <= 0.0:
        raise ValueError(f"a bend of {turn_deg:g}° with a radius of {radius_m:g} m has no room for spirals of "
                         f"{spiral_m:g} m; make them shorter than {arc_m + spiral_m:.1f} m")
    return [
        Piece(spiral_m, 0.0, curvature),
        Piece(round(arc_m, DIGITS), curvature, curvature),
        Piece(spiral_m, curvature, 0.0),
    ]


def poses(pieces: Sequence[Piece]) -> Array:
    """x, y, heading (len + 1, 3) at the pieces' joints, from (0, 0, 0) on."""
    rows = [np.zeros(3)]
    for piece in pieces:
        x, y, turn = (float(value[0]) for value in piece.curve().at(np.array([piece.length_m])))
        x0, y0, heading = rows[-1]
        rows.append(np.array([
            x0 + math.cos(heading) * x - math.sin(heading) * y,
            y0 + math.sin(heading) * x + math.cos(heading) * y,
            heading + turn,
        ]))
    return np.array(rows)


def closed(pieces: Sequence[Piece], free: tuple[int, int]) -> list[Piece]:
    """The pieces with two straights (numbers ``free``) lengthened or shortened so that the end meets the start.

    Raises:
        ValueError: the pieces do not turn by a whole circle, the straights are almost parallel, or one would need a
            negative length.
    """
    joints = poses(pieces)
    if not math.isclose(abs(joints[-1, 2]), 2.0 * math.pi, abs_tol=1e-6):
        raise ValueError(f"the course turns by {math.degrees(joints[-1, 2]):.3f}°; a closed one turns by ±360°")
    headings = joints[list(free), 2]
    if abs(math.sin(headings[1] - headings[0])) < PARALLEL:
        raise ValueError("the two free straights are almost parallel; choose others")
    longer = np.linalg.solve(np.stack([np.cos(headings), np.sin(headings)]), -joints[-1, :2])
    result = list(pieces)
    for number, metres in zip(free, longer, strict=True):
        length = round(result[number].length_m + float(metres), DIGITS)
        if length <= 0.0:
            raise ValueError(f"straight {number} would have to be {length:.1f} m long; bend the course otherwise")
        result[number] = replace(result[number], length_m=length)
    return result


def hills(summits: Sequence[Summit], length_m: float) -> Cubics:
    """Heights over stations 0 to ``length_m``: straight grades with parabolas round the summits.

    The course starts and ends level, at the first and last summits' heights.

    Raises:
        ValueError: summits out of order, or two parabolas that overlap.
    """
    points = [(0.0, summits[0].z), *((p.s, p.z) for p in summits), (length_m, summits[-1].z)]
    if any(b[0] - a[0] <= 0.0 for a, b in pairwise(points)):
        raise ValueError("summits must have ascending stations inside the course")
    grades = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
    rows = [_row(0.0, summits[0].z, 0.0, 0.0, 0.0)]
    reached = 0.0
    for summit, before, after in zip(summits, grades, grades[1:], strict=False):
        half = 50.0 * summit.k_m_per_percent * abs(after - before)
        start, end = summit.s - half, summit.s + half
        if end > length_m:
            raise ValueError(f"the rounding of the summit at {summit.s:g} m ends at {end:.1f} m, after the course's "
                             f"{length_m:.1f} m; give it room or a smaller K")
        if start < reached - 1e-9:
            raise ValueError(f"the rounding of the summit at {summit.s:g} m begins at {start:.1f} m, before "
                             f"{reached:.1f} m where the one before it ends; give them room or a smaller K")
        if half > 0.0:
            rows.append(_row(start, summit.z - before * half, before, (after - before) / (4.0 * half), 0.0))
            rows.append(_row(end, summit.z + after * half, after, 0.0, 0.0))
        reached = end
    return Cubics.of(rows)


def cut(profile: Cubics, start: float, end: float) -> Cubics:
    """The part of a profile between two stations, counted from the first one."""
    inside = profile.starts[(profile.starts > start + 1e-9) & (profile.starts < end - 1e-9)]
    rows: list[tuple[float, float, float, float, float]] = []
    for s in (start, *inside.tolist()):
        piece = max(int(np.searchsorted(profile.starts, s, side="right")) - 1, 0)
        a, b, c, d = profile.coefficients[piece].tolist()
        ds = s - float(profile.starts[piece])
        height, grade = a + ds * (b + ds * (c + ds * d)), b + ds * (2.0 * c + 3.0 * d * ds)
        rows.append(_row(s - start, height, grade, c + 3.0 * d * ds, d))
    return Cubics.of(rows)


def _row(start: float, a: float, b: float, c: float, d: float) -> tuple[float, float, float, float, float]:
    """A piece of a profile without the bits in which platforms differ."""
    return (round(start, DIGITS), round(a, 12), round(b, 12), round(c, 12), round(d, 12))
