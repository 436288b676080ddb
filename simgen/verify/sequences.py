"""The tracking layout: one label, calibration and oxts file per sequence, one picture and sweep per frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from simgen.verify.layout import PICTURES, SEQUENCE_PICTURES, Ref
from simgen.verify.texts import integer

_FILES = {"label_02": ".txt", "calib": ".txt", "oxts": ".txt"}
TESTING, TESTING_LABELS = "testing/", "testing_labels/"
FRAME_S = 0.1
"""Time between frames: the benchmark's sequences were taken at 10 Hz."""


@dataclass(frozen=True, eq=False)
class Sequence:
    """One sequence.

    files:     its label, calibration and oxts file below the root, by folder; only what exists.
    streams:   pictures and sweeps by object-layout folder name: frame number to file.
    label_text, oxts_text: None if there is no file.
    """

    name: str
    prefix: str
    files: Mapping[str, str]
    streams: Mapping[str, Mapping[int, str]]
    strangers: tuple[str, ...]
    label_text: str | None
    calib_text: str | None
    oxts_text: str | None

    def path(self, folder: str) -> str:
        """The sequence's file for findings, whether or not it exists."""
        return self.files.get(folder, f"{self.prefix}{folder}/{self.name}.txt")

    def stream_path(self, folder: str) -> str:
        """The folder of one of ``streams`` below the root, whether or not it exists."""
        return f"{self.prefix}{SEQUENCE_PICTURES.get(folder, folder)}/{self.name}"

    @property
    def kinds(self) -> frozenset[str]:
        """The keys of ``files``, and of ``streams`` that hold anything."""
        return frozenset((*self.files, *(folder for folder, stream in self.streams.items() if stream)))

    @cached_property
    def rows(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """(line number, columns) of every row that is not blank."""
        lines = enumerate((self.label_text or "").splitlines(), 1)
        return tuple((n, tuple(tokens)) for n, line in lines if (tokens := line.split()))

    @cached_property
    def by_frame(self) -> Mapping[int, tuple[tuple[int, str], ...]]:
        """Label rows with their line numbers by frame; without rows whose first column is no frame number."""
        found: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for n, line in enumerate((self.label_text or "").splitlines(), 1):
            first = line.split(maxsplit=1)[:1]
            frame = integer(first[0]) if first else None
            if frame is not None and frame >= 0:
                found[frame].append((n, line))
        return {frame: tuple(lines) for frame, lines in found.items()}

    @cached_property
    def frames(self) -> tuple[int, ...]:
        """Numbers of all frames that any stream or label row knows."""
        return tuple(sorted({*self.by_frame, *(n for stream in self.streams.values() for n in stream)}))

    @property
    def length(self) -> int:
        """Number of frames, as streams count from 000000 on; by the labels where there are neither pictures nor sweeps.
        """
        numbers = [n for stream in self.streams.values() for n in stream] or list(self.by_frame)
        return max(numbers, default=-1) + 1

    def refs(self) -> list[Ref]:
        """One ref per frame."""
        refs = []
        for n in self.frames:
            files = {folder: stream[n] for folder, stream in self.streams.items() if n in stream}
            for folder, name in (("label_02", "label_2"), ("calib", "calib")):
                if folder in self.files:
                    files[name] = self.files[folder]
            refs.append(
                Ref(f"{self.name}/{n:06d}", "tracking", self.prefix, files, self.name, n, self.by_frame.get(n, ()))
            )
        return refs


def read_sequences(root: Path, prefix: str) -> tuple[Sequence, ...]:
    """All sequences below ``root/prefix``, by name; those of ``testing`` with the labels of ``testing_labels``."""
    base = root / prefix
    names: set[str] = set()
    for folder, suffix in _FILES.items():
        for home in _homes(prefix, folder):
            if (root / home / folder).is_dir():
                names |= {path.stem for path in (root / home / folder).iterdir() if path.suffix == suffix}
    for folder in (*SEQUENCE_PICTURES.values(), "velodyne"):
        if (base / folder).is_dir():
            names |= {path.name for path in (base / folder).iterdir() if path.is_dir()}
    return tuple(_read(root, prefix, name) for name in sorted(names))


def _homes(prefix: str, folder: str) -> tuple[str, ...]:
    """Where a folder may lie below the root. KITTI gives no labels of its test sequences; simgen keeps its own."""
    return (prefix, TESTING_LABELS) if prefix == TESTING and folder == "label_02" else (prefix,)


def _read(root: Path, prefix: str, name: str) -> Sequence:
    files = {
        folder: f"{home}{folder}/{name}{suffix}"
        for folder, suffix in _FILES.items()
        for home in _homes(prefix, folder)
        if (root / home / folder / f"{name}{suffix}").is_file()
    }
    streams: dict[str, dict[int, str]] = {}
    strangers: list[str] = []
    for folder, real, suffixes in (
        *((mine, real, PICTURES) for mine, real in SEQUENCE_PICTURES.items()),
        ("velodyne", "velodyne", (".bin",)),
    ):
        path = root / prefix / real / name
        if not path.is_dir():
            continue
        streams[folder] = {}
        for entry in path.iterdir():
            file = f"{prefix}{real}/{name}/{entry.name}"
            is_frame = len(entry.stem) == 6 and entry.stem.isascii() and entry.stem.isdecimal()
            if is_frame and entry.suffix.lower() in suffixes and entry.is_file():
                streams[folder][int(entry.stem)] = file
            else:
                strangers.append(file)

    def text(folder: str) -> str | None:
        if folder not in files:
            return None
        return (root / files[folder]).read_bytes().decode("utf-8", errors="replace")

    return Sequence(
        name, prefix, files, streams, tuple(sorted(strangers)), text("label_02"), text("calib"), text("oxts")
    )


def read_seqmaps(root: Path, prefix: str) -> dict[str, tuple[str, ...]]:
    """The lines of each ``evaluate_tracking.seqmap…`` beside the training and testing folders, or in them."""
    found = {}
    for home in dict.fromkeys(("", prefix, TESTING)):
        for path in sorted((root / home).glob("evaluate_tracking.seqmap*")):
            if path.is_file():
                found[f"{home}{path.name}"] = tuple(path.read_text("utf-8", errors="replace").splitlines())
    return found
