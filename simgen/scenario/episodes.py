"""Scenario × seed → episode plans, and the numbers of their frames.

Pure: no clock, no simulator, no map. The same scenarios, episode count and seed give the same plans anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from simgen.scenario.actor_plans import plan_copies, rgb
from simgen.scenario.draws import Draws
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.plan import CapturePlan, EgoPlan, EpisodePlan, RoadWish, SpawnWish
from simgen.scenario.spec import EgoSpec, RoadSpec, Scenario, WeatherSpec
from simgen.scenario.tables import times_of_day
from simgen.scenario.weather import preset_fields


def make_plans(scenarios: Sequence[Scenario], episodes: int | None, seed: int) -> list[EpisodePlan]:
    """All episodes of all scenarios, in order; ``episodes`` each, or as many as each scenario says.

    Raises ``ScenarioMistakes`` if two scenarios share a name, or a drawn value is one its place does not
    allow.
    """
    if episodes is not None and episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    _check_names(scenarios)
    return [
        plan_episode(scenario, index, seed)
        for scenario in scenarios
        for index in range(scenario.episodes if episodes is None else episodes)
    ]


def frame_numbers(plans: Sequence[EpisodePlan]) -> list[range]:
    """The dataset's frame numbers of each plan: consecutive, in the order of the plans."""
    ranges, first = [], 0
    for plan in plans:
        ranges.append(range(first, first + plan.capture.frames))
        first += plan.capture.frames
    return ranges


def plan_episode(scenario: Scenario, index: int, seed: int) -> EpisodePlan:
    """Episode number ``index`` of a scenario, every value drawn."""
    draws = Draws(scenario, index, seed)
    capture = CapturePlan(
        rate_hz=draws.value(scenario.capture.rate_hz, "capture.rate"),
        frames=draws.value(scenario.capture.frames, "capture.frames"),
        warmup_s=draws.value(scenario.capture.warmup_s, "capture.warmup"),
    )
    return EpisodePlan(
        scenario=scenario.name,
        index=index,
        seed=seed,
        road=_plan_road(scenario.road, draws),
        weather=_plan_weather(scenario.weather, draws),
        lights=draws.value(scenario.lights, "lights"),
        ego=_plan_ego(scenario.ego, draws),
        actors=tuple(plan for actor in scenario.actors for plan in plan_copies(actor, draws)),
        capture=capture,
        drawn=draws.drawn,
    )


def _plan_road(road: RoadSpec, draws: Draws) -> RoadWish:
    if road.kind is not None:
        return RoadWish(kind=draws.value(road.kind, "road.kind"))
    assert road.map is not None
    name = draws.value(road.map, "map")
    if name in road.files:
        return RoadWish(xodr=name, xodr_sha256=road.files[name].sha256)
    return RoadWish(name=name)


def _plan_weather(weather: WeatherSpec, draws: Draws) -> dict[str, float]:
    fields = preset_fields(draws.value(weather.preset, "weather.preset"))
    for name, value in weather.fields.items():
        fields[name] = draws.value(value, f"weather.{name}")
    sun = weather.sun
    if sun.time_of_day is not None:
        word = draws.value(sun.time_of_day, "time_of_day")
        fields["sun_altitude_angle"], fields["sun_azimuth_angle"] = times_of_day()[word]
    if sun.altitude_deg is not None:
        fields["sun_altitude_angle"] = draws.value(sun.altitude_deg, "sun.altitude")
    if sun.azimuth_deg is not None:
        fields["sun_azimuth_angle"] = draws.value(sun.azimuth_deg, "sun.azimuth")
    return fields


def _plan_ego(ego: EgoSpec, draws: Draws) -> EgoPlan:
    if ego.spawn_index is not None:
        spawn = SpawnWish(index=draws.value(ego.spawn_index, "ego.spawn.index"))
    else:
        spawn = SpawnWish(pick=draws.share("ego.spawn.pick"))
    return EgoPlan(
        blueprint=draws.value(ego.blueprint, "ego.blueprint"),
        rig=ego.rig,
        speed_mps=draws.value(ego.speed_mps, "ego.speed"),
        spawn=spawn,
        color=rgb(draws.value_if_there(ego.color, "ego.color")),
    )


def _check_names(scenarios: Sequence[Scenario]) -> None:
    first: dict[str, Scenario] = {}
    mistakes = []
    for scenario in scenarios:
        other = first.setdefault(scenario.name, scenario)
        if other is not scenario:
            problem = f"'{scenario.name}' is also the name of {other.path}; episodes need different names"
            mistakes.append(Mistake(str(scenario.path), None, "name", problem))
    if mistakes:
        raise ScenarioMistakes(mistakes)
