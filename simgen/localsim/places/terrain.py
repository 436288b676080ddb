"""The terrain's mesh: fine at the roads, coarse at the horizon, without cracks, cut out under the roads.

A quadtree whose neighbouring cells differ by at most one level; a cell with a finer neighbour is drawn as a fan round
its centre, so that every edge is shared. Triangles at a road's edge are clipped a hand's breadth inside the road.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.shapes import cross, keep_triangles, smooth_normals

Array = NDArray[np.float64]
Keys = NDArray[np.int64]

UNIT_M = 0.5                  # the smallest cell
TOP_LEVEL = 9                 # cells of 256 m
HORIZON_M = 3200.0            # how far the land reaches beyond the roads
FAR_M = 400.0                 # distances to roads are told up to here
LAND_TOWN, LAND_COUNTRY = 1.0, 2.0      # parameters of Material.GRASS: uv is the distance to a road, and the forest
CLIP_M = -0.20                # terrain ends this far inside a road
# A cell of 2^k units is fine enough where the nearest road is at least this far away.
REACH_M = (0.0, 1.6, 4.8, 11.0, 32.0, 95.0, 260.0, 700.0, 1500.0, 3000.0)

# The smallest cells are 1 m beside more kilometres of roads than the first, 2 m beside more than the second.
COARSER_BEYOND_M = (5_000.0, 40_000.0)

_SHIFT = 1 << 24
_NEIGHBOURS = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
# The four sides of a cell: the neighbour's offset, and the corner a fan meets before the side's middle.
_SIDES = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])
_CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])


def terrain(
    relief: Relief, low: Array, high: Array, roads_m: float, forest: Callable[[Array], Array], settled: bool
) -> Mesh:
    """Grass over everything from ``low`` to ``high`` (2,) and HORIZON_M beyond, except under the roads.

    uv is the distance to the nearest road's edge (m, negative on roads, at most FAR_M) and ``forest`` there; the
    parameter says whether the land is a town's or the country's. Verges, fields and forest floor follow from these.

    roads_m:  length of all roads; beside many kilometres of them the cells are larger.
    forest:   how far inside the forest points (N, 2) are: see ``Woodland.excess``.
    settled:  is it a town?
    """
    finest = int(np.searchsorted(COARSER_BEYOND_M, roads_m))
    split = _splits(relief, low - HORIZON_M, high + HORIZON_M, finest)
    faces = np.concatenate([_cell_faces(level, leaves, split[level]) for level, leaves in _leaves(split)])
    keys, corners = np.unique(faces, return_inverse=True)
    whole_triangles = corners.reshape(-1, 3).astype(np.int32)
    xy: Array = _unpack(keys).astype(np.float64) * UNIT_M
    z, signed = relief.near(xy)
    whole = np.column_stack([xy, z])
    uv = np.column_stack([np.minimum(signed, FAR_M), np.clip(forest(xy), -1.0, 1.0)])
    shaded = np.hstack([whole, smooth_normals(whole, whole_triangles), uv])
    vertices, triangles = _clip(shaded, whole_triangles, signed - CLIP_M)
    positions = vertices[:, :3]
    mesh = Mesh(
        positions=positions.astype(np.float32),
        normals=(vertices[:, 3:6] / np.linalg.norm(vertices[:, 3:6], axis=1, keepdims=True)).astype(np.float32),
        uv=vertices[:, 6:].astype(np.float32),
        triangles=triangles,
        material=np.full(len(triangles), Material.GRASS, np.int32),
        parameter=np.full(len(triangles), LAND_TOWN if settled else LAND_COUNTRY, np.float32),
    )
    return keep_triangles(mesh, _area(positions, triangles) > 1e-8)


def _splits(relief: Relief, low: Array, high: Array, finest: int) -> list[Keys]:
    """Keys of the cells that are divided, for each level down to ``finest``; level k cells are 2^k units wide."""
    size = UNIT_M * 2**TOP_LEVEL
    first, last = np.floor(low / size).astype(int), np.ceil(high / size).astype(int)
    i, j = np.meshgrid(np.arange(first[0], last[0]), np.arange(first[1], last[1]), indexing="ij")
    cells = np.stack([i.ravel(), j.ravel()], axis=1)
    roots = _pack(cells)
    split: list[Keys] = [np.zeros(0, np.int64)] * (TOP_LEVEL + 1)
    for level in range(TOP_LEVEL, finest, -1):
        width = UNIT_M * 2**level
        distance = relief.distance((cells + 0.5) * width) - width * np.sqrt(0.5)
        cells = cells[distance < REACH_M[level]]
        split[level] = _pack(cells)
        cells = (2 * cells[:, None] + _CORNERS).reshape(-1, 2)
    # Balance: if a cell is divided, its eight neighbours must exist, so their parents are divided too.
    for level in range(finest + 1, TOP_LEVEL):
        around = (_unpack(split[level])[:, None] + _NEIGHBOURS).reshape(-1, 2)
        split[level + 1] = np.union1d(split[level + 1], _pack(np.floor_divide(around, 2)))
    split[TOP_LEVEL] = np.intersect1d(split[TOP_LEVEL], roots)
    split.append(roots)
    return split


def _leaves(split: list[Keys]) -> list[tuple[int, NDArray[np.int64]]]:
    """(level, cells (K, 2)) of the cells that are drawn."""
    result = []
    present = _unpack(split[-1])
    for level in range(TOP_LEVEL, -1, -1):
        divided = np.isin(_pack(present), split[level])
        if np.any(~divided):
            result.append((level, present[~divided]))
        present = (2 * present[divided][:, None] + _CORNERS).reshape(-1, 2)
    return result


def _cell_faces(level: int, cells: NDArray[np.int64], divided: Keys) -> Keys:
    """Triangles (T, 3) as vertex keys: two for a plain cell, a fan if a neighbour is finer."""
    width = 1 << level
    corner = [_pack((cells + c) * width) for c in _CORNERS]
    finer = [np.isin(_pack(cells + side), divided) for side in _SIDES]
    plain = ~np.any(finer, axis=0)
    a, b, c, d = (k[plain] for k in corner)
    faces = [np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]
    fan = ~plain
    centre = _pack(cells * width + width // 2)[fan]
    for side in range(4):
        start, end = corner[side][fan], corner[(side + 1) % 4][fan]
        cut = finer[side][fan]
        middle = _pack((_CORNERS[side] + _CORNERS[(side + 1) % 4]) * (width // 2) + cells * width)[fan]
        faces.append(np.stack([centre, start, end], axis=1)[~cut])
        faces.append(np.stack([centre, start, middle], axis=1)[cut])
        faces.append(np.stack([centre, middle, end], axis=1)[cut])
    return np.concatenate(faces)


def _clip(vertices: Array, triangles: NDArray[np.int32], value: Array) -> tuple[Array, NDArray[np.int32]]:
    """Cut away where the interpolated ``value`` (V,) is negative; ``vertices`` (V, any) are interpolated too."""
    inside = value[triangles] >= 0.0
    count = inside.sum(axis=1)
    pieces = [triangles[count == 3]]
    extra: list[Array] = []
    base = len(vertices)

    def crossing(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int32]:
        nonlocal base
        # Both triangles at an edge must find the same point: always walk it from the lower vertex number.
        low, high = np.minimum(a, b), np.maximum(a, b)
        share = (value[low] / (value[low] - value[high]))[:, None]
        extra.append(vertices[low] * (1.0 - share) + vertices[high] * share)
        numbers = np.arange(base, base + len(a), dtype=np.int32)
        base += len(a)
        return numbers

    for wanted in (1, 2):
        chosen = triangles[count == wanted]
        odd = np.argmax(inside[count == wanted] == (wanted == 1), axis=1)
        rows = np.arange(len(chosen))
        p, q, r = (chosen[rows, (odd + k) % 3] for k in range(3))
        pq, pr = crossing(p, q), crossing(p, r)
        if wanted == 1:               # p alone is inside
            pieces.append(np.stack([p, pq, pr], axis=1))
        else:                         # p alone is outside
            pieces += [np.stack([pq, q, r], axis=1), np.stack([pq, r, pr], axis=1)]
    return np.concatenate([vertices, *extra]), np.concatenate(pieces).astype(np.int32)


def _area(positions: Array, triangles: NDArray[np.int32]) -> Array:
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return np.asarray(0.5 * np.linalg.norm(cross(b - a, c - a), axis=1))


def _pack(cells: NDArray[np.int64]) -> Keys:
    return np.asarray((cells[:, 0] + _SHIFT) * (2 * _SHIFT) + cells[:, 1] + _SHIFT, dtype=np.int64)


def _unpack(keys: Keys) -> NDArray[np.int64]:
    return np.stack([keys // (2 * _SHIFT) - _SHIFT, keys % (2 * _SHIFT) - _SHIFT], axis=1)
