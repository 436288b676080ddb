"""``vary`` of a scenario: which level or which unit each swept value takes in which episode.

A grid, a zip and a covering array say a value outright, one of its levels. A Latin hypercube and a Sobol sequence say
a unit, at which the value's distribution is then drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simgen.scenario.chance import Choice, Fixed
from simgen.scenario.covering import covering_array
from simgen.scenario.designs import grid, latin_hypercube, sobol, zip_index
from simgen.scenario.values import Value
from simgen.wording import counted

LEVEL_METHODS = ("grid", "zip", "pairwise")
_FULL = {"grid": "every combination", "zip": "every row of its lists", "pairwise": "every pair of values"}
_NOTHING: Mapping[str, Any] = {}


class Sweep:
    """The design over the swept values of a scenario, in the order of the file.

    size: episodes of one full round; None where every number of episodes is a round (Latin hypercube, Sobol).
    """

    def __init__(self, method: str, values: Sequence[Value[Any]], seed: int) -> None:
        self._method, self._seed = method, seed
        self._paths = [value.where.path for value in values]
        self._numbers = {path: number for number, path in enumerate(self._paths)}
        self._options: list[tuple[Any, ...]] = []
        self._rows: list[tuple[int, ...]] = []
        self.size: int | None = None
        if method in LEVEL_METHODS and values:
            self._options = [_levels(value) for value in values]
            counts = [len(options) for options in self._options]
            if method == "grid":
                self.size = math.prod(counts)
            elif method == "zip":
                zip_index(counts, 0)                        # refuses lists of different lengths
                self.size = counts[0]
            else:
                # Which pairs meet in which episode is part of the scenario, not of the seed.
                self._rows = covering_array(counts, min(2, len(counts)))
                self.size = len(self._rows)

    @property
    def paths(self) -> Sequence[str]:
        """The key paths that are swept."""
        return self._paths

    def cut_short(self, episodes: int) -> str | None:
        """What a number of episodes leaves out of the sweep, as the end of a sentence; None if it is whole."""
        if self.size is None or episodes >= self.size:
            return None
        asked = "1 is" if episodes == 1 else f"{episodes} are"
        return (f"its {self._method} sweep needs {counted(self.size, 'episode')} for {_FULL[self._method]}, and "
                f"{asked} asked for")

    def levels(self, index: int) -> Mapping[str, Any]:
        """Key path → value in episode ``index``; after a full round it begins anew."""
        if self.size is None:
            return _NOTHING
        if self._method == "grid":
            row: Sequence[int] = grid([len(options) for options in self._options], index % self.size)
        elif self._method == "zip":
            row = [zip_index([self.size], index)] * len(self._options)
        else:
            row = self._rows[index % self.size]
        return {path: options[level] for path, options, level in zip(self._paths, self._options, row, strict=True)}

    def unit(self, path: str, index: int, count: int, own: float) -> float:
        """The unit of a value in episode ``index`` of ``count``; ``own`` is the one that chance gave it."""
        number = self._numbers.get(path)
        if number is None:
            return own
        if self._method == "latin_hypercube":
            return latin_hypercube(count, path, index, self._seed, own) if index < count else own
        if self._method == "sobol":
            return sobol(number, index, self._seed)
        return own


def _levels(value: Value[Any]) -> tuple[Any, ...]:
    """The options of a value that is swept level by level. Raises ``ValueError`` for a range."""
    distribution = value.distribution
    if isinstance(distribution, Choice):
        return tuple(distribution.options)
    if isinstance(distribution, Fixed):
        return (distribution.value,)
    raise ValueError("needs a list of options or {from: …, to: …, step: …} here; ranges go with 'method: "
                     "latin_hypercube' or 'method: sobol'")
