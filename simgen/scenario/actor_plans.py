"""One actor of a scenario → its plan, or its copies' plans."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simgen.scenario.actor_kinds import SPACING_LENGTHS, identify, rgb
from simgen.scenario.conditions import plan_condition
from simgen.scenario.draws import Draws
from simgen.scenario.elementary import cos, sin
from simgen.scenario.meets import plan_meet
from simgen.scenario.placements import heading_of, off_road, plan_place, side_of
from simgen.scenario.plan import ActorPlan, CapturePlan, Condition, Placement, Step
from simgen.scenario.programs import ProgramPlanner, first_motion

if TYPE_CHECKING:
    from simgen.scenario.models.actors import ActorModel

_GOLDEN_SHARE = 0.6180339887498949


class ActorPlanner:
    """Plans the actors of one episode, in the order of the file.

    occluders: roles that a meet places along the road, because they hide somebody.
    copies:    roles that stand for several actors, "deer" for "deer_1", "deer_2", …; who names one means the first.
    """

    def __init__(
        self, occluders: frozenset[str], copies: frozenset[str], capture: CapturePlan, draws: Draws
    ) -> None:
        self._occluders, self._copies, self._capture, self._draws = occluders, copies, capture, draws
        self._placements: dict[str, Placement] = {}

    def role_of(self, name: str) -> str:
        """The actor that a role names."""
        return f"{name}_1" if name in self._copies else name

    def plan(self, actor: ActorModel) -> list[ActorPlan]:
        """The actor itself, or its ``count`` copies, each with its own draws."""
        if actor.count is None:
            return [self._one(actor, actor.role)]
        plans: list[ActorPlan] = []
        reach_m = 0.0                            # from the first copy
        since_s = 0.0                            # from the last copy that begins to move, else from the first
        for number in range(1, self._draws.value(actor.count) + 1):
            role = f"{actor.role}_{number}"
            with self._draws.as_copy(actor.role, role):
                one = self._one(actor, role, follower=number > 1)
                if actor.formation == "file":
                    one = replace(one, program=_on_the_path(one.program))
                if plans:
                    if actor.meet is not None and not _begins(plans[0].program):
                        one = replace(one, program=())      # who leads does nothing, and so do they
                    spacing_m = self._spacing(actor, one)
                    reach_m += spacing_m
                    delay_s = self._draws.if_there(actor.delay)
                    since_s += delay_s or 0.0
                    if delay_s is not None or actor.meet is not None:
                        one = replace(one, when=self._after(one, plans, since_s))
                    one = self._joined(actor, one, plans, reach_m, spacing_m)
            if _begins(one.program):
                since_s = 0.0
            plans.append(one)
            self._placements[role] = one.placement
        return plans

    def _one(self, actor: ActorModel, role: str, follower: bool = False) -> ActorPlan:
        draws = self._draws
        identity = identify(actor, draws)
        planner = ProgramPlanner(identity.abilities, draws, self.role_of, self._placements)
        program = identity.usual_program if actor.do is None else planner.program(actor.do)
        meet = None if follower else plan_meet(actor.meet, self._capture, draws, self.role_of)
        fields = plan_place(
            actor.place, actor.meet is not None or actor.role in self._occluders, draws, self.role_of)
        heading_rad = heading_of(
            actor.place, Placement(**fields), identity.kind, first_motion(program), self._placements, draws)
        placement = self._placements[role] = Placement(**fields, heading_rad=heading_rad)
        return ActorPlan(
            role=role,
            kind=identity.kind,
            blueprint=identity.blueprint,
            species=identity.species,
            size_lwh_m=identity.size_lwh_m,
            placement=placement,
            meet=meet,
            when=plan_condition(actor.when, draws, self.role_of),
            program=program,
            color=rgb(draws.if_there(actor.color)),
            lamps=draws.value(actor.lights),
            attributes=identity.attributes,
            event=actor.meet is not None if actor.event is None else actor.event,
        )

    def _joined(
        self, actor: ActorModel, one: ActorPlan, before: list[ActorPlan], reach_m: float, spacing_m: float
    ) -> ActorPlan:
        """A copy at its place in the group.

        Along the road, copies keep draws of their own for where they stand; in other formations, and where a meet
        places the leader, they stand relative to the leader.
        """
        if actor.formation == "along" and actor.meet is None and one.placement.ahead_m is not None:
            placement = replace(one.placement, ahead_m=one.placement.ahead_m + reach_m)
        else:
            leader = before[0].placement
            ahead_m, left_m = _offset(
                actor.formation, leader.heading_rad, _abreast_of(leader, self._placements), len(before), reach_m,
                spacing_m)
            placement = Placement(
                ahead_m, of=before[0].role, left_m=left_m, same_line=True, heading_rad=leader.heading_rad)
        return replace(one, placement=placement)

    def _after(self, one: ActorPlan, before: list[ActorPlan], since_s: float) -> Condition | None:
        """When a copy begins: its delay after the one before it, or with a leader that meets.

        A copy that only stands, as after an ``either`` that chose nothing, never starts, so nobody can wait for it:
        the delays then count from the last one that does, or from when the group's first would have begun.
        """
        for previous in reversed(before):
            if _begins(previous.program):
                return Condition("event", role=previous.role, did="started", delay_s=since_s)
        if one.when is not None:
            return replace(one.when, delay_s=one.when.delay_s + since_s)
        return Condition("time", since_s - self._capture.warmup_s) if since_s > 0.0 else None

    def _spacing(self, actor: ActorModel, one: ActorPlan) -> float:
        """From the copy before, in metres. Not told, copies whose places are drawn need none, others keep apart."""
        if actor.spacing is not None:
            return self._draws.value(actor.spacing)
        own_draws = actor.formation == "along" and actor.meet is None and actor.place is not None and any(
            value is not None and value.random
            for value in (actor.place.ahead, actor.place.off_road, actor.place.left, actor.place.right))
        return 0.0 if own_draws else SPACING_LENGTHS[actor.kind] * one.size_lwh_m[0]


def _begins(program: Sequence[Step]) -> bool:
    """Whether an actor with this program is ever said to have started: has more to do than to stand."""
    for step in program:
        if step.verb not in ("stand", "park"):
            return True
        if step.until is None and step.duration_s is None:
            return False
    return False


def _on_the_path(program: Sequence[Step]) -> tuple[Step, ...]:
    """A program in a file: who follows somebody goes on that one's very path."""
    return tuple(
        replace(step, verb="follow_path" if step.verb == "follow_leader" else step.verb,
                tracks=tuple(_on_the_path(track) for track in step.tracks)) for step in program)


def _abreast_of(leader: Placement, others: Mapping[str, Placement]) -> float:
    """To which side of the leader the next ones stand abreast of it: 1 left, -1 right.

    Beside the road away from it; on the road over its width, which is to the left of the ego's lane.
    """
    if off_road(leader, others):
        return -1.0 if side_of(leader, others) == "right" else 1.0
    return -1.0 if leader.oncoming or (leader.lane or 0) < 0 else 1.0


def _offset(
    formation: str, heading_rad: float, away: float, number: int, reach_m: float, spacing_m: float
) -> tuple[float, float]:
    """Where a follower stands, from the leader: (ahead, left) in metres.

    along: further ahead along the road. abreast: across the road, to the side ``away``. file: behind the leader as it
    faces. cluster: in the half-circle behind it, evenly, in the pattern of a sunflower's seeds.
    """
    if formation == "along":
        return reach_m, 0.0
    if formation == "abreast":
        return 0.0, away * reach_m
    if formation == "file":
        return -reach_m * cos(heading_rad), -reach_m * sin(heading_rad)
    turn_rad = heading_rad + math.pi * (0.5 + number * _GOLDEN_SHARE % 1.0)
    radius_m = spacing_m * math.sqrt(2.0 * number)
    return radius_m * cos(turn_rad), radius_m * sin(turn_rad)
