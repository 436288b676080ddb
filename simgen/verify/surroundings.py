"""What a sweep shows of a labelled object and round it: its returns, the ground below it, how far it lies beside.

Nothing here needs to know which return is whose, so it works on any KITTI dataset.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.verify.frames import BOX_MARGIN_M, FrameFiles
from simgen.verify.geometry import Array, Box, within
from simgen.verify.texts import Row

FIT_FAR_M, FIT_NEAR_M = 30.0, 6.0
"""Farther away too few returns show a place; nearer, the far side of a body is not behind its near side."""
ROAD_M, ROAD_SHARE = 0.2, 0.25
"""Returns this near to a box's bottom, or in this share of a low box, may come from the road."""
RING_M = 2.0
GROUND_FIT_POINTS = 12
GROUND_SPREAD_M = 0.4
RING_POINTS = 2000
"""So many returns tell the ground's height as well as ten times more."""
GROUND_REACH_M, GROUND_WIDE_REACH_M = 1.2, 3.0
"""Ground is looked for so far above and below a box's bottom; the wide reach is for when all boxes hang or sink."""
ASIDE_M, ASIDE_POINTS = 0.6, 25
ASIDE_STRAY = 2
"""So many returns at either end of an object may be somebody else's."""
WHOLE_TRUNCATION = 0.05


@dataclass(frozen=True, slots=True)
class Fit:
    """How a sweep's returns lie to one box. Each is None where too little is seen.

    ground_m:  height of the ground above the box's bottom; wide_m: the same, or a ground farther above or below.
    aside_rad: by how far the middle of the returns lies to the right of the box's middle, seen from the LiDAR.
    """

    distance_m: float
    ground_m: float | None
    wide_m: float | None
    aside_rad: float | None


def fits_of(frame: FrameFiles) -> Mapping[int, Fit]:
    """By line, how the sweep lies to each near box; empty without a sweep or a calibration."""
    index = frame.point_index
    if index is None:
        return {}
    found = {}
    for row in frame.object_rows:
        distance = row.box.distance_m()
        if distance > FIT_FAR_M:
            continue
        points = without_others(frame, row, index.around(row.box, RING_M))
        local, (low, high) = row.box.local(points), row.box.bounds()
        ground = ground_height(local, low, high)
        wide = ground if ground is not None else ground_height(local, low, high, GROUND_WIDE_REACH_M)
        seen_whole = row.occlusion == 0 and row.truncation < WHOLE_TRUNCATION and distance > FIT_NEAR_M
        aside = _aside(points, local, row.box, index.eye) if seen_whole else None
        found[row.line] = Fit(distance, ground, wide, aside)
    return found


def _aside(points: Array, local: Array, box: Box, eye: Array) -> float | None:
    """Direction of the middle of what stands in the box and closely beside it, against that of the box's middle."""
    low, high = box.bounds()
    step = np.array([ASIDE_M, ASIDE_M, 0.0])
    own = points[off_ground(local, low - step, high + step)]
    if len(own) < ASIDE_POINTS:
        return None
    seen, expected = np.sort(_bearings(own, box, eye)), _bearings(box.corners(), box, eye)
    return float(seen[ASIDE_STRAY] + seen[-1 - ASIDE_STRAY] - expected.min() - expected.max()) / 2


def _bearings(points: Array, box: Box, eye: Array) -> Array:
    """(N,) angles on the ground from the box's middle to (N, 3) points, clockwise, seen from the eye."""
    ahead = math.atan2(box.bottom_m[0] - eye[0], box.bottom_m[2] - eye[2])
    turned: Array = np.arctan2(points[:, 0] - eye[0], points[:, 2] - eye[2]) - ahead
    return np.asarray((turned + math.pi) % (2 * math.pi) - math.pi)


def without_others(frame: FrameFiles, row: Row, points: Array) -> Array:
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


def ground_height(local: Array, low: Array, high: Array, reach_m: float = GROUND_REACH_M) -> float | None:
    """Height of the ground under the box's middle above the box's bottom; None where too little is seen of it.

    A plane through the lowest return of each half-metre cell in a ring round the box, trimmed once, so that
    kerbs, grass and passers-by do not count. What is over ``reach_m`` above or below the bottom is not its ground.
    """
    around = ((local[:, :2] > low[:2] - RING_M) & (local[:, :2] < high[:2] + RING_M)).all(axis=1)
    outside = ((local[:, :2] < low[:2] - 0.2) | (local[:, :2] > high[:2] + 0.2)).any(axis=1)
    ring = local[around & outside & (np.abs(local[:, 2]) < reach_m)]
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
