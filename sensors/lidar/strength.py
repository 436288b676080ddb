"""The LiDAR equation for whole sweeps: ``link.received_power`` in one loop, without arrays for what lies between."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled


def surface_power(
    reflectance: NDArray[np.float32], range_m: NDArray[np.float32], extinction_per_m: float,
    overlap_m: tuple[float, float],
) -> NDArray[np.float32]:
    """(N,) P(R) of surfaces that fill their beams; 0 where nothing is met. Arguments: ``link.received_power``."""
    return _powers(reflectance, range_m, -2 * extinction_per_m, *overlap_m)


@compiled
def _powers(
    reflectance: NDArray[np.float32], range_m: NDArray[np.float32], both_ways_per_m: float, overlap_from_m: float,
    overlap_to_m: float,
) -> NDArray[np.float32]:
    power = np.empty(len(range_m), np.float32)
    for i in range(len(range_m)):
        r = range_m[i]
        if r == np.inf:
            power[i] = 0
            continue
        p = reflectance[i] / (r * r)
        if both_ways_per_m != 0:
            p *= math.exp(np.float32(both_ways_per_m) * r)
        if r < overlap_to_m:
            p *= max(r - overlap_from_m, 0.0) / (overlap_to_m - overlap_from_m)
        power[i] = p
    return power
