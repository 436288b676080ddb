"""What may stand at one place of a scenario: a length, a speed, one of some words, a blueprint id.

A parser turns one plain YAML value into a Python one, says which values are allowed there, and knows whether
a number may be drawn from a range. Its errors are ``ValueError`` with a sentence fragment; ``reading`` adds
where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from simgen.scenario.chance import Distribution, Normal, Uniform, UniformInteger
from simgen.scenario.document import Scalar, describe
from simgen.scenario.mistakes import did_you_mean, known_words
from simgen.scenario.quantities import ANY, Dimension, Limits, format_quantity, parse_quantity

T = TypeVar("T")


class Parser(Generic[T]):
    """Plain YAML values → ``T``."""

    @property
    def what(self) -> str:
        """What may stand there, for messages: "a speed such as '50 km/h'"."""
        raise NotImplementedError

    def scalar(self, node: Scalar) -> T:
        """The value written there. Raises ``ValueError``."""
        raise NotImplementedError

    def outside(self, value: T) -> str | None:
        """Why a value that can be read is not allowed; None if it is."""
        return None

    def uniform(self, low: T, high: T) -> Distribution[T]:
        """What ``uniform: [low, high]`` means. Raises ``ValueError`` for words."""
        raise ValueError("'uniform' needs numbers; use 'choice'")

    def normal(self, mean: T, sd: T, clip: tuple[T, T] | None) -> Distribution[T]:
        """What ``normal: [mean, sd]`` means. Raises ``ValueError`` for words and whole numbers."""
        raise ValueError("'normal' needs a quantity; use 'choice'")


@dataclass(frozen=True, slots=True)
class QuantityParser(Parser[float]):
    """A number with a unit."""

    dimension: Dimension
    limits: Limits = ANY

    @property
    def what(self) -> str:
        return f"{self.dimension.name} such as '{self.dimension.example}'"

    def scalar(self, node: Scalar) -> float:
        return _quantity(node, self.dimension, self.what)

    def outside(self, value: float) -> str | None:
        if self.limits.holds(value):
            return None
        return (f"{format_quantity(value, self.dimension)} is outside what makes sense here "
                f"({self.limits.describe(self.dimension)})")

    def uniform(self, low: float, high: float) -> Distribution[float]:
        return Uniform(low, high)

    def normal(self, mean: float, sd: float, clip: tuple[float, float] | None) -> Distribution[float]:
        return Normal(mean, sd, clip)


@dataclass(frozen=True, slots=True)
class WholeNumberParser(Parser[int]):
    """A whole number between two ends."""

    low: int
    high: int

    @property
    def what(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def scalar(self, node: Scalar) -> int:
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            raise ValueError(f"expected {self.what}, got {describe(node)}")
        return node.value

    def outside(self, value: int) -> str | None:
        return None if self.low <= value <= self.high else f"expected {self.what}, got {value}"

    def uniform(self, low: int, high: int) -> Distribution[int]:
        return UniformInteger(low, high)


@dataclass(frozen=True, slots=True)
class WordParser(Parser[str]):
    """One of some words, or a text of a given form (such as a blueprint id, or a name, even one of digits only)."""

    expected: str
    words: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None

    @property
    def what(self) -> str:
        return self.expected

    def scalar(self, node: Scalar) -> str:
        plain = node.value is not None and not isinstance(node.value, bool)
        if plain and self.form is not None and self.form.fullmatch(node.text):
            return node.text
        if isinstance(node.value, str) and node.text in self.words:
            return node.text
        told = all(word in self.what for word in self.words)
        hint = (did_you_mean if told else known_words)(node.text, self.words)
        raise ValueError(f"expected {self.what}, got {describe(node)}{hint}")


@dataclass(frozen=True, slots=True)
class WordOrQuantityParser(Parser[str | float]):
    """One of some words, or a number with a unit: ``facing: road``, ``facing: 30 deg``."""

    words: tuple[str, ...]
    dimension: Dimension
    limits: Limits

    @property
    def what(self) -> str:
        return f"one of {', '.join(self.words)}, or {self.dimension.name} such as '{self.dimension.example}'"

    def scalar(self, node: Scalar) -> str | float:
        if isinstance(node.value, str) and node.text in self.words:
            return node.text
        if isinstance(node.value, str) and node.text[:1].isalpha():
            hint = did_you_mean(node.text, self.words)
            raise ValueError(f"expected {self.what}, got {describe(node)}{hint}")
        return _quantity(node, self.dimension, self.what)

    def outside(self, value: str | float) -> str | None:
        return None if isinstance(value, str) else QuantityParser(self.dimension, self.limits).outside(value)

    def uniform(self, low: str | float, high: str | float) -> Distribution[str | float]:
        return Uniform(*_numbers("uniform", (low, high)))

    def normal(
        self, mean: str | float, sd: str | float, clip: tuple[str | float, str | float] | None
    ) -> Distribution[str | float]:
        ends = None if clip is None else _numbers("clip", clip)
        return Normal(*_numbers("normal", (mean, sd)), ends)


@dataclass(frozen=True, slots=True)
class WordOrNumberParser(Parser[str | int]):
    """One of some words, or a whole number: ``lane: oncoming``, ``lane: 2``."""

    words: tuple[str, ...]
    low: int
    high: int

    @property
    def what(self) -> str:
        return f"one of {', '.join(self.words)}, or a whole number from {self.low} to {self.high}"

    def scalar(self, node: Scalar) -> str | int:
        if isinstance(node.value, str):
            return WordParser(self.what, self.words).scalar(node)
        return WholeNumberParser(self.low, self.high).scalar(node)

    def outside(self, value: str | int) -> str | None:
        return None if isinstance(value, str) else WholeNumberParser(self.low, self.high).outside(value)


def one_of(words: Iterable[str], what: str | None = None) -> WordParser:
    """A parser for a closed list of words; ``what`` they are, if there are too many for a message."""
    known = tuple(words)
    return WordParser(what or f"one of {', '.join(known)}", known)


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


def _numbers(key: str, pair: tuple[str | float, str | float]) -> tuple[float, float]:
    first, second = pair
    if isinstance(first, str) or isinstance(second, str):
        raise ValueError(f"'{key}' needs numbers; use 'choice' for words")
    return first, second
