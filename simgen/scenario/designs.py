"""Designs: where the episodes of a sweep lie, each worked out from its index alone.

A design says for episode ``index`` of ``count`` which level or which unit (a number in (0, 1), see ``chance``) a
value takes, without going through the episodes before it, so that any number of episodes can be planned in any
order. Random parts depend on a seed and on the value's key, never on the other values: a value added to a
sweep moves no other.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
from array import array
from collections.abc import Sequence
from fractions import Fraction
from functools import cache, lru_cache

from simgen.scenario.sobol_directions import POLYNOMIALS_AND_STARTS

MAX_COUNT = 2**31                   # episodes in one design
SOBOL_DIMENSIONS = len(POLYNOMIALS_AND_STARTS) + 1
_SOBOL_BITS = 32
_JITTERS = 2**20                    # places within a stratum; the sum of both is exact in float64
_ROUNDS = 8                         # of the permutation; four are enough for it to look random
_MAX_PERIOD = 100_000               # of the balanced sequence, in episodes


def grid(levels: Sequence[int], index: int) -> tuple[int, ...]:
    """The level of each value in a full grid, the last value changing fastest. ``levels``: how many each has.

    From ``math.prod(levels)`` on, the grid begins anew.
    """
    _check_index(index)
    chosen: list[int] = []
    for count in reversed(levels):
        if count < 1:
            raise ValueError("each value of a grid needs at least one level")
        index, level = divmod(index, count)
        chosen.append(level)
    return tuple(reversed(chosen))


def zip_index(levels: Sequence[int], index: int) -> int:
    """The level that all values of a zip take together: their lists run in step, and begin anew at their end.
    Raises ``ValueError`` if they are not equally long."""
    _check_index(index)
    if not levels or len(set(levels)) > 1 or levels[0] < 1:
        raise ValueError(f"the lists of a zip must be equally long, got {', '.join(map(str, levels))} entries")
    return index % levels[0]


def latin_hypercube(count: int, key: str, index: int, seed: int, jitter: float = 0.5) -> float:
    """A value's unit in a Latin hypercube: of ``count`` equal parts of (0, 1), each episode gets another one, in an
    order of its own for each key. ``jitter``, itself a unit, is the place in that part; 0.5 is its middle."""
    part = permuted(index, count, key, seed)
    place = (int(jitter * _JITTERS) + 0.5) / _JITTERS if jitter != 0.5 else 0.5
    return (part + place) / count


def permuted(index: int, count: int, key: str, seed: int) -> int:
    """Where ``index`` comes in a random order of ``range(count)``.

    A Feistel network: the number is written as a·right + left, and in turn each half is shifted round by a
    random amount that depends on the other half. Results of ``count`` and more are sent through again (J. Black
    and P. Rogaway, Ciphers with arbitrary finite domains, 2002). Memory: 8·√count numbers for each key.
    """
    _check_count(count)
    if not 0 <= index < count:
        raise ValueError(f"the index must be from 0 to {count - 1}, got {index}")
    lefts = math.isqrt(count - 1) + 1
    rights = -(-count // lefts)
    shifts = _shifts(lefts, rights, key, seed)
    while True:
        right, left = divmod(index, lefts)
        for turn in range(0, _ROUNDS, 2):
            left = (left + shifts[turn][right]) % lefts
            right = (right + shifts[turn + 1][left]) % rights
        index = right * lefts + left
        if index < count:
            return index


@lru_cache(maxsize=256)
def _shifts(lefts: int, rights: int, key: str, seed: int) -> tuple[array[int], ...]:
    """For each round, how far each value of one half shifts the other half."""
    text = json.dumps(["permutation", seed, key, lefts, rights], separators=(",", ":")).encode()
    wanted = [(rights, lefts) if turn % 2 == 0 else (lefts, rights) for turn in range(_ROUNDS)]
    return tuple(
        array("q", (number % modulus for number in random_numbers(text + b"#%d" % turn, size)))
        for turn, (size, modulus) in enumerate(wanted)
    )


def random_numbers(key: bytes, count: int) -> list[int]:
    """``count`` numbers of 64 random bits: SHA-256 of the key and a counter, four numbers from each."""
    made: list[int] = []
    for block in range(-(-count // 4)):
        digest = hashlib.sha256(key + b"/%d" % block).digest()
        made += (int.from_bytes(digest[start:start + 8], "big") for start in range(0, 32, 8))
    return made[:count]


def sobol(dimension: int, index: int, scramble_seed: int | None = None) -> float:
    """A value's unit in a Sobol sequence, which fills the space of up to ``SOBOL_DIMENSIONS`` values evenly; the
    first 2**k episodes fill each pair of values best.

    Without a seed, the plain sequence in Gray code order; its first point is 0 in all dimensions, and so no
    unit. With one, scrambled: the digits after the binary point are flipped at random, each in dependence on those
    before it (A. B. Owen, 1995; by hashing, as in B. Burley, Practical hash-based Owen scrambling, 2020), which
    keeps the evenness. A unit then lies in the middle of one of 2**32 equal parts.
    """
    if not 0 <= dimension < SOBOL_DIMENSIONS:
        raise ValueError(f"a Sobol sequence can vary {SOBOL_DIMENSIONS} values at most, so its dimensions are 0 to "
                         f"{SOBOL_DIMENSIONS - 1}, got {dimension}")
    _check_index(index)
    if index >= 2**_SOBOL_BITS:
        raise ValueError(f"a Sobol sequence has 2**{_SOBOL_BITS} points, got index {index}")
    directions = _directions(dimension)
    gray, point, bit = index ^ (index >> 1), 0, 0
    while gray:
        if gray & 1:
            point ^= directions[bit]
        gray >>= 1
        bit += 1
    if scramble_seed is None:
        return _reversed(point) / 2.0**_SOBOL_BITS
    return (_reversed(_scrambled(point, *_scramble_keys(dimension, scramble_seed))) + 0.5) / 2.0**_SOBOL_BITS


@cache
def _directions(dimension: int) -> tuple[int, ...]:
    """The direction numbers, with the first digit after the binary point as the lowest bit."""
    if dimension == 0:
        return tuple(1 << bit for bit in range(_SOBOL_BITS))
    polynomial, start = POLYNOMIALS_AND_STARTS[dimension - 1]
    degree = polynomial.bit_length() - 1
    integers = list(start)
    while len(integers) < _SOBOL_BITS:
        following = integers[-degree] ^ (integers[-degree] << degree)
        for power in range(1, degree):
            if polynomial >> (degree - power) & 1:
                following ^= integers[-power] << power
        integers.append(following)
    return tuple(_reversed(integer << (_SOBOL_BITS - 1 - bit)) for bit, integer in enumerate(integers))


@lru_cache(maxsize=1024)
def _scramble_keys(dimension: int, seed: int) -> tuple[int, ...]:
    text = json.dumps(["scramble", seed, dimension], separators=(",", ":")).encode()
    return tuple(number >> 32 for number in random_numbers(text, 6))


def _scrambled(point: int, shift: int, spread: int, factor: int, mix: int, stir: int, flip: int) -> int:
    """A permutation of 32-bit numbers in which a bit depends on those below it only."""
    mask = 2**_SOBOL_BITS - 1
    point = (point + shift) & mask
    point ^= point * (spread & ~1) & mask
    point = point * (factor | 1) & mask
    point ^= point * (mix & ~1) & mask
    point ^= point * (stir & ~1) & mask
    return point ^ flip


def _reversed(number: int) -> int:
    """The 32 bits of a number in the opposite order."""
    return int(f"{number:032b}"[::-1], 2)


def stratum(shares: Sequence[float], index: int, count: int, key: str, seed: int) -> int:
    """The bin of episode ``index`` of ``count``, so that each bin gets its share of the ``count`` episodes, to within
    one, in a random order that differs from key to key: bins of two keys, and bins and levels of a grid, are
    then not tied to each other."""
    return balanced(shares, permuted(index, count, key, seed))


def balanced(shares: Sequence[float], index: int) -> int:
    """The bin of number ``index`` in a regular sequence: of its first n, for every n, each bin has its share to
    within one. ``shares`` are in proportion. Raises ``ValueError`` if they are not fit for that."""
    _check_index(index)
    order = _balanced_order(tuple(shares))
    return order[index % len(order)]


@lru_cache(maxsize=64)
def _balanced_order(shares: tuple[float, ...]) -> array[int]:
    """One period of the balanced sequence, after which every bin has exactly its share.

    The earliest-deadline rule of R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32 (1980):
    of the bins that would not run ahead of their share by a whole episode, the one that would fall behind first.
    """
    if not all(0.0 <= share < math.inf for share in shares) or not any(shares):
        raise ValueError("the shares of the bins must be numbers of at least 0, one of them above 0")
    written = [Fraction(repr(share)) for share in shares]      # as people wrote them: 0.1 is a tenth
    total = sum(written, Fraction(0))
    period = math.lcm(*((share / total).denominator for share in written))
    if period > _MAX_PERIOD:
        raise ValueError(f"the shares of the bins come out even only after {period} episodes, {_MAX_PERIOD} at most "
                         "are possible; write them with fewer digits")
    quotas = [int(share / total * period) for share in written]
    # A bin's n-th episode of q in a period P may take the places floor(n·P/q) … ceil((n + 1)·P/q) - 1.
    waiting = [(0, bin_) for bin_, quota in enumerate(quotas) if quota]        # (place of release, bin)
    released: list[tuple[int, int]] = []                                       # (deadline, bin)
    given = [0] * len(shares)
    order = array("l")
    for place in range(period):
        while waiting and waiting[0][0] <= place:
            _, bin_ = heapq.heappop(waiting)
            heapq.heappush(released, (-(-(given[bin_] + 1) * period // quotas[bin_]) - 1, bin_))
        _, bin_ = heapq.heappop(released)
        order.append(bin_)
        given[bin_] += 1
        if given[bin_] < quotas[bin_]:
            heapq.heappush(waiting, (given[bin_] * period // quotas[bin_], bin_))
    return order


def within_bin(u: float, low: float, high: float) -> float:
    """A unit in the bin of units from ``low`` to ``high``, at the share ``u`` of its width."""
    if not 0.0 <= low < high <= 1.0:
        raise ValueError(f"a bin lies between two numbers from 0 to 1, the smaller one first, got {low:g} and {high:g}")
    return low + (high - low) * u


def _check_index(index: int) -> None:
    if index < 0:
        raise ValueError(f"the index of an episode is 0 or more, got {index}")


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"the number of episodes must be from 1 to {MAX_COUNT}, got {count}")
