"""Points of nothing: light of a retroreflector in beams beside it, and pulses of others.

A lens is never quite clean, so a little of a beam's light goes beside it. From a sign, a thousand times as bright as a
white wall, that little is enough for a point at the sign's range in the neighbouring beams: signs bloom.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.neighbours import nearest_in_ring, ring_starts, stride
from sensors.sweeps import Cause, CleanSweep

CROSSTALK = 1e-5                # random points a beam, from other devices' pulses
HALO = 3e-3                     # of a beam's light just beside it, falling to 1/e in HALO_WIDTH_RAD
HALO_WIDTH_RAD = math.radians(0.1)
_BLOOMING_RAD = math.radians(0.55)
_BLOOMS_FROM = 10.0             # times a white diffuser


def stray_light(
    clean: CleanSweep,
    reflectance: NDArray[np.float32],
    power: NDArray[np.float32],
    threshold: NDArray[np.float32],
    device: LidarDevice,
    rng: np.random.Generator,
    crosstalk_share: float = CROSSTALK,
) -> list[Echo]:
    """Halos of retroreflectors, and pulses of other devices, which come at any time and look like a surface anywhere.

    Args:
        reflectance, power: (N,) of each beam's surface.
        threshold: (N,) weakest power that each beam reports.
        crosstalk_share: of beams that see another device's pulse.

    Returns:
        One echo, or none in sweeps without any.
    """
    bright = np.flatnonzero(reflectance > _BLOOMS_FROM)
    struck = rng.integers(0, max(len(clean), 1), rng.poisson(crosstalk_share * len(clean)))
    if not len(bright) and not len(struck):
        return []
    echo = Echo.none(len(clean))
    if len(bright):
        around = math.ceil(_BLOOMING_RAD / (2 * math.pi / device.firings))
        steps = np.abs(np.diff(np.radians(device.elevations_deg)))
        above = math.ceil(_BLOOMING_RAD / float(np.median(steps))) if len(steps) else 0
        starts = ring_starts(clean.ring, device.channels)
        _bloom(bright, clean.direction, clean.range_m, clean.ring, power, stride(clean.ring, device.channels), starts,
               around, above, echo.range_m, echo.power)
    echo.range_m[struck] = rng.uniform(device.near_m, device.range_m, len(struck))
    echo.power[struck] = threshold[struck] * (1 + rng.standard_exponential(len(struck)))
    echo.cause[echo.power > 0] = Cause.NOISE
    return [echo]


@compiled
def _bloom(
    bright: NDArray[np.intp], direction: NDArray[np.float32], range_m: NDArray[np.float32], ring: NDArray[np.uint8],
    power: NDArray[np.float32], along: int, starts: NDArray[np.int64], around: int, above: int,
    echo_m: NDArray[np.float32], echo_power: NDArray[np.float32],
) -> None:
    """Write the strongest halo of each beam."""
    for i in bright:
        azimuth = math.atan2(direction[i, 1], direction[i, 0])
        for row in range(-above, above + 1):
            middle = i
            if row != 0:
                beam = int(ring[i]) + row
                if len(starts) > 0:                     # ring after ring
                    if beam < 0 or beam + 1 >= len(starts):
                        continue
                    middle = nearest_in_ring(direction, starts[beam], starts[beam + 1], azimuth)
                elif 0 <= beam < along:                 # firing after firing
                    middle = i + row
                else:
                    continue
            if middle < 0:
                continue
            for column in range(-around, around + 1):
                j = middle + column * along
                if j == i or j < 0 or j >= len(range_m):
                    continue
                x, y = direction[i, 0] - direction[j, 0], direction[i, 1] - direction[j, 1]
                z = direction[i, 2] - direction[j, 2]
                angle = math.sqrt(x * x + y * y + z * z)
                if angle > _BLOOMING_RAD:
                    continue
                halo = power[i] * HALO * math.exp(-angle / HALO_WIDTH_RAD)
                if halo > echo_power[j]:
                    echo_power[j], echo_m[j] = halo, range_m[i]
