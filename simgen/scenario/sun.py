"""Where the sun stands at a date, a time and a place.

The low-precision algorithm of NOAA's solar calculator, after J. Meeus, Astronomical Algorithms (1991), chapters 25 and
28: good to about 0.01° between 1950 and 2050, refraction included.

CARLA's maps have east along +x and south along +y (their geographic coordinates say so), and CARLA counts the sun's
azimuth from +x towards +y: 0° is east, 90° south, 180° west, 270° north. A compass counts from north over east.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date as Date

_DECIMALS = 6       # degrees: C libraries' sines may differ in the last bit, plans may not


@dataclass(frozen=True, slots=True)
class SunPosition:
    """altitude_deg: of the sun's middle above the horizon, as seen through the air. azimuth_deg: CARLA's."""

    altitude_deg: float
    azimuth_deg: float

    @property
    def compass_deg(self) -> float:
        """Clockwise from north, in [0, 360)."""
        return round((self.azimuth_deg + 90.0) % 360.0, _DECIMALS)


def sun_position(
    date: Date, time_s: float, utc_offset_s: float, latitude_deg: float, longitude_deg: float
) -> SunPosition:
    """The sun over a place.

    date, time_s:  local date, and seconds after local midnight, 0 to 86400.
    utc_offset_s:  how far local clocks are ahead of UTC (east positive).
    latitude_deg:  north positive. longitude_deg: east positive.
    """
    days = date.toordinal() - 730120 - 0.5 + (time_s - utc_offset_s) / 86400.0      # since noon of 1 January 2000, UTC
    century = days / 36525.0
    declination, equation_min = _declination_and_equation_of_time(century)
    solar_minutes = (time_s - utc_offset_s) / 60.0 + equation_min + 4.0 * longitude_deg
    hour_angle = math.radians(solar_minutes / 4.0 - 180.0)
    latitude = math.radians(latitude_deg)
    up = (math.sin(latitude) * math.sin(declination)
          + math.cos(latitude) * math.cos(declination) * math.cos(hour_angle))
    east = -math.cos(declination) * math.sin(hour_angle)
    north = (math.cos(latitude) * math.sin(declination)
             - math.sin(latitude) * math.cos(declination) * math.cos(hour_angle))
    altitude_deg = math.degrees(math.asin(max(-1.0, min(1.0, up))))
    azimuth_deg = math.degrees(math.atan2(-north, east)) % 360.0
    return SunPosition(
        round(altitude_deg + refraction_deg(altitude_deg), _DECIMALS), round(azimuth_deg, _DECIMALS) % 360.0
    )


def refraction_deg(altitude_deg: float) -> float:
    """How much higher the air makes the sun appear, at sea level; NOAA's fit."""
    if altitude_deg > 85.0:
        return 0.0
    tangent = math.tan(math.radians(altitude_deg))
    if altitude_deg > 5.0:
        seconds = 58.1 / tangent - 0.07 / tangent**3 + 0.000086 / tangent**5
    elif altitude_deg > -0.575:
        h = altitude_deg
        seconds = 1735.0 + h * (-518.2 + h * (103.4 + h * (-12.79 + h * 0.711)))
    else:
        seconds = -20.774 / tangent
    return seconds / 3600.0


def _declination_and_equation_of_time(century: float) -> tuple[float, float]:
    """The sun's declination in radians, and apparent minus mean solar time in minutes; Julian centuries from J2000."""
    t = century
    mean_longitude = math.radians((280.46646 + t * (36000.76983 + t * 0.0003032)) % 360.0)
    anomaly = math.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = math.radians(
        math.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + math.sin(2.0 * anomaly) * (0.019993 - 0.000101 * t)
        + math.sin(3.0 * anomaly) * 0.000289
    )
    node = math.radians(125.04 - 1934.136 * t)
    apparent_longitude = mean_longitude + centre - math.radians(0.00569 + 0.00478 * math.sin(node))
    mean_obliquity_deg = 23.0 + (26.0 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60.0) / 60.0
    obliquity = math.radians(mean_obliquity_deg + 0.00256 * math.cos(node))
    declination = math.asin(math.sin(obliquity) * math.sin(apparent_longitude))
    y = math.tan(obliquity / 2.0) ** 2
    equation = (
        y * math.sin(2.0 * mean_longitude)
        - 2.0 * eccentricity * math.sin(anomaly)
        + 4.0 * eccentricity * y * math.sin(anomaly) * math.cos(2.0 * mean_longitude)
        - 0.5 * y * y * math.sin(4.0 * mean_longitude)
        - 1.25 * eccentricity * eccentricity * math.sin(2.0 * anomaly)
    )
    return declination, 4.0 * math.degrees(equation)
