"""Rules about what rigs with more than KITTI's sensors store: sweeps of further LiDARs, labels of further cameras."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from simgen.verify.cloud_rules import FARTHEST_M
from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import clipped, overlap, projected_rectangle
from simgen.verify.layout import FURTHER, is_points
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import parse_row

LEAST_OVERLAP = 0.5
"""A row's 2D box against that of its 3D box; people are narrower than their boxes."""
_LABELS = FURTHER[1][0]


@rule("further.clouds", "error", "a further LiDAR's sweep is rows of four finite float32, reflectance in 0…1, with a"
      " label for each, and calib has its place", needs=("calib", "points"))
def clouds(frame: FrameFiles) -> Iterator[Problem]:
    for folder in frame.ref.files:
        if not is_points(folder):
            continue
        file, data = frame.path(folder), frame.content(folder) or b""
        if len(data) % 16:
            yield Problem(file, f"{len(data)} bytes are no multiple of 16")
            continue
        cloud = np.frombuffer(data, "<f4").reshape(-1, 4)
        if not np.isfinite(cloud).all():
            yield Problem(file, "a number is not finite")
        elif len(cloud) and not (cloud[:, 3].min() >= 0 and cloud[:, 3].max() <= 1):
            yield Problem(file, "a reflectance is outside 0…1")
        elif len(cloud) and np.abs(cloud[:, :3]).max() > FARTHEST_M:
            yield Problem(file, f"a point is more than {FARTHEST_M:g} m away (wrong unit, or float64?)")
        labels = frame.content(f"{folder}_label")
        if labels is None or len(labels) != 4 * len(cloud):
            told = "none" if labels is None else f"{len(labels) / 4:g}"
            yield Problem(file, f"{len(cloud)} points, but {told} labels of them")
        name = folder.removeprefix("velodyne_")
        if frame.calib is not None and name not in frame.calib.further_lidars:
            yield Problem(frame.path("calib"), f"there is no line Tr_{name}_to_velo for {folder}")


@rule("further.labels", "error", "a further camera's labels are rows of 15 columns, its P takes their 3D boxes to their"
      " 2D boxes, and its side file has an entry for each", needs=("calib",))
def labels(frame: FrameFiles) -> Iterator[Problem]:
    for folder in frame.ref.files:
        found = _LABELS.fullmatch(folder)
        if found is None:
            continue
        number, lines = int(found[1]), (frame.text(folder) or "").splitlines()
        rows = [parse_row(line, n) for n, line in enumerate(lines, 1)]
        for n, row in enumerate(rows, 1):
            if row is None:
                yield Problem(f"{frame.path(folder)}:{n}", "the row has not 15 columns, of which 14 finite numbers")
        entries = _entries(frame.text(f"objects_{number}"))
        if entries != [row.type for row in rows if row is not None]:
            yield Problem(frame.path(f"objects_{number}"), f"its rows are not those of {folder}")
        projection, header = _projection(frame, number), frame.header(f"image_{number}")
        if projection is None or header is None:
            missing = f"P{number}" if projection is None else f"image_{number}"
            yield Problem(frame.path(folder), f"there are labels, but no {missing}")
            continue
        for row in rows:
            if row is None or not row.is_object:
                continue
            whole = projected_rectangle(projection, row.box.corners())
            shown = None if whole is None else clipped(whole, header.width_px, header.height_px)
            if shown is None or overlap(shown, row.bbox_px) < LEAST_OVERLAP:
                yield Problem(f"{frame.path(folder)}:{row.line}",
                              f"P{number} does not take the 3D box of this {row.type} to its 2D box")


def _projection(frame: FrameFiles, number: int) -> np.ndarray | None:
    if frame.calib is None:
        return None
    return frame.calib.projections[3] if number == 3 else frame.calib.further_cameras.get(number)


def _entries(text: str | None) -> list[str] | None:
    """The types that a side file's rows tell; None if it is none."""
    try:
        return [str(row["type"]) for row in json.loads(text or "")["rows"]]
    except (ValueError, KeyError, TypeError):
        return None


RULES: tuple[Rule[FrameFiles], ...] = (clouds, labels)
