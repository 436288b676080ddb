"""The whole check: every rule on every frame, every sequence and on the set, in one report."""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from simgen.errors import RequestError
from simgen.verify.findings import Finding, Report, Verdict
from simgen.verify.frames import FrameFiles, Tracks
from simgen.verify.layout import Listing, Ref, find_place, list_objects, merged, object_refs, read_splits
from simgen.verify.registry import FRAME_RULES, RULES, SEQUENCE_RULES, SET_RULES, select
from simgen.verify.rules import OPENED, PARTS, Rule
from simgen.verify.sequences import Sequence as TrackingSequence
from simgen.verify.sequences import read_seqmaps, read_sequences
from simgen.verify.sets import DatasetFiles, Record, read_json_object, read_records
from simgen.verify.summaries import Summary, summarise

SAMPLED = 120
"""So many frames, spread over a dataset, are enough to tell whether its pictures are mirrored or swapped."""
CHUNK = 8
"""Frames that one process reads in a row, with the labels of the ones before and after."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run of frames for one process.

    before, after: the frames next to it.
    sampled:       ids of those whose pictures tell about all.
    """

    root: Path
    ours: bool
    refs: tuple[Ref, ...]
    before: Ref | None
    after: Ref | None
    sampled: frozenset[str]
    rules: frozenset[str]


def verify_dataset(
    root: Path, *, workers: int = 1, only: Sequence[str] = (), exclude: Sequence[str] = (), quick: bool = False
) -> Report:
    """Check a dataset in KITTI's object or tracking layout, with simgen's side files and records where they exist.

    root:    the folder that holds ``training``, or a ``training`` folder itself.
    workers: processes to share the frames among.
    only, exclude: ids of rules, or patterns such as "label.*".
    quick:   without rules that need opened sweeps, decoded pictures or checksums.
    Raises RequestError if the folder is no dataset at all, or a pattern matches no rule; all that is wrong inside
    becomes a finding.
    """
    chosen = select(only, exclude)
    place = find_place(root)
    rules = frozenset(rule.id for rule in chosen if rule.is_quick or not quick)
    opened = frozenset().union(*(RULES[one].needs for one in rules)) & OPENED

    listing = list_objects(root, place.prefix) if "object" in place.kinds else Listing()
    testing = Listing()
    if not place.is_bare and "object" in place.kinds:
        # KITTI gives no labels of its test frames; simgen keeps its own beside them.
        testing = merged(list_objects(root, "testing/"), list_objects(root, "testing_labels/"))
    sequences = read_sequences(root, place.prefix) if "tracking" in place.kinds else ()
    test_sequences = read_sequences(root, "testing/") if "tracking" in place.kinds and not place.is_bare else ()
    records = read_records(root)
    has_request = (root / "dataset.json").is_file()
    ours = has_request or bool(records)

    runs = [object_refs(listing, place.prefix), *(sequence.refs() for sequence in sequences)]
    test_runs = [object_refs(testing, "testing/"), *(sequence.refs() for sequence in test_sequences)]
    every = max(1, math.ceil(sum(map(len, runs)) / SAMPLED))
    jobs = [job for refs in runs for job in _jobs(root, ours, refs, every, rules)]
    test_jobs = [job for refs in test_runs for job in _jobs(root, ours, refs, every, rules)]
    results = list(_run([*jobs, *test_jobs], workers))
    known = sum(len(job.refs) for job in jobs)
    checked, tested = results[:known], results[known:]
    digests = {file: facts for summary, _ in results for file, facts in summary.digests.items()}
    sizes = _sizes(root, records)
    hashes = {path: digests[path][1] if path in digests else _sha256(root / path) for path in sizes} if (
        "bytes" in opened
    ) else {}

    data = DatasetFiles(
        place=place,
        listing=listing,
        testing=testing,
        sequences=sequences,
        test_sequences=test_sequences,
        seqmaps=read_seqmaps(root, place.prefix),
        splits=read_splits(root),
        records=records,
        has_request=has_request,
        request=read_json_object(root / "dataset.json"),
        sizes=sizes,
        digests=hashes,
        frames={summary.id: summary for summary, _ in checked},
        test_frames={summary.id: summary for summary, _ in tested},
    )
    parts = _parts(data)
    with np.errstate(all="ignore"):
        findings = _findings(data, (*sequences, *test_sequences), rules, parts, [found for _, found in results])
    return _report(root, data, chosen, findings, parts, quick)


def _findings(
    data: DatasetFiles,
    sequences: Sequence[TrackingSequence],
    rules: frozenset[str],
    parts: frozenset[str],
    of_frames: Sequence[tuple[Finding, ...]],
) -> list[Finding]:
    """Those of the set first, then the sequences', then the frames'."""
    return [
        *(f for one in SET_RULES if one.id in rules and parts.issuperset(one.needs) for f in one.check(data)),
        *(finding for one in SEQUENCE_RULES if one.id in rules for s in sequences for finding in one.check(s)),
        *(finding for found in of_frames for finding in found),
    ]


def _jobs(root: Path, ours: bool, refs: list[Ref], every: int, rules: frozenset[str]) -> Iterator[Job]:
    """every: one in so many frames is sampled."""
    sampled = frozenset(ref.id for ref in refs[::every])
    for start in range(0, len(refs), CHUNK):
        end = start + CHUNK
        yield Job(
            root, ours, tuple(refs[start:end]), refs[start - 1] if start else None,
            refs[end] if end < len(refs) else None, sampled, rules,
        )


def _run(jobs: list[Job], workers: int) -> Iterator[tuple[Summary, tuple[Finding, ...]]]:
    if workers > 1 and len(jobs) > 1:
        # Spawned, not forked: a fork inherits OpenCV's threads in whatever state they are.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
            for results in pool.map(check_frames, jobs):
                yield from results
    else:
        for job in jobs:
            yield from check_frames(job)


def check_frames(job: Job) -> list[tuple[Summary, tuple[Finding, ...]]]:
    """All chosen rules about single frames, on a run of frames. Raises RequestError if a file may not be read."""
    try:
        # A label may hold any number: what comes of 1e308 is judged, not announced.
        with np.errstate(all="ignore"):
            return _check_frames(job)
    except OSError as error:
        raise RequestError(f"{error.filename or job.root}: cannot be read: {error.strerror or error}") from None


def _check_frames(job: Job) -> list[tuple[Summary, tuple[Finding, ...]]]:
    cv2.setNumThreads(1)                          # one process per core is what shares the work
    rules = [one for one in FRAME_RULES if one.id in job.rules]
    opened = frozenset().union(*(RULES[one].needs for one in job.rules)) & OPENED
    follow = "motion.late" in job.rules
    # Each frame is let go of when it was checked; the one after it has its labels read already.
    frames = [None if ref is None else FrameFiles(job.root, ref, job.ours) for ref in (*job.refs, job.after)]
    before: Tracks | None = None
    if follow and job.before is not None:
        before = FrameFiles(job.root, job.before, job.ours).tracks
    results = []
    for i in range(len(job.refs)):
        frame, next_frame, frames[i] = frames[i], frames[i + 1], None
        assert frame is not None
        other = "object" if frame.is_tracking else "tracking"
        findings = tuple(f for one in rules if other not in one.needs for f in one.check(frame, frame.id))
        after = next_frame.tracks if follow and next_frame is not None else None
        results.append((summarise(frame, opened, (before, after), frame.id in job.sampled), findings))
        before = frame.tracks if follow else None
    return results


def _report(
    root: Path,
    data: DatasetFiles,
    chosen: Iterable[Rule[Any]],
    findings: list[Finding],
    parts: frozenset[str],
    quick: bool,
) -> Report:
    classes: Counter[str] = Counter()
    for summary in data.frames.values():
        classes.update(summary.rows)
    return Report(
        root=str(root),
        layout="+".join(data.place.kinds),
        frames=len(data.frames) or sum(len(record.frames()) for record in data.records if record.is_packed),
        test_frames=len(data.test_frames),
        labels=sum(number for name, number in classes.items() if name != "DontCare"),
        classes=dict(classes.most_common()),
        missing=tuple(PARTS[part] for part in ("labels", "calib", "picture", "sweep") if part not in parts),
        trained=_trained(data),
        drawn_from=_drawn_from(root, data),
        findings=tuple(findings),
        rules=tuple(Verdict(one.id, one.severity, one.says, _silent(one, parts, quick)) for one in chosen),
    )


def _trained(data: DatasetFiles) -> int:
    listed = data.splits.get("train")
    frames = data.frames.values() if listed is None else [data.frames[one] for one in listed if one in data.frames]
    return sum(any(name != "DontCare" for name in summary.rows) for summary in frames)


def _drawn_from(root: Path, data: DatasetFiles) -> str | None:
    """The folder that holds ``training``, if frames in it have what drawing their labels needs."""
    if not all(data.listing.stems.get(folder) for folder in ("label_2", "image_2", "calib")):
        return None
    if not data.place.is_bare:
        return str(root)
    return str(root.parent) if root.name == "training" else None


def _parts(data: DatasetFiles) -> frozenset[str]:
    """Which parts of ``rules.PARTS`` the dataset has anywhere."""
    parts = {*data.place.kinds, *(part for summary in data.frames.values() for part in summary.parts)}
    for sequence in data.sequences:
        parts |= {part for folder, part in (("label_02", "labels"), ("calib", "calib"), ("oxts", "oxts"))
                  if folder in sequence.files}
    parts |= {"splits"} if data.splits else set()
    parts |= {"testing"} if data.testing.stems or data.test_sequences else set()
    parts |= {"records", "bytes"} if data.ours else set()
    return frozenset(parts)


def _silent(rule: Rule[Any], parts: frozenset[str], quick: bool) -> str | None:
    """Why a rule could not be held against a dataset with these parts; None if it could."""
    missing = [part for part in rule.needs if part not in parts]
    if missing:
        return f"for want of {PARTS[missing[0]]}"
    if quick and not rule.is_quick:
        return "as --quick opens neither sweeps nor pictures"
    return None


def _sizes(root: Path, records: tuple[Record, ...]) -> dict[str, int]:
    """Bytes of each file that records name, where it exists below the root."""
    base = root.resolve()
    is_below: dict[Path, bool] = {}
    found = {}
    for path in sorted({path for record in records for path in record.files()}):
        file = base / path
        try:
            facts = file.lstat()
        except (OSError, ValueError):                                                     # record.missing_file says so
            continue
        # A record cannot make the judge read outside the dataset, by a link or by dots. Files of one folder share it.
        home = file if stat.S_ISLNK(facts.st_mode) else file.parent
        if home not in is_below:
            is_below[home] = home.resolve().is_relative_to(base)
        if is_below[home] and file.is_file():
            found[path] = file.stat().st_size
    return found


def _sha256(path: Path) -> str:
    """The file's SHA-256 in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
