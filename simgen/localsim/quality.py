"""How much work goes into a picture: the ladder from which a simulator's user picks one rung.

Quality is about RGB pictures alone. Depth, tags, ids, silhouettes and LiDAR returns come from the same rays in every
quality, and are the same to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Quality:
    """What a picture is made with.

    lit:              False: no light at all; each surface in its plain colour, shaded by the way it faces.
    sky_rays:         rays to the sky a pixel; the smoothing makes one do.
    bounce:           what a sky ray meets sends its own colour back, as the sun lights it; else a usual grey.
    sky_reach_m:      how far a thing may be and still darken a corner.
    coarse:           lamps, sky and mirrors are looked at for one pixel in four, and spread over the others.
    smoothing_steps:  distances of the smoothing passes, px.
    edge_samples:     extra rays for each pixel on an edge.
    edge_filter:      edges are made smooth from the picture alone. Without both they stay jagged.
    """

    lit: bool = True
    sky_rays: int = 1
    bounce: bool = True
    sky_reach_m: float = 14.0
    coarse: bool = False
    smoothing_steps: tuple[int, ...] = (1, 2, 4)
    edge_samples: int = 2
    edge_filter: bool = False

    def __post_init__(self) -> None:
        if self.edge_filter and self.edge_samples:
            raise ValueError("edges are made smooth by more rays or by a filter, not by both")


LADDER: Mapping[str, Quality] = MappingProxyType({
    "labels": Quality(lit=False, sky_rays=0, smoothing_steps=(), edge_samples=0),
    "fast": Quality(bounce=False, coarse=True, smoothing_steps=(2, 4), edge_samples=0, edge_filter=True),
    STANDARD: Quality(),
    "high": Quality(sky_rays=4, edge_samples=4),
})
