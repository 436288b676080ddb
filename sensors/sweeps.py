"""The data that flows through a LiDAR: beams as a simulator casts them, and points as a device reports them.

LiDAR axes: x forward, y left, z up; metres, seconds. Arrays are handed over, not copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Cause(IntEnum):
    """What a point of a measured sweep comes from. The numbers are those of the files."""

    OBJECT = 1      # anything solid that is not the ground
    GROUND = 2
    FOG = 3
    RAIN = 4
    SNOW = 5        # a flake in the air; lying snow is GROUND or OBJECT
    SPRAY = 6
    DUST = 7
    NOISE = 8       # nothing was there: stray light, cross-talk, a ghost in a mirror


class Loss(IntEnum):
    """Why a beam that met a surface gave no point of it."""

    TOO_WEAK = 1        # already in clear air: too far, too dark, too oblique, or beside an edge
    ATTENUATED = 2      # by fog, rain, snow, spray or dust on the way
    WET = 3             # a wet surface mirrored it away
    OUTSHONE = 4        # something nearer returned more
    DROPPED = 5         # the device lost it for reasons of its own


@dataclass(frozen=True, eq=False, slots=True)
class CleanSweep:
    """One turn in a world without weather, by a device without faults: every beam, also those that met nothing.

    direction:      (N, 3) float32 unit vectors.
    range_m:        (N,) float32; infinite where nothing was met.
    cos_incidence:  (N,) float32 in [0, 1]; 1 where nothing was met.
    tag:            (N,) uint8, CARLA semantic tag; 11 (sky) where nothing was met.
    actor_id:       (N,) uint32, 0 for the level and for nothing.
    ring:           (N,) uint8, beam number from the top.
    time_s:         (N,) float32, when each beam was fired, relative to the sweep's moment; all 0 if at one instant.
    reflectance:    (N,) float32, ρ·f(θ) at the device's wavelength, 1 for a white diffuser struck squarely, more for
                    retroreflectors; None: as tag and incidence say (``surfaces``).

    Raises:
        TypeError, ValueError: if something is no array or has another shape.
    """

    direction: NDArray[np.float32]
    range_m: NDArray[np.float32]
    cos_incidence: NDArray[np.float32]
    tag: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]
    ring: NDArray[np.uint8]
    time_s: NDArray[np.float32]
    reflectance: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(self.range_m)
        for name in ("direction", "range_m", "cos_incidence", "tag", "actor_id", "ring", "time_s", "reflectance"):
            array = getattr(self, name)
            if array is None and name == "reflectance":
                continue
            if not isinstance(array, np.ndarray):
                raise TypeError(f"{name} is a numpy array, got {type(array).__name__}")
            if len(array) != count:
                raise ValueError(f"{name} has {len(array)} rows, range_m has {count}")
            row = (3,) if name == "direction" else ()
            if array.shape[1:] != row:
                raise ValueError(f"{name} has the shape {array.shape}, expected {(count, *row)}")

    def __len__(self) -> int:
        return len(self.range_m)

    @property
    def is_hit(self) -> NDArray[np.bool_]:
        """(N,) did the beam meet a surface?"""
        return np.isfinite(self.range_m)


@dataclass(frozen=True, eq=False, slots=True)
class LostReturns:
    """Surfaces that were met and not reported. beam: (L,) int32 into the clean sweep. loss: (L,) uint8, ``Loss``."""

    beam: NDArray[np.int32]
    loss: NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class MeasuredSweep:
    """What the device reports, in the order of the clean sweep's beams; a beam's returns one after the other.

    points_m:         (M, 3) float32.
    intensity:        (M,) float32 in [0, 1], quantised as the device does.
    cause:            (M,) uint8, ``Cause``.
    beam:             (M,) int32, index into the clean sweep.
    return_number:    (M,) uint8: 0 the first one reported of the beam (by the device's rule), 1 the second.
    range_before_m:   (M,) float32, where the beam's surface is, without weather and noise; infinite if there is none.
    tag, actor_id, ring, time_s: (M,) as in the clean sweep; tag and actor_id are 0 for points that no surface gave.
    lost:             None unless asked for.
    """

    points_m: NDArray[np.float32]
    intensity: NDArray[np.float32]
    cause: NDArray[np.uint8]
    beam: NDArray[np.int32]
    return_number: NDArray[np.uint8]
    range_before_m: NDArray[np.float32]
    tag: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]
    ring: NDArray[np.uint8]
    time_s: NDArray[np.float32]
    lost: LostReturns | None = None

    def __len__(self) -> int:
        return len(self.points_m)
