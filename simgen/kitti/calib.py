"""The ``calib`` file: how points get from the LiDAR into the pictures.

A LiDAR point X lands on pixel P2 · R0_rect · Tr_velo_to_cam · X. A simulated rig has no misalignment, so
R0_rect is the identity and Tr_velo_to_cam leads straight into rectified camera 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.pinhole import Intrinsics
from sensors.rig import Rig
from sensors.rigid import RigidTransform, readonly_array
from simgen.errors import DatasetError

_ROWS = (       # many readers go by line number, so the order matters
    ("P0", (3, 4)), ("P1", (3, 4)), ("P2", (3, 4)), ("P3", (3, 4)),
    ("R0_rect", (3, 3)), ("Tr_velo_to_cam", (3, 4)), ("Tr_imu_to_velo", (3, 4)),
)


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """The seven matrices of a frame.

    projections:     (4, 3, 4), P0 to P3: rectified camera 0 to the pixels of each camera.
    r0_rect:         (3, 3), camera 0 to rectified camera 0.
    tr_velo_to_cam:  (3, 4), LiDAR axes to camera 0.
    tr_imu_to_velo:  (3, 4), IMU axes to LiDAR axes.
    """

    projections: NDArray[np.float64]
    r0_rect: NDArray[np.float64]
    tr_velo_to_cam: NDArray[np.float64]
    tr_imu_to_velo: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, shape in (("projections", (4, 3, 4)), ("r0_rect", (3, 3)), ("tr_velo_to_cam", (3, 4)),
                            ("tr_imu_to_velo", (3, 4))):
            object.__setattr__(self, name, readonly_array(getattr(self, name), shape, name))

    @classmethod
    def from_rig(cls, rig: Rig) -> Calibration:
        projections = []
        for camera in rig.cameras:
            camera_from_reference = camera.optical_from_rig @ rig.reference_from_rig.inverse()
            projections.append(camera.intrinsics.matrix() @ camera_from_reference.matrix()[:3])
        lidar_from_imu = rig.lidar.rig_from_lidar.inverse() @ rig.imu.rig_from_imu
        return cls(
            projections=np.array(projections),
            r0_rect=np.eye(3),
            tr_velo_to_cam=rig.reference_from_lidar.matrix()[:3],
            tr_imu_to_velo=lidar_from_imu.matrix()[:3],
        )

    def rectified_from_lidar(self) -> RigidTransform:
        """From LiDAR axes to rectified camera 0, the axes of the labels."""
        return RigidTransform(self.r0_rect, np.zeros(3)) @ RigidTransform.from_matrix(self.tr_velo_to_cam)

    def intrinsics(self, camera: int, width: int, height: int) -> Intrinsics:
        """The camera that took pictures of this size with projection ``camera``."""
        p = self.projections[camera]
        return Intrinsics(float(p[0, 0]), float(p[0, 2]), float(p[1, 2]), width, height)

    def camera_from_rectified(self, camera: int) -> RigidTransform:
        """From rectified camera 0 to the optical axes of ``camera``; a shift, as they are parallel."""
        p = self.projections[camera]
        return RigidTransform(np.eye(3), np.linalg.solve(p[:, :3], p[:, 3]))

    def to_text(self) -> str:
        """Seven lines in KITTI's order and precision, and one empty line."""
        values = (*self.projections, self.r0_rect, self.tr_velo_to_cam, self.tr_imu_to_velo)
        lines = [
            f"{key}: " + " ".join(f"{number + 0.0:.12e}" for number in matrix.ravel())    # + 0.0: no −0
            for (key, _), matrix in zip(_ROWS, values, strict=True)
        ]
        return "\n".join(lines) + "\n\n"

    @classmethod
    def from_text(cls, text: str) -> Calibration:
        """The inverse of ``to_text``; takes KITTI's own files as well.

        Raises:
            DatasetError: if lines are missing, out of order or not numbers.
        """
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) != len(_ROWS):
            raise DatasetError(f"a calibration file has {len(_ROWS)} lines, this one {len(lines)}")
        m = [_parse(line, key, shape) for line, (key, shape) in zip(lines, _ROWS, strict=True)]
        return cls(np.array(m[:4]), m[4], m[5], m[6])


def _parse(line: str, key: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    name, _, rest = line.partition(":")
    if name != key:
        raise DatasetError(f"expected the calibration line {key!r}, got {name!r}")
    try:
        numbers = [float(text) for text in rest.split()]
    except ValueError as error:
        raise DatasetError(f"calibration line {key}: {error}") from error
    count = shape[0] * shape[1]
    if len(numbers) != count:
        raise DatasetError(f"calibration line {key}: expected {count} numbers, got {len(numbers)}")
    return np.array(numbers).reshape(shape)
