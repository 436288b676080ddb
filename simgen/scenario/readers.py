"""What may stand at one place of a scenario: a length, a speed, one of some words, a blueprint id, a clock time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from simgen.scenario.chance import Distribution, LogNormal, Normal, Uniform, UniformInteger
from simgen.scenario.distributions import is_random
from simgen.scenario.document import MISSING, Entry, Scalar, describe
from simgen.scenario.mistakes import did_you_mean, known_words
from simgen.scenario.quantities import (
    ANY,
    CLOCK,
    NUMBER,
    NUMERAL,
    PERCENT,
    SHARE,
    Dimension,
    Limits,
    dimension_of,
    format_quantity,
    parse_quantity,
)
from simgen.scenario.values import Reader, Reading, Refs, Schema, Value, validator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QuantityReader(Reader[float]):
    """A number with a unit."""

    of: Dimension
    limits: Limits = ANY

    @property
    def dimension(self) -> Dimension:
        return self.of

    @property
    def what(self) -> str:
        return f"{self.of.name} such as '{self.of.example}'"

    def scalar(self, node: Scalar) -> float:
        return _quantity(node, self.of, self.what)

    def outside(self, value: float) -> str | None:
        if self.limits.holds(value):
            return None
        reason = f": {self.limits.reason}" if self.limits.reason else ""
        return (f"{format_quantity(value, self.of)} is outside what makes sense here "
                f"({self.limits.describe(self.of)}){reason}")

    def numbers(self, shape: str, values: Many[float]) -> tuple[float, ...]:
        return tuple(values)

    def spread(self, shape: str, numbers: tuple[float, ...]) -> Distribution[float]:
        first, second = numbers
        if shape == "uniform":
            return Uniform(first, second)
        return Normal(first, second) if shape == "normal" else LogNormal(first, second)

    def fixed_schema(self) -> Schema:
        return quantity_schema(self.of)


@dataclass(frozen=True, slots=True)
class WholeNumberReader(Reader[int]):
    """A whole number between two ends."""

    low: int
    high: int

    @property
    def dimension(self) -> Dimension:
        return NUMBER

    @property
    def what(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def scalar(self, node: Scalar) -> int:
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            raise ValueError(f"expected {self.what}, got {describe(node)}")
        return node.value

    def outside(self, value: int) -> str | None:
        return None if self.low <= value <= self.high else f"expected {self.what}, got {value}"

    def numbers(self, shape: str, values: Many[int]) -> tuple[float, ...]:
        if shape not in ("uniform", "from"):
            raise ValueError(f"'{shape}' needs a quantity; use 'choice'")
        return tuple(values)

    def spread(self, shape: str, numbers: tuple[float, ...]) -> Distribution[int]:
        return UniformInteger(int(numbers[0]), int(numbers[1]))

    def derived(self) -> bool:
        return True

    def fixed_schema(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class WordReader(Reader[str]):
    """One of some words, or a text of a given form (such as a blueprint id, or a name, even one of digits only).

    meanings: words that are not known, and what is meant: "motorway" → "highway".
    """

    expected: str
    words: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    meanings: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def what(self) -> str:
        return self.expected

    def outside(self, value: str) -> str | None:
        if value in self.words or (self.form is not None and self.form.fullmatch(str(value))):
            return None
        return f"expected {self.what}, got '{value}'"

    def derived(self) -> bool:
        return True

    def scalar(self, node: Scalar) -> str:
        plain = node.value is not None and not isinstance(node.value, bool)
        if plain and self.form is not None and self.form.fullmatch(node.text):
            return node.text
        if isinstance(node.value, str) and node.text in self.words:
            return node.text
        told = all(word in self.what for word in self.words)
        if node.text in self.meanings:
            hint = f" (did you mean '{self.meanings[node.text]}'?)"
        else:
            hint = (did_you_mean if told else known_words)(node.text, self.words)
        raise ValueError(f"expected {self.what}, got {describe(node)}{hint}")

    def fixed_schema(self) -> Schema:
        if self.form is None:
            return {"enum": list(self.words)}
        pattern = {"type": ["string", "number"], "pattern": f"^(?:{self.form.pattern})$"}
        return {"anyOf": [{"enum": list(self.words)}, pattern]} if self.words else pattern


@dataclass(frozen=True, slots=True)
class WordOrQuantityReader(Reader["str | float"]):
    """One of some words, or a number with a unit: ``facing: road``, ``facing: 30 deg``."""

    words: tuple[str, ...]
    of: Dimension
    limits: Limits

    @property
    def dimension(self) -> Dimension:
        return self.of

    @property
    def what(self) -> str:
        return f"one of {', '.join(self.words)}, or {self.of.name} such as '{self.of.example}'"

    def scalar(self, node: Scalar) -> str | float:
        if isinstance(node.value, str) and node.text in self.words:
            return node.text
        if isinstance(node.value, str) and node.text[:1].isalpha():
            hint = did_you_mean(node.text, self.words)
            raise ValueError(f"expected {self.what}, got {describe(node)}{hint}")
        return _quantity(node, self.of, self.what)

    def outside(self, value: str | float) -> str | None:
        return None if isinstance(value, str) else QuantityReader(self.of, self.limits).outside(value)

    def numbers(self, shape: str, values: Many[str | float]) -> tuple[float, ...]:
        numbers = tuple(value for value in values if not isinstance(value, str))
        if len(numbers) < len(values):
            raise ValueError(f"'{shape}' needs numbers; use 'choice' for words")
        return numbers

    def spread(self, shape: str, numbers: tuple[float, ...]) -> Distribution[str | float]:
        return QuantityReader(self.of, self.limits).spread(shape, numbers)

    def fixed_schema(self) -> Schema:
        return {"anyOf": [{"enum": list(self.words)}, quantity_schema(self.of)]}


@dataclass(frozen=True, slots=True)
class WordOrNumberReader(Reader["str | int"]):
    """One of some words, or a whole number: ``lane: oncoming``, ``lane: 2``."""

    words: tuple[str, ...]
    low: int
    high: int

    @property
    def what(self) -> str:
        return f"one of {', '.join(self.words)}, or a whole number from {self.low} to {self.high}"

    def scalar(self, node: Scalar) -> str | int:
        if isinstance(node.value, str):
            return WordReader(self.what, self.words).scalar(node)
        return WholeNumberReader(self.low, self.high).scalar(node)

    def outside(self, value: str | int) -> str | None:
        return None if isinstance(value, str) else WholeNumberReader(self.low, self.high).outside(value)

    def fixed_schema(self) -> Schema:
        return {"anyOf": [{"enum": list(self.words)}, WholeNumberReader(self.low, self.high).fixed_schema()]}


@dataclass(frozen=True, slots=True)
class AnyQuantityReader(Reader[float]):
    """A quantity of any kind, told by its unit; for ``let``. A percentage is a share, "40 %" is 0.4."""

    @property
    def dimension(self) -> Dimension:
        return NUMBER

    @property
    def what(self) -> str:
        return "a quantity such as '50 km/h' or a number"

    def scalar(self, node: Scalar) -> float:
        dimension = dimension_of(node.text) if isinstance(node.value, str) else NUMBER
        if dimension is None:
            raise ValueError(f"expected {self.what}, got {describe(node)}")
        return _quantity(node, SHARE if dimension is PERCENT else dimension, self.what)

    def numbers(self, shape: str, values: Many[float]) -> tuple[float, ...]:
        return tuple(values)

    def spread(self, shape: str, numbers: tuple[float, ...]) -> Distribution[float]:
        return QuantityReader(NUMBER).spread(shape, numbers)

    def fixed_schema(self) -> Schema:
        return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": rf"^\s*{NUMERAL}.*$"}]}


@dataclass(frozen=True, slots=True)
class FlagReader(Reader[bool]):
    """true or false."""

    @property
    def what(self) -> str:
        return "true or false"

    def scalar(self, node: Scalar) -> bool:
        if not isinstance(node.value, bool):
            raise ValueError(f"expected true or false, got {describe(node)}")
        return node.value

    def fixed_schema(self) -> Schema:
        return {"type": "boolean"}


class Plain:
    """Makes a field of a reader whose value cannot be random: the field holds the value itself."""

    def __init__(self, reader: Reader[Any]) -> None:
        self.reader = reader

    def read(self, entry: Entry, reading: Reading) -> Any:
        """The value; None after a mistake."""
        if entry.node is MISSING:
            return None
        if not isinstance(entry.node, Scalar) and not is_random(entry.node):    # say nothing of draws to try instead
            reading.log.note(entry.where, f"expected {self.reader.what}, got {describe(entry.node)}")
            return None
        before = reading.log.count
        value: Value[Any] = self.reader.read(entry, reading)
        del reading.values[entry.path]
        if reading.log.count > before or not value.outcomes():
            if value.formula is not None or value.swept:
                reading.log.note(entry.where, "cannot be derived or swept; write one value")
            return None
        if value.random:
            reading.log.note(entry.where, "cannot be random; write one value")
        return value.outcomes()[0]

    def schema(self, refs: Refs) -> Schema:
        return self.reader.fixed_schema()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return validator(self.read)


class RoleReader(Reader[str]):
    """The role of an actor that the scenario has; remembered, and looked up when all actors are known."""

    @property
    def what(self) -> str:
        return "the role of an actor"

    def scalar(self, node: Scalar) -> str:
        return SLUG.scalar(node)

    def read(self, entry: Entry, reading: Reading) -> Value[str]:
        value = super().read(entry, reading)
        for role in value.outcomes():
            reading.references.append((role, entry.where))
        return value

    def fixed_schema(self) -> Schema:
        return SLUG.fixed_schema()


def one_of(words: Iterable[str], what: str | None = None, meanings: dict[str, str] | None = None) -> WordReader:
    """A reader for a closed list of words; ``what`` they are, if there are too many for a message."""
    known = tuple(words)
    if len(known) == 1:
        return WordReader(f"'{known[0]}'", known, None, meanings or {})
    return WordReader(what or f"one of {', '.join(known)}", known, None, meanings or {})


SLUG = WordReader("a name of lower-case letters, digits and underscores", form=re.compile(r"[a-z0-9_]{1,80}"))


def quantity_schema(dimension: Dimension) -> Schema:
    """The JSON Schema of a dimension's quantities."""
    units = "|".join(re.escape(unit) for unit in dimension.units if unit)
    clock = r"[0-9]{1,2}:[0-5][0-9](?::[0-5][0-9])?|" if dimension is CLOCK else ""
    pattern = rf"^\s*(?:{clock}{NUMERAL}\s*(?:{units})?)\s*$"
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": pattern}]}


def _quantity(node: Scalar, dimension: Dimension, what: str) -> float:
    if node.value is None or isinstance(node.value, bool):
        raise ValueError(f"expected {what}, got {describe(node)}")
    if isinstance(node.value, str):
        return parse_quantity(node.text, dimension)
    try:
        number = float(node.value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"expected {what}, got {describe(node)}, which is not a finite number")
    numerator, denominator = dimension.units[dimension.bare_unit]
    return number * numerator / denominator
