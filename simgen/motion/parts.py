"""One actor as it stands on the stage."""

from __future__ import annotations

from dataclasses import dataclass

from simgen.motion.bodies import Body
from simgen.motion.course import Way
from simgen.motion.road import Place
from simgen.scenario.plan import ActorPlan


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One actor on the stage.

    start: of its origin. program_s: when its program begins by itself (from the meet); None: as its ``when`` says.
    way: where it is if nobody reacts; its line, if it has one, is what ``follow_road`` follows.
    heading_rad: of a solved straight way; None: the verbs find their own.
    """

    plan: ActorPlan
    body: Body
    start: Place
    way: Way
    program_s: float | None = None
    heading_rad: float | None = None
