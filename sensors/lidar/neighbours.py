"""Which beam of a sweep lies beside another one, by its place in the arrays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled

_TURN = 2 * math.pi


def stride(ring: NDArray[np.uint8], channels: int) -> int:
    """How many places further the next firing of the same beam is: 1 in sweeps that hold ring after ring, ``channels``
    in those that hold firing after firing; 0 if the order does not give it away.

    Whoever uses it looks at the beams' angles too: at the ends of rings, and where beams were left out, the next place
    holds no neighbour.
    """
    if len(ring) > 1 and ring[0] == ring[1]:
        return 1
    return channels if len(ring) > channels and ring[channels] == ring[0] else 0


def ring_starts(ring: NDArray[np.uint8], channels: int) -> NDArray[np.int64]:
    """(channels + 1,) where each ring starts in a sweep that holds ring after ring, and its end; empty for others."""
    if (ring[1:] < ring[:-1]).any():
        return np.empty(0, np.int64)
    return np.searchsorted(ring, np.arange(channels + 1)).astype(np.int64)


@compiled
def nearest_in_ring(direction: NDArray[np.float32], start: int, end: int, azimuth_rad: float) -> int:
    """The beam among start … end − 1 whose azimuth is nearest, −1 if there are none.

    They go round counter-clockwise, at most once, from any azimuth on; some may be missing.
    """
    if end <= start:
        return -1
    first = math.atan2(direction[start, 1], direction[start, 0])
    wanted = (azimuth_rad - first) % _TURN
    low, high = start, end              # the last one whose angle from the first is not beyond the wanted one
    while high - low > 1:
        middle = (low + high) // 2
        if (math.atan2(direction[middle, 1], direction[middle, 0]) - first) % _TURN <= wanted:
            low = middle
        else:
            high = middle
    after = low + 1 if low + 1 < end else start
    before_off = wanted - (math.atan2(direction[low, 1], direction[low, 0]) - first) % _TURN
    after_off = ((math.atan2(direction[after, 1], direction[after, 0]) - first) % _TURN - wanted) % _TURN
    return low if before_off <= after_off else after
