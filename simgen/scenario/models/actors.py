"""``actors``: everybody but the ego, and what must hold between what they are and what they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from simgen.scenario.models.conditions import ConditionModel
from simgen.scenario.models.ego import COLOR, VEHICLE_ID
from simgen.scenario.models.places import LENGTHWAYS, SIDEWAYS, MeetModel, PlaceModel
from simgen.scenario.models.programs import ProgramReader, StepModel
from simgen.scenario.models.steps import CrossStep, ParkStep, StandStep, all_steps
from simgen.scenario.quantities import DURATION, LENGTH, Limits
from simgen.scenario.readers import (
    SLUG,
    FlagReader,
    Plain,
    QuantityReader,
    WholeNumberReader,
    WordReader,
    one_of,
)
from simgen.scenario.section import REQUIRED, Problem, Section, key
from simgen.scenario.tables import (
    animal_speeds,
    cyclist_kinds,
    pedestrian_kinds,
    prop_kinds,
    vehicle_kinds,
    without_blue_lights,
)
from simgen.scenario.values import Value

KINDS = ("vehicle", "cyclist", "pedestrian", "animal", "prop")
_ON_FOOT = ("stand", "walk", "cross", "walk_to", "follow_road", "freeze", "turn_back", "flee", "follow_leader")
_ON_WHEELS = ("stand", "follow_road", "brake", "speed_up", "stop", "cut_in", "lane_change", "drift", "run_red",
              "follow_leader")
VERBS: dict[str, tuple[str, ...]] = {
    "vehicle": ("stand", "park", *_ON_WHEELS[1:], "open_door"),
    "cyclist": (*_ON_WHEELS, "cross", "freeze"),
    "pedestrian": _ON_FOOT,
    "animal": _ON_FOOT,
    "prop": ("stand", "walk", "cross", "walk_to"),
}
GAITS_OF = {"animal": ("walk", "trot", "gallop", "hop"), "pedestrian": ("walk", "jog", "run")}
_KIND_HINTS = {"lorry": "truck", "suv": "car", "bike": "bicycle", "motorbike": "motorcycle", "kid": "child",
               "person": "adult", "pram": "stroller", "old": "elderly"}


def _kind(example: str, words: tuple[str, ...], form: re.Pattern[str]) -> WordReader:
    return WordReader(f"a blueprint id such as '{example}' or one of {', '.join(words)}", words, form, _KIND_HINTS)


class ActorModel(Section):
    """One actor, or several alike (`count`)."""

    role: Annotated[str, Plain(SLUG)] = key("its name, unique in the scenario", REQUIRED)
    vehicle: Annotated[Value[str], _kind("vehicle.tesla.model3", tuple(vehicle_kinds()), VEHICLE_ID)] | None = key(
        "a motor vehicle: one of these words, or a blueprint id")
    cyclist: Annotated[Value[str], _kind("vehicle.bh.crossbike", tuple(cyclist_kinds()), VEHICLE_ID)] | None = key(
        "somebody on two wheels")
    pedestrian: Annotated[Value[str], _kind(
        "walker.pedestrian.0012", tuple(pedestrian_kinds()), re.compile(r"walker\.pedestrian\.[a-z0-9_]+"))] | None = (
        key("a person"))
    animal: Annotated[Value[str], one_of(animal_speeds(), "a species", {
        "deer": "white_tailed_deer", "dear": "white_tailed_deer", "boar": "wild_boar", "cow": "cattle",
        "duck": "goose", "wolf": "dog"})] | None = key("an animal, by its species")
    prop: Annotated[Value[str], _kind(
        "static.prop.box02", tuple(prop_kinds()), re.compile(r"static\.prop\.[a-z0-9_]+"))] | None = key(
        "a thing that lies or stands there")
    age: Annotated[Value[str], one_of(("adult", "young"))] = key("of an animal: young is a calf, a piglet", "adult")
    place: PlaceModel | None = key("where it starts")
    meet: MeetModel | None = key("where and when it would touch the ego; its start is solved from that")
    when: ConditionModel | None = key("when it begins to do something; by default at once")
    do: Annotated[tuple[StepModel, ...], ProgramReader()] | None = key(
        "what it does: a verb, {verb: {…}}, or a list of steps; by default vehicles park and others stand")
    count: Annotated[Value[int], WholeNumberReader(0, 200)] | None = key(
        "so many of it, with the roles role_1, role_2, …")
    spacing: Annotated[Value[float], QuantityReader(LENGTH, Limits(-100, 100))] | None = key(
        "between them, from one to the next")
    formation: Annotated[str, Plain(one_of(("along", "abreast", "file", "cluster")))] = key(
        "how they stand: along the road; abreast across it, over its width or, beside it, away from it; in a file one "
        "behind the other as they face; or in a cluster", "along")
    delay: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60))] | None = key(
        "each begins so long after the one before it: a leader and its followers")
    color: Annotated[Value[str], COLOR] | None = key(
        'paint of a vehicle, a word or "r,g,b"; by default the blueprint\'s')
    lights: Annotated[Value[str], one_of(
        ("auto", "on", "off", "hazard", "left", "right", "blue"))] = key(
        "lamps of a vehicle; hazard, left and right blink, blue are an emergency vehicle's", "auto")
    event: Annotated[bool, Plain(FlagReader())] | None = key(
        "whether it is part of the rare event, which `twin: negative` leaves out; by default who has `meet` is")

    hints: ClassVar[dict[str, str]] = {
        "name": "write 'role'", "type": "write the kind as the key: 'animal: moose'", "speed": "write it in 'do': "
        "{cross: {speed: 4 m/s}}", "species": "write 'animal: moose'", "trigger": "write 'when'", "remove": "it only "
        "takes out an actor of the scenario that this one extends",
    }

    @property
    def kind(self) -> str:
        """The key it was written under: vehicle, cyclist, pedestrian, animal or prop."""
        return next((kind for kind in KINDS if getattr(self, kind) is not None), "vehicle")

    @property
    def model(self) -> Value[str] | None:
        """What it is: a kind's word or a blueprint id."""
        model: Value[str] | None = getattr(self, self.kind)
        return model

    def roles(self) -> tuple[str, ...]:
        """Its role, and those of its copies."""
        if self.count is None or not self.role:
            return (self.role,) if self.role else ()
        most = max(self.count.outcomes(), default=0)
        return (self.role, *(f"{self.role}_{number}" for number in range(1, most + 1)))

    @classmethod
    def what(cls) -> str:
        return "an actor such as {role: deer, animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: right}}"

    def problems(self) -> Iterator[Problem]:
        if self.role == "ego":
            yield "role", "'ego' is the recording vehicle's own role; choose another"
        yield from self.exactly_one(KINDS, "an actor is one of them")
        if self.given & {*KINDS}:
            yield from self._oddities()
        yield from self._place_problems()
        yield from self._copy_problems()

    def _oddities(self) -> Iterator[Problem]:
        """Keys that only some kinds have."""
        wheels = self.kind in ("vehicle", "cyclist")
        if "color" in self.given and not wheels:
            yield "color", f"only vehicles have a color; remove it from this {self.kind}"
        if "lights" in self.given and not wheels:
            yield "lights", f"only vehicles have lights; remove them from this {self.kind}"
        plain = [word for word in (self.model.outcomes() if self.model else ()) if without_blue_lights(word)]
        if wheels and plain and "blue" in self.lights.outcomes():
            yield "lights", f"'{plain[0]}' has no blue lights; write 'vehicle: vehicle.ford.ambulance' or such"
        if "age" in self.given and self.kind != "animal":
            cure = "write 'pedestrian: child'" if self.kind == "pedestrian" else "remove it"
            yield "age", f"belongs to animals; {cure}"

    def _place_problems(self) -> Iterator[Problem]:
        place, meet = self.place, self.meet
        if place is None:
            if self.lacks("place") and meet is None:
                yield "", "needs 'place', such as {ahead: 40 m, off_road: 2 m, side: right}"
            elif self.lacks("place"):
                yield "", "needs 'place' to say from where it comes, such as {off_road: 2 m, side: right}"
            return
        if meet is None and "junction" in place.given:
            yield "place", "on a junction's arm a meeting says how far down; add 'meet: {}'"
        alone = "side" in place.given and not place.given & {*SIDEWAYS, "junction"}
        lead = meet is not None and "lead" in meet.given
        if alone and not lead:
            yield "place", ("has 'side' alone; say how far from the road, such as 'off_road: 2 m', or add "
                            "'meet: {lead: 2 s}'")
        if lead and not alone and "junction" not in place.given:
            yield "meet", "with 'lead' the distance from the road is solved; the place says only 'side', such as " \
                          "{side: right}"
        if meet is not None and place.given & {*LENGTHWAYS} - {"junction"}:
            blamed = min(place.given & {*LENGTHWAYS} - {"junction"})
            yield "place", f"has '{blamed}', but the meeting says how far ahead it starts; remove one of them"
        steps = list(all_steps(self.do or ()))
        stands = (steps or "do" not in self.given) and all(isinstance(step, (StandStep, ParkStep)) for step in steps)
        if meet is not None and stands and place.given & {"off_road", "beside"}:
            yield "do", ("who only stands beside the road meets nobody; say how it moves, such as 'do: cross', or "
                         "place it on the road by 'left' or 'right'")
        if place.lacks(*SIDEWAYS, "side", "of", "before", "beyond", "behind", "junction"):
            along = not any(isinstance(step, CrossStep) for step in steps)
            if meet is None or lead or not along:
                yield "place", ("has none of 'off_road', 'beside', 'lane', 'left' and 'right'; give one of them, such "
                                "as 'off_road: 2 m' with 'side: right'")

    def _copy_problems(self) -> Iterator[Problem]:
        for name in ("spacing", "formation", "delay"):
            if name in self.given and "count" not in self.given:
                yield name, f"needs 'count': how many actors {'to space' if name == 'spacing' else 'there are'}"
