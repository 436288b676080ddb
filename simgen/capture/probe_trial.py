"""A trial on a running server: a car with a rig behind another car and somebody on foot, for some ticks.

Nothing is loaded, weather and spectator are left alone, and the actors are destroyed again: whoever shares the server
finds it as it was, but for the time that has passed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from time import monotonic
from typing import Any

import carla
import numpy as np

from sensors.rig import Rig
from sensors.rigid import RigidTransform
from simgen.capture.decode import decode_depth, decode_hits, decode_instances, decode_rgb, sweep_of
from simgen.capture.ending import destroyed_at_end
from simgen.capture.measure import box_of, extent_of, rear_axle_x_m
from simgen.capture.patience import SENSOR_S, patient_s
from simgen.capture.probe_facts import BoxFound, Latency, Seen, Trial
from simgen.capture.probe_view import Standing, depth_minus_lidar_m, seen
from simgen.capture.rig import MountedRig, SensorChannel, mounted
from simgen.capture.session import as_simulator_errors, tick
from simgen.capture.spawn import WALKER_ORIGIN_M, pose_of
from simgen.errors import PlacementError, RequestError, SensorTimeout, SimulatorLost
from simgen.frame import CameraView
from simgen.motion.clock import Clock

CURED = "walker with physics"
TICK_S = 0.1
TICKS = 10
SETTLE_TICKS = 8               # until cars have sunk into their springs
FIRST_TICKS = 2                # of which a sensor may miss the data: its stream is only just being connected
EGO, CAR, WALKER = "vehicle.lincoln.mkz_2020", "vehicle.audi.tt", "walker.pedestrian.0002"
CAR_AHEAD_M, WALKER_AHEAD_M, WALKER_LEFT_M = 16.0, 10.0, 2.8
STRAIGHT_RAD = math.radians(6.0)
LIFT_M = 0.4                   # a vehicle born on the ground collides with it
ABOVE_M, APART_M = 30.0, 10.0  # where bodies are only measured


def try_out(client: carla.Client, world: carla.World, rig: Rig, measured: Sequence[str]) -> Trial:
    """Time ticks, look at what sensors send and see, and measure the boxes of some blueprints. The world is
    synchronous, with ``TICK_S`` a tick.

    measured: blueprints. Raises PlacementError if there is no free stretch of road, RequestError if the server offers
    nobody to put there, SimulatorError and its kin.
    """
    library = world.get_blueprint_library()
    lent: list[carla.Actor] = []
    with destroyed_at_end(client, lent):
        ego, others = _company(world, library, lent)
        for _ in range(SETTLE_TICKS):
            tick(world)
        idle = _timed_ticks(world)
        boxes = _boxes(client, world, library, ego, measured)
        pose = pose_of(tick(world).find(ego.id))
        ego_from_rig = RigidTransform(np.eye(3), np.array([rear_axle_x_m(ego, pose), 0.0, 0.0]))
        clock = Clock(TICK_S, 1, TICKS)
        with mounted(client, world, library, ego, ego_from_rig, rig, clock) as sensors:
            sensors.listen()
            sensors.listen_to_lidars()
            for _ in range(max(FIRST_TICKS, sensors.settle_frames)):
                tick(world)
            watch = _Watch(world, sensors)
            for _ in range(TICKS):
                watch.tick()
            times = tuple(watch.ticks_s)
            look = _look(watch, others, ego, ego_from_rig)
            cured = _with_physics(watch, others["walker"], look, ego, ego_from_rig)
    after = tick(world)
    left = [f"{actor.type_id} {actor.id}" for actor in lent if after.find(actor.id) is not None]
    return Trial(
        idle_ticks_s=idle, rig_ticks_s=times, latencies=watch.latencies, silent=watch.silent, seen=(*look.seen, *cured),
        tags=look.tags, depth_minus_lidar_m=look.depth_minus_lidar_m, empty_pictures=look.empty_pictures, boxes=boxes,
        left_behind=tuple(left),
    )


def _with_physics(
    watch: _Watch, walker: carla.Actor, look: _Look, ego: carla.Vehicle, ego_from_rig: RigidTransform
) -> tuple[Seen, ...]:
    """If the LiDAR misses whom the camera sees: does it see them once their collisions and physics are on again?

    That is what cures walkers that a controller was started for (carla-simulator/carla issues 7092, 6911, 9404).
    """
    missed = [one for one in look.seen if one.role == "walker" and one.pixels and not one.lidar_points]
    if not missed:
        return ()
    walker.set_collisions(True)
    walker.set_simulate_physics(True)
    for _ in range(2):
        watch.tick()
    return _look(watch, {CURED: walker}, ego, ego_from_rig).seen


def _timed_ticks(world: carla.World) -> tuple[float, ...]:
    times = []
    for _ in range(TICKS):
        began = monotonic()
        tick(world)
        times.append(monotonic() - began)
    return tuple(times)


def _company(
    world: carla.World, library: carla.BlueprintLibrary, lent: list[carla.Actor]
) -> tuple[carla.Vehicle, dict[str, carla.Actor]]:
    """The ego, and who stands before it, by role; all added to ``lent``.

    Raises RequestError if this server has no such blueprints, PlacementError if its map has no room.
    """
    town = world.get_map()
    lacking = {EGO, CAR, WALKER} - {blueprint.id for blueprint in library}
    if lacking:
        raise RequestError(f"it offers no {', '.join(sorted(lacking))}")
    with as_simulator_errors("cannot put anybody into the world"):
        for point in town.get_spawn_points():
            spots = _spots_ahead(town, point)
            if spots is None:
                continue
            born: list[carla.Actor] = []
            for name, at in zip((EGO, CAR, WALKER), (point, *spots), strict=True):
                actor = world.try_spawn_actor(library.find(name), at)
                if actor is None:
                    break
                born.append(actor)
                lent.append(actor)
            if len(born) == 3:
                for vehicle in born[:2]:
                    vehicle.apply_control(carla.VehicleControl(brake=1.0, hand_brake=True))
                return born[0], {"car": born[1], "walker": born[2]}
    raise PlacementError(
        f"on {town.name} there is no straight, free stretch of {CAR_AHEAD_M:g} m behind any spawn point for a trial"
    )


def _spots_ahead(town: carla.Map, point: carla.Transform) -> tuple[carla.Transform, carla.Transform] | None:
    """Where a car and somebody on foot stand before a spawn point; None if the road bends there."""
    here = town.get_waypoint(point.location)
    ahead = here.next(CAR_AHEAD_M) if here is not None else []
    if not ahead or abs(_turn_rad(point, ahead[0].transform)) > STRAIGHT_RAD or ahead[0].is_junction:
        return None
    forward, right = point.get_forward_vector(), point.get_right_vector()
    aside = math.hypot(*(getattr(ahead[0].transform.location - point.location, axis) for axis in "xy"))
    if aside < CAR_AHEAD_M - 1.0:
        return None
    car = carla.Transform(ahead[0].transform.location + carla.Location(z=LIFT_M), point.rotation)
    foot = here.transform.location
    place = carla.Location(
        foot.x + WALKER_AHEAD_M * forward.x - WALKER_LEFT_M * right.x,
        foot.y + WALKER_AHEAD_M * forward.y - WALKER_LEFT_M * right.y,
        foot.z + WALKER_AHEAD_M * forward.z + WALKER_ORIGIN_M + 0.2,
    )
    return car, carla.Transform(place, carla.Rotation(yaw=point.rotation.yaw + 90.0))


def _turn_rad(one: carla.Transform, other: carla.Transform) -> float:
    return math.remainder(math.radians(other.rotation.yaw - one.rotation.yaw), math.tau)


def _boxes(
    client: carla.Client, world: carla.World, library: carla.BlueprintLibrary, ego: carla.Vehicle,
    blueprints: Sequence[str],
) -> tuple[BoxFound, ...]:
    """What the server answers for bodies that hang in the air above the ego, one over the other."""
    above = ego.get_transform()
    found: list[BoxFound] = []
    hanging: list[carla.Actor] = []
    with destroyed_at_end(client, hanging):
        for number, name in enumerate(blueprints):
            at = carla.Transform(above.location + carla.Location(z=ABOVE_M + number * APART_M), above.rotation)
            try:
                actor = world.spawn_actor(library.find(name), at)
            except RuntimeError as error:
                if "time-out" in str(error):
                    raise SimulatorLost(f"cannot measure {name}: {error}") from None
                found.append(BoxFound(name, None, str(error)))
                continue
            hanging.append(actor)
            found.append(BoxFound(name, extent_of(actor).size_lwh_m))
    return tuple(found)


class _Watch:
    """Ticks with all of a rig's sensors, each waited for in a thread of its own so that none hides another's delay."""

    def __init__(self, world: carla.World, sensors: MountedRig) -> None:
        self._world, self.sensors = world, sensors
        self._channels = [*sensors.channels(), *(fan for lidar in sensors.lidars for fan in lidar.fans)]
        self._arrivals: dict[str, list[float]] = {channel.name: [] for channel in self._channels}
        self.silent: dict[str, str] = {}
        self.ticks_s: list[float] = []
        self.snapshot = world.get_snapshot()
        self.data: dict[str, Any] = {}

    def tick(self) -> None:
        """One step, until everybody who has not been silent before has sent its data."""
        began = monotonic()
        self.snapshot = tick(self._world)
        ended, frame = monotonic(), self.snapshot.frame
        asked = [channel for channel in self._channels if channel.name not in self.silent]
        self.data = {}

        def wait(channel: SensorChannel) -> tuple[str, Any, float]:
            try:
                return channel.name, channel.wait_for(frame, patient_s(SENSOR_S)), monotonic() - ended
            except SensorTimeout as error:
                return channel.name, error, 0.0

        with ThreadPoolExecutor(max(1, len(asked)), "wait") as threads:
            for name, data, late_s in threads.map(wait, asked):
                if isinstance(data, SensorTimeout):
                    self.silent[name] = str(data)
                else:
                    self.data[name] = data
                    self._arrivals[name].append(late_s)
        self.ticks_s.append(monotonic() - began)

    @property
    def latencies(self) -> dict[str, Latency]:
        return {name: Latency(median(times), max(times)) for name, times in self._arrivals.items() if times}


def _standing(
    role: str, actor: carla.Actor, snapshot: carla.WorldSnapshot, rig_from_world: RigidTransform
) -> Standing:
    """Where an actor stands in rig axes, with the body that the server says it has."""
    box = box_of(actor, (1.0, 1.0, 1.0)).transformed(rig_from_world @ pose_of(snapshot.find(actor.id)))
    return Standing(role, actor.type_id, actor.id, box)


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """What the rig saw at one tick. Parts of it are missing where sensors are silent."""

    seen: tuple[Seen, ...] = ()
    tags: dict[int, int] = field(default_factory=dict)
    depth_minus_lidar_m: float | None = None
    empty_pictures: tuple[str, ...] = ()


def _look(watch: _Watch, others: dict[str, carla.Actor], ego: carla.Vehicle, ego_from_rig: RigidTransform) -> _Look:
    """Decode the last tick's data and find everybody in it."""
    rig, data, snapshot = watch.sensors.rig, watch.data, watch.snapshot
    pictures = {camera.mount: data.get(camera.mount.name) for camera in watch.sensors.cameras}
    empty = tuple(mount.name for mount, image in pictures.items()
                  if image is not None and np.ptp(decode_rgb(image, mount)) == 0)
    camera, lidar = rig.label_camera, watch.sensors.lidars[0]
    rgb, depth, instances = (data.get(f"{camera.name}{word}") for word in ("", " depth", " instances"))
    fans = [data.get(fan.name) for fan in lidar.fans]
    if rgb is None or depth is None or instances is None or any(fan is None for fan in fans):
        return _Look(empty_pictures=empty)
    tag, number = decode_instances(instances, camera)
    view = CameraView(decode_rgb(rgb, camera), decode_depth(depth, camera), tag, number)
    hits = decode_hits([fan for fan in fans if fan is not None], lidar.plan)
    sweep = sweep_of(hits, hits.actor_id == ego.id, lidar.plan, lidar.mount)
    rig_from_world = (pose_of(snapshot.find(ego.id)) @ ego_from_rig).inverse()
    bodies = [_standing(role, actor, snapshot, rig_from_world) for role, actor in others.items()]
    return _Look(
        tuple(seen(body, view, camera, sweep, lidar.mount) for body in bodies),
        dict(zip(*(each.tolist() for each in np.unique(tag, return_counts=True)), strict=True)),
        depth_minus_lidar_m(view, camera, sweep, lidar.mount),
        empty,
    )
