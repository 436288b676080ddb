"""Rules about 2D boxes: inside the picture, and the picture of the 3D box that the same row describes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import area, overlap
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.texts import Row

LEAST_OVERLAP = 0.9
LEAST_OVERLAP_HAND_MADE = {"Pedestrian": 0.7, "Person_sitting": 0.7, "Cyclist": 0.7}
"""KITTI's annotators drew people's left and right borders to the silhouette; ours are projections."""
TINY_EDGE_PX = 1.5
"""Edges this close are right however small the box: overlap says little about a rectangle of a few pixels."""
TRUNCATION_TOLERANCE = 0.05
TRUNCATION_NEAR_M = 0.3
"""With a corner nearer than this, the unclipped area depends on where the box's edges are cut."""
BORDER_PX = 0.011
"""Rounding of a border to KITTI's two decimals."""
BORDER_HAND_MADE_PX = 1.0
"""Some take the last pixel's far edge, W, for the border: that changes no overlap that anybody measures."""
VISIBLE_MARGIN_PX = 3.0
FILLED_SHARE, FILLED_FROM_PX = 0.5, 25.0
"""A box much larger than its object, such as a collision capsule's; low objects are judged too coarsely in pixels."""
PERSONS = frozenset({"Pedestrian", "Person_sitting", "Person", "Rider"})
TWO_WHEELERS = frozenset({"Cyclist", "Bicycle", "Motorcycle", "Motorbike", "Bike", "Two_wheeler"})
SADDLE_M = 0.3
"""A rider's box may begin this far above the two-wheeler's."""
SAME_PLACE = 0.5
"""Two boxes that share half of the smaller one's volume describe one thing twice."""


@rule(
    "box.inside",
    "error",
    "a 2D box lies inside the picture and has left < right and top < bottom",
    needs=("labels", "picture"),
)
def inside(frame: FrameFiles) -> Iterator[Problem]:
    if frame.picture is None:
        return
    width, height = frame.picture.width_px, frame.picture.height_px
    border = BORDER_PX if frame.ours else BORDER_HAND_MADE_PX
    for row in frame.rows:
        left, top, right, bottom = row.bbox_px
        text = f"{left:g} {top:g} {right:g} {bottom:g}"
        if right <= left or bottom <= top:
            yield Problem(frame.row_path(row), f"the 2D box {text} has no area; the order is left top right bottom")
        elif min(left, top) < -border or right > width - 1 + border or bottom > height - 1 + border:
            yield Problem(frame.row_path(row), f"the 2D box {text} leaves the picture of {width}×{height} pixels")


@rule(
    "box.projection",
    "error",
    "a 2D box is the clipped projection of its 3D box",
    needs=("labels", "calib", "picture"),
)
def projection(frame: FrameFiles) -> Iterator[Problem]:
    for row in frame.object_rows if frame.expected_boxes else ():
        rectangles = frame.expected_boxes.get(row.line)
        if rectangles is None:
            yield Problem(frame.row_path(row), f"the 3D box of this {row.type} is not in the picture at all")
            continue
        found = overlap(rectangles[1], row.bbox_px)
        farthest = max(abs(a - b) for a, b in zip(rectangles[1], row.bbox_px, strict=True))
        needed = LEAST_OVERLAP if frame.ours else LEAST_OVERLAP_HAND_MADE.get(row.type, LEAST_OVERLAP)
        if found < needed and farthest > TINY_EDGE_PX:
            edges = " ".join(f"{edge:.1f}" for edge in rectangles[1])
            yield Problem(
                frame.row_path(row),
                f"the 2D box of this {row.type} overlaps the projection of its 3D box ({edges})"
                f" by {found:.2f}, expected at least {needed:g}",
            )


@rule(
    "box.truncation",
    "error",
    "truncation is 1 − clipped / unclipped area of the projected 3D box",
    needs=("object", "labels", "calib", "picture"),
)
def truncation(frame: FrameFiles) -> Iterator[Problem]:
    for row in frame.object_rows:
        rectangles = frame.expected_boxes.get(row.line)
        if not 0.0 <= row.truncation <= 1.0:                                # label.truncation says so
            continue
        if rectangles is None or row.box.corners()[:, 2].min() < TRUNCATION_NEAR_M:
            continue
        expected = 1.0 - area(rectangles[1]) / area(rectangles[0])
        if abs(row.truncation - expected) > TRUNCATION_TOLERANCE:
            yield Problem(frame.row_path(row), f"truncation is {row.truncation:.2f}, by areas it is {expected:.2f}")


@rule("box.twice", "warning", "no two 3D boxes stand in one place", needs=("labels",))
def twice(frame: FrameFiles) -> Iterator[Problem]:
    rows = frame.object_rows
    for i, a in enumerate(rows):
        for b in rows[i + 1 :]:
            if _shared_volume(a, b) > SAME_PLACE and not _is_rider(a, b):
                yield Problem(
                    frame.row_path(b),
                    f"this {b.type} stands inside the {a.type} of row {a.line} (one thing labelled twice?)",
                )


@rule("box.rider", "error", "a rider and the two-wheeler are one row, not two", needs=("labels",))
def rider(frame: FrameFiles) -> Iterator[Problem]:
    rows = frame.object_rows
    for i, a in enumerate(rows):
        for b in rows[i + 1 :]:
            if _is_rider(a, b):
                yield Problem(
                    frame.row_path(b),
                    f"this {b.type} and the {a.type} of row {a.line} stand in one place; KITTI has one Cyclist for a"
                    " rider and what is ridden",
                    severity=None if frame.ours else "warning",               # somebody may push a bicycle
                )


def _is_rider(a: Row, b: Row) -> bool:
    """Is one a person and the other a two-wheeler below or round the person?"""
    if not ((a.type in PERSONS and b.type in TWO_WHEELERS) or (b.type in PERSONS and a.type in TWO_WHEELERS)):
        return False
    ground, smaller = _shared_ground(a, b), min(a.box.length_m * a.box.width_m, b.box.length_m * b.box.width_m)
    top = max(a.box.bottom_m[1] - a.box.height_m, b.box.bottom_m[1] - b.box.height_m)
    return smaller > 0 and ground > SAME_PLACE * smaller and min(a.box.bottom_m[1], b.box.bottom_m[1]) > top - SADDLE_M


@rule(
    "box.visible",
    "error",
    "an object's own pixels lie inside its 2D box and, if nothing hides it, fill it",
    needs=("labels", "objects"),
)
def visible(frame: FrameFiles) -> Iterator[Problem]:
    for row, side in frame.pairs:
        seen = side.get("visible_bbox_px")
        if not row.is_object or has_open_door(side) or not (isinstance(seen, list) and len(seen) == 4):
            continue
        left, top, right, bottom = row.bbox_px
        if right <= left or bottom <= top:
            continue
        beyond = max(left - seen[0], top - seen[1], seen[2] - right, seen[3] - bottom)
        if beyond > VISIBLE_MARGIN_PX + 0.02 * max(right - left, bottom - top):
            yield Problem(frame.row_path(row), f"the {row.type}'s own pixels reach {beyond:.0f} px beyond its 2D box")
        filled = min((seen[2] - seen[0]) / (right - left), (seen[3] - seen[1]) / (bottom - top))
        whole = row.occlusion == 0 and row.truncation == 0 and side.get("visible_fraction") == 1.0
        if whole and bottom - top >= FILLED_FROM_PX and filled < FILLED_SHARE:
            yield Problem(
                frame.row_path(row),
                f"nothing hides this {row.type}, but its own pixels span only {filled:.0%} of its 2D box",
                severity="warning",
            )


def has_open_door(side: dict[str, object]) -> bool:
    """Does the side file say that the vehicle's door is open? Its box is that of the closed body."""
    return side.get("pose") == "door_open"


def _shared_ground(a: Row, b: Row) -> float:
    """Square metres that two upright boxes both stand over."""
    footprints = [
        ((box.bottom_m[0], box.bottom_m[2]), (box.length_m, box.width_m), -math.degrees(box.yaw_rad))
        for box in (a.box, b.box)
    ]
    kind, points = cv2.rotatedRectangleIntersection(footprints[0], footprints[1])
    if kind == cv2.INTERSECT_NONE or points is None:
        return 0.0
    return float(cv2.contourArea(cv2.convexHull(points)))


def _shared_volume(a: Row, b: Row) -> float:
    """Common volume of two upright boxes as a share of the smaller one."""
    ground = _shared_ground(a, b)
    top = max(a.box.bottom_m[1] - a.box.height_m, b.box.bottom_m[1] - b.box.height_m)
    height = min(a.box.bottom_m[1], b.box.bottom_m[1]) - top
    smaller = min(box.length_m * box.width_m * box.height_m for box in (a.box, b.box))
    return ground * max(height, 0.0) / smaller if smaller > 0 else 0.0


RULES: tuple[Rule[FrameFiles], ...] = (inside, projection, truncation, twice, rider, visible)
