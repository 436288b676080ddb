"""Which file lives where in a dataset folder, and how files get there whole.

    DIR/training/{image_2,image_3,velodyne,velodyne_label,label_2,calib,objects}/000000.*
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PARTIAL = ".partial"            # ending of files that are being written; whoever finds one may delete it

# Folder → ending, for every kind of file that each frame has, and for those it has on request.
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
_IN_TESTING = ("image_2", "image_3", "velodyne", "calib")       # the rest would tell the answers
_ENDINGS = {**FRAME_FILES, **PICTURE_FILES, PLANES: "txt", CAUSES: "npy", CLEAN: "bin"}
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
    return f"{TESTING if folder in _IN_TESTING else TESTING_LABELS}/{folder}"


def frame_path(folder: str, identity: str, testing: bool = False) -> str:
    """Path of a frame's file, relative to the dataset: ``frame_path("label_2", "000007")``."""
    return f"{frame_folder(folder, testing)}/{identity}.{_ENDINGS[folder]}"


def frame_folders() -> Iterator[tuple[str, str]]:
    """Path and ending of every folder that files of frames can be in."""
    for testing in (False, True):
        for folder, ending in _ENDINGS.items():
            yield frame_folder(folder, testing), ending


def record_path(episode: str) -> str:
    return f"{EPISODES}/{episode}.json"


def write_whole(path: Path, content: bytes, durable: bool = False) -> FileEntry:
    """Write a file so that it is either there as a whole or not at all.

    Args:
        durable: wait until the disk has it, so that it survives a power cut as well as a crash.
    """
    partial = path.with_name(path.name + PARTIAL)
    with partial.open("wb") as stream:
        stream.write(content)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
    partial.replace(path)
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))
