"""The way somebody else went, later."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from simgen.errors import PlacementError
from simgen.motion.acts import PACE, WAY, Act
from simgen.motion.lines import Line
from simgen.motion.road import Place


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
        line = Line(leader.line.xyz_m + np.array([dx, dy, 0.0]))
        start = line.arc_of(mover.place.xy_m)
        _, before = leader.trail.at(now_s - delay)
        mover.take(line, start, ends=True)
        mover.schedule = lambda time_s: start + leader.trail.at(time_s - delay)[1] - before

    def finish(self, now_s: float) -> None:
        self.mover.schedule = None
        self.mover.leads = None
