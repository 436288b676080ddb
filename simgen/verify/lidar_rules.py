"""Rules that hold 3D boxes against the LiDAR's returns, which no label can talk round.

A beam that ends far behind a box has passed through it; a beam that ends in a box shows how deep below the
box's face its content begins; the ground round a box shows where its bottom must be. None of this needs to
know which return belongs to which object, so it works on any KITTI dataset. Where side files name the object
of each return, ``points.in_box`` demands that they lie in their box.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simgen.verify.box_rules import has_open_door
from simgen.verify.frames import BOX_MARGIN_M, FrameFiles
from simgen.verify.geometry import Floats, crossings, overlap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.surroundings import fits_of, nearby, off_ground
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
LARGELY_OCCLUDED = 2
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
SEEN_FROM_SHARE = 0.5
"""A face is judged where beams enter its lower half as well."""
HIGH_EYE_M = 2.5
"""A LiDAR this high above the ground is a lorry's; what it says of a face it says by beams into the lower half."""
BESIDE_M = 0.5
BESIDE_SHARE, BESIDE_POINTS = 0.15, 10
GROUND_TOLERANCE_M = 0.4
LEAP_M = 0.9
"""How high above the ground an animal's feet may be: a deer over a fence, a kangaroo between two hops."""
HIDDEN_BEAMS, HIDDEN_FROM_M = 200, 5.0
"""Of so many beams to an object that is seen by a tenth, some would reach it; what fog returns nearby is no wall."""



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
    "points.hidden",
    "warning",
    "an object of which a part can be seen is seen by the LiDAR as well, if it is near",
    needs=("labels", "calib", "points"),
)
def hidden(frame: FrameFiles) -> Iterator[Problem]:
    index = frame.point_index
    if index is None:
        return
    for row in frame.object_rows:
        if row.occlusion != LARGELY_OCCLUDED or row.box.distance_m() > NEAR_M:
            continue
        low, high = row.box.bounds()
        local, eye_local = row.box.local(index.towards(row.box)), row.box.local(index.eye[None])[0]
        if off_ground(local, low, high).any():
            continue
        way = crossings(eye_local, local, low, high)
        solid = np.linalg.norm(local - eye_local, axis=1) > HIDDEN_FROM_M
        before, behind = int((way.hits & solid & (way.entry > 1)).sum()), int((way.hits & (way.exit < 1)).sum())
        if before + behind >= HIDDEN_BEAMS:
            yield Problem(
                frame.row_path(row),
                f"no point lies in this {row.type}'s box: {before} beams end before it and {behind} behind it"
                f" ({row.box.distance_m():.0f} m away, occlusion {row.occlusion}; what nobody can see is DontCare)",
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
        near = nearby(frame, row, index)
        for face, gap, allowed in _face_gaps(row, near.local, row.box.local(index.eye[None])[0]):
            if gap > allowed:
                yield Problem(
                    frame.row_path(row),
                    f"the {row.type} begins {gap:.2f} m behind the {face} of its box that faces the LiDAR"
                    f" ({row.box.distance_m():.0f} m away)",
                    severity=None if frame.ours else "warning",
                )


def _face_gaps(row: Row, local: Floats, eye_local: Floats) -> Iterator[tuple[str, float, float]]:
    """For each upright face that enough beams enter by: its name, how far behind it the object begins, and
    how far it may.

    On cars the fifth part of the returns that lies nearest to the face must reach it: a bumper or a door is a
    wall. A body with a head and legs touches its box at few places; there the third nearest return decides.
    """
    low, high = row.box.bounds()
    own = local.compress(off_ground(local, low, high), axis=0)
    way = crossings(eye_local, own, low - BOX_MARGIN_M, high + BOX_MARGIN_M)
    for axis, name in ((0, "end"), (1, "side")):
        by_face = way.hits & (way.entry_axis == axis)
        if eye_local[2] - low[2] > HIGH_EYE_M:      # looks down on bonnets and windscreens, which lie back
            entry_z = eye_local[2] + way.entry * (own[:, 2] - eye_local[2])
            by_face &= entry_z < low[2] + SEEN_FROM_SHARE * (high[2] - low[2])
        entered = own[by_face, axis]
        steepness = (abs(eye_local[axis]) - high[axis]) / max(float(np.linalg.norm(eye_local[:2])), 1e-6)
        enough = TIGHT_POINTS_BOXY if row.type in TIGHT_BOXY else TIGHT_POINTS
        if len(entered) < enough or steepness < TIGHT_STEEPNESS:
            continue
        # A bonnet or a wall, ours or another's, may leave only the roof and the windscreen to be seen, which lie back.
        heights = eye_local[2] + way.entry[by_face] * (own[by_face, 2] - eye_local[2])
        if np.percentile(heights, 10) > low[2] + SEEN_FROM_SHARE * (high[2] - low[2]):
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
        near, (low, high) = nearby(frame, row, index), row.box.bounds()
        local = near.local.compress(near.free, axis=0)
        step = np.array([BESIDE_M, BESIDE_M, 0.0])
        inside = int(off_ground(local, low, high).sum())
        outside = int(off_ground(local, low - step, high + step).sum()) - inside
        if outside >= max(BESIDE_POINTS, BESIDE_SHARE * inside):
            yield Problem(
                frame.row_path(row),
                f"{inside} points stand in this {row.type}'s box, and {outside} within {BESIDE_M} m beside it"
                f" ({row.box.distance_m():.0f} m away)",
            )


@rule(
    "points.ground",
    "error",
    "a box stands on the ground round it",
    needs=("labels", "calib", "points"),
)
def ground(frame: FrameFiles) -> Iterator[Problem]:
    opened = rows_with_open_doors(frame)       # whose leaves, outside the box, would be taken for ground
    fits = frame.once(fits_of)
    for row in frame.object_rows:
        height = fits[row.line].ground_m if row.line in fits and row.line not in opened else None
        lowest = -LEAP_M if row.type == "Animal" else -GROUND_TOLERANCE_M
        if height is not None and not lowest <= height <= GROUND_TOLERANCE_M:
            where = "above" if height < 0 else "below"
            yield Problem(
                frame.row_path(row),
                f"the bottom of this {row.type} is {abs(height):.2f} m {where} the ground round it",
                severity="warning" if row.type == "Animal" else None,
            )


RULES: tuple[Rule[FrameFiles], ...] = (in_box, empty, hidden, tight, beside, ground)
