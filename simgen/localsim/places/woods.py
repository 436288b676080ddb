"""Forests: whole trees near the roads, simple ones behind them, clumps on the hills; bushes at the edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.footprint import Raster
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.groves import GROVE_M, GROVES
from simgen.localsim.places.relief import Relief, Waves
from simgen.localsim.places.scenery import any_way, ground_normals, on_ground, stand
from simgen.localsim.places.shapes import MeshBuilder, grid_faces

Array = NDArray[np.float64]

FOREST = ("spruce", "fir", "young_spruce", "pine", "oak", "birch", "maple")
FOREST_SHARES = (0.27, 0.17, 0.10, 0.12, 0.12, 0.14, 0.08)
EDGE = ("bush", "bush", "birch", "young_spruce", "maple")
FROM_HOUSES_M = 4.5
HORIZON_M = 900.0         # from the roads; trees beyond are a few pixels high
_SPREAD = 1.4             # breadth of a simple tree, against one that stands free

@dataclass(frozen=True, eq=False, slots=True)
class Woodland:
    """Where forest grows: where ``density`` exceeds ``threshold``, at least ``verge_m`` from any road.

    whole_m:  up to this distance from a road trees are drawn in full.
    """

    density: Waves
    threshold: float
    verge_m: float
    whole_m: float

    def excess(self, xy: Array) -> Array:
        """How far inside the forest (N,): negative in the open, around 1 deep inside."""
        return np.asarray(self.density.at(xy) - self.threshold)


def plant_woods(
    builder: MeshBuilder, wood: Woodland, relief: Relief, houses: Raster, ground: Ground, bounds: tuple[Array, Array],
    rng: np.random.Generator,
) -> list[Instance]:
    """Whole trees as instances; the simple ones behind them go into ``builder``."""
    low, high = bounds
    xy = _jittered(low - 130.0, high + 130.0, 4.7, rng)
    distance, excess = relief.distance(xy), wood.excess(xy)
    free = houses.at(xy) > FROM_HOUSES_M
    near = free & (distance > wood.verge_m) & (distance < wood.whole_m) & (excess > 0.0)
    trees = _whole(xy[near], excess[near], ground, rng)
    rim = free & (distance > wood.verge_m - 1.5) & (distance < wood.whole_m) & (np.abs(excess + 0.02) < 0.10)
    edge = xy[rim] + rng.normal(size=(int(rim.sum()), 2)) * 1.2
    edge = edge[relief.distance(edge) > wood.verge_m - 2.0]
    trees += _standing([EDGE[k] for k in rng.integers(0, 2, len(edge))], edge, ground, rng, 0.6, 1.25)
    trees += _groves("grove", wood, relief, houses, ground, bounds, (wood.whole_m + 4.0, 118.0), rng)
    trees += _groves("wood", wood, relief, houses, ground, bounds, (126.0, 520.0), rng)
    xy = _jittered(low - 2600.0, high + 2600.0, 36.0, rng)
    distance = relief.distance(xy)
    far = (distance >= 510.0) & (wood.excess(xy * 0.6) > -0.25)
    for chosen, fine in ((far & (distance < HORIZON_M), True), (far & (distance >= HORIZON_M), False)):
        _simple(builder, xy[chosen], ground, rng, 14.0, 20.0, fine)
    return trees


def _groves(
    kind: str, wood: Woodland, relief: Relief, houses: Raster, ground: Ground, bounds: tuple[Array, Array],
    reach: tuple[float, float], rng: np.random.Generator,
) -> list[Instance]:
    """Patches of simple trees, leaning with the slope, where the distance to roads lies within ``reach``."""
    size = GROVE_M[kind]
    low, high = bounds
    xy = _jittered(low - reach[1], high + reach[1], 0.92 * size, rng, 0.35)
    distance = relief.distance(xy)
    chosen = (distance > reach[0] + 0.3 * size) & (distance < reach[1]) & (wood.excess(xy) > 0.0)
    xy = xy[chosen & (houses.at(xy) > 0.75 * size)]
    normal = ground_normals(ground, xy, 0.35 * size)
    points = on_ground(ground, xy) - [0.0, 0.0, 0.3]
    keys = [f"{kind}{k}" for k in rng.integers(0, GROVES, len(xy))]
    return stand(keys, points, any_way(len(xy), rng), rng.uniform(0.9, 1.1, len(xy)), normal)


def _whole(xy: Array, excess: Array, ground: Ground, rng: np.random.Generator) -> list[Instance]:
    inner = rng.choice(len(FOREST), size=len(xy), p=FOREST_SHARES)
    outer = rng.integers(0, len(EDGE), len(xy))
    at_edge = excess < 0.12 * rng.random(len(xy))
    keys = [EDGE[o] if e else FOREST[i] for i, o, e in zip(inner, outer, at_edge, strict=True)]
    return _standing(keys, xy, ground, rng, 0.75, 1.25)


def _standing(
    keys: list[str], xy: Array, ground: Ground, rng: np.random.Generator, smallest: float, largest: float
) -> list[Instance]:
    points = on_ground(ground, xy) - [0.0, 0.0, 0.12]
    return stand(keys, points, any_way(len(xy), rng), rng.uniform(smallest, largest, len(xy)))


def _simple(
    builder: MeshBuilder, xy: Array, ground: Ground, rng: np.random.Generator, smallest: float, largest: float,
    fine: bool,
) -> None:
    """Trees of some forty triangles each, or of some twenty, as part of the level."""
    points = on_ground(ground, xy)
    points = points[np.isfinite(points[:, 2])]
    conical = rng.random(len(points)) < 0.55
    height = rng.uniform(smallest, largest, len(points))
    turn = rng.uniform(0.0, 2.0 * np.pi, len(points))
    tint = rng.random((len(points), 2))
    for shape, chosen, material in ((_cone(fine), conical, Material.NEEDLE), (_ball(fine), ~conical, Material.LEAF)):
        _copies(builder, shape, points[chosen], height[chosen], turn[chosen], tint[chosen], material)


def _copies(
    builder: MeshBuilder, shape: Mesh, points: Array, height: Array, turn: Array, tint: Array, material: Material,
) -> None:
    cos, sin = (height * f(turn) * _SPREAD for f in (np.cos, np.sin))
    p, n = shape.positions.astype(np.float64), shape.normals.astype(np.float64)
    x = p[None, :, 0] * cos[:, None] - p[None, :, 1] * sin[:, None]
    y = p[None, :, 0] * sin[:, None] + p[None, :, 1] * cos[:, None]
    positions = np.stack([x, y, p[None, :, 2] * height[:, None]], axis=-1) + points[:, None]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    turned = (n[None, :, 0] * c - n[None, :, 1] * s, n[None, :, 0] * s + n[None, :, 1] * c, n[None, :, 2])
    normals = np.stack(np.broadcast_arrays(*turned), axis=-1)
    count = len(p)
    faces = shape.triangles[None] + (np.arange(len(points)) * count)[:, None, None]
    # A leaf's uv are random numbers; here each corner of a crown has its own, so that the crown is mottled.
    mottle = np.random.default_rng(count).random((count, 2))
    uv = 0.35 * tint[:, None] + 0.65 * mottle[None]
    builder.add(positions, normals, uv, faces, material)


def _cone(fine: bool) -> Mesh:
    """A conifer of height 1: three ragged skirts, one above the other; or two."""
    builder = MeshBuilder()
    skirts = ((0.05, 0.55, 0.22), (0.30, 0.80, 0.165), (0.56, 1.0, 0.105)) if fine else (
        (0.05, 0.68, 0.21), (0.42, 1.0, 0.14))
    sides = 8 if fine else 6
    odd = np.arange(sides + 1) % 2
    for low, high, radius in skirts:
        angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)
        ragged, droop = radius * (1.0 - 0.28 * odd), 0.05 * odd - 0.03
        out = np.column_stack([np.cos(angle), np.sin(angle)])
        rim = np.column_stack([out * ragged[:, None], low + droop])
        tips = np.tile([0.0, 0.0, high], (sides, 1))
        normal = np.column_stack([out, np.full(sides + 1, 0.45)]) / np.sqrt(1.0 + 0.45**2)
        between = normal[:-1] + normal[1:]
        between /= np.linalg.norm(between, axis=1, keepdims=True)
        k = np.arange(sides)
        builder.add(np.vstack([rim, tips]), np.vstack([normal, between]),
                    np.zeros((2 * sides + 1, 2)), np.column_stack([k, k + 1, sides + 1 + k]), Material.NEEDLE)
    return builder.mesh()


def _ball(fine: bool) -> Mesh:
    """A deciduous crown of height 1, lumpy enough to be leaves from half a kilometre away, or from a whole one."""
    rows, columns = (6, 9) if fine else (4, 7)
    rng = np.random.default_rng(17)
    polar, angle = np.linspace(0.0, np.pi, rows)[:, None], np.linspace(0.0, 2.0 * np.pi, columns)[None, :]
    lump = 1.0 + rng.uniform(-0.22, 0.16, (rows, columns))
    lump[:, -1] = lump[:, 0]
    lump[0], lump[-1] = lump[0, 0], lump[-1, 0]                     # the poles are points
    x, y = np.sin(polar) * np.cos(angle) * 0.34 * lump, np.sin(polar) * np.sin(angle) * 0.34 * lump
    z = 0.50 + np.cos(polar) * 0.50 * lump
    points = np.stack([x, y, z], axis=-1)
    normal = (points - [0.0, 0.0, 0.45]).reshape(-1, 3) + rng.normal(size=(rows * columns, 3)) * 0.12
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    builder = MeshBuilder()
    builder.add(points, normal, np.zeros((rows * columns, 2)), grid_faces(rows, columns), Material.LEAF)
    return builder.mesh()


def _jittered(low: Array, high: Array, spacing: float, rng: np.random.Generator, play: float = 0.8) -> Array:
    """Points (N, 2), one in each square of a grid, up to half of ``play`` squares from its middle."""
    x, y = np.arange(low[0], high[0], spacing), np.arange(low[1], high[1], spacing)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(grid + (0.5 + play * rng.uniform(-0.5, 0.5, grid.shape)) * spacing)
