"""The world: state that steps. ``tick`` depends on the state and the time step alone; there are no clocks, no threads,
no bytes and no global state here, so the same calls give the same frames whatever ran before.

A new episode starts ids, time and chance again; only frame numbers and stream numbers go on, because clients tell old
messages from new ones by them. Random draws and animations run by ``Moment.age_ticks`` and ``age_s``, which count from
the first actor of the episode: how often an empty world was ticked (clients do that while they wait) leaves no trace.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from simgen.localsim import contact
from simgen.localsim.actors import Actor, Vehicle, Walker, newborn
from simgen.localsim.catalogue import (
    ABOUT,
    RGB_CAMERA,
    SILHOUETTES,
    SPECTATOR,
    WEATHER,
    Blueprint,
    Body,
    Library,
    stock_library,
)
from simgen.localsim.errors import Refused
from simgen.localsim.film import film_of
from simgen.localsim.numbering import InstanceIds, first_actor_id
from simgen.localsim.opendrive import GeoPoint
from simgen.localsim.physics import GroundHeight, Motion, drive, walk
from simgen.localsim.poses import compose, forward, plus
from simgen.localsim.signals import LevelSignal, Signals, TrafficSign, heeding
from simgen.localsim.values import (
    ZERO,
    ActorDescription,
    BoundingBox,
    EpisodeSettings,
    Transform,
    Vector3,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
    WeatherParameters,
)
from simgen.localsim.window import window_of

log = logging.getLogger(__name__)

SPECTATOR_ID = 1
# Faster than any walker runs: such a displacement within a tick is a teleport, not a gait.
TELEPORT_MPS = 20.0
# What a picture without effects has anyway: asking for it is asking for what one gets.
OFF = ("0", "0.0", "false")
DOOR_NAMES = ("front left door", "front right door", "rear left door", "rear right door", "bonnet", "boot")
ALL_DOORS = 6
# The client computes lane invasions from the map, and walks the walkers of a controller itself.
CLIENT_SIDE = ("sensor.other.lane_invasion", "controller.ai.walker")
# Without a body, and nothing to measure: it only says what the weather is.
SILENT = (*CLIENT_SIDE, WEATHER)
DRIVEN_MPS = 0.5           # who was ever faster than this is no parked car any more

A = TypeVar("A", bound=Actor)


@dataclass(frozen=True, slots=True)
class LevelVehicle:
    """A parked car of the level, in CARLA's axes. number: 64 bits, by which clients know it."""

    number: int
    name: str
    blueprint: Blueprint
    transform: Transform

    @property
    def body(self) -> Body:
        body = self.blueprint.body
        assert body is not None
        return body

    @property
    def world_box(self) -> BoundingBox:
        """Its box in world axes. It has no actor."""
        box = self.body.bounding_box()
        pose = compose(self.transform, Transform(box.location, box.rotation))
        return BoundingBox(pose.location, box.extent, pose.rotation)


@dataclass(frozen=True, slots=True)
class Level:
    """A map as the world needs it, in CARLA's axes: its name, OpenDRIVE text, where vehicles may be born, the height of
    the ground, the speed limit that vehicles are told, where on earth its origin is, its own parked cars, and its
    traffic lights and signs."""

    name: str
    opendrive: str
    spawn_points: tuple[Transform, ...]
    ground: GroundHeight
    speed_limit_kmh: float
    geo_origin: GeoPoint
    vehicles: tuple[LevelVehicle, ...] = ()
    signals: tuple[LevelSignal, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The world at the end of a tick, as sensors and clients see it.

    timestamp_s:       simulated seconds since the episode began.
    age_ticks, age_s:  since the episode's first actor was spawned; 0 while there is none.
    map_changed:       this is the first tick of a new episode.
    """

    frame: int
    episode_id: int
    timestamp_s: float
    delta_s: float
    age_ticks: int
    age_s: float
    map_changed: bool
    level: Level
    settings: EpisodeSettings
    weather: WeatherParameters
    actors: tuple[Actor, ...]


class World:
    """Actors, weather and time on one map."""

    def __init__(
        self, level: Level, library: Library | None = None, ids: InstanceIds = InstanceIds.ACTOR
    ) -> None:
        """ids: decides where actor ids begin."""
        self._first_id = first_actor_id(ids)
        self.library = library or stock_library()
        self.frame = 0
        self.episode_id = 0
        self._next_stream = 2                 # stream 1 carries the world itself
        self._warned: set[str] = set()
        self.begin_episode(level)

    def begin_episode(self, level: Level, reset_settings: bool = True) -> None:
        """An empty world on ``level``: ids, time, chance and weather start again."""
        self.level = level
        self.episode_id += 1
        self.elapsed_s, self.age_ticks, self.age_s = 0.0, 0, 0.0
        self.weather = WeatherParameters()
        if reset_settings:
            self.settings = EpisodeSettings()
        self._map_changed = True
        spectator = Actor(id=SPECTATOR_ID, blueprint=SPECTATOR, attributes={}, motion=Motion(), simulated=False)
        self.signals = Signals(level.signals, self._first_id)
        self._actors: dict[int, Actor] = {SPECTATOR_ID: spectator, **self.signals.actors}
        self._next_id = self._first_id + len(self.signals.actors)

    # Who is there

    @property
    def actors(self) -> tuple[Actor, ...]:
        """All living actors, by id."""
        return tuple(self._actors.values())

    def actor(self, actor_id: int) -> Actor:
        """Raises ``Refused`` if there is none."""
        if actor_id not in self._actors:
            raise Refused(f"there is no actor {actor_id} (it was destroyed, or never spawned)")
        return self._actors[actor_id]

    def vehicle(self, actor_id: int) -> Vehicle:
        """Raises ``Refused`` if that actor is no vehicle."""
        return self._typed(actor_id, Vehicle)

    def known(self, actor_ids: Iterable[int]) -> tuple[Actor, ...]:
        """Those of the ids that live."""
        return tuple(self._actors[key] for key in actor_ids if key in self._actors)

    def _typed(self, actor_id: int, cls: type[A]) -> A:
        actor = self.actor(actor_id)
        if not isinstance(actor, cls):
            raise Refused(f"actor {actor_id} ({actor.blueprint.id}) is no {cls.__name__.lower()}")
        return actor

    def _put(self, actor: Actor) -> None:
        self._actors[actor.id] = actor

    # Birth and death

    def spawn(
        self, wanted: ActorDescription, transform: Transform, parent_id: int | None = None, socket: str = ""
    ) -> Actor:
        """A new actor; with a parent, ``transform`` is relative to it and the attachment rigid.

        Raises ``Refused``: unknown blueprint or attribute, dead parent, a socket, or another actor in the way.
        """
        blueprint = self.library.find(wanted.id)
        if blueprint.id == ABOUT:
            raise Refused(f"{ABOUT} only says which simulator this is; it cannot be spawned")
        attributes = blueprint.resolve(wanted)
        if socket:
            raise Refused(f"{wanted.id}: the built-in simulator's bodies have no socket '{socket}'")
        if blueprint.id == RGB_CAMERA:
            film_of(attributes)              # refuses a mode or a range that there cannot be
        if blueprint.id == SILHOUETTES:
            window_of(attributes)            # refuses one that is not inside the picture
        parent = self.actor(parent_id) if parent_id else None
        pose = compose(parent.transform, transform) if parent else transform
        streams = blueprint.body is None and blueprint.id not in SILENT
        actor = newborn(
            self._next_id, blueprint, attributes, Motion(pose, parent.motion.velocity if parent else ZERO),
            parent.id if parent else 0, transform if parent else None, self._next_stream if streams else 0,
        )
        if parent is None and self._in_the_way(actor):
            raise Refused("Spawn failed because of collision at spawn position")
        self._warn_of(blueprint, attributes)
        if not self._has_guests:
            self.signals.restart()
        self._next_id += 1
        self._next_stream += streams
        self._put(actor)
        return actor

    @property
    def _has_guests(self) -> bool:
        """Is anybody there besides the spectator and the level's own?"""
        return len(self._actors) > 1 + len(self.signals.actors)

    def _in_the_way(self, actor: Actor) -> bool:
        if actor.body is None:
            return False
        own = contact.footprint(actor.transform, actor.box)
        others = (other for other in self._actors.values() if other.body and other.solid)
        taken = [contact.footprint(other.transform, other.box) for other in others]
        taken += [contact.footprint(car.transform, car.body.bounding_box()) for car in self.level.vehicles]
        return any(contact.overlap(own, footprint) for footprint in taken)

    def _warn_of(self, blueprint: Blueprint, attributes: dict[str, str]) -> None:
        for key, value in attributes.items():
            spec = blueprint.attributes[key]
            if spec.without_effect and value not in (spec.value, *OFF) and key not in self._warned:
                self._warned.add(key)
                log.warning("%s: %s=%s has no effect in the built-in simulator", blueprint.id, key, value)

    def destroy(self, actor_id: int) -> bool:
        """Ends an actor and all that is attached to it. Raises ``Refused`` if it does not live."""
        if self.actor(actor_id).blueprint is SPECTATOR:
            raise Refused("the spectator cannot be destroyed")
        self._refuse_sign(actor_id)
        del self._actors[actor_id]
        for child in [actor.id for actor in self._actors.values() if actor.parent_id == actor_id]:
            if child in self._actors:
                self.destroy(child)
        return True

    # What clients do to actors

    def set_transform(self, actor_id: int, transform: Transform) -> None:
        """Puts an actor somewhere else, keeping its velocity; relative to the parent if it has one."""
        actor = self.actor(actor_id)
        self._refuse_sign(actor_id)
        if actor.mount is not None:
            parent = self.actor(actor.parent_id)
            self._put(replace(actor.placed(compose(parent.transform, transform)), mount=transform))
        else:
            self._put(actor.placed(transform))

    def set_location(self, actor_id: int, location: Vector3) -> None:
        """Moves an actor without turning it."""
        actor = self.actor(actor_id)
        rotation = actor.mount.rotation if actor.mount else actor.transform.rotation
        self.set_transform(actor_id, Transform(location, rotation))

    def set_walker_state(self, actor_id: int, transform: Transform, speed: float) -> None:
        """Puts a walker's feet somewhere: how the client's own crowd moves its walkers. The speed shows in its gait
        because the gait follows the distance travelled."""
        walker = self._typed(actor_id, Walker)
        assert walker.body is not None
        up = Vector3(0.0, 0.0, walker.body.origin_height_m)
        self._put(walker.placed(Transform(plus(transform.location, up), transform.rotation)))

    def set_target_velocity(self, actor_id: int, velocity: Vector3) -> None:
        """A vehicle's velocity from now on. Only what lies along the vehicle counts: wheels do not slip sideways."""
        vehicle = self.vehicle(actor_id)
        ahead = forward(vehicle.transform.rotation)
        speed = velocity.x * ahead.x + velocity.y * ahead.y + velocity.z * ahead.z
        along = Vector3(ahead.x * speed, ahead.y * speed, ahead.z * speed)
        self._put(replace(vehicle, motion=replace(vehicle.motion, velocity=along)))

    def enable_constant_velocity(self, actor_id: int, velocity: Vector3) -> None:
        """Holds a vehicle's speed whatever its pedals do; ``velocity`` is in the vehicle's axes."""
        if velocity.y or velocity.z:
            raise Refused("a constant velocity of the built-in simulator points forward: (v, 0, 0)")
        self._put(replace(self.vehicle(actor_id), constant_mps=velocity.x))

    def disable_constant_velocity(self, actor_id: int) -> None:
        """Gives a vehicle back to its pedals."""
        self._put(replace(self.vehicle(actor_id), constant_mps=None))

    def set_simulate_physics(self, actor_id: int, simulated: bool) -> None:
        """Without physics a vehicle stays where it is put; a walker still walks, but no longer keeps to the ground."""
        self._put(replace(self.actor(actor_id), simulated=simulated))

    def set_gravity(self, actor_id: int, gravity: bool) -> None:
        """Without gravity an actor keeps its height."""
        self._put(replace(self.actor(actor_id), gravity=gravity))

    def set_collisions(self, actor_id: int, solid: bool) -> None:
        """Does the actor stand in the way of spawns and set off collision sensors?"""
        self._put(replace(self.actor(actor_id), solid=solid))

    def apply_vehicle_control(self, actor_id: int, control: VehicleControl) -> None:
        """Pedals and wheel, until the next call."""
        self._put(replace(self.vehicle(actor_id), control=control))

    def apply_walker_control(self, actor_id: int, control: WalkerControl) -> None:
        """Direction and speed, until the next call. Raises ``Refused`` for a jump."""
        if control.jump:
            raise Refused("walkers of the built-in simulator cannot jump")
        self._put(replace(self._typed(actor_id, Walker), control=control))

    def apply_physics_control(self, actor_id: int, physics: VehiclePhysics) -> None:
        """Keeps what was given; of it, the mass and the front wheels' steering angle have an effect."""
        vehicle = self.vehicle(actor_id)
        if len(physics.wheels) != len(vehicle.physics.wheels):
            raise Refused(f"{vehicle.blueprint.id} has {len(vehicle.physics.wheels)} wheels, not {len(physics.wheels)}")
        self._put(replace(vehicle, physics=physics))

    def set_lights(self, actor_id: int, flags: int) -> None:
        """CARLA's VehicleLightState flags."""
        self._put(replace(self.vehicle(actor_id), lights=flags))

    def open_door(self, actor_id: int, door: int) -> None:
        """Opens a door by CARLA's number: 0 to 3 front left, front right, rear left, rear right, 6 all that it has.

        Raises ``Refused`` for a bonnet, a boot, and a door that the vehicle lacks.
        """
        vehicle = self.vehicle(actor_id)
        self._put(replace(vehicle, open_doors=vehicle.open_doors | _doors(vehicle, door)))

    def close_door(self, actor_id: int, door: int) -> None:
        """Closes a door, by the same numbers. Raises ``Refused`` as ``open_door`` does."""
        vehicle = self.vehicle(actor_id)
        self._put(replace(vehicle, open_doors=vehicle.open_doors - _doors(vehicle, door)))

    def change_signals(self, change: Callable[[Signals], None]) -> None:
        """Does something to the level's traffic lights, at once."""
        change(self.signals)
        self._actors |= self.signals.actors

    # Time

    def tick(self, dt: float) -> Moment:
        """Everything ``dt`` seconds later."""
        if not dt > 0.0 or not math.isfinite(dt):
            raise ValueError(f"a tick of {dt} s")
        self.frame += 1
        self.elapsed_s += dt
        if self._has_guests:
            self.age_ticks += 1
            self.age_s += dt
        else:
            self.age_ticks, self.age_s = 0, 0.0
        # A child is always younger than its parent and has the higher id, so parents move first.
        for actor in self.actors:
            self._put(self._later(actor, dt))
        if self.signals.actors:
            self._obey(dt)
        moment = self.moment(dt)
        self._map_changed = False
        return moment

    def moment(self, dt: float) -> Moment:
        """The world as it is, frozen."""
        return Moment(
            self.frame, self.episode_id, self.elapsed_s, dt, self.age_ticks, self.age_s, self._map_changed,
            self.level, self.settings, self.weather, self.actors,
        )

    def _obey(self, dt: float) -> None:
        """Lights change, and vehicles learn in whose triggers they are."""
        self.signals.advance(dt)
        self._actors |= self.signals.actors
        vehicles = [actor for actor in self._actors.values() if isinstance(actor, Vehicle)]
        for vehicle, signs in zip(vehicles, self.signals.concerned(vehicles), strict=True):
            self._put(heeding(vehicle, signs))

    def _refuse_sign(self, actor_id: int) -> None:
        actor = self.actor(actor_id)
        if isinstance(actor, TrafficSign):
            raise Refused(f"actor {actor_id} ({actor.blueprint.id}) belongs to the level: it stays where it is")

    def _later(self, actor: Actor, dt: float) -> Actor:
        if isinstance(actor, TrafficSign):
            return actor
        ticks = actor.ticks + 1
        if actor.mount is not None:
            return replace(actor, motion=self._carried(actor, actor.mount, dt), ticks=ticks)
        if isinstance(actor, Vehicle) and (actor.open_doors or any(actor.door_swing)):
            actor = replace(actor, door_swing=actor.doors_after(dt))
        ground = self.level.ground if actor.simulated and actor.gravity else None
        if isinstance(actor, Walker):
            assert actor.body is not None
            motion = walk(actor.motion, actor.control, actor.body.origin_height_m, dt, ground)
            stepped = math.dist(motion.transform.location[:2], actor.stood_m[:2])
            stepped = stepped if stepped <= TELEPORT_MPS * dt else 0.0
            return replace(
                actor, motion=motion, ticks=ticks, stood_m=motion.transform.location,
                travelled_m=actor.travelled_m + stepped, gait_mps=stepped / dt,
            )
        if isinstance(actor, Vehicle) and actor.simulated:
            assert actor.blueprint.body is not None and actor.blueprint.body.wheels is not None
            wheels = actor.blueprint.body.wheels
            motion = drive(actor.motion, actor.control, wheels, actor.max_steer_deg, dt, ground, actor.constant_mps)
            driven = actor.driven or math.hypot(*motion.velocity) > DRIVEN_MPS
            return replace(actor.rolled_to(motion.transform, dt), motion=motion, ticks=ticks, driven=driven)
        if isinstance(actor, Vehicle):
            actor = actor.rolled_to(actor.transform, dt)
        return replace(actor, motion=Motion(actor.transform), ticks=ticks)

    def _carried(self, child: Actor, mount: Transform, dt: float) -> Motion:
        """An attached actor goes with its parent; its velocity and acceleration are what its own path shows."""
        parent = self._actors[child.parent_id].motion
        pose = compose(parent.transform, mount)
        if child.ticks == 0:
            return Motion(pose, parent.velocity, parent.angular_velocity, parent.acceleration)
        velocity = _rate(child.transform.location, pose.location, dt)
        acceleration = _rate(child.motion.velocity, velocity, dt) if child.ticks > 1 else parent.acceleration
        return Motion(pose, velocity, parent.angular_velocity, acceleration)


def _doors(vehicle: Vehicle, door: int) -> frozenset[int]:
    """The doors that one of CARLA's numbers means on a vehicle."""
    assert vehicle.body is not None
    count, name = vehicle.body.doors, vehicle.blueprint.id
    if count == 0:
        raise Refused(f"{name} has no doors that open here (its attribute has_dynamic_doors is false)")
    if door == ALL_DOORS:
        return frozenset(range(count))
    if not 0 <= door < count:
        what = DOOR_NAMES[door] if 0 <= door < len(DOOR_NAMES) else f"door {door}"
        raise Refused(f"{name}: its {what} cannot be opened; it has {', '.join(DOOR_NAMES[:count])}")
    return frozenset({door})


def _rate(before: Vector3, after: Vector3, dt: float) -> Vector3:
    return Vector3((after.x - before.x) / dt, (after.y - before.y) / dt, (after.z - before.z) / dt)
