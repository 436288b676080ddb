"""Paint on roads: lane lines, crosswalks, stop lines, as thin sheets just above the asphalt."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.opendrive.model import Lane, Road, RoadMark, RoadObject
from simgen.localsim.places.roadway import Stretch, Strip
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

PAINT_M = 0.004               # thickness; more than float32 and a tessellated surface could swallow
DOUBLE_GAP_M = 0.12           # between the two lines of a double one
EDGE_INSET_M = 0.10           # an outermost line keeps this distance from the asphalt's edge
CLEAR_OF_BARS_M = 0.4         # lane lines end this far before a crosswalk
SHORT_REST_M = 4.0            # lines are not taken up again for less
HEADROOM_M = 2.0              # surfaces higher above the road's own are another road's
BAR_M = 0.5                   # a crosswalk's bars and the gaps between them
DASHES_M = {"motorway": (6.0, 12.0), "rural": (4.0, 8.0)}     # line, gap; elsewhere as in towns
TOWN_DASHES_M = (3.0, 6.0)

# Which lines a mark consists of, from the road's centre outwards: is it dashed?
_LINES = {
    "solid": (False,),
    "broken": (True,),
    "botts dots": (True,),
    "solid solid": (False, False),
    "solid broken": (False, True),
    "broken solid": (True, False),
    "broken broken": (True, True),
}


def paint_lines(builder: MeshBuilder, stretch: Stretch) -> None:
    """Lane lines of one stretch; junctions stay bare, since the paths through them overlap."""
    if stretch.in_junction or not stretch.strips:
        return
    section, crossed = stretch.section, _crossed(stretch.road)
    strips = {strip.lane.id: strip for strip in stretch.strips}
    for lane in (*section.left, section.centre, *section.right):
        found = _border(stretch, strips, lane)
        if found is None:
            continue
        t, outwards, shift = found
        for mark, low, high in _spans(lane, stretch):
            lines = _LINES.get(mark.kind, ())
            width = mark.width if 0.02 < mark.width < 1.0 else 0.12
            inset = shift * (0.5 * width + EDGE_INSET_M)
            spread = (DOUBLE_GAP_M + width) * (np.arange(len(lines)) - 0.5 * (len(lines) - 1))
            for dashed, beside in zip(lines, spread, strict=True):
                pieces = _dashes(stretch.road, low, high) if dashed else iter([(low, high)])
                for start, end in _outside(pieces, crossed):
                    _ribbon(builder, stretch, t + inset + outwards * beside, start, end, width)


def paint_objects(builder: MeshBuilder, stretches: tuple[Stretch, ...], ground: Ground) -> None:
    """Crosswalks and stop lines; ``ground`` is the finished road surface."""
    for stretch in stretches:
        for thing in stretch.road.objects:
            if not stretch.s[0] <= thing.s <= stretch.s[-1]:
                continue
            what = f"{thing.subtype} {thing.name}".lower().replace("_", "")
            # A bridge over this road must not catch its paint.
            below = float(np.interp(thing.s, stretch.s, stretch.origin[:, 2])) + HEADROOM_M
            if thing.kind == "crosswalk":
                _bars(builder, _corners(stretch, thing), ground, below)
            elif thing.kind == "roadMark" and "stopline" in what.replace(" ", ""):
                _sheets(builder, _corners(stretch, thing)[None], ground, below)


def _border(stretch: Stretch, strips: dict[int, Strip], lane: Lane) -> tuple[Array, float, float] | None:
    """A lane's outer border: t (N,), the outward sign, and which way to shift it to stay on asphalt.

    None where the border has no asphalt on either side.
    """
    if lane.id == 0:
        left, right = strips.get(1), strips.get(-1)
        t, outwards = stretch.offset, 1.0
    elif lane.id > 0:
        left, right = strips.get(lane.id + 1), strips.get(lane.id)
        t, outwards = (right.t_left if right else stretch.offset), 1.0
    else:
        left, right = strips.get(lane.id), strips.get(lane.id - 1)
        t, outwards = (left.t_right if left else stretch.offset), -1.0
    own = lane.id == 0 or lane.id in strips
    on_left = left is not None and left.material == Material.ASPHALT
    on_right = right is not None and right.material == Material.ASPHALT
    if not own or not (on_left or on_right):
        return None
    return t, outwards, float(on_left) - float(on_right)


def _spans(lane: Lane, stretch: Stretch) -> Iterator[tuple[RoadMark, float, float]]:
    """Each mark of a lane with the stations between which it holds."""
    starts = [max(0.0, mark.s_offset) + stretch.section.start for mark in lane.marks]
    ends = [*starts, stretch.section.end][1:]
    for mark, start, end in zip(lane.marks, starts, ends, strict=True):
        if end - start > 0.05:
            yield mark, start, min(end, stretch.section.end)


def _crossed(road: Road) -> list[tuple[float, float]]:
    """Stretches of a road that its crosswalks take; short rests up to the road's ends included."""
    zones = []
    for thing in road.objects:
        if thing.kind == "crosswalk":
            along = [s for s, _ in thing.outline] or [thing.s - 0.5 * thing.width, thing.s + 0.5 * thing.width]
            low, high = min(along) - CLEAR_OF_BARS_M, max(along) + CLEAR_OF_BARS_M
            low = 0.0 if low < SHORT_REST_M else low
            zones.append((low, road.length if road.length - high < SHORT_REST_M else high))
    return sorted(zones)


def _outside(
    pieces: Iterator[tuple[float, float]], zones: list[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """What is left of lines between two stations when the zones are taken out."""
    for start, end in pieces:
        for low, high in zones:
            if min(end, low) - start > 0.1:
                yield start, min(end, low)
            start = max(start, high)
        if end - start > 0.1:
            yield start, end


def _dashes(road: Road, low: float, high: float) -> Iterator[tuple[float, float]]:
    """Dashes between two stations, in step over the whole road and symmetric to its middle."""
    dash, gap = DASHES_M.get(road.setting, TOWN_DASHES_M)
    period = dash + gap
    phase = 0.5 * (road.length - dash) % period - period
    for start in np.arange(phase, high, period):
        if min(start + dash, high) - max(start, low) > 0.1:
            yield max(float(start), low), min(float(start) + dash, high)


def _ribbon(builder: MeshBuilder, stretch: Stretch, t: Array, start: float, end: float, width: float) -> None:
    inside = stretch.s[(stretch.s > start + 1e-3) & (stretch.s < end - 1e-3)]
    s = np.concatenate([[start], inside, [end]])
    middle = np.interp(s, stretch.s, t)
    edges = [stretch.at(s, middle + side * 0.5 * width, PAINT_M) for side in (-1.0, 1.0)]
    uv = np.stack(np.broadcast_arrays(s[:, None], np.array([[-0.5, 0.5]]) * width), axis=-1)
    builder.grid(np.stack(edges, axis=1), uv, Material.ROAD_MARKING)


def _corners(stretch: Stretch, thing: RoadObject) -> Array:
    """World x, y (4, 2) of the smallest rectangle round an object, counter-clockwise."""
    if len(thing.outline) >= 3:
        st = np.array(thing.outline)
    else:
        u, v = 0.5 * thing.length * np.array([-1, 1, 1, -1]), 0.5 * thing.width * np.array([-1, -1, 1, 1])
        cos, sin = np.cos(thing.heading), np.sin(thing.heading)
        st = np.stack([thing.s + u * cos - v * sin, thing.t + u * sin + v * cos], axis=1)
    # Objects may reach beyond their road's end; the road is continued straight there.
    s = np.clip(st[:, 0], stretch.s[0], stretch.s[-1])
    world = stretch.at(s, st[:, 1])[:, :2]
    heading = np.interp(s, stretch.s, stretch.heading)
    world += (st[:, 0] - s)[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    centre = world.mean(axis=0)
    box = cv2.boxPoints(cv2.minAreaRect((world - centre).astype(np.float32))).astype(np.float64)
    (ax, ay), (bx, by) = box[1] - box[0], box[2] - box[1]
    return np.asarray((box if ax * by > ay * bx else box[::-1]) + centre)


def _bars(builder: MeshBuilder, corners: Array, ground: Ground, below: float) -> None:
    """A crosswalk's bars: they lie across the rectangle's longer sides."""
    a, b, c, d = corners
    if np.linalg.norm(b - a) < np.linalg.norm(c - b):
        a, b, c, d = b, c, d, a
    length = float(np.linalg.norm(b - a))
    count = int((length + BAR_M) / (2.0 * BAR_M))
    if count < 1:
        return
    start = (0.5 * (length - (2 * count - 1) * BAR_M) + 2.0 * BAR_M * np.arange(count)) / length
    end = start + BAR_M / length
    rectangles = np.stack([a + np.outer(start, b - a), a + np.outer(end, b - a), d + np.outer(end, c - d),
                           d + np.outer(start, c - d)], axis=1)
    _sheets(builder, rectangles, ground, below)


def _sheets(builder: MeshBuilder, rectangles: Array, ground: Ground, below: float) -> None:
    """Painted rectangles (K, 4, 2) laid on the ground; those that do not lie wholly on asphalt are left out."""
    inner = rectangles * 0.98 + rectangles.mean(axis=1, keepdims=True) * 0.02
    on_asphalt = np.all(ground.surface(inner.reshape(-1, 2), below).reshape(-1, 4) == Material.ASPHALT, axis=1)
    for a, b, c, d in rectangles[on_asphalt]:
        n, m = (max(2, int(np.ceil(np.linalg.norm(x) / 0.6)) + 1) for x in (b - a, d - a))
        u, v = np.linspace(0.0, 1.0, n)[:, None, None], np.linspace(0.0, 1.0, m)[None, :, None]
        xy = (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v
        z = ground.height(xy.reshape(-1, 2), below)
        if np.isnan(z).any():
            continue
        points = np.concatenate([xy, z.reshape(n, m, 1) + PAINT_M], axis=-1)
        uv = np.stack(np.broadcast_arrays(u[..., 0] * np.linalg.norm(b - a), v[..., 0] * np.linalg.norm(d - a)), -1)
        builder.grid(points, uv, Material.ROAD_MARKING)
