"""What comes back to a receiver from one kind of thing, beam by beam, before the device decides what to report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Echo:
    """At most one return a beam.

    range_m:  (N,) float32, infinite where nothing returns.
    power:    (N,) float32 in the units of P(R) = ρ·cosθ·exp(−2αR)/R²·ξ(R): a white diffuser at 1 m in clear air gives
              1. 0 where nothing returns.
    cause:    (N,) uint8, ``sensors.sweeps.Cause``; 0 where nothing returns.
    actor_id: (N,) uint32, whose doing it is (a vehicle's spray); 0 of nobody's.
    """

    range_m: NDArray[np.float32]
    power: NDArray[np.float32]
    cause: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]

    @classmethod
    def none(cls, count: int) -> Echo:
        """Of ``count`` beams, none of which returns anything."""
        return cls(
            range_m=np.full(count, np.inf, dtype=np.float32),
            power=np.zeros(count, dtype=np.float32),
            cause=np.zeros(count, dtype=np.uint8),
            actor_id=np.zeros(count, dtype=np.uint32),
        )


@dataclass(frozen=True, eq=False, slots=True)
class SurfaceEcho(Echo):
    """Of surfaces other than the one that a beam's middle meets. tag: (N,) uint8, their semantic tags."""

    tag: NDArray[np.uint8]


class Returned(NamedTuple):
    """What comes back of each beam's surface, (N,) float32 each.

    range_m: where it seems to lie: where it is, or between two surfaces that the beam meets.
    power:   in units of P(R).
    """

    range_m: NDArray[np.float32]
    power: NDArray[np.float32]
