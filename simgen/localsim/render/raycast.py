"""Rays in, hits out: arrays of rays cast against a two-level scene, on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from simgen.localsim.render.embree import InstanceScene, function_address
from simgen.localsim.render.kernels import packets
from simgen.localsim.render.warp_runtime import wp


class Threads:
    """Runs a kernel over a range in slices, on a pool of threads (Warp lets go of the interpreter lock)."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"a renderer needs at least 1 thread, got {count}")
        self.count = count
        self._pool = ThreadPoolExecutor(count) if count > 1 else None

    def run(self, size: int, launch: Callable[[int, int], None]) -> None:
        """Call ``launch(first, count)`` so that every number below ``size`` is covered once."""
        if self._pool is None or size < 256:
            launch(0, size)
            return
        # More slices than threads, because the sky is cheaper than the street.
        step = -(-size // (8 * self.count))
        starts = range(0, size, step)
        for _ in self._pool.map(lambda first: launch(first, min(step, size - first)), starts):
            pass

    def launch(self, kernel: Any, size: int, arguments: list[Any]) -> None:
        """Launch ``kernel(first, *arguments)``; inside it the item's number is ``first + wp.tid()``."""
        self.run(size, lambda first, count: wp.launch(kernel, count, [first, *arguments], device="cpu"))


@dataclass(frozen=True, eq=False)
class Rays:
    """A grid of rays, row by row.

    origin:     (N,) vec3, world metres.
    direction:  (N,) vec3, world; distances are counted in its length.
    extent:     (N,) vec2, near and far; far <= near: not cast.
    columns:    how wide a packet is: 4 for a picture, 8 for a list.
    coherent:   do neighbours start and point alike?
    """

    origin: Any
    direction: Any
    extent: Any
    width: int
    height: int
    columns: int
    coherent: bool

    @staticmethod
    def allocate(width: int, height: int, *, picture: bool, coherent: bool) -> Rays:
        """Room for a picture's rays, or for a list's (height 1). Holds anything until rays are aimed."""
        count = width * height
        return Rays(
            origin=wp.empty(count, dtype=wp.vec3, device="cpu"),
            direction=wp.empty(count, dtype=wp.vec3, device="cpu"),
            extent=wp.empty(count, dtype=wp.vec2, device="cpu"),
            width=width, height=height, columns=4 if picture else 8, coherent=coherent,
        )

    @property
    def packets(self) -> int:
        """How many packets of 8 cover the grid."""
        rows = 8 // self.columns
        return -(-self.width // self.columns) * -(-self.height // rows)


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
    def allocate(count: int) -> Hits:
        """Room for hits. Holds anything until rays are cast."""
        return Hits(
            distance=wp.empty(count, dtype=float, device="cpu"),
            ids=wp.empty(count, dtype=wp.vec2i, device="cpu"),
            uv=wp.empty(count, dtype=wp.vec2, device="cpu"),
            normal=wp.empty(count, dtype=wp.vec3, device="cpu"),
        )


class RayCaster:
    """Casts rays against one Embree scene. A CUDA caster would offer the same two methods."""

    def __init__(self, scene: InstanceScene, threads: Threads) -> None:
        self._scene, self._threads = scene, threads
        self._intersect = function_address("rtcIntersect8")
        self._occlude = function_address("rtcOccluded8")

    def intersect(self, rays: Rays, hits: Hits) -> None:
        """Fill ``hits`` with the nearest hit of every ray."""
        self._cast(packets.intersect, self._intersect, rays, [hits.distance, hits.ids, hits.uv, hits.normal])

    def occlude(self, rays: Rays, visible: Any) -> None:
        """Write 1 where a ray reaches its far end freely, else 0. visible: (N,) float."""
        self._cast(packets.occlude, self._occlude, rays, [visible])

    def _cast(self, kernel: Any, caster: int, rays: Rays, results: list[Any]) -> None:
        grid = [rays.width, rays.height, rays.columns, int(rays.coherent)]
        arrays = [rays.origin, rays.direction, rays.extent, *results]
        self._threads.run(rays.packets, lambda first, count: wp.launch(
            kernel, count, [caster, self._scene.handle, first, *grid, *arrays], device="cpu"))
