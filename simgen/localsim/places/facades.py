"""Walls with windows: panes set back behind reveals, frames, sills, doors, shop fronts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

REVEAL_M = 0.16           # how deep a pane lies behind the wall
BAR_M = 0.06              # width of a window's frame
SHOP_SILL_M = 0.45
PILLAR_M = 0.14
SHOP_FASCIA_M = 0.60      # the board above a shop's windows
DOOR_M = (1.1, 2.25)


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
    _sheets(builder, wall, np.array([[0.0, wall.width, low, high]]), wall.material, wall.colour)


def storey(
    builder: MeshBuilder,
    wall: Wall,
    low: float,
    high: float,
    bay_m: float,
    rng: np.random.Generator,
    door: bool = False,
) -> None:
    """One row of windows between two heights; with ``door`` the middle bay holds a door."""
    bays = max(1, round(wall.width / bay_m))
    wide = wall.width / bays
    left = wide * np.arange(bays)
    opening = min(1.3, 0.56 * wide)
    x0 = left + 0.5 * (wide - opening)
    x1, z0, z1 = x0 + opening, np.full(bays, low + 0.88), np.full(bays, high - 0.52)
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
    _sheets(builder, wall, around, wall.material, wall.colour)
    openings = np.stack([x0, x1, z0, z1], 1)
    _reveals(builder, wall, openings)
    _windows(builder, wall, openings[~is_door], rng)
    _sheets(builder, wall, openings[is_door], Material.DOOR, rng.random(), -REVEAL_M)


def shop_front(
    builder: MeshBuilder, wall: Wall, low: float, high: float, rng: np.random.Generator, awning: bool
) -> None:
    """A ground floor of large panes between pillars, a door, a fascia board, perhaps an awning."""
    board = high - SHOP_FASCIA_M
    bays = max(2, round(wall.width / 2.9))
    wide = wall.width / bays
    left = wide * np.arange(bays)
    colour = rng.random()
    x0, x1 = left + PILLAR_M, left + wide - PILLAR_M
    # The door takes the left part of one bay, a narrower pane the rest of it.
    bay = rng.integers(bays)
    split = x0[bay] + DOOR_M[0]
    opening_left, opening_right = np.append(x0, split + PILLAR_M), np.append(x1, x1[bay])
    opening_right[bay] = split
    sill = np.full(bays + 1, low + SHOP_SILL_M)
    sill[bay] = low + 0.02
    top = np.full(bays + 1, board)
    gaps_left, gaps_right = np.append(np.concatenate([left, x1]), split), np.concatenate([x0, left + wide])
    gaps_right = np.append(gaps_right, split + PILLAR_M)
    pillars = np.stack([gaps_left, gaps_right, np.full(len(gaps_left), low), np.full(len(gaps_left), board)], 1)
    below = np.stack([opening_left, opening_right, np.full(bays + 1, low), sill], 1)
    _sheets(builder, wall, np.concatenate([pillars, below]), wall.material, wall.colour)
    openings = np.stack([opening_left, opening_right, sill, top], 1)
    _reveals(builder, wall, openings)
    panes = np.delete(openings, bay, axis=0)
    _sheets(builder, wall, panes, Material.WINDOW, rng.random(len(panes)), -REVEAL_M)
    door = openings[bay : bay + 1] * 1.0
    door[:, 3] = low + 0.02 + DOOR_M[1]
    light = openings[bay : bay + 1] * 1.0
    light[:, 2] = door[:, 3]
    _sheets(builder, wall, door, Material.DOOR, rng.random(), -REVEAL_M)
    _sheets(builder, wall, light, Material.WINDOW, rng.random(), -REVEAL_M)
    bars = [
        np.stack([panes[:, 0], panes[:, 1], panes[:, 2], panes[:, 2] + BAR_M], 1),
        np.stack([panes[:, 0], panes[:, 1], panes[:, 3] - 0.55, panes[:, 3] - 0.55 + BAR_M], 1),
    ]
    _sheets(builder, wall, np.concatenate(bars), Material.FRAME, 0.3, 0.03 - REVEAL_M)
    ledge(builder, wall, board, high, 0.10, Material.SHOP, colour)
    if awning:
        x = np.array([0.3, wall.width - 0.3])
        back, front = wall.points(x, np.full(2, board - 0.05), 0.02), wall.points(x, np.full(2, board - 0.55), 1.15)
        lower = wall.points(x, np.full(2, board - 0.75), 1.15)
        builder.quads([[front[0], front[1], back[1], back[0]], [lower[0], lower[1], front[1], front[0]],
                       [back[0], back[1], front[1], front[0]], [front[0], front[1], lower[1], lower[0]]],
                      Material.SHOP, float(rng.random()))


def ledge(
    builder: MeshBuilder, wall: Wall, low: float, high: float, out: float, material: Material, parameter: float = 0.0
) -> None:
    """A moulding across the whole wall that stands out by ``out``."""
    x = np.array([-out, wall.width + out])
    a, b = wall.points(x, np.full(2, low), out), wall.points(x, np.full(2, high), out)
    c, d = wall.points(x, np.full(2, high)), wall.points(x, np.full(2, low))
    builder.quads([[a[0], a[1], b[1], b[0]], [b[0], b[1], c[1], c[0]], [d[0], d[1], a[1], a[0]],
                   [d[0], a[0], b[0], c[0]], [a[1], d[1], c[1], b[1]]], material, parameter)


def _windows(builder: MeshBuilder, wall: Wall, openings: Array, rng: np.random.Generator) -> None:
    """Panes, frames with a mullion and a transom, and sills in the openings (K, 4)."""
    if not len(openings):
        return
    x0, x1, z0, z1 = openings.T
    _sheets(builder, wall, openings, Material.WINDOW, rng.random(len(openings)), -REVEAL_M)
    middle, transom = 0.5 * (x0 + x1), z0 + 0.68 * (z1 - z0)
    bars = np.concatenate([
        np.stack([x0, x0 + BAR_M, z0, z1], 1), np.stack([x1 - BAR_M, x1, z0, z1], 1),
        np.stack([x0, x1, z0, z0 + BAR_M], 1), np.stack([x0, x1, z1 - BAR_M, z1], 1),
        np.stack([middle - 0.5 * BAR_M, middle + 0.5 * BAR_M, z0, z1], 1),
        np.stack([x0, x1, transom, transom + 0.7 * BAR_M], 1),
    ])
    _sheets(builder, wall, bars, Material.FRAME, 0.0, 0.03 - REVEAL_M)
    left, right = x0 - 0.08, x1 + 0.08
    top = [wall.points(left, z0 - 0.02, 0.12), wall.points(right, z0 - 0.02, 0.12), wall.points(right, z0),
           wall.points(left, z0)]
    front = [wall.points(left, z0 - 0.10, 0.12), wall.points(right, z0 - 0.10, 0.12),
             wall.points(right, z0 - 0.02, 0.12), wall.points(left, z0 - 0.02, 0.12)]
    builder.quads(np.stack(top, axis=1), Material.CONCRETE)
    builder.quads(np.stack(front, axis=1), Material.CONCRETE)


def _reveals(builder: MeshBuilder, wall: Wall, openings: Array) -> None:
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
        builder.quads(np.stack(side, axis=1), wall.material, wall.colour)


def _sheets(
    builder: MeshBuilder, wall: Wall, rectangles: Array, material: Material, parameter: float | Array, out: float = 0.0
) -> None:
    """Flat rectangles (K, 4) of x0, x1, z0, z1 parallel to the wall.

    uv are metres on the wall; on panes and doors metres from their own corner.
    """
    if not len(rectangles):
        return
    x0, x1, z0, z1 = rectangles.T
    x, z = np.stack([x0, x1, x1, x0], axis=1), np.stack([z0, z0, z1, z1], axis=1)
    uv = np.stack([x, z], axis=-1)
    if material in (Material.WINDOW, Material.DOOR):      # measured from the opening's own corner
        uv = uv - uv[:, :1]
    builder.quads(wall.points(x, z, out), material, parameter, uv)
