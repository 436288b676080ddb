"""``traffic`` → background actors: vehicles and people who have nothing to do with the event.

Each candidate has a number, and everything about it comes from draws of that number alone; the density says how many
of them there are. So a higher density adds actors and changes none of the others. They are not in ``drawn``; the plan
has them all.

Background traffic keeps out of the event. Not planned at all is a vehicle that
  * in the ego's own lane comes within 15 m of it, middle to middle, at any time from the warm-up to the last frame, as
    one does that is slower and ahead, or faster and behind (nobody's speed is changed to prevent that);
  * passes the place of a meeting within 4 s of it.
Who finds no room on the map is left out by ``simgen.motion``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from simgen.scenario.actor_kinds import Identity, person, rgb, vehicle
from simgen.scenario.chance import Choice, Normal
from simgen.scenario.draws import Draws
from simgen.scenario.ego_plans import speed_at, travelled_m
from simgen.scenario.meets import clip_s
from simgen.scenario.plan import ActorPlan, CapturePlan, EgoPlan, Placement, RoadWish, Step, WeatherPoint
from simgen.scenario.tables import crowd, pedestrian_kinds, sheltered, traffic_colors, vehicle_kinds

if TYPE_CHECKING:
    from simgen.scenario.models import TrafficModel

BEHIND_M, AHEAD_M = -60.0, 160.0        # the stretch of the ego's road that is filled
_USUAL_KINDS = {"car": 5.0, "van": 1.0, "truck": 1.0}
_PEOPLE = {"adult": 8.0, "child": 1.0, "elderly": 1.0}
_CLEAR_S = 4.0                          # no vehicle passes the impact so shortly before or after it
_CLEAR_OF_EGO_M = 15.0
_LEAST_ONCOMING_MPS = 3.0               # of those whose speed is not told, when the ego stands
_PAVEMENT_M = (0.8, 2.3)                # beyond the edge of the driving lanes
_PAINTED = ("car", "van")
_UMBRELLA = "umbrella"                  # a kind of pedestrian


@dataclass(frozen=True, slots=True)
class _Event:
    """Where along the ego's lane, from its start, and when somebody meets it."""

    station_m: float
    time_s: float


def plan_traffic(
    traffic: TrafficModel | None, ego: EgoPlan, road: RoadWish, actors: Sequence[ActorPlan], capture: CapturePlan,
    draws: Draws,
) -> list[ActorPlan]:
    """The background of an episode: vehicles of both directions, people on both pavements.

    Raises ``ScenarioMistakes`` if a drawn speed is not allowed.
    """
    if traffic is None:
        return []
    events = [_Event(travelled_m(ego, 0.0, one.meet.time_s), one.meet.time_s) for one in actors if one.meet is not None]
    return [*_vehicles(traffic, ego, road, events, capture, draws), *_people(traffic, draws)]


def _vehicles(
    traffic: TrafficModel, ego: EgoPlan, road: RoadWish, events: Sequence[_Event], capture: CapturePlan, draws: Draws
) -> Iterator[ActorPlan]:
    weights = traffic.kinds or _USUAL_KINDS
    kinds = Choice(tuple(sorted(weights)), tuple(weights[kind] for kind in sorted(weights)))
    paints = Choice(tuple(traffic_colors()), tuple(traffic_colors().values()))
    wide = road.kind == "highway" or (road.lanes or 2) >= 4
    begin_m = -travelled_m(ego, -capture.warmup_s, 0.0)        # where the ego is when everybody begins
    for number in range(2 * _count(draws.value(traffic.vehicles), "traffic.vehicles", draws)):
        def unit(word: str, path: str = f"traffic.vehicles.{number}") -> float:
            return draws.raw_unit(f"{path}.{word}")

        station_m = BEHIND_M + (AHEAD_M - BEHIND_M) * unit("station")
        oncoming = number % 2 == 0
        speed_mps = (
            _usual_speed(speed_at(ego, 0.0), oncoming, station_m > begin_m, unit("speed")) if traffic.speed is None
            else draws.each(traffic.speed, f"traffic.vehicles.{number}.speed"))
        lane = Choice((0, 1, -1), (2.0, 1.0, 1.0)).quantile(unit("lane")) if wide else 0
        velocity_mps = -speed_mps if oncoming else speed_mps
        if (not oncoming and lane == 0 and not _stays_clear(station_m, speed_mps, ego, capture)) or any(
            _passes(station_m, velocity_mps, event, capture.warmup_s) for event in events
        ):
            continue
        kind = kinds.quantile(unit("kind"))
        ids = vehicle_kinds()[kind]
        yield _background(
            f"traffic_vehicle_{number + 1}", vehicle(ids[int(unit("blueprint") * len(ids))]),
            Placement(station_m, oncoming=True, heading_rad=math.pi) if oncoming else Placement(station_m, lane=lane),
            Step("follow_road", speed_mps=speed_mps),
            rgb(paints.quantile(unit("color"))) if kind in _PAINTED else None,
        )


def _usual_speed(ego_mps: float, oncoming: bool, ahead: bool, u: float) -> float:
    """About as fast as the ego; who drives its way is a little faster ahead of it, and a little slower behind."""
    if oncoming:
        return max(ego_mps, _LEAST_ONCOMING_MPS) * (0.85 + 0.3 * u)
    return ego_mps * (1.0 + 0.1 * u) if ahead else ego_mps * (1.0 - 0.1 * u)


def _stays_clear(station_m: float, speed_mps: float, ego: EgoPlan, capture: CapturePlan) -> bool:
    """Whether a vehicle in the ego's lane stays ahead of it, or behind it, for the whole episode.

    It begins at its station, and the ego so far before the origin as it drives during the warm-up.
    """
    begin_s, end_s = -capture.warmup_s, clip_s(capture)
    times = sorted({begin_s, end_s, *(one.time_s for one in ego.speed if begin_s < one.time_s < end_s)})
    for before_s, after_s in pairwise(tuple(times)):
        before_mps, after_mps = (speed_at(ego, time_s) for time_s in (before_s, after_s))
        if (before_mps - speed_mps) * (after_mps - speed_mps) < 0.0:        # the gap is least, or greatest, in between
            share = (speed_mps - before_mps) / (after_mps - before_mps)
            times.append(before_s + share * (after_s - before_s))
    gaps_m = [
        station_m + speed_mps * (time_s - begin_s) - (travelled_m(ego, 0.0, time_s) if time_s >= 0.0 else
                                                      -travelled_m(ego, time_s, 0.0)) for time_s in times]
    return min(gaps_m) >= _CLEAR_OF_EGO_M or max(gaps_m) <= -_CLEAR_OF_EGO_M


def _passes(station_m: float, velocity_mps: float, event: _Event, warmup_s: float) -> bool:
    """Whether a vehicle is at the impact's place about when it happens; it begins with the warm-up."""
    if velocity_mps == 0.0:
        return abs(station_m - event.station_m) < _CLEAR_OF_EGO_M
    return abs((event.station_m - station_m) / velocity_mps - warmup_s - event.time_s) < _CLEAR_S


def _people(traffic: TrafficModel, draws: Draws) -> Iterator[ActorPlan]:
    walk = crowd()
    pace = Normal(walk.mean_mps, walk.sd_mps, (walk.least_mps, walk.most_mps))
    kinds = Choice(tuple(_PEOPLE), tuple(_PEOPLE.values()))
    for number in range(2 * _count(draws.value(traffic.pedestrians), "traffic.pedestrians", draws)):
        def unit(word: str, path: str = f"traffic.pedestrians.{number}") -> float:
            return draws.raw_unit(f"{path}.{word}")

        kind = kinds.quantile(unit("kind"))
        ids = pedestrian_kinds()[kind]
        against = unit("direction") < 0.5
        low, high = _PAVEMENT_M
        yield _background(
            f"traffic_walker_{number + 1}", person(kind, ids[int(unit("blueprint") * len(ids))]),
            Placement(BEHIND_M + (AHEAD_M - BEHIND_M) * unit("station"), side="right" if number % 2 == 0 else "left",
                      off_road_m=low + (high - low) * unit("off_road"), heading_rad=math.pi if against else 0.0),
            Step("follow_road", speed_mps=pace.quantile(unit("speed")), against=against), None,
        )


def under_umbrellas(
    actors: Sequence[ActorPlan], weather: Sequence[WeatherPoint], draws: Draws
) -> tuple[ActorPlan, ...]:
    """The same actors; where it rains as the episode begins, some grown-ups of the background carry an umbrella."""
    share, from_percent = sheltered()
    if weather[0].carla["precipitation"] < from_percent:
        return tuple(actors)
    return tuple(_sheltered(actor) if actor.background and actor.blueprint in pedestrian_kinds()[_UMBRELLA]
                 and draws.raw_unit(f"{actor.role}.umbrella") < share else actor for actor in actors)


def _sheltered(actor: ActorPlan) -> ActorPlan:
    assert actor.blueprint is not None
    carrier = person(_UMBRELLA, actor.blueprint)
    return replace(actor, size_lwh_m=carrier.size_lwh_m, attributes=carrier.attributes)


def _count(density_per_km: float, path: str, draws: Draws) -> int:
    """How many on one side of the stretch: the mean is exact, and a higher density never gives fewer."""
    return int(density_per_km * (AHEAD_M - BEHIND_M) / 1000.0 + draws.raw_unit(f"{path}.count"))


def _background(
    role: str, identity: Identity, placement: Placement, step: Step, color: str | None
) -> ActorPlan:
    return ActorPlan(
        role=role, kind=identity.kind, blueprint=identity.blueprint, species=None, size_lwh_m=identity.size_lwh_m,
        placement=placement, program=(step,), color=color, attributes=identity.attributes, background=True)
