"""Frames of a dataset back from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from simgen.errors import DatasetError
from simgen.kitti.calib import Calibration
from simgen.kitti.frames import KittiFrame
from simgen.kitti.images import parse_png
from simgen.kitti.labels import parse_labels
from simgen.kitti.layout import frame_path
from simgen.kitti.objects import FrameObjects
from simgen.kitti.points import parse_point_labels, parse_points

T = TypeVar("T")
_IMAGE_FOLDERS = ("image_2", "image_3")


def frame_ids(root: Path) -> tuple[str, ...]:
    """Ids of all frames that have a label file, in the order of their numbers."""
    names = (path.stem for path in (root / "training" / "label_2").glob("*.txt"))
    return tuple(sorted(names, key=lambda name: (len(name), name)))


def read_frame(root: Path, identity: str) -> KittiFrame:
    """All files of one frame. ``image_3`` may be missing; everything else must be there.

    Raises:
        DatasetError: naming the file that is missing or wrong.
    """
    images = {"image_2": _read(root, "image_2", identity, parse_png)}
    for folder in _IMAGE_FOLDERS[1:]:
        if (root / frame_path(folder, identity)).exists():
            images[folder] = _read(root, folder, identity, parse_png)
    try:
        return KittiFrame(
            images=images,
            points=_read(root, "velodyne", identity, parse_points),
            point_labels=_read(root, "velodyne_label", identity, parse_point_labels),
            objects=_read(root, "label_2", identity, lambda content: parse_labels(_text(content))),
            calibration=_read(root, "calib", identity, lambda content: Calibration.from_text(_text(content))),
            side=_read(root, "objects", identity, lambda content: FrameObjects.from_text(_text(content))),
        )
    except ValueError as error:
        raise DatasetError(f"{root}: frame {identity}: {error}") from error


def _read(root: Path, folder: str, identity: str, parse: Callable[[bytes], T]) -> T:
    path = root / frame_path(folder, identity)
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
        raise DatasetError(f"not UTF-8 text: {error}") from error
