"""Vehicles that belong to the level: parked cars that a town came with, which are no actors.

A server tells of them by ``get_environment_objects``. Some servers list spawned vehicles there as well, and some give
the box in the object's own axes instead of the world's; both are recognised.
"""

from __future__ import annotations

from collections.abc import Iterable

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.axes import transform_from_carla_matrix, vector_from_carla
from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.capture.session import as_simulator_errors
from simgen.frame import LevelObject
from simgen.motion.bodies import Body
from simgen.motion.road import Place
from simgen.motion.standing import Standing

SIGHT_M = 200.0             # farther away no sensor of a rig sees a car

_KINDS = {
    "car": carla.CityObjectLabel.Car, "truck": carla.CityObjectLabel.Truck, "bus": carla.CityObjectLabel.Bus,
    "motorcycle": carla.CityObjectLabel.Motorcycle, "bicycle": carla.CityObjectLabel.Bicycle,
}
_NUMBERS = 1 << 32


def level_vehicles(world: carla.World) -> tuple[LevelObject, ...]:
    """All vehicles of the level, sorted by number; boxes without a body are left out. Ask before anybody is spawned.

    Raises SimulatorLost, SimulatorError.
    """
    with as_simulator_errors("cannot list the level's vehicles"):
        found = [
            (int(thing.id) % _NUMBERS, kind, world_box(thing))
            for kind, label in _KINDS.items()
            for thing in world.get_environment_objects(label)
        ]
    solid = [LevelObject(number, kind, box.frame_from_box, box.size_lwh_m)
             for number, kind, box in found if box is not None]
    return tuple(sorted(solid, key=lambda thing: thing.number))


def world_box(thing: carla.EnvironmentObject) -> Box3 | None:
    """A level object's box in right-handed world axes; None if it has no volume."""
    box = thing.bounding_box
    size = 2.0 * np.array([box.extent.x, box.extent.y, box.extent.z])
    if not (size > 0.0).all():
        return None
    pose = transform_from_carla_matrix(thing.transform.get_matrix())
    box_pose = transform_from_carla_matrix(carla.Transform(box.location, box.rotation).get_matrix())
    centre = vector_from_carla([box.location.x, box.location.y, box.location.z])
    # In world axes a box lies where its object is; in the object's own it lies near their origin.
    in_world = np.linalg.norm(centre - pose.translation_m) <= np.linalg.norm(centre)
    return Box3(box_pose if in_world else pose @ box_pose, size)


def standing(things: Iterable[LevelObject]) -> tuple[Standing, ...]:
    """The same things as a stage knows them: upright, with the middle of the footprint as their place."""
    return tuple(_standing(thing) for thing in things)


def _standing(thing: LevelObject) -> Standing:
    length_m, width_m, height_m = thing.size_lwh_m.tolist()
    x, y, z = thing.world_from_box.translation_m.tolist()
    return Standing(thing.kind, Place(x, y, z - height_m / 2, thing.world_from_box.yaw_rad),
                    Body(length_m, width_m, height_m))


def around(things: Iterable[LevelObject], place_m: NDArray[np.float64], reach_m: float) -> tuple[LevelObject, ...]:
    """Those whose middle is at most ``reach_m`` from a place, seen from above."""
    x, y = place_m[:2]
    return tuple(thing for thing in things
                 if np.hypot(*(thing.world_from_box.translation_m[:2] - (x, y))) <= reach_m)


def without_actors(
    things: Iterable[LevelObject], actors: Iterable[tuple[RigidTransform, Box3]]
) -> tuple[LevelObject, ...]:
    """Those that are no spawned actors in truth.

    actors: pose of each vehicle that was spawned, and its box in its own axes.
    """
    boxes = [box.transformed(pose) for pose, box in actors]
    return tuple(thing for thing in things if not any(
        box.contains(thing.world_from_box.translation_m[None])[0] or thing.box.contains(
            box.frame_from_box.translation_m[None])[0] for box in boxes))
