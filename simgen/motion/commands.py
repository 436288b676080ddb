"""What an actor is told for one tick. Capture carries these out on a simulator, rehearsals on puppets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simgen.motion.road import Place


@dataclass(frozen=True, slots=True)
class Walk:
    """A walker or an animal goes so fast in that direction (right-handed map axes) during the tick; 0 m/s: stands."""

    heading_rad: float
    speed_mps: float


@dataclass(frozen=True, eq=False, slots=True)
class Drive:
    """A vehicle follows ``path_m`` (N, 2), right-handed, at the tick's mean speed.

    The path is the same object as long as it does not change. brake: the brake lamps should be on.
    """

    path_m: NDArray[np.float64]
    speed_mps: float
    brake: bool = False


@dataclass(frozen=True, slots=True)
class Carry:
    """Something that cannot move by itself (a prop, or an animal without animation) is put there at the tick's end.

    z_m is that of the place where it started; the caller puts it on the ground.
    """

    place: Place


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """A vehicle opens a door, in this tick only, and goes on as before: "front_left", "front_right", "rear_left",
    "rear_right", "trunk"."""

    door: str


@dataclass(frozen=True, slots=True)
class Stay:
    """Stands where it is, and is not pushed: vehicles with the hand brake on."""


Command: TypeAlias = Walk | Drive | Carry | OpenDoor | Stay
