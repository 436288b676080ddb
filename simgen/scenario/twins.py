"""``twin: negative``: the same episode without its rare event, so that nobody learns "animal by the road = collision".

Everything else is as in the episode itself, every draw included. Of the actors that are part of the event

* people and animals beside the road stand where they would have crossed it, facing away; their ``meet`` stays in the
  plan, because their place along the road is solved from it. Who hid them stands just before them;
* vehicles keep following the road, and leave out what they would have done besides; those that would have met the ego
  from another lane or a junction's arm come five seconds later; those beside the road stay parked;
* whoever is on the ego's lane to be met there, stands or lies on the road, and every prop, is left out, together with
  whoever is placed by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from simgen.scenario.placements import TOWARD_ROAD_RAD, off_road, side_of
from simgen.scenario.plan import ActorPlan, Condition, EpisodePlan, MeetPlan, Placement, Step

_GAP_M = 0.5                # between who stands beside the road and who would have hidden it
_LATER_S = 5.0              # vehicles that would have met the ego come so much later


def negative_twin(plan: EpisodePlan) -> EpisodePlan:
    """The episode without its event."""
    placements = {actor.role: actor.placement for actor in plan.actors}
    hidden = {actor.meet.behind: actor.role for actor in plan.actors if actor.meet is not None and actor.event}
    calm = {actor.role: _calm(actor, placements) if actor.event else _before(actor, hidden) for actor in plan.actors}
    gone = {role for role, actor in calm.items() if actor is None}
    while placed_by_them := {
        role for role, actor in calm.items() if role not in gone and actor is not None and actor.placement.of in gone
    }:
        gone |= placed_by_them
    kept = [actor for role, actor in calm.items() if actor is not None and role not in gone]
    return replace(plan, actors=tuple(_without(actor, gone) for actor in kept), twin=True)


def _calm(actor: ActorPlan, placements: dict[str, Placement]) -> ActorPlan | None:
    """An actor of the event as it is when nothing happens; None: it is not there."""
    if actor.kind == "prop":
        return None
    place = actor.placement
    if actor.kind == "vehicle":
        return _calm_vehicle(actor, placements)
    side = side_of(place, placements)
    if actor.meet is not None and actor.meet.lead_s is not None:
        place = replace(place, side=None, left_m=_start_m(actor) * (-1.0 if side == "right" else 1.0))
    if not off_road(place, placements):
        return None
    heading_rad = place.heading_rad if side is None else -TOWARD_ROAD_RAD[side]
    return _standing(replace(actor, placement=replace(place, heading_rad=heading_rad)), ())


def _calm_vehicle(actor: ActorPlan, placements: dict[str, Placement]) -> ActorPlan | None:
    place = actor.placement
    driving = tuple(step for step in actor.program if step.verb == "follow_road" and not step.against)
    beside = off_road(place, placements) and place.arm is None
    if beside:
        return _standing(actor, (Step("park"),))
    if not driving or (actor.meet is not None and side_of(place, placements) is None):
        return None
    if driving[0].speed_mps is None:            # it keeps one that a step said which is left out
        said = next((step.speed_mps for step in actor.program if step.speed_mps), None)
        if said is None:
            return None
        driving = (replace(driving[0], speed_mps=said), *driving[1:])
    later = None if actor.meet is None else replace(actor.meet, miss_s=_LATER_S)
    return replace(actor, program=driving, meet=later)


def _standing(actor: ActorPlan, program: tuple[Step, ...]) -> ActorPlan:
    """At the place it would have crossed from, doing nothing. Who stands is neither early nor late nor revealed."""
    meet = None if actor.meet is None else MeetPlan(actor.meet.impact_share, actor.meet.time_s)
    return replace(actor, program=program, when=None, meet=meet)


def _before(actor: ActorPlan, hidden: dict[str | None, str]) -> ActorPlan:
    """An actor; one whose place along the road is solved from whom it hides, just before that one."""
    if actor.placement.ahead_m is not None or actor.role not in hidden:
        return actor
    return replace(actor, placement=replace(
        actor.placement, ahead_m=-_GAP_M, of=hidden[actor.role], between="ends"))


def _start_m(actor: ActorPlan) -> float:
    """How far from the middle of the ego's lane somebody starts who moves ``lead_s`` before the impact, running up
    included."""
    step = next((step for step in actor.program if step.speed_mps), None)
    if actor.meet is None or actor.meet.lead_s is None or step is None or step.speed_mps is None:
        return 0.0
    run_up_s = 0.0 if step.acceleration_mps2 is None else step.speed_mps / step.acceleration_mps2
    if run_up_s >= actor.meet.lead_s:
        return 0.5 * (step.acceleration_mps2 or 0.0) * actor.meet.lead_s * actor.meet.lead_s
    return step.speed_mps * (actor.meet.lead_s - 0.5 * run_up_s)


def _without(actor: ActorPlan, gone: set[str]) -> ActorPlan:
    """An actor that waits for nobody who is gone: what it would have done then, it does not do."""
    if not gone or not {*_roles((actor.when,)), *_roles_of(actor.program)} & gone:
        return actor
    return replace(actor, when=None, program=())


def _roles_of(program: Sequence[Step]) -> Iterator[str]:
    """Everybody that a program mentions."""
    for step in program:
        yield from _roles((step.when, step.until))
        if step.leader is not None:
            yield step.leader
        if step.place is not None:
            yield step.place.of
        for track in step.tracks:
            yield from _roles_of(track)


def _roles(conditions: Sequence[Condition | None]) -> Iterator[str]:
    for condition in conditions:
        if condition is not None:
            if condition.role is not None:
                yield condition.role
            yield from _roles(condition.parts)
