"""A sweep from above, lengthways: the car at the left drives to the right. As wide as a picture, and lower than it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report import brush
from simgen.report.airborne import told
from simgen.report.birdview import EGO_LENGTH_M, EGO_REAR_M, EGO_WIDTH_M, return_colors
from simgen.report.brush import Picture
from simgen.report.palette import BACKGROUND, DIM_TEXT, EGO, LINE, class_color
from simgen.report.scene import Scene

BEHIND_M = 16.0
RING_STEP_M = 10.0
OVERSAMPLING = 2
WORDS_PX = 8.0


def draw_lengthways(scene: Scene, width_px: int, height_px: int, ahead_m: float = 60.0) -> Picture:
    """(height_px, width_px, 3), red first: returns by height, labelled actors and what hangs in the air in colours."""
    scale = width_px * OVERSAMPLING / (ahead_m + BEHIND_M)
    size = (width_px * OVERSAMPLING, height_px * OVERSAMPLING)
    middle = size[1] / 2

    def pixels(places: NDArray[np.floating]) -> NDArray[np.float64]:
        flat = np.atleast_2d(places)
        return np.column_stack([(flat[:, 0] + BEHIND_M) * scale, middle - flat[:, 1] * scale])

    image = np.empty((size[1], size[0], 3), np.uint8)
    image[:] = BACKGROUND
    angles = np.linspace(-np.pi, np.pi, 241)
    for radius in np.arange(RING_STEP_M, ahead_m + RING_STEP_M, RING_STEP_M):
        brush.polyline(image, pixels(radius * np.column_stack([np.cos(angles), np.sin(angles)])), LINE, OVERSAMPLING)
    _draw_returns(image, scene, pixels)
    for thing in scene.objects:
        assert thing.box is not None
        outline = pixels(thing.box.corners()[:4])
        brush.polyline(image, np.concatenate([outline, outline[:1]]), class_color(thing.row.type), OVERSAMPLING)
    front, half = EGO_REAR_M + EGO_LENGTH_M, EGO_WIDTH_M / 2
    brush.face(image, pixels(np.array([(front, half), (front, -half), (EGO_REAR_M, -half), (EGO_REAR_M, half)])), EGO,
               0.3)
    small = np.asarray(cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)
    _write(small, scene)
    return small


def _draw_returns(
    image: Picture, scene: Scene, pixels: Callable[[NDArray[np.floating]], NDArray[np.float64]]
) -> None:
    colors, above = return_colors(scene)
    column, row = np.floor(pixels(scene.points[:, :2])).astype(int).T
    last_row, last_column = image.shape[0] - OVERSAMPLING, image.shape[1] - OVERSAMPLING
    inside = np.flatnonzero((column >= 0) & (row >= 0) & (column < last_column) & (row < last_row))
    order = inside[np.lexsort((scene.points[inside, 2], above[inside]))]
    for down in range(OVERSAMPLING):
        for right in range(OVERSAMPLING):
            image[row[order] + down, column[order] + right] = colors[order]


def _write(image: Picture, scene: Scene) -> None:
    """How many returns there are, and of what the air gave some."""
    words = f"{len(scene.points):,} returns".replace(",", " ")
    brush.text(image, words, 8, image.shape[0] - 8, DIM_TEXT, WORDS_PX)
    left = 8 + brush.text_size(words, WORDS_PX)[0] + 14
    for words, color in told(scene):
        brush.text(image, words, left, image.shape[0] - 8, color, WORDS_PX)
        left += brush.text_size(words, WORDS_PX)[0] + 14
