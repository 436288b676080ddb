"""Random numbers inside compiled loops: the number of a beam hangs on a key and the beam only.

A key (64 bits) starts a SplitMix64 sequence (Steele, Lea, Flood 2014), of which beam ``i`` takes the i-th number. No
array of numbers is made, and loops may go over beams in any order. Distributions come as tables of 65,536 quantiles,
looked up by 16 of the 64 bits: exact to 1e-5 in probability, and bounded (a normal one by 4.2 σ).
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sensors.chance import generator
from sensors.compiled import compiled

QUANTILES = 1 << 16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _48 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(48)


def key(seed: int | np.random.Generator, *names: str | int) -> np.uint64:
    """64 bits that start the sequence of one effect. A generator gives its next number, whatever the names."""
    rng = seed if isinstance(seed, np.random.Generator) else generator(seed, *names)
    drawn: np.uint64 = np.uint64(rng.bit_generator.random_raw())
    return drawn


@compiled
def sixteen_bits(key: np.uint64, index: int) -> np.uint64:
    """The 16 highest bits of the index-th number of a key's sequence, as an index into a table of quantiles."""
    z = key + _GOLDEN * np.uint64(index + 1)
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    quantile: np.uint64 = (z ^ (z >> _31)) >> _48
    return quantile


def probabilities() -> NDArray[np.float64]:
    """(65536,) the middle of each quantile's share, in (0, 1)."""
    return (np.arange(QUANTILES) + 0.5) / QUANTILES


@lru_cache(maxsize=1)
def normal_quantiles() -> NDArray[np.float32]:
    """(65536,) of the normal distribution with mean 0 and σ 1."""
    points = np.linspace(-4.5, 4.5, 4501)       # steps of 0.002: interpolation is right to 3e-6
    below = np.array([NormalDist().cdf(x) for x in points])
    return _frozen(np.interp(probabilities(), below, points))


@lru_cache(maxsize=8)
def logistic_quantiles_db(scale_db: float) -> NDArray[np.float32]:
    """(65536,) of the logistic distribution with mean 0 dB and the given scale, as ratios of power."""
    share = probabilities()
    return _frozen(10 ** (scale_db / 10 * np.log(share / (1 - share))))


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float32]:
    table = values.astype(np.float32)
    table.flags.writeable = False
    return table
