"""What of an object is hidden or outside the picture, estimated where the simulator does not count its silhouette."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.label.densities import Fill, usual_density
from simgen.label.extent import Extent, Region, View
from simgen.label.outline import Edges, shape_outline
from simgen.label.sighting import Sighting
from simgen.label.tables import expected_shape

ROWS, BANDS = 5, 4              # cells of a shape's rectangle: from top to bottom, and from its middle to its sides
_MOST_PIXELS = 40_000           # near objects are counted on a coarser grid, as good and ten times faster
_CLEARLY_NEARER_M = 0.1         # the expected shape stands in for the body; what touches it hides nothing
_USUAL_WEIGHT = 0.25            # of the usual density, where the measured one's weight is the share that is free
_LIKELY_DENSITY = 0.1           # where a body is more often than this, its outline may be
_MOST_BEYOND_PX = 4000          # farther beside the picture nothing is counted
_FEWEST_TOLD = 100              # pixels of a body that tells how its like fill their shape
_MOSTLY_VISIBLE, _HALF_VISIBLE = 0.8, 0.4


@dataclass(frozen=True, slots=True)
class Estimate:
    """An object's silhouette, as ``simgen.frame.Label`` tells it; each None if it cannot be known.

    visible_px: its own pixels, where the simulator counted them.
    fill: how it fills its expected shape, where that was looked at and it was seen as a whole.
    """

    visible_fraction: float | None = None
    silhouette_px: int | None = None
    outside_fraction: float | None = None
    amodal_bbox_px: Edges | None = None
    visible_px: int | None = None
    fill: Fill | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Grid:
    """Each ``step``-th row and column of a region: where the expected shape is, how deep, in which of its cells, and
    how dense it is there (h, w)."""

    region: Region
    step: int
    depth_m: NDArray[np.float32]
    cell: NDArray[np.intp]
    density: NDArray[np.float64]

    @property
    def covered(self) -> NDArray[np.bool_]:
        return np.isfinite(self.depth_m)

    def fill(self, own: NDArray[np.bool_]) -> Fill:
        """What a body with these own pixels (h, w) fills of the shape."""
        covered, count = self.covered, ROWS * BANDS
        return Fill(*(np.bincount(self.cell[of], minlength=count) / np.count_nonzero(covered)
                      for of in (own & covered, covered)))

    def bounds(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(4,) edge pixels of a part of the grid; turned inside out if it is empty."""
        if not mask.any():
            return np.array([np.inf, np.inf, -np.inf, -np.inf])
        columns, rows = np.flatnonzero(mask.any(axis=0)) * self.step, np.flatnonzero(mask.any(axis=1)) * self.step
        left, top = self.region.left, self.region.top
        return np.array([left + columns[0], top + rows[0], left + columns[-1], top + rows[-1]], dtype=np.float64)


def estimate(
    extent: Extent, shape: str, view: View, sighting: Sighting, density: NDArray[np.float64] | None = None
) -> Estimate:
    """Own pixels, and what the body's expected shape says of those that something nearer took or that lie outside.

    The visible share is own pixels against own pixels and hidden ones: v = O / (O + H). Foreign pixels that lie in the
    expected shape (its parts) and are nearer than the body would be there hide it. But a body does not fill its shape,
    and is denser in the middle than at the sides: so H is the sum of the shape's density over these pixels, times how
    much more or less of the free pixels are its own than the density says. The less is free, the less that says of the
    rest, so it is averaged with 1. What shows through gaps is farther away and counts neither way. What lies outside
    the picture is counted alike, and belongs to truncation. The amodal box holds the own pixels, and where something
    hides the shape or the picture ends, the shape's outline.

    Args:
        density: (ROWS · BANDS,) by cell of the shape; the table's if None.

    Returns:
        Nothing known without an instance or depth picture, or a pixel to count. Of what reaches behind the camera there
        is no amodal box, and the share outside is a lower bound.
    """
    region, own, depth_m = sighting.region, sighting.own, sighting.depth_m
    if region is None or own is None or depth_m is None:
        return Estimate()
    density = usual_density(shape) if density is None else density
    inside = _grid(extent, shape, view, region, density)
    own, depth_m = own[::inside.step, ::inside.step], depth_m[::inside.step, ::inside.step]
    hidden = inside.covered & ~own & (depth_m < inside.depth_m - _CLEARLY_NEARER_M)
    visible, hides = int(np.count_nonzero(own)), bool(hidden.any())
    if not visible and not hides:
        return Estimate()
    usual = _USUAL_WEIGHT * float(inside.density[inside.covered].sum())
    free = float(inside.density[inside.covered & ~hidden].sum())
    denser = (np.count_nonzero(own & inside.covered) + usual) / (free + usual) if usual else 1.0
    taken = denser * float(inside.density[hidden].sum())
    fraction = visible / (visible + taken) if hides else 1.0
    inside_px = sighting.visible_px + taken * inside.step**2 if hides else float(sighting.visible_px)
    likely = inside.bounds(hidden & (inside.density >= _LIKELY_DENSITY))
    outside_px = 0.0
    outer = _outer_region(extent, view)
    if outer is not None:
        grid = _grid(extent, shape, view, outer, density)
        beyond = grid.covered & ~_in_picture(grid, view)
        outside_px = denser * float(grid.density[beyond].sum()) * grid.step**2
        likely = _round_both(likely, grid.bounds(beyond & (grid.density >= _LIKELY_DENSITY)))
    whole = not hides and outer is None and sighting.visible_px >= _FEWEST_TOLD and bool(inside.covered.any())
    return Estimate(fraction, max(1, round(inside_px)), outside_px / (inside_px + outside_px),
                    _amodal(likely, extent, shape, view, sighting), fill=inside.fill(own) if whole else None)


def _grid(extent: Extent, shape: str, view: View, region: Region, density: NDArray[np.float64]) -> _Grid:
    expected = expected_shape(shape)
    height, width = region.bottom - region.top, region.right - region.left
    step = max(1, math.isqrt(height * width // _MOST_PIXELS))
    depth_m = view.entry_depth([extent.part(part) for part in expected.parts], region, step)
    cell = cells(view, extent, region, step)
    return _Grid(region, step, depth_m, cell, density[cell])


def _outer_region(extent: Extent, view: View) -> Region | None:
    """The pixels of a body on the picture's grid continued; None if all are in the picture."""
    rectangle, camera = view.image_box(extent), view.intrinsics
    if rectangle is None or rectangle == rectangle.clipped(camera.width, camera.height):
        return None
    return Region(
        max(-_MOST_BEYOND_PX, math.floor(rectangle.left)), max(-_MOST_BEYOND_PX, math.floor(rectangle.top)),
        min(camera.width + _MOST_BEYOND_PX, math.ceil(rectangle.right) + 1),
        min(camera.height + _MOST_BEYOND_PX, math.ceil(rectangle.bottom) + 1),
    )


def _in_picture(grid: _Grid, view: View) -> NDArray[np.bool_]:
    region, camera = grid.region, view.intrinsics
    columns, rows = np.arange(region.left, region.right, grid.step), np.arange(region.top, region.bottom, grid.step)
    within = (columns >= 0) & (columns < camera.width)
    return np.asarray(((rows >= 0) & (rows < camera.height))[:, None] & within)


def _amodal(
    likely: NDArray[np.float64], extent: Extent, shape: str, view: View, sighting: Sighting
) -> Edges | None:
    """Round own pixels, and what else is likely, as far as such a body's outline reaches."""
    outline = shape_outline(extent, shape, view)
    if outline is None:
        return None
    likely = np.concatenate([np.maximum(likely[:2], outline[:2]), np.minimum(likely[2:], outline[2:])])
    own = sighting.visible_bbox_px()
    left, top, right, bottom = likely if own is None else _round_both(likely, np.array(own, dtype=np.float64))
    return (float(left), float(top), float(right), float(bottom)) if left <= right and top <= bottom else None


def _round_both(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.minimum(one[:2], other[:2]), np.maximum(one[2:], other[2:])])


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
