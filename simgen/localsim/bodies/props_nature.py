"""Plants and stones as props: a fallen tree, a branch, hedge, bush and rock.

Leaves are single quads, placed by a random generator with a fixed seed: every such prop is the same plant.
"""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder, unit
from simgen.localsim.bodies.implicit import Cone, Point, add_surface
from simgen.localsim.mesh import Material as M


def hedge(b: MeshBuilder) -> None:
    """Six metres of field hedge along x, 2 m high: neither a driver nor a deer looks over or through it."""
    core = []
    rng = np.random.default_rng(41)
    for ahead in np.linspace(-2.65, 2.65, 18):
        for above in (0.44, 0.84, 1.24, 1.60):
            dx, dy, dz = (float(v) for v in rng.uniform(-0.04, 0.04, 3))
            core.append(Cone((float(ahead) + dx, -0.12, above + dz), (float(ahead), 0.12 + dy, above), 0.32, 0.32,
                             M.HEDGE, 0.04))
    core.append(Cone((-2.72, 0.0, 0.25), (2.72, 0.0, 0.25), 0.28, 0.28, M.HEDGE, 0.05))
    add_surface(b, core, 0.05)
    count = 9500
    x = rng.uniform(-2.95, 2.95, count)
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    # on the sides and the top of a rounded box
    y = np.clip(0.70 * np.cos(angle), -0.46, 0.46)
    z = np.clip(1.02 + 1.30 * np.sin(angle), 0.03, 1.95)
    end = rng.random(count) < 0.15
    x = np.where(end, np.sign(x) * rng.uniform(2.89, 2.96, count), x)
    y = np.where(end, rng.uniform(-0.42, 0.42, count), y)
    z = np.where(end, rng.uniform(0.05, 1.90, count), z)
    centres = np.stack([x, y, z], axis=1)
    outward = np.stack([np.where(end, np.sign(x), 0.0), y / 0.46, (z - 1.0) / 0.97], axis=1)
    _leaves(b, rng, centres, outward, 0.05)


def bush(b: MeshBuilder) -> None:
    """A round bush with leaves down to the ground."""
    rng = np.random.default_rng(42)
    blobs = [((0.0, 0.0, 0.60), 0.46), ((0.30, 0.12, 0.45), 0.32), ((-0.28, 0.20, 0.42), 0.33),
             ((0.05, -0.32, 0.44), 0.33), ((-0.10, 0.05, 0.92), 0.27), ((0.2, -0.1, 0.25), 0.27),
             ((-0.2, -0.15, 0.25), 0.26)]
    add_surface(b, [Cone(c, c, r, r, M.HEDGE, 0.06) for c, r in blobs], 0.035)
    _crown(b, rng, blobs, 5200, 0.042)


def fallen_tree(b: MeshBuilder) -> None:
    """A tree that fell along +x: root plate behind, trunk, broken branches, what is left of the crown ahead."""
    rng = np.random.default_rng(43)
    trunk = np.array([(-3.0, 0.0, 0.42), (-1.8, 0.03, 0.36), (-0.4, -0.03, 0.40), (1.0, 0.05, 0.52), (2.2, -0.05, 0.70),
                      (3.2, 0.04, 0.88)])
    b.tube(trunk, [0.30, 0.245, 0.21, 0.165, 0.10, 0.04], M.BARK, sides=14)
    for k in range(11):                   # roots with earth between them
        angle = 2.0 * np.pi * k / 11 + rng.uniform(-0.2, 0.2)
        reach = rng.uniform(0.45, 0.75)
        out = np.array([0.0, np.cos(angle), np.sin(angle)])
        end = np.array([-3.25 + rng.uniform(-0.12, 0.1), 0.0, 0.55]) + reach * out
        end[2] = max(end[2], 0.05)
        start = np.array([-2.95, 0.0, 0.45]) + 0.14 * out
        middle = 0.5 * (end + np.array([-3.0, 0.0, 0.5]))
        b.tube([start, middle, end], [0.11, 0.065, 0.02], M.BARK, sides=7)
    add_surface(b, [Cone((-3.10, 0.0, 0.52), (-3.04, 0.0, 0.50), 0.50, 0.45, M.DIRT, 0.0, (0.34, 1.0, 0.92)),
                    Cone((-3.13, 0.25, 0.35), (-3.08, -0.28, 0.42), 0.30, 0.28, M.DIRT, 0.1, (0.4, 1.0, 1.0))], 0.05)
    blobs: list[tuple[Point, float]] = []
    for k in range(26):
        along = 2.4 + 2.4 * k / 25            # from the middle of the trunk to its tip, in segments
        part, share = int(along), along - int(along)
        start = trunk[part] + (trunk[min(part + 1, 5)] - trunk[part]) * share
        angle = 2.4 * k                       # around the trunk by the golden angle
        out = unit(np.array([rng.uniform(0.25, 0.9), np.cos(angle), 0.25 + 0.75 * np.sin(angle)]))
        length = rng.uniform(1.0, 1.55) * (1.15 - 0.45 * k / 25)
        middle, end = start + 0.5 * length * out, start + length * out
        middle[2], end[2] = max(middle[2], 0.10), max(end[2], 0.14)
        b.tube([start, middle, end], [0.05, 0.034, 0.010], M.BARK, sides=6)
        for spot, radius in ((end, 0.36), (0.35 * middle + 0.65 * end, 0.33), (middle, 0.22)):
            spot = spot + rng.uniform(-0.12, 0.12, 3)
            blobs.append(((float(spot[0]), float(spot[1]), max(float(spot[2]), 0.22)), radius))
    _crown(b, rng, blobs, 7600, 0.07, fill=True)
    for x, side, length in ((-0.9, 1.0, 0.55), (0.1, -1.0, 0.7), (0.6, 1.0, 0.6)):
        b.tube([(x, 0.0, 0.45), (x + 0.25, side * 0.5 * length, 0.55), (x + 0.4, side * length, 0.75)],
               [0.05, 0.035, 0.015], M.BARK, sides=6)


def branch(b: MeshBuilder) -> None:
    """A broken branch with a few leaves."""
    rng = np.random.default_rng(44)
    b.tube([(-1.0, 0.05, 0.06), (-0.4, -0.03, 0.06), (0.2, 0.05, 0.09), (0.95, -0.08, 0.14)],
           [0.05, 0.042, 0.03, 0.010], M.BARK, sides=8)
    blobs: list[tuple[Point, float]] = []
    for x, y, dx, dy, z in ((-0.3, 0.0, 0.4, 0.38, 0.22), (0.1, 0.05, 0.45, -0.36, 0.20), (0.35, 0.02, 0.4, 0.30, 0.26),
                            (0.6, -0.03, 0.3, -0.25, 0.22)):
        b.tube([(x, y, 0.08), (x + 0.5 * dx, y + 0.5 * dy, 0.5 * z), (x + dx, y + dy, z)], [0.018, 0.012, 0.005],
               M.BARK, sides=5)
        blobs += [((x + dx, y + dy, max(z, 0.14)), 0.13), ((x + 0.7 * dx, y + 0.7 * dy, 0.14), 0.11)]
    _crown(b, rng, blobs, 420, 0.05, fill=True)


def rock(b: MeshBuilder) -> None:
    """A boulder that rolled onto the road: a ball cut by planes, a little rough."""
    rng = np.random.default_rng(45)
    normals = unit(rng.normal(size=(26, 3)) * [1.0, 1.0, 0.8])
    reach = rng.uniform(0.78, 1.0, 26)
    polar, around = np.linspace(0.0, np.pi, 41), np.linspace(0.0, 2.0 * np.pi, 73)
    ways = np.stack([np.sin(polar)[:, None] * np.cos(around), np.sin(polar)[:, None] * np.sin(around),
                     np.broadcast_to(np.cos(polar)[:, None], (41, 73))], axis=-1)
    facing = np.einsum("ijk,nk->ijn", ways, normals, optimize=False)
    radius = np.where(facing > 1e-3, reach / np.maximum(facing, 1e-3), 9.0).min(axis=-1)
    radius = np.minimum(radius, 1.12) * (1.0 + 0.012 * np.sin(17.0 * ways[..., 0] + 11.0 * ways[..., 1] * ways[..., 2]))
    radius[:, -1] = radius[:, 0]
    radius[0], radius[-1] = radius[0, 0], radius[-1, 0]
    points = ways * radius[..., None] * [0.30, 0.24, 0.26]
    points[..., 2] = np.maximum(points[..., 2], -0.16)
    b.grid(points, M.CONCRETE)


def _crown(b: MeshBuilder, rng: np.random.Generator, blobs: list[tuple[Point, float]], count: int, leaf_m: float,
           fill: bool = False) -> None:
    """Leaves on the outside of balls; fill: also inside them, where no core hides the view."""
    centre = np.array([c for c, _ in blobs])
    radius = np.array([r for _, r in blobs])
    which = rng.choice(len(blobs), count, p=radius**2 / (radius**2).sum())
    out = unit(rng.normal(size=(count, 3)))
    depth = rng.uniform(0.35, 1.05, count) if fill else rng.uniform(0.97, 1.06, count)
    spots = centre[which] + out * (radius[which] * depth)[:, None]
    spots[:, 2] = np.maximum(spots[:, 2], 0.02)
    _leaves(b, rng, spots, out, leaf_m)


def _leaves(b: MeshBuilder, rng: np.random.Generator, centres: Array, outward: Array, size_m: float) -> None:
    """One quad a leaf, turned at random about its outward direction; uv: a random pair a leaf."""
    n = len(centres)
    normal = unit(outward + 0.9 * rng.normal(size=(n, 3)))
    along = unit(np.cross(normal, rng.normal(size=(n, 3))))
    across = np.cross(normal, along)
    size = size_m * rng.uniform(0.7, 1.3, n)[:, None]
    corners = np.stack([centres + size * (a * along + c * 0.62 * across)
                        for a, c in ((-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0))], axis=1)
    corners[..., 2] = np.maximum(corners[..., 2], 0.0)
    first = 4 * np.arange(n)[:, None]
    triangles = np.concatenate([first + np.array(half) for half in ([0, 1, 2], [0, 2, 3])])
    uv = np.repeat(rng.random((n, 2)), 4, axis=0)
    b.add(corners.reshape(-1, 3), np.repeat(normal, 4, axis=0), triangles, M.LEAF, 0.0, uv)
