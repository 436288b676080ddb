"""Polylines on the ground that something moves along."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.motion.road import STEP_M, Corridor, Place

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline with its arc length and headings; beyond both ends it goes straight on.

    xyz_m: (N, 3), at least two, no two neighbours on one spot. arc_m: (N,) from the first. yaw_rad: (N,), unwrapped.
    """

    xyz_m: Floats
    arc_m: Floats = field(init=False)
    yaw_rad: Floats = field(init=False)
    xy_m: Floats = field(init=False)
    _steps: Floats = field(init=False, repr=False)
    _lengths: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        xyz = np.array(self.xyz_m, dtype=np.float64)
        apart = np.hypot(*np.diff(xyz[:, :2], axis=0).T)
        xyz = xyz[np.concatenate([[True], apart > 1e-9])]
        if len(xyz) < 2:
            raise ValueError("a line needs two different points")
        steps = np.diff(xyz[:, :2], axis=0)
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        chords = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        inner = (chords[1:] + chords[:-1]) / 2
        # At the ends the tangent leans on by half a chord's turn, as on a circle.
        first = chords[0] if len(chords) == 1 else 2 * chords[0] - inner[0]
        last = chords[-1] if len(chords) == 1 else 2 * chords[-1] - inner[-1]
        object.__setattr__(self, "xyz_m", xyz)
        object.__setattr__(self, "_steps", steps)
        object.__setattr__(self, "_lengths", lengths)
        object.__setattr__(self, "xy_m", np.ascontiguousarray(xyz[:, :2]))
        object.__setattr__(self, "arc_m", np.concatenate([[0.0], np.cumsum(lengths)]))
        object.__setattr__(self, "yaw_rad", np.concatenate([[first], inner, [last]]))

    @classmethod
    def straight(cls, start: Place, heading_rad: float, length_m: float) -> Line:
        """From a place on, with a point every metre."""
        steps = np.append(np.arange(0.0, max(length_m, STEP_M) - 1e-6, STEP_M), max(length_m, STEP_M))
        step = np.array([math.cos(heading_rad), math.sin(heading_rad), 0.0])
        return cls(np.array([start.x_m, start.y_m, start.z_m]) + steps[:, None] * step)

    @classmethod
    def along(cls, corridor: Corridor, left_m: float = 0.0, backwards: bool = False) -> Line:
        """Parallel to the ego's lane, ``left_m`` (of the lane's own left) beside its centre line."""
        yaw = corridor.yaw_rad
        shift = np.stack([-np.sin(yaw), np.cos(yaw), np.zeros_like(yaw)], axis=1) * left_m
        xyz = corridor.xyz_m + shift
        return cls(xyz[::-1] if backwards else xyz)

    @property
    def length_m(self) -> float:
        return float(self.arc_m[-1])

    def at(self, arc_m: float) -> Place:
        """The place at an arc length; beyond the ends straight on."""
        held = min(max(arc_m, 0.0), self.length_m)
        index = min(int(np.searchsorted(self.arc_m, held, side="right")) - 1, len(self.arc_m) - 2)
        share = (held - self.arc_m[index]) / (self.arc_m[index + 1] - self.arc_m[index])
        x, y, z = self.xyz_m[index] + share * (self.xyz_m[index + 1] - self.xyz_m[index])
        yaw = float(self.yaw_rad[index] + share * (self.yaw_rad[index + 1] - self.yaw_rad[index]))
        beyond = arc_m - held
        return Place(float(x + beyond * math.cos(yaw)), float(y + beyond * math.sin(yaw)), float(z), yaw)

    def points(self, arc_m: Floats) -> tuple[Floats, Floats]:
        """(K, 2) positions and (K,) headings at arc lengths; beyond the ends straight on."""
        held = np.clip(arc_m, 0.0, self.length_m)
        yaw = np.interp(held, self.arc_m, self.yaw_rad)
        xy = np.stack([np.interp(held, self.arc_m, self.xy_m[:, axis]) for axis in (0, 1)], axis=1)
        return xy + (arc_m - held)[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], axis=1), yaw

    def project(self, xy_m: ArrayLike) -> tuple[Floats, Floats]:
        """Arc length of, and offset to the left to, the nearest spot of the line, for points (K, 2): (K,) each."""
        points = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)
        starts, steps, lengths = self.xy_m[:-1], self._steps, self._lengths
        to = points[:, None, :] - starts[None, :, :]
        share = (to * steps[None]).sum(axis=2) / lengths**2
        low, high = np.zeros(len(steps)), np.ones(len(steps))
        low[0], high[-1] = -np.inf, np.inf
        share = np.clip(share, low, high)
        gaps = ((to - share[..., None] * steps[None]) ** 2).sum(axis=2)
        best = gaps.argmin(axis=1)
        row = np.arange(len(points))
        arc = self.arc_m[best] + share[row, best] * lengths[best]
        across = steps[best, 0] * to[row, best, 1] - steps[best, 1] * to[row, best, 0]
        return arc, across / lengths[best]

    def arc_of(self, xy_m: ArrayLike) -> float:
        """Arc length of the spot nearest to one point (2,)."""
        return float(self.project(np.asarray(xy_m)[None])[0][0])

    def shifted(self, from_m: float, over_m: float, left_m: float) -> Line:
        """The same line, moved ``left_m`` sideways between ``from_m`` and ``from_m + over_m`` by a quintic blend
        (no jump of direction or curvature), parallel from there on."""
        arc = np.unique(np.concatenate([
            self.arc_m[self.arc_m < from_m], np.arange(from_m, from_m + over_m + 2 * STEP_M, STEP_M / 2),
            self.arc_m[self.arc_m > from_m + over_m + 2 * STEP_M],
        ]))
        share = np.clip((arc - from_m) / over_m, 0.0, 1.0)
        left = left_m * share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        xy, yaw = self.points(arc)
        z = np.interp(arc, self.arc_m, self.xyz_m[:, 2])
        normal = np.stack([-np.sin(yaw), np.cos(yaw)], axis=1)
        return Line(np.column_stack([xy + left[:, None] * normal, z]))
