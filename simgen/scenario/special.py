"""The normal and the beta distribution's functions, from IEEE operations alone (see ``elementary``).

Everything takes and gives standard variables: the normal with mean 0 and standard deviation 1, the beta
between 0 and 1. Where a probability near 1 would lose digits, its complement is what the functions speak of.
"""

from __future__ import annotations

import math
from functools import lru_cache

from simgen.scenario.elementary import exp, log, log_above_one

_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
_HALF_LOG_TWO_PI = 0.5 * log(2.0 * math.pi)
_SERIES_END = 2.5            # the normal tail: power series up to here, continued fraction beyond
_FRACTION_DEPTH = 60         # beyond 2.5 this many steps give all the digits of a float
_MAX_STEPS = 500             # of the beta's continued fraction: about √shape are needed

_Rational = tuple[tuple[float, float], ...]


def _pairs(numerator: tuple[float, ...], denominator: tuple[float, ...]) -> _Rational:
    return tuple(zip(numerator, denominator, strict=True))


# M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
# (1988), PPND16: numerators and denominators of three rational functions, the highest power first.
_CENTRE = _pairs(
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)
_SHOULDER = _pairs(
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)
_TAIL = _pairs(
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)


def normal_below(z: float) -> float:
    """The probability that a standard normal variable is below ``z``; precise in the lower tail."""
    if z < -_SERIES_END:
        return _normal_tail(-z)
    if z > _SERIES_END:
        return 1.0 - _normal_tail(z)
    # G. Marsaglia, Evaluating the normal distribution, J. Statistical Software 11 (2004).
    term = total = z
    n = 1
    while abs(term) > 1e-18:
        n += 2
        term *= z * z / n
        total += term
    return 0.5 + total * _density(z)


def normal_above(z: float) -> float:
    """The probability that a standard normal variable is above ``z``; precise in the upper tail."""
    return normal_below(-z)


def normal_quantile(below: float) -> float:
    """The ``z`` that a standard normal variable is below with the probability ``below``, in (0, 1)."""
    from_centre = below - 0.5
    if abs(from_centre) <= 0.425:
        return from_centre * _rational(_CENTRE, 0.180625 - from_centre * from_centre)
    root = math.sqrt(-log(below if from_centre < 0.0 else 1.0 - below))
    z = _rational(_SHOULDER, root - 1.6) if root <= 5.0 else _rational(_TAIL, root - 5.0)
    return -z if from_centre < 0.0 else z


def beta_shares(x: float, a: float, b: float) -> tuple[float, float]:
    """The probabilities that a beta variable with shapes ``a`` and ``b`` is below and above ``x``, in [0, 1]:
    the regularised incomplete beta function and its complement, the smaller one to all its digits, by the
    continued fraction of Abramowitz and Stegun 26.5.8."""
    if x <= 0.0 or x >= 1.0:
        return (0.0, 1.0) if x <= 0.0 else (1.0, 0.0)
    front = exp(a * log(x) + b * log_above_one(-x) - _log_beta(a, b))
    if x * (a + b + 2.0) < a + 1.0:
        below = front * _beta_fraction(x, a, b) / a
        return below, 1.0 - below
    above = front * _beta_fraction(1.0 - x, b, a) / b
    return 1.0 - above, above


def beta_quantile(below: float, above: float, a: float, b: float) -> float:
    """The ``x`` that a beta variable is below and above with the probabilities ``below`` and ``above``: Halley's
    iteration, kept inside a bracket that each step narrows."""
    middle_below, middle_above = _beta_middle(a, b)   # keep to the half where x has all its digits
    if below > middle_below if below < above else above < middle_above:
        return 1.0 - _beta_lower_quantile(above, below, b, a)
    return _beta_lower_quantile(below, above, a, b)


@lru_cache(maxsize=256)
def _beta_middle(a: float, b: float) -> tuple[float, float]:
    return beta_shares(0.5, a, b)


def _beta_lower_quantile(below: float, above: float, a: float, b: float) -> float:
    log_beta = _log_beta(a, b)
    low, high = 0.0, 0.75                             # a little more than the half
    x = _beta_guess(below, a, b, log_beta)
    if not low < x < high:
        x = 0.25
    for _ in range(_MAX_STEPS):
        share_below, share_above = beta_shares(x, a, b)
        error = share_below - below if below < above else above - share_above
        if error > 0.0:
            high = x
        else:
            low = x
        newton = error * exp(min((1.0 - a) * log(x) + (1.0 - b) * log_above_one(-x) + log_beta, 700.0))
        bend = 0.5 * newton * ((a - 1.0) / x - (b - 1.0) / (1.0 - x))
        step = newton / (1.0 - bend) if abs(bend) < 0.5 else newton
        following = x - step
        if abs(step) <= 1e-7 * x or high - low <= 1e-15 * high:    # a step takes the error to its third power
            return following
        if not low < following < high:
            following = 0.5 * (low + high) if low > 0.0 else 0.125 * high
        x = following
    raise ValueError(f"the beta distribution with shapes {a:g} and {b:g} has no quantile for {below:g}")


def _beta_guess(below: float, a: float, b: float, log_beta: float) -> float:
    if a >= 1.0 and b >= 1.0:                         # Abramowitz and Stegun 26.5.22
        z = normal_quantile(below)
        tilt = (z * z - 3.0) / 6.0
        inverse_a, inverse_b = 1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0)
        harmonic = 2.0 / (inverse_a + inverse_b)
        w = (-z * math.sqrt(harmonic + tilt) / harmonic
             - (inverse_b - inverse_a) * (tilt + 5.0 / 6.0 - 2.0 / (3.0 * harmonic))) if harmonic + tilt > 0 else 0.0
        return a / (a + b * exp(min(2.0 * w, 700.0)))
    return exp((log(below) + log(a) + log_beta) / a)  # the first term of the series at 0


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction, from the front by Lentz's method."""
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MAX_STEPS):
        twice = a + 2.0 * m
        even = m * (b - m) * x / ((twice - 1.0) * twice)
        d = 1.0 / (1.0 + even * d)
        c = 1.0 + even / c
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / (twice * (twice + 1.0))
        d = 1.0 / (1.0 + odd * d)
        c = 1.0 + odd / c
        change = d * c
        value *= change
        if abs(change - 1.0) < 1e-15:
            return value
    raise ValueError(f"the beta distribution with shapes {a:g} and {b:g} does not converge at {x:g}")


@lru_cache(maxsize=256)
def _log_beta(a: float, b: float) -> float:
    return _log_gamma(a) + _log_gamma(b) - _log_gamma(a + b)


def _log_gamma(x: float) -> float:
    """ln Γ(x) for x > 0: Stirling's series from 15 up, and the recurrence down to x."""
    product = 1.0
    while x < 15.0:
        product *= x
        x += 1.0
    square = 1.0 / (x * x)
    series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (
        1.0 / 1680.0 - square * (1.0 / 1188.0 - square * 691.0 / 360360.0))))) / x
    return (x - 0.5) * log(x) - x + _HALF_LOG_TWO_PI + series - log(product)


def _normal_tail(z: float) -> float:
    """The probability above z ≥ 2.5, by Laplace's continued fraction."""
    fraction = z
    for n in range(_FRACTION_DEPTH, 0, -1):
        fraction = z + n / fraction
    return _density(z) / fraction


def _density(z: float) -> float:
    return exp(-0.5 * z * z) / _ROOT_TWO_PI


def _rational(coefficients: _Rational, x: float) -> float:
    numerator = denominator = 0.0
    for above, below in coefficients:
        numerator = numerator * x + above
        denominator = denominator * x + below
    return numerator / denominator
