"""The folder that an export fills: pictures and sweeps as hard links, everything else written; and who may fill it.

Nothing here opens an existing file for writing: a file is made under another name and renamed. So a file that is one
with the dataset's (a hard link) is replaced, never changed, and the dataset cannot be harmed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import DatasetError, RequestError
from simgen.export.dataset import Dataset
from simgen.kitti.layout import PARTIAL, REQUEST, write_whole

MADE_FROM = "export.json"           # written last: an export is whole when this file is there
_UNFINISHED = MADE_FROM + PARTIAL   # in its place while the export is being written

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


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that an export may fill.

    files:     what an earlier export put there.
    existed:   the folder was there before; was_empty: and held nothing, or was not there.
    """

    files: tuple[str, ...]
    existed: bool
    was_empty: bool


def claim(dataset: Dataset, layout: str, out: Path) -> Claim:
    """Make ``out`` the folder of this export, or find that it is one of an earlier state of the dataset.

    Raises:
        RequestError: if ``out`` holds something else, or lies among the dataset's own files.
    """
    root = dataset.root.resolve()
    inside = out.resolve()
    own = {path.split("/")[0] for episode in dataset.episodes for path in episode.record.files}
    own |= {"training", "testing", "ImageSets", "episodes", "logs", "maps"}
    if inside == root or any(inside.is_relative_to(root / name) for name in own) or root.is_relative_to(inside):
        raise RequestError(f"--out {out}: is among the dataset's own files; name another folder, such as "
                           f"{dataset.root / layout}")
    if out.exists() and not out.is_dir():
        raise RequestError(f"--out {out}: this is a file; name a folder")
    before: dict[str, Any] = {}
    existed, was_empty = out.is_dir(), not (out.is_dir() and any(out.iterdir()))
    if not was_empty:
        before = _read_made_from(out)
        if before["format"] != layout:
            raise RequestError(f"--out {out}: holds an export to {before['format']}; name another folder for {layout}")
        if not _same_dataset(before["episodes"], _digests(dataset)):
            raise RequestError(f"--out {out}: holds the export of another dataset ({before['dataset']}); name another "
                               "folder")
    out.mkdir(parents=True, exist_ok=True)
    if (out / MADE_FROM).exists():
        (out / MADE_FROM).replace(out / _UNFINISHED)
    else:
        write_whole(out / _UNFINISHED, _made_from(dataset, layout, tuple(before.get("files", ()))))
    return Claim(tuple(before.get("files", ())), existed, was_empty)


def release(out: Path, claimed: Claim) -> None:
    """Leave no trace of a claim that came to nothing. An earlier export stays, unfinished, for another try."""
    if not claimed.was_empty:
        return
    for path in out.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not claimed.existed:
        out.rmdir()


def finish(dataset: Dataset, layout: str, out: Path, report: ExportReport, claimed: Claim) -> None:
    """Remove what an earlier export put there and this one did not, and say what the folder was made from."""
    for path in sorted(set(claimed.files) - set(report.files)):
        _remove(out, path)
    write_whole(out / MADE_FROM, _made_from(dataset, layout, tuple(sorted(report.files))), durable=True)
    (out / _UNFINISHED).unlink(missing_ok=True)


def _remove(out: Path, path: str) -> None:
    """Remove a file of an earlier export and the folders that are empty without it, never anything outside."""
    target = out / path
    if not target.parent.resolve().is_relative_to(out.resolve()):
        raise RequestError(f"{out / MADE_FROM}: names {path}, which is outside; delete the export and make it anew")
    target.unlink(missing_ok=True)
    for parent in target.parents:
        if parent == out or (parent.exists() and any(parent.iterdir())):
            break
        if parent.exists():
            parent.rmdir()


def _made_from(dataset: Dataset, layout: str, files: tuple[str, ...]) -> bytes:
    value = {
        "format": layout,
        "dataset": dataset.root.resolve().name,
        "request_sha256": hashlib.sha256((dataset.root / REQUEST).read_bytes()).hexdigest(),
        "episodes": _digests(dataset),
        "simgen_version": __version__,
        "files": list(files),
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _digests(dataset: Dataset) -> dict[str, str]:
    return {episode.name: episode.record.plan_digest for episode in dataset.episodes}


def _same_dataset(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """A dataset that grew, or lost an episode, is the same; one with other plans under the same names is not."""
    common = before.keys() & now.keys()
    return bool(common) and all(before[name] == now[name] for name in common)


def _read_made_from(out: Path) -> dict[str, Any]:
    refusal = RequestError(f"--out {out}: the folder is not empty and holds no export of simgen; name a new or an "
                           "empty folder")
    for name in (MADE_FROM, _UNFINISHED):
        try:
            value = json.loads((out / name).read_text(encoding="utf-8"))
            if isinstance(value["episodes"], dict) and isinstance(value["files"], list):
                return {**value, "format": value["format"], "dataset": value["dataset"]}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            raise refusal from None
    raise refusal
