"""Things of the level that stand about before anybody comes, such as a town's parked cars: who would be in one?

The road does not tell of them, and nobody pushes them away: whoever is placed on one or walks through one is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.bodies import Body
from simgen.motion.outline import clearances_m
from simgen.motion.road import Place

Floats = NDArray[np.float64]

SAMPLE_S = 0.1
TOUCHING_M = 0.01           # bodies that are no deeper in each other touch
LEVELS_APART_M = 2.5        # what stands so much higher or lower is on another storey, or on a bridge


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """One thing of the level.

    kind:   what to call it: "car", "truck", "bus", "motorcycle" or "bicycle".
    place:  middle of its footprint; its body has its origin there.
    """

    kind: str
    place: Place
    body: Body


class OccupiedError(PlacementError):
    """Somebody would be in a thing of the level; from another start there may be room."""


def within(things: Iterable[Standing], centre: Place, reach_m: float) -> tuple[Standing, ...]:
    """Those at most ``reach_m`` from a place, seen from above."""
    return tuple(thing for thing in things
                 if np.hypot(thing.place.x_m - centre.x_m, thing.place.y_m - centre.y_m) <= reach_m)


def in_the_way(poses: Floats, body: Body, things: Sequence[Standing], room_m: float) -> Standing | None:
    """The first thing that a body comes nearer to than ``room_m``, or None.

    Args:
        poses: (T, 4) x, y, z, yaw of the body's origin.
        room_m: 0 for touching; negative: so deep may it be in one.
    """
    reach_m = body.length_m + body.width_m + abs(body.centre_x_m) + room_m
    for thing in things:
        there, size = thing.place, thing.body
        apart = np.hypot(poses[:, 0] - there.x_m, poses[:, 1] - there.y_m)
        near = (apart < reach_m + size.length_m + size.width_m) & (np.abs(poses[:, 2] - there.z_m) < LEVELS_APART_M)
        if near.any():
            row = np.array([[there.x_m, there.y_m, there.z_m, there.yaw_rad]])
            if (clearances_m(poses[near], body, row, size) < room_m).any():
                return thing
    return None


def require_free(role: str, poses: Floats, body: Body, things: Sequence[Standing], deepest_m: float) -> None:
    """Raises OccupiedError if somebody is deeper in a thing of the level than ``deepest_m`` at one of the ``poses``."""
    thing = in_the_way(poses, body, things, -deepest_m)
    if thing is not None:
        raise OccupiedError(
            f"{role}: {taken(thing)}; place it elsewhere along or beside the road, or choose a map without parked cars"
        )


def taken(thing: Standing) -> str:
    """What a person is told of a place that is taken; CARLA's axes, as in every message about a map."""
    return (f"a parked {thing.kind} of the level stands there, at x {thing.place.x_m:.1f}, y {-thing.place.y_m:.1f} "
            "(CARLA's axes)")
