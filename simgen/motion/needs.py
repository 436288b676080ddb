"""How much road a plan asks for: what a map is searched by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from simgen.motion.clock import Clock
from simgen.motion.speeds import SpeedProfile
from simgen.scenario.plan import ActorPlan, EpisodePlan, Step

MARGIN_M = 15.0
BEHIND_M = 5.0


@dataclass(frozen=True, slots=True)
class Needs:
    """What an episode asks of the ego's road.

    ahead_m:  road beyond the ego's start that must be there. behind_m: road behind its start, likewise.
    start_m:  how far from its start the middle of the ego's origin is at the first captured frame.
    oncoming: must there be a lane of the other direction all along? lanes: neighbouring lanes on the ego's carriageway
    that must be there all along (1 the next to the right, −1 to the left, …), for placements and lane changes.
    arms: arms of a junction ahead that must be there.
    """

    ahead_m: float
    behind_m: float
    start_m: float
    oncoming: bool
    lanes: frozenset[int]
    arms: frozenset[str]


def steps_of(program: tuple[Step, ...]) -> Iterator[Step]:
    """All steps of a program, those inside ``parallel`` too."""
    for step in program:
        yield step
        for track in step.tracks:
            yield from steps_of(track)


def ego_distance_m(plan: EpisodePlan, time_s: float) -> float:
    """How far from its start the ego is at a time, if it does not react."""
    return float(SpeedProfile.of(plan.ego.speed).between(Clock.of(plan).begins_s, time_s))


def needs_of(plan: EpisodePlan) -> Needs:
    """How long the ego's road must be so that everything in the plan finds its place on it.

    Actors placed relative to others are counted by their offsets added up; backgrounds are not counted, they are left
    out where there is no road for them.
    """
    clock = Clock.of(plan)
    start = ego_distance_m(plan, 0.0)
    by_role = {actor.role: actor for actor in plan.actors}
    spots = [0.0, ego_distance_m(plan, clock.ends_s(plan.capture.frames)) + MARGIN_M]
    for actor in plan.actors:
        if not actor.background:
            spots += _stations(plan, actor, by_role, start)
    named = [actor for actor in plan.actors if not actor.background]
    return Needs(
        ahead_m=max(spots) + MARGIN_M,
        behind_m=-min(spots) + BEHIND_M,
        start_m=start,
        oncoming=any(actor.placement.oncoming for actor in named),
        lanes=frozenset(number for actor in named for number in _lanes_used(actor)) - {0},
        arms=frozenset(actor.placement.arm for actor in named if actor.placement.arm is not None),
    )


def _lanes_used(actor: ActorPlan) -> Iterator[int]:
    """Lanes that an actor is placed on or changes to, by number, as far as its plan says."""
    place = actor.placement
    elsewhere = place.oncoming or place.off_road_m is not None or place.beside_m is not None or place.arm is not None
    if place.lane is None and (elsewhere or place.same_line or place.left_m != 0.0):
        return
    here = place.lane or 0
    yield here
    along = 1 if math.cos(place.heading_rad) > 0.0 else -1
    for step in steps_of(actor.program):
        if step.verb == "cut_in":
            here = 0
        elif step.verb == "lane_change":
            here += along if step.side == "right" else -along
            yield here


def _stations(plan: EpisodePlan, actor: ActorPlan, by_role: dict[str, ActorPlan], start_m: float) -> list[float]:
    """Where along the road an actor begins, roughly; and where it is met."""
    if actor.placement.arm is not None:
        return []
    if actor.meet is not None:
        impact = ego_distance_m(plan, actor.meet.time_s)
        speed = max([0.0, *(step.speed_mps or 0.0 for step in actor.program[:1] if step.verb == "follow_road")])
        if actor.kind != "vehicle":
            speed = 0.0
        gone = speed * (actor.meet.time_s - Clock.of(plan).begins_s)
        backwards = actor.placement.oncoming or abs(actor.placement.heading_rad) > 1.6
        return [impact, impact + gone if backwards else impact - gone]
    ahead, anchor, seen = actor.placement.ahead_m or 0.0, actor.placement.of, {actor.role}
    while anchor in by_role and anchor not in seen:
        seen.add(anchor)
        other = by_role[anchor]
        if other.meet is not None:
            return [ego_distance_m(plan, other.meet.time_s) + ahead]
        ahead, anchor = ahead + (other.placement.ahead_m or 0.0), other.placement.of
    if anchor == "near":
        ahead += plan.road.near_ahead_m or 0.0
    return [start_m + ahead]
