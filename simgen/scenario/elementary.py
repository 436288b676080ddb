"""Logarithm, exponential, sine and cosine that come out the same, to the last bit, on every machine.

The C library's versions may differ in the last bit from machine to machine, and rounding their results only
makes a difference rare: a value beside a rounding edge still falls to either side. IEEE 754 fixes the results
of +, -, ·, / and the square root, and Python never fuses two of them into one, so what is built from these
alone is the same everywhere. For the same reason nothing here or in the modules that draw calls ``sum`` on
floats, which adds differently since Python 3.12, or raises a float to a power.
"""

from __future__ import annotations

import math

# ln 2 and π/2 in pieces: the first has so few bits that its product with a small integer is exact.
_LN2_HIGH, _LN2_LOW = float.fromhex("0x1.62e42fee00000p-1"), float.fromhex("0x1.a39ef35793c76p-33")
_QUARTER_HIGH, _QUARTER_MIDDLE, _QUARTER_LOW = (float.fromhex(text) for text in (
    "0x1.921fb54400000p+0", "0x1.0b4611a600000p-34", "0x1.3198a2e037073p-69",
))
_ROOT_HALF = math.sqrt(0.5)
MAX_ANGLE = 1e6      # rad: up to here a multiple of π/2 is taken off without loss

_LOG_SERIES = tuple(1.0 / (2 * n + 1) for n in range(11, 0, -1))
_EXP_SERIES = tuple(1.0 / math.factorial(n) for n in range(14, 1, -1))
_SIN_SERIES = tuple((-1.0) ** n / math.factorial(2 * n + 1) for n in range(8, 0, -1))
_COS_SERIES = tuple((-1.0) ** n / math.factorial(2 * n) for n in range(8, 1, -1))


def log(x: float) -> float:
    """The natural logarithm of a number above 0: 2·artanh of the mantissa, and ln 2 for each power of two."""
    if not 0.0 < x < math.inf:
        raise ValueError(f"the logarithm needs a number above 0, got {x:g}")
    mantissa, exponent = math.frexp(x)
    if mantissa < _ROOT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    t = (mantissa - 1.0) / (mantissa + 1.0)
    return exponent * _LN2_HIGH + (2.0 * t + (2.0 * t * _log_series(t) + exponent * _LN2_LOW))


def log_above_one(x: float) -> float:
    """The natural logarithm of 1 + x, precise where x is small."""
    if abs(x) > 0.3:
        return log(1.0 + x)
    t = x / (2.0 + x)
    return 2.0 * t + 2.0 * t * _log_series(t)


def _log_series(t: float) -> float:
    """artanh(t) / t - 1 for |t| ≤ 0.18."""
    square = t * t
    total = 0.0
    for coefficient in _LOG_SERIES:
        total = (total + coefficient) * square
    return total


def exp(x: float) -> float:
    """e to the power of x; 0 below about -745. Raises ``OverflowError`` above about 709."""
    if x < -746.0:
        return 0.0
    if x > 710.0:
        raise OverflowError(f"e to the power of {x:g} is too large a number")
    power = math.floor(x / _LN2_HIGH + 0.5)
    rest = (x - power * _LN2_HIGH) - power * _LN2_LOW
    total = 0.0
    for coefficient in _EXP_SERIES:
        total = (total + coefficient) * rest
    return math.ldexp(1.0 + (rest + total * rest), power)


def sin(angle_rad: float) -> float:
    """The sine. Raises ``ValueError`` beyond ``MAX_ANGLE``."""
    return _circle(angle_rad, 0)


def cos(angle_rad: float) -> float:
    """The cosine. Raises ``ValueError`` beyond ``MAX_ANGLE``."""
    return _circle(angle_rad, 1)


def _circle(angle_rad: float, quarter: int) -> float:
    """sin(angle + quarter·π/2)."""
    if not abs(angle_rad) <= MAX_ANGLE:
        raise ValueError(f"an angle of {angle_rad:g} rad is too large; the most is {MAX_ANGLE:g} rad")
    turns = math.floor(angle_rad / _QUARTER_HIGH + 0.5)
    rest = ((angle_rad - turns * _QUARTER_HIGH) - turns * _QUARTER_MIDDLE) - turns * _QUARTER_LOW
    square = rest * rest
    total = 0.0
    if (turns + quarter) % 2 == 0:
        for coefficient in _SIN_SERIES:
            total = (total + coefficient) * square
        value = rest + rest * total
    else:
        for coefficient in _COS_SERIES:
            total = (total + coefficient) * square
        value = 1.0 + (total * square - 0.5 * square)
    return -value if (turns + quarter) % 4 >= 2 else value
