"""``do``: a program, which is a verb, ``{verb: {…}}``, or a list of these, read as a list of steps."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from simgen.scenario.chance import Choice
from simgen.scenario.distributions import is_random
from simgen.scenario.document import MISSING, Entry, Mapping, Node, Scalar, Sequence, describe, join
from simgen.scenario.mistakes import known_words, listed
from simgen.scenario.models.conditions import ConditionModel
from simgen.scenario.quantities import DURATION, Limits
from simgen.scenario.readers import QuantityReader, one_of
from simgen.scenario.section import Section, key, keys_of, read_section
from simgen.scenario.values import Reading, Refs, Schema, Value, validator

DEPRECATED_VERBS = {"drive": "follow_road"}
VERB_HINTS = {
    "run": "write {cross: {gait: run}} or {follow_road: {gait: run}}", "go": "write 'follow_road'",
    "wait": "write {stand: {for: 2 s}}", "accelerate": "write 'speed_up'", "turn": "a junction's turn is the ego's "
    "'route'", "swerve": "write 'drift' or 'lane_change'", "overtake": "write [lane_change, speed_up, cut_in]",
}

STEPS: dict[str, type[StepModel]] = {}       # verb → its keys; ``steps`` fills it


class ProgramReader:
    """What stands under ``do``: a verb, ``{verb: {…}}``, or a list of these; read as the list of steps."""

    what = "what to do, such as 'walk' or {cross: {speed: 4 m/s}}"

    def read(self, entry: Entry, reading: Reading) -> tuple[StepModel, ...]:
        if entry.node is MISSING:
            return ()
        if not isinstance(entry.node, Sequence):
            step = _read_step(entry, reading)
            return () if step is None else (step,)
        if not entry.node.items:
            reading.log.note(entry.where, f"is empty; say {self.what}")
        steps = (_read_step(item, reading) for item in entry.items())
        return tuple(step for step in steps if step is not None)

    def schema(self, refs: Refs) -> Schema:
        return refs.program()

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


def _read_step(entry: Entry, reading: Reading) -> StepModel | None:
    node = entry.node
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _read_verb(node.text, node, Entry(Mapping(node.at, {}, {}), join(entry.path, node.text)), reading)
    if isinstance(node, Mapping) and is_random(node):
        return _read_choice(entry, node, reading)
    if not isinstance(node, Mapping) or not node.entries:
        found = "an empty mapping" if isinstance(node, Mapping) else describe(node)
        reading.log.note(entry.where, f"expected {ProgramReader.what}, got {found}")
        return None
    verbs = [word for word in node.entries if word in STEPS or word in DEPRECATED_VERBS] or [*node.entries][:1]
    for word in node.entries:
        if word in verbs[1:]:
            reading.log.note(entry.key(word), f"has {listed(verbs, 'and')}, which exclude each other; name one thing "
                                              "to do, or a list of steps: [{…}, {…}]")
            return None
        if word != verbs[0]:
            belongs = f"; write it inside: {{{verbs[0]}: {{{word}: …}}}}" if word in keys_of(StepModel) else ""
            reading.log.note(entry.key(word), f"stands beside '{verbs[0]}'{belongs or '; a step is one verb'}")
    return _read_verb(verbs[0], node.keys[verbs[0]], entry.child(verbs[0]), reading)


def _read_verb(word: str, at: Node, entry: Entry, reading: Reading) -> StepModel | None:
    if word in DEPRECATED_VERBS:
        new = DEPRECATED_VERBS[word]
        reading.log.advise(at.at.under(entry.path), f"'{word}' is an old word; write '{new}'")
        word, entry = new, Entry(entry.node, entry.path.removesuffix(word) + new)
    if word not in STEPS:
        hint = f" ({VERB_HINTS[word]})" if word in VERB_HINTS else known_words(word, STEPS)
        path = entry.path.removesuffix(word).removesuffix(".")
        reading.log.note(at.at.under(path), f"expected {ProgramReader.what}, got '{word[:60]}'{hint}")
        return None
    if isinstance(entry.node, Scalar) and entry.node.value is None:      # "- park:" with nothing behind it
        entry = Entry(Mapping(entry.node.at, {}, {}), entry.path)
    return read_section(STEPS[word], entry, reading)


def _read_choice(entry: Entry, node: Mapping, reading: Reading) -> StepModel | None:
    """``{choice: {walk: 3, stand: 1}}``: the short way to write ``either`` for bare verbs."""
    before = reading.log.count
    verbs = one_of(STEPS, ProgramReader.what).read(entry, reading)
    del reading.values[entry.path]
    if reading.log.count > before:
        return None
    if not isinstance(verbs.distribution, Choice):
        reading.log.note(entry.where, "what is done cannot be derived or swept; write {either: [{chance: …, do: …}]} "
                                      "and sweep a chance")
        return None
    pairs = [pair for pair in zip(verbs.distribution.options, verbs.distribution.weights, strict=True) if pair[1] > 0]
    total = sum(weight for _, weight in pairs)
    branches = [
        Mapping(node.at, {}, {
            "chance": Scalar(node.at, repr(weight / total), weight / total), "do": Scalar(node.at, verb, verb)})
        for verb, weight in pairs
    ]
    body = Sequence(node.at, tuple(branches))
    return read_section(STEPS["either"], Entry(body, f"{entry.path}.either"), reading)


class StepModel(Section):
    """What an actor does, step by step."""

    verb: ClassVar[str]
    when: ConditionModel | None = key("waits, going on as before, until this holds")
    until: ConditionModel | None = key("ends the step as soon as this holds")
    for_: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 3600, above=True))] | None = key(
        "ends the step after this time", alias="for")
