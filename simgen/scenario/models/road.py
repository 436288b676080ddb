"""``map`` and ``road``: where it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from simgen.scenario.document import Entry, Sequence, describe
from simgen.scenario.quantities import LENGTH, Limits
from simgen.scenario.readers import FlagReader, Plain, QuantityReader, WholeNumberReader, WordReader, one_of
from simgen.scenario.section import Problem, Section, key
from simgen.scenario.values import Reading, Refs, Schema, Value, validator

ROAD_KINDS = ("rural", "town", "highway")
FEATURES = ("crosswalk", "junction", "parking")
AHEAD = Limits(-300, 1000, reason="further away nobody is met within a clip")

MAP = WordReader(
    "a map's name on the server such as 'Town01', or the path of an OpenDRIVE file that ends in .xodr",
    form=re.compile(r"[A-Za-z0-9_/]+|.+\.xodr"),
)
_RADIUS = QuantityReader(LENGTH, Limits(5, 5000, reason="tighter, a car cannot follow; wider, nobody sees a bend"))


class RangeReader:
    """``[60 m, 150 m]``: the least and the greatest that will do."""

    what = "two radii, [60 m, 150 m]"

    def read(self, entry: Entry, reading: Reading) -> tuple[float, float] | None:
        if not isinstance(entry.node, Sequence) or len(entry.node.items) != 2:
            reading.log.note(entry.where, f"expected the least and the greatest, [60 m, 150 m]; got "
                                          f"{describe(entry.node)}")
            return None
        before = reading.log.count
        low, high = (Plain(_RADIUS).read(item, reading) for item in entry.items())
        if reading.log.count > before:
            return None
        if not low < high:
            reading.log.note(entry.where, "the ends must be two different numbers, the smaller one first")
        return low, high

    def schema(self, refs: Refs) -> Schema:
        return {"type": "array", "items": _RADIUS.fixed_schema(), "minItems": 2, "maxItems": 2}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class RoadModel(Section):
    """What the ego's stretch of road must have; the map that has it is found among those of the simulator."""

    kind: Annotated[Value[str], one_of(ROAD_KINDS, meanings={
        "motorway": "highway", "freeway": "highway", "autobahn": "highway", "city": "town", "urban": "town",
        "country": "rural",
    })] | None = key("the kind of surroundings; needed unless there is a `map`")
    lanes: Annotated[Value[int], WholeNumberReader(1, 12)] | None = key(
        "driving lanes, both directions together: 2 is a two-lane road")
    curve: Annotated[Value[str], one_of(("straight", "bend"))] | None = key(
        "whether the stretch bends; by default a straight one is preferred")
    radius: Annotated[tuple[float, float], RangeReader()] | None = key(
        "least and greatest radius of the tightest bend on the stretch")
    crest: Annotated[bool, Plain(FlagReader())] = key("whether the stretch goes over a crest", "false")
    tunnel: Annotated[bool, Plain(FlagReader())] = key(
        "whether what is farthest ahead is in a tunnel: who stands or is met there", "false")
    near: Annotated[Value[str], one_of(FEATURES)] | None = key("what must lie on the stretch")
    at: Annotated[Value[float], QuantityReader(LENGTH, AHEAD)] | None = key(
        "how far ahead of the ego at the first frame that lies; by default where the ego is at the first meeting, or "
        "after 60 % of the clip")

    def problems(self) -> Iterator[Problem]:
        if self.at is not None and self.near is None:
            yield "at", "says where 'near' lies; add 'near: junction' or remove it"
        if self.radius is not None and self.curve is not None and self.curve.outcomes() == ("straight",):
            yield "radius", "a straight road has no bend; write 'curve: bend' or remove it"
