"""How much of an actor is hidden, counted in pixels."""

from __future__ import annotations

import math

import numpy as np

from simgen.label.extent import Extent, View
from simgen.label.sighting import Sighting
from simgen.label.tables import silhouette

_MOST_PIXELS = 40_000           # near actors are counted on a coarser grid, as good and ten times faster
_CLEARLY_NEARER_M = 0.1         # the expected silhouette is a proxy; what touches it hides nothing
_MOSTLY_VISIBLE, _HALF_VISIBLE = 0.8, 0.4


def visible_fraction(extent: Extent, shape: str, view: View, sighting: Sighting) -> float | None:
    """Own pixels against own pixels and those that something nearer has taken.

    A foreign pixel counts if it lies in the expected silhouette (the sub-boxes of ``shape``) and is nearer
    than the body would be there. What shows through gaps of the body is farther away and counts neither way;
    what lies outside the picture belongs to truncation and does not count either.

    Returns:
        0…1; None if it cannot be known: no instance or depth picture, or not a pixel to count.
    """
    region, own, depth_m = sighting.region, sighting.own, sighting.depth_m
    if region is None or own is None or depth_m is None:
        return None
    step = max(1, math.isqrt(own.size // _MOST_PIXELS))
    own, depth_m = own[::step, ::step], depth_m[::step, ::step]
    body = view.entry_depth([extent.part(sub) for sub in silhouette(shape)], region, step)
    hidden = np.isfinite(body) & ~own & (depth_m < body - _CLEARLY_NEARER_M)
    visible_count, hidden_count = np.count_nonzero(own), np.count_nonzero(hidden)
    if visible_count + hidden_count == 0:
        return None
    return float(visible_count / (visible_count + hidden_count))


def occlusion(fraction: float | None) -> int:
    """KITTI's column from the visible fraction: 0 from 0.8 on, 1 from 0.4 on, 2 below, 3 unknown."""
    if fraction is None:
        return 3
    if fraction >= _MOSTLY_VISIBLE:
        return 0
    return 1 if fraction >= _HALF_VISIBLE else 2
