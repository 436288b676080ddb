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
from sensors.lidar.draws import logistic_quantiles_db, sixteen_bits

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
def _thresholds(count: int, least: np.float32, key: np.uint64, quantiles: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.empty(count, dtype=np.float32)
    for i in range(count):
        out[i] = least * quantiles[sixteen_bits(key, i)]
    return out
