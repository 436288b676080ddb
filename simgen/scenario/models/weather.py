"""``weather`` and ``sun``: what the sky does, and how it changes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from simgen.scenario.distributions import is_random
from simgen.scenario.document import Mapping
from simgen.scenario.quantities import CLOCK, DURATION, LENGTH, RAINFALL, SPEED, SUN_ANGLE, Limits
from simgen.scenario.readers import Plain, QuantityReader, WordReader, one_of
from simgen.scenario.section import REQUIRED, ListOf, Problem, Section, key
from simgen.scenario.tables import WEATHER_FIELDS, weather_presets
from simgen.scenario.values import Value

ROAD_STATES = ("dry", "wet", "icy", "snow")
DEFAULT_PRESET = "ClearNoon"     # carla.WeatherParameters() itself is all zeros: a sun on the horizon

_RAIN = QuantityReader(RAINFALL, Limits(0, 300, reason="an hour of the heaviest rain on record brought 305 mm"))
_SNOWFALL = QuantityReader(RAINFALL, Limits(0, 25, reason="water equivalent; a heavy blizzard brings 5 mm/h"))
_SIGHT = QuantityReader(LENGTH, Limits(5, 100_000, reason="the densest fog leaves 5 m, the clearest air 300 km"))
_SNOW = QuantityReader(LENGTH, Limits(0, 1, reason="cars do not drive through a metre of snow"))
_WIND = QuantityReader(SPEED, Limits(0, 50, reason="a hurricane of category 3 blows at 50 m/s"))
_ROAD = one_of(ROAD_STATES, meanings={"ice": "icy", "snowy": "snow", "rainy": "wet"})
_DUST = QuantityReader(LENGTH, Limits(10, 10_000, reason="the densest dust storm leaves 10 m"))


def _carla(field: str) -> QuantityReader:
    return QuantityReader(*WEATHER_FIELDS[field])


class _Sky(Section):
    """What can be said of the weather at one time."""

    rain: Annotated[Value[float], _RAIN] | None = key("rainfall")
    snowfall: Annotated[Value[float], _SNOWFALL] | None = key("snowfall as water; a centimetre of snow is about 1 mm")
    visibility: Annotated[Value[float], _SIGHT] | None = key("how far one sees in haze or fog: meteorological optical "
                                                             "range")
    snow_depth: Annotated[Value[float], _SNOW] | None = key("depth of the snow that lies beside the road")
    road: Annotated[Value[str], _ROAD] | None = key(
        "state of the road's surface; sets its looks and the tyres' friction. snow: where no `snow_depth` is said, 3 "
        "cm lie")
    wind: Annotated[Value[float], _WIND] | None = key("wind speed")
    dust: Annotated[Value[float], _DUST] | None = key("how far one sees in a dust storm")

    cloudiness: Annotated[Value[float], _carla("cloudiness")] | None = key("CARLA's field: cover of the sky")
    precipitation: Annotated[Value[float], _carla("precipitation")] | None = key("CARLA's field: rain; better `rain`")
    precipitation_deposits: Annotated[Value[float], _carla("precipitation_deposits")] | None = key(
        "CARLA's field: puddles")
    wind_intensity: Annotated[Value[float], _carla("wind_intensity")] | None = key("CARLA's field; better `wind`")
    sun_azimuth_angle: Annotated[Value[float], _carla("sun_azimuth_angle")] | None = key(
        "CARLA's field; better `sun: {azimuth: …}`")
    sun_altitude_angle: Annotated[Value[float], _carla("sun_altitude_angle")] | None = key(
        "CARLA's field; better `sun: {altitude: …}`")
    fog_density: Annotated[Value[float], _carla("fog_density")] | None = key("CARLA's field; better `visibility`")
    fog_distance: Annotated[Value[float], _carla("fog_distance")] | None = key("CARLA's field: where the fog begins")
    fog_falloff: Annotated[Value[float], _carla("fog_falloff")] | None = key(
        "CARLA's field: how fast the fog thins with height")
    wetness: Annotated[Value[float], _carla("wetness")] | None = key("CARLA's field: wet asphalt; better `road: wet`")
    scattering_intensity: Annotated[Value[float], _carla("scattering_intensity")] | None = key(
        "CARLA's field: light scattered in fog")
    mie_scattering_scale: Annotated[Value[float], _carla("mie_scattering_scale")] | None = key(
        "CARLA's field: haze of pollen and pollution")
    rayleigh_scattering_scale: Annotated[Value[float], _carla("rayleigh_scattering_scale")] | None = key(
        "CARLA's field: blue of the sky")
    dust_storm: Annotated[Value[float], _carla("dust_storm")] | None = key("CARLA's field; better `dust`")

    hints: ClassVar[dict[str, str]] = {
        "fog": "write 'visibility: 120 m'", "snow": "write 'snowfall: 2.5 mm/h', and 'snow_depth: 5 cm' for what lies",
        "temperature": "the road's state is said by 'road: icy'",
    }

    def problems(self) -> Iterator[Problem]:
        for physical, field in (("rain", "precipitation"), ("wind", "wind_intensity"), ("dust", "dust_storm"),
                                ("visibility", "fog_density")):
            if {physical, field} <= self.given:
                yield field, f"says the same as '{physical}'; keep one of them"


class WeatherChangeModel(_Sky):
    """One entry of `changes`: any of the keys above but `preset`, and"""

    at: Annotated[Value[float], QuantityReader(DURATION, Limits(-60, 3600))] = key(
        "when the change begins, after the first frame", REQUIRED)
    over: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 3600))] = key(
        "how long it takes until the new values hold", "0 s")

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if not self.given - {"at", "over"}:
            yield "", "changes nothing; say what becomes different, such as 'rain: 8 mm/h'"


class WeatherModel(_Sky):
    """A preset's name alone (`weather: HardRainNoon`), or a preset and what differs from it."""

    shorthand: ClassVar[str] = "preset"

    preset: Annotated[Value[str], one_of(weather_presets(), "a weather preset such as 'ClearNoon'")] = key(
        "CARLA's weather to start from", DEFAULT_PRESET)
    changes: Annotated[tuple[WeatherChangeModel, ...], ListOf(lambda: WeatherChangeModel)] = key(
        "how the weather changes during the clip", ())

    @classmethod
    def shorthand_is(cls, node: Mapping) -> bool:
        return is_random(node)

    @classmethod
    def what(cls) -> str:
        return "a weather preset such as 'ClearNoon', or a mapping such as {preset: ClearNoon, rain: 8 mm/h}"


_FROM_AHEAD = QuantityReader(SUN_ANGLE, Limits(-180, 180, reason="to the right of ahead, negative to the left"))
_LATITUDE = QuantityReader(SUN_ANGLE, Limits(-90, 90, reason="a latitude, north is positive"))
_LONGITUDE = QuantityReader(SUN_ANGLE, Limits(-180, 180, reason="a longitude, east is positive"))


class _DateReader(WordReader):
    """A day that the calendar has."""

    __slots__ = ()

    def outside(self, value: str) -> str | None:
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return f"the calendar has no day {value}"
        return None


DATE = _DateReader("a date such as 2024-11-03", form=re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"))


class SunModel(Section):
    """Where the sun stands: by its angles, or by date, time and place."""

    altitude: Annotated[Value[float], QuantityReader(*WEATHER_FIELDS["sun_altitude_angle"])] | None = key(
        "above the horizon; below 0 the sun is down")
    azimuth: Annotated[Value[float], QuantityReader(*WEATHER_FIELDS["sun_azimuth_angle"])] | None = key(
        "direction of the sun, CARLA's azimuth on the map")
    relative_azimuth: Annotated[Value[float], _FROM_AHEAD] | None = key(
        "direction of the sun from where the ego heads at the first frame, to the right: 0 deg is in the driver's "
        "eyes, 180 deg behind")
    date: Annotated[Value[str], DATE] | None = key("the day")
    time: Annotated[Value[float], QuantityReader(CLOCK, Limits(0, 86399, reason="a day has 24 hours"))] | None = key(
        "local time by the clock of `utc_offset`")
    latitude: Annotated[Value[float], _LATITUDE] | None = key("of the place, north positive")
    longitude: Annotated[Value[float], _LONGITUDE] | None = key("of the place, east positive")
    utc_offset: Annotated[float, Plain(QuantityReader(
        DURATION, Limits(-43200, 50400, reason="time zones reach from -12 h to 14 h")))] = key(
        "how far the clock is ahead of UTC", "0 h")

    hints: ClassVar[dict[str, str]] = {"elevation": "write 'altitude'", "timezone": "write 'utc_offset: 1 h'"}

    def problems(self) -> Iterator[Problem]:
        place = ("date", "time", "latitude", "longitude")
        by_place = self.given & {*place, "utc_offset"}
        if {"azimuth", "relative_azimuth"} <= self.given:
            yield "relative_azimuth", "excludes 'azimuth': both say the sun's direction; keep one of them"
        if by_place and self.given & {"altitude", "azimuth", "relative_azimuth"}:
            yield min(by_place), "say where the sun stands either by altitude and azimuth, or by date, time and place"
        elif by_place:
            for missing in [name for name in place if name not in self.given]:
                yield "", f"needs '{missing}' too: date, time, latitude and longitude say together where the sun stands"
