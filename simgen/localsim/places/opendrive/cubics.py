"""Piecewise cubic polynomials: how OpenDRIVE writes heights, banking, lane offsets and lane widths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Cubics:
    """Pieces ``a + b·ds + c·ds² + d·ds³`` with ``ds = s − start``; each holds until the next one starts.

    starts:        (K,) float64, ascending. Before the first start the first piece is extended backwards.
    coefficients:  (K, 4) float64, the columns a, b, c, d.
    """

    starts: Array
    coefficients: Array

    @classmethod
    def constant(cls, value: float) -> Cubics:
        """The same value everywhere."""
        return cls(np.zeros(1), np.array([[value, 0.0, 0.0, 0.0]]))

    @classmethod
    def of(cls, rows: list[tuple[float, float, float, float, float]], default: float = 0.0) -> Cubics:
        """From rows (start, a, b, c, d) in any order; ``default`` everywhere if there are none.

        Of several rows with one start the last one counts: the earlier ones have no length.
        """
        if not rows:
            return cls.constant(default)
        table = np.array(rows, dtype=np.float64)
        table = table[np.argsort(table[:, 0], kind="stable")]
        last_of_its_start = np.append(np.diff(table[:, 0]) > 0.0, True)
        table = table[last_of_its_start]
        return cls(table[:, 0], table[:, 1:])

    def at(self, s: Array) -> Array:
        """Values at stations ``s``, any shape."""
        piece = np.maximum(np.searchsorted(self.starts, s, side="right") - 1, 0)
        ds = s - self.starts[piece]
        a, b, c, d = np.moveaxis(self.coefficients[piece], -1, 0)
        return np.asarray(a + ds * (b + ds * (c + ds * d)))

    def slope(self, s: Array) -> Array:
        """First derivatives at stations ``s``, any shape."""
        piece = np.maximum(np.searchsorted(self.starts, s, side="right") - 1, 0)
        ds = s - self.starts[piece]
        _, b, c, d = np.moveaxis(self.coefficients[piece], -1, 0)
        return np.asarray(b + ds * (2.0 * c + ds * 3.0 * d))

    @property
    def bends(self) -> bool:
        """Has any piece a quadratic or cubic part?"""
        return bool(np.any(self.coefficients[:, 2:]))
