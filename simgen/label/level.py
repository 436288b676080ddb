"""Vehicles that belong to the level, such as parked cars, treated as if they were actors that never move.

A simulator gives them a box and a number, but no LiDAR id, and on most servers the number is not the one that
pictures hold. So they are known by class and place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.frame import ActorState, Frame, LevelObject, Sweep
from simgen.label.tables import level_blueprint, level_kind
from simgen.label.tags import VEHICLES, tags_of

_SIDE_M = (0.2, 40.0)       # a level box with a shorter or longer side is a mistake of the level, and no vehicle
_EGO_MARGIN_M = 0.5         # the rig's origin is on the ground, a box may begin above it
_STANDING = np.zeros(3)


def level_actors(frame: Frame) -> tuple[ActorState, ...]:
    """The level's vehicles without those that are spawned ones or the ego in truth, as some servers list them too."""
    things = [thing for thing in frame.level_objects if _is_vehicle_sized(thing)]
    if not things:
        return ()
    centres_m = np.stack([thing.world_from_box.translation_m for thing in things])
    twice = np.zeros(len(things), dtype=np.bool_)
    for actor in (actor for actor in frame.actors if actor.kind == "vehicle"):
        twice |= actor.box.transformed(actor.world_from_actor).contains(centres_m)
    ego_m = frame.world_from_rig.translation_m
    near_ego = np.linalg.norm(centres_m - ego_m, axis=1) < _SIDE_M[1]
    for number in np.flatnonzero(near_ego):
        twice[number] |= things[number].box.contains(ego_m[None], _EGO_MARGIN_M)[0]
    return tuple(_as_actor(thing) for thing, is_twice in zip(things, twice, strict=True) if not is_twice)


def unowned_vehicle_returns(sweep: Sweep) -> NDArray[np.bool_]:
    """(N,) which returns are of vehicles that are no actors."""
    return np.asarray((sweep.simulator_id == 0) & tags_of(*VEHICLES)[sweep.tag])


def unowned_vehicle_points(sweep: Sweep) -> NDArray[np.float32]:
    """(M, 3) these returns, in LiDAR axes."""
    return np.asarray(sweep.points_m[unowned_vehicle_returns(sweep)])


def _is_vehicle_sized(thing: LevelObject) -> bool:
    least_m, most_m = _SIDE_M
    return bool((thing.size_lwh_m >= least_m).all() and (thing.size_lwh_m <= most_m).all())


def _as_actor(thing: LevelObject) -> ActorState:
    length_m, width_m, height_m = thing.size_lwh_m.tolist()
    kind = level_kind(thing.kind, (length_m, width_m, height_m))
    return ActorState(
        role=thing.role, kind="vehicle", blueprint=level_blueprint(kind), species=None,
        simulator_id=thing.number, world_from_actor=thing.world_from_box, velocity_mps=_STANDING,
        box=Box3(RigidTransform.identity(), thing.size_lwh_m),
    )
