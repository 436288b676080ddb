"""The way somebody else went, later."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np

from simgen.errors import PlacementError
from simgen.motion.acts import PACE, WAY, Act
from simgen.motion.lines import Line
from simgen.motion.mover import Mover
from simgen.motion.road import Place

STEP_M = 0.5


class FollowLeader(Act):
    """Where its leader was ``delay_s`` ago, shifted by how the two stood at first; a vehicle drives its leader's line,
    shifted alike, as far as that had then come."""

    channels: ClassVar[frozenset[str]] = frozenset({WAY, PACE})
    endless: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        leader, mover = self.world.movers[self.step.leader or "ego"], self.mover
        delay = self.step.delay_s or 0.0
        dx, dy = mover.home.x_m - leader.home.x_m, mover.home.y_m - leader.home.y_m
        mover.schedule = None
        if self.walks:
            def place_at(time_s: float) -> Place:
                there, _ = leader.trail.at(time_s - delay)
                return Place(there.x_m + dx, there.y_m + dy, mover.home.z_m, there.yaw_rad)

            mover.leads = place_at
            return
        if leader.line is None:
            raise PlacementError(f"{self.part.plan.role}: follow_leader: {leader.role} has no way to follow yet")
        self._drive(Line(leader.line.xyz_m + np.array([dx, dy, 0.0])), leader, now_s, delay)

    def _drive(self, line: Line, leader: Mover, now_s: float, delay_s: float) -> None:
        """Along a line, as far as the leader has come since."""
        start = line.arc_of(self.mover.place.xy_m)
        _, before = leader.trail.at(now_s - delay_s)
        self.mover.take(line, start, ends=True)
        self.mover.schedule = lambda time_s: start + leader.trail.at(time_s - delay_s)[1] - before

    def finish(self, now_s: float) -> None:
        self.mover.schedule = None
        self.mover.leads = None


class FollowPath(FollowLeader):
    """One behind the other: along the road to where its leader was ``delay_s`` ago, then on the leader's very way, as
    far behind it as that is; a vehicle on its leader's line."""

    def begin(self, now_s: float) -> None:
        leader, mover = self.world.movers[self.step.leader or "ego"], self.mover
        delay = self.step.delay_s or 0.0
        if not self.walks:
            if leader.line is None:
                raise PlacementError(f"{self.part.plan.role}: follow_leader: {leader.role} has no way to follow yet")
            self._drive(leader.line, leader, now_s, delay)
            return
        first, before = leader.trail.at(now_s - delay)
        here, height = mover.place, mover.home.z_m
        gap = math.hypot(first.x_m - here.x_m, first.y_m - here.y_m)
        approach = self._approach(here, first, gap) if gap > 1e-6 else None
        gap = 0.0 if approach is None else approach.length_m

        def place_at(time_s: float) -> Place:
            gone = leader.trail.at(time_s - delay)[1] - before
            if approach is not None and gone < gap:
                return replace(approach.at(gone), z_m=height)
            return replace(leader.trail.where(before + gone - gap), z_m=height)

        mover.schedule, mover.leads = None, place_at

    def _approach(self, here: Place, there: Place, apart_m: float) -> Line:
        """From one place to the other, straight as the road sees it: in a bend it bends with the road."""
        corridor = self.world.setting.ego.corridor
        stations, lefts = corridor.station_and_left(np.stack([here.xy_m, there.xy_m]))
        if stations.min() < -corridor.before_m or stations.max() > corridor.ahead_m:
            return Line(np.array([(place.x_m, place.y_m, place.z_m) for place in (here, there)]))
        shares = np.linspace(0.0, 1.0, max(2, math.ceil(apart_m / STEP_M) + 1))
        between = [
            corridor.offset_place(float(station), float(left))
            for station, left in zip(np.interp(shares, (0, 1), stations), np.interp(shares, (0, 1), lefts), strict=True)
        ]
        return Line(np.array([(place.x_m, place.y_m, place.z_m) for place in between]))
