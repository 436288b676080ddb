"""What a formula's parts do: functions from the episode's values to a part's value, in the formula's units.

They take for granted that the parts fit together, which ``formulas`` has checked; what only shows in an episode,
such as a division by zero, they refuse with the column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simgen.scenario import elementary
from simgen.scenario.formula_parser import Call, Constant, Name
from simgen.scenario.formula_tokens import wrong
from simgen.scenario.formula_units import MIXED, TRUTH, WORD, Kind, formula_value
from simgen.scenario.quantities import Dimension

Outcome = float | str | bool
Values = Mapping[str, Outcome]
Evaluator = Callable[[Values], Any]      # a number in the formula's units, a word or a truth, as the kind says

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}


def constant(value: Outcome) -> Evaluator:
    """Always this value."""
    return lambda values: value


def value_of(node: Name, kind: Kind, dimension: Dimension | Kind | None) -> Evaluator:
    """The value of a name, as formulas calculate with it."""
    text = node.text
    allowed: type | tuple[type, ...] = str if kind == WORD else bool if kind == TRUTH else (
        (str, int, float) if kind == MIXED else (int, float))

    def evaluate(values: Values) -> Outcome:
        if text not in values:
            raise wrong(node.column, f"'{text}' has no value in this episode")
        value = values[text]
        if not isinstance(value, allowed):
            raise wrong(node.column, f"'{text}' must be {kind.name}, got {value!r}")
        return formula_value(value, dimension) if isinstance(value, (int, float)) and kind != TRUTH else value

    return evaluate


def among(first: Evaluator, rest: Sequence[Evaluator], wanted: bool) -> Evaluator:
    """Is (or, if not ``wanted``: is not) the first value one of the others?"""
    def evaluate(values: Values) -> bool:
        value = first(values)
        return any(value == item(values) for item in rest) is wanted

    return evaluate


def chain(signs: Sequence[str], operands: Sequence[Evaluator]) -> Evaluator:
    """Do all the comparisons between neighbours hold?"""
    steps = [(_SIGNS[sign], right) for sign, right in zip(signs, operands[1:], strict=True)]

    def evaluate(values: Values) -> bool:
        left = operands[0](values)
        for holds, operand in steps:
            right = operand(values)
            if not holds(left, right):
                return False
            left = right
        return True

    return evaluate


def exponent(node: Call) -> int:
    """The exponent of a power, which the grammar wants written as a number."""
    written = node.operands[1]
    assert isinstance(written, Constant)
    return int(written.value)


def calculating(node: Call, operands: Sequence[Evaluator]) -> Evaluator:
    """The evaluator of an operator or function; its failures get the column."""
    if node.function == "**":
        whole, base = exponent(node), operands[0]
        return _finite(node, lambda values: _whole_power(base(values), whole))
    if len(operands) == 2 and node.function in _OPERATORS:
        operator, (left, right) = _OPERATORS[node.function], operands
        return _finite(node, lambda values: operator(left(values), right(values)))
    function = _FUNCTIONS[node.function]
    return _finite(node, lambda values: function(*[operand(values) for operand in operands]))


def _finite(node: Call, evaluator: Evaluator) -> Evaluator:
    def evaluate(values: Values) -> float:
        try:
            result: float = evaluator(values)
        except ZeroDivisionError:
            raise wrong(node.column, f"'{node.function}' divides by zero") from None
        except _NoResult as error:
            raise wrong(node.column, str(error)) from None
        if not math.isfinite(result):
            raise wrong(node.column, f"the result of '{node.function}' is too large a number")
        return result

    return evaluate


class _NoResult(Exception):
    """A function has no result for what it was given."""


def _whole_power(base: float, exponent: int) -> float:
    result = 1.0
    for _ in range(abs(exponent)):
        result *= base
    return 1.0 / result if exponent < 0 else result


def _square_root(x: float) -> float:
    if x < 0.0:
        raise _NoResult(f"sqrt of a negative value, {x:g}")
    return math.sqrt(x)


def _tangent(angle_rad: float) -> float:
    return _angle(elementary.sin)(angle_rad) / _angle(elementary.cos)(angle_rad)


def _angle(function: Callable[[float], float]) -> Callable[[float], float]:
    def evaluate(angle_rad: float) -> float:
        if not abs(angle_rad) <= elementary.MAX_ANGLE:
            raise _NoResult(f"an angle of {angle_rad:g} rad is too large")
        return function(angle_rad)

    return evaluate


def _clamp(x: float, low: float, high: float) -> float:
    if low > high:
        raise _NoResult(f"clamp's lower end, {low:g}, is above its upper end, {high:g}")
    return min(max(x, low), high)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "-": lambda a: -a, "+": lambda a: a, "min": lambda *items: min(items), "max": lambda *items: max(items),
    "abs": abs, "sqrt": _square_root, "sin": _angle(elementary.sin), "cos": _angle(elementary.cos), "tan": _tangent,
    "clamp": _clamp, "round": lambda a: float(round(a)),
}
