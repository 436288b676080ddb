"""Where a road's reference line runs in the plane: lines, arcs, spirals and polynomials by arc length.

Formulas: ASAM OpenDRIVE 1.8, chapter 9 (geometry). Spirals are integrated by Gauss-Legendre quadrature; polynomial
curves are tabulated by arc length, as CARLA's client does, whatever parameter range the file uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_PANEL_RAD = 2.0          # a spiral turning more than this is integrated in several panels
_TABLE_STEP_M = 0.1       # arc length table of polynomial curves


class Curve(Protocol):
    """A curve in its own axes: it starts at the origin and (spirals, arcs, lines) heads along +x."""

    def at(self, ds: Array) -> tuple[Array, Array, Array]:
        """x, y, heading at the distances ``ds`` (N,) from its start."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A line (curvature 0) or a circular arc; positive curvature turns left."""

    curvature: float

    def at(self, ds: Array) -> tuple[Array, Array, Array]:
        turn = self.curvature * ds
        # sinc keeps the straight line exact: sin(k s)/k = s sinc(k s), (1 − cos(k s))/k = s sin(k s/2) sinc(k s/2).
        half = 0.5 * turn
        return ds * np.sinc(turn / np.pi), ds * np.sin(half) * np.sinc(half / np.pi), turn


@dataclass(frozen=True, slots=True)
class Spiral:
    """A clothoid: curvature grows linearly with arc length."""

    length: float
    curvature_start: float
    curvature_end: float

    def at(self, ds: Array) -> tuple[Array, Array, Array]:
        rate = (self.curvature_end - self.curvature_start) / self.length
        k0 = self.curvature_start

        def heading(s: Array) -> Array:
            return np.asarray(s * (k0 + 0.5 * rate * s))

        most = max(abs(self.curvature_start), abs(self.curvature_end)) * self.length
        panels = int(np.ceil(most / _PANEL_RAD)) or 1
        x, y = np.zeros_like(ds), np.zeros_like(ds)
        for panel in range(panels):
            low, high = ds * (panel / panels), ds * ((panel + 1) / panels)
            mid, half = 0.5 * (low + high), 0.5 * (high - low)
            turn = heading(mid[:, None] + half[:, None] * _NODES)
            x += half * (np.cos(turn) @ _WEIGHTS)
            y += half * (np.sin(turn) @ _WEIGHTS)
        return x, y, heading(ds)


@dataclass(frozen=True, eq=False, slots=True)
class Polynomial:
    """u(p), v(p) cubic in p ∈ [0, p_end]; ``poly3`` is the case u = p."""

    length: float
    u: Array
    v: Array
    p_end: float

    def at(self, ds: Array) -> tuple[Array, Array, Array]:
        p = np.linspace(0.0, self.p_end, max(16, int(np.ceil(self.length / _TABLE_STEP_M))) + 1)
        chords = np.hypot(np.diff(_cubic(self.u, p)), np.diff(_cubic(self.v, p)))
        travelled = np.concatenate([[0.0], np.cumsum(chords)])
        # The attribute `length` is rounded in many files; stretching the table keeps the road's joints closed.
        p = np.interp(ds * (travelled[-1] / self.length), travelled, p)
        heading = np.arctan2(_cubic_slope(self.v, p), _cubic_slope(self.u, p))
        return _cubic(self.u, p), _cubic(self.v, p), heading


def poly3(length: float, v: Array) -> Polynomial:
    """The deprecated ``poly3``: v(u), where u ends at the point that lies ``length`` along the curve."""
    u = np.linspace(0.0, length, max(16, int(np.ceil(length / _TABLE_STEP_M))) + 1)
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(u), np.diff(_cubic(v, u))))])
    return Polynomial(length, np.array([0.0, 1.0, 0.0, 0.0]), v, float(np.interp(length, travelled, u)))


@dataclass(frozen=True, eq=False, slots=True)
class PlanView:
    """A reference line: curves one after the other.

    starts:  (K,) stations at which the curves begin, ascending.
    poses:   (K, 3) x, y, heading of their beginnings in the world.
    curves:  K curves.
    """

    starts: Array
    poses: Array
    curves: tuple[Curve, ...]

    def at(self, s: Array) -> tuple[Array, Array, Array]:
        """World x, y and heading (not wrapped) at stations ``s`` (N,)."""
        piece = np.clip(np.searchsorted(self.starts, s, side="right") - 1, 0, len(self.curves) - 1)
        x, y, heading = np.empty_like(s), np.empty_like(s), np.empty_like(s)
        for k in np.unique(piece):
            here = piece == k
            u, v, turn = self.curves[k].at(s[here] - self.starts[k])
            x0, y0, h0 = self.poses[k]
            x[here] = x0 + np.cos(h0) * u - np.sin(h0) * v
            y[here] = y0 + np.sin(h0) * u + np.cos(h0) * v
            heading[here] = h0 + turn
        return x, y, heading


def _cubic(c: Array, p: Array) -> Array:
    return np.asarray(c[0] + p * (c[1] + p * (c[2] + p * c[3])))


def _cubic_slope(c: Array, p: Array) -> Array:
    return np.asarray(c[1] + p * (2.0 * c[2] + p * 3.0 * c[3]))
