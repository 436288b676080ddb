"""How high the ground is: the same triangles that are drawn, looked up exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.shapes import cross

Array = NDArray[np.float64]

# What feet and wheels stand on. Paint lies a few millimetres above the asphalt and is not counted.
WALKABLE = (Material.ASPHALT, Material.SIDEWALK, Material.CURB, Material.GRASS, Material.DIRT)
SMALLEST_CELL_M = 2.0
STEEPEST = 0.04               # triangles whose normal has a smaller z are walls; a kerb's leaning face is not
EDGE_TOLERANCE = 1e-6         # in barycentric units: neighbours share their edge


@dataclass(frozen=True, eq=False, slots=True)
class _Layer:
    """Triangles of similar size in a hash grid whose cells are at least as wide as they are.

    cells:  (E,) sorted keys of the cells that hold a triangle; one entry for each triangle and cell it touches.
    faces:  (E,) the triangle of each entry.
    """

    cell_m: float
    cells: NDArray[np.int64]
    faces: NDArray[np.int32]


class Ground:
    """The height of the drivable and walkable surface: roads, pavements, kerbs, terrain.

    Triangles are sorted into grids by size, each with cells as wide as its triangles, so that a look-up meets only a
    few candidates however large the distant terrain's triangles are.
    """

    def __init__(self, mesh: Mesh) -> None:
        walkable = np.flatnonzero(np.isin(mesh.material, WALKABLE))     # a few of a town's triangles: most are leaves
        corners = mesh.positions[mesh.triangles[walkable]].astype(np.float64)
        normal = cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat = normal[:, 2] > STEEPEST * np.linalg.norm(normal, axis=1)
        a, b, c = (corners[flat, k] for k in range(3))
        self.material: NDArray[np.int32] = mesh.material[walkable[flat]]
        self._origin, self._e1, self._e2 = a, b - a, c - a
        self._area = self._e1[:, 0] * self._e2[:, 1] - self._e1[:, 1] * self._e2[:, 0]
        low, high = np.minimum(np.minimum(a, b), c)[:, :2], np.maximum(np.maximum(a, b), c)[:, :2]
        size = (high - low).max(axis=1, initial=0.0)
        rank = np.ceil(np.log2(np.maximum(size / SMALLEST_CELL_M, 1.0))).astype(int)
        self._layers = tuple(
            _layer(np.flatnonzero(rank == k), low, high, SMALLEST_CELL_M * 2.0**k) for k in np.unique(rank)
        )

    def height(self, xy: Array, below_m: Array | float | None = None) -> Array:
        """Height (N,) of the surface at ``xy`` (N, 2); NaN where there is none.

        Of several surfaces over one another (a bridge) the highest one counts; with ``below_m`` (a number or (N,)) the
        highest one that does not lie above it.
        """
        return self._look_up(xy, below_m)[0]

    def lowest(self, xy: Array) -> Array:
        """Height (N,) of the lowest surface at ``xy`` (N, 2); NaN where there is none."""
        return self._look_up(xy, None, -1.0)[0]

    def surface(self, xy: Array, below_m: Array | float | None = None) -> NDArray[np.int32]:
        """``Material`` (N,) of the surface that ``height`` finds at ``xy`` (N, 2); −1 where there is none."""
        return self._look_up(xy, below_m)[1]

    def _look_up(
        self, xy: Array, below_m: Array | float | None, sign: float = 1.0
    ) -> tuple[Array, NDArray[np.int32]]:
        """The surface with the largest ``sign``·z: its z and material."""
        xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        best, material = np.full(len(xy), -np.inf), np.full(len(xy), -1, np.int32)
        ceiling = None if below_m is None else np.broadcast_to(np.asarray(below_m, np.float64), (len(xy),))
        for layer in self._layers:
            point, face = _candidates(layer, xy)
            if not len(point):
                continue
            p = xy[point] - self._origin[face, :2]
            e1, e2, area = self._e1[face], self._e2[face], self._area[face]
            u = (p[:, 0] * e2[:, 1] - p[:, 1] * e2[:, 0]) / area
            v = (e1[:, 0] * p[:, 1] - e1[:, 1] * p[:, 0]) / area
            z = self._origin[face, 2] + u * e1[:, 2] + v * e2[:, 2]
            inside = (u >= -EDGE_TOLERANCE) & (v >= -EDGE_TOLERANCE) & (u + v <= 1.0 + EDGE_TOLERANCE)
            if ceiling is not None:
                inside &= z <= ceiling[point]
            point, face, z = point[inside], face[inside], sign * z[inside]
            order = np.lexsort((face, z, point))
            point, face, z = point[order], face[order], z[order]
            highest = np.append(np.diff(point) > 0, True)[: len(point)]
            point, face, z = point[highest], face[highest], z[highest]
            higher = z > best[point]
            best[point[higher]] = z[higher]
            material[point[higher]] = self.material[face[higher]]
        return np.where(np.isfinite(best), sign * best, np.nan), material


def _layer(faces: NDArray[np.int64], low: Array, high: Array, cell_m: float) -> _Layer:
    first, last = _cell(low[faces], cell_m), _cell(high[faces], cell_m)
    # A triangle no wider than a cell touches at most two cells each way.
    keys = np.stack([_key(x[:, 0], y[:, 1]) for x in (first, last) for y in (first, last)], axis=1)
    keys.sort(axis=1)
    new = np.concatenate([np.ones((len(faces), 1), bool), np.diff(keys, axis=1) != 0], axis=1)
    entry = np.repeat(faces[:, None], 4, axis=1)[new]
    cells = keys[new]
    order = np.argsort(cells, kind="stable")
    return _Layer(cell_m, cells[order], entry[order].astype(np.int32))


def _candidates(layer: _Layer, xy: Array) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Pairs (point, triangle) that share a cell."""
    cell = _cell(xy, layer.cell_m)
    key = _key(cell[:, 0], cell[:, 1])
    start, stop = np.searchsorted(layer.cells, key, "left"), np.searchsorted(layer.cells, key, "right")
    count = stop - start
    point = np.repeat(np.arange(len(xy)), count)
    within = np.arange(len(point)) - np.repeat(np.cumsum(count) - count, count)
    return point, layer.faces[np.repeat(start, count) + within]


def _cell(xy: Array, cell_m: float) -> NDArray[np.int64]:
    return np.floor(np.where(np.isfinite(xy), xy, 1e8) / cell_m).astype(np.int64)


def _key(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((i + (1 << 30)) * (1 << 31) + (j + (1 << 30)))
