"""``ego`` → ``EgoPlan``, and where its speed profile takes it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from simgen.scenario.actor_kinds import rgb
from simgen.scenario.draws import Draws
from simgen.scenario.plan import AebPlan, EgoPlan, SpawnWish, SpeedPoint

if TYPE_CHECKING:
    from simgen.scenario.models import AebModel, EgoModel


def plan_ego(ego: EgoModel, rig: str, draws: Draws) -> EgoPlan:
    """The ego with its numbers drawn. rig: a rig's name, or the path of its file.

    Raises ``ScenarioMistakes`` if the points of the speed profile do not follow each other in time.
    """
    spawn = ego.spawn.index if ego.spawn is not None else None
    return EgoPlan(
        blueprint=draws.value(ego.blueprint),
        rig=rig,
        speed=_profile(ego, draws),
        spawn=SpawnWish(pick=draws.share("ego.spawn.pick")) if spawn is None else SpawnWish(index=draws.value(spawn)),
        color=rgb(draws.if_there(ego.color)),
        route=tuple(draws.value(turn) for turn in ego.route),
        aeb=_aeb(ego.reacts, draws),
        on_crash=ego.on_crash,
    )


def _profile(ego: EgoModel, draws: Draws) -> tuple[SpeedPoint, ...]:
    if not isinstance(ego.speed, tuple):
        return (SpeedPoint(0.0, draws.value(ego.speed)),)
    points = tuple(SpeedPoint(draws.value(point.at), draws.value(point.speed)) for point in ego.speed)
    for before, after, said in zip(points, points[1:], ego.speed[1:], strict=False):
        if not before.time_s < after.time_s:
            raise draws.mistake(said.where, (
                f"in episode {draws.index}: the point at {after.time_s:g} s must come after the one above it, at "
                f"{before.time_s:g} s"))
    return points


def _aeb(model: AebModel | None, draws: Draws) -> AebPlan | None:
    if model is None:
        return None
    return AebPlan(
        draws.value(model.ttc), draws.value(model.delay), draws.value(model.deceleration), draws.value(model.range))


def speed_at(ego: EgoPlan, time_s: float) -> float:
    """The profile's speed at a time."""
    points = ego.speed
    if time_s <= points[0].time_s:
        return points[0].speed_mps
    for before, after in pairwise(points):
        if time_s <= after.time_s:
            share = (time_s - before.time_s) / (after.time_s - before.time_s)
            return before.speed_mps + share * (after.speed_mps - before.speed_mps)
    return points[-1].speed_mps


def travelled_m(ego: EgoPlan, begin_s: float, end_s: float) -> float:
    """How far the profile drives between two times: the integral of straight lines between its points."""
    times = sorted({begin_s, end_s, *(point.time_s for point in ego.speed if begin_s < point.time_s < end_s)})
    total_m = 0.0
    for begin, end in pairwise(times):
        total_m += (end - begin) * (speed_at(ego, begin) + speed_at(ego, end)) / 2.0
    return total_m
