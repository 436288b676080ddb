"""The official KITTI object evaluation, as ``evaluate_object.cpp`` of the development kit does it since 2019.

Average precision over 40 recall positions (R40) for Car, Pedestrian and Cyclist at three difficulties, in the picture
(2D), from above (BEV) and in space (3D). Kept on purpose: which labels and detections are ignored rather than
counted, integer pixel heights of detections, the order in which detections are assigned, how recall positions
are thinned out, and that DontCare regions excuse detections in the picture only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.judges.polygons import rectangle, shared_area

LEVELS = ("easy", "moderate", "hard")
MIN_HEIGHT_PX = (40, 25, 25)
MAX_OCCLUSION = (0, 1, 2)
MAX_TRUNCATION = (0.15, 0.3, 0.5)
MIN_OVERLAP = {"car": 0.7, "pedestrian": 0.5, "cyclist": 0.5}
NEIGHBOURS = {"car": "van", "pedestrian": "person_sitting"}
METRICS = ("2d", "bev", "3d")
RECALL_POSITIONS = 41

COUNTED, IGNORED, OTHER = 0, 1, -1


@dataclass(frozen=True)
class Row:
    """A label or result row. ``score`` means nothing on labels."""

    type: str
    truncation: float
    occlusion: int
    alpha: float
    left: float
    top: float
    right: float
    bottom: float
    h: float
    w: float
    l: float  # noqa: E741 (the development kit's name)
    x: float
    y: float
    z: float
    ry: float
    score: float = 0.0


@dataclass(frozen=True)
class Frame:
    """Labels and detections of one picture."""

    labels: Sequence[Row]
    detections: Sequence[Row]


def read_rows(path: Path) -> list[Row]:
    """Rows of a label or result file, split as ``fscanf`` with ``%d`` for occlusion splits them."""
    rows = []
    for line in path.read_text().splitlines():
        t = line.split()
        if len(t) not in (15, 16):
            raise ValueError(f"{path}: {len(t)} columns")
        rest = [float(v) for v in t[3:]]
        rows.append(Row(t[0], float(t[1]), int(t[2]), *rest))
    return rows


def read_labels(root: Path, frames: Sequence[str]) -> list[list[Row]]:
    """The label rows of some frames of a dataset."""
    return [read_rows(root / "training" / "label_2" / f"{frame}.txt") for frame in frames]


def as_detections(labels: Sequence[Row], score: float = 1.0) -> list[Row]:
    """Perfect detections: the labels without DontCare."""
    return [replace(row, score=score) for row in labels if row.type.lower() != "dontcare"]


def evaluate(frames: Sequence[Frame]) -> dict[tuple[str, str, str], float]:
    """AP R40 in per cent by (class, metric, level); classes in lower case."""
    return {
        (name, metric, level): average_precision(frames, name, metric, k)
        for name in MIN_OVERLAP
        for metric in METRICS
        for k, level in enumerate(LEVELS)
    }


def self_evaluation(root: Path, move: Callable[[Row], Row] = lambda row: row) -> dict[tuple[str, str, str], float]:
    """AP R40 of a dataset's own labels, moved by ``move``, against its labels, by (class, metric, level).

    Only what can be judged is in it: classes and levels with at least one counted label. The frames are repeated
    until 41 labels count, as fewer leave recall positions empty even for perfect detections. ``move`` shall leave the
    2D box alone; the 2D metric tells nothing about it.
    """
    ids = sorted(path.stem for path in (root / "training" / "label_2").glob("*.txt"))
    frames = [Frame(labels, [move(row) for row in as_detections(labels)]) for labels in read_labels(root, ids)]
    found = {}
    for name in MIN_OVERLAP:
        for k, level in enumerate(LEVELS):
            counted = sum(_clean(frame, name, k)[0].count(COUNTED) for frame in frames)
            if counted:
                enough = frames * -(-RECALL_POSITIONS // counted)
                for metric in METRICS:
                    found[name, metric, level] = average_precision(enough, name, metric, k)
    return found


def half_a_length_ahead(row: Row) -> Row:
    """The row with its 3D box moved along its heading by half its length."""
    step = row.l / 2
    return replace(row, x=row.x + step * math.cos(row.ry), z=row.z - step * math.sin(row.ry))


def average_precision(frames: Sequence[Frame], name: str, metric: str, level: int) -> float:
    """AP R40 in per cent of one class, metric and level."""
    cleaned = [_clean(frame, name, level) for frame in frames]
    counted = sum(labels.count(COUNTED) for labels, _ in cleaned)
    overlaps = [_overlaps(frame, metric) for frame in frames]
    scores = [
        score
        for frame, (labels, detections), overlap in zip(frames, cleaned, overlaps, strict=True)
        for score in _matched_scores(frame, labels, detections, overlap, MIN_OVERLAP[name])
    ]
    precision = np.zeros(RECALL_POSITIONS)
    for k, threshold in enumerate(recall_thresholds(scores, counted)):
        hits = false = 0
        for frame, (labels, detections), overlap in zip(frames, cleaned, overlaps, strict=True):
            found = _count(frame, labels, detections, overlap, MIN_OVERLAP[name], threshold, metric)
            hits, false = hits + found[0], false + found[1]
        precision[k] = hits / (hits + false) if hits + false else 0.0
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[1:].sum() / (RECALL_POSITIONS - 1) * 100.0)


def recall_thresholds(scores: Sequence[float], counted: int) -> list[float]:
    """The scores at which recall reaches the next of 41 positions, or comes nearest to it."""
    ordered = sorted(scores, reverse=True)
    thresholds, recall = [], 0.0
    for k, score in enumerate(ordered):
        here = (k + 1) / counted
        last = k == len(ordered) - 1
        following = here if last else (k + 2) / counted
        if following - recall < recall - here and not last:
            continue
        thresholds.append(score)
        recall += 1.0 / (RECALL_POSITIONS - 1)
    return thresholds


def _clean(frame: Frame, name: str, level: int) -> tuple[list[int], list[int]]:
    """(per label, per detection): counted, ignored (neither missed nor false), or of another class."""
    labels, detections = [], []
    for row in frame.labels:
        hard = (
            row.occlusion > MAX_OCCLUSION[level]
            or row.truncation > MAX_TRUNCATION[level]
            or row.bottom - row.top <= MIN_HEIGHT_PX[level]
        )
        kind = row.type.lower()
        if kind == name:
            labels.append(IGNORED if hard else COUNTED)
        else:
            labels.append(IGNORED if kind == NEIGHBOURS.get(name) else OTHER)
    for row in frame.detections:
        if int(abs(row.bottom - row.top)) < MIN_HEIGHT_PX[level]:
            detections.append(IGNORED)
        else:
            detections.append(COUNTED if row.type.lower() == name else OTHER)
    return labels, detections


def _matched_scores(
    frame: Frame, labels: Sequence[int], detections: Sequence[int], overlap: np.ndarray, needed: float
) -> list[float]:
    """Scores of detections that hit a counted label, each label taking the highest score that fits."""
    taken: set[int] = set()
    scores = []
    for i, label in enumerate(labels):
        if label == OTHER:
            continue
        fitting = [
            j for j, kind in enumerate(detections) if kind != OTHER and j not in taken and overlap[i, j] > needed
        ]
        if not fitting:
            continue
        best = max(fitting, key=lambda j: (frame.detections[j].score, -j))
        taken.add(best)
        if label == COUNTED and detections[best] == COUNTED:
            scores.append(frame.detections[best].score)
    return scores


def _count(
    frame: Frame,
    labels: Sequence[int],
    detections: Sequence[int],
    overlap: np.ndarray,
    needed: float,
    threshold: float,
    metric: str,
) -> tuple[int, int]:
    """(hits, false detections) among those that reach the threshold."""
    above = [j for j, kind in enumerate(detections) if kind != OTHER and frame.detections[j].score >= threshold]
    taken: set[int] = set()
    hits = 0
    for i, label in enumerate(labels):
        if label == OTHER:
            continue
        chosen = _assign([j for j in above if j not in taken and overlap[i, j] > needed], detections, overlap[i])
        if chosen is None:
            continue
        taken.add(chosen)
        if label == COUNTED and detections[chosen] == COUNTED:
            hits += 1
    false = [j for j in above if detections[j] == COUNTED and j not in taken]
    if metric == "2d":
        regions = [row for row in frame.labels if row.type.lower() == "dontcare"]
        false = [j for j in false if not any(covered_share(frame.detections[j], region) > needed for region in regions)]
    return hits, len(false)


def _assign(fitting: Sequence[int], detections: Sequence[int], overlap: np.ndarray) -> int | None:
    """The counted detection that overlaps most; else the first ignored one."""
    counted = [j for j in fitting if detections[j] == COUNTED]
    if counted:
        return max(counted, key=lambda j: (overlap[j], -j))
    return fitting[0] if fitting else None


def _overlaps(frame: Frame, metric: str) -> np.ndarray:
    measure = {"2d": overlap_2d, "bev": overlap_bev, "3d": overlap_3d}[metric]
    found = np.zeros((len(frame.labels), len(frame.detections)))
    for i, label in enumerate(frame.labels):
        if label.type.lower() != "dontcare":
            for j, detection in enumerate(frame.detections):
                found[i, j] = measure(detection, label)
    return found


def overlap_2d(a: Row, b: Row) -> float:
    """Intersection over union of the 2D boxes."""
    shared = _shared_2d(a, b)
    return shared / (_area_2d(a) + _area_2d(b) - shared) if shared > 0 else 0.0


def covered_share(detection: Row, region: Row) -> float:
    """Share of a detection's 2D box that lies in a region."""
    return _shared_2d(detection, region) / _area_2d(detection)


def overlap_bev(a: Row, b: Row) -> float:
    """Intersection over union of the footprints."""
    shared = _shared_ground(a, b)
    return shared / (a.l * a.w + b.l * b.w - shared)


def overlap_3d(a: Row, b: Row) -> float:
    """Intersection over union of the upright 3D boxes."""
    height = max(min(a.y, b.y) - max(a.y - a.h, b.y - b.h), 0.0)
    shared = _shared_ground(a, b) * height
    return shared / (a.l * a.w * a.h + b.l * b.w * b.h - shared)


def _shared_ground(a: Row, b: Row) -> float:
    if (a.x - b.x) ** 2 + (a.z - b.z) ** 2 > ((a.l + a.w + b.l + b.w) / 2) ** 2:
        return 0.0
    return shared_area(rectangle(a.x, a.z, a.l, a.w, -a.ry), rectangle(b.x, b.z, b.l, b.w, -b.ry))


def _shared_2d(a: Row, b: Row) -> float:
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return width * height if width > 0 and height > 0 else 0.0


def _area_2d(row: Row) -> float:
    return (row.right - row.left) * (row.bottom - row.top)


def table(found: Mapping[tuple[str, str, str], float]) -> str:
    """The results in the order in which the development kit prints them; a dash where there is nothing to judge."""
    lines = []
    for name in MIN_OVERLAP:
        for metric in METRICS:
            scores = [found.get((name, metric, level)) for level in LEVELS]
            cells = " ".join("     -" if score is None else f"{score:6.2f}" for score in scores)
            lines.append(f"{name:<11}{metric:<4} {cells}")
    return "\n".join(lines)
