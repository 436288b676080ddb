"""The plan's weather over time, set in the simulator.

CARLA's fourteen parameters know no snow, no ice and no visibility in metres. A server that offers the blueprint
``simgen.weather`` does; on any other, snow and ice are refused, and rain and visibility are what CARLA's parameters
make of them. Grip is not set: vehicles are moved at given speeds, and ``simgen.motion`` keeps their brakes within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import carla
import numpy as np

from simgen.capture.ending import destroy
from simgen.errors import RequestError
from simgen.scenario.plan import EpisodePlan, WeatherPoint

PHYSICAL = "simgen.weather"
UNSET = -1.0                # an attribute with this value leaves the matter to CARLA's parameters
CLEAR_AIR_M = 20_000.0      # how far one sees where no fog is asked for
SLUSH_M = 0.05              # so deep snow is thrown up by wheels as much as it ever is


@dataclass(frozen=True, slots=True)
class Weather:
    """One moment. carla: the fourteen fields. physical: attributes of ``simgen.weather``."""

    carla: dict[str, float]
    physical: dict[str, float]


def is_physical(points: tuple[WeatherPoint, ...]) -> bool:
    """Is anything asked for that CARLA's parameters cannot say exactly?"""
    return _needs_snow(points) or any(p.rain_mmph > 0 or p.visibility_m is not None for p in points)


def _needs_snow(points: tuple[WeatherPoint, ...]) -> bool:
    return any(p.snowfall_mmph > 0 or p.snow_depth_m > 0 or p.road in ("icy", "snow") for p in points)


def check_weather(plan: EpisodePlan, library: carla.BlueprintLibrary) -> bool:
    """Will the server be told physical weather? Raises RequestError if the plan needs it and the server has none."""
    offered = bool(library.filter(PHYSICAL))
    if _needs_snow(plan.weather) and not offered:
        raise RequestError(
            f"{plan.name}: weather: this simulator shows neither snow nor ice (CARLA has none, and the server "
            f"lacks the blueprint {PHYSICAL}); use the built-in simulator, or leave out snowfall, snow_depth and "
            "road: icy or snow"
        )
    return offered and is_physical(plan.weather)


def weather_at(points: tuple[WeatherPoint, ...], time_s: float) -> Weather:
    """Between points every number changes linearly, before the first and after the last it is constant."""
    times = [point.time_s for point in points]

    def number(values: list[float]) -> float:
        return float(np.interp(time_s, times, values))

    fields = {key: number([point.carla[key] for point in points]) for key in points[0].carla}
    rain = number([point.rain_mmph for point in points])
    depth = number([point.snow_depth_m for point in points])
    return Weather(fields, {
        "snowfall": number([point.snowfall_mmph for point in points]),
        "snow_depth": depth,
        "ice": number([float(point.road == "icy") for point in points]),
        "rain": rain if any(point.rain_mmph > 0 for point in points) else UNSET,
        "visibility": _visibility_m(points, time_s),
        "spray": max(fields["wetness"] / 100.0 if rain > 0 else 0.0, min(1.0, depth / SLUSH_M)),
    })


def _visibility_m(points: tuple[WeatherPoint, ...], time_s: float) -> float:
    """UNSET where neither the point before nor the one after says it. It is the extinction, 3 / visibility, that
    changes linearly; a point that leaves visibility to CARLA's fog counts as clear air."""
    before = max((point for point in points if point.time_s <= time_s), key=lambda p: p.time_s, default=points[0])
    after = min((point for point in points if point.time_s > time_s), key=lambda p: p.time_s, default=before)
    if before.visibility_m is None and after.visibility_m is None:
        return UNSET
    if after is before:
        return before.visibility_m or UNSET
    share = (time_s - before.time_s) / (after.time_s - before.time_s) if time_s > before.time_s else 0.0
    start, end = (1.0 / (point.visibility_m or CLEAR_AIR_M) for point in (before, after))
    if share == 0.0 and before.visibility_m is None:
        return UNSET
    return 1.0 / (start + (end - start) * share)


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
