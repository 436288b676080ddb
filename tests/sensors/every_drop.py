"""False returns the slow way, as LISA does it (Kilic et al. 2021): every particle in the cone of every beam is thrown.

An independent account of what ``sensors.lidar.particles`` draws: no equation (5), no thinning. Tests compare the two
and the benchmark has it as its reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.devices.lidar import LidarDevice
from sensors.precipitation import Spectrum


def strongest_of_every_drop(
    target_m: NDArray[np.floating],
    least_power: NDArray[np.floating],
    spectrum: Spectrum,
    extinction_per_m: float,
    device: LidarDevice,
    reflectivity: float,
    rng: np.random.Generator,
    least_mm: float = 0.05,
    farthest_m: float = 12.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) range and power of each beam's strongest particle that beats ``least_power``; infinite and 0 without one.

    Args:
        least_mm: narrower particles are not thrown.
        farthest_m: nor farther ones: the caller knows that none of them counts.
    """
    reach_m = np.minimum(target_m, farthest_m)
    horizontal, vertical = np.array(device.divergence_mrad) * 1e-3
    cone_m3 = np.pi / 3 * reach_m * (horizontal * reach_m / 2) * (vertical * reach_m / 2)
    thrown = rng.poisson(float(spectrum.number_per_m3(least_mm)) * cone_m3)
    beam = np.repeat(np.arange(len(target_m)), thrown)
    at_m = reach_m[beam] * np.cbrt(rng.random(len(beam)))
    melted_mm = float(spectrum.melted_mm(least_mm)) + rng.exponential(1 / spectrum.slope_per_mm, len(beam))
    width_mm = at_m * np.sqrt(horizontal * vertical) * 1e3
    filled = np.minimum((spectrum.diameter_mm(melted_mm) / width_mm) ** 2, 1)
    start_m, full_m = device.overlap_m
    seen = np.clip((at_m - start_m) / max(full_m - start_m, 1e-9), 0, 1)
    power = reflectivity * np.exp(-2 * extinction_per_m * at_m) * filled / at_m**2 * seen
    power[(at_m < device.near_m) | (at_m >= target_m[beam]) | (power <= least_power[beam])] = 0

    strongest = np.zeros(len(target_m))
    np.maximum.at(strongest, beam, power)
    range_m = np.full(len(target_m), np.inf)
    wins = np.flatnonzero((power > 0) & (power == strongest[beam]))
    range_m[beam[wins]] = at_m[wins]
    return range_m, strongest
