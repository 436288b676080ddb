"""The piece of the world that a map picture shows, and drawing on it.

nuScenes counts map coordinates from the south-west corner: x east, y north, both positive. Its map pictures have ten
pixels a metre, and the devkit looks up the point (x, y) in column 10·x, row height − 10·y.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PIXELS_PER_M = 10
FOREGROUND = 255
_SHIFT = 6                      # OpenCV's fixed-point bits: a 64th of a pixel
_WHOLE_M = 10.0                 # corners lie on multiples of this
_SMALLEST_PX2 = 50.0            # holes and crumbs under half a square metre are rounding

Points = NDArray[np.float64]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ring:
    """A polygon with holes: outer (N, 2) and holes (M, 2) each, metres, not closed."""

    outer: Points
    holes: tuple[Points, ...] = ()


@dataclass(frozen=True, slots=True)
class Canvas:
    """west_m, south_m: the corner in world coordinates. Map coordinates are world coordinates less this corner."""

    west_m: float
    south_m: float
    width_m: float
    height_m: float

    @classmethod
    def around(cls, bounds_m: tuple[float, float, float, float], margin_m: float) -> Canvas:
        """A canvas with a margin round left, bottom, right and top; its corners are multiples of 10 m."""
        left, bottom, right, top = bounds_m
        west, south = (_WHOLE_M * math.floor((low - margin_m) / _WHOLE_M) for low in (left, bottom))
        east, north = (_WHOLE_M * math.ceil((high + margin_m) / _WHOLE_M) for high in (right, top))
        return cls(west, south, east - west, north - south)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in world coordinates."""
        return self.west_m, self.south_m, self.west_m + self.width_m, self.south_m + self.height_m

    @property
    def shape_px(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return round(self.height_m * PIXELS_PER_M), round(self.width_m * PIXELS_PER_M)

    def blank(self) -> Picture:
        return np.zeros(self.shape_px, dtype=np.uint8)

    def pixels(self, world: Points) -> Points:
        """(N, 2) columns and rows, as fractions, of (N, 2) world points."""
        column = (world[:, 0] - self.west_m) * PIXELS_PER_M
        row = self.shape_px[0] - (world[:, 1] - self.south_m) * PIXELS_PER_M
        return np.column_stack([column, row])

    def world(self, pixels: Points) -> Points:
        """The inverse of ``pixels``."""
        x = pixels[:, 0] / PIXELS_PER_M + self.west_m
        y = (self.shape_px[0] - pixels[:, 1]) / PIXELS_PER_M + self.south_m
        return np.column_stack([x, y])

    def fill(self, picture: Picture, shapes: Iterable[Ring]) -> None:
        """Draw polygons with holes, given in world coordinates, into a picture of this canvas."""
        for ring in shapes:
            lines = [np.round(self.pixels(line) * 2**_SHIFT).astype(np.int32) for line in (ring.outer, *ring.holes)]
            cv2.fillPoly(picture, lines, (FOREGROUND,), cv2.LINE_8, _SHIFT)


def union(shapes: Iterable[Ring], beside: Iterable[Ring] = (), gap_m: float = 0.5) -> tuple[Ring, ...]:
    """The area that polygons cover together, to within a pixel of 10 cm, largest piece first.

    Args:
        beside: what lies next to it and is not part of it.
        gap_m: gaps narrower than this, between the polygons or up to what is beside, belong to the area.
    """
    inner, outer = list(shapes), list(beside)
    points = np.concatenate([ring.outer for ring in (*inner, *outer)])
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    canvas = Canvas.around((float(left), float(bottom), float(right), float(top)), margin_m=1.0 + gap_m)
    picture, other = canvas.blank(), canvas.blank()
    canvas.fill(picture, inner)
    canvas.fill(other, outer)
    return rings(canvas, np.where(other == 0, closed(picture | other, gap_m), 0).astype(np.uint8))


def closed(picture: Picture, gap_m: float) -> Picture:
    """The picture with gaps narrower than ``gap_m`` filled."""
    size = round(gap_m * PIXELS_PER_M) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_CLOSE, disc), dtype=np.uint8)


def rings(canvas: Canvas, picture: Picture) -> tuple[Ring, ...]:
    """The drawn areas of a picture as polygons in world coordinates, largest first."""
    contours, hierarchy = cv2.findContours(picture, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return ()
    simple = [cv2.approxPolyDP(contour, 1.0, True)[:, 0, :].astype(np.float64) for contour in contours]
    large = [len(line) >= 3 and cv2.contourArea(line.astype(np.float32)) >= _SMALLEST_PX2 for line in simple]
    parents = hierarchy[0][:, 3]
    found = [
        Ring(canvas.world(simple[k]),
             tuple(canvas.world(simple[h]) for h in np.flatnonzero(parents == k).tolist() if large[h]))
        for k in np.flatnonzero(parents < 0).tolist() if large[k]
    ]
    return tuple(sorted(found, key=lambda ring: -cv2.contourArea(ring.outer.astype(np.float32))))
