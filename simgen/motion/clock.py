"""How simulator ticks and captured frames go together."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simgen.scenario.plan import EpisodePlan

MAX_TICK_S = 0.1        # CARLA's physics is not meant for longer steps


@dataclass(frozen=True, slots=True)
class Clock:
    """``per_frame`` ticks of ``tick_s`` make a frame; the last of ``warmup_ticks`` ends at time 0, the first frame."""

    tick_s: float
    per_frame: int
    warmup_ticks: int

    @classmethod
    def of(cls, plan: EpisodePlan) -> Clock:
        period_s = 1.0 / plan.capture.rate_hz
        per_frame = max(1, math.ceil(period_s / MAX_TICK_S - 1e-9))
        tick_s = period_s / per_frame
        return cls(tick_s, per_frame, max(1, round(plan.capture.warmup_s / tick_s)))

    @property
    def begins_s(self) -> float:
        """When the first tick begins; negative."""
        return -self.warmup_ticks * self.tick_s

    def ends_s(self, frames: int) -> float:
        """The time of the last of so many captured frames."""
        return (frames - 1) * self.per_frame * self.tick_s
