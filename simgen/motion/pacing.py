"""Verbs that only change how fast an actor goes."""

from __future__ import annotations

import math
from typing import ClassVar

from simgen.motion.acts import DONE_S, PACE, Act
from simgen.motion.mover import COMFORTABLE_MPS2


class _Pace(Act):
    channels: ClassVar[frozenset[str]] = frozenset({PACE})

    def _slow(self, to_mps: float, rate_mps2: float, now_s: float) -> None:
        """Vehicles brake no harder than the road allows; whoever walks does as it is told."""
        self.mover.schedule = None
        rate = rate_mps2 if self.walks else min(rate_mps2, self.world.grip_mps2(now_s))
        self.mover.gait.aim(to_mps, rate)

    def _halt(self, rate_mps2: float, now_s: float) -> None:
        self.mover.leads = None
        if self.walks:
            self.mover.schedule = None
            self.mover.gait.aim(0.0, None)
        elif self.mover.gait.speed_mps > 0.0:
            self._slow(0.0, rate_mps2, now_s)
        else:
            self.mover.gait.aim(0.0, None)


class Stand(_Pace):
    """Stands; a vehicle that moves brakes comfortably first. Also ``park``."""

    endless: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        self._halt(COMFORTABLE_MPS2, now_s)


class Freeze(_Pace):
    """Stands at once; a vehicle brakes as hard as the road allows."""

    endless: ClassVar[bool] = True

    def begin(self, now_s: float) -> None:
        self._halt(math.inf, now_s)


class ChangeSpeed(_Pace):
    """``brake`` and ``speed_up``: ends when the speed is reached. A brake without a rate is as hard as it can be."""

    def begin(self, now_s: float) -> None:
        target = self.step.speed_mps or 0.0
        if target < self.mover.gait.speed_mps:
            self._slow(target, self.step.acceleration_mps2 or math.inf, now_s)
        else:
            self.speed_up_to(target)

    def ends_in_s(self, now_s: float) -> float:
        settles = self.mover.gait.settles_s
        return 0.0 if settles < DONE_S else settles


class Stop(_Pace):
    """Brakes so that it stands after ``distance_m``, or with the given rate; ends when it stands."""

    def begin(self, now_s: float) -> None:
        speed = self.mover.gait.speed_mps
        rate = self.step.acceleration_mps2 or math.inf
        if self.step.distance_m:
            rate = speed**2 / (2.0 * self.step.distance_m)
        if speed > 0.0 and math.isfinite(rate):
            self._slow(0.0, rate, now_s)
        else:
            self._halt(math.inf, now_s)

    def ends_in_s(self, now_s: float) -> float:
        settles = self.mover.gait.settles_s
        return 0.0 if settles < DONE_S else settles
