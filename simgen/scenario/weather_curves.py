"""From the weather as it is measured to CARLA's fourteen fields, and from them back to what falls.

CARLA documents no physical unit for its percentages. The curves below are the ones that the built-in simulator draws
by, so that both ways of saying the same weather look the same there; on a CARLA server they are judgement, anchored at
CARLA's own presets. Where a field's scale ends (fog thicker than 100 m of visibility, rain above 51 mm/h), the field
stays at its end, and the plan's physical numbers still say what was asked.
"""

from __future__ import annotations

import math
from itertools import pairwise

# ln 20, Koschmieder's constant for the 5 % contrast of the meteorological optical range (WMO-No. 8).
_LN_20 = 2.995732273553991
CLEAR_AIR_PER_M = 0.00008       # extinction of clean air, of fog_density 100 %, of dust_storm 100 %
FOG_PER_M = 0.03
DUST_PER_M = 0.015
_RAIN_ROOT = 14.0               # precipitation % = 14 √(mm/h): soft rain (30 %) 4.6 mm/h, mid (60 %) 18
_STORM_MPS = 30.0               # wind_intensity 100 %: Beaufort 11
_DECIMALS = 6

# Precipitation % → what CARLA's rain presets say beside it (soft 30 %, mid 60 %, hard 100 %).
_CLOUDS = ((0.0, 0.0), (30.0, 60.0), (60.0, 80.0), (100.0, 100.0))
_PUDDLES = ((0.0, 0.0), (30.0, 50.0), (60.0, 60.0), (100.0, 90.0))
_WETNESS = ((0.0, 0.0), (30.0, 60.0), (60.0, 80.0), (100.0, 100.0))

WET_ROAD = {"wetness": 60.0, "precipitation_deposits": 30.0}       # at least, on a road that is called wet
SNOW_CLOUDS_PERCENT = 90.0                                         # at least, while snow falls
ROAD_SNOW_M = 0.03             # that lies where a road is called snowy and no depth is said
WET_FROM_PERCENT = 30.0        # wetness or puddles from which CARLA's fields mean a wet road


def precipitation_percent(rain_mmph: float) -> float:
    """CARLA's ``precipitation`` for a rain rate."""
    return round(min(_RAIN_ROOT * math.sqrt(rain_mmph), 100.0), _DECIMALS)


def rain_mmph(precipitation: float) -> float:
    """The rain rate that a ``precipitation`` stands for: the inverse, up to 51 mm/h."""
    return round((precipitation / _RAIN_ROOT) * (precipitation / _RAIN_ROOT), _DECIMALS)


def fog_percent(visibility_m: float) -> float:
    """``fog_density`` for a visibility, with ``fog_distance`` and ``fog_falloff`` 0; 100 % from 100 m downwards."""
    extinction = max(_LN_20 / visibility_m - CLEAR_AIR_PER_M, 0.0)
    return round(min(100.0 * math.sqrt(extinction / FOG_PER_M), 100.0), _DECIMALS)


def visibility_in_fog_m(fog_density: float) -> float:
    """The visibility at the ground that a ``fog_density`` stands for, where no ``fog_distance`` holds it off."""
    return _LN_20 / (CLEAR_AIR_PER_M + FOG_PER_M * (fog_density / 100.0) * (fog_density / 100.0))


def dust_percent(visibility_m: float) -> float:
    """``dust_storm`` for a visibility in dust; 100 % from 200 m downwards."""
    extinction = max(_LN_20 / visibility_m - CLEAR_AIR_PER_M, 0.0)
    return round(min(100.0 * extinction / DUST_PER_M, 100.0), _DECIMALS)


def wind_percent(wind_mps: float) -> float:
    """``wind_intensity`` for a wind speed."""
    return round(min(100.0 * wind_mps / _STORM_MPS, 100.0), _DECIMALS)


def rain_fields(rain: float) -> dict[str, float]:
    """What rain of so many mm/h does to sky and road, as CARLA's rain presets have it."""
    percent = precipitation_percent(rain)
    return {
        "cloudiness": _between(_CLOUDS, percent),
        "precipitation_deposits": _between(_PUDDLES, percent),
        "wetness": _between(_WETNESS, percent),
    }


def _between(curve: tuple[tuple[float, float], ...], x: float) -> float:
    """Straight lines between the points of a curve, which begins at 0 and ends at 100."""
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x <= x1:
            return round(y0 + (y1 - y0) * (x - x0) / (x1 - x0), _DECIMALS)
    return curve[-1][1]
