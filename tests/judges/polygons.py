"""Overlap of rotated rectangles by exact polygon clipping."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]


def rectangle(x: float, y: float, along: float, across: float, angle: float) -> list[Point]:
    """Corners, counter-clockwise, of a rectangle round (x, y) whose first side has the direction ``angle``."""
    c, s = math.cos(angle), math.sin(angle)
    halves = ((along / 2, across / 2), (-along / 2, across / 2), (-along / 2, -across / 2), (along / 2, -across / 2))
    return [(x + c * a - s * b, y + s * a + c * b) for a, b in halves]


def area(polygon: Sequence[Point]) -> float:
    """Shoelace formula; positive for counter-clockwise corners."""
    return 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True))


def intersection(subject: Sequence[Point], clip: Sequence[Point]) -> list[Point]:
    """What two convex counter-clockwise polygons share (Sutherland and Hodgman, 1974)."""
    kept = list(subject)
    for a, b in zip(clip, [*clip[1:], *clip[:1]], strict=True):
        corners, kept = kept, []
        for p, q in zip(corners, [*corners[1:], *corners[:1]], strict=True):
            p_side, q_side = _side(a, b, p), _side(a, b, q)
            if p_side >= 0:
                kept.append(p)
            if (p_side > 0) != (q_side > 0) and p_side != q_side:
                share = p_side / (p_side - q_side)
                kept.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
    return kept


def shared_area(a: Sequence[Point], b: Sequence[Point]) -> float:
    """Area that two convex counter-clockwise polygons share."""
    return max(area(found), 0.0) if len(found := intersection(a, b)) > 2 else 0.0


def _side(a: Point, b: Point, p: Point) -> float:
    """Positive if p is to the left of the line from a to b."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
