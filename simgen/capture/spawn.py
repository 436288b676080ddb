"""Bring a plan's actors into the world, and know what each is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import carla
import numpy as np

from sensors.axes import transform_from_carla_matrix, vector_from_carla
from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.capture.measure import box_of
from simgen.capture.session import as_simulator_errors
from simgen.errors import PlacementError, RequestError, SpawnError
from simgen.motion.bodies import NOMINAL_EGO
from simgen.motion.needs import steps_of
from simgen.motion.road import Place
from simgen.scenario.plan import ActorPlan, EgoPlan, EpisodePlan

VEHICLE_DROP_M = 0.3         # a vehicle born on the ground collides with it
WALKER_ORIGIN_M = 1.0        # a walker's origin is the middle of its body; it sinks to its feet by itself
GROUND_ABOVE_M = 2.5
DOORS_ATTRIBUTE = "has_dynamic_doors"
GROUND_BELOW_M = 10.0
CARRY_ABOVE_M, CARRY_BELOW_M = 0.6, 1.5     # a carried thing's next ground is no higher or lower than that


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

    @property
    def origin_height_m(self) -> float:
        """Of its origin above its feet: 0 for vehicles and props, half the body for CARLA's walkers."""
        return max(0.0, float(self.box.size_lwh_m[2] / 2 - self.box.frame_from_box.translation_m[2]))


def carla_transform(place: Place, lift_m: float = 0.0) -> carla.Transform:
    """A right-handed place as CARLA's transform, ``lift_m`` higher."""
    return carla.Transform(
        carla.Location(place.x_m, -place.y_m, place.z_m + lift_m),
        carla.Rotation(yaw=-math.degrees(place.yaw_rad)),
    )


@dataclass(frozen=True, slots=True)
class Casting:
    """Which blueprint of this server plays an actor. by_transform, substitute: as in ``Spawned``."""

    blueprint: str
    by_transform: bool
    substitute: str | None


def cast_actor(plan: ActorPlan, library: carla.BlueprintLibrary) -> Casting:
    """Raises RequestError naming the blueprint or attribute that this server lacks, before anything is spawned."""
    offered = {blueprint.id for blueprint in library}
    casting = _casting(plan, offered)
    blueprint = library.find(casting.blueprint)
    lacks = [key for key in plan.attributes if not blueprint.has_attribute(key)]
    if plan.background and lacks:               # whoever only fills the street may look otherwise
        without = ", ".join(lacks)
        return replace(casting, substitute=f"{casting.blueprint} without {without}, which this simulator lacks")
    for key, value in plan.attributes.items():
        if key in lacks:
            known = ", ".join(sorted(attribute.id for attribute in blueprint)) or "none"
            raise RequestError(
                f"{plan.role}: {casting.blueprint} of this simulator has no attribute {key} (asked: {key}={value}); "
                f"it has {known}"
            )
        try:
            blueprint.set_attribute(key, value)
        except RuntimeError as error:
            raise RequestError(f"{plan.role}: {casting.blueprint}: {key}={value}: {error}") from None
    opens = any(step.verb == "open_door" for step in steps_of(plan.program))
    # The call that opens a door is not answered: a refusal would go unnoticed.
    if opens and blueprint.has_attribute(DOORS_ATTRIBUTE) and not blueprint.get_attribute(DOORS_ATTRIBUTE).as_bool():
        raise RequestError(f"{plan.role}: {casting.blueprint} of this simulator has no doors that open")
    return casting


def _casting(plan: ActorPlan, offered: set[str]) -> Casting:
    if plan.kind != "animal":
        assert plan.blueprint is not None
        if plan.blueprint not in offered:
            raise RequestError(f"{plan.role}: this simulator has no blueprint {plan.blueprint}")
        return Casting(plan.blueprint, plan.kind == "prop", None)
    animated, static = f"walker.animal.{plan.species}", f"static.prop.{plan.species}"
    if animated in offered:
        return Casting(animated, False, None)
    if static in offered:
        return Casting(static, True, f"{static} moved by transform stands in for {animated}: its legs do not move")
    animals = sorted(name.rsplit(".", 1)[1] for name in offered if name.startswith("walker.animal."))
    raise RequestError(
        f"{plan.role}: this simulator cannot show a {plan.species}: it has neither {animated} nor {static}"
        + (f"; its animals are {', '.join(animals)}" if animals else "; use the built-in simulator or an asset pack")
    )


def cast_plan(plan: EpisodePlan, library: carla.BlueprintLibrary) -> dict[str, Casting]:
    """Everybody's blueprint, by role. Raises RequestError for the first that this server cannot show."""
    if plan.ego.blueprint not in {blueprint.id for blueprint in library}:
        raise RequestError(f"{plan.name}: ego: this simulator has no blueprint {plan.ego.blueprint}")
    try:
        return {actor.role: cast_actor(actor, library) for actor in plan.actors}
    except RequestError as error:
        raise RequestError(f"{plan.name}: {error}") from None


def base_types(library: carla.BlueprintLibrary) -> dict[str, str]:
    """What kind of vehicle the server says each of its vehicle blueprints is; CARLA leaves some empty."""
    vehicles = [blueprint for blueprint in library.filter("vehicle.*") if blueprint.has_attribute("base_type")]
    kinds = {blueprint.id: blueprint.get_attribute("base_type").as_str() for blueprint in vehicles}
    return {blueprint: kind for blueprint, kind in kinds.items() if kind}


def on_ground(world: carla.World, place: Place, role: str) -> Place:
    """The same spot at the height of the surface there, which must not be far from the road's.

    The search begins just above head height, below the crowns of trees and the roofs of houses; no bush counts.
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
    height = float(hit.location.z)
    if hit.label == carla.CityObjectLabel.Vegetation:
        beneath = ground_under(world, place, GROUND_ABOVE_M, GROUND_BELOW_M)
        height = height if beneath is None else beneath
    return Place(place.x_m, place.y_m, height, place.yaw_rad)


# What people and animals stand on; everything else that a ray meets is a thing of its own.
_GROUND = (
    carla.CityObjectLabel.Roads, carla.CityObjectLabel.RoadLines, carla.CityObjectLabel.Sidewalks,
    carla.CityObjectLabel.Ground, carla.CityObjectLabel.Terrain, carla.CityObjectLabel.Bridge,
)


def ground_under(
    world: carla.World, place: Place, above_m: float = CARRY_ABOVE_M, below_m: float = CARRY_BELOW_M
) -> float | None:
    """Height of the ground near a place's height, looked for through whatever stands there; None if there is none."""
    above = carla.Location(place.x_m, -place.y_m, place.z_m + above_m)
    below = carla.Location(place.x_m, -place.y_m, place.z_m - below_m)
    with as_simulator_errors("cannot find the ground"):
        hits = world.cast_ray(above, below)
    heights = [float(hit.location.z) for hit in hits if hit.label in _GROUND]
    return max(heights, default=None)


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
    """Create the ego on its spot and add it to ``living``. Raises SpawnError if the server refuses."""
    blueprint = library.find(plan.blueprint)
    _set(blueprint, "role_name", "ego")
    if plan.color is not None:
        _set(blueprint, "color", plan.color)
    actor = _spawn(world, blueprint, carla_transform(start, VEHICLE_DROP_M), "ego")
    living.append(actor)
    nominal = (NOMINAL_EGO.length_m, NOMINAL_EGO.width_m, NOMINAL_EGO.height_m)
    return Spawned("ego", "vehicle", plan.blueprint, None, actor, box_of(actor, nominal), start, None)


def spawn_actor(
    world: carla.World, library: carla.BlueprintLibrary, plan: ActorPlan, casting: Casting, start: Place,
    living: list[carla.Actor],
) -> Spawned:
    """Create one of the plan's actors on the ground at its spot and add it to ``living``.

    Raises PlacementError if there is no ground, SpawnError if the server refuses.
    """
    blueprint = library.find(casting.blueprint)
    _set(blueprint, "role_name", plan.role)
    _set(blueprint, "is_invincible", "true")
    if plan.color is not None:
        _set(blueprint, "color", plan.color)
    if plan.background:                         # see cast_actor
        plan = replace(plan, attributes={key: value for key, value in plan.attributes.items()
                                         if blueprint.has_attribute(key)})
    for key, value in plan.attributes.items():
        blueprint.set_attribute(key, value)
    start = on_ground(world, start, plan.role)
    lift = VEHICLE_DROP_M if plan.kind == "vehicle" else 0.0 if casting.by_transform else WALKER_ORIGIN_M
    actor = _spawn(world, blueprint, carla_transform(start, lift), plan.role)
    living.append(actor)
    return Spawned(
        plan.role, plan.kind, casting.blueprint, plan.species, actor, box_of(actor, plan.size_lwh_m), start, plan,
        casting.by_transform, casting.substitute,
    )


def pose_of(snapshot: carla.ActorSnapshot) -> RigidTransform:
    """The actor's pose in right-handed world axes."""
    return transform_from_carla_matrix(np.array(snapshot.get_transform().get_matrix()))


def velocity_of(snapshot: carla.ActorSnapshot) -> np.ndarray:
    """(3,) metres a second in right-handed world axes, as the server says."""
    v = snapshot.get_velocity()
    return np.asarray(vector_from_carla(np.array([v.x, v.y, v.z])))
