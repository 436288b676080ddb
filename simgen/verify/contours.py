"""Do picture and sweep show one place? Where the LiDAR sees one thing end before another, the picture has an edge.

Contours of the sweep, projected by the calibration, are laid over the picture's upright edges as they should lie, moved
by up to five degrees, and over the mirrored picture. One frame says little; over a dataset the true place stands
out. The idea is that of J. Levinson and S. Thrun, "Automatic Online Calibration of Cameras and Lasers", RSS 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.verify.frames import FrameFiles
from simgen.verify.geometry import Array

FOCAL_PX = 360.0
"""Pictures are looked at as small as if they had this focal length."""
STEP_PX = 2
STEPS_ASIDE, STEPS_UP = 15, 3
"""So many steps of 0.32 degrees the contours are moved to either side, and up and down."""
RING_DEG = 0.4
"""Returns whose elevations lie in one such band are taken for one beam's."""
NEIGHBOUR_DEG = 1.0
JUMP_SHARE, JUMP_M, CALM_SHARE = 0.15, 0.5, 0.05
"""A contour: the neighbour on one side is farther by this much, and the one on the other side is of the same surface,
which flakes and drops are not."""
MOST_POINTS, LEAST_POINTS = 600, 30
DARKNESS = 10.0
"""Grey levels below this are the sensor's own; edges are judged by ratio, as in light and in shadow they are alike."""

Pixels = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """How strong a picture's edges are under a sweep's contours.

    points:   of which the means are taken.
    strength: (2, 2·STEPS_UP + 1, 2·STEPS_ASIDE + 1): picture as it is and mirrored; moved down; moved to the right.
    """

    points: int
    strength: Array


def contours_of(frame: FrameFiles) -> Contours | None:
    """None without a picture, a sweep and a calibration, or if the sweep shows too few contours."""
    pixels, calib, found = frame.pixels("image_2"), frame.calib, _contours(frame)
    if pixels is None or calib is None or found is None or pixels.dtype != np.uint8 or frame.shape != pixels.shape[:2]:
        return None
    focal = float(calib.projections[2][0, 0])
    scale = min(1.0, FOCAL_PX / focal) if focal > 0 else 1.0
    edges = _edges(pixels, scale)
    height, width = edges.shape
    aside, up = STEPS_ASIDE * STEP_PX, STEPS_UP * STEP_PX
    u, v = (np.rint(along * scale).astype(np.intp) for along in found)
    kept = (u >= aside) & (u < width - aside) & (v >= up) & (v < height - up)
    u, v = u[kept], v[kept]
    if len(u) < LEAST_POINTS:
        return None
    thin = slice(None, None, 1 + len(u) // MOST_POINTS)
    places = (v[thin] * width + u[thin]).astype(np.int32)
    steps = STEP_PX * np.arange(-STEPS_UP, STEPS_UP + 1, dtype=np.int32)[:, None] * width
    steps = (steps + STEP_PX * np.arange(-STEPS_ASIDE, STEPS_ASIDE + 1, dtype=np.int32)).astype(np.int32)
    where = places + steps[:, :, None]
    strength = [np.take(side, where, mode="clip").mean(axis=2) for side in (edges, cv2.flip(edges, 1))]
    return Contours(len(places), np.array(strength, dtype=np.float64))


def _edges(pixels: Pixels, scale: float) -> NDArray[np.float32]:
    """(H, W) how strongly the small grey picture changes from left to right, within a step, by ratio, at most 1."""
    grey = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels[..., 1])         # green is most of brightness
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1.0 else grey
    change = cv2.Sobel(np.log(small.astype(np.float32) + DARKNESS), cv2.CV_32F, 1, 0, ksize=3)
    widened = cv2.dilate(np.abs(change), np.ones((1, STEP_PX + 1), np.uint8))
    return np.asarray(np.minimum(widened, 1.0), dtype=np.float32)


def _contours(frame: FrameFiles) -> tuple[Array, Array] | None:
    """((M,), (M,)) pixel columns and rows of the left picture where near things end before farther ones."""
    seen, cloud = frame.in_picture, frame.finite_cloud
    if seen is None or cloud is None or not len(seen.rows):
        return None
    x, y, z = (cloud[seen.numbers, i] for i in range(3))
    away = np.hypot(x, y)
    ring = np.clip(np.degrees(np.arctan2(z, away)) / RING_DEG + 128, 0, 255).astype(np.uint8)
    turn = np.degrees(np.arctan2(y, x))
    by_turn = np.argsort(((180.0 - turn) * 90.0).astype(np.uint16), kind="stable")         # from left to right
    order = by_turn[np.argsort(ring[by_turn], kind="stable")]
    ring, turn, away = ring[order], turn[order], away[order]
    u, v = seen.columns[order].astype(np.float64), seen.rows[order].astype(np.float64)
    beside = (ring[1:] == ring[:-1]) & (np.abs(np.diff(turn)) < NEIGHBOUR_DEG)
    calm = beside & (np.abs(np.diff(away)) < CALM_SHARE * away[1:])
    ends = np.flatnonzero(beside & (away[1:] > (1 + JUMP_SHARE) * away[:-1] + JUMP_M))            # before a farther one
    ends = ends[ends > 0]
    ends = ends[calm[ends - 1]]
    starts = np.flatnonzero(beside & (away[:-1] > (1 + JUMP_SHARE) * away[1:] + JUMP_M)) + 1      # after a farther one
    starts = starts[starts < len(away) - 1]
    starts = starts[calm[starts]]
    # The edge itself is between the two returns, a few pixels apart.
    right = u[ends] + np.clip((u[ends + 1] - u[ends]) / 2, 0, 3)
    left = u[starts] - np.clip((u[starts] - u[starts - 1]) / 2, 0, 3)
    return np.concatenate([right, left]), np.concatenate([v[ends], v[starts]])
