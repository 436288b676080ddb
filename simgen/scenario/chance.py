"""Chance: what may be drawn, and the numbers it is drawn by.

Every random value has its own number between 0 and 1, its *unit*. It depends on five things only: the run's
seed, the scenario's name, the episode's index, the value's key path ("actors.deer.do.cross.speed") and how
often the episode was drawn before because a constraint refused it. So nothing that is added to or taken from a
scenario changes what the other values come out as. No library's generator, which might change with its
version, takes part: the numbers are bits of SHA-256.

A distribution makes its outcome from one unit, by its quantile function; it grows with the unit. So a Latin
hypercube, a Sobol sequence, strata (``designs``) and correlation (``correlation``) work with every distribution:
each only puts another number in the unit's place. All of it comes out the same to the last bit on every
machine; ``elementary`` says how.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import Generic, Protocol, TypeVar

from simgen.scenario.elementary import exp, log
from simgen.scenario.special import beta_quantile, beta_shares, normal_above, normal_below, normal_quantile

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MIN_ACCEPTANCE = 1e-3                # share of a distribution that its clip must leave
MIN_SHAPE, MAX_SHAPE = 0.1, 1000.0   # of the beta distribution
UNIT_STEP = 2.0**-52                 # units are the middles of 2**52 equal bins

Clip = tuple["float | None", "float | None"]     # None: no end there


class Source:
    """The units of one episode."""

    __slots__ = ("_hash",)

    def __init__(self, seed: int, scenario: str, episode: int) -> None:
        text = json.dumps([seed, scenario, episode], separators=(",", ":"))
        self._hash = hashlib.sha256(text[:-1].encode())

    def unit(self, key_path: str, attempt: int = 0) -> float:
        """The number of one value, uniform in the open interval (0, 1).

        52 bits of SHA-256 of the JSON text [seed, scenario, episode, key path, attempt], in the middles of
        2**52 equal bins: exact in float64, and never 0 or 1.
        """
        digest = self._hash.copy()
        digest.update(_rest_of_key(key_path, attempt))
        return ((int.from_bytes(digest.digest()[:8], "big") >> 12) + 0.5) * UNIT_STEP


@lru_cache(maxsize=4096)
def _rest_of_key(key_path: str, attempt: int) -> bytes:
    return f",{json.dumps(key_path)},{attempt}]".encode()


class Distribution(Protocol[T_co]):
    """What a value may come out as."""

    @property
    def random(self) -> bool:
        """False if there is only one outcome; then nothing need be drawn."""

    def quantile(self, u: float) -> T_co:
        """The outcome for a number in (0, 1); if that is drawn evenly, the outcome has this distribution."""

    def extremes(self) -> tuple[T_co, ...]:
        """All outcomes if they can be counted, else the least and the greatest, as far as there are such."""


class _Drawn(Generic[T]):
    """What all random distributions share."""

    __slots__ = ()

    @property
    def random(self) -> bool:
        return True

    def quantile(self, u: float) -> T:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Fixed(Generic[T]):
    """Always the same."""

    value: T

    @property
    def random(self) -> bool:
        return False

    def quantile(self, u: float) -> T:
        return self.value

    def extremes(self) -> tuple[T, ...]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class Choice(_Drawn[T]):
    """One of some options, each with a probability in proportion to its weight."""

    options: tuple[T, ...]
    weights: tuple[float, ...]
    _sums: tuple[float, ...] = field(init=False, repr=False, compare=False)     # of the weights up to each

    def __post_init__(self) -> None:
        if len(self.options) != len(self.weights):
            raise ValueError(f"{len(self.options)} options need as many weights, got {len(self.weights)}")
        if not all(0.0 <= weight < math.inf for weight in self.weights) or not any(self.weights):
            raise ValueError("the weights must be numbers of at least 0, one of them above 0")
        object.__setattr__(self, "_sums", tuple(accumulate(self.weights)))

    def quantile(self, u: float) -> T:
        place = bisect_right(self._sums, u * self._sums[-1])
        return self.options[place] if place < len(self.options) else self.extremes()[-1]   # rounded up to the sum

    def extremes(self) -> tuple[T, ...]:
        pairs = zip(self.options, self.weights, strict=True)
        return tuple(option for option, weight in pairs if weight > 0.0)


@dataclass(frozen=True, slots=True)
class Uniform(_Drawn[float]):
    """Anything between two ends, equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)

    def quantile(self, u: float) -> float:
        return min(self.low + (self.high - self.low) * u, self.high)   # the sum may round up past the end

    def extremes(self) -> tuple[float, ...]:
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class UniformInteger(_Drawn[int]):
    """A whole number between two ends, both included, equally likely."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)

    def quantile(self, u: float) -> int:
        return min(self.low + int(u * (self.high - self.low + 1)), self.high)

    def extremes(self) -> tuple[int, ...]:
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Normal(_Drawn[float]):
    """The bell curve; with ``clip``, what is left of it between the clip's ends."""

    mean: float
    sd: float
    clip: Clip | None = None
    _kept: _Kept = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.sd < math.inf:
            raise ValueError("the second number is the standard deviation and must be above 0")
        _check_clip(self.clip)
        ends = _ends(self.clip)
        object.__setattr__(self, "_kept", _Kept.of_normal(*((end - self.mean) / self.sd for end in ends)))

    def acceptance(self) -> float:
        """The share of the whole distribution that the clip leaves."""
        return self._kept.share

    def quantile(self, u: float) -> float:
        return _inside(self.mean + self.sd * _normal_within(self._kept, u), self.clip)

    def extremes(self) -> tuple[float, ...]:
        return _ends_there(self.clip)


@dataclass(frozen=True, slots=True)
class LogNormal(_Drawn[float]):
    """A positive number whose logarithm is normal: ``median`` · e^(sigma · z). ``sigma`` is the standard deviation
    of the natural logarithm; 16 % of the outcomes lie above median · e^sigma, as many below median / e^sigma."""

    median: float
    sigma: float
    clip: Clip | None = None
    _kept: _Kept = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0.0 < self.median < 1e100:
            raise ValueError("the first number is the median and must be above 0 and below 1e100")
        if not 0.0 < self.sigma <= 10.0:
            raise ValueError("the second number is the standard deviation of the natural logarithm and must be "
                             "above 0 and at most 10")
        _check_clip(self.clip)
        low, high = _ends(self.clip)
        if not high > 0.0:
            raise ValueError("a lognormal value is above 0, so the clip's upper end must be too")
        object.__setattr__(self, "_kept", _Kept.of_normal(
            -math.inf if low <= 0.0 else (log(low) - log(self.median)) / self.sigma,
            math.inf if high == math.inf else (log(high) - log(self.median)) / self.sigma,
        ))

    def acceptance(self) -> float:
        """The share of the whole distribution that the clip leaves."""
        return self._kept.share

    def quantile(self, u: float) -> float:
        return _inside(self.median * exp(self.sigma * _normal_within(self._kept, u)), self.clip)

    def extremes(self) -> tuple[float, ...]:
        return _ends_there(self.clip)


@dataclass(frozen=True, slots=True)
class Beta(_Drawn[float]):
    """The beta distribution with shapes ``a`` and ``b``, stretched to lie between ``low`` and ``high``: for a, b
    above 1 a hump with its peak at (a - 1) / (a + b - 2) of the way."""

    a: float
    b: float
    low: float = 0.0
    high: float = 1.0
    clip: Clip | None = None
    _kept: _Kept = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (MIN_SHAPE <= self.a <= MAX_SHAPE and MIN_SHAPE <= self.b <= MAX_SHAPE):
            raise ValueError(f"the shapes of a beta distribution must be from {MIN_SHAPE:g} to {MAX_SHAPE:g}")
        _check_ends(self.low, self.high)
        _check_clip(self.clip)
        low, high = ((end - self.low) / (self.high - self.low) for end in _ends(self.clip))
        (under, _), (_, over) = beta_shares(low, self.a, self.b), beta_shares(high, self.a, self.b)
        object.__setattr__(self, "_kept", _Kept.between(under, over))

    def acceptance(self) -> float:
        """The share of the whole distribution that the clip leaves."""
        return self._kept.share

    def quantile(self, u: float) -> float:
        share = beta_quantile(*self._kept.shares(u), self.a, self.b)
        return _inside(min(self.low + (self.high - self.low) * share, self.high), self.clip)

    def extremes(self) -> tuple[float, ...]:
        low, high = _ends(self.clip)
        return (max(low, self.low), min(high, self.high))


def truncated(distribution: Uniform | Normal | LogNormal | Beta, clip: Clip) -> Uniform | Normal | LogNormal | Beta:
    """What is left of a distribution between the clip's ends. Raises ``ValueError`` if that is too little, or if
    the distribution is clipped already."""
    if isinstance(distribution, Uniform):
        _check_clip(clip)
        low, high = _ends(clip)
        low, high = max(low, distribution.low), min(high, distribution.high)
        _Kept.checked((high - low) / (distribution.high - distribution.low))
        return Uniform(low, high)
    if distribution.clip is not None:
        raise ValueError("the distribution has a clip already; write one of the two")
    return replace(distribution, clip=clip)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a clip leaves of a distribution: the shares under, between and over its ends."""

    under: float
    share: float
    over: float

    @staticmethod
    def checked(share: float) -> float:
        if not share >= MIN_ACCEPTANCE:
            raise ValueError("the clip leaves less than a thousandth of the distribution; widen it")
        return share

    @classmethod
    def between(cls, under: float, over: float) -> _Kept:
        return cls(under, cls.checked((1.0 - under) - over), over)

    @classmethod
    def of_normal(cls, low: float, high: float) -> _Kept:
        """Between two standard normal values; infinite ones are no ends."""
        under = 0.0 if low == -math.inf else normal_below(low)
        over = 0.0 if high == math.inf else normal_above(high)
        return cls.between(under, over)

    def shares(self, u: float) -> tuple[float, float]:
        """The shares of the whole distribution below and above the outcome for ``u``."""
        return self.under + u * self.share, self.over + (1.0 - u) * self.share


def _normal_within(kept: _Kept, u: float) -> float:
    below, above = kept.shares(u)
    return normal_quantile(below) if below < 0.5 else -normal_quantile(above)     # the smaller has all its digits


def _check_ends(low: float, high: float) -> None:
    if not low < high:
        raise ValueError("the ends must be two different numbers, the smaller one first")
    if not high - low < math.inf:
        raise ValueError("the ends must be numbers whose difference is one too")


def _check_clip(clip: Clip | None) -> None:
    low, high = _ends(clip)
    if not low < high:
        raise ValueError("the ends must be two different numbers, the smaller one first")


def _ends(clip: Clip | None) -> tuple[float, float]:
    low, high = (None, None) if clip is None else clip
    return -math.inf if low is None else low, math.inf if high is None else high


def _ends_there(clip: Clip | None) -> tuple[float, ...]:
    return tuple(end for end in (clip or ()) if end is not None)


def _inside(value: float, clip: Clip | None) -> float:
    """A value that rounding may have moved past the clip's ends."""
    if clip is None:
        return value
    low, high = _ends(clip)
    return min(max(value, low), high)
