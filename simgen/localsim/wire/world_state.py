"""The message that carries the whole world once a tick: the client's only source of poses, velocities and controls.

After the common header: a 36-byte header of the episode, then one packed record of 119 bytes an actor.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from simgen.localsim.errors import ProtocolError
from simgen.localsim.values import ORIGIN, Rotation, Transform, Vector3, VehicleControl, WalkerControl
from simgen.localsim.wire.stream import HEADER_BYTES, SENSOR_TYPE, Header

MAP_CHANGED = 1
_ACTIVE = 1
_GREEN = 2

_EPISODE = struct.Struct("<Qdf3iI")
_ACTOR = struct.Struct("<IB3f3f3f3f3f54s")
_VEHICLE = struct.Struct("<fffBBBifBBIB")
_WALKER = struct.Struct("<3ffB")
_LIGHT = struct.Struct("<32sffffIBB")
_SIGN = struct.Struct("<32s")
NO_LIGHT = (_GREEN, 0)


class SignRecord(NamedTuple):
    """A traffic sign: its OpenDRIVE id."""

    sign_id: str


class LightRecord(NamedTuple):
    """A traffic light: its OpenDRIVE id, seconds of its phases and since its last change, its number in its group."""

    sign_id: str
    green_s: float
    yellow_s: float
    red_s: float
    elapsed_s: float
    pole_index: int
    frozen: bool
    state: int


Control: TypeAlias = VehicleControl | WalkerControl | LightRecord | SignRecord | None


@dataclass(frozen=True, slots=True)
class ActorRecord:
    """One actor in a tick. ``control`` says what kind it is: a vehicle's, a walker's, a light, a sign, or None.

    velocity in m/s, angular_velocity in deg/s, acceleration in m/s², all in world axes. at_light: the state of the
    light in whose trigger a vehicle is, and that light's id unless it is green; (2, 0) where there is none.
    """

    id: int
    transform: Transform
    velocity: Vector3
    angular_velocity: Vector3
    acceleration: Vector3
    control: Control = None
    speed_limit_kmh: float = 0.0
    at_light: tuple[int, int] = NO_LIGHT

    def to_bytes(self) -> bytes:
        """119 bytes."""
        extra = b""
        if isinstance(self.control, VehicleControl):
            state, light = self.at_light
            extra = _VEHICLE.pack(*self.control, self.speed_limit_kmh, state, light > 0, light, 0)
        elif isinstance(self.control, WalkerControl):
            extra = _WALKER.pack(*self.control.direction, self.control.speed, self.control.jump)
        elif isinstance(self.control, LightRecord):
            extra = _LIGHT.pack(self.control.sign_id.encode(), *self.control[1:])
        elif isinstance(self.control, SignRecord):
            extra = _SIGN.pack(self.control.sign_id.encode())
        return _ACTOR.pack(
            self.id, _ACTIVE, *self.transform.location, *self.transform.rotation, *self.velocity,
            *self.angular_velocity, *self.acceleration, extra,
        )


@dataclass(frozen=True, slots=True)
class WorldState:
    """Everything a client learns from one tick."""

    frame: int
    timestamp: float
    episode_id: int
    platform_time: float
    delta_seconds: float
    flags: int
    actors: tuple[ActorRecord, ...]

    def parts(self) -> list[bytes]:
        """The message, to be sent after its length."""
        header = Header(SENSOR_TYPE["world_state"], self.frame, self.timestamp, ORIGIN).to_bytes()
        episode = _EPISODE.pack(self.episode_id, self.platform_time, self.delta_seconds, 0, 0, 0, self.flags)
        return [header + episode + b"".join(_packed(self.actors))]

    @classmethod
    def from_bytes(
        cls, data: bytes, vehicles: frozenset[int], walkers: frozenset[int], lights: frozenset[int] = frozenset(),
        signs: frozenset[int] = frozenset(),
    ) -> WorldState:
        """Reads a message. What the bytes of a control mean depends on the actor, so say which ids are vehicles,
        walkers, traffic lights and signs (a client knows it from ``get_actors_by_id``)."""
        header = Header.from_bytes(data)
        body = len(data) - HEADER_BYTES - _EPISODE.size
        if header.sensor_type != SENSOR_TYPE["world_state"] or body < 0 or body % _ACTOR.size:
            raise ProtocolError(f"{len(data)} bytes of type {header.sensor_type} are no world state")
        episode_id, platform, delta, _, _, _, flags = _EPISODE.unpack_from(data, HEADER_BYTES)
        records = _ACTOR.iter_unpack(data[HEADER_BYTES + _EPISODE.size :])
        kinds = {_VEHICLE: vehicles, _WALKER: walkers, _LIGHT: lights, _SIGN: signs}
        layout_of = {number: layout for layout, ids in kinds.items() for number in ids}
        actors = tuple(_unpacked(record, layout_of.get(record[0])) for record in records)
        return cls(header.frame, header.timestamp, episode_id, platform, delta, flags, actors)


def _packed(actors: Iterable[ActorRecord]) -> Iterable[bytes]:
    return (actor.to_bytes() for actor in actors)


def _unpacked(record: tuple[Any, ...], layout: struct.Struct | None) -> ActorRecord:
    control: Control = None
    limit, at_light = 0.0, NO_LIGHT
    values = layout.unpack_from(record[17]) if layout is not None else ()
    if layout is _VEHICLE:
        throttle, steer, brake, hand, reverse, manual, gear, limit, state, _, light, _ = values
        control = VehicleControl(throttle, steer, brake, bool(hand), bool(reverse), bool(manual), gear)
        at_light = state, light
    elif layout is _WALKER:
        x, y, z, speed, jump = values
        control = WalkerControl(Vector3(x, y, z), speed, bool(jump))
    elif layout is _LIGHT:
        sign_id, green, yellow, red, elapsed, pole, frozen, state = values
        control = LightRecord(_text(sign_id), green, yellow, red, elapsed, pole, bool(frozen), state)
    elif layout is _SIGN:
        control = SignRecord(_text(values[0]))
    return ActorRecord(
        record[0], Transform(Vector3(*record[2:5]), Rotation(*record[5:8])), Vector3(*record[8:11]),
        Vector3(*record[11:14]), Vector3(*record[14:17]), control, limit, at_light,
    )


def _text(padded: bytes) -> str:
    return padded.rstrip(b"\0").decode()
