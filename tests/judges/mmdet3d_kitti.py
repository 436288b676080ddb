"""How mmdetection3d's KITTI converter reads a dataset (``create_kitti_info_file`` and what it calls).

Kept on purpose: ids as integers from ImageSets, file names formatted from them, calib by line number, occlusion by
``int``, rows split at single spaces, DontCare counted and sliced off the end, points cut to the camera's view before
they are counted in boxes, and its own class list with −1 for anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

CLASSES = ("Pedestrian", "Cyclist", "Car", "Van", "Truck", "Person_sitting", "Tram", "Misc")


@dataclass(frozen=True)
class Info:
    """One frame. Arrays have a row per label, DontCare included unless a name says otherwise.

    names: (N,) str; class_ids: (N,) int, −1 for unknown types. bbox: (N, 4). dimensions: (N, 3) l, h, w as the
    converter reorders them. location: (N, 3). rotation_y: (N,). occluded: (N,) int. index: (N,) running number of real
    objects, −1 for DontCare. points_in_box: (N,) returns of the camera's view in each box, −1 for DontCare.
    """

    image_index: int
    image_shape: tuple[int, int]
    p2: np.ndarray
    r0: np.ndarray
    velo_to_cam: np.ndarray
    names: np.ndarray
    class_ids: np.ndarray
    occluded: np.ndarray
    bbox: np.ndarray
    dimensions: np.ndarray
    location: np.ndarray
    rotation_y: np.ndarray
    difficulty: np.ndarray
    index: np.ndarray
    points_in_box: np.ndarray


def read_image_set(root: Path, split: str) -> list[int]:
    """Ids of a split as integers."""
    return [int(line) for line in (root / "ImageSets" / f"{split}.txt").read_text().splitlines()]


def read_infos(root: Path, split: str) -> Iterator[Info]:
    """What the converter would store of a split of ``training``."""
    for image_index in read_image_set(root, split):
        yield read_info(root, image_index)


def read_info(root: Path, image_index: int) -> Info:
    """What the converter would store of one frame."""
    name = f"{image_index:06d}"
    training = root / "training"
    for folder, suffix in (("image_2", "png"), ("velodyne", "bin"), ("calib", "txt"), ("label_2", "txt")):
        if not (training / folder / f"{name}.{suffix}").exists():
            raise ValueError(f"file not exist: training/{folder}/{name}.{suffix}")
    height, width = cv2.imread(str(training / "image_2" / f"{name}.png")).shape[:2]
    p2, r0, velo_to_cam = read_calib(training / "calib" / f"{name}.txt")
    rows = [line.strip().split(" ") for line in (training / "label_2" / f"{name}.txt").read_text().splitlines()]
    objects = len([row[0] for row in rows if row[0] != "DontCare"])
    names = np.array([row[0] for row in rows])
    numbers = np.array([[float(v) for v in row[3:15]] for row in rows]).reshape(-1, 12)
    occluded = np.array([int(row[2]) for row in rows])
    truncated = np.array([float(row[1]) for row in rows])
    bbox, dimensions = numbers[:, 1:5], numbers[:, 5:8][:, [2, 0, 1]]
    points = np.fromfile(training / "velodyne" / f"{name}.bin", dtype=np.float32).reshape(-1, 4)
    rect = to_rect(points[:, :3], r0, velo_to_cam)
    rect = rect[in_view(rect, p2, width, height)]
    counts = [points_in_box(rect, numbers[k, 8:11], dimensions[k], numbers[k, 11]) for k in range(objects)]
    ignored = len(rows) - objects
    return Info(
        image_index=image_index,
        image_shape=(height, width),
        p2=p2,
        r0=r0,
        velo_to_cam=velo_to_cam,
        names=names,
        class_ids=np.array([CLASSES.index(kind) if kind in CLASSES else -1 for kind in names]),
        occluded=occluded,
        bbox=bbox,
        dimensions=dimensions,
        location=numbers[:, 8:11],
        rotation_y=numbers[:, 11],
        difficulty=difficulties(bbox, occluded, truncated),
        index=np.array([*range(objects), *[-1] * ignored]),
        points_in_box=np.array([*counts, *[-1] * ignored]),
    )


def read_calib(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(P2, R0, velodyne to camera) by line number; line 7 must be there as well."""
    lines = path.read_text().splitlines()

    def matrix(line: int, count: int) -> np.ndarray:
        return np.array([float(v) for v in lines[line].split(" ")[1 : count + 1]]).reshape(3, -1)

    matrix(6, 12)  # Tr_imu_to_velo is read unconditionally
    return matrix(2, 12), matrix(4, 9), matrix(5, 12)


def to_rect(points: np.ndarray, r0: np.ndarray, velo_to_cam: np.ndarray) -> np.ndarray:
    """(N, 3) Velodyne points to rectified camera 0."""
    return (points @ velo_to_cam[:, :3].T + velo_to_cam[:, 3]) @ r0.T


def in_view(rect: np.ndarray, p2: np.ndarray, width: int, height: int) -> np.ndarray:
    """(N,) points that the picture's frustum holds."""
    pixel = rect @ p2[:, :3].T + p2[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = pixel[:, 0] / pixel[:, 2], pixel[:, 1] / pixel[:, 2]
    return (pixel[:, 2] > 0.001) & (u >= 0) & (u <= width) & (v >= 0) & (v <= height)


def points_in_box(rect: np.ndarray, location: np.ndarray, lhw: np.ndarray, rotation_y: float) -> int:
    """Points in an upright box given by its bottom centre."""
    length, height, width = lhw
    d = rect - location
    c, s = np.cos(rotation_y), np.sin(rotation_y)
    forward, side = c * d[:, 0] - s * d[:, 2], s * d[:, 0] + c * d[:, 2]
    inside = (np.abs(forward) <= length / 2) & (np.abs(side) <= width / 2) & (d[:, 1] <= 0) & (d[:, 1] >= -height)
    return int(inside.sum())


def difficulties(bbox: np.ndarray, occluded: np.ndarray, truncated: np.ndarray) -> np.ndarray:
    """0 easy, 1 moderate, 2 hard, −1 beyond."""
    height = bbox[:, 3] - bbox[:, 1]
    found = np.full(len(bbox), -1)
    for level, (low, occlusion, truncation) in reversed(list(enumerate([(40, 0, 0.15), (25, 1, 0.3), (25, 2, 0.5)]))):
        found[(height > low) & (occluded <= occlusion) & (truncated <= truncation)] = level
    return found
