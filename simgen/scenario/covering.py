"""Covering arrays: few episodes in which every pair of levels of any two values occurs at least once.

The full grid of six values may have 25 000 episodes, yet a fault that shows when two particular levels meet
shows in about a hundred. Built value by value after Y. Lei and K. C. Tai (In-parameter-order, HASE 1998): the rows
are lengthened by the new value's level that covers most, what is left is put into unused places or new rows.
Several tries that break ties differently are made, and the shortest is shortened further.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from itertools import combinations, product
from typing import TypeVar

from simgen.scenario.covering_reduction import reduced
from simgen.scenario.designs import random_numbers

T = TypeVar("T")

MAX_TUPLES = 200_000            # combinations to cover: sixty values of ten levels; more would take long
_EFFORT = 4_000_000             # combinations times values that all tries go through: about half a second
_MAX_TRIES = 60
_LOOKS, _MOST_LOOKS = 200, 2_000_000    # of the shortening, at entries: for each combination and value; in all (1 s)
_OPEN = -1                      # a place in a row whose level does not matter (yet)


def covering_array(levels: Sequence[int], strength: int = 2, seed: int = 0) -> list[tuple[int, ...]]:
    """Rows of levels such that for every ``strength`` values, every combination of their levels is in some row.

    levels: how many levels each value has; a row holds a number from 0 to that, less one, for each.
    The rows come in an order in which the first ones cover most, so that a part of them is worth having, too.
    The same arguments give the same rows everywhere. Raises ``ValueError`` if there are too many combinations.
    """
    if not 1 <= strength <= len(levels):
        raise ValueError(f"to cover every {strength} values together needs at least as many, and 1 or more, "
                         f"got {len(levels)}")
    if any(count < 1 for count in levels):
        raise ValueError("each value needs at least one level")
    tuples = sum(math.prod(chosen) for chosen in combinations(levels, strength))
    if tuples > MAX_TUPLES:
        raise ValueError(f"there are {tuples} combinations to cover, {MAX_TUPLES} at most are possible; "
                         "give the values fewer levels")
    order = sorted(range(len(levels)), key=lambda value: -levels[value])      # the most levels first
    counts = [levels[value] for value in order]
    fewest = math.prod(counts[:strength])
    best: list[list[int]] | None = None
    for attempt in range(max(1, min(_MAX_TRIES, _EFFORT // max(1, tuples * len(levels))))):
        rows = _built(counts, strength, b"covering/%d/%d" % (seed, attempt))
        if best is None or len(rows) < len(best):
            best = rows
        if len(best) == fewest:
            break
    assert best is not None
    _fill(best, counts)
    if strength == 2:
        best = reduced(best, counts, fewest, min(_LOOKS * tuples * len(levels), _MOST_LOOKS), b"covering/%d" % seed)
    places = sorted(range(len(levels)), key=order.__getitem__)
    return [tuple(row[place] for place in places) for row in _most_first(best, counts, strength)]


def _built(counts: Sequence[int], strength: int, key: bytes) -> list[list[int]]:
    """One try; ties are broken by numbers that belong to ``key``. Some places stay open."""
    rows = _shuffled([list(row) for row in product(*map(range, counts[:strength]))], key)
    for new in range(strength, len(counts)):
        missing = _Missing(counts, strength, new)
        missing.lengthen(rows, random_numbers(key + b"/ties %d" % new, len(rows)))
        missing.add_rows(rows, key)
    return rows


class _Missing:
    """The combinations of the value ``new`` with those before it that no row has yet."""

    def __init__(self, counts: Sequence[int], strength: int, new: int) -> None:
        self._new, self._levels = new, counts[new]
        self._groups = list(combinations(range(new), strength - 1))
        # For each group of earlier values and each combination of their levels: the new levels, as bits.
        self._levels_missing = {
            (group, chosen): (1 << counts[new]) - 1
            for group in self._groups for chosen in product(*(range(counts[value]) for value in group))
        }

    def lengthen(self, rows: list[list[int]], ties: Sequence[int]) -> None:
        """Give each row the level of the new value that brings most; of several, one that was used least."""
        used = [0] * self._levels
        for row, tie in zip(rows, ties, strict=True):
            gains = [0] * self._levels
            for place in self._places(row):
                bits = self._levels_missing[place]
                while bits:
                    lowest = bits & -bits
                    gains[lowest.bit_length() - 1] += 1
                    bits ^= lowest
            most = max(gains)
            if most == 0:
                row.append(_OPEN)
                continue
            best = [level for level in range(self._levels) if gains[level] == most]
            least_used = min(used[level] for level in best)
            best = [level for level in best if used[level] == least_used]
            level = best[tie % len(best)]
            used[level] += 1
            row.append(level)
            self._cross_out(row)

    def add_rows(self, rows: list[list[int]], key: bytes) -> None:
        """Put what is still missing into open places, and into new rows."""
        remaining = _shuffled([
            (group, chosen, level) for (group, chosen), bits in self._levels_missing.items()
            for level in range(self._levels) if bits >> level & 1
        ], key + b"/rest %d" % self._new)
        open_rows = [row for row in rows if _OPEN in row]
        for group, chosen, level in remaining:
            if not self._levels_missing[group, chosen] >> level & 1:
                continue
            wanted = [*zip(group, chosen, strict=True), (self._new, level)]
            row = next((row for row in open_rows if all(row[at] in (it, _OPEN) for at, it in wanted)), None)
            if row is None:
                row = [_OPEN] * (self._new + 1)
                rows.append(row)
                open_rows.append(row)
            for at, it in wanted:
                row[at] = it
            self._cross_out(row)

    def _places(self, row: Sequence[int]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        chosen = [(group, tuple([row[value] for value in group])) for group in self._groups]
        return [place for place in chosen if _OPEN not in place[1]]

    def _cross_out(self, row: Sequence[int]) -> None:
        keep = ~(1 << row[self._new])
        for place in self._places(row):
            self._levels_missing[place] &= keep


def _fill(rows: list[list[int]], counts: Sequence[int]) -> None:
    """Give open places the level that the value has had least often."""
    for value, count in enumerate(counts):
        used = [0] * count
        for row in rows:
            if row[value] != _OPEN:
                used[row[value]] += 1
        for row in rows:
            if row[value] == _OPEN:
                row[value] = min(range(count), key=used.__getitem__)
                used[row[value]] += 1


def _most_first(rows: list[list[int]], counts: Sequence[int], strength: int) -> list[list[int]]:
    """The rows, each in its turn the one that brings most new combinations; of several, the earliest."""
    groups = list(combinations(range(len(counts)), strength))
    seen = [bytearray(math.prod(counts[value] for value in group)) for group in groups]

    def cells(row: Sequence[int]) -> list[int]:
        """For each group, the place of the row's levels in the group's own grid."""
        places: list[int] = []
        for group in groups:
            place = 0
            for value in group:
                place = place * counts[value] + row[value]
            places.append(place)
        return places

    waiting = [(-len(groups), index) for index in range(len(rows))]     # new combinations at most, negated
    order: list[list[int]] = []
    while waiting:
        _, index = heapq.heappop(waiting)
        places = cells(rows[index])
        new = sum(known[place] for known, place in zip(seen, places, strict=True)) - len(groups)
        if waiting and (new, index) > waiting[0]:      # another row may bring more
            heapq.heappush(waiting, (new, index))
            continue
        for known, place in zip(seen, places, strict=True):
            known[place] = 1
        order.append(rows[index])
    return order


def _shuffled(items: list[T], key: bytes) -> list[T]:
    numbers = random_numbers(key, len(items))
    return [items[index] for index in sorted(range(len(items)), key=numbers.__getitem__)]
