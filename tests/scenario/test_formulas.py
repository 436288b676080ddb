from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.scenario import quantities
from simgen.scenario.formula_units import NUMBER, TRUTH, WORD, Kind
from simgen.scenario.formulas import parse_formula
from simgen.scenario.quantities import (
    ANGLE,
    DURATION,
    LENGTH,
    PERCENT,
    RAINFALL,
    RATE,
    SHARE,
    SPEED,
    SUN_ANGLE,
    Dimension,
)

DIMENSIONS: dict[str, Dimension | Kind | None] = {
    "ego.speed": SPEED, "actors.deer.ahead": LENGTH, "gap": LENGTH, "delay": DURATION, "heading": ANGLE,
    "weather": None, "actors.beast.animal": None, "weather.sun": SUN_ANGLE, "weather.fog": PERCENT,
    "impact": SHARE, "rain": RAINFALL, "count": quantities.NUMBER, "dark": TRUTH,
}
VALUES: dict[str, float | str | bool] = {
    "ego.speed": 20.0, "actors.deer.ahead": 50.0, "gap": 30.0, "delay": 1.5, "heading": math.pi / 6.0,
    "weather": "HardRainNoon", "actors.beast.animal": "moose", "weather.sun": 30.0, "weather.fog": 40.0,
    "impact": 0.25, "rain": 8.0, "count": 3, "dark": True,
}
OPTIONS = {"weather": ("ClearNoon", "HardRainNoon")}


def result(text: str) -> float | str | bool:
    return parse_formula(text).bind(DIMENSIONS, options=OPTIONS).evaluate(VALUES)


@pytest.mark.parametrize(("text", "expected"), [
    ("1 + 2 * 3", 7.0), ("(1 + 2) * 3", 9.0), ("2 - 3 - 4", -5.0), ("12 / 3 / 2", 2.0), ("-2 ** 2", -4.0),
    ("(-2) ** 2", 4.0), ("2 ** -2", 0.25), ("2 * -3", -6.0), ("+.5e1", 5.0), ("1.", 1.0),
    ("50 km/h", 50.0 / 3.6), ("36 km/h * 2 s", 20.0), ("ego.speed*delay + gap", 60.0), ("gap - 0", 30.0),
    ("gap / ego.speed", 1.5), ("ego.speed ** 2 / (2 * 4 m/s2)", 50.0), ("30 m/2 s", 15.0), ("90 deg", math.pi / 2.0),
    ("sqrt(2 * gap * 60 m/s²)", 60.0), ("sqrt(gap ** 2)", 30.0), ("sin(heading)", 0.5), ("cos(60 deg)", 0.5),
    ("tan(45 deg)", 1.0), ("sin(weather.sun)", 0.5), ("abs(-gap)", 30.0), ("round(gap / 7 m)", 4.0),
    ("min(gap, 20 m, 50 m)", 20.0), ("max(1, count)", 3.0), ("clamp(ego.speed, 5 m/s, 15 m/s)", 15.0),
    ("weather.fog", 0.4), ("weather.fog * ego.speed", 8.0), ("impact + 5 %", 0.3), ("50 % * 50 %", 0.25),
    ("gap / 50 %", 60.0), ("weather.fog / 80 %", 0.5), ("2 * rain / 4 mm/h", 4.0),
    ("if delay > 1 s then gap else 2 * gap", 30.0), ("if dark then 1 else 1 / 0", 1.0),
])
def test_sums_that_can_be_done_by_hand(text: str, expected: float) -> None:
    assert result(text) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("text", "expected"), [
    ("1 < count <= 3", True), ("1 < count < 3", False), ("ego.speed > 0", True), ("ego.speed * 2 s > gap", True),
    ("weather.fog >= 40 %", True), ("10 deg < weather.sun < 40 deg", True), ("72 km/h == ego.speed", True),
    ("weather == HardRainNoon", True), ("weather == 'HardRainNoon'", True), ("HardRainNoon != weather", False),
    ('actors.beast.animal in [moose, "red deer"]', True), ("actors.beast.animal not in [moose]", False),
    ("count in [1, 2, 3]", True), ("gap in[10 m, 20 m]", False), ("not count > 2", False), ("not not dark", True),
    ("dark and count > 1 or 1 > 2", True), ("false or true and false", False), ("dark == (count > 1)", True),
    ("count < 0 and 1 / 0 > 1", False), ("count > 0 or 1 / 0 > 1", True),
])
def test_conditions_that_can_be_checked_by_hand(text: str, expected: bool) -> None:
    assert result(text) is expected


def test_names_are_key_paths_with_numbered_places_too() -> None:
    formula = parse_formula("actors.deer.do[1].cross.speed * 2 > group_1.2.speed")
    assert formula.names == ("actors.deer.do[1].cross.speed", "group_1.2.speed")


def test_a_formula_may_choose_a_word() -> None:
    assert result("if gap > 20 m then 'walk' else actors.beast.animal") == "walk"


def test_names_come_in_the_order_of_the_text() -> None:
    formula = parse_formula("ego.speed * delay > gap + gap and weather == HardRainNoon")
    assert formula.names == ("ego.speed", "delay", "gap", "weather", "HardRainNoon")
    assert formula.bind(DIMENSIONS).names == ("ego.speed", "delay", "gap", "weather")


@pytest.mark.parametrize(("text", "dimension", "expected"), [
    ("weather.sun + 10 deg", SUN_ANGLE, 40.0), ("weather.sun + 10 deg", ANGLE, math.radians(40.0)),
    ("weather.fog + 10 %", PERCENT, 50.0), ("weather.fog + 10 %", SHARE, 0.5), ("0.25 * count", SHARE, 0.75),
    ("0", LENGTH, 0.0), ("1 / delay", RATE, 2.0 / 3.0), ("rain * 2", RAINFALL, 16.0),
    ("actors.deer.ahead / delay", SPEED, 100.0 / 3.0),
])
def test_results_are_stored_as_the_language_stores_them(text: str, dimension: Dimension, expected: float) -> None:
    assert parse_formula(text).bind(DIMENSIONS, dimension).evaluate(VALUES) == pytest.approx(expected, rel=1e-14)


def test_a_formula_can_use_another_formulas_result() -> None:
    stopping = parse_formula("ego.speed ** 2 / (2 * 8 m/s2)").bind(DIMENSIONS)
    assert stopping.kind.name == "a length"
    late = parse_formula("stopping > gap").bind({**DIMENSIONS, "stopping": stopping.kind}, TRUTH)
    assert late.evaluate({**VALUES, "stopping": stopping.evaluate(VALUES)}) is False


def test_a_formula_survives_pickling() -> None:
    formula = parse_formula("ego.speed * delay > gap and weather in [ClearNoon, HardRainNoon]")
    assert pickle.loads(pickle.dumps(formula)) == formula


@pytest.mark.parametrize(("text", "problem"), [
    ("", "column 1 of the formula: expected a number, a name or '(', got the end"),
    ("gap +", "column 6 of the formula: expected a number, a name or '(', got the end"),
    ("(gap", "column 5 of the formula: expected ')', got the end"),
    ("gap gap", "column 5 of the formula: expected an operator or the end, got 'gap'"),
    ("min(gap", "column 8 of the formula: expected ',' or ')', got the end"),
    ("5 kmh", "column 3 of the formula: unknown unit 'kmh' (did you mean 'km/h'?)"),
    ("5 m gap", "column 5 of the formula: 'gap' follows a quantity; write an operator such as '*' between them"),
    ("sqr(4)", "column 1 of the formula: unknown function 'sqr' (did you mean 'sqrt'?)"),
    ("min()", "column 1 of the formula: min takes 1 to 20 values, got 0"),
    ("abs(1, 2)", "column 1 of the formula: abs takes 1 value, got 2"),
    ("count = 3", "column 7 of the formula: '=' has no meaning here; to compare, write '=='"),
    ("count ^ 2", "column 7 of the formula: '^' has no meaning here; for a power, write '**'"),
    ("weather == 'x", "column 12 of the formula: ''' has no meaning here; the quote is not closed"),
    ("gap ** 0.5", "column 8 of the formula: the exponent must be a whole number from -8 to 8, got '0.5'"),
    ("gap ** 9", "column 8 of the formula: the exponent must be a whole number from -8 to 8, got '9'"),
    ("2 ** 2 ** 2", "column 8 of the formula: a power of a power can be read in two ways; write brackets"),
    ("count in []", "column 7 of the formula: the list after 'in' is empty; name at least one value"),
    ("count not 3", "column 11 of the formula: expected 'in', got '3'"),
    ("if dark then 1", "column 15 of the formula: expected 'else', got the end"),
    ("1e999", "column 1 of the formula: '1e999' is too large a number"),
    ("50 km/h + 3 m", "column 9 of the formula: adds a length to a speed"),
    ("gap - delay", "column 5 of the formula: subtracts a time from a length"),
    ("gap > delay", "column 5 of the formula: compares a length with a time"),
    ("ego.speed > 10", "column 11 of the formula: compares a speed with a number; write the number with its unit, "
                       "such as '50 km/h'"),
    ("weather.fog > 40", "column 13 of the formula: compares a percentage with a number; write the number with its "
                         "unit, such as '40 %'"),
    ("rain + ego.speed", "column 6 of the formula: adds a speed to a rainfall"),
    ("gap ** 3 + 1", "column 10 of the formula: adds a number to a quantity in m^3; write the number with its unit"),
    ("rain * rain + gap / delay ** 3", "column 13 of the formula: adds a quantity in m/s^3 to a quantity in "
                                       "(rainfall)^2"),
    ("min(gap, 3 s)", "column 1 of the formula: min compares a length with a time"),
    ("sqrt(gap)", "column 1 of the formula: a length has no square root that is a quantity"),
    ("sin(1)", "column 1 of the formula: sin takes an angle such as '20 deg', got a number"),
    ("round(gap)", "column 1 of the formula: round takes a number, got a length; divide it by its unit first, such as "
                   "'/ 1 m'"),
    ("if gap then 1 else 2", "column 4 of the formula: 'if' takes a condition such as 'a > b', got a length"),
    ("if dark then 1 else gap", "column 1 of the formula: gives a number or else a length; write the number with its "
                                "unit, such as '30 m'"),
    ("count and dark", "column 1 of the formula: 'and' takes conditions such as 'a > b', got a number"),
    ("not 0", "column 5 of the formula: 'not' takes conditions such as 'a > b', got a number"),
    ("weather + 1", "column 1 of the formula: '+' takes numbers and quantities, got a word"),
    ("weather < ClearNoon", "column 11 of the formula: unknown name 'ClearNoon'; a word needs quotes here"),
    ("weather < 'a'", "column 1 of the formula: a word is neither more nor less than another; use '==', '!=' or 'in'"),
    ("weather == 3", "column 9 of the formula: compares a word with a number"),
    ("weather == HardRainNon", "column 12 of the formula: weather is never 'HardRainNon' (did you mean "
                               "'HardRainNoon'?)"),
    ("egospeed > 3 m/s", "column 1 of the formula: unknown name 'egospeed' (did you mean 'ego.speed'?); a word needs "
                         "quotes here"),
])
def test_mistakes_get_their_sentence(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_formula(text).bind(DIMENSIONS, options=OPTIONS)
    assert str(caught.value) == problem


@pytest.mark.parametrize(("text", "problem"), [
    ("gap / (count - 3)", "column 5 of the formula: '/' divides by zero"),
    ("(count - 3) ** -1", "column 13 of the formula: '**' divides by zero"),
    ("sqrt(1 - count)", "column 1 of the formula: sqrt of a negative value, -2"),
    ("clamp(count, 5, 2)", "column 1 of the formula: clamp's lower end, 5, is above its upper end, 2"),
    ("1e308 * 10", "column 7 of the formula: the result of '*' is too large a number"),
    ("sin(1e9 deg)", "column 1 of the formula: an angle of 1.74533e+07 rad is too large"),
])
def test_what_has_no_result_in_an_episode_gets_its_sentence(text: str, problem: str) -> None:
    bound = parse_formula(text).bind(DIMENSIONS)
    with pytest.raises(ValueError) as caught:
        bound.evaluate(VALUES)
    assert str(caught.value) == problem


def test_missing_and_wrong_values_are_named() -> None:
    bound = parse_formula("gap * 2").bind(DIMENSIONS)
    with pytest.raises(ValueError, match="'gap' has no value in this episode"):
        bound.evaluate({})
    with pytest.raises(ValueError, match="'gap' must be a length, got 'far'"):
        bound.evaluate({"gap": "far"})


def test_a_result_of_another_dimension_than_wanted_is_refused() -> None:
    for text, wanted, problem in (
        ("gap * 2", SPEED, "gives a length, but a speed is wanted"), ("gap", TRUTH, "but a condition is wanted"),
        ("3", SPEED, "gives a number, but a speed"), ("dark", WORD, "gives a condition, but a word"),
        ("40", PERCENT, "gives a number, but a percentage"),
    ):
        with pytest.raises(ValueError, match=problem):
            parse_formula(text).bind(DIMENSIONS, wanted)


@pytest.mark.parametrize("text", [
    "(" * 100_000, "(" * 1999, "-" * 1999, "not " * 400, "1" + "+1" * 900, "min(" * 490, "if " * 600, "a in [" * 300,
    "2" + "*(2" * 600, "dark" + " and dark" * 200,
])
def test_formulas_too_long_or_deep_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="split it into several values"):
        parse_formula(text)


PARTS = st.sampled_from([
    "gap", "ego.speed", "weather", "ClearNoon", "dark", "count", "1", "2.5", "0", "30 m", "40 %", "20 deg", "3 s", " ",
    "(", ")", "[", "]", ",", "+", "-", "*", "/", "**", "<", "==", "!=", " and ", " or ", " not ", " in ", "if ",
    " then ", " else ", "min(", "sqrt(", "sin(", "'word'", "true", ".", "=", "²", "\x00", "km/h",
])


@given(st.one_of(st.text(max_size=60), st.lists(PARTS, max_size=20).map("".join)))
def test_any_text_is_a_formula_with_a_result_or_a_value_error(text: str) -> None:
    try:
        value = parse_formula(text).bind(DIMENSIONS, options=OPTIONS).evaluate(VALUES)
    except ValueError as error:
        assert "\n" not in str(error) or "\n" in text
        return
    assert isinstance(value, (str, bool)) or math.isfinite(value)


NUMBERS = st.integers(0, 99).map(str)
SUMS = st.recursive(NUMBERS, lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    inner.map(lambda part: f"-{part}"), inner.map(lambda part: f"abs({part})"),
), max_leaves=12)


@given(SUMS)
def test_sums_come_out_as_in_python(text: str) -> None:
    bound = parse_formula(text).bind({})
    assert bound.kind == NUMBER
    assert bound.evaluate({}) == pytest.approx(float(eval(text)), rel=1e-12)
