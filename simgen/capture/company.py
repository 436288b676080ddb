"""Everybody in the world: who was spawned, for whom there was no room, and what was in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import carla
import numpy as np

from simgen.capture.measure import Measured
from simgen.capture.signals import hold_signals
from simgen.capture.spawn import Casting, Spawned, spawn_actor, spawn_ego
from simgen.errors import SpawnError
from simgen.motion.stage import Stage
from simgen.motion.standing import Standing, in_the_way, taken

AT_HAND_M = 0.3             # a car of the level so near to where somebody could not be spawned was in the way


@dataclass(frozen=True, eq=False, slots=True)
class Company:
    """Everybody in the world. notes: role → what is not as the plan says."""

    ego: Spawned
    actors: tuple[Spawned, ...]
    notes: dict[str, str]

    @property
    def everybody(self) -> tuple[Spawned, ...]:
        return (self.ego, *self.actors)


def gathered(
    world: carla.World, library: carla.BlueprintLibrary, stage: Stage, castings: dict[str, Casting],
    measured: Measured, living: list[carla.Actor], parked: Sequence[Standing] = (),
) -> tuple[Company, frozenset[str]]:
    """Spawn everybody who was not left out; and the roles of background traffic for which there was no room.

    The stage keeps clear of the level's vehicles, but neither it nor the road tells of other things of the level.
    parked: the level's vehicles, to say what is in the way. Raises SpawnError.
    """
    ego = spawn_ego(world, library, stage.plan.ego, stage.ego_start, living)
    places, actors, crowded = stage.places, [], set()
    for actor in stage.plan.actors:
        if actor.role in places:
            try:
                actors.append(spawn_actor(world, library, actor, castings[actor.role], places[actor.role], living))
            except SpawnError as error:
                if not actor.background:
                    raise SpawnError(_why(error, stage, actor.role, parked)) from None
                crowded.add(actor.role)
    hold_signals(world, world.get_map(), ego, tuple(actors))
    return Company(ego, tuple(actors), measured.notes), frozenset(crowded)


def _why(error: SpawnError, stage: Stage, role: str, parked: Sequence[Standing]) -> str:
    """What the server said, and which car of the level is in the way, if one is at hand."""
    if not parked:
        return str(error)
    place = stage.places[role]
    pose = np.array([[place.x_m, place.y_m, place.z_m, place.yaw_rad]])
    thing = in_the_way(pose, stage.bodies[role], parked, AT_HAND_M)
    return str(error) if thing is None else f"{error}: {taken(thing)}"


def without(stage: Stage, roles: frozenset[str]) -> Stage:
    """The stage with some of the background traffic left out."""
    parts = {role: part for role, part in stage.parts.items() if role not in roles}
    return replace(stage, parts=parts, left_out=(*stage.left_out, *sorted(roles)))
