"""Lanes of a ``carla.Map``, walked metre by metre and looked across.

Everything leaves here in right-handed map axes (x east, y left of it, z up); ``carla.Map`` is asked in CARLA's axes and
its answers are turned at once. The map may come from a server or from OpenDRIVE text alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.road import Place

STEP_M = 1.0
# Beyond this change of heading a way through a junction is a turn, not straight on.
TURN_RAD = math.radians(30.0)
LONGEST_JUNCTION_M = 80.0

DRIVABLE = (carla.LaneType.Driving, carla.LaneType.Bidirectional)
# What may lie between the driving lanes of one road: across these, the next driving lane still belongs to it.
BETWEEN = (
    carla.LaneType.Shoulder, carla.LaneType.Median, carla.LaneType.Border, carla.LaneType.Restricted,
    carla.LaneType.Biking, carla.LaneType.Tram, carla.LaneType.NONE,
)


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
    """A waypoint with what is asked of it often. key: what the walk remembers it by."""

    waypoint: carla.Waypoint
    place: Place
    junction: bool
    key: tuple[int, int, int, float]

    @classmethod
    def of(cls, waypoint: carla.Waypoint) -> Spot:
        key = (waypoint.road_id, waypoint.section_id, waypoint.lane_id, waypoint.s)
        return cls(waypoint, place_of(waypoint.transform), waypoint.is_junction, key)


@dataclass(frozen=True, eq=False, slots=True)
class Across:
    """A road's cross-section as seen from one of its lanes; metres to the left of that lane's centre line.

    left_edge_m, right_edge_m: outer edges of the outermost driving lanes. oncoming_m: centre of the nearest lane of the
    opposite direction, or nan. lanes: centre by number, 1 the next to the right, −1 the next to the left.
    parking: "left", "right" or both, where a parking lane lies beside the road.
    """

    left_edge_m: float
    right_edge_m: float
    oncoming_m: float
    lanes: dict[int, float]
    width_m: float
    parking: frozenset[str]


class Lanes:
    """A map's lanes. What was walked once is remembered: many walks share most of their way."""

    def __init__(self, world_map: carla.Map) -> None:
        self.map = world_map
        self._next: dict[tuple[tuple[int, int, int, float], bool], tuple[Spot, ...]] = {}
        self._across: dict[tuple[int, int, int, float], Across] = {}

    def at(self, place: Place) -> Spot | None:
        """The driving lane nearest to a place."""
        location = carla.Location(place.x_m, -place.y_m, place.z_m)
        waypoint = self.map.get_waypoint(location, True, carla.LaneType.Driving)
        return None if waypoint is None else self._spot(waypoint)

    def _spot(self, waypoint: carla.Waypoint) -> Spot:
        """The waypoint at the nearest whole centimetre of its road. Two walks that come along the same lane meet there
        exactly, so that what is remembered of one is true of the other, whichever came first."""
        s = round(waypoint.s, 2)
        whole = self.map.get_waypoint_xodr(waypoint.road_id, waypoint.lane_id, s)
        same = whole is not None and whole.section_id == waypoint.section_id and abs(whole.s - waypoint.s) < 0.01
        return Spot.of(whole if same else waypoint)

    def options(self, spot: Spot, backwards: bool = False) -> tuple[Spot, ...]:
        """Where the lane goes on a metre further; nowhere at its end."""
        key = (spot.key, backwards)
        if key not in self._next:
            waypoint = spot.waypoint
            onward = waypoint.previous(STEP_M) if backwards else waypoint.next(STEP_M)
            self._next[key] = tuple(self._spot(option) for option in onward)
        return self._next[key]

    def turn_rad(self, before: Spot, option: Spot, backwards: bool = False) -> float:
        """How far a way turns to the left from ``before`` until it has left the junction that ``option`` lies in."""
        here = option
        for _ in range(round(LONGEST_JUNCTION_M / STEP_M)):
            onward = self.options(here, backwards)
            if not here.junction or not onward:
                break
            here = onward[0]
        return turned_rad(before.place.yaw_rad, here.place.yaw_rad)

    def walk(
        self, start: Spot, length_m: float, backwards: bool = False, route: Sequence[str] = ()
    ) -> tuple[Spot, ...]:
        """The lane from ``start`` (included) for ``length_m`` or until it ends.

        route: "straight", "left" or "right" for the junctions ahead, in order; straight on after the last.
        Raises PlacementError if a junction has no such turn.
        """
        walked = [start]
        turns = iter(route)
        gone_m = 0.0
        while gone_m < length_m:
            here = walked[-1]
            onward = self.options(here, backwards)
            if not onward:
                break
            entering = onward[0].junction and not here.junction
            chosen = self._chosen(here, onward, backwards, next(turns, None) if entering else None, gone_m)
            gone_m += math.dist(_xyz(here)[:2], _xyz(chosen)[:2])
            walked.append(chosen)
        return tuple(walked)

    def _chosen(
        self, here: Spot, onward: tuple[Spot, ...], backwards: bool, turn: str | None, gone_m: float
    ) -> Spot:
        if turn is None and len(onward) == 1:
            return onward[0]
        turns = {option.key: self.turn_rad(here, option, backwards) for option in onward}

        def straightest(option: Spot) -> tuple[float, int, int]:
            return abs(turns[option.key]), option.waypoint.road_id, option.waypoint.lane_id

        best = min(onward, key=straightest)
        if turn is None:
            return best
        if turn == "straight":
            fits = [best] if abs(turns[best.key]) <= TURN_RAD else []
        else:
            sign = 1.0 if turn == "left" else -1.0
            fits = [option for option in onward if sign * turns[option.key] > TURN_RAD]
            fits.sort(key=lambda option: abs(abs(turns[option.key]) - math.pi / 2))
        if not fits:
            way = "straight on" if turn == "straight" else f"to the {turn}"
            raise PlacementError(
                f"ego.route: no way leads {way} at the junction {gone_m:.0f} m ahead; "
                "choose another turn or spawn point"
            )
        return fits[0]

    def across(self, spot: Spot) -> Across:
        """The road's cross-section at a spot."""
        if spot.key not in self._across:
            self._across[spot.key] = _look_across(spot)
        return self._across[spot.key]

    def moved(self, spot: Spot, ahead_m: float) -> Spot | None:
        """The spot ``ahead_m`` along the lane (negative: back), exact within centimetres; None beyond its end."""
        walked = self.walk(spot, abs(ahead_m) + STEP_M, backwards=ahead_m < 0)
        stations = stations_m(walked)
        if stations[-1] < abs(ahead_m) - 1e-6:
            return None
        whole = int(np.searchsorted(stations, abs(ahead_m) + 1e-9, side="right")) - 1
        rest_m = abs(ahead_m) - float(stations[whole])
        if rest_m < 0.01:
            return walked[whole]
        waypoint = walked[whole].waypoint
        target = walked[min(whole + 1, len(walked) - 1)]
        onward = [Spot.of(w) for w in (waypoint.previous(rest_m) if ahead_m < 0 else waypoint.next(rest_m))]
        # At a fork, the piece that lies on the way that was walked.
        return min(onward, key=lambda o: math.dist(_xyz(o), _xyz(target)), default=None)


def _xyz(spot: Spot) -> tuple[float, float, float]:
    return spot.place.x_m, spot.place.y_m, spot.place.z_m


def xyz_m(spots: Sequence[Spot]) -> NDArray[np.float64]:
    """(N, 3)."""
    return np.array([_xyz(spot) for spot in spots]).reshape(-1, 3)


def stations_m(spots: Sequence[Spot]) -> NDArray[np.float64]:
    """(N,) length of the way from the first spot, seen from above. CARLA's metre is one of the reference line, which a
    bend's inner lanes are shorter than; this one is the lane's own."""
    steps = np.hypot(*np.diff(xyz_m(spots)[:, :2], axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _outwards(spot: Spot, to_left: bool) -> list[carla.Waypoint]:
    """All lanes from a spot's own (left out) to the road's border, the nearest first, also across the centre line."""
    own_sign = spot.waypoint.lane_id > 0
    here, seen = spot.waypoint, {spot.waypoint.lane_id}
    lanes: list[carla.Waypoint] = []
    while True:
        # A lane of the other direction has its own left and right.
        mirrored = (here.lane_id > 0) != own_sign
        beside = here.get_left_lane() if to_left != mirrored else here.get_right_lane()
        if beside is None or beside.lane_id in seen or beside.road_id != here.road_id:
            return lanes
        seen.add(beside.lane_id)
        lanes.append(beside)
        here = beside


def _look_across(spot: Spot) -> Across:
    own_sign = spot.waypoint.lane_id > 0
    half_m = 0.5 * float(spot.waypoint.lane_width)
    edges = {"left": half_m, "right": -half_m}
    lanes, oncoming, parking = {0: 0.0}, math.nan, set()
    for side, sign in (("left", 1), ("right", -1)):
        number = 0
        for lane in _outwards(spot, to_left=side == "left"):
            centre = left_of(spot.place, place_of(lane.transform))
            if lane.lane_type in DRIVABLE:
                number -= sign
                lanes[number] = centre
                edges[side] = centre + sign * 0.5 * float(lane.lane_width)
                if (lane.lane_id > 0) != own_sign and (math.isnan(oncoming) or abs(centre) < abs(oncoming)):
                    oncoming = centre
            elif lane.lane_type == carla.LaneType.Parking:
                parking.add(side)
                break
            elif lane.lane_type not in BETWEEN:
                break
    return Across(edges["left"], edges["right"], oncoming, lanes, 2 * half_m, frozenset(parking))
