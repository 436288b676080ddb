"""An episode as a strip over time: moments below each other, each with its picture and its view from above."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simgen.report.birdview import draw_birdview
from simgen.report.brush import Picture
from simgen.report.episodes import episode_record, spread
from simgen.report.palette import BACKGROUND
from simgen.report.scene import load_scene
from simgen.report.stills import still

PICTURE_PX = 1120
GAP_PX = 8
MOMENTS = 6
"""How many, unless told otherwise: as many as fit on a screen."""


def draw_strip(root: Path, episode: str, moments: int = MOMENTS) -> Picture:
    """So many moments of an episode, evenly over its time, the first and the last among them, as an RGB picture.

    Raises RequestError if there is no such episode, DatasetError naming a file that is wrong.
    """
    rows: list[Picture] = []
    for frame in spread(episode_record(root, episode).frames, moments):
        scene = load_scene(root, frame)
        picture = still(scene, PICTURE_PX)
        above = draw_birdview(scene, picture.shape[0])
        rows.append(np.hstack([picture, np.full((picture.shape[0], GAP_PX, 3), BACKGROUND, np.uint8), above]))
    width = max(row.shape[1] for row in rows)           # views from above are as high as the pictures are
    strip = np.full((sum(row.shape[0] + GAP_PX for row in rows) - GAP_PX, width, 3), BACKGROUND, np.uint8)
    top = 0
    for row in rows:
        strip[top : top + row.shape[0], : row.shape[1]] = row
        top += row.shape[0] + GAP_PX
    return strip
