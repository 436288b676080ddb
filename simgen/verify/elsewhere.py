"""Folders and files that people hold for KITTI's object or tracking layout: what they are, and what to do instead."""

from __future__ import annotations

import json
from pathlib import Path

OPENING_BYTES = 4096
"""So much of a JSON file tells whether it is COCO's."""


def recognised(path: Path) -> str | None:
    """What a path is and what to do instead, as the rest of a sentence that begins with the path; None if unknown.

    Only names are looked at, and the head of a single JSON file.
    """
    return _file(path) if path.is_file() else _folder(path)


def _file(path: Path) -> str:
    if path.suffix == ".json" and _is_coco(path):
        return "is a file of COCO annotations; check the dataset that they were exported from"
    if path.parent.name in ("label_2", "label_02", "calib", "velodyne", "image_2", "objects"):
        return f"is one file of a dataset; name the folder that holds it all: {path.parent.parent.parent}"
    return "is a file; name a dataset's folder, the one that holds 'training'"


def _folder(root: Path) -> str | None:
    if (root / "sample_annotation.json").is_file() or any(root.glob("v*/sample_annotation.json")):
        return "is a nuScenes dataset; check the dataset that it was exported from"
    if (root / "sequences").is_dir():
        return (
            "is in KITTI's odometry layout (sequences/00 …), which has poses instead of boxes;"
            " check the dataset that it was exported from"
        )
    if (root / "image_2").is_dir() and (root / "calib.txt").is_file():
        return "is one sequence of KITTI's odometry layout, which has poses instead of boxes"
    drives = [root, *root.glob("*_drive_*"), *root.glob("*/*_drive_*")]
    if any((drive / "image_02" / "data").is_dir() or (drive / "velodyne_points").is_dir() for drive in drives):
        return (
            "is in KITTI's raw layout (DATE_drive_NNNN_sync), which has tracklets instead of label files;"
            " check the dataset that it was exported from, or its tracking layout"
        )
    if any(_is_coco(path) for folder in (root, root / "annotations") for path in sorted(folder.glob("*.json"))[:3]):
        return "holds COCO annotations; check the dataset that they were exported from"
    return None


def _is_coco(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(OPENING_BYTES)
    if b'"annotations"' in head and b'"images"' in head:
        return True
    if not head.lstrip().startswith(b"{") or not any(word in head for word in (b'"images"', b'"info"', b'"licenses"')):
        return False
    try:
        value = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(value, dict) and {"images", "annotations"} <= value.keys()
