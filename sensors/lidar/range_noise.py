"""How exactly a range is measured: σ² = accuracy² + (ΔR² + s²)/(2·SNR) + depth².

* accuracy: what the data sheet promises at strong returns.
* ΔR: how exactly a pulse is timed at SNR ½: 0.09 m for 5 ns (Kilic et al. 2021), in proportion to its length; but what
  is exact at strong returns is so at weak ones too, up to a factor. Walls at 15 to 30 m scatter by 3 mm in sweeps of an
  HDL-32E and by 7 to 10 mm in those of an OS1-128, where 0.09 m would make it 15 to 25.
* s: an oblique surface stretches the pulse by the depth of the footprint, R·divergence·tanθ, of which 0.3 is the rms.
* depth: leaves, blades and fur return from within.

The middle term is at most what a wrong moment within the pulse does, (c·τ/2)²/12.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.devices.lidar import LidarDevice

SPEED_OF_LIGHT_MPS = 299_792_458.0
RESOLUTION_M = 0.09
_TIMES_ACCURACY = 4.5       # at most; that of the device that 0.09 m was given for, with 2 cm
_RESOLUTION_PULSE_NS = 5.0
_FOOTPRINT_RMS = 0.3


def resolution_m(device: LidarDevice) -> float:
    """ΔR of a device; 0 for one whose pulses take no time."""
    return min(RESOLUTION_M * device.pulse_ns / _RESOLUTION_PULSE_NS, _TIMES_ACCURACY * device.accuracy_m)


def stretch_rad(device: LidarDevice) -> float:
    """What R·tanθ is multiplied with to give s."""
    horizontal, vertical = device.divergence_mrad
    return _FOOTPRINT_RMS * 1e-3 * math.sqrt(horizontal * vertical)


def pulse_variance_m2(device: LidarDevice) -> float:
    """σ² of a range that may be anywhere within the pulse."""
    return pulse_m(device) ** 2 / 12


def pulse_m(device: LidarDevice) -> float:
    """c·τ/2: what the pulse's length is as a difference of ranges; echoes that are nearer to each other are one."""
    return 0.5 * SPEED_OF_LIGHT_MPS * device.pulse_ns * 1e-9


def sigma_m(
    snr: NDArray[np.floating] | float,
    device: LidarDevice,
    range_m: NDArray[np.floating] | float = 0.0,
    cos_incidence: NDArray[np.floating] | float = 1.0,
    depth_m: NDArray[np.floating] | float = 0.0,
) -> NDArray[np.float64]:
    """1 σ of range.

    Args:
        snr: P/P_min > 0.
        cos_incidence: in (0, 1].
        depth_m: rms of where within a soft surface the light turns back.
    """
    cosine = np.asarray(cos_incidence, dtype=np.float64)
    stretch = stretch_rad(device) * range_m * np.sqrt(1 - cosine * cosine) / cosine
    timing = (resolution_m(device) ** 2 + stretch**2) / (2 * np.asarray(snr))
    timing = np.minimum(timing, pulse_variance_m2(device))
    return np.asarray(np.sqrt(device.accuracy_m**2 + timing + np.square(depth_m)))
