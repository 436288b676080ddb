"""What the air holds, in numbers: extinction of fog, rain, snow and dust, and the colour it takes.

Extinctions per metre. The air between eye and thing leaves exp(-extinction · distance) of its contrast; the
meteorological optical range (MOR, ``visibility``) is where that is 5 % (WMO-No. 8), so extinction = ln 20 / MOR. The
numbers are those that LiDARs are measured by: ``sensors`` has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sensors.carla_weather import DUST_PER_M, FOG_PER_M
from sensors.conditions import CLEAR_AIR_PER_M
from sensors.precipitation import rain_extinction_per_m, snow_extinction_per_m
from simgen.localsim.physical_weather import PhysicalWeather
from simgen.localsim.render.weather import Weather

CARLA_FOG_PER_M = FOG_PER_M      # at fog_density 100
CARLA_RAIN_PER_M = 0.0025        # at precipitation 100
CARLA_DUST_PER_M = DUST_PER_M    # at dust_storm 100
CONTRAST_AT_MOR = 0.05
LAYER_TOP_M = 400.0             # a visibility holds up to here; above, the air is clear
NO_TOP_M = 1.0e9


@dataclass(frozen=True, slots=True)
class Air:
    """Extinction at the ground, from ``start_m`` on, thinning out by ``falloff_per_m`` with height, up to a top."""

    extinction_per_m: float
    start_m: float
    falloff_per_m: float
    top_m: float


def extinction_of_visibility(visibility_m: float) -> float:
    """Koschmieder's law: 1/m for a meteorological optical range."""
    return math.log(1.0 / CONTRAST_AT_MOR) / visibility_m


def precipitation_of_rain(rain_mmh: float) -> float:
    """The percent of CARLA's ``precipitation`` that looks like a rain rate: 50 mm/h fill the scale."""
    return min(14.0 * math.sqrt(rain_mmh), 100.0)


def carla_extinction(weather: Weather) -> float:
    """1/m that CARLA's parameters make."""
    return (CLEAR_AIR_PER_M + CARLA_FOG_PER_M * (weather.fog_density / 100.0) ** 2
            + CARLA_RAIN_PER_M * (weather.precipitation / 100.0) + CARLA_DUST_PER_M * (weather.dust_storm / 100.0))


def air_of(weather: Weather, physical: PhysicalWeather) -> Air:
    """Extinction of a weather. A given visibility is the whole truth, level and without beginning."""
    if physical.visibility_m is not None:
        return Air(extinction_of_visibility(physical.visibility_m), 0.0, 0.0, LAYER_TOP_M)
    extinction = carla_extinction(weather)
    if physical.rain_mmh is not None:
        extinction = carla_extinction(replace(weather, precipitation=0.0)) + rain_extinction_per_m(physical.rain_mmh)
    falloff = 0.05 * max(weather.fog_falloff, 0.0) * (1.0 - 0.8 * weather.dust_storm / 100.0)
    snow = snow_extinction_per_m(physical.snowfall_mmh)
    # falling snow is as dense above as below; it takes the lead over fog that thins out
    share = snow / (snow + extinction)
    start = max(weather.fog_distance, 0.0) * (1.0 - share)
    return Air(extinction + snow, start, falloff * (1.0 - share), LAYER_TOP_M if snow > 0.0 else NO_TOP_M)


def in_snowlight(colour: NDArray[np.float64], altitude_deg: float, share: float) -> NDArray[np.float64]:
    """The colour of light under a snow cloud: at dusk, when the sky is lit through long paths of ozone, it is blue."""
    blue = 1.0 / (1.0 + math.exp((altitude_deg - 3.0) / 1.5))
    grey = np.full(3, colour.mean())
    tint = 1.0 + blue * np.array([-0.17, -0.025, 0.19])
    return np.asarray(colour + (grey * tint - colour) * share)
