"""Weather that CARLA's fourteen parameters cannot say, in physical units, and the actor that carries it.

A client spawns the blueprint ``simgen.weather`` like any actor; its attributes hold until it is destroyed. Of several,
the youngest counts, so spawning another one replaces it. CARLA's own parameters go on saying all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simgen.localsim.actors import Actor
from simgen.localsim.catalogue import WEATHER, WEATHER_UNSET


@dataclass(frozen=True, slots=True)
class PhysicalWeather:
    """The default changes nothing.

    snowfall_mmh:   melted, mm/h: 0.5 light, 2.5 heavy, 8 extreme.
    snow_depth_m:   lying snow on open ground.
    ice:            share of the road's surface that is clear ice, 0 … 1.
    rain_mmh:       instead of CARLA's ``precipitation``, whose percent have no unit; None leaves it.
    visibility_m:   meteorological optical range: where a black thing's contrast against the horizon has fallen to 5 %.
                    It replaces all that fog, rain, snow and dust would hide; None leaves it to them.
    spray:          how much water or snow moving vehicles throw up behind them, 0 … 1.
    """

    snowfall_mmh: float = 0.0
    snow_depth_m: float = 0.0
    ice: float = 0.0
    rain_mmh: float | None = None
    visibility_m: float | None = None
    spray: float = 0.0


# What CARLA's own weather brings of all this.
NOTHING = PhysicalWeather()

_LASTING_SNOW_M = 0.01


def leafless(weather: PhysicalWeather) -> bool:
    """Do deciduous trees stand bare? In winter: when snow lies a centimetre deep or more, or falls, which it does only
    when it is cold."""
    return weather.snow_depth_m >= _LASTING_SNOW_M or weather.snowfall_mmh > 0.0


def physical_weather(actors: Iterable[Actor]) -> PhysicalWeather:
    """What the youngest weather actor says; without one, nothing."""
    youngest = max((actor for actor in actors if actor.blueprint.id == WEATHER), key=lambda one: one.id, default=None)
    if youngest is None:
        return NOTHING

    def number(key: str) -> float:
        return float(youngest.attributes[key])

    def wish(key: str) -> float | None:
        return None if number(key) == WEATHER_UNSET else number(key)

    return PhysicalWeather(
        snowfall_mmh=number("snowfall"), snow_depth_m=number("snow_depth"), ice=number("ice"), rain_mmh=wish("rain"),
        visibility_m=wish("visibility"), spray=number("spray"),
    )
