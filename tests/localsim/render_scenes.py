"""Small scenes for the renderer's tests: a ground plane and boxes, with numbers one can check in one's head."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh

EYE_M = 1.65


def joined(*meshes: Mesh) -> Mesh:
    starts = np.cumsum([0, *(len(m.positions) for m in meshes)])
    return Mesh(
        np.concatenate([m.positions for m in meshes]), np.concatenate([m.normals for m in meshes]),
        np.concatenate([m.uv for m in meshes]),
        np.concatenate([m.triangles + np.int32(start) for m, start in zip(meshes, starts, strict=False)]),
        np.concatenate([m.material for m in meshes]), np.concatenate([m.parameter for m in meshes]))


def quad(corners: list[tuple[float, float, float]], material: Material, parameter: float = 0.0) -> Mesh:
    """A flat four-sided face, counter-clockwise seen from outside."""
    p = np.array(corners, dtype=np.float32)
    normal = np.cross(p[1] - p[0], p[2] - p[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1)).astype(np.float32)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    return Mesh(p, normals, uv, np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
                np.full(2, material, dtype=np.int32), np.full(2, parameter, dtype=np.float32))


def ground(material: Material = Material.ASPHALT, half_m: float = 500.0) -> Mesh:
    """A level square round the origin, at height 0."""
    h = half_m
    return quad([(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], material)


def box(length: float, width: float, height: float, material: Material) -> Mesh:
    """A closed box standing on the ground over the origin, x along its length."""
    x, y, z = length / 2, width / 2, height
    return joined(
        quad([(x, -y, 0), (x, y, 0), (x, y, z), (x, -y, z)], material),
        quad([(-x, y, 0), (-x, -y, 0), (-x, -y, z), (-x, y, z)], material),
        quad([(x, y, 0), (-x, y, 0), (-x, y, z), (x, y, z)], material),
        quad([(-x, -y, 0), (x, -y, 0), (x, -y, z), (-x, -y, z)], material),
        quad([(-x, -y, z), (x, -y, z), (x, y, z), (-x, y, z)], material),
        quad([(-x, y, 0), (x, y, 0), (x, -y, 0), (-x, -y, 0)], material))


def pose(x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> NDArray[np.float64]:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, z], [0, 0, 0, 1.0]])


@dataclass(frozen=True)
class FlatPlace:
    """A level ground and nothing else, unless said otherwise."""

    static: Mesh = field(default_factory=ground)
    prototypes: dict[str, Mesh] = field(default_factory=dict)
    scenery: tuple[Instance, ...] = ()
    street_lamps: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    bare_forms: dict[str, Mesh] = field(default_factory=dict)
    swaying: frozenset[str] = frozenset()

    def bare(self, key: str) -> Mesh | None:
        return self.bare_forms.get(key)

    def sways(self, key: str) -> bool:
        return key in self.swaying
