"""What a run keeps in mind of the episodes that count, and which files are theirs.

A record is as long as its plan and its list of files, and there may be a million of them. What a run needs of one is a
few hundred bytes.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from simgen.errors import RequestError
from simgen.kitti.layout import record_path
from simgen.kitti.records import EpisodeRecord
from simgen.kitti.splits import DEFAULT_WEIGHTS, set_of

_FOLDERS: dict[frozenset[str], frozenset[str]] = {}         # episodes of one rig share theirs


@dataclass(frozen=True, slots=True)
class Recorded:
    """An episode that counts.

    labels: number of its label rows, DontCare left out. simulator: "CARLA 0.9.16". folders: of its files.
    shard: the tar that holds its files, or None. image_set: that its plan puts it in, "train", "val" or "test".
    """

    episode: str
    plan_digest: str
    labels: int
    simulator: str
    folders: frozenset[str]
    shard: str | None
    image_set: str
    _frames: str
    _labelled: str

    @classmethod
    def of(cls, record: EpisodeRecord) -> Recorded:
        folders = frozenset(path.rpartition("/")[0] for path in record.files)
        frames = " ".join(record.frames)
        every = record.frames == record.labelled_frames
        return cls(
            record.episode, record.plan_digest, sum(record.labels.values()),
            sys.intern(f"{record.simulator.name} {record.simulator.version}"),
            _FOLDERS.setdefault(folders, folders), None if record.shard is None else record.shard.path,
            sys.intern(_image_set(record.plan)), frames, frames if every else " ".join(record.labelled_frames),
        )

    @property
    def frames(self) -> tuple[str, ...]:
        """Ids of its frames, in order."""
        return tuple(self._frames.split())

    @property
    def labelled_frames(self) -> tuple[str, ...]:
        """Those that have at least one label row."""
        return tuple(self._labelled.split())


def require_one_kind(records: Mapping[str, Recorded], shards: bool, where: str) -> None:
    """Raises RequestError if episodes that are there are tars and others shall be loose, or the other way round."""
    for one in records.values():
        if (one.shard is None) == shards:
            has, cure = ("loose files", "leave --shards out") if shards else ("tars", "give --shards")
            raise RequestError(f"--out {where}: its episodes are {has}: {cure}, or choose another place")


def _image_set(plan: Mapping[str, Any]) -> str:
    """The set that a plan's episode belongs to; what a plan does not say is the default."""
    weights = plan.get("output", {}).get("split", DEFAULT_WEIGHTS)
    return set_of(plan.get("scenario", ""), plan.get("index", 0), weights)


def stored_of(record: EpisodeRecord) -> dict[str, int]:
    """Path and length of what a record vouches for: the episode's files, or the tar that they are in."""
    if record.shard is not None:
        return {record.shard.path: record.shard.bytes}
    return {path: entry.bytes for path, entry in record.files.items()}



class Claims:
    """Which files of a dataset belong to its whole episodes: by episode, and for each kind of file by frame number.

    Frames of an episode are numbered in a row, so an episode costs one entry, whatever its length.
    """

    def __init__(self, records: Mapping[str, Recorded]) -> None:
        self._whole = {record_path(name) for name in records}
        self._whole |= {one.shard for one in records.values() if one.shard is not None}
        runs = sorted(run for one in records.values() if one.shard is None for run in _runs(one))
        self._first = [first for first, _, _ in runs]
        self._rest = [(last, folders) for _, last, folders in runs]

    def __contains__(self, path: str) -> bool:
        if path in self._whole:
            return True
        folder, _, name = path.rpartition("/")
        identity = name.partition(".")[0]
        if not identity.isdigit() or (place := bisect_right(self._first, int(identity)) - 1) < 0:
            return False
        last, folders = self._rest[place]
        return int(identity) <= last and folder in folders and len(identity) == max(6, len(str(int(identity))))


def _runs(one: Recorded) -> Iterable[tuple[int, int, frozenset[str]]]:
    """First and last number of each row of consecutive frames."""
    numbers = [int(identity) for identity in one.frames]
    ends = [number for number, then in pairwise(numbers) if then != number + 1]
    begins = [then for number, then in pairwise(numbers) if then != number + 1]
    return [(first, last, one.folders) for first, last in zip(numbers[:1] + begins, ends + numbers[-1:], strict=True)]
