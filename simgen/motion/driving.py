"""Verbs of vehicles on their lanes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simgen.errors import PlacementError
from simgen.motion.acts import DONE_M, PACE, WAY, Act
from simgen.motion.lines import Line

LEAST_CHANGE_M = 5.0
HARDEST_CUT_IN_MPS2 = 4.0
GENTLE_CUT_IN_MPS2 = 0.5


@dataclass(slots=True, eq=False)
class FollowRoad(Act):
    """Along its lane; also ``run_red``, for which capture sets the lights."""

    end_m: float = math.inf

    channels: ClassVar[frozenset[str]] = frozenset({WAY, PACE})
    endless: ClassVar[bool] = True
    carries_on: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        way, mover = self.part.way, self.mover
        if mover.line is None or mover.leads is not None or not mover.line_ends:
            if mover.gone_m == 0.0 and way.line is not None:
                mover.take(way.line, way.from_m, ends=True)
            else:
                spot = self.world.setting.spot(mover.place, mover.body)
                backwards = math.cos(spot.heading_rad) < 0.0
                line = Line.along(self.world.setting.ego.corridor, spot.left_m, backwards)
                mover.take(line, line.arc_of(mover.place.xy_m), ends=True)
        if self.step.distance_m is not None:
            self.end_m = mover.arc_m + self.step.distance_m
        self._go_on()

    def resume(self, channels: frozenset[str], now_s: float) -> None:
        if PACE in channels:
            self._go_on()

    def _go_on(self) -> None:
        """At the step's speed; without one at the speed it has, whatever it was coming to."""
        if self.step.speed_mps is None:
            self.mover.schedule = None
            self.mover.gait.aim(self.mover.gait.speed_mps, None)
        else:
            self.speed_up_to(self.step.speed_mps)

    def ends_in_s(self, now_s: float) -> float:
        left = self.end_m - self.mover.arc_m
        if left < DONE_M:
            return 0.0
        return self.mover.gait.time_for(left) if math.isfinite(left) else math.inf


@dataclass(slots=True, eq=False)
class _Sideways(Act):
    """Leaves its line for a parallel one by a quintic blend over the length that it drives in the given time."""

    end_m: float = math.inf

    channels: ClassVar[frozenset[str]] = frozenset({WAY})

    def blend(self, left_m: float, over_m: float) -> None:
        """left_m: as the vehicle faces."""
        mover = self.mover
        line = mover.line
        if line is None:
            line = self.part.way.line
            if line is None:
                raise PlacementError(f"{self.part.plan.role}: {self.step.verb}: it stands on no lane")
            mover.arc_m = self.part.way.from_m
        over = max(over_m, LEAST_CHANGE_M)
        arc = mover.arc_m
        moved = line.shifted(arc, over, left_m)
        # The blend begins at no offset, so the new line has the same arc length up to here but for its finer samples.
        start = moved.arc_of(mover.place.xy_m)
        mover.take(moved, start, ends=True)
        self.end_m = moved.arc_of(line.at(arc + over).shifted(0.0, left_m).xy_m)

    def ends_in_s(self, now_s: float) -> float:
        left = self.end_m - self.mover.arc_m
        if left < DONE_M:
            return 0.0
        return self.mover.gait.time_for(left) if math.isfinite(left) else math.inf

    def resume(self, channels: frozenset[str], now_s: float) -> None:
        """The line it made is still the one that is followed."""

    def expected_m(self, duration_s: float) -> float:
        """How far it will drive in that time at the speeds it is aiming at."""
        gait = self.mover.gait
        settling = min(duration_s, gait.settles_s)
        mean = gait.speed_mps + (gait.target_mps - gait.speed_mps) * (
            settling / gait.settles_s / 2 if gait.settles_s > 0.0 else 0.0)
        return settling * mean + (duration_s - settling) * gait.target_mps


class Drift(_Sideways):
    """Leaves its line by ``distance_m``, at ``lateral_mps`` on the average, and is then parallel to it."""

    def begin(self, now_s: float) -> None:
        assert self.step.distance_m is not None and self.step.lateral_mps
        left = self.step.distance_m if self.step.side == "left" else -self.step.distance_m
        self.blend(left, self.expected_m(self.step.distance_m / self.step.lateral_mps))


class LaneChange(_Sideways):
    """To the centre of the neighbouring lane. ``duration_s`` is how long it takes, not a limit."""

    def begin(self, now_s: float) -> None:
        assert self.step.duration_s is not None
        self.blend(self._to_neighbour_m(), self.expected_m(self.step.duration_s))

    def _to_neighbour_m(self) -> float:
        """How far to its own left the neighbouring lane's centre is."""
        setting = self.world.setting
        spot = setting.spot(self.mover.place, self.mover.body)
        corridor = setting.ego.corridor
        held = min(max(spot.station_m, -corridor.before_m), corridor.ahead_m)
        own_way = [0.0, *(float(corridor.sample(lane, held)) for lane in corridor.lanes.values())]
        other_way = [float(corridor.sample(lane, held)) for lane in corridor.opposite.values()]
        # Nobody changes lanes across a median.
        carriageways = [sorted(c for c in way if not math.isnan(c)) for way in (own_way, other_way)]
        centres = min(filter(None, carriageways), key=lambda way: min(abs(c - spot.left_m) for c in way))
        own = min(range(len(centres)), key=lambda index: abs(centres[index] - spot.left_m))
        along = math.cos(spot.heading_rad) > 0.0
        leftwards = (self.step.side == "left") == along
        beside = own + (1 if leftwards else -1)
        if not 0 <= beside < len(centres):
            raise PlacementError(
                f"{self.part.plan.role}: lane_change: there is no lane on its {self.step.side or 'right'}, on the same "
                "carriageway, where it should change; wish for a road with more lanes, or change to the other side"
            )
        move = centres[beside] - spot.left_m
        return move if along else -move


@dataclass(slots=True, eq=False)
class CutIn(_Sideways):
    """Into the ego's lane, so that its rear is ``gap_m`` ahead of the ego's front when that is complete.

    On the way its arc length is a cubic of time that begins and ends at its speeds then. It waits for the moment at
    which that takes the least acceleration: under 0.5 m/s², or no more falling and under 4 m/s² and the road's grip.
    """

    begun_s: float | None = None
    needed_mps2: float = math.inf

    channels: ClassVar[frozenset[str]] = frozenset({WAY, PACE})

    def begin(self, now_s: float) -> None:
        self._try(now_s)

    def look(self, now_s: float, until_s: float) -> None:
        if self.begun_s is None:
            self._try(now_s)

    def _try(self, now_s: float) -> None:
        mover, setting = self.mover, self.world.setting
        duration = self.step.duration_s
        assert duration is not None and self.step.gap_m is not None
        spot = setting.spot(mover.place, mover.body)
        goal = self._ego_front_m(now_s, duration) + self.step.gap_m + mover.body.length_m / 2
        way = goal - spot.station_m
        begins = mover.gait.speed_mps
        ends = begins if self.step.speed_mps is None else self.step.speed_mps
        bends = np.array([6 * way - (4 * begins + 2 * ends) * duration, -6 * way + (2 * begins + 4 * ends) * duration])
        before, self.needed_mps2 = self.needed_mps2, float(np.abs(bends).max()) / duration**2
        possible = way > 0.0 and self.needed_mps2 <= min(HARDEST_CUT_IN_MPS2, self.world.grip_mps2(now_s))
        if not possible or GENTLE_CUT_IN_MPS2 < self.needed_mps2 < before:
            return
        self.begun_s = now_s
        self.blend(-spot.left_m, way)
        start, length = mover.arc_m, self.end_m - mover.arc_m

        def arc_m(time_s: float) -> float:
            share = (time_s - now_s) / duration
            if share >= 1.0:
                return start + length + ends * (time_s - now_s - duration)
            return start + share * (begins * duration + share * (
                3 * length - (2 * begins + ends) * duration + share * ((begins + ends) * duration - 2 * length)))

        mover.schedule = arc_m

    def _ego_front_m(self, now_s: float, duration_s: float) -> float:
        """The ego's front's station then, if it keeps its profile, or its speed once it has left that."""
        ego = self.world.movers["ego"]
        assert ego.line is not None
        if ego.schedule is not None:
            arc = ego.schedule(now_s + duration_s)
        else:
            # The ego has already been moved to the end of this tick.
            arc = ego.arc_m - ego.gone_m + ego.trail.at(now_s)[1] + ego.speed_mps * duration_s
        return self.world.setting.spot(ego.line.at(arc), ego.body).station_m + ego.body.length_m / 2

    def ends_in_s(self, now_s: float) -> float:
        if self.begun_s is None:
            return math.inf
        assert self.step.duration_s is not None
        left = self.begun_s + self.step.duration_s - now_s
        return max(left, 0.0)

    def finish(self, now_s: float) -> None:
        if self.begun_s is not None:
            self.mover.schedule = None
            speed = self.step.speed_mps if self.step.speed_mps is not None else self.mover.gait.speed_mps
            self.mover.gait.aim(speed, None)
