"""A plan's weather as ``Conditions``: the one way in which pictures, sweeps and tyres are told what the weather is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from sensors.carla_weather import DUST_PER_M, fog_per_m, from_carla
from sensors.conditions import CLEAR_AIR_PER_M, LN_20, WET_FROM, Conditions, between
from simgen.scenario.plan import WeatherPoint

# Where the wind comes from: CARLA's parameters do not say. It is the built-in simulator's, which blows towards
# (0.48, 0.88).
WIND_FROM_DEG = 241.3


def conditions_at(points: Sequence[WeatherPoint], time_s: float) -> Conditions:
    """The weather at a time: between points by ``between``, before the first and after the last as they say."""
    after = bisect_right(points, time_s, key=lambda point: point.time_s)
    if after == 0 or after == len(points):
        return conditions_of(points[max(after - 1, 0)])
    start, end = points[after - 1], points[after]
    share = (time_s - start.time_s) / (end.time_s - start.time_s)
    return between(conditions_of(start), conditions_of(end), share)


def conditions_of(point: WeatherPoint) -> Conditions:
    """The weather of one point.

    Physical numbers have the say over CARLA's fields, which fill in the rest. A visibility is that of all that is in
    the air; what rain and snow leave of it is dust and fog, as CARLA's two fields share it.
    """
    said = from_carla(point.carla)
    now = replace(
        said,
        rain_mmph=point.rain_mmph, snowfall_mmph=point.snowfall_mmph, snow_depth_m=point.snow_depth_m,
        wetness=max(said.wetness, WET_FROM) if point.road == "wet" else said.wetness,
        road_snow=float(point.road == "snow"), ice=float(point.road == "icy"), wind_from_deg=WIND_FROM_DEG,
        visibility_m=None,
    )
    fog, dust = fog_per_m(point.carla["fog_density"], point.carla["fog_distance"]), _dust_per_m(point)
    if point.visibility_m is None:
        return now.in_fog(fog)
    falling = replace(now, dust_visibility_m=None).extinction()
    rest = max(LN_20 / point.visibility_m - falling.total, 0.0)
    dust = rest * dust / (dust + fog) if dust > 0.0 else 0.0
    return replace(now, visibility_m=point.visibility_m,
                   dust_visibility_m=LN_20 / (CLEAR_AIR_PER_M + dust) if dust > 0.0 else None)


def _dust_per_m(point: WeatherPoint) -> float:
    return DUST_PER_M * point.carla["dust_storm"] / 100.0
