"""Rules about simgen's own accounts: episode records and the request. Other datasets have none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from simgen.verify.packed import wrong_members
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles

UNRECORDED = "was asked for but has no record; run the same command again"
"""So ends what is said of an episode that is still missing: the dataset is unfinished, and nothing in it is wrong."""


@rule("record.form", "error", "an episode record is a JSON object with frames and files", needs=("records",))
def form(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        if record.content is None:
            yield Problem(record.file, "the record is no JSON object")
        elif not isinstance(record.content.get("frames"), list) or not isinstance(record.content.get("files"), dict):
            yield Problem(record.file, "the record lacks its list 'frames' or its table 'files'")


@rule("record.missing_file", "error", "every file that a record names exists", needs=("records",))
def missing_file(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        for path in record.files():
            if path not in data.sizes:
                yield Problem(path, f"{record.file} names this file, but it does not exist")


@rule("record.size", "error", "every file has the size that its record states", needs=("records",))
def size(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        for path, facts in record.files().items():
            if path in data.sizes and facts.get("bytes") != data.sizes[path]:
                yield Problem(path, f"{data.sizes[path]} bytes, but {record.file} states {facts.get('bytes')}")


@rule("record.checksum", "error", "every file has the SHA-256 that its record states", needs=("records", "bytes"))
def checksum(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        for path, facts in record.files().items():
            whole = path in data.sizes and facts.get("bytes") == data.sizes[path]
            if whole and facts.get("sha256") != data.digests.get(path):
                yield Problem(path, f"the content has changed: its SHA-256 is not the one in {record.file}")
            elif whole and record.is_packed:
                yield from (Problem(path, sentence) for sentence in wrong_members(data.place.root / path, record))


@rule("record.unclaimed", "error", "every file of a frame is named by a record", needs=("records",))
def unclaimed(data: DatasetFiles) -> Iterator[Problem]:
    if not data.ours:
        return
    named = {path for record in data.records for path in record.files()}
    stems = {path.rpartition(".")[0] for path in named}
    claimed = {frame for record in data.records for frame in record.frames()}
    for frame in data.frame_ids():
        folders = [folder for folder, ids in data.listing.stems.items() if frame in ids]
        if frame not in claimed:
            yield Problem(
                f"training/*/{frame}.*",
                f"no record names this frame (left by a crash?); it is in {', '.join(folders)}",
                frame,
            )
            continue
        for folder in folders:
            if f"training/{folder}/{frame}" not in stems:
                yield Problem(f"training/{folder}/{frame}.*", "no record names this file", frame)


@rule(
    "record.frames",
    "error",
    "every frame that a record claims has its files, and no two records claim one frame",
    needs=("records",),
)
def frames(data: DatasetFiles) -> Iterator[Problem]:
    known = frozenset(data.frame_ids()) | frozenset(data.testing.ids())
    known |= {PurePosixPath(path).stem for record in data.records if record.is_packed for path in record.frame_files()}
    owner: dict[str, str] = {}
    for record in data.records:
        for frame in record.frames():
            if frame not in known:
                yield Problem(record.file, f"frame {frame} has no files", frame)
            if frame in owner:
                yield Problem(record.file, f"frame {frame} is also claimed by {owner[frame]}", frame)
            owner[frame] = record.file
            summary = data.frames.get(frame)
            if summary is not None and summary.episode not in (None, record.name):
                yield Problem(record.file, f"the side file of frame {frame} names episode {summary.episode}", frame)


@rule("record.request", "error", "dataset.json exists, and every episode it asks for has its record",
      needs=("records",))
def request(data: DatasetFiles) -> Iterator[Problem]:
    if not data.ours:
        return
    if data.request is None:
        yield Problem("dataset.json", "the file is missing or no JSON object")
        return
    wanted = data.request.get("episodes")
    present = {record.name for record in data.records}
    names = [
        str(entry.get("name")) if isinstance(entry, dict) else str(entry)
        for entry in (wanted if isinstance(wanted, list) else ())
    ]
    for name in names:
        if name not in present:
            yield Problem("dataset.json", f"episode {name} {UNRECORDED}")
    for name in sorted(present - set(names)) if names else ():
        yield Problem(f"episodes/{name}.json", "dataset.json does not ask for this episode")


RULES: tuple[Rule[DatasetFiles], ...] = (form, missing_file, size, checksum, unclaimed, frames, request)
