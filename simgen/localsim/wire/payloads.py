"""What each sensor sends after the common header: encoders for the server, decoders beside them for the tests.

Every encoder returns the parts of a payload, so that a picture is handed to the socket without being copied.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgpack
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.errors import ProtocolError
from simgen.localsim.values import ActorInfo, Vector3
from simgen.localsim.wire.codecs import FLOAT, fixed
from simgen.localsim.wire.records import ACTOR, VECTOR

Part = bytes | memoryview

DEPTH_RANGE_M = 1000.0
_DEPTH_STEPS = 256**3 - 1
_IMAGE = struct.Struct("<IIf")

LIDAR_POINT = np.dtype([("xyz", "<f4", 3), ("intensity", "<f4")])
SEMANTIC_POINT = np.dtype([("xyz", "<f4", 3), ("cos_incidence", "<f4"), ("object_id", "<u4"), ("tag", "<u4")])

RADAR_POINT = np.dtype([("velocity_mps", "<f4"), ("azimuth_rad", "<f4"), ("altitude_rad", "<f4"), ("depth_m", "<f4")])

FLOW_LIMIT = 2.0           # optical flow is told in half pictures, up to two whole ones

SILHOUETTE_MAGIC, SILHOUETTE_VERSION = 0x53494C48, 1
SILHOUETTE_ROW = np.dtype([
    ("id", "<u4"), ("flags", "<u4"), ("visible_px", "<u4"), ("inside_px", "<u4"), ("outside_px", "<f4"),
    ("left", "<f4"), ("top", "<f4"), ("right", "<f4"), ("bottom", "<f4"), ("zero", "<u4", 7),
])
_ROW_BYTES = SILHOUETTE_ROW.itemsize
LEVEL_OBJECT, CUT_OBJECT = 1, 2        # bits of a silhouette's flags

_IMU = fixed(VECTOR, VECTOR, FLOAT)
_GNSS = fixed(FLOAT, FLOAT, FLOAT)
_COLLISION = fixed(ACTOR, ACTOR, VECTOR)


class Picture(NamedTuple):
    """A camera's message: fov in degrees, (H, W, 4) uint8 pixels in the order blue, green, red, alpha."""

    fov_deg: float
    bgra: NDArray[np.uint8]


class SilhouetteRow(NamedTuple):
    """One object of a silhouette image; see the README for each number's meaning. Edges in pixels of the window."""

    id: int
    flags: int
    visible_px: int
    inside_px: int
    outside_px: float
    left: float
    top: float
    right: float
    bottom: float


class Points(NamedTuple):
    """A LiDAR's message: the head's angle (rad), how many points each channel returned, and the points."""

    horizontal_angle_rad: float
    points_per_channel: NDArray[np.uint32]
    points: NDArray[Any]


def picture_parts(bgra: NDArray[np.uint8], fov_deg: float) -> list[Part]:
    """Payload of every camera."""
    height, width, _ = bgra.shape
    return [_IMAGE.pack(width, height, fov_deg), np.ascontiguousarray(bgra).data.cast("B")]


def read_picture(payload: bytes) -> Picture:
    """The other direction of ``picture_parts``."""
    width, height, fov = _IMAGE.unpack_from(payload)
    if len(payload) != _IMAGE.size + width * height * 4:
        raise ProtocolError(f"a {width}×{height} picture does not have {len(payload)} bytes")
    return Picture(fov, np.frombuffer(payload, np.uint8, offset=_IMAGE.size).reshape(height, width, 4))


def bgra_of_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) red first → (H, W, 4) blue first, opaque."""
    bgra = np.empty((*rgb.shape[:2], 4), np.uint8)
    bgra[..., :3] = rgb[..., ::-1]
    bgra[..., 3] = 255
    return bgra


def bgra_of_depth(depth_m: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W) metres → CARLA's 24-bit depth, red the lowest byte: 1000 · (R + 256·G + 65536·B) / (256³ − 1).

    What is farther than 1000 m reads as 1000 m; the format ends there.
    """
    share = np.clip(depth_m.astype(np.float64) / DEPTH_RANGE_M, 0.0, 1.0)
    low_first = np.rint(share * _DEPTH_STEPS).astype("<u4").view(np.uint8).reshape(*depth_m.shape, 4)
    bgra = np.empty_like(low_first)
    bgra[..., :3] = low_first[..., 2::-1]
    bgra[..., 3] = 255
    return bgra


def depth_of_bgra(bgra: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The other direction of ``bgra_of_depth``, metres."""
    blue, green, red = (bgra[..., channel].astype(np.float64) for channel in range(3))
    metres: NDArray[np.float64] = DEPTH_RANGE_M * (red + 256.0 * green + 65536.0 * blue) / _DEPTH_STEPS
    return metres


def bgra_of_tags(tag: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) semantic tags → red; green and blue stay 0."""
    bgra = np.zeros((*tag.shape, 4), np.uint8)
    bgra[..., 2] = tag
    bgra[..., 3] = 255
    return bgra


def bgra_of_instances(tag: NDArray[np.uint8], number: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Tags → red, a number's low byte → green, its next byte → blue: number & 0xFFFF = G + 256·B."""
    bgra = bgra_of_tags(tag)
    bgra[..., 1] = number & 0xFF
    bgra[..., 0] = (number >> 8) & 0xFF
    return bgra


def bgra_of_normals(normal: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W, 3) unit vectors in CARLA's world axes → x in red, y in green, z in blue: (n + 1) / 2 of 255. A zero
    vector, the sky, becomes 128 in all three.

    That is what CARLA's shader makes since 0.9.16 (pull requests 8810 and 8859); before, it was view space.
    """
    bgra = np.empty((*normal.shape[:2], 4), np.uint8)
    bgra[..., :3] = np.floor((normal[..., ::-1] + 1.0) * 127.5 + 0.5)
    bgra[..., 3] = 255
    return bgra


def normals_of_bgra(bgra: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The other direction of ``bgra_of_normals``: (H, W, 3), of length 1 within a step of 1/127.5 each way."""
    normals: NDArray[np.float64] = bgra[..., 2::-1].astype(np.float64) / 127.5 - 1.0
    return normals


def flow_parts(moved_px: NDArray[np.float32], fov_deg: float) -> list[Part]:
    """Payload of the optical flow camera, from (H, W, 2) pixels, right and down, since the last tick.

    CARLA counts as its engine does: x to the right, y upwards, the whole picture 2 wide and 2 high, and no more than 2.
    """
    height, width, _ = moved_px.shape
    flow = moved_px * np.array([2.0 / width, -2.0 / height], np.float32)
    return [_IMAGE.pack(width, height, fov_deg), np.clip(flow, -FLOW_LIMIT, FLOW_LIMIT).astype("<f4").data.cast("B")]


def read_flow(payload: bytes) -> NDArray[np.float32]:
    """The other direction of ``flow_parts``: (H, W, 2) pixels, right and down."""
    width, height, _ = _IMAGE.unpack_from(payload)
    if len(payload) != _IMAGE.size + width * height * 8:
        raise ProtocolError(f"an optical flow of {width}×{height} pixels does not have {len(payload)} bytes")
    flow = np.frombuffer(payload, "<f4", offset=_IMAGE.size).reshape(height, width, 2)
    pixels: NDArray[np.float32] = flow * np.array([width / 2.0, -height / 2.0], np.float32)
    return pixels


def silhouette_pixels(rows: Sequence[SilhouetteRow]) -> NDArray[np.uint8]:
    """Silhouettes as an image of 16 x (1 + n) pixels, 64 bytes a row: a head (magic, version, n), then the objects.

    All bytes count, also those where a picture has its alpha: the message must go to the client as optical flow.
    """
    image = np.zeros((1 + len(rows), _ROW_BYTES), np.uint8)
    image[0].view("<u4")[:3] = SILHOUETTE_MAGIC, SILHOUETTE_VERSION, len(rows)
    filled = np.zeros(len(rows), SILHOUETTE_ROW)
    for k, row in enumerate(rows):
        filled[k] = (*row, (0,) * 7)
    image[1:] = filled.view(np.uint8).reshape(len(rows), _ROW_BYTES)
    return image.reshape(1 + len(rows), 16, 4)


def read_silhouettes(bgra: NDArray[np.uint8]) -> list[SilhouetteRow]:
    """The other direction of ``silhouette_pixels``."""
    rows = np.ascontiguousarray(bgra).reshape(-1, _ROW_BYTES)
    magic, version, count = (int(number) for number in rows[0].view("<u4")[:3])
    if (magic, version, count) != (SILHOUETTE_MAGIC, SILHOUETTE_VERSION, len(rows) - 1):
        raise ProtocolError(f"no silhouettes: magic {magic:#x}, version {version}, {count} of {len(rows) - 1} rows")
    return [SilhouetteRow(*row[:-1]) for row in rows[1:].reshape(-1).view(SILHOUETTE_ROW).tolist()]


def lidar_parts(
    horizontal_angle_rad: float, points_per_channel: NDArray[np.uint32], points: NDArray[Any]
) -> list[Part]:
    """Payload of both LiDARs; ``points`` of dtype ``LIDAR_POINT`` or ``SEMANTIC_POINT``, channel after channel."""
    counts = points_per_channel.astype("<u4")
    if int(counts.sum()) != len(points):
        raise ValueError(f"{len(points)} points, but the channels count {int(counts.sum())}")
    head = struct.pack("<fI", horizontal_angle_rad, len(counts)) + counts.tobytes()
    # A memoryview of zero points has nothing to send; the header alone is a valid message.
    return [head] if len(points) == 0 else [head, np.ascontiguousarray(points).view(np.uint8).data]


def read_lidar(payload: bytes, point: np.dtype[Any]) -> Points:
    """The other direction of ``lidar_parts``."""
    angle, channels = struct.unpack_from("<fI", payload)
    counts = np.frombuffer(payload, "<u4", channels, offset=8)
    points = np.frombuffer(payload, point, offset=8 + 4 * channels)
    if int(counts.sum()) != len(points):
        raise ProtocolError(f"{len(points)} points, but the channels count {int(counts.sum())}")
    return Points(angle, counts, points)


def radar_parts(points: NDArray[Any]) -> list[Part]:
    """Payload of the radar: ``RADAR_POINT`` after ``RADAR_POINT``, no header. Nothing met is an empty payload."""
    return [] if len(points) == 0 else [np.ascontiguousarray(points).view(np.uint8).data]


def read_radar(payload: bytes) -> NDArray[Any]:
    """The other direction of ``radar_parts``."""
    if len(payload) % RADAR_POINT.itemsize:
        raise ProtocolError(f"{len(payload)} bytes are no whole number of radar detections")
    return np.frombuffer(payload, RADAR_POINT)


def imu_parts(accelerometer: Vector3, gyroscope: Vector3, compass_rad: float) -> list[Part]:
    """m/s² including gravity, rad/s, radians from north; sensor axes."""
    return [msgpack.packb(_IMU.encode((accelerometer, gyroscope, compass_rad)))]


def read_imu(payload: bytes) -> tuple[Vector3, Vector3, float]:
    """The other direction of ``imu_parts``."""
    accelerometer, gyroscope, compass = _IMU.decode(msgpack.unpackb(payload))
    return accelerometer, gyroscope, compass


def gnss_parts(latitude_deg: float, longitude_deg: float, altitude_m: float) -> list[Part]:
    """Where on the earth."""
    return [msgpack.packb(_GNSS.encode((latitude_deg, longitude_deg, altitude_m)))]


def read_gnss(payload: bytes) -> tuple[float, float, float]:
    """The other direction of ``gnss_parts``."""
    latitude, longitude, altitude = _GNSS.decode(msgpack.unpackb(payload))
    return latitude, longitude, altitude


def collision_parts(own: ActorInfo, other: ActorInfo, impulse: Vector3) -> list[Part]:
    """Who met whom, and the impulse on the first (N·s)."""
    return [msgpack.packb(_COLLISION.encode((own, other, impulse)), use_bin_type=True)]


def read_collision(payload: bytes) -> tuple[ActorInfo, ActorInfo, Vector3]:
    """The other direction of ``collision_parts``."""
    own, other, impulse = _COLLISION.decode(msgpack.unpackb(payload, raw=False))
    return own, other, impulse


def message_bytes(parts: Sequence[Part]) -> bytes:
    """All parts of a payload as one piece: for tests and files, not for sending."""
    return b"".join(bytes(part) for part in parts)
