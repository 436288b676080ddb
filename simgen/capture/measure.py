"""What a server's vehicles measure, found out before the stage is set: a body decides where it may stand.

A vehicle is spawned, looked at and destroyed again. CARLA has wrong boxes for some (two-wheelers without width up to
0.9.14, a bus as wide as its mirrors); a box far from the nominal size is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import carla
import numpy as np

from sensors.axes import transform_from_carla_matrix, vector_from_carla
from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.capture.ending import destroyed_at_end
from simgen.capture.session import as_simulator_errors, tick
from simgen.errors import SpawnError
from simgen.motion.bodies import NOMINAL_EGO, Body
from simgen.motion.road import Place
from simgen.scenario.plan import EpisodePlan

# A side of a box is believed within these shares of the nominal one.
BELIEVED = (0.6, 1.6)
# A hidden spot for vehicles that are only looked at: above the road, one above the other.
ABOVE_M = 30.0
APART_M = 10.0              # a vehicle that was destroyed is in the way until the next tick
THINNEST_M = 0.02           # a box with a thinner side is a server's mistake

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Extent:
    """A server's bounding box: length, width, height, and its middle in the actor's right-handed axes."""

    size_lwh_m: Vector
    centre_m: Vector


@dataclass(frozen=True, slots=True)
class Measured:
    """bodies: "ego" and every vehicle's role. rear_axle_x_m: of the ego, ahead of its origin (negative: behind).
    notes: role → why a server's box was not believed."""

    bodies: dict[str, Body]
    rear_axle_x_m: float
    notes: dict[str, str]


def measure(
    client: carla.Client, world: carla.World, library: carla.BlueprintLibrary, plan: EpisodePlan, at: Place
) -> Measured:
    """Look at the ego and at each kind of vehicle of a plan. ``at``: a free spot on the road. The world is synchronous.

    Raises SpawnError if the server refuses, SimulatorError and its kin if it fails.
    """
    vehicles = [actor for actor in plan.actors if actor.kind == "vehicle"]
    blueprints = sorted({vehicle.blueprint for vehicle in vehicles if vehicle.blueprint is not None})
    lent: list[carla.Actor] = []
    with destroyed_at_end(client, lent, must=True):
        ego_extent, rear_axle_m = _ego(world, library, plan.ego.blueprint, at, lent)
        extents = {
            name: extent_of(_born(world, library, name, at, ABOVE_M + number * APART_M, lent))
            for number, name in enumerate(blueprints)
        }
    tick(world)                                 # nobody is left of them when the play begins
    notes: dict[str, str] = {}
    nominal = NOMINAL_EGO
    bodies = {"ego": believed(
        "ego", plan.ego.blueprint, ego_extent, (nominal.length_m, nominal.width_m, nominal.height_m), notes
    )}
    for actor in vehicles:
        assert actor.blueprint is not None
        bodies[actor.role] = believed(
            actor.role, actor.blueprint, extents[actor.blueprint], actor.size_lwh_m, notes
        )
    return Measured(bodies, rear_axle_m, notes)


def believed(
    role: str, blueprint: str, found: Extent, nominal_lwh_m: Sequence[float], notes: dict[str, str]
) -> Body:
    """The server's box as a body, or the nominal size where it cannot be true; then ``notes`` says so."""
    shares = np.array(found.size_lwh_m) / np.array(nominal_lwh_m)
    # The ego may be anything from a microcar to a lorry, so only nonsense is refused there.
    low, high = BELIEVED if role != "ego" else (0.3, 4.0)
    if np.all((shares >= low) & (shares <= high)):
        return Body(*found.size_lwh_m, found.centre_m[0])
    length, width, height = found.size_lwh_m
    notes[role] = (
        f"the server's box of {blueprint} ({length:.2f} x {width:.2f} x {height:.2f} m) is not believed; "
        f"the nominal {' x '.join(f'{side:.2f}' for side in nominal_lwh_m)} m stands in for placing it"
    )
    nominal_length, nominal_width, nominal_height = (float(side) for side in nominal_lwh_m)
    return Body(nominal_length, nominal_width, nominal_height)


def _ego(
    world: carla.World, library: carla.BlueprintLibrary, name: str, at: Place, lent: list[carla.Actor]
) -> tuple[Extent, float]:
    """Its box, and where its rear axle is; on the road for a tick, since wheels have no place before."""
    actor = _born(world, library, name, at, 0.3, lent)
    state = tick(world).find(actor.id)
    if state is None:
        raise SpawnError(f"ego: {name} was gone after its first tick")
    pose = transform_from_carla_matrix(np.array(state.get_transform().get_matrix()))
    return extent_of(actor), rear_axle_x_m(actor, pose)


def _born(
    world: carla.World, library: carla.BlueprintLibrary, name: str, at: Place, lift_m: float, lent: list[carla.Actor]
) -> carla.Actor:
    """A vehicle to look at, added to ``lent``."""
    transform = carla.Transform(
        carla.Location(at.x_m, -at.y_m, at.z_m + lift_m), carla.Rotation(yaw=float(-np.degrees(at.yaw_rad)))
    )
    try:
        actor = world.spawn_actor(library.find(name), transform)
    except RuntimeError as error:
        if "time-out" in str(error):
            with as_simulator_errors(f"cannot measure {name}"):
                raise
        raise SpawnError(f"cannot measure {name}: the server refuses to spawn it: {error}") from None
    lent.append(actor)
    return actor


def _answered(actor: carla.Actor) -> carla.BoundingBox:
    """The server's box of an actor. Asked a second time where the first answer has no size: one that is wrong for once
    must not change what is recorded, and one that is wrong always says so again."""
    bounding = actor.bounding_box
    half = bounding.extent
    return bounding if 2 * min(half.x, half.y, half.z) >= THINNEST_M else actor.bounding_box


def extent_of(actor: carla.Actor) -> Extent:
    """What the server answers, right or wrong."""
    return _extent(_answered(actor))


def _extent(bounding: carla.BoundingBox) -> Extent:
    half, centre = bounding.extent, bounding.location
    return Extent((2 * half.x, 2 * half.y, 2 * half.z), (centre.x, -centre.y, centre.z))


def box_of(actor: carla.Actor, nominal_lwh_m: Sequence[float]) -> Box3:
    """The server's bounding box, in the actor's right-handed axes; of nominal size where it has none to speak of."""
    bounding = _answered(actor)
    size = _extent(bounding).size_lwh_m
    if min(size) < THINNEST_M:
        return Box3.upright([0.0, 0.0, 0.0], 0.0, np.array(nominal_lwh_m))
    pose = transform_from_carla_matrix(
        np.array(carla.Transform(bounding.location, bounding.rotation).get_matrix())
    )
    return Box3(pose, np.array(size))


def rear_axle_x_m(ego: carla.Vehicle, world_from_ego: RigidTransform) -> float:
    """How far ahead of the vehicle's origin its rear axle is (negative: behind), from its wheels.

    CARLA gives wheel positions in world centimetres. Raises SpawnError if they do not lie within the vehicle.
    """
    with as_simulator_errors("cannot read the ego's wheels"):
        wheels = ego.get_physics_control().wheels
    world_m = vector_from_carla(np.array([[w.position.x, w.position.y, w.position.z] for w in wheels]) / 100.0)
    x_m = world_from_ego.inverse().apply(world_m)[:, 0]
    rear = float(np.sort(x_m)[: max(1, len(x_m) // 2)].mean())
    half_length = extent_of(ego).size_lwh_m[0] / 2
    if not -half_length - 0.5 < rear < 0.0:
        raise SpawnError(
            f"ego: the rear wheels of {ego.type_id} are {rear:.2f} m ahead of its middle, outside a body of "
            f"{2 * half_length:.2f} m: the server's wheel positions cannot be used"
        )
    return rear
