"""Who may fill a folder, and that it never holds half an export that looks whole.

A new export is made in a folder of its own inside of the one that was asked for (``export.partial``), and moved to its
place when all of it is there. An earlier one is brought up to date where it is. ``export.json`` says what an export was
made from. It is written last; ``export.json.partial`` stands in its place until then.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import RequestError
from simgen.export.dataset import MADE_FROM, Dataset
from simgen.export.folder import ExportReport
from simgen.kitti.layout import PARTIAL, REQUEST, write_whole

_UNFINISHED = MADE_FROM + PARTIAL
_STAGE = "export" + PARTIAL


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that an export may fill.

    out:      where the export goes.
    place:    the folder to fill: ``out`` itself for an earlier export, else one inside of it.
    files:    what an earlier export put there.
    existed:  ``out`` was there before.
    """

    out: Path
    place: Path
    files: tuple[str, ...]
    existed: bool

    @property
    def is_new(self) -> bool:
        return self.place != self.out


def claim(dataset: Dataset, layout: str, out: Path) -> Claim:
    """Make ``out`` the folder of this export, or find that it is one of an earlier state of the dataset.

    Raises:
        RequestError: if ``out`` holds something else, or lies among the dataset's own files.
    """
    _refuse_the_dataset(dataset, layout, out)
    if out.exists() and not out.is_dir():
        raise RequestError(f"--out {out}: this is a file; name a folder")
    existed, before = out.is_dir(), dict[str, Any]()
    there = {path.name for path in out.iterdir()} if existed else set()
    if there:
        before = _read_made_from(out)
        if before["format"] != layout:
            raise RequestError(f"--out {out}: holds an export to {before['format']}; name another folder for {layout}")
        if not _same_dataset(before["episodes"], _digests(dataset)):
            raise RequestError(f"--out {out}: holds the export of another dataset ({before['dataset']}); name another "
                               "folder")
    out.mkdir(parents=True, exist_ok=True)
    files = tuple(before.get("files", ()))
    if (out / _STAGE).exists():                     # of an export that was killed
        shutil.rmtree(out / _STAGE)
    if (out / MADE_FROM).exists():
        (out / MADE_FROM).replace(out / _UNFINISHED)
    else:
        write_whole(out / _UNFINISHED, _made_from(dataset, layout, files))
    if there - {_UNFINISHED, _STAGE}:
        return Claim(out, out, files, existed)
    (out / _STAGE).mkdir()
    return Claim(out, out / _STAGE, (), existed)


def release(claimed: Claim) -> None:
    """Leave no trace of a claim that came to nothing. An earlier export stays, unfinished, for another try."""
    if not claimed.is_new:
        return
    shutil.rmtree(claimed.place)
    (claimed.out / _UNFINISHED).unlink(missing_ok=True)
    if not claimed.existed:
        claimed.out.rmdir()


def finish(dataset: Dataset, layout: str, report: ExportReport, claimed: Claim) -> None:
    """Move a new export to its place, remove what an earlier one put there and this one did not, and say what the
    folder was made from."""
    out, made_from = claimed.out, _made_from(dataset, layout, tuple(sorted(report.files)))
    if claimed.is_new:
        write_whole(out / _UNFINISHED, made_from)       # should this end between two moves, it can be completed
        for made in sorted(claimed.place.iterdir()):
            made.rename(out / made.name)
        claimed.place.rmdir()
    for path in sorted(set(claimed.files) - set(report.files)):
        _remove(out, path)
    write_whole(out / MADE_FROM, made_from, durable=True)
    (out / _UNFINISHED).unlink(missing_ok=True)


def _refuse_the_dataset(dataset: Dataset, layout: str, out: Path) -> None:
    root, inside = dataset.root.resolve(), out.resolve()
    own = {path.split("/")[0] for episode in dataset.episodes for path in episode.record.files}
    own |= {"training", "testing", "testing_labels", "ImageSets", "episodes", "logs", "maps"}
    if inside == root or any(inside.is_relative_to(root / name) for name in own) or root.is_relative_to(inside):
        raise RequestError(f"--out {out}: is among the dataset's own files; name another folder, such as "
                           f"{dataset.root / layout}")


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
    classes = dataset.classes
    value = {
        "format": layout,
        "dataset": dataset.root.resolve().name,
        "request_sha256": hashlib.sha256((dataset.root / REQUEST).read_bytes()).hexdigest(),
        "episodes": _digests(dataset),
        "classes": None if classes is None else {"name": Path(classes.name).name, "types": dict(classes.types)},
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
