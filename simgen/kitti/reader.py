"""Frames of a dataset back from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from simgen.errors import DatasetError, unreadable
from simgen.kitti.calib import Calibration
from simgen.kitti.frames import KittiFrame
from simgen.kitti.images import parse_png, parse_truth_png
from simgen.kitti.labels import parse_labels
from simgen.kitti.layout import CAUSES, CLEAN, PICTURE_FILES, PLANES, frame_folder, frame_path
from simgen.kitti.objects import FrameObjects
from simgen.kitti.planes import parse_plane
from simgen.kitti.points import parse_point_causes, parse_point_labels, parse_points

T = TypeVar("T")
_IMAGE_FOLDERS = ("image_2", "image_3")


def frame_ids(root: Path, testing: bool = False) -> tuple[str, ...]:
    """Ids of all frames that have a label file, in the order of their numbers. testing: those of the test set."""
    names = (path.stem for path in (root / frame_folder("label_2", testing)).glob("*.txt"))
    return tuple(sorted(names, key=lambda name: (len(name), name)))


def read_frame(root: Path, identity: str) -> KittiFrame:
    """All files of one frame, of the training or of the test set.

    ``image_3`` and what is stored on request may be missing; everything else must be there.

    Raises:
        DatasetError: naming the file that is missing or wrong.
    """
    testing = is_testing(root, identity)

    def path(folder: str) -> Path:
        return root / frame_path(folder, identity, testing)

    images = {"image_2": _read(path("image_2"), parse_png)}
    for folder in _IMAGE_FOLDERS[1:]:
        if path(folder).exists():
            images[folder] = _read(path(folder), parse_png)
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
            calibration=_read(path("calib"), lambda content: Calibration.from_text(_text(content))),
            side=_read(path("objects"), lambda content: FrameObjects.from_text(_text(content))),
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
