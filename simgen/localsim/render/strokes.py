"""Letters and figures as strokes, in the manner of road signs: drawn by no library's font, so the same everywhere.

A glyph stands on y = 0; capitals are 1 high, small letters 0.72, descenders reach to −0.25. Its strokes run along the
middle of lines that are drawn with a pen of any width.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = list[tuple[float, float]]
_ARC_STEP_DEG = 15.0
_GAP = 0.30             # between the middles of neighbouring glyphs' strokes
_SPACE = 0.40
_SHORTEST = 1e-6         # where two arcs meet, a stroke of no length is left out


def _arc(x: float, y: float, rx: float, ry: float, start_deg: float, end_deg: float) -> Points:
    """Along an ellipse round (x, y), counter-clockwise if the end is larger; 0 is right, 90 up."""
    steps = max(2, math.ceil(abs(end_deg - start_deg) / _ARC_STEP_DEG))
    angles = [math.radians(start_deg + (end_deg - start_deg) * k / steps) for k in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def _ring(x: float, y: float, rx: float, ry: float) -> Points:
    return _arc(x, y, rx, ry, 0.0, 360.0)


def _s(width: float, height: float) -> Points:
    """An S in the box from (0, 0)."""
    half, r = 0.5 * width, 0.25 * height
    upper = _arc(half, height - r, half, r, 40.0, 270.0)
    return upper + _arc(half, r, half, r, 90.0, -140.0)


# Glyph → its width between the outermost strokes' middles, and its strokes.
_GLYPHS: dict[str, tuple[float, list[Points]]] = {
    "A": (0.66, [[(0, 0), (0.33, 1), (0.66, 0)], [(0.11, 0.33), (0.55, 0.33)]]),
    "B": (0.52, [[(0, 0), (0, 1), *_arc(0.27, 0.765, 0.21, 0.235, 90, -90), (0, 0.53)],
                 [(0.27, 0.53), *_arc(0.27, 0.265, 0.25, 0.265, 90, -90), (0, 0)]]),
    "C": (0.56, [_arc(0.33, 0.5, 0.33, 0.5, 45, 315)]),
    "D": (0.56, [[(0, 0), (0, 1), *_arc(0.22, 0.5, 0.34, 0.5, 90, -90), (0, 0)]]),
    "E": (0.46, [[(0.46, 1), (0, 1), (0, 0), (0.46, 0)], [(0, 0.52), (0.40, 0.52)]]),
    "F": (0.44, [[(0.44, 1), (0, 1), (0, 0)], [(0, 0.52), (0.38, 0.52)]]),
    "G": (0.60, [[*_arc(0.33, 0.5, 0.33, 0.5, 50, 335), (0.62, 0.45), (0.36, 0.45)]]),
    "H": (0.56, [[(0, 0), (0, 1)], [(0.56, 0), (0.56, 1)], [(0, 0.52), (0.56, 0.52)]]),
    "I": (0.0, [[(0, 0), (0, 1)]]),
    "J": (0.36, [[(0.36, 1), *_arc(0.16, 0.22, 0.20, 0.22, 0, -150)]]),
    "K": (0.54, [[(0, 0), (0, 1)], [(0.52, 1), (0, 0.42)], [(0.17, 0.61), (0.54, 0)]]),
    "L": (0.42, [[(0, 1), (0, 0), (0.42, 0)]]),
    "M": (0.68, [[(0, 0), (0, 1), (0.34, 0.35), (0.68, 1), (0.68, 0)]]),
    "N": (0.58, [[(0, 0), (0, 1), (0.58, 0), (0.58, 1)]]),
    "O": (0.64, [_ring(0.32, 0.5, 0.32, 0.5)]),
    "P": (0.50, [[(0, 0), (0, 1), *_arc(0.24, 0.73, 0.26, 0.27, 90, -90), (0, 0.46)]]),
    "R": (0.52, [[(0, 0), (0, 1), *_arc(0.24, 0.74, 0.25, 0.26, 90, -90), (0, 0.48)], [(0.24, 0.48), (0.52, 0)]]),
    "S": (0.52, [_s(0.52, 1.0)]),
    "T": (0.56, [[(0, 1), (0.56, 1)], [(0.28, 1), (0.28, 0)]]),
    "U": (0.56, [[(0, 1), *_arc(0.28, 0.28, 0.28, 0.28, 180, 360), (0.56, 1)]]),
    "W": (0.86, [[(0, 1), (0.22, 0), (0.43, 0.85), (0.64, 0), (0.86, 1)]]),
    "X": (0.56, [[(0, 0), (0.56, 1)], [(0, 1), (0.56, 0)]]),
    "Z": (0.52, [[(0, 1), (0.52, 1), (0, 0), (0.52, 0)]]),
    "a": (0.42, [[*_arc(0.21, 0.48, 0.21, 0.24, 150, 0), (0.42, 0)], _ring(0.21, 0.21, 0.21, 0.21)]),
    "b": (0.42, [[(0, 1), (0, 0)], _ring(0.21, 0.36, 0.21, 0.36)]),
    "c": (0.38, [_arc(0.23, 0.36, 0.23, 0.36, 50, 310)]),
    "d": (0.42, [[(0.42, 1), (0.42, 0)], _ring(0.21, 0.36, 0.21, 0.36)]),
    "e": (0.44, [[(0.02, 0.38), *_arc(0.22, 0.36, 0.22, 0.36, 3, 310)]]),
    "f": (0.30, [[*_arc(0.28, 0.80, 0.16, 0.20, 80, 180), (0.12, 0)], [(0, 0.70), (0.28, 0.70)]]),
    "g": (0.42, [_ring(0.21, 0.36, 0.21, 0.36), [(0.42, 0.72), *_arc(0.21, -0.04, 0.21, 0.21, 0, -150)]]),
    "h": (0.40, [[(0, 1), (0, 0)], [*_arc(0.20, 0.48, 0.20, 0.24, 180, 0), (0.40, 0)]]),
    "i": (0.0, [[(0, 0), (0, 0.72)], [(0, 0.97), (0, 1.0)]]),
    "k": (0.38, [[(0, 0), (0, 1)], [(0.36, 0.72), (0, 0.30)], [(0.13, 0.46), (0.38, 0)]]),
    "l": (0.0, [[(0, 0), (0, 1)]]),
    "m": (0.64, [[(0, 0), (0, 0.72)], [*_arc(0.16, 0.52, 0.16, 0.20, 180, 0), (0.32, 0)],
                 [*_arc(0.48, 0.52, 0.16, 0.20, 180, 0), (0.64, 0)]]),
    "n": (0.40, [[(0, 0), (0, 0.72)], [*_arc(0.20, 0.48, 0.20, 0.24, 180, 0), (0.40, 0)]]),
    "o": (0.42, [_ring(0.21, 0.36, 0.21, 0.36)]),
    "r": (0.26, [[(0, 0), (0, 0.72)], _arc(0.22, 0.44, 0.22, 0.28, 180, 75)]),
    "s": (0.36, [_s(0.36, 0.72)]),
    "t": (0.28, [[(0.10, 0.95), *_arc(0.28, 0.18, 0.18, 0.18, 180, 285)], [(0, 0.70), (0.28, 0.70)]]),
    "u": (0.40, [[(0, 0.72), *_arc(0.20, 0.22, 0.20, 0.22, 180, 360), (0.40, 0.72)], [(0.40, 0.72), (0.40, 0)]]),
    "w": (0.60, [[(0, 0.72), (0.15, 0), (0.30, 0.60), (0.45, 0), (0.60, 0.72)]]),
    "x": (0.40, [[(0, 0), (0.40, 0.72)], [(0, 0.72), (0.40, 0)]]),
    "z": (0.38, [[(0, 0.72), (0.38, 0.72), (0, 0), (0.38, 0)]]),
    "0": (0.52, [_ring(0.26, 0.5, 0.26, 0.5)]),
    "1": (0.22, [[(0, 0.78), (0.22, 1), (0.22, 0)]]),
    "2": (0.50, [[*_arc(0.25, 0.73, 0.24, 0.27, 165, -35), (0, 0), (0.50, 0)]]),
    "3": (0.50, [[*_arc(0.24, 0.75, 0.23, 0.25, 150, -90)], [*_arc(0.24, 0.25, 0.26, 0.25, 90, -150)]]),
    "4": (0.56, [[(0.40, 0), (0.40, 1), (0, 0.28), (0.56, 0.28)]]),
    "5": (0.50, [[(0.46, 1), (0.07, 1), (0.03, 0.50), *_arc(0.23, 0.31, 0.27, 0.31, 125, -150)]]),
    "6": (0.52, [_ring(0.26, 0.31, 0.26, 0.31), [*_arc(0.42, 0.31, 0.42, 0.69, 180, 105)]]),
    "7": (0.50, [[(0, 1), (0.50, 1), (0.16, 0)]]),
    "8": (0.52, [_ring(0.26, 0.755, 0.22, 0.245), _ring(0.26, 0.265, 0.26, 0.265)]),
    "9": (0.52, [_ring(0.26, 0.69, 0.26, 0.31), [*_arc(0.10, 0.69, 0.42, 0.69, 0, -75)]]),
    "&": (0.62, [[(0.62, 0), (0.14, 0.66), *_arc(0.29, 0.80, 0.17, 0.20, 220, -60), (0.06, 0.36),
                  *_arc(0.24, 0.24, 0.24, 0.24, 150, 300), (0.60, 0.42)]]),
    ",": (0.06, [[(0.06, 0.04), (0, -0.16)]]),
}


@lru_cache(maxsize=128)
def segments(text: str) -> tuple[NDArray[np.float64], float]:
    """The strokes of a line of text from (0, 0): (S, 4) x0, y0, x1, y1 in heights of a capital, and its width.

    Raises:
        KeyError: for a character that has no strokes here.
    """
    rows: list[tuple[float, float, float, float]] = []
    x, gap = 0.0, 0.0
    for character in text:
        if character == " ":
            gap += _SPACE
            continue
        width, strokes = _GLYPHS[character]
        x += gap
        for stroke in strokes:
            rows += [(x + ax, ay, x + bx, by) for (ax, ay), (bx, by) in pairwise(stroke)
                     if math.hypot(bx - ax, by - ay) > _SHORTEST]
        x += width
        gap = _GAP
    table = np.array(rows, np.float64).reshape(-1, 4)
    table.flags.writeable = False
    return table, x


def depth_in_strokes(
    lines: NDArray[np.float64], half_width: float, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How deep points lie within a pen's strokes, negative outside.

    Args:
        lines: (S, 4) x0, y0, x1, y1.
        half_width: of the pen, in the same unit.
        x, y: (W,) columns and (H,) rows of a grid.

    Returns:
        (H, W).
    """
    nearest = np.full((len(y), len(x)), np.inf)
    for x0, y0, x1, y1 in lines.tolist():
        dx, dy = x1 - x0, y1 - y0
        along = (x[None, :] - x0) * dx + (y[:, None] - y0) * dy
        share = np.clip(along / (dx * dx + dy * dy), 0.0, 1.0)
        away_x, away_y = x[None, :] - x0 - share * dx, y[:, None] - y0 - share * dy
        np.minimum(nearest, away_x * away_x + away_y * away_y, out=nearest)
    return np.asarray(half_width - np.sqrt(nearest))
