"""Which file lives where in a dataset folder, and how files get there whole.

    DIR/training/{image_2,image_3,velodyne,velodyne_label,label_2,calib,objects}/000000.*
    DIR/ImageSets/{train,val,trainval,test}.txt
    DIR/episodes/<episode>.json      written last: an episode counts when its record is here
    DIR/dataset.json                 the request
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PARTIAL = ".partial"            # ending of files that are being written; whoever finds one may delete it

# Folder → ending, for every kind of file a frame has.
FRAME_FILES = {
    "image_2": "png", "image_3": "png", "velodyne": "bin", "velodyne_label": "label", "label_2": "txt",
    "calib": "txt", "objects": "json",
}
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


def frame_path(folder: str, identity: str) -> str:
    """Path of a frame's file, relative to the dataset: ``frame_path("label_2", "000007")``."""
    return f"training/{folder}/{identity}.{FRAME_FILES[folder]}"


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
