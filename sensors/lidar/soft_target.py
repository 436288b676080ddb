"""What a cloud without edges returns: fog, dust and smoke fill the beam from the window on, so their echo has no range
of its own. It peaks where the beam is still strong and the receiver already sees it.

Eq. (3) of Rasshofer, Spies and Spies (2011) for a pulse of sin² shape, with the surface in front of which the cloud
lies cutting it off:

    P(R) = π·β·∫ sin²(π(R − r)/(cτ)) · g(r) dr,   g(r) = exp(−2αr)/r²·ξ(r),   r from R − cτ to min(R, R0)

The device reports R − cτ/2 at the peak. As 2·sin²x = 1 − cos 2x, the integral is made of three running sums of g, which
makes all R for all R0 a matter of look-ups.

Clouds are never even, so single returns come from nearer and farther than the peak. Let density vary, from one pulse's
length to the next, by a factor exp(s·G) with G of Gumbel's distribution: then the chance that the strongest echo is the
one from r is proportional to P(r)^(1/s), exactly. s = 1/3 is a spread of 0.43 in the logarithm; fog has 0.3 to 0.6.
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
STEP_M = 0.1                # of the table of peaks, in the range of the surface
SHARE_STEP_M = 0.02         # of the table of single returns
_ALONG_M = 0.005            # of the running sums along the beam
_PEAK_M = 0.01              # of the search for the peak
_UNEVENNESS = 1 / 3         # s
_FARTHEST_M = 40.0          # beyond full overlap, for single returns
_ALL_BUT = 0.9999           # of them; the rest would make the tables long
_QUANTILES = 1024
_APERTURE_M = 0.1           # 1/r² means nothing nearer than the device is big


@dataclass(frozen=True, eq=False, slots=True)
class SoftTarget:
    """The peak of the echo for π·β = 1, by where the surface lies.

    peak_m:   (K,) range as reported, for surfaces at 0, 0.1, 0.2 … m; for all that lie beyond the last it is the last.
    power:    (K,) float32 per unit of π·β. 0 where the surface is nearer than the nearest light that is seen.
    near_m:   from where on light is seen.
    below:    (M,) float32, share of single returns nearer than 0, 0.02, 0.04 … m, in an endless cloud; the last is 1.
    quantile_m: (1025,) float32, their ranges in even steps of that share.
    """

    peak_m: NDArray[np.float64]
    power: NDArray[np.float32]
    near_m: float
    below: NDArray[np.float32]
    quantile_m: NDArray[np.float32]

    @property
    def end_m(self) -> float:
        """A surface from here on no longer changes the echo's peak."""
        return (len(self.power) - 1) * STEP_M

    @property
    def reach_m(self) -> float:
        """No return comes from beyond."""
        return (len(self.below) - 1) * SHARE_STEP_M


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
    far = last + _FARTHEST_M
    sums = RunningSums.along(near, far, extinction_per_m, overlap_m, length)
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
    below, quantile = _single_returns(sums, near, far - length / 2)
    strongest = strongest.astype(np.float32)
    for table in (peak, strongest, below, quantile):        # shared by all who ask
        table.flags.writeable = False
    return SoftTarget(peak, strongest, near, below, quantile)


def _single_returns(
    sums: RunningSums, near: float, far: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``below`` and ``quantile_m`` of ``SoftTarget``."""
    # Not from the very edge of what is seen, where calibrated intensity has no meaning.
    range_m = np.arange(near + _ALONG_M, far, _ALONG_M * 2)
    power = np.maximum(sums.power(range_m + sums.length_m / 2, np.full(1, math.inf))[0], 0.0)
    likely = (power / power.max()) ** (1 / _UNEVENNESS)
    share = np.concatenate([[0.0], np.cumsum(likely[1:] + likely[:-1])])
    share /= share[-1]
    reach = range_m[np.searchsorted(share, _ALL_BUT)]
    grid = np.arange(math.ceil(reach / SHARE_STEP_M) + 1) * SHARE_STEP_M
    below = np.interp(grid, range_m, share / _ALL_BUT).clip(0, 1)
    below[-1] = 1.0
    quantile = np.interp(np.linspace(0, _ALL_BUT, _QUANTILES + 1), share, range_m)
    return below.astype(np.float32), quantile.astype(np.float32)


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
