"""What lives in the world. Every actor is a frozen value; the world replaces it when something about it changes, so
that a moment of the world can be handed to the sensors without copying anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simgen.localsim.catalogue import Blueprint, Body
from simgen.localsim.physics import Motion
from simgen.localsim.poses import plus, to_world
from simgen.localsim.values import (
    ZERO,
    ActorInfo,
    BoundingBox,
    GearPhysics,
    Transform,
    Vector3,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
    WheelPhysics,
)

HANDS_OFF, STANDING = VehicleControl(), WalkerControl()
DOOR_SWING_S = 1.0         # that a door takes to open or close
MAX_STEER_DEG = 70.0       # of the front wheels, as CARLA's cars have it
SHOWN_STEER_RAD = 0.70     # farther no wheel is drawn turned, lest it leaves its arch
ROLLS_AT_MOST_MPS = 90.0   # who moves farther in a tick was put there
STEERS_FROM_MPS = 0.3      # slower, a path does not show how the wheels stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Anything with an id and a pose.

    mount:      for an attached actor, its pose in its parent's axes.
    simulated:  does physics move it? Attached actors are moved by their parent alone.
    gravity:    does a simulated actor keep to the ground?
    solid:      does it take part in collisions?
    ticks:      how many ticks it has lived through.
    """

    id: int
    blueprint: Blueprint
    attributes: Mapping[str, str]
    motion: Motion
    parent_id: int = 0
    mount: Transform | None = None
    simulated: bool = True
    gravity: bool = True
    solid: bool = True
    ticks: int = 0

    @property
    def transform(self) -> Transform:
        """World pose."""
        return self.motion.transform

    @property
    def body(self) -> Body | None:
        """What it is physically; None for what has no body."""
        return self.blueprint.body_of(self.attributes)

    @property
    def kind(self) -> str:
        """"vehicle", "walker", "animal", "prop", or "" for what has no body."""
        return self.body.kind if self.body else ""

    @property
    def box(self) -> BoundingBox:
        """In the actor's axes; without a body, an empty box."""
        body = self.body
        return BoundingBox(ZERO, ZERO, actor_id=self.id) if body is None else body.bounding_box(self.id)

    def placed(self, transform: Transform) -> Actor:
        """The same actor elsewhere. It keeps its velocity."""
        return replace(self, motion=replace(self.motion, transform=transform))

    def info(self, stream_token: bytes = b"") -> ActorInfo:
        """What a client is told once."""
        tags = bytes([self.body.tag]) if self.body else b""
        description = self.blueprint.describe(self.attributes)
        return ActorInfo(self.id, self.parent_id, description, self.box, tags, stream_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle(Actor):
    """
    lights:        CARLA's VehicleLightState flags.
    constant_mps:  a speed that overrides the pedals.
    driven:        has it moved by itself? A car that never did has stood here since before the snow.
    open_doors:    those that a client opened (front left, front right, rear left, rear right are 0 to 3).
    door_swing:    how far each of the four has swung, 0 shut to 1 open.
    stood:         where it was at the last tick; None before its first one.
    rolled_m:      how far its wheels have rolled, forwards, however it was moved; rolling_mps: over the last tick.
    steered_rad:   how far its front wheels are turned to the left, as its path shows or, while it stands, its control.
    at_light:      id of the traffic light in whose trigger it is; 0 for none.
    limit_kmh:     of the last speed limit sign that it passed; None if it passed none.
    """

    control: VehicleControl = HANDS_OFF
    lights: int = 0
    open_doors: frozenset[int] = frozenset()
    door_swing: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    constant_mps: float | None = None
    driven: bool = False
    physics: VehiclePhysics = field(default_factory=VehiclePhysics)
    stood: Transform | None = None
    rolled_m: float = 0.0
    rolling_mps: float = 0.0
    steered_rad: float = 0.0
    at_light: int = 0
    limit_kmh: float | None = None

    @property
    def max_steer_deg(self) -> float:
        """Of the front wheels."""
        return self.physics.wheels[0].max_steer_angle

    def rolled_to(self, pose: Transform, dt: float) -> Vehicle:
        """The same vehicle with its wheels as they are when it comes to a pose within ``dt`` seconds."""
        if self.stood is None or self.blueprint.body is None or self.blueprint.body.wheels is None:
            return replace(self, stood=pose)
        yaw = math.radians(pose.rotation.yaw)
        step_m = ((pose.location.x - self.stood.location.x) * math.cos(yaw)
                  + (pose.location.y - self.stood.location.y) * math.sin(yaw))
        if abs(step_m) > ROLLS_AT_MOST_MPS * dt:                    # put somewhere else
            return replace(self, stood=pose, rolling_mps=0.0)
        turned = math.radians((pose.rotation.yaw - self.stood.rotation.yaw + 180.0) % 360.0 - 180.0)
        steered = -math.radians(self.max_steer_deg * self.control.steer)      # CARLA counts to the right
        if abs(step_m) > STEERS_FROM_MPS * dt:
            steered = -math.atan(self.blueprint.body.wheels.base_m * turned / step_m)
        steered = min(max(steered, -SHOWN_STEER_RAD), SHOWN_STEER_RAD)
        return replace(self, stood=pose, rolled_m=self.rolled_m + step_m, rolling_mps=step_m / dt, steered_rad=steered)

    def doors_after(self, dt: float) -> tuple[float, ...]:
        """The doors' swing ``dt`` seconds later."""
        step = dt / DOOR_SWING_S
        return tuple(
            min(swing + step, 1.0) if door in self.open_doors else max(swing - step, 0.0)
            for door, swing in enumerate(self.door_swing)
        )

    def physics_now(self) -> VehiclePhysics:
        """The physics control with the wheels where they are: world axes, centimetres, as a CARLA server answers."""
        here = self.transform
        spots = (plus(here.location, to_world(here.rotation, spot)) for spot in wheel_spots(self.blueprint))
        wheels = tuple(
            wheel._replace(position=_centimetres(spot))
            for wheel, spot in zip(self.physics.wheels, spots, strict=True)
        )
        return replace(self.physics, wheels=wheels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker(Actor):
    """A pedestrian or an animal.

    stood_m:      where it stood at the last tick.
    travelled_m:  how far it has walked, however it was moved.
    gait_mps:     how fast it went over the last tick.
    """

    control: WalkerControl = STANDING
    stood_m: Vector3 = ZERO
    travelled_m: float = 0.0
    gait_mps: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor(Actor):
    """A sensor, a controller or the weather: what has no body. stream_id: where its measurements go; 0 if the client
    computes them itself or there are none."""

    stream_id: int = 0


def newborn(
    actor_id: int, blueprint: Blueprint, attributes: Mapping[str, str], motion: Motion, parent_id: int,
    mount: Transform | None, stream_id: int,
) -> Actor:
    """The actor a blueprint becomes. Props stay where they are put."""
    if blueprint.body is None:
        return Sensor(
            id=actor_id, blueprint=blueprint, attributes=attributes, motion=motion, parent_id=parent_id, mount=mount,
            simulated=False, solid=False, stream_id=stream_id,
        )
    if blueprint.body.kind == "vehicle":
        return Vehicle(
            id=actor_id, blueprint=blueprint, attributes=attributes, motion=motion, parent_id=parent_id, mount=mount,
            physics=stock_physics(blueprint),
        )
    if blueprint.body.kind == "prop":
        return Actor(
            id=actor_id, blueprint=blueprint, attributes=attributes, motion=motion, parent_id=parent_id, mount=mount,
            simulated=False,
        )
    return Walker(
        id=actor_id, blueprint=blueprint, attributes=attributes, motion=motion, parent_id=parent_id, mount=mount,
        stood_m=motion.transform.location,
    )


def wheel_spots(blueprint: Blueprint) -> tuple[Vector3, ...]:
    """Wheel centres in the vehicle's axes, metres: front left, front right, rear left, rear right; or front, rear."""
    assert blueprint.body is not None and blueprint.body.wheels is not None
    wheels = blueprint.body.wheels
    ahead, aside = wheels.base_m / 2, wheels.track_m / 2
    sides = (-aside, aside) if wheels.count == 4 else (0.0,)
    return tuple(Vector3(x, y, wheels.radius_m) for x in (ahead, -ahead) for y in sides)


def stock_physics(blueprint: Blueprint) -> VehiclePhysics:
    """The physics control a vehicle is born with."""
    assert blueprint.body is not None and blueprint.body.wheels is not None
    wheels = blueprint.body.wheels
    front, rear = (
        WheelPhysics(max_steer_angle=angle, radius=wheels.radius_m * 100.0) for angle in (MAX_STEER_DEG, 0.0)
    )
    each = wheels.count // 2
    ratios = (3.6, 2.2, 1.5, 1.1, 0.85)
    gears = tuple(GearPhysics(ratio, 0.5, 0.65) for ratio in ratios)
    return VehiclePhysics(mass=blueprint.body.mass_kg, forward_gears=gears, wheels=(front,) * each + (rear,) * each)


def _centimetres(metres: Vector3) -> Vector3:
    return Vector3(metres.x * 100.0, metres.y * 100.0, metres.z * 100.0)
