"""Doors that open: where they hang, how they swing, and how that is drawn.

A plan says which door opens, the rehearsal when. Its size is a share of the car's: the doors of saloon cars reach from
28 % to 51 % and to 71 % of the length from the front on; a simulator's own may be a little longer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.events import StepTaken
from simgen.motion.needs import steps_of
from simgen.scenario.plan import Step

Floats = NDArray[np.float64]

SWING_S = 1.0               # that a door takes to open, as in the built-in simulator
SWING_RAD = math.radians(65.0)
THICK_M = 0.12
_SPANS = {"front": (0.28, 0.51), "rear": (0.51, 0.71)}      # of the length, from the front on
_TAILGATE_M = 0.6           # how far an open one reaches behind the car


@dataclass(frozen=True, slots=True)
class Door:
    """A door that opens. opens_s: when it begins to. hinge_m: x ahead of, y to the left of the car's origin.

    turn_rad: from straight back when shut (0) to how it stands open, counter-clockwise. width_m: across, of a tailgate.
    """

    name: str
    opens_s: float
    hinge_m: tuple[float, float]
    length_m: float
    turn_rad: float
    width_m: float = THICK_M

    def turned_rad(self, time_s: float) -> float:
        """How far it has swung at a time; it starts and stops gently."""
        share = min(max((time_s - self.opens_s) / SWING_S, 0.0), 1.0)
        return self.turn_rad * share * share * (3.0 - 2.0 * share)

    def outline_m(self, turned_rad: float) -> Floats:
        """(4, 2) in the car's axes."""
        half = self.width_m / 2
        local = np.array([(0.0, half), (-self.length_m, half), (-self.length_m, -half), (0.0, -half)])
        c, s = math.cos(turned_rad), math.sin(turned_rad)
        return np.asarray(local @ np.array([[c, s], [-s, c]]) + self.hinge_m)

    def arc_m(self) -> Floats:
        """(N, 2) the way of its free end, in the car's axes; a tailgate's does not swing sideways and has none."""
        turns = np.linspace(0.0, self.turn_rad, 12 if self.turn_rad else 0)
        return np.column_stack([self.hinge_m[0] - self.length_m * np.cos(turns),
                                self.hinge_m[1] - self.length_m * np.sin(turns)])


def opened_doors(program: Sequence[Step], taken: Sequence[StepTaken], body: Body) -> Iterator[Door]:
    """The doors that a program opened in a play, in the order in which its steps say them."""
    names = [step.door for step in steps_of(tuple(program)) if step.verb == "open_door" and step.door is not None]
    begun = [step.begins_s for step in taken if step.verb == "open_door"]
    for name, opens_s in zip(names, begun, strict=False):           # some may never have had their turn
        yield _door(name, opens_s, body)


def _door(name: str, opens_s: float, body: Body) -> Door:
    if name == "trunk":
        return Door(name, opens_s, (body.rear_m, 0.0), _TAILGATE_M, 0.0, 0.8 * body.width_m)
    row, side = name.split("_")
    front, rear = (body.front_m - share * body.length_m for share in _SPANS[row])
    sign = 1.0 if side == "left" else -1.0
    # The free end points back and swings outwards: to the left clockwise, as seen from above.
    return Door(name, opens_s, (front, sign * (body.width_m / 2 - THICK_M / 2)), front - rear, -sign * SWING_RAD)
