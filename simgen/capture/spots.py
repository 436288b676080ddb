"""One spot of a lane: a ``carla.Waypoint`` and its place in right-handed map axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import carla

from simgen.motion.road import Place

LaneKey = tuple[int, int, int]                  # road, lane section, lane
SpotKey = tuple[int, int, int, float]           # … and the station along the road's reference line


def place_of(transform: carla.Transform) -> Place:
    """A CARLA transform as a right-handed place."""
    location, yaw_deg = transform.location, transform.rotation.yaw
    return Place(location.x, -location.y, location.z, -math.radians(yaw_deg))


def left_of(centre: Place, place: Place) -> float:
    """Signed distance of ``place`` to the left of the line through ``centre``."""
    return -(place.x_m - centre.x_m) * math.sin(centre.yaw_rad) + (place.y_m - centre.y_m) * math.cos(centre.yaw_rad)


def turned_rad(before: float, after: float) -> float:
    """From one heading to another the short way, counter-clockwise positive."""
    return math.remainder(after - before, math.tau)


@dataclass(frozen=True, eq=False, slots=True)
class Spot:
    """A waypoint with what is asked of it often. key: what walks remember it by. lane: the same without the station."""

    waypoint: carla.Waypoint
    place: Place
    junction: bool
    key: SpotKey
    lane: LaneKey

    @classmethod
    def of(cls, waypoint: carla.Waypoint) -> Spot:
        lane = waypoint.road_id, waypoint.section_id, waypoint.lane_id
        return cls(waypoint, place_of(waypoint.transform), waypoint.is_junction, (*lane, waypoint.s), lane)
