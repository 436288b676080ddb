"""What a cloud without edges returns: fog, dust and smoke fill the beam from the window on, so their echo has no range
of its own. It peaks where the beam is still strong and the receiver already sees it.

Eq. (3) of Rasshofer, Spies and Spies (2011) for a pulse of sin² shape, with the surface in front of which the cloud
lies cutting it off:

    P(R) = π·β·∫ sin²(π(R − r)/(cτ)) · g(r) dr,   g(r) = exp(−2αr)/r²·ξ(r),   r from R − cτ to min(R, R0)

The device reports R − cτ/2 at the peak. As 2·sin²x = 1 − cos 2x, the integral is made of three running sums of g, which
makes all R for all R0 a matter of look-ups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.lidar.link import overlap

LIGHT_M_PER_NS = 0.299792458
LEAST_PULSE_NS = 0.5        # 15 steps of the search below
STEP_M = 0.1                # of the table, in the range of the surface
_ALONG_M = 0.005            # of the running sums along the beam
_PEAK_M = 0.01              # of the search for the peak
_APERTURE_M = 0.1           # 1/r² means nothing nearer than the device is big


@dataclass(frozen=True, eq=False, slots=True)
class SoftTarget:
    """The peak of the echo for π·β = 1, by where the surface lies.

    peak_m:  (K,) range as reported, for surfaces at 0, 0.1, 0.2 … m; for all that lie beyond the last it is the last.
    power:   (K,) per unit of π·β. 0 where the surface is nearer than the nearest light that is seen.
    near_m:  from where on light is seen.
    """

    peak_m: NDArray[np.float64]
    power: NDArray[np.float64]
    near_m: float

    @property
    def end_m(self) -> float:
        """A surface from here on no longer changes the echo."""
        return (len(self.power) - 1) * STEP_M

    def before(self, surface_m: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Peak range and power, (N,) each, in front of surfaces at these ranges; infinite ones too."""
        at = np.minimum(surface_m, self.end_m) / STEP_M
        steps = np.arange(len(self.power))
        return np.interp(at, steps, self.peak_m), np.interp(at, steps, self.power)


@lru_cache(maxsize=64)
def soft_target(
    extinction_per_m: float, pulse_ns: float, overlap_m: tuple[float, float], near_m: float
) -> SoftTarget:
    """The table of one weather and one device.

    Args:
        extinction_per_m: α of all that is in the air, one way.
        pulse_ns: τ, the half-power width of the pulse.
        overlap_m: of the device; the receiver sees nothing of the beam up to the first.
        near_m: the receiver is shut for light from nearer.

    Raises:
        ValueError: if the pulse is shorter than any device's or the extinction is negative or not finite.
    """
    if not (pulse_ns >= LEAST_PULSE_NS and 0.0 <= extinction_per_m < math.inf):
        raise ValueError(f"a soft target needs a pulse of at least {LEAST_PULSE_NS} ns and an extinction of 0 or "
                         f"above, got {pulse_ns} ns and {extinction_per_m}/m")
    start, full = overlap_m
    near = max(start, near_m, _APERTURE_M)
    length = LIGHT_M_PER_NS * pulse_ns              # of the whole pulse, over the ground: c/2 times 2τ
    # Where even the pulse's end is beyond full overlap, g only falls and so does the echo.
    last = max(near, full) + length
    sums = RunningSums.along(near, last, extinction_per_m, overlap_m, length)
    arrivals = np.arange(near, last, _PEAK_M)       # R: how far the pulse's front has been
    endless = sums.power(arrivals, np.full(1, math.inf))[0]
    end = math.ceil(arrivals[endless.argmax()] / STEP_M - 1e-9)     # from R on a surface does not matter
    surfaces = np.arange(end + 1) * STEP_M
    power = sums.power(arrivals, surfaces)
    best = power.argmax(axis=1)
    strongest = power[np.arange(end + 1), best]
    peak = np.where(strongest > 0, arrivals[best] - length / 2, surfaces)
    # A sliver of cloud peaks in its middle; the grid of R may say a step beyond its ends.
    peak = np.minimum(np.maximum(peak, np.minimum(near, surfaces)), surfaces)
    return SoftTarget(peak, strongest, near)


@dataclass(frozen=True, eq=False, slots=True)
class RunningSums:
    """Integrals from the window on, at ``range_m``: of g, and of g times cosine and sine of 2πr/(cτ)."""

    range_m: NDArray[np.float64]
    plain: NDArray[np.float64]
    cosine: NDArray[np.float64]
    sine: NDArray[np.float64]
    length_m: float

    @classmethod
    def along(
        cls, near: float, far: float, extinction_per_m: float, overlap_m: tuple[float, float], length_m: float
    ) -> RunningSums:
        count = math.ceil((far - near) / _ALONG_M)
        edges = np.linspace(near, far, count + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        seen = np.exp(-2 * extinction_per_m * middle) / middle**2 * overlap(middle, overlap_m) * (edges[1] - edges[0])
        phase = 2 * math.pi / length_m * middle
        sums = [np.concatenate([[0.0], np.cumsum(part)]) for part in (seen, seen * np.cos(phase), seen * np.sin(phase))]
        return cls(edges, sums[0], sums[1], sums[2], length_m)

    def power(self, arrivals: NDArray[np.float64], surfaces: NDArray[np.float64]) -> NDArray[np.float64]:
        """(surfaces, arrivals) the integral of eq. (3), for each R in front of each R0."""
        since = arrivals - self.length_m
        cut_off = surfaces[:, None] < arrivals

        def between(total: NDArray[np.float64]) -> NDArray[np.float64]:
            at_surface = np.interp(surfaces, self.range_m, total)
            until = np.where(cut_off, at_surface[:, None], np.interp(arrivals, self.range_m, total))
            return np.asarray(until - np.interp(since, self.range_m, total))

        phase = 2 * math.pi / self.length_m * arrivals
        integral = between(self.plain) - np.cos(phase) * between(self.cosine) - np.sin(phase) * between(self.sine)
        return np.asarray(np.where(since < surfaces[:, None], integral / 2, 0.0))
