"""Walls with openings: windows set back behind reveals, sills, doors, balconies; what stands out from a wall."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.styles import Paint, Pane, Style

Array = NDArray[np.float64]

REVEAL_M = 0.16           # how deep a pane lies behind the wall
DOOR_M = (1.1, 2.25)
BALCONY_M = (1.05, 0.16)  # how far its slab stands out, how thick it is
RAILING_M = 1.0
BAR_SPACING_M = 0.125
SHUTTER_OUT_M = 0.035
SURROUND_M = (0.14, 0.035)      # width of a window's raised frame, how far it stands out


@dataclass(frozen=True, eq=False, slots=True)
class Wall:
    """A vertical rectangle: ``origin`` (3,) is its lower left corner seen from outside, ``along`` (3,) points right."""

    origin: Array
    along: Array
    width: float
    material: Material
    colour: float

    def points(self, x: Array, z: Array, out: Array | float = 0.0) -> Array:
        """World points (…, 3) at ``x`` along, ``z`` up and ``out`` in front of the wall."""
        x, z, o = np.broadcast_arrays(x, z, out)
        # The outward normal of a vertical wall is its direction turned by a quarter to the right.
        ax, ay, _ = self.along
        x0, y0, z0 = self.origin
        return np.stack([x0 + x * ax + o * ay, y0 + x * ay - o * ax, z0 + z], axis=-1)


def plain(builder: MeshBuilder, wall: Wall, low: float, high: float) -> None:
    """The wall without openings between two heights."""
    sheets(builder, wall, np.array([[0.0, wall.width, low, high]]), wall.material, wall.colour)


def bays_of(width: float, bay_m: float) -> int:
    """How many windows stand side by side on a wall."""
    return max(1, round(width / bay_m))


def storey(
    builder: MeshBuilder,
    wall: Wall,
    low: float,
    high: float,
    style: Style,
    rng: np.random.Generator,
    door: bool = False,
    trimmed: bool = False,
    balconies: NDArray[np.bool_] | None = None,
) -> None:
    """One row of windows between two heights.

    door:       the middle bay holds a door.
    trimmed:    with the style's surrounds and shutters: walls towards the street.
    balconies:  (bays,) which of them have one, and a window down to the floor.
    """
    bays = bays_of(wall.width, style.bay_m)
    wide = wall.width / bays
    left = wide * np.arange(bays)
    opening = min(style.window_m[0], (0.9 if style.pane == Pane.OFFICE else 0.58) * wide)
    x0 = left + 0.5 * (wide - opening)
    x1, z0 = x0 + opening, np.full(bays, low + style.window_m[1])
    z1 = np.minimum(z0 + style.window_m[2], high - 0.3)
    if balconies is not None:
        z0[balconies] = low + 0.06
    is_door = np.zeros(bays, bool)
    if door:
        middle = bays // 2
        is_door[middle] = True
        x0[middle] = left[middle] + 0.5 * (wide - DOOR_M[0])
        x1[middle], z0[middle], z1[middle] = x0[middle] + DOOR_M[0], low + 0.02, low + DOOR_M[1]
    right, bottom, top = left + wide, np.full(bays, low), np.full(bays, high)
    around = np.concatenate([
        np.stack([left, x0, bottom, top], 1), np.stack([x1, right, bottom, top], 1),
        np.stack([x0, x1, bottom, z0], 1), np.stack([x0, x1, z1, top], 1),
    ])
    sheets(builder, wall, around, wall.material, wall.colour)
    openings = np.stack([x0, x1, z0, z1], 1)
    reveals(builder, wall, openings)
    on_floor = is_door if balconies is None else is_door | balconies
    panes(builder, wall, openings[~is_door], style.pane, style.paint, rng)
    _sills(builder, wall, openings[~on_floor])
    kind = 0 if style.pane in (Pane.CROSS, Pane.BARS) else int(rng.integers(1, 3))
    sheets(builder, wall, openings[is_door], Material.DOOR, kind + 0.999 * rng.random(), -REVEAL_M)
    if trimmed and style.surrounds:
        _surrounds(builder, wall, openings)
    if trimmed and style.shutters:
        _shutters(builder, wall, openings[~on_floor], float(rng.random()))
    if balconies is not None and style.balconies is not None:
        for k in np.flatnonzero(balconies):
            middle = 0.5 * (x0[k] + x1[k])
            balcony(builder, wall, middle, min(0.5 * opening + 0.55, 0.47 * wide), low, style.balconies)


def panes(
    builder: MeshBuilder, wall: Wall, openings: Array, pane: Pane, paint: Paint, rng: np.random.Generator
) -> None:
    """Windows in the openings (K, 4) of x0, x1, z0, z1; their frames are drawn by the renderer.

    uv: metres from the opening's lower left corner, u + 16 · (pane + 8 · paint); parameter: a random share of one
    + width in decimetres + 64 · height in decimetres.
    """
    if not len(openings):
        return
    x0, x1, z0, z1 = openings.T
    size = np.clip(np.round(10.0 * (x1 - x0)), 1, 63) + 64.0 * np.clip(np.round(10.0 * (z1 - z0)), 1, 40)
    # The renderer takes the size from the parameter: u and v end where it does.
    uv = np.zeros((len(openings), 4, 2))
    uv[:, 1:3, 0] = (0.1 * (size % 64.0))[:, None]
    uv[:, 2:, 1] = (0.1 * (size // 64.0))[:, None]
    uv[..., 0] += 16.0 * (int(pane) + 8 * int(paint))
    x, z = np.stack([x0, x1, x1, x0], axis=1), np.stack([z0, z0, z1, z1], axis=1)
    chance = np.floor(rng.random(len(openings)) * 500.0) / 512.0
    builder.quads(wall.points(x, z, -REVEAL_M), Material.WINDOW, size + chance, uv)


def balcony(builder: MeshBuilder, wall: Wall, middle: float, half: float, floor: float, kind: str) -> None:
    """A slab and a railing before the bay round ``middle``; ``kind``: "iron" bars or "glass" panels."""
    out, thick = BALCONY_M
    left, right, top = middle - half, middle + half, floor + 0.02
    block(builder, wall, left, right, top - thick, top, out, Material.CONCRETE)
    corners = [(left, 0.0), (left, out - 0.04), (right, out - 0.04), (right, 0.0)]
    paint = float(Paint.IRON if kind == "iron" else Paint.ZINC)
    for (xa, oa), (xb, ob) in pairwise(corners):
        ends = np.array([xa, xb]), np.array([oa, ob])
        rail = [wall.points(ends[0], np.array(top + RAILING_M + dz), ends[1]) for dz in (0.0, 0.05)]
        builder.quads([[rail[0][0], rail[0][1], rail[1][1], rail[1][0]]], Material.FRAME, paint)
        length = float(np.hypot(xb - xa, ob - oa))
        if kind == "iron":
            n = int(length / BAR_SPACING_M)
            share = (np.arange(n) + 0.5) / n
            x, o = xa + share * (xb - xa), oa + share * (ob - oa)
            dx, do = 0.009 * (xb - xa) / length, 0.009 * (ob - oa) / length
            low, high = np.full(n, top), np.full(n, top + RAILING_M)
            builder.quads(np.stack([wall.points(x - dx, low, o - do), wall.points(x + dx, low, o + do),
                                    wall.points(x + dx, high, o + do), wall.points(x - dx, high, o - do)], axis=1),
                          Material.FRAME, paint)
        else:
            x, o = np.array([xa, xb, xb, xa]), np.array([oa, ob, ob, oa])
            panel = wall.points(x, np.array([top + 0.06] * 2 + [top + RAILING_M - 0.04] * 2), o)
            builder.quads([panel], Material.PLASTER, wall.colour % 1.0)


def block(
    builder: MeshBuilder, wall: Wall, left: float, right: float, low: float, high: float, out: float,
    material: Material, parameter: float = 0.0,
) -> None:
    """A box that stands out from the wall."""
    x = np.array([left, right])
    a, b = wall.points(x, np.full(2, low), out), wall.points(x, np.full(2, high), out)
    c, d = wall.points(x, np.full(2, high)), wall.points(x, np.full(2, low))
    builder.quads([[a[0], a[1], b[1], b[0]], [b[0], b[1], c[1], c[0]], [d[0], d[1], a[1], a[0]],
                   [d[0], a[0], b[0], c[0]], [a[1], d[1], c[1], b[1]]], material, parameter)


def ledge(
    builder: MeshBuilder, wall: Wall, low: float, high: float, out: float, material: Material, parameter: float = 0.0
) -> None:
    """A moulding across the whole wall that stands out by ``out``."""
    block(builder, wall, -out, wall.width + out, low, high, out, material, parameter)


def downpipe(builder: MeshBuilder, wall: Wall, x: float, low: float, high: float) -> None:
    """A rain pipe of zinc down the wall."""
    ends = wall.points(np.array([x, x]), np.array([low, high]), 0.07)
    builder.tube(ends, 0.05, Material.FRAME, sides=5, parameter=float(Paint.ZINC), caps=False)


def sheets(
    builder: MeshBuilder, wall: Wall, rectangles: Array, material: Material, parameter: float | Array, out: float = 0.0
) -> None:
    """Flat rectangles (K, 4) of x0, x1, z0, z1 parallel to the wall.

    uv are metres on the wall; on doors and shutters metres from their own corner.
    """
    if not len(rectangles):
        return
    x0, x1, z0, z1 = rectangles.T
    x, z = np.stack([x0, x1, x1, x0], axis=1), np.stack([z0, z0, z1, z1], axis=1)
    uv = np.stack([x, z], axis=-1)
    if material == Material.DOOR:
        uv = uv - uv[:, :1]
    builder.quads(wall.points(x, z, out), material, parameter, uv)


def reveals(builder: MeshBuilder, wall: Wall, openings: Array) -> None:
    """The four inner sides of each opening."""
    x0, x1, z0, z1 = openings.T
    d = -REVEAL_M
    p = wall.points
    sides = [
        [p(x0, z0), p(x0, z0, d), p(x0, z1, d), p(x0, z1)],
        [p(x1, z0, d), p(x1, z0), p(x1, z1), p(x1, z1, d)],
        [p(x0, z1, d), p(x1, z1, d), p(x1, z1), p(x0, z1)],
        [p(x0, z0), p(x1, z0), p(x1, z0, d), p(x0, z0, d)],
    ]
    for side in sides:
        builder.quads(np.stack(side, axis=1), wall.material, wall.colour % 1.0)


def _sills(builder: MeshBuilder, wall: Wall, openings: Array) -> None:
    if not len(openings):
        return
    x0, x1, z0, _ = openings.T
    left, right = x0 - 0.08, x1 + 0.08
    top = [wall.points(left, z0 - 0.02, 0.12), wall.points(right, z0 - 0.02, 0.12), wall.points(right, z0),
           wall.points(left, z0)]
    front = [wall.points(left, z0 - 0.10, 0.12), wall.points(right, z0 - 0.10, 0.12),
             wall.points(right, z0 - 0.02, 0.12), wall.points(left, z0 - 0.02, 0.12)]
    builder.quads(np.stack(top, axis=1), Material.CONCRETE)
    builder.quads(np.stack(front, axis=1), Material.CONCRETE)


def _surrounds(builder: MeshBuilder, wall: Wall, openings: Array) -> None:
    """A raised frame of stone on both sides and above each opening, with a lintel that stands out more."""
    wide, out = SURROUND_M
    x0, x1, z0, z1 = openings.T
    pieces = np.concatenate([np.stack([x0 - wide, x0, z0, z1], 1), np.stack([x1, x1 + wide, z0, z1], 1)])
    sheets(builder, wall, pieces, Material.CONCRETE, 0.0, out)
    p = wall.points
    for x, turn in ((x0 - wide, 1), (x1 + wide, -1)):
        side = np.stack([p(x, z0), p(x, z0, out), p(x, z1, out), p(x, z1)][::turn], axis=1)
        builder.quads(side, Material.CONCRETE)
    for k in range(len(openings)):
        block(builder, wall, x0[k] - wide - 0.04, x1[k] + wide + 0.04, z1[k], z1[k] + 0.2, 2.4 * out, Material.CONCRETE)


def _shutters(builder: MeshBuilder, wall: Wall, openings: Array, colour: float) -> None:
    """Open louvred shutters on both sides."""
    if not len(openings):
        return
    x0, x1, z0, z1 = openings.T
    half = 0.48 * (x1 - x0)
    pieces = np.concatenate([np.stack([x0 - half - 0.03, x0 - 0.03, z0, z1], 1),
                             np.stack([x1 + 0.03, x1 + half + 0.03, z0, z1], 1)])
    sheets(builder, wall, pieces, Material.DOOR, 4.0 + 0.999 * colour, SHUTTER_OUT_M)
    p = wall.points
    a, b, low, high = pieces.T
    for x, turn in ((a, 1), (b, -1)):
        builder.quads(np.stack([p(x, low), p(x, low, SHUTTER_OUT_M), p(x, high, SHUTTER_OUT_M), p(x, high)][::turn], 1),
                      Material.DOOR, 4.0 + 0.999 * colour)
