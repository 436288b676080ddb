"""The LiDAR equation: what comes back of a pulse, how far a device sees, and what visibility means.

Power is relative: a white diffuser struck squarely at 1 m in clear air gives 1, so P(R) = ρ·exp(−2αR)/R²·ξ(R), where
ρ holds the incidence too. Nothing here is random.

Numbers and arrays of any one shape go in and come out; float32 stays float32.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.conditions import LN_20

Numbers: TypeAlias = "NDArray[np.floating] | float"

# Kim, McArthur and Korevaar (2001) count visibility to a contrast of 2 %, the older custom.
_LN_50 = 3.912
_GREEN_NM = 550.0
# With this start two steps would do for 1e-9 of the range (Iacono and Boyd 2017); the third makes it exact.
_LAMBERT_STEPS = 3


def transmission(extinction_per_m: Numbers, range_m: Numbers) -> NDArray[np.floating]:
    """Share of light that is left after one way through air, exp(−αR), in [0, 1]; exactly 1 where α is 0.

    Args:
        extinction_per_m: α ≥ 0.
        range_m: R ≥ 0; it may be infinite.
    """
    with np.errstate(invalid="ignore"):                     # 0 · ∞, for beams that meet nothing
        depth = np.multiply(extinction_per_m, range_m)
    return np.asarray(np.where(np.isnan(depth), 1, np.exp(-depth)), dtype=_element(depth))


def overlap(range_m: Numbers, overlap_m: tuple[float, float]) -> NDArray[np.floating]:
    """ξ: share of the beam that the receiver sees: 0 up to the first range, 1 from the second on, linear between."""
    start, full = overlap_m
    if full <= start:
        return np.asarray(np.greater_equal(range_m, full), dtype=_element(range_m))
    return np.asarray(np.clip(np.subtract(range_m, start) / (full - start), 0, 1))


def received_power(
    reflectance: Numbers, range_m: Numbers, extinction_per_m: Numbers, overlap_m: tuple[float, float]
) -> NDArray[np.floating]:
    """P(R) of a surface that fills the beam.

    Args:
        reflectance: ρ·f(θ), 1 for a white diffuser struck squarely.
        range_m: > 0; infinite where nothing is met, which gives 0.
        extinction_per_m: α ≥ 0 of all that is in the air together, one way.
        overlap_m: of the device (``overlap``).
    """
    once = transmission(extinction_per_m, range_m)
    return np.asarray(reflectance * (once / range_m) ** 2 * overlap(range_m, overlap_m))


def farthest_m(reflectance: Numbers, extinction_per_m: Numbers, least_power: float) -> NDArray[np.floating]:
    """The range at which a surface falls to the weakest power that is reported: the root of ρ·exp(−2αR)/R² = P_min.

    With s = √(ρ/P_min), how far it is seen in a vacuum, the root is W(αs)/α = s·exp(−W(αs)), W being Lambert's
    function. The second form holds for α = 0 too. Overlap is not part of it: it ends long before.

    Args:
        reflectance: ρ·f(θ) ≥ 0.
        extinction_per_m: α ≥ 0.
        least_power: P_min > 0, such as ``LidarDevice.least_power``.
    """
    in_vacuum = np.sqrt(np.divide(reflectance, least_power))
    return np.asarray(in_vacuum * np.exp(-lambert_w(np.multiply(extinction_per_m, in_vacuum))))


def lambert_w(x: Numbers) -> NDArray[np.floating]:
    """W(x) with W·exp(W) = x, for x ≥ 0.

    Newton's method on W + ln W = ln x, by R. Iacono and J. P. Boyd, "New approximations to the principal real-valued
    branch of the Lambert W-function", 2017.
    """
    x = np.asarray(x)
    log = np.log1p(x)
    w = np.asarray(log * (1 - np.log1p(log) / (2 + log)))
    above = w > 0
    for _ in range(_LAMBERT_STEPS):
        w = np.where(above, w / (1 + w) * (1 + np.log(np.divide(x, w, out=np.ones_like(w), where=above))), w)
    return w


def visibility_m(extinction_per_m: Numbers) -> NDArray[np.floating]:
    """Meteorological optical range, ln 20/α: where contrast has fallen to 5 % (WMO-No. 8). Infinite for α = 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.divide(LN_20, extinction_per_m))


def extinction_per_m(visibility_m: Numbers) -> NDArray[np.floating]:
    """α = ln 20/MOR, the inverse of ``visibility_m``; 0 for an infinite one."""
    return np.asarray(np.divide(LN_20, visibility_m))


def at_wavelength(extinction_550_per_m: Numbers, wavelength_nm: float) -> NDArray[np.floating]:
    """Extinction of fog and haze at a laser's wavelength.

    α(λ) = α(550 nm)·(λ/550 nm)^−q. q grows with visibility (Kim, McArthur, Korevaar 2001): fog, of large drops, is
    grey; the small ones of haze let infrared through. The step of q at 50 km is theirs. Not for rain and snow,
    which are grey at any visibility.

    Args:
        extinction_550_per_m: ≥ 0, in the middle of the visible.
        wavelength_nm: of the laser.
    """
    green = np.asarray(extinction_550_per_m)
    with np.errstate(divide="ignore"):
        seen_km = np.divide(_LN_50 / 1000, green)
    thin = np.interp(seen_km, [0.5, 1.0, 6.0], [0.0, 0.5, 1.3])
    q = np.where(seen_km > 50.0, 1.6, thin)
    return np.asarray(green * (wavelength_nm / _GREEN_NM) ** -q, dtype=_element(green))


def _element(numbers: Numbers) -> type[np.floating]:
    """float32 for float32, float64 for the rest."""
    return np.float32 if getattr(numbers, "dtype", None) == np.float32 else np.float64
