"""One weather for all: what LiDAR, camera and tyres are told, in physical units.

Extinction follows Koschmieder: contrast falls to 5 % at the meteorological optical range (WMO-No. 8), which is what
``visibility`` means here and in scenarios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LN_20 = math.log(20.0)
CLEAR_AIR_PER_M = 0.00008       # 37 km of visibility


@dataclass(frozen=True, slots=True)
class Extinction:
    """Share of light that a metre of air takes away, 1/m at 550 nm, by what does it. All are 0 in a vacuum."""

    air: float = 0.0
    fog: float = 0.0
    rain: float = 0.0
    snow: float = 0.0
    dust: float = 0.0

    @property
    def total(self) -> float:
        return self.air + self.fog + self.rain + self.snow + self.dust


@dataclass(frozen=True, slots=True)
class Conditions:
    """The weather at one moment. The default is a clear, dry, windless noon: it changes nothing.

    rain_mmph:          rainfall.
    snowfall_mmph:      snowfall as water.
    visibility_m:       meteorological optical range in all that hangs and falls in the air together; None: as clear as
                        rain, snow and dust leave it.
    dust_visibility_m:  that of the dust alone; None: no dust.
    water_film_mm:      that stands on roads. wetness: 0 … 1, how much of a road's surface is dark with water.
    snow_depth_m:       lying, on open ground.
    ice:                share of the road's surface that is clear ice, 0 … 1.
    wind_mps:           speed. wind_from_deg: the compass of the map, 0 from +x, counter-clockwise; where it comes from.
    cloudiness:         share of the sky, 0 … 1.
    sun_altitude_deg:   above the horizon. sun_azimuth_deg: CARLA's.
    """

    rain_mmph: float = 0.0
    snowfall_mmph: float = 0.0
    visibility_m: float | None = None
    dust_visibility_m: float | None = None
    water_film_mm: float = 0.0
    wetness: float = 0.0
    snow_depth_m: float = 0.0
    ice: float = 0.0
    wind_mps: float = 0.0
    wind_from_deg: float = 0.0
    cloudiness: float = 0.0
    sun_altitude_deg: float = 45.0
    sun_azimuth_deg: float = 0.0
