"""``meet`` → ``MeetPlan``; what it leaves open, ``simgen.motion`` solves backwards from the impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simgen.scenario.draws import Draws
from simgen.scenario.placements import RoleOf
from simgen.scenario.plan import CapturePlan, MeetPlan

if TYPE_CHECKING:
    from simgen.scenario.models.places import MeetModel

IMPACT_SHARE_OF_CLIP = 0.6


def clip_s(capture: CapturePlan) -> float:
    """From the first frame to the last."""
    return (capture.frames - 1) / capture.rate_hz


def usual_impact_s(capture: CapturePlan) -> float:
    """When actors meet the ego if nothing is said: after 60 % of the clip."""
    return IMPACT_SHARE_OF_CLIP * clip_s(capture)


def plan_meet(meet: MeetModel | None, capture: CapturePlan, draws: Draws, role_of: RoleOf) -> MeetPlan | None:
    """The meet with its numbers drawn.

    Raises ``ScenarioMistakes`` if it is to come into sight or to move before the warm-up begins, or to pass before it
    starts to move.
    """
    if meet is None:
        return None
    time_s = draws.if_there(meet.time)
    plan = MeetPlan(
        impact_share=draws.value(meet.impact),
        time_s=usual_impact_s(capture) if time_s is None else time_s,
        reveal_s=draws.if_there(meet.reveal),
        behind=None if meet.behind is None else role_of(meet.behind),
        lead_s=draws.if_there(meet.lead),
        miss_s=draws.value(meet.miss),
    )
    if plan.lead_s is not None and plan.lead_s + plan.miss_s <= 0.0:
        raise draws.mistake(meet.where, (
            f"in episode {draws.index}: 'miss' {plan.miss_s:g} s lets it pass before it starts, 'lead' {plan.lead_s:g} "
            "s before the meeting; make 'lead' longer or 'miss' smaller"))
    before_s = plan.reveal_s if plan.reveal_s is not None else plan.lead_s
    if before_s is not None and plan.time_s - before_s < -capture.warmup_s:
        word = "reveal" if plan.reveal_s is not None else "lead"
        raise draws.mistake(meet.where, (
            f"in episode {draws.index}: '{word}' is {before_s:g} s and the meeting {plan.time_s:g} s after the first "
            f"frame, so it begins before the warm-up of {capture.warmup_s:g} s; set 'time' later or record more "
            "frames"))
    return plan
