"""``vary``, ``strata`` and ``correlate``: how the episodes of a scenario differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from simgen.scenario.distributions import read_weight
from simgen.scenario.document import MISSING, Entry, Mapping, Sequence, Swept, describe
from simgen.scenario.quantities import NUMBER, Limits
from simgen.scenario.readers import Plain, QuantityReader, WordReader, one_of
from simgen.scenario.section import REQUIRED, Problem, Section, key
from simgen.scenario.values import Reading, Refs, Schema, validator

METHODS = ("grid", "zip", "latin_hypercube", "sobol", "pairwise")

KEY_PATH = WordReader("a key path such as 'ego.speed' or 'actors.deer.do.cross.speed'", form=re.compile(
    r"[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+|\[[0-9]+\])*"))


class NamesReader:
    """The key paths under ``over``. What is written there has been put in its place before the models read it."""

    what = "a mapping such as {ego.speed: [40 km/h, 60 km/h]}"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        if isinstance(entry.node, Mapping) and not isinstance(entry.node, Swept):
            if not entry.node.entries:
                reading.log.note(entry.where, f"is empty; write {self.what}")
            return tuple(entry.node.entries)
        if entry.node is not MISSING:
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
        return ()

    def schema(self, refs: Refs) -> Schema:
        return {
            "type": "object", "propertyNames": KEY_PATH.fixed_schema(), "minProperties": 1,
            "additionalProperties": {"type": ["array", "object"]},
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class SweepModel(Section):
    """A sweep: values that go through what `over` lists, instead of being drawn."""

    method: Annotated[str, Plain(one_of(METHODS, meanings={
        "lhs": "latin_hypercube", "product": "grid", "full": "grid", "pairs": "pairwise"}))] = key(
        "grid: every combination; zip: the first of each, the second of each, …; latin_hypercube and sobol: spread "
        "evenly over ranges; pairwise: every pair of options at least once", "grid")
    over: Annotated[tuple[str, ...], NamesReader()] = key(
        "key path → options `[a, b]`, `{from: 10 km/h, to: 60 km/h, step: 5 km/h}`, or how to draw it", REQUIRED)

    hints: ClassVar[dict[str, str]] = {"values": "write 'over'", "episodes": "write 'episodes' at the top level"}


class BinsReader:
    """Name → [low, high]. Kept as written: what they bound says their dimension when it is known."""

    what = "named bins such as {early: [0.5 s, 1 s], late: [1 s, 3 s]}"

    def read(self, entry: Entry, reading: Reading) -> dict[str, Entry]:
        if entry.node is MISSING:
            return {}
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept) or not entry.node.entries:
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        return {name: entry.child(name) for name in entry.node.entries}

    def schema(self, refs: Refs) -> Schema:
        return {"type": "object", "minProperties": 1,
                "additionalProperties": {"type": "array", "minItems": 1}}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class SharesReader:
    """Name → weight."""

    what = "weights such as {early: 2, late: 1}"

    def read(self, entry: Entry, reading: Reading) -> dict[str, float]:
        if not isinstance(entry.node, Mapping) or isinstance(entry.node, Swept) or not entry.node.entries:
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return {}
        weights: dict[str, float] = {}
        for name in entry.node.entries:
            try:
                weights[name] = read_weight(entry.node.entries[name], "")
            except ValueError as error:
                reading.log.note(entry.child(name).where, str(error))
        if len(weights) == len(entry.node.entries) and not sum(weights.values()) > 0.0:
            reading.log.note(entry.where, "all weights are 0; give at least one a weight above 0")
        return weights

    def schema(self, refs: Refs) -> Schema:
        return {"type": "object", "minProperties": 1, "additionalProperties": {"type": "number", "minimum": 0}}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class StrataModel(Section):
    """Named bins of one value; the episodes go through them in turn, so that none is left out by chance."""

    of: Annotated[str, Plain(KEY_PATH)] = key("the value, by its key path", REQUIRED)
    bins: Annotated[dict[str, Entry], BinsReader()] = key("name → [lowest, highest], or [word, …] for words", REQUIRED)
    shares: Annotated[dict[str, float], SharesReader()] | None = key("name → weight; by default all alike")

    def problems(self) -> Iterator[Problem]:
        for name in self.shares or {}:
            if name not in self.bins:
                yield "shares", f"names '{name}', which is no bin"


class PairReader:
    """Two key paths."""

    what = "two key paths, [ego.speed, actors.deer.do.cross.speed]"

    def read(self, entry: Entry, reading: Reading) -> tuple[str, ...]:
        if entry.node is MISSING:
            return ()
        if not isinstance(entry.node, Sequence) or len(entry.node.items) != 2:
            reading.log.note(entry.where, f"expected {self.what}, got {describe(entry.node)}")
            return ()
        paths = tuple(Plain(KEY_PATH).read(item, reading) for item in entry.items())
        if None in paths:
            return ()
        if paths[0] == paths[1]:
            reading.log.note(entry.where, "a value always follows itself; name two different ones")
        return paths

    def schema(self, refs: Refs) -> Schema:
        return {"type": "array", "items": KEY_PATH.fixed_schema(), "minItems": 2, "maxItems": 2}

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return validator(self.read)


class CorrelationModel(Section):
    """Two drawn values that go together: high ones with high ones (above 0) or with low ones (below 0)."""

    between: Annotated[tuple[str, ...], PairReader()] = key("the two, by their key paths", REQUIRED)
    by: Annotated[float, Plain(QuantityReader(NUMBER, Limits(
        -1, 1, reason="a rank correlation lies between -1 and 1")))] = key("rank correlation, -1 to 1", REQUIRED)
