"""Bring a plan's actors into the world, know what each is, and take every one of them out again."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import carla
import numpy as np

from sensors.axes import transform_from_carla_matrix, vector_from_carla
from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.capture.road import Place
from simgen.capture.session import as_simulator_errors
from simgen.errors import PlacementError, RequestError, SpawnError
from simgen.scenario.plan import ActorPlan, EgoPlan

log = logging.getLogger(__name__)

VEHICLE_DROP_M = 0.3         # a vehicle born on the ground collides with it
WALKER_ORIGIN_M = 1.0        # a walker's origin is the middle of its body; it sinks to its feet by itself
GROUND_ABOVE_M = 2.5
GROUND_BELOW_M = 10.0


@dataclass(frozen=True, eq=False, slots=True)
class Spawned:
    """An actor that lives in the simulator.

    by_transform: it has no motion of its own on this server (a static mesh) and is moved by its transform.
    box: the server's bounding box in the actor's right-handed axes.
    substitute: what stands in for the wished blueprint, or None.
    """

    role: str
    kind: str
    blueprint: str
    species: str | None
    actor: carla.Actor
    box: Box3
    start: Place
    plan: ActorPlan | None
    by_transform: bool = False
    substitute: str | None = None


def carla_transform(place: Place, lift_m: float = 0.0) -> carla.Transform:
    """A right-handed place as CARLA's transform, ``lift_m`` higher."""
    return carla.Transform(
        carla.Location(place.x_m, -place.y_m, place.z_m + lift_m),
        carla.Rotation(yaw=-math.degrees(place.yaw_rad)),
    )


def resolve_blueprint(plan: ActorPlan, offered: set[str]) -> tuple[str, bool, str | None]:
    """Blueprint id on this server, whether it must be moved by transform, and the substitution made, if any.

    Raises RequestError naming what is missing, before anything is spawned.
    """
    if plan.kind != "animal":
        assert plan.blueprint is not None
        if plan.blueprint not in offered:
            raise RequestError(f"{plan.role}: this simulator has no blueprint {plan.blueprint}")
        return plan.blueprint, False, None
    animated, static = f"walker.animal.{plan.species}", f"static.prop.{plan.species}"
    if animated in offered:
        return animated, False, None
    if static in offered:
        return static, True, f"{static} moved by transform stands in for {animated}: its legs do not move"
    animals = sorted(name.rsplit(".", 1)[1] for name in offered if name.startswith("walker.animal."))
    raise RequestError(
        f"{plan.role}: this simulator cannot show a {plan.species}: it has neither {animated} nor {static}"
        + (f"; its animals are {', '.join(animals)}" if animals else "; use the built-in simulator or an asset pack")
    )


def base_types(library: carla.BlueprintLibrary) -> dict[str, str]:
    """What kind of vehicle the server says each of its vehicle blueprints is; CARLA leaves some empty."""
    vehicles = [blueprint for blueprint in library.filter("vehicle.*") if blueprint.has_attribute("base_type")]
    kinds = {blueprint.id: blueprint.get_attribute("base_type").as_str() for blueprint in vehicles}
    return {blueprint: kind for blueprint, kind in kinds.items() if kind}


def on_ground(world: carla.World, place: Place, role: str) -> Place:
    """The same spot at the height of the surface there, which must not be far from the road's.

    The search begins just above head height, below the crowns of trees and the roofs of houses.
    Raises PlacementError if there is no surface.
    """
    above = carla.Location(place.x_m, -place.y_m, place.z_m + GROUND_ABOVE_M)
    with as_simulator_errors("cannot find the ground"):
        hit = world.ground_projection(above, GROUND_ABOVE_M + GROUND_BELOW_M)
    if hit is None:
        raise PlacementError(
            f"{role}: there is no ground at x {place.x_m:.1f}, y {-place.y_m:.1f} within {GROUND_BELOW_M:g} m below "
            "the road's height; place it nearer to the road"
        )
    return Place(place.x_m, place.y_m, hit.location.z, place.yaw_rad)


def box_of(actor: carla.Actor) -> Box3:
    """The server's bounding box, in the actor's right-handed axes."""
    bounding = actor.bounding_box
    pose = transform_from_carla_matrix(
        np.array(carla.Transform(bounding.location, bounding.rotation).get_matrix())
    )
    extent = bounding.extent
    return Box3(pose, np.array([2 * extent.x, 2 * extent.y, 2 * extent.z]))


def _set(blueprint: carla.ActorBlueprint, attribute: str, value: str) -> None:
    if blueprint.has_attribute(attribute):
        blueprint.set_attribute(attribute, value)


def _spawn(world: carla.World, blueprint: carla.ActorBlueprint, at: carla.Transform, role: str) -> carla.Actor:
    try:
        return world.spawn_actor(blueprint, at)
    except RuntimeError as error:
        if "time-out" in str(error):
            with as_simulator_errors(f"cannot spawn {role}"):
                raise
        spot = f"x {at.location.x:.1f}, y {at.location.y:.1f}"
        raise SpawnError(f"cannot spawn {role} ({blueprint.id}) at {spot}: {error}") from None


def spawn_ego(
    world: carla.World, library: carla.BlueprintLibrary, plan: EgoPlan, start: Place, living: list[carla.Actor]
) -> Spawned:
    """Create the ego on its spot and add it to ``living``.

    Raises RequestError for an unknown blueprint, SpawnError if the server refuses.
    """
    if plan.blueprint not in {blueprint.id for blueprint in library}:
        raise RequestError(f"ego: this simulator has no blueprint {plan.blueprint}")
    blueprint = library.find(plan.blueprint)
    _set(blueprint, "role_name", "ego")
    if plan.color is not None:
        _set(blueprint, "color", plan.color)
    actor = _spawn(world, blueprint, carla_transform(start, VEHICLE_DROP_M), "ego")
    living.append(actor)
    return Spawned("ego", "vehicle", plan.blueprint, None, actor, box_of(actor), start, None)


def spawn_actor(
    world: carla.World, library: carla.BlueprintLibrary, plan: ActorPlan, start: Place, living: list[carla.Actor]
) -> Spawned:
    """Create one of the plan's actors on the ground at its spot and add it to ``living``.

    Raises PlacementError if there is no ground, SpawnError if the server refuses.
    """
    blueprint_id, by_transform, substitute = resolve_blueprint(plan, {blueprint.id for blueprint in library})
    blueprint = library.find(blueprint_id)
    _set(blueprint, "role_name", plan.role)
    _set(blueprint, "is_invincible", "true")
    if plan.color is not None:
        _set(blueprint, "color", plan.color)
    start = on_ground(world, start, plan.role)
    lift = VEHICLE_DROP_M if plan.kind == "vehicle" else 0.0 if by_transform else WALKER_ORIGIN_M
    actor = _spawn(world, blueprint, carla_transform(start, lift), plan.role)
    living.append(actor)
    return Spawned(
        plan.role, plan.kind, blueprint_id, plan.species, actor, box_of(actor), start, plan, by_transform, substitute
    )


@contextmanager
def destroyed_at_end(client: carla.Client, actors: list[carla.Actor]) -> Iterator[None]:
    """Destroy whatever is in ``actors`` when the block ends, last born first, also after an error."""
    try:
        yield
    finally:
        doomed = [carla.command.DestroyActor(actor) for actor in reversed(actors)]
        if doomed:
            try:
                for response in client.apply_batch_sync(doomed, False):
                    if response.error:
                        log.warning("actor %s was not destroyed: %s", response.actor_id, response.error)
            except RuntimeError as error:      # the server is gone, and its actors with it
                log.warning("nothing was destroyed: %s", error)


def pose_of(snapshot: carla.ActorSnapshot) -> RigidTransform:
    """The actor's pose in right-handed world axes."""
    return transform_from_carla_matrix(np.array(snapshot.get_transform().get_matrix()))


def velocity_of(snapshot: carla.ActorSnapshot) -> np.ndarray:
    """(3,) metres a second in right-handed world axes, as the server says."""
    v = snapshot.get_velocity()
    return np.asarray(vector_from_carla(np.array([v.x, v.y, v.z])))


def rear_axle_x_m(ego: carla.Vehicle, world_from_ego: RigidTransform, box: Box3) -> float:
    """How far ahead of the vehicle's origin its rear axle is (negative: behind), from its wheels.

    CARLA gives wheel positions in world centimetres. Raises SpawnError if they do not lie within the vehicle.
    """
    with as_simulator_errors("cannot read the ego's wheels"):
        wheels = ego.get_physics_control().wheels
    world_m = vector_from_carla(np.array([[w.position.x, w.position.y, w.position.z] for w in wheels]) / 100.0)
    x_m = world_from_ego.inverse().apply(world_m)[:, 0]
    rear = float(np.sort(x_m)[: max(1, len(x_m) // 2)].mean())
    half_length = float(box.size_lwh_m[0]) / 2
    if not -half_length - 0.5 < rear < 0.0:
        raise SpawnError(
            f"ego: the rear wheels of {ego.type_id} are {rear:.2f} m ahead of its middle, outside a body of "
            f"{2 * half_length:.2f} m: the server's wheel positions cannot be used"
        )
    return rear
