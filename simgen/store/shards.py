"""An episode as one tar, ``shards/<episode>.tar``: packed on its way into a dataset, and unpacked on the way out.

Millions of small objects are slow to list and slow to read; a training job reads tars from end to end.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from simgen.errors import DatasetError
from simgen.kitti.keeping import wait_for_disk
from simgen.kitti.layout import EPISODES, PARTIAL, FileEntry
from simgen.kitti.maps import MAPS
from simgen.kitti.records import SHARDS, EpisodeRecord, Shard, write_record
from simgen.kitti.tars import in_shard_order, member_name, tar_stream, write_member

_BLOCK = 1 << 20


def shard_path(episode: str) -> str:
    return f"{SHARDS}/{episode}.tar"


def pack(folder: Path, files: Mapping[str, FileEntry], target: Path) -> FileEntry:
    """Write an episode's files into a tar, once the disk has it. No half one stays.

    Raises:
        DatasetError: if one of them is not as its entry says.
    """
    try:
        with target.open("wb") as stream:
            with tar_stream(stream) as tar:
                for path in in_shard_order(files):
                    write_member(tar, member_name(path), as_recorded(folder / path, files[path]))
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return entry_of(target)


def unpack(tar: IO[bytes], record: EpisodeRecord, where: str) -> Iterator[tuple[str, bytes]]:
    """Path relative to the dataset, and content, of each file of an episode's shard.

    Raises:
        DatasetError: if the shard does not hold what its record says.
    """
    paths = {member_name(path): path for path in record.files}
    try:
        with tarfile.open(fileobj=tar, mode="r|") as members:
            for member in members:
                path, stream = paths.pop(member.name, None), members.extractfile(member)
                if path is None or stream is None:
                    raise DatasetError(f"{where}: holds {member.name}, which its record does not name")
                content = stream.read()
                if sha256_of(content) != record.files[path].sha256:
                    raise DatasetError(f"{where}: {member.name} is not what was recorded (another SHA-256)")
                yield path, content
    except tarfile.TarError as error:
        raise DatasetError(f"{where}: is no whole tar: {error}") from error
    if paths:
        raise DatasetError(f"{where}: {min(paths)} is missing in it")


def as_recorded(path: Path, entry: FileEntry) -> bytes:
    """A file's content. Raises DatasetError if it is not what its entry says."""
    content = path.read_bytes()
    if sha256_of(content) != entry.sha256:
        raise DatasetError(f"{path}: is not what was written a moment ago (another SHA-256); the disk may be failing")
    return content


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry_of(path: Path) -> FileEntry:
    """SHA-256 and length of a file, however long it is."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return FileEntry(digest.hexdigest(), path.stat().st_size)


def with_shard(record: EpisodeRecord, tar: FileEntry) -> EpisodeRecord:
    """The record of an episode whose files are in a tar."""
    return replace(record, shard=Shard(shard_path(record.episode), tar.sha256, tar.bytes))


class ShardKeeper:
    """Keeps an episode as a tar in a dataset's folder; it was written to another folder."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root

    def frame(self, files: Mapping[str, FileEntry]) -> None:
        """Nothing is done before all are there."""

    def record(self, record: EpisodeRecord) -> None:
        for name in (SHARDS, MAPS, EPISODES):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        target = self._root / shard_path(record.episode)
        partial = target.with_name(target.name + PARTIAL)
        tar = pack(self._folder, record.files, partial)
        partial.replace(target)
        for source in (self._folder / MAPS).glob("*.xodr"):
            place = self._root / MAPS / source.name
            if not place.exists():
                copy = place.with_name(f"{place.name}.{os.getpid()}{PARTIAL}")      # several workers may do so
                shutil.copyfile(source, copy)
                copy.replace(place)
        wait_for_disk([self._root / SHARDS])
        write_record(self._root, with_shard(record, tar))
        wait_for_disk([self._root / EPISODES])
