"""A dataset as a whole: which files there are, what splits and records say, and what each frame says."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from simgen.verify.layout import Listing, Place
from simgen.verify.sequences import Sequence
from simgen.verify.summaries import Sighting, Summary


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
        """What it says of each file that lies in the dataset; empty if it has no such table. Of an episode in a tar,
        that is the tar."""
        shard = (self.content or {}).get("shard")
        if isinstance(shard, dict):
            return {str(shard.get("path")): shard}
        return self.frame_files()

    def frame_files(self) -> Mapping[str, Mapping[str, Any]]:
        """What it says of each file of a frame, wherever that is; empty if it has no such table."""
        files = (self.content or {}).get("files")
        if not isinstance(files, dict):
            return {}
        return {path: facts for path, facts in files.items() if isinstance(facts, dict)}

    @property
    def is_packed(self) -> bool:
        """Whether its files are in a tar."""
        return isinstance((self.content or {}).get("shard"), dict)


@dataclass(frozen=True, slots=True, eq=False)
class DatasetFiles:
    """The parts of a dataset that are not one frame's.

    listing, testing: the object layout's files; empty in a tracking dataset.
    sequences: the tracking layout's; test_sequences: those of its testing part.
    seqmaps:   by file below the root, the lines of each list of sequences that evaluation code reads.
    splits:    by split, the lines of its file; no entry if there is no file.
    request:   ``dataset.json``: its content, or None if there is none or it is no JSON object.
    sizes, digests: bytes and SHA-256 of the files that records name, as found; no entry if missing.
    frames:    of training, by id; test_frames: of testing, only their pictures.
    """

    place: Place
    listing: Listing
    testing: Listing
    sequences: tuple[Sequence, ...]
    test_sequences: tuple[Sequence, ...]
    seqmaps: Mapping[str, tuple[str, ...]]
    splits: Mapping[str, tuple[str, ...]]
    records: tuple[Record, ...]
    has_request: bool
    request: Mapping[str, Any] | None
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    frames: Mapping[str, Summary]
    test_frames: Mapping[str, Summary]

    @property
    def ours(self) -> bool:
        """Whether simgen made it: then records must account for every file."""
        return self.has_request or bool(self.records)

    @property
    def prefix(self) -> str:
        """Of the training folders below the root."""
        return self.place.prefix

    def frame_ids(self) -> list[str]:
        """Ids that any folder knows, sorted."""
        return self.listing.ids()

    def split_of(self) -> dict[str, str]:
        """"train" or "val" by frame id, by ImageSets; a frame in both is in train."""
        home = {frame: "val" for frame in self.splits.get("val", ())}
        return home | {frame: "train" for frame in self.splits.get("train", ())}

    def consecutive(self, within_s: float) -> Iterator[tuple[str, tuple[Summary, Sighting], tuple[Summary, Sighting]]]:
        """(track, earlier, later) for each object seen in two frames of an episode in close succession."""
        for (_, name), track in self.tracks().items():
            for (before, first), (now, second) in pairwise(track):
                assert before.time_s is not None and now.time_s is not None
                if now.time_s - before.time_s <= within_s:
                    yield name, (before, first), (now, second)

    def tracks(self) -> dict[tuple[str, str], list[tuple[Summary, Sighting]]]:
        """Everything that is followed over time, by (episode, track), in order of time."""
        found: dict[tuple[str, str], list[tuple[Summary, Sighting]]] = defaultdict(list)
        for summary in self.frames.values():
            if summary.episode is not None and summary.time_s is not None:
                for sighting in summary.sightings:
                    found[summary.episode, sighting.track].append((summary, sighting))
        for track in found.values():
            track.sort(key=lambda entry: entry[0].time_s or 0.0)
        return found


def read_json_object(path: Path) -> dict[str, Any] | None:
    """A file's JSON object; None if there is no such file, it cannot be read, or it holds something else."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError):
        return None
    return value if isinstance(value, dict) else None


def read_records(root: Path) -> tuple[Record, ...]:
    """All files of ``episodes`` that end in .json, by name."""
    return tuple(
        Record(f"episodes/{path.name}", path.stem, read_json_object(path))
        for path in sorted((root / "episodes").glob("*.json"))
    )
