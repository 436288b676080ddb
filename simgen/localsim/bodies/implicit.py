"""Living shapes: round cones joined by a smooth union, turned into triangles by surface nets.

The distance to a round cone is that to its axis less a radius that runs linearly along it. Two distances a, b
blend over a width k by Quilez's quadratic polynomial, min(a, b) - max(k - |a - b|, 0)^2 / (4 k). Surface nets
(Gibson 1998) place one vertex in each grid cell that the surface crosses, at the mean of the crossings on the
cell's edges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.borders import Surface, painted_inside
from simgen.localsim.bodies.builder import Array, Indices, MeshBuilder, smooth_normals, unit
from simgen.localsim.mesh import Material

Point = tuple[float, float, float]
Field = NDArray[np.float32]

_CORNERS = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8)
          if sum(abs(p - q) for p, q in zip(_CORNERS[a], _CORNERS[b], strict=True)) == 1]
_FAR = np.float32(10.0)


@dataclass(frozen=True, slots=True)
class Cone:
    """One round cone.

    start, end:  ends of the axis.
    r0, r1:      radii there.
    material:    of the surface nearest to this cone.
    blend:       width of the smooth union with the cones before it; 0 is a crease.
    flat:        scale of the cross-section along x, y, z (0.7 in y: a body narrower than it is deep).
    cut:         the end is a flat disc instead of a ball (a hem, a cuff).
    """

    start: Point
    end: Point
    r0: float
    r1: float
    material: Material
    blend: float = 0.03
    flat: Point = (1.0, 1.0, 1.0)
    cut: bool = False

    def mirrored(self) -> Cone:
        """The cone on the other side of the plane y = 0."""
        (ax, ay, az), (bx, by, bz) = self.start, self.end
        return replace(self, start=(ax, -ay, az), end=(bx, -by, bz))

    def placed(self, axes: Array, origin: Array, scale: float) -> Cone:
        """The cone drawn in axes whose unit vectors are the rows of (3, 3); flat stays along the mesh's axes."""
        start, end = (origin + (axes * np.array(p)[:, None]).sum(axis=0) * scale for p in (self.start, self.end))
        return replace(self, start=(float(start[0]), float(start[1]), float(start[2])),
                       end=(float(end[0]), float(end[1]), float(end[2])),
                       r0=self.r0 * scale, r1=self.r1 * scale, blend=self.blend * scale)


def both_sides(cones: Sequence[Cone]) -> list[Cone]:
    """The cones and their mirror images."""
    return [*cones, *(cone.mirrored() for cone in cones)]


def add_layers(builder: MeshBuilder, cones: Sequence[Cone], cell_m: float, paint: Sequence[Cone] = (),
               parameters: Mapping[Material, float] = MappingProxyType({})) -> None:
    """Append the cones as one closed surface a material: clothes over skin, with crisp edges and no blend between.

    parameters: of the triangles of a material; 0 where none is given.
    """
    for material in sorted({cone.material for cone in cones}):
        add_surface(builder, [cone for cone in cones if cone.material == material], cell_m, paint,
                    parameters.get(material, 0.0))


def add_surface(builder: MeshBuilder, cones: Sequence[Cone], cell_m: float,
                paint: Sequence[Cone] = (), parameter: float = 0.0) -> None:
    """Append the surface of the cones' union, on a grid of cell_m.

    paint: cones that add no shape but give their material to the surface inside them; later ones win.
    """
    field, low = _union(cones, cell_m)
    positions, triangles = _surface_net(field, low, cell_m)
    normals = _normals(field, low, cell_m, positions, triangles)
    first, *others = dict.fromkeys(int(cone.material) for cone in cones)
    surface = Surface(positions, normals, triangles, np.full(len(triangles), first, np.int32))
    done = [first]
    for material in others:         # where its cones are nearer than those of all materials before
        nearer = (_nearest([cone for cone in cones if cone.material == material], surface.positions)
                  - _nearest([cone for cone in cones if cone.material in done], surface.positions))
        surface = painted_inside(surface, nearer, material)
        done.append(material)
    for own, patches in groupby(paint, lambda cone: int(cone.material)):
        surface = painted_inside(surface, _nearest(list(patches), surface.positions), own)
    builder.add(surface.positions, surface.normals, surface.triangles, surface.material, parameter)


def _distance(cone: Cone, points: NDArray[Any]) -> NDArray[Any]:
    """Distance of points (..., 3) to one cone, negative inside; exact at the surface of an unflattened one."""
    dtype = points.dtype
    flat = np.asarray(cone.flat, dtype)
    start = np.asarray(cone.start, dtype)
    axis = (np.asarray(cone.end, dtype) - start) / flat
    squared = max(float((axis * axis).sum()), 1e-9)
    relative = [(points[..., k] - start[k]) / flat[k] for k in range(3)]
    along = relative[0] * axis[0] + relative[1] * axis[1] + relative[2] * axis[2]
    beyond = along / dtype.type(squared)
    along = np.clip(beyond, dtype.type(0), dtype.type(1))
    off = [relative[k] - along * axis[k] for k in range(3)]
    distance = np.sqrt(off[0] ** 2 + off[1] ** 2 + off[2] ** 2)
    distance -= dtype.type(cone.r0) + dtype.type(cone.r1 - cone.r0) * along
    if cone.cut:
        distance = np.maximum(distance, (beyond - dtype.type(1)) * dtype.type(squared**0.5))
    scaled: NDArray[Any] = distance * dtype.type(min(cone.flat))
    return scaled


def _union(cones: Sequence[Cone], cell: float) -> tuple[Field, Array]:
    """The blended distance field on a regular grid and the grid's lowest corner."""
    starts = np.array([c.start for c in cones])
    ends = np.array([c.end for c in cones])
    reach = np.array([[max(c.r0, c.r1) * f for f in c.flat] for c in cones])
    low = (np.minimum(starts, ends) - reach).min(axis=0) - 3 * cell
    high = (np.maximum(starts, ends) + reach).max(axis=0) + 3 * cell
    count = np.ceil((high - low) / cell).astype(np.int64) + 1
    lines = [(low[k] + cell * np.arange(count[k])).astype(np.float32) for k in range(3)]
    field = np.full(tuple(count), _FAR, np.float32)
    for cone, start, end, around in zip(cones, starts, ends, reach, strict=True):
        margin = around + 1.5 * cone.blend / min(cone.flat) + 2.5 * cell
        first = np.maximum(((np.minimum(start, end) - margin - low) / cell).astype(np.int64), 0)
        last = np.minimum(((np.maximum(start, end) + margin - low) / cell).astype(np.int64) + 2, count)
        block = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        mesh = np.meshgrid(*(lines[k][block[k]] for k in range(3)), indexing="ij")
        own = _distance(cone, np.stack(mesh, axis=-1)).astype(np.float32)
        before = field[block]
        joined = np.minimum(before, own)
        if cone.blend > 0.0:
            overlap = np.maximum(np.float32(cone.blend) - np.abs(before - own), np.float32(0))
            joined -= overlap * overlap * np.float32(0.25 / cone.blend)
        field[block] = joined
    return field, low


def _surface_net(field: Field, low: Array, cell: float) -> tuple[Array, Indices]:
    """Vertices (V, 3) and triangles (T, 3) of the field's zero level."""
    inside = field < 0
    n = np.array(field.shape) - 1
    corner = [inside[i:n[0] + i, j:n[1] + j, k:n[2] + k] for i, j, k in _CORNERS]
    any_in, all_in = corner[0].copy(), corner[0].copy()
    for c in corner[1:]:
        any_in |= c
        all_in &= c
    cells = np.argwhere(any_in & ~all_in)
    index = np.full(tuple(n), -1, np.int64)
    index[tuple(cells.T)] = np.arange(len(cells))
    values = np.stack([field[tuple((cells + c).T)] for c in _CORNERS], axis=1).astype(np.float64)
    total, hits = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        va, vb = values[:, a], values[:, b]
        crossing = (va < 0) != (vb < 0)
        t = np.where(crossing, va / np.where(crossing, va - vb, 1.0), 0.0)
        point = np.array(_CORNERS[a]) + t[:, None] * (np.array(_CORNERS[b]) - np.array(_CORNERS[a]))
        total += np.where(crossing[:, None], point, 0.0)
        hits += crossing
    positions = low + cell * (cells + total / hits[:, None])
    triangles = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        here = [slice(1, -1)] * 3
        there = [slice(1, -1)] * 3
        here[axis], there[axis] = slice(0, -1), slice(1, None)
        leaving, entering = inside[tuple(here)], inside[tuple(there)]
        edges = np.argwhere(leaving != entering)
        outward = leaving[tuple(edges.T)]  # inside -> outside along the axis: the face looks along +axis
        offset = np.ones(3, np.int64)
        offset[axis] = 0
        edges = edges + offset
        ring = []
        for du, dv in ((1, 1), (0, 1), (0, 0), (1, 0)):
            at = edges.copy()
            at[:, u] -= du
            at[:, v] -= dv
            ring.append(index[tuple(at.T)])
        quad = np.stack(ring, axis=1)
        # Ring order (-,-), (+,-), (+,+), (-,+) in (u, v) is counter-clockwise seen from +axis.
        quad = np.where(outward[:, None], quad, quad[:, ::-1])
        triangles += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return positions, np.concatenate(triangles)


def _gradient(field: Field, low: Array, cell: float, points: Array) -> Array:
    """Gradient (V, 3) of the field, interpolated trilinearly, at points."""
    x = (points - low) / cell
    base = np.clip(x.astype(np.int64), 0, np.array(field.shape) - 2)
    f = x - base
    gradient = np.zeros_like(points)
    for corner in _CORNERS:
        sample = field[tuple((base + corner).T)].astype(np.float64)
        w = [f[:, k] if corner[k] else 1.0 - f[:, k] for k in range(3)]
        sign = [1.0 if corner[k] else -1.0 for k in range(3)]
        gradient[:, 0] += sample * sign[0] * w[1] * w[2]
        gradient[:, 1] += sample * sign[1] * w[0] * w[2]
        gradient[:, 2] += sample * sign[2] * w[0] * w[1]
    return gradient / cell


def _normals(field: Field, low: Array, cell: float, positions: Array, triangles: Indices) -> Array:
    """Vertex normals: half the field's gradient, half the faces', so that thin parts stay free of noise."""
    gradient = _gradient(field, low, cell, positions)
    return unit(unit(gradient) + smooth_normals(positions, triangles))


def _nearest(cones: Sequence[Cone], points: Array) -> Array:
    """Distance (N,) of points to the union of cones, which blend by their widths."""
    joined = np.full(len(points), float(_FAR))
    for cone in cones:
        own = _distance(cone, points)
        overlap = np.maximum(cone.blend - np.abs(joined - own), 0.0) if cone.blend > 0.0 else 0.0
        joined = np.minimum(joined, own) - overlap * overlap * (0.25 / max(cone.blend, 1e-9))
    return joined
