"""Rules about simgen's side files: one entry per label row, and numbers that agree with each other and the sweep."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from simgen.verify.box_rules import has_open_door
from simgen.verify.frames import FrameFiles
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import numbers

POINT_COUNT_TOLERANCE = 0.02
"""Share by which a stored count of returns in a box may differ: rounding moves returns on a face."""
PIXEL_MARGIN = 2.0
RATIO_TOLERANCE = 0.03
FEW_PIXELS = 100
"""Below this a ratio is a matter of single pixels."""
SILHOUETTE_MARGIN_PX, SILHOUETTE_MARGIN_SHARE = 4.0, 0.06
"""A body may leave its box a little: ears, mirrors, a lifted hoof."""
OCCLUSION_BANDS = {0: (0.70, 1.0), 1: (0.30, 0.95), 2: (0.0, 0.60)}
"""Visible shares that go with an occlusion, wider than any two writers' thresholds differ."""
ROTATION_TOLERANCE = 1e-4


@rule("objects.form", "error", "a side file is JSON with one entry per label row, in the same order",
      needs=("labels", "objects"))
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
    for row, entry in frame.pairs:
        if entry.get("type") != row.type:
            yield Problem(file, f"entry {row.line} is a {entry.get('type')}, but the label row is a {row.type}")
        if entry.get("role") not in frame.objects["instances"]:
            yield Problem(file, f"the role '{entry.get('role')}' of entry {row.line} is not among the instances")


@rule("points.labels", "error", "velodyne_label has one entry per point, and its instances are those of the side file",
      needs=("points", "point_labels"))
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


@rule("objects.points", "error", "the side file's LiDAR counts are those of the sweep",
      needs=("objects", "labels", "calib", "points", "point_labels"))
def points(frame: FrameFiles) -> Iterator[Problem]:
    sides = {row.line: side for row, side in frame.pairs}
    for row, total, inside in frame.own_points:
        side = sides[row.line]
        name = "lidar_points_stored" if "lidar_points_stored" in side else "lidar_points"
        if side.get(name) != total:
            yield Problem(
                frame.path("objects"),
                f"entry {row.line} states {side.get(name)} LiDAR returns ({name}), velodyne_label has {total}",
            )
            continue
        stated = side.get("lidar_points_in_box")
        # What weather took from the sweep may have been in the box as well.
        lost = int(side.get("lidar_points") or total) - total
        if not isinstance(stated, int) or stated > inside + lost + math.ceil(POINT_COUNT_TOLERANCE * total):
            yield Problem(
                frame.path("objects"), f"entry {row.line} states {stated} returns in its box, the sweep has {inside}"
            )


@rule("objects.stored", "error", "a sweep holds at most the returns that were measured before weather",
      needs=("objects",))
def stored(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        before, after = side.get("lidar_points"), side.get("lidar_points_stored")
        if isinstance(before, int) and isinstance(after, int) and after > before:
            yield Problem(
                frame.path("objects"), f"entry {row.line} has {after} returns stored of {before} that were measured"
            )


@rule("objects.track", "error", "a track stands once in a frame and is the number of its role among the instances",
      needs=("objects", "labels", "numbered"))
def track(frame: FrameFiles) -> Iterator[Problem]:
    file = frame.path("objects")
    instances = frame.objects["instances"] if frame.objects is not None else []
    seen: Counter[Any] = Counter()
    for row, side in frame.pairs:
        if "track" not in side:
            continue
        number, role = side["track"], side.get("role")
        if not isinstance(number, int) or not 0 <= number < len(instances) or instances[number] != role:
            yield Problem(file, f"entry {row.line} has track {number}, but its role '{role}' is not instance {number}")
        seen[number] += 1
    for number, times in seen.items():
        if times > 1:
            yield Problem(file, f"track {number} stands in {times} entries")


@rule("objects.pixels", "error", "visible pixels are at most the silhouette's, and visible_fraction is their ratio",
      needs=("objects", "silhouettes"))
def pixels(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        seen, whole, share = side.get("visible_px"), side.get("silhouette_px"), side.get("visible_fraction")
        if not isinstance(seen, int) or not isinstance(whole, int):
            continue
        file = frame.path("objects")
        if seen > whole + PIXEL_MARGIN + 0.01 * whole:
            yield Problem(file, f"entry {row.line} shows {seen} pixels of a silhouette of {whole}")
        elif whole >= FEW_PIXELS and isinstance(share, (int, float)) and abs(share - seen / whole) > RATIO_TOLERANCE:
            yield Problem(
                file,
                f"entry {row.line} states visible_fraction {share:.3f}, but {seen} of {whole} is {seen / whole:.3f}",
            )


@rule("objects.occlusion", "error", "occlusion goes with the visible share of the object's own silhouette",
      needs=("objects", "labels"))
def occlusion(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        share = side.get("visible_fraction")
        band = OCCLUSION_BANDS.get(row.occlusion)
        if not row.is_object or not isinstance(share, (int, float)) or band is None:
            continue
        if not band[0] <= share <= band[1] + 1e-6:
            yield Problem(
                frame.row_path(row), f"occlusion is {row.occlusion}, but {share:.0%} of this {row.type} is visible"
            )


@rule("objects.amodal", "error", "the amodal 2D box holds the box of the visible pixels", needs=("silhouettes",))
def amodal(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        whole, seen = numbers(side.get("amodal_bbox_px"), 4), numbers(side.get("visible_bbox_px"), 4)
        if whole is None or seen is None:
            continue
        beyond = max(whole[0] - seen[0], whole[1] - seen[1], seen[2] - whole[2], seen[3] - whole[3])
        if beyond > PIXEL_MARGIN:
            yield Problem(
                frame.path("objects"), f"entry {row.line}: visible pixels reach {beyond:.0f} px beyond the amodal box"
            )


@rule("objects.silhouette", "warning", "the whole silhouette lies in the projection of the 3D box",
      needs=("silhouettes", "labels", "calib", "picture"))
def silhouette(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        whole, boxes = numbers(side.get("amodal_bbox_px"), 4), frame.expected_boxes.get(row.line)
        if whole is None or boxes is None or not row.is_object or has_open_door(side):
            continue
        left, top, right, bottom = boxes[0]
        if row.box.corners()[:, 2].min() < 1.0:                 # its projection is cut where it passes the camera
            continue
        beyond = max(left - whole[0], top - whole[1], whole[2] - right, whole[3] - bottom)
        if beyond > SILHOUETTE_MARGIN_PX + SILHOUETTE_MARGIN_SHARE * max(right - left, bottom - top):
            yield Problem(
                frame.path("objects"),
                f"entry {row.line}: the silhouette of this {row.type} reaches {beyond:.0f} px beyond its 3D box",
            )


@rule("ego.form", "error", "the ego's poses are rigid, and sensor readings are finite numbers", needs=("ego",))
def ego_form(frame: FrameFiles) -> Iterator[Problem]:
    ego = frame.ego
    if ego is None:
        return
    file = frame.path("objects")
    for name in ("world_from_camera_0", "world_from_rig"):
        values = numbers(ego.get(name), 12)
        if values is None:
            yield Problem(file, f"ego.{name} is not 12 finite numbers")
            continue
        rotation = np.array(values).reshape(3, 4)[:, :3]
        error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if error > ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
            yield Problem(file, f"ego.{name} is no rigid motion: R·Rᵀ differs from 1 by {error:.2g}, or it reflects")
    for name in ("velocity_mps", "acceleration_mps2", "angular_rate_radps"):
        if ego.get(name) is not None and numbers(ego[name], 3) is None:
            yield Problem(file, f"ego.{name} is not 3 finite numbers")


RULES: tuple[Rule[FrameFiles], ...] = (
    objects_form,
    point_labels,
    points,
    stored,
    track,
    pixels,
    occlusion,
    amodal,
    silhouette,
    ego_form,
)
