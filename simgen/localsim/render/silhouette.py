"""Silhouettes: what of each object a camera sees, and what it would see if the object stood alone.

The same rays are cast as for the picture, against the object's own triangles only, so of an object which nothing hides
exactly its visible pixels are counted. Outside the window the pixel grid goes on. Large areas there are estimated on a
coarser grid; the edges are then looked for at every pixel between that estimate and the farthest corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgen.localsim.render.camera import Pinhole
from simgen.localsim.render.device import Device
from simgen.localsim.render.outline import Outline, outlines
from simgen.localsim.render.patches import Cover, Loner, Patch, Tracer
from simgen.localsim.render.raycast import Hits
from simgen.localsim.render.scene import Scene
from simgen.localsim.render.tracing import Caster
from simgen.localsim.window import Rect

MARGIN_PX = 2000            # beyond the window nothing is looked for
_OUTSIDE_SAMPLES = 32768    # about so many for one object outside the window


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One object in one camera; pixels count from the first one of a window of the picture.

    id:          actor id, or the number of a level object.
    is_level:    which of the two.
    is_cut:      it reaches behind the camera, or farther than ``MARGIN_PX`` beyond the window: ``outside_px`` and
                 ``edges_px`` then tell of less than the whole.
    visible_px:  its pixels in the window.
    inside_px:   pixels of the window that it would cover if it stood alone.
    outside_px:  pixels of the same grid that it would cover outside the window.
    edges_px:    left, top, right and bottom pixel of the whole silhouette, inside and outside.
    """

    id: int
    is_level: bool
    is_cut: bool
    visible_px: int
    inside_px: int
    outside_px: float
    edges_px: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False, slots=True)
class _Object:
    """An object, and what is known of its silhouette so far. Edges are pixels of the picture."""

    key: tuple[bool, int]
    loner: Loner
    outline: Outline
    visible_px: int = 0
    inside_px: int = 0
    outside_px: int = 0
    edges: tuple[float, float, float, float] = (math.inf, math.inf, -math.inf, -math.inf)

    def reaching(self, cover: Cover) -> _Object:
        """The same with its edges moved out to hold what was found in a patch."""
        if cover.edges is None:
            return self
        (left, top, right, bottom), (a, b, c, d) = self.edges, cover.edges
        return replace(self, edges=(min(left, a), min(top, b), max(right, c), max(bottom, d)))


def silhouettes(scene: Scene, camera: Pinhole, hits: Hits, window: Rect, carrier: int, caster: Caster,
                device: Device) -> list[Silhouette]:
    """Of every actor and level object (``Instance.level_id``) that covers a pixel of the window, by (is_level, id).

    hits: what the camera's own rays met. carrier: the actor that carries the camera, which is left out; 0 for none.
    """
    owner_of = np.full(len(scene.instances), -1, dtype=np.int32)
    objects = []
    for number, (key, members, outline) in enumerate(outlines(scene, camera, window, MARGIN_PX, carrier)):
        owner_of[members] = number
        objects.append(_Object(key, Loner(number, scene.alone(members), outline.reach_m), outline))
    tracer = Tracer(camera, hits, owner_of, caster, device)
    covers = tracer.look([Patch(one.loner, one.outline.rect.within(window), seen=True) for one in objects])
    inside = [replace(one.reaching(cover), visible_px=cover.visible_px, inside_px=cover.covered_px)
              for one, cover in zip(objects, covers, strict=True) if cover.covered_px]
    whole = _with_outer_edges(tracer, _with_outside(tracer, inside, window), window)
    return [_in_window(one, window) for one in whole]


def _with_outside(tracer: Tracer, objects: Sequence[_Object], window: Rect) -> list[_Object]:
    """Areas outside the window, each on a grid as fine as its size allows."""
    work = [(k, Patch(one.loner, piece, _step(one, window)))
            for k, one in enumerate(objects) for piece in one.outline.rect.without(window)]
    result = list(objects)
    for (k, _), cover in zip(work, tracer.look([patch for _, patch in work]), strict=True):
        result[k] = replace(result[k].reaching(cover), outside_px=result[k].outside_px + cover.covered_px)
    return result


def _step(one: _Object, window: Rect) -> int:
    outside = one.outline.rect.area - one.outline.rect.within(window).area
    return max(1, math.ceil(math.sqrt(outside / _OUTSIDE_SAMPLES)))


def _with_outer_edges(tracer: Tracer, objects: Sequence[_Object], window: Rect) -> list[_Object]:
    """Edges to the pixel where the grid outside was coarse: what lies farther out is looked at pixel by pixel."""
    work, result = [], []
    for k, one in enumerate(objects):
        # The middle of a cell may lie between two pixels; here the inner one counts, the band below holds the outer.
        left, top, right, bottom = (math.ceil(one.edges[0]), math.ceil(one.edges[1]),
                                    math.floor(one.edges[2]), math.floor(one.edges[3]))
        result.append(replace(one, edges=(left, top, right, bottom)))
        if one.outline.is_cut or _step(one, window) == 1:
            continue
        rect = one.outline.rect
        bands = (rect._replace(right=left), rect._replace(bottom=top),
                 rect._replace(left=right + 1), rect._replace(top=bottom + 1))
        work += [(k, Patch(one.loner, piece)) for band in bands for piece in band.without(window)]
    for (k, _), cover in zip(work, tracer.look([patch for _, patch in work]), strict=True):
        result[k] = result[k].reaching(cover)
    return result


def _in_window(one: _Object, window: Rect) -> Silhouette:
    left, top, right, bottom = one.edges
    is_level, number = one.key
    edges = (left - window.left, top - window.top, right - window.left, bottom - window.top)
    return Silhouette(number, is_level, one.outline.is_cut, one.visible_px, one.inside_px, float(one.outside_px), edges)
