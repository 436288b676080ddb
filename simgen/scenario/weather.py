"""The parts of a scenario that say what the sky does: ``weather``, ``time_of_day``, ``sun``, ``lights``."""

from __future__ import annotations

from simgen.scenario.document import Mapping
from simgen.scenario.parsers import QuantityParser, one_of
from simgen.scenario.reading import Section, Value, is_random
from simgen.scenario.spec import SunSpec, WeatherSpec
from simgen.scenario.tables import OPEN_AZIMUTH_DEG, WEATHER_FIELDS, times_of_day, weather_presets

DEFAULT_PRESET = "ClearNoon"     # carla.WeatherParameters() itself is all zeros: a sun on the horizon

_ALTITUDE, _AZIMUTH = "sun_altitude_angle", "sun_azimuth_angle"


def read_weather(top: Section) -> WeatherSpec:
    """``weather: HardRainNoon``, ``weather: {preset: …, fog_density: …}``, and the sun."""
    preset_parser = one_of(weather_presets(), "a weather preset such as 'ClearNoon'")
    fields: dict[str, Value[float]] = {}
    if "weather" in top and isinstance(top.node("weather"), Mapping) and not is_random(top.node("weather")):
        section = top.section("weather", ("preset", *WEATHER_FIELDS))
        preset = section.value("preset", preset_parser, DEFAULT_PRESET)
        for name, (dimension, limits) in WEATHER_FIELDS.items():
            if name in section:
                fields[name] = section.value(name, QuantityParser(dimension, limits))
    else:
        preset = top.value("weather", preset_parser, DEFAULT_PRESET)
    return WeatherSpec(preset, fields, _read_sun(top, fields))


def _read_sun(top: Section, fields: dict[str, Value[float]]) -> SunSpec:
    if "sun" in top and "time_of_day" in top:
        top.note("excludes 'time_of_day'; keep one of them", "sun")
    for key in ("sun", "time_of_day"):
        for name in (_ALTITUDE, _AZIMUTH):
            if key in top and name in fields:
                top.note(f"would override 'weather.{name}'; say once where the sun stands", key)
    if "sun" in top:
        section = top.section("sun", ("altitude", "azimuth"))
        return SunSpec(
            altitude_deg=section.value_if_there("altitude", QuantityParser(*WEATHER_FIELDS[_ALTITUDE])),
            azimuth_deg=section.value_if_there("azimuth", QuantityParser(*WEATHER_FIELDS[_AZIMUTH])),
        )
    return SunSpec(time_of_day=top.value_if_there("time_of_day", one_of(times_of_day())))


def read_lights(top: Section) -> Value[str]:
    """Vehicle and street lamps: as the sun demands, on, or off."""
    return top.value("lights", one_of(("auto", "on", "off")), "auto")


def preset_fields(preset: str) -> dict[str, float]:
    """A preset's 14 fields, with the sun's azimuth closed where CARLA leaves it open."""
    fields = {name: weather_presets()[preset][name] for name in WEATHER_FIELDS}
    if fields[_AZIMUTH] < 0.0:
        fields[_AZIMUTH] = OPEN_AZIMUTH_DEG
    return fields
