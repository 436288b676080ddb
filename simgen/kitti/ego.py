"""The ego of a frame: where it was and how it moved, as the side file tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sensors.rigid import RigidTransform
from simgen.frame import Frame

_POSE_DECIMALS = 9          # a nanometre, and a rotation that is orthonormal to far better than readers ask for
_MOTION_DECIMALS = 6
_DEGREES_DECIMALS = 12      # a tenth of a micrometre on the ground


@dataclass(frozen=True, slots=True)
class EgoState:
    """The ego at the frame's moment. World axes are OpenDRIVE's: x east, y north, z up.

    world_from_camera_0:  3×4 matrix row by row, from the axes of the labels (camera 0) to the world.
    world_from_rig:       likewise from the rig: x forward, y left, z up, on the ground under the rear axle.
    velocity_mps:         over ground, world axes.
    acceleration_mps2:    what the IMU felt, gravity included, in its axes x forward, y left, z up.
    angular_rate_radps:   about the same axes, counter-clockwise.
    latitude_deg, longitude_deg, altitude_m: WGS 84, of the IMU.

    The last five are None where the simulator had no IMU or GNSS.
    """

    world_from_camera_0: tuple[float, ...]
    world_from_rig: tuple[float, ...]
    velocity_mps: tuple[float, ...]
    acceleration_mps2: tuple[float, ...] | None
    angular_rate_radps: tuple[float, ...] | None
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_m: float | None

    @classmethod
    def from_frame(cls, frame: Frame, rig_from_camera_0: RigidTransform) -> EgoState:
        """rig_from_camera_0: from camera 0's optical axes to the rig's."""
        motion = frame.ego_motion
        return cls(
            world_from_camera_0=_rounded((frame.world_from_rig @ rig_from_camera_0).matrix()[:3], _POSE_DECIMALS),
            world_from_rig=_rounded(frame.world_from_rig.matrix()[:3], _POSE_DECIMALS),
            velocity_mps=_rounded(frame.ego_velocity_mps, _MOTION_DECIMALS),
            acceleration_mps2=None if motion is None else _rounded(motion.acceleration_mps2, _MOTION_DECIMALS),
            angular_rate_radps=None if motion is None else _rounded(motion.angular_rate_radps, _MOTION_DECIMALS),
            latitude_deg=None if motion is None else round(motion.latitude_deg, _DEGREES_DECIMALS),
            longitude_deg=None if motion is None else round(motion.longitude_deg, _DEGREES_DECIMALS),
            altitude_m=None if motion is None else round(motion.altitude_m, _MOTION_DECIMALS),
        )

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EgoState:
        """Raises KeyError, TypeError or ValueError if the value is no such thing."""
        return cls(
            world_from_camera_0=_numbers(value["world_from_camera_0"], 12),
            world_from_rig=_numbers(value["world_from_rig"], 12),
            velocity_mps=_numbers(value["velocity_mps"], 3),
            acceleration_mps2=_if_there(value["acceleration_mps2"]),
            angular_rate_radps=_if_there(value["angular_rate_radps"]),
            latitude_deg=value["latitude_deg"],
            longitude_deg=value["longitude_deg"],
            altitude_m=value["altitude_m"],
        )

    def camera_0_pose(self) -> RigidTransform:
        """World from the axes of the labels."""
        return RigidTransform.from_matrix(np.reshape(self.world_from_camera_0, (3, 4)))

    def rig_pose(self) -> RigidTransform:
        """World from the rig."""
        return RigidTransform.from_matrix(np.reshape(self.world_from_rig, (3, 4)))


def _rounded(values: ArrayLike, decimals: int) -> tuple[float, ...]:
    # Adding 0.0 turns the −0.0 that rounding can leave into 0.0.
    return tuple((np.round(np.asarray(values, dtype=np.float64).ravel(), decimals) + 0.0).tolist())


def _if_there(values: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if values is None else _numbers(values, 3)


def _numbers(values: Sequence[float], count: int) -> tuple[float, ...]:
    if len(values) != count:
        raise ValueError(f"expected {count} numbers, got {len(values)}")
    return tuple(float(value) for value in values)
