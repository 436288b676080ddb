"""Numbers with units, as people write them: ``50 km/h``, ``30 m``, ``1.5 s``, ``20 deg``, ``10 Hz``, ``40
%``.

A dimension knows the units it accepts and the unit of a bare number. Quantities become SI at once (metres,
seconds, metres a second, radians, hertz); bare numbers are SI too, except angles, which YAML writes in
degrees. CARLA's weather keeps CARLA's units, so its angles (``SUN_ANGLE``) stay in degrees and its shares
(``PERCENT``) in percent.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from simgen.scenario.mistakes import known_words


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of quantity.

    name:      with its article, for messages: "a speed".
    example:   how to write one.
    bare_unit: the unit of a number without one.
    units:     unit → (numerator, denominator): stored value = written value · numerator / denominator.
    """

    name: str
    example: str
    bare_unit: str
    units: dict[str, tuple[float, float]]


LENGTH = Dimension("a length", "30 m", "m", {
    "m": (1, 1), "cm": (1, 100), "km": (1000, 1), "ft": (3048, 10000),
})
DURATION = Dimension("a time", "1.5 s", "s", {"s": (1, 1), "ms": (1, 1000), "min": (60, 1)})
SPEED = Dimension("a speed", "50 km/h", "m/s", {
    "m/s": (1, 1), "km/h": (10, 36), "mph": (44704, 100000),         # 1 mile = 1609.344 m exactly
})
ANGLE = Dimension("an angle", "20 deg", "deg", {"deg": (math.pi, 180), "°": (math.pi, 180), "rad": (1, 1)})
SUN_ANGLE = Dimension("an angle", "20 deg", "deg", {"deg": (1, 1), "°": (1, 1), "rad": (180, math.pi)})
RATE = Dimension("a rate", "10 Hz", "Hz", {"Hz": (1, 1)})
PERCENT = Dimension("a percentage", "40 %", "%", {"%": (1, 1)})
NUMBER = Dimension("a number", "0.5", "", {"": (1, 1)})

_WRITTEN = re.compile(r"(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>.*)")


def parse_quantity(text: str, dimension: Dimension) -> float:
    """The quantity written in ``text``, as stored. Raises ``ValueError`` with a sentence fragment for
    people."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {dimension.name} such as '{dimension.example}', got '{text}'")
    unit = match["unit"] or dimension.bare_unit
    if unit not in dimension.units:
        known = [name for name in dimension.units if name]
        hint = known_words(unit, known) if known else "; write it without a unit"
        raise ValueError(f"'{text}' is not {dimension.name}: unknown unit '{unit}'{hint}")
    numerator, denominator = dimension.units[unit]
    value = float(match["number"]) * numerator / denominator
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is too large for {dimension.name}")
    return value


def format_quantity(value: float, dimension: Dimension, unit: str | None = None) -> str:
    """A stored value with a unit (the bare one if none is named), to six digits: "13.8889 m/s"."""
    unit = dimension.bare_unit if unit is None else unit
    numerator, denominator = dimension.units[unit]
    return f"{value * denominator / numerator:.6g} {unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Limits:
    """The values a quantity may have, ends included unless ``above`` says that the low end is not."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False

    def holds(self, value: float) -> bool:
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    def describe(self, dimension: Dimension) -> str:
        """"0 m/s to 70 m/s", "above 0 m", …"""
        low, high = (format_quantity(end, dimension) for end in (self.low, self.high))
        if math.isinf(self.high):
            return f"{'above' if self.above else 'at least'} {low}"
        return f"above {low} and at most {high}" if self.above else f"{low} to {high}"


ANY = Limits()
