"""Who keeps an episode's files: told of each frame's once they are written, and of the record at the end.

The pipeline writes into a folder and hands over; whether that folder is the dataset itself or a place on the way to
another machine is the keeper's business.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from simgen.kitti.layout import EPISODES, FileEntry
from simgen.kitti.records import EpisodeRecord, write_record


class Keeper(Protocol):
    """Keeps one episode."""

    def frame(self, files: Mapping[str, FileEntry]) -> None:
        """All files of a frame are written: path relative to the folder → entry of the record."""

    def record(self, record: EpisodeRecord) -> None:
        """All frames are written. Once this returns, the episode counts."""


class DiskKeeper:
    """Keeps an episode where it is written: the record comes once the disk has everything it names.

    The waiting is done in a thread of its own while further frames are captured, so that at the end little is left of
    it. A power cut, or a file server that restarts, then leaves either a whole episode or none, as a crash does.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: set[Path] = set()
        self._disk = ThreadPoolExecutor(1, "disk")
        self._waits: list[Future[None]] = []

    def frame(self, files: Mapping[str, FileEntry]) -> None:
        paths = [self._root / path for path in files]
        self._folders |= {path.parent for path in paths}
        self._waits.append(self._disk.submit(wait_for_disk, paths))

    def record(self, record: EpisodeRecord) -> None:
        for wait in self._waits:
            wait.result()
        self._disk.shutdown()
        wait_for_disk(self._folders)            # the names, which files got by renaming
        write_record(self._root, record)
        wait_for_disk([self._root / EPISODES])


def wait_for_disk(paths: Iterable[Path]) -> None:
    """Return once the disk has the content of these files, and the names in these folders."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
