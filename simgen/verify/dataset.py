"""The whole check: every rule on every frame and on the set, in one report."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from simgen.errors import RequestError
from simgen.verify.findings import Finding, Report
from simgen.verify.frames import read_frame
from simgen.verify.registry import FRAME_RULES, RULES, SET_RULES
from simgen.verify.sets import (
    DatasetFiles,
    FrameSummary,
    folder_ids,
    read_json_object,
    read_records,
    read_splits,
    sha256,
    summarise,
)


def verify_dataset(root: Path, *, workers: int = 1) -> Report:
    """Check a dataset in KITTI's object layout, with simgen's side files and records where they exist.

    root:    the folder that holds ``training``.
    workers: processes to share the frames among.
    Raises RequestError if the folder is no dataset at all; all that is wrong inside becomes a finding.
    """
    if not ((root / "training").is_dir() or (root / "dataset.json").is_file()):
        raise RequestError(f"{root} is no dataset: it has no folder 'training'; name the folder that holds it")
    ids, strangers = folder_ids(root)
    records, splits = read_records(root), read_splits(root)
    has_request = (root / "dataset.json").is_file()
    named = sorted({path for record in records for path in record.files()})
    present = [path for path in named if _inside(root, path) and (root / path).is_file()]
    frame_ids = sorted(frozenset().union(*ids.values()))

    check = partial(check_frame, root, ours=has_request or bool(records))
    digest = partial(_digest, root)
    if workers > 1:
        # Spawned, not forked: a fork inherits OpenCV's threads in whatever state they are.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            checked = list(pool.map(check, frame_ids, chunksize=4))
            digests = list(pool.map(digest, present, chunksize=32))
    else:
        checked = [check(frame) for frame in frame_ids]
        digests = [digest(path) for path in present]

    data = DatasetFiles(
        ids=ids,
        strangers=strangers,
        test_ids=frozenset(path.stem for path in (root / "testing" / "image_2").glob("*.png")),
        splits=splits,
        records=records,
        has_request=has_request,
        request=read_json_object(root / "dataset.json"),
        sizes={path: (root / path).stat().st_size for path in present},
        digests=dict(zip(present, digests, strict=True)),
        frames={summary.id: summary for summary, _ in checked},
    )
    return _report(root, data, [finding for _, findings in checked for finding in findings])


def check_frame(root: Path, frame_id: str, *, ours: bool) -> tuple[FrameSummary, tuple[Finding, ...]]:
    """All rules about single frames, on one frame."""
    frame = read_frame(root, frame_id, ours)
    findings = tuple(finding for one in FRAME_RULES for finding in one.check(frame, frame_id))
    return summarise(frame), findings


def check_set(data: DatasetFiles) -> Iterator[Finding]:
    """All rules about the set."""
    for one in SET_RULES:
        yield from one.check(data)


def _report(root: Path, data: DatasetFiles, frame_findings: list[Finding]) -> Report:
    classes: Counter[str] = Counter()
    for summary in data.frames.values():
        classes.update(summary.rows)
    return Report(
        root=str(root),
        frames=len(data.frames),
        labels=sum(number for name, number in classes.items() if name != "DontCare"),
        classes=dict(classes.most_common()),
        findings=(*check_set(data), *frame_findings),
        rules={rule_id: one.says for rule_id, one in RULES.items()},
    )


def _inside(root: Path, path: str) -> bool:
    """Whether a path that a record names stays below the root."""
    return (root / path).resolve().is_relative_to(root.resolve())


def _digest(root: Path, path: str) -> str:
    return sha256(root / path)
