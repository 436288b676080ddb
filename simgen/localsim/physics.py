"""How vehicles and walkers move: pure functions from state, control and time step to the next state.

A vehicle is a kinematic bicycle whose rear wheels never slip sideways (Rajamani, Vehicle Dynamics and Control, 2.2),
riding on the road surface:

* throttle drives with 3.2 m/s² at rest, falling linearly to nothing at 60 m/s; 50 km/h takes about 5.5 s;
* in reverse with 2 m/s², ending at 10 m/s;
* brake and hand brake hold with 8 and 6 m/s² at most, rolling and air with 0.1 m/s² + 0.0004·v²;
* the front wheels turn by steer × max_steer_angle; tyres give way at 8 m/s² of lateral acceleration, so a fast vehicle
  runs wide instead of turning on the spot;
* pitch, roll and height follow the ground under the four wheels. Slopes do not pull, bodies do not lean, and there is
  no gravity to fall by: a vehicle spawned above the road stands on it at the next tick.

A walker goes where its control points, at the control's speed, turns at once, and keeps its feet on the ground.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.catalogue import Wheels
from simgen.localsim.poses import forward, plus
from simgen.localsim.values import ORIGIN, ZERO, Rotation, Transform, Vector3, VehicleControl, WalkerControl

DRIVE_MPS2 = 3.2
TOP_SPEED_MPS = 60.0
REVERSE_DRIVE_MPS2 = 2.0
REVERSE_TOP_SPEED_MPS = 10.0
BRAKE_MPS2 = 8.0
HAND_BRAKE_MPS2 = 6.0
ROLLING_MPS2 = 0.1
AIR_PER_M = 0.0004
GRIP_MPS2 = 8.0

# (N, 2) places in CARLA's x, y → (N,) heights in metres, NaN where there is no ground.
GroundHeight = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Motion:
    """Where something is and how it moves. Velocity in m/s, angular velocity in deg/s, both in world axes."""

    transform: Transform = ORIGIN
    velocity: Vector3 = ZERO
    angular_velocity: Vector3 = ZERO
    acceleration: Vector3 = ZERO

    @property
    def forward_mps(self) -> float:
        """Speed along the actor's own x axis; negative when it rolls backwards."""
        ahead = forward(self.transform.rotation)
        return self.velocity.x * ahead.x + self.velocity.y * ahead.y + self.velocity.z * ahead.z


def speed_after(speed: float, control: VehicleControl, dt: float) -> float:
    """The speed (m/s, negative backwards) after ``dt`` seconds of these pedals."""
    throttle, brake = min(max(control.throttle, 0.0), 1.0), min(max(control.brake, 0.0), 1.0)
    if control.reverse:
        drive = -throttle * REVERSE_DRIVE_MPS2 * max(0.0, 1.0 + speed / REVERSE_TOP_SPEED_MPS)
    else:
        drive = throttle * DRIVE_MPS2 * max(0.0, 1.0 - speed / TOP_SPEED_MPS)
    driven = speed + drive * dt
    hold = brake * BRAKE_MPS2 + (HAND_BRAKE_MPS2 if control.hand_brake else 0.0)
    hold += ROLLING_MPS2 + AIR_PER_M * speed * speed
    # Whatever holds can stop a vehicle but never push it the other way.
    slowed = max(abs(driven) - hold * dt, 0.0)
    return math.copysign(slowed, driven)


def curvature(steer: float, max_steer_deg: float, wheel_base_m: float, speed: float) -> float:
    """1/m, positive to the right: what the front wheels ask for, as far as the tyres' grip allows at this speed."""
    asked = math.tan(math.radians(min(max(steer, -1.0), 1.0) * max_steer_deg)) / wheel_base_m
    possible = GRIP_MPS2 / max(speed * speed, 1e-6)
    return min(max(asked, -possible), possible)


def drive(
    motion: Motion, control: VehicleControl, wheels: Wheels, max_steer_deg: float, dt: float,
    ground: GroundHeight | None, speed: float | None = None,
) -> Motion:
    """A vehicle ``dt`` seconds later. ``speed`` overrides the pedals; without ``ground`` it keeps height and tilt."""
    before = motion.forward_mps
    after = speed_after(before, control, dt) if speed is None else speed
    bend = curvature(control.steer, max_steer_deg, wheels.base_m, after)
    location, rotation = _arc(motion.transform, wheels.base_m, bend, after * dt)
    transform = Transform(location, rotation)
    if ground is not None:
        transform = on_wheels(transform, wheels, ground)
    velocity = _scaled(forward(transform.rotation), after)
    yaw_rate = math.degrees(after * bend)
    return Motion(transform, velocity, Vector3(0.0, 0.0, yaw_rate), _rate(motion.velocity, velocity, dt))


def _arc(start: Transform, wheel_base_m: float, bend: float, distance: float) -> tuple[Vector3, Rotation]:
    """Moves the middle of the rear axle along a circle, seen from above, and the origin with it."""
    yaw = math.radians(start.rotation.yaw)
    turn = bend * distance
    # The chord of the arc: 2 sin(turn/2)/bend, which tends to the distance as the arc straightens.
    chord = distance if abs(turn) < 1e-9 else 2.0 * math.sin(turn / 2.0) / bend
    level = chord * math.cos(math.radians(start.rotation.pitch))
    half = wheel_base_m / 2.0
    x = start.location.x - half * math.cos(yaw) + level * math.cos(yaw + turn / 2) + half * math.cos(yaw + turn)
    y = start.location.y - half * math.sin(yaw) + level * math.sin(yaw + turn / 2) + half * math.sin(yaw + turn)
    heading = math.remainder(yaw + turn, math.tau) if turn else yaw
    rotation = Rotation(start.rotation.pitch, math.degrees(heading), start.rotation.roll)
    return Vector3(x, y, start.location.z), rotation


def on_wheels(transform: Transform, wheels: Wheels, ground: GroundHeight) -> Transform:
    """The transform with the height, pitch and roll of the ground under the wheels; unchanged where there is none."""
    yaw = math.radians(transform.rotation.yaw)
    ahead = np.array([math.cos(yaw), math.sin(yaw)]) * wheels.base_m / 2
    right = np.array([-math.sin(yaw), math.cos(yaw)]) * wheels.track_m / 2
    middle = np.array(transform.location[:2])
    places = np.array([ahead - right, ahead + right, -ahead - right, -ahead + right]) + middle
    front_left, front_right, rear_left, rear_right = (float(height) for height in ground(places))
    mean = (front_left + front_right + rear_left + rear_right) / 4
    if math.isnan(mean):
        return transform
    pitch = math.degrees(math.atan2((front_left + front_right - rear_left - rear_right) / 2, wheels.base_m))
    roll = 0.0
    if wheels.track_m > 0:
        roll = math.degrees(math.atan2((front_left + rear_left - front_right - rear_right) / 2, wheels.track_m))
    location = Vector3(transform.location.x, transform.location.y, mean)
    return Transform(location, Rotation(pitch, transform.rotation.yaw, roll))


def walk(
    motion: Motion, control: WalkerControl, origin_height_m: float, dt: float, ground: GroundHeight | None
) -> Motion:
    """A walker ``dt`` seconds later. Its direction is taken seen from above; without ``ground`` it keeps its height."""
    start = motion.transform
    length = math.hypot(control.direction.x, control.direction.y)
    velocity, rotation = ZERO, Rotation(0.0, start.rotation.yaw, 0.0)
    if control.speed != 0.0 and length > 0.0:
        scale = control.speed / length
        velocity = Vector3(control.direction.x * scale, control.direction.y * scale, 0.0)
        rotation = Rotation(0.0, math.degrees(math.atan2(velocity.y, velocity.x)), 0.0)
    location = plus(start.location, velocity, dt)
    if ground is not None:
        height = float(ground(np.array([location[:2]]))[0])
        if not math.isnan(height):
            location = Vector3(location.x, location.y, height + origin_height_m)
    return Motion(Transform(location, rotation), velocity, ZERO, _rate(motion.velocity, velocity, dt))


def _scaled(direction: Vector3, length: float) -> Vector3:
    return Vector3(direction.x * length, direction.y * length, direction.z * length)


def _rate(before: Vector3, after: Vector3, dt: float) -> Vector3:
    return Vector3((after.x - before.x) / dt, (after.y - before.y) / dt, (after.z - before.z) / dt)
