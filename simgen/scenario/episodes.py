"""Recipe × index → one episode plan.

Pure: no clock, no simulator, no map. The same scenario, number of episodes and seed give the same plans anywhere.
"""

from __future__ import annotations

from collections import Counter

from simgen.scenario.actor_plans import ActorPlanner
from simgen.scenario.draws import Draws
from simgen.scenario.ego_plans import plan_ego, travelled_m
from simgen.scenario.meets import usual_impact_s
from simgen.scenario.mistakes import Mistake, ScenarioMistakes
from simgen.scenario.models.sensing import SensingModel
from simgen.scenario.outputs import plan_output
from simgen.scenario.plan import ActorPlan, CapturePlan, EgoPlan, EpisodePlan, RoadWish, SensingPlan
from simgen.scenario.recipe import Recipe
from simgen.scenario.tables import vehicle_size
from simgen.scenario.traffic import plan_traffic, under_umbrellas
from simgen.scenario.weather import plan_weather

MAX_ATTEMPTS = 1000


def plan_episode(recipe: Recipe, index: int) -> EpisodePlan:
    """Episode number ``index``, every value drawn.

    Draws that do not meet the scenario's conditions are thrown away, all values of them, and counted.
    Raises ``ScenarioMistakes`` if a drawn value is not allowed at its place, or if 1000 draws in a row are thrown away.
    """
    failed: Counter[int] = Counter()
    for attempt in range(MAX_ATTEMPTS):
        draws = Draws(recipe, index, attempt)
        broken = _first_broken(recipe, draws)
        if broken is None:
            return _planned(recipe, draws)
        failed[broken] += 1
    raise _never_met(recipe, index, failed)


def _first_broken(recipe: Recipe, draws: Draws) -> int | None:
    """The number of the first condition that does not hold."""
    for number, requirement in enumerate(recipe.requirements):
        try:
            if not requirement.formula.evaluate(draws.values()):
                return number
        except ScenarioMistakes:
            raise
        except ValueError as error:
            raise draws.mistake(requirement.where, f"in episode {draws.index}: {error}") from None
    return None


def _never_met(recipe: Recipe, index: int, failed: Counter[int]) -> ScenarioMistakes:
    """Says which condition is to blame, and how often it held when those above it did."""
    mistakes, tried = [], MAX_ATTEMPTS
    for number, requirement in enumerate(recipe.requirements):
        held, where = tried - failed[number], requirement.where
        if failed[number]:
            problem = (f"'{requirement.formula.text}' held in {held} of {tried} draws of episode {index} (seed "
                       f"{recipe.seed}), and no draw met all conditions; loosen it, or narrow what it is about")
            mistakes.append(Mistake(where.file, where.line, where.path, problem, where.column))
        tried = held
    return ScenarioMistakes(mistakes)


def _planned(recipe: Recipe, draws: Draws) -> EpisodePlan:
    model = recipe.scenario.model
    for value in (model.let or {}).values():
        if value.random or value.formula is not None:
            draws.value(value)                      # recorded, even if nothing in this episode needs it
    capture = CapturePlan(
        rate_hz=draws.value(model.capture.rate),
        frames=draws.value(model.capture.frames),
        warmup_s=draws.value(model.capture.warmup),
    )
    ego = plan_ego(model.ego, recipe.scenario.rig, draws)
    planner = ActorPlanner(recipe.occluders, recipe.copies, capture, draws)
    actors = [plan for actor in model.actors for plan in planner.plan(actor)]
    road = _plan_road(recipe, ego, actors, capture, draws)
    actors += plan_traffic(model.traffic, ego, road, actors, capture, draws)
    weather = plan_weather(model.weather, model.time_of_day, model.sun, draws)
    return EpisodePlan(
        scenario=model.name,
        index=draws.index,
        seed=recipe.seed,
        road=road,
        weather=weather,
        lights=draws.value(model.lights),
        ego=ego,
        actors=under_umbrellas(actors, weather, draws),
        capture=capture,
        drawn=draws.drawn,
        rejected=draws.attempt,
        output=plan_output(model.output),
        sensing=_sensing(model.sensing),
        sun_relative_deg=None if model.sun is None else draws.if_there(model.sun.relative_azimuth),
    )


def _sensing(said: SensingModel) -> SensingPlan:
    return SensingPlan(said.lidar, said.returns, said.sweep, said.keep, said.camera)


def _plan_road(
    recipe: Recipe, ego: EgoPlan, actors: list[ActorPlan], capture: CapturePlan, draws: Draws
) -> RoadWish:
    model = recipe.scenario.model
    name = draws.if_there(model.map)
    file = None if name is None else recipe.scenario.opendrive.get(name)
    xodr, xodr_sha256 = (None, None) if file is None else (name, file.sha256)
    name = name if file is None else None
    if model.road is None:
        return RoadWish(name=name, xodr=xodr, xodr_sha256=xodr_sha256)
    road, near = model.road, draws.if_there(model.road.near)
    return RoadWish(
        name=name, xodr=xodr, xodr_sha256=xodr_sha256,
        kind=draws.if_there(road.kind), lanes=draws.if_there(road.lanes), curve=draws.if_there(road.curve),
        radius_m=road.radius, crest=road.crest, tunnel=road.tunnel, near=near,
        near_ahead_m=None if near is None else _near_ahead_m(draws.if_there(road.at), ego, actors, capture),
    )


def _near_ahead_m(told_m: float | None, ego: EgoPlan, actors: list[ActorPlan], capture: CapturePlan) -> float:
    """Where the road's feature lies, from the ego's middle at the first frame: as told, else where its front is when it
    first meets somebody, else after 60 % of the clip."""
    if told_m is not None:
        return told_m
    impact_s = min((actor.meet.time_s for actor in actors if actor.meet is not None), default=usual_impact_s(capture))
    return travelled_m(ego, 0.0, impact_s) + vehicle_size(ego.blueprint)[0] / 2.0
