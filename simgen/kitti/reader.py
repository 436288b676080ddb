"""Frames of a dataset back from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from simgen.errors import DatasetError, unreadable
from simgen.kitti.calib import Calibration
from simgen.kitti.frames import CameraLabels, Cloud, KittiFrame
from simgen.kitti.images import parse_png, parse_truth_png
from simgen.kitti.labels import parse_labels
from simgen.kitti.layout import (
    CAUSES,
    CLEAN,
    PICTURE_FILES,
    PLANES,
    RIGHT_PICTURE,
    camera_folders,
    frame_folder,
    frame_path,
    lidar_folders,
)
from simgen.kitti.objects import FrameObjects
from simgen.kitti.planes import parse_plane
from simgen.kitti.points import parse_point_causes, parse_point_labels, parse_points

T = TypeVar("T")


def frame_ids(root: Path, testing: bool = False) -> tuple[str, ...]:
    """Ids of all frames that have a label file, in the order of their numbers. testing: those of the test set."""
    names = (path.stem for path in (root / frame_folder("label_2", testing)).glob("*.txt"))
    return tuple(sorted(names, key=lambda name: (len(name), name)))


def read_frame(root: Path, identity: str) -> KittiFrame:
    """All files of one frame, of the training or of the test set.

    ``image_3`` and what is stored on request may be missing, and of further cameras pictures and labels; everything
    else must be there. Which further sensors there are is said by the calibration.

    Raises:
        DatasetError: naming the file that is missing or wrong.
    """
    testing = is_testing(root, identity)

    def path(folder: str) -> Path:
        return root / frame_path(folder, identity, testing)

    calibration = _read(path("calib"), lambda content: Calibration.from_text(_text(content)))
    images = {"image_2": _read(path("image_2"), parse_png)}
    for folder in (RIGHT_PICTURE, *(camera_folders(number)[0] for number in calibration.further_projections)):
        if path(folder).exists():
            images[folder] = _read(path(folder), parse_png)

    def labels_of(number: int) -> CameraLabels:
        _, labels, objects = camera_folders(number)
        return CameraLabels(_read(path(labels), lambda content: parse_labels(_text(content))),
                            _read(path(objects), lambda content: FrameObjects.from_text(_text(content))))

    def cloud_of(name: str) -> Cloud:
        points, labels, causes, clean = lidar_folders(name)
        return Cloud(_read(path(points), parse_points), _read(path(labels), parse_point_labels),
                     _read(path(causes), parse_point_causes) if path(causes).exists() else None,
                     _read(path(clean), parse_points) if path(clean).exists() else None)

    try:
        return KittiFrame(
            images=images,
            pictures={
                folder: _read(path(folder), parse_truth_png) for folder in PICTURE_FILES if path(folder).exists()
            },
            plane=_read(path(PLANES), lambda content: parse_plane(_text(content))) if path(PLANES).exists() else None,
            points=_read(path("velodyne"), parse_points),
            point_labels=_read(path("velodyne_label"), parse_point_labels),
            point_causes=_read(path(CAUSES), parse_point_causes) if path(CAUSES).exists() else None,
            clean_points=_read(path(CLEAN), parse_points) if path(CLEAN).exists() else None,
            objects=_read(path("label_2"), lambda content: parse_labels(_text(content))),
            calibration=calibration,
            side=_read(path("objects"), lambda content: FrameObjects.from_text(_text(content))),
            further_clouds={name: cloud_of(name) for name in calibration.further_lidars},
            further_labels={number: labels_of(number) for number in (3, *calibration.further_projections)
                            if path(camera_folders(number)[1]).exists()},
        )
    except ValueError as error:
        raise DatasetError(f"{root}: frame {identity}: {error}") from error


def is_testing(root: Path, identity: str) -> bool:
    """Does a frame belong to the test set? One that is not there at all does not.

    KITTI's own test set counts from 000000 again: of two frames with one id the training set's is meant.
    """
    here, there = (root / frame_path("image_2", identity, testing) for testing in (False, True))
    return not here.exists() and there.exists()


def _read(path: Path, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DatasetError(unreadable(error)) from error
