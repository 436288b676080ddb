"""Tools that gather quads, boxes, tubes, grids and lathed rings into one ``Mesh``.

Axes as in ``mesh.py``: x forward, y left, z up, metres. Every tool winds its triangles counter-clockwise seen
from outside. Where no texture coordinate is given, uv is (x, z): metres on the side of a body.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.localsim.mesh import Material, Mesh

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def unit(vectors: ArrayLike) -> Array:
    """Vectors (..., 3) scaled to length 1; the zero vector stays zero."""
    v = np.asarray(vectors, np.float64)
    length = np.sqrt((v * v).sum(axis=-1, keepdims=True))
    return v / np.where(length > 0.0, length, 1.0)


def smooth_normals(positions: Array, triangles: Indices) -> Array:
    """Area-weighted vertex normals, (V, 3), of an indexed mesh."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.empty_like(positions)
    for axis in range(3):  # bincount sums in index order, so the result is the same in every process
        weights = np.repeat(face[:, axis], 3)
        normals[:, axis] = np.bincount(triangles.ravel(), weights, minlength=len(positions))
    return unit(normals)


class MeshBuilder:
    """Collects parts; ``mesh()`` joins them."""

    def __init__(self) -> None:
        self._positions: list[Array] = []
        self._normals: list[Array] = []
        self._uv: list[Array] = []
        self._triangles: list[Indices] = []
        self._material: list[NDArray[np.int32]] = []
        self._parameter: list[NDArray[np.float32]] = []
        self._count = 0

    def add(
        self,
        positions: ArrayLike,
        normals: ArrayLike,
        triangles: ArrayLike,
        material: ArrayLike,
        parameter: ArrayLike = 0.0,
        uv: ArrayLike | None = None,
    ) -> None:
        """Append positions (V, 3), normals (V, 3), triangles (T, 3), a material and a parameter, one or (T,) each."""
        p = np.asarray(positions, np.float64)
        t = np.asarray(triangles, np.int64)
        self._positions.append(p)
        self._normals.append(np.asarray(normals, np.float64))
        self._uv.append(p[:, [0, 2]] if uv is None else np.asarray(uv, np.float64))
        self._triangles.append(t + self._count)
        self._material.append(np.broadcast_to(np.asarray(material, np.int32), (len(t),)))
        self._parameter.append(np.broadcast_to(np.asarray(parameter, np.float32), (len(t),)))
        self._count += len(p)

    def grid(
        self,
        points: ArrayLike,
        material: ArrayLike,
        *,
        parameter: ArrayLike = 0.0,
        reverse: bool = False,
        mirror: bool = False,
        normals: ArrayLike | None = None,
        holes: ArrayLike | None = None,
        mirror_holes: ArrayLike | None = None,
    ) -> None:
        """A sheet of points (n, m, 3), outward = rows x columns; material and parameter one or (n-1, m-1) each.

        reverse: turn the sheet inside out. mirror: add the sheet's mirror image in y as well.
        holes: (n-1, m-1) booleans, cells to leave out of the sheet; mirror_holes: out of its mirror image.
        """
        p = np.asarray(points, np.float64)
        n, m = p.shape[:2]
        corner = (np.arange(n - 1)[:, None] * m + np.arange(m - 1)[None, :]).ravel()
        triangles = np.concatenate([
            np.stack([corner, corner + m, corner + m + 1], axis=1),
            np.stack([corner, corner + m + 1, corner + 1], axis=1),
        ])
        if reverse:
            triangles = triangles[:, ::-1]
        cells = np.broadcast_to(np.asarray(material, np.int32), (n - 1, m - 1)).ravel()
        values = np.broadcast_to(np.asarray(parameter, np.float32), (n - 1, m - 1)).ravel()
        flat = p.reshape(-1, 3)
        a, b, c = (flat[triangles[:, k]] for k in range(3))
        twice_area = np.sqrt((np.cross(b - a, c - a) ** 2).sum(axis=1))
        keep = twice_area > 1e-12  # sheets may close to a point or an edge; drop what has no area there
        both, value = np.concatenate([cells, cells])[keep], np.concatenate([values, values])[keep]
        cell = np.concatenate([np.arange(len(cells))] * 2)[keep]
        triangles = triangles[keep]
        shading = smooth_normals(flat, triangles) if normals is None else unit(normals).reshape(-1, 3)
        if mirror:  # the two halves meet in the plane y = 0 without a crease
            seam = np.abs(flat[:, 1]) < 1e-9
            shading = unit(np.where(seam[:, None], shading * [1.0, 0.0, 1.0], shading))
        whole = _left_by(holes, cell)
        self.add(flat, shading, triangles[whole], both[whole], value[whole])
        if mirror:
            flip = np.array([1.0, -1.0, 1.0])
            whole = _left_by(mirror_holes, cell)
            self.add(flat * flip, shading * flip, triangles[whole][:, ::-1], both[whole], value[whole])

    def quad(self, corners: ArrayLike, material: Material, *, parameter: float = 0.0,
             uv: ArrayLike | None = None) -> None:
        """One flat quad of corners (4, 3), counter-clockwise seen from outside."""
        p = np.asarray(corners, np.float64)
        normal = unit(np.cross(p[1] - p[0], p[2] - p[0]))
        self.add(p, np.tile(normal, (4, 1)), [[0, 1, 2], [0, 2, 3]], material, parameter, uv)

    def box(self, centre: ArrayLike, half: ArrayLike, material: Material, *, rotation: ArrayLike | None = None,
            radius: float = 0.0, mirror: bool = False, parameter: float = 0.0) -> None:
        """A box of half sizes (3,), its edges rounded by a radius, optionally turned by a (3, 3) rotation."""
        h = np.asarray(half, np.float64)
        r = min(radius, float(h.min()))
        turn = np.eye(3) if rotation is None else np.asarray(rotation, np.float64)
        for axis in range(3):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            lines = [_rounded_lines(h[k], r) for k in (u, v)]
            for sign in (1.0, -1.0):
                surface = np.empty((len(lines[0]), len(lines[1]), 3))
                surface[..., axis] = sign * h[axis]
                surface[..., u] = lines[0][:, None]
                surface[..., v] = lines[1][None, :]
                if r > 0.0:
                    inner = np.clip(surface, -(h - r), h - r)
                    normals = unit(surface - inner)
                    surface = inner + r * normals
                else:
                    normals = np.zeros_like(surface)
                    normals[..., axis] = sign
                self.grid(_turned(surface, turn) + np.asarray(centre, np.float64), material, reverse=sign < 0,
                          mirror=mirror, normals=_turned(normals, turn), parameter=parameter)

    def tube(self, path: ArrayLike, radii: ArrayLike, material: ArrayLike, *, sides: int = 8,
             caps: bool = True, mirror: bool = False, flatten: float = 1.0, parameter: float = 0.0) -> None:
        """A tube along path (n, 3) with radii one or (n,); flatten scales it across the second axis."""
        p = np.asarray(path, np.float64)
        r = np.broadcast_to(np.asarray(radii, np.float64), (len(p),))
        first, second = _frames(p)
        angle = np.arange(sides + 1) * (2.0 * np.pi / sides)
        ring = (np.cos(angle)[None, :, None] * first[:, None]
                + flatten * np.sin(angle)[None, :, None] * second[:, None])
        points = p[:, None] + r[:, None, None] * ring
        points[:, -1] = points[:, 0]
        self.grid(points, material, reverse=True, mirror=mirror, normals=ring, parameter=parameter)
        if caps:
            for rim, middle, reverse in ((points[0], p[0], True), (points[-1], p[-1], False)):
                disc = np.stack([np.broadcast_to(middle, rim.shape), rim])
                self.grid(disc, material if np.ndim(material) == 0 else np.ravel(material)[0], reverse=reverse,
                          mirror=mirror, parameter=parameter)

    def lathe(self, profile: ArrayLike, centre: ArrayLike, material: ArrayLike, *, segments: int = 32,
              mirror: bool = False, upright: bool = False, parameter: float = 0.0) -> None:
        """A ring turned about the y axis: profile (k, 2) of (radius, y), material one or (k-1, segments).

        The outside lies to the left of the profile when y grows to the right and the radius upwards.
        upright: turned about the z axis, with z in place of y.
        """
        q = np.asarray(profile, np.float64)
        angle = np.arange(segments + 1) * (2.0 * np.pi / segments)
        angle[-1] = 0.0
        points = np.stack([
            q[:, :1] * np.cos(angle), np.broadcast_to(q[:, 1:], (len(q), segments + 1)), q[:, :1] * np.sin(angle),
        ], axis=-1)
        if upright:
            points = points[..., [0, 2, 1]]
        self.grid(points + np.asarray(centre, np.float64), material, mirror=mirror, reverse=upright,
                  parameter=parameter)

    def ball(self, centre: ArrayLike, radius: float, material: Material) -> None:
        """A small ball (an eye)."""
        polar, around = np.linspace(0.0, np.pi, 7), np.linspace(0.0, 2.0 * np.pi, 11)
        directions = np.stack([
            np.sin(polar)[:, None] * np.cos(around), np.sin(polar)[:, None] * np.sin(around),
            np.broadcast_to(np.cos(polar)[:, None], (7, 11)),
        ], axis=-1)
        self.grid(np.asarray(centre, np.float64) + radius * directions, material, normals=directions)

    def extend(self, other: Mesh) -> None:
        """Append a finished mesh."""
        self._positions.append(other.positions.astype(np.float64))
        self._normals.append(other.normals.astype(np.float64))
        self._uv.append(other.uv.astype(np.float64))
        self._triangles.append(other.triangles.astype(np.int64) + self._count)
        self._material.append(other.material)
        self._parameter.append(other.parameter)
        self._count += len(other.positions)

    def mesh(self) -> Mesh:
        """All parts as one mesh, without vertices that no triangle uses."""
        triangles = np.concatenate(self._triangles)
        used = np.zeros(self._count, bool)
        used[triangles] = True
        number = np.cumsum(used) - 1
        return Mesh(
            positions=np.concatenate(self._positions)[used].astype(np.float32),
            normals=unit(np.concatenate(self._normals)[used]).astype(np.float32),
            uv=np.concatenate(self._uv)[used].astype(np.float32),
            triangles=number[triangles].astype(np.int32),
            material=np.concatenate(self._material).astype(np.int32),
            parameter=np.concatenate(self._parameter),
        )


def fitted(mesh: Mesh, size_lwh_m: Sequence[float]) -> Mesh:
    """The mesh scaled and shifted along each axis so that it fills its box: centred in x and y, standing on z = 0."""
    return affine(mesh, *fitting(mesh, size_lwh_m))


def fitting(mesh: Mesh, size_lwh_m: Sequence[float]) -> tuple[Array, Array]:
    """Scale (3,) and shift (3,) by which a mesh comes to fill its box."""
    size = np.asarray(size_lwh_m, np.float64)
    low, high = mesh.bounds_m()
    scale = size / (high.astype(np.float64) - low)
    target_low = np.array([-size[0] / 2.0, -size[1] / 2.0, 0.0])
    return scale, target_low - scale * low


def affine(mesh: Mesh, scale: ArrayLike, shift: ArrayLike) -> Mesh:
    """The mesh scaled (3,) and then shifted (3,) along the axes; normals follow."""
    s = np.asarray(scale, np.float64)
    return Mesh(
        positions=(mesh.positions * s + np.asarray(shift, np.float64)).astype(np.float32),
        normals=unit(mesh.normals / s).astype(np.float32),
        uv=mesh.uv, triangles=mesh.triangles, material=mesh.material, parameter=mesh.parameter,
    )


def mirrored(mesh: Mesh) -> Mesh:
    """The mesh's image in the plane y = 0."""
    flip = np.array([1.0, -1.0, 1.0], np.float32)
    return Mesh(mesh.positions * flip, mesh.normals * flip, mesh.uv, np.ascontiguousarray(mesh.triangles[:, ::-1]),
                mesh.material, mesh.parameter)


def _left_by(holes: ArrayLike | None, cell: Indices) -> NDArray[np.bool_]:
    """Which triangles stay, by the number of the cell each is in."""
    if holes is None:
        return np.ones(len(cell), bool)
    stays: NDArray[np.bool_] = ~np.asarray(holes, bool).ravel()[cell]
    return stays


def _rounded_lines(half: float, radius: float) -> Array:
    """Grid lines from -half to half: the edges' rounding (small ones in one step), nothing in between."""
    if radius <= 0.0:
        return np.array([-half, half])
    steps = [0.0, 1.0] if radius < 0.015 else [0.0, np.tan(np.pi / 12), np.tan(np.pi / 6), 1.0]
    rounding = half - radius + radius * np.array(steps)
    return np.unique(np.concatenate([-rounding, rounding]))


def _turned(points: Array, rotation: Array) -> Array:
    # einsum without BLAS: the same bits whatever the number of threads.
    turned: Array = np.einsum("...j,ij->...i", points, rotation, optimize=False)
    return turned


def _frames(path: Array) -> tuple[Array, Array]:
    """Two unit vectors across the path at each point, carried along without twist."""
    along = unit(np.gradient(path, axis=0))
    first = np.empty_like(path)
    reference = np.eye(3)[np.argmin(np.abs(along[0]))]
    for k, direction in enumerate(along):  # a path has a few dozen points at most
        across = reference - direction * (reference * direction).sum()
        first[k] = reference = unit(across)
    return first, np.cross(along, first)
