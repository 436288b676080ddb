"""What CARLA's sensors send, as arrays: buffers in, right-handed SI values out.

Each picture is cropped to the stored part first, so that no pixel is converted that nobody keeps.
"""

from __future__ import annotations

import math

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.axes import points_from_carla
from sensors.lidar.order import kitti_order
from sensors.rig import CameraMount, LidarMount
from simgen.frame import BodyHits, Sweep

DEPTH_RANGE_M = 1000.0
SEMANTIC_POINT = np.dtype([("xyz", "<f4", 3), ("cos_incidence", "<f4"), ("actor", "<u4"), ("tag", "<u4")])


def _bgra(image: carla.Image, mount: CameraMount) -> NDArray[np.uint8]:
    """(H, W, 4) view of the stored part of a picture, blue first."""
    pixels = np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)
    return mount.picture.crop(pixels)


def decode_rgb(image: carla.Image, mount: CameraMount) -> NDArray[np.uint8]:
    """(H, W, 3) uint8, red first."""
    return np.ascontiguousarray(_bgra(image, mount)[:, :, 2::-1])


def decode_depth(image: carla.Image, mount: CameraMount) -> NDArray[np.float32]:
    """(H, W) float32 metres along the optical axis: 1000 · (R + 256·G + 65536·B) / (256³ − 1)."""
    bgra = _bgra(image, mount)
    code = bgra[:, :, 2] + np.uint32(256) * bgra[:, :, 1] + np.uint32(65536) * bgra[:, :, 0]
    return np.asarray(code * (DEPTH_RANGE_M / (256.0**3 - 1.0)), dtype=np.float32)


def decode_instances(image: carla.Image, mount: CameraMount) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Semantic tag (red) and instance id (green + 256 · blue), (H, W) each."""
    bgra = _bgra(image, mount)
    ids = bgra[:, :, 1] + np.uint16(256) * bgra[:, :, 0]
    return np.ascontiguousarray(bgra[:, :, 2]), ids.astype(np.uint16)


def _in_view(points: NDArray[np.float32], lidar: LidarMount) -> NDArray[np.bool_]:
    """(N,) which points lie in the device's field of view; the simulator's heads all turn fully."""
    begin, end = np.radians(lidar.azimuths_deg)
    if end - begin >= 2 * math.pi:
        return np.ones(len(points), np.bool_)
    return np.asarray((np.arctan2(points[:, 1], points[:, 0]) - begin) % (2 * math.pi) <= end - begin)


def decode_sweep(blocks: list[carla.SemanticLidarMeasurement], ego_id: int, lidar: LidarMount) -> Sweep:
    """The blocks of one device as one sweep in KITTI's order, without the ego's own body.

    Blocks come from the highest beams to the lowest, and CARLA's channels within a block do too.
    """
    parts = [np.frombuffer(block.raw_data, SEMANTIC_POINT) for block in blocks]
    rings = [
        np.repeat(np.arange(block.channels), [block.get_point_count(channel) for channel in range(block.channels)])
        for block in blocks
    ]
    first_ring = np.cumsum([0, *(block.channels for block in lidar.blocks)])
    ring = np.concatenate([rings[i] + first_ring[i] for i in range(len(blocks))]).astype(np.uint8)
    hits = np.concatenate(parts)
    points = points_from_carla(hits["xyz"])
    is_own = hits["actor"] == ego_id
    is_seen = _in_view(points, lidar)
    keep, own = np.flatnonzero(is_seen & ~is_own), is_seen & is_own
    order = keep[kitti_order(points[keep], ring[keep], lidar.azimuth_step_rad)]
    return Sweep(
        points_m=points[order].astype(np.float32),
        cos_incidence=hits["cos_incidence"][order],
        simulator_id=hits["actor"][order],
        tag=hits["tag"][order].astype(np.uint8),
        ring=ring[order],
        body=BodyHits(points[own].astype(np.float32), ring[own]),
    )
