"""How OpenPCDet reads a KITTI dataset: infos, training boxes, ground-truth database and road planes.

Kept on purpose: ids as the strings of ImageSets, calib by line number and in single precision, rows split at single
spaces, DontCare sliced off the end, no tolerance for an empty label file, boxes lifted by half their height along the
LiDAR's z axis, points counted in the convex hull of a box's corners after a cut to the picture, and once more over the
whole sweep with a margin of a centimetre for the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay  # type: ignore[import-untyped, unused-ignore]

Array = NDArray[np.floating]
MARGIN_M = 0.01
_LEVELS = ((40, 0.15, 0), (25, 0.3, 1), (25, 0.5, 2))       # least height px, most truncation, most occlusion


@dataclass(frozen=True)
class Calibration:
    """Single precision. p2: (3, 4). r0: (3, 3). velo_to_cam: (3, 4)."""

    p2: Array
    r0: Array
    velo_to_cam: Array

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Lines 3, 5 and 6 whatever they are called; line 4 must be there."""
        lines = path.read_text().splitlines(keepends=True)
        p2, _, r0, velo_to_cam = (np.array(lines[k].strip().split(" ")[1:], dtype=np.float32) for k in (2, 3, 4, 5))
        return cls(p2.reshape(3, 4), r0.reshape(3, 3), velo_to_cam.reshape(3, 4))

    def to_rect(self, lidar: Array) -> Array:
        """(N, 3) LiDAR axes to rectified camera 0."""
        return np.asarray((lidar @ self.velo_to_cam[:, :3].T + self.velo_to_cam[:, 3]) @ self.r0.T)

    def to_lidar(self, rect: Array) -> Array:
        """(N, 3) rectified camera 0 to LiDAR axes, by the inverse of the matrices as they are printed."""
        forward = np.eye(4)
        forward[:3] = self.r0 @ self.velo_to_cam
        back = np.linalg.inv(forward)
        return np.asarray(rect @ back[:3, :3].T + back[:3, 3])

    def to_pixels(self, rect: Array) -> tuple[Array, Array]:
        """((N, 2) pixels, (N,) depth). It divides by z of camera 0, not by the depth in camera 2."""
        projected = rect @ self.p2[:, :3].T + self.p2[:, 3]
        return projected[:, :2] / rect[:, 2:3], projected[:, 2] - self.p2[2, 3]


@dataclass(frozen=True)
class Info:
    """One frame. Arrays have a row for each label, those below the line only for what is not DontCare.

    names: (N,). occluded: (N,) float. bbox: (N, 4). difficulty: (N,) 0 easy, 1 moderate, 2 hard, −1 beyond.
    index: (N,) running number, −1 for DontCare. points_in_box: (N,) of the picture's view, −1 for DontCare.
    ---
    boxes_camera: (M, 7) bottom centre x y z, l h w, rotation_y. boxes_lidar: (M, 7) centre x y z, l w h, heading.
    """

    frame: str
    image_shape: tuple[int, int]
    calibration: Calibration
    names: NDArray[np.str_]
    occluded: Array
    bbox: Array
    difficulty: NDArray[np.int_]
    index: NDArray[np.int_]
    points_in_box: NDArray[np.int_]
    boxes_camera: Array
    boxes_lidar: Array


def read_image_set(root: Path, split: str) -> list[str]:
    """Ids of a split, stripped; an empty line would be the id of nothing."""
    return [line.strip() for line in (root / "ImageSets" / f"{split}.txt").read_text().splitlines()]


def read_infos(root: Path, split: str) -> Iterator[Info]:
    """What ``create_kitti_infos`` stores of a split of ``training``."""
    for frame in read_image_set(root, split):
        yield read_info(root, frame)


def read_info(root: Path, frame: str) -> Info:
    """What it stores of one frame."""
    training = root / "training"
    paths = {kind: training / kind / f"{frame}{ending}" for kind, ending in
             (("image_2", ".png"), ("velodyne", ".bin"), ("calib", ".txt"), ("label_2", ".txt"))}
    for path in paths.values():
        assert path.exists(), f"{path} does not exist"
    picture = cv2.imread(str(paths["image_2"]))
    assert picture is not None, f"{paths['image_2']} is no picture"
    height, width = picture.shape[:2]
    calibration = Calibration.read(paths["calib"])
    rows = [line.strip().split(" ") for line in paths["label_2"].read_text().splitlines()]
    names = np.array([row[0] for row in rows])
    truncated, occluded = (np.array([float(row[k]) for row in rows]) for k in (1, 2))
    bbox = np.concatenate([np.array(row[4:8], dtype=np.float32)[None] for row in rows])     # raises without a row
    objects = int((names != "DontCare").sum())
    camera = np.array([[float(row[k]) for k in (11, 12, 13, 10, 8, 9, 14)] for row in rows[:objects]]).reshape(-1, 7)
    boxes = boxes_in_lidar(camera, calibration)
    points = read_points(root, frame)
    seen = points[in_picture(calibration, points, (height, width)), :3]
    ignored = [-1] * (len(rows) - objects)
    return Info(
        frame=frame,
        image_shape=(height, width),
        calibration=calibration,
        names=names,
        occluded=occluded,
        bbox=bbox,
        difficulty=difficulties(bbox, truncated, occluded),
        index=np.array([*range(objects), *ignored]),
        points_in_box=np.array([*(points_in_hull(seen, box) for box in boxes), *ignored]),
        boxes_camera=camera,
        boxes_lidar=boxes,
    )


def read_points(root: Path, frame: str) -> Array:
    """(N, 4) x y z reflectance."""
    return np.fromfile(root / "training" / "velodyne" / f"{frame}.bin", dtype=np.float32).reshape(-1, 4)


def training_boxes(info: Info, classes: Collection[str]) -> tuple[list[str], Array]:
    """Names and (M, 7) LiDAR boxes that reach a network trained on these classes: the rest is dropped by name."""
    names = [str(name) for name in info.names if name != "DontCare"]
    chosen = [k for k, name in enumerate(names) if name in classes]
    return [names[k] for k in chosen], boxes_in_lidar(info.boxes_camera.astype(np.float32), info.calibration)[chosen]


def database_counts(root: Path, info: Info) -> NDArray[np.int_]:
    """(M,) points that the ground-truth database cuts out for each object, from the whole sweep."""
    points = read_points(root, info.frame)[:, :3]
    inside = [np.abs(local) for local in (_in_box_axes(points, box) for box in info.boxes_lidar)]
    return np.array([((d[:, :2] < box[3:5] / 2 + MARGIN_M).all(axis=1) & (d[:, 2] <= box[5] / 2)).sum()
                     for d, box in zip(inside, info.boxes_lidar, strict=True)], dtype=int)


def image_boxes(info: Info) -> Array:
    """(M, 4) 2D boxes as it derives them from 3D boxes in LiDAR axes, clipped to the picture's last pixels."""
    corners = np.concatenate([info.calibration.to_rect(corners_in_lidar(box)) for box in info.boxes_lidar])
    pixels = info.calibration.to_pixels(corners)[0].reshape(-1, 8, 2)
    height, width = info.image_shape
    found = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
    return np.asarray(np.clip(found, 0, [width - 1, height - 1] * 2))


def road_plane(root: Path, frame: str) -> Array | None:
    """(4,) a b c d of line 4 with its normal up and of unit length; None without a file."""
    path = root / "training" / "planes" / f"{frame}.txt"
    if not path.exists():
        return None
    plane = np.array([float(number) for number in path.read_text().splitlines()[3].split()])
    plane = -plane if plane[1] > 0 else plane
    return np.asarray(plane / np.linalg.norm(plane[:3]))


def heights_over_plane(info: Info, plane: Array) -> Array:
    """(M,) metres by which boxes would be lowered onto the road when they are pasted into this frame."""
    centres = info.calibration.to_rect(info.boxes_lidar[:, :3])
    a, b, c, d = plane
    centres[:, 1] = (-d - a * centres[:, 0] - c * centres[:, 2]) / b
    road = info.calibration.to_lidar(centres)[:, 2]
    return np.asarray(info.boxes_lidar[:, 2] - info.boxes_lidar[:, 5] / 2 - road)


def boxes_in_lidar(camera: Array, calibration: Calibration) -> Array:
    """(M, 7) bottom centre, l h w, rotation_y to (M, 7) centre, l w h, heading counter-clockwise from x."""
    centre = calibration.to_lidar(camera[:, :3])
    centre[:, 2] += camera[:, 4] / 2
    return np.column_stack([centre, camera[:, [3, 5, 4]], -(camera[:, 6] + np.pi / 2)])


def corners_in_lidar(box: Array) -> Array:
    """(8, 3) of a box (7,)."""
    signs = np.array([[x, y, z] for z in (-0.5, 0.5) for x, y in ((0.5, 0.5), (0.5, -0.5), (-0.5, -0.5), (-0.5, 0.5))])
    c, s = np.cos(box[6]), np.sin(box[6])
    return np.asarray(signs * box[3:6] @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) + box[:3])


def in_picture(calibration: Calibration, points: Array, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) points whose pixel is in a picture of this height and width."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels, depth = calibration.to_pixels(calibration.to_rect(points[:, :3]))
    return np.asarray((pixels >= 0).all(axis=1) & (pixels < shape[::-1]).all(axis=1) & (depth >= 0))


def points_in_hull(points: Array, box: Array) -> int:
    """Points in the convex hull of a box's corners."""
    return int((Delaunay(corners_in_lidar(box)).find_simplex(points) >= 0).sum()) if len(points) else 0


def difficulties(bbox: Array, truncated: Array, occluded: Array) -> NDArray[np.int_]:
    """0 easy, 1 moderate, 2 hard, −1 beyond. Heights count both edge pixels here, unlike elsewhere."""
    height = bbox[:, 3] - bbox[:, 1] + 1
    found = np.full(len(bbox), -1)
    for level, (low, truncation, occlusion) in reversed(list(enumerate(_LEVELS))):
        found[(height >= low) & (truncated <= truncation) & (occluded <= occlusion)] = level
    return found


def _in_box_axes(points: Array, box: Array) -> Array:
    """(N, 3) along, across and up from a box's centre."""
    d = points - box[:3]
    c, s = np.cos(box[6]), np.sin(box[6])
    return np.column_stack([c * d[:, 0] + s * d[:, 1], c * d[:, 1] - s * d[:, 0], d[:, 2]])
