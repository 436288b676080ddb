"""Episode records, ``episodes/<episode>.json``: what was made, from what, by which simulator.

A record is written after all files of its episode, so an episode counts if and only if its record exists. It
holds nothing that differs between two runs of the same plan on the same simulator: no hosts, times, attempts
or ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simgen.errors import DatasetError, unreadable
from simgen.kitti.layout import EPISODES, FileEntry, record_path, write_whole

# Of everything in a dataset folder; README.md of this package lists the changes.
FORMAT_VERSION = 3
READABLE_VERSIONS = (1, 2, 3)
SHARDS = "shards"


@dataclass(frozen=True, slots=True)
class SimulatorInfo:
    """Who made the data: "CARLA" or "simgen", its version as it reports it, and the map."""

    name: str
    version: str
    map: str


@dataclass(frozen=True, slots=True)
class Shard:
    """The tar that holds all files of an episode: its path relative to the dataset, SHA-256 and length."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One recorded episode.

    plan:             the episode plan's JSON; plan_digest: its SHA-256.
    resolved:         what capture made of the plan on this map: start, poses, substitutions, who was left out, how
                      meets were asked, solved and measured, and what happened when; plain JSON.
    frames:           ids of its frames, in order; fewer than planned where a crash ended it.
    labelled_frames:  those of them that have at least one label row.
    labels:           number of label rows by type, DontCare left out.
    files:            every file of the episode, by path relative to the dataset.
    shard:            the tar that the files are in; None if they lie loose, as usual.
    """

    episode: str
    plan_digest: str
    plan: Mapping[str, Any]
    resolved: Mapping[str, Any]
    frames: tuple[str, ...]
    labelled_frames: tuple[str, ...]
    labels: Mapping[str, int]
    files: Mapping[str, FileEntry]
    simulator: SimulatorInfo
    simgen_version: str
    format_version: int = FORMAT_VERSION
    shard: Shard | None = None

    def to_text(self) -> str:
        """Deterministic JSON. Records of loose files do not speak of shards."""
        value = asdict(self)
        if self.shard is None:
            del value["shard"]
        return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> EpisodeRecord:
        """The inverse of ``to_text``.

        Raises:
            DatasetError: if the text is no record, or one of another format version.
        """
        try:
            value = json.loads(text)
            if value["format_version"] not in READABLE_VERSIONS:
                raise DatasetError(f"the record has format version {value['format_version']}, this simgen reads "
                                   f"{READABLE_VERSIONS[0]} to {READABLE_VERSIONS[-1]}")
            return cls(**{
                **value,
                "frames": tuple(value["frames"]),
                "labelled_frames": tuple(value["labelled_frames"]),
                "files": {path: FileEntry(**entry) for path, entry in value["files"].items()},
                "simulator": SimulatorInfo(**value["simulator"]),
                "shard": None if value.get("shard") is None else Shard(**value["shard"]),
            })
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"not an episode record: {unreadable(error)}") from error


def write_record(root: Path, record: EpisodeRecord) -> None:
    """Put the record in place; from then on the episode counts."""
    (root / EPISODES).mkdir(parents=True, exist_ok=True)
    write_whole(root / record_path(record.episode), record.to_text().encode(), durable=True)


def read_record(root: Path, episode: str) -> EpisodeRecord | None:
    """The record of an episode, or None if it is not recorded.

    Raises:
        DatasetError: naming the file, if it is there but wrong.
    """
    path = root / record_path(episode)
    try:
        return parse_record(episode, path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error


def parse_record(episode: str, content: bytes, where: str) -> EpisodeRecord:
    """The record of an episode from its file's content.

    Raises:
        DatasetError: naming ``where``, if it is wrong.
    """
    try:
        record = EpisodeRecord.from_text(content.decode())
    except UnicodeDecodeError as error:
        raise DatasetError(f"{where}: not an episode record: {unreadable(error)}") from error
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error
    if record.episode != episode:
        raise DatasetError(f"{where}: is the record of another episode, {record.episode}")
    return record


def read_records(root: Path) -> dict[str, EpisodeRecord]:
    """All records of a dataset, by episode, sorted."""
    records = {}
    for path in sorted((root / EPISODES).glob("*.json")):
        record = read_record(root, path.stem)
        if record is not None:
            records[path.stem] = record
    return records
