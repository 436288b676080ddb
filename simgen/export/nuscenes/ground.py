"""Pictures of the ground from above, gathered from sweeps: a LiDAR base map, and where road and pavement were seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.export.nuscenes.canvas import FOREGROUND, Canvas, Picture, closed
from simgen.kitti.points import split_point_labels

_SURFACE_TAGS = (1, 2, 24)              # CARLA's roads, sidewalks and road lines: nuScenes' semantic prior
_GROUND_TAGS = (*_SURFACE_TAGS, 10, 25)             # and terrain, and other ground
_DARKEST = 40                           # what was seen is never as black as what was not
_GAP_M = 0.7                            # between rings of the LiDAR: what is nearer together is one surface


@dataclass
class Ground:
    """surface: 255 where road or pavement was hit. brightness: by the root of the highest reflectance hit there;
    0 where nothing was."""

    canvas: Canvas
    surface: Picture
    brightness: Picture

    @classmethod
    def empty(cls, canvas: Canvas) -> Ground:
        return cls(canvas, canvas.blank(), canvas.blank())

    def add(self, points: NDArray[np.float32], labels: NDArray[np.uint32], world_from_lidar: RigidTransform) -> None:
        """Draw a sweep.

        Args:
            points: (N, 4) x, y, z in LiDAR axes and reflectance.
            labels: (N,) tag and instance of each, as stored.
        """
        tag, instance = split_point_labels(labels)
        ground = np.isin(tag, _GROUND_TAGS) & (instance == 0)
        world = world_from_lidar.apply(points[ground, :3].astype(np.float64))[:, :2]
        column, row = np.round(self.canvas.pixels(world)).astype(np.intp).T
        height, width = self.canvas.shape_px
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        place = (row * width + column)[inside]
        self.surface.reshape(-1)[place[np.isin(tag[ground][inside], _SURFACE_TAGS)]] = FOREGROUND
        value = np.round(_DARKEST + (255 - _DARKEST) * np.sqrt(points[ground, 3][inside])).astype(np.uint8)
        rising = np.argsort(value, kind="stable")           # of several writes to a pixel the last one stays
        place, value = place[rising], value[rising]
        flat = self.brightness.reshape(-1)
        flat[place] = np.maximum(flat[place], value)

    def surface_picture(self) -> Picture:
        """Road and pavement as far as they were seen, the gaps between neighbouring hits closed."""
        return closed(self.surface, 2 * _GAP_M)
