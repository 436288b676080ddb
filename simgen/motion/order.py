"""In which order actors are placed and moved: those that others count from come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simgen.errors import RequestError
from simgen.motion.needs import steps_of
from simgen.scenario.plan import ActorPlan

FOLLOWING = ("follow_leader", "follow_path")


def in_order(actors: Sequence[ActorPlan]) -> list[str]:
    """Roles so that everybody comes after whoever its place counts from.

    An actor with a meet is placed by the meet alone; its occluder, if a reveal is asked, by that meet.
    Raises RequestError naming a circle.
    """
    hidden_by = {actor.meet.behind: actor.role for actor in actors if actor.meet and actor.meet.reveal_s is not None}
    roles = {actor.role for actor in actors}
    after: dict[str, list[str]] = {}
    for actor in actors:
        if actor.role in hidden_by:
            after[actor.role] = [hidden_by[actor.role]]
        elif actor.meet is None and actor.placement.of in roles:
            after[actor.role] = [actor.placement.of]
        else:
            after[actor.role] = []
    for actor in actors:
        if actor.meet is None and actor.placement.of not in roles | {"ego", "near"}:
            raise RequestError(f"{actor.role}: its place counts from {actor.placement.of}, which is no actor")
    return _sorted(after, "place")


def leaders_first(actors: Sequence[ActorPlan]) -> list[str]:
    """Roles so that everybody comes after whom it follows. Raises RequestError naming a circle."""
    roles = {actor.role for actor in actors}
    return _sorted({actor.role: [role for role in leaders_of(actor) if role in roles] for actor in actors}, "follow")


def leaders_of(actor: ActorPlan) -> list[str]:
    """The roles that an actor follows at some time, in the order of its program."""
    return [step.leader for step in steps_of(actor.program) if step.verb in FOLLOWING and step.leader is not None]


def check_followers(actors: Sequence[ActorPlan]) -> None:
    """Raises RequestError if somebody follows itself by way of others, or a leader that there is none of."""
    roles = {actor.role for actor in actors} | {"ego"}
    for actor in actors:
        for step in steps_of(actor.program):
            if step.leader is not None and step.leader not in roles:
                raise RequestError(f"{actor.role}: {step.verb}: there is no actor {step.leader}")
    leaders_first(actors)


def _sorted(after: Mapping[str, Sequence[str | None]], what: str) -> list[str]:
    done: list[str] = []

    def visit(role: str, trail: tuple[str, ...]) -> None:
        if role in trail:
            circle = " → ".join((*trail[trail.index(role):], role))
            raise RequestError(f"{circle}: these actors {what} each other in a circle; let one of them stand by itself")
        if role in done:
            return
        for other in after[role]:
            if other is not None:
                visit(other, (*trail, role))
        done.append(role)

    for role in after:
        visit(role, ())
    return done
