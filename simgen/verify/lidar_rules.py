"""Rules that hold 3D boxes against the LiDAR's returns, which no label can talk round.

A beam that ends far behind a box has passed through it; a beam that ends in a box shows how deep below the
box's face its content begins; the ground round a box shows where its bottom must be. None of this needs to
know which return belongs to which object, so it works on any KITTI dataset. Where side files name the object
of each return, ``points.in_box`` demands that they lie in their box.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.verify.box_rules import has_open_door
from simgen.verify.frames import BOX_MARGIN_M, FrameFiles
from simgen.verify.geometry import Array, crossings, overlap, within
from simgen.verify.rays import PointIndex
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import Row

JUDGED_POINTS = 10
"""With fewer returns than this no share is taken per object."""
OUTSIDE_SHARE, OUTSIDE_POINTS = 0.05, 2
"""Of one object's returns so many may lie outside its box, whichever is more; over the dataset 2 %
(set_rules)."""
OUTSIDE_SHARE_DOOR = 0.4
"""The same for a vehicle with an open door, which is not in its box; from the side a door is seen large."""

NEAR_M = 30.0
VISIBLE = (0, 1)
CORE_SHARE = 0.5
"""Beams count as going to a box if their lines meet its middle half: edges of any body are rounded."""
BESIDE_EMPTY_M = 5.0
LEAST_BEAMS = 12
SOLID_SHARE = 0.1
"""A box is empty if returns from it are fewer than this share of the beams that end elsewhere."""

TIGHT_POINTS_BOXY, TIGHT_POINTS = 15, 30
TIGHT_BOXY = {"Car": 0.35, "Van": 0.35}
TIGHT_OTHERS_M, TIGHT_OTHERS_SHARE = 0.45, 0.5
"""Metres, and for small bodies the share of their size, by which the object may begin behind the face."""
TIGHT_CYCLES_M = {"Cyclist": 0.6, "Motorcycle": 0.6}
"""A wheel seen from ahead stops few beams; the rider begins behind it."""
TIGHT_STEEPNESS = 0.2
"""Sine of the angle under which a face must be seen: a grazing look meets the round corners of a body only."""
ROAD_M, ROAD_SHARE = 0.2, 0.25
"""Returns this near to a box's bottom, or in this share of a low box, may come from the road."""
BESIDE_M = 0.5
BESIDE_SHARE, BESIDE_POINTS = 0.15, 10

RING_M = 2.0
GROUND_TOLERANCE_M = 0.4
GROUND_FIT_POINTS = 12
GROUND_SPREAD_M = 0.4
RING_POINTS = 2000
"""So many returns tell the ground's height as well as ten times more."""


@rule(
    "points.in_box",
    "error",
    "an object's own LiDAR returns lie inside its 3D box",
    needs=("labels", "calib", "points", "point_labels", "objects"),
)
def in_box(frame: FrameFiles) -> Iterator[Problem]:
    opened = rows_with_open_doors(frame)
    for row, total, inside in frame.own_points:
        outside = total - inside
        share = OUTSIDE_SHARE_DOOR if row.line in opened else OUTSIDE_SHARE
        if total >= JUDGED_POINTS and outside > max(OUTSIDE_POINTS, share * total):
            yield Problem(
                frame.row_path(row),
                f"{outside} of {total} returns from this {row.type} lie outside its 3D box"
                f" ({row.box.distance_m():.0f} m away)",
            )


def rows_with_open_doors(frame: FrameFiles) -> frozenset[int]:
    """Lines of the label rows whose side file tells of an open door."""
    return frozenset(row.line for row, side in frame.pairs if has_open_door(side))


@rule(
    "points.empty",
    "error",
    "a near, visible object stops beams that go to its place",
    needs=("labels", "calib", "points"),
)
def empty(frame: FrameFiles) -> Iterator[Problem]:
    index = frame.point_index
    if index is None:
        return
    for row in frame.object_rows:
        box = row.box
        if row.occlusion not in VISIBLE or box.distance_m() > NEAR_M:
            continue
        low, high = box.bounds()
        middle, half = (low + high) / 2, (high - low) / 2 * CORE_SHARE
        local, eye_local = box.local(index.towards(box)), box.local(index.eye[None])[0]
        inside = off_ground(local, low, high)
        way = crossings(eye_local, local, middle - half, middle + half)
        past = int((way.hits & ~inside & (way.exit < 1)).sum())
        # Beams without a return count on neither side: fog, rain and black paint swallow them. Nor do returns from
        # far before the box: that is fog or snow, as nothing else can hide a visible object almost wholly.
        gap_m = (way.entry - 1) * np.linalg.norm(local - eye_local, axis=1)
        short = int((way.hits & ~inside & (way.exit >= 1) & (gap_m < BESIDE_EMPTY_M)).sum())
        if past + short >= LEAST_BEAMS and inside.sum() < SOLID_SHARE * (past + short):
            yield Problem(
                frame.row_path(row),
                f"of the beams through the middle of this {row.type}'s box {past} return from behind it"
                f" and {short} from before it, but {int(inside.sum())} points lie in it"
                f" ({box.distance_m():.0f} m away, occlusion {row.occlusion})",
            )


@rule(
    "points.tight",
    "error",
    "the faces turned to the LiDAR lie where the object begins",
    needs=("labels", "calib", "points"),
)
def tight(frame: FrameFiles) -> Iterator[Problem]:
    index = frame.point_index
    if index is None:
        return
    for row in frame.object_rows:
        if row.occlusion != 0:
            continue
        for face, gap, allowed in _face_gaps(row, index):
            if gap > allowed:
                yield Problem(
                    frame.row_path(row),
                    f"the {row.type} begins {gap:.2f} m behind the {face} of its box that faces the LiDAR"
                    f" ({row.box.distance_m():.0f} m away)",
                    severity=None if frame.ours else "warning",
                )


def _face_gaps(row: Row, index: PointIndex) -> Iterator[tuple[str, float, float]]:
    """For each upright face that enough beams enter by: its name, how far behind it the object begins, and
    how far it may.

    On cars the fifth part of the returns that lies nearest to the face must reach it: a bumper or a door is a
    wall. A body with a head and legs touches its box at few places; there the third nearest return decides.
    """
    low, high = row.box.bounds()
    local, eye_local = row.box.local(index.around(row.box, 1.0)), row.box.local(index.eye[None])[0]
    own = off_ground(local, low, high)
    way = crossings(eye_local, local[own], low - BOX_MARGIN_M, high + BOX_MARGIN_M)
    for axis, name in ((0, "end"), (1, "side")):
        entered = local[own][way.hits & (way.entry_axis == axis), axis]
        steepness = (abs(eye_local[axis]) - high[axis]) / max(float(np.linalg.norm(eye_local[:2])), 1e-6)
        enough = TIGHT_POINTS_BOXY if row.type in TIGHT_BOXY else TIGHT_POINTS
        if len(entered) < enough or steepness < TIGHT_STEEPNESS:
            continue
        gaps = high[axis] - entered if eye_local[axis] > 0 else entered - low[axis]
        if row.type in TIGHT_BOXY:
            yield name, float(np.percentile(gaps, 20)), TIGHT_BOXY[row.type]
        else:
            most = TIGHT_CYCLES_M.get(row.type, TIGHT_OTHERS_M)
            yield name, float(np.sort(gaps)[2]), min(most, TIGHT_OTHERS_SHARE * 2 * high[axis])


@rule(
    "points.beside",
    "info",
    "what stands in a near, visible box does not go on outside it",
    needs=("labels", "calib", "points"),
)
def beside(frame: FrameFiles) -> Iterator[Problem]:
    index = frame.point_index
    if index is None or frame.has("velodyne_label"):  # then points.in_box knows better
        return
    unlabelled = [row.bbox_px for row in frame.rows if not row.is_object]
    for row in frame.object_rows:
        if row.occlusion not in VISIBLE or row.box.distance_m() > NEAR_M:
            continue
        if any(overlap(region, row.bbox_px) > 0 for region in unlabelled):      # of what has no label
            continue
        local, (low, high) = row.box.local(_without_others(frame, row, index.around(row.box, 1.0))), row.box.bounds()
        step = np.array([BESIDE_M, BESIDE_M, 0.0])
        inside = int(off_ground(local, low, high).sum())
        outside = int(off_ground(local, low - step, high + step).sum()) - inside
        if outside >= max(BESIDE_POINTS, BESIDE_SHARE * inside):
            yield Problem(
                frame.row_path(row),
                f"{inside} points stand in this {row.type}'s box, and {outside} within {BESIDE_M} m beside it"
                f" ({row.box.distance_m():.0f} m away)",
            )


def _without_others(frame: FrameFiles, row: Row, points: Array) -> Array:
    """(M, 3) points that lie in no other object's box: a companion, or the car that is parked beside this one."""
    x, _, z = row.box.bottom_m
    radius = math.hypot(row.box.length_m, row.box.width_m) / 2
    for other in frame.object_rows:
        away = max(abs(other.box.bottom_m[0] - x), abs(other.box.bottom_m[2] - z))
        if other is not row and away < radius + math.hypot(other.box.length_m, other.box.width_m) / 2 + RING_M:
            points = points[~other.box.contains(points, BOX_MARGIN_M)]
    return points


def off_ground(local: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    """(N,): points in the box ``low``…``high``, grown by ``BOX_MARGIN_M``, that are not the road in it."""
    road = min(ROAD_M, ROAD_SHARE * (high[2] - low[2]))
    floor = np.array([low[0] - BOX_MARGIN_M, low[1] - BOX_MARGIN_M, low[2] + road])
    return within(local, floor, high + BOX_MARGIN_M)


@rule(
    "points.ground",
    "error",
    "a box stands on the ground round it",
    needs=("labels", "calib", "points"),
)
def ground(frame: FrameFiles) -> Iterator[Problem]:
    index = frame.point_index
    if index is None:
        return
    for row in frame.object_rows:
        if row.box.distance_m() > NEAR_M:
            continue
        points = _without_others(frame, row, index.around(row.box, RING_M))
        height = _ground_height(row.box.local(points), *row.box.bounds())
        if height is not None and abs(height) > GROUND_TOLERANCE_M:
            where = "above" if height < 0 else "below"
            yield Problem(
                frame.row_path(row),
                f"the bottom of this {row.type} is {abs(height):.2f} m {where} the ground round it",
                # Animals leap; people at the edge of a kerb or a ditch do not leave the tolerance.
                severity="warning" if row.type == "Animal" else None,
            )


def _ground_height(local: Array, low: Array, high: Array) -> float | None:
    """Height of the ground under the box's middle above the box's bottom; None where too little is seen of
    it.

    A plane through the lowest return of each half-metre cell in a ring round the box, trimmed once, so that
    kerbs, grass and passers-by do not count. What is over 1.2 m above or below the bottom is not its ground.
    """
    around = ((local[:, :2] > low[:2] - RING_M) & (local[:, :2] < high[:2] + RING_M)).all(axis=1)
    outside = ((local[:, :2] < low[:2] - 0.2) | (local[:, :2] > high[:2] + 0.2)).any(axis=1)
    ring = local[around & outside & (np.abs(local[:, 2]) < 1.2)]
    if len(ring) < GROUND_FIT_POINTS:
        return None
    ring = ring[:: 1 + len(ring) // RING_POINTS]
    lowest = _lowest_per_cell(ring)
    if len(lowest) < GROUND_FIT_POINTS:
        return None
    design = np.column_stack([lowest[:, :2], np.ones(len(lowest))])
    if not _spreads(lowest):
        return None
    error = np.abs(lowest[:, 2] - design @ _plane(design, lowest[:, 2]))
    kept = error <= max(0.1, float(np.sort(error)[int(0.7 * (len(error) - 1))]))
    if kept.sum() < GROUND_FIT_POINTS or not _spreads(lowest[kept]):
        return None
    return float(_plane(design[kept], lowest[kept, 2])[2])


def _plane(design: Array, height: Array) -> Array:
    """(3,) the least-squares plane by its normal equations; the points spread, so that these can be solved."""
    solved: Array = np.linalg.solve(design.T @ design, design.T @ height)
    return solved


def _spreads(points: Array) -> bool:
    """A plane through points on one line says nothing about the height at the box's middle."""
    off = points[:, :2] - points[:, :2].mean(axis=0)
    return bool(np.linalg.eigvalsh(off.T @ off / len(off))[0] > GROUND_SPREAD_M**2)


def _lowest_per_cell(ring: Array, cell_m: float = 0.5) -> Array:
    """The lowest point of each square cell of the ground."""
    cell: NDArray[np.int64] = np.floor(ring[:, :2] / cell_m).astype(np.int64)
    order = np.lexsort((ring[:, 2], cell[:, 1], cell[:, 0]))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(cell[order], axis=0) != 0).any(axis=1)
    return ring[order[first]]


RULES: tuple[Rule[FrameFiles], ...] = (in_box, empty, tight, beside, ground)
