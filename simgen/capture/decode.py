"""What CARLA's sensors send, as arrays: buffers in, right-handed SI values out.

Each picture is cropped to the stored part first, so that no pixel is converted that nobody keeps.
"""

from __future__ import annotations

from collections.abc import Sequence

import carla
import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.coded import scaled_code
from sensors.lidar.fans import FanPlan
from sensors.lidar.grid import FanHits, rows_of_hits
from sensors.lidar.hits import of_the_device, put_in_order, take_apart
from sensors.lidar.order import turn_order
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
    bgra = _bgra(image, mount)
    depth_m = np.empty(bgra.shape[:2], np.float32)
    scaled_code(bgra, DEPTH_RANGE_M / (256.0**3 - 1.0), depth_m)
    return depth_m


def decode_instances(image: carla.Image, mount: CameraMount) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Semantic tag (red) and instance id (green + 256 · blue), (H, W) each."""
    bgra = _bgra(image, mount)
    ids = bgra[:, :, :2].view(">u2")[:, :, 0].astype(np.uint16)
    return np.ascontiguousarray(bgra[:, :, 2]), ids


def decode_hits(blocks: Sequence[carla.SemanticLidarMeasurement], plan: FanPlan) -> FanHits:
    """What all fans of a LiDAR met, fan after fan from the top one, in its right-handed axes."""
    words = [np.frombuffer(block.raw_data, np.uint32).reshape(-1, SEMANTIC_POINT.itemsize // 4) for block in blocks]
    count = sum(map(len, words))
    points, cos_incidence = np.empty((count, 3), np.float32), np.empty(count, np.float32)
    tag, actor_id = np.empty(count, np.uint8), np.empty(count, np.uint32)
    start = 0
    for fan in words:
        here = slice(start, start := start + len(fan))
        take_apart(fan.view(np.float32), fan, points[here], cos_incidence[here], tag[here], actor_id[here])
    if plan.yaw_deg:            # the simulator's field of view is symmetrical, so its sensor is turned
        points = (points @ rotation_of(plan.yaw_deg, 0.0, 0.0).T).astype(np.float32)
    row = rows_of_hits([block.get_point_count(channel) for channel in range(block.channels)] for block in blocks)
    return FanHits(points, cos_incidence, tag, actor_id, row)


def sweep_of(hits: FanHits, is_ego: NDArray[np.bool_], plan: FanPlan, lidar: LidarMount) -> Sweep:
    """The device's beams of them as one sweep in KITTI's order, without the ego's own body.

    Args:
        is_ego: (N,) the hits on it.
    """
    hit_count, row = len(hits.points_m), np.asarray(hits.row)
    index, ring = np.empty(hit_count, np.int32), np.empty(hit_count, np.uint8)
    ahead_m, left_m = np.empty(hit_count), np.empty(hit_count)
    count = of_the_device(row, plan.beam_of_row, is_ego, hits.points_m, index, ring, ahead_m, left_m)
    order = turn_order(ahead_m[:count], left_m[:count], ring[:count], lidar.azimuth_step_rad)
    sweep = Sweep(
        np.empty((count, 3), np.float32), np.empty(count, np.float32), np.empty(count, np.uint32),
        np.empty(count, np.uint8), np.empty(count, np.uint8), body=_body(hits, is_ego, plan))
    put_in_order(order, index, ring, hits.points_m, hits.cos_incidence, hits.tag, hits.actor_id, sweep.points_m,
                 sweep.cos_incidence, sweep.tag, sweep.simulator_id, sweep.ring)
    return sweep


def _body(hits: FanHits, is_ego: NDArray[np.bool_], plan: FanPlan) -> BodyHits:
    """What the device's beams met of the ego."""
    own = np.flatnonzero(is_ego)
    beam = plan.beam_of_row[hits.row[own]]
    return BodyHits(hits.points_m[own[beam >= 0]], beam[beam >= 0].astype(np.uint8))
