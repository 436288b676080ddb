"""Warp's own trees of boxes as a ray tracer: for CUDA, and for processors that have no Embree.

The same two levels as ``embree.py``: a ``wp.Mesh`` for each distinct mesh, made once, and a ``wp.Bvh`` of the boxes of
all instances, made anew whenever actors move, so that no earlier moment shows in the order in which it is walked.
Trees are built by the processor with the surface area heuristic on every device: a GPU's own builder is faster, but its
trees are slower to walk, and here a mesh is built once and walked for hours.

The share of rays for which Embree names another triangle (those through an edge that two share) is below 1e-3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import bvh as kernels
from simgen.localsim.render.kernels.silhouettes import Patches
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.tracing import Placed
from simgen.localsim.render.warp_runtime import wp

_BUILDER, _LEAF = "sah", 4      # triangles a leaf
# A box holds its instance's triangles for every way in which 32 bits may round them.
_SPARE_M, _SPARE_SHARE = 1e-4, 1e-6


class MeshTree:
    """The tree of one triangle mesh, in the mesh's own axes."""

    def __init__(self, device: Device, positions: NDArray[np.float32], triangles: NDArray[np.int32]) -> None:
        """positions (V, 3), triangles (T, 3) counter-clockwise seen from outside."""
        self.positions = positions
        corners = positions if len(positions) else np.zeros((1, 3), np.float32)
        self.low: NDArray[np.float32] = corners.min(axis=0)
        self.high: NDArray[np.float32] = corners.max(axis=0)
        self._mesh: Any = None
        if len(triangles):
            points = device.upload(np.ascontiguousarray(positions, dtype=np.float32), wp.vec3)
            indices = device.upload(np.ascontiguousarray(triangles, dtype=np.int32).reshape(-1), wp.int32)
            self._mesh = wp.Mesh(points, indices, bvh_constructor=_BUILDER, bvh_leaf_size=_LEAF)

    @property
    def id(self) -> int:
        """As kernels know it; 0 for a mesh without triangles."""
        return 0 if self._mesh is None else int(self._mesh.id)


class InstanceTree:
    """The top of the two levels. The first ``fixed`` instances stay; the rest is replaced as a whole by ``replace``."""

    def __init__(self, device: Device, fixed: Sequence[Placed[MeshTree]]) -> None:
        self._device = device
        self._standing, self._moving = list(fixed), list[Placed[MeshTree]]()
        self._fixed = _rows(fixed)
        self.replace([])

    def replace(self, moving: Sequence[Placed[MeshTree]]) -> None:
        """Put these (tree, world_from_mesh (4, 4)) in the place of all earlier moving instances."""
        self._moving = list(moving)         # what kernels walk must stay alive
        low, high, mesh, mesh_from_world = (
            np.concatenate(pair) for pair in zip(self._fixed, _rows(moving), strict=True))
        upload = self._device.upload
        self._boxes = wp.Bvh(upload(low, wp.vec3), upload(high, wp.vec3), constructor=_BUILDER)
        self.data = kernels.Tree()
        self.data.boxes = self._boxes.id
        self.data.mesh, self.data.mesh_from_world = upload(mesh, wp.uint64), upload(mesh_from_world, wp.mat44)

    def exchange(self, trees: Mapping[int, MeshTree]) -> None:
        """Show other meshes in the places of these fixed instances, by number."""
        for number, tree in trees.items():
            self._standing[number] = tree, self._standing[number][1]
        self._fixed = _rows(self._standing)
        self.commit()

    def pose(self, numbers: NDArray[np.intp], world_from_mesh: NDArray[np.float64]) -> None:
        """Give some of the fixed instances, (N,), other poses (N, 4, 4). Holds from the next change on."""
        chosen = numbers.tolist()
        for number, pose in zip(chosen, world_from_mesh, strict=True):
            self._standing[number] = self._standing[number][0], pose
        for rows, new in zip(self._fixed, _rows([self._standing[number] for number in chosen]), strict=True):
            rows[numbers] = new

    def commit(self) -> None:
        """Make new poses hold."""
        self.replace(self._moving)


def _rows(instances: Sequence[Placed[MeshTree]]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Of each instance: the lowest and highest corner of its box in the world, its mesh, mesh_from_world."""
    count = len(instances)
    pose = np.array([pose for _, pose in instances], dtype=np.float64).reshape(count, 4, 4)
    low = np.array([tree.low for tree, _ in instances], dtype=np.float64).reshape(count, 3)
    high = np.array([tree.high for tree, _ in instances], dtype=np.float64).reshape(count, 3)
    middle = np.einsum("nij,nj->ni", pose[:, :3, :3], 0.5 * (low + high)) + pose[:, :3, 3]
    half = np.einsum("nij,nj->ni", np.abs(pose[:, :3, :3]), 0.5 * (high - low))
    half += _SPARE_M + _SPARE_SHARE * np.abs(middle)
    return ((middle - half).astype(np.float32), (middle + half).astype(np.float32),
            np.array([tree.id for tree, _ in instances], dtype=np.uint64),
            np.linalg.inv(pose).astype(np.float32))


class BvhCaster:
    """Casts rays against one ``InstanceTree``."""

    lanes = 8

    def __init__(self, tree: InstanceTree, device: Device) -> None:
        self._tree, self._device = tree, device

    def intersect(self, rays: Rays, hits: Hits) -> None:
        """Fill ``hits`` with the nearest hit of every ray."""
        self._cast(kernels.intersect, rays, [hits.distance, hits.ids, hits.uv, hits.normal])

    def occlude(self, rays: Rays, visible: Any) -> None:
        """Write 1 where a ray reaches its far end freely, else 0. visible: (N,) float."""
        self._cast(kernels.occlude, rays, [visible])

    def _cast(self, kernel: Any, rays: Rays, results: list[Any]) -> None:
        self._device.launch(kernel, rays.width * rays.height, [
            self._tree.data, rays.origin, rays.direction, rays.extent, *results])

    def cover(self, camera: Any, patches: Patches, alone: Sequence[NDArray[np.int32]], packets: int, hits: Hits,
              owner_of: Any) -> Any:
        """States (8 packets,) of samples, see ``silhouettes.cover``. alone: of each patch, from ``BvhTracer.alone``."""
        states, upload = self._device.empty(8 * packets, wp.uint8), self._device.upload
        first = np.cumsum([0, *(len(members) for members in alone)]).astype(np.int32)
        self._device.launch(kernels.cover, 8 * packets, [
            camera, patches, self._tree.data, upload(first, wp.int32),
            upload(np.concatenate(alone).astype(np.int32), wp.int32), hits.ids, hits.distance, owner_of, states])
        return states


class BvhTracer:
    """A ``RayTracer`` of Warp's trees, on any device."""

    kernels: tuple[ModuleType, ...] = (kernels,)

    def __init__(self, device: Device) -> None:
        self.device = device

    def mesh(self, positions: NDArray[np.float32], triangles: NDArray[np.int32]) -> MeshTree:
        return MeshTree(self.device, positions, triangles)

    def scene(self, fixed: Sequence[Placed[MeshTree]]) -> InstanceTree:
        return InstanceTree(self.device, fixed)

    def caster(self, tree: InstanceTree) -> BvhCaster:
        return BvhCaster(tree, self.device)

    def alone(self, placed: Sequence[Placed[MeshTree]], numbers: Sequence[int]) -> NDArray[np.int32]:
        """The instances' numbers are all that it takes."""
        return np.array(numbers, dtype=np.int32)
