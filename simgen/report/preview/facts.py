"""The few values of an episode that tell most about it, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simgen.report.preview.scene import Player, Scene, copied_from
from simgen.scenario.plan import EpisodePlan, Step, WeatherPoint

KMPH = 3.6
_KM = 10_000.0               # visibilities from here on are said in kilometres
DARK_DEG, LOW_DEG = -6.0, 8.0


def facts(scene: Scene) -> str:
    """One line: who meets the ego and how, its speed, light and weather."""
    return " · ".join(_facts(scene))


def _facts(scene: Scene) -> Iterator[str]:
    plan = scene.plan
    speeds = [point.speed_mps * KMPH for point in plan.ego.speed]
    low, high = min(speeds), max(speeds)
    yield f"ego {high:.0f} km/h" if high - low < 0.5 else f"ego {low:.0f}–{high:.0f} km/h"
    met = [player for player in scene.players if player.touch_s is not None or player.near is not None or player.meets]
    for player in met[:2]:
        yield from _meeting(player, scene)
    if not met:
        named: dict[str, Player] = {}
        for player in scene.players[1:]:
            if player.kept:
                named.setdefault(copied_from(player.role), player)
        for player in list(named.values())[:2]:
            yield _who(player, plan)
    yield from conditions(plan)


def _meeting(player: Player, scene: Scene) -> Iterator[str]:
    yield _who(player, scene.plan)
    braked = "" if scene.braked_s is None else f", the ego brakes at {scene.braked_s:.2f} s"
    if player.touch_s is None:
        near = player.near
        yield "no impact" + braked if near is None else (
            f"near miss, {near.gap_m:.2g} m at {near.time_s:.2f} s{braked or _seen(player, near.time_s)}")
    elif player.impact_s != player.touch_s:
        yield f"contact at {player.touch_s:.2f} s{braked}"
    else:
        share = "" if player.impact_share is None else f" at {100 * player.impact_share:.0f} %"
        yield f"impact{share}, {player.touch_s:.2f} s{_seen(player, player.touch_s)}"


def _seen(player: Player, until_s: float) -> str:
    """For how long before an instant one that meets the ego was in sight."""
    if not player.meets:
        return ""
    since = player.reveal_s
    return ", in sight all the time" if since is None else f", seen {until_s - since:.2f} s before"


def _who(player: Player, plan: EpisodePlan) -> str:
    actor = next(one for one in plan.actors if one.role == player.role)
    speed = next((step.speed_mps for step in _steps(actor.program) if step.speed_mps), None)
    name = actor.species.replace("_", " ") if actor.species is not None else copied_from(actor.role).replace("_", " ")
    return name if speed is None else f"{name} {speed * KMPH:.0f} km/h"


def _steps(program: tuple[Step, ...]) -> Iterator[Step]:
    for step in program:
        yield step
        for track in step.tracks:
            yield from _steps(track)


def conditions(plan: EpisodePlan) -> Iterator[str]:
    """Light and weather at the first frame."""
    weather = _at_first_frame(plan.weather)
    altitude = weather.carla.get("sun_altitude_angle")
    if altitude is not None:
        word = "night" if altitude < DARK_DEG else "low sun" if altitude < LOW_DEG else "day"
        word = "dusk or dawn" if DARK_DEG <= altitude < 0.0 else word
        yield f"{word} (sun {altitude:.0f}°{_where(plan.sun_relative_deg)})"
    if weather.rain_mmph > 0.0:
        yield f"rain {weather.rain_mmph:.1f} mm/h"
    elif weather.carla.get("precipitation", 0.0) > 0.0 and weather.snowfall_mmph == 0.0:
        yield f"rain {weather.carla['precipitation']:.0f} %"
    if weather.snowfall_mmph > 0.0:
        yield f"snowfall {weather.snowfall_mmph:.1f} mm/h"
    if weather.visibility_m is not None and math.isfinite(weather.visibility_m):
        far = weather.visibility_m
        yield f"visibility {far:.0f} m" if far < _KM else f"visibility {far / 1000.0:.0f} km"
    elif weather.carla.get("fog_density", 0.0) > 5.0:
        yield f"fog {weather.carla['fog_density']:.0f} %"
    if weather.road != "dry":
        yield f"{weather.road if weather.road != 'snow' else 'snowy'} road"


def _where(from_ahead_deg: float | None) -> str:
    """Where the sun stands as the ego sees it, if the plan says it so."""
    if from_ahead_deg is None:
        return ""
    if abs(from_ahead_deg) < 0.5:
        return ", straight ahead"
    return f", {abs(from_ahead_deg):.0f}° {'right' if from_ahead_deg > 0.0 else 'left'} of ahead"


def _at_first_frame(points: tuple[WeatherPoint, ...]) -> WeatherPoint:
    before = [point for point in points if point.time_s <= 0.0]
    return before[-1] if before else points[0]
