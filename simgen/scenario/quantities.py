"""Numbers with units, as people write them: ``50 km/h``, ``30 m``, ``1.5 s``, ``20 deg``, ``8 mm/h``, ``12 /km``.

A dimension knows the units it accepts and the unit of a bare number. Quantities become SI at once (metres,
seconds, metres a second, radians, hertz); bare numbers are SI too, except angles, which YAML writes in degrees.
What a field of study never writes in SI keeps the unit of that field: CARLA's weather has its angles
(``SUN_ANGLE``) in degrees and its percentages (``PERCENT``) in percent, rain is in mm/h, traffic in vehicles a
kilometre. ``SHARE`` is a percentage that is a number from 0 to 1 inside.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

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
    units: dict[str, tuple[float, float]] = field(hash=False)

    @property
    def word(self) -> str:
        """The name without its article: "speed"."""
        return self.name.split(" ", 1)[1]


LENGTH = Dimension("a length", "30 m", "m", {
    "m": (1, 1), "mm": (1, 1000), "cm": (1, 100), "km": (1000, 1), "ft": (3048, 10000),
})
DURATION = Dimension("a time", "1.5 s", "s", {"s": (1, 1), "ms": (1, 1000), "min": (60, 1), "h": (3600, 1)})
SPEED = Dimension("a speed", "50 km/h", "m/s", {
    "m/s": (1, 1), "km/h": (10, 36), "mph": (44704, 100000),         # 1 mile = 1609.344 m exactly
})
ACCELERATION = Dimension("an acceleration", "4 m/s2", "m/s2", {
    "m/s2": (1, 1), "m/s²": (1, 1), "g": (980665, 100000),           # standard gravity
})
ANGLE = Dimension("an angle", "20 deg", "deg", {"deg": (math.pi, 180), "°": (math.pi, 180), "rad": (1, 1)})
SUN_ANGLE = Dimension("an angle", "20 deg", "deg", {"deg": (1, 1), "°": (1, 1), "rad": (180, math.pi)})
RATE = Dimension("a rate", "10 Hz", "Hz", {"Hz": (1, 1)})
PERCENT = Dimension("a percentage", "40 %", "%", {"%": (1, 1)})
SHARE = Dimension("a share", "50 %", "", {"": (1, 1), "%": (1, 100)})
RAINFALL = Dimension("a rainfall", "8 mm/h", "mm/h", {"mm/h": (1, 1), "in/h": (254, 10)})
DENSITY = Dimension("a density", "12 /km", "/km", {"/km": (1, 1), "/mi": (1000000, 1609344)})
NUMBER = Dimension("a number", "0.5", "", {"": (1, 1)})
PIXELS = Dimension("a number of pixels", "10 px", "px", {"px": (1, 1)})
CLOCK = Dimension("a clock time", "17:10", "h", {"h": (3600, 1)})    # seconds after midnight; also written "17:10:30"

DIMENSIONS = (LENGTH, DURATION, SPEED, ACCELERATION, ANGLE, RATE, PERCENT, SHARE, RAINFALL, DENSITY, NUMBER, PIXELS,
              CLOCK)

NUMERAL = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_WRITTEN = re.compile(rf"(?P<number>{NUMERAL})\s*(?P<unit>.*)")
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,2}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?")


def parse_quantity(text: str, dimension: Dimension) -> float:
    """The quantity written in ``text``, as stored. Raises ``ValueError`` with a sentence fragment for people."""
    clock = _CLOCK.fullmatch(text.strip()) if dimension is CLOCK else None
    if clock is not None:
        return int(clock["hours"]) * 3600.0 + int(clock["minutes"]) * 60.0 + int(clock["seconds"] or 0)
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {dimension.name} such as '{dimension.example}', got '{text}'")
    unit = match["unit"] or dimension.bare_unit
    if unit not in dimension.units:
        other = dimension_of(text)
        if other is not None and other.name != dimension.name:
            raise ValueError(f"'{text}' is {other.name}; expected {dimension.name} such as '{dimension.example}'")
        raise ValueError(f"'{text}' is not {dimension.name}: unknown unit '{unit}'{_unit_hint(unit, dimension)}")
    numerator, denominator = dimension.units[unit]
    value = float(match["number"]) * numerator / denominator
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is too large for {dimension.name}")
    return value


def dimension_of(text: str) -> Dimension | None:
    """What a quantity is, told by its unit: "50 km/h" is a speed, "3" a number, "17:10" a clock time."""
    if _CLOCK.fullmatch(text.strip()):
        return CLOCK
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    if not match["unit"]:
        return NUMBER
    return next((dimension for dimension in DIMENSIONS if match["unit"] in dimension.units), None)


def format_quantity(value: float, dimension: Dimension, unit: str | None = None) -> str:
    """A stored value with a unit (the bare one if none is named), to six digits: "13.8889 m/s"."""
    if dimension is CLOCK and unit is None:
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    unit = dimension.bare_unit if unit is None else unit
    numerator, denominator = dimension.units[unit]
    return f"{value * denominator / numerator:.6g} {unit}".rstrip()


def _unit_hint(unit: str, dimension: Dimension) -> str:
    known = [name for name in dimension.units if name]
    if not known:
        return "; write it without a unit"
    spellings = {"kmh": "km/h", "kph": "km/h", "kmph": "km/h", "km/hour": "km/h", "meters": "m", "metres": "m",
                 "sec": "s", "seconds": "s", "degrees": "deg", "degree": "deg", "percent": "%", "ms2": "m/s2",
                 "m/s^2": "m/s2", "hz": "Hz", "mps": "m/s", "feet": "ft", "mmh": "mm/h"}
    meant = spellings.get(unit.lower())
    return f" (did you mean '{meant}'?)" if meant in known else known_words(unit, known)


@dataclass(frozen=True, slots=True)
class Limits:
    """The values a quantity may have, ends included unless ``above`` says that the low end is not.

    reason: why, said after the bounds in messages: "a passenger car drives at most so fast".
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    reason: str = ""

    def holds(self, value: float) -> bool:
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    def describe(self, dimension: Dimension) -> str:
        """"0 m/s to 70 m/s", "above 0 m", …"""
        if self == ANY or (math.isinf(self.low) and math.isinf(self.high)):
            return "any"
        if math.isinf(self.low):
            return f"at most {format_quantity(self.high, dimension)}"
        low = format_quantity(self.low, dimension)
        if math.isinf(self.high):
            return f"{'above' if self.above else 'at least'} {low}"
        high = format_quantity(self.high, dimension)
        return f"above {low} and at most {high}" if self.above else f"{low} to {high}"


ANY = Limits()
