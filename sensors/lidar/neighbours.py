"""Which beam of a sweep lies beside another one, by its place in the arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def strides(ring: NDArray[np.uint8], channels: int) -> tuple[int, int]:
    """How many places further the next firing of the same beam is, and the next beam of the same firing.

    Sweeps hold ring after ring or firing after firing. 0 stands for a neighbour that the order does not give away, as
    of sweeps whose rings are not equally long. Whoever uses strides looks at the beams' angles too: at the ends of
    rings the next place holds no neighbour.
    """
    if len(ring) < 2:
        return 0, 0
    if ring[0] == ring[1]:
        length, rest = divmod(len(ring), channels)
        regular = rest == 0 and bool((ring[::length] == np.arange(channels)).all())
        return 1, length if regular else 0
    if len(ring) > channels and ring[channels] == ring[0]:
        return channels, 1
    return 0, 1
