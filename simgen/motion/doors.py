"""Doors that stand open: where they hang, how they swing, and the room that their leaves take.

Their size is a share of the car's: the doors of saloon cars reach from 28 % to 51 % and to 71 % of the length from the
front on; a simulator's own may be a little longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.motion.bodies import Body
from simgen.motion.road import Place

Floats = NDArray[np.float64]

SWING_S = 1.0               # that a door takes to open, as in the built-in simulator
SWING_RAD = math.radians(65.0)
THICK_M = 0.12
TAILGATE = "trunk"
_SPANS = {"front": (0.28, 0.51), "rear": (0.51, 0.71)}      # of the length, from the front on
_TAILGATE_M = 0.6           # how far an open one reaches behind the car


@dataclass(frozen=True, slots=True)
class Door:
    """A door that opens. opens_s: when it begins to. hinge_m: x ahead of, y to the left of the car's origin.

    leaf: its own box, shut straight back from the hinge. turn_rad: how far it swings, counter-clockwise; 0 of a
    tailgate, which swings up.
    """

    name: str
    opens_s: float
    hinge_m: tuple[float, float]
    leaf: Body
    turn_rad: float

    @classmethod
    def of(cls, name: str, opens_s: float, body: Body) -> Door:
        """A door of a car, by the name that plans have for it."""
        if name == TAILGATE:
            return cls(name, opens_s, (body.rear_m, 0.0), _leaf(_TAILGATE_M, 0.8 * body.width_m, body), 0.0)
        row, side = name.split("_")
        front, rear = (body.front_m - share * body.length_m for share in _SPANS[row])
        sign = 1.0 if side == "left" else -1.0
        # The free end points back and swings outwards: to the left clockwise, as seen from above.
        return cls(name, opens_s, (front, sign * (body.width_m / 2 - THICK_M / 2)), _leaf(front - rear, THICK_M, body),
                   -sign * SWING_RAD)

    @property
    def stands_out(self) -> bool:
        """Is it in the way of who passes? A tailgate, which is up, is not."""
        return self.turn_rad != 0.0

    def turned_rad(self, times_s: ArrayLike) -> Floats:
        """How far it has swung at some times; it starts and stops gently."""
        share = np.clip((np.asarray(times_s, dtype=np.float64) - self.opens_s) / SWING_S, 0.0, 1.0)
        return np.asarray(self.turn_rad * share * share * (3.0 - 2.0 * share))

    def place(self, car: Place, time_s: float) -> Place:
        """Of its leaf, whose origin is the hinge, on a car that is there then."""
        hinge = car.shifted(*self.hinge_m)
        return hinge.facing(car.yaw_rad + float(self.turned_rad(time_s)))

    def track(self, times_s: Floats, car: Floats) -> Floats:
        """(T, 4) x, y, z, yaw of its leaf on a car whose origin goes along (T, 4)."""
        c, s = np.cos(car[:, 3]), np.sin(car[:, 3])
        x, y = self.hinge_m
        return np.column_stack([
            car[:, 0] + c * x - s * y, car[:, 1] + s * x + c * y, car[:, 2], car[:, 3] + self.turned_rad(times_s)])


def _leaf(length_m: float, width_m: float, body: Body) -> Body:
    return Body(length_m, width_m, body.height_m, centre_x_m=-length_m / 2)
