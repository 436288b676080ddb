"""How much of an object is hidden, estimated by counting pixels where the simulator does not count its silhouette."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.label.extent import Extent, Region, View
from simgen.label.sighting import Sighting
from simgen.label.tables import expected_shape

ROWS, BANDS = 5, 4              # cells of a shape's rectangle: from top to bottom, and from its middle to its sides
_MOST_PIXELS = 40_000           # near objects are counted on a coarser grid, as good and ten times faster
_CLEARLY_NEARER_M = 0.1         # the expected shape stands in for the body; what touches it hides nothing
_USUAL_WEIGHT = 0.25            # of the usual density, where the measured one's weight is the share that is free
_LEAST_DENSITY = 0.02           # in some pose a body is anywhere in its shape
_MOSTLY_VISIBLE, _HALF_VISIBLE = 0.8, 0.4


def visible_fraction(extent: Extent, shape: str, view: View, sighting: Sighting) -> float | None:
    """Own pixels against own pixels and those that something nearer has taken: v = O / (O + H).

    Foreign pixels that lie in the expected shape (its parts) and are nearer than the body would be there hide it. But a
    body does not fill its shape, and is denser in the middle than at the sides: so H is the sum of the shape's density
    over these pixels, times how much more or less of the free pixels are its own than the density says. The less is
    free, the less that says of the rest, so it is averaged with 1. What shows through gaps is farther away and counts
    neither way. What lies outside the picture belongs to truncation.

    Returns:
        0…1; None if it cannot be known: no instance or depth picture, or not a pixel to count.
    """
    region, own, depth_m = sighting.region, sighting.own, sighting.depth_m
    if region is None or own is None or depth_m is None:
        return None
    step = max(1, math.isqrt(own.size // _MOST_PIXELS))
    own, depth_m = own[::step, ::step], depth_m[::step, ::step]
    expected = expected_shape(shape)
    body = view.entry_depth([extent.part(part) for part in expected.parts], region, step)
    covered = np.isfinite(body)
    hidden = covered & ~own & (depth_m < body - _CLEARLY_NEARER_M)
    visible = int(np.count_nonzero(own))
    if not visible:
        return 0.0 if hidden.any() else None
    if not hidden.any():
        return 1.0
    densities = np.maximum(np.array(expected.density, dtype=np.float64).ravel(), _LEAST_DENSITY)
    density = densities[cells(view, extent, region, step)]
    usual = _USUAL_WEIGHT * float(density[covered].sum())
    denser = (np.count_nonzero(own & covered) + usual) / (float(density[covered & ~hidden].sum()) + usual)
    return float(visible / (visible + denser * float(density[hidden].sum())))


def cells(view: View, extent: Extent, region: Region, step: int) -> NDArray[np.intp]:
    """(h, w) in which cell, row · BANDS + band, each ``step``-th pixel of a region lies.

    Rows divide the rectangle round the extent's projection from top to bottom, bands its halves from the middle out.
    """
    rectangle = view.image_box(extent)
    if rectangle is None:
        raise ValueError("an extent behind the camera has no rectangle")
    across = np.arange(region.left, region.right, step) - (rectangle.left + rectangle.right) / 2
    down = (np.arange(region.top, region.bottom, step) - rectangle.top) / (rectangle.bottom - rectangle.top)
    aside = np.abs(across) / ((rectangle.right - rectangle.left) / 2)
    row = np.clip(ROWS * down, 0, ROWS - 1).astype(np.intp)
    band = np.clip(BANDS * aside, 0, BANDS - 1).astype(np.intp)
    return np.asarray(row[:, None] * BANDS + band)


def occlusion(fraction: float | None) -> int:
    """KITTI's column from the visible fraction: 0 from 0.8 on, 1 from 0.4 on, 2 below, 3 unknown."""
    if fraction is None:
        return 3
    if fraction >= _MOSTLY_VISIBLE:
        return 0
    return 1 if fraction >= _HALF_VISIBLE else 2
