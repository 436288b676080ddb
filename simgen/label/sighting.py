"""What the sensors saw of one actor: its own pixels and its own LiDAR returns.

Ids alone are never trusted. Instance pictures hold 16 bits of an id, which wrap on long-lived servers, and
level objects carry numbers of the same range; so a pixel is an actor's own only if it also lies where the
actor is, and is not of a class that only the level has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.frame import ActorState, CameraView
from simgen.label.extent import Extent, Region, View

# CARLA tags that no vehicle, walker or animal carries: Roads, Sidewalks, Buildings, Walls, Fences, Poles,
# TrafficLight, TrafficSigns, Vegetation, Terrain, Sky, Water, RoadLines, Ground, Bridge, RailTrack,
# GuardRail. A prop may be a plant, a fence or a sign, but neither ground, house, water nor sky.
_LEVEL_TAGS = np.zeros(256, dtype=np.bool_)
_LEVEL_TAGS[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 23, 24, 25, 26, 27, 28]] = True
_GROUND_TAGS = np.zeros(256, dtype=np.bool_)
_GROUND_TAGS[[1, 2, 3, 10, 11, 23, 24, 25, 26, 27]] = True


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """One actor in one picture and one sweep.

    region:        the part of the picture that was searched; None if the actor is outside the picture.
    own:           (H, W) bool in the region: the actor's own pixels. None if there is no instance picture.
    depth_m:       (H, W) in the region. None if there is no depth picture.
    pixel_points:  (M, 3) the own pixels' points, in stand axes; empty without depth.
    lidar_points:  (K, 3) returns whose actor id is this actor's, in stand axes.
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
    actor: ActorState, where: Extent, view: View, picture: CameraView, lidar_points: NDArray[np.float64]
) -> Sighting:
    """Gather what a picture shows of an actor.

    Args:
        where: generous bounds in stand axes; an own pixel's point must lie inside.
        lidar_points: (K, 3) the actor's returns in stand axes.
    """
    region, nothing = view.region(where), np.empty((0, 3))
    if region is None:
        return Sighting(None, None, None, nothing, lidar_points)
    depth_m = None if picture.depth_m is None else region.cut(picture.depth_m)
    if picture.instance_id is None:
        return Sighting(region, None, depth_m, nothing, lidar_points)
    own = region.cut(picture.instance_id) == np.uint16(actor.simulator_id & 0xFFFF)
    if picture.tag is not None:
        foreign = _GROUND_TAGS if actor.kind == "prop" else _LEVEL_TAGS
        own &= ~foreign[region.cut(picture.tag)]
    if depth_m is None:
        return Sighting(region, own, None, nothing, lidar_points)
    rows, columns = np.nonzero(own)
    points = view.points(rows + region.top, columns + region.left, depth_m[rows, columns])
    plausible = where.contains(points)
    own[rows[~plausible], columns[~plausible]] = False
    return Sighting(region, own, depth_m, points[plausible], lidar_points)
