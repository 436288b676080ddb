"""KITTI's geometry, written a second time on purpose: boxes, projection, and rays through boxes.

Everything is in the axes of rectified camera 0 (x right, y down, z forward, metres) unless a name says
otherwise.
Formulas: corners, rotation_y and alpha as in the KITTI object development kit's ``readme.txt`` and
``computeBox3D.m``; rays by the slab method (Kay and Kajiya, 1986).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.floating]
"""Of what precision the sweep has: float32, whose steps at 100 m are 8 micrometres."""
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

NEAR_M = 0.01
"""Depth at which a box's edges are cut before projection."""

_EDGES = np.array([(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)])


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box. ``bottom_m`` (x, y, z) is the middle of its bottom face; ``yaw_rad`` is rotation_y."""

    bottom_m: tuple[float, float, float]
    length_m: float
    width_m: float
    height_m: float
    yaw_rad: float

    def axes(self) -> Array:
        """(3, 3): rows are the box's forward, sideways and up directions."""
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return np.array([[cos, 0.0, -sin], [sin, 0.0, cos], [0.0, -1.0, 0.0]])

    def local(self, points: Floats) -> Floats:
        """(N, 3) points to box coordinates: forward, sideways, up from the middle of the bottom face.

        As exact as the points are; stored column by column, as rules ask for one axis at a time.
        """
        x, y, z = (points[:, i] - self.bottom_m[i] for i in range(3))
        cos, sin = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        found = np.empty((3, len(points)), dtype=points.dtype)
        np.subtract(x * cos, z * sin, out=found[0])
        np.add(x * sin, z * cos, out=found[1])
        np.negative(y, out=found[2])
        return np.asarray(found.T)

    def bounds(self, margin_m: float = 0.0) -> tuple[Array, Array]:
        """Lowest and highest box coordinates, (3,) each."""
        half = np.array([self.length_m / 2, self.width_m / 2, 0.0])
        top = np.array([self.length_m / 2, self.width_m / 2, self.height_m])
        return -half - margin_m, top + margin_m

    def contains(self, points: Floats, margin_m: float = 0.0) -> NDArray[np.bool_]:
        """(N,): which points lie in the box grown by ``margin_m`` on every side."""
        low, high = self.bounds(margin_m)
        return within(self.local(points), low, high)

    def corners(self) -> Array:
        """(8, 3): the bottom face in turn, then the top face."""
        x = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * self.length_m / 2
        y = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * self.width_m / 2
        z = np.array([0, 0, 0, 0, 1, 1, 1, 1]) * self.height_m
        corners: Array = np.stack([x, y, z], axis=1) @ self.axes() + np.array(self.bottom_m)
        return corners

    def distance_m(self) -> float:
        """Horizontal distance of the bottom centre from the camera."""
        return math.hypot(self.bottom_m[0], self.bottom_m[2])


def within(local: Floats, low: Array, high: Array) -> NDArray[np.bool_]:
    """(N,): which of (N, 3) points lie between two corners, faces included."""
    inside = (local[:, 0] >= low[0]) & (local[:, 0] <= high[0])
    for i in (1, 2):
        inside &= (local[:, i] >= low[i]) & (local[:, i] <= high[i])
    return np.asarray(inside)


def wrap(angle_rad: float) -> float:
    """The same angle in [−π, π]."""
    return math.remainder(angle_rad, 2 * math.pi)


def projected_rectangle(projection: Array, corners: Array) -> Rectangle | None:
    """The smallest rectangle round the picture of a box, not cut to the picture; None if the box is behind
    the camera.

    Edges that pass behind the camera are cut at depth ``NEAR_M``, where they leave for (almost) infinity.
    """
    # Depth is measured in the camera that the picture is from: the third row of P holds its small offset.
    depth = corners @ projection[2, :3] + projection[2, 3]
    start, end = _EDGES[:, 0], _EDGES[:, 1]
    crosses = (depth[start] < NEAR_M) != (depth[end] < NEAR_M)
    a, b = corners[start[crosses]], corners[end[crosses]]
    depth_a, depth_b = depth[start[crosses]], depth[end[crosses]]
    share = ((NEAR_M - depth_a) / (depth_b - depth_a))[:, None]
    points = np.concatenate([corners[depth >= NEAR_M], a + share * (b - a)])
    if len(points) == 0:
        return None
    homogeneous = points @ projection[:, :3].T + projection[:, 3]
    pixels = homogeneous[:, :2] / homogeneous[:, 2:]
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def clipped(rectangle: Rectangle, width_px: int, height_px: int) -> Rectangle | None:
    """The part inside a picture whose pixels run from 0 to size − 1; None if there is none."""
    left, top = max(rectangle[0], 0.0), max(rectangle[1], 0.0)
    right, bottom = min(rectangle[2], width_px - 1.0), min(rectangle[3], height_px - 1.0)
    return (left, top, right, bottom) if right > left and bottom > top else None


def area(rectangle: Rectangle) -> float:
    """Square pixels; sides are right − left and bottom − top, as the official evaluator takes them."""
    return (rectangle[2] - rectangle[0]) * (rectangle[3] - rectangle[1])


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Intersection over union of two rectangles."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (area(a) + area(b) - width * height)


@dataclass(frozen=True, slots=True)
class Crossings:
    """Where rays enter and leave a box, as shares of the way from the eye to each ray's end point.

    hits:       (N,) the ray's line meets the box ahead of the eye.
    entry:      (N,) share at which it enters; above 1 if the end point lies before the box.
    exit:       (N,) share at which it leaves.
    entry_axis: (N,) 0 entered by the front or back face, 1 by a side face, 2 by top or bottom.
    """

    hits: NDArray[np.bool_]
    entry: Array
    exit: Array
    entry_axis: NDArray[np.intp]


def crossings(eye_local: Floats, ends_local: Floats, low: Array, high: Array) -> Crossings:
    """Slab test of the rays from one eye to (N, 3) end points against a box, all in box coordinates."""
    entry, leave = np.full(len(ends_local), -np.inf), np.full(len(ends_local), np.inf)
    axis = np.zeros(len(ends_local), dtype=np.intp)
    for i in range(3):
        way = ends_local[:, i] - float(eye_local[i])
        # A ray along a face divides by nearly nothing, not by nothing.
        way = np.where(np.abs(way) < 1e-9, 1e-9, way)
        at_low, at_high = float(low[i] - eye_local[i]) / way, float(high[i] - eye_local[i]) / way
        near = np.minimum(at_low, at_high)
        later = near > entry
        axis[later] = i
        np.maximum(entry, near, out=entry)
        np.minimum(leave, np.maximum(at_low, at_high), out=leave)
    return Crossings((entry < leave) & (entry > 0), entry, leave, axis)
