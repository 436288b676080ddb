"""The few values of an episode that tell most about it, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simgen.report.preview.scene import Player, Scene, copied_from
from simgen.scenario.plan import EpisodePlan, Step, WeatherPoint

KMPH = 3.6
DARK_DEG, LOW_DEG = -6.0, 8.0


def facts(scene: Scene) -> str:
    """One line: who meets the ego and how, its speed, light and weather."""
    return " · ".join(_facts(scene))


def _facts(scene: Scene) -> Iterator[str]:
    plan = scene.plan
    speeds = [point.speed_mps * KMPH for point in plan.ego.speed]
    low, high = min(speeds), max(speeds)
    yield f"ego {high:.0f} km/h" if high - low < 0.5 else f"ego {low:.0f}–{high:.0f} km/h"
    met = [player for player in scene.players if player.telling_s is not None or player.meets]
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
    if player.telling_s is None:
        braked = scene.braked_s
        yield "no impact" if braked is None else f"no impact, the ego brakes at {braked:.2f} s"
        return
    if player.impact_s is None:
        yield f"contact at {player.telling_s:.2f} s"
        return
    share = "" if player.impact_share is None else f" at {100 * player.impact_share:.0f} %"
    since = player.reveal_s
    seen = "in sight all the time" if since is None else f"seen {player.impact_s - since:.2f} s before"
    word = "impact" if player.contact_s is not None or 0.0 <= (player.impact_share or 0.0) <= 1.0 else "passes"
    yield f"{word}{share}, {player.impact_s:.2f} s, {seen}"


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
        yield f"{word} (sun {altitude:.0f}°)"
    if weather.rain_mmph > 0.0:
        yield f"rain {weather.rain_mmph:.1f} mm/h"
    elif weather.carla.get("precipitation", 0.0) > 0.0 and weather.snowfall_mmph == 0.0:
        yield f"rain {weather.carla['precipitation']:.0f} %"
    if weather.snowfall_mmph > 0.0:
        yield f"snowfall {weather.snowfall_mmph:.1f} mm/h"
    if weather.visibility_m is not None and math.isfinite(weather.visibility_m):
        yield f"visibility {weather.visibility_m:.0f} m"
    elif weather.carla.get("fog_density", 0.0) > 5.0:
        yield f"fog {weather.carla['fog_density']:.0f} %"
    if weather.road != "dry":
        yield f"{weather.road if weather.road != 'snow' else 'snowy'} road"


def _at_first_frame(points: tuple[WeatherPoint, ...]) -> WeatherPoint:
    before = [point for point in points if point.time_s <= 0.0]
    return before[-1] if before else points[0]
