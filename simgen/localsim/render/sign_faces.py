"""The renderer's drawings of words and symbols: distances to their outlines, so that they stay sharp however near.

They lie behind the noise in one texture, two faces a texel, because that is what every material is handed already.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.lettering import REACH_PX, SYMBOL_PX, SYMBOLS, WORD_PX, WORDS
from simgen.localsim.render.noise_texture import noise_texture
from simgen.localsim.render.strokes import depth_in_strokes, segments

_FINE = 4                 # drawn so many times larger than kept
_CAPITAL = 0.56           # height of capitals, between the middles of strokes, as share of a word's field
_PEN = 0.19               # width of strokes as share of that

Image = NDArray[np.uint8]


@lru_cache(maxsize=1)
def material_texture() -> NDArray[np.float32]:
    """The noise, then words, then symbols: (M, 2) float32.

    Faces 2k and 2k + 1 share their texels, row by row from the top; 0.5 is the outline, 1 lies ``REACH_PX`` inside.
    """
    words = _pairs([_word(text) for text in WORDS])
    symbols = _pairs([_distance(_symbol(name)) for name in SYMBOLS])
    texture = np.concatenate([noise_texture(), words, symbols])
    texture.flags.writeable = False
    return texture


def _pairs(faces: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    if len(faces) % 2:
        faces = [*faces, np.zeros_like(faces[0])]
    stacked = np.stack(faces).reshape(len(faces) // 2, 2, -1)
    return np.ascontiguousarray(stacked.transpose(0, 2, 1).reshape(-1, 2))


def _distance(fine: Image) -> NDArray[np.float32]:
    """Signed distances of a drawing that is ``_FINE`` times too large, scaled to 0 … 1."""
    inside = cv2.distanceTransform(fine, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform(1 - fine, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    signed = (inside - outside) / _FINE
    h, w = fine.shape
    small = signed.reshape(h // _FINE, _FINE, w // _FINE, _FINE).mean(axis=(1, 3))
    return np.asarray(np.clip(0.5 + 0.5 * small / REACH_PX, 0.0, 1.0), np.float32)


def _canvas(size: tuple[int, int]) -> Image:
    return np.zeros((size[1] * _FINE, size[0] * _FINE), np.uint8)


def _word(text: str) -> NDArray[np.float32]:
    """A word in the middle of its field, as wide as it comes out but narrow enough to fit; distances as above."""
    width, height = WORD_PX
    lines, long = segments(text)
    capital_px = _CAPITAL * height
    half_pen_px = 0.5 * _PEN * capital_px
    capital_px = min(capital_px, (width - 4.0 * half_pen_px) / max(long, 1e-9))
    left, low = 0.5 * (width - long * capital_px), 0.5 * (height - capital_px)
    placed = np.empty_like(lines)
    placed[:, 0::2] = left + lines[:, 0::2] * capital_px
    placed[:, 1::2] = height - low - lines[:, 1::2] * capital_px
    depth_px = depth_in_strokes(placed, half_pen_px, np.arange(0.5, width), np.arange(0.5, height))
    return np.asarray(np.clip(0.5 + 0.5 * depth_px / REACH_PX, 0.0, 1.0), np.float32)


# Outlines in a square from (-1, -1) to (1, 1), y up; lines as (thickness, points), discs as (radius, centre).
_POLYGONS: dict[str, list[list[tuple[float, float]]]] = {
    "exclamation": [[(-0.13, 0.75), (0.13, 0.75), (0.07, -0.25), (-0.07, -0.25)]],
    "deer": [[(-0.75, 0.18), (-0.52, 0.30), (-0.20, 0.22), (0.25, 0.24), (0.38, 0.50), (0.52, 0.62), (0.80, 0.46),
              (0.82, 0.36), (0.58, 0.34), (0.52, 0.05), (0.40, -0.14), (0.72, -0.42), (0.60, -0.72), (0.53, -0.70),
              (0.58, -0.45), (0.22, -0.20), (0.02, -0.22), (-0.32, -0.18), (-0.45, -0.42), (-0.80, -0.78),
              (-0.88, -0.74), (-0.60, -0.36), (-0.66, -0.05)]],
    "arrow": [[(0.0, 0.9), (0.5, 0.35), (0.16, 0.35), (0.16, -0.9), (-0.16, -0.9), (-0.16, 0.35), (-0.5, 0.35)]],
    "bend": [[(-0.45, 0.25), (0.10, 0.82), (0.28, 0.10)]],
}
_LINES: dict[str, list[tuple[float, list[tuple[float, float]]]]] = {
    "deer": [(0.05, [(0.46, 0.60), (0.34, 0.92)]), (0.05, [(0.50, 0.60), (0.56, 0.95)]),
             (0.04, [(0.38, 0.80), (0.22, 0.84)]), (0.04, [(0.53, 0.80), (0.68, 0.84)])],
    "bend": [(0.22, [(0.25, -0.85), (0.25, -0.45), (0.10, -0.15), (-0.10, 0.10), (-0.02, 0.40)])],
    "pedestrian": [(0.26, [(0.02, 0.40), (-0.02, -0.08)]), (0.15, [(0.0, -0.08), (0.26, -0.45), (0.30, -0.86)]),
                   (0.15, [(-0.02, -0.08), (-0.16, -0.50), (-0.46, -0.80)]), (0.11, [(0.08, 0.42), (0.34, 0.08)]),
                   (0.11, [(-0.08, 0.40), (-0.34, 0.12), (-0.42, -0.05)])],
    "children": [(0.20, [(-0.34, 0.30), (-0.36, -0.10)]), (0.12, [(-0.36, -0.10), (-0.12, -0.40), (-0.16, -0.80)]),
                 (0.12, [(-0.36, -0.10), (-0.52, -0.45), (-0.80, -0.62)]), (0.10, [(-0.30, 0.30), (-0.02, 0.12)]),
                 (0.17, [(0.36, 0.10), (0.34, -0.22)]), (0.10, [(0.34, -0.22), (0.54, -0.46), (0.50, -0.80)]),
                 (0.10, [(0.34, -0.22), (0.20, -0.50), (0.02, -0.70)]), (0.09, [(0.36, 0.10), (0.02, 0.10)])],
    "bicycle": [(0.09, [(-0.50, -0.30), (-0.15, 0.25), (0.38, 0.25), (0.50, -0.30)]),
                (0.09, [(-0.15, 0.25), (0.05, -0.30), (0.38, 0.25)]), (0.09, [(-0.50, -0.30), (0.05, -0.30)]),
                (0.09, [(0.38, 0.25), (0.34, 0.50), (0.55, 0.52)]), (0.09, [(-0.28, 0.40), (-0.02, 0.40)])],
}
_DISCS: dict[str, list[tuple[float, tuple[float, float]]]] = {
    "exclamation": [(0.13, (0.0, -0.55))],
    "pedestrian": [(0.17, (0.06, 0.72))],
    "children": [(0.15, (-0.30, 0.62)), (0.13, (0.40, 0.36))],
}
_RINGS: dict[str, list[tuple[float, tuple[float, float]]]] = {
    "bicycle": [(0.36, (-0.50, -0.30)), (0.36, (0.50, -0.30))],
}


def _symbol(name: str) -> Image:
    canvas = _canvas(SYMBOL_PX)
    half = 0.5 * canvas.shape[0]

    def pixels(points: list[tuple[float, float]]) -> NDArray[np.int32]:
        return np.asarray(np.round((np.array(points) * [1.0, -1.0] + 1.0) * half), np.int32)

    for outline in _POLYGONS.get(name, ()):
        cv2.fillPoly(canvas, [pixels(outline)], 1)
    for thick, points in _LINES.get(name, ()):
        cv2.polylines(canvas, [pixels(points)], False, 1, round(thick * half))
    for radius, centre in _DISCS.get(name, ()):
        x, y = pixels([centre])[0].tolist()
        cv2.circle(canvas, (x, y), round(radius * half), 1, -1)
    for radius, centre in _RINGS.get(name, ()):
        x, y = pixels([centre])[0].tolist()
        cv2.circle(canvas, (x, y), round(radius * half), 1, round(0.08 * half))
    return canvas
