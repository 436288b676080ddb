"""How much of an actor is hidden, counted in pixels."""

from __future__ import annotations

import math

import numpy as np

from simgen.label.extent import Extent, View
from simgen.label.sighting import Sighting
from simgen.label.tables import silhouette

_MOST_PIXELS = 40_000           # near actors are counted on a coarser grid, as good and ten times faster
_CLEARLY_NEARER_M = 0.1         # the expected silhouette is a proxy; what touches it hides nothing
_USUAL_WEIGHT = 0.25            # of the usual share, where the measured one's weight is the share that is free
_MOSTLY_VISIBLE, _HALF_VISIBLE = 0.8, 0.4


def visible_fraction(extent: Extent, shape: str, view: View, sighting: Sighting) -> float | None:
    """Own pixels against own pixels and those that something nearer has taken: v = O / (O + fill · F).

    F counts the foreign pixels that lie in the expected silhouette (the parts of ``shape``) and are nearer than
    the body would be there. A body does not fill its silhouette, so F is weighted with the share of it that own
    pixels cover where nothing is in front, averaged with the usual share: bodies are not equally dense all over,
    and the less is free, the less it says about the rest. What shows through gaps is farther away and counts
    neither way. What lies outside the picture belongs to truncation.

    Returns:
        0…1; None if it cannot be known: no instance or depth picture, or not a pixel to count.
    """
    region, own, depth_m = sighting.region, sighting.own, sighting.depth_m
    if region is None or own is None or depth_m is None:
        return None
    step = max(1, math.isqrt(own.size // _MOST_PIXELS))
    own, depth_m = own[::step, ::step], depth_m[::step, ::step]
    expected = silhouette(shape)
    body = view.entry_depth([extent.part(part) for part in expected.parts], region, step)
    covered = np.isfinite(body)
    hidden = int(np.count_nonzero(covered & ~own & (depth_m < body - _CLEARLY_NEARER_M)))
    visible, total = int(np.count_nonzero(own)), int(np.count_nonzero(covered))
    if visible + hidden == 0:
        return None
    usual = _USUAL_WEIGHT * total
    fill = (np.count_nonzero(own & covered) + usual * expected.fill) / (total - hidden + usual) if hidden else 1.0
    return float(visible / (visible + fill * hidden)) if visible else 0.0


def occlusion(fraction: float | None) -> int:
    """KITTI's column from the visible fraction: 0 from 0.8 on, 1 from 0.4 on, 2 below, 3 unknown."""
    if fraction is None:
        return 3
    if fraction >= _MOSTLY_VISIBLE:
        return 0
    return 1 if fraction >= _HALF_VISIBLE else 2
