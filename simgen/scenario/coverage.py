"""Which combinations of conditions the plans of a dataset fill, counted before anything is recorded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import Any

from simgen.errors import RequestError
from simgen.scenario.dimensions import DIMENSIONS, NONE, Dimension
from simgen.scenario.load import Scenario
from simgen.scenario.mistakes import did_you_mean
from simgen.scenario.plan import EpisodePlan
from simgen.scenario.quantities import dimension_of, parse_quantity
from simgen.scenario.reach import bins_reached, key_spans
from simgen.wording import counted

MAX_CELLS = 200_000


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was counted.

    names:    of the dimensions. cells: of each dimension, in order.
    counts:   combination → episodes; combinations that are not there have none.
    left_out: dimension → its bins that no episode can fall into; they are no cells.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    counts: dict[tuple[str, ...], int]
    episodes: int
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def combinations(self) -> Iterator[tuple[str, ...]]:
        """All of them, the last dimension changing fastest."""
        return product(*self.cells)

    @property
    def size(self) -> int:
        return math.prod(map(len, self.cells))

    @property
    def empty(self) -> list[tuple[str, ...]]:
        """Combinations without an episode."""
        return [cell for cell in self.combinations() if cell not in self.counts]

    def pair_share(self) -> float:
        """Of all pairs of cells of two dimensions, the share that is in some episode; of a single one, of its cells."""
        width = min(2, len(self.names))
        groups = list(combinations(range(len(self.names)), width))
        everything = 0
        for group in groups:
            everything += math.prod(len(self.cells[index]) for index in group)
        seen = {(group, tuple(cell[index] for index in group)) for cell in self.counts for group in groups}
        return len(seen) / everything if everything else 1.0

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "episodes": self.episodes,
            "dimensions": dict(zip(self.names, map(list, self.cells), strict=True)),
            "unreachable": {name: list(cells) for name, cells in self.left_out.items()},
            "cells": [
                {**dict(zip(self.names, cell, strict=True)), "episodes": self.counts.get(cell, 0),
                 "share": round(self.counts.get(cell, 0) / self.episodes, 6) if self.episodes else 0.0}
                for cell in self.combinations()
            ],
            "filled": len(self.counts), "empty": self.size - len(self.counts),
            "pair_coverage": round(self.pair_share(), 6),
        }


def count_cells(
    plans: Iterable[EpisodePlan], dimensions: Sequence[Dimension], scenarios: Sequence[Scenario] | None = None
) -> Coverage:
    """Count the episodes in every combination; negative twins, in which nothing happens, are left out.

    scenarios: those of the plans. Bins of numbers that they can never fall into are then no cells; without scenarios
    all bins are.
    Raises RequestError if the dimensions have more than 200 000 combinations.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    episodes = 0
    for plan in plans:
        if plan.twin:
            continue
        episodes += 1
        counts[tuple(dimension.cell(plan) for dimension in dimensions)] += 1
    cells = []
    left_out = {}
    for index, dimension in enumerate(dimensions):
        seen = {cell[index] for cell in counts}
        known = dimension.cells or ()
        if scenarios is not None and dimension.reached is not None:
            reached = dimension.reached(scenarios) | seen
            if never := tuple(cell for cell in known if cell not in reached):
                left_out[dimension.name] = never
            known = tuple(cell for cell in known if cell in reached)
        cells.append((*known, *sorted(seen - {*known})))
    size = math.prod(map(len, cells))
    if size > MAX_CELLS:
        raise RequestError(f"--by: these dimensions have {size} combinations, more than {MAX_CELLS}; name fewer, or "
                           "fewer bins")
    return Coverage(tuple(one.name for one in dimensions), tuple(cells), dict(counts), episodes, left_out)


def parse_dimensions(text: str, known_keys: Iterable[str] = ()) -> list[Dimension]:
    """The dimensions of ``--by``: names of ``DIMENSIONS``, key paths, and key paths with bins, with commas between.

    ``ego.speed=40 km/h:60 km/h:80 km/h`` puts a drawn number into the bins between those edges; a key path alone has
    one cell for each outcome. known_keys: the key paths that something is drawn for.
    Raises RequestError that says what there is.
    """
    keys = set(known_keys)
    made: list[Dimension] = []
    for part in (piece.strip() for piece in text.split(",")):
        name, has_bins, edges = (piece.strip() for piece in part.partition("="))
        if name in DIMENSIONS and not has_bins:
            made.append(DIMENSIONS[name])
        elif name in keys:
            made.append(_of_key(name, edges if has_bins else None))
        else:
            hint = did_you_mean(name, [*DIMENSIONS, *keys])
            raise RequestError(f"--by: there is no dimension '{name}'{hint}; there are {', '.join(DIMENSIONS)}, and "
                               "the key path of anything drawn, as in ego.speed=40 km/h:60 km/h")
    names = [one.name for one in made]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(f"--by: '{name}' is named twice")
    return made


def _of_key(path: str, edges_text: str | None) -> Dimension:
    if edges_text is None:
        return Dimension(path, None, lambda plan: _word(plan.drawn.get(path, NONE)))
    edges = _edges(path, edges_text)
    names = _names([piece.strip() for piece in edges_text.split(":")])

    def cell(plan: EpisodePlan) -> str:
        value = plan.drawn.get(path, NONE)
        if value == NONE:
            return NONE
        if not isinstance(value, (int, float)):
            raise RequestError(f"--by: {path} comes out as words ('{value}'); leave the bins away")
        return names[sum(value >= edge for edge in edges)]

    return Dimension(path, names, cell, lambda scenarios: bins_reached(key_spans(path, scenarios), edges, names))


def _edges(path: str, text: str) -> tuple[float, ...]:
    edges = []
    for piece in (part.strip() for part in text.split(":")):
        dimension = dimension_of(piece)
        try:
            if dimension is None:
                raise ValueError(f"'{piece}' is not a number")
            edges.append(parse_quantity(piece, dimension))
        except ValueError as error:
            raise RequestError(f"--by {path}: {error}; write edges such as 40 km/h:60 km/h:80 km/h") from None
    if sorted(set(edges)) != edges:
        raise RequestError(f"--by {path}: the edges must grow, got {text}")
    return tuple(edges)


def _names(edges: Sequence[str]) -> tuple[str, ...]:
    """The bins as a person wrote their edges: "<40 km/h", "40 km/h to 60 km/h", ">=60 km/h"."""
    inner = (f"{low} to {high}" for low, high in pairwise(edges))
    return (f"<{edges[0]}", *inner, f">={edges[-1]}")


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def lines(coverage: Coverage, most: int = 60) -> Iterator[str]:
    """The words for a person: filled cells from the fullest, then empty ones, at most so many of each."""
    columns = zip(coverage.names, coverage.cells, strict=True)
    width = [max(map(len, (name, *cells))) for name, cells in columns]

    def row(words: Sequence[str]) -> str:
        return "  ".join(word.ljust(size) for word, size in zip(words, width, strict=True))

    yield f"{row(coverage.names)}  episodes  share"
    filled = sorted(coverage.counts.items(), key=lambda item: (-item[1], item[0]))
    for cell, count in filled[:most]:
        yield f"{row(cell)}  {count:8d}  {100.0 * count / coverage.episodes:4.1f} %"
    if len(filled) > most:
        yield f"… and {counted(len(filled) - most, 'more filled cell')} (--json has all)"
    empty = coverage.empty
    if empty:
        yield "empty:"
        for cell in empty[:most]:
            yield row(cell).rstrip()
        if len(empty) > most:
            yield f"… and {counted(len(empty) - most, 'more empty cell')} (--json has all)"
    if coverage.left_out:
        never = "; ".join(f"{name} {', '.join(cells)}" for name, cells in coverage.left_out.items())
        yield f"not counted, as no episode can fall there: {never}"
    what = "cells" if len(coverage.names) < 2 else "pairs"
    fill = "fills" if coverage.episodes == 1 else "fill"
    yield (f"{counted(coverage.episodes, 'episode')} {fill} {len(filled)} of {counted(coverage.size, 'cell')}; "
           f"{100.0 * coverage.pair_share():.1f} % of all {what} occur")
