"""``when`` and ``until``: conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from simgen.scenario.distributions import is_random
from simgen.scenario.document import Entry, Mapping, Scalar, Sequence
from simgen.scenario.quantities import DURATION, LENGTH, SPEED, Limits
from simgen.scenario.readers import Plain, QuantityReader, RoleReader, one_of
from simgen.scenario.section import REQUIRED, ListOf, Nested, Problem, Section, key
from simgen.scenario.values import Reader, Reading, Refs, Schema, Value, validator

EVENTS = ("started", "finished", "stopped", "entered_road", "left_road", "hit", "braked")

_NEAR = QuantityReader(LENGTH, Limits(0, 1000, above=True))
_TIME = QuantityReader(DURATION, Limits(-60, 3600))
_SHORT = QuantityReader(DURATION, Limits(0, 600))
_SPEED = QuantityReader(SPEED, Limits(0, 70))


class _Threshold(Section):
    """Below or above a value."""

    def problems(self) -> Iterator[Problem]:
        yield from self.exactly_one(("below", "above"), "write {below: …} or {above: …}")


class LengthThreshold(_Threshold):
    """A distance below or above; a plain one means below."""

    shorthand: ClassVar[str] = "below"
    below: Annotated[Value[float], _NEAR] | None = key("closer than this")
    above: Annotated[Value[float], _NEAR] | None = key("further than this")

    @classmethod
    def shorthand_is(cls, node: Mapping) -> bool:
        return is_random(node)

    @classmethod
    def what(cls) -> str:
        return "a length such as '30 m', {below: 30 m} or {above: 30 m}"


class SpeedThreshold(_Threshold):
    """A speed below or above."""

    below: Annotated[Value[float], _SPEED] | None = key("slower than this")
    above: Annotated[Value[float], _SPEED] | None = key("faster than this")

    @classmethod
    def what(cls) -> str:
        return "{below: 10 km/h} or {above: 10 km/h}"


class TtcThreshold(Section):
    """A time to collision; a plain one means below."""

    shorthand: ClassVar[str] = "below"
    hints: ClassVar[dict[str, str]] = {"above": "a time to collision only comes below a value; write {not: {ttc: 2 s}}"}
    below: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60, above=True))] = key(
        "shorter than this", REQUIRED)

    @classmethod
    def shorthand_is(cls, node: Mapping) -> bool:
        return is_random(node)

    @classmethod
    def what(cls) -> str:
        return "a time such as '2 s', or {below: 2 s}"


class DistanceModel(_Threshold):
    """The distance to another actor."""

    to: Annotated[str, Plain(RoleReader())] = key("the other actor, or ego", REQUIRED)
    below: Annotated[Value[float], _NEAR] | None = key("closer than this")
    above: Annotated[Value[float], _NEAR] | None = key("further than this")


class EventModel(Section):
    """What another actor, or the ego, did."""

    actor: Annotated[str, Plain(RoleReader())] = key("who, a role or ego", REQUIRED)
    did: Annotated[str, Plain(one_of(EVENTS))] = key(
        "started, finished (all it had to do), stopped, entered_road, left_road, hit (touched the ego), braked",
        REQUIRED)

    def problems(self) -> Iterator[Problem]:
        if self.actor == "ego" and self.did not in ("braked", "hit", "stopped", None):
            yield "did", f"the ego never '{self.did}'; it braked, stopped or hit somebody"


class _VisibleReader:
    """``true`` (at first sight), or how long it must have been seen: seconds, 0 for ``true``."""

    what = "true, or a time such as '0.5 s'"
    reader: Reader[float] = _SHORT

    def read(self, entry: Entry, reading: Reading) -> Value[float]:
        node = entry.node
        if isinstance(node, Scalar) and node.value is True:
            entry = Entry(Scalar(node.at, "0", 0), entry.path)
        elif isinstance(node, Scalar) and node.value is False:
            reading.log.note(entry.where, "write {not: {visible: true}} for what is not visible")
            entry = Entry(Scalar(node.at, "0", 0), entry.path)
        return self.reader.read(entry, reading)

    def schema(self, refs: Refs) -> Schema:
        return {"anyOf": [{"const": True}, refs.value(self.reader)]}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


_KINDS = ("time", "ego_distance", "distance", "ttc", "ego_speed", "speed", "visible", "event", "all", "any", "not")


class ConditionModel(Section):
    """When something happens: exactly one of the conditions, and a delay if wanted."""

    time: Annotated[Value[float], _TIME] | None = key("after the first frame; negative: in the warm-up")
    ego_distance: LengthThreshold | None = key(
        "distance between the middle of the ego's front and this actor: `30 m` means below")
    distance: DistanceModel | None = key("distance to another actor: `{to: ball, below: 3 m}`")
    ttc: TtcThreshold | None = key("the ego's time to collision with this actor: `2 s` means below")
    ego_speed: SpeedThreshold | None = key("the ego's speed, `{below: 10 km/h}`")
    speed: SpeedThreshold | None = key("this actor's own speed")
    visible: Annotated[Value[float], _VisibleReader()] | None = key(
        "`true`: at the first sight from the ego; a time: seen for so long")
    event: EventModel | None = key("what another actor did: `{actor: deer, did: entered_road}`")
    all: Annotated[tuple[ConditionModel, ...], ListOf(lambda: ConditionModel)] | None = key("all of these hold")
    any: Annotated[tuple[ConditionModel, ...], ListOf(lambda: ConditionModel)] | None = key("one of these holds")
    not_: Annotated[ConditionModel, Nested(lambda: ConditionModel)] | None = key("this does not hold", alias="not")
    delay: Annotated[Value[float], _SHORT] = key("so long after it first held", "0 s")

    hints: ClassVar[dict[str, str]] = {
        "and": "write 'all: […]'", "or": "write 'any: […]'", "ego_ttc": "write 'ttc: 2 s'",
        "distance_to_ego": "write 'ego_distance: 30 m'", "trigger": "write the condition itself",
    }

    @classmethod
    def what(cls) -> str:
        return "a condition such as {time: 0.5 s} or {ttc: 2 s}"

    def problems(self) -> Iterator[Problem]:
        if self.lacks(*_KINDS):
            yield "", "names no condition; write {time: 0.5 s}, {ego_distance: 30 m} or {ttc: 2 s}"
        yield from self.several(_KINDS, "to join them write {all: [{…}, {…}]} or {any: […]}")
        for name in ("all", "any"):
            node = self._entry.node.entries.get(name) if isinstance(self._entry.node, Mapping) else None
            if isinstance(node, Sequence) and not node.items:
                yield name, "is empty; list the conditions"

    def parts(self) -> Iterator[ConditionModel]:
        """The condition itself and all conditions in it."""
        yield self
        for part in (*(self.all or ()), *(self.any or ()), *(() if self.not_ is None else (self.not_,))):
            yield from part.parts()
