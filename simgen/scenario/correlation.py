"""Correlation: values that are drawn together, such as a heavy animal and its slow gait."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.scenario.chance import UNIT_STEP
from simgen.scenario.special import normal_below, normal_quantile


@dataclass(frozen=True, slots=True)
class Copula:
    """Ties values together without changing any one's distribution (a Gaussian copula).

    The correlation of two values is that of the normal variables behind them. For r, the correlation of the
    values' ranks (Spearman's) is 6/π · asin(r/2): 0.49 for 0.5, 0.79 for 0.8.
    """

    _factor: tuple[tuple[float, ...], ...]     # lower triangle; factor · its transpose = correlation

    @classmethod
    def of(cls, correlation: Sequence[Sequence[float]], names: Sequence[str] | None = None) -> Copula:
        """From a symmetric matrix with ones on its diagonal. Raises ``ValueError`` that names the pair at fault."""
        called = [f"value {index + 1}" for index in range(len(correlation))] if names is None else list(names)
        if len(called) != len(correlation) or any(len(row) != len(correlation) for row in correlation):
            raise ValueError(f"{len(called)} correlated values need a matrix of {len(called)} rows and columns")
        for i, row in enumerate(correlation):
            if row[i] != 1.0:
                raise ValueError(f"the correlation of {called[i]} with itself is 1, not {row[i]:g}")
            for j in range(i):
                if row[j] != correlation[j][i]:
                    raise ValueError(f"the correlation of {called[j]} and {called[i]} is given as both {row[j]:g} "
                                     f"and {correlation[j][i]:g}; a correlation matrix is symmetric")
                if not -1.0 < row[j] < 1.0:
                    raise ValueError(f"the correlation of {called[j]} and {called[i]} must be between -1 and 1, "
                                     f"both excluded, got {row[j]:g}")
        return cls(_cholesky(correlation, called))

    def units(self, units: Sequence[float]) -> list[float]:
        """Correlated numbers in (0, 1) from as many independent ones; a value that is tied to none before it keeps
        its own."""
        if len(units) != len(self._factor):
            raise ValueError(f"the correlation is of {len(self._factor)} values, got {len(units)}")
        normals = [normal_quantile(u) for u in units]
        return [
            # 0 and 1, which rounding may lead to, are no units.
            min(max(normal_below(_dot(row, normals)), 0.5 * UNIT_STEP), 1.0 - 0.5 * UNIT_STEP) if any(row[:-1]) else u
            for row, u in zip(self._factor, units, strict=True)
        ]


def _cholesky(correlation: Sequence[Sequence[float]], names: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    factor: list[tuple[float, ...]] = []
    for i, row in enumerate(correlation):
        made: list[float] = []
        for j in range(i):
            made.append((row[j] - _dot(made, factor[j][:j])) / factor[j][j])
        rest = 1.0 - _dot(made, made)
        if rest < 1e-9:
            tightest = max(range(i), key=lambda j: abs(row[j]))
            raise ValueError(
                f"the correlation {row[tightest]:g} of {names[tightest]} and {names[i]} contradicts the others: "
                "no values can be tied so (the matrix is not positive definite); bring it nearer to 0")
        factor.append((*made, math.sqrt(rest)))
    return tuple(factor)


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    """The sum of products over the shorter of the two."""
    total = 0.0
    for one, other in zip(left, right, strict=False):
        total += one * other
    return total
