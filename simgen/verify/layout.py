"""Which files belong to which frame: KITTI's object and tracking layouts, whole or as a bare ``training`` folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from simgen.errors import RequestError
from simgen.verify.elsewhere import recognised

Kind = Literal["object", "tracking", "shards"]

PICTURES = (".png", ".jpg", ".jpeg")
"""KITTI's pictures are PNG; others are listed as well, so that ``image.form`` can name them."""

FOLDERS: dict[str, tuple[str, ...]] = {
    "image_2": PICTURES,
    "image_3": PICTURES,
    "velodyne": (".bin",),
    "label_2": (".txt",),
    "calib": (".txt",),
    "planes": (".txt",),
    "depth_2": (".png",),
    "semantic": (".png",),
    "instance": (".png",),
    "objects": (".json",),
    "velodyne_label": (".label",),
    "velodyne_cause": (".npy",),
    "velodyne_clean": (".bin",),
}
"""Folders of ``training`` with one file per frame, and the files' suffixes. Other folders are left alone, but those of
further sensors."""

FURTHER_PICTURE = re.compile(r"image_([4-9]|[1-9][0-9]+)")
FURTHER = ((FURTHER_PICTURE, PICTURES), (re.compile(r"label_([3-9]|[1-9][0-9]+)"), (".txt",)),
           (re.compile(r"objects_([3-9]|[1-9][0-9]+)"), (".json",)), (re.compile(r"velodyne_\w+_label"), (".label",)),
           (re.compile(r"velodyne_\w+_cause"), (".npy",)), (re.compile(r"velodyne_\w+"), (".bin",)))
"""The same of further cameras, by number, and LiDARs, by name; of a LiDAR only if it has labels of its points."""
ON_REQUEST = ("velodyne_cause", "velodyne_clean")
"""Folders that frames of one episode have and those of another may not."""

_BESIDE_POINTS = re.compile(r"_(label|cause|clean)$")

NEEDED = ("image_2", "velodyne", "label_2", "calib")
"""Folders that a frame's place in a training set needs."""

SEQUENCE_PICTURES = {"image_2": "image_02", "image_3": "image_03"}
SPLITS = ("train", "val", "trainval", "test")
HINT_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Ref:
    """One frame and its files.

    files:  paths below the root by folder (object layout's names in both layouts); only what exists.
    prefix: of the frame's folders below the root ("training/" or "").
    lines:  tracking: the frame's label rows with their line numbers in the sequence's file; else None.
    """

    id: str
    kind: Kind
    prefix: str
    files: Mapping[str, str]
    sequence: str | None = None
    number: int | None = None
    lines: tuple[tuple[int, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one object-layout part (``training`` or ``testing``).

    stems:     by folder that exists, the file of each frame id, below the root.
    strangers: files whose suffix is not their folder's.
    """

    stems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()

    def ids(self) -> list[str]:
        """Ids that any folder knows, sorted: shorter ones first, as beyond 999999 they have more digits."""
        return sorted(frozenset().union(*self.stems.values()), key=lambda one: (len(one), one))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dataset lies. ``prefix`` is "training/", or "" if the root is the training folder itself."""

    root: Path
    prefix: str
    kinds: tuple[Kind, ...]

    @property
    def is_bare(self) -> bool:
        return self.prefix == ""


def find_place(root: Path) -> Place:
    """What kind of dataset a folder is. Raises RequestError if it is none."""
    if not root.exists():
        raise RequestError(f"{root} is no dataset: there is no such folder")
    if not root.is_dir():
        raise RequestError(f"{root} {recognised(root)}")
    is_kitti = any((root / name).is_dir() for name in ("training", "label_2", "label_02"))
    if not is_kitti and (what := recognised(root)) is not None:
        raise RequestError(f"{root} {what}")
    for prefix in ("training/", ""):
        folder = root / prefix
        kinds: list[Kind] = []
        if any((folder / name).is_dir() for name in ("label_2", "image_2", "velodyne", "calib", "objects")):
            kinds.append("object")
        if any((folder / name).is_dir() for name in ("label_02", "image_02")):
            # velodyne and calib exist in both layouts.
            only_shared = not any((folder / name).is_dir() for name in ("label_2", "image_2", "objects"))
            kinds = ["tracking"] if only_shared else ["object", "tracking"]
        if kinds:
            return Place(root, prefix, tuple(kinds))
    if (root / "shards").is_dir() and (root / "dataset.json").is_file():
        return Place(root, "training/", ("shards",))
    if (root / "training").is_dir() or (root / "dataset.json").is_file():
        return Place(root, "training/", ("object",))
    hint = root.parent if root.name in (*FOLDERS, "label_02", "image_02") else next(_inside(root, HINT_DEPTH), None)
    cure = f"name {hint}" if hint is not None else "name the folder that holds it, or the one with label_2 in it"
    raise RequestError(f"{root} is no dataset: it has no folder 'training'; {cure}")


def _inside(root: Path, depth: int) -> Iterator[Path]:
    """Folders below ``root`` that look like datasets."""
    if depth == 0:
        return
    for path in sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith(".")):
        if any((path / "training" / name).is_dir() for name in ("label_2", "label_02")):
            yield path
        else:
            yield from _inside(path, depth - 1)


def list_objects(root: Path, prefix: str) -> Listing:
    """All frames' files below ``root/prefix``."""
    stems: dict[str, dict[str, str]] = {}
    strangers: list[str] = []
    for folder, suffixes in {**FOLDERS, **_further(root / prefix)}.items():
        path = root / prefix / folder
        if not path.is_dir():
            continue
        found: dict[str, str] = {}
        with os.scandir(path) as entries:
            for entry in entries:
                stem, point, suffix = entry.name.rpartition(".")
                file = f"{prefix}{folder}/{entry.name}"
                # Readers do not find .PNG, which set.names says; all else about the file is judged all the same.
                if (point + suffix).lower() in suffixes and stem not in found and entry.is_file():
                    found[stem] = file
                else:
                    strangers.append(file)
        if found or folder in NEEDED:                # an empty folder of a kind that may be missing is missing
            stems[folder] = found
    return Listing(stems, tuple(sorted(strangers)))


def _further(parent: Path) -> dict[str, tuple[str, ...]]:
    """Folders of further sensors, sorted, and the suffixes of their files."""
    if not parent.is_dir():
        return {}
    there = sorted(path.name for path in parent.iterdir() if path.name not in FOLDERS and path.is_dir())
    found = {name: next((suffixes for pattern, suffixes in FURTHER if pattern.fullmatch(name)), ()) for name in there}
    return {name: suffixes for name, suffixes in found.items()
            if suffixes and (not name.startswith("velodyne_") or f"{lidar_of(name)}_label" in found)}


def lidar_of(folder: str) -> str:
    """The folder of the points that a folder belongs to: "velodyne" of "velodyne_cause"."""
    return _BESIDE_POINTS.sub("", folder)


def is_points(folder: str) -> bool:
    """Does it hold a further LiDAR's sweeps, and not what stands beside them?"""
    return FURTHER[-1][0].fullmatch(folder) is not None and lidar_of(folder) == folder


def is_further(folder: str) -> bool:
    """Has only a part of all rigs, or of all episodes, this kind of file?"""
    return folder in ("image_3", *ON_REQUEST) or any(pattern.fullmatch(folder) for pattern, _ in FURTHER)


def merged(listing: Listing, other: Listing) -> Listing:
    """Both as one; where both know a folder, the first one's files."""
    stems = {**other.stems, **listing.stems}
    return Listing(stems, (*listing.strangers, *other.strangers))


def object_refs(listing: Listing, prefix: str) -> list[Ref]:
    """One ref per id that any folder knows, by id."""
    return [
        Ref(one, "object", prefix, {folder: files[one] for folder, files in listing.stems.items() if one in files})
        for one in listing.ids()
    ]


def is_frame_name(stem: str) -> bool:
    """Six ASCII digits, or more beyond 999999."""
    return len(stem) >= 6 and stem.isascii() and stem.isdecimal() and not (len(stem) > 6 and stem[0] == "0")


def is_leftover(file: str) -> bool:
    """What a desktop or an editor leaves in any folder that it opens."""
    name = file.rpartition("/")[2]
    return name.startswith(".") or name in ("Thumbs.db", "desktop.ini")


def read_splits(root: Path) -> dict[str, tuple[str, ...]]:
    """The lines of each existing file of ``ImageSets``."""
    paths = {split: root / "ImageSets" / f"{split}.txt" for split in SPLITS}
    return {
        split: tuple(path.read_text("utf-8", errors="replace").splitlines())
        for split, path in paths.items()
        if path.is_file()
    }
