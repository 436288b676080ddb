"""Props of roadworks and accidents: cones, drums, barriers, warning signs. They face +x."""

from __future__ import annotations

import itertools

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.mesh import Material as M

_FIRST, _SECOND = 0.0, 1.0     # CAR_PAINT's parameter: which of the prop's colours


def traffic_cone(b: MeshBuilder) -> None:
    """A cone of 0.75 m with two reflecting collars on a heavy square foot."""
    _cone(b, 0.75, 0.19, collars=((0.36, 0.50), (0.58, 0.68)))


def small_cone(b: MeshBuilder) -> None:
    """A cone of 0.5 m with one collar."""
    _cone(b, 0.50, 0.14, collars=((0.22, 0.34),))


def _cone(b: MeshBuilder, height: float, foot: float, collars: tuple[tuple[float, float], ...]) -> None:
    b.box((0.0, 0.0, 0.018), (foot, foot, 0.018), M.BLACK_TRIM, radius=0.015)
    base, top = 0.78 * foot, 0.028

    def radius(z: float) -> float:
        return base + (top - base) * (z - 0.036) / (height - 0.036)

    rings = sorted({0.036, height - 0.004, *(z for collar in collars for z in collar)})
    for low, high in itertools.pairwise(rings):
        second = any(a <= low < c for a, c in collars)
        b.lathe([(radius(low), low), (radius(high), high)], (0.0, 0.0, 0.0), M.CAR_PAINT, segments=28, upright=True,
                parameter=_SECOND if second else _FIRST)
    b.lathe([(top, height - 0.004), (0.55 * top, height), (0.55 * top, height - 0.05), (0.0, height - 0.05)],
            (0.0, 0.0, 0.0), M.BLACK_TRIM, segments=20, upright=True)


def drum(b: MeshBuilder) -> None:
    """A channelising drum: a stepped barrel with four bands on a rubber ring."""
    b.lathe([(0.0, 0.0), (0.30, 0.0), (0.30, 0.05), (0.20, 0.09)], (0.0, 0.0, 0.0), M.BLACK_TRIM, segments=32,
            upright=True)
    edges = (0.09, 0.28, 0.46, 0.64, 0.82, 0.95)
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        r0, r1 = 0.245 - 0.012 * k, 0.240 - 0.012 * k
        b.lathe([(r0 - 0.012, low), (r0, low + 0.015), (r1, high - 0.015), (r1 - 0.012, high)], (0.0, 0.0, 0.0),
                M.CAR_PAINT, segments=32, upright=True, parameter=float(k % 2))
    b.lathe([(0.185, 0.95), (0.17, 0.975), (0.0, 0.98)], (0.0, 0.0, 0.0), M.CAR_PAINT, segments=32, upright=True)
    b.tube([(0.0, -0.07, 0.97), (0.0, -0.06, 1.02), (0.0, 0.06, 1.02), (0.0, 0.07, 0.97)], 0.015, M.BLACK_TRIM)


def barrier(b: MeshBuilder) -> None:
    """A trestle with two red and white boards, crosswise to +x."""
    for x, lean in ((0.24, -1.0), (-0.24, 1.0)):
        for y in (-0.62, 0.62):
            b.tube([(x, y, 0.0), (x + 0.21 * lean, y, 1.02)], 0.022, M.METAL, sides=8)
        b.tube([(x, -0.62, 0.10), (x, 0.62, 0.10)], 0.018, M.METAL, sides=8)
    for z, half in ((0.90, 0.10), (0.52, 0.10)):
        for x in (0.075 + 0.20 * (0.92 - z), -0.075 - 0.20 * (0.92 - z)):
            _striped_board(b, x, z, 0.75, half)


def _striped_board(b: MeshBuilder, x: float, z: float, half_y: float, half_z: float) -> None:
    """A board across x with slanting stripes of the two colours on both faces."""
    stripes = 10
    y = np.linspace(-half_y, half_y, stripes + 1)
    slant = 0.9 * half_z
    for face, reverse in ((x + 0.012, False), (x - 0.012, True)):
        for k in range(stripes):
            low = np.clip(y[k:k + 2] - slant, -half_y, half_y)
            high = np.clip(y[k:k + 2] + slant, -half_y, half_y)
            if k == 0:
                low[0] = high[0] = -half_y
            if k == stripes - 1:
                low[1] = high[1] = half_y
            sheet = np.array([[(face, low[0], z - half_z), (face, high[0], z + half_z)],
                              [(face, low[1], z - half_z), (face, high[1], z + half_z)]])
            b.grid(sheet, M.CAR_PAINT, parameter=float(k % 2), reverse=reverse)
    for top, normal in ((z + half_z, 1.0), (z - half_z, -1.0)):
        b.box((x, 0.0, top - 0.002 * normal), (0.0119, half_y, 0.002), M.METAL)


def tripod_sign(b: MeshBuilder) -> None:
    """A warning triangle on a folding stand, to be read from +x."""
    _sign(b, 0.15, 0.80, 0.40)
    for y in (-0.30, 0.30):
        b.tube([(0.12, y, 0.0), (0.05, 0.5 * y, 0.80)], 0.014, M.METAL, sides=8)
    b.tube([(-0.36, 0.0, 0.0), (0.04, 0.0, 0.95)], 0.014, M.METAL, sides=8)
    b.tube([(0.10, -0.25, 0.14), (0.10, 0.25, 0.14)], 0.010, M.METAL, sides=6)


def _sign(b: MeshBuilder, x: float, z: float, half: float) -> None:
    """A triangular sign across x; its uv runs over the square around it."""
    tip = (0.0, 0.92 * half)
    left, right = (-0.95 * half, -0.72 * half), (0.95 * half, -0.72 * half)
    for face, order in ((x, 1.0), (x - 0.012, -1.0)):
        points = np.array([[face, p, z + q] for p, q in (left, right, tip)])
        uv = np.array([[p / half, q / half] for p, q in (left, right, tip)])
        triangle = [[0, 1, 2]] if order > 0 else [[0, 2, 1]]
        b.add(points, np.tile([order, 0.0, 0.0], (3, 1)), triangle, M.SIGN if order > 0 else M.METAL, 1.0, uv)


def warning_triangle(b: MeshBuilder) -> None:
    """The red triangle from a car's boot, to be read from +x; on four short feet."""
    z0, side = 0.05, 0.43
    height = side * np.sqrt(3.0) / 2.0
    outer = np.array([(-side / 2, z0), (side / 2, z0), (0.0, z0 + height)])
    middle = outer.mean(axis=0)
    for face, reverse in ((0.012, False), (-0.012, True)):
        for share, inner_share, second in ((1.0, 0.72, 0.0), (0.72, 0.55, 1.0)):
            rings = []
            for s in (share, inner_share):
                ring = middle + s * (outer - middle)
                rings.append([(face, float(p), float(q)) for p, q in [*ring, ring[0]]])
            b.grid(np.array(rings), M.CAR_PAINT, parameter=second, reverse=not reverse)
    for k in range(3):
        a, c = outer[k], outer[(k + 1) % 3]
        b.tube([(0.0, *a), (0.0, *c)], 0.0125, M.CAR_PAINT, sides=6)
    for y in (-0.15, 0.15):
        b.tube([(0.13, y * 1.1, 0.006), (0.0, y, 0.055), (-0.13, y * 1.1, 0.006)], 0.007, M.METAL, sides=6)


def concrete_barrier(b: MeshBuilder) -> None:
    """Two metres of New Jersey wall along x."""
    outline = np.array([(0.30, 0.0), (0.30, 0.075), (0.18, 0.33), (0.075, 0.80), (0.065, 0.81)])
    loop = np.concatenate([outline, outline[::-1] * [-1.0, 1.0], outline[:1]])
    for y0, y1, z0, z1 in ((p[0], q[0], p[1], q[1]) for p, q in itertools.pairwise(loop)):
        b.quad([(1.0, y0, z0), (1.0, y1, z1), (-1.0, y1, z1), (-1.0, y0, z0)][::-1], M.CONCRETE)
    for x, reverse in ((1.0, False), (-1.0, True)):
        left = np.array([(x, y, z) for y, z in outline])
        sheet = np.stack([left * [1.0, -1.0, 1.0], left])
        b.grid(sheet, M.CONCRETE, reverse=reverse)
    for x in (-0.55, 0.55):               # slots for the fork lift
        b.box((x, 0.0, 0.03), (0.12, 0.3005, 0.035), M.BLACK_TRIM)
