"""Several frames side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simgen.errors import RequestError
from simgen.report.brush import Picture
from simgen.report.palette import BACKGROUND
from simgen.report.scene import load_scene
from simgen.report.stills import still

WIDTH_PX = 1860
GAP_PX = 8
MOST_FRAMES = 60


def draw_grid(root: Path, frames: Sequence[str], columns: int | None = None) -> Picture:
    """Labelled pictures of frames, row by row, as an RGB picture.

    columns: side by side; if None, as many as make the grid about as wide as high.
    Raises RequestError if there are too many or one is not there, DatasetError naming a file that is wrong.
    """
    if not 1 <= len(frames) <= MOST_FRAMES:
        raise RequestError(f"{root}: a grid holds 1 to {MOST_FRAMES} frames, not {len(frames)}; name fewer")
    if columns is None:
        columns = max(round(math.sqrt(len(frames) / 2.6)), 1)       # a wide picture is 2.6 times as wide as high
    columns = min(columns, len(frames))
    width = (WIDTH_PX - GAP_PX * (columns - 1)) // columns
    stills = [still(load_scene(root, frame), width) for frame in frames]
    rows = [stills[k : k + columns] for k in range(0, len(stills), columns)]
    heights = [max(one.shape[0] for one in row) for row in rows]
    canvas = np.empty((sum(heights) + GAP_PX * (len(rows) - 1), columns * (width + GAP_PX) - GAP_PX, 3), np.uint8)
    canvas[:] = BACKGROUND
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for k, one in enumerate(row):
            left = k * (width + GAP_PX)
            canvas[top : top + one.shape[0], left : left + width] = one
        top += height + GAP_PX
    return canvas
