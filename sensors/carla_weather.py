"""Weather in physical units as CARLA's fourteen parameters, and back.

CARLA documents no physical unit for its percentages. The curves below are the ones that simgen's built-in simulator
draws by, so that both ways of saying the same weather look the same there; on a CARLA server they are judgement,
anchored at CARLA's own presets. Within CARLA's scales both ways are exact inverses. Where a scale ends (fog thicker
than 100 m of visibility, rain above 51 mm/h), the field stays at its end, and ``beyond_carla`` says what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from sensors.conditions import CLEAR_AIR_PER_M, LN_20, Conditions

FIELDS = (
    "cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "sun_azimuth_angle",
    "sun_altitude_angle", "fog_density", "fog_distance", "fog_falloff", "wetness", "scattering_intensity",
    "mie_scattering_scale", "rayleigh_scattering_scale", "dust_storm",
)
_PERCENTAGES = {"cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "fog_density", "wetness",
                "dust_storm"}
FOG_PER_M = 0.03                # extinction of fog_density 100 %, of dust_storm 100 %
DUST_PER_M = 0.015
_RAIN_ROOT = 14.0               # precipitation % = 14 √(mm/h): soft rain (30 %) 4.6 mm/h, mid (60 %) 18
_STORM_MPS = 30.0               # wind_intensity 100 %: Beaufort 11
_FLOOD_MM = 2.5                 # precipitation_deposits 100 %: a film on which tyres begin to float
_REACH_M = 100.0                # of sensors: fog that begins farther off is none to them
# How skies scatter light is taste, not weather: what all of CARLA's presets say.
_SCATTERING = {"scattering_intensity": 1.0, "mie_scattering_scale": 0.03, "rayleigh_scattering_scale": 0.0331}
_DECIMALS = 6
_ROUNDING = 1.0 + 1e-6

# Precipitation % → what CARLA's rain presets say beside it (soft 30 %, mid 60 %, hard 100 %).
_CLOUDS = ((0.0, 0.0), (30.0, 60.0), (60.0, 80.0), (100.0, 100.0))
_PUDDLES = ((0.0, 0.0), (30.0, 50.0), (60.0, 60.0), (100.0, 90.0))
_WETNESS = ((0.0, 0.0), (30.0, 60.0), (60.0, 80.0), (100.0, 100.0))


def to_carla(now: Conditions) -> dict[str, float]:
    """CARLA's fields of a weather, as near as they come. Fog is even: ``fog_distance`` and ``fog_falloff`` are 0."""
    air = now.extinction()
    return {
        "cloudiness": _percent(100.0 * now.cloudiness),
        "precipitation": precipitation_percent(now.rain_mmph),
        "precipitation_deposits": _percent(100.0 * now.water_film_mm / _FLOOD_MM),
        "wind_intensity": wind_percent(now.wind_mps),
        "sun_azimuth_angle": now.sun_azimuth_deg,
        "sun_altitude_angle": now.sun_altitude_deg,
        "fog_density": _percent(100.0 * math.sqrt(air.fog / FOG_PER_M)),
        "fog_distance": 0.0,
        "fog_falloff": 0.0,
        "wetness": _percent(100.0 * now.wetness),
        **_SCATTERING,
        "dust_storm": _percent(100.0 * air.dust / DUST_PER_M),
    }


def from_carla(fields: Mapping[str, float]) -> Conditions:
    """The weather that CARLA's fields stand for, near the ground.

    Fog that keeps off by ``fog_distance`` counts as the even fog that takes as much light on 100 m; how it thins out
    with height does not matter to who stands on the ground. Percentages below 0, by which CARLA's preset ``Default``
    leaves a level's weather as it is, count as 0.

    Raises:
        ValueError: naming the fields that are missing or unknown.
    """
    if {*fields} != {*FIELDS}:
        raise ValueError(f"CARLA's weather has the fields {', '.join(FIELDS)}; these are missing or unknown: "
                         f"{', '.join(sorted({*fields} ^ {*FIELDS}))}")
    fields = {name: max(value, 0.0) if name in _PERCENTAGES else value for name, value in fields.items()}
    rain, dust = rain_mmph(fields["precipitation"]), DUST_PER_M * fields["dust_storm"] / 100.0
    here = Conditions(
        rain_mmph=rain,
        dust_visibility_m=LN_20 / (CLEAR_AIR_PER_M + dust) if dust > 0.0 else None,
        water_film_mm=_FLOOD_MM * fields["precipitation_deposits"] / 100.0,
        wetness=fields["wetness"] / 100.0,
        wind_mps=_STORM_MPS * fields["wind_intensity"] / 100.0,
        cloudiness=fields["cloudiness"] / 100.0,
        sun_altitude_deg=fields["sun_altitude_angle"],
        sun_azimuth_deg=fields["sun_azimuth_angle"],
    )
    fog = fog_per_m(fields["fog_density"], fields["fog_distance"])
    return here.in_fog(fog)


def beyond_carla(now: Conditions) -> tuple[str, ...]:
    """What of a weather CARLA's parameters do not say, a few words each; empty if they say all of it."""
    air, said = now.extinction(), []
    if now.snowfall_mmph > 0.0:
        said.append(f"snowfall of {now.snowfall_mmph:g} mm/h")
    if now.snow_depth_m > 0.0:
        said.append(f"{100.0 * now.snow_depth_m:g} cm of lying snow")
    if now.road_snow > 0.0:
        said.append("snow on the road")
    if now.ice > 0.0:
        said.append("ice on the road")
    if now.rain_mmph > rain_mmph(100.0) * _ROUNDING:
        said.append(f"of {now.rain_mmph:g} mm/h rain what is above {rain_mmph(100.0):.0f}")
    if air.fog > FOG_PER_M * _ROUNDING:
        said.append(f"fog thicker than {visibility_in_fog_m(100.0):.0f} m of visibility")
    if air.dust > DUST_PER_M * _ROUNDING:
        said.append(f"dust thicker than {LN_20 / (CLEAR_AIR_PER_M + DUST_PER_M):.0f} m of visibility")
    if now.particle_share() < 1.0:
        said.append("rain or snow thinner than usual at its rate")
    if now.water_film_mm > _FLOOD_MM:
        said.append(f"water deeper than {_FLOOD_MM:g} mm")
    if now.wind_mps > _STORM_MPS:
        said.append(f"wind above {_STORM_MPS:g} m/s")
    return tuple(said)


def precipitation_percent(rain_mmph: float) -> float:
    """CARLA's ``precipitation`` for a rain rate."""
    return _percent(_RAIN_ROOT * math.sqrt(rain_mmph))


def rain_mmph(precipitation: float) -> float:
    """The rain rate that a ``precipitation`` stands for: the inverse, up to 51 mm/h."""
    return round((precipitation / _RAIN_ROOT) * (precipitation / _RAIN_ROOT), _DECIMALS)


def fog_percent(visibility_m: float) -> float:
    """``fog_density`` for a visibility in fog alone, with ``fog_distance`` and ``fog_falloff`` 0; 100 % from 100 m
    downwards."""
    extinction = max(LN_20 / visibility_m - CLEAR_AIR_PER_M, 0.0)
    return _percent(100.0 * math.sqrt(extinction / FOG_PER_M))


def fog_per_m(fog_density: float, fog_distance_m: float = 0.0) -> float:
    """Extinction of CARLA's fog; one that keeps off counts as the even one that takes as much light on 100 m."""
    seen = max(_REACH_M - max(fog_distance_m, 0.0), 0.0) / _REACH_M
    return FOG_PER_M * (fog_density / 100.0) * (fog_density / 100.0) * seen


def visibility_in_fog_m(fog_density: float) -> float:
    """The visibility at the ground that a ``fog_density`` stands for, where no ``fog_distance`` holds it off."""
    return LN_20 / (CLEAR_AIR_PER_M + fog_per_m(fog_density))


def dust_percent(visibility_m: float) -> float:
    """``dust_storm`` for a visibility in dust alone; 100 % from 200 m downwards."""
    extinction = max(LN_20 / visibility_m - CLEAR_AIR_PER_M, 0.0)
    return _percent(100.0 * extinction / DUST_PER_M)


def wind_percent(wind_mps: float) -> float:
    """``wind_intensity`` for a wind speed."""
    return _percent(100.0 * wind_mps / _STORM_MPS)


def rain_fields(rain: float) -> dict[str, float]:
    """What rain of so many mm/h does to sky and road, as CARLA's rain presets have it."""
    percent = precipitation_percent(rain)
    return {
        "cloudiness": _along(_CLOUDS, percent),
        "precipitation_deposits": _along(_PUDDLES, percent),
        "wetness": _along(_WETNESS, percent),
    }


def _percent(value: float) -> float:
    """Up to the end of CARLA's scales."""
    return round(min(value, 100.0), _DECIMALS)


def _along(curve: tuple[tuple[float, float], ...], x: float) -> float:
    """Straight lines between the points of a curve, which begins at 0 and ends at 100."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x <= x1:
            return round(y0 + (y1 - y0) * (x - x0) / (x1 - x0), _DECIMALS)
    return curve[-1][1]
