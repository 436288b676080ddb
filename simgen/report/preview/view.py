"""The part of the map that a preview shows, and where in the picture its places lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.motion.road import Place
from simgen.report.preview.marks import Box
from simgen.report.preview.scene import Scene

Floats = NDArray[np.float64]

LEAST_M = (34.0, 11.0)      # of road ahead, and across, that is shown at least
MOST_AHEAD_M = 95.0         # nobody who only passes by makes the picture longer than this
MARGIN_M = (4.0, 2.0)
AFTER_S = 0.4               # after the impact that is still in the picture


@dataclass(frozen=True, slots=True)
class View:
    """The ego's way points to the right.

    centre: the place in the middle of the box, facing right. scale: pixels a metre.
    """

    box: Box
    centre: Place
    scale: float

    def pixels(self, points_m: ArrayLike) -> Floats:
        """(..., 2) map places to pixels of the sheet."""
        offset = np.asarray(points_m, dtype=np.float64) - self.centre.xy_m
        c, s = math.cos(self.centre.yaw_rad), math.sin(self.centre.yaw_rad)
        ahead, left = offset[..., 0] * c + offset[..., 1] * s, offset[..., 1] * c - offset[..., 0] * s
        return np.stack([
            self.box.left + self.box.width / 2 + ahead * self.scale,
            self.box.top + self.box.height / 2 - left * self.scale,
        ], axis=-1)

    def turn(self, yaw_rad: float) -> float:
        """A map heading as an angle in the picture, clockwise from the right."""
        return self.centre.yaw_rad - yaw_rad

    @property
    def radius_m(self) -> float:
        """From the middle to the corners."""
        return math.hypot(self.box.width, self.box.height) / 2 / self.scale


def choose_view(scene: Scene, box: Box) -> View:
    """So that the ego's way up to the telling moment and everybody who matters then fit into a box."""
    told = scene.telling_s()
    until = min(scene.ends_s, told + AFTER_S) if told is not None else scene.ends_s
    start = scene.ego.place(0.0)
    facing = _facing(scene, start, until)
    times = np.linspace(0.0, until, 9)
    must = [scene.ego.corners(t) for t in times]
    others: list[Floats] = []
    for player in scene.players[1:]:
        outlines = [player.corners(t) for t in times]
        if player.touch_s is not None or player.near is not None or player.hides or player.meets:
            must += outlines
        elif player.kept:
            others += [np.concatenate(outlines)]
    axes = np.array([[math.cos(facing), -math.sin(facing)], [math.sin(facing), math.cos(facing)]])

    def extent(points: list[Floats]) -> tuple[Floats, Floats]:
        flat = np.concatenate(points) @ axes
        return flat.min(axis=0), flat.max(axis=0)

    low, high = extent(must)
    for outline in sorted(others, key=lambda one: float(np.hypot(*(one - start.xy_m).T).min())):
        wider = extent([np.array([low, high]) @ axes.T, outline])
        if (wider[1] - wider[0] <= MOST_AHEAD_M * np.array([1.0, box.height / box.width])).all():
            low, high = wider
    low, high = low - MARGIN_M, high + MARGIN_M
    short = np.maximum(np.array(LEAST_M) - (high - low), 0.0) / 2
    low, high = low - short, high + short
    span, middle = high - low, (low + high) / 2 @ axes.T
    return View(
        box, Place(float(middle[0]), float(middle[1]), start.z_m, facing),
        min(box.width / float(span[0]), box.height / float(span[1])),
    )


def _facing(scene: Scene, start: Place, until_s: float) -> float:
    """The direction in which the ego gets along, or faces if it does not."""
    way = scene.ego.place(until_s).xy_m - start.xy_m
    return math.atan2(way[1], way[0]) if np.hypot(*way) > 3.0 else start.yaw_rad
