"""The binary streams: tokens that say where a stream is, length-prefixed messages, and the header of every message.

A subscriber opens a TCP connection, sends four bytes (the stream's number) and from then on only listens.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from simgen.localsim.errors import ProtocolError
from simgen.localsim.values import Rotation, Transform, Vector3

MAX_MESSAGE_BYTES = 1 << 30
SUBSCRIPTION_BYTES = 4
WORLD_STREAM = 1           # by the real server's convention; sensors get 2, 3, …

# Which deserialiser the client uses; a wrong number ends the client's process.
SENSOR_TYPE = {
    "sensor.other.collision": 0,
    "sensor.camera.depth": 1,
    "sensor.camera.normals": 2,
    "sensor.other.gnss": 4,
    "sensor.other.imu": 5,
    "sensor.camera.optical_flow": 8,
    # simgen's own, as CARLA's optical flow: the only image of which the client leaves every byte as it was sent.
    "sensor.camera.silhouettes": 8,
    "sensor.other.radar": 9,
    "sensor.lidar.ray_cast_semantic": 10,
    "sensor.lidar.ray_cast": 11,
    "sensor.camera.rgb": 13,
    "sensor.camera.semantic_segmentation": 14,
    "sensor.camera.instance_segmentation": 15,
    "world_state": 17,
}

_TOKEN = struct.Struct("<IHBB16s")
_TCP, _CLIENTS_OWN_HOST = 1, 0
_SIZE = struct.Struct("<I")
_STREAM_ID = struct.Struct("<I")
_HEADER = struct.Struct("<QQd6f")
HEADER_BYTES = _HEADER.size


class Token(NamedTuple):
    """A stream and the TCP port that serves it, at the host by which the client knows the server."""

    stream_id: int
    port: int

    def to_bytes(self) -> bytes:
        """The 24 bytes of the wire."""
        return _TOKEN.pack(self.stream_id, self.port, _TCP, _CLIENTS_OWN_HOST, bytes(16))

    @classmethod
    def from_bytes(cls, data: bytes) -> Token:
        """Raises ``ProtocolError`` unless the token names a TCP stream."""
        if len(data) != _TOKEN.size:
            raise ProtocolError(f"a token has {_TOKEN.size} bytes, not {len(data)}")
        stream_id, port, protocol, _, _ = _TOKEN.unpack(data)
        if protocol != _TCP:
            raise ProtocolError(f"token with protocol {protocol}, expected {_TCP} (TCP)")
        return cls(stream_id, port)


class Header(NamedTuple):
    """What every sensor message starts with. ``timestamp``: simulated seconds since the episode began."""

    sensor_type: int
    frame: int
    timestamp: float
    transform: Transform

    def to_bytes(self) -> bytes:
        """The 48 bytes of the wire."""
        return _HEADER.pack(
            self.sensor_type, self.frame, self.timestamp, *self.transform.location, *self.transform.rotation
        )

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Header:
        """Reads the first 48 bytes of a message."""
        if len(data) < HEADER_BYTES:
            raise ProtocolError(f"a sensor message of {len(data)} bytes is shorter than its header")
        kind, frame, timestamp, x, y, z, pitch, yaw, roll = _HEADER.unpack_from(data)
        return cls(kind, frame, timestamp, Transform(Vector3(x, y, z), Rotation(pitch, yaw, roll)))


def subscription_bytes(stream_id: int) -> bytes:
    """What a subscriber sends after connecting."""
    return _STREAM_ID.pack(stream_id)


def subscription_stream(data: bytes) -> int:
    """The stream a subscriber asks for."""
    if len(data) != SUBSCRIPTION_BYTES:
        raise ProtocolError(f"a subscription has {SUBSCRIPTION_BYTES} bytes, not {len(data)}")
    (stream_id,) = _STREAM_ID.unpack(data)
    return int(stream_id)


def size_prefix(parts: Sequence[bytes | memoryview]) -> bytes:
    """The length of a message, whose parts follow it on the wire (sent as one gather write, nothing is joined)."""
    size = sum(memoryview(part).nbytes for part in parts)
    if not 0 < size <= MAX_MESSAGE_BYTES:
        raise ProtocolError(f"a message of {size} bytes cannot be sent")
    return _SIZE.pack(size)


class MessageSplitter:
    """Cuts a byte stream into length-prefixed messages: the subscriber's side. Owns no socket."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Messages that ``data`` completes."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _SIZE.size:
            (size,) = _SIZE.unpack_from(self._buffer)
            if not 0 < size <= MAX_MESSAGE_BYTES:
                raise ProtocolError(f"message of {size} bytes")
            end = _SIZE.size + size
            if len(self._buffer) < end:
                break
            messages.append(bytes(self._buffer[_SIZE.size : end]))
            del self._buffer[:end]
        return messages
