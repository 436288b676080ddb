"""A sweep ordered by direction, so that a rule about one box looks at the few beams that go near it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.verify.geometry import Array, Box

SECTORS = 720


def turn_of(angle_rad: float) -> float:
    """How far around the diamond |x| + |z| = 1 a direction points, 0…4, from behind over left, ahead and right.

    angle_rad: from ahead (+z) to the right (+x). The share grows with the angle, as a compass' would.
    """
    right, ahead = math.sin(angle_rad), math.cos(angle_rad)
    along = right / (abs(right) + abs(ahead))
    if ahead >= 0:
        return 2 + along
    return -along if right < 0 else 4 - along


@dataclass(frozen=True, slots=True, eq=False)
class PointIndex:
    """points: (N, 3) in rectified camera 0, ordered by sector.

    starts: (SECTORS + 1,) where each sector of the compass round ``eye`` begins; see ``turn_of``.
    """

    points: Array
    starts: NDArray[np.intp]
    eye: Array

    @classmethod
    def build(cls, points: Array, eye: Array) -> PointIndex:
        """Sort (N, 3) points by their compass direction from the eye (3,)."""
        right = (points[:, 0] - eye[0]).astype(np.float32)
        ahead = (points[:, 2] - eye[2]).astype(np.float32)
        # Twice around the diamond |x| + |z| = 1 instead of around the circle: in the same order, without arctangents.
        along = right / np.maximum(np.abs(right) + np.abs(ahead), np.float32(1e-6))
        turn = np.where(ahead >= 0, 2 + along, np.where(right < 0, -along, 4 - along))
        sector = (turn * np.float32(SECTORS / 4)).astype(np.int16) % SECTORS
        order = np.argsort(sector, kind="stable")         # a radix sort on 16 bits
        starts = np.concatenate([[0], np.cumsum(np.bincount(sector, minlength=SECTORS))]).astype(np.intp)
        return cls(np.take(points.T, order, axis=1).T, starts, eye)

    def sectors(self, box: Box, reach_m: float) -> Array:
        """The (M, 3) points in all directions in which the box, grown by ``reach_m`` on the ground, can be seen."""
        x, _, z = box.bottom_m
        away = math.hypot(x - self.eye[0], z - self.eye[2])
        radius = math.hypot(box.length_m, box.width_m) / 2 + reach_m
        if radius >= away or not math.isfinite(away):
            return self.points
        middle, half = math.atan2(x - self.eye[0], z - self.eye[2]), math.asin(radius / away)
        first, last = (int(turn_of(angle) * SECTORS / 4) % SECTORS for angle in (middle - half, middle + half))
        if first <= last:
            return self.points[self.starts[first] : self.starts[last + 1]]
        return np.concatenate([self.points[self.starts[first] :], self.points[: self.starts[last + 1]]])

    def around(self, box: Box, reach_m: float) -> Array:
        """The (M, 3) points whose place on the ground is within the box's half diagonal and ``reach_m``."""
        far = math.hypot(box.length_m, box.width_m) / 2 + reach_m
        x, _, z = box.bottom_m
        points = self.sectors(box, reach_m * math.sqrt(2.0) + far)      # the corners of the square below
        near = (np.abs(points[:, 0] - x) <= far) & (np.abs(points[:, 2] - z) <= far)
        return np.asarray(points[near])

    def towards(self, box: Box) -> Array:
        """The (M, 3) points in the cone from the eye round the box: all whose beams can meet it, and few others."""
        corners = box.corners()
        to_middle = corners.mean(axis=0) - self.eye
        distance = float(np.linalg.norm(to_middle))
        radius = float(np.linalg.norm(corners[0] - corners[6])) / 2
        if radius >= distance:
            return self.points
        points = self.sectors(box, 0.0)
        way = points - self.eye
        length = np.sqrt(np.einsum("ij,ij->i", way, way))
        cosine = math.sqrt(1.0 - (radius / distance) ** 2)
        return np.asarray(points[way @ (to_middle / distance) >= cosine * length])
