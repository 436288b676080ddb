"""Roofs: slopes with overhang, gutter, ridge, chimney, dormers, skylights, solar cells; flat ones with a parapet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.facades import Wall, panes, reveals, sheets
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.styles import Paint, Pane, Style

Array = NDArray[np.float64]

EAVES_M = 0.45            # how far a roof overhangs
THICK_M = 0.14
DORMER_M = (1.7, 1.5)     # width and height of its front
DORMER_BACK_M = 0.9       # its front stands this far behind the wall
DORMER_EVERY_M = 3.6
SKYLIGHT_M = (0.8, 1.2)
SOLAR = 1.5               # Material.ROOF's parameter where it carries solar cells
PARAPET_M = 0.6

_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False, slots=True)
class Slopes:
    """A ridge roof's own axes.

    start:     (3,) its lower corner above the walls, at height z.
    ridge:     (3,) unit vector along the ridge; run: (3,) across it, from the first eaves to the second.
    length, span:  of the walls below, along and across the ridge.
    pitch:     rise over run.
    ends:      does a neighbour stand against the (first, second) gable?
    """

    start: Array
    ridge: Array
    run: Array
    length: float
    span: float
    pitch: float
    ends: tuple[bool, bool]

    def at(self, along: float | Array, across: float | Array, lift: float = 0.0) -> Array:
        """World points (…, 3) on the first slope's top, ``across`` metres up it as the crow flies."""
        a, c = np.broadcast_arrays(np.asarray(along, float), np.asarray(across, float))
        return np.asarray(self.start + a[..., None] * self.ridge + c[..., None] * self.run
                          + (c * self.pitch + THICK_M + lift)[..., None] * _UP)


def pitched_roof(
    builder: MeshBuilder, slopes: Slopes, style: Style, eaves_m: float, towards_street: bool, rng: np.random.Generator
) -> None:
    """Two slopes with a soffit under them, gables, a ridge, a gutter and what stands on them.

    eaves_m:         height of the walls, for the pattern on the gables.
    towards_street:  is the first slope the one that is seen from the street?
    """
    start, ridge, run, length, span = slopes.start, slopes.ridge, slopes.run, slopes.length, slopes.span
    rise, tone = 0.5 * span * slopes.pitch, float(rng.random()) * 0.99
    over = (0.0 if slopes.ends[0] else EAVES_M, 0.0 if slopes.ends[1] else EAVES_M)
    sag = EAVES_M * slopes.pitch * _UP
    a, b = start - ridge * over[0], start + ridge * (length + over[1])
    top_a, top_b = a + run * 0.5 * span + _UP * rise, b + run * 0.5 * span + _UP * rise
    thick = THICK_M * _UP
    for p0, p1, p2, p3 in ([a - run * EAVES_M - sag, b - run * EAVES_M - sag, top_b, top_a],
                           [b + run * (span + EAVES_M) - sag, a + run * (span + EAVES_M) - sag, top_a, top_b]):
        builder.quads([[p + thick for p in (p0, p1, p2, p3)]], Material.ROOF, tone)
        builder.quads([[p1, p0, p3, p2], [p0, p1, p1 + thick, p0 + thick], [p3, p0, p0 + thick, p3 + thick],
                       [p1, p2, p2 + thick, p1 + thick]], Material.FRAME, float(Paint.WHITE))
        builder.tube([p0, p1], 0.065, Material.FRAME, sides=6, parameter=float(Paint.ZINC), caps=False)
    builder.tube([top_a + 0.9 * thick, top_b + 0.9 * thick], 0.11, Material.ROOF, sides=6, parameter=tone)
    for end, outward in ((start, -ridge), (start + ridge * length, ridge)):
        rim = np.array([end, end + run * span, end + run * 0.5 * span + _UP * rise])
        if np.dot(np.cross(rim[1] - rim[0], rim[2] - rim[0]), outward) < 0.0:
            rim = rim[[1, 0, 2]]
        uv = np.stack([(rim - end) @ run, eaves_m + (rim - end) @ _UP], axis=1)
        builder.add(rim, np.tile(outward, (3, 1)), uv, [[0, 1, 2]], style.material, style.colour)
    yaw = float(np.arctan2(ridge[1], ridge[0]))
    for share in rng.uniform(0.15, 0.85, int(rng.integers(1, 3))):
        place = start + ridge * length * share + run * 0.5 * span
        builder.boxes([place + _UP * (rise + 0.3)], [0.35, 0.3, 0.75], Material.BRICK, yaw, parameter=0.4)
        builder.boxes([place + _UP * (rise + 1.08)], [0.4, 0.35, 0.05], Material.CONCRETE, yaw)
    if towards_street and style.dormers:
        _dormers(builder, slopes, style, tone, rng)
    elif towards_street and rng.random() < 0.4:
        _skylights(builder, slopes, rng)
    elif rng.random() < 0.35:
        _solar_cells(builder, slopes)


def flat_roof(
    builder: MeshBuilder, corners: list[Array], along: Array, back: Array, width: float, depth: float, height: float,
    style: Style, rng: np.random.Generator,
) -> None:
    """A roof behind a parapet, with a stair head and a vent. ``corners``: the four of the plan, at the ground."""
    z, thick = height, 0.25
    inner = [
        c + along * thick * sx + back * thick * sy
        for c, sx, sy in zip(corners, (1, -1, -1, 1), (1, 1, -1, -1), strict=True)
    ]
    builder.quads([[c + _UP * z for c in inner]], Material.CONCRETE, 0.3)
    for k in range(4):
        o0, o1, i0, i1 = corners[k], corners[(k + 1) % 4], inner[k], inner[(k + 1) % 4]
        low, high = _UP * z, _UP * (z + PARAPET_M)
        builder.quads([[o0 + low, o1 + low, o1 + high, o0 + high]], style.material, style.colour)
        builder.quads([[i1 + low, i0 + low, i0 + high, i1 + high]], style.material, style.colour)
        builder.quads([[o0 + high, o1 + high, i1 + high, i0 + high]], Material.FRAME, float(Paint.ZINC))
    yaw = float(np.arctan2(along[1], along[0]))
    spot = corners[0] + along * width * rng.uniform(0.3, 0.7) + back * depth * 0.6
    builder.boxes([spot + _UP * (z + 1.1)], [1.5, 1.2, 1.1], style.material, yaw, parameter=style.colour)
    builder.boxes([spot + along * 2.6 + _UP * (z + 0.4)], [0.5, 0.5, 0.4], Material.FRAME, yaw,
                  parameter=float(Paint.ZINC))


def _dormers(builder: MeshBuilder, slopes: Slopes, style: Style, tone: float, rng: np.random.Generator) -> None:
    """Little houses in the first slope, each with a window and a roof of its own that is less steep."""
    wide, high = DORMER_M
    foot = DORMER_BACK_M * slopes.pitch
    lean = 0.25 * slopes.pitch
    # Where the dormer's own roof meets the slope.
    back = DORMER_BACK_M + high / (slopes.pitch - lean)
    if back > 0.5 * slopes.span - 0.3 or slopes.length < wide + 2.4:
        return
    count = max(1, int((slopes.length - 2.0) / DORMER_EVERY_M))
    clad = Material.PLASTER if style.material == Material.BRICK else style.material
    for middle in slopes.length * (np.arange(count) + 0.5) / count:
        corner = slopes.at(middle - 0.5 * wide, DORMER_BACK_M)
        wall = Wall(corner, slopes.ridge, wide, clad, style.colour % 1.0)
        opening = np.array([[0.28, wide - 0.28, 0.25, high - 0.12]])
        x0, x1, z0, z1 = opening[0]
        sheets(builder, wall, np.array([[0.0, x0, 0.0, high], [x1, wide, 0.0, high], [x0, x1, 0.0, z0],
                                        [x0, x1, z1, high]]), wall.material, wall.colour)
        reveals(builder, wall, opening)
        panes(builder, wall, opening, Pane.TWO_WINGS, style.paint, rng)
        for side, order in ((-0.5, (0, 1, 2)), (0.5, (0, 2, 1))):
            near = slopes.at(middle + side * wide, DORMER_BACK_M)
            deep = slopes.at(middle + side * wide, back)
            cheek = np.array([near, near + high * _UP, deep])[list(order)]
            builder.add(cheek, np.tile(slopes.ridge * np.sign(side), (3, 1)), cheek[:, 1:] * 1.0, [[0, 1, 2]],
                        Material.FRAME, float(Paint.ZINC))
        out = 0.22
        front = slopes.start + (DORMER_BACK_M - out) * slopes.run + (foot + THICK_M + high - out * lean) * _UP
        left, right = ((middle + s * (0.5 * wide + 0.15)) * slopes.ridge for s in (-1.0, 1.0))
        rear = slopes.at(0.0, back, 0.02)
        edge = 0.09 * _UP
        builder.quads([[front + left + edge, front + right + edge, rear + right + edge, rear + left + edge]],
                      Material.ROOF, tone)
        builder.quads([[front + left, front + right, front + right + edge, front + left + edge],
                       [front + right, front + left, rear + left, rear + right],
                       [rear + left, front + left, front + left + edge, rear + left + edge],
                       [front + right, rear + right, rear + right + edge, front + right + edge]],
                      Material.FRAME, float(Paint.WHITE))


def _skylights(builder: MeshBuilder, slopes: Slopes, rng: np.random.Generator) -> None:
    """Windows that lie in the first slope."""
    wide, tall = SKYLIGHT_M
    count = max(1, int(slopes.length / 4.5))
    level = tall / float(np.hypot(1.0, slopes.pitch))
    low = 0.36 * slopes.span
    if low + level > 0.5 * slopes.span - 0.2:
        low = 0.25 * slopes.span
    size = round(10.0 * wide) + 64.0 * round(10.0 * tall)
    uv = np.array([[0.0, 0.0], [wide, 0.0], [wide, tall], [0.0, tall]])
    uv[:, 0] += 16.0 * (int(Pane.ONE_PANE) + 8 * int(Paint.ANTHRACITE))
    for middle in slopes.length * (np.arange(count) + 0.5) / count:
        x = middle + 0.5 * wide * np.array([-1.0, 1.0, 1.0, -1.0])
        y = low + level * np.array([0.0, 0.0, 1.0, 1.0])
        top, foot = slopes.at(x, y, 0.07), slopes.at(x, y, -0.02)
        builder.quads([top], Material.WINDOW, size + float(np.floor(rng.random() * 500.0)) / 512.0, [uv])
        builder.quads([[foot[k], foot[(k + 1) % 4], top[(k + 1) % 4], top[k]] for k in range(4)], Material.FRAME,
                      float(Paint.ANTHRACITE))


def _solar_cells(builder: MeshBuilder, slopes: Slopes) -> None:
    """Whole panels over the middle of the first slope."""
    columns = int(0.7 * slopes.length)
    slant = float(np.hypot(1.0, slopes.pitch))
    rows = int(0.36 * slopes.span * slant / 1.65)
    if columns < 2 or rows < 1:
        return
    left, low = 0.5 * (slopes.length - columns), 0.07 * slopes.span
    x = left + columns * np.array([0.0, 1.0, 1.0, 0.0])
    y = low + rows * 1.65 / slant * np.array([0.0, 0.0, 1.0, 1.0])
    top, foot = slopes.at(x, y, 0.10), slopes.at(x, y, 0.0)
    builder.quads([top], Material.ROOF, SOLAR)
    builder.quads([[foot[k], foot[(k + 1) % 4], top[(k + 1) % 4], top[k]] for k in range(4)], Material.FRAME,
                  float(Paint.ANTHRACITE))
