"""How simulator ticks and captured frames go together."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simgen.scenario.plan import EpisodePlan

TURN_TICKS = 2          # on each side of a frame's moment
MAX_TICK_S = 0.1        # CARLA's physics is not meant for longer steps


@dataclass(frozen=True, slots=True)
class Clock:
    """``per_frame`` ticks of ``tick_s`` make a frame; the last of ``warmup_ticks`` ends at time 0, the first frame.

    turn_ticks: so many ticks before and after a frame's moment LiDARs cast as well, for sweeps that take their time.
    """

    tick_s: float
    per_frame: int
    warmup_ticks: int
    turn_ticks: int = 0

    @classmethod
    def of(cls, plan: EpisodePlan) -> Clock:
        """Where sweeps take their time, ticks are so short that five lie in a tenth of a second, which a turn takes."""
        period_s = 1.0 / plan.capture.rate_hz
        turn_ticks = 0 if plan.sensing.sweep == "instant" else TURN_TICKS
        longest_s = min(period_s, MAX_TICK_S) / (2 * TURN_TICKS + 1) if turn_ticks else MAX_TICK_S
        per_frame = max(1, math.ceil(period_s / longest_s - 1e-9))
        tick_s = period_s / per_frame
        return cls(tick_s, per_frame, max(1, round(plan.capture.warmup_s / tick_s)), turn_ticks)

    @property
    def begins_s(self) -> float:
        """When the first tick begins; negative."""
        return -self.warmup_ticks * self.tick_s

    def ends_s(self, frames: int) -> float:
        """The time of the last of so many captured frames."""
        return (frames - 1) * self.per_frame * self.tick_s
