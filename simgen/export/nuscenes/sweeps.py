"""Sweeps as nuScenes stores them: five float32 a point, x right, y forward, z up, intensity 0…255, ring."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.errors import RigError
from sensors.lidar.order import rings
from sensors.rig import Rig, load_rig, rig_file
from simgen.export.nuscenes.poses import TOP_FROM_LIDAR, camera_from_box
from simgen.kitti.calib import Calibration
from simgen.kitti.labels import KittiObject
from simgen.kitti.manifest import RigSource

NO_RING = -1.0
_MARGIN_M = 0.01        # returns from a flat side lie on the face, and beyond by rounding


def rig_of(source: RigSource) -> Rig | None:
    """A recorded dataset's rig; None if its file is not here, or is another one by now."""
    try:
        rig = load_rig(source.name)
        return rig if hashlib.sha256(rig_file(source.name).read_bytes()).hexdigest() == source.sha256 else None
    except (RigError, OSError):
        return None


def sweep_bytes(
    points: NDArray[np.float32], elevations_rad: NDArray[np.float64] | None, ring: NDArray[np.uint8] | None = None
) -> bytes:
    """The content of a ``.pcd.bin`` file.

    Rings count from the bottom beam, as Velodyne's drivers count; all are ``NO_RING`` if the beams are not known.

    Args:
        points: (N, 4) x, y, z in LiDAR axes (x forward, y left, z up) and reflectance 0…1.
        elevations_rad: (channels,) from the top beam down.
        ring: (N,) numbers of the beams from the top one, where the sweep says them: a car that pitches while its LiDAR
            turns moves points off the elevations of their beams.
    """
    rows = np.empty((len(points), 5), dtype="<f4")
    rows[:, :3] = TOP_FROM_LIDAR.apply(points[:, :3].astype(np.float64))
    rows[:, 3] = points[:, 3] * 255
    if elevations_rad is None:
        rows[:, 4] = NO_RING
    else:
        number = rings(points[:, :3], elevations_rad) if ring is None else ring
        rows[:, 4] = len(elevations_rad) - 1 - number.astype(np.int64)
    return rows.tobytes()


def points_in_box(columns: NDArray[np.float32], label: KittiObject, calibration: Calibration) -> int:
    """How many of a sweep's points lie in the box of a label, with a centimetre for rounding.

    Args:
        columns: (3, N) x, y and z in LiDAR axes.
    """
    height, width, length = label.size_hwl_m
    lidar_from_box = calibration.rectified_from_lidar().inverse() @ camera_from_box(label)
    reach = float(np.linalg.norm([length, width, height])) / 2 + _MARGIN_M
    x, y, _ = lidar_from_box.translation_m.astype(np.float32)
    near = np.flatnonzero((np.abs(columns[0] - x) <= reach) & (np.abs(columns[1] - y) <= reach))
    box = Box3(lidar_from_box, np.array([length, width, height]))
    return int(np.count_nonzero(box.contains(columns[:, near].T.astype(np.float64), _MARGIN_M)))
