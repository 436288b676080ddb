"""Which points of a sweep lie on the ground, where nobody has said so.

Outwards from the car the ground rises and falls slowly: in each sector of the circle its height is followed from ring
to ring, and a cell whose lowest point leaps away from it holds no ground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SECTORS = 120
_NEAREST_M = 2.0
_GROWTH = 1.06                  # each cell is so much longer than the one before it
_CELLS = 70                     # the last one ends at 118 m
_STEEPEST = 0.10                # rise of a road over its length, at most
_ROUGHNESS_M = 0.12             # that the lowest points of neighbouring cells differ by on one surface
_ABOVE_M = 0.18                 # higher points of a cell stand on the ground
_START_WITHIN_M = 12.0
_LEVEL_STEP_M = 0.05


def is_ground(points_m: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(N,) does a point lie on the ground?

    Args:
        points_m: (N, 3) in LiDAR axes of a sensor that stands upright and sees the ground round it.
    """
    x, y, z = (np.asarray(points_m[:, axis], np.float64) for axis in range(3))
    away_m = np.hypot(x, y)
    edges: NDArray[np.float64] = _NEAREST_M * _GROWTH ** np.arange(_CELLS + 1.0)
    cell = np.searchsorted(edges, away_m, side="right") - 1
    inside = (cell >= 0) & (cell < _CELLS)
    if not inside.any():
        return np.zeros(len(x), bool)
    sector = ((np.arctan2(y, x) / (2.0 * np.pi) % 1.0) * _SECTORS).astype(np.intp) % _SECTORS
    lowest = np.full((_CELLS, _SECTORS), np.inf)
    np.minimum.at(lowest, (cell[inside], sector[inside]), z[inside])
    height = _followed(lowest, edges, _level(z[inside & (away_m < _START_WITHIN_M)], z[inside]))
    found = np.zeros(len(x), bool)
    found[inside] = z[inside] - height[cell[inside], sector[inside]] < _ABOVE_M
    return found


def _level(near_z: NDArray[np.float64], z: NDArray[np.float64]) -> float:
    """Height of the ground round the car: the fullest layer of all below the sensor."""
    below = near_z[near_z < 0.0] if (near_z < 0.0).any() else z
    layers, first = np.unique(np.floor(below / _LEVEL_STEP_M).astype(np.int64), return_counts=True)
    return (float(layers[first.argmax()]) + 0.5) * _LEVEL_STEP_M


def _followed(lowest: NDArray[np.float64], edges: NDArray[np.float64], start_m: float) -> NDArray[np.float64]:
    """(cells, sectors) height of the ground; a cell without any has that of the last one with some."""
    height = np.empty_like(lowest)
    now = np.full(lowest.shape[1], start_m)
    reached = np.full(lowest.shape[1], edges[0])
    for number, low in enumerate(lowest):
        middle = 0.5 * (edges[number] + edges[number + 1])
        allowed = _ROUGHNESS_M + _STEEPEST * (middle - reached)
        good = np.abs(low - now) <= allowed
        now = np.where(good, low, now)
        reached = np.where(good, middle, reached)
        # In a cell that leaps upwards nothing is ground, in one that only dips (a stray low point) the rest may be.
        height[number] = now
    return height
