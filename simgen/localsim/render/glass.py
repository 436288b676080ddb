"""Sights through panes: rays that go on behind the first pane they met, from pane to pane."""

from __future__ import annotations

from typing import Any, Protocol

from simgen.localsim.render.kernels import glass
from simgen.localsim.render.raycast import Hits, RayCaster, Rays, Threads
from simgen.localsim.render.warp_runtime import wp

_SURFACES = 4       # a cabin's other side, and both of another car behind it


class Seen(Protocol):
    """What is looked at, as kernels read it: ``picture``'s shot."""

    @property
    def scene(self) -> Any: ...
    @property
    def conditions(self) -> Any: ...
    @property
    def env(self) -> Any: ...
    @property
    def camera(self) -> Any: ...
    @property
    def lamps(self) -> Any: ...
    @property
    def spheres(self) -> Any: ...


def look_through(threads: Threads, caster: RayCaster, seen: Seen, panes: Any, ray: Any, met: Hits) -> glass.Sight:
    """What camera rays see behind the panes that they ``met``.

    panes: (K,) int32, which of the rays met one; ray: (N,) vec3, the camera's rays. The light of the K sights is as it
    arrives at the first pane's back.
    """
    count = len(panes)
    sight = _sights(count)
    rays, hits = Rays.allocate(count, 1, picture=False, coherent=True), Hits.allocate(count)
    threads.launch(glass.aim_behind, count, [
        seen.scene, seen.camera.position, ray, met.distance, met.ids, met.normal, panes, sight, rays.origin,
        rays.direction, rays.extent])
    for _ in range(_SURFACES):
        caster.intersect(rays, hits)
        threads.launch(glass.look_on, count, [
            seen.scene, seen.conditions, seen.env, seen.camera, seen.lamps, seen.spheres, sight, rays.origin,
            rays.direction, rays.extent, hits.distance, hits.ids, hits.uv, hits.normal])
    if max(seen.env.sun_light) >= 1e-4:
        visible = wp.empty(count, dtype=float, device="cpu")
        threads.launch(glass.aim_at_sun, count, [seen.env, sight, rays.direction, rays.extent])
        caster.intersect(rays, hits)
        threads.launch(glass.let_sun_in, count, [
            seen.scene, sight, rays.origin, rays.direction, rays.extent, hits.distance, hits.ids, hits.normal])
        caster.occlude(rays, visible)
        threads.launch(glass.add_sun, count, [sight, visible])
    return sight


def _sights(count: int) -> glass.Sight:
    sight = glass.Sight()
    sight.light, sight.share, sight.sunlit = (wp.empty(count, dtype=wp.vec3, device="cpu") for _ in range(3))
    sight.travelled, sight.inside = (wp.empty(count, dtype=float, device="cpu") for _ in range(2))
    return sight
