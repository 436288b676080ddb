"""Lost cargo and rubbish: boxes, bales, bags, pallets, tyres.

Cardboard is drawn as SKIN, whose colour is the prop's third: it is the smoothest matt material.
"""

from __future__ import annotations

import math

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.implicit import Cone, add_surface
from simgen.localsim.mesh import Material as M


def box(b: MeshBuilder) -> None:
    """A closed cardboard box with tape over its seam."""
    b.box((0.0, 0.0, 0.225), (0.30, 0.25, 0.2245), M.SKIN, radius=0.008)
    b.box((0.0, 0.0, 0.449), (0.301, 0.03, 0.001), M.CAR_PAINT, parameter=1.0)
    for x in (0.3005, -0.3005):
        b.box((x, 0.0, 0.40), (0.0006, 0.03, 0.05), M.CAR_PAINT, parameter=1.0)


def open_box(b: MeshBuilder) -> None:
    """A box with its flaps open, one of them torn down."""
    _walls(b, 0.28, 0.23, 0.36, np.zeros(4))
    for k, (tilt, length) in enumerate(((0.75, 0.17), (-0.9, 0.17), (0.25, 0.15), (-0.35, 0.15))):
        _flap(b, k, 0.28, 0.23, 0.36, tilt, length)


def crushed_box(b: MeshBuilder) -> None:
    """A box that was driven over: bulging, its lid pressed in."""
    _walls(b, 0.33, 0.28, 0.20, np.array([0.06, -0.05, 0.03, -0.07]))
    for k, (tilt, length) in enumerate(((1.35, 0.20), (1.15, 0.20), (0.4, 0.16), (1.3, 0.16))):
        _flap(b, k, 0.33, 0.28, 0.18, tilt, length)


def flattened_box(b: MeshBuilder) -> None:
    """A box pressed flat: a few sheets of cardboard that warp a little."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 15), np.linspace(-0.36, 0.36, 11), indexing="ij")
    wave = 0.016 * np.sin(6.0 * x + 1.0) * np.cos(5.0 * y) + 0.06 * np.maximum(0.0, x - 0.25)
    for k, (turn, lift) in enumerate(((0.0, 0.02), (0.18, 0.035))):
        c, s = math.cos(turn), math.sin(turn)
        scale = 1.0 - 0.25 * k
        sheet = np.stack([scale * (c * x - s * y), scale * (s * x + c * y), wave * scale + lift], axis=-1)
        b.grid(sheet, M.SKIN)
        b.grid(sheet - [0.0, 0.0, 0.006], M.SKIN, reverse=True)
    b.box((0.0, 0.0, 0.003), (0.47, 0.33, 0.003), M.SKIN)


def _walls(b: MeshBuilder, half_x: float, half_y: float, height: float, bulge: np.ndarray) -> None:
    """Four cardboard walls, outside and inside, and a floor; each bulges out by so much half way up."""
    steps = np.linspace(0.0, 1.0, 7)
    corners = np.array([(half_x, -half_y), (half_x, half_y), (-half_x, half_y), (-half_x, -half_y)])
    for k in range(4):
        a, c = corners[k], corners[(k + 1) % 4]
        out = np.array([c[1] - a[1], a[0] - c[0]]) / np.hypot(*(c - a))
        along = a + (c - a) * steps[:, None]
        swell = bulge[k] * np.sin(np.pi * steps)[:, None] * np.sin(np.pi * steps)[None, :]
        for inset, reverse in ((0.0, False), (0.006, True)):
            plan = along[:, None, :] + (swell - inset)[..., None] * out
            z = np.broadcast_to(height * steps[None, :], swell.shape)
            b.grid(np.concatenate([plan, z[..., None]], axis=-1), M.SKIN, reverse=reverse)
    b.box((0.0, 0.0, 0.004), (half_x - 0.002, half_y - 0.002, 0.004), M.SKIN)


def _flap(b: MeshBuilder, wall: int, half_x: float, half_y: float, height: float, tilt: float, length: float) -> None:
    """A flap on the upper edge of a wall; tilt: 0 stands up, positive outwards."""
    corners = np.array([(half_x, -half_y), (half_x, half_y), (-half_x, half_y), (-half_x, -half_y)])
    a, c = corners[wall], corners[(wall + 1) % 4]
    out = np.array([c[1] - a[1], a[0] - c[0]]) / np.hypot(*(c - a))
    shift = np.array([*(out * math.sin(tilt) * length), math.cos(tilt) * length])
    low = np.array([(*a, height), (*c, height)])
    high = low + shift + 0.03 * np.array([(*(c - a), 0.0), (*(a - c), 0.0)])
    normal = np.cross(low[1] - low[0], shift)
    normal = 0.004 * normal / np.sqrt((normal**2).sum())
    for offset, reverse in ((normal, False), (-normal, True)):
        b.grid(np.stack([low + offset, high + offset], axis=1), M.SKIN, reverse=reverse)


def round_bale(b: MeshBuilder) -> None:
    """A round bale of straw on its side, its axis along y."""
    r, half = 0.65, 0.60
    rim = [(0.0, -half + 0.03), (0.30, -half + 0.01), (r - 0.07, -half), (r, -half + 0.06), (r + 0.004, 0.0),
           (r, half - 0.06), (r - 0.07, half), (0.30, half - 0.01), (0.0, half - 0.03)]
    b.lathe(rim, (0.0, 0.0, r), M.FUR, segments=48)
    for side in (-1.0, 1.0):              # the windings that show at the ends
        for radius in (0.14, 0.27, 0.40, 0.52):
            angle = np.linspace(0.0, 2.0 * np.pi, 33)
            ring = np.stack([radius * np.cos(angle), np.full(33, side * (half - 0.008)), r + radius * np.sin(angle)], 1)
            b.tube(ring, 0.012, M.FUR_LIGHT, sides=5, caps=False)
    for y in np.linspace(-0.45, 0.45, 9):  # net
        angle = np.linspace(0.0, 2.0 * np.pi, 41)
        ring = np.stack([(r + 0.003) * np.cos(angle), np.full(41, y), r + (r + 0.003) * np.sin(angle)], 1)
        b.tube(ring, 0.006, M.FUR_LIGHT, sides=4, caps=False)


def travel_case(b: MeshBuilder) -> None:
    """A hard suitcase that lies on its side."""
    b.box((0.0, 0.0, 0.13), (0.36, 0.25, 0.125), M.CAR_PAINT, radius=0.045)
    b.box((0.0, 0.0, 0.13), (0.364, 0.254, 0.008), M.BLACK_TRIM, radius=0.004)
    for y in (-0.15, -0.05, 0.05, 0.15):
        b.box((0.0, y, 0.255), (0.28, 0.016, 0.006), M.CAR_PAINT, radius=0.005)
    b.tube([(0.36, -0.08, 0.13), (0.395, -0.06, 0.13), (0.395, 0.06, 0.13), (0.36, 0.08, 0.13)], 0.012, M.BLACK_TRIM)
    for y in (-0.19, 0.19):
        for z in (0.05, 0.21):
            b.tube([(-0.38, y - 0.012, z), (-0.38, y + 0.012, z)], 0.025, M.BLACK_TRIM, sides=12)


def trash_bag(b: MeshBuilder) -> None:
    """A full black bag, tied at the top."""
    add_surface(b, [
        Cone((0.0, 0.0, 0.16), (0.02, 0.0, 0.28), 0.20, 0.19, M.BLACK_TRIM, 0.0, (1.0, 1.0, 0.82)),
        Cone((0.10, 0.08, 0.12), (0.06, -0.11, 0.14), 0.12, 0.12, M.BLACK_TRIM, 0.05),
        Cone((-0.12, 0.05, 0.12), (-0.10, -0.08, 0.18), 0.11, 0.10, M.BLACK_TRIM, 0.05),
        Cone((0.0, 0.0, 0.40), (0.01, 0.01, 0.50), 0.07, 0.030, M.BLACK_TRIM, 0.08),
        Cone((0.01, 0.01, 0.50), (0.03, 0.03, 0.56), 0.025, 0.055, M.BLACK_TRIM, 0.01),
    ], 0.017)


def iron_plank(b: MeshBuilder) -> None:
    """A sheet of iron as it covers trenches."""
    b.box((0.0, 0.0, 0.0125), (1.0, 0.55, 0.0125), M.METAL, radius=0.003)


def pallet(b: MeshBuilder) -> None:
    """A Euro pallet, 1.2 x 0.8 x 0.144 m: five boards, nine blocks, three runners."""
    for y in (-0.3275, -0.172, 0.0, 0.172, 0.3275):
        b.box((0.0, y, 0.133), (0.60, 0.0725 if y in (-0.3275, 0.0, 0.3275) else 0.05, 0.011), M.WOOD)
    for x in (-0.5275, 0.0, 0.5275):
        b.box((x, 0.0, 0.111), (0.0725, 0.40, 0.011), M.WOOD)
        for y in (-0.35, 0.0, 0.35):
            b.box((x, y, 0.061), (0.0725, 0.05 if y else 0.0725, 0.039), M.WOOD)
    for y in (-0.35, 0.0, 0.35):
        b.box((0.0, y, 0.011), (0.60, 0.05 if y else 0.0725, 0.011), M.WOOD)


def tyre(b: MeshBuilder) -> None:
    """A car's tyre without its rim, lying flat."""
    outer, inner, half = 0.315, 0.20, 0.10
    profile = [(inner, -half + 0.03), (inner + 0.03, -half), (outer - 0.045, -half), (outer - 0.008, -half + 0.028),
               (outer, -0.055), (outer, 0.055), (outer - 0.008, half - 0.028), (outer - 0.045, half),
               (inner + 0.03, half), (inner, half - 0.03), (inner + 0.055, half - 0.045), (outer - 0.03, 0.0),
               (inner + 0.055, -half + 0.045), (inner, -half + 0.03)]
    b.lathe(profile, (0.0, 0.0, half), M.TYRE, segments=48, upright=True)
    for k in range(48):                   # tread blocks
        angle = 2.0 * np.pi * k / 48
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        b.box((outer * c, outer * s, half + 0.028 * (-1) ** k), (0.006, 0.013, 0.026), M.TYRE, rotation=turn)


def mattress(b: MeshBuilder) -> None:
    """A mattress of 2.0 x 0.9 m with quilted seams."""
    b.box((0.0, 0.0, 0.09), (1.0, 0.45, 0.088), M.CLOTH_UPPER, radius=0.05)
    for z in (0.03, 0.15):
        edge = [(0.985, -0.435, z), (0.985, 0.435, z), (-0.985, 0.435, z), (-0.985, -0.435, z), (0.985, -0.435, z)]
        b.tube(edge, 0.012, M.CLOTH_LOWER, sides=6, caps=False)
    for x in np.linspace(-0.75, 0.75, 6):
        b.box((float(x), 0.0, 0.178), (0.008, 0.42, 0.003), M.CLOTH_LOWER)


def ball(b: MeshBuilder) -> None:
    """A football-sized ball in panels of two colours."""
    polar, around = np.linspace(0.0, np.pi, 17), np.linspace(0.0, 2.0 * np.pi, 33)
    directions = np.stack([
        np.sin(polar)[:, None] * np.cos(around), np.sin(polar)[:, None] * np.sin(around),
        np.broadcast_to(np.cos(polar)[:, None], (17, 33)),
    ], axis=-1)
    for k in range(4):                    # four gores of each colour in turn
        part = directions[:, 8 * k:8 * k + 9]
        b.grid(0.11 * part + [0.0, 0.0, 0.11], M.CAR_PAINT, normals=part, parameter=float(k % 2))
