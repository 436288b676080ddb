"""Drawing on RGB pictures: smooth text, translucent faces, dashed lines. All coordinates are (x, y) in
pixels.

Pictures are (H, W, 3) uint8 and are changed in place. Lines go through OpenCV's anti-aliasing with sixteenths
of a pixel; text is drawn three times too large and shrunk, because OpenCV's stroke fonts are ragged at
reading size.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.report.palette import Color

Picture = NDArray[np.uint8]
_SHIFT = 4
_OVERSAMPLING = 3
_FONT = cv2.FONT_HERSHEY_DUPLEX
# OpenCV 4 draws these letters with strokes that need some width; OpenCV 5 fills outlines, and width only fattens them.
_STROKE = 1.8 if int(cv2.__version__.partition(".")[0]) < 5 else 1.0
_CAP_HEIGHT_PX = 21.0  # of a capital letter at scale 1


def line(
    image: Picture, a: NDArray[np.floating], b: NDArray[np.floating], color: Color, width: int = 1
) -> None:
    """An anti-aliased line."""
    start, end = (_fixed(point) for point in (a, b))
    cv2.line(image, start, end, color, width, cv2.LINE_AA, _SHIFT)


def dashed_line(
    image: Picture,
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    color: Color,
    width: int = 1,
    dash_px: float = 6.0,
) -> None:
    """Dashes as long as the gaps between them, starting and ending with a dash."""
    length = float(np.hypot(*(b - a)))
    pieces = 2 * max(int(length / dash_px / 2), 1) + 1
    at = [a + (b - a) * (k / pieces) for k in range(pieces + 1)]
    for k in range(0, pieces, 2):
        line(image, at[k], at[k + 1], color, width)


def polyline(image: Picture, points: NDArray[np.floating], color: Color, width: int = 1) -> None:
    """An open line through (N, 2) points."""
    fixed = np.round(points * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(image, [fixed], False, color, width, cv2.LINE_AA, _SHIFT)


def face(image: Picture, corners: NDArray[np.floating], color: Color, opacity: float) -> None:
    """A filled convex polygon of (N, 2) corners that lets the picture shine through."""
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, image.shape[1::-1])
    if (high <= low).any():
        return
    part = image[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(part.shape[:2], np.uint8)
    fixed = np.round((corners - low) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, _SHIFT)
    _tint(part, mask, color, opacity)


def panel(
    image: Picture,
    left: int,
    top: int,
    right: int,
    bottom: int,
    color: Color,
    opacity: float = 1.0,
    radius: int = 4,
) -> None:
    """A filled rectangle with round corners."""
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, image.shape[1]), min(bottom, image.shape[0])
    if right <= left or bottom <= top:
        return
    part = image[top:bottom, left:right]
    height, width = bottom - top, right - left
    mask = np.zeros((height, width), np.uint8)
    r = min(radius, height // 2, width // 2)
    cv2.rectangle(mask, (r, 0), (width - 1 - r, height - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (width - 1, height - 1 - r), 255, -1)
    for x in (r, width - 1 - r):
        for y in (r, height - 1 - r):
            cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    _tint(part, mask, color, opacity)


def text_size(text: str, size_px: float) -> tuple[int, int]:
    """Width and height in pixels of a text whose capitals are ``size_px`` high, without descenders."""
    return _glyphs(text, size_px).shape[1], round(size_px)


def text(
    image: Picture, words: str, left: float, baseline: float, color: Color, size_px: float = 9.0
) -> None:
    """Write text that starts at ``left`` and stands on ``baseline``; what leaves the picture is cut off."""
    mask = _glyphs(words, size_px)
    x, y = round(left), round(baseline - size_px) - _pad(size_px)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + mask.shape[1], image.shape[1]), min(y + mask.shape[0], image.shape[0])
    if x1 > x0 and y1 > y0:
        _tint(image[y0:y1, x0:x1], mask[y0 - y : y1 - y, x0 - x : x1 - x], color, 1.0)


@lru_cache(maxsize=1024)
def _glyphs(words: str, size_px: float) -> NDArray[np.uint8]:
    """(H, W) coverage of a text; its baseline is ``_pad`` + size_px below the top."""
    ascii_only = words.encode("ascii", "replace").decode()  # the stroke fonts have no other letters
    scale = size_px * _OVERSAMPLING / _CAP_HEIGHT_PX
    thickness = max(1, round(scale * _STROKE))
    (width, _), _ = cv2.getTextSize(ascii_only, _FONT, scale, thickness)
    pad = _pad(size_px) * _OVERSAMPLING
    height = round(size_px * _OVERSAMPLING) + 2 * pad
    wide = -(-(width + 2) // _OVERSAMPLING) * _OVERSAMPLING
    high = -(-height // _OVERSAMPLING) * _OVERSAMPLING
    large = np.zeros((high, wide), np.uint8)
    origin = (0, round(size_px * _OVERSAMPLING) + pad)
    cv2.putText(large, ascii_only, origin, _FONT, scale, 255, thickness, cv2.LINE_AA)
    small = cv2.resize(large, (wide // _OVERSAMPLING, high // _OVERSAMPLING), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _pad(size_px: float) -> int:
    return round(size_px * 0.5) + 1


def _tint(part: Picture, mask: NDArray[np.uint8], color: Color, opacity: float) -> None:
    alpha = mask[..., None].astype(np.float32) * (opacity / 255.0)
    part[:] = np.round(part + (np.array(color, np.float32) - part) * alpha).astype(np.uint8)


def _fixed(point: NDArray[np.floating]) -> tuple[int, int]:
    x, y = np.round(point * (1 << _SHIFT)).astype(int).tolist()
    return x, y
