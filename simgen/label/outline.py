"""Sides of a body that nobody measured, found from the outline of its whole silhouette.

The rectangle round a silhouette is four planes through the camera, and the body touches each of them. Where on a plane
it does is not known; but a body of a known shape (``bodies.yaml``) in a box that fits casts an outline whose edges are
known to a few per cent. So the sides that were not measured are moved from where a body of the table has them to where
the shape's outline is most likely the silhouette's: the maximum a posteriori estimate for Gaussian errors, by
Gauss-Newton steps (Bell and Cathey 1993, "The iterated Kalman filter update as a Gauss-Newton method").

Faces are numbered 0…2 for the low and 3…5 for the high side along x, y and z; edges left, top, right, bottom.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simgen.label.extent import Extent, View
from simgen.label.tables import SubBox, expected_shape

UNDERSIDE, _FIRST_HIGH = 2, 3
Edges = tuple[float, float, float, float]

_NEAREST_M = 0.3                # with a corner nearer than this, outlines say nothing of sides
_STEPS = 4
# How far a side that nobody measured is from where it is expected, in shares of length, width and height.
_DOUBT = np.array([0.025, 0.025, 0.03])
_DOUBT_OF_WALKERS = np.array([0.15, 0.08, 0.04])        # whose arms and legs swing
# An outline against its shape's, over the bodies of the built-in simulator in any pose: mean and spread, in shares of
# its width (left, right) and height (top, bottom). It lies that much within, as parts have corners and bodies have not;
# so more where a body is seen cornerwise (the second, times the lesser side's share of the width).
_WITHIN = np.array([0.01, 0.003, 0.01, 0.018]), np.array([0.08, 0.0, 0.08, 0.0])
_SPREAD = np.array([0.012, 0.015, 0.012, 0.03]), np.array([0.1, 0.0, 0.1, 0.0])
_SPREAD_OF_WALKERS = np.array([0.04, 0.015, 0.04, 0.03]), np.zeros(4)
_PIXEL_SPREAD = 0.4             # of an outline whose outermost pixel is known
_EDGES, _AXES = np.arange(4), np.array([0, 1, 0, 1])    # left, top, right, bottom; of the picture's x and y
_OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])
_HALF_PIXEL = 0.5               # by which an outline reaches beyond its outermost pixel's centre, on average
_LEAST_LEVERAGE = 0.1           # of the largest: a face that moves an edge less than this is not moved for it
_BOX: tuple[SubBox, ...] = ((-0.5, 0.5, -0.5, 0.5, 0.0, 1.0),)


def fit_to_outline(
    start: Extent, free: NDArray[np.bool_], holds: NDArray[np.float64], bounds: Extent, shape: str, view: View,
    edges_px: Edges,
) -> Extent:
    """The extent whose shape has this outline, as near to ``start`` as that allows.

    Args:
        start: what was measured, and the table's where nothing was.
        free: (6,) which faces nobody measured. The others keep their place, unless the silhouette reaches beyond the
            box all the same.
        holds: (6,) where the faces lie at least; bounds: and at most.
        shape: a key of ``expected_shape``.
        edges_px: left, top, right, bottom outermost pixels of the whole silhouette, not clipped to the picture.

    Returns:
        An extent whose projection holds the silhouette, as far as ``bounds`` let it; ``start`` if it is next to the
        camera.
    """
    observed = np.array(edges_px)
    faces = _within(np.concatenate([start.low, start.high]), holds, bounds)
    if free.any():
        faces = _most_likely(faces, free, holds, bounds, shape, view, observed + _HALF_PIXEL * _OUTWARDS)
    faces = _holding(faces, free, holds, bounds, view, observed)
    return Extent(faces[:3], faces[3:])


def shape_outline(extent: Extent, shape: str, view: View) -> NDArray[np.float64] | None:
    """(4,) left, top, right, bottom outermost pixels of a body of this shape, on average, not clipped to the picture.

    None if it is next to the camera.
    """
    found = _outline(np.concatenate([extent.low, extent.high]), expected_shape(shape).parts, view)
    return None if found is None else _likely(found[0], _cornerwise(extent.size_lwh_m, view)) - _HALF_PIXEL * _OUTWARDS


def _likely(edges: NDArray[np.float64], cornerwise: float) -> NDArray[np.float64]:
    return np.asarray(edges - _OUTWARDS * (_WITHIN[0] + cornerwise * _WITHIN[1]) * _spans(edges))


def _cornerwise(size_lwh_m: NDArray[np.float64], view: View) -> float:
    """Which share of the width that a box shows is its lesser side's: 0 from straight ahead, to 0.5."""
    x, y, _ = np.abs(view.camera_place_m())
    side, end = float(size_lwh_m[0] * y), float(size_lwh_m[1] * x)
    return min(side, end) / (side + end) if side + end else 0.0


def _spans(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.tile([edges[2] - edges[0], edges[3] - edges[1]], 2)


def _most_likely(
    start: NDArray[np.float64], free: NDArray[np.bool_], holds: NDArray[np.float64], bounds: Extent, shape: str,
    view: View, observed: NDArray[np.float64],
) -> NDArray[np.float64]:
    parts, size = expected_shape(shape).parts, start[3:] - start[:3]
    cornerwise = _cornerwise(size, view)
    base, more = _SPREAD_OF_WALKERS if shape == "walker" else _SPREAD
    spread = base + cornerwise * more
    doubt = np.where(free, np.tile((_DOUBT_OF_WALKERS if shape == "walker" else _DOUBT) * size, 2), 0.0) ** 2
    faces = start
    for _ in range(_STEPS):
        found = _outline(faces, parts, view)
        if found is None:
            return start
        edges, slopes = found
        noise = np.diag((spread * _spans(edges)) ** 2 + _PIXEL_SPREAD**2)
        gain = doubt[:, None] * slopes.T @ np.linalg.inv(slopes * doubt @ slopes.T + noise)
        missed = observed - _likely(edges, cornerwise) + slopes @ (faces - start)
        faces = _within(start + gain @ missed, holds, bounds)
    return faces


def _holding(
    faces: NDArray[np.float64], free: NDArray[np.bool_], holds: NDArray[np.float64], bounds: Extent, view: View,
    observed: NDArray[np.float64],
) -> NDArray[np.float64]:
    """With faces moved out until the projected box holds the silhouette: those that nobody measured before others."""
    for edge in range(4):
        found = _outline(faces, _BOX, view)
        if found is None:
            return faces
        edges, slopes = found
        missing = _OUTWARDS[edge] * (observed[edge] - edges[edge])
        if missing <= 0:
            continue
        outwards = np.repeat([-1.0, 1.0], 3) * slopes[edge] * _OUTWARDS[edge]       # px a metre that a face moves out
        helpful = outwards > _LEAST_LEVERAGE * np.abs(slopes[edge]).max()
        candidates = helpful & free if (helpful & free).any() else helpful
        face = int(np.argmax(np.where(candidates, outwards, 0.0)))
        moved = faces.copy()
        moved[face] += (-1.0 if face < _FIRST_HIGH else 1.0) * missing / outwards[face]
        faces = _within(moved, holds, bounds)
    return faces


def _within(faces: NDArray[np.float64], holds: NDArray[np.float64], bounds: Extent) -> NDArray[np.float64]:
    low, high = np.minimum(faces[:3], holds[:3]), np.maximum(faces[3:], holds[3:])
    return np.concatenate([np.maximum(low, bounds.low), np.minimum(high, bounds.high)])


def _outline(
    faces: NDArray[np.float64], parts: tuple[SubBox, ...], view: View
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The edges (4,) of the rectangle round projected parts, and how they move (4, 6) with each face, px/m.

    None if a corner is next to the camera or behind it.
    """
    weights = _high_weights(parts)
    optical = view.camera_from_stand.apply(faces[:3] * (1 - weights) + faces[3:] * weights)
    if optical[:, 2].min() < _NEAREST_M:
        return None
    camera, rotation = view.intrinsics, view.camera_from_stand.rotation
    pixels = camera.project(optical)
    outermost = np.concatenate([pixels.argmin(axis=0), pixels.argmax(axis=0)])
    points, shares = optical[outermost], weights[outermost]
    depth = points[:, 2:]
    slopes = camera.f * (rotation[_AXES] - rotation[2] * points[_EDGES, _AXES, None] / depth) / depth
    return pixels[outermost, _AXES], np.concatenate([slopes * (1 - shares), slopes * shares], axis=1)


@cache
def _high_weights(parts: tuple[SubBox, ...]) -> NDArray[np.float64]:
    """(8 · parts, 3) for each corner, the share of the way from the low to the high face along x, y and z."""
    return np.array([corner for part in parts for corner in product(*_sides(part))])


def _sides(part: SubBox) -> tuple[tuple[float, float], ...]:
    """A part's sides along x, y and z as shares of the way from the low face to the high one."""
    x0, x1, y0, y1, z0, z1 = part
    return (x0 + 0.5, x1 + 0.5), (y0 + 0.5, y1 + 0.5), (z0, z1)
