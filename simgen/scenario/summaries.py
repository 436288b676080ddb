"""What was drawn for each key path, gathered plan by plan in a memory that does not grow with their number."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simgen.scenario.load import Scenario
from simgen.scenario.plan import EpisodePlan
from simgen.scenario.quantities import NUMBER, Dimension, format_quantity

MAX_WORDS = 50            # different words of one key path that are counted one by one
_SHOWN_WORDS = 6


Dimensions = Mapping[str, Dimension]
_COPY = re.compile(r"^(actors\.[a-z0-9_]+)_[0-9]+\.")


def dimensions_of(scenarios: Iterable[Scenario]) -> Dimensions:
    """Key path → what kind of quantity its values are, as far as they are quantities."""
    return {
        path: value.dimension for scenario in scenarios for path, value in scenario.values.items()
        if value.dimension is not None
    }


def written(value: Any, path: str, dimensions: Dimensions) -> str:
    """An outcome with its unit: "13.89 m/s"."""
    if not isinstance(value, float):
        return str(value)
    dimension = dimensions.get(path) or dimensions.get(_COPY.sub(r"\1.", path)) or NUMBER
    return format_quantity(value, dimension)


class Column:
    """The outcomes of one key path.

    count: episodes that have it. least, most, mean: of its numbers. words: of its words, how often each came;
    of more than ``MAX_WORDS``, the rest are counted as ``others``.
    """

    def __init__(self) -> None:
        self.count = self.others = 0
        self.least, self.most, self._sum, self._numbers = math.inf, -math.inf, 0.0, 0
        self.words: Counter[str] = Counter()

    def add(self, value: Any) -> None:
        """One more outcome."""
        self.count += 1
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self.least, self.most = min(self.least, value), max(self.most, value)
            self._sum, self._numbers = self._sum + value, self._numbers + 1
        elif str(value) in self.words or len(self.words) < MAX_WORDS:
            self.words[str(value)] += 1
        else:
            self.others += 1

    @property
    def mean(self) -> float | None:
        """Of its numbers; None if there are none."""
        return self._sum / self._numbers if self._numbers else None

    def text(self, path: str, dimensions: Dimensions) -> str:
        """Least … mean … greatest of the numbers, the words with their counts."""
        parts = []
        if self.mean is not None:
            least, mean = (written(float(end), path, dimensions).split(" ")[0] for end in (self.least, self.mean))
            parts.append(f"{least} … {mean} … {written(float(self.most), path, dimensions)}")
        common = self.words.most_common()
        parts += [f"{word} {count}" for word, count in common[:_SHOWN_WORDS]]
        rest = sum(count for _, count in common[_SHOWN_WORDS:]) + self.others
        if rest:
            parts.append(f"others {rest}")
        return ", ".join(parts)


class Summary:
    """The columns of all key paths."""

    def __init__(self, dimensions: Dimensions) -> None:
        self.columns: dict[str, Column] = {}
        self._dimensions = dimensions

    def add(self, plan: EpisodePlan) -> None:
        """One more episode; a negative twin has its episode's draws and is left out."""
        if plan.twin:
            return
        for path, value in plan.drawn.items():
            self.columns.setdefault(path, Column()).add(value)

    def lines(self) -> Iterator[str]:
        """A table: key path, how many episodes drew it, and what came out."""
        width = max(map(len, self.columns), default=0)
        for path in sorted(self.columns):
            column = self.columns[path]
            yield f"{path.ljust(width)}  {column.count:7d}  {column.text(path, self._dimensions)}"


def episode_lines(plan: EpisodePlan, first_frame: int, dimensions: Dimensions) -> Iterator[str]:
    """One episode with everything that was drawn for it."""
    capture = plan.capture
    yield (f"{plan.name}  frames {first_frame:06d}–{first_frame + capture.frames - 1:06d}  {capture.rate_hz:g} Hz"
           + (f"  after {plan.rejected} rejected draws" if plan.rejected else ""))
    if plan.twin:
        yield "    drawn as the episode above; without its event"
        return
    for path, value in sorted(plan.drawn.items()):
        yield f"    {path}: {written(value, path, dimensions)}"
