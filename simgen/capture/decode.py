"""What CARLA's sensors send, as arrays: buffers in, right-handed SI values out.

Each picture is cropped to the stored part first, so that no pixel is converted that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Sequence

import carla
import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.axes import points_from_carla
from sensors.lidar.fans import FanPlan
from sensors.lidar.grid import FanHits, rows_of_hits
from sensors.lidar.order import kitti_order
from sensors.placing import rotation_of
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
    return np.asarray(cv2.cvtColor(_bgra(image, mount), cv2.COLOR_BGRA2RGB), np.uint8)


def decode_depth(image: carla.Image, mount: CameraMount) -> NDArray[np.float32]:
    """(H, W) float32 metres along the optical axis: 1000 · (R + 256·G + 65536·B) / (256³ − 1)."""
    # Read from the other end, a pixel is the number B G R A in base 256.
    code = _bgra(image, mount).view(">u4")[:, :, 0].astype(np.uint32) >> np.uint32(8)
    return np.asarray(code * (DEPTH_RANGE_M / (256.0**3 - 1.0)), dtype=np.float32)


def decode_instances(image: carla.Image, mount: CameraMount) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Semantic tag (red) and instance id (green + 256 · blue), (H, W) each."""
    bgra = _bgra(image, mount)
    ids = bgra[:, :, :2].view(">u2")[:, :, 0].astype(np.uint16)
    return np.ascontiguousarray(bgra[:, :, 2]), ids


def decode_hits(blocks: Sequence[carla.SemanticLidarMeasurement], plan: FanPlan) -> FanHits:
    """What all fans of a LiDAR met, fan after fan from the top one, in its right-handed axes."""
    hits = [np.frombuffer(block.raw_data, SEMANTIC_POINT) for block in blocks]
    points = points_from_carla(np.concatenate([block["xyz"] for block in hits]))
    if plan.yaw_deg:            # the simulator's field of view is symmetrical, so its sensor is turned
        points = (points @ rotation_of(plan.yaw_deg, 0.0, 0.0).T).astype(np.float32)
    return FanHits(
        points_m=points,
        cos_incidence=np.concatenate([block["cos_incidence"] for block in hits]),
        tag=np.concatenate([block["tag"].astype(np.uint8) for block in hits]),
        actor_id=np.concatenate([block["actor"] for block in hits]),
        row=rows_of_hits([block.get_point_count(channel) for channel in range(block.channels)] for block in blocks),
    )


def sweep_of(hits: FanHits, is_ego: NDArray[np.bool_], plan: FanPlan, lidar: LidarMount) -> Sweep:
    """The device's beams of them as one sweep in KITTI's order, without the ego's own body.

    Args:
        is_ego: (N,) the hits on it.
    """
    beam = plan.beam_of_row[hits.row]
    keep, own = np.flatnonzero((beam >= 0) & ~is_ego), (beam >= 0) & is_ego
    ring = beam.astype(np.uint8)
    order = keep[kitti_order(np.take(hits.points_m, keep, axis=0), ring[keep], lidar.azimuth_step_rad)]
    return Sweep(
        points_m=np.take(hits.points_m, order, axis=0),
        cos_incidence=hits.cos_incidence[order],
        simulator_id=hits.actor_id[order],
        tag=hits.tag[order],
        ring=ring[order],
        body=BodyHits(hits.points_m[own].astype(np.float32), ring[own]),
    )
