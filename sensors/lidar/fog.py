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
from sensors.lidar.soft_target import SHARE_STEP_M, STEP_M, SoftTarget, soft_target
from sensors.sweeps import Cause

# Lidar ratios α/β in sr. Fog: β = 0.046/MOR, as Rasshofer and after him Hahner have it. Mie theory for the drops of fog
# at 905 nm says 16 to 19, so 3.5 times as much light; which one a device shows is not settled, hence a parameter.
FOG_LIDAR_RATIO_SR = LN_20 / 0.046
FOG_LIDAR_RATIO_MIE_SR = 17.0
DUST_LIDAR_RATIO_SR = 50.0          # mineral dust and smoke: 40 to 55

_NEVER_NOTICED = 0.01               # of P_min


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

    Power is that of the echo's peak; the device's near-range gain is in it. Ranges scatter about the peak's, as clouds
    are never even (``soft_target``); draws that would fall behind the surface are drawn again.

    Args:
        range_m: (N,) where each beam ends; infinite where nothing is met.
        extinction_per_m: α ≥ 0, one way, of all that is in the air together.
        backscatter_per_m_sr: β ≥ 0 of fog and dust together; (N,) where it differs between beams (``fog_banks``).
        dust_share: of β; this share of the echoes is caused by DUST, the rest by FOG.

    Returns:
        Echoes of all beams that have a way through the cloud, even if many are too weak to be noticed. If all are
        weaker than a hundredth of the device's weakest power, as in haze, there are none and nothing is drawn from
        ``rng``.
    """
    count = len(range_m)
    if count == 0 or not np.any(backscatter_per_m_sr):
        return Echo.none(count)
    cloud = soft_target(float(extinction_per_m), device.pulse_ns, device.overlap_m, device.near_m)
    gain = np.asarray(backscatter_per_m_sr * (math.pi * device.near_gain), dtype=np.float32)
    if float(cloud.power[-1] * gain.max()) < _NEVER_NOTICED * device.least_power:
        return Echo.none(count)
    found_m, power = _drawn(range_m, cloud, rng)
    power *= gain
    cause = np.full(count, Cause.FOG, dtype=np.uint8)
    if dust_share > 0.0:
        cause[rng.random(count, dtype=np.float32) < dust_share] = Cause.DUST
    nothing = power == 0
    if nothing.any():
        found_m[nothing], cause[nothing] = np.inf, 0
    return Echo(found_m, power, cause, np.zeros(count, dtype=np.uint32))


def _drawn(
    range_m: NDArray[np.float32], cloud: SoftTarget, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ranges of single returns, and power for π·β = 1."""
    share = rng.random(len(range_m), dtype=np.float32)
    power = np.full(len(range_m), cloud.power[-1])
    # Only surfaces near by cut the echo, or its scatter, short. Drawing again, until a return lies in front of one, is
    # the same as drawing from the share that does.
    near = np.flatnonzero(range_m < max(cloud.reach_m, cloud.end_m))
    surface = range_m[near]
    share[near] *= _looked_up(cloud.below, surface / np.float32(SHARE_STEP_M))
    power[near] = _looked_up(cloud.power, surface / np.float32(STEP_M))
    found_m = _looked_up(cloud.quantile_m, share * np.float32(len(cloud.quantile_m) - 1))
    # The tables are straight between their entries, in the quantiles and in the shares: they may differ by a hair.
    found_m[near] = np.minimum(found_m[near], np.nextafter(surface, np.float32(0)))
    power[near[surface <= cloud.near_m]] = 0
    return found_m, power


def _looked_up(table: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Entries of a table at fractional indices ≥ 0, linear between; the last one beyond the end."""
    at = np.minimum(at, np.float32(len(table) - 1))
    index = np.minimum(at.astype(np.int32), len(table) - 2)
    low = table[index]
    return np.asarray(low + (table[index + 1] - low) * (at - index.astype(np.float32)))
