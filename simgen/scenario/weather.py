"""``weather``, ``time_of_day`` and ``sun`` of a scenario → the weather of an episode, point by point in time.

Physical words (``rain: 8 mm/h``) set CARLA's fields by ``sensors.carla_weather``; a field that is given itself has the
last word. What rain does to sky and road only ever adds to what was there: when it stops, the road stays wet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sensors.carla_weather import (
    dust_percent,
    fog_percent,
    precipitation_percent,
    rain_fields,
    rain_mmph,
    wind_percent,
)
from sensors.conditions import WET_FROM
from simgen.scenario.draws import Draws
from simgen.scenario.moments import conditions_of
from simgen.scenario.plan import WeatherPoint
from simgen.scenario.sun import sun_position
from simgen.scenario.tables import OPEN_AZIMUTH_DEG, WEATHER_FIELDS, times_of_day, weather_presets
from simgen.scenario.values import Value

if TYPE_CHECKING:
    from simgen.scenario.models.weather import SunModel, WeatherChangeModel, WeatherModel

_ALTITUDE, _AZIMUTH = "sun_altitude_angle", "sun_azimuth_angle"
_SNOW_COVERS_FROM_M = 0.005
_WET_ROAD = {"wetness": 60.0, "precipitation_deposits": 30.0}      # at least, on a road that is called wet
_SNOW_CLOUDS_PERCENT = 90.0                                        # at least, while snow falls
_ROAD_SNOW_M = 0.03              # that lies where a road is called snowy and no depth is said
_STEP_S = 0.001                  # a change with 'over: 0 s' takes so long: points follow each other in time


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather at one time, as ``WeatherPoint`` has it, but for the time.

    road: None: as what falls and lies makes it.
    """

    fields: dict[str, float]
    rain_mmph: float = 0.0
    snowfall_mmph: float = 0.0
    visibility_m: float | None = None
    snow_depth_m: float = 0.0
    road: str | None = None

    def at(self, time_s: float) -> WeatherPoint:
        """The point of a plan."""
        road = self.road or self._natural_road()
        point = WeatherPoint(
            time_s, self.fields, self.rain_mmph, self.snowfall_mmph, self.visibility_m, self.snow_depth_m, road)
        return replace(point, friction=round(conditions_of(point).friction(), 6))

    def _natural_road(self) -> str:
        if self.snow_depth_m >= _SNOW_COVERS_FROM_M:
            return "snow"
        wet = max(self.fields["wetness"], self.fields["precipitation_deposits"], self.fields["precipitation"])
        return "wet" if wet >= 100.0 * WET_FROM or self.snowfall_mmph > 0.0 else "dry"


def plan_weather(
    weather: WeatherModel, time_of_day: Value[str] | None, sun: SunModel | None, draws: Draws
) -> tuple[WeatherPoint, ...]:
    """The points of an episode's weather; one, if it does not change.

    Raises ``ScenarioMistakes`` if a change begins before the one above it has ended.
    """
    fields = preset_fields(draws.value(weather.preset))
    sky = Sky(fields, rain_mmph(fields["precipitation"]))
    sky = changed(sky, weather, draws)
    sky = replace(sky, fields={**sky.fields, **_sun(time_of_day, sun, draws)})
    points = [sky.at(0.0)]
    for change in weather.changes:
        begins_s, takes_s = draws.value(change.at), max(draws.value(change.over), _STEP_S)
        if len(points) > 1 and begins_s < points[-1].time_s:
            raise draws.mistake(change.at.where, (
                f"begins at {begins_s:g} s, before the change above it has ended at {points[-1].time_s:g} s; begin "
                "later, or let that one take less time"))
        after = changed(sky, change, draws)
        points = ([] if len(points) == 1 else points) + [sky.at(begins_s), after.at(begins_s + takes_s)]
        sky = after
    return tuple(points)


def changed(sky: Sky, said: WeatherModel | WeatherChangeModel, draws: Draws) -> Sky:
    """The sky after what the keys of a section say: physical words first, then CARLA's own fields."""
    fields = dict(sky.fields)
    rain, snowfall = draws.if_there(said.rain), draws.if_there(said.snowfall)
    snow_depth, road = draws.if_there(said.snow_depth), draws.if_there(said.road)
    visibility_m = sky.visibility_m
    if rain is not None:
        fields["precipitation"] = precipitation_percent(rain)
        _at_least(fields, rain_fields(rain))
    if snowfall:
        _at_least(fields, {"cloudiness": _SNOW_CLOUDS_PERCENT})
    if (wind := draws.if_there(said.wind)) is not None:
        fields["wind_intensity"] = wind_percent(wind)
    if (dust_m := draws.if_there(said.dust)) is not None:
        fields["dust_storm"], visibility_m = dust_percent(dust_m), dust_m
    if (sight_m := draws.if_there(said.visibility)) is not None:
        visibility_m = sight_m if dust_m is None else min(sight_m, dust_m)
        fields["fog_density"], fields["fog_distance"], fields["fog_falloff"] = fog_percent(sight_m), 0.0, 0.0
    if road == "wet":
        _at_least(fields, _WET_ROAD)
    elif road == "snow" and snow_depth is None and sky.snow_depth_m == 0.0:
        snow_depth = _ROAD_SNOW_M
    elif road == "dry":
        fields["wetness"] = fields["precipitation_deposits"] = 0.0
    for name in WEATHER_FIELDS:
        if (value := draws.if_there(getattr(said, name))) is not None:
            fields[name] = value
    if said.precipitation is not None:
        rain = rain_mmph(fields["precipitation"])
    return Sky(
        fields,
        sky.rain_mmph if rain is None else rain,
        sky.snowfall_mmph if snowfall is None else snowfall,
        None if said.fog_density is not None else visibility_m,
        sky.snow_depth_m if snow_depth is None else snow_depth,
        sky.road if road is None else road,
    )


def preset_fields(preset: str) -> dict[str, float]:
    """A preset's 14 fields, with the sun's azimuth closed where CARLA leaves it open."""
    fields = {name: weather_presets()[preset][name] for name in WEATHER_FIELDS}
    if fields[_AZIMUTH] < 0.0:
        fields[_AZIMUTH] = OPEN_AZIMUTH_DEG
    return fields


def _sun(time_of_day: Value[str] | None, sun: SunModel | None, draws: Draws) -> dict[str, float]:
    """What the words about the sun say of its two fields."""
    if time_of_day is not None:
        altitude, azimuth = times_of_day()[draws.value(time_of_day)]
        return {_ALTITUDE: altitude, _AZIMUTH: azimuth}
    if sun is None:
        return {}
    if sun.date is not None:
        assert sun.time is not None and sun.latitude is not None and sun.longitude is not None
        position = sun_position(
            date.fromisoformat(draws.value(sun.date)), draws.value(sun.time), sun.utc_offset,
            draws.value(sun.latitude), draws.value(sun.longitude),
        )
        return {_ALTITUDE: position.altitude_deg, _AZIMUTH: position.azimuth_deg}
    said = {_ALTITUDE: draws.if_there(sun.altitude), _AZIMUTH: draws.if_there(sun.azimuth)}
    return {name: value for name, value in said.items() if value is not None}


def _at_least(fields: dict[str, float], least: dict[str, float]) -> None:
    for name, value in least.items():
        fields[name] = max(fields[name], value)
