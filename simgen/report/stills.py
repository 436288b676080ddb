"""One frame as a small labelled picture with a caption: what grids and strips are made of."""

from __future__ import annotations

import numpy as np

from simgen.report import brush
from simgen.report.brush import Picture
from simgen.report.overlay import draw_labels
from simgen.report.palette import DIM_TEXT, PANEL, TEXT
from simgen.report.scene import Scene, resized

CAPTION_PX = 26
FINEST_PX = 1242
"""Labels are drawn on pictures that are at most so wide: their words keep one size."""


def still(scene: Scene, width_px: int) -> Picture:
    """The left colour picture with its labels, so wide, with a caption above."""
    small = scene if scene.rgb.shape[1] == width_px else resized(scene, width_px)
    picture = small.rgb.copy()
    draw_labels(picture, small, one_tag_a_name=width_px < FINEST_PX)
    canvas = np.empty((CAPTION_PX + picture.shape[0], width_px, 3), np.uint8)
    canvas[:CAPTION_PX] = PANEL
    canvas[CAPTION_PX:] = picture
    left = 10.0
    for words, color in caption(scene):
        brush.text(canvas, words, left, CAPTION_PX - 8, color, 8.5)
        left += brush.text_size(words, 8.5)[0] + 16
    return canvas


def caption(scene: Scene) -> list[tuple[str, tuple[int, int, int]]]:
    """Words and colours: the frame's id, and where it belongs if that is known."""
    words = [(scene.frame_id, TEXT)]
    if scene.side is not None:
        words += [(f"{scene.side.time_s:.2f} s", TEXT), (scene.side.episode, DIM_TEXT)]
    return words
