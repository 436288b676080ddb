"""Every structure of the protocol: the field order on the wire, in both directions.

Each record lists its fields in wire order; ``values.py`` says what they mean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from simgen.localsim.errors import Refused
from simgen.localsim.values import (
    ActorAttribute,
    ActorDescription,
    ActorInfo,
    BoundingBox,
    EnvironmentObject,
    EpisodeSettings,
    GearPhysics,
    LabelledPoint,
    MapInfo,
    Rotation,
    Transform,
    Vector3,
    VehicleControl,
    VehiclePhysics,
    WalkerControl,
    WeatherParameters,
    WheelPhysics,
)
from simgen.localsim.wire.codecs import (
    BOOL,
    BYTES,
    FLOAT,
    INT,
    TEXT,
    Codec,
    array,
    fixed,
    optional,
    record,
    wrapped,
)
from simgen.localsim.wire.stream import Token

VECTOR = record(Vector3, x=FLOAT, y=FLOAT, z=FLOAT)
ROTATION = record(Rotation, pitch=FLOAT, yaw=FLOAT, roll=FLOAT)
TRANSFORM = record(Transform, location=VECTOR, rotation=ROTATION)
BOUNDING_BOX = record(BoundingBox, location=VECTOR, extent=VECTOR, rotation=ROTATION, actor_id=INT)

TOKEN: Codec[Token] = Codec(
    "Token",
    lambda raw: Token.from_bytes(wrapped(BYTES).decode(raw)),
    lambda token: [token.to_bytes()],
)
EPISODE_INFO = fixed(INT, TOKEN, name="EpisodeInfo")
MAP_INFO = record(MapInfo, name=TEXT, spawn_points=array(TRANSFORM))
EPISODE_SETTINGS = record(
    EpisodeSettings,
    synchronous_mode=BOOL, no_rendering_mode=BOOL, fixed_delta_seconds=optional(FLOAT), substepping=BOOL,
    max_substep_delta_time=FLOAT, max_substeps=INT, max_culling_distance=FLOAT, deterministic_ragdolls=BOOL,
    tile_stream_distance=FLOAT, actor_active_distance=FLOAT, spectator_as_ego=BOOL,
)
WEATHER = record(
    WeatherParameters,
    cloudiness=FLOAT, precipitation=FLOAT, precipitation_deposits=FLOAT, wind_intensity=FLOAT,
    sun_azimuth_angle=FLOAT, sun_altitude_angle=FLOAT, fog_density=FLOAT, fog_distance=FLOAT, fog_falloff=FLOAT,
    wetness=FLOAT, scattering_intensity=FLOAT, mie_scattering_scale=FLOAT, rayleigh_scattering_scale=FLOAT,
    dust_storm=FLOAT,
)

ATTRIBUTE_VALUE = record(ActorAttribute, id=TEXT, kind=INT, value=TEXT)
ACTOR_DESCRIPTION = record(ActorDescription, uid=INT, id=TEXT, attributes=array(ATTRIBUTE_VALUE))
ACTOR = record(
    ActorInfo, id=INT, parent_id=INT, description=ACTOR_DESCRIPTION, bounding_box=BOUNDING_BOX,
    semantic_tags=BYTES, stream_token=BYTES,
)


class AttributeDefinition(NamedTuple):
    """One attribute of a blueprint. ``kind``: 1 bool, 2 int, 3 float, 4 string, 5 "r,g,b" colour."""

    id: str
    kind: int
    value: str
    recommended_values: tuple[str, ...]
    is_modifiable: bool
    restrict_to_recommended: bool


class ActorDefinition(NamedTuple):
    """A blueprint as the client's library shows it; ``tags`` are comma separated."""

    uid: int
    id: str
    tags: str
    attributes: tuple[AttributeDefinition, ...]


ACTOR_DEFINITION = record(
    ActorDefinition, uid=INT, id=TEXT, tags=TEXT,
    attributes=array(record(
        AttributeDefinition, id=TEXT, kind=INT, value=TEXT, recommended_values=array(TEXT), is_modifiable=BOOL,
        restrict_to_recommended=BOOL,
    )),
)

VEHICLE_CONTROL = record(
    VehicleControl, throttle=FLOAT, steer=FLOAT, brake=FLOAT, hand_brake=BOOL, reverse=BOOL, manual_gear_shift=BOOL,
    gear=INT,
)
WALKER_CONTROL = record(WalkerControl, direction=VECTOR, speed=FLOAT, jump=BOOL)
LIGHT_FLAGS = wrapped(INT)
_CURVE = array(fixed(FLOAT, FLOAT, name="Vector2D"))
VEHICLE_PHYSICS = record(
    VehiclePhysics,
    torque_curve=_CURVE, max_rpm=FLOAT, moi=FLOAT, damping_rate_full_throttle=FLOAT,
    damping_rate_zero_throttle_clutch_engaged=FLOAT, damping_rate_zero_throttle_clutch_disengaged=FLOAT,
    use_gear_autobox=BOOL, gear_switch_time=FLOAT, clutch_strength=FLOAT, final_ratio=FLOAT,
    forward_gears=array(record(GearPhysics, ratio=FLOAT, down_ratio=FLOAT, up_ratio=FLOAT)),
    mass=FLOAT, drag_coefficient=FLOAT, center_of_mass=VECTOR, steering_curve=_CURVE,
    wheels=array(record(
        WheelPhysics, tire_friction=FLOAT, damping_rate=FLOAT, max_steer_angle=FLOAT, radius=FLOAT,
        max_brake_torque=FLOAT, max_handbrake_torque=FLOAT, lat_stiff_max_load=FLOAT, lat_stiff_value=FLOAT,
        long_stiff_value=FLOAT, position=VECTOR,
    )),
    use_sweep_wheel_collision=BOOL,
)

LABELLED_POINT = record(LabelledPoint, location=VECTOR, tag=INT)
ENVIRONMENT_OBJECT = record(
    EnvironmentObject, transform=TRANSFORM, bounding_box=BOUNDING_BOX, id=INT, name=TEXT, tag=INT
)
OPENDRIVE_PARAMETERS = fixed(FLOAT, FLOAT, FLOAT, FLOAT, BOOL, BOOL, BOOL, name="OpendriveGenerationParameters")
TRAFFIC_MANAGER = fixed(TEXT, INT, name="(ip, port)")


class SpawnCommand(NamedTuple):
    """``command.SpawnActor``. Commands in ``do_after`` carry actor id 0 in place of the new actor's."""

    description: ActorDescription
    transform: Transform
    parent: int | None
    attachment: int
    socket: str
    do_after: tuple[Command, ...]


class Command(NamedTuple):
    """One entry of a batch: its name, and its fields. All but ``SpawnActor`` start with an actor id."""

    name: str
    fields: tuple[Any, ...]


def _decode_command(raw: Any) -> Command:
    index, fields = fixed(INT, Codec("fields", lambda value: value, lambda value: value)).decode(
        wrapped(_ANY).decode(raw)
    )
    if index not in _COMMANDS:
        raise Refused(f"simgen's built-in simulator does not know the batch command number {index}")
    name, codec = _COMMANDS[index]
    decoded = codec.decode(fields)
    return Command(name, (decoded,) if isinstance(decoded, SpawnCommand) else tuple(decoded))


def _encode_command(command: Command) -> Any:
    for index, (name, codec) in _COMMANDS.items():
        if name == command.name:
            return [[index, codec.encode(command.fields[0] if name == "SpawnActor" else command.fields)]]
    raise Refused(f"no batch command is called '{command.name}'")


_ANY: Codec[Any] = Codec("command", lambda raw: raw, lambda value: value)
COMMAND: Codec[Command] = Codec("Command", _decode_command, _encode_command)
_SPAWN = record(
    SpawnCommand, description=ACTOR_DESCRIPTION, transform=TRANSFORM, parent=optional(INT), attachment=INT,
    socket=TEXT, do_after=array(COMMAND),
)
_COMMANDS: dict[int, tuple[str, Codec[Any]]] = {
    0: ("SpawnActor", _SPAWN),
    1: ("DestroyActor", fixed(INT)),
    2: ("ApplyVehicleControl", fixed(INT, VEHICLE_CONTROL)),
    4: ("ApplyWalkerControl", fixed(INT, WALKER_CONTROL)),
    5: ("ApplyVehiclePhysicsControl", fixed(INT, VEHICLE_PHYSICS)),
    6: ("ApplyTransform", fixed(INT, TRANSFORM)),
    7: ("ApplyWalkerState", fixed(INT, TRANSFORM, FLOAT)),
    8: ("ApplyTargetVelocity", fixed(INT, VECTOR)),
    14: ("SetSimulatePhysics", fixed(INT, BOOL)),
    15: ("SetEnableGravity", fixed(INT, BOOL)),
    16: ("SetAutopilot", fixed(INT, BOOL)),
    18: ("SetVehicleLightState", fixed(INT, INT)),
    19: ("ApplyLocation", fixed(INT, VECTOR)),
}
