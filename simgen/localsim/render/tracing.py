"""What the renderer asks of a ray tracer, and the two there are: Embree's on a CPU, Warp's own trees on CUDA."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render import embree
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import packets, poses, silhouettes
from simgen.localsim.render.portable import is_portable
from simgen.localsim.render.raycast import Hits, RayCaster, Rays

_LOG = logging.getLogger(__name__)

Mesh = TypeVar("Mesh")
Placed: TypeAlias = tuple[Mesh, NDArray[np.float64]]        # a mesh's tree, and world_from_mesh (4, 4)


class InstanceTree(Protocol):
    """All instances of a scene."""

    def replace(self, moving: Sequence[Placed[Any]]) -> None:
        """Put these in the place of all that were not there from the beginning."""

    def exchange(self, trees: Mapping[int, Any]) -> None:
        """Show other meshes in the places of these of the instances that stay, by number."""

    def pose(self, numbers: NDArray[np.intp], world_from_mesh: NDArray[np.float64]) -> None:
        """Give some of the instances that stay, (N,), other poses (N, 4, 4). Holds from the next change on."""

    def commit(self) -> None:
        """Make new poses hold."""


class Caster(Protocol):
    """Casts rays against one scene.

    lanes:  how many samples a packet of ``cover`` has: rows of 4.
    """

    lanes: int

    def intersect(self, rays: Rays, hits: Hits) -> None:
        """Fill ``hits`` with the nearest hit of every ray."""

    def occlude(self, rays: Rays, visible: Any) -> None:
        """Write 1 where a ray reaches its far end freely, else 0. visible: (N,) float."""

    def cover(self, camera: Any, patches: Any, alone: Sequence[Any], packets: int, hits: Hits, owner_of: Any) -> Any:
        """States (lanes * packets,) uint8 of the samples of all patches, see ``kernels.silhouettes``.

        alone: of each patch, its object as ``RayTracer.alone`` made it. hits: of the camera's own rays.
        owner_of: (instances,) number of the object that each belongs to, -1 for none.
        """


class RayTracer(Protocol):
    """Builds trees, and casts rays at them from the kernels of one device."""

    device: Device
    kernels: tuple[ModuleType, ...]         # that it casts rays with

    def mesh(self, positions: NDArray[np.float32], triangles: NDArray[np.int32]) -> Any:
        """The tree of a mesh in its own axes: positions (V, 3), triangles (T, 3) counter-clockwise from outside."""

    def scene(self, fixed: Sequence[Placed[Any]]) -> InstanceTree:
        """A scene of instances that stay."""

    def caster(self, tree: Any) -> Caster:
        """What casts rays against a scene of this ray tracer's."""

    def alone(self, placed: Sequence[Placed[Any]], numbers: Sequence[int]) -> Any:
        """These instances of a scene, of which ``numbers`` are the numbers, as if they were all there is."""


class EmbreeTracer:
    """A ``RayTracer`` on the processor."""

    kernels: tuple[ModuleType, ...] = (packets, poses, silhouettes)

    def __init__(self, device: Device) -> None:
        """Raises ``RayTracerMissing`` where there is no Embree, ``ValueError`` for a GPU."""
        if device.is_cuda:
            raise ValueError("Embree casts rays on a CPU only")
        self.device, self._embree = device, embree.Device()
        _LOG.info("rays in packets of %d%s", self._embree.lanes,
                  ", alike on every processor" if is_portable() else "")

    def mesh(self, positions: NDArray[np.float32], triangles: NDArray[np.int32]) -> embree.TriangleScene:
        return embree.TriangleScene(self._embree, positions, triangles)

    def scene(self, fixed: Sequence[Placed[embree.TriangleScene]]) -> embree.InstanceScene:
        return embree.InstanceScene(self._embree, fixed)

    def caster(self, tree: embree.InstanceScene) -> RayCaster:
        return RayCaster(tree, self.device)

    def alone(self, placed: Sequence[Placed[embree.TriangleScene]], numbers: Sequence[int]) -> embree.InstanceScene:
        """A scene of its own. Rays meet the instances there exactly as they do in the whole one."""
        return embree.InstanceScene(self._embree, placed)
