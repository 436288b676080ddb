"""What all verbs have in common: an act takes over how an actor goes, until it ends.

An act owns one or both *channels* of its actor: "way" (the line it follows) and "pace" (how fast). Acts that run at the
same time share an actor; the one that began last owns a channel, and when it ends the one before takes over again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from simgen.motion.mover import Mover
from simgen.motion.parts import Part
from simgen.motion.placing import Setting
from simgen.scenario.plan import Step

WAY, PACE = "way", "pace"
DONE_M = 1e-6
DONE_S = 1e-7


class Surroundings(Protocol):
    """What acts may look at."""

    @property
    def setting(self) -> Setting: ...

    @property
    def movers(self) -> Mapping[str, Mover]: ...

    @property
    def parts(self) -> Mapping[str, Part]: ...

    def grip_mps2(self, time_s: float) -> float:
        """The hardest braking that the road allows."""
        ...


@dataclass(slots=True, eq=False)
class Act:
    """One step being done. ``side_memory`` and the like live here, not in the plan."""

    step: Step
    part: Part
    mover: Mover
    world: Surroundings

    channels: ClassVar[frozenset[str]] = frozenset()
    endless: ClassVar[bool] = False         # never ends by itself: the next step takes over when its `when` holds
    carries_on: ClassVar[bool] = False      # … or at once, if the next step has no `when`

    @property
    def walks(self) -> bool:
        """Can it turn and stop on the spot?"""
        return self.part.plan.kind != "vehicle"

    def begin(self, now_s: float) -> None:
        """Take over."""

    def resume(self, channels: frozenset[str], now_s: float) -> None:
        """Take over again after an act that began later has ended."""
        if channels:
            self.begin(now_s)

    def look(self, now_s: float, until_s: float) -> None:
        """Called before every tick."""

    def ends_in_s(self, now_s: float) -> float:
        """How long until it ends by itself, if nothing changes; 0: it is over."""
        return math.inf

    def finish(self, now_s: float) -> None:
        """Leave things as they should be when it is over."""

    def speed_up_to(self, speed_mps: float | None) -> None:
        """Aim at the step's speed with its acceleration; without either keep on as it was."""
        if speed_mps is not None:
            self.mover.schedule = None
            self.mover.gait.aim(speed_mps, self.step.acceleration_mps2)


class OpenDoor(Act):
    """Opens a door; ends at once."""

    def ends_in_s(self, now_s: float) -> float:
        return 0.0
