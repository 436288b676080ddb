"""Fog, dust and smoke: how much they scatter back, and which return a beam has of them.

All that hangs in the air together is one soft target (``soft_target``), as its parts cannot be told apart by range. A
device that reports the strongest return reports it wherever it outshines the surface behind: dark and far things give
way to a ring of points round the device.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.conditions import LN_20
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.soft_target import SHARE_STEP_M, STEP_M, soft_target
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
    share = rng.random(count, dtype=np.float32)
    found_m, power, nothing = _drawn(
        range_m, share, cloud.power, cloud.below, cloud.quantile_m, np.float32(cloud.near_m),
        np.float32(max(cloud.reach_m, cloud.end_m)),
    )
    power *= gain
    cause = np.full(count, Cause.FOG, dtype=np.uint8)
    if dust_share > 0.0:
        cause[rng.random(count, dtype=np.float32) < dust_share] = Cause.DUST
    if nothing or gain.min() == 0:
        empty = power == 0
        found_m[empty], cause[empty] = np.inf, 0
    return Echo(found_m, power, cause, np.zeros(count, dtype=np.uint32))


@compiled
def _drawn(
    range_m: NDArray[np.float32],
    share: NDArray[np.float32],
    peak_power: NDArray[np.float32],
    below: NDArray[np.float32],
    quantile_m: NDArray[np.float32],
    near_m: np.float32,
    far_m: np.float32,
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Ranges of single returns, power for π·β = 1, and how many beams have no way through the cloud.

    Surfaces from ``far_m`` on change nothing. Drawing again, until a return lies in front of a surface, is the same as
    drawing from the share that does.
    """
    found_m, power = np.empty_like(range_m), np.empty_like(range_m)
    nothing = 0
    for i in range(len(range_m)):
        surface_m = range_m[i]
        if surface_m <= near_m:
            found_m[i], power[i] = np.inf, 0
            nothing += 1
            continue
        in_front = share[i]
        if surface_m < far_m:
            in_front *= _looked_up(below, surface_m / np.float32(SHARE_STEP_M))
        power[i] = _looked_up(peak_power, min(surface_m, far_m) / np.float32(STEP_M))
        drawn_m = _looked_up(quantile_m, in_front * np.float32(len(quantile_m) - 1))
        # The tables are straight between their entries, in the quantiles and in the shares: they may differ by a hair.
        found_m[i] = drawn_m if drawn_m < surface_m else np.nextafter(surface_m, np.float32(0))
    return found_m, power, nothing


@compiled
def _looked_up(table: NDArray[np.float32], at: np.float32) -> np.float32:
    """The entry of a table at a fractional index ≥ 0, linear between; the last one beyond the end."""
    index = min(int(at), len(table) - 2)
    along = min(at - np.float32(index), np.float32(1))
    entry: np.float32 = table[index] + (table[index + 1] - table[index]) * along
    return entry
