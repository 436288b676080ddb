"""The message that carries the whole world once a tick: the client's only source of poses, velocities and controls.

After the common header: a 36-byte header of the episode, then one packed record of 119 bytes an actor.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class ActorRecord:
    """One actor in a tick. ``control`` says what kind it is: a vehicle's, a walker's, or None.

    velocity in m/s, angular_velocity in deg/s, acceleration in m/s², all in world axes.
    """

    id: int
    transform: Transform
    velocity: Vector3
    angular_velocity: Vector3
    acceleration: Vector3
    control: VehicleControl | WalkerControl | None = None
    speed_limit_kmh: float = 0.0

    def to_bytes(self) -> bytes:
        """119 bytes."""
        extra = b""
        if isinstance(self.control, VehicleControl):
            # No traffic light acts on any vehicle: state green, "has none".
            extra = _VEHICLE.pack(*self.control, self.speed_limit_kmh, _GREEN, False, 0, 0)
        elif isinstance(self.control, WalkerControl):
            extra = _WALKER.pack(*self.control.direction, self.control.speed, self.control.jump)
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
    def from_bytes(cls, data: bytes, vehicles: frozenset[int], walkers: frozenset[int]) -> WorldState:
        """Reads a message. What the bytes of a control mean depends on the actor, so say which ids are vehicles and
        which are walkers (a client knows it from ``get_actors_by_id``)."""
        header = Header.from_bytes(data)
        body = len(data) - HEADER_BYTES - _EPISODE.size
        if header.sensor_type != SENSOR_TYPE["world_state"] or body < 0 or body % _ACTOR.size:
            raise ProtocolError(f"{len(data)} bytes of type {header.sensor_type} are no world state")
        episode_id, platform, delta, _, _, _, flags = _EPISODE.unpack_from(data, HEADER_BYTES)
        records = _ACTOR.iter_unpack(data[HEADER_BYTES + _EPISODE.size :])
        actors = tuple(_unpacked(record, vehicles, walkers) for record in records)
        return cls(header.frame, header.timestamp, episode_id, platform, delta, flags, actors)


def _packed(actors: Iterable[ActorRecord]) -> Iterable[bytes]:
    return (actor.to_bytes() for actor in actors)


def _unpacked(record: tuple[Any, ...], vehicles: frozenset[int], walkers: frozenset[int]) -> ActorRecord:
    actor_id, extra = record[0], record[17]
    control: VehicleControl | WalkerControl | None = None
    limit = 0.0
    if actor_id in vehicles:
        throttle, steer, brake, hand, reverse, manual, gear, limit, *_ = _VEHICLE.unpack_from(extra)
        control = VehicleControl(throttle, steer, brake, bool(hand), bool(reverse), bool(manual), gear)
    elif actor_id in walkers:
        x, y, z, speed, jump = _WALKER.unpack_from(extra)
        control = WalkerControl(Vector3(x, y, z), speed, bool(jump))
    return ActorRecord(
        actor_id, Transform(Vector3(*record[2:5]), Rotation(*record[5:8])), Vector3(*record[8:11]),
        Vector3(*record[11:14]), Vector3(*record[14:17]), control, limit,
    )
