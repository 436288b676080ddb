"""Which file lives where in a dataset folder, and how files get there whole.

    DIR/training/{image_2,image_3,velodyne,velodyne_label,label_2,calib,objects}/000000.*
    DIR/training/{image_4,label_4,objects_4,image_5,…}/000000.*  of further cameras, if the rig has any
    DIR/training/{velodyne_NAME,velodyne_NAME_label}/000000.*    of further LiDARs, if the rig has any
    DIR/training/{depth_2,semantic,instance}/000000.png          on request
    DIR/training/planes/000000.txt                               on request
    DIR/training/velodyne_cause/000000.npy                       of a LiDAR that sees weather
    DIR/training/velodyne_clean/000000.bin                       on request
    DIR/testing/{image_2,image_3,velodyne,calib}/000000.*        episodes of the test set, if there is one
    DIR/testing_labels/{label_2,objects,velodyne_label,…}/000000.*
    DIR/ImageSets/{train,val,trainval,test}.txt
    DIR/episodes/<episode>.json      written last: an episode counts when its record is here
    DIR/dataset.json                 the request
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from simgen.errors import DatasetError, unreadable

T = TypeVar("T")

PARTIAL = ".partial"            # ending of files that are being written; whoever finds one may delete it

# Folder → ending, for every kind of file that each frame of KITTI's rig has, and for those it has on request. Rigs with
# one label camera and no right-hand partner have no image_3.
FRAME_FILES = {
    "image_2": "png", "image_3": "png", "velodyne": "bin", "velodyne_label": "label", "label_2": "txt",
    "calib": "txt", "objects": "json",
}
PICTURE_FILES = {"depth_2": "png", "semantic": "png", "instance": "png"}
PLANES = "planes"
CAUSES, CLEAN = "velodyne_cause", "velodyne_clean"
# What is stored on request, by the layout's word.
REQUEST_FOLDER = {"depth": "depth_2", "semantic": "semantic", "instance": "instance", "planes": PLANES}
TRAINING, TESTING, TESTING_LABELS = "training", "testing", "testing_labels"
RIGHT_PICTURE = "image_3"
_ENDINGS = {**FRAME_FILES, **PICTURE_FILES, PLANES: "txt", CAUSES: "npy", CLEAN: "bin"}
# Of further cameras and LiDARs. What answers the question of the test set, labels and owners of points, is not in it.
_FURTHER = ((re.compile(r"image_([4-9]|[1-9][0-9]+)"), "png"), (re.compile(r"label_([3-9]|[1-9][0-9]+)"), "txt"),
            (re.compile(r"objects_([3-9]|[1-9][0-9]+)"), "json"), (re.compile(r"velodyne_\w+_label"), "label"),
            (re.compile(r"velodyne_\w+_cause"), "npy"), (re.compile(r"velodyne_\w+_clean"), "bin"),
            (re.compile(r"velodyne_\w+"), "bin"))
_IN_TESTING = ("image_2", "image_3", "velodyne", "calib")       # the rest would tell the answers
REQUEST = "dataset.json"
EPISODES = "episodes"
IMAGE_SETS = "ImageSets"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a record says of one file: SHA-256 of the content, in hexadecimal, and its length."""

    sha256: str
    bytes: int


def frame_id(number: int) -> str:
    """KITTI's six-digit id; from 1 000 000 on it grows, as KITTI has no rule for that."""
    if number < 0:
        raise ValueError(f"frame numbers start at 0, got {number}")
    return f"{number:06d}"


def frame_folder(folder: str, testing: bool = False) -> str:
    """Path of a kind of file's folder, relative to the dataset. testing: of the test set's frames."""
    if not testing:
        return f"{TRAINING}/{folder}"
    if folder in _ENDINGS:
        return f"{TESTING if folder in _IN_TESTING else TESTING_LABELS}/{folder}"
    asked = folder.startswith("image_") or (ending_of(folder) == "bin" and not folder.endswith("_clean"))
    return f"{TESTING if asked else TESTING_LABELS}/{folder}"


def frame_path(folder: str, identity: str, testing: bool = False) -> str:
    """Path of a frame's file, relative to the dataset: ``frame_path("label_2", "000007")``."""
    return f"{frame_folder(folder, testing)}/{identity}.{ending_of(folder)}"


def ending_of(folder: str) -> str:
    """The ending of a folder's files. Raises KeyError of a folder that frames have no files in."""
    if folder in _ENDINGS:
        return _ENDINGS[folder]
    for pattern, ending in _FURTHER:
        if pattern.fullmatch(folder):
            return ending
    raise KeyError(folder)


def is_further(folder: str) -> bool:
    """Is it a folder of a further camera or LiDAR?"""
    return folder not in _ENDINGS and any(pattern.fullmatch(folder) for pattern, _ in _FURTHER)


def camera_folders(number: int) -> tuple[str, str, str]:
    """Folders of a camera's pictures, its labels and their side file: "image_4", "label_4", "objects_4"."""
    return f"image_{number}", f"label_{number}", "objects" if number == 2 else f"objects_{number}"


def lidar_folders(name: str) -> tuple[str, str, str, str]:
    """Folders of a further LiDAR's points, their labels and causes, and of its clean points: "velodyne_left", …"""
    return f"velodyne_{name}", f"velodyne_{name}_label", f"velodyne_{name}_cause", f"velodyne_{name}_clean"


def further_folders(root: Path, testing: bool = False) -> tuple[str, ...]:
    """Those of further cameras and LiDARs that a dataset has, sorted. A LiDAR's folders are a pair: what others put
    there, such as ``velodyne_reduced``, is not ours."""
    found = {path.name for parent in ((TESTING, TESTING_LABELS) if testing else (TRAINING,))
             for path in (root / parent).glob("*_*") if path.is_dir() and path.name not in _ENDINGS}
    named = sorted(name for name in found if any(pattern.fullmatch(name) for pattern, _ in _FURTHER))
    return tuple(name for name in named if not name.startswith("velodyne_") or f"{points_folder(name)}_label" in found)


def points_folder(folder: str) -> str:
    """The folder of a LiDAR's points: "velodyne_left" of "velodyne_left_cause"."""
    return re.sub("_(label|cause|clean)$", "", folder)


def frame_folders(root: Path) -> Iterator[tuple[str, str]]:
    """Path and ending of every folder of a dataset that files of frames can be in."""
    for testing in (False, True):
        for folder in (*_ENDINGS, *further_folders(root, testing)):
            yield frame_folder(folder, testing), ending_of(folder)


def record_path(episode: str) -> str:
    return f"{EPISODES}/{episode}.json"


def read_parsed(path: Path, parse: Callable[[str], T]) -> T | None:
    """What ``parse`` makes of a file's text, or None if there is no such file.

    Raises:
        DatasetError: naming the file, if it cannot be read, is no UTF-8, or ``parse`` raises one.
    """
    try:
        return parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, DatasetError) as error:
        raise DatasetError(f"{path}: {unreadable(error)}") from error


def write_whole(path: Path, content: bytes, durable: bool = False) -> FileEntry:
    """Write a file so that it is either there as a whole or not at all.

    Args:
        durable: wait until the disk has it, so that it survives a power cut as well as a crash.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):                 # a disk that is full has room for something else now
            partial.unlink()
        raise
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))
