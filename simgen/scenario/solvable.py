"""What ``simgen.motion`` would refuse on any road, found in the file alone: meetings that nothing can be solved for,
hiders that move, followers without a leader, walks to nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from simgen.scenario.mistakes import MistakeLog
from simgen.scenario.models.actors import ActorModel
from simgen.scenario.models.places import PlaceModel
from simgen.scenario.models.programs import StepModel
from simgen.scenario.models.steps import EitherStep, FollowLeaderStep, ParallelStep, WalkToStep, all_steps

FROM_THE_SIDE = ("cross", "walk", "walk_to")
ON_ITS_LANE = ("follow_road", "run_red")
STILL = ("stand", "park", "freeze")
STANDING = ("stand", "park")
_SURE = 1.0 - 1e-9


@dataclass
class _Beginning:
    """How a program may begin.

    movers: steps that may be the first to move. waits: steps up to these that wait for something, with the key that
    says so. idle: may it be that nothing moves?
    """

    movers: list[StepModel] = field(default_factory=list)
    waits: list[tuple[StepModel, str]] = field(default_factory=list)
    idle: bool = True


def check_solvable(actors: Collection[ActorModel], log: MistakeLog) -> None:
    """Note every meeting, hider and follower that no road makes possible."""
    for actor in actors:
        if actor.meet is not None and actor.given & {actor.kind}:
            _check_meet(actor, log)
        for step in all_steps(actor.do or ()):
            if isinstance(step, WalkToStep):
                _check_goal(step, log)
    _check_arms(actors, log)
    _check_hiders(actors, log)
    _check_followers(actors, log)


def _beginning(program: tuple[StepModel, ...]) -> _Beginning:
    """What a meet is solved by, as ``simgen.motion`` looks for it: through ``parallel`` into the first track that
    moves, through every branch of ``either``."""
    found = _Beginning()
    for step in program:
        if step.when is not None:
            found.waits.append((step, "when"))
        if step.verb in STILL and step.for_ is None:
            if step.until is not None:
                found.waits.append((step, "until"))
            return found
        if step.verb in STILL or step.verb == "open_door":
            continue
        if isinstance(step, EitherStep):
            inner = [_beginning(branch.do) for branch in step.branches]
            chances = sum(max(branch.chance.outcomes(), default=1.0) for branch in step.branches)
            moves = chances >= _SURE and not any(one.idle for one in inner)
        elif isinstance(step, ParallelStep):
            inner = [_beginning(track) for track in step.tracks]
            first = next((number for number, one in enumerate(inner) if not one.idle), None)
            inner, moves = inner[:None if first is None else first + 1], first is not None
        else:
            found.movers.append(step)
            found.idle = False
            return found
        for one in inner:
            found.movers += one.movers
            found.waits += one.waits
        if moves:
            found.idle = False
            return found
    return found


def _check_meet(actor: ActorModel, log: MistakeLog) -> None:
    meet, place = actor.meet, actor.place
    assert meet is not None
    if "do" in actor.given and not actor.do:
        return                                  # a mistake that is noted
    begins = _beginning(actor.do or ())
    arm = place is not None and "junction" in place.given
    for step, key in begins.waits:
        if key == "when":
            log.note(step.where_is(key), f"'meet' decides when it starts; remove 'when' from its first {step.verb}")
        elif begins.movers or step is not (actor.do or ())[-1]:
            log.note(step.where_is(key), f"'meet' decides when it starts, and before that it would {step.verb} here "
                                         "until something happens; say how long by 'for', or remove it")
    for step in begins.movers:
        if step.verb in FROM_THE_SIDE and arm:
            log.note(step.where, f"who comes down a junction's arm is met on its lane, not while it does "
                                 f"'{step.verb}'; write {' or '.join(ON_ITS_LANE)}")
        elif step.verb not in (*FROM_THE_SIDE, *ON_ITS_LANE):
            log.note(step.where, f"no meeting can be solved for '{step.verb}'; it can for "
                                 f"{', '.join((*FROM_THE_SIDE, *ON_ITS_LANE))}, and for who stands")
        elif isinstance(step, WalkToStep) and step.place.given & {"of", "before", "beyond", "behind"}:
            log.note(step.place.where, "with a meeting, the place that it walks to counts from the ego or the road, by "
                                       "'ahead'")
    if begins.idle:
        _check_idle(actor, bool(begins.movers), log)


def _check_idle(actor: ActorModel, sometimes: bool, log: MistakeLog) -> None:
    """One with a meet that stands in all its episodes, or in some."""
    meet, place = actor.meet, actor.place
    assert meet is not None
    stands = "it only stands" if not sometimes else "in some episodes, as its 'either' has it, it only stands"
    if place is not None and not sometimes and "junction" in place.given:
        log.note(place.where_is("junction"), "it stands on an arm of the junction, where nobody meets it; say how it "
                                             "drives, such as {follow_road: {speed: 40 km/h}}")
        return
    if place is not None and place.given & {"off_road", "beside"} and not sometimes:
        return                                  # told by ``ActorModel``
    for key, value in (("miss", meet.miss), ("lead", meet.lead)):
        if key in meet.given and value is not None and any(value.outcomes()):
            log.note(meet.where_is(key), f"{stands}, and who stands is neither early nor late; remove it, or say how "
                                         "it moves")


def _check_goal(step: WalkToStep, log: MistakeLog) -> None:
    place: PlaceModel = step.place
    if "junction" in place.given:
        log.note(place.where_is("junction"), "nobody walks to a junction's arm; say the place by 'ahead', 'off_road' "
                                             "and 'side'")
    elif place.given and place.lacks("ahead", "at", "of", "before", "beyond", "behind"):
        log.note(place.where, "needs 'ahead': a length such as '30 m'")


def _check_arms(actors: Collection[ActorModel], log: MistakeLog) -> None:
    """Of those who come from a junction's arm, one can be met: the ego's start is moved for it."""
    first: ActorModel | None = None
    for actor in actors:
        if actor.meet is None or actor.place is None or "junction" not in actor.place.given:
            continue
        if actor.count is not None and 0 in actor.count.outcomes():
            continue
        if first is not None:
            log.note(actor.place.where_is("junction"), f"'{first.role}' meets the ego from an arm of the junction "
                                                       "already; only one can be solved for")
        first = first or actor


def _check_hiders(actors: Collection[ActorModel], log: MistakeLog) -> None:
    """Who hides somebody stands, and hides one."""
    owner = {role: actor for actor in actors for role in actor.roles()}
    hidden: dict[str, str] = {}
    for actor in actors:
        if actor.meet is None or (hider := owner.get(actor.meet.behind or "")) is None or hider is actor:
            continue
        where = actor.meet.where_is("behind")
        moving = next((step.verb for step in all_steps(hider.do or ()) if step.verb not in (*STANDING, "either")), None)
        if moving is not None and hider.meet is None:
            log.note(where, f"'{hider.role}' does not only stand, it does '{moving}'; only one that stands can hide "
                            "another, as its place is solved")
        if hider.role in hidden:
            log.note(where, f"'{hider.role}' hides '{hidden[hider.role]}' already, and its place is solved for that "
                            "one; take another actor, or place this one by the other: 'of: "
                            f"{hidden[hider.role]}'")
        hidden.setdefault(hider.role, actor.role)


def _check_followers(actors: Collection[ActorModel], log: MistakeLog) -> None:
    """Nobody follows itself, by way of others or at once; a vehicle follows one that goes somewhere."""
    owner = {role: actor for actor in actors for role in actor.roles()}
    follows = {actor.role: list(_leaders(actor, owner)) for actor in actors}
    told: set[str] = set()
    for actor in actors:
        for step, leader in follows[actor.role]:
            where = step.where_is("leader")
            if leader is actor:
                cure = "name another" if actor.count is None else (
                    "the group's first would follow itself, so give its leader a role of its own")
                log.note(where, f"'{step.leader}' is this actor itself; {cure}")
            elif actor.role not in told and (circle := _circle(actor.role, leader.role, follows)):
                told.update(circle)
                log.note(where, f"these follow each other in a circle: {' → '.join(circle)}; let one of them find its "
                                "own way")
            elif actor.kind in ("vehicle", "cyclist") and _stays(leader):
                log.note(where, f"'{leader.role}' only stands, so it has no way to follow; say how it moves")


def _leaders(actor: ActorModel, owner: dict[str, ActorModel]) -> Iterator[tuple[FollowLeaderStep, ActorModel]]:
    for step in all_steps(actor.do or ()):
        if isinstance(step, FollowLeaderStep) and step.leader in owner:
            yield step, owner[step.leader]


def _circle(
    start: str, via: str, follows: dict[str, list[tuple[FollowLeaderStep, ActorModel]]]
) -> tuple[str, ...]:
    """The roles from one over another back to the first; empty where there is no such way."""
    waiting: list[tuple[str, ...]] = [(start, via)]
    seen = {via}
    while waiting:
        way = waiting.pop()
        for _, leader in follows[way[-1]]:
            if leader.role == start:
                return (*way, start)
            if leader.role not in seen:
                seen.add(leader.role)
                waiting.append((*way, leader.role))
    return ()


def _stays(actor: ActorModel) -> bool:
    steps = list(all_steps(actor.do or ()))
    return bool(steps or "do" not in actor.given) and all(step.verb in STANDING for step in steps)
