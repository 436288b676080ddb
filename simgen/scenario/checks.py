"""What must hold between the parts of a scenario: roles that are mentioned, verbs and speeds of who does them, times
within the clip, key paths that lead to values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from simgen.scenario.document import Entry, Scalar, Sequence, describe
from simgen.scenario.mistakes import MistakeLog, Where, did_you_mean
from simgen.scenario.models.actors import GAITS_OF, VERBS, ActorModel
from simgen.scenario.models.conditions import ConditionModel
from simgen.scenario.models.places import PlaceModel
from simgen.scenario.models.programs import StepModel
from simgen.scenario.models.steps import (
    CrossStep,
    FollowRoadStep,
    ParkStep,
    StandStep,
    WalkToStep,
    all_steps,
)
from simgen.scenario.models.top import ScenarioModel
from simgen.scenario.models.variation import StrataModel
from simgen.scenario.quantities import DURATION, SPEED, format_quantity
from simgen.scenario.solvable import check_solvable
from simgen.scenario.sweeps import LEVEL_METHODS
from simgen.scenario.tables import animal_speeds, animals, pedestrian, pedestrian_speeds, vehicle_kinds, vehicle_speeds
from simgen.scenario.values import Reader, Reading, Value

_DESIGNS = {"grid": "grid", "zip": "zip", "pairwise": "covering array"}
_RELATIVE = ("of", "before", "beyond", "behind")     # keys of a place that name the actor it counts from
ON_THE_MOVE = ("cut_in", "lane_change", "drift", "brake", "stop")     # what only a vehicle that drives can do


@dataclass(frozen=True, slots=True)
class StrataBins:
    """The bins of one value.

    bins: name → (lowest, highest) of a number, or the words of a word.
    shares: name → weight.
    """

    of: Value[Any]
    bins: dict[str, tuple[Any, ...]]
    shares: dict[str, float]


def check_scenario(scenario: ScenarioModel, reading: Reading) -> dict[str, StrataBins]:
    """Note what is wrong between the parts; the strata, their bins in the units of their values."""
    log = reading.log
    roles = _check_roles(scenario.actors, log)
    for role, where in reading.references:
        if role not in roles and role != "ego":
            log.note(where, f"no actor has the role '{role}'{did_you_mean(role, roles)}")
    _check_presence(scenario.actors, reading)
    hiders = {actor.meet.behind for actor in scenario.actors if actor.meet is not None and actor.meet.behind}
    for actor in scenario.actors:
        _check_references(actor, scenario.actors, log)
        _check_behaviour(actor, log)
        if actor.place is not None:
            _check_ahead(actor, hiders, log)
    _check_circles(scenario.actors, log)
    check_solvable(scenario.actors, log)
    _check_times(scenario, log)
    _check_features(scenario, log)
    strata = {
        name: bins for name, said in (scenario.strata or {}).items() if (bins := _bins(said, reading)) is not None}
    _check_correlations(scenario, {one.of.where.path for one in strata.values()}, reading)
    return strata


def _check_features(scenario: ScenarioModel, log: MistakeLog) -> None:
    """Who stands at a crosswalk asks for a road near one."""
    near = None if scenario.road is None else scenario.road.near
    if scenario.road is not None and "near" in scenario.road.given and (near is None or not near.outcomes()):
        return                                      # a mistake that is noted
    known = () if near is None else near.outcomes()
    for place in _places(scenario.actors):
        if place.at is not None and not known:
            log.note(place.where_is("at"), f"the road is not asked to have one; add 'near: {place.at}' to 'road'")
        elif place.at is not None and place.at not in known:
            log.note(place.where_is("at"), f"the road is asked to be near a {' or '.join(known)}, not a {place.at}; "
                                           "let both say the same")


def _check_roles(actors: Collection[ActorModel], log: MistakeLog) -> dict[str, Where]:
    """Every role and where it is written; they are unique."""
    roles: dict[str, Where] = {}
    for actor in actors:
        for role in actor.roles():
            if role in roles:
                first, where = roles[role], actor.where_is("role")
                line = f"line {first.line}" + (f" of {first.file}" if first.file != where.file else "")
                log.note(where, f"the role '{role}' is taken by the actor on {line}; roles are unique")
            roles.setdefault(role, actor.where)
    return roles


def _check_presence(actors: Collection[ActorModel], reading: Reading) -> None:
    """Who is named is there in every episode, however few a group is."""
    least = {
        role: (number, min(actor.count.outcomes())) for actor in actors if actor.count is not None
        and actor.count.outcomes() for number, role in enumerate(actor.roles())}
    for role, where in reading.references:
        number, fewest = least.get(role, (0, 1))
        if max(number, 1) > fewest:
            reading.log.note(where, f"'{role}' is not there in every episode, as 'count' may be {fewest}; let it be at "
                                    f"least {max(number, 1)}, or name another")


def _check_references(actor: ActorModel, actors: Collection[ActorModel], log: MistakeLog) -> None:
    """An actor that names itself, or hides behind what cannot hide it."""
    own = set(actor.roles())
    mentions: list[tuple[str | None, Where]] = []
    if actor.place is not None:
        mentions += [(getattr(actor.place, key), actor.place.where_is(key))
                     for key in _RELATIVE]
    if actor.meet is not None:
        mentions.append((actor.meet.behind, actor.meet.where_is("behind")))
    for role, where in mentions:
        if role is not None and role in own:
            log.note(where, f"'{role}' is this actor itself; name another")
        elif role == "ego":
            log.note(where, "everything is said relative to the ego already; write 'ahead: 40 m'")
    if actor.meet is None or actor.meet.behind is None:
        return
    for other in actors:
        if actor.meet.behind in other.roles() and other.meet is not None:
            log.note(actor.meet.where_is("behind"), f"'{actor.meet.behind}' has a meeting of its own; who hides "
                                                    "another stands where its place says")


def _check_circles(actors: Collection[ActorModel], log: MistakeLog) -> None:
    """Places that count from each other in a circle; told once, where the circle's first actor of the file says it."""
    owner = {role: actor for actor in actors for role in actor.roles()}
    told: set[str] = set()
    for actor in actors:
        chain = [actor]
        while (other := owner.get(_counts_from(chain[-1]) or "")) is not None and other not in chain:
            chain.append(other)
        if other is not actor or len(chain) == 1 or told & {one.role for one in chain}:
            continue                             # one that counts from itself is told already
        told |= {one.role for one in chain}
        assert actor.place is not None
        key = next(key for key in _RELATIVE if getattr(actor.place, key))
        circle = " → ".join(one.role for one in (*chain, actor))
        log.note(actor.place.where_is(key), f"counts from itself by way of others: {circle}; say of one of them where "
                                            "it is from the ego, such as 'ahead: 40 m'")


def _counts_from(actor: ActorModel) -> str | None:
    """The role that an actor's place counts from."""
    return None if actor.place is None else next(
        (role for key in _RELATIVE if (role := getattr(actor.place, key)) is not None), None)


def _check_ahead(actor: ActorModel, hiders: set[str], log: MistakeLog) -> None:
    """Somebody says how far ahead everybody starts: its place, its meeting, or that of whom it hides."""
    place = actor.place
    assert place is not None
    lost = place.lacks("ahead", "before", "beyond", "behind", "junction", "at", "of")
    if lost and actor.meet is None and not hiders & {*actor.roles()} and place.given:
        log.note(place.where, "needs 'ahead': a length such as '30 m'")


def _places(actors: Collection[ActorModel]) -> Iterator[PlaceModel]:
    for actor in actors:
        if actor.place is not None:
            yield actor.place
        for step in all_steps(actor.do or ()):
            if isinstance(step, WalkToStep):
                yield step.place


def _check_behaviour(actor: ActorModel, log: MistakeLog) -> None:
    """Verbs, gaits and speeds of who does them."""
    if not actor.given & {*VERBS}:
        return
    steps = list(all_steps(actor.do or ()))
    for step in steps:
        if step.verb not in ("parallel", "either") and step.verb not in VERBS[actor.kind]:
            somebody = "an animal" if actor.kind == "animal" else f"a {actor.kind}"
            known = VERBS[actor.kind]
            log.note(step.where, f"expected what {somebody} can do ({', '.join(known)}), got '{step.verb}'")
        else:
            _check_speed(actor, step, log)
    _check_first_speed(actor, steps, log)
    idle = all(isinstance(step, (StandStep, ParkStep)) for step in steps) and (steps or "do" not in actor.given)
    if actor.when is not None and actor.meet is None and idle:
        log.note(actor.when.where, "has no effect on an actor that only stands; remove it, or say what to do")
    if actor.when is not None and actor.meet is not None:
        log.note(actor.when.where, "has no effect beside 'meet', which says when it begins; remove one of them")
    crossing = any(isinstance(step, CrossStep) for step in steps)
    if crossing and actor.place is not None and "lane" in actor.place.given:
        log.note(actor.where_is("do"), "a crossing starts at an edge of the road: place it by 'off_road' and 'side' "
                                       "(off_road below 0 is on the road)")


def _check_first_speed(actor: ActorModel, steps: list[StepModel], log: MistakeLog) -> None:
    """Vehicles and things have no speed of their own."""
    for step in steps:
        if actor.kind in ("vehicle", "cyclist") and step.verb in ON_THE_MOVE:
            log.note(step.where, f"begins while it stands; let it drive first: {{follow_road: {{speed: 50 km/h, until: "
                                 f"{{time: 0.5 s}}}}}}, then {step.verb}")
            return
        if getattr(step, "speed", None) is not None or getattr(step, "gait", None) is not None:
            return
        if actor.kind == "vehicle" and isinstance(step, FollowRoadStep):
            log.note(step.where, "driving needs a speed: {follow_road: {speed: 50 km/h}}")
            return
        if actor.kind == "prop" and step.verb != "stand":
            log.note(step.where, f"a thing has no speed of its own: {{{step.verb}: {{speed: 2 m/s}}}}")
            return


def _check_speed(actor: ActorModel, step: StepModel, log: MistakeLog) -> None:
    speed, gait = getattr(step, "speed", None), getattr(step, "gait", None)
    if gait is not None:
        known = GAITS_OF.get(actor.kind, ())
        for word in gait.outcomes():
            if word not in known:
                cure = f"one of {', '.join(known)}" if known else "write 'speed' instead"
                log.note(gait.where, f"'{word}' is no gait of this {actor.kind}; {cure}")
                return
        _check_gaits(actor, gait, log)
    if speed is None or actor.model is None:
        return
    for word in actor.model.outcomes():
        if actor.kind == "animal":
            top, who = animal_speeds()[word].top_mps, f"a {word.replace('_', ' ')} sprints"
        elif actor.kind == "pedestrian":
            top, who = pedestrian_speeds(word).top_mps, f"a pedestrian of kind '{word}' moves"
        elif word in ("bicycle", *vehicle_kinds()["bicycle"]):
            top, who = vehicle_speeds(vehicle_kinds()["bicycle"][0]).top_mps, "a bicycle is ridden"
        else:
            continue
        if max(speed.outcomes(), default=0.0) > top:
            asked = format_quantity(max(speed.outcomes()), SPEED)
            log.note(speed.where, f"{asked} is impossible: {who} at most at {format_quantity(top, SPEED)}")
            return


def _check_gaits(actor: ActorModel, gait: Value[str], log: MistakeLog) -> None:
    """Every gait that may be drawn is one that everybody has who may be drawn."""
    for who in () if actor.model is None else actor.model.outcomes():
        known = (animals()[who] if actor.kind == "animal" else pedestrian(who)).gaits_mps
        for word in gait.outcomes():
            if word not in known:
                name = f"a {who.replace('_', ' ')}" if actor.kind == "animal" else f"a pedestrian of kind '{who}'"
                log.note(gait.where, f"{name} does not '{word}' (it has: {', '.join(known) or 'no gait'})")
                return


def _check_times(scenario: ScenarioModel, log: MistakeLog) -> None:
    """Moments within the clip."""
    capture = scenario.capture
    warmup, frames, rate = (value.outcomes() for value in (capture.warmup, capture.frames, capture.rate))
    if not (warmup and frames and rate and min(rate) > 0.0):
        return
    last, first = (max(frames) - 1) / min(rate), -max(warmup)
    for actor in scenario.actors:
        conditions: list[ConditionModel] = [] if actor.when is None else [*actor.when.parts()]
        for step in all_steps(actor.do or ()):
            conditions += [part for whole in (step.when, step.until) if whole is not None for part in whole.parts()]
        for condition in conditions:
            times = () if condition.time is None else condition.time.outcomes()
            if times and min(times) > last:
                log.note(condition.where_is("time"), f"never comes: the last frame is at {_seconds(last)}")
            if times and max(times) < first:
                log.note(condition.where_is("time"), f"lies before the warm-up of {_seconds(-first)}")


def _seconds(time_s: float) -> str:
    return format_quantity(time_s, DURATION)


def _check_correlations(scenario: ScenarioModel, in_strata: set[str], reading: Reading) -> None:
    """Correlated are only values that chance, or a design of units, draws."""
    method = "" if scenario.vary is None else scenario.vary.method
    for correlation in scenario.correlate:
        where = correlation.where_is("between")
        values = [_random_value(path, where, reading) for path in correlation.between]
        for path, value in zip(correlation.between, values, strict=True):
            if value is None:
                continue
            if value.formula is not None:
                reading.log.note(where, f"'{path}' is derived, so it follows its formula alone; name a value that the "
                                        "formula names")
            elif value.swept and method in LEVEL_METHODS:
                reading.log.note(where, f"'{path}' is swept by a {_DESIGNS[method]}, which says its value outright; "
                                        "correlate what is drawn, or sweep with 'method: latin_hypercube'")
            elif value.where.path in in_strata:
                reading.log.note(where, f"'{path}' has strata, through which the episodes go in turn; remove the "
                                        "strata or the correlation")
        paths = [value.where.path for value in values if value is not None]
        if len(paths) > len({*paths}):
            reading.log.note(where, "a value always follows itself; name two different ones")


def _random_value(path: str, where: Where, reading: Reading) -> Value[Any] | None:
    """The value that a key path, or a name under ``let``, leads to, if it is drawn."""
    value = reading.values.get(path) or reading.values.get(f"let.{path}")
    if value is None:
        reading.log.note(where, f"no value has the key path '{path}'{did_you_mean(path, reading.values)}")
    elif not value.random and value.formula is None:
        reading.log.note(where, f"'{path}' is always the same; write how to draw it, such as {{uniform: […]}}")
    return value


def _bins(strata: StrataModel, reading: Reading) -> StrataBins | None:
    if not strata.of:                            # a mistake that is noted
        return None
    value = _random_value(strata.of, strata.where_is("of"), reading)
    if value is None:
        return None
    bins = {name: _bin(entry, value.reader, reading.log) for name, entry in strata.bins.items()}
    return StrataBins(value, bins, strata.shares or dict.fromkeys(bins, 1.0))


def _bin(entry: Entry, reader: Reader[Any], log: MistakeLog) -> tuple[Any, ...]:
    """One bin, in the units of the value."""
    if not isinstance(entry.node, Sequence) or not entry.node.items:
        log.note(entry.where, f"expected [lowest, highest], got {describe(entry.node)}")
        return ()
    found = []
    for item in entry.items():
        if not isinstance(item.node, Scalar):
            log.note(item.where, f"expected {reader.what}, got {describe(item.node)}")
            return ()
        try:
            found.append(reader.scalar(item.node))
        except ValueError as error:
            log.note(item.where, str(error))
            return ()
    if any(isinstance(value, str) for value in found):
        return tuple(found)
    if len(found) != 2 or not found[0] < found[1]:
        log.note(entry.where, "expected [lowest, highest], two different numbers, the smaller one first")
        return ()
    return tuple(found)
