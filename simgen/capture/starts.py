"""Where the ego may start: spawn points, or places moved along their lanes, that fulfil a road wish."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import carla
import numpy as np

from simgen.capture.arms import way_across
from simgen.capture.features import Features, hides_road, tightest_radius_m
from simgen.capture.lanes import STEP_M, Lanes
from simgen.capture.opendrive import RoadNote
from simgen.capture.spots import LaneKey, Spot, place_of, turned_rad
from simgen.capture.ways import Way
from simgen.errors import PlacementError, RequestError
from simgen.motion.clock import Clock
from simgen.motion.crossings import crossing_of
from simgen.motion.lines import Line
from simgen.motion.needs import Needs, ego_distance_m, needs_of
from simgen.motion.road import Place, StartOption
from simgen.scenario.plan import EpisodePlan

STRAIGHT_RAD = math.radians(12.0)       # a stretch that turns by less counts as straight
WIDEST_BEND_M = 1200.0                  # a bend whose tightest radius is larger is a straight to the eye
FEATURE_REACH_M = 150.0                 # from a spawn point, so far a feature is looked for
SAME_SPOT_M = 0.5
COVERED_M = 5.0             # of a body in a tunnel, from the ego's place when they meet on

# As the built-in simulator spaces its spawn points, so that a preview starts where the run will.
SPACING_M = 12.0
AHEAD_M = 20.0
BEHIND_M = 4.0
NARROWEST_M = 2.2


@dataclass(frozen=True, eq=False, slots=True)
class _Start:
    option: StartOption
    spot: Spot
    preferred: bool


class Starts:
    """Candidates for the ego's start on one map."""

    def __init__(
        self, name: str, lanes: Lanes, features: Features, spawn_points: Sequence[Place]
    ) -> None:
        self._name, self._lanes, self._features, self._points = name, lanes, features, tuple(spawn_points)
        self._spots: dict[int, Spot | None] = {}                # by spawn point, once they were looked for

    def find(self, plan: EpisodePlan) -> list[StartOption]:
        """Every start that fulfils the wish; of those on a straight road without junctions and others, only the former.

        Raises RequestError for a spawn point that does not exist, PlacementError if nothing suits; it says what lacked.
        """
        needs = needs_of(plan)
        lacking: Counter[str] = Counter()
        starts: list[_Start] = []
        tried: set[tuple[int, int, int]] = set()
        for index in self._indices(plan):
            spot = self._spot(index)
            if spot is None:
                lacking["a driving lane"] += 1
                continue
            for moved, near_m in self._moved(plan, needs, spot, tried, lacking):
                start = self._judged(plan, needs, moved, index, near_m, lacking)
                # Several spawn points of a lane are moved to one and the same place.
                if start is not None and not (near_m and any(_same(start, other) for other in starts)):
                    starts.append(start)
            if plan.ego.spawn.index is not None and len(starts) > 1:
                del starts[1:]
        if not starts:
            raise PlacementError(self._refusal(plan, lacking))
        preferred = [start.option for start in starts if start.preferred]
        return preferred or [start.option for start in starts]

    def _spot(self, index: int) -> Spot | None:
        if index not in self._spots:
            self._spots[index] = self._lanes.at(self._points[index])
        return self._spots[index]

    def _indices(self, plan: EpisodePlan) -> Sequence[int]:
        index = plan.ego.spawn.index
        if index is None:
            return range(len(self._points))
        if not 0 <= index < len(self._points):
            raise RequestError(
                f"{plan.name}: ego.spawn.index {index}: the map has spawn points 0 to {len(self._points) - 1}"
            )
        return (index,)

    def _moved(
        self, plan: EpisodePlan, needs: Needs, spot: Spot, tried: set[tuple[int, int, int]], lacking: Counter[str]
    ) -> list[tuple[Spot, float | None]]:
        """The start itself, or where it must be moved to so that the wished feature lies where it should.

        tried: features, by lane and rounded place, that another spawn point of the lane was moved to before.
        """
        near = plan.road.near
        if near is None:
            return [(spot, None)]
        assert plan.road.near_ahead_m is not None
        target_m = needs.start_m + plan.road.near_ahead_m
        try:
            way = self._lanes.walk(spot, max(FEATURE_REACH_M, target_m + 30.0), route=plan.ego.route)
        except PlacementError:
            lacking["the junctions of ego.route"] += 1
            return []
        shifts = sorted((station - target_m for station in self._features.stations(near, way, target_m)), key=abs)
        moved: list[tuple[Spot, float | None]] = []
        for shift in shifts:
            feature = way.spots[int(np.searchsorted(way.stations_m, target_m + shift))]
            key = (feature.waypoint.lane_id, round(feature.place.x_m), round(feature.place.y_m))
            if key in tried and near != "parking":
                continue
            tried.add(key)
            there = spot if abs(shift) < 1e-3 else self._lanes.moved(spot, shift)
            if there is not None:
                moved.append((there, target_m))
        if not shifts:
            lacking[f"a {near} {plan.road.near_ahead_m:.0f} m ahead"] += 1
        return moved

    def _judged(
        self, plan: EpisodePlan, needs: Needs, spot: Spot, index: int, near_m: float | None, lacking: Counter[str]
    ) -> _Start | None:
        """A start with what speaks for it, or None; then ``lacking`` knows why."""
        try:
            ahead = self._lanes.walk(spot, needs.ahead_m, route=plan.ego.route)
        except PlacementError:
            lacking["the junctions of ego.route"] += 1
            return None
        behind = self._lanes.walk(spot, needs.behind_m, backwards=True)
        missing = self._missing(plan, needs, ahead, behind, near_m)
        if missing is not None:
            lacking[missing] += 1
            return None
        straight = float(np.ptp(ahead.yaw_rad)) < STRAIGHT_RAD
        junctions_wanted = bool(plan.ego.route or needs.arms or plan.road.near == "junction")
        free = not ahead.junction.any()
        preferred = (plan.road.curve is not None or straight) and (junctions_wanted or free)
        return _Start(StartOption(spot.place, index, near_m), spot, preferred)

    def _missing(self, plan: EpisodePlan, needs: Needs, ahead: Way, behind: Way, near_m: float | None) -> str | None:
        """The first thing that the road from here lacks."""
        wish, features = plan.road, self._features
        start = ahead.spots[0]
        if start.junction:
            return "a start outside junctions"
        if ahead.length_m < needs.ahead_m - STEP_M or behind.length_m < needs.behind_m - STEP_M:
            return f"{needs.ahead_m:.0f} m of road ahead and {needs.behind_m:.0f} m behind"
        if wish.lanes is not None and self._lanes.layout(start).count != wish.lanes:
            return f"{wish.lanes} driving lanes"
        if near_m is not None and not any(
            abs(station - near_m) < SAME_SPOT_M for station in features.stations(wish.near or "", ahead, near_m)
        ):
            return f"a {wish.near} on the way"          # after the move, its lane comes from elsewhere
        missing = self._missing_lane(needs, ahead, behind)
        if missing is not None:
            return missing
        stretch = ahead.part(int(np.searchsorted(ahead.stations_m, needs.start_m)), len(ahead))
        missing = self._wrong_shape(plan, stretch)
        if missing is not None:
            return missing
        if wish.crest:
            hidden_m = _farthest_m(plan, needs)
            if not hides_road(ahead, needs.start_m, hidden_m):
                return f"a crest that hides the road {hidden_m - needs.start_m:.0f} m ahead of the first frame's ego"
        if wish.tunnel and not self._under_cover(ahead, _farthest_m(plan, needs)):
            return "a tunnel over what is farthest ahead"
        return self._missing_turn(plan, ahead) or self._missing_arm(plan, needs, ahead, behind)

    def _under_cover(self, ahead: Way, station_m: float) -> bool:
        """Is a body's length of road from there on in a tunnel?"""
        first, last = np.searchsorted(ahead.stations_m, (station_m, station_m + COVERED_M))
        spots = ahead.spots[first : last + 1]
        return bool(len(spots)) and all(self._features.in_tunnel(spot) for spot in spots)

    def _missing_lane(self, needs: Needs, ahead: Way, behind: Way) -> str | None:
        """Neighbouring lanes must be there along the whole stretch, an oncoming one ahead. Junctions, whose lanes know
        only themselves, are not asked."""
        if not needs.lanes and not needs.oncoming:
            return None
        sections = _lane_sections(ahead)
        if needs.oncoming and any(math.isnan(self._lanes.layout(spot).oncoming_m) for spot in sections):
            return "an oncoming lane"
        for number in sorted(needs.lanes, key=abs):
            for spot in (*sections, *_lane_sections(behind)):
                if number not in self._lanes.layout(spot).lanes:
                    return lane_words(number)
        return None

    @staticmethod
    def _missing_turn(plan: EpisodePlan, ahead: Way) -> str | None:
        """A turn that the ego would never come to is no turn."""
        if not plan.ego.route:
            return None
        driven_m = ego_distance_m(plan, Clock.of(plan).ends_s(plan.capture.frames))
        driven = ahead.junction[: int(np.searchsorted(ahead.stations_m, driven_m)) + 1]
        entered = int(np.count_nonzero(driven[1:] & ~driven[:-1]))
        if entered >= len(plan.ego.route):
            return None
        return f"{len(plan.ego.route)} junctions on the {driven_m:.0f} m that the ego drives (ego.route)"

    def _missing_arm(self, plan: EpisodePlan, needs: Needs, ahead: Way, behind: Way) -> str | None:
        """Whoever comes along an arm must cross the ego's way; its meet moves the ego's start, for which there must be
        road."""
        if not needs.arms:
            return None
        entry = next((spot for spot in ahead.spots if spot.junction), None)
        if entry is None:
            return f"a junction on the {needs.ahead_m:.0f} m ahead"
        for actor in plan.actors:
            arm = actor.placement.arm
            if arm is None or actor.background:
                continue
            across = way_across(self._lanes, entry, arm)  # type: ignore[arg-type]
            if across is None:
                return f"a junction with a lane straight across it from the {arm}"
            crossing = crossing_of(ahead.xyz_m[:, :2], ahead.yaw_rad, Line(across.xyz_m))
            if crossing is None:
                return f"a junction where the way straight across from the {arm} crosses the ego's"
            if actor.meet is None:
                continue
            samples = np.arange(len(ahead))
            back_m = ego_distance_m(plan, actor.meet.time_s) - float(
                np.interp(crossing.sample, samples, ahead.stations_m))
            if back_m > behind.length_m:
                return f"{back_m:.0f} m more of road before the junction, where the ego would have to start"
        return None

    @staticmethod
    def _wrong_shape(plan: EpisodePlan, stretch: Way) -> str | None:
        wish = plan.road
        straight = float(np.ptp(stretch.yaw_rad)) < STRAIGHT_RAD
        if wish.curve == "straight" and not straight:
            return "a straight stretch"
        if wish.curve == "bend" or wish.radius_m is not None:
            least, greatest = wish.radius_m or (0.0, WIDEST_BEND_M)
            if straight or not least <= tightest_radius_m(stretch) <= greatest:
                return f"a bend with a radius of {least:.0f} to {greatest:.0f} m"
        return None

    def _refusal(self, plan: EpisodePlan, lacking: Counter[str]) -> str:
        if plan.ego.spawn.index is not None:
            what = ", ".join(lacking)
            return f"{plan.name}: map {self._name}: spawn point {plan.ego.spawn.index} lacks {what}"
        reasons = "; ".join(f"{count} lack {what}" for what, count in lacking.most_common())
        return (
            f"{plan.name}: map {self._name} has no place for the ego: of its {len(self._points)} spawn points {reasons}"
            if self._points else f"{plan.name}: map {self._name} has no spawn points"
        )


def _lane_sections(way: Way) -> list[Spot]:
    """A spot of each lane section outside junctions that a way leads through."""
    found: dict[LaneKey, Spot] = {}
    for spot in way.spots:
        if not spot.junction and spot.lane not in found:
            found[spot.lane] = spot
    return list(found.values())


def lane_words(number: int) -> str:
    """How a person calls a neighbouring lane that is missing."""
    side = "right" if number > 0 else "left"
    which = "next" if abs(number) == 1 else f"{abs(number)}. lane"
    return f"a lane to the {side} of the ego's (the {which} on that side, on the ego's own carriageway, all along)"


def _farthest_m(plan: EpisodePlan, needs: Needs) -> float:
    """The station that a crest must hide: of whoever stands farthest ahead, or where the ego is at the end."""
    stands = [
        needs.start_m + actor.placement.ahead_m for actor in plan.actors
        if not actor.background and actor.placement.of == "ego" and (actor.placement.ahead_m or 0.0) > 0.0
        and actor.placement.ahead_m is not None
    ]
    meets = [ego_distance_m(plan, actor.meet.time_s) for actor in plan.actors if actor.meet is not None]
    return max(stands + meets, default=ego_distance_m(plan, Clock.of(plan).ends_s(plan.capture.frames)))


def _same(a: _Start, b: _Start) -> bool:
    here, there = a.option.place, b.option.place
    return (
        math.dist((here.x_m, here.y_m, here.z_m), (there.x_m, there.y_m, there.z_m)) < SAME_SPOT_M
        and abs(turned_rad(here.yaw_rad, there.yaw_rad)) < 1.0
    )


def own_spawn_points(world_map: carla.Map, notes: Sequence[RoadNote]) -> tuple[Place, ...]:
    """Spawn points for a map that no server has given any: every 12 m on driving lanes outside junctions.

    The same places in the same order as the built-in simulator's, lanes from left to right in file order.
    """
    return tuple(
        place
        for note in notes if not note.in_junction
        for section in range(len(note.sections))
        for place in _on_section(world_map, note, section)
    )


def _on_section(world_map: carla.Map, note: RoadNote, section: int) -> list[Place]:
    begin = note.sections[section]
    end = note.sections[section + 1] if section + 1 < len(note.sections) else note.length_m
    stations = [s for s in np.arange(0.5 * SPACING_M, note.length_m, SPACING_M) if begin <= s <= end]
    found: list[Place] = []
    for lane_id in _lane_ids(world_map, note, stations):
        forward = (lane_id < 0) == note.right_hand
        low = 0.0 if note.starts_somewhere else (BEHIND_M if forward else AHEAD_M)
        high = note.length_m - (0.0 if note.ends_somewhere else (AHEAD_M if forward else BEHIND_M))
        waypoints = [world_map.get_waypoint_xodr(note.road_id, lane_id, float(s)) for s in stations if low <= s <= high]
        places = [place_of(w.transform) for w in waypoints if w is not None and w.lane_width >= NARROWEST_M]
        found += places if forward else reversed(places)
    return found


def _lane_ids(world_map: carla.Map, note: RoadNote, stations: Sequence[float]) -> list[int]:
    """Driving lanes of a section, from the leftmost to the rightmost."""
    ids: set[int] = set()
    for s in stations[:1]:
        for sign in (1, -1):
            for number in range(1, note.most_lanes + 1):
                waypoint = world_map.get_waypoint_xodr(note.road_id, sign * number, float(s))
                if waypoint is not None and waypoint.lane_type == carla.LaneType.Driving:
                    ids.add(sign * number)
    return sorted(ids, reverse=True)
