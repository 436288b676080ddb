"""What an episode's record says was asked for of weather and sensors.

Reading never raises on bad content: what a plan does not say, or says wrongly, is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simgen.verify.sets import Record
from simgen.verify.texts import numbers

SLACK_S = 1.0
"""Weather is set before the frame that shows it; how much earlier is the simulator's business."""


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather at one of the plan's moments. Rates in mm/h, ``visibility_m`` None where it is not said.

    wet: water or snow on the road, which wheels throw up. fog, dust: by CARLA's own fields.
    """

    time_s: float
    rain_mmph: float
    snowfall_mmph: float
    visibility_m: float | None
    rains: bool
    wet: bool
    fog: bool
    dust: bool


@dataclass(frozen=True, slots=True)
class Sensing:
    """What was asked of LiDARs: "clean" or "measured"; which returns; at what moments; what is kept."""

    lidar: str
    returns: str
    sweep: str
    keep: tuple[str, ...]


def sensing_of(record: Record) -> Sensing | None:
    """None if the record holds no plan. Plans from before there was sensing, and clean ones, do not speak of it."""
    plan = _plan(record)
    if plan is None:
        return None
    said = plan.get("sensing")
    said = said if isinstance(said, dict) else {}
    keep = said.get("keep")
    return Sensing(str(said.get("lidar", "clean")), str(said.get("returns", "strongest")),
                   str(said.get("sweep", "instant")), tuple(map(str, keep)) if isinstance(keep, list) else ())


def weather_of(record: Record) -> tuple[Weather, ...]:
    """The plan's weather in order of time; empty if the record does not tell."""
    said = (_plan(record) or {}).get("weather")
    found = [_weather(point) for point in said if isinstance(point, dict)] if isinstance(said, list) else []
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.time_s))


def around(weather: tuple[Weather, ...], time_s: float | None) -> tuple[Weather, ...]:
    """The moments between which a frame's weather lies; all of them if it is not known when the frame was."""
    if time_s is None:
        return weather
    near = [one for one in weather if abs(one.time_s - time_s) <= SLACK_S]
    before = [one for one in weather if one.time_s < time_s - SLACK_S]
    after = [one for one in weather if one.time_s > time_s + SLACK_S]
    return (*before[-1:], *near, *after[:1])


def _plan(record: Record) -> Mapping[str, Any] | None:
    plan = (record.content or {}).get("plan")
    return plan if isinstance(plan, dict) else None


def _weather(point: Mapping[str, Any]) -> Weather | None:
    carla = point.get("carla")
    carla = carla if isinstance(carla, dict) else {}

    def value(where: Mapping[str, Any], key: str) -> float:
        known = numbers([where.get(key, 0.0)], 1)
        return 0.0 if known is None else known[0]

    time = numbers([point.get("time_s")], 1)
    seen = numbers([point.get("visibility_m")], 1)
    if time is None:
        return None
    rain, snow_depth = value(point, "rain_mmph"), value(point, "snow_depth_m")
    rains = rain > 0 or value(carla, "precipitation") > 0
    wet = value(carla, "precipitation_deposits") > 0 or value(carla, "wetness") > 0
    return Weather(
        time[0], rain, value(point, "snowfall_mmph"), None if seen is None else seen[0], rains,
        rains or wet or snow_depth > 0 or point.get("road", "dry") != "dry",
        value(carla, "fog_density") > 0, value(carla, "dust_storm") > 0,
    )
