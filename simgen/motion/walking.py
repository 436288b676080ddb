"""Verbs of straight ways, for whoever walks: walkers, animals, what is carried; and vehicles that cross the road."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from simgen.motion.acts import DONE_M, PACE, WAY, Act
from simgen.motion.lines import Line
from simgen.motion.mover import COMFORTABLE_MPS2

FAR_M = 200.0
ALONG = 0.1          # sine of a heading that still counts as along the road


@dataclass(slots=True, eq=False)
class _Ahead(Act):
    """Follows a line of its own up to ``end_m``."""

    end_m: float = math.inf

    channels: ClassVar[frozenset[str]] = frozenset({WAY, PACE})

    def go(self, line: Line, from_m: float, end_m: float) -> None:
        self.mover.take(line, from_m)
        self.end_m = end_m
        self.speed_up_to(self.step.speed_mps)

    def straight(self, heading_rad: float, distance_m: float | None) -> None:
        far = FAR_M if distance_m is None else distance_m
        line = Line.straight(self.mover.place, heading_rad, far + (0.0 if self.walks else FAR_M))
        self.go(line, 0.0, math.inf if distance_m is None else far)

    def resume(self, channels: frozenset[str], now_s: float) -> None:
        if WAY in channels:
            self.begin(now_s)
        else:
            self.speed_up_to(self.step.speed_mps)

    def ends_in_s(self, now_s: float) -> float:
        left = self.end_m + self.mover.detour_m - self.mover.arc_m
        if left < DONE_M:
            return 0.0
        return self.mover.time_for(left) if math.isfinite(left) else math.inf

    def finish(self, now_s: float) -> None:
        if not self.walks:                          # it has left the road, and nothing says where it should go on to
            self.mover.gait.aim(0.0, COMFORTABLE_MPS2)

    def _lane_yaw(self) -> float:
        setting = self.world.setting
        spot = setting.spot(self.mover.place, self.mover.body)
        return self.mover.place.yaw_rad - spot.heading_rad


class Walk(_Ahead):
    """Along its heading."""

    def begin(self, now_s: float) -> None:
        heading = self.part.heading_rad
        if heading is None or self.mover.gone_m > 0.0:
            heading = self.mover.place.yaw_rad
        self.straight(heading, self.step.distance_m)


@dataclass(slots=True, eq=False)
class Cross(_Ahead):
    """To the other side of the road; one that moves on the road goes on the way it went, or, going along the road, away
    from the nearer edge."""

    to_left: bool | None = None

    def begin(self, now_s: float) -> None:
        setting, mover = self.world.setting, self.mover
        spot = setting.spot(mover.place, mover.body)
        corridor = setting.ego.corridor
        held = min(max(spot.station_m, -corridor.before_m), corridor.ahead_m)
        left_edge, right_edge = corridor.edges(held)
        solved = self.part.heading_rad if mover.gone_m == 0.0 else None
        lane_yaw = self._lane_yaw()
        if solved is not None:
            self.to_left = math.sin(solved - lane_yaw) > 0.0
        elif self.to_left is None:
            on_road = right_edge < spot.left_m < left_edge and mover.gone_m > 0.0
            from_right = abs(spot.left_m - right_edge) <= abs(spot.left_m - left_edge)
            across = math.sin(spot.heading_rad)
            self.to_left = across > 0.0 if on_road and abs(across) > ALONG else from_right
        turn = math.pi / 2 - self.step.angle_rad
        heading = solved if solved is not None else lane_yaw + (turn if self.to_left else -turn)
        distance = self.step.distance_m
        if distance is None:
            home = setting.spot(mover.home, mover.body).left_m
            beyond = max(0.0, right_edge - home, home - left_edge)
            goal = left_edge + beyond if self.to_left else right_edge - beyond
            across = abs(math.sin(heading - lane_yaw))
            distance = abs(goal - spot.left_m) / max(across, 0.05)
        self.straight(heading, distance)


class WalkTo(_Ahead):
    """Straight to a place."""

    def begin(self, now_s: float) -> None:
        assert self.step.place is not None
        setting = self.world.setting
        spots = {role: setting.spot(mover.home, mover.body) for role, mover in self.world.movers.items()}
        role = self.part.plan.role
        station = setting.station_of(role, self.step.place, spots)
        left = setting.left_at(role, self.step.place, station)
        goal = setting.ego.corridor.offset_place(station, left)
        here = self.mover.place
        dx, dy = goal.x_m - here.x_m, goal.y_m - here.y_m
        if math.hypot(dx, dy) < 1e-3:
            self.end_m = self.mover.arc_m
            return
        self.straight(math.atan2(dy, dx), math.hypot(dx, dy))


class Face(Act):
    """Turns on the spot to a heading, counter-clockwise from the ego's way there; ends at once."""

    channels: ClassVar[frozenset[str]] = frozenset({WAY, PACE})

    def begin(self, now_s: float) -> None:
        mover = self.mover
        lane_yaw = mover.place.yaw_rad - self.world.setting.spot(mover.place, mover.body).heading_rad
        mover.place, mover.turns = mover.place.facing(lane_yaw + self.step.angle_rad), True

    def ends_in_s(self, now_s: float) -> float:
        return 0.0


class TurnBack(_Ahead):
    """Back along the way it came, to where it began."""

    def begin(self, now_s: float) -> None:
        line = self.mover.way_back()
        if line is None:
            self.end_m = self.mover.arc_m
            return
        self.go(line, 0.0, line.length_m)


class Flee(_Ahead):
    """Straight away from where somebody is when it begins."""

    endless: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        threat = self.world.movers[self.step.leader or "ego"].place
        here = self.mover.place
        away = math.atan2(here.y_m - threat.y_m, here.x_m - threat.x_m)
        self.straight(away + self.step.angle_rad, self.step.distance_m)


class AlongTheRoad(_Ahead):
    """``follow_road`` of whoever walks: parallel to the ego's lane, with it or against it."""

    endless: ClassVar[bool] = True
    carries_on: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        way, mover = self.part.way, self.mover
        if mover.gone_m == 0.0 and way.line is not None and self.part.heading_rad is None:
            line, arc = way.line, way.from_m
        else:
            spot = self.world.setting.spot(mover.place, mover.body)
            line = Line.along(self.world.setting.ego.corridor, spot.left_m, self.step.against)
            arc = line.arc_of(mover.place.xy_m)
        end = math.inf if self.step.distance_m is None else arc + self.step.distance_m
        self.go(line, arc, end)
