"""Enlarged cut-outs of the picture: what a person wants to see first of a frame."""

from __future__ import annotations

import cv2
import numpy as np

from simgen.report import brush
from simgen.report.birdview import numbered
from simgen.report.brush import Picture
from simgen.report.palette import BACKGROUND, class_color
from simgen.report.scene import Scene, Thing

MOST = 3
LEAST_HEIGHT_PX = 130
"""Lower than this, a cut-out shows nothing."""
LEAST_OBJECT_PX = 12.0
SHARE = 0.62
"""Of the cut-out's height or width, the larger, that the object fills."""
FIRST = ("Animal", "Pedestrian", "Person_sitting", "Cyclist")


def draw_closeups(area: Picture, scene: Scene, gap_px: int) -> None:
    """Fill an area with up to three cut-outs side by side: animals and people first, then what is nearest."""
    chosen = _choose(scene)
    if not chosen or area.shape[0] < LEAST_HEIGHT_PX:
        return
    width = (area.shape[1] - gap_px * (len(chosen) - 1)) // len(chosen)
    for k, (number, thing) in enumerate(chosen):
        left = k * (width + gap_px)
        tile = area[:, left : left + width]
        tile[:] = cut_out(scene.rgb, thing.row.bbox_px, width, area.shape[0])
        words = f"{number}  {thing.name}"
        plate = brush.text_size(words, 9.0)[0] + 14
        brush.panel(tile, 8, tile.shape[0] - 28, 8 + plate, tile.shape[0] - 8, BACKGROUND, 0.8, 3)
        brush.text(tile, words, 15, tile.shape[0] - 13, class_color(thing.row.type))


def cut_out(rgb: Picture, bbox_px: tuple[float, float, float, float], width: int, height: int) -> Picture:
    """The surroundings of a 2D box, enlarged to ``width`` × ``height``; moved inwards at the picture's
    border."""
    left, top, right, bottom = bbox_px
    # Pixels of the picture per pixel of the cut-out, such that the object fills its share and the picture
    # suffices.
    scale = max((right - left) / width, (bottom - top) / height) / SHARE
    scale = min(scale, rgb.shape[1] / width, rgb.shape[0] / height)
    size = np.array([width, height]) * scale
    start = np.array([left + right, top + bottom]) / 2 - size / 2
    start = np.clip(start, -0.5, np.array([rgb.shape[1], rgb.shape[0]]) - 0.5 - size)
    rgb_from_tile = np.array([[scale, 0.0, start[0] + scale / 2], [0.0, scale, start[1] + scale / 2]])
    flags = (cv2.INTER_CUBIC if scale < 1 else cv2.INTER_AREA) | cv2.WARP_INVERSE_MAP
    tile = cv2.warpAffine(rgb, rgb_from_tile, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(tile, np.uint8)


def _choose(scene: Scene) -> list[tuple[int, Thing]]:
    def large_enough(thing: Thing) -> bool:
        return thing.row.bbox_px[3] - thing.row.bbox_px[1] >= LEAST_OBJECT_PX

    seen = [
        (number, thing)
        for number, thing in numbered(scene)
        if large_enough(thing) and thing.row.occlusion < 2
    ]
    return sorted(seen, key=lambda entry: entry[1].row.type not in FIRST)[:MOST]
