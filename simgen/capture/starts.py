"""Where the ego may start: spawn points, or places moved along their lanes, that fulfil a road wish."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.capture.arms import lane_across
from simgen.capture.features import Features, hides_road, tightest_radius_m
from simgen.capture.lanes import STEP_M, Lanes, Spot, place_of, stations_m, turned_rad
from simgen.capture.opendrive import RoadNote
from simgen.errors import PlacementError, RequestError
from simgen.motion.clock import Clock
from simgen.motion.needs import Needs, ego_distance_m, needs_of
from simgen.motion.road import Place, StartOption
from simgen.scenario.plan import EpisodePlan

STRAIGHT_RAD = math.radians(12.0)       # a stretch that turns by less counts as straight
WIDEST_BEND_M = 1200.0                  # a bend whose tightest radius is larger is a straight to the eye
FEATURE_REACH_M = 150.0                 # from a spawn point, so far a feature is looked for
ONCOMING_STEP = 5                       # an oncoming lane is looked for at every fifth spot
SAME_SPOT_M = 0.5

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

    def find(self, plan: EpisodePlan) -> list[StartOption]:
        """Every start that fulfils the wish; of those on a straight road without junctions and others, only the former.

        Raises RequestError for a spawn point that does not exist, PlacementError if nothing suits; it says what lacked.
        """
        needs = needs_of(plan)
        lacking: Counter[str] = Counter()
        starts: list[_Start] = []
        tried: set[tuple[int, int, int]] = set()
        for index in self._indices(plan):
            spot = self._lanes.at(self._points[index])
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
        along = stations_m(way)
        for shift in shifts:
            feature = way[int(np.searchsorted(along, target_m + shift))]
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
        along = stations_m(ahead)
        behind_m = float(stations_m(self._lanes.walk(spot, needs.behind_m, backwards=True))[-1])
        missing = self._missing(plan, needs, ahead, along, behind_m, near_m)
        if missing is not None:
            lacking[missing] += 1
            return None
        yaw = np.unwrap([other.place.yaw_rad for other in ahead])
        straight = float(np.ptp(yaw)) < STRAIGHT_RAD
        junctions_wanted = bool(plan.ego.route or needs.arms or plan.road.near == "junction")
        free = not any(other.junction for other in ahead)
        preferred = (plan.road.curve is not None or straight) and (junctions_wanted or free)
        return _Start(StartOption(spot.place, index, near_m), spot, preferred)

    def _missing(
        self, plan: EpisodePlan, needs: Needs, ahead: tuple[Spot, ...], along: NDArray[np.float64], behind_m: float,
        near_m: float | None,
    ) -> str | None:
        """The first thing that the road from here lacks."""
        wish, features, lanes = plan.road, self._features, self._lanes
        if ahead[0].junction:
            return "a start outside junctions"
        if along[-1] < needs.ahead_m - STEP_M or behind_m < needs.behind_m - STEP_M:
            return f"{needs.ahead_m:.0f} m of road ahead and {needs.behind_m:.0f} m behind"
        count = len(lanes.across(ahead[0]).lanes)
        if wish.lanes is not None and count != wish.lanes:
            return f"{wish.lanes} driving lanes"
        if near_m is not None and not any(
            abs(station - near_m) < SAME_SPOT_M for station in features.stations(wish.near or "", ahead, near_m)
        ):
            return f"a {wish.near} on the way"          # after the move, its lane comes from elsewhere
        if needs.oncoming and any(math.isnan(lanes.across(spot).oncoming_m) for spot in ahead[::ONCOMING_STEP]
                                  if not spot.junction):
            return "an oncoming lane"
        for number in sorted(needs.lanes):
            if number not in lanes.across(ahead[0]).lanes:
                return f"a lane number {number} (1 is the next to the right, -1 the next to the left)"
        first = int(np.searchsorted(along, needs.start_m))
        stretch = ahead[first:]
        missing = self._wrong_shape(plan, stretch)
        if missing is not None:
            return missing
        hidden_m = _farthest_m(plan, needs)
        if wish.crest and not hides_road(ahead, needs.start_m, hidden_m):
            return f"a crest that hides the road {hidden_m - needs.start_m:.0f} m ahead of the first frame's ego"
        if wish.tunnel and not any(features.in_tunnel(spot) for spot in stretch):
            return "a tunnel"
        return self._missing_turn(plan, ahead, along) or self._missing_arm(needs, ahead)

    @staticmethod
    def _missing_turn(plan: EpisodePlan, ahead: tuple[Spot, ...], along: NDArray[np.float64]) -> str | None:
        """A turn that the ego would never come to is no turn."""
        if not plan.ego.route:
            return None
        driven_m = ego_distance_m(plan, Clock.of(plan).ends_s(plan.capture.frames))
        driven = ahead[: int(np.searchsorted(along, driven_m)) + 1]
        entered = sum(b.junction and not a.junction for a, b in pairwise(driven))
        if entered >= len(plan.ego.route):
            return None
        return f"{len(plan.ego.route)} junctions on the {driven_m:.0f} m that the ego drives (ego.route)"

    @staticmethod
    def _missing_arm(needs: Needs, ahead: tuple[Spot, ...]) -> str | None:
        if not needs.arms:
            return None
        entry = next((spot for spot in ahead if spot.junction), None)
        if entry is None:
            return f"a junction on the {needs.ahead_m:.0f} m ahead"
        for arm in ("left", "right", "opposite"):
            if arm in needs.arms and lane_across(entry, arm) is None:
                return f"a junction with a lane straight across it from the {arm}"
        return None

    @staticmethod
    def _wrong_shape(plan: EpisodePlan, stretch: tuple[Spot, ...]) -> str | None:
        wish = plan.road
        yaw = np.unwrap([spot.place.yaw_rad for spot in stretch])
        straight = float(np.ptp(yaw)) < STRAIGHT_RAD
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
