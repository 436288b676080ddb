"""Lanes of a ``carla.Map``, walked metre by metre and looked across.

Everything leaves here in right-handed map axes (x east, y left of it, z up); ``carla.Map`` is asked in CARLA's axes and
its answers are turned at once. The map may come from a server or from OpenDRIVE text alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import carla
import numpy as np

from simgen.capture.across import Across, look_across
from simgen.capture.spots import LaneKey, Spot, SpotKey, turned_rad
from simgen.capture.ways import Piece, Way
from simgen.errors import PlacementError
from simgen.motion.road import Place

STEP_M = 1.0
# Beyond this change of heading a way through a junction is a turn, not straight on.
TURN_RAD = math.radians(30.0)
LONGEST_JUNCTION_M = 80.0
PIECE_SPOTS = 256


class Lanes:
    """A map's lanes. What was walked once is remembered: many walks share most of their way.

    For that all walks tread on the same spots: from wherever they start, on the whole metres of the road's own
    station, one after the other.
    """

    def __init__(self, world_map: carla.Map) -> None:
        self.map = world_map
        self._spots: dict[SpotKey, Spot] = {}
        self._next: dict[tuple[SpotKey, bool], tuple[Spot, ...]] = {}
        self._pieces: dict[tuple[SpotKey, bool], tuple[Piece, int]] = {}
        self._across: dict[SpotKey, Across] = {}
        self._layouts: dict[LaneKey, Across] = {}

    def at(self, place: Place) -> Spot | None:
        """The driving lane nearest to a place."""
        location = carla.Location(place.x_m, -place.y_m, place.z_m)
        waypoint = self.map.get_waypoint(location, True, carla.LaneType.Driving)
        return None if waypoint is None else self._spot(waypoint)

    def _spot(self, waypoint: carla.Waypoint) -> Spot:
        """The waypoint at the nearest whole centimetre of its road. Two walks that come along the same lane meet there
        exactly, so that what is remembered of one is true of the other, whichever came first."""
        lane = waypoint.road_id, waypoint.section_id, waypoint.lane_id
        return self._on(lane, round(waypoint.s, 2)) or Spot.of(waypoint)

    def _on(self, lane: LaneKey, s: float) -> Spot | None:
        """The spot of a lane at a station of its road; None beyond the ends of its lane section."""
        known = self._spots.get((*lane, s))
        if known is not None:
            return known
        road, section, number = lane
        whole = self.map.get_waypoint_xodr(road, number, s)
        if whole is None or whole.section_id != section or abs(whole.s - s) >= 0.01:
            return None
        return self._spots.setdefault((*lane, s), Spot.of(whole))

    def options(self, spot: Spot, backwards: bool = False) -> tuple[Spot, ...]:
        """Where the lane goes on about a metre further, on the next whole one; nowhere at its end."""
        key = (spot.key, backwards)
        if key not in self._next:
            # Lanes to the right of the reference line lead along it, those to the left of it against it.
            along = (spot.waypoint.lane_id < 0) != backwards
            following = self._on(spot.lane, float(round(spot.waypoint.s)) + (STEP_M if along else -STEP_M))
            if following is not None:
                self._next[key] = (following,)
            else:
                onward = spot.waypoint.previous(STEP_M) if backwards else spot.waypoint.next(STEP_M)
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

    def walk(self, start: Spot, length_m: float, backwards: bool = False, route: Sequence[str] = ()) -> Way:
        """The lane from ``start`` (included) for ``length_m`` or until it ends.

        route: "straight", "left" or "right" for the junctions ahead, in order; straight on after the last.
        Raises PlacementError if a junction has no such turn.
        """
        walked: list[Way] = []
        here, gone_m = start, 0.0
        for turn in route:
            before = self._to_junction(here, length_m - gone_m, backwards)
            last = before.spots[-1]
            onward = self.options(last, backwards)
            gone_m += before.length_m
            if gone_m >= length_m or not onward or not onward[0].junction:
                walked.append(before)
                return Way.joined(walked)
            walked.append(before)
            here = self._chosen(last, onward, backwards, turn, gone_m)
            gone_m += math.hypot(here.place.x_m - last.place.x_m, here.place.y_m - last.place.y_m)
        walked += self._straight_on(here, length_m - gone_m, backwards)
        return Way.joined(walked)

    def _to_junction(self, start: Spot, length_m: float, backwards: bool) -> Way:
        """Straight on as far as the last spot before the next junction; out of a junction that it starts in first."""
        way = Way.joined(self._straight_on(start, length_m, backwards))
        entries = np.flatnonzero(way.junction[1:] & ~way.junction[:-1])
        return way.part(0, int(entries[0]) + 1) if len(entries) else way

    def _straight_on(self, start: Spot, length_m: float, backwards: bool) -> list[Way]:
        """The walk without turns, in parts of pieces."""
        parts: list[Way] = []
        here: Spot | None = start
        left_m = length_m
        while here is not None:
            piece, first = self._piece(here, backwards)
            stations = piece.way.stations_m
            # The step from the piece before may already have been far enough: then it is this spot alone.
            beyond = int(np.searchsorted(stations, stations[first] + max(left_m, 0.0), side="left")) + 1
            parts.append(piece.way.part(first, min(beyond, len(stations))))
            if beyond <= len(stations):
                break
            last, here = piece.way.spots[-1], piece.onward
            if here is not None:
                step_m = math.hypot(here.place.x_m - last.place.x_m, here.place.y_m - last.place.y_m)
                left_m -= float(stations[-1] - stations[first]) + step_m
        return parts

    def _piece(self, spot: Spot, backwards: bool) -> tuple[Piece, int]:
        """The piece that a spot lies on, and which of its spots it is."""
        found = self._pieces.get((spot.key, backwards))
        if found is not None:
            return found
        spots, here = [spot], self._straight_after(spot, backwards)
        keys = {spot.key}
        while here is not None and len(spots) < PIECE_SPOTS and here.key not in keys and (
            (here.key, backwards) not in self._pieces
        ):
            spots.append(here)
            keys.add(here.key)
            here = self._straight_after(here, backwards)
        piece = Piece(Way.of(spots), here)
        for number, one in enumerate(spots):
            self._pieces[one.key, backwards] = piece, number
        return piece, 0

    def _straight_after(self, spot: Spot, backwards: bool) -> Spot | None:
        onward = self.options(spot, backwards)
        return self._chosen(spot, onward, backwards, None, 0.0) if onward else None

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
            self._across[spot.key] = look_across(spot)
        return self._across[spot.key]

    def layout(self, spot: Spot) -> Across:
        """The cross-section somewhere on a spot's lane section: which lanes there are is the same all along it."""
        if spot.lane not in self._layouts:
            self._layouts[spot.lane] = self.across(spot)
        return self._layouts[spot.lane]

    def moved(self, spot: Spot, ahead_m: float) -> Spot | None:
        """The spot ``ahead_m`` along the lane (negative: back), exact within centimetres; None beyond its end."""
        walked = self.walk(spot, abs(ahead_m) + STEP_M, backwards=ahead_m < 0)
        if walked.length_m < abs(ahead_m) - 1e-6:
            return None
        whole = int(np.searchsorted(walked.stations_m, abs(ahead_m) + 1e-9, side="right")) - 1
        rest_m = abs(ahead_m) - float(walked.stations_m[whole])
        here = walked.spots[whole]
        if rest_m < 0.01:
            return here
        target = walked.spots[min(whole + 1, len(walked) - 1)].place
        onward = here.waypoint.previous(rest_m) if ahead_m < 0 else here.waypoint.next(rest_m)
        # At a fork, the piece that lies on the way that was walked.
        return min(map(Spot.of, onward), key=lambda o: _apart_m(o.place, target), default=None)


def _apart_m(a: Place, b: Place) -> float:
    return math.dist((a.x_m, a.y_m, a.z_m), (b.x_m, b.y_m, b.z_m))
