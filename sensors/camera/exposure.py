"""How long a camera exposes, and how much it amplifies: from the brightness of the world to electrons.

A rendered picture has been exposed already, by its simulator, and says nothing about how bright its world is. That
follows from the hour and the clouds: ``white_cdpm2`` is the luminance of what the picture shows as white. By day that
is white paper in the open; at night it is what lamps light. A camera's auto exposure then wants its pixels almost full
where the picture is white, takes the time it is allowed, and amplifies the rest. So a night has the brightness of its
rendered picture and a hundredth of the electrons of a noon, and where even gain comes to an end it gets darker.

Illuminance by the sun's altitude: after the tables of the US Naval Observatory, rounded. Clouds: Kasten and Czeplak,
Solar Energy 24, 1980. Photons: EMVA Standard 1288, release 3.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sensors.conditions import Conditions
from sensors.devices.camera import CameraDevice

PHOTONS_PER_LX_S_M2 = 4.09e15               # at 555 nm
LENS_TRANSMISSION = 0.9
WHITE_SHARE = 0.9                           # of the full well, where the picture is white and time is no object
ENOUGH_E = 12000.0                          # nobody amplifies for more: what HDR sensors hold beyond is headroom
MOST_GAIN_DB = 30.0
LAMPLIT_ROAD_CDPM2 = 1.5                    # under street lamps, or 25 m before a car's own
_ASPHALT = 0.16                             # the share of light that a road sends back
_SUN_ALTITUDE_DEG = (-18.0, -12.0, -9.0, -6.0, -3.0, 0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0)
_ILLUMINANCE_LX = (6.5e-4, 8.3e-3, 0.14, 3.4, 76.0, 732.0, 4.8e3, 1.1e4, 2.7e4, 4.5e4, 7.6e4, 1.02e5, 1.24e5)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a camera set itself to for one picture.

    time_s:     of each row.
    gain:       analogue, 1 at the base sensitivity.
    white_e:    electrons in a green pixel in the middle of the picture where the rendered picture is white.
    coded_e:    electrons that its file calls white.
    """

    time_s: float
    gain: float
    white_e: float
    coded_e: float

    @property
    def brightness(self) -> float:
        """Of the picture against the rendered one; below 1 where time and gain came to an end."""
        return self.white_e / self.coded_e

    @property
    def gain_db(self) -> float:
        return 20.0 * math.log10(self.gain)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of an auto exposure.

    most_gain_db: after the longest time.
    longest_s:    of usual light; None: the data sheet's.
    night_s:      that time is lengthened to at most where even the most gain leaves the picture too dark: what fits
                  between two pictures. Blur is better than nothing.
    lag_s:        of the first-order lag by which it follows the light.
    """

    most_gain_db: float = MOST_GAIN_DB
    longest_s: float | None = None
    night_s: float = 0.033
    lag_s: float = 0.5


AUTOMATIC = Limits()


def illuminance_lx(sun_altitude_deg: float, cloudiness: float = 0.0) -> float:
    """On open level ground, from sun, sky and twilight."""
    clear: float = math.exp(float(np.interp(sun_altitude_deg, _SUN_ALTITUDE_DEG, np.log(_ILLUMINANCE_LX))))
    return clear * (1.0 - 0.75 * math.pow(cloudiness, 3.4))


def white_cdpm2(conditions: Conditions, lamplit_road_cdpm2: float = LAMPLIT_ROAD_CDPM2) -> float:
    """The luminance of what a rendered picture shows as white.

    Args:
        lamplit_road_cdpm2: how bright lamps make the road: 0.5 … 2 under street lamps, 1e-3 without any or a moon.
    """
    daylight = illuminance_lx(conditions.sun_altitude_deg, conditions.cloudiness) / math.pi
    return daylight + lamplit_road_cdpm2 / _ASPHALT


def illuminance_on_sensor_lx(luminance_cdpm2: float, f_number: float, transmission: float = 1.0,
                             off_axis_rad: float = 0.0) -> float:
    """E = π/4 · L · τ · cos⁴φ / N²."""
    return math.pi / 4 * luminance_cdpm2 * transmission * math.cos(off_axis_rad) ** 4 / f_number ** 2


def photons(illuminance: float, pixel_um: float, time_s: float) -> float:
    """How many meet a pixel at an illuminance in lx."""
    return PHOTONS_PER_LX_S_M2 * illuminance * (pixel_um * 1e-6) ** 2 * time_s


def electrons_per_s(luminance_cdpm2: float, device: CameraDevice) -> float:
    """In a pixel in the middle of the picture."""
    illuminance = illuminance_on_sensor_lx(luminance_cdpm2, device.f_number, LENS_TRANSMISSION)
    return device.quantum_efficiency * photons(illuminance, device.pixel_um, 1.0)


def settled(white: float, device: CameraDevice, limits: Limits = AUTOMATIC) -> Exposure:
    """What an auto exposure comes to in a world that stays as it is.

    Args:
        white: cd/m² of what the rendered picture shows as white (``white_cdpm2``).
    """
    if not white > 0.0:
        raise ValueError(f"what a picture shows as white has a luminance above 0 cd/m², got {white}")
    wanted_e = _wanted_e(white, device, limits)
    return _split(wanted_e / electrons_per_s(white, device), wanted_e, white, device, limits)


def followed(before: Exposure, elapsed_s: float, white: float, device: CameraDevice,
             limits: Limits = AUTOMATIC) -> Exposure:
    """What the auto exposure has come to ``elapsed_s`` after a picture, when white now is ``white`` cd/m².

    It goes towards its goal by a first-order lag in stops, so out of a tunnel the first pictures are too bright.
    """
    goal = settled(white, device, limits)
    stops = math.log2(goal.time_s * goal.gain / (before.time_s * before.gain))
    share = 1.0 - math.exp(-elapsed_s / limits.lag_s)
    wanted_e = _wanted_e(white, device, limits)
    return _split(before.time_s * before.gain * 2.0 ** (stops * share), wanted_e, white, device, limits)


def _wanted_e(white: float, device: CameraDevice, limits: Limits) -> float:
    """What white shall come to, amplified: as much as the longest time collects, from enough to almost full."""
    full = WHITE_SHARE * device.full_well_e
    collected = electrons_per_s(white, device) * (limits.longest_s or device.exposure_s[1])
    return min(full, max(collected, ENOUGH_E))


def _split(product_s: float, wanted_e: float, white: float, device: CameraDevice, limits: Limits) -> Exposure:
    """As much of the sensitivity (time times gain) by time as is usual, then gain, then what time the night allows."""
    shortest, longest = device.exposure_s[0], limits.longest_s or device.exposure_s[1]
    most_gain = 10.0 ** (limits.most_gain_db / 20.0)
    time_s = min(max(product_s, shortest), longest)
    if product_s > most_gain * time_s:
        time_s = min(product_s / most_gain, max(limits.night_s, longest))
    gain = min(max(product_s / time_s, 1.0), most_gain)
    return Exposure(time_s, gain, electrons_per_s(white, device) * time_s, wanted_e / gain)
