"""Which way a vehicle faces, by its returns alone: along which axis they lie, and which of its ends is the lower one.

A bonnet is lower than a boot, a tailgate or the back of a van; which end of a box is its front shows there. What a
single odd body hides, many tell together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.verify.frames import BOX_MARGIN_M, FrameFiles
from simgen.verify.geometry import Box, Floats, wrap
from simgen.verify.surroundings import FIT_FAR_M, Nearby, nearby, off_ground
from simgen.verify.texts import Row

ELONGATED = 1.5
OBLIQUE_RAD = math.radians(15)
LEAST_POINTS, CLEARLY = 40, 1.2
WHOLE_TRUNCATION = 0.05
WITH_BONNETS = "Car"
"""A van's front may be as high as its back."""
END_SHARE, END_POINTS = 0.18, 12
"""An end is this share of the length, and is judged by so many returns."""
HIGH_PERCENT = 90


@dataclass(frozen=True, slots=True)
class End:
    """The height at one end of a vehicle as a share of its box's. ``size``: the box's, which tells vehicles apart."""

    is_front: bool
    height: float
    size: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Facing:
    """What one frame says of headings.

    axes:  objects whose returns lie along their box, and those whose returns fit better if it is turned by 90 degrees.
    signs: of those that stand obliquely, the objects whose returns fit as labelled, and those that fit better with the
           sign of their turn changed, as if left and right were exchanged.
    ends:  of near, visible cars, those turned to the LiDAR.
    """

    axes: tuple[int, int] = (0, 0)
    signs: tuple[int, int] = (0, 0)
    ends: tuple[End, ...] = ()


def facing_of(frame: FrameFiles) -> Facing:
    """Of near, visible, whole objects; nothing without a sweep or a calibration."""
    index = frame.point_index
    if index is None:
        return Facing()
    axes, signs, ends = [0, 0], [0, 0], []
    for row in frame.object_rows:
        box = row.box
        if row.occlusion != 0 or row.truncation > WHOLE_TRUNCATION or box.distance_m() > FIT_FAR_M:
            continue
        if box.length_m < ELONGATED * box.width_m:
            continue
        near = nearby(frame, row, index)
        # Headings are (cos ry, −sin ry) to the right and ahead: the other sign is a mirror that exchanges left and
        # right. Along or across the camera's axis both signs are one.
        mirrored, across = wrap(-box.yaw_rad - math.pi), wrap(box.yaw_rad + math.pi / 2)
        oblique = abs(math.remainder(mirrored - box.yaw_rad, math.pi)) > OBLIQUE_RAD
        given, other, turned = (_inside(replace(box, yaw_rad=yaw), near) for yaw in (box.yaw_rad, mirrored, across))
        for votes, against, speaks in ((axes, turned, True), (signs, other, oblique)):
            if speaks and max(given, against) >= LEAST_POINTS and max(given, against) > CLEARLY * min(given, against):
                votes[int(against > given)] += 1
        if row.type == WITH_BONNETS and (end := _end(row, near.local, box.local(index.eye[None])[0])) is not None:
            ends.append(end)
    return Facing((axes[0], axes[1]), (signs[0], signs[1]), tuple(ends))


def _inside(box: Box, near: Nearby) -> int:
    low, high = box.bounds()
    return int(off_ground(box.local(near.points), low, high).sum())


def _end(row: Row, local: Floats, eye: Floats) -> End | None:
    """The end that is turned to the LiDAR; None if it sees the side alone, or too little."""
    low, high = row.box.bounds()
    if not abs(eye[0]) > high[0]:
        return None
    own = local.compress(off_ground(local, low, high), axis=0)
    along = own[:, 0] * np.sign(eye[0])
    heights = own[along > high[0] * (1 - 2 * END_SHARE), 2]
    if len(heights) < END_POINTS:
        return None
    share = min(float(np.percentile(heights, HIGH_PERCENT)) / row.box.height_m, 1.0 + BOX_MARGIN_M)
    return End(bool(eye[0] > 0), share, (row.box.height_m, row.box.width_m, row.box.length_m))
