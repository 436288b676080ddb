"""Oriented 3D boxes, and the rectangles they cover in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.pinhole import Intrinsics
from sensors.rigid import RigidTransform, readonly_array

# Corners as signs along box x, y, z: front left bottom, then counter-clockwise seen from above, then the top.
_CORNER_SIGNS = np.array(
    [[1, 1, -1], [-1, 1, -1], [-1, -1, -1], [1, -1, -1], [1, 1, 1], [-1, 1, 1], [-1, -1, 1], [1, -1, 1]],
    dtype=np.float64,
)
_EDGES = np.array(
    [[0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7]]
)
_NEAR_M = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Box3:
    """A box with its own axes: x along the length (heading), y left, z up; the origin is the box's centre.

    frame_from_box:  where the box is.
    size_lwh_m:      (3,) full length, width and height, each > 0.
    """

    frame_from_box: RigidTransform
    size_lwh_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        size = readonly_array(self.size_lwh_m, (3,), "size_lwh_m")
        if not (size > 0).all():
            raise ValueError(f"a box needs positive sizes, got {size.tolist()}")
        object.__setattr__(self, "size_lwh_m", size)

    @classmethod
    def upright(cls, bottom_centre_m: ArrayLike, yaw_rad: float, size_lwh_m: ArrayLike) -> Box3:
        """A box that stands on ``bottom_centre_m`` with its height along the frame's z."""
        size = np.asarray(size_lwh_m, dtype=np.float64)
        centre = np.asarray(bottom_centre_m, dtype=np.float64) + np.array([0.0, 0.0, size[2] / 2])
        return cls(RigidTransform.from_yaw(yaw_rad, centre), size)

    def corners(self) -> NDArray[np.float64]:
        """(8, 3) in the frame: bottom face counter-clockwise from front left, then the top face alike."""
        return self.frame_from_box.apply(_CORNER_SIGNS * (self.size_lwh_m / 2))

    def contains(self, points: NDArray[np.floating], margin_m: float = 0.0) -> NDArray[np.bool_]:
        """(N,) which of the (N, 3) points lie inside the box grown by ``margin_m`` on every side."""
        # Into box axes by the transposed rotation, without building the inverse: this runs on whole sweeps.
        local = (points - self.frame_from_box.translation_m) @ self.frame_from_box.rotation
        return np.asarray((np.abs(local) <= self.size_lwh_m / 2 + margin_m).all(axis=1))

    def transformed(self, a_from_frame: RigidTransform) -> Box3:
        """The same box seen from other axes."""
        return Box3(a_from_frame @ self.frame_from_box, self.size_lwh_m)

    def bottom_centre(self) -> NDArray[np.float64]:
        """(3,) middle of the bottom face, in the frame."""
        return self.frame_from_box.apply(np.array([0.0, 0.0, -self.size_lwh_m[2] / 2]))


@dataclass(frozen=True, slots=True)
class ImageBox:
    """A rectangle between edge pixels, pixel centres at integers: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area_px2(self) -> float:
        """0 for a rectangle that is turned inside out."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def clipped(self, width: int, height: int) -> ImageBox:
        """The part inside a width × height picture, as KITTI clips: to 0…width−1 and 0…height−1.

        A rectangle wholly outside becomes one of no area at the border.
        """
        return ImageBox(
            min(max(self.left, 0.0), width - 1.0),
            min(max(self.top, 0.0), height - 1.0),
            min(max(self.right, 0.0), width - 1.0),
            min(max(self.bottom, 0.0), height - 1.0),
        )

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.left, self.top, self.right, self.bottom)


def project_box(box: Box3, intrinsics: Intrinsics, near_m: float = _NEAR_M) -> ImageBox | None:
    """The rectangle, not clipped to the picture, round the projection of a box.

    Args:
        box: in the camera's optical axes (x right, y down, z forward).
        near_m: edges are cut where they come nearer than this, so that corners behind the camera do no harm.

    Returns:
        None if the whole box is nearer than ``near_m`` or behind the camera.
    """
    points = near_clipped_outline(box.corners(), near_m)
    if not len(points):
        return None
    pixels = intrinsics.project(points)
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    return ImageBox(float(left), float(top), float(right), float(bottom))


def near_clipped_outline(corners: NDArray[np.float64], near_m: float = _NEAR_M) -> NDArray[np.float64]:
    """The corners of a box in front of the plane z = ``near_m``, and where its edges cross that plane.

    Args:
        corners: (8, 3) in optical axes, in the order of ``Box3.corners``.

    Returns:
        (N, 3) points whose convex hull is the visible part of the box; N is 0 if nothing is in front.
    """
    front = corners[:, 2] >= near_m
    if front.all():
        return corners
    start, end = corners[_EDGES[:, 0]], corners[_EDGES[:, 1]]
    crossing = front[_EDGES[:, 0]] != front[_EDGES[:, 1]]
    start, end = start[crossing], end[crossing]
    share = (near_m - start[:, 2]) / (end[:, 2] - start[:, 2])
    return np.concatenate([corners[front], start + share[:, None] * (end - start)])
