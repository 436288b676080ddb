"""What there is to draw of one frame: read with ``simgen.kitti``, with side files where they exist.

A plain KITTI frame has no side files; it is drawn all the same, with less to say about each object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.rigid import RigidTransform
from simgen.errors import DatasetError, RequestError, unreadable
from simgen.kitti.calib import Calibration
from simgen.kitti.images import parse_png
from simgen.kitti.labels import DONT_CARE, KittiObject, parse_labels
from simgen.kitti.layout import CAUSES, frame_path
from simgen.kitti.objects import FrameObjects, ObjectRow
from simgen.kitti.points import parse_point_causes, parse_point_labels, parse_points, split_point_labels
from simgen.kitti.reader import frame_ids, is_testing

T = TypeVar("T")

OPTICAL_FROM_UPRIGHT = RigidTransform.from_matrix(
    np.array([[0.0, -1.0, 0, 0], [0, 0, -1.0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1.0]])
)
"""From x forward, y left, z up to the camera's x right, y down, z forward, at the same place."""


@dataclass(frozen=True, eq=False, slots=True)
class Thing:
    """One label row with what the side file adds.

    box:     in LiDAR axes; None on DontCare.
    points:  (N,) which returns of the sweep are its own: by instance number, or those in its box.
    """

    row: KittiObject
    side: ObjectRow | None
    box: Box3 | None
    points: NDArray[np.bool_]

    @property
    def name(self) -> str:
        """What it is, as finely as known: "red deer" for an animal, else its type."""
        species = None if self.side is None else self.side.species
        return (species or self.row.type).replace("_", " ")

    @property
    def distance_m(self) -> float | None:
        """Metres over ground from the LiDAR to the box's middle."""
        if self.box is None:
            return None
        return float(np.linalg.norm(self.box.frame_from_box.translation_m[:2]))


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """One frame, ready to be drawn.

    rgb:     (H, W, 3) uint8, the left colour picture.
    points:  (N, 4) float32 x, y, z in LiDAR axes, and reflectance.
    things:  in the order of the label file.
    tag:     (N,) uint8, CARLA's semantic tag of each point; None where the dataset does not say.
    instance: (N,) uint16, likewise its actor's number from 1 in ``side.instances``, 0 for the level.
    cause:   (N,) uint8, what gave each point (``sensors.sweeps.Cause``); None of a clean sweep.
    """

    frame_id: str
    rgb: NDArray[np.uint8]
    points: NDArray[np.float32]
    calibration: Calibration
    things: tuple[Thing, ...]
    side: FrameObjects | None
    tag: NDArray[np.uint8] | None = None
    instance: NDArray[np.uint16] | None = None
    cause: NDArray[np.uint8] | None = None

    @property
    def objects(self) -> list[Thing]:
        """``things`` without DontCare, farthest first, so that near ones are drawn over them."""
        return sorted((t for t in self.things if t.box is not None), key=lambda t: -(t.distance_m or 0.0))

    @property
    def image_from_lidar(self) -> NDArray[np.float64]:
        """(3, 4) from LiDAR axes to homogeneous pixels of the left colour picture."""
        matrix: NDArray[np.float64] = (
            self.calibration.projections[2] @ self.calibration.rectified_from_lidar().matrix()
        )
        return matrix


def resized(scene: Scene, width: int) -> Scene:
    """The same frame with its picture scaled to a width, and the labels and projections with it.

    Pixel centres lie at integers, so a border at u moves to (u + 0.5) · scale − 0.5.
    """
    scale = width / scene.rgb.shape[1]
    height = max(round(scene.rgb.shape[0] * scale), 1)
    by_pixel = np.array([[scale, 0.0, scale / 2 - 0.5], [0.0, scale, scale / 2 - 0.5], [0.0, 0.0, 1.0]])

    def move(thing: Thing) -> Thing:
        left, top, right, bottom = ((edge + 0.5) * scale - 0.5 for edge in thing.row.bbox_px)
        return replace(thing, row=replace(thing.row, bbox_px=(left, top, right, bottom)))

    return replace(
        scene,
        rgb=np.asarray(cv2.resize(scene.rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8),
        calibration=replace(scene.calibration, projections=by_pixel @ scene.calibration.projections),
        things=tuple(move(thing) for thing in scene.things),
    )


def load_scene(root: Path, frame_id: str) -> Scene:
    """Read what is drawn of a frame.

    Raises:
        RequestError: if the dataset has no such frame, saying which ones it has.
        DatasetError: naming a file of the frame that is missing or wrong.
    """
    check_frame_exists(root, frame_id)
    calibration = _load(root, "calib", frame_id, lambda content: Calibration.from_text(content.decode()))
    points = _load(root, "velodyne", frame_id, parse_points)
    rows = _load(root, "label_2", frame_id, lambda content: parse_labels(content.decode()))
    rgb = _load(root, "image_2", frame_id, parse_png)
    side, tag, instance, cause = None, None, None, None
    testing = _is_testing(root, frame_id)
    if (root / frame_path("objects", frame_id, testing)).is_file():
        side = _load(root, "objects", frame_id, lambda content: FrameObjects.from_text(content.decode()))
        _check_length(root / frame_path("objects", frame_id, testing), len(side.rows), len(rows), "label rows")
    if (root / frame_path("velodyne_label", frame_id, testing)).is_file():
        tag, instance = split_point_labels(_load(root, "velodyne_label", frame_id, parse_point_labels))
        _check_length(root / frame_path("velodyne_label", frame_id, testing), len(instance), len(points), "points")
    if (root / frame_path(CAUSES, frame_id, testing)).is_file():
        cause = _load(root, CAUSES, frame_id, parse_point_causes)["cause"]
        _check_length(root / frame_path(CAUSES, frame_id, testing), len(cause), len(points), "points")
    things = []
    for number, row in enumerate(rows):
        entry = None if side is None else side.rows[number]
        box = None if row.type == DONT_CARE else lidar_box(row, calibration)
        things.append(Thing(row, entry, box, _own_points(box, entry, side, instance, points)))
    return Scene(frame_id, rgb, points, calibration, tuple(things), side, tag, instance, cause)


def check_frame_exists(root: Path, frame_id: str) -> None:
    """Raise ``RequestError`` with what there is instead, unless the dataset has this frame."""
    known = (*frame_ids(root), *frame_ids(root, testing=True))
    if not known:
        if not root.is_dir():
            what = "is a file" if root.exists() else "there is no such folder"
            raise RequestError(f"{root}: {what}; name a dataset's folder, the one that holds 'training'")
        inside = next((above for above in root.resolve().parents[:2] if frame_ids(above)), None)
        cure = "name the folder that contains 'training/label_2'" if inside is None else f"the dataset is {inside}"
        if inside is None and any((root / folder).is_dir() for folder in ("training/label_02", "label_02")):
            cure = "it is in KITTI's tracking layout, and only the object layout can be drawn"
        raise RequestError(f"{root} holds no labelled frame; {cure}")
    if frame_id in known:
        return
    span = f"{len(known)} frames, {known[0]} to {known[-1]}" if len(known) > 1 else f"one frame, {known[0]}"
    near = f"; the nearest is {nearest}" if (nearest := _nearest(frame_id, known)) else ""
    raise RequestError(f"{root} has no frame '{frame_id}'; it has {span}{near}")


def _nearest(frame_id: str, known: tuple[str, ...]) -> str | None:
    if not (frame_id.isascii() and frame_id.isdecimal()):
        return None
    numbered = [name for name in known if name.isdecimal()]
    return min(numbered, key=lambda name: abs(int(name) - int(frame_id)), default=None)


def lidar_box(row: KittiObject, calibration: Calibration) -> Box3:
    """A label row's box in LiDAR axes."""
    height, width, length = row.size_hwl_m
    # KITTI's rotation_y turns clockwise seen from above, starting from the camera's right.
    yaw_rad = -row.yaw_rad - np.pi / 2
    x, y, z = row.bottom_centre_m
    upright = Box3.upright((z, -x, -y), yaw_rad, (length, width, height))
    lidar_from_rectified = calibration.rectified_from_lidar().inverse()
    return upright.transformed(lidar_from_rectified @ OPTICAL_FROM_UPRIGHT)


def _own_points(
    box: Box3 | None,
    entry: ObjectRow | None,
    side: FrameObjects | None,
    instance: NDArray[np.uint16] | None,
    points: NDArray[np.float32],
) -> NDArray[np.bool_]:
    if entry is not None and side is not None and instance is not None and entry.role in side.instances:
        return np.asarray(instance == side.instances.index(entry.role) + 1)
    if box is None:
        return np.zeros(len(points), dtype=bool)
    # Without side files the lowest part is left out: the road in the box is not the object.
    return box.contains(points[:, :3], 0.05) & (points[:, 2] > float(box.bottom_centre()[2]) + 0.15)


def _is_testing(root: Path, frame_id: str) -> bool:
    """KITTI's own test set counts from 000000 again, without labels: a training frame of that id comes first."""
    return not (root / frame_path("label_2", frame_id)).exists() and is_testing(root, frame_id)


def _load(root: Path, folder: str, frame_id: str, parse: Callable[[bytes], T]) -> T:
    path = root / frame_path(folder, frame_id, _is_testing(root, frame_id))
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: {unreadable(error)}") from error
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error


def _check_length(path: Path, found: int, expected: int, of_what: str) -> None:
    if found != expected:
        raise DatasetError(f"{path}: {found} entries for {expected} {of_what}")
