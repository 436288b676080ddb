"""One weather for all: what LiDAR, camera and tyres are told, in physical units.

Extinction follows Koschmieder: contrast falls to 5 % at the meteorological optical range (WMO-No. 8), which is what
``visibility`` means here and in scenarios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LN_20 = math.log(20.0)
CLEAR_AIR_PER_M = 0.00008       # 37 km of visibility


def rain_extinction_per_m(rain_mmph: float) -> float:
    """Of drops after Marshall and Palmer (1948), each taking twice what it covers."""
    return 3.65e-4 * math.pow(rain_mmph, 0.63) if rain_mmph > 0.0 else 0.0


def snow_extinction_per_m(snowfall_mmph: float) -> float:
    """Of flakes after Gunn and Marshall (1958), 0.1 g/cm³ dense, each taking twice what it covers."""
    return 3.34e-3 * math.pow(snowfall_mmph, 0.57) if snowfall_mmph > 0.0 else 0.0


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
        """What decides how far one sees."""
        return self.air + self.weather

    @property
    def weather(self) -> float:
        """What weather adds to clear air: the range of a data sheet and a renderer's picture have clear air in them
        already. Exactly 0 without weather."""
        return self.fog + self.rain + self.snow + self.dust


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
    road_snow:          share of the road's surface that is under trodden snow, 0 … 1.
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
    road_snow: float = 0.0
    ice: float = 0.0
    wind_mps: float = 0.0
    wind_from_deg: float = 0.0
    cloudiness: float = 0.0
    sun_altitude_deg: float = 45.0
    sun_azimuth_deg: float = 0.0

    def extinction(self) -> Extinction:
        """Who takes how much of the light.

        Rates say what rain and snow take, ``dust_visibility_m`` what dust takes. What is missing to ``visibility_m`` is
        fog; where they would take more than it allows, all three are thinned by ``particle_share``.
        """
        rain, snow, dust = self._by_rates()
        if self.visibility_m is None:
            return Extinction(CLEAR_AIR_PER_M, 0.0, rain, snow, dust)
        share, total = self.particle_share(), LN_20 / self.visibility_m
        rain, snow, dust = share * rain, share * snow, share * dust
        air = min(CLEAR_AIR_PER_M, total)
        fog = max(total - air - (rain + snow + dust), 0.0) if share == 1.0 else 0.0
        return Extinction(air, fog, rain, snow, dust)

    def particle_share(self) -> float:
        """How many drops and flakes there are, against what their rates alone say; 1 unless ``visibility_m`` says that
        one sees farther than they would allow.

        The size of flakes at a rate is uncertain by a factor of two, and a distance that one sees is measured better
        than a rate, so it is the numbers (N₀ of the spectrum) that give way.
        """
        particles = sum(self._by_rates())
        if self.visibility_m is None or particles == 0.0:
            return 1.0
        allowed = max(LN_20 / self.visibility_m - CLEAR_AIR_PER_M, 0.0)
        return min(1.0, allowed / particles)

    def _by_rates(self) -> tuple[float, float, float]:
        """1/m of rain, snow and dust, each as if it were alone."""
        dust = 0.0 if self.dust_visibility_m is None else max(LN_20 / self.dust_visibility_m - CLEAR_AIR_PER_M, 0.0)
        return rain_extinction_per_m(self.rain_mmph), snow_extinction_per_m(self.snowfall_mmph), dust
