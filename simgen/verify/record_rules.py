"""Rules about simgen's own accounts: episode records, the request, and each frame's side files.

They pass over datasets that have none of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from simgen.verify.box_rules import paired_rows
from simgen.verify.frames import FrameFiles
from simgen.verify.lidar_rules import own_points
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles

POINT_COUNT_TOLERANCE = 0.02
"""Share by which a stored count of returns in a box may differ: rounding moves returns on a face."""


@rule("record.form", "error", "an episode record is a JSON object with frames and files")
def form(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        if record.content is None:
            yield Problem(record.file, "the record is no JSON object")
        elif not isinstance(record.content.get("frames"), list) or not isinstance(record.content.get("files"), dict):
            yield Problem(record.file, "the record lacks its list 'frames' or its table 'files'")


@rule("record.missing_file", "error", "every file that a record names exists")
def missing_file(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        for path in record.files():
            if path not in data.sizes:
                yield Problem(path, f"{record.file} names this file, but it does not exist")


@rule("record.checksum", "error", "every file has the size and SHA-256 that its record states")
def checksum(data: DatasetFiles) -> Iterator[Problem]:
    for record in data.records:
        for path, facts in record.files().items():
            if path not in data.sizes:
                continue
            if facts.get("bytes") != data.sizes[path]:
                yield Problem(path, f"{data.sizes[path]} bytes, but {record.file} states {facts.get('bytes')}")
            elif facts.get("sha256") != data.digests.get(path):
                yield Problem(path, f"the content has changed: its SHA-256 is not the one in {record.file}")


@rule("record.unclaimed", "error", "every file of a frame is named by a record")
def unclaimed(data: DatasetFiles) -> Iterator[Problem]:
    if not data.ours:
        return
    named = {path for record in data.records for path in record.files()}
    claimed = {frame for record in data.records for frame in record.frames()}
    for frame in data.frame_ids():
        folders = [folder for folder, ids in data.ids.items() if frame in ids]
        if frame not in claimed:
            yield Problem(
                f"training/*/{frame}.*",
                f"no record names this frame (left by a crash?); it is in {', '.join(folders)}",
                frame,
            )
            continue
        stems = {path.rpartition(".")[0] for path in named}
        for folder in folders:
            if f"training/{folder}/{frame}" not in stems:
                yield Problem(f"training/{folder}/{frame}.*", "no record names this file", frame)


@rule(
    "record.frames",
    "error",
    "every frame that a record claims has its files, and no two records claim one frame",
)
def frames(data: DatasetFiles) -> Iterator[Problem]:
    known = frozenset(data.frame_ids())
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


@rule("record.request", "error", "dataset.json exists, and every episode it asks for has its record")
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
            yield Problem("dataset.json", f"episode {name} was asked for but has no record; run the same command again")
    for name in sorted(present - set(names)) if names else ():
        yield Problem(f"episodes/{name}.json", "dataset.json does not ask for this episode")


@rule("objects.form", "error", "a side file is JSON with one entry per label row, in the same order")
def objects_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.objects_text is None:
        return
    file = frame.path("objects")
    if frame.objects is None:
        try:
            json.loads(frame.objects_text)
            yield Problem(file, "the side file lacks its lists 'rows' and 'instances'")
        except ValueError as error:
            yield Problem(file, f"the side file is no JSON: {error}")
        return
    entries = frame.objects["rows"]
    if len(entries) != len(frame.rows):
        yield Problem(file, f"{len(entries)} entries, but the label file has {len(frame.rows)} rows")
        return
    if frame.objects.get("frame") != frame.id:
        yield Problem(file, f"the side file says it is frame {frame.objects.get('frame')}")
    for row, entry in paired_rows(frame):
        if entry.get("type") != row.type:
            yield Problem(file, f"entry {row.line} is a {entry.get('type')}, but the label row is a {row.type}")
        if entry.get("role") not in frame.objects["instances"]:
            yield Problem(file, f"the role '{entry.get('role')}' of entry {row.line} is not among the instances")


@rule(
    "points.labels",
    "error",
    "velodyne_label has one entry per point, and its instances are those of the side file",
)
def point_labels(frame: FrameFiles) -> Iterator[Problem]:
    if frame.point_labels is None or frame.cloud is None:
        return
    file = frame.path("velodyne_label")
    if len(frame.point_labels) != len(frame.cloud):
        yield Problem(file, f"{len(frame.point_labels)} entries for {len(frame.cloud)} points")
    elif frame.objects is not None and len(frame.point_labels):
        highest, known = int((frame.point_labels >> 16).max()), len(frame.objects["instances"])
        if highest > known:
            yield Problem(file, f"instance {highest} appears, but the side file lists {known}")


@rule("objects.points", "error", "the side file's LiDAR counts are those of the sweep")
def points(frame: FrameFiles) -> Iterator[Problem]:
    sides = {row.line: side for row, side in paired_rows(frame)}
    for row, total, inside in own_points(frame):
        side = sides[row.line]
        if side.get("lidar_points") != total:
            yield Problem(
                frame.path("objects"),
                f"entry {row.line} states {side.get('lidar_points')} LiDAR returns, velodyne_label has {total}",
            )
            continue
        stated = side.get("lidar_points_in_box")
        if not isinstance(stated, int) or stated > inside + np.ceil(POINT_COUNT_TOLERANCE * total):
            yield Problem(
                frame.path("objects"),
                f"entry {row.line} states {stated} returns in its box, the sweep has {inside}",
            )


FRAME_RULES: tuple[Rule[FrameFiles], ...] = (objects_form, point_labels, points)
SET_RULES: tuple[Rule[DatasetFiles], ...] = (form, missing_file, checksum, unclaimed, frames, request)
