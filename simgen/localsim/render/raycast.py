"""Rays in, hits out: arrays of rays, what they met, and their way through Embree, on any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simgen.localsim.render.device import Device
from simgen.localsim.render.embree import InstanceScene, function_address
from simgen.localsim.render.kernels import packets, silhouettes
from simgen.localsim.render.warp_runtime import wp


@dataclass(frozen=True, eq=False)
class Rays:
    """A grid of rays, row by row.

    origin:     (N,) vec3, world metres.
    direction:  (N,) vec3, world; distances are counted in its length.
    extent:     (N,) vec2, near and far; far <= near: not cast.
    tiled:      are they a picture's, whose packets are tiles? A list's are rows.
    coherent:   do neighbours start and point alike?
    """

    origin: Any
    direction: Any
    extent: Any
    width: int
    height: int
    tiled: bool
    coherent: bool

    @staticmethod
    def allocate(device: Device, width: int, height: int, *, picture: bool, coherent: bool) -> Rays:
        """Room for a picture's rays, or for a list's (height 1). Holds anything until rays are aimed."""
        count = width * height
        return Rays(
            origin=device.empty(count, wp.vec3),
            direction=device.empty(count, wp.vec3),
            extent=device.empty(count, wp.vec2),
            width=width, height=height, tiled=picture, coherent=coherent,
        )

    def packets(self, lanes: int) -> int:
        """How many packets of so many rays cover the grid."""
        columns = 4 if self.tiled else lanes
        return -(-self.width // columns) * -(-self.height // (lanes // columns))


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays met.

    distance:  (N,) float32, in lengths of the ray's direction; the ray's far end on a miss.
    ids:       (N,) vec2i, instance and triangle, (-1, -1) on a miss.
    uv:        (N,) vec2, weights of the triangle's second and third corner.
    normal:    (N,) vec3, the triangle's normal in mesh axes, any length.
    """

    distance: Any
    ids: Any
    uv: Any
    normal: Any

    @staticmethod
    def allocate(device: Device, count: int) -> Hits:
        """Room for hits. Holds anything until rays are cast."""
        return Hits(
            distance=device.empty(count, float),
            ids=device.empty(count, wp.vec2i),
            uv=device.empty(count, wp.vec2),
            normal=device.empty(count, wp.vec3),
        )


class RayCaster:
    """Casts rays against one Embree scene."""

    def __init__(self, scene: InstanceScene, device: Device) -> None:
        self._scene, self._device = scene, device
        self.lanes = scene.device.lanes
        self._intersect = function_address(f"rtcIntersect{self.lanes}")
        self._occlude = function_address(f"rtcOccluded{self.lanes}")

    def intersect(self, rays: Rays, hits: Hits) -> None:
        """Fill ``hits`` with the nearest hit of every ray."""
        self._cast(packets.intersect, self._intersect, rays, [hits.distance, hits.ids, hits.uv, hits.normal])

    def occlude(self, rays: Rays, visible: Any) -> None:
        """Write 1 where a ray reaches its far end freely, else 0. visible: (N,) float."""
        self._cast(packets.occlude, self._occlude, rays, [visible])

    def _cast(self, kernel: Any, caster: int, rays: Rays, results: list[Any]) -> None:
        grid = [rays.width, rays.height, int(rays.tiled), int(rays.coherent)]
        arrays = [rays.origin, rays.direction, rays.extent, *results]
        self._device.run(rays.packets(self.lanes), lambda first, count: self._device.start(
            kernel, count, [caster, self._scene.handle, self.lanes, first, *grid, *arrays]))

    def cover(self, camera: Any, patches: silhouettes.Patches, alone: Sequence[InstanceScene], packets: int, hits: Hits,
              owner_of: Any) -> Any:
        """States (lanes * packets,) of samples, see ``silhouettes.cover``. alone: of each patch, its object's scene."""
        device, samples = self._device, self.lanes * packets
        patches.tree = device.upload(np.array([scene.handle for scene in alone], dtype=np.uint64), wp.uint64)
        room = [device.empty(samples, kind) for kind in (wp.vec3, wp.vec3, wp.vec2, float)]
        states = device.empty(samples, wp.uint8)
        device.run(packets, lambda first, count: device.start(silhouettes.cover, count, [
            self._occlude, self.lanes, first, camera, patches, samples, hits.ids, hits.distance, owner_of, *room,
            states]))
        return states
