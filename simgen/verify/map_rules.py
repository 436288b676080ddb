"""Rules about pictures that measure: depth, semantic classes, instances, and the ground plane's file.

The sweep is the judge where there is one: its points, projected by the calibration, must meet the depths and the
classes that the pictures hold. That catches a wrong unit or numbering as well as a wrong calibration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import Array, within
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import number

DEPTH_UNITS_PER_M = 256.0
LEAST_POINTS = 200
"""Fewer points with a depth under them prove nothing."""
ENOUGH_POINTS = 5000
"""So many tell as much as all."""
UNIT_TOLERANCE = 0.1
AGREES_M, AGREES_SHARE = 0.15, 0.03
"""A point agrees with the depth under its pixel within this distance, or this share of it."""
LEAST_AGREEING = 0.6
"""Edges do not agree, as the LiDAR looks over what the camera does not; nor does what fell from the sky."""
OFF_AXIS = 1.04
"""Ray length over depth from here on (16° off the axis) tells the two apart."""

HIGHEST_LABEL_ID = 33
NO_LICENSE_PLATE = 255
NOT_THE_WORLD = (1, 2, 3)
"""Ego vehicle, rectification border, out of roi: never much of a picture. CARLA's roads are 1, its buildings 3."""
NOT_THE_WORLD_SHARE = 0.35
ROAD_LABEL = 7
VEHICLES, PEOPLE = frozenset(range(26, 34)), frozenset({24, 25, 32, 33})
CLASSES_OF_TYPE = {
    "Car": VEHICLES, "Van": VEHICLES, "Truck": VEHICLES, "Bus": VEHICLES, "Tram": VEHICLES,
    "Pedestrian": PEOPLE, "Person_sitting": PEOPLE, "Cyclist": PEOPLE,
}
JUDGED_POINTS, CLASS_SHARE = 20, 0.5


def _form(frame: FrameFiles, folder: str, bits: int) -> str | None:
    """What is wrong with a single-channel picture's header; None if nothing is."""
    header = frame.header(folder)
    if header is None:
        return "the file is no PNG"
    if (header.bit_depth, header.color_type) != (bits, 0):
        found = f"PNG bit depth {header.bit_depth}, colour type {header.color_type}"
        return f"{found}; one channel of {bits} bits has {bits} and 0"
    picture = frame.picture
    if picture is not None and (picture.width_px, picture.height_px) != (header.width_px, header.height_px):
        return f"{header.width_px}×{header.height_px} pixels, but image_2 has {picture.width_px}×{picture.height_px}"
    return None


def _map(frame: FrameFiles, folder: str, kind: type[np.generic]) -> NDArray[Any] | None:
    """A single-channel picture of the right type; None if it is anything else."""
    pixels = frame.pixels(folder)
    return pixels if pixels is not None and pixels.ndim == 2 and pixels.dtype == kind else None


@rule("depth.form", "error", "depth_2 is one channel of 16 bits, as large as the picture", needs=("depth",))
def depth_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.has("depth_2") and (wrong := _form(frame, "depth_2", 16)) is not None:
        yield Problem(frame.path("depth_2"), wrong)


@rule("depth.unit", "error", "depth_2 is 256 times the depth in metres along the camera's axis, by the sweep",
      needs=("depth", "points", "calib"))
def depth_unit(frame: FrameFiles) -> Iterator[Problem]:
    found = _sweep_and_depth(frame)
    if found is None:
        return
    z, ray, depth = found
    ratio = float(np.median(depth / z))
    if abs(ratio - 1.0) > UNIT_TOLERANCE:
        hint = " (millimetres?)" if abs(ratio - 1000.0 / DEPTH_UNITS_PER_M) < 0.3 else ""
        yield Problem(frame.path("depth_2"), f"depths are {ratio:.2f} times those of the sweep{hint}")
        return
    off_axis = ray > OFF_AXIS * z
    if off_axis.sum() >= LEAST_POINTS:
        to_axis = float(np.median(np.abs(depth - z)[off_axis] / z[off_axis]))
        to_ray = float(np.median(np.abs(depth - ray)[off_axis] / z[off_axis]))
        if to_axis > 0.02 and to_ray < 0.5 * to_axis:
            yield Problem(
                frame.path("depth_2"),
                f"off the axis depths differ from z by {to_axis:.1%}, from the ray's length by {to_ray:.1%}:"
                " they are ray lengths",
            )


@rule("depth.sweep", "error", "points of the sweep meet the depths in depth_2 where the calibration projects them",
      needs=("depth", "points", "calib"))
def depth_sweep(frame: FrameFiles) -> Iterator[Problem]:
    found = _sweep_and_depth(frame)
    if found is None:
        return
    z, _, depth = found
    agrees = np.abs(depth - z) < np.maximum(AGREES_M, AGREES_SHARE * z)
    if agrees.mean() < LEAST_AGREEING and abs(float(np.median(depth / z)) - 1.0) <= UNIT_TOLERANCE:
        yield Problem(
            frame.path("depth_2"),
            f"only {agrees.mean():.0%} of {len(z)} projected points agree with the depth under them"
            " (calibration, or another tick?)",
        )


def _sweep_and_depth(frame: FrameFiles) -> tuple[Array, Array, Array] | None:
    """(M,) depth along the axis, ray length and stored depth in metres of the points that fall on one."""
    stored = _map(frame, "depth_2", np.uint16)
    if stored is None:
        return None
    seen = frame.in_picture
    if seen is None or stored.shape != frame.shape:
        return None
    some = slice(None, None, 1 + len(seen.rows) // ENOUGH_POINTS)
    rows, columns, points = seen.rows[some], seen.columns[some], seen.points[some]
    depth = stored[rows, columns] / DEPTH_UNITS_PER_M
    known = (depth > 0) & (points[:, 2] < 0.98 * 65535 / DEPTH_UNITS_PER_M)
    if known.sum() < LEAST_POINTS:
        return None
    return points[known, 2], np.linalg.norm(points[known], axis=1), depth[known]


@rule("semantic.form", "error", "semantic is one channel of 8 bits, as large as the picture", needs=("semantic",))
def semantic_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.has("semantic") and (wrong := _form(frame, "semantic", 8)) is not None:
        yield Problem(frame.path("semantic"), wrong)


@rule("semantic.ids", "error", "semantic holds Cityscapes label ids", needs=("semantic",))
def semantic_ids(frame: FrameFiles) -> Iterator[Problem]:
    pixels = _map(frame, "semantic", np.uint8)
    if pixels is None:
        return
    count = cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel()
    strange = [i for i in range(HIGHEST_LABEL_ID + 1, NO_LICENSE_PLATE) if count[i]]
    if strange:
        yield Problem(frame.path("semantic"), f"the value {strange[0]} is no label id; the last is {HIGHEST_LABEL_ID}")
    low = cv2.calcHist([pixels[pixels.shape[0] // 2 :]], [0], None, [256], [0, 256]).ravel()
    share = float(low[list(NOT_THE_WORLD)].sum() / low.sum())
    if share > NOT_THE_WORLD_SHARE and low[ROAD_LABEL] < low.sum() * 0.05:
        yield Problem(
            frame.path("semantic"),
            f"{share:.0%} of the lower half is 'ego vehicle' to 'out of roi' and hardly any is road (7):"
            " a simulator's own tags?",
        )


@rule("semantic.points", "error", "points in a visible vehicle's or person's box fall on pixels of such a class",
      needs=("semantic", "points", "calib", "labels"))
def semantic_points(frame: FrameFiles) -> Iterator[Problem]:
    pixels = _map(frame, "semantic", np.uint8)
    rows = [row for row in frame.object_rows if row.type in CLASSES_OF_TYPE and row.occlusion == 0]
    if pixels is None or not rows or frame.points_rect is None:
        return
    seen = frame.in_picture
    if seen is None or pixels.shape != frame.shape:
        return
    points, classes = frame.points_rect[seen.numbers], pixels[seen.rows, seen.columns]
    for row in rows:
        low, high = row.box.bounds()
        floor = low + np.array([0.0, 0.0, min(0.2, 0.25 * row.box.height_m)])
        own = classes[within(row.box.local(points), floor, high)]
        if len(own) < JUDGED_POINTS:
            continue
        fitting = np.isin(own, list(CLASSES_OF_TYPE[row.type])).mean()
        if fitting < CLASS_SHARE:
            usual = int(np.bincount(own).argmax())
            yield Problem(
                frame.path("semantic"),
                f"of {len(own)} points in the box of the {row.type} in row {row.line} {fitting:.0%} fall on pixels"
                f" of its kind; most fall on class {usual}",
            )


@rule("instance.form", "error", "instance is one channel of 16 bits, as large as the picture", needs=("instance",))
def instance_form(frame: FrameFiles) -> Iterator[Problem]:
    if frame.has("instance") and (wrong := _form(frame, "instance", 16)) is not None:
        yield Problem(frame.path("instance"), wrong)


@rule("instance.semantic", "error", "an instance's value divided by 256 is its semantic class",
      needs=("instance", "semantic"))
def instance_semantic(frame: FrameFiles) -> Iterator[Problem]:
    instance, semantic = _map(frame, "instance", np.uint16), _map(frame, "semantic", np.uint8)
    if instance is None or semantic is None or instance.shape != semantic.shape:
        return
    wrong = (instance != 0) & (instance >> 8 != semantic)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        yield Problem(
            frame.path("instance"),
            f"{int(wrong.sum())} pixels differ, such as {instance[row, column]} on class {semantic[row, column]}"
            f" at column {column}, row {row}",
        )


@rule("planes.form", "error", "a ground plane is four numbers in line 4, its normal up and about 1.65 m below",
      needs=("planes",))
def planes_form(frame: FrameFiles) -> Iterator[Problem]:
    text = frame.text("planes")
    if text is None:
        return
    lines = text.splitlines()
    values = [number(token) for token in lines[3].split()] if len(lines) > 3 else []
    if len(values) != 4 or None in values:
        yield Problem(frame.path("planes"), "line 4 does not hold four numbers a b c d; readers take it by its number")
        return
    a, b, c, d = (value for value in values if value is not None)
    length = float(np.linalg.norm([a, b, c]))
    if length == 0.0 or not (b / length < -0.8 and 0.3 < d / length < 5.0):
        yield Problem(
            frame.path("planes"), f"{a:g} {b:g} {c:g} {d:g} is no ground below the camera: b is about −1, d about +1.65"
        )


RULES: tuple[Rule[FrameFiles], ...] = (
    depth_form,
    depth_unit,
    depth_sweep,
    semantic_form,
    semantic_ids,
    semantic_points,
    instance_form,
    instance_semantic,
    planes_form,
)
