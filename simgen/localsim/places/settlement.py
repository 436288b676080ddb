"""Where houses stand: along streets that have pavements, side by side, off every road and off each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.footprint import Raster
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.houses import GARAGE_M, House, build_house
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roadway import Stretch
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.styles import garden_style, town_style

Array = NDArray[np.float64]

CELL_M = 0.5
MOST_HOUSES = 240         # in larger towns some plots stay empty, so that the mesh keeps its size
PLOT_M = 17.0             # frontage of a plot, on average


class Occupied:
    """A map of what is built on, so that nothing is put on top of anything else."""

    def __init__(self, low: Array, high: Array) -> None:
        self._low = low
        self._cell = max(CELL_M, float(np.sqrt(np.prod(high - low) / 2e7)))
        columns, rows = np.ceil((high - low) / self._cell).astype(int) + 1
        self._mask = np.zeros((rows, columns), np.uint8)

    def take(self, corners: Array) -> None:
        """Mark a convex polygon (K, 2)."""
        cv2.fillConvexPoly(self._mask, self._pixels(corners), 1)

    def is_free(self, corners: Array) -> bool:
        """Does a convex polygon (K, 2) touch nothing that was marked?"""
        pixels = self._pixels(corners)
        low = np.maximum(pixels.min(axis=0), 0)
        high = np.minimum(pixels.max(axis=0) + 1, self._mask.shape[::-1])
        window = self._mask[low[1] : high[1], low[0] : high[0]]
        if not window.size:
            return True
        own = np.zeros(window.shape, np.uint8)
        cv2.fillConvexPoly(own, pixels - low.astype(np.int32), 1)
        return not np.any(own & window)

    def clearance(self) -> Raster:
        """Distance to the nearest marked cell."""
        distance = cv2.distanceTransform(1 - self._mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return Raster(self._low, self._cell, np.asarray(distance * np.float32(self._cell)))

    def _pixels(self, corners: Array) -> NDArray[np.int32]:
        return np.round((corners - self._low) / self._cell).astype(np.int32)


@dataclass(frozen=True, eq=False, slots=True)
class Frontage:
    """The outer edge of a pavement, seen from the street from left to right.

    points:  (N, 3); along: distance of each from the first.
    urban:   closed rows of town houses, rather than detached ones in gardens.
    """

    points: Array
    along: Array
    urban: bool

    def at(self, distance: float) -> Array:
        """The point (3,) at a distance from the left end."""
        return np.array([np.interp(distance, self.along, self.points[:, k]) for k in range(3)])


def frontages(stretches: tuple[Stretch, ...]) -> list[Frontage]:
    """The outer pavement edges of all streets outside junctions."""
    found = []
    for stretch in stretches:
        if stretch.in_junction or not stretch.strips:
            continue
        urban = any(strip.lane.kind == "parking" for strip in stretch.strips)
        left, right = stretch.strips[0], stretch.strips[-1]
        if left.material == Material.SIDEWALK:
            found.append(_frontage(stretch.points(left.t_left, left.lift_left), urban))
        if right.material == Material.SIDEWALK:
            found.append(_frontage(stretch.points(right.t_right, right.lift_right)[::-1], urban))
    return found


def settle(
    builder: MeshBuilder,
    lines: list[Frontage],
    relief: Relief,
    roads: Ground,
    occupied: Occupied,
    rng: np.random.Generator,
) -> list[tuple[House, bool]]:
    """Build houses along the frontages; returns each with whether it is detached, and marks them as occupied."""
    houses: list[tuple[House, bool]] = []
    share = min(1.0, MOST_HOUSES * PLOT_M / max(sum(line.along[-1] for line in lines), 1.0))
    for line in lines:
        position, neighbour = float(rng.uniform(0.2, 1.5)), False
        while position < line.along[-1] - 7.0:
            house = _draw(line, position, neighbour, rng)
            outline = _outline(house, 0.0)
            # Neighbours in a row share a wall; all others keep apart.
            apart = -0.6 if neighbour else (0.4 if line.urban else 1.5)
            free = (
                occupied.is_free(_outline(house, apart))
                and np.all(relief.distance(_plan(house, -0.5)) > 0.3)
                and np.all(roads.surface(_plan(house, 0.1)) < 0)
            )
            if not free:
                position, neighbour = position + 2.5, False
                continue
            if rng.random() > share:
                position, neighbour = position + house.width, False
                continue
            occupied.take(outline)
            houses.append((house, not line.urban))
            gap = 0.0
            if not line.urban:
                gap = float(rng.uniform(4.5, 8.0))
            elif rng.random() < 0.2:
                gap = float(rng.uniform(2.5, 5.0)) if rng.random() < 0.7 else float(rng.uniform(12.0, 20.0))
            neighbour = line.urban and gap == 0.0
            position += house.width + (GARAGE_M[0] if house.garage else 0.0) + gap + 0.01
    for k, (house, detached) in enumerate(houses):
        # Whether a wall on the right is covered is known only when the next house stands.
        joined = k + 1 < len(houses) and houses[k + 1][0].attached[0]
        house = replace(house, attached=(house.attached[0], joined))
        build_house(builder, house, rng)
        houses[k] = (house, detached)
    return houses


def _draw(line: Frontage, position: float, neighbour: bool, rng: np.random.Generator) -> House:
    """A house whose front begins ``position`` metres along the line."""
    if line.urban:
        width, depth = float(rng.uniform(9.5, 16.0)), float(rng.uniform(9.5, 11.5))
        storeys = int(rng.choice([2, 3, 3, 4], p=[0.25, 0.3, 0.2, 0.25]))
        setback, pitch = 0.35, 0.0 if rng.random() < 0.22 else float(rng.uniform(0.65, 0.95))
        shop, gable_front = bool(rng.random() < 0.4), False
        style = town_style(rng, storeys, pitch == 0.0)
    else:
        width, depth = float(rng.uniform(9.0, 12.5)), float(rng.uniform(8.0, 9.5))
        storeys = int(rng.choice([1, 2], p=[0.4, 0.6]))
        setback, pitch = float(rng.uniform(4.5, 6.5)), float(rng.uniform(0.7, 1.0))
        shop, gable_front = False, bool(rng.random() < 0.35)
        style = garden_style(rng)
    start, end = line.at(position), line.at(position + width)
    along = (end - start) * [1.0, 1.0, 0.0]
    along /= np.linalg.norm(along) + 1e-9
    back = np.cross([0.0, 0.0, 1.0], along)
    corner = start + back * setback
    corner[2] = min(start[2], end[2]) - 0.02
    return House(corner, along, width, depth, storeys, pitch, gable_front, shop, (neighbour, False), style,
                 garage=not line.urban and gable_front is False and bool(rng.random() < 0.4))


def _outline(house: House, margin: float) -> Array:
    """Corners (4, 2) of the house's plan with its garage, grown by ``margin``."""
    a, b = house.along[:2], house.back[:2]
    corner = house.corner[:2] - (a + b) * margin
    wide = house.width + (GARAGE_M[0] if house.garage else 0.0)
    w, d = a * (wide + 2 * margin), b * (house.depth + 2 * margin)
    return np.array([corner, corner + w, corner + w + d, corner + d])


def _plan(house: House, margin: float) -> Array:
    """Points (K, 2) all over the house's plan grown by ``margin``."""
    a, b, c, d = _outline(house, margin)
    u, v = (g.ravel()[:, None] for g in np.meshgrid(np.linspace(0, 1, 15), np.linspace(0, 1, 9)))
    return np.asarray((a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v)


def _frontage(points: Array, urban: bool) -> Frontage:
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points[:, :2], axis=0), axis=1))])
    return Frontage(points, along, urban)
