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
from simgen.verify.geometry import Array, Box, Floats, within
from simgen.verify.rays import PointIndex
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


@dataclass(frozen=True, slots=True, eq=False)
class Nearby:
    """The returns round one box, on the ground within ``RING_M`` of its half diagonal.

    points, local: (N, 3) in rectified camera 0, and in the box's own axes.
    free:          (N,) those that lie in no other object's box: a companion, or the car that is parked beside this one.
    """

    points: Floats
    local: Floats
    free: NDArray[np.bool_]


def nearby(frame: FrameFiles, row: Row, index: PointIndex) -> Nearby:
    """Worked out once for each row."""
    known = frame.once(_known_nearby)
    if row.line not in known:
        points = index.around(row.box, RING_M)
        known[row.line] = Nearby(points, row.box.local(points), _free(frame, row, points))
    return known[row.line]


def _known_nearby(_: FrameFiles) -> dict[int, Nearby]:
    return {}


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
        near, (low, high) = nearby(frame, row, index), row.box.bounds()
        points, local = near.points, near.local
        if not near.free.all():
            points, local = (each.T.compress(near.free, axis=1).T for each in (points, local))
        ground = ground_height(local, low, high)
        wide = ground if ground is not None else ground_height(local, low, high, GROUND_WIDE_REACH_M)
        seen_whole = row.occlusion == 0 and row.truncation < WHOLE_TRUNCATION and distance > FIT_NEAR_M
        aside = _aside(points, local, row.box, index.eye) if seen_whole else None
        found[row.line] = Fit(distance, ground, wide, aside)
    return found


def _aside(points: Floats, local: Floats, box: Box, eye: Floats) -> float | None:
    """Direction of the middle of what stands in the box and closely beside it, against that of the box's middle."""
    low, high = box.bounds()
    step = np.array([ASIDE_M, ASIDE_M, 0.0])
    own = points[off_ground(local, low - step, high + step)]
    if len(own) < ASIDE_POINTS:
        return None
    seen, expected = np.sort(_bearings(own, box, eye)), _bearings(box.corners(), box, eye)
    return float(seen[ASIDE_STRAY] + seen[-1 - ASIDE_STRAY] - expected.min() - expected.max()) / 2


def _bearings(points: Floats, box: Box, eye: Floats) -> Floats:
    """(N,) angles on the ground from the box's middle to (N, 3) points, clockwise, seen from the eye."""
    ahead = math.atan2(box.bottom_m[0] - eye[0], box.bottom_m[2] - eye[2])
    turned = np.arctan2(points[:, 0] - float(eye[0]), points[:, 2] - float(eye[2])) - ahead
    return np.asarray((turned + math.pi) % (2 * math.pi) - math.pi)


def _free(frame: FrameFiles, row: Row, points: Floats) -> NDArray[np.bool_]:
    """(N,) points that lie in no other object's box."""
    free = np.ones(len(points), dtype=bool)
    x, _, z = row.box.bottom_m
    radius = math.hypot(row.box.length_m, row.box.width_m) / 2
    for other in frame.object_rows:
        away = max(abs(other.box.bottom_m[0] - x), abs(other.box.bottom_m[2] - z))
        if other is not row and away < radius + math.hypot(other.box.length_m, other.box.width_m) / 2 + RING_M:
            free &= ~other.box.contains(points, BOX_MARGIN_M)
    return free


def off_ground(local: Floats, low: Array, high: Array) -> NDArray[np.bool_]:
    """(N,): points in the box ``low``…``high``, grown by ``BOX_MARGIN_M``, that are not the road in it."""
    road = min(ROAD_M, ROAD_SHARE * (high[2] - low[2]))
    floor = np.array([low[0] - BOX_MARGIN_M, low[1] - BOX_MARGIN_M, low[2] + road])
    return within(local, floor, high + BOX_MARGIN_M)


def ground_height(local: Floats, low: Array, high: Array, reach_m: float = GROUND_REACH_M) -> float | None:
    """Height of the ground under the box's middle above the box's bottom; None where too little is seen of it.

    A plane through the lowest return of each half-metre cell in a ring round the box, trimmed once, so that
    kerbs, grass and passers-by do not count. What is over ``reach_m`` above or below the bottom is not its ground.
    """
    ahead, aside = np.abs(local[:, 0]), np.abs(local[:, 1])            # the box's middle is the origin
    chosen = (np.abs(local[:, 2]) < reach_m) & (ahead < high[0] + RING_M) & (aside < high[1] + RING_M)
    chosen &= (ahead > high[0] + 0.2) | (aside > high[1] + 0.2)
    ring = local.compress(chosen, axis=0)
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


def _lowest_per_cell(ring: Floats, cell_m: float = 0.5) -> Array:
    """(M, 3) the lowest point of each square cell of the ground; of a ring of at most some kilometres."""
    cell = np.floor(ring[:, 0] / cell_m).astype(np.int64) * (1 << 20) + np.floor(ring[:, 1] / cell_m).astype(np.int64)
    by_height = np.argsort(ring[:, 2], kind="stable")
    order = by_height[np.argsort(cell[by_height], kind="stable")]
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(cell[order]) != 0
    return ring[order[first]].astype(np.float64)
