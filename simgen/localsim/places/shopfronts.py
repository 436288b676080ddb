"""Ground floors that sell something: large panes between pillars, a door, a board with a name, perhaps an awning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.lettering import SHOPS, word
from simgen.localsim.mesh import Material
from simgen.localsim.places.facades import DOOR_M, REVEAL_M, Wall, ledge, panes, reveals, sheets
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.styles import Paint, Pane

Array = NDArray[np.float64]

SILL_M = 0.45
PILLAR_M = 0.14
FASCIA_M = 0.62           # the board above the windows
FASCIA_OUT_M = 0.10
NAME_M = 0.58             # height of the name's field; its capitals are 0.6 of it
PLAIN, CLOTH, NAMED = 0, 1, 2       # kinds of Material.SHOP: the whole part of its parameter; a name's number follows


def shop_front(
    builder: MeshBuilder, wall: Wall, low: float, high: float, rng: np.random.Generator, awning: bool
) -> None:
    """The ground floor between two heights, with or without an awning that reaches over the pavement."""
    board = high - FASCIA_M
    bays = max(2, round(wall.width / 2.9))
    wide = wall.width / bays
    left = wide * np.arange(bays)
    colour = 0.999 * float(rng.random())
    x0, x1 = left + PILLAR_M, left + wide - PILLAR_M
    # The door takes the left part of one bay, a narrower pane the rest of it.
    bay = rng.integers(bays)
    split = x0[bay] + DOOR_M[0]
    opening_left, opening_right = np.append(x0, split + PILLAR_M), np.append(x1, x1[bay])
    opening_right[bay] = split
    sill = np.full(bays + 1, low + SILL_M)
    sill[bay] = low + 0.02
    top = np.full(bays + 1, board)
    gaps_left, gaps_right = np.append(np.concatenate([left, x1]), split), np.concatenate([x0, left + wide])
    gaps_right = np.append(gaps_right, split + PILLAR_M)
    pillars = np.stack([gaps_left, gaps_right, np.full(len(gaps_left), low), np.full(len(gaps_left), board)], 1)
    below = np.stack([opening_left, opening_right, np.full(bays + 1, low), sill], 1)
    sheets(builder, wall, pillars, wall.material, wall.colour)
    if rng.random() < 0.5:
        sheets(builder, wall, below, wall.material, wall.colour)
    else:
        sheets(builder, wall, below, Material.SHOP, PLAIN + colour)
    openings = np.stack([opening_left, opening_right, sill, top], 1)
    reveals(builder, wall, openings)
    paint = (Paint.ANTHRACITE, Paint.ZINC, Paint.BROWN, Paint.WHITE)[int(rng.integers(4))]
    panes(builder, wall, np.delete(openings, bay, axis=0), Pane.DISPLAY, paint, rng)
    door = openings[bay : bay + 1] * 1.0
    door[:, 3] = low + 0.02 + DOOR_M[1]
    light = openings[bay : bay + 1] * 1.0
    light[:, 2] = door[:, 3]
    sheets(builder, wall, door, Material.DOOR, 1.0 + 0.999 * rng.random(), -REVEAL_M)
    panes(builder, wall, light, Pane.ONE_PANE, paint, rng)
    ledge(builder, wall, board, high, FASCIA_OUT_M, Material.SHOP, PLAIN + colour)
    name = word(SHOPS[int(rng.integers(len(SHOPS)))])
    _name(builder, wall, 0.5 * wall.width, 0.5 * (board + high), NAMED + name + colour)
    if rng.random() < 0.6:
        _hanging_sign(builder, wall, float(rng.choice([0.25, wall.width - 0.25])), board - 0.25, NAMED + name + colour)
    if awning:
        _awning(builder, wall, board, CLOTH + 0.999 * float(rng.random()))


def _name(builder: MeshBuilder, wall: Wall, middle: float, height: float, parameter: float) -> None:
    """The shop's name on its board; uv are heights of the word's field, from its middle."""
    half = min(0.5 * wall.width - 0.2, 3.0 * NAME_M)
    x = middle + half * np.array([-1.0, 1.0, 1.0, -1.0])
    z = height + 0.5 * NAME_M * np.array([-1.0, -1.0, 1.0, 1.0])
    uv = np.stack([(x - middle) / NAME_M, (z - height) / NAME_M], axis=-1)
    builder.quads([wall.points(x, z, FASCIA_OUT_M + 0.012)], Material.SHOP, parameter, [uv])


def _hanging_sign(builder: MeshBuilder, wall: Wall, x: float, top: float, parameter: float) -> None:
    """A board that stands out from the wall, to be read by who comes along the pavement; on both sides."""
    out = np.array([0.16, 0.86, 0.86, 0.16])
    z = top + np.array([-0.62, -0.62, 0.0, 0.0])
    uv = np.stack([np.array([-1.0, 1.0, 1.0, -1.0]) * 2.35, np.array([-1.0, -1.0, 1.0, 1.0]) * 2.0], axis=-1)
    for side, order in ((0.03, (1, 0, 3, 2)), (-0.03, (0, 1, 2, 3))):
        builder.quads([wall.points(np.full(4, x + side), z, out)[list(order)]], Material.SHOP, parameter, [uv])
    arm = wall.points(np.array([x, x]), np.array([top + 0.03, top + 0.03]), np.array([0.0, 0.9]))
    builder.tube(arm, 0.02, Material.FRAME, sides=4, parameter=float(Paint.IRON))
    edge = wall.points(np.array([x - 0.03, x + 0.03]), np.full(2, top - 0.62), 0.86)
    upper = wall.points(np.array([x - 0.03, x + 0.03]), np.full(2, top), 0.86)
    builder.quads([[edge[0], edge[1], upper[1], upper[0]]], Material.SHOP, parameter % 1.0)


def _awning(builder: MeshBuilder, wall: Wall, board: float, cloth: float) -> None:
    """Striped cloth that comes down towards the street, with a valance."""
    x = np.array([0.3, wall.width - 0.3])
    back, front = wall.points(x, np.full(2, board - 0.05), 0.02), wall.points(x, np.full(2, board - 0.55), 1.15)
    lower = wall.points(x, np.full(2, board - 0.75), 1.15)
    wide = float(x[1] - x[0])
    slope = [[0.0, 0.0], [wide, 0.0], [wide, 1.25], [0.0, 1.25]]
    back_face = [slope[3], slope[2], slope[1], slope[0]]
    builder.quads([[front[0], front[1], back[1], back[0]], [lower[0], lower[1], front[1], front[0]],
                   [back[0], back[1], front[1], front[0]], [front[0], front[1], lower[1], lower[0]]],
                  Material.SHOP, cloth, [slope, slope, back_face, slope])
