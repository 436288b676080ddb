"""The ``actors`` of a scenario: who they are, where they start, when and how they act."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from simgen.scenario.document import Node, Scalar
from simgen.scenario.mistakes import MistakeLog
from simgen.scenario.parsers import (
    Parser,
    QuantityParser,
    WholeNumberParser,
    WordOrNumberParser,
    WordOrQuantityParser,
    WordParser,
    one_of,
)
from simgen.scenario.quantities import ANGLE, DURATION, LENGTH, SPEED, Limits, format_quantity
from simgen.scenario.reading import Section, Value, is_random
from simgen.scenario.spec import ActorSpec, BehaviourSpec, CaptureSpec, PlaceSpec, TriggerSpec
from simgen.scenario.tables import animal_speeds, colors, pedestrian_kinds, pedestrian_speeds, vehicle_kinds

SLUG = WordParser("a name of lower-case letters, digits and underscores", form=re.compile(r"[a-z0-9_]{1,80}"))
COLOR = WordParser(
    f"a colour ({', '.join(colors())}) or CARLA's 'r,g,b' with numbers from 0 to 255",
    tuple(colors()),
    re.compile(r"{0},{0},{0}".format(r"(?:25[0-5]|2[0-4]\d|1?\d?\d)")),
)
VEHICLE_ID = re.compile(r"vehicle\.[a-z0-9_\-]+\.[a-z0-9_\-]+")
VEHICLE_SPEED = Limits(0, 70, above=True)
_STRETCH = Limits(0, 10_000, above=True)
_LEAN = Limits(-math.pi / 3, math.pi / 3)

_KINDS = ("vehicle", "pedestrian", "animal")
_PLACE_KEYS = ("ahead", "off_road", "side", "lane", "left", "right", "facing")
_SIDEWAYS = ("off_road", "lane", "left", "right")
_ACTIONS = {
    "vehicle": ("stand", "park", "drive"),
    "pedestrian": ("stand", "walk", "cross"),
    "animal": ("stand", "walk", "cross"),
}
_ACTION_KEYS = {
    "stand": (),
    "park": (),
    "drive": ("speed", "distance"),
    "walk": ("speed", "distance"),
    "cross": ("speed", "angle", "distance"),
}
_MODELS: dict[str, WordParser] = {
    "vehicle": WordParser(
        f"a blueprint id such as 'vehicle.tesla.model3' or one of {', '.join(vehicle_kinds())}",
        tuple(vehicle_kinds()), VEHICLE_ID),
    "pedestrian": WordParser(
        f"a blueprint id such as 'walker.pedestrian.0012' or one of {', '.join(pedestrian_kinds())}",
        tuple(pedestrian_kinds()), re.compile(r"walker\.pedestrian\.[a-z0-9_]+")),
    "animal": WordParser("a species", tuple(animal_speeds())),
}


def read_actors(top: Section, capture: CaptureSpec, log: MistakeLog) -> tuple[ActorSpec, ...]:
    """The list under ``actors``; roles are unique."""
    actors = []
    lines: dict[str, int] = {}
    for index, node in enumerate(top.items("actors")):
        actor = _read_actor(node, f"actors[{index}]", capture, log)
        for role in _roles(actor):
            if role in lines:
                log.note(node.line, f"actors[{index}].role",
                         f"the role '{role}' is taken by the actor on line {lines[role]}; roles are unique")
            lines.setdefault(role, node.line)
        actors.append(actor)
    return tuple(actors)


def _roles(actor: ActorSpec) -> Iterable[str]:
    if actor.count is None or not actor.role:
        return (actor.role,) if actor.role else ()
    most = max(actor.count.outcomes(), default=0)
    return (actor.role, *(f"{actor.role}_{number}" for number in range(1, most + 1)))


def _read_actor(node: Node, where: str, capture: CaptureSpec, log: MistakeLog) -> ActorSpec:
    section = Section(node, where, ("role", *_KINDS, "count", "spacing", "color", "place", "when", "do"), log)
    role = section.plain("role", SLUG) or ""
    if role == "ego":
        section.note("'ego' is the recording vehicle's own role; choose another", "role")
    kind = section.exactly_one(_KINDS, "an actor is one of them") or "vehicle"
    model = section.value(kind, _MODELS[kind]) if kind in section else section.unreadable(kind, _MODELS[kind])
    if "color" in section and kind != "vehicle":
        section.note(f"only vehicles have a color; remove it from this {kind}", "color")
    place = _read_place(section)
    do = _read_behaviour(section, kind, model)
    actor = ActorSpec(
        role=role,
        kind=kind,
        model=model,
        count=section.value_if_there("count", WholeNumberParser(0, 100)),
        spacing_m=section.value_if_there("spacing", QuantityParser(LENGTH, Limits(-100, 100))),
        color=section.value_if_there("color", COLOR),
        place=place,
        when=_read_trigger(section, do, capture),
        do=do,
    )
    _check_crossing(section, actor)
    _check_copies(section, actor)
    return actor


def _read_place(actor: Section) -> PlaceSpec:
    ahead = QuantityParser(LENGTH, Limits(-300, 1000))
    if "place" not in actor:
        actor.note("needs 'place', such as {ahead: 40 m, off_road: 2 m, side: right}")
        return PlaceSpec(actor.unreadable("place", ahead))
    section = actor.section("place", _PLACE_KEYS)
    sideways = section.exactly_one(_SIDEWAYS, "give one of them, such as 'off_road: 2 m' with 'side: right'")
    side = section.value_if_there("side", one_of(("left", "right")))
    if sideways == "off_road" and side is None:
        section.note("needs 'side' (left or right) with 'off_road'", "off_road")
    if sideways in ("lane", "left", "right") and side is not None:
        section.note(f"belongs to 'off_road', not to '{sideways}'; remove it", "side")
    lateral = QuantityParser(LENGTH, Limits(-50, 50))
    place = PlaceSpec(
        ahead_m=section.value("ahead", ahead),
        off_road_m=section.value_if_there("off_road", QuantityParser(LENGTH, Limits(-5, 100))),
        side=side,
        lane=section.value_if_there("lane", WordOrNumberParser(("ego", "oncoming", "right", "left"), -6, 6)),
        left_m=section.value_if_there("left", lateral),
        right_m=section.value_if_there("right", lateral),
        facing=section.value_if_there("facing", WordOrQuantityParser(
            ("along", "against", "road", "away"), ANGLE, Limits(-2 * math.pi, 2 * math.pi))),
    )
    facing_across = place.facing is not None and {"road", "away"} & {*place.facing.outcomes()}
    if facing_across and (place.lane is not None or _may_be_in_the_middle(place)):
        section.note("a place on a lane has no road beside it; write along, against or an angle", "facing")
    return place


def _read_trigger(actor: Section, do: BehaviourSpec, capture: CaptureSpec) -> TriggerSpec:
    if "when" not in actor:
        return TriggerSpec()
    actions = do.action.outcomes()
    if actions and {*actions} <= {"stand", "park"}:
        actor.note("has no effect on an actor that only stands; remove it, or say what to do", "when")
    section = actor.section("when", ("time", "ego_distance"))
    section.exactly_one(("time", "ego_distance"), "write {time: 0.5 s} or {ego_distance: 30 m}")
    time = section.value_if_there("time", QuantityParser(DURATION, Limits(-60, 3600)))
    warmup, frames, rate = (value.outcomes() for value in (capture.warmup_s, capture.frames, capture.rate_hz))
    if time is not None and time.outcomes() and warmup and frames and rate:
        last = (max(frames) - 1) / min(rate)
        if min(time.outcomes()) > last:
            section.note(f"never comes: the last frame is at {format_quantity(last, DURATION)}", "time")
        if max(time.outcomes()) < -max(warmup):
            section.note(f"lies before the warm-up of {format_quantity(max(warmup), DURATION)}", "time")
    near = QuantityParser(LENGTH, Limits(0, 1000, above=True))
    return TriggerSpec(time, section.value_if_there("ego_distance", near))


def _read_behaviour(actor: Section, kind: str, model: Value[str]) -> BehaviourSpec:
    parser = _action_parser(kind)
    node = actor.node("do") if "do" in actor else None
    if node is None or isinstance(node, Scalar) or is_random(node):
        action = actor.value("do", parser, "park" if kind == "vehicle" else "stand")
        if "drive" in action.outcomes():
            actor.note("driving needs a speed: {drive: {speed: 50 km/h}}", "do")
        return BehaviourSpec(action)
    outer = actor.section("do", tuple(_ACTION_KEYS))
    word = outer.exactly_one(tuple(_ACTION_KEYS), "name one thing to do")
    if word is None:
        return BehaviourSpec(actor.unreadable("do", parser))
    action = outer.read(Scalar(outer.node(word).line, word, word), outer.path(word), parser)
    if not _ACTION_KEYS[word]:
        outer.note(f"takes no further keys; write 'do: {word}'", word)
        return BehaviourSpec(action)
    section = outer.section(word, _ACTION_KEYS[word])
    speed = QuantityParser(SPEED, _speed_limits(kind, model))
    return BehaviourSpec(
        action=action,
        speed_mps=(section.value if word == "drive" else section.value_if_there)("speed", speed),
        angle_rad=section.value_if_there("angle", QuantityParser(ANGLE, _LEAN)),
        distance_m=section.value_if_there("distance", QuantityParser(LENGTH, _STRETCH)),
    )


def _action_parser(kind: str) -> Parser[str]:
    somebody = "an animal" if kind == "animal" else f"a {kind}"
    return WordParser(f"what {somebody} can do ({', '.join(_ACTIONS[kind])})", _ACTIONS[kind])


def _speed_limits(kind: str, model: Value[str]) -> Limits:
    """Above zero, and at most what the slowest of the possible animals or pedestrians can do in a sprint."""
    if kind == "vehicle":
        return VEHICLE_SPEED
    table = animal_speeds() if kind == "animal" else None
    tops = [
        (table[word] if table is not None else pedestrian_speeds(word)).top_mps for word in model.outcomes()
    ]
    return Limits(0, min(tops, default=VEHICLE_SPEED.high), above=True)


def _check_crossing(section: Section, actor: ActorSpec) -> None:
    if "cross" not in actor.do.action.outcomes():
        return
    place = actor.place
    if any(value is not None for value in (place.lane, place.left_m, place.right_m)):
        section.note("a crossing starts at an edge of the road: place it by 'off_road' and 'side' (off_road "
                     "below 0 is on the road)", "do")


def _may_be_in_the_middle(place: PlaceSpec) -> bool:
    return any(value is not None and 0.0 in value.outcomes() for value in (place.left_m, place.right_m))


def _check_copies(section: Section, actor: ActorSpec) -> None:
    if actor.count is None:
        if actor.spacing_m is not None:
            section.note("needs 'count': how many actors to space", "spacing")
        return
    place = actor.place
    spread = actor.spacing_m is not None or any(
        value is not None and value.distribution.random
        for value in (place.ahead_m, place.off_road_m, place.left_m, place.right_m)
    )
    if max(actor.count.outcomes(), default=0) > 1 and not spread:
        section.note("would stand at one place; add 'spacing: 3 m', or make 'place.ahead' random", "count")
