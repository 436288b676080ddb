"""How a lens bends a picture, both ways and exactly: labels go where the pixels go.

There are two pictures: the *straight* one, which a pinhole makes (what simulators render), and the *bent* one, which
the lens makes. ``LensMap`` leads from each to the other. On the plane one unit behind the pinhole, (x, y) becomes

    Brown-Conrady   x (1 + k1 r² + k2 r⁴ + k3 r⁶) + 2 p1 x y + p2 (r² + 2 x²),  and y alike with p1 and p2 exchanged
    Kannala-Brandt  (x, y) θd / r,  θd = θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸),  r = tan θ

Sources: Brown, *Decentering distortion of lenses*, 1966; Kannala and Brandt, IEEE TPAMI 28(8), 2006. The order of the
coefficients is OpenCV's. Its way back stops after five steps of a fixed-point iteration, which leaves tenths of a pixel
in the corners of a wide lens; here Newton's method goes on to the last digits.

Both polynomials fold back far outside: beyond ``LensMap.folds_at`` the model says nothing, and points there become NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.bending import Lens, bend, fold, straighten
from sensors.pinhole import Intrinsics

Points = NDArray[np.float64]
_EDGE_SAMPLES = 33
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_GOLDEN_STEPS = 40                          # 2/32 of an edge · 0.618^40: 1e-10 of it
_MARGIN_PX = 3


@dataclass(frozen=True, slots=True)
class LensMap:
    """Where a straight picture's pixels go in the bent one.

    straight, bent: of the two pictures. Points are (…, 2) pixels, (column, row), centres at integers.
    """

    straight: Intrinsics
    bent: Intrinsics
    lens: Lens

    @property
    def is_identity(self) -> bool:
        return self.lens.is_straight and self.straight == self.bent

    @property
    def folds_at(self) -> float:
        """The tangent of the widest angle off the axis that the model is good for; inf: all that a pinhole sees."""
        return fold(self.lens)

    def distort_points(self, points_px: Points) -> Points:
        """From the straight picture to the bent one. What lies beyond the fold of the model becomes NaN."""
        return _pixels(bend(_plane(points_px, self.straight), self.lens), self.bent)

    def undistort_points(self, points_px: Points) -> Points:
        """From the bent picture to the straight one, to 1e-9 px. What no light could have reached becomes NaN."""
        return _pixels(straighten(_plane(points_px, self.bent), self.lens), self.straight)

    def distort_polygon(self, corners_px: Points) -> NDArray[np.float64]:
        """The rectangle (left, top, right, bottom) that just holds a polygon of the straight picture once it is bent.

        The edges bend too: a barrel's widest point is in the middle of an edge, not at its corners.

        Args:
            corners_px: (…, corners, 2), in order around the polygon. All must lie before the model's fold.
        """
        start = np.asarray(corners_px, np.float64)
        way = np.roll(start, -1, axis=-2) - start
        lowest = np.min(self._least_of_edges(start, way, 1.0), axis=-2)
        highest = -np.min(self._least_of_edges(start, way, -1.0), axis=-2)
        return np.concatenate([lowest, highest], axis=-1)

    def distort_box(self, box_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """``distort_polygon`` of rectangles (…, 4): left, top, right, bottom."""
        left, top, right, bottom = np.moveaxis(np.asarray(box_px, np.float64), -1, 0)
        corners = [np.stack(corner, axis=-1) for corner in
                   ((left, top), (right, top), (right, bottom), (left, bottom))]
        return self.distort_polygon(np.stack(corners, axis=-2))

    def _least_of_edges(self, start: Points, way: Points, sign: float) -> NDArray[np.float64]:
        """The least of sign·column and sign·row along each edge: by samples, then by the golden section."""
        def at(share: NDArray[np.float64]) -> NDArray[np.float64]:      # share: (…, corners, 2), one for each axis
            both = [self.distort_points(start + share[..., axis, None] * way)[..., axis] for axis in (0, 1)]
            return sign * np.stack(both, axis=-1)

        shares = np.linspace(0.0, 1.0, _EDGE_SAMPLES)
        sampled = np.stack([at(np.full(start.shape, share)) for share in shares])
        best = shares[np.argmin(sampled, axis=0)]
        low, high = np.maximum(best - shares[1], 0.0), np.minimum(best + shares[1], 1.0)
        for _ in range(_GOLDEN_STEPS):
            inner_low, inner_high = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
            left = at(inner_low) < at(inner_high)
            low, high = np.where(left, low, inner_low), np.where(left, inner_high, high)
        least: NDArray[np.float64] = np.minimum(np.min(sampled, axis=0), at((low + high) / 2))
        return least

    def warp(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        """A straight picture bent, bilinearly; what lies beyond its edges repeats them. (H, W) or (H, W, channels)."""
        return image if self.is_identity else _resampled(image, self.straight, straight_of_bent(self))

    def unwarp(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        """A bent picture made straight, as data sets "rectify" theirs: resampled once more, softer in the corners."""
        return image if self.is_identity else _resampled(image, self.bent, bent_of_straight(self))

    def warp_nearest(self, mask: NDArray[np.generic], beyond: int = 0) -> NDArray[np.generic]:
        """A straight picture of tags or numbers bent: each pixel takes one over, and ``beyond`` past the edges."""
        if self.is_identity:
            return mask
        _check(mask, self.straight)
        column, row = np.rint(straight_of_bent(self)).astype(np.int32)
        inside = (column >= 0) & (column < self.straight.width) & (row >= 0) & (row < self.straight.height)
        found = mask[np.where(inside, row, 0), np.where(inside, column, 0)]
        found[~inside] = beyond
        return found


def lens_map(straight: Intrinsics, lens: Lens, bent: Intrinsics | None = None) -> LensMap:
    """The map of a lens before a picture.

    Args:
        bent: of the bent picture. None: the size of the straight one, enlarged by just so much that no corner stays
            empty (a barrel sees more than a pinhole of the same focal length; the sharp way is to render wider).
            Calibration files of the bent picture carry these numbers.

    Raises:
        ValueError: if the model folds within the picture.
    """
    limit = max(float(np.hypot(*np.moveaxis(_plane(_border(straight), straight), -1, 0)).max()), 1e-9)
    if fold(lens) <= limit or not _keeps_sides(straight, lens):
        at, edge = (math.degrees(math.atan(tangent)) for tangent in (min(fold(lens), limit), limit))
        raise ValueError(f"the lens {lens.model}{lens.coefficients} folds the picture back onto itself {at:.0f}° off "
                         f"the axis, within its corners at {edge:.0f}°: take a narrower picture or other coefficients")
    return LensMap(straight, bent or _filled(straight, lens), lens)


def recording_map(straight: Intrinsics, lens: Lens) -> LensMap:
    """The map onto a sensor that sees all of the straight picture, of the same focal length: what is recorded before
    it is rectified, as KITTI's pictures were."""
    whole = lens_map(straight, lens, straight)
    reached = whole.distort_points(_border(straight))
    low = np.floor(reached.min(axis=0)).astype(int) - _MARGIN_PX
    high = np.ceil(reached.max(axis=0)).astype(int) + _MARGIN_PX
    width, height = (int(size) for size in high - low + 1)
    return LensMap(straight, Intrinsics(straight.f, straight.cx - low[0], straight.cy - low[1], width, height), lens)


def _filled(straight: Intrinsics, lens: Lens) -> Intrinsics:
    """The least enlargement that leaves no pixel of the bent picture empty, by bisection."""
    def enlarged(scale: float) -> Intrinsics:
        return Intrinsics(straight.f * scale, straight.cx, straight.cy, straight.width, straight.height)

    def is_full(scale: float) -> bool:
        column, row = LensMap(straight, enlarged(scale), lens).undistort_points(_border(straight)).T
        return bool(np.all((column >= -1e-9) & (column <= straight.width - 1 + 1e-9)
                           & (row >= -1e-9) & (row <= straight.height - 1 + 1e-9)))

    if is_full(1.0):
        return straight
    low, high = 1.0, 2.0
    while not is_full(high):
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if is_full(middle) else (middle, high)
    return enlarged(high)


@lru_cache(maxsize=16)
def straight_of_bent(way: LensMap) -> NDArray[np.float32]:
    """(2, H, W) columns and rows of the straight picture that the pixels of the bent one see. Not to be written."""
    return _grid(way.bent, way.undistort_points)


@lru_cache(maxsize=16)
def bent_of_straight(way: LensMap) -> NDArray[np.float32]:
    """(2, H, W) columns and rows of the bent picture that the pixels of the straight one see. Not to be written."""
    return _grid(way.straight, way.distort_points)


def _grid(size: Intrinsics, way: Callable[[Points], Points]) -> NDArray[np.float32]:
    pixels = np.stack(np.meshgrid(np.arange(size.width, dtype=float), np.arange(size.height, dtype=float)), axis=-1)
    # what no light reaches lies far outside
    found = np.nan_to_num(way(pixels), nan=-1e6)
    grid = np.ascontiguousarray(np.moveaxis(found, -1, 0).astype(np.float32))
    grid.setflags(write=False)
    return grid


def _resampled(image: NDArray[np.generic], size: Intrinsics, grid: NDArray[np.float32]) -> NDArray[np.generic]:
    _check(image, size)
    found: NDArray[np.generic] = cv2.remap(image, grid[0], grid[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found


def _check(image: NDArray[np.generic], size: Intrinsics) -> None:
    if image.shape[:2] != (size.height, size.width):
        raise ValueError(f"this lens map is for pictures of {size.width}×{size.height}, "
                         f"not {image.shape[1]}×{image.shape[0]}")


def _keeps_sides(straight: Intrinsics, lens: Lens) -> bool:
    """Whether tangential distortion leaves a fine grid of the picture unfolded: left stays left, up stays up."""
    columns = np.linspace(0, max(straight.width - 1, 1), 65)        # a single column has sides too
    rows = np.linspace(0, max(straight.height - 1, 1), 33)
    bent = bend(_plane(np.stack(np.meshgrid(columns, rows), axis=-1), straight), lens)
    across, down = bent[:-1, 1:] - bent[:-1, :-1], bent[1:, :-1] - bent[:-1, :-1]
    return bool(np.all(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0] > 0))


def _border(size: Intrinsics) -> Points:
    """(N, 2) all pixels of the picture's edge."""
    across, down = np.arange(size.width, dtype=float), np.arange(size.height, dtype=float)
    right, bottom = size.width - 1.0, size.height - 1.0
    sides = [(across, 0 * across), (across, 0 * across + bottom), (0 * down, down), (0 * down + right, down)]
    return np.concatenate([np.stack(side, axis=-1) for side in sides])


def _plane(points_px: Points, size: Intrinsics) -> Points:
    return (np.asarray(points_px, np.float64) - (size.cx, size.cy)) / size.f


def _pixels(points: Points, size: Intrinsics) -> Points:
    return points * size.f + (size.cx, size.cy)
