"""Fog, dust and smoke: how much they scatter back, and which return a beam has of them.

All that hangs in the air together is one soft target (``soft_target``), as its parts cannot be told apart by range. A
device that reports the strongest return reports it wherever it outshines the surface behind: dark and far things give
way to a ring of points round the device.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.conditions import LN_20
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.soft_target import SoftTarget, soft_target
from sensors.sweeps import Cause

# Lidar ratios α/β in sr. Fog: β = 0.046/MOR, as Rasshofer and after him Hahner have it. Mie theory for the drops of fog
# at 905 nm says 16 to 19, so 3.5 times as much light; which one a device shows is not settled, hence a parameter.
FOG_LIDAR_RATIO_SR = LN_20 / 0.046
FOG_LIDAR_RATIO_MIE_SR = 17.0
DUST_LIDAR_RATIO_SR = 50.0          # mineral dust and smoke: 40 to 55

_SCATTER = 2.0      # returns scatter between the peak's range divided and multiplied by this (Hahner 2021, version 2)


def backscatter_per_m_sr(
    fog_per_m: float,
    dust_per_m: float = 0.0,
    *,
    fog_lidar_ratio_sr: float = FOG_LIDAR_RATIO_SR,
    dust_lidar_ratio_sr: float = DUST_LIDAR_RATIO_SR,
) -> tuple[float, float]:
    """β of fog and dust together, and which share of it is the dust's (0 if there is neither).

    Args:
        fog_per_m, dust_per_m: their extinction at the laser's wavelength, ≥ 0.
    """
    fog, dust = fog_per_m / fog_lidar_ratio_sr, dust_per_m / dust_lidar_ratio_sr
    both = fog + dust
    return both, dust / both if both > 0 else 0.0


def soft_echo(
    range_m: NDArray[np.float32],
    extinction_per_m: float,
    backscatter_per_m_sr: float | NDArray[np.float32],
    device: LidarDevice,
    rng: np.random.Generator,
    *,
    dust_share: float = 0.0,
) -> Echo:
    """The strongest return of fog and dust in each beam, in front of what the beam meets.

    Power is that of the echo's peak; the device's near-range gain is in it. The range scatters about the peak's, evenly
    in its logarithm from half to double, as fog is never quite even; draws that would fall nearer than the device
    sees, or behind the surface, are drawn again.

    Args:
        range_m: (N,) where each beam ends; infinite where nothing is met.
        extinction_per_m: α ≥ 0, one way, of all that is in the air together.
        backscatter_per_m_sr: β ≥ 0 of fog and dust together; (N,) where it differs between beams (``patches``).
        dust_share: of β; this share of the echoes is caused by DUST, the rest by FOG.

    Returns:
        Echoes of all beams that have a way through the cloud at all, also those too weak to be noticed. Where β is 0
        there are none and nothing is drawn from ``rng``.
    """
    count = len(range_m)
    if count == 0 or not np.any(backscatter_per_m_sr):
        return Echo.none(count)
    cloud = soft_target(float(extinction_per_m), device.pulse_ns, device.overlap_m, device.near_m)
    found_m, power = _peaks(range_m, cloud, rng)
    power *= np.asarray(backscatter_per_m_sr * (math.pi * device.near_gain), dtype=np.float32)
    cause = np.full(count, Cause.FOG, dtype=np.uint8)
    if dust_share > 0.0:
        cause[rng.random(count, dtype=np.float32) < dust_share] = Cause.DUST
    nothing = power == 0
    if nothing.any():
        found_m[nothing], cause[nothing] = np.inf, 0
    return Echo(found_m, power, cause, np.zeros(count, dtype=np.uint32))


def _peaks(
    range_m: NDArray[np.float32], cloud: SoftTarget, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scattered range and power for π·β = 1. Evenly between the bounds is what drawing again comes to."""
    peak, strongest = float(cloud.peak_m[-1]), float(cloud.power[-1])
    low, high = max(peak / _SCATTER, cloud.near_m), peak * _SCATTER
    exponent = rng.random(len(range_m), dtype=np.float32)
    found_m = np.exp(exponent * np.float32(math.log(high / low)))
    found_m *= np.float32(low)
    power = np.full(len(range_m), strongest, dtype=np.float32)

    # Surfaces so near that they cut the echo, or only its scatter, short: few.
    near = np.flatnonzero(range_m < max(cloud.end_m, high))
    surface = range_m[near]
    cut_peak, cut_power = cloud.before(surface)
    lowest = np.maximum(cut_peak / _SCATTER, cloud.near_m)
    highest = np.minimum(cut_peak * _SCATTER, surface)
    has_way = highest > lowest
    drawn = lowest * np.exp(exponent[near] * np.log(np.where(has_way, highest, lowest) / lowest))
    found_m[near] = np.minimum(drawn, np.nextafter(surface, np.float32(0)))
    power[near] = np.where(has_way, cut_power, 0)
    return found_m, power
