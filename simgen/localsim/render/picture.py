"""A picture, from primary hits to bytes: which passes there are, and in which order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.environment import Light as WeatherLight
from simgen.localsim.render.kernels import compose, gbuffer, lamps, lens, mirror, rain, smoothing, sunlight
from simgen.localsim.render.raycast import Hits, RayCaster, Rays, Threads
from simgen.localsim.render.scene import on_cpu
from simgen.localsim.render.warp_runtime import wp

_GLARE_LEVELS = 5
_GLARE_KEEP = 0.45          # how much of the glare stays narrow, from level to level


@dataclass(frozen=True, slots=True)
class Quality:
    """How much work goes into a picture.

    sky_rays:         rays to the sky a pixel; the smoothing makes one do.
    sky_reach_m:      how far a thing may be and still darken a corner.
    smoothing_steps:  distances of the smoothing passes, px.
    edge_samples:     extra rays for each pixel on an edge; 0 leaves edges jagged.
    """

    sky_rays: int = 1
    sky_reach_m: float = 14.0
    smoothing_steps: tuple[int, ...] = (1, 2, 4)
    edge_samples: int = 3


@dataclass(frozen=True, eq=False, slots=True)
class _Buffers:
    """Arrays for pictures of one size. Every picture writes all it reads, so nothing stays from the one before."""

    g: Any
    light: Any
    rays: Rays
    hits: Hits
    visible: Any
    spare: Any
    picture: Any
    edge: NDArray[np.uint8]
    tiles_across: int
    tiles: int
    lit_by: Any
    halo_of: Any
    glare: tuple[tuple[int, int, Any], ...]


def _zeros(count: int, dtype: Any) -> Any:
    return wp.zeros(count, dtype=dtype, device="cpu")


def _allocate(width: int, height: int) -> _Buffers:
    count = width * height
    g, light = gbuffer.GBuffer(), compose.LightBuffer()
    g.position, g.facet, g.normal = _zeros(count, wp.vec3), _zeros(count, wp.vec3), _zeros(count, wp.vec3)
    g.albedo, g.glow = _zeros(count, wp.vec3), _zeros(count, wp.vec3)
    g.gloss, g.through = _zeros(count, wp.vec4), _zeros(count, float)
    light.lamps, light.lamp_gloss = _zeros(count, wp.vec3), _zeros(count, wp.vec3)
    across, down = -(-width // int(lamps.TILE)), -(-height // int(lamps.TILE))
    per_tile = (across * down, int(lamps.TILE_LAMPS))
    glare = []
    w, h = width, height
    for _ in range(_GLARE_LEVELS):
        w, h = (w + 1) // 2, (h + 1) // 2
        glare.append((w, h, _zeros(w * h, wp.vec3)))
    return _Buffers(
        g=g, light=light, rays=Rays.allocate(width, height, picture=True, coherent=True), hits=Hits.allocate(count),
        visible=_zeros(count, float), spare=_zeros(count, wp.vec4), picture=_zeros(count, wp.vec3),
        edge=np.zeros(count, np.uint8), tiles_across=across, tiles=across * down,
        lit_by=wp.full(per_tile, -1, dtype=wp.int32, device="cpu"),
        halo_of=wp.full(per_tile, -1, dtype=wp.int32, device="cpu"), glare=tuple(glare),
    )


class Darkroom:
    """Turns a camera's primary hits into a picture."""

    def __init__(self, caster: RayCaster, threads: Threads, quality: Quality) -> None:
        self._caster, self._threads, self._quality = caster, threads, quality
        self._buffers: dict[tuple[int, int], _Buffers] = {}

    def develop(self, pinhole: Pinhole, scene: Any, rays: Rays, hits: Hits, weather: WeatherLight, lamp_rows: Any,
                lamps_on: bool) -> NDArray[np.uint8]:
        """The picture (H, W, 3) of primary ``hits`` along ``rays``. ``weather.data`` holds time and seed."""
        width, height = pinhole.width, pinhole.height
        buffers = self._buffers.get((width, height))
        if buffers is None:
            self._buffers = {(width, height): _allocate(width, height)}
            buffers = self._buffers[width, height]
        camera = pinhole_data(pinhole)
        b, env = buffers, weather.data
        g = b.g
        g.ids, g.depth, g.ray = hits.ids, hits.distance, rays.direction
        self._launch(gbuffer.fill_gbuffer, b, [scene, env, camera, hits.uv, hits.normal, g])
        self._cast_sun(b, env, width)
        self._cast_sky(b, env, width)
        self._cast_lamps(b, env, camera, lamp_rows, lamps_on)
        self._smooth(b, width, height, 1.0 / pinhole.focal_px)
        self._cast_mirror(b, scene, env, pinhole, lamp_rows)
        light = b.light
        self._launch(compose.compose, b, [
            env, camera, g, light, lamp_rows, b.tiles_across, b.halo_of, b.picture])
        self._refine_edges(b, scene, env, camera, lamp_rows)
        return self._expose(b, weather, camera)

    def _launch(self, kernel: Any, b: _Buffers, arguments: list[Any]) -> None:
        self._threads.launch(kernel, b.edge.size, arguments)

    def _cast_sun(self, b: _Buffers, env: Any, width: int) -> None:
        b.light.sun = b.hits.distance       # room for the smoothed shadow; mirrors use it after the sun is done
        size = 0.0047 + 0.02 * env.cloud_cover
        b.visible.zero_()
        if max(env.sun_light) > 1e-4:
            self._launch(sunlight.aim_sun, b, [env, b.g, width, size, b.rays.origin, b.rays.direction, b.rays.extent])
            self._caster.occlude(b.rays, b.visible)

    def _cast_sky(self, b: _Buffers, env: Any, width: int) -> None: ...
