"""What a device writes for the strength of a return: calibrated reflectance in a few steps.

A calibrated device takes 1/R² and its own overlap ξ out again, so that intensity is P·R²/ξ: what air and incidence
leave of the reflectance. Reflectances up to a white diffuser share the lower values evenly; what is left above is for
retroreflectors, by the logarithm. A device without values for them saturates, at a white diffuser or darker.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice

BRIGHTEST = 2000.0          # times a white diffuser: the best sign sheeting, which gets the highest value
_LOG_BRIGHTEST = math.log(BRIGHTEST)


def intensity(reflectance: NDArray[np.floating], device: LidarDevice) -> NDArray[np.float32]:
    """(N,) in [0, 1): level/levels, for (N,) calibrated reflectances ≥ 0; KITTI's 100 levels give 0.00 … 0.99."""
    return _intensities(np.asarray(reflectance, dtype=np.float32), device.intensity_levels, device.diffuse_levels)


def reflectance_of(intensity: NDArray[np.floating], device: LidarDevice) -> NDArray[np.float32]:
    """(N,) reflectances that get these intensities: the inverse of ``intensity``, for sweeps that were recorded."""
    top, diffuse_top = device.intensity_levels - 1, device.diffuse_levels - 1
    if diffuse_top >= top:
        return np.asarray(intensity * np.float32(device.intensity_levels / device.diffuse_levels), dtype=np.float32)
    level = np.round(np.asarray(intensity, dtype=np.float64) * device.intensity_levels)
    retro = np.maximum(level - diffuse_top, 0) / (top - diffuse_top)
    return np.where(level > diffuse_top, BRIGHTEST**retro, level / diffuse_top).astype(np.float32)


@compiled
def level(reflectance: float, levels: int, diffuse_levels: int) -> int:
    """The value of one return, 0 … levels − 1."""
    top, diffuse_top = levels - 1, diffuse_levels - 1
    if diffuse_levels >= levels:
        return min(int(reflectance * diffuse_levels + 0.5), top)
    if reflectance <= 1.0:
        return int(reflectance * diffuse_top + 0.5)
    above = math.log(reflectance) / _LOG_BRIGHTEST * (top - diffuse_top)
    return min(diffuse_top + int(above + 0.5), top)


@compiled
def _intensities(reflectance: NDArray[np.float32], levels: int, diffuse_levels: int) -> NDArray[np.float32]:
    out = np.empty(len(reflectance), dtype=np.float32)
    for i in range(len(reflectance)):
        out[i] = level(reflectance[i], levels, diffuse_levels) / levels
    return out
