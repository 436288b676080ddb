from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.scenario.quantities import (
    ACCELERATION,
    ANGLE,
    CLOCK,
    DENSITY,
    DURATION,
    LENGTH,
    NUMBER,
    PERCENT,
    RAINFALL,
    RATE,
    SHARE,
    SPEED,
    SUN_ANGLE,
    Dimension,
    Limits,
    dimension_of,
    format_quantity,
    parse_quantity,
)

DIMENSIONS = [
    LENGTH, DURATION, SPEED, ACCELERATION, ANGLE, SUN_ANGLE, RATE, PERCENT, SHARE, RAINFALL, DENSITY, NUMBER,
]
EVERY_UNIT = [(dimension, unit) for dimension in DIMENSIONS for unit in dimension.units]


@pytest.mark.parametrize(
    ("text", "dimension", "stored"),
    [
        ("36 km/h", SPEED, 10.0),
        ("100 mph", SPEED, 44.704),
        ("5", SPEED, 5.0),
        ("100 ft", LENGTH, 30.48),
        ("250cm", LENGTH, 2.5),
        ("-.5 km", LENGTH, -500.0),
        ("1e1 m", LENGTH, 10.0),
        ("1500 ms", DURATION, 1.5),
        ("2 min", DURATION, 120.0),
        ("180 deg", ANGLE, math.pi),
        ("90", ANGLE, math.pi / 2),
        ("90°", ANGLE, math.pi / 2),
        ("2 rad", ANGLE, 2.0),
        ("45 deg", SUN_ANGLE, 45.0),
        ("10 Hz", RATE, 10.0),
        ("40 %", PERCENT, 40.0),
        ("40 %", SHARE, 0.4),
        ("0.4", SHARE, 0.4),
        ("5 cm", LENGTH, 0.05),
        ("2 h", DURATION, 7200.0),
        ("4 m/s2", ACCELERATION, 4.0),
        ("1 g", ACCELERATION, 9.80665),
        ("8 mm/h", RAINFALL, 8.0),
        ("1 in/h", RAINFALL, 25.4),
        ("12 /km", DENSITY, 12.0),
        ("17:10", CLOCK, 61800.0),
        ("7:05:30", CLOCK, 25530.0),
        ("17.5 h", CLOCK, 63000.0),
        ("0.03", NUMBER, 0.03),
    ],
)
def test_quantities_become_si_and_weather_keeps_its_degrees(text: str, dimension: Dimension, stored: float) -> None:
    assert parse_quantity(text, dimension) == stored


NO_LENGTHS = ["", "m", "1:30", "1,5 m", "0x10 m", "1 _000", "1_000", "--1", "1 m m", "NaN", "inf", "٣"]


@pytest.mark.parametrize("text", NO_LENGTHS)
def test_what_is_no_quantity_is_refused_with_an_example_or_the_known_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"a length"):
        parse_quantity(text, LENGTH)


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        parse_quantity("1e400 m", LENGTH)


@given(st.sampled_from(EVERY_UNIT), st.floats(-1e6, 1e6))
def test_every_unit_scales_by_its_factor(pair: tuple[Dimension, str], number: float) -> None:
    dimension, unit = pair
    numerator, denominator = dimension.units[unit]
    assert parse_quantity(f"{number!r} {unit}", dimension) == number * numerator / denominator
    assert parse_quantity(f"{number!r}{unit}", dimension) == parse_quantity(f" {number!r}  {unit}", dimension)


@given(st.sampled_from(EVERY_UNIT), st.floats(-1e6, 1e6))
def test_what_is_formatted_reads_back_to_six_digits(pair: tuple[Dimension, str], stored: float) -> None:
    dimension, unit = pair
    again = parse_quantity(format_quantity(stored, dimension, unit), dimension)
    assert math.isclose(again, stored, rel_tol=1e-5, abs_tol=1e-12)


def test_limits_include_their_ends_unless_told_otherwise() -> None:
    assert Limits(0, 1).holds(0) and Limits(0, 1).holds(1) and not Limits(0, 1).holds(1.1)
    assert not Limits(0, 1, above=True).holds(0) and Limits(0, 1, above=True).holds(1)
    assert Limits(0, 36 / 3.6).describe(SPEED) == "0 m/s to 10 m/s"
    assert Limits(0).describe(LENGTH) == "at least 0 m"
    assert Limits(0, 5, above=True).describe(LENGTH) == "above 0 m and at most 5 m"


@pytest.mark.parametrize(
    ("text", "dimension"),
    [("3 m", LENGTH), ("3 km/h", SPEED), ("3", NUMBER), ("3 mm/h", RAINFALL), ("17:10", CLOCK), ("3 g", ACCELERATION),
     ("3 knots", None), ("deer", None)],
)
def test_the_unit_tells_what_a_quantity_is(text: str, dimension: Dimension | None) -> None:
    assert dimension_of(text) is dimension


def test_a_quantity_of_another_kind_is_called_what_it_is() -> None:
    with pytest.raises(ValueError, match=r"'30 m' is a length; expected a time such as '1\.5 s'"):
        parse_quantity("30 m", DURATION)
    with pytest.raises(ValueError, match=r"unknown unit 'kmh' \(did you mean 'km/h'\?\)"):
        parse_quantity("30 kmh", SPEED)


def test_clock_times_are_shown_as_on_a_clock() -> None:
    assert format_quantity(61800.0, CLOCK) == "17:10" and format_quantity(25530.0, CLOCK) == "07:05:30"
