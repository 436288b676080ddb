"""Chance: what may be drawn, and the one source it is drawn from.

Every random value has its own stream of numbers, which depends on four things only: the run's seed, the
scenario's name, the episode's index, and the value's key path ("actors.deer.do.cross.speed"). So nothing that
is added to or taken from a scenario changes what the other values come out as, and no library's generator,
which might change with
its version, takes part: the numbers are bits of SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from statistics import NormalDist
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MIN_ACCEPTANCE = 1e-3    # share of a normal distribution that its clip must leave
_MAX_REJECTIONS = 50_000  # at MIN_ACCEPTANCE the chance of as many rejections in a row is 2e-22
_STANDARD_NORMAL = NormalDist()


class Stream:
    """The numbers that belong to one drawn value."""

    def __init__(self, seed: int, scenario: str, episode: int, key_path: str) -> None:
        self._key = [seed, scenario, episode, key_path]
        self._count = 0

    def uniform(self) -> float:
        """The next number, uniform in the open interval (0, 1).

        52 bits of SHA-256 of the JSON text [seed, scenario, episode, key path, count], in the middles of
        2**52 equal
        bins: exact in float64, and never 0 or 1.
        """
        text = json.dumps([*self._key, self._count], separators=(",", ":"))
        self._count += 1
        bits = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 12
        return (bits + 0.5) / 2.0**52


class Distribution(Protocol[T_co]):
    """What a value may come out as."""

    @property
    def random(self) -> bool:
        """False if there is only one outcome; then nothing is drawn."""

    def draw(self, stream: Stream) -> T_co:
        """One outcome."""

    def extremes(self) -> tuple[T_co, ...]:
        """All outcomes if they can be counted, else the least and the greatest; empty if there are none
        such."""


@dataclass(frozen=True, slots=True)
class Fixed(Generic[T]):
    """Always the same."""

    value: T

    @property
    def random(self) -> bool:
        return False

    def draw(self, stream: Stream) -> T:
        return self.value

    def extremes(self) -> tuple[T, ...]:
        return (self.value,)


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One of some options, each with a probability in proportion to its weight."""

    options: tuple[T, ...]
    weights: tuple[float, ...]

    @property
    def random(self) -> bool:
        return True

    def draw(self, stream: Stream) -> T:
        remaining = stream.uniform() * sum(self.weights)
        for option, weight in zip(self.options, self.weights, strict=True):
            remaining -= weight
            if remaining < 0.0:
                return option
        return self.extremes()[-1]      # only rounding of the sum leads here

    def extremes(self) -> tuple[T, ...]:
        pairs = zip(self.options, self.weights, strict=True)
        return tuple(option for option, weight in pairs if weight > 0.0)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between two ends, equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)

    @property
    def random(self) -> bool:
        return True

    def draw(self, stream: Stream) -> float:
        share = stream.uniform()
        return min(self.low + (self.high - self.low) * share, self.high)   # the sum may round up past the end

    def extremes(self) -> tuple[float, ...]:
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class UniformInteger:
    """A whole number between two ends, both included, equally likely."""

    low: int
    high: int

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)

    @property
    def random(self) -> bool:
        return True

    def draw(self, stream: Stream) -> int:
        return self.low + int(stream.uniform() * (self.high - self.low + 1))

    def extremes(self) -> tuple[int, ...]:
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Normal:
    """The bell curve; with ``clip``, draws outside it are thrown away and drawn anew."""

    mean: float
    sd: float
    clip: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.sd > 0.0:
            raise ValueError("the second number is the standard deviation and must be above 0")
        if self.clip is not None:
            _check_ends(*self.clip)
        if self.acceptance() < MIN_ACCEPTANCE:
            raise ValueError("the clip leaves less than a thousandth of the distribution; widen it")

    @property
    def random(self) -> bool:
        return True

    def acceptance(self) -> float:
        """The share of draws that the clip leaves."""
        if self.clip is None:
            return 1.0
        low, high = ((end - self.mean) / self.sd for end in self.clip)
        return _STANDARD_NORMAL.cdf(high) - _STANDARD_NORMAL.cdf(low)

    def draw(self, stream: Stream) -> float:
        for _ in range(_MAX_REJECTIONS):
            # Nine decimals: logarithms may differ in the last bit between C libraries, plans may not.
            value = self.mean + self.sd * round(_STANDARD_NORMAL.inv_cdf(stream.uniform()), 9)
            if self.clip is None or self.clip[0] <= value <= self.clip[1]:
                return value
        raise ValueError(f"no draw of {self} fell into its clip; its acceptance is {self.acceptance():g}")

    def extremes(self) -> tuple[float, ...]:
        return () if self.clip is None else self.clip


def _check_ends(low: float, high: float) -> None:
    if not low < high:
        raise ValueError("the ends must be two different numbers, the smaller one first")
