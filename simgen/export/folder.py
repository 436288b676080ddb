"""The folder that an export fills: pictures and sweeps as hard links, everything else written.

Nothing here opens an existing file for writing: a file is made under another name and renamed. So a file that is one
with the dataset's (a hard link) is replaced, never changed, and the dataset cannot be harmed.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from simgen.errors import DatasetError
from simgen.kitti.layout import PARTIAL, write_whole

LINKED, COPIED, WRITTEN = "linked", "copied", "written"
_CANNOT_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What came of an export.

    files:  path relative to the export → "linked" (one with the dataset's file), "copied" or "written".
    notes:  sentences about what a reader might miss.
    example: number of an episode that is worth a first look.
    """

    episodes: int
    frames: int
    files: Mapping[str, str]
    notes: tuple[str, ...] = ()
    example: int = 0

    def count(self, how: str) -> int:
        return Counter(self.files.values())[how]


@dataclass(slots=True)
class ExportFolder:
    """A folder being filled. It remembers what was put there, which ``report`` hands on."""

    root: Path
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def link(self, path: str, source: Path) -> None:
        """Make ``source`` appear as ``path``: a hard link, or a copy where the file system cannot link.

        Raises:
            DatasetError: if the source is not there.
        """
        target = self._place(path)
        try:
            self.files[path] = LINKED if _link(source, target) else _copy(source, target)
        except FileNotFoundError as error:
            raise DatasetError(f"{source}: is recorded, but not there; 'simgen verify' says more") from error

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file; text as UTF-8."""
        data = content.encode() if isinstance(content, str) else content
        write_whole(self._place(path), data)
        self.files[path] = WRITTEN

    @contextmanager
    def stream(self, path: str) -> Iterator[BinaryIO]:
        """Write a file too long for memory: it is there once the block ends well."""
        target = self._place(path)
        partial = target.with_name(target.name + PARTIAL)
        with partial.open("wb") as stream:
            yield stream
        partial.replace(target)
        self.files[path] = WRITTEN

    def note(self, sentence: str) -> None:
        """Say a thing once in the report, however often it happens."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def report(self, episodes: int, frames: int) -> ExportReport:
        copied = sum(how == COPIED for how in self.files.values())
        if copied:
            self.note(f"{copied} files are copies: the file system cannot link them to the dataset")
        return ExportReport(episodes, frames, self.files, tuple(self.notes))

    def _place(self, path: str) -> Path:
        if path in self.files:
            raise ValueError(f"{path} is exported twice")
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _link(source: Path, target: Path) -> bool:
    """False if the file system cannot."""
    try:
        if target.exists() and target.samefile(source):
            return True
        partial = target.with_name(target.name + PARTIAL)
        partial.unlink(missing_ok=True)
        os.link(source, partial)
        partial.replace(target)
    except OSError as error:
        if error.errno in _CANNOT_LINK:
            return False
        raise
    return True


def _copy(source: Path, target: Path) -> str:
    now = source.stat()
    if target.exists() and (target.stat().st_size, target.stat().st_mtime_ns) == (now.st_size, now.st_mtime_ns):
        return COPIED
    partial = target.with_name(target.name + PARTIAL)
    partial.unlink(missing_ok=True)
    shutil.copy2(source, partial)
    partial.replace(target)
    return COPIED
