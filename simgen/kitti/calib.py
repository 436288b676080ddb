"""The ``calib`` file: how points get from the LiDARs into the pictures.

A point X of the main LiDAR lands on pixel P2 · R0_rect · Tr_velo_to_cam · X. A simulated rig has no misalignment, so
R0_rect is the identity and Tr_velo_to_cam leads straight into rectified camera 0.

Rigs with more than KITTI's sensors have further lines behind the seven: P4, P5, … of further cameras, each K · [R | t]
from rectified camera 0, so that one formula serves all of them; and Tr_NAME_to_velo of further LiDARs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensors.mounts import CameraMount
from sensors.pinhole import Intrinsics
from sensors.rig import Rig
from sensors.rigid import RigidTransform, readonly_array
from simgen.errors import DatasetError

_ROWS = (       # many readers go by line number, so the order matters
    ("P0", (3, 4)), ("P1", (3, 4)), ("P2", (3, 4)), ("P3", (3, 4)),
    ("R0_rect", (3, 3)), ("Tr_velo_to_cam", (3, 4)), ("Tr_imu_to_velo", (3, 4)),
)
_KITTIS = 4         # projections that every file has
_CAMERA = re.compile(r"P([4-9]|[1-9][0-9]+)")
_LIDAR = re.compile(r"Tr_([A-Za-z]\w*)_to_velo", re.ASCII)
_PARALLEL = 1e-9    # rotations by less are rounding


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """The matrices of a frame.

    projections:         (4, 3, 4), P0 to P3: rectified camera 0 to the pixels of each camera.
    r0_rect:             (3, 3), camera 0 to rectified camera 0.
    tr_velo_to_cam:      (3, 4), LiDAR axes to camera 0.
    tr_imu_to_velo:      (3, 4), IMU axes to LiDAR axes.
    further_projections: (3, 4) each, of further cameras by their numbers, which count from 4.
    further_lidars:      (3, 4) each, by name: axes of a further LiDAR to those of the main one.
    """

    projections: NDArray[np.float64]
    r0_rect: NDArray[np.float64]
    tr_velo_to_cam: NDArray[np.float64]
    tr_imu_to_velo: NDArray[np.float64]
    further_projections: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    further_lidars: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, shape in (("projections", (4, 3, 4)), ("r0_rect", (3, 3)), ("tr_velo_to_cam", (3, 4)),
                            ("tr_imu_to_velo", (3, 4))):
            object.__setattr__(self, name, readonly_array(getattr(self, name), shape, name))
        object.__setattr__(self, "further_projections", {
            number: readonly_array(matrix, (3, 4), f"P{number}")
            for number, matrix in sorted(self.further_projections.items())})
        object.__setattr__(self, "further_lidars", {
            name: readonly_array(matrix, (3, 4), f"Tr_{name}_to_velo")
            for name, matrix in self.further_lidars.items()})

    @classmethod
    def from_rig(cls, rig: Rig) -> Calibration:
        """A rig without KITTI's cameras 0, 1 and 3 has their matrices all the same, since readers go by line: 0 is a
        camera in the axes of the labels with the label camera's matrix; 1 and 3 repeat 0 and 2."""
        by_number = {camera.number: _projection(rig, camera) for camera in rig.cameras}
        p2 = by_number.get(2, _projection(rig, rig.label_camera))
        p0 = by_number.get(0, np.column_stack([rig.label_camera.intrinsics.matrix(), np.zeros(3)]))
        lidar_from_rig = rig.lidar.rig_from_lidar.inverse()
        return cls(
            projections=np.array([p0, by_number.get(1, p0), p2, by_number.get(3, p2)]),
            r0_rect=np.eye(3),
            tr_velo_to_cam=rig.reference_from_lidar.matrix()[:3],
            tr_imu_to_velo=(lidar_from_rig @ rig.imu.rig_from_imu).matrix()[:3],
            further_projections={camera.number: by_number[camera.number] for camera in rig.cameras
                                 if camera.number >= _KITTIS},
            further_lidars={lidar.name: (lidar_from_rig @ lidar.rig_from_lidar).matrix()[:3]
                            for lidar in rig.lidars[1:]},
        )

    @property
    def cameras(self) -> tuple[int, ...]:
        """Numbers of all cameras that have a projection."""
        return (*range(_KITTIS), *self.further_projections)

    def projection(self, camera: int) -> NDArray[np.float64]:
        """(3, 4) of a camera by its number. Raises KeyError if there is none."""
        return self.projections[camera] if 0 <= camera < _KITTIS else self.further_projections[camera]

    def rectified_from_lidar(self, name: str | None = None) -> RigidTransform:
        """From the axes of the main LiDAR, or of a further one by name, to rectified camera 0, the axes of labels."""
        rectified_from_velo = (RigidTransform(self.r0_rect, np.zeros(3))
                               @ RigidTransform.from_matrix(self.tr_velo_to_cam))
        if name is None:
            return rectified_from_velo
        return rectified_from_velo @ RigidTransform.from_matrix(self.further_lidars[name])

    def intrinsics(self, camera: int, width: int, height: int) -> Intrinsics:
        """The camera that took pictures of this size with projection ``camera``."""
        k, _ = _parts(self.projection(camera))
        return Intrinsics(float(k[0, 0]), float(k[0, 2]), float(k[1, 2]), width, height)

    def camera_from_rectified(self, camera: int) -> RigidTransform:
        """From rectified camera 0 to the optical axes of ``camera``; a mere shift of cameras that look the same way."""
        p = self.projection(camera)
        k, rotation = _parts(p)
        return RigidTransform(rotation, np.asarray(np.linalg.solve(k, p[:, 3]), np.float64))

    def to_text(self) -> str:
        """Seven lines in KITTI's order and precision, those of further sensors, and one empty line."""
        values = (*self.projections, self.r0_rect, self.tr_velo_to_cam, self.tr_imu_to_velo)
        named = [
            *((key, matrix) for (key, _), matrix in zip(_ROWS, values, strict=True)),
            *((f"P{number}", matrix) for number, matrix in self.further_projections.items()),
            *((f"Tr_{name}_to_velo", matrix) for name, matrix in self.further_lidars.items()),
        ]
        lines = [f"{key}: " + " ".join(f"{number + 0.0:.12e}" for number in matrix.ravel())      # + 0.0: no −0
                 for key, matrix in named]
        return "\n".join(lines) + "\n\n"

    @classmethod
    def from_text(cls, text: str) -> Calibration:
        """The inverse of ``to_text``; takes KITTI's own files as well.

        Raises:
            DatasetError: if lines are missing, out of order, unknown or not numbers.
        """
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < len(_ROWS):
            raise DatasetError(f"a calibration file has {len(_ROWS)} lines, this one {len(lines)}")
        m = [_parse(line, key, shape) for line, (key, shape) in zip(lines, _ROWS, strict=False)]
        cameras: dict[int, NDArray[np.float64]] = {}
        lidars: dict[str, NDArray[np.float64]] = {}
        for line in lines[len(_ROWS):]:
            key = line.partition(":")[0]
            if (found := _CAMERA.fullmatch(key)) is not None:
                cameras[int(found[1])] = _parse(line, key, (3, 4))
            elif (found := _LIDAR.fullmatch(key)) is not None:
                lidars[found[1]] = _parse(line, key, (3, 4))
            else:
                raise DatasetError(f"behind its {len(_ROWS)} lines a calibration file has P4, P5, … and "
                                   f"Tr_NAME_to_velo, not {key!r}")
        return cls(np.array(m[:_KITTIS]), m[4], m[5], m[6], cameras, lidars)


def _projection(rig: Rig, camera: CameraMount) -> NDArray[np.float64]:
    """(3, 4) rectified camera 0 to a camera's pixels."""
    camera_from_reference = camera.optical_from_rig @ rig.reference_from_rig.inverse()
    return np.asarray(camera.intrinsics.matrix() @ camera_from_reference.matrix()[:3])


def _parts(projection: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The camera matrix K and the rotation R of a projection K · [R | t]."""
    k: NDArray[np.float64] = projection[:, :3]
    if np.abs(k[[1, 2, 2], [0, 0, 1]]).max() <= _PARALLEL * abs(k[0, 0]) and (np.diag(k) > 0.0).all():
        return k, np.eye(3)
    # The last row is along one axis, the last two span two of them, …: a QR decomposition of the matrix read backwards.
    q, r = np.linalg.qr(k[::-1].T)
    upper, rotation = r.T[::-1, ::-1], q.T[::-1]
    signs = np.sign(np.diag(upper))
    upper, rotation = upper * signs, signs[:, None] * rotation
    return np.asarray(upper / upper[2, 2], np.float64), np.asarray(rotation, np.float64)


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
