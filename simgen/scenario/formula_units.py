"""Kinds: what a formula's parts are — lengths, speeds, shares, words, truths — and how kinds combine.

A formula calculates in metres, seconds, radians and shares of one. A quantity of another dimension that these do
not make up, such as a rainfall, is a kind of its own: it can be compared, added to its like and multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from simgen.scenario.quantities import DIMENSIONS, Dimension


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value is. ``powers``: the powers of the units that a quantity is made of, in alphabetical order;
    ``special``: the name of a kind that is no such quantity."""

    powers: tuple[tuple[str, int], ...] = ()
    special: str = ""

    @property
    def name(self) -> str:
        """With its article, for messages: "a speed", "a quantity in m^2/s^3"."""
        if len(self.powers) == 1 and self.powers[0][1] == 1 and " " in self.powers[0][0]:
            return self.powers[0][0]
        return self.special or _NAMES.get(self) or f"a quantity in {_unit_text(self.powers)}"

    @property
    def quantity(self) -> bool:
        """Can it be calculated with?"""
        return self not in (WORD, TRUTH, MIXED)


NUMBER = Kind()
ZERO = Kind(special="0")                 # a bare 0, which is none of anything: 0 m, 0 s, 0 %
SHARE = Kind(special="a percentage")     # a number, but 40 % and 40 must not be mixed up
WORD = Kind(special="a word")
TRUTH = Kind(special="a condition")
MIXED = Kind(special="a word or a number")      # which of the two only a draw shows; can be compared with a word
ANGLE = Kind((("rad", 1),))

_BY_DIMENSION = {
    "a length": Kind((("m", 1),)), "a time": Kind((("s", 1),)), "a speed": Kind((("m", 1), ("s", -1))),
    "an acceleration": Kind((("m", 1), ("s", -2))), "an angle": ANGLE, "a rate": Kind((("s", -1),)),
    "a number": NUMBER, "a percentage": SHARE, "a share": SHARE,
}
_NAMES = {kind: name for name, kind in _BY_DIMENSION.items() if not kind.special} | {
    Kind((("m", 2),)): "an area", Kind((("m", -1),)): "a curvature", Kind((("rad", 1), ("s", -1))): "a turning rate",
}

# Unit → the dimension that a number with this unit has in a formula.
UNITS: dict[str, Dimension] = {
    unit: dimension for dimension in reversed(DIMENSIONS) for unit in dimension.units if unit and not unit[0].isdigit()
}


def kind_of(dimension: Dimension | Kind | None) -> Kind:
    """The kind of a value that the language gives this dimension; None is a word."""
    if isinstance(dimension, Kind):
        return dimension
    if dimension is None:
        return WORD
    return _BY_DIMENSION.get(dimension.name) or Kind(((dimension.name, 1),))


def example_of(kind: Kind) -> str | None:
    """How to write a quantity of this kind, where a number with a unit can be one."""
    return next((dimension.example for dimension in UNITS.values() if kind_of(dimension) == kind), None)


def scale_of(dimension: Dimension | Kind | None) -> tuple[float, float]:
    """(numerator, denominator): value in a formula = stored value · numerator / denominator."""
    if isinstance(dimension, Dimension) and kind_of(dimension) == ANGLE:
        numerator, denominator = dimension.units["rad"]
        return denominator, numerator
    if isinstance(dimension, Dimension) and dimension.name == "a percentage":
        return 1.0, 100.0
    return 1.0, 1.0


def common(left: Kind, right: Kind) -> Kind | None:
    """The kind of two values that can be added or compared, else None."""
    if ZERO in (left, right) and left.quantity and right.quantity:
        return right if left == ZERO else left
    if MIXED in (left, right) and {left, right} <= {MIXED, WORD}:
        return WORD
    return left if left == right else None


def times(left: Kind, right: Kind) -> Kind:
    """The kind of a product of two quantities. A percentage of something is of that thing's kind."""
    left, right = _plain(left), _plain(right)
    if SHARE in (left, right):
        other = right if left == SHARE else left
        return SHARE if other == NUMBER else other
    return _merged(left, right, lambda one, other: one + other)


def over(left: Kind, right: Kind) -> Kind:
    """The kind of a quotient of two quantities."""
    left, right = _plain(left), _plain(right)
    if right == SHARE:
        return NUMBER if left == SHARE else left
    if left == SHARE:
        return SHARE if right == NUMBER else over(NUMBER, right)
    return _merged(left, right, lambda one, other: one - other)


def power(kind: Kind, exponent: int) -> Kind:
    """The kind of a whole power of a quantity."""
    kind = _plain(kind)
    if kind == SHARE:
        return SHARE if exponent > 0 else NUMBER
    return Kind(tuple((unit, count * exponent) for unit, count in kind.powers if exponent))


def root(kind: Kind) -> Kind | None:
    """The kind of a quantity's square root; None if it has none, as that of a length."""
    kind = _plain(kind)
    if any(count % 2 for _, count in kind.powers):
        return None
    return kind if kind == SHARE else Kind(tuple((unit, count // 2) for unit, count in kind.powers))


def _plain(kind: Kind) -> Kind:
    return NUMBER if kind == ZERO else kind


def _merged(left: Kind, right: Kind, combine: Callable[[int, int], int]) -> Kind:
    one, other = dict(left.powers), dict(right.powers)
    powers = {unit: combine(one.get(unit, 0), other.get(unit, 0)) for unit in sorted(one | other)}
    return Kind(tuple((unit, count) for unit, count in powers.items() if count))


def _unit_text(powers: tuple[tuple[str, int], ...]) -> str:
    """"m^2/s^3", "1/m"; units of which nobody knows parts stand in brackets: "(rainfall)^2"."""
    def text(unit: str, count: int) -> str:
        written = f"({unit.split(' ', 1)[1]})" if " " in unit else unit
        return written if abs(count) == 1 else f"{written}^{abs(count)}"

    top = "·".join(text(unit, count) for unit, count in powers if count > 0) or "1"
    bottom = "".join(f"/{text(unit, count)}" for unit, count in powers if count < 0)
    return top + bottom


def stored_value(value: float, dimension: Dimension) -> float:
    """A formula's value as the language stores this dimension."""
    numerator, denominator = scale_of(dimension)
    return value if numerator == denominator else value * denominator / numerator


def formula_value(stored: float, dimension: Dimension | Kind | None) -> float:
    """A stored value as formulas calculate with it."""
    numerator, denominator = scale_of(dimension)
    return stored if numerator == denominator else stored * numerator / denominator


def unit_value(written: float, unit: str) -> float:
    """The value in a formula of a number written with a unit. Raises ``ValueError`` if it is too large."""
    dimension = UNITS[unit]
    numerator, denominator = dimension.units[unit]
    value = formula_value(written * numerator / denominator, dimension)
    if not math.isfinite(value):
        raise ValueError(f"'{written:g} {unit}' is too large for {dimension.name}")
    return value
