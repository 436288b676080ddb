"""Find the map that fulfils a plan's road wish on a simulator, and load it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import carla

from simgen.capture.maps import choose_maps
from simgen.capture.road import CarlaRoad, road_of_world
from simgen.capture.session import available_maps, generate_world, load_world
from simgen.errors import PlacementError
from simgen.scenario.plan import EpisodePlan

log = logging.getLogger(__name__)

# Roads by the OpenDRIVE text they were made of: a worker plays many episodes on few maps, and walking a map's lanes
# costs more than looking up what was walked before.
_ROADS: dict[str, CarlaRoad] = {}
MOST_ROADS = 8


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """A fresh world and its road."""

    world: carla.World
    road: CarlaRoad


def load_road(client: carla.Client, plan: EpisodePlan, xodr_text: str | None) -> Loaded:
    """Load the first map, of those that may do, with a start for the ego that fulfils the plan's road wish.

    Raises RequestError if the server has no such map at all, PlacementError if none of them has such a start: what each
    lacks is then said.
    """
    if plan.road.xodr is not None:
        assert xodr_text is not None
        world = generate_world(client, plan.road, xodr_text)
        return Loaded(world, _road_of(world.get_map()))
    refusals: list[str] = []
    for name in choose_maps(plan.road, available_maps(client)):
        world = load_world(client, name)
        road = _road_of(world.get_map())
        try:
            road.starts(plan)
        except PlacementError as error:
            log.info("%s", error)
            refusals.append(str(error))
            continue
        return Loaded(world, road)
    if len(refusals) == 1:
        raise PlacementError(refusals[0])
    lacks = " | ".join(refusal.removeprefix(f"{plan.name}: ") for refusal in refusals)
    raise PlacementError(f"{plan.name}: none of the {plan.road.kind} maps of this simulator will do: {lacks}")


def _road_of(world_map: carla.Map) -> CarlaRoad:
    spawns = "".join(str(transform) for transform in world_map.get_spawn_points())
    content = world_map.name + spawns + world_map.to_opendrive()
    key = hashlib.sha256(content.encode()).hexdigest()
    if key not in _ROADS:
        if len(_ROADS) >= MOST_ROADS:
            _ROADS.pop(next(iter(_ROADS)))
        _ROADS[key] = road_of_world(world_map)
    return _ROADS[key]
