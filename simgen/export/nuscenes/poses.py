"""Poses as nuScenes writes them: a translation and a quaternion, real part first.

nuScenes' ego axes are those of simgen's rigs: x forward, y left, z up, on the ground under the rear axle. Its LiDAR
axes are turned: x right, y forward, z up.
"""

from __future__ import annotations

import math
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.export.nuscenes.canvas import Canvas
from simgen.kitti.labels import KittiObject

# From simgen's LiDAR axes (x forward, y left, z up) to nuScenes' of LIDAR_TOP.
TOP_FROM_LIDAR = RigidTransform.from_yaw(math.pi / 2)

# From the axes of a box (x along its length, y left, z up) to camera axes (x right, y down, z forward), for a box whose
# rotation_y is 0, which faces the camera's right: x stays x, left is away from the camera, up is against y.
_CAMERA_FROM_LEVEL_BOX = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

_TRANSLATION_DECIMALS = 5
_ROTATION_DECIMALS = 10


class Pose(TypedDict):
    translation: list[float]
    rotation: list[float]


def pose_record(target_from_source: RigidTransform) -> Pose:
    return {
        "translation": (np.round(target_from_source.translation_m, _TRANSLATION_DECIMALS) + 0.0).tolist(),
        "rotation": (np.round(quaternion(target_from_source.rotation), _ROTATION_DECIMALS) + 0.0).tolist(),
    }


def quaternion(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4,) w, x, y, z of a rotation matrix, with the largest of the four positive.

    Shepperd's method (Journal of Guidance and Control, 1978): the largest component first, from the diagonal, so that
    nothing is divided by a small number.
    """
    m = rotation
    trace = float(np.trace(m))
    squares = np.array([trace, m[0, 0], m[1, 1], m[2, 2]])
    k = int(squares.argmax())
    largest = math.sqrt(max(0.0, 1 + (trace if k == 0 else 2 * squares[k] - trace))) / 2
    turn = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    if k == 0:
        found = np.concatenate([[largest], turn / (4 * largest)])
    else:
        i = k - 1
        found = np.empty(4)
        found[0] = turn[i] / (4 * largest)
        found[1:] = (m[i] + m[:, i]) / (4 * largest)
        found[k] = largest
    return np.asarray(found / np.linalg.norm(found))


def map_from_world(canvas: Canvas) -> RigidTransform:
    """nuScenes' global axes, in which the canvas begins at (0, 0), from the simulator's world. Heights stay."""
    return RigidTransform(np.eye(3), np.array([-canvas.west_m, -canvas.south_m, 0.0]))


def camera_from_box(label: KittiObject) -> RigidTransform:
    """The pose of a label's box, about its centre, in rectified camera 0."""
    turn = np.array([[math.cos(label.yaw_rad), 0.0, math.sin(label.yaw_rad)], [0.0, 1.0, 0.0],
                     [-math.sin(label.yaw_rad), 0.0, math.cos(label.yaw_rad)]])
    x, y, z = label.bottom_centre_m
    height = label.size_hwl_m[0]
    return RigidTransform(turn @ _CAMERA_FROM_LEVEL_BOX, np.array([x, y - height / 2, z]))
