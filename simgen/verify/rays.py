"""A sweep ordered by direction, so that a rule about one box looks at the few beams that go near it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.verify.geometry import Box, Floats

SECTORS = 720
SLACK_SECTORS = 1
"""OpenCV's ``phase`` is right within 0.3 degrees; a sector is half a degree wide."""


@dataclass(frozen=True, slots=True, eq=False)
class PointIndex:
    """points: (N, 3) in rectified camera 0, ordered by sector and stored column by column.

    starts: (SECTORS + 1,) where each sector of the compass round ``eye`` begins; clockwise from ahead.
    """

    points: Floats
    starts: NDArray[np.intp]
    eye: Floats

    @classmethod
    def build(cls, points: Floats, eye: Floats) -> PointIndex:
        """Sort (N, 3) points by their compass direction from the eye (3,)."""
        right = (points[:, 0] - float(eye[0])).astype(np.float32, copy=False)
        ahead = (points[:, 2] - float(eye[2])).astype(np.float32, copy=False)
        turn = cv2.phase(ahead, right, angleInDegrees=True).ravel()            # much faster than an exact arctangent
        sector = (turn * np.float32(SECTORS / 360)).astype(np.int16)
        sector[sector >= SECTORS] = 0
        order = np.argsort(sector, kind="stable")         # a radix sort on 16 bits
        starts = np.concatenate([[0], np.cumsum(np.bincount(sector, minlength=SECTORS))]).astype(np.intp)
        ordered = np.empty((3, len(points)), dtype=points.dtype)
        for i in range(3):
            np.take(points[:, i], order, out=ordered[i], mode="clip")        # the mode without a check: all are in it
        return cls(ordered.T, starts, eye)

    def sectors(self, box: Box, radius: float) -> Floats:
        """The (M, 3) points in all directions in which the circle round the box on the ground can be seen."""
        x, _, z = box.bottom_m
        away = math.hypot(x - self.eye[0], z - self.eye[2])
        if radius >= away or not math.isfinite(away):
            return self.points
        middle, half = math.atan2(x - self.eye[0], z - self.eye[2]), math.asin(radius / away)
        low, high = (math.floor((middle + side * half) / math.tau * SECTORS) for side in (-1, 1))
        if high - low + 1 + 2 * SLACK_SECTORS >= SECTORS:
            return self.points
        first, last = (low - SLACK_SECTORS) % SECTORS, (high + SLACK_SECTORS) % SECTORS
        if first <= last:
            return self.points[self.starts[first] : self.starts[last + 1]]
        ends = self.points[self.starts[first] :].T, self.points[: self.starts[last + 1]].T
        return np.asarray(np.concatenate(ends, axis=1).T)

    def around(self, box: Box, reach_m: float) -> Floats:
        """The (M, 3) points whose place on the ground is within the box's half diagonal and ``reach_m``."""
        far = math.hypot(box.length_m, box.width_m) / 2 + reach_m
        x, _, z = box.bottom_m
        points = self.sectors(box, far * math.sqrt(2.0))                # the corners of the square below
        near = (np.abs(points[:, 0] - x) <= far) & (np.abs(points[:, 2] - z) <= far)
        return np.asarray(points.T.compress(near, axis=1).T)

    def towards(self, box: Box) -> Floats:
        """The (M, 3) points in the cone from the eye round the box: all whose beams can meet it, and few others."""
        corners = box.corners()
        to_middle = corners.mean(axis=0) - self.eye
        distance = float(np.linalg.norm(to_middle))
        radius = float(np.linalg.norm(corners[0] - corners[6])) / 2
        if radius >= distance:
            return self.points
        points = self.sectors(box, math.hypot(box.length_m, box.width_m) / 2)
        x, y, z = (points[:, i] - float(self.eye[i]) for i in range(3))
        length = np.sqrt(x * x + y * y + z * z)
        a, b, c = (float(part) for part in to_middle / distance)
        cosine = math.sqrt(1.0 - (radius / distance) ** 2)
        return np.asarray(points.T.compress(x * a + y * b + z * c >= cosine * length, axis=1).T)
