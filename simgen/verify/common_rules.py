"""Rules about what all labels of a set have in common: errors too small to be seen in one, or that hide in each.

A rig that is turned by half a degree, labels in another camera's frame, swapped pictures: what a converter does wrong
it does to every frame alike, so that the middle of many small deviations shows it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simgen.verify.geometry import Array
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles

IN_BOX_SHARE = 0.98
IN_BOX_LEAST_POINTS = 200
"""Below this many returns a share in per cent is an accident; the rule per object still holds."""
SHIFT_LEAST_BOXES = 12
SHIFT_PX, SHIFT_M = 1.0, 0.03
"""A common offset of all 2D boxes: half a pixel is a matter of convention, camera 2 stands 0.06 m from camera 0."""
GROUND_LEAST_BOXES, GROUND_M = 6, 0.5
TWIST_LEAST_BOXES, TWIST_ASIDE_DEG, TWIST_UP_DEG = 12, 0.4, 0.5
"""Good recordings stay below 0.1 degrees. Half a degree is 17 cm at 20 m, more than annotators err in common."""
SIDES_LEAST, SIDES_TIMES = 4, 3
"""So many objects must say that pictures are swapped, and so many times more than say anything else."""
HIDDEN_LEAST, HIDDEN_SHARE = 12, 0.9


@rule("set.in_box", "error", "98 % of all returns from labelled objects lie in their boxes",
      needs=("labels", "calib", "points", "point_labels", "objects"))
def in_box(data: DatasetFiles) -> Iterator[Problem]:
    total = sum(summary.own_points[0] for summary in data.frames.values())
    inside = sum(summary.own_points[1] for summary in data.frames.values())
    if total >= IN_BOX_LEAST_POINTS and inside < IN_BOX_SHARE * total:
        yield Problem(
            f"{data.prefix}velodyne_label",
            f"{inside} of {total} returns ({inside / total:.1%}) lie in their boxes",
        )


@rule("set.ground", "error", "boxes stand on the ground that sweeps show, taken together",
      needs=("labels", "calib", "points"))
def ground(data: DatasetFiles) -> Iterator[Problem]:
    heights = _fits(data)[:, 1]
    if (middle := _common(heights, GROUND_LEAST_BOXES, GROUND_M)) is not None:
        where = "above" if middle > 0 else "below"
        yield Problem(
            f"{data.prefix}velodyne",
            f"the ground lies {abs(middle):.2f} m {where} the bottoms of the boxes on it, in the middle of all"
            " (heights counted from another place, such as the ground instead of the LiDAR?)",
        )


@rule("set.twist", "error", "what stands in boxes is not turned to one side, up or down, taken together",
      needs=("labels", "calib", "points"))
def twist(data: DatasetFiles) -> Iterator[Problem]:
    fits = _fits(data)
    aside = _common(np.degrees(fits[:, 2]), TWIST_LEAST_BOXES, TWIST_ASIDE_DEG)
    up = _common(np.degrees(np.arctan2(fits[:, 1], fits[:, 0])), TWIST_LEAST_BOXES, TWIST_UP_DEG)
    if _common(fits[:, 1], GROUND_LEAST_BOXES, GROUND_M) is not None:
        up = None                                                                 # set.ground says so
    for angle, what, positive, negative in (
        (aside, "points of near, visible objects lie", "to the right of", "to the left of"),
        (up, "ground round boxes lies", "above", "below"),
    ):
        if angle is not None:
            yield Problem(
                f"{data.prefix}calib",
                f"the {what} {abs(angle):.2f}° {positive if angle > 0 else negative} their boxes, seen from the LiDAR,"
                " in the middle of all (R0_rect or Tr_velo_to_cam turned, or another sweep's labels?)",
                severity=None if data.ours else "warning",                 # hand-made boxes are as good as their hands
            )


def _common(values: Array, least: int, limit: float) -> float | None:
    """The median of (N,) values but NaN, if they are enough, it is beyond ``limit``, and half of them are near it."""
    known = values[np.isfinite(values)]
    if len(known) < least:
        return None
    low, middle, high = np.percentile(known, [25, 50, 75])
    return float(middle) if abs(middle) > limit and high - low < abs(middle) else None


def _fits(data: DatasetFiles) -> Array:
    """(N, 3) the summaries' ``fits``."""
    return np.concatenate([np.zeros((0, 3)), *(summary.fits for summary in data.frames.values())])


@rule("set.box_shift", "error", "2D boxes have no common offset from the projections of their 3D boxes",
      needs=("labels", "calib", "picture"))
def box_shift(data: DatasetFiles) -> Iterator[Problem]:
    edges = np.concatenate([np.zeros((0, 4)), *(summary.edges for summary in data.frames.values())])
    edges = edges[np.abs(edges[:, 0] - edges[:, 1]) < 2.0]         # shifted as a whole, not of another width
    if len(edges) < SHIFT_LEAST_BOXES:
        return
    pixels = (edges[:, 0] + edges[:, 1]) / 2
    metres = pixels * edges[:, 2] / edges[:, 3]
    for name, values, limit, hint in (
        ("m", metres, SHIFT_M, "labels in camera 2's frame, or P2's offset left out?"),
        ("px", pixels, SHIFT_PX, "another principal point?"),
    ):
        low, middle, high = np.percentile(values, [20, 50, 80])
        if abs(middle) > limit and high - low < abs(middle):
            yield Problem(
                f"{data.prefix}label_2" if data.listing.stems else f"{data.prefix}label_02",
                f"projected 3D boxes lie {middle:+.3f} {name} to the right of the 2D boxes in all of {len(values)}"
                f" rows ({hint})",
            )
            return


@rule("set.sides", "error", "things lie farther left in image_3, the right camera's picture, than in image_2",
      needs=("labels", "calib", "pair", "pixels"))
def sides(data: DatasetFiles) -> Iterator[Problem]:
    right, swapped, mirrored = (sum(summary.sides[i] for summary in data.frames.values()) for i in range(3))
    for votes, what in ((swapped, "left and right pictures are swapped"), (mirrored, "the pictures are mirrored")):
        if votes >= SIDES_LEAST and votes > SIDES_TIMES * (right + swapped + mirrored - votes):
            yield Problem(
                f"{data.prefix}{'image_2' if data.listing.stems else 'image_02'}",
                f"{what}: {votes} near objects say so, {right} say that they are right",
            )


@rule("set.occlusion", "warning", "objects behind others are not all marked as fully visible", needs=("labels",))
def occlusion(data: DatasetFiles) -> Iterator[Problem]:
    behind = sum(summary.hidden[0] for summary in data.frames.values())
    visible = sum(summary.hidden[1] for summary in data.frames.values())
    if behind >= HIDDEN_LEAST and visible > HIDDEN_SHARE * behind:
        yield Problem(
            f"{data.prefix}label_2" if data.listing.stems else f"{data.prefix}label_02",
            f"{behind} objects lie mostly behind a nearer one, and {visible} of them have occlusion 0;"
            " hidden objects would count as easy",
        )


RULES: tuple[Rule[DatasetFiles], ...] = (in_box, ground, twist, box_shift, sides, occlusion)
