"""A picture, from primary hits to bytes: which passes there are, and in which order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Light
from simgen.localsim.render.camera import Pinhole, pinhole_data
from simgen.localsim.render.environment import Light as WeatherLight
from simgen.localsim.render.flakes import Snowfall, add_snowfall
from simgen.localsim.render.kernels import compose, gbuffer, lamps, lens, mirror, rain, smoothing, spray, sunlight
from simgen.localsim.render.lamps import lamps_near
from simgen.localsim.render.raycast import Hits, RayCaster, Rays, Threads
from simgen.localsim.render.scene import on_cpu
from simgen.localsim.render.spray import puffs_behind
from simgen.localsim.render.warp_runtime import wp

_SUN_RADIUS_RAD = 0.0047
_CLOUD_BLUR_RAD = 0.004     # thin cloud spreads the sun's disc
_EXPOSURE_ADAPTS = 0.75     # 1: every picture to the same mean; 0: a fixed exposure for each weather
_EXPOSURE_RANGE = (0.3, 6.0)
_SKY_COUNTS = 0.12         # weight of a sky pixel in the exposure
_GLARE_LEVELS = 5
_CURVE_STEPS = 2048
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
    edge_samples: int = 2


class _Buffers:
    """Arrays for pictures of one size. Every picture writes all it reads, so nothing stays from the one before."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.count = count = width * height
        self.g = gbuffer.GBuffer()
        self.g.position, self.g.facet, self.g.normal = (_zeros(count, wp.vec3) for _ in range(3))
        self.g.albedo, self.g.glow = _zeros(count, wp.vec3), _zeros(count, wp.vec3)
        self.g.gloss, self.g.through = _zeros(count, wp.vec4), _zeros(count, float)
        self.light = compose.LightBuffer()
        self.light.sun, self.light.lamps_seen = _zeros(count, float), _zeros(count, float)
        self.light.lamps, self.light.lamp_gloss = _zeros(count, wp.vec3), _zeros(count, wp.vec3)
        self.visible = (_zeros(count, float), _zeros(count, float))
        self.noisy, self.calm = _zeros(count, float), _zeros(count, float)
        self.ambient = (_zeros(count, wp.vec3), _zeros(count, wp.vec3))
        self.mirrored = (_zeros(count, wp.vec4), _zeros(count, wp.vec4))
        self.rays = Rays.allocate(width, height, picture=True, coherent=True)
        self.scattered = replace(self.rays, coherent=False)     # the same room, for rays that part
        self.hits = Hits.allocate(count)
        self.picture = _zeros(count, wp.vec3)
        self.edge = np.zeros(count, np.uint8)
        tile = int(lamps.TILE)
        self.tiles_across = -(-width // tile)
        self.tiles = self.tiles_across * -(-height // tile)
        per_tile = (self.tiles, int(lamps.TILE_LAMPS))
        self.lit_by = wp.zeros(per_tile, dtype=wp.int32, device="cpu")
        self.halo_of = wp.zeros(per_tile, dtype=wp.int32, device="cpu")
        self.glare: list[tuple[int, int, Any]] = []
        for _ in range(_GLARE_LEVELS):
            width, height = (width + 1) // 2, (height + 1) // 2
            self.glare.append((width, height, _zeros(width * height, wp.vec3)))


def _zeros(count: int, dtype: Any) -> Any:
    return wp.zeros(count, dtype=dtype, device="cpu")


def _shape(g: Any) -> list[Any]:
    """What tells whether two pixels lie on one surface."""
    return [g.depth, g.normal, g.facet, g.position]


class Darkroom:
    """Turns a camera's primary hits into a picture."""

    def __init__(self, caster: RayCaster, threads: Threads, quality: Quality) -> None:
        self._caster, self._threads, self._quality = caster, threads, quality
        self._buffers: _Buffers | None = None
        self._curve = _zeros(_CURVE_STEPS, float)
        wp.launch(lens.fill_curve, _CURVE_STEPS, [self._curve], device="cpu")

    def develop(self, pinhole: Pinhole, scene: Any, rays: Rays, hits: Hits, weather: WeatherLight,
                lights: Sequence[Light], actors: Sequence[Instance],
                velocity_mps: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) of primary ``hits`` along ``rays``. ``weather`` holds time and seed; ``actors``: whose
        spray hangs in the air; ``velocity_mps``: the camera's own, in the world."""
        size = (pinhole.width, pinhole.height)
        if self._buffers is None or self._buffers.size != size:
            self._buffers = _Buffers(*size)
        b, env = self._buffers, weather.data
        b.g.ids, b.g.depth, b.g.ray = hits.ids, hits.distance, rays.direction
        shot = _Shot(b, scene, weather.conditions, env, pinhole_data(pinhole), 1.0 / pinhole.focal_px,
                     *lamps_near(lights, pinhole.world_from_camera[:3, 3]), bool(lights))
        self._each_pixel(gbuffer.fill_gbuffer, b, [
            scene, shot.conditions, shot.camera, hits.uv, hits.normal, b.g])
        self._light_by_sun(shot)
        self._light_by_sky(shot)
        self._light_by_lamps(shot)
        self._smooth_ambient(shot)
        self._look_into_mirrors(shot)
        self._each_pixel(compose.compose, b, [
            env, shot.camera, b.g, b.light, shot.lamps, b.tiles_across, b.halo_of, b.picture])
        self._refine_edges(shot)
        self._throw_spray(shot, weather, pinhole, actors)
        self._spread_glare(shot)
        exposure = self._exposure_of(shot, weather)
        self._let_fall(shot, weather, pinhole, velocity_mps)
        return self._print(shot, weather, exposure)

    def _each_pixel(self, kernel: Any, b: _Buffers, arguments: list[Any]) -> None:
        self._threads.launch(kernel, b.count, arguments)

    def _light_by_sun(self, shot: _Shot) -> None:
        b, env = shot.b, shot.env
        b.light.sun.zero_()
        if max(env.sun_light) < 1e-4:
            return
        disc = _SUN_RADIUS_RAD + _CLOUD_BLUR_RAD * env.cloud_cover
        self._each_pixel(sunlight.aim_sun, b, [
            env, b.g, b.size[0], disc, b.rays.origin, b.rays.direction, b.rays.extent])
        self._cast_shadows(shot, (1, 2), b.calm, b.light.sun)

    def _light_by_sky(self, shot: _Shot) -> None:
        b, quality = shot.b, self._quality
        b.ambient[0].zero_()
        for sample in range(quality.sky_rays):
            self._each_pixel(sunlight.aim_sky, b, [
                shot.env, b.g, b.size[0], quality.sky_reach_m, sample, b.rays.origin, b.rays.direction, b.rays.extent])
            self._caster.occlude(b.scattered, b.visible[0])
            self._each_pixel(sunlight.gather_sky, b, [
                shot.env, b.g, 1.0 / quality.sky_rays, b.rays.direction, b.rays.extent, b.visible[0], b.ambient[0]])

    def _light_by_lamps(self, shot: _Shot) -> None:
        b = shot.b
        if not shot.lit:
            for array in (b.light.lamps, b.light.lamp_gloss):
                array.zero_()
            b.halo_of.fill_(-1)
            return
        self._threads.launch(lamps.list_lamps, b.tiles, [
            shot.env, shot.camera, b.g, shot.lamps, b.tiles_across, b.lit_by, b.halo_of])
        self._each_pixel(lamps.aim_lamps, b, [
            shot.env, shot.camera, b.g, shot.lamps, b.tiles_across, b.lit_by, b.light.lamps, b.light.lamp_gloss,
            b.noisy, b.rays.origin, b.rays.direction, b.rays.extent])
        self._cast_shadows(shot, (1, 2, 4), b.noisy, b.light.lamps_seen)

    def _cast_shadows(self, shot: _Shot, steps: Sequence[int], noisy: Any, result: Any) -> None:
        """Which of the aimed rays get through, smoothed where shadows are half; see ``smooth_shadow``."""
        b, (width, height) = shot.b, shot.b.size
        self._caster.occlude(b.rays, b.visible[0])
        source, target = b.visible
        for step in steps:
            target = result if step == steps[-1] else target
            self._each_pixel(smoothing.smooth_shadow, b, [
                b.g.ids, *_shape(b.g), width, height, shot.pixel, step, noisy, source, target])
            source, target = target, source

    def _smooth_ambient(self, shot: _Shot) -> None:
        b, (width, height) = shot.b, shot.b.size
        source, target = b.ambient
        for step in self._quality.smoothing_steps:
            self._each_pixel(smoothing.smooth_light, b, [
                b.g.ids, *_shape(b.g), width, height, shot.pixel, step, source, target])
            source, target = target, source
        b.light.ambient = source

    def _look_into_mirrors(self, shot: _Shot) -> None:
        b, (width, height), hits = shot.b, shot.b.size, shot.b.hits
        self._each_pixel(mirror.aim_mirror, b, [
            shot.env, b.g, width, b.rays.origin, b.rays.direction, b.rays.extent])
        self._caster.intersect(b.rays, hits)
        source, target = b.mirrored
        self._each_pixel(mirror.shade_mirror, b, [
            shot.scene, shot.conditions, shot.env, b.g, shot.pixel, shot.lamps, shot.spheres, b.rays.origin,
            b.rays.direction, b.rays.extent, hits.distance, hits.ids, hits.uv, hits.normal, source])
        for step in self._quality.smoothing_steps:
            self._each_pixel(smoothing.smooth_mirror, b, [
                b.g.gloss, *_shape(b.g), width, height, shot.pixel, step, source, target])
            source, target = target, source
        b.light.mirrored = source

    def _refine_edges(self, shot: _Shot) -> None:
        b, samples, (width, height) = shot.b, self._quality.edge_samples, shot.b.size
        if samples == 0:
            return
        self._each_pixel(compose.find_edges, b, [
            b.g.ids, b.g.depth, b.g.facet, b.picture, width, height, on_cpu(b.edge, wp.uint8)])
        edges = np.flatnonzero(b.edge).astype(np.int32)
        if edges.size == 0:
            return
        rays = Rays.allocate(edges.size * samples, 1, picture=False, coherent=True)
        hits, chosen = Hits.allocate(edges.size * samples), on_cpu(edges, wp.int32)
        self._threads.launch(compose.aim_edges, edges.size * samples, [
            shot.camera, chosen, samples, rays.origin, rays.direction, rays.extent])
        self._caster.intersect(rays, hits)
        self._threads.launch(compose.shade_edges, edges.size, [
            shot.scene, shot.conditions, shot.env, shot.camera, b.g, b.light, shot.lamps, b.tiles_across, b.halo_of,
            chosen, samples, rays.direction, hits.distance, hits.ids, hits.uv, hits.normal, b.picture])

    def _throw_spray(self, shot: _Shot, weather: WeatherLight, pinhole: Pinhole, actors: Sequence[Instance]) -> None:
        if weather.falling.spray <= 0.0:
            return
        puffs = puffs_behind(actors, weather.falling.spray, weather.conditions.time_s, pinhole)
        if puffs is not None:
            env = shot.env
            light = 0.5 * (env.ambient + env.bounce) + env.sun_light * 0.08
            self._each_pixel(spray.add_spray, shot.b, [env, shot.camera, shot.b.g, puffs, light, shot.b.picture])

    def _spread_glare(self, shot: _Shot) -> None:
        """A pyramid of ever smaller pictures, added up again from the smallest: wide tails for little work."""
        b = shot.b
        width, height, source = *b.size, b.picture
        for small_width, small_height, small in b.glare:
            self._threads.launch(lens.shrink, small_width * small_height, [source, width, height, small_width, small])
            width, height, source = small_width, small_height, small
        for (wide, high, large), (small_width, small_height, small) in zip(
                reversed(b.glare[:-1]), reversed(b.glare[1:]), strict=True):
            self._threads.launch(lens.widen, wide * high, [
                small, small_width, small_height, wide, _GLARE_KEEP, large])

    def _exposure_of(self, shot: _Shot, weather: WeatherLight) -> float:
        b, (width, height) = shot.b, shot.b.size
        return _exposure(b.picture.numpy().reshape(height, width, 3)[::3, ::3],
                         b.g.ids.numpy().reshape(height, width, 2)[::3, ::3, 0] < 0, weather)

    def _let_fall(self, shot: _Shot, weather: WeatherLight, pinhole: Pinhole,
                  velocity_mps: NDArray[np.float64]) -> None:
        """Rain and snow before all that they hide; no label knows of them."""
        b, env = shot.b, shot.env
        if env.rain > 0.0:
            glare_width, glare_height, glare = b.glare[0]
            self._each_pixel(rain.add_rain, b, [
                env, shot.camera, b.g, glare, glare_width, glare_height, b.picture])
        if weather.falling.snowfall_mmh > 0.0:
            snowfall = Snowfall(weather.falling.snowfall_mmh, env.wind, weather.conditions.time_s, weather.shutter_s,
                                velocity_mps)
            add_snowfall(self._threads, snowfall, pinhole, shot.camera, env, shot.lamps, shot.lit, b.g, b.picture)

    def _print(self, shot: _Shot, weather: WeatherLight, exposure: float) -> NDArray[np.uint8]:
        b, env, (width, height) = shot.b, shot.env, shot.b.size
        glare = b.glare[0][2]
        rgb = np.empty((height, width, 3), np.uint8)
        self._each_pixel(lens.develop, b, [
            b.picture, glare, width, height, self._curve, exposure, weather.bloom, env.seed,
            on_cpu(rgb.reshape(-1), wp.uint8)])
        return rgb


@dataclass(frozen=True, eq=False, slots=True)
class _Shot:
    """What every pass of one picture needs."""

    b: _Buffers
    scene: Any
    conditions: Any
    env: Any
    camera: Any
    pixel: float        # width of a pixel a metre away
    lamps: Any
    spheres: Any
    lit: bool           # is there any lamp?


def _exposure(picture: NDArray[np.float32], sky: NDArray[np.bool_], weather: WeatherLight) -> float:
    """Bring the log-mean of what stands on the ground to the weather's key, partly anchored to what the weather makes
    usual; the sky counts little.

    It follows from this picture alone: no memory, so that frames can be made in any order.
    """
    luminance: NDArray[np.float32] = picture @ np.array([0.25, 0.65, 0.10], dtype=np.float32)
    bright = float(np.percentile(luminance, 97))
    weights = np.where(sky, _SKY_COUNTS, 1.0)
    logs = np.log(np.minimum(luminance, bright) + 1e-5).astype(np.float64)
    mean = math.exp(float((logs * weights).sum() / weights.sum()))
    if not math.isfinite(mean):
        raise FloatingPointError("a picture holds light that is not a number: a material or light divides by zero")
    low, high = _EXPOSURE_RANGE
    mean = min(max(mean, low * weather.mean), high * weather.mean)      # a camera's gain has limits
    usual = math.pow(mean, _EXPOSURE_ADAPTS) * math.pow(weather.mean, 1.0 - _EXPOSURE_ADAPTS)
    return weather.key / usual
