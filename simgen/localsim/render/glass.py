"""Sights through panes: rays that go on behind the first pane they met, from pane to pane."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import glass
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.tracing import Caster
from simgen.localsim.render.warp_runtime import wp

_TILE_PX = 4
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


def listed(shown: NDArray[np.uint8], width: int) -> NDArray[np.int32]:
    """Those of a picture's pixels (N,) that are not 0, tile by tile: packets of rays that point alike cost a quarter
    less."""
    pixels = np.flatnonzero(shown)
    across = -(-width // _TILE_PX)
    tile = pixels // width // _TILE_PX * across + pixels % width // _TILE_PX
    return pixels[np.argsort(tile, kind="stable")].astype(np.int32)


def look_through(device: Device, caster: Caster, seen: Seen, panes: Any, ray: Any, met: Hits) -> glass.Sight:
    """What camera rays see behind the panes that they ``met``.

    panes: (K,) int32, which of the rays met one; ray: (N,) vec3, the camera's rays. The light of the K sights is as it
    arrives at the first pane's back.
    """
    count = len(panes)
    sight = _sights(device, count)
    rays, hits = Rays.allocate(device, count, 1, picture=False, coherent=True), Hits.allocate(device, count)
    device.launch(glass.aim_behind, count, [
        seen.scene, seen.camera.position, ray, met.distance, met.ids, met.normal, panes, sight, rays.origin,
        rays.direction, rays.extent])
    for _ in range(_SURFACES):
        caster.intersect(rays, hits)
        device.launch(glass.look_on, count, [
            seen.scene, seen.conditions, seen.env, seen.camera, seen.lamps, seen.spheres, sight, rays.origin,
            rays.direction, rays.extent, hits.distance, hits.ids, hits.uv, hits.normal])
    if max(seen.env.sun_light) >= 1e-4:
        visible = device.empty(count, float)
        device.launch(glass.aim_at_sun, count, [seen.env, sight, rays.direction, rays.extent])
        caster.intersect(rays, hits)
        device.launch(glass.let_sun_in, count, [
            seen.scene, sight, rays.origin, rays.direction, rays.extent, hits.distance, hits.ids, hits.normal])
        caster.occlude(rays, visible)
        device.launch(glass.add_sun, count, [sight, visible])
    return sight


def _sights(device: Device, count: int) -> glass.Sight:
    sight = glass.Sight()
    sight.light, sight.share, sight.sunlit = (device.empty(count, wp.vec3) for _ in range(3))
    sight.travelled, sight.inside = (device.empty(count, float) for _ in range(2))
    return sight
