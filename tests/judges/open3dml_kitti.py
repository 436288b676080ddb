"""How Open3D-ML's ``KITTI`` dataset class reads a folder, without Open3D.

Kept on purpose: frames are those of the ``velodyne`` folder and split by their number, ImageSets is not looked at;
label and calib paths come from the sweep's; calib by line number and in single precision; any type beyond five is
DontCare, and a DontCare stays a box far behind the car; the cut to the view assumes a picture of 1242 × 375.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
TYPES = ("Pedestrian", "Cyclist", "Car", "Van", "Person_sitting", "DontCare")
FIRST_VALIDATION = 3712
PICTURE = (1242, 375)


@dataclass(frozen=True)
class Calibration:
    """Row vectors are multiplied from the left. cam_from_world: (4, 4) for LiDAR axes. image_from_cam: (4, 4)."""

    cam_from_world: Array
    image_from_cam: Array

    @classmethod
    def read(cls, path: Path) -> Calibration:
        lines = [line.strip().split(" ")[1:] for line in path.read_text().splitlines()]
        pictures = [np.array(lines[k], dtype=np.float32).reshape(3, 4) for k in range(4)]
        # A fourth row that hands z on: it is what pixels are divided by.
        image = np.vstack([pictures[2], np.array([[0, 0, 1, 0]], np.float32)])
        rect, velo = np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32)
        rect[:3, :3] = np.array(lines[4], dtype=np.float32).reshape(3, 3)
        velo[:3] = np.array(lines[5], dtype=np.float32).reshape(3, 4)
        return cls((rect @ velo).T, image.T)


@dataclass(frozen=True)
class Box:
    """centre: (3,) m in LiDAR axes. size: w h l m. front: (3,) unit vector. yaw_rad: the label's rotation_y."""

    type: str
    centre: Array
    size: tuple[float, float, float]
    front: Array
    yaw_rad: float
    level: int
    calibration: Calibration

    def in_camera(self) -> Array:
        """(7,) bottom centre in rectified camera 0, h w l, yaw."""
        w, h, l = self.size  # noqa: E741 (the program's name)
        bottom = np.array([*(self.centre - [0.0, 0.0, h / 2]), 1.0]) @ self.calibration.cam_from_world
        return np.array([*bottom[:3], h, w, l, self.yaw_rad])

    def in_image(self) -> Array:
        """(4,) left, top, right, bottom of the projected corners, not clipped."""
        x, y, z, h, w, l, yaw = self.in_camera()  # noqa: E741
        along = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * l / 2
        across = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * w / 2
        c, s = np.cos(yaw), np.sin(yaw)
        corners = np.column_stack([c * along + s * across + x, np.repeat([y, y - h], 4), c * across - s * along + z,
                                   np.ones(8)])
        pixels = corners @ self.calibration.image_from_cam
        pixels = pixels[:, :2] / pixels[:, 3:]
        return np.concatenate([pixels.min(axis=0), pixels.max(axis=0)])

    def points_inside(self, points: Array) -> int:
        """Of (N, 3+) points in LiDAR axes."""
        d = points[:, :3] - self.centre
        w, h, l = self.size  # noqa: E741
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        across, along = c * d[:, 0] - s * d[:, 1], s * d[:, 0] + c * d[:, 1]
        return int(((np.abs(across) < w / 2) & (np.abs(along) < l / 2) & (np.abs(d[:, 2]) < h / 2)).sum())


@dataclass(frozen=True)
class Data:
    """name: the frame. point: (N, 4) what the picture sees. full_point: (M, 4) the sweep."""

    name: str
    point: Array
    full_point: Array
    calibration: Calibration
    boxes: list[Box]


class Kitti:
    """``KITTI(root)``; ``split`` lists sweeps, ``get`` reads one."""

    def __init__(self, root: Path) -> None:
        sweeps = sorted((root / "training" / "velodyne").glob("*.bin"))
        self.train = [path for path in sweeps if int(path.stem) < FIRST_VALIDATION]
        self.validation = [path for path in sweeps if int(path.stem) >= FIRST_VALIDATION]
        self.test = sorted((root / "testing" / "velodyne").glob("*.bin"))

    @staticmethod
    def get(sweep: Path) -> Data:
        training = sweep.parent.parent
        points = np.fromfile(sweep, dtype=np.float32).reshape(-1, 4)
        calibration = Calibration.read(training / "calib" / f"{sweep.stem}.txt")
        label = training / "label_2" / f"{sweep.stem}.txt"
        rows = label.read_text().splitlines() if label.exists() else []
        return Data(sweep.stem, points[in_view(points, calibration)], points, calibration,
                    [_box(row.strip().split(" "), calibration) for row in rows])


def in_view(points: Array, calibration: Calibration) -> NDArray[np.bool_]:
    """(N,) points that fall into a picture of KITTI's size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.column_stack([points[:, :3], np.ones(len(points))]) @ calibration.cam_from_world
        pixels = pixels @ calibration.image_from_cam
        u, v = pixels[:, 0] / pixels[:, 3], pixels[:, 1] / pixels[:, 3]
    depth = pixels[:, 2] - calibration.image_from_cam[3, 2]
    return np.asarray((u >= 0) & (u < PICTURE[0]) & (v >= 0) & (v < PICTURE[1]) & (depth >= 0))


def _box(row: list[str], calibration: Calibration) -> Box:
    bottom = np.array([*map(float, row[11:14]), 1.0]) @ np.linalg.inv(calibration.cam_from_world)
    h, w, l = map(float, row[8:11])  # noqa: E741
    yaw = float(row[14])
    return Box(
        type=row[0] if row[0] in TYPES else "DontCare",
        centre=np.array([bottom[0], bottom[1], h / 2 + bottom[2]], dtype=np.float32),
        size=(w, h, l),
        front=np.array([np.sin(yaw - np.pi), np.cos(yaw - np.pi), 0.0]),      # its boxes look back by half a turn
        yaw_rad=yaw,
        level=_level(float(row[7]) - float(row[5]) + 1, float(row[1]), float(row[2])),
        calibration=calibration,
    )


def _level(height_px: float, truncation: float, occlusion: float) -> int:
    if height_px >= 40 and truncation <= 0.15 and occlusion <= 0:
        return 0
    if height_px >= 25 and truncation <= 0.3 and occlusion <= 1:
        return 1
    return 2 if height_px >= 25 and truncation <= 0.5 and occlusion <= 2 else -1
