"""The one seam between CARLA's left-handed world and the right-handed one that places, bodies and the renderer share.

Right-handed here means x east, y north (left), z up: CARLA with y negated, which is also OpenDRIVE's frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.axes import FLIP_Y, carla_matrix, vector_from_carla
from simgen.localsim.actors import Actor, Vehicle, Walker
from simgen.localsim.catalogue import stock_library
from simgen.localsim.lamps import brake_lamps, headlamps, interior_lamp, signals, tail_lamps
from simgen.localsim.level_vehicles import ParkedCar, Row, parked_cars
from simgen.localsim.mesh import Instance, Light, Mesh, Signal
from simgen.localsim.opendrive import geo_origin, parse, speed_limit_kmh
from simgen.localsim.signal_scene import SignalLike, level_signal, light_instance
from simgen.localsim.signals import TrafficLight
from simgen.localsim.values import Rotation, Transform, Vector3
from simgen.localsim.world import Level, LevelVehicle

# Light of a lamp, linear RGB, where a street lamp has about 5; and how far it matters.
LOW_BEAM_RGB, LOW_BEAM_REACH_M = (14.0, 13.0, 11.5), 70.0
HIGH_BEAM_RGB, HIGH_BEAM_REACH_M = (24.0, 22.5, 20.0), 140.0
TAIL_RGB, BRAKE_RGB, TAIL_REACH_M = (0.8, 0.04, 0.02), (2.4, 0.12, 0.06), 12.0
FOG_RGB, FOG_REACH_M = (3.5, 3.3, 2.9), 30.0
REVERSE_RGB, AMBER_RGB, SIGNAL_REACH_M = (2.6, 2.5, 2.3), (1.9, 0.62, 0.03), 14.0
BEACON_RGB, BEACON_REACH_M, BEACON_TURNS_HZ = (0.9, 2.2, 14.0), 30.0, 2.0
CABIN_RGB, CABIN_REACH_M = (0.5, 0.42, 0.30), 2.5
# How much of the lying snow a body carries: a car that was driven has shed most of it, fur holds more than cloth.
DRIVEN_SNOW, ANIMAL_SNOW, PEDESTRIAN_SNOW = 0.3, 0.4, 0.25
ROLLED_BY_ITSELF_M = 0.1        # less is a car that settled where it was put
OPEN_DOOR = math.radians(65.0)
LEVEL_ID_BITS = 0xFFFFFFFF                   # of a level object's number, what a silhouette sensor sends
LOW_BEAM_TILT = math.radians(-1.0)           # 1 % of slope and a little, as headlamps are set


class GroundOf(Protocol):
    """A place's ground: (N, 2) right-handed places → (N,) heights."""

    def height(self, xy: NDArray[np.float64]) -> NDArray[np.floating[Any]]: ...


class SpawnPose(Protocol):
    """Where a vehicle may be born, right-handed."""

    @property
    def x_m(self) -> float: ...
    @property
    def y_m(self) -> float: ...
    @property
    def z_m(self) -> float: ...
    @property
    def yaw_rad(self) -> float: ...


class PlaceLike(Protocol):
    """What the world needs of a place."""

    @property
    def name(self) -> str: ...
    @property
    def opendrive(self) -> str: ...
    @property
    def spawn_points(self) -> Sequence[SpawnPose]: ...
    @property
    def ground(self) -> GroundOf: ...
    @property
    def parking(self) -> Sequence[Row]: ...
    @property
    def signals(self) -> Sequence[SignalLike]: ...


class AxleLike(Protocol):
    """An axle of a vehicle, mesh axes, metres; y_m is how far aside the wheels' middles are."""

    @property
    def x_m(self) -> float: ...
    @property
    def y_m(self) -> float: ...
    @property
    def radius_m(self) -> float: ...
    @property
    def steers(self) -> bool: ...


class BodyLampsLike(Protocol):
    """Lamp positions in mesh axes, (k, 3) each."""

    @property
    def head(self) -> NDArray[Any]: ...
    @property
    def tail(self) -> NDArray[Any]: ...
    @property
    def fog(self) -> NDArray[Any]: ...
    @property
    def reverse(self) -> NDArray[Any]: ...
    @property
    def left(self) -> NDArray[Any]: ...
    @property
    def right(self) -> NDArray[Any]: ...
    @property
    def beacons(self) -> NDArray[Any]: ...


class OccupantLike(Protocol):
    """Somebody in a vehicle: a mesh, whose clothes they wear, and (4, 4) where in the vehicle's mesh axes."""

    @property
    def name(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def body_from_mesh(self) -> NDArray[np.float64]: ...


class Bodies(Protocol):
    """Who makes bodies: the functions of ``simgen.localsim.bodies``."""

    def body_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], phase: int) -> Mesh: ...
    def gait_phase(self, blueprint: str, travelled_m: float, speed_mps: float) -> int: ...
    def tints(self, blueprint: str, color: str | None, key: str) -> NDArray[np.float32]: ...
    def lamps(self, blueprint: str, size: tuple[float, float, float]) -> BodyLampsLike: ...
    def open_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], open_doors: frozenset[int]) -> Mesh: ...
    def wheelless_mesh(
        self, blueprint: str, size_lwh_m: tuple[float, float, float], open_doors: frozenset[int],
    ) -> Mesh: ...
    def axles(self, blueprint: str, size_lwh_m: tuple[float, float, float]) -> Sequence[AxleLike]: ...
    def wheel_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], axle: int, side: int) -> Mesh: ...
    def occupants(
        self, blueprint: str, size_lwh_m: tuple[float, float, float], look: str,
    ) -> Sequence[OccupantLike]: ...
    def occupant_mesh(self, name: str) -> Mesh: ...
    def door_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], door: int) -> Mesh: ...
    def hinge_m(self, blueprint: str, size_lwh_m: tuple[float, float, float], door: int) -> tuple[float, float]: ...


class MeshStore(Protocol):
    """Where meshes are kept: the renderer."""

    def has_mesh(self, key: str) -> bool: ...
    def add_mesh(self, key: str, mesh: Mesh) -> None: ...


def level_of(place: PlaceLike) -> Level:
    """A place as the world knows it."""

    def height(carla_xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(place.ground.height(carla_xy * FLIP_Y.diagonal()[:2]), dtype=np.float64)

    document = parse(place.opendrive)
    return Level(
        name=place.name,
        opendrive=place.opendrive,
        spawn_points=tuple(_spawn_transform(point) for point in place.spawn_points),
        ground=height,
        speed_limit_kmh=speed_limit_kmh(document),
        geo_origin=geo_origin(document),
        vehicles=tuple(_level_vehicle(car) for car in parked_cars(place.parking, place.name)),
        signals=tuple(level_signal(post) for post in place.signals),
    )


def _level_vehicle(car: ParkedCar) -> LevelVehicle:
    x, y, z = vector_from_carla((car.x_m, car.y_m, car.z_m))
    rotation = Rotation(math.degrees(car.pitch_rad), 0.0 - math.degrees(car.yaw_rad), 0.0)
    pose = Transform(Vector3(float(x), float(y), float(z)), rotation)
    return LevelVehicle(car.number, car.name, stock_library().find(car.blueprint), pose)


def level_instances(vehicles: Iterable[LevelVehicle], bodies: Bodies) -> tuple[dict[str, Mesh], list[Instance]]:
    """The parked cars of a level and their meshes, for the renderer. No actor: to a LiDAR they are the level."""
    meshes: dict[str, Mesh] = {}
    instances = []
    for car in vehicles:
        shape, key = car.body.shape, f"{car.body.shape}/0"
        if key not in meshes:
            meshes[key] = bodies.body_mesh(shape, car.body.size_lwh_m, 0)
        tint = bodies.tints(shape, None, car.name)
        instances.append(Instance(key, matrix_from_carla(car.transform), tag=car.body.tag, tint=tint,
                                  level_id=car.number & LEVEL_ID_BITS))
    return meshes, instances


def _spawn_transform(point: SpawnPose) -> Transform:
    x, y, z = vector_from_carla((point.x_m, point.y_m, point.z_m))
    # Seen from above, CARLA's yaw runs clockwise.
    return Transform(Vector3(float(x), float(y), float(z)), Rotation(0.0, 0.0 - math.degrees(point.yaw_rad), 0.0))


def matrix_from_carla(transform: Transform) -> NDArray[np.float64]:
    """(4, 4) right-handed world from local body axes (x forward, y left, z up)."""
    matrix = carla_matrix(transform.location, transform.rotation)
    matrix[:3, :3] = FLIP_Y @ matrix[:3, :3] @ FLIP_Y
    matrix[:3, 3] = FLIP_Y @ matrix[:3, 3]
    return matrix


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands where at one moment, as the renderer takes it."""

    instances: tuple[Instance, ...]
    lights: tuple[Light, ...]


def scene_of(actors: Iterable[Actor], bodies: Bodies, meshes: MeshStore, time_s: float = 0.0) -> Scene:
    """Bodies and lamps of all actors; meshes that the store lacks are made and added. time_s: when lamps blink."""
    instances, lights = [], []
    for actor in actors:
        if isinstance(actor, TrafficLight):
            instances.append(light_instance(actor))
        if actor.body is None:
            continue
        instance = _instance(actor, bodies, meshes, time_s)
        instances.append(instance)
        if isinstance(actor, Vehicle):
            instances += _doors(actor, instance, bodies, meshes)
            instances += _wheels(actor, instance, bodies, meshes)
            instances += _occupants(actor, instance, bodies, meshes)
            lights += _lights(actor, instance, bodies, time_s)
    return Scene(tuple(instances), tuple(lights))


def _instance(actor: Actor, bodies: Bodies, meshes: MeshStore, time_s: float) -> Instance:
    body = actor.body
    assert body is not None
    name = body.shape
    phase = 0
    if isinstance(actor, Walker):
        phase = bodies.gait_phase(name, actor.travelled_m, actor.gait_mps)
    key, size, ajar, wheels = f"{name}/{phase}", body.size_lwh_m, frozenset[int](), False
    if isinstance(actor, Vehicle):
        phase = bodies.gait_phase(name, actor.rolled_m, abs(actor.rolling_mps))
        key, ajar, wheels = f"{name}/{phase}", _ajar(actor), bool(bodies.axles(name, size))
    if wheels:
        key = f"{name}/wheelless {sorted(ajar)}"
        _add(meshes, key, lambda: bodies.wheelless_mesh(name, size, ajar))
    elif ajar:
        key = f"{name}/open {sorted(ajar)}"
        _add(meshes, key, lambda: bodies.open_mesh(name, size, ajar))
    else:
        _add(meshes, key, lambda: bodies.body_mesh(name, size, phase))
    ground_from_origin = np.eye(4)
    ground_from_origin[2, 3] = -body.origin_height_m
    tint = bodies.tints(name, actor.attributes.get("color"), _look(actor))
    matrix = matrix_from_carla(actor.transform) @ ground_from_origin
    if not isinstance(actor, Vehicle):
        return Instance(key, matrix, actor.id, body.tag, tint, snow=_snow_carried(actor))
    return Instance(
        key, matrix, actor.id, body.tag, tint, headlamps(actor), tail_lamps(actor), brake_lamps(actor),
        _snow_carried(actor), _speed_mps(actor), signals=int(signals(actor, time_s, _look(actor))),
    )


def _add(meshes: MeshStore, key: str, make: Callable[[], Mesh]) -> None:
    if not meshes.has_mesh(key):
        meshes.add_mesh(key, make())


def _speed_mps(actor: Actor) -> float:
    """Forwards; negative backwards."""
    ahead = carla_matrix(actor.transform.location, actor.transform.rotation)[:3, 0]
    return float(np.dot(ahead, actor.motion.velocity))


def _snow_carried(actor: Actor) -> float:
    """Share of the lying snow on an actor."""
    if isinstance(actor, Vehicle):
        return DRIVEN_SNOW if actor.driven or headlamps(actor) else 1.0
    return {"animal": ANIMAL_SNOW, "walker": PEDESTRIAN_SNOW}.get(actor.kind, 1.0)


def _ajar(vehicle: Vehicle) -> frozenset[int]:
    return frozenset(door for door, swing in enumerate(vehicle.door_swing) if swing > 0.0)


def _doors(vehicle: Vehicle, body: Instance, bodies: Bodies, meshes: MeshStore) -> list[Instance]:
    """The doors that are not shut, each turned about its hinge; they belong to the vehicle."""
    assert vehicle.body is not None
    name, size = vehicle.body.shape, vehicle.body.size_lwh_m
    leaves = []
    for door in sorted(_ajar(vehicle)):
        key = f"{name}/door {door}"
        _add(meshes, key, partial(bodies.door_mesh, name, size, door))
        x, y = bodies.hinge_m(name, size, door)
        share = vehicle.door_swing[door]
        angle = OPEN_DOOR * share * share * (3.0 - 2.0 * share) * (-1.0 if door % 2 == 0 else 1.0)
        cosine, sine = math.cos(angle), math.sin(angle)
        turn = np.eye(4)
        turn[:2, :2] = [[cosine, -sine], [sine, cosine]]
        turn[:2, 3] = [x - cosine * x + sine * y, y - sine * x - cosine * y]
        leaves.append(replace(body, mesh=key, world_from_mesh=body.world_from_mesh @ turn))
    return leaves


def _wheels(vehicle: Vehicle, body: Instance, bodies: Bodies, meshes: MeshStore) -> list[Instance]:
    """Wheels as they have rolled and are turned: two of a steered axle, one pair of another; they belong to the
    vehicle. Also of one that never moved: its instances are as many at every moment, as optical flow needs them."""
    assert vehicle.body is not None
    name, size = vehicle.body.shape, vehicle.body.size_lwh_m
    keys, hubs = [], []
    for number, axle in enumerate(bodies.axles(name, size)):
        roll = math.fmod(vehicle.rolled_m / axle.radius_m, 2.0 * math.pi)
        steer = vehicle.steered_rad if axle.steers else 0.0
        c, s, cr, sr = math.cos(steer), math.sin(steer), math.cos(roll), math.sin(roll)
        for side in (1, -1) if axle.steers else (0,):
            key = f"{name}/wheel {number} {side}"
            _add(meshes, key, partial(bodies.wheel_mesh, name, size, number, side))
            keys.append(key)
            hubs.append([[c * cr, -s, c * sr, axle.x_m], [s * cr, c, s * sr, side * axle.y_m],
                         [-sr, 0.0, cr, axle.radius_m], [0.0, 0.0, 0.0, 1.0]])
    if not keys:
        return []
    poses = body.world_from_mesh @ np.array(hubs)
    return [Instance(key, pose, body.actor_id, body.tag, body.tint, body.headlamps, body.tail, body.brake, body.snow)
            for key, pose in zip(keys, poses, strict=True)]


def _occupants(vehicle: Vehicle, body: Instance, bodies: Bodies, meshes: MeshStore) -> list[Instance]:
    """Who drives the vehicle, and who comes along. They are part of it: no label tells them from it."""
    assert vehicle.body is not None
    if not _is_manned(vehicle):
        return []
    look, people = _look(vehicle), []
    for seat, one in enumerate(bodies.occupants(vehicle.body.shape, vehicle.body.size_lwh_m, look)):
        _add(meshes, one.name, partial(bodies.occupant_mesh, one.name))
        people.append(Instance(one.name, body.world_from_mesh @ one.body_from_mesh, body.actor_id, body.tag,
                               bodies.tints(one.person, None, f"{look}/{seat}"), snow=0.0))
    return people


def _is_manned(vehicle: Vehicle) -> bool:
    """Does somebody sit in it? One that never moved, and has no headlamps lit and no foot on the throttle, parks."""
    moved = vehicle.driven or abs(vehicle.rolled_m) > ROLLED_BY_ITSELF_M
    return moved or bool(headlamps(vehicle)) or vehicle.control.throttle > 0.0


def _look(actor: Actor) -> str:
    """What an actor's random looks hang on: its role where a client gave one, so that it looks the same in every run
    whoever else is there; else its blueprint and id."""
    role = actor.attributes.get("role_name", "")
    named = role and role != actor.blueprint.attributes["role_name"].value
    return role if named else f"{actor.blueprint.id}/{actor.id}"


def _lights(vehicle: Vehicle, instance: Instance, bodies: Bodies, time_s: float) -> list[Light]:
    """What the lamps of a vehicle send out; its lenses glow by themselves."""
    cabin = interior_lamp(vehicle)
    if not (instance.headlamps or instance.tail or instance.brake or instance.signals or cabin):
        return []
    assert vehicle.blueprint.body is not None
    size = vehicle.blueprint.body.size_lwh_m
    spots = bodies.lamps(vehicle.blueprint.id, size)
    matrix = instance.world_from_mesh
    lights = []
    if instance.headlamps:
        high = instance.headlamps == 2
        tilt = 0.0 if high else LOW_BEAM_TILT
        rgb, reach = (HIGH_BEAM_RGB, HIGH_BEAM_REACH_M) if high else (LOW_BEAM_RGB, LOW_BEAM_REACH_M)
        ahead = matrix[:3, :3] @ (math.cos(tilt), 0.0, math.sin(tilt))
        lights += [_light(matrix, spot, ahead, rgb, 3 if high else 1, reach) for spot in spots.head]
    if instance.tail or instance.brake:
        behind = -matrix[:3, 0]
        rgb = BRAKE_RGB if instance.brake else TAIL_RGB
        lights += [_light(matrix, spot, behind, rgb, 2, TAIL_REACH_M) for spot in spots.tail]
    if instance.signals:
        lights += _signal_lights(matrix, Signal(instance.signals), spots, time_s)
    if cabin and vehicle.body is not None and vehicle.body.wheels is not None and vehicle.body.wheels.count > 2:
        ceiling = np.array([-0.05 * size[0], 0.0, 0.90 * size[2]])
        lights.append(_light(matrix, ceiling, -matrix[:3, 2], CABIN_RGB, 0, CABIN_REACH_M))
    return lights


def _signal_lights(matrix: NDArray[np.float64], lit: Signal, spots: BodyLampsLike, time_s: float) -> list[Light]:
    """Indicators throw some amber to where they face, and a beacon's blue beam goes round."""
    ahead, left = matrix[:3, 0], matrix[:3, 1]
    lights = []
    for flag, lenses in ((Signal.LEFT, spots.left), (Signal.RIGHT, spots.right)):
        if flag in lit:
            lights += [_light(matrix, spot, ahead if spot[0] > 0.0 else -ahead, AMBER_RGB, 2, SIGNAL_REACH_M)
                       for spot in lenses]
    if Signal.REVERSE in lit:
        lights += [_light(matrix, spot, -ahead, REVERSE_RGB, 2, SIGNAL_REACH_M) for spot in spots.reverse]
    if Signal.FOG in lit:
        dipped = ahead + 2.0 * LOW_BEAM_TILT * matrix[:3, 2]
        lights += [_light(matrix, spot, dipped, FOG_RGB, 1, FOG_REACH_M) for spot in spots.fog]
    turn = 2.0 * math.pi * math.fmod(BEACON_TURNS_HZ * time_s, 1.0)
    for k, flag in enumerate((Signal.BEACON_LEFT, Signal.BEACON_RIGHT)):
        if flag in lit:
            beam = math.cos(turn + math.pi * k) * ahead + math.sin(turn + math.pi * k) * left
            lights += [_light(matrix, spot, beam, BEACON_RGB, 2, BEACON_REACH_M)
                       for number, spot in enumerate(spots.beacons) if number % 2 == k]
    return lights


def _light(
    matrix: NDArray[np.float64], spot: NDArray[Any], direction: NDArray[np.float64],
    rgb: tuple[float, float, float], kind: int, reach_m: float,
) -> Light:
    position = matrix[:3, :3] @ np.asarray(spot, dtype=np.float64) + matrix[:3, 3]
    return Light(position, direction, np.array(rgb, dtype=np.float32), kind, reach_m)
