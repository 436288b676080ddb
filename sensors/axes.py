"""The one module that knows about axes: CARLA's, the body's and the camera's.

* body (rig, actors, LiDAR, our worlds): right-handed, x forward, y left, z up; radians, counter-clockwise.
* optical (camera): right-handed, x right, y down, z forward.
* CARLA (Unreal): left-handed, x forward, y right, z up; degrees; yaw turns x towards y, so clockwise seen
  from above; positive pitch lifts the nose; positive roll lowers the right-hand side.

Every flipped sign of the product is in this file. Left- and right-handed axes differ by a reflection in y,
called ``FLIP_Y``; a matrix M changes sides as FLIP_Y · M · FLIP_Y. Whole matrices are converted, so no order
of Euler angles can be got wrong on the way.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.rigid import RigidTransform

FLIP_Y: NDArray[np.float64] = np.diag([1.0, -1.0, 1.0])
FLIP_Y.flags.writeable = False

CAMERA_FROM_BODY = RigidTransform(
    rotation=np.array([[0.0, -1.0, 0.0],   # image right is body −left
                       [0.0, 0.0, -1.0],   # image down is body −up
                       [1.0, 0.0, 0.0]]),  # image depth is body forward
    translation_m=np.zeros(3),
)

CarlaPose: TypeAlias = "tuple[tuple[float, float, float], tuple[float, float, float]]"

# Below this cosine of the pitch, yaw and roll turn about the same axis and only their sum means anything.
_GIMBAL_COS = 1e-6


def points_from_carla(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, 3) or (3,) points from left-handed to right-handed axes of one sensor or world. Its own inverse.

    The element type is kept, so a float32 sweep stays float32.
    """
    flipped: NDArray[np.floating] = points.copy()
    flipped[..., 1] *= -1
    return flipped


def vector_from_carla(vector: ArrayLike) -> NDArray[np.float64]:
    """(3,) or (N, 3) velocities and directions, left-handed to right-handed. Its own inverse.

    Not for angular velocities, which are pseudo-vectors and flip the other way.
    """
    return np.asarray(vector, dtype=np.float64) * (1.0, -1.0, 1.0)


def angular_velocity_from_carla(rate: ArrayLike) -> NDArray[np.float64]:
    """(3,) or (N, 3) angular velocities about the axes, left-handed to right-handed. Its own inverse.

    A reflection turns a pseudo-vector the other way round: yaw to the right becomes negative.
    """
    return -vector_from_carla(rate)


def angle_from_carla_azimuth_rad(azimuth_deg: float) -> float:
    """Where the sun of a CARLA weather stands, as a right-handed angle: counter-clockwise from +x."""
    return math.radians(-azimuth_deg)


def transform_from_carla_matrix(matrix: ArrayLike) -> RigidTransform:
    """CARLA's (4, 4) matrix (``Transform.get_matrix()``: world from actor) as a right-handed transform.

    CARLA computes in single precision; the rotation is made orthonormal again, so that long chains stay
    rigid.

    Raises:
        ValueError: if the matrix is not a rigid pose to about 1e-4.
    """
    m = np.asarray(matrix, dtype=np.float64)
    if m.shape != (4, 4):
        raise ValueError(f"matrix has shape {m.shape}, expected (4, 4)")
    rotation = FLIP_Y @ m[:3, :3] @ FLIP_Y
    left, scale, right = np.linalg.svd(rotation)
    if np.abs(scale - 1).max() > 1e-4:
        raise ValueError(f"matrix scales by {scale.tolist()}; a pose must not scale")
    return RigidTransform(left @ right, m[:3, 3] @ FLIP_Y)


def carla_matrix(location_xyz: ArrayLike, pitch_yaw_roll_deg: ArrayLike) -> NDArray[np.float64]:
    """CARLA's left-handed (4, 4) matrix of a location in metres and a rotation in degrees.

    Unreal's FRotationTranslationMatrix: roll about x first, then pitch about y, then yaw about z. The same
    numbers as ``carla.Transform.get_matrix()``, in double precision and without the client.
    """
    pitch, yaw, roll = np.radians(np.asarray(pitch_yaw_roll_deg, dtype=np.float64))
    cp, sp = math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    cr, sr = math.cos(roll), math.sin(roll)
    m = np.eye(4)
    m[:3, :3] = [
        [cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr],
        [cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr],
        [sp, -cp * sr, cp * cr],
    ]
    m[:3, 3] = np.asarray(location_xyz, dtype=np.float64)
    return m


def carla_pose(transform: RigidTransform) -> CarlaPose:
    """A right-handed pose as CARLA's location (x, y, z) in metres and rotation (pitch, yaw, roll) in degrees.

    The inverse of ``transform_from_carla_matrix(carla_matrix(...))``. Looking straight up or down leaves yaw
    and roll ambiguous; roll is then 0.
    """
    r = FLIP_Y @ transform.rotation @ FLIP_Y
    x, y, z = (float(v) for v in transform.translation_m @ FLIP_Y)
    cos_pitch = math.hypot(r[0, 0], r[1, 0])
    pitch = math.atan2(r[2, 0], cos_pitch)
    if cos_pitch > _GIMBAL_COS:
        yaw, roll = math.atan2(r[1, 0], r[0, 0]), math.atan2(-r[2, 1], r[2, 2])
    else:
        yaw, roll = math.atan2(-r[0, 1], r[1, 1]), 0.0
    return (x, y, z), (math.degrees(pitch), math.degrees(yaw), math.degrees(roll))
