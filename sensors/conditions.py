"""One weather for all: what LiDAR, camera and tyres are told, in physical units.

``sensors.carla_weather`` says it in CARLA's parameters, and back.

Extinction follows Koschmieder: contrast falls to 5 % at the meteorological optical range (WMO-No. 8), which is what
``visibility`` means here and in scenarios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from sensors.precipitation import rain_extinction_per_m, snow_extinction_per_m

LN_20 = math.log(20.0)
CLEAR_AIR_PER_M = 0.00008       # 37 km of visibility

# Friction of tyres, as share of the weight: asphalt dry and wet, trodden snow, clear ice (tables of winter tyres,
# rounded).
FRICTION = {"dry": 0.9, "wet": 0.6, "snow": 0.3, "icy": 0.1}
WET_FROM = 0.3                  # wetness from which tyres find a road as wet as it can be
_WET_FILM_MM = 0.5              # the same of a film of water: as deep as the roughness of fine asphalt
_LIMITS = {
    **dict.fromkeys(("rain_mmph", "snowfall_mmph", "water_film_mm", "snow_depth_m", "wind_mps"), (0.0, math.inf)),
    **dict.fromkeys(("wetness", "road_snow", "ice", "cloudiness"), (0.0, 1.0)),
    **dict.fromkeys(("wind_from_deg", "sun_azimuth_deg"), (-math.inf, math.inf)), "sun_altitude_deg": (-90.0, 90.0),
}


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

    Raises:
        ValueError: if a number lies outside of what it can be, naming it.
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

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not (least <= value <= most and math.isfinite(value)):
                wanted = (f"from {least:g} to {most:g}" if most < math.inf else
                          "a finite number" if least < 0.0 else f"{least:g} or above")
                raise ValueError(f"{name} is {wanted}, got {value}")
        for name in ("visibility_m", "dust_visibility_m"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ValueError(f"{name} is above 0, or None, got {value}")

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

    def in_fog(self, fog_per_m: float) -> Conditions:
        """The same weather with so much fog in it instead of what there is; none where it is 0."""
        without = replace(self, visibility_m=None)
        if fog_per_m == 0.0:
            return without
        return replace(self, visibility_m=LN_20 / (without.extinction().total + fog_per_m))

    def friction(self) -> float:
        """Of tyres on the road, as share of the weight: that of ice where there is ice, of snow on the rest of the
        road where it is trodden, else between dry and wet, by whichever of wetness and water film says more."""
        wet = min(1.0, max(self.wetness / WET_FROM, self.water_film_mm / _WET_FILM_MM))
        bare = _mix(FRICTION["dry"], FRICTION["wet"], wet)
        return _mix(_mix(bare, FRICTION["snow"], self.road_snow), FRICTION["icy"], self.ice)

    def _by_rates(self) -> tuple[float, float, float]:
        """1/m of rain, snow and dust, each as if it were alone."""
        dust = 0.0 if self.dust_visibility_m is None else max(LN_20 / self.dust_visibility_m - CLEAR_AIR_PER_M, 0.0)
        return rain_extinction_per_m(self.rain_mmph), snow_extinction_per_m(self.snowfall_mmph), dust


CLEAR = Conditions()


def between(before: Conditions, after: Conditions, share: float) -> Conditions:
    """The weather at a share, 0 to 1, of the way from one to another.

    Every number changes linearly; of visibilities it is the extinction that does. The sun's azimuth and the wind turn
    the shorter way.
    """
    if share <= 0.0 or before == after:
        return before
    if share >= 1.0:
        return after
    mixed = {name.name: _mix(getattr(before, name.name), getattr(after, name.name), share)
             for name in fields(Conditions) if name.name not in _NOT_LINEAR}
    return Conditions(
        **mixed,
        visibility_m=_visibility_between(before, after, share),
        dust_visibility_m=_dust_visibility_between(before, after, share),
        wind_from_deg=_turned(before.wind_from_deg, after.wind_from_deg, share),
        sun_azimuth_deg=_turned(before.sun_azimuth_deg, after.sun_azimuth_deg, share),
    )


_NOT_LINEAR = {"visibility_m", "dust_visibility_m", "wind_from_deg", "sun_azimuth_deg"}


def _visibility_between(before: Conditions, after: Conditions, share: float) -> float | None:
    if before.visibility_m is None and after.visibility_m is None:
        return None
    return LN_20 / _mix(before.extinction().total, after.extinction().total, share)


def _dust_visibility_between(before: Conditions, after: Conditions, share: float) -> float | None:
    if before.dust_visibility_m is None and after.dust_visibility_m is None:
        return None
    start, end = (0.0 if one.dust_visibility_m is None else LN_20 / one.dust_visibility_m - CLEAR_AIR_PER_M
                  for one in (before, after))
    return LN_20 / (CLEAR_AIR_PER_M + _mix(start, end, share))


def _mix(start: float, end: float, share: float) -> float:
    return start * (1.0 - share) + end * share


def _turned(start_deg: float, end_deg: float, share: float) -> float:
    """The shorter way round; from 0 to below 360 unless nothing turns."""
    by = (end_deg - start_deg + 180.0) % 360.0 - 180.0
    return start_deg if by == 0.0 else (start_deg + by * share) % 360.0
