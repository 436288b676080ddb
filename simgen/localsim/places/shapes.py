"""Putting meshes together: quads, grids, boxes, tubes and fans, all as whole arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.localsim.mesh import Material, Mesh

Array = NDArray[np.float64]

# The corners of a unit box (x, y, z in ±1), six faces, counter-clockwise from outside; the last face is the bottom.
_BOX_FACES = np.array(
    [
        [[1, -1, -1], [1, 1, -1], [1, 1, 1], [1, -1, 1]],
        [[-1, 1, -1], [-1, -1, -1], [-1, -1, 1], [-1, 1, 1]],
        [[1, 1, -1], [-1, 1, -1], [-1, 1, 1], [1, 1, 1]],
        [[-1, -1, -1], [1, -1, -1], [1, -1, 1], [-1, -1, 1]],
        [[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]],
        [[-1, 1, -1], [1, 1, -1], [1, -1, -1], [-1, -1, -1]],
    ],
    dtype=np.float64,
)


class MeshBuilder:
    """Collects pieces of a mesh; ``mesh()`` joins them. Triangles without area are left out."""

    def __init__(self) -> None:
        self._pieces: list[Mesh] = []

    def add(
        self,
        positions: ArrayLike,
        normals: ArrayLike,
        uv: ArrayLike,
        triangles: ArrayLike,
        material: Material | NDArray[np.int32],
        parameter: float | NDArray[np.floating[Any]] = 0.0,
    ) -> None:
        """Any triangles: positions (V, 3), normals (V, 3), uv (V, 2), triangles (T, 3) seen counter-clockwise."""
        points = np.asarray(positions, dtype=np.float32).reshape(-1, 3)
        faces = np.asarray(triangles, dtype=np.int32).reshape(-1, 3)
        a, b, c = (points[faces[:, k]].astype(np.float64) for k in range(3))
        solid = np.linalg.norm(cross(b - a, c - a), axis=1) > 1e-9
        count = len(faces)
        self._pieces.append(
            Mesh(
                positions=points,
                normals=np.asarray(normals, dtype=np.float32).reshape(-1, 3),
                uv=np.asarray(uv, dtype=np.float32).reshape(-1, 2),
                triangles=faces[solid],
                material=np.broadcast_to(np.asarray(material, np.int32), (count,))[solid],
                parameter=np.broadcast_to(np.asarray(parameter, np.float32), (count,))[solid],
            )
        )

    def quads(
        self, corners: ArrayLike, material: Material, parameter: float | Array = 0.0, uv: ArrayLike | None = None
    ) -> None:
        """Flat four-cornered faces (Q, 4, 3), counter-clockwise from outside; ``parameter`` one value a quad.

        Without ``uv`` (Q, 4, 2), u runs in metres along the first side and v along the last one.
        """
        p = np.asarray(corners, dtype=np.float64).reshape(-1, 4, 3)
        if not len(p):
            return
        # The diagonals' cross product is a quad's normal even if one side has shrunk to a point.
        normal = cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-30
        if uv is None:
            wide = np.linalg.norm(p[:, 1] - p[:, 0], axis=1)
            high = np.linalg.norm(p[:, 3] - p[:, 0], axis=1)
            zero = np.zeros_like(wide)
            uv = np.stack([np.stack([zero, wide, wide, zero], 1), np.stack([zero, zero, high, high], 1)], axis=-1)
        values = np.broadcast_to(np.asarray(parameter, np.float64), (len(p),))
        self.add(p, np.repeat(normal, 4, axis=0), uv, quad_faces(len(p)), material, np.repeat(values, 2))

    def grid(
        self,
        points: Array,
        uv: Array,
        material: Material,
        parameter: float = 0.0,
        upward: bool = False,
    ) -> None:
        """A smooth sheet of points (N, M, 3) with uv (N, M, 2); its outside is where (axis 0) × (axis 1) points.

        With ``upward``, triangles that face down are left out: a lane inside a tight bend folds over itself there.
        """
        n, m = points.shape[:2]
        if n < 2 or m < 2:
            return
        faces = grid_faces(n, m)
        if upward:
            a, b, c = (points.reshape(-1, 3)[faces[:, k]] for k in range(3))
            faces = faces[cross(b - a, c - a)[:, 2] > 0.0]
        along, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
        normal = cross(along, across).reshape(-1, 3)
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        # Where a lane has tapered to nothing there is no direction across; straight up is close to any road.
        normal = np.where(length > 1e-12, normal / (length + 1e-30), [0.0, 0.0, 1.0])
        if upward:
            normal = np.where(normal[:, 2:] < 0.0, -normal, normal)
        self.add(points, normal, uv, faces, material, parameter)

    def boxes(
        self,
        centres: ArrayLike,
        half_sizes: ArrayLike,
        material: Material,
        yaw_rad: ArrayLike = 0.0,
        parameter: float = 0.0,
        bottom: bool = True,
    ) -> None:
        """Boxes with centres (K, 3), half sizes (K, 3) or (3,), turned by ``yaw_rad`` (K,) about z."""
        c = np.asarray(centres, dtype=np.float64).reshape(-1, 3)
        h = np.broadcast_to(np.asarray(half_sizes, dtype=np.float64), c.shape)
        yaw = np.broadcast_to(np.asarray(yaw_rad, dtype=np.float64), (len(c),))
        faces = _BOX_FACES if bottom else _BOX_FACES[:5]
        local = faces[None] * h[:, None, None, :]
        cos, sin = np.cos(yaw)[:, None, None], np.sin(yaw)[:, None, None]
        world = np.stack(
            [local[..., 0] * cos - local[..., 1] * sin, local[..., 0] * sin + local[..., 1] * cos, local[..., 2]],
            axis=-1,
        )
        self.quads((world + c[:, None, None, :]).reshape(-1, 4, 3), material, parameter)

    def tube(
        self,
        path: ArrayLike,
        radii: ArrayLike,
        material: Material,
        sides: int = 8,
        parameter: float = 0.0,
        caps: bool = True,
    ) -> None:
        """A round tube along a path (N, 3) with radii (N,) or one radius; uv: metres round and along."""
        p = np.asarray(path, dtype=np.float64).reshape(-1, 3)
        r = np.broadcast_to(np.asarray(radii, dtype=np.float64), (len(p),))
        x, y, tangent = _frames(p)
        angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)
        ring = np.cos(angle)[None, :, None] * x[:, None] + np.sin(angle)[None, :, None] * y[:, None]
        points = p[:, None] + ring * r[:, None, None]
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(p, axis=0), axis=1))])
        uv = np.stack(np.broadcast_arrays(angle[None] * r.max(), along[:, None]), axis=-1)
        # Axis 0 runs round and axis 1 along the tube, so that the outside is outside.
        faces = grid_faces(sides + 1, len(p))
        self.add(points.swapaxes(0, 1), ring.swapaxes(0, 1), uv.swapaxes(0, 1), faces, material, parameter)
        if caps:
            for end, sign in ((0, -1.0), (-1, 1.0)):
                rim = points[end, :-1] if sign > 0 else points[end, -2::-1]
                self.fan(rim, sign * tangent[end], material, parameter)

    def fan(self, rim: ArrayLike, normal: ArrayLike, material: Material, parameter: float = 0.0) -> None:
        """A flat convex polygon (K, 3), counter-clockwise seen against ``normal`` (3,); uv is 0."""
        p = np.asarray(rim, dtype=np.float64).reshape(-1, 3)
        k = np.arange(1, len(p) - 1)
        faces = np.stack([np.zeros_like(k), k, k + 1], axis=1)
        self.add(p, np.broadcast_to(np.asarray(normal, np.float64), p.shape), np.zeros((len(p), 2)), faces, material,
                 parameter)

    def merge(self, mesh: Mesh, world_from_mesh: Array | None = None) -> None:
        """Another mesh, moved by a rigid (and evenly scaled) transform (4, 4)."""
        if world_from_mesh is None:
            self._pieces.append(mesh)
            return
        linear, offset = world_from_mesh[:3, :3], world_from_mesh[:3, 3]
        normals = mesh.normals.astype(np.float64) @ linear.T
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-30
        positions = mesh.positions.astype(np.float64) @ linear.T + offset
        self.add(positions, normals, mesh.uv, mesh.triangles, mesh.material, mesh.parameter)

    def mesh(self) -> Mesh:
        """Everything that was added, as one mesh."""
        return join(self._pieces)


def join(meshes: Iterable[Mesh]) -> Mesh:
    """Several meshes as one."""
    pieces = list(meshes)
    if not pieces:
        return Mesh(
            np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 2), np.float32),
            np.zeros((0, 3), np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32),
        )
    starts = np.concatenate([[0], np.cumsum([len(p.positions) for p in pieces])[:-1]])
    return Mesh(
        positions=np.concatenate([p.positions for p in pieces]),
        normals=np.concatenate([p.normals for p in pieces]),
        uv=np.concatenate([p.uv for p in pieces]),
        triangles=np.concatenate([p.triangles + np.int32(k) for p, k in zip(pieces, starts, strict=True)]),
        material=np.concatenate([p.material for p in pieces]),
        parameter=np.concatenate([p.parameter for p in pieces]),
    )


def keep_triangles(mesh: Mesh, keep: NDArray[np.bool_]) -> Mesh:
    """The mesh with only the chosen triangles (T,); vertices that are no longer used are dropped."""
    used = np.unique(mesh.triangles[keep])
    renumber = np.zeros(len(mesh.positions), np.int32)
    renumber[used] = np.arange(len(used), dtype=np.int32)
    return Mesh(
        mesh.positions[used], mesh.normals[used], mesh.uv[used], renumber[mesh.triangles[keep]],
        mesh.material[keep], mesh.parameter[keep],
    )


def quad_faces(count: int) -> NDArray[np.int32]:
    """Triangles (2·count, 3) of quads with four vertices each of their own."""
    pattern = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    return (4 * np.arange(count, dtype=np.int32)[:, None, None] + pattern).reshape(-1, 3)


def grid_faces(n: int, m: int) -> NDArray[np.int32]:
    """Triangles (2(n−1)(m−1), 3) of an n × m grid of vertices in row-major order."""
    index = np.arange(n * m, dtype=np.int32).reshape(n, m)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    first, second = np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])


def smooth_normals(positions: Array, triangles: NDArray[np.int32]) -> Array:
    """Area-weighted vertex normals (V, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = cross(b - a, c - a)
    normals = np.zeros_like(positions)
    for axis in range(3):
        for corner in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], face[:, axis], len(positions))
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-30))


def cross(a: Array, b: Array) -> Array:
    """Cross products of vectors (…, 3): numpy's own spends most of its time on a few vectors checking axes."""
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    return np.stack([x, y, a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]], axis=-1)


def _frames(path: Array) -> tuple[Array, Array, Array]:
    """Two directions across the path and the tangent, (N, 3) each, right-handed (x, y, tangent)."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-30
    mean = np.abs(tangent).mean(axis=0)
    up = np.zeros(3)
    up[int(np.argmin(mean))] = 1.0
    x = np.cross(up, tangent)
    x /= np.linalg.norm(x, axis=1, keepdims=True) + 1e-30
    return x, np.cross(tangent, x), tangent
