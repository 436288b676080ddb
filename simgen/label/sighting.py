"""What the sensors saw of one object: its own pixels and its own LiDAR returns.

Numbers alone are never trusted. Instance pictures hold 16 bits of an id, which wrap on long-lived servers, and level
objects carry numbers of the same range; so a pixel is an object's own only if its class allows it and its point lies
where the object is. Objects of the level are known by class and place alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.frame import CameraView
from simgen.label.extent import Extent, Region, View
from simgen.label.tags import RIDER


@dataclass(frozen=True, eq=False, slots=True)
class Marks:
    """By what an object's own pixels are known.

    tags:     (256,) which classes they may have.
    numbers:  which numbers they may have; None: any, as for an object of the level.
    others:   numbers of other objects.
    ridden:   a rider belongs to it, whose pixels some servers number apart.
    taken:    (H, W) of the whole picture, pixels that are somebody else's already.
    """

    tags: NDArray[np.bool_]
    numbers: frozenset[int] | None
    others: frozenset[int] = frozenset()
    ridden: bool = False
    taken: NDArray[np.bool_] | None = None

    def own(self, region: Region, picture: CameraView) -> NDArray[np.bool_] | None:
        """(h, w) which pixels of a part of a picture bear the marks; None if the picture has no numbers.

        Without classes in the picture numbers decide alone, and an object of the level has no pixels.
        """
        if picture.instance_id is None:
            return None
        ids = region.cut(picture.instance_id)
        tag = None if picture.tag is None else region.cut(picture.tag)
        if self.numbers is None:
            own = np.full(ids.shape, tag is not None)
        else:
            own = _is_any(ids, self.numbers)
            if self.ridden and tag is not None:
                own |= (tag == RIDER) & ~_is_any(ids, self.others)
        if tag is not None:
            own &= self.tags[tag]
        if self.taken is not None:
            own &= ~region.cut(self.taken)
        return own


def _is_any(ids: NDArray[np.uint16], numbers: Iterable[int]) -> NDArray[np.bool_]:
    found = np.zeros(ids.shape, dtype=np.bool_)
    for number in numbers:
        found |= ids == np.uint16(number)
    return found


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """One object in one picture and one sweep.

    region:        the part of the picture that was searched; None if the object is outside the picture.
    own:           (H, W) bool in the region: the object's own pixels. None if there is no instance picture.
    depth_m:       (H, W) in the region. None if there is no depth picture.
    pixel_points:  (M, 3) the own pixels' points, in stand axes; empty without depth.
    lidar_points:  (K, 3) the object's own returns, in stand axes.
    """

    region: Region | None
    own: NDArray[np.bool_] | None
    depth_m: NDArray[np.float32] | None
    pixel_points: NDArray[np.float64]
    lidar_points: NDArray[np.float64]

    @property
    def visible_px(self) -> int:
        return 0 if self.own is None else int(np.count_nonzero(self.own))

    def visible_bbox_px(self) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom edge pixels of the own pixels; None if there are none."""
        if self.region is None or self.own is None or not self.own.any():
            return None
        columns, rows = np.flatnonzero(self.own.any(axis=0)), np.flatnonzero(self.own.any(axis=1))
        left, top = self.region.left, self.region.top
        return (left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]), top + int(rows[-1]))


def look_for(
    marks: Marks, where: Extent, view: View, picture: CameraView, lidar_points: NDArray[np.float64]
) -> Sighting:
    """Gather what a picture shows of an object.

    Args:
        where: generous bounds in stand axes; an own pixel's point must lie inside.
        lidar_points: (K, 3) the object's returns in stand axes.
    """
    region, nothing = view.region(where), np.empty((0, 3))
    if region is None:
        return Sighting(None, None, None, nothing, lidar_points)
    depth_m = None if picture.depth_m is None else region.cut(picture.depth_m)
    own = marks.own(region, picture)
    if own is None:
        return Sighting(region, None, depth_m, nothing, lidar_points)
    if depth_m is None:
        return Sighting(region, own, None, nothing, lidar_points)
    rows, columns = np.nonzero(own)
    points = view.points(rows + region.top, columns + region.left, depth_m[rows, columns])
    plausible = where.contains(points)
    own[rows[~plausible], columns[~plausible]] = False
    return Sighting(region, own, depth_m, points[plausible], lidar_points)
