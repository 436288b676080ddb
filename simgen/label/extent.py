"""Boxes in an actor's own upright axes, and how the camera looks at them.

Stand axes are those of the rig turned to the actor's heading and moved to the middle of its underside: x
forward, y left, z up along the rig's vertical. Labels are upright in the camera's axes, so whatever is
measured in stand axes needs no further tilting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.boxes import Box3, ImageBox, project_box
from sensors.pinhole import Intrinsics
from sensors.rigid import RigidTransform, readonly_array
from simgen.label.tables import SubBox

Element = TypeVar("Element", bound=np.generic)
_NEAR_M = 0.1
_SMALLEST_SLOPE = 1e-9      # of a ray along an axis; keeps the slab method free of 0/0


@dataclass(frozen=True, eq=False, slots=True)
class Extent:
    """An axis-aligned box in stand axes: low and high corner, (3,) each, metres."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", readonly_array(self.low, (3,), "low"))
        object.__setattr__(self, "high", readonly_array(self.high, (3,), "high"))
        if not (self.low < self.high).all():
            raise ValueError(f"low {self.low.tolist()} must lie below high {self.high.tolist()}")

    @classmethod
    def standing(cls, size_lwh_m: ArrayLike) -> Extent:
        """A body of this size with the middle of its underside at the origin."""
        length, width, height = np.asarray(size_lwh_m, dtype=np.float64)
        return cls(np.array([-length / 2, -width / 2, 0.0]), np.array([length / 2, width / 2, height]))

    @classmethod
    def round(cls, points: NDArray[np.float64]) -> Extent:
        """The least that holds all of the (N, 3) points in stand axes."""
        return cls(points.min(axis=0), points.max(axis=0))

    @property
    def size_lwh_m(self) -> NDArray[np.float64]:
        return self.high - self.low

    def grown(self, margin_m: float) -> Extent:
        """Larger by ``margin_m`` on both sides of each axis."""
        return Extent(self.low - margin_m, self.high + margin_m)

    def part(self, sub: SubBox) -> Extent:
        """The sub-box in shares of this one: x and y from −0.5 to 0.5, z from 0 to 1."""
        x0, x1, y0, y1, z0, z1 = sub
        origin, size = (self.low + self.high) / 2, self.size_lwh_m
        bottom = np.array([origin[0], origin[1], self.low[2]])
        return Extent(bottom + size * (x0, y0, z0), bottom + size * (x1, y1, z1))

    def contains(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """(N,) which of the (N, 3) points in stand axes lie inside."""
        return np.asarray(((points >= self.low) & (points <= self.high)).all(axis=1))

    def box(self, frame_from_stand: RigidTransform) -> Box3:
        """The same box in other axes."""
        centre = RigidTransform(np.eye(3), (self.low + self.high) / 2)
        return Box3(frame_from_stand @ centre, self.size_lwh_m)


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of pixels: columns left … right − 1, rows top … bottom − 1."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, image: NDArray[Element]) -> NDArray[Element]:
        """This part of an (H, W, …) picture, as a view."""
        return image[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """A camera and an actor's stand axes."""

    camera_from_stand: RigidTransform
    intrinsics: Intrinsics
    stand_from_camera: RigidTransform = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stand_from_camera", self.camera_from_stand.inverse())

    def camera_place_m(self) -> NDArray[np.float64]:
        """(3,) the optical centre in stand axes."""
        return self.stand_from_camera.translation_m

    def image_box(self, extent: Extent) -> ImageBox | None:
        """The rectangle round the projection, not clipped to the picture; None behind the camera."""
        return project_box(extent.box(self.camera_from_stand), self.intrinsics, _NEAR_M)

    def region(self, extent: Extent) -> Region | None:
        """The pixels of the picture that the projection can touch; None if there are none."""
        rectangle = self.image_box(extent)
        if rectangle is None:
            return None
        left, top = max(0, math.floor(rectangle.left)), max(0, math.floor(rectangle.top))
        right = min(self.intrinsics.width, math.ceil(rectangle.right) + 1)
        bottom = min(self.intrinsics.height, math.ceil(rectangle.bottom) + 1)
        return Region(left, top, right, bottom) if left < right and top < bottom else None

    def points(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp], depth_m: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """(N, 3) points in stand axes of (N,) pixels with their depths along the optical axis."""
        camera = self.intrinsics
        z = depth_m.astype(np.float64)
        x, y = (columns - camera.cx) / camera.f * z, (rows - camera.cy) / camera.f * z
        return self.stand_from_camera.apply(np.stack([x, y, z], axis=1))

    def entry_depth(self, extents: Sequence[Extent], region: Region, step: int) -> NDArray[np.float32]:
        """At which depth the ray of each pixel enters the first of the extents; inf where it misses all.

        The slab method (Kay and Kajiya 1986) on every ``step``-th row and column of the region. Rays are
        scaled to 1 along the optical axis, so that the ray's parameter is the depth.
        """
        camera, stand_from_camera = self.intrinsics, self.stand_from_camera
        right, down, forward = stand_from_camera.rotation.T
        u = (np.arange(region.left, region.right, step) - camera.cx)[None, :] / camera.f
        v = (np.arange(region.top, region.bottom, step) - camera.cy)[:, None] / camera.f
        origin = stand_from_camera.translation_m
        slopes = []
        for axis in range(3):
            slope = forward[axis] + right[axis] * u + down[axis] * v
            slope[np.abs(slope) < _SMALLEST_SLOPE] = _SMALLEST_SLOPE
            slopes.append(1 / slope)
        first = np.full(slopes[0].shape, np.inf)
        for extent in extents:
            enter, leave = np.full(first.shape, _NEAR_M), np.full(first.shape, np.inf)
            for axis in range(3):
                a = (extent.low[axis] - origin[axis]) * slopes[axis]
                b = (extent.high[axis] - origin[axis]) * slopes[axis]
                np.maximum(enter, np.minimum(a, b), out=enter)
                np.minimum(leave, np.maximum(a, b), out=leave)
            enter[enter > leave] = np.inf
            np.minimum(first, enter, out=first)
        return first.astype(np.float32)
