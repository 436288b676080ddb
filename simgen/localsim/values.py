"""The values that calls carry and the world keeps: plain, frozen data.

Everything is in CARLA's own terms, because this is what a CARLA server is asked for and answers: left-handed axes
(x forward, y right, z up), metres, degrees, seconds. ``scene.py`` is the one place that turns them right-handed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Vector3(NamedTuple):
    """A location (m), velocity (m/s), direction or extent."""

    x: float
    y: float
    z: float


class Rotation(NamedTuple):
    """Degrees. Pitch: nose up. Yaw: from x towards y. Roll: clockwise seen from behind."""

    pitch: float
    yaw: float
    roll: float


class Transform(NamedTuple):
    """Where something is and how it is turned."""

    location: Vector3
    rotation: Rotation


ZERO = Vector3(0.0, 0.0, 0.0)
LEVEL = Rotation(0.0, 0.0, 0.0)
ORIGIN = Transform(ZERO, LEVEL)


class BoundingBox(NamedTuple):
    """A box in the axes of its actor (or of the world): centre, half sizes, rotation, owner."""

    location: Vector3
    extent: Vector3
    rotation: Rotation = LEVEL
    actor_id: int = 0


@dataclass(frozen=True, slots=True)
class EpisodeSettings:
    """``carla.WorldSettings``. Only the first three change what the built-in simulator does."""

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: int = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True


@dataclass(frozen=True, slots=True)
class WeatherParameters:
    """``carla.WeatherParameters``, in its units. The defaults are CARLA's ClearNoon preset."""

    cloudiness: float = 5.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 10.0
    sun_azimuth_angle: float = -1.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 2.0
    fog_distance: float = 0.75
    fog_falloff: float = 0.1
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0


class ActorAttribute(NamedTuple):
    """One attribute with its value, as a spawn request carries it and an actor answers it. ``kind`` is the wire's
    number for its type."""

    id: str
    kind: int
    value: str


class ActorDescription(NamedTuple):
    """What a client wants to spawn."""

    uid: int
    id: str
    attributes: tuple[ActorAttribute, ...]


class ActorInfo(NamedTuple):
    """What a client is told about an actor once: all that does not change while it lives."""

    id: int
    parent_id: int
    description: ActorDescription
    bounding_box: BoundingBox
    semantic_tags: bytes
    stream_token: bytes


class VehicleControl(NamedTuple):
    """Pedals and wheel: throttle and brake 0…1, steer −1…1 (positive is right)."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: int = 0


class WalkerControl(NamedTuple):
    """Where to walk (world axes) and how fast (m/s)."""

    direction: Vector3 = Vector3(1.0, 0.0, 0.0)
    speed: float = 0.0
    jump: bool = False


class GearPhysics(NamedTuple):
    """One gear of ``carla.VehiclePhysicsControl``."""

    ratio: float
    down_ratio: float
    up_ratio: float


class WheelPhysics(NamedTuple):
    """One wheel of ``carla.VehiclePhysicsControl``; radius and position in centimetres, position in world axes."""

    tire_friction: float = 3.5
    damping_rate: float = 0.25
    max_steer_angle: float = 0.0
    radius: float = 33.0
    max_brake_torque: float = 800.0
    max_handbrake_torque: float = 1600.0
    lat_stiff_max_load: float = 3.0
    lat_stiff_value: float = 20.0
    long_stiff_value: float = 3000.0
    position: Vector3 = ZERO


@dataclass(frozen=True, slots=True)
class VehiclePhysics:
    """``carla.VehiclePhysicsControl``. The built-in model uses ``wheels[*].max_steer_angle`` and ``mass``; the rest is
    kept and answered."""

    torque_curve: tuple[tuple[float, float], ...] = ((0.0, 400.0), (5000.0, 400.0))
    max_rpm: float = 5000.0
    moi: float = 1.0
    damping_rate_full_throttle: float = 0.15
    damping_rate_zero_throttle_clutch_engaged: float = 2.0
    damping_rate_zero_throttle_clutch_disengaged: float = 0.35
    use_gear_autobox: bool = True
    gear_switch_time: float = 0.5
    clutch_strength: float = 10.0
    final_ratio: float = 4.0
    forward_gears: tuple[GearPhysics, ...] = ()
    mass: float = 1500.0
    drag_coefficient: float = 0.3
    center_of_mass: Vector3 = ZERO
    steering_curve: tuple[tuple[float, float], ...] = ((0.0, 1.0), (10.0, 0.5))
    wheels: tuple[WheelPhysics, ...] = field(default=())
    use_sweep_wheel_collision: bool = False


class MapInfo(NamedTuple):
    """The name of the map and where vehicles may be born."""

    name: str
    spawn_points: tuple[Transform, ...]


class LabelledPoint(NamedTuple):
    """Where a ray met something, and the semantic tag of what it met."""

    location: Vector3
    tag: int


class EnvironmentObject(NamedTuple):
    """Something of the level that a client may ask for."""

    transform: Transform
    bounding_box: BoundingBox
    id: int
    name: str
    tag: int
