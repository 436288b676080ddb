"""The plan's weather over time, set in the simulator.

CARLA's fourteen parameters know no snow, no ice and no visibility in metres. A server that offers the blueprint
``simgen.weather`` does; on any other, rain and visibility are what CARLA's parameters make of them, and frames say what
of the weather their pictures show: the rest of snow, ice and fog is drawn onto them afterwards (``simgen.sense``). Grip
is not set: vehicles are moved at given speeds, and ``simgen.motion`` keeps their brakes within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import carla
import numpy as np

from sensors.carla_weather import beyond_carla, from_carla
from sensors.conditions import Conditions
from simgen.capture.ending import destroy
from simgen.errors import RequestError
from simgen.scenario.moments import conditions_at, conditions_of
from simgen.scenario.plan import EpisodePlan, WeatherPoint

PHYSICAL = "simgen.weather"
UNSET = -1.0                # an attribute with this value leaves the matter to CARLA's parameters
SLUSH_M = 0.05              # so deep snow is thrown up by wheels as much as it ever is


@dataclass(frozen=True, slots=True)
class Weather:
    """One moment. carla: the fourteen fields. physical: attributes of ``simgen.weather``. conditions: all of it."""

    carla: dict[str, float]
    physical: dict[str, float]
    conditions: Conditions


def is_physical(points: tuple[WeatherPoint, ...]) -> bool:
    """Is anything asked for that CARLA's parameters cannot say exactly?"""
    return _needs_snow(points) or any(p.rain_mmph > 0 or p.visibility_m is not None for p in points)


def _needs_snow(points: tuple[WeatherPoint, ...]) -> bool:
    return any(p.snowfall_mmph > 0 or p.snow_depth_m > 0 or p.road in ("icy", "snow") for p in points)


@dataclass(frozen=True, slots=True)
class WeatherMeans:
    """How a plan's weather comes into the pictures.

    physical:    the server is told it by ``simgen.weather``.
    substituted: what the server does not draw, and is drawn onto its pictures: a few words each.
    """

    physical: bool
    substituted: tuple[str, ...] = ()


def weather_means(plan: EpisodePlan, library: carla.BlueprintLibrary) -> WeatherMeans:
    """What the server is told, and what is left to ``simgen.sense``."""
    if library.filter(PHYSICAL):
        return WeatherMeans(is_physical(plan.weather))
    if not _needs_snow(plan.weather):
        return WeatherMeans(False)
    words = [word for point in plan.weather for word in beyond_carla(conditions_of(point))]
    return WeatherMeans(False, tuple(dict.fromkeys(words)))


def drawn_by_carla(weather: Weather) -> Conditions:
    """What CARLA's own fields bring into pictures."""
    return from_carla(weather.carla)


def weather_at(points: tuple[WeatherPoint, ...], time_s: float) -> Weather:
    """CARLA's fields change linearly between points, the rest as ``conditions_at`` says.

    Rain and visibility are left to CARLA's fields where no point around says them itself.
    """
    now = conditions_at(points, time_s)
    times = [point.time_s for point in points]
    fields = {key: float(np.interp(time_s, times, [point.carla[key] for point in points])) for key in points[0].carla}
    rains = any(point.rain_mmph > 0 for point in points)
    return Weather(fields, {
        "snowfall": now.snowfall_mmph,
        "snow_depth": now.snow_depth_m,
        "ice": now.ice,
        "rain": now.rain_mmph if rains else UNSET,
        "visibility": now.visibility_m if now.visibility_m and _is_said(points, time_s) else UNSET,
        "spray": max(now.wetness if now.rain_mmph > 0 else 0.0, min(1.0, now.snow_depth_m / SLUSH_M)),
    }, now)


def _is_said(points: tuple[WeatherPoint, ...], time_s: float) -> bool:
    """Does a point that matters at this time say how far one sees?"""
    before = max((point for point in points if point.time_s <= time_s), key=lambda p: p.time_s, default=points[0])
    after = min((point for point in points if point.time_s > time_s), key=lambda p: p.time_s, default=before)
    if before.visibility_m is None and time_s <= before.time_s:
        return False
    return before.visibility_m is not None or after.visibility_m is not None


class Sky:
    """Keeps a server's weather as the plan has it at each moment, telling it only what changes."""

    def __init__(
        self, client: carla.Client, world: carla.World, name: str, points: tuple[WeatherPoint, ...], physical: bool,
        living: list[carla.Actor],
    ) -> None:
        """name: the plan's. points: the stage's, in which the sun's place is known. living: where the actor that
        carries the physical weather is added, to be destroyed with the others."""
        self._client, self._world, self._name, self._points = client, world, name, points
        self._living = living
        self._blueprint = world.get_blueprint_library().find(PHYSICAL) if physical else None
        self._actor: carla.Actor | None = None
        self._now: Weather | None = None

    def show(self, time_s: float) -> Weather:
        """Set the weather of a moment; returns it."""
        wanted = weather_at(self._points, time_s)
        before = self._now
        if before is None or wanted.carla != before.carla:
            self._world.set_weather(carla.WeatherParameters(**wanted.carla))
        if self._blueprint is not None and (before is None or wanted.physical != before.physical):
            self._replace(wanted.physical)
        self._now = wanted
        return wanted

    def _replace(self, attributes: dict[str, float]) -> None:
        """The youngest such actor counts: another one comes, then the old one goes."""
        assert self._blueprint is not None
        for key, value in attributes.items():
            if self._blueprint.has_attribute(key):
                self._blueprint.set_attribute(key, format(value, ".6g"))
        try:
            young = self._world.spawn_actor(self._blueprint, carla.Transform())
        except RuntimeError as error:
            if "time-out" in str(error):
                raise
            raise RequestError(f"{self._name}: weather: the simulator refuses it: {error}") from None
        self._living.append(young)
        old, self._actor = self._actor, young
        if old is not None:
            self._living.remove(old)
            destroy(self._client, [old])
