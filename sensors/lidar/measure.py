"""The one call for one sweep: what a device reports of a world, in any weather.

The order keeps the physics consistent: how bright surfaces are, what water does to them, what the air takes and what in
it shines back, what the receiver notices, how exactly it measures, and what it loses for no reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.conditions import Conditions
from sensors.devices.lidar import LidarDevice
from sensors.lidar import materials
from sensors.lidar.detection import beside_the_sun, thresholds
from sensors.lidar.draws import key
from sensors.lidar.link import at_wavelength, received_power
from sensors.lidar.report import RETURNS, Echoes, Strengths, reported
from sensors.sweeps import CleanSweep, MeasuredSweep


def measure(
    clean: CleanSweep,
    device: LidarDevice,
    conditions: Conditions,
    seed: int,
    *,
    returns: str = "strongest",
    keep_lost: bool = False,
    known: Mapping[int, float] | None = None,
    sun: NDArray[np.floating] | None = None,
) -> MeasuredSweep:
    """What a device reports of one turn.

    Args:
        clean: every beam of the turn.
        seed: one for each sensor and frame; it decides all that is chance.
        returns: "strongest", "last", or "dual": the strongest and the last.
        keep_lost: say of each surface that was met and not reported why?
        known: reflectivity of actors' surfaces by actor id, where it is known; the others draw their own.
        sun: (3,) unit vector towards it in LiDAR axes, where it can be seen.

    Raises:
        ValueError: if the device does not offer these returns.
    """
    if returns not in RETURNS or returns not in device.returns:
        raise ValueError(f"returns: {device.title} offers {', '.join(device.returns)}, not {returns!r}")
    if clean.reflectance is None:
        brightness = materials.reflectance(clean, key(seed, "texture"), known)
    else:
        brightness = clean.reflectance
    extinction = conditions.extinction()
    # Clear air is part of the range that a data sheet promises. Drops, flakes and grains are grey.
    fog_per_m = float(at_wavelength(extinction.fog, device.wavelength_nm))
    per_m = fog_per_m + extinction.rain + extinction.snow + extinction.dust
    dry_power = received_power(brightness, clean.range_m, 0.0, device.overlap_m)
    power = received_power(brightness, clean.range_m, per_m, device.overlap_m)
    threshold = thresholds(len(clean), device, key(seed, "detection"))
    if sun is not None:
        threshold = beside_the_sun(threshold, clean.direction, sun)
    echoes = Echoes.of(len(clean), ())
    return reported(clean, Strengths(power, dry_power, dry_power), echoes, threshold, materials.depths_m(), device,
                    (key(seed, "range noise"), key(seed, "dropout")), returns, keep_lost)
