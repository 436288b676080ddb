"""The two polynomials by which lenses bend what a pinhole sees, and their exact inverses. See ``distortion.py``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

NONE, BROWN_CONRADY, KANNALA_BRANDT = "none", "brown_conrady", "kannala_brandt"
_COEFFICIENTS = {NONE: 0, BROWN_CONRADY: 5, KANNALA_BRANDT: 4}
_STEPS = 20
_FARTHEST = 1e3                             # tangent of the widest angle that tables go to: 89.94°
_TABLE = 2048
_NOTHING = 1e-12                            # coefficients that no picture shows and that spoil the search for roots

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lens:
    """A distortion model: "none", "brown_conrady" (k1, k2, p1, p2, k3) or "kannala_brandt" (k1, k2, k3, k4)."""

    model: str = NONE
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        wanted = _COEFFICIENTS.get(self.model)
        if wanted is None:
            raise ValueError(f"distortion {self.model!r} is not known: take one of {', '.join(_COEFFICIENTS)}")
        if len(self.coefficients) != wanted or not all(map(math.isfinite, self.coefficients)):
            raise ValueError(f"distortion {self.model!r} takes {wanted} finite coefficients, got {self.coefficients}")

    @property
    def is_straight(self) -> bool:
        return self.model == NONE or (self.model == BROWN_CONRADY and not any(self.coefficients))


def bend(points: Points, lens: Lens) -> Points:
    """(…, 2) on the plane at distance 1 to where the lens puts them; NaN beyond the fold."""
    if lens.is_straight:
        return np.array(points, np.float64)
    x, y = points[..., 0], points[..., 1]
    if lens.model == BROWN_CONRADY:
        bent: Points = np.stack(_brown_conrady(x, y, lens.coefficients)[:2], axis=-1)
    else:
        r = np.hypot(x, y)
        angle = np.arctan(r)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where(r > 0, angle * _radial(lens)(angle ** 2) / r, 1.0)
        bent = points * scale[..., None]
    bent[np.hypot(x, y) >= fold(lens)] = np.nan
    return bent


def straighten(points: Points, lens: Lens) -> Points:
    """The inverse of ``bend``, by Newton's method; NaN where ``bend`` leads from nowhere."""
    if lens.is_straight:
        return np.array(points, np.float64)
    goal_x, goal_y = points[..., 0], points[..., 1]
    reach = np.hypot(goal_x, goal_y)
    radii, bent_radii = _inverse_table(lens)
    start = np.interp(reach, bent_radii, radii, right=np.nan)
    if lens.model == KANNALA_BRANDT:
        radial = _radial(lens)
        forward = Polynomial([0.0, 1.0]) * radial(Polynomial([0.0, 0.0, 1.0]))
        slope = forward.deriv()
        angle = np.arctan(start)
        for _ in range(_STEPS):
            step = (forward(angle) - reach) / slope(angle)
            angle = np.maximum(angle - step, 0.0)
            if not np.any(np.abs(step) > 1e-15):
                break
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where(reach > 0, np.tan(angle) / reach, 1.0)
        scale[angle >= math.pi / 2] = np.nan
        found: Points = points * scale[..., None]
    else:
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.where(reach > 0, start / reach, 1.0)
        x, y = goal_x * scale, goal_y * scale
        for _ in range(_STEPS):
            bent_x, bent_y, xx, xy, yy = _brown_conrady(x, y, lens.coefficients)
            off_x, off_y = bent_x - goal_x, bent_y - goal_y
            area = xx * yy - xy * xy
            step_x, step_y = (yy * off_x - xy * off_y) / area, (xx * off_y - xy * off_x) / area
            x, y = x - step_x, y - step_y
            if not np.any(np.hypot(step_x, step_y) > 1e-15):
                break
        found = np.stack([x, y], axis=-1)
        # beyond the fold there are roots too, which no light takes
        found[~(np.hypot(x, y) < fold(lens)) | ~(np.hypot(off_x, off_y) < 1e-10)] = np.nan
    return found


@lru_cache(maxsize=64)
def fold(lens: Lens) -> float:
    """The radius (tangent of the angle) from which on the radial polynomial falls; inf if it never does."""
    if lens.is_straight:
        return math.inf
    k = lens.coefficients
    terms = [1.0, k[0], k[1], k[4]] if lens.model == BROWN_CONRADY else [1.0, *k]
    roots = Polynomial([term * (2 * i + 1) for i, term in enumerate(terms)]).trim(_NOTHING).roots()
    squares = [root.real for root in roots if abs(root.imag) < 1e-12 and root.real > 0]
    if not squares:
        return math.inf
    least = math.sqrt(min(squares))
    if lens.model == BROWN_CONRADY:
        return least
    return math.tan(least) if least < math.pi / 2 else math.inf


def _radial(lens: Lens) -> Polynomial:
    """Kannala and Brandt's factor of the angle, in its square."""
    return Polynomial([1.0, *lens.coefficients])


def _brown_conrady(x: NDArray[np.float64], y: NDArray[np.float64], coefficients: tuple[float, ...],
                   ) -> tuple[NDArray[np.float64], ...]:
    """Bent x and y, and the derivatives x by x, x by y (which is y by x), y by y."""
    k1, k2, p1, p2, k3 = coefficients
    square = x * x + y * y
    radial = 1 + square * (k1 + square * (k2 + square * k3))
    slope = 2 * (k1 + square * (2 * k2 + square * 3 * k3))
    return (x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
            y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
            radial + x * x * slope + 2 * p1 * y + 6 * p2 * x,
            x * y * slope + 2 * p1 * x + 2 * p2 * y,
            radial + y * y * slope + 6 * p1 * y + 2 * p2 * x)


@lru_cache(maxsize=64)
def _inverse_table(lens: Lens) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Radii up to the fold and their bent ones, for Newton's method to start near its goal."""
    widest = math.atan(min(fold(lens), _FARTHEST))
    radii = np.tan(np.linspace(0.0, widest, _TABLE))
    if lens.model == BROWN_CONRADY:
        bent = _brown_conrady(radii, np.zeros_like(radii), (*lens.coefficients[:2], 0.0, 0.0, lens.coefficients[4]))[0]
    else:
        bent = np.arctan(radii) * _radial(lens)(np.arctan(radii) ** 2)
    return radii, bent
