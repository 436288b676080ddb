"""Rules that hold 3D boxes against the LiDAR's returns, which no label can talk round.

A beam that ends far behind a box has passed through it; a beam that ends in a box shows how deep below the
box's face its content begins; the ground round a box shows where its bottom must be. None of this needs to
know which return belongs to which object, so it works on any KITTI dataset. Where side files name the object
of each return, ``points.in_box`` demands that they lie in their box.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.verify.box_rules import has_open_door, paired_rows
from simgen.verify.frames import FrameFiles, Row
from simgen.verify.geometry import Array, Box, crossings
from simgen.verify.rules import Problem, Rule, rule

BOX_MARGIN_M = 0.10
"""Returns may lie this far outside: faces are surfaces, and range noise (σ 0.02 m) goes both ways."""
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
TIGHT_BOXY = {"Car": 0.33, "Van": 0.33}
TIGHT_OTHERS_M, TIGHT_OTHERS_SHARE = 0.45, 0.5
"""Metres, and for small bodies the share of their size, by which the object may begin behind the face."""
TIGHT_STEEPNESS = 0.2
"""Sine of the angle under which a face must be seen: a grazing look meets the round corners of a body only."""
ROAD_M, ROAD_SHARE = 0.2, 0.25
"""Returns this near to a box's bottom, or in this share of a low box, may come from the road."""
BESIDE_M = 0.5
BESIDE_SHARE, BESIDE_POINTS = 0.15, 10

RING_M = 2.0
GROUND_TOLERANCE_M = 0.4
GROUND_FIT_POINTS = 12


@rule("points.in_box", "error", "an object's own LiDAR returns lie inside its 3D box (needs velodyne_label)")
def in_box(frame: FrameFiles) -> Iterator[Problem]:
    opened = rows_with_open_doors(frame)
    for row, total, inside in own_points(frame):
        outside = total - inside
        share = OUTSIDE_SHARE_DOOR if row.line in opened else OUTSIDE_SHARE
        if total >= JUDGED_POINTS and outside > max(OUTSIDE_POINTS, share * total):
            yield Problem(
                frame.row_path(row),
                f"{outside} of {total} returns from this {row.type} lie outside its 3D box"
                f" ({row.box.distance_m():.0f} m away)",
            )


def own_points(frame: FrameFiles) -> Iterator[tuple[Row, int, int]]:
    """(row, returns from this object, returns of these that lie in its box) by the side files."""
    points, labels = frame.points_rect, frame.point_labels
    if points is None or labels is None or frame.objects is None or len(labels) != len(points):
        return
    instances = frame.objects["instances"]
    instance = labels >> 16
    for row, side in paired_rows(frame):
        if row.is_object and side.get("role") in instances:
            own = points[instance == instances.index(side["role"]) + 1]
            yield row, len(own), int(row.box.contains(own, BOX_MARGIN_M).sum())


def rows_with_open_doors(frame: FrameFiles) -> frozenset[int]:
    """Lines of the label rows whose side file tells of an open door."""
    return frozenset(row.line for row, side in paired_rows(frame) if has_open_door(side))


@rule("points.empty", "error", "a near, visible object stops beams that go to its place")
def empty(frame: FrameFiles) -> Iterator[Problem]:
    points, eye = frame.points_rect, frame.lidar_rect
    if points is None or eye is None:
        return
    for row in frame.object_rows:
        box = row.box
        if row.occlusion not in VISIBLE or box.distance_m() > NEAR_M:
            continue
        low, high = box.bounds()
        middle, half = (low + high) / 2, (high - low) / 2 * CORE_SHARE
        local, eye_local = box.local(_towards(points, eye, box)), box.local(eye[None])[0]
        inside = _off_ground(local, low, high)
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


def _towards(points: Array, eye: Array, box: Box) -> Array:
    """The (M, 3) points in the cone from the eye round the box: all whose beams can meet it, and few
    others."""
    corners = box.corners()
    to_middle = corners.mean(axis=0) - eye
    distance = float(np.linalg.norm(to_middle))
    radius = float(np.linalg.norm(corners[0] - corners[6])) / 2
    if radius >= distance:
        return points
    way = points - eye
    length = np.sqrt(np.einsum("ij,ij->i", way, way))
    cosine = np.sqrt(1.0 - (radius / distance) ** 2)
    return np.asarray(points[way @ (to_middle / distance) >= cosine * length])


def _around(points: Array, box: Box, reach_m: float) -> Array:
    """The (M, 3) points whose place on the ground is within the box's half diagonal and ``reach_m``."""
    far = np.hypot(box.length_m, box.width_m) / 2 + reach_m
    x, _, z = box.bottom_m
    return np.asarray(points[(np.abs(points[:, 0] - x) <= far) & (np.abs(points[:, 2] - z) <= far)])


@rule("points.tight", "error", "the faces turned to the LiDAR lie where the object begins")
def tight(frame: FrameFiles) -> Iterator[Problem]:
    points, eye = frame.points_rect, frame.lidar_rect
    if points is None or eye is None:
        return
    for row in frame.object_rows:
        if row.occlusion != 0:
            continue
        for face, gap, allowed in _face_gaps(row, points, eye):
            if gap > allowed:
                yield Problem(
                    frame.row_path(row),
                    f"the {row.type} begins {gap:.2f} m behind the {face} of its box that faces the LiDAR"
                    f" ({row.box.distance_m():.0f} m away)",
                    severity=None if frame.ours else "warning",
                )


def _face_gaps(row: Row, points: Array, eye: Array) -> Iterator[tuple[str, float, float]]:
    """For each upright face that enough beams enter by: its name, how far behind it the object begins, and
    how far it may.

    On cars the fifth part of the returns that lies nearest to the face must reach it: a bumper or a door is a
    wall. A body with a head and legs touches its box at few places; there the third nearest return decides.
    """
    low, high = row.box.bounds()
    local, eye_local = row.box.local(_around(points, row.box, 1.0)), row.box.local(eye[None])[0]
    own = _off_ground(local, low, high)
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
            yield name, float(np.sort(gaps)[2]), min(TIGHT_OTHERS_M, TIGHT_OTHERS_SHARE * 2 * high[axis])


@rule("points.beside", "warning", "what stands in a near, visible box does not go on outside it")
def beside(frame: FrameFiles) -> Iterator[Problem]:
    points = frame.points_rect
    if points is None or frame.point_labels is not None:  # then points.in_box knows better
        return
    for row in frame.object_rows:
        if row.occlusion not in VISIBLE or row.box.distance_m() > NEAR_M:
            continue
        local, (low, high) = row.box.local(_around(points, row.box, 1.0)), row.box.bounds()
        step = np.array([BESIDE_M, BESIDE_M, 0.0])
        inside = int(_off_ground(local, low, high).sum())
        outside = int(_off_ground(local, low - step, high + step).sum()) - inside
        if outside >= max(BESIDE_POINTS, BESIDE_SHARE * inside):
            yield Problem(
                frame.row_path(row),
                f"{inside} points stand in this {row.type}'s box, and {outside} within {BESIDE_M} m beside it"
                f" ({row.box.distance_m():.0f} m away)",
            )


def _off_ground(local: Array, low: Array, high: Array) -> NDArray[np.bool_]:
    """(N,): points in the box ``low``…``high``, grown by ``BOX_MARGIN_M``, that are not the road in it."""
    road = min(ROAD_M, ROAD_SHARE * (high[2] - low[2]))
    floor = np.array([low[0] - BOX_MARGIN_M, low[1] - BOX_MARGIN_M, low[2] + road])
    return np.asarray(((local >= floor) & (local <= high + BOX_MARGIN_M)).all(axis=1))


@rule("points.ground", "error", "a box stands on the ground round it")
def ground(frame: FrameFiles) -> Iterator[Problem]:
    points = frame.points_rect
    if points is None:
        return
    for row in frame.object_rows:
        if row.box.distance_m() > NEAR_M:
            continue
        height = _ground_height(row.box.local(_around(points, row.box, RING_M)), *row.box.bounds())
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
    lowest = _lowest_per_cell(ring)
    if len(lowest) < GROUND_FIT_POINTS:
        return None
    design = np.column_stack([lowest[:, :2], np.ones(len(lowest))])
    plane = np.linalg.lstsq(design, lowest[:, 2], rcond=None)[0]
    error = lowest[:, 2] - design @ plane
    kept = np.abs(error) <= max(0.1, float(np.percentile(np.abs(error), 70)))
    # A plane through points on one line says nothing about the height at the box's middle.
    spread = np.linalg.svd(design[kept][:, :2] - design[kept][:, :2].mean(axis=0), compute_uv=False)
    if kept.sum() < GROUND_FIT_POINTS or spread[-1] / np.sqrt(kept.sum()) < 0.4:
        return None
    plane = np.linalg.lstsq(design[kept], lowest[kept, 2], rcond=None)[0]
    return float(plane[2])


def _lowest_per_cell(ring: Array, cell_m: float = 0.5) -> Array:
    """The lowest point of each square cell of the ground."""
    cell: NDArray[np.int64] = np.floor(ring[:, :2] / cell_m).astype(np.int64)
    order = np.lexsort((ring[:, 2], cell[:, 1], cell[:, 0]))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(cell[order], axis=0) != 0).any(axis=1)
    return ring[order[first]]


RULES: tuple[Rule[FrameFiles], ...] = (in_box, empty, tight, beside, ground)
