"""What the ego and the actors do from tick to tick.

An actor starts when its trigger holds in the last snapshot, and from then on acts by itself: vehicles keep a
constant speed and steer along their lane, walkers and animals walk in a straight line until they have gone far
enough, static meshes are carried. Nothing is drawn at random here; all chance is in the plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.capture.road import Path, Place, edge_left_m, place_of
from simgen.capture.spawn import Spawned, carla_transform
from simgen.scenario.plan import Trigger

LOOKAHEAD_S = 0.6
LOOKAHEAD_MIN_M = 4.0
TIME_TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class Moment:
    """The last snapshot, as far as behaviour needs it.

    time_s: seconds since the first captured frame, negative during warm-up. ego_front_m: (2,) x, y of the middle of
    the ego's front.
    """

    time_s: float
    ego_front_m: NDArray[np.float64]


def is_due(trigger: Trigger, moment: Moment, position_m: NDArray[np.float64]) -> bool:
    """Does the trigger hold for an actor at ``position_m``?"""
    if trigger.time_s is not None:
        return moment.time_s >= trigger.time_s - TIME_TOLERANCE_S
    if trigger.ego_distance_m is not None:
        return float(np.hypot(*(position_m[:2] - moment.ego_front_m))) <= trigger.ego_distance_m
    return True


def steer_rad(
    pose: RigidTransform, path_m: NDArray[np.float64], speed_mps: float, wheelbase_m: float
) -> float:
    """Front wheel angle, positive to the left, that leads back to a path: pure pursuit.

    path_m: (N, 2) points about a metre apart. Source: R. C. Coulter, CMU-RI-TR-92-01, 1992.
    """
    position = pose.translation_m[:2]
    nearest = int(np.argmin(np.hypot(*(path_m - position).T)))
    lookahead = max(LOOKAHEAD_MIN_M, LOOKAHEAD_S * speed_mps)
    distances = np.hypot(*(path_m[nearest:] - position).T)
    beyond = np.flatnonzero(distances >= lookahead)
    target = path_m[nearest + int(beyond[0])] if len(beyond) else path_m[-1]
    ahead, left = pose.rotation[:2, :2].T @ (target - position)
    distance_squared = max(float(ahead**2 + left**2), 1e-6)
    return math.atan(2.0 * wheelbase_m * float(left) / distance_squared)


@dataclass(slots=True)
class VehicleDriver:
    """Keeps one vehicle on its lane at a constant speed.

    path_m: (N, 2) its lane's centre line, in driving direction.
    """

    vehicle: carla.Vehicle
    path_m: NDArray[np.float64]
    speed_mps: float
    wheelbase_m: float
    max_steer_rad: float
    moving: bool = False

    def start(self) -> None:
        self.vehicle.enable_constant_velocity(carla.Vector3D(self.speed_mps, 0.0, 0.0))
        self.moving = True

    def step(self, pose: RigidTransform) -> None:
        angle = steer_rad(pose, self.path_m, self.speed_mps, self.wheelbase_m)
        steer = max(-1.0, min(1.0, -angle / self.max_steer_rad))     # CARLA: positive steers to the right
        self.vehicle.apply_control(carla.VehicleControl(throttle=0.3, steer=steer))


def driver_for(vehicle: carla.Vehicle, path_m: NDArray[np.float64], speed_mps: float) -> VehicleDriver:
    """A driver that knows the vehicle's wheelbase and lock from its physics."""
    wheels = vehicle.get_physics_control().wheels
    spots = np.array([[w.position.x, w.position.y] for w in wheels]) / 100.0
    front, rear = spots[: max(1, len(spots) // 2)].mean(axis=0), spots[len(spots) // 2 :].mean(axis=0)
    wheelbase_m = float(np.hypot(*(front - rear)))
    return VehicleDriver(vehicle, path_m, speed_mps, wheelbase_m, math.radians(wheels[0].max_steer_angle))


@dataclass(slots=True)
class StraightWalk:
    """Moves a walker, an animal or a static mesh in a straight line.

    heading_rad: right-handed map axes. distance_m: where it stops; None walks on.
    """

    spawned: Spawned
    heading_rad: float
    speed_mps: float
    distance_m: float | None
    walked_m: float = field(default=0.0)

    def step(self, tick_s: float) -> None:
        left_m = math.inf if self.distance_m is None else self.distance_m - self.walked_m
        stride_m = min(self.speed_mps * tick_s, left_m)
        self.walked_m += stride_m
        if self.spawned.by_transform:
            start = self.spawned.start
            here = Place(
                start.x_m + self.walked_m * math.cos(self.heading_rad),
                start.y_m + self.walked_m * math.sin(self.heading_rad),
                start.z_m,
                self.heading_rad,
            )
            self.spawned.actor.set_transform(carla_transform(here))
            return
        direction = carla.Vector3D(math.cos(self.heading_rad), -math.sin(self.heading_rad), 0.0)
        self.spawned.actor.apply_control(carla.WalkerControl(direction, stride_m / tick_s, False))


def crossing(spawned: Spawned, path: Path, station_m: float, angle_rad: float) -> tuple[float, float]:
    """Heading and distance that take an actor over the road, as far beyond the other edge as it stands before its own.

    ``angle_rad`` turns the heading from straight across towards the ego's driving direction.
    """
    centre = place_of(path.waypoint_at(station_m).transform)
    start = spawned.start
    left_m = -(start.x_m - centre.x_m) * math.sin(centre.yaw_rad) + (start.y_m - centre.y_m) * math.cos(centre.yaw_rad)
    left_edge, right_edge = (edge_left_m(path.waypoint_at(station_m), side) for side in ("left", "right"))
    to_left = abs(left_m - right_edge) <= abs(left_m - left_edge)
    beyond_m = max(0.0, right_edge - left_m if to_left else left_m - left_edge)
    target_left_m = left_edge + beyond_m if to_left else right_edge - beyond_m
    heading = centre.yaw_rad + (math.pi / 2 - angle_rad if to_left else -math.pi / 2 + angle_rad)
    return heading, abs(target_left_m - left_m) / math.cos(angle_rad)


def lane_path(world_map: carla.Map, start: Place, length_m: float) -> NDArray[np.float64]:
    """(N, 2) centre line of the lane at ``start``, in the direction ``start`` faces, right-handed."""
    here = world_map.get_waypoint(carla.Location(start.x_m, -start.y_m, start.z_m), True, carla.LaneType.Driving)
    backwards = math.cos(place_of(here.transform).yaw_rad - start.yaw_rad) < 0
    waypoints = [here]
    for _ in range(max(2, math.ceil(length_m))):
        options = waypoints[-1].previous(1.0) if backwards else waypoints[-1].next(1.0)
        if not options:
            break
        yaw = waypoints[-1].transform.rotation.yaw
        waypoints.append(min(options, key=lambda o: (
            abs((o.transform.rotation.yaw - yaw + 180) % 360 - 180), o.road_id, o.lane_id
        )))
    return np.array([(w.transform.location.x, -w.transform.location.y) for w in waypoints])
