"""Where in the plane the roads are: their outlines drawn into rasters, and distances to them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.roadway import Stretch

Array = NDArray[np.float64]

_SHIFT = 6                # fractional bits of polygon corners handed to OpenCV


@dataclass(frozen=True, eq=False, slots=True)
class Footprint:
    """Convex quads (Q, 4, 2) that together cover the roads, with their mean heights (Q,) and bounds (Q, 2)."""

    quads: Array
    height: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, quads: Array) -> Footprint:
        """From quads (Q, 4, 3) in the world."""
        plan = quads[..., :2]
        return cls(plan, quads[..., 2].mean(axis=1), plan.min(axis=1), plan.max(axis=1))

    def choose(self, chosen: NDArray[np.bool_]) -> Footprint:
        """Only some of the quads."""
        return Footprint(self.quads[chosen], self.height[chosen], self.low[chosen], self.high[chosen])

    def joined(self, other: Footprint) -> Footprint:
        """Both footprints' quads."""
        return Footprint(
            np.concatenate([self.quads, other.quads]),
            np.concatenate([self.height, other.height]),
            np.concatenate([self.low, other.low]),
            np.concatenate([self.high, other.high]),
        )

    def bounds(self) -> tuple[Array, Array]:
        """Lowest and highest corner (2,) each."""
        return self.low.min(axis=0), self.high.max(axis=0)

    def near(self, low: Array, high: Array) -> Array:
        """The quads (K, 4, 2) that reach into a rectangle."""
        hit = np.all((self.high >= low) & (self.low <= high), axis=1)
        return self.quads[hit]


@dataclass(frozen=True, eq=False, slots=True)
class Raster:
    """A grid of square pixels; pixel (row, column) is centred at origin + cell·(column, row).

    values:  (H, W).
    """

    origin: Array
    cell_m: float
    values: NDArray[np.float32]

    def at(self, xy: Array) -> Array:
        """Values (N,) at ``xy`` (N, 2), bilinear; points outside take the border's value."""
        h, w = self.values.shape
        g = (xy - self.origin) / self.cell_m
        x, y = np.clip(g[:, 0], 0.0, w - 1.0), np.clip(g[:, 1], 0.0, h - 1.0)
        i, j = np.minimum(y.astype(np.int64), max(h - 2, 0)), np.minimum(x.astype(np.int64), max(w - 2, 0))
        fy, fx = y - i, x - j
        i1, j1 = np.minimum(i + 1, h - 1), np.minimum(j + 1, w - 1)
        v = self.values
        top = v[i, j] * (1.0 - fx) + v[i, j1] * fx
        bottom = v[i1, j] * (1.0 - fx) + v[i1, j1] * fx
        return np.asarray(top * (1.0 - fy) + bottom * fy)


def footprint(stretches: tuple[Stretch, ...], materials: tuple[Material, ...] | None = None) -> Footprint:
    """The quads of all lanes (of some materials): one for each lane and pair of stations."""
    pieces = []
    for stretch in stretches:
        for strip in stretch.strips:
            dropped = stretch.in_junction and strip.material == Material.GRASS
            if dropped or (materials is not None and strip.material not in materials):
                continue
            left, right = stretch.points(strip.t_left), stretch.points(strip.t_right)
            pieces.append(np.stack([right[:-1], right[1:], left[1:], left[:-1]], axis=1))
    return Footprint.of(np.concatenate(pieces) if pieces else np.zeros((0, 4, 3)))


def draw(quads: Array, origin: Array, cell_m: float, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """A mask (H, W): 1 where a pixel's centre lies in one of the quads (K, 4, 2), to within a pixel."""
    mask = np.zeros(shape, np.uint8)
    corners = np.round((quads - origin) / cell_m * (1 << _SHIFT)).astype(np.int32)
    for quad in corners:          # OpenCV draws one convex polygon a call; several at once would cancel out
        cv2.fillConvexPoly(mask, quad, 1, cv2.LINE_8, _SHIFT)
    return mask


def distance_m(mask: NDArray[np.uint8], cell_m: float) -> NDArray[np.float32]:
    """Distance (H, W) of each pixel to the nearest pixel of the mask, 0 inside it."""
    return np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * np.float32(cell_m))


def signed_distance_m(mask: NDArray[np.uint8], cell_m: float) -> NDArray[np.float32]:
    """Distance (H, W) to the mask's edge, negative inside it."""
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * np.float32(cell_m)
    return np.asarray(distance_m(mask, cell_m) - inside)


def distance_raster(area: Footprint, cell_m: float, margin_m: float) -> Raster:
    """Distances to the footprint over its bounds and ``margin_m`` around them."""
    low, high = area.bounds()
    low, high = low - margin_m, high + margin_m
    width, height = (np.ceil((high - low) / cell_m).astype(int) + 1).tolist()
    return Raster(low, cell_m, distance_m(draw(area.quads, low, cell_m, (height, width)), cell_m))
