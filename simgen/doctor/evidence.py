"""What a recorded item shows: numbers read from its dataset, no opinion. ``proof_rules.py`` judges them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from simgen.capture.probe_facts import StateFound
from simgen.kitti.records import EpisodeRecord, read_record
from simgen.verify import verify_dataset

NEAR_M = 30.0                   # a person nearer than that, seen by half, stops beams of any LiDAR of ours
HALF_SEEN = 0.5
AIR = {3: "fog", 4: "rain", 5: "snow", 6: "spray", 7: "dust"}       # codes of velodyne_cause


@dataclass(frozen=True, slots=True)
class Difference:
    """Two recordings of one episode. same_files: of so many files. most_m: by how much an object's distance differs at
    most; None where they do not show the same objects."""

    same_files: int
    files: int
    most_m: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is in an item's dataset.

    errors, warnings: of ``simgen verify``, as sentences. rules: how many were held against it.
    roles:            who has label rows.
    people, people_hit: rows of people who are near and well seen, and those of them with LiDAR returns.
    frames_moved:     frames with readings of IMU and GNSS.
    substituted:      what of the weather simgen drew onto the server's pictures. stand_ins: who stood in for whom.
    air:              what of the weather sweeps hold → share of their points.
    brightness:       mean of the left pictures, 0 to 255.
    left:             how the server was left.
    """

    frames: int
    labels: int
    roles: frozenset[str]
    map_name: str
    rules: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    people: int
    people_hit: int
    frames_moved: int
    instance_ids: str
    brightness: float
    substituted: tuple[str, ...] = ()
    stand_ins: tuple[str, ...] = ()
    air: Mapping[str, float] = field(default_factory=dict)
    difference: Difference | None = None
    left: StateFound | None = None


def evidence_of(root: Path, left: StateFound | None = None, other: Path | None = None) -> Evidence:
    """Read an item's dataset, and compare it with another recording of the same episode if there is one.

    Raises DatasetError if a file is missing or wrong.
    """
    record = _record_of(root)
    sides = [_side_file(root, frame) for frame in record.frames]
    rows = [row for side in sides for row in side["rows"]]
    people = [row for row in rows if row["kind"] == "walker" and row["distance_m"] <= NEAR_M
              and (row["visible_fraction"] or 0.0) >= HALF_SEEN]
    report = verify_dataset(root)
    held = sum(verdict.silent is None for verdict in report.rules)
    return Evidence(
        frames=len(record.frames), labels=report.labels, roles=frozenset(row["role"] for row in rows),
        map_name=record.simulator.map, rules=held,
        errors=tuple(f"{found.rule}: {found.sentence}" for found in report.errors),
        warnings=tuple(f"{found.rule}: {found.sentence}" for found in report.warnings),
        people=len(people), people_hit=sum(row["lidar_points"] > 0 for row in people),
        frames_moved=sum(side["ego"].get("latitude_deg") is not None for side in sides),
        instance_ids=str(record.resolved["instance_ids"]), brightness=_brightness(root, record),
        substituted=tuple(record.resolved["substituted"]), stand_ins=tuple(record.resolved["substitutions"].values()),
        air=_air(root, record), difference=None if other is None else _difference(root, other), left=left,
    )


def _record_of(root: Path) -> EpisodeRecord:
    """An item's dataset has one episode."""
    name = next((root / "episodes").glob("*.json")).stem
    record = read_record(root, name)
    assert record is not None
    return record


def _side_file(root: Path, frame: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((root / "training" / "objects" / f"{frame}.json").read_text(encoding="utf-8"))
    return loaded


def _brightness(root: Path, record: EpisodeRecord) -> float:
    pictures = [cv2.imread(str(root / "training" / "image_2" / f"{frame}.png")) for frame in record.frames]
    return float(np.mean([picture.mean() for picture in pictures if picture is not None]))


def _air(root: Path, record: EpisodeRecord) -> dict[str, float]:
    """Share of all points, by what hangs or falls in the air."""
    codes = np.concatenate([
        np.load(root / "training" / "velodyne_cause" / f"{frame}.npy")["cause"] for frame in record.frames])
    return {word: float(np.mean(codes == code)) for code, word in AIR.items() if (codes == code).any()}


def _difference(root: Path, other: Path) -> Difference:
    one, two = _record_of(root), _record_of(other)
    same = sum(two.files.get(path) == entry for path, entry in one.files.items())
    off: list[float] = []
    for frame in one.frames:
        here, there = ({row["role"]: row["distance_m"] for row in _side_file(place, frame)["rows"]}
                       for place in (root, other))
        if here.keys() != there.keys():
            return Difference(same, len(one.files), None)
        off += [abs(here[role] - there[role]) for role in here]
    return Difference(same, len(one.files), max(off, default=0.0))
