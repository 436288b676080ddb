"""A dataset as a whole: which files there are, what splits and records say, and what each frame says."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import Box
from simgen.verify.lidar_rules import own_points, rows_with_open_doors

FOLDERS = {
    "image_2": ".png",
    "image_3": ".png",
    "velodyne": ".bin",
    "label_2": ".txt",
    "calib": ".txt",
    "objects": ".json",
    "velodyne_label": ".label",
}
"""Folders of ``training`` with one file per frame, and the files' suffix. Other folders are left alone."""

NEEDED = ("image_2", "velodyne", "label_2", "calib")
SPLITS = ("train", "val", "trainval", "test")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One labelled object in one frame, for rules that follow objects through an episode.

    velocity_mps: over ground, in the axes of rectified camera 0, from the side file; None if it has none.
    """

    role: str
    type: str
    file: str
    box: Box
    velocity_mps: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """What the rules about the whole set need to know of one frame.

    rows:         label rows by type.
    picture_size: width and height of image_2.
    own_points:   returns from labelled objects, and how many of these lie in their boxes, by the side files;
                  without vehicles whose doors stand open.
    """

    id: str
    rows: Mapping[str, int]
    picture_size: tuple[int, int] | None
    own_points: tuple[int, int]
    episode: str | None
    time_s: float | None
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One file of ``episodes``. ``content`` is None if it is no JSON object."""

    file: str
    name: str
    content: Mapping[str, Any] | None

    def frames(self) -> tuple[str, ...]:
        """The ids it claims; empty if it has no such list."""
        frames = (self.content or {}).get("frames")
        return tuple(str(frame) for frame in frames) if isinstance(frames, list) else ()

    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says of each file; empty if it has no such table."""
        files = (self.content or {}).get("files")
        if not isinstance(files, dict):
            return {}
        return {path: facts for path, facts in files.items() if isinstance(facts, dict)}


@dataclass(frozen=True, slots=True, eq=False)
class DatasetFiles:
    """The parts of a dataset that are not one frame's.

    ids:      by folder of ``training``, the stems of its files.
    strangers: files in those folders whose name is no frame's.
    test_ids: stems of ``testing/image_2``.
    splits:   by split, the lines of its file; no entry if there is no file.
    request:  ``dataset.json``: its content, or None if there is none or it is no JSON object.
    sizes, digests: bytes and SHA-256 of the files that records name, as found; no entry if missing.
    """

    ids: Mapping[str, frozenset[str]]
    strangers: tuple[str, ...]
    test_ids: frozenset[str]
    splits: Mapping[str, tuple[str, ...]]
    records: tuple[Record, ...]
    has_request: bool
    request: Mapping[str, Any] | None
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    frames: Mapping[str, FrameSummary]

    @property
    def ours(self) -> bool:
        """Whether simgen made it: then records must account for every file."""
        return self.has_request or bool(self.records)

    def frame_ids(self) -> list[str]:
        """Ids that any folder knows, sorted."""
        return sorted(frozenset().union(*self.ids.values()))


def summarise(frame: FrameFiles) -> FrameSummary:
    """What is kept of a frame when its files are put away."""
    opened = rows_with_open_doors(frame)
    own = [counted for counted in own_points(frame) if counted[0].line not in opened]
    side = frame.objects or {}
    time_s = side.get("time_s")
    return FrameSummary(
        id=frame.id,
        rows=Counter(row.type for row in frame.rows),
        picture_size=None if frame.picture is None else (frame.picture.width_px, frame.picture.height_px),
        own_points=(sum(total for _, total, _ in own), sum(inside for _, _, inside in own)),
        episode=side["episode"] if isinstance(side.get("episode"), str) else None,
        time_s=float(time_s) if isinstance(time_s, (int, float)) else None,
        sightings=tuple(_sightings(frame)),
    )


def _sightings(frame: FrameFiles) -> Iterator[Sighting]:
    rows = frame.objects["rows"] if frame.objects is not None else []
    if len(rows) != len(frame.rows):
        return
    for row, side in zip(frame.rows, rows, strict=True):
        if row.is_object and isinstance(side.get("role"), str):
            velocity = _three_numbers(side.get("velocity_mps"))
            yield Sighting(side["role"], row.type, frame.row_path(row), row.box, velocity)


def _three_numbers(value: Any) -> tuple[float, float, float] | None:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, (int, float)) for v in value):
        return float(value[0]), float(value[1]), float(value[2])
    return None


def folder_ids(root: Path) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    """Stems by folder of ``training`` for the folders that exist, and the files that are no frame's."""
    ids: dict[str, frozenset[str]] = {}
    strangers: list[str] = []
    for folder, suffix in FOLDERS.items():
        path = root / "training" / folder
        if path.is_dir():
            names = [entry.name for entry in path.iterdir()]
            ids[folder] = frozenset(name.removesuffix(suffix) for name in names if _is_frame(name, suffix))
            strangers += [f"training/{folder}/{name}" for name in names if not _is_frame(name, suffix)]
    return ids, tuple(sorted(strangers))


def _is_frame(name: str, suffix: str) -> bool:
    return len(name) == 6 + len(suffix) and name.endswith(suffix) and name[:6].isdecimal() and name.isascii()


def read_splits(root: Path) -> dict[str, tuple[str, ...]]:
    """The lines of each existing file of ``ImageSets``."""
    paths = {split: root / "ImageSets" / f"{split}.txt" for split in SPLITS}
    return {
        split: tuple(path.read_text("utf-8", errors="replace").splitlines())
        for split, path in paths.items()
        if path.is_file()
    }


def read_json_object(path: Path) -> dict[str, Any] | None:
    """A file's JSON object; None if there is no such file or it holds something else."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, FileNotFoundError):
        return None
    return value if isinstance(value, dict) else None


def read_records(root: Path) -> tuple[Record, ...]:
    """All files of ``episodes`` that end in .json, by name."""
    return tuple(
        Record(f"episodes/{path.name}", path.stem, read_json_object(path))
        for path in sorted((root / "episodes").glob("*.json"))
    )


def sha256(path: Path) -> str:
    """The file's SHA-256 in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
