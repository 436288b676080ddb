"""Which echoes a receiver notices: a threshold that noise moves, raised where the sun shines in.

A surface is noticed by its signal-to-noise ratio and not by a coin: power P against the threshold P_min of the data
sheet. Noise makes the edge soft: p = 1/(1 + exp(−SNR_dB/s)). That is the same as a threshold which differs from beam
to beam by a logistic number of decibels; drawn in this form, all that happens in one beam meets one threshold.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import QUANTILES, logistic_quantiles_db, sixteen_bits

EDGE_DB = 1.0                   # s: from 10 % to 90 % detection takes 4.4 dB
SUN_GAIN = 1.5                  # how much more power is needed right beside the sun
_SUN_COS = math.cos(math.radians(5.0))


def thresholds(
    count: int, device: LidarDevice, key: np.uint64, edge_db: float = EDGE_DB
) -> NDArray[np.float32]:
    """(count,) the weakest power that each beam reports, in units of P(R).

    Args:
        key: of ``draws.key``.
        edge_db: s of the soft edge; 0 for a hard one.
    """
    if edge_db == 0:
        return np.full(count, device.least_power, dtype=np.float32)
    return _thresholds(count, np.float32(device.least_power), key, logistic_quantiles_db(edge_db))


def thresholds_of_noticed(
    power: NDArray[np.float32], device: LidarDevice, key: np.uint64, edge_db: float = EDGE_DB
) -> NDArray[np.float32]:
    """(N,) thresholds of beams of which it is known that they reported surfaces of these powers: none is above them.

    Drawn as for ``thresholds``, on the condition that the surface was noticed. Of surfaces darker than a data sheet
    lets a device see, which recordings do hold, the first decibels of weather then take some and not all.

    Args:
        power: of the surfaces, in the weather of the recording; 0 where there was none, whose threshold is any.
    """
    per_e_fold = edge_db * math.log(10) / 10                        # power's logarithm, in scales of the edge
    with np.errstate(divide="ignore"):
        noticed = 1 / (1 + (device.least_power / power.astype(np.float64)) ** (1 / per_e_fold))
    draws = _draws(len(power), key) * np.where(power > 0, noticed, 1)
    drawn = device.least_power * (draws / (1 - draws)) ** per_e_fold
    return np.where(power > 0, np.minimum(drawn, power), drawn).astype(np.float32)


def beside_the_sun(
    threshold: NDArray[np.float32], direction: NDArray[np.float32], sun: NDArray[np.floating], gain: float = SUN_GAIN
) -> NDArray[np.float32]:
    """Thresholds, higher for beams within 5° of the sun, whose light adds shot noise.

    Args:
        sun: (3,) unit vector towards it in LiDAR axes.
    """
    near = direction @ np.asarray(sun, dtype=np.float32) > _SUN_COS
    return np.where(near, threshold * np.float32(gain), threshold)


@compiled
def _draws(count: int, key: np.uint64) -> NDArray[np.float64]:
    """(count,) evenly in (0, 1)."""
    out = np.empty(count, dtype=np.float64)
    for i in range(count):
        out[i] = (np.float64(sixteen_bits(key, i)) + 0.5) / QUANTILES
    return out


@compiled
def _thresholds(count: int, least: np.float32, key: np.uint64, quantiles: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.empty(count, dtype=np.float32)
    for i in range(count):
        out[i] = least * quantiles[sixteen_bits(key, i)]
    return out
