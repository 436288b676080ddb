"""The shape of the land: it meets every road's edge and rises to hills farther away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.footprint import Footprint, Raster, distance_raster, draw, signed_distance_m
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.infill import fill_unknown

Array = NDArray[np.float64]

PIXEL_M = 0.125           # raster for distances to a road's edge
TILE_M = 48.0
NEAR_M = 12.0             # within this distance the land follows the nearest edge exactly
DROP_M = 0.024            # grass lies this much lower than the road's edge
CLEARANCE_M = 3.0         # a road this far above another one is a bridge
ABUTMENT_M = 15.0         # a bridge begins this far before the road below
BASE_CELL_M = 4.0
BASE_MARGIN_M = 240.0
LARGEST_RASTER = 12e6     # pixels

_TURNS = np.arange(8) * (np.pi / 4.0)
_AROUND = np.array([(0.0, 0.0), *(r * np.array([np.cos(a), np.sin(a)]) for r in (0.1, 0.2, 0.4) for a in _TURNS)])


@dataclass(frozen=True, eq=False, slots=True)
class Landscape:
    """What the land looks like beyond the verges.

    flat_m:      within this distance of a road the land is level with it (room for houses).
    ditch_m:     depth of the ditch along roads without pavement.
    """

    flat_m: float
    ditch_m: float


@dataclass(frozen=True, eq=False, slots=True)
class Waves:
    """A smooth random surface: a sum of plane sine waves with a root mean square of ``amplitude_m``."""

    amplitude_m: float
    vectors: Array
    phases: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, amplitude_m: float, shortest_m: float, longest_m: float) -> Waves:
        """Twelve waves with lengths between the two."""
        angle, length = rng.uniform(0.0, 2.0 * np.pi, 12), rng.uniform(shortest_m, longest_m, 12)
        vectors = np.stack([np.cos(angle), np.sin(angle)]) * (2.0 * np.pi / length)
        return cls(amplitude_m, vectors, rng.uniform(0.0, 2.0 * np.pi, 12))

    def at(self, xy: Array) -> Array:
        """Heights (N,)."""
        phase = xy[:, :1] * self.vectors[:1] + xy[:, 1:] * self.vectors[1:] + self.phases
        return np.asarray(self.amplitude_m * np.sqrt(2.0 / 12.0) * np.sin(phase).sum(axis=1))


class Relief:
    """Heights of the terrain and distances to the roads. Bridges do not shape the land; it passes below them."""

    def __init__(self, roads: Footprint, road_ground: Ground, landscape: Landscape, rng: np.random.Generator) -> None:
        deck = bridges(roads, road_ground)
        self._roads, self._bridged = roads.choose(~deck), bool(deck.any())
        self._ground, self._landscape = road_ground, landscape
        low, high = roads.bounds()
        area = float(np.prod(high - low + 2.0 * BASE_MARGIN_M))
        self._distance = distance_raster(roads, max(0.5, float(np.sqrt(area / LARGEST_RASTER))), BASE_MARGIN_M)
        self._base = _base(self._roads, road_ground)
        self._meadow = Waves.draw(rng, 0.9, 60.0, 220.0)
        self._hills = Waves.draw(rng, 14.0, 380.0, 1100.0)
        self._ridges = Waves.draw(rng, 70.0, 1200.0, 3200.0)

    def distance(self, xy: Array) -> Array:
        """Distance (N,) to the nearest road, 0 on it; good to about a raster cell."""
        raster = self._distance
        far = raster.origin + raster.cell_m * (np.array(raster.values.shape[::-1]) - 1)
        outside = np.linalg.norm(np.maximum(np.maximum(raster.origin - xy, xy - far), 0.0), axis=1)
        return np.asarray(raster.at(xy) + outside)

    def near(self, xy: Array) -> tuple[Array, Array]:
        """Heights (N,) and signed distances (N,) to the roads' edges, negative on roads.

        Where the signed distance is larger than NEAR_M it is only approximate.
        """
        distance = self.distance(xy)
        height = self._wild(xy, distance)
        close = np.flatnonzero(distance < NEAR_M - 1.0)
        signed = distance.copy()
        tile = np.floor(xy[close] / TILE_M).astype(np.int64)
        order = np.lexsort((tile[:, 1], tile[:, 0]))
        close, tile = close[order], tile[order]
        starts = np.flatnonzero(np.any(np.diff(tile, axis=0) != 0, axis=1)) + 1
        for members in np.split(close, starts) if len(close) else []:
            edge, gap, kind = self._edge(xy[members])
            known = np.isfinite(edge)
            share = _smooth(2.0, NEAR_M - 2.0, gap)
            meadow = height[members]
            blended = np.where(known, edge, meadow) * (1.0 - share) + meadow * share
            height[members] = blended + self._verge(gap, kind)
            signed[members] = gap
        return height, signed

    def _edge(self, xy: Array) -> tuple[Array, Array, NDArray[np.int32]]:
        """Height of the nearest road edge, signed distance to it, and its material, for points of one tile."""
        low = np.floor(xy.min(axis=0)) - NEAR_M - 1.0
        size = np.ceil((xy.max(axis=0) + NEAR_M + 1.0 - low) / PIXEL_M).astype(int) + 1
        mask = draw(self._roads.near(low, low + size * PIXEL_M), low, PIXEL_M, (int(size[1]), int(size[0])))
        if not mask.any():
            return np.full(len(xy), np.nan), np.full(len(xy), NEAR_M), np.full(len(xy), -1, np.int32)
        signed = Raster(low, PIXEL_M, signed_distance_m(mask, PIXEL_M)).at(xy)
        _, label = cv2.distanceTransformWithLabels(1 - mask, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        row, column = np.nonzero(mask)
        pixel = np.zeros((len(row) + 1, 2))
        pixel[label[row, column]] = np.stack([column, row], axis=1) * PIXEL_M + low
        at = np.round((xy - low) / PIXEL_M).astype(int)
        nearest = pixel[label[at[:, 1], at[:, 0]]]
        # A pixel of the edge may be centred just outside the road: look around it, a little farther each time.
        height = np.full(len(xy), np.nan)
        kind = np.full(len(xy), -1, np.int32)
        for step in _AROUND:
            missing = np.flatnonzero(np.isnan(height))
            if not len(missing):
                break
            height[missing] = self._ground.lowest(nearest[missing] + step)
            kind[missing] = self._ground.surface(nearest[missing] + step)
        if self._bridged:         # … and not at the deck of a bridge that happens to pass over the edge
            low = np.fmin.reduce([self._ground.lowest(nearest + step) for step in _AROUND[:17]])
            height = np.where(height - low > CLEARANCE_M, low, height)
        return height, signed, kind

    def _verge(self, gap: Array, kind: NDArray[np.int32]) -> Array:
        ditch = np.where(kind == Material.ASPHALT, self._landscape.ditch_m, 0.0)
        return verge_profile(gap, ditch)

    def _wild(self, xy: Array, distance: Array) -> Array:
        """The land away from roads."""
        flat = self._landscape.flat_m
        return np.asarray(
            self._base.at(xy)
            + self._meadow.at(xy) * _smooth(flat, flat + 60.0, distance)
            + self._hills.at(xy) * _smooth(flat + 40.0, flat + 700.0, distance)
            + np.abs(self._ridges.at(xy)) * _smooth(350.0, 2200.0, distance)
        )


def bridges(roads: Footprint, ground: Ground) -> NDArray[np.bool_]:
    """Which quads (Q,) pass over another road, or lie on the same deck close to one that does."""
    centre = roads.quads.mean(axis=1)
    below = np.zeros(len(centre), bool)
    for probe in (centre, *(0.5 * (centre + roads.quads[:, k]) for k in range(4))):
        below |= ground.lowest(probe) < roads.height - CLEARANCE_M
    grown = below.copy()
    for k in np.flatnonzero(below):
        away = np.linalg.norm(centre - centre[k], axis=1)
        same_deck = np.abs(roads.height - roads.height[k]) < 0.5 + 0.2 * away
        grown |= (away < ABUTMENT_M) & same_deck
    return np.asarray(grown)


def verge_profile(gap: Array, ditch_m: Array | float) -> Array:
    """Height of the land against the road's edge, ``gap`` (N,) away: a shallow ditch between two flat strips."""
    return np.asarray(np.interp(gap, [0.6, 1.3, 2.6, 3.2, 5.2], [0.0, -0.12, -1.0, -1.0, 0.0]) * ditch_m - DROP_M)


def _base(roads: Footprint, ground: Ground) -> Raster:
    """Heights of the roads, spread smoothly over the land between and around them."""
    low, high = roads.bounds()
    cell = max(BASE_CELL_M, float(np.sqrt(np.prod(high - low + 2.0 * BASE_MARGIN_M) / 2e6)))
    low = low - BASE_MARGIN_M
    width, rows = np.ceil((high + BASE_MARGIN_M - low) / cell).astype(int) + 1
    centre = roads.quads.mean(axis=1)
    probes = np.concatenate([centre, *(0.5 * (centre + roads.quads[:, k]) for k in range(4))])
    height = ground.lowest(probes)
    probes, height = probes[np.isfinite(height)], height[np.isfinite(height)]
    column, row = np.round((probes - low) / cell).astype(int).T
    pixel = row * width + column
    count = np.bincount(pixel, minlength=width * rows)
    total = np.bincount(pixel, height, width * rows)
    known = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(rows, width)
    filled = fill_unknown(known)
    soft = cv2.GaussianBlur(filled, (0, 0), 2.5)
    return Raster(low, cell, soft.astype(np.float32))


def _smooth(start: float, end: float, value: Array) -> Array:
    x = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))
