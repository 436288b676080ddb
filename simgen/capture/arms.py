"""The arms of a junction: where traffic comes from that crosses the ego's way."""

from __future__ import annotations

import math

import carla

from simgen.capture.lanes import TURN_RAD, Lanes
from simgen.capture.spots import Spot, place_of, turned_rad
from simgen.capture.ways import Way
from simgen.motion.road import Arm, Place

ARM_M = 200.0                   # of an arm's way before the junction, and beyond it
ARM_TOLERANCE_RAD = math.radians(45.0)
# Where an arm's traffic comes from → its heading, seen from the ego's: from the left it drives to the right.
HEADING_RAD: dict[str, float] = {"left": -math.pi / 2, "right": math.pi / 2, "opposite": math.pi}


def way_across(lanes: Lanes, entry: Spot, which: Arm) -> Way | None:
    """The way of the traffic that comes to the ego's junction along one of its arms and leads straight across; None if
    there is none. entry: where the ego enters the junction."""
    start = lane_across(entry, which)
    if start is None:
        return None
    back = lanes.walk(start, ARM_M, backwards=True).spots[:0:-1]
    return Way.of((*back, *lanes.walk(start, ARM_M).spots))


def lane_across(entry: Spot, which: Arm) -> Spot | None:
    """Where a lane enters the ego's junction from one of its arms and leads straight across it; None if none does.

    entry: where the ego enters the junction. Of several lanes it is the straightest, and of those the nearest.
    """
    junction = entry.waypoint.get_junction() if entry.junction else None
    if junction is None:
        return None
    heading = entry.place.yaw_rad + HEADING_RAD[which]
    best: tuple[float, float] | None = None
    found: carla.Waypoint | None = None
    for begin, end in junction.get_waypoints(carla.LaneType.Driving):
        first, last = place_of(begin.transform), place_of(end.transform)
        turn = abs(turned_rad(first.yaw_rad, last.yaw_rad))
        if abs(turned_rad(heading, first.yaw_rad)) > ARM_TOLERANCE_RAD or turn > TURN_RAD:
            continue
        rank = (round(turn, 3), _apart_m(first, entry.place))
        if best is None or rank < best:
            best, found = rank, begin
    return None if found is None else Spot.of(found)


def _apart_m(a: Place, b: Place) -> float:
    return math.hypot(a.x_m - b.x_m, a.y_m - b.y_m)
