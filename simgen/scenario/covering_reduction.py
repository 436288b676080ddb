"""Making a pairwise covering array shorter: leave a row out, then mend what it alone covered.

Mending is a tabu search (after K. J. Nurmela, Upper bounds for covering arrays by tabu search, Discrete Applied
Mathematics 138, 2004): take a pair that is missing, change the one entry that brings it at the least loss of
others, and do not touch that entry again for a while. Where the search finds a whole array, the next row goes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from simgen.scenario.designs import random_numbers

_REST = 4        # steps for which a changed entry is left alone


def reduced(
    rows: Sequence[Sequence[int]], counts: Sequence[int], fewest: int, effort: int, key: bytes,
) -> list[list[int]]:
    """A covering array of as many rows or fewer, not below ``fewest``.

    counts: how many levels each value has. effort: entries that may be looked at. key: names the random numbers.
    """
    best = [list(row) for row in rows]
    luck = _luck(key)
    while len(best) > fewest and effort > 0:
        search = _Search(best, counts, luck)
        search.leave_out_the_least()
        while search.missing and search.looked_at < effort:
            search.mend_one()
        effort -= search.looked_at
        if search.missing:
            break
        best = search.rows
    return best


def _luck(key: bytes) -> Iterator[int]:
    block = 0
    while True:
        yield from random_numbers(key + b"/reduce %d" % block, 1024)
        block += 1


class _Search:
    """Rows, and how many of them hold each pair."""

    def __init__(self, rows: Sequence[Sequence[int]], counts: Sequence[int], luck: Iterator[int]) -> None:
        self.rows = [list(row) for row in rows]
        self.looked_at = 0
        self.missing: list[tuple[int, int]] = []       # pairs of entries, each entry numbered as below
        self._place: dict[tuple[int, int], int] = {}   # of a pair in that list
        self._counts, self._luck, self._step = counts, luck, 0
        self._resting: dict[tuple[int, int], int] = {}             # (row's number, value) → until which step
        # The level l of the value v is the entry first[v] + l; a pair is two entries, the smaller one first.
        self._first = [0]
        for count in counts:
            self._first.append(self._first[-1] + count)
        self._size = self._first[-1]
        self._held = [0] * (self._size * self._size)
        for row in self.rows:
            self._count(row, 1)

    def leave_out_the_least(self) -> None:
        """Take out the row that alone covers the fewest pairs, of several any."""
        alone = [sum(self._held[pair] == 1 for pair in self._pairs(row)) for row in self.rows]
        least = [number for number, pairs in enumerate(alone) if pairs == min(alone)]
        row = self.rows.pop(least[next(self._luck) % len(least)])
        self._count(row, -1)
        self.looked_at += len(self.rows) * len(row)

    def mend_one(self) -> None:
        """Bring one missing pair by the change of one entry."""
        self._step += 1
        one, other = self.missing[next(self._luck) % len(self.missing)]
        best: list[tuple[int, int, int]] = []
        best_gain = -self._size
        for value, entry, partner in ((self._value(one), one, other), (self._value(other), other, one)):
            partner_value, level = self._value(partner), entry - self._first[value]
            partner_level = partner - self._first[partner_value]
            for number, row in enumerate(self.rows):
                if row[partner_value] != partner_level or self._resting.get((number, value), 0) >= self._step:
                    continue
                gain = self._gain(row, value, level)
                if gain > best_gain:
                    best, best_gain = [(number, value, level)], gain
                elif gain == best_gain:
                    best.append((number, value, level))
        if not best:                                   # all that would do are resting
            self.looked_at += len(self.rows)
            return
        number, value, level = best[next(self._luck) % len(best)]
        row = self.rows[number]
        self._count_at(row, value, -1)
        row[value] = level
        self._count_at(row, value, 1)
        self._resting[number, value] = self._step + _REST

    def _gain(self, row: Sequence[int], value: int, level: int) -> int:
        """Missing pairs that the change would bring, less those that it would lose."""
        held, size = self._held, self._size
        old, new = self._first[value] + row[value], self._first[value] + level
        gain = 0
        for first, other in zip(self._first, row, strict=False):
            entry = first + other
            if entry < old and first != self._first[value]:
                gain += (held[entry * size + new] == 0) - (held[entry * size + old] == 1)
            elif first != self._first[value]:
                gain += (held[new * size + entry] == 0) - (held[old * size + entry] == 1)
        self.looked_at += len(row)
        return gain

    def _pairs(self, row: Sequence[int]) -> list[int]:
        entries = [first + level for first, level in zip(self._first, row, strict=False)]
        return [one * self._size + other for at, one in enumerate(entries) for other in entries[at + 1:]]

    def _count(self, row: Sequence[int], change: int) -> None:
        for pair in self._pairs(row):
            self._change(pair, change)

    def _count_at(self, row: Sequence[int], value: int, change: int) -> None:
        own = self._first[value] + row[value]
        for at, level in enumerate(row):
            if at != value:
                entry = self._first[at] + level
                self._change(min(own, entry) * self._size + max(own, entry), change)

    def _change(self, pair: int, change: int) -> None:
        self._held[pair] += change
        held, key = self._held[pair], divmod(pair, self._size)
        if held == 0:
            self._place[key] = len(self.missing)
            self.missing.append(key)
        elif held == 1 and change == 1 and key in self._place:
            place, last = self._place.pop(key), self.missing.pop()
            if last != key:
                self.missing[place] = last
                self._place[last] = place

    def _value(self, entry: int) -> int:
        return bisect_right(self._first, entry) - 1
