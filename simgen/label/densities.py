"""How much of its expected shape a body fills: by the table, and by what was seen of its like earlier in the episode.

The table's densities are means over the built-in simulator's bodies, from all sides. Other servers have other meshes,
and an episode shows most of them from much the same side. So whoever is seen as a whole tells how bodies of its
blueprint fill their shape, and what is hidden of others, or of itself later, is counted by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen.label.tables import expected_shape

_TABLE_WEIGHT = 1.0             # the table counts as much as one body that was seen as a whole
_LEAST_DENSITY = 0.02           # in some pose a body is anywhere in its shape


class BodyKind(NamedTuple):
    """Whose bodies are alike. shape: a key of ``expected_shape``."""

    blueprint: str
    age: str | None
    shape: str


@dataclass(frozen=True, eq=False, slots=True)
class Fill:
    """Of one body, or the sum of several: by cell of its shape, (CELLS,) shares of the shape's pixels.

    inside:   those that are the body's own.
    covered:  all; of one body they add up to 1, so that near and far ones count alike.
    """

    inside: NDArray[np.float64]
    covered: NDArray[np.float64]

    def __add__(self, other: Fill) -> Fill:
        return Fill(self.inside + other.inside, self.covered + other.covered)


@dataclass(frozen=True, slots=True)
class Densities:
    """What has been learnt so far in an episode. ``learn`` makes a new value of it."""

    fills: Mapping[BodyKind, Fill] = field(default_factory=dict)

    def of(self, kind: BodyKind) -> NDArray[np.float64]:
        """(CELLS,) the share of each cell that such a body fills."""
        usual, seen = usual_density(kind.shape), self.fills.get(kind)
        if seen is None:
            return usual
        weight = _TABLE_WEIGHT / len(usual)
        return np.maximum((weight * usual + seen.inside) / (weight + seen.covered), _LEAST_DENSITY)

    def learn(self, seen: Iterable[tuple[BodyKind, Fill | None]]) -> Densities:
        """With bodies that were seen as a whole; None for the others."""
        fills = dict(self.fills)
        for kind, fill in seen:
            if fill is not None:
                fills[kind] = fills[kind] + fill if kind in fills else fill
        return Densities(fills)


@cache
def usual_density(shape: str) -> NDArray[np.float64]:
    """(CELLS,) the table's."""
    density = np.maximum(np.array(expected_shape(shape).density, dtype=np.float64).ravel(), _LEAST_DENSITY)
    density.flags.writeable = False
    return density
