"""The dimensions by which episodes are counted: who, in what light, in what weather, how late to be seen.

A dimension puts every plan into one of its cells. Those with a fixed list of cells show what is missing; who and which
road it is can only be said of the plans at hand. Bins of numbers that nothing can fall into are not missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from sensors.carla_weather import visibility_in_fog_m
from simgen.scenario.ego_plans import speed_at, travelled_m
from simgen.scenario.load import Scenario
from simgen.scenario.plan import ActorPlan, EpisodePlan
from simgen.scenario.reach import Spans, bins_reached, distance_spans, reveal_spans, speed_spans
from simgen.scenario.tables import pedestrian, pedestrian_kinds, prop_kinds, stopping_distance_m, vehicle_kinds

NONE = "none"

_KMH = 3.6
_SPEEDS_KMH = (30, 50, 70, 90, 110)
_DISTANCES_M = (10, 20, 40, 80)
_REVEALS_S = (0.7, 1.5, 3.0, 6.0)
_DUST_FROM_PERCENT = 20.0
_RAIN_FROM_MMPH = 0.1
_FOG_BELOW_M = 1000.0           # WMO: fog is a visibility below 1 km
_FOG_BEGINS_BEFORE_M = 50.0
_CLOUDY_FROM_PERCENT = 50.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """cells: all there are, in order; None: whatever the plans have. cell: of a plan.
    reached: the cells that episodes of scenarios can fall into; None: all of them.
    """

    name: str
    cells: tuple[str, ...] | None
    cell: Callable[[EpisodePlan], str]
    reached: Callable[[Sequence[Scenario]], frozenset[str]] | None = None


def binned(value: float, edges: tuple[float, ...], unit: str, scale: float = 1.0) -> str:
    """The bin of a value: "<30 km/h", "30-50 km/h", ">=110 km/h"; an edge belongs to the bin above it."""
    return bins(edges, unit)[sum(value * scale >= edge for edge in edges)]


def bins(edges: tuple[float, ...], unit: str) -> tuple[str, ...]:
    """The names of the bins between edges, the open ones included."""
    words = [f"{edge:g}" for edge in edges]
    inner = [f"{low}-{high} {unit}" for low, high in pairwise(words)]
    return tuple(text.rstrip() for text in (f"<{words[0]} {unit}", *inner, f">={words[-1]} {unit}"))


def main_actor(plan: EpisodePlan) -> ActorPlan | None:
    """Who the episode is about: the first actor of the rare event, else the first that has something to do, else the
    first that is not traffic."""
    own = [actor for actor in plan.actors if not actor.background]
    for wanted in (
        lambda actor: actor.meet is not None,
        lambda actor: actor.event,
        lambda actor: any(step.verb not in ("park", "stand") for step in actor.program),
        lambda actor: True,
    ):
        for actor in own:
            if wanted(actor):
                return actor
    return None


def kind_of(actor: ActorPlan) -> str:
    """A species, or the kind word of a person, vehicle or prop; a blueprint that no kind has stands for itself."""
    if actor.species is not None:
        return actor.species
    if actor.kind == "walker":
        return _kind_by_body().get(actor.size_lwh_m, "adult")
    return _kind_by_blueprint().get(actor.blueprint or "", actor.blueprint or actor.kind)


@cache
def _kind_by_blueprint() -> Mapping[str, str]:
    return {name: kind for table in (vehicle_kinds(), prop_kinds()) for kind, names in table.items() for name in names}


@cache
def _kind_by_body() -> Mapping[tuple[float, float, float], str]:
    """People are told apart by their planned bodies; men and women are planned as adults."""
    kinds = [kind for kind in pedestrian_kinds() if kind not in ("man", "woman")]
    return {pedestrian(kind).size_lwh_m: kind for kind in reversed(kinds)}


def seen_before_impact_s(plan: EpisodePlan) -> float | None:
    """How long before the impact the meeting actor is to be seen: the reveal asked for, else the time it moves."""
    actor = main_actor(plan)
    if actor is None or actor.meet is None:
        return None
    return actor.meet.reveal_s if actor.meet.reveal_s is not None else actor.meet.lead_s


def distance_when_seen_m(plan: EpisodePlan) -> float | None:
    """From the ego's front to the impact when the actor is first to be seen; without a meet, the actor's start."""
    actor, seen_s = main_actor(plan), seen_before_impact_s(plan)
    if actor is None:
        return None
    if actor.meet is not None:
        before_s = actor.meet.time_s if seen_s is None else seen_s
        return travelled_m(plan.ego, actor.meet.time_s - before_s, actor.meet.time_s)
    return actor.placement.ahead_m


def is_avoidable(plan: EpisodePlan) -> bool | None:
    """Whether the ego could stop short of the impact from when the actor is seen: an attentive driver, or the ego's
    automatic braking. None without a meet."""
    actor, distance_m = main_actor(plan), distance_when_seen_m(plan)
    if actor is None or actor.meet is None or distance_m is None:
        return None
    seen_s = seen_before_impact_s(plan)
    since_s = 0.0 if seen_s is None else actor.meet.time_s - seen_s
    driver = "human" if plan.ego.aeb is None else "aeb"
    return distance_m > stopping_distance_m(speed_at(plan.ego, since_s), plan.weather[0].road, driver)


def _species(plan: EpisodePlan) -> str:
    actor = main_actor(plan)
    return NONE if actor is None else kind_of(actor)


def _light(plan: EpisodePlan) -> str:
    altitude_deg = plan.weather[0].carla["sun_altitude_angle"]
    return "day" if altitude_deg >= 10.0 else "golden" if altitude_deg >= 0.0 else (
        "dusk" if altitude_deg >= -6.0 else "night")


def _weather(plan: EpisodePlan) -> str:
    point = plan.weather[0]
    fields = point.carla
    if point.snowfall_mmph > 0.0 or point.snow_depth_m > 0.0:
        return "snow"
    if fields["dust_storm"] >= _DUST_FROM_PERCENT:
        return "dust"
    if point.visibility_m is not None and point.visibility_m < _FOG_BELOW_M:
        return "fog"
    if point.rain_mmph >= _RAIN_FROM_MMPH:
        return "rain"
    thick = visibility_in_fog_m(fields["fog_density"]) < _FOG_BELOW_M
    if thick and fields["fog_distance"] < _FOG_BEGINS_BEFORE_M:
        return "fog"
    return "cloudy" if fields["cloudiness"] >= _CLOUDY_FROM_PERCENT else "clear"


def _distance(plan: EpisodePlan) -> str:
    distance_m = distance_when_seen_m(plan)
    return NONE if distance_m is None else binned(distance_m, _DISTANCES_M, "m")


def _occlusion(plan: EpisodePlan) -> str:
    actor = main_actor(plan)
    hidden = actor is not None and ((actor.meet is not None and actor.meet.behind is not None) or (
        actor.placement.between == "ends" and (actor.placement.ahead_m or 0.0) > 0.0 and actor.placement.same_line))
    return "behind something" if hidden else NONE


def _reveal(plan: EpisodePlan) -> str:
    seen_s = seen_before_impact_s(plan)
    return NONE if seen_s is None else binned(seen_s, _REVEALS_S, "s")


def _road(plan: EpisodePlan) -> str:
    road = plan.road
    return road.kind or road.name or road.xodr or NONE


def _avoidable(plan: EpisodePlan) -> str:
    answer = is_avoidable(plan)
    return NONE if answer is None else "yes" if answer else "no"


def _binned(
    name: str, edges: tuple[float, ...], unit: str, cell: Callable[[EpisodePlan], str],
    spans: Callable[[Sequence[Scenario]], Spans | None], scale: float = 1.0,
) -> Dimension:
    """A dimension of a number, whose ``spans`` times ``scale`` are in the unit of the edges."""
    names = bins(edges, unit)
    own = tuple(edge / scale for edge in edges)
    return Dimension(name, names, cell, lambda scenarios: bins_reached(spans(scenarios), own, names))


DIMENSIONS: Mapping[str, Dimension] = {
    one.name: one for one in (
        Dimension("species", None, _species),
        Dimension("light", ("day", "golden", "dusk", "night"), _light),
        Dimension("weather", ("clear", "cloudy", "rain", "fog", "snow", "dust"), _weather),
        _binned("distance", _DISTANCES_M, "m", _distance, distance_spans),
        _binned("speed", _SPEEDS_KMH, "km/h",
                lambda plan: binned(speed_at(plan.ego, 0.0), _SPEEDS_KMH, "km/h", _KMH), speed_spans, _KMH),
        Dimension("occlusion", (NONE, "behind something"), _occlusion),
        _binned("reveal", _REVEALS_S, "s", _reveal, reveal_spans),
        Dimension("road", None, _road),
        Dimension("avoidable", ("yes", "no"), _avoidable),
    )
}
