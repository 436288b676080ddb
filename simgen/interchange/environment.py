"""Weather, light and grip: OpenSCENARIO's ``Environment`` of one moment of a plan's weather.

OpenSCENARIO 1.0 says little about weather; what it lacks (snow depth, mm/h, CARLA's own fourteen fields) goes with the
road condition as properties, so that nothing is lost. How its few words are filled:

* ``TimeOfDay``: a clock that agrees with the sun's height: the hour at which the sun stands so high at the equator on
  an equinox, before noon if it is in the east. The sun itself is said exactly beside it.
* ``Sun``: azimuth as the standard has it, clockwise from north; intensity 1 minus the share of clouds, 0 to 1, as
  ASAM's examples and ScenarioRunner have it.
* ``Fog``: meteorological optical range of fog, dust and clear air together.
* ``Precipitation``: intensity 0 to 1 on the scale of CARLA's ``precipitation``; snow by its water.
* ``RoadCondition``: grip against that of a dry road.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

import numpy as np

from sensors.carla_weather import DUST_PER_M, precipitation_percent, visibility_in_fog_m
from simgen.interchange.elements import element, properties
from simgen.scenario.plan import WeatherPoint
from simgen.scenario.tables import road_states

DAY = "2000-03-20"              # an equinox
STEP_S = 0.5                    # between two environments while the weather changes: the standard knows no ramps
_FREE_BELOW, _OVERCAST_FROM = 25.0, 87.5        # percent: two and seven eighths of the sky


@dataclass(frozen=True, slots=True)
class Moment:
    """The weather at one time, as ``WeatherPoint`` has it, with the visibility always known."""

    carla: dict[str, float]
    rain_mmph: float
    snowfall_mmph: float
    visibility_m: float
    snow_depth_m: float
    road: str
    friction: float


def moment_at(points: Sequence[WeatherPoint], time_s: float) -> Moment:
    """Between points every number changes linearly, words and the visibility that only one of two says do not."""
    times = [point.time_s for point in points]
    latest = max((point for point in points if point.time_s <= time_s), key=lambda p: p.time_s, default=points[0])

    def at(values: list[float]) -> float:
        return float(np.interp(time_s, times, values))

    fields = {name: at([point.carla[name] for point in points]) for name in points[0].carla}
    asked = [point.visibility_m for point in points]
    if all(metres is not None for metres in asked):
        visibility_m = at([metres for metres in asked if metres is not None])
    else:
        visibility_m = _visibility_m(fields) if latest.visibility_m is None else latest.visibility_m
    return Moment(
        fields, at([p.rain_mmph for p in points]), at([p.snowfall_mmph for p in points]), visibility_m,
        at([p.snow_depth_m for p in points]), latest.road, at([p.friction for p in points]),
    )


def change_times(points: Sequence[WeatherPoint], begins_s: float, ends_s: float) -> list[float]:
    """When the environment must be said anew within an episode, so that it is never older than ``STEP_S``."""
    times: set[float] = set()
    for before, after in pairwise(points):
        if moment_at(points, before.time_s) != moment_at(points, after.time_s):
            steps = max(1, math.ceil((after.time_s - before.time_s) / STEP_S))
            times.update(np.linspace(before.time_s, after.time_s, steps + 1)[1:].tolist())
    return sorted(time for time in times if begins_s < time < ends_s)


def environment_action(moment: Moment, name: str) -> Element:
    """The global action that sets a moment's environment."""
    fields = moment.carla
    altitude_deg, compass_deg = fields["sun_altitude_angle"], (fields["sun_azimuth_angle"] + 90.0) % 360.0
    kind, share = _precipitation(moment)
    weather = element(
        "Weather",
        element(
            "Sun", intensity=1.0 - fields["cloudiness"] / 100.0, azimuth=math.radians(compass_deg),
            elevation=math.radians(altitude_deg),
        ),
        element("Fog", visualRange=moment.visibility_m),
        element("Precipitation", precipitationType=kind, intensity=share),
        cloudState=_cloud_state(fields["cloudiness"], kind),
    )
    known: dict[str, str | float] = {
        "simgen.road": moment.road, "simgen.friction": moment.friction, "simgen.rain_mmph": moment.rain_mmph,
        "simgen.snowfall_mmph": moment.snowfall_mmph, "simgen.snow_depth_m": moment.snow_depth_m,
        **{f"carla.{field}": value for field, value in fields.items()},
    }
    road = element(
        "RoadCondition", properties(known), frictionScaleFactor=moment.friction / road_states()["dry"].friction)
    clock = element("TimeOfDay", animation=False, dateTime=f"{DAY}T{clock_time(altitude_deg, compass_deg)}")
    environment = element("Environment", clock, weather, road, name=name)
    return element("GlobalAction", element("EnvironmentAction", environment))


def clock_time(altitude_deg: float, compass_deg: float) -> str:
    """Local solar time, hh:mm:ss, at which the sun stands so high at the equator on an equinox: 15° an hour."""
    from_noon_h = (90.0 - altitude_deg) / 15.0
    hour = 12.0 - from_noon_h if compass_deg < 180.0 else 12.0 + from_noon_h
    minutes, seconds = divmod(round(hour * 3600.0) % 86400, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _visibility_m(fields: dict[str, float]) -> float:
    """Of air, fog and dust together: their extinctions add (Koschmieder)."""
    dust = DUST_PER_M * fields["dust_storm"] / 100.0
    return 1.0 / (1.0 / visibility_in_fog_m(fields["fog_density"]) + dust / math.log(20.0))


def _precipitation(moment: Moment) -> tuple[str, float]:
    rain = moment.carla["precipitation"]
    if moment.snowfall_mmph > moment.rain_mmph:
        return "snow", precipitation_percent(moment.snowfall_mmph) / 100.0
    return ("rain", rain / 100.0) if rain > 0.0 else ("dry", 0.0)


def _cloud_state(cloudiness: float, precipitation: str) -> str:
    if precipitation == "rain":
        return "rainy"
    return "free" if cloudiness < _FREE_BELOW else "cloudy" if cloudiness < _OVERCAST_FROM else "overcast"
