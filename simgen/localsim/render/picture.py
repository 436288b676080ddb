"""A picture, from primary hits to bytes: which passes there are, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.film import USUAL, Film
from simgen.localsim.mesh import Instance, Light
from simgen.localsim.quality import Quality
from simgen.localsim.render.buffers import Buffers, CoarseGrid, Grid
from simgen.localsim.render.camera import Pinhole, coarse_pinhole_data, pinhole_data
from simgen.localsim.render.device import Device
from simgen.localsim.render.environment import Light as WeatherLight
from simgen.localsim.render.exposure import bloom_of, curve_of, exposure_of, white_balance_of
from simgen.localsim.render.flakes import Snowfall, add_snowfall
from simgen.localsim.render.glass import listed, look_through
from simgen.localsim.render.kernels import (
    beams,
    bounce,
    coarse,
    compose,
    gbuffer,
    glass,
    lamps,
    lens,
    mirror,
    rain,
    sky,
    smoothing,
    soften,
    spray,
    sunlight,
)
from simgen.localsim.render.lamps import lamps_near
from simgen.localsim.render.plain import palette
from simgen.localsim.render.raycast import Hits, Rays
from simgen.localsim.render.spray import puffs_behind
from simgen.localsim.render.tracing import Caster
from simgen.localsim.render.warp_runtime import wp

_SUN_RADIUS_RAD = 0.0047
_CLOUD_BLUR_RAD = 0.004     # thin cloud spreads the sun's disc
_FAINT_SUN = 1e-4           # irradiance that nobody sees
_BOUNCING_SUN = 0.5         # from here on walls in the sun light what is round them
_VIGNETTE = 0.25
_GLARE_KEEP = 0.45          # how much of the glare stays narrow, from level to level


class Darkroom:
    """Turns a camera's primary hits into a picture."""

    def __init__(self, caster: Caster, device: Device, quality: Quality,
                 done: Callable[[str], None] = lambda stage: None) -> None:
        """done: hears the name of each stage when it ends."""
        self._caster, self._device, self.quality, self._done = caster, device, quality, done
        self._buffers: Buffers | None = None
        self._palette = device.upload(palette(), wp.vec3)

    def develop(self, pinhole: Pinhole, scene: Any, rays: Rays, hits: Hits, weather: WeatherLight,
                lights: Sequence[Light], actors: Sequence[Instance],
                velocity_mps: NDArray[np.float64], film: Film = USUAL) -> NDArray[np.uint8]:
        """The picture (H, W, 3) of primary ``hits`` along ``rays``. ``weather`` holds time and seed; ``actors``: whose
        spray hangs in the air; ``velocity_mps``: the camera's own, in the world; ``film``: how light becomes bytes."""
        size = (pinhole.width, pinhole.height)
        if self._buffers is None or self._buffers.size != size:
            self._buffers = Buffers(self._device, *size)
        b, env = self._buffers, weather.data
        sun_share = self._place_clouds(weather, pinhole)
        b.g.ids, b.g.depth, b.g.ray = hits.ids, hits.distance, rays.direction
        near = lamps_near(self._device, lights, pinhole.world_from_camera[:3, 3])
        shot = _Shot(b, scene, weather.conditions, env, pinhole_data(pinhole), 1.0 / pinhole.focal_px, *near,
                     bool(lights),
                     exposure_of(film, weather.exposure_towards(pinhole.world_from_camera[:3, 0], sun_share)))
        self._each_pixel(gbuffer.fill_gbuffer, b, [
            scene, shot.conditions, shot.camera, hits.uv, hits.normal, b.g])
        self._done("materials")
        self._look_behind_panes(shot, hits)
        self._light_by_sun(shot)
        if self.quality.coarse:
            self._look_round_coarsely(shot, coarse_pinhole_data(pinhole))
        else:
            self._light_by_lamps(shot, b, shot.camera, shot.pixel)
            b.light.ambient = self._light_by_sky(shot, b, shot.pixel)
            b.light.mirrored = self._look_into_mirrors(shot, b, shot.pixel)
        self._each_pixel(compose.compose, b, [
            env, shot.camera, b.g, b.light, shot.lamps, b.tiles_across, b.halo_of, b.picture])
        self._done("all light")
        self._refine_edges(shot)
        self._done("edges")
        self._show_beams(shot)
        self._throw_spray(shot, weather, pinhole, actors)
        self._done("weather")
        self._spread_glare(shot)
        self._done("lens")
        self._let_fall(shot, weather, pinhole, velocity_mps)
        self._done("weather")
        picture = self._print(shot, weather, film)
        self._done("lens")
        return picture

    def _each_pixel(self, kernel: Any, b: Grid, arguments: list[Any]) -> None:
        self._device.launch(kernel, b.count, arguments)

    def _look_behind_panes(self, shot: _Shot, hits: Hits) -> None:
        """What is seen through the panes of cars, as light that these send out themselves."""
        b, thinned = shot.b, self.quality.coarse
        device = self._device
        panes = listed(device.download(b.g.pane), b.size[0])
        if panes.size:
            looked, all_panes = panes, device.upload(panes, wp.int32)
            if thinned:
                chosen = device.empty(panes.size, wp.uint8)
                device.launch(glass.thin_out_panes, panes.size, [b.g, b.size[0], all_panes, chosen])
                looked = panes[device.download(chosen) > 0]
            self._look_through(shot, looked, b.g.ray, hits, b.spare)
            device.launch(glass.show_behind, panes.size, [b.g, b.size[0], int(thinned), all_panes, b.spare])
        self._done("glass")

    def _look_through(self, shot: _Shot, panes: NDArray[np.int32], ray: Any, hits: Hits, behind: Any) -> None:
        """Fill in, for those of the camera's rays that met panes, what they see behind them."""
        chosen = self._device.upload(panes, wp.int32)
        sight = look_through(self._device, self._caster, shot, chosen, ray, hits)
        self._device.launch(glass.keep_behind, panes.size, [chosen, sight, behind])

    def _place_clouds(self, weather: WeatherLight, pinhole: Pinhole) -> float:
        """Where clouds are seen from, where the wind has taken them, and their shadows on the ground round there.
        Returns the share of the sun that they leave to the eye."""
        env, x, y = weather.data, *(float(value) for value in pinhole.world_from_camera[:2, 3])
        weather.place_clouds(x, y)
        if env.clouds.cover <= 0.0 or max(env.sun_light) < _FAINT_SUN:
            return 1.0
        cells = int(sky.SHADE_CELLS)
        self._device.launch(sky.fill_shade, cells**2, [env])
        around = slice(cells // 2 - 3, cells // 2 + 5)
        return float(self._device.download(env.shade)[around, around].mean(dtype=np.float64))

    def _light_by_sun(self, shot: _Shot) -> None:
        b, env = shot.b, shot.env
        b.light.sun.zero_()
        if max(env.sun_light) < _FAINT_SUN:
            return
        disc = _SUN_RADIUS_RAD + _CLOUD_BLUR_RAD * env.clouds.cover
        self._each_pixel(sunlight.aim_sun, b, [
            env, b.g, b.size[0], disc, b.rays.origin, b.rays.direction, b.rays.extent])
        self._cast_shadows(b, "sun", (1, 2), shot.pixel, b.calm, b.light.sun)
        if env.clouds.cover > 0.0:
            self._each_pixel(sky.dim_by_clouds, b, [env, b.g.position, b.light.sun])
            self._done("sun")

    def _light_by_sky(self, shot: _Shot, grid: Grid, pixel: float) -> Any:
        """What sky and surroundings send to each of a grid's surfaces. ``pixel``: the grid's, a metre away."""
        quality, width, levels = self.quality, grid.size[0], len(self._steps(grid))
        rays, visible, source, target = grid.rays, grid.visible, grid.ambient, grid.spare
        source.zero_()
        for sample in range(quality.sky_rays):
            self._each_pixel(sunlight.aim_sky, grid, [
                grid.g, width, levels, quality.sky_reach_m, sample, rays.origin, rays.direction, rays.extent])
            weight = 1.0 / quality.sky_rays
            if not quality.bounce or max(shot.env.sun_light) < _BOUNCING_SUN:
                self._caster.occlude(grid.scattered, visible)
                self._each_pixel(sunlight.gather_sky, grid, [
                    shot.env, grid.g, weight, rays.direction, rays.extent, visible, source])
            else:
                hits = grid.hits
                self._caster.intersect(grid.scattered, hits)
                self._each_pixel(bounce.gather_sky_and_bounce, grid, [
                    shot.scene, shot.env, shot.camera, self._palette, min(shot.conditions.snow_depth / 0.03, 1.0),
                    shot.b.g, shot.b.light.sun, weight, grid.g.ids, rays.origin, rays.direction, rays.extent,
                    hits.distance, hits.ids, hits.normal, source])
        self._done("sky")
        for step in self._steps(grid):
            self._each_pixel(smoothing.smooth_light, grid, [
                grid.g.ids, *grid.surfaces(), *grid.size, pixel, step, source, target])
            source, target = target, source
        self._done("denoise")
        return source

    def _steps(self, grid: Grid) -> Sequence[int]:
        """How far apart a grid's pixels are that a smoothing pass takes together: as far as the quality says, in its
        own pixels."""
        steps = self.quality.smoothing_steps
        return tuple(max(1, step // 2) for step in steps) if isinstance(grid, CoarseGrid) else steps

    def _light_by_lamps(self, shot: _Shot, grid: Grid, camera: Any, pixel: float) -> None:
        """Lamps that reach a grid's surfaces, and those whose halo may show before them."""
        plain, shiny, seen = grid.lamps
        if not shot.lit:
            plain.zero_()
            shiny.zero_()
            grid.halo_of.fill_(-1)
            return
        self._list_lamps(shot, grid, camera)
        rays = grid.rays
        self._each_pixel(lamps.aim_lamps, grid, [
            shot.env, camera, grid.g, shot.lamps, grid.tiles_across, grid.lit_by, plain, shiny, grid.noisy,
            rays.origin, rays.direction, rays.extent])
        self._cast_shadows(grid, "lamps", (1, 2, 4), pixel, grid.noisy, seen)

    def _list_lamps(self, shot: _Shot, grid: Grid, camera: Any) -> None:
        self._device.launch(lamps.list_lamps, grid.tiles, [
            shot.env, camera, grid.g, shot.lamps, grid.tiles_across, grid.lit_by, grid.halo_of])

    def _cast_shadows(self, grid: Grid, stage: str, steps: Sequence[int], pixel: float, noisy: Any,
                      result: Any) -> None:
        """Which of the aimed rays get through, smoothed where shadows are half; see ``smooth_shadow``."""
        self._caster.occlude(grid.rays, grid.visible)
        self._done(stage)
        source, target = grid.visible, grid.shadow
        for step in steps:
            target = result if step == steps[-1] else target
            self._each_pixel(smoothing.smooth_shadow, grid, [
                grid.g.ids, *grid.surfaces(), *grid.size, pixel, step, noisy, source, target])
            source, target = target, source
        self._done("denoise")

    def _look_into_mirrors(self, shot: _Shot, grid: Grid, pixel: float) -> Any:
        """What is seen in each of a grid's surfaces that mirror."""
        rays, hits, source, target = grid.rays, grid.hits, grid.mirrored, grid.mirrored_spare
        self._each_pixel(mirror.aim_mirror, grid, [
            grid.g, grid.size[0], len(self._steps(grid)), rays.origin, rays.direction, rays.extent])
        self._caster.intersect(rays, hits)
        self._each_pixel(mirror.shade_mirror, grid, [
            shot.scene, shot.conditions, shot.env, grid.g, pixel, shot.lamps, shot.spheres, rays.origin,
            rays.direction, rays.extent, hits.distance, hits.ids, hits.uv, hits.normal, source])
        self._done("mirrors")
        for step in self._steps(grid):
            self._each_pixel(smoothing.smooth_mirror, grid, [
                grid.g.gloss, *grid.surfaces(), *grid.size, pixel, step, source, target])
            source, target = target, source
        self._done("denoise")
        return source

    def _look_round_coarsely(self, shot: _Shot, camera: Any) -> None:
        """Lamps, sky and mirrors for one pixel in four, spread over the others. ``camera``: of these few."""
        b, grid, pixel = shot.b, shot.b.coarse, 2.0 * shot.pixel
        self._each_pixel(coarse.thin_out, grid, [b.g, b.size[0], grid.size[0], grid.g])
        self._light_by_lamps(shot, grid, camera, pixel)
        ambient, mirrored = self._light_by_sky(shot, grid, pixel), self._look_into_mirrors(shot, grid, pixel)
        b.light.ambient, b.light.mirrored = b.ambient, b.mirrored
        self._spread(shot, coarse.spread_ambient, [shot.env.ambient, ambient, b.ambient])
        self._spread(shot, coarse.spread_mirrored, [shot.env.ambient, mirrored, b.mirrored])
        if shot.lit:
            self._spread(shot, coarse.spread_lamps, [*grid.lamps, *b.lamps])
            self._list_lamps(shot, b, shot.camera)      # halos are seen in every pixel
        else:
            b.lamps[0].zero_()
            b.lamps[1].zero_()
            b.halo_of.fill_(-1)

    def _spread(self, shot: _Shot, kernel: Any, light: list[Any]) -> None:
        b, grid = shot.b, shot.b.coarse
        self._each_pixel(kernel, b, [b.g, grid.g, b.size[0], *grid.size, shot.pixel, *light])
        self._done("denoise")

    def _refine_edges(self, shot: _Shot) -> None:
        b, samples, (width, height) = shot.b, self.quality.edge_samples, shot.b.size
        if self.quality.edge_filter:
            self._each_pixel(soften.soften_edges, b, [b.picture, width, height, shot.exposure, b.spare])
            b.picture, b.spare = b.spare, b.picture
        if samples == 0:
            return
        self._each_pixel(compose.find_edges, b, [
            b.g.ids, b.g.depth, b.g.facet, b.picture, width, height, b.edge])
        edges = np.flatnonzero(self._device.download(b.edge)).astype(np.int32)
        if edges.size == 0:
            return
        rays = Rays.allocate(self._device, edges.size * samples, 1, picture=False, coherent=True)
        hits, chosen = Hits.allocate(self._device, edges.size * samples), self._device.upload(edges, wp.int32)
        self._device.launch(compose.aim_edges, edges.size * samples, [
            shot.camera, chosen, samples, rays.origin, rays.direction, rays.extent])
        self._caster.intersect(rays, hits)
        self._device.launch(compose.shade_edges, edges.size, [
            shot.scene, shot.conditions, shot.env, shot.camera, b.g, b.light, shot.lamps, b.tiles_across, b.halo_of,
            chosen, samples, rays.direction, hits.distance, hits.ids, hits.uv, hits.normal,
            self._behind(shot, rays, hits), b.picture])

    def _behind(self, shot: _Shot, rays: Rays, hits: Hits) -> Any:
        """(N,) vec3: what each of a list of rays from the camera sees behind the pane that it met, if it met one."""
        count = rays.width
        behind, met = self._device.zeros(count, wp.vec3), self._device.empty(count, wp.uint8)
        self._device.launch(glass.find_panes, count, [shot.scene, hits.ids, met])
        panes = np.flatnonzero(self._device.download(met)).astype(np.int32)
        if panes.size:
            self._look_through(shot, panes, rays.direction, hits, behind)
        return behind

    def _show_beams(self, shot: _Shot) -> None:
        """Beams of lamps in thick air."""
        b, env = shot.b, shot.env
        if not shot.lit or env.beam_glow <= 0.0:
            return
        across, down = (-(-side // int(beams.CELL)) for side in b.size)
        shining = self._device.empty(across * down, wp.vec3)
        self._device.launch(beams.trace_beams, across * down, [env, shot.camera, b.g, shot.lamps, across, shining])
        self._each_pixel(beams.add_beams, b, [shining, across, down, b.size[0], b.picture])

    def _throw_spray(self, shot: _Shot, weather: WeatherLight, pinhole: Pinhole, actors: Sequence[Instance]) -> None:
        if weather.falling.spray <= 0.0:
            return
        puffs = puffs_behind(self._device, actors, weather.falling.spray, weather.conditions.time_s, pinhole)
        if puffs is not None:
            env = shot.env
            light = 0.5 * (env.ambient + env.bounce) + env.sun_light * 0.08
            self._each_pixel(spray.add_spray, shot.b, [env, shot.camera, shot.b.g, puffs, light, shot.b.picture])

    def _spread_glare(self, shot: _Shot) -> None:
        """A pyramid of ever smaller pictures, added up again from the smallest: wide tails for little work."""
        b = shot.b
        width, height, source = *b.size, b.picture
        for small_width, small_height, small in b.glare:
            self._device.launch(lens.shrink, small_width * small_height, [source, width, height, small_width, small])
            width, height, source = small_width, small_height, small
        for (wide, high, large), (small_width, small_height, small) in zip(
                reversed(b.glare[:-1]), reversed(b.glare[1:]), strict=True):
            self._device.launch(lens.widen, wide * high, [
                small, small_width, small_height, wide, _GLARE_KEEP, large])

    def _let_fall(self, shot: _Shot, weather: WeatherLight, pinhole: Pinhole,
                  velocity_mps: NDArray[np.float64]) -> None:
        """Rain and snow before all that they hide; no label knows of them."""
        b, env = shot.b, shot.env
        if env.rain > 0.0:
            glare_width, glare_height, glare = b.glare[0]
            layers = self._device.empty(int(rain.LAYERS), rain.RainLayer)
            self._device.launch(rain.lay_out_rain, int(rain.LAYERS), [env, pinhole.focal_px, layers])
            self._each_pixel(rain.add_rain, b, [
                env, layers, shot.camera, b.g, glare, glare_width, glare_height, b.picture])
        if weather.falling.snowfall_mmh > 0.0:
            snowfall = Snowfall(weather.falling.snowfall_mmh, env.wind, weather.conditions.time_s, weather.shutter_s,
                                velocity_mps)
            add_snowfall(self._device, snowfall, pinhole, shot.camera, env, shot.lamps, shot.lit, b.g, b.picture)

    def _print(self, shot: _Shot, weather: WeatherLight, film: Film) -> NDArray[np.uint8]:
        b, env, (width, height) = shot.b, shot.env, shot.b.size
        glare = b.glare[0][2]
        rgb = self._device.empty(3 * b.count, wp.uint8)
        exposures = wp.vec3(*(shot.exposure * gain for gain in white_balance_of(film)))
        self._each_pixel(lens.develop, b, [
            b.picture, glare, width, height, self._device.upload(curve_of(film), float), exposures,
            bloom_of(film, weather.bloom), _VIGNETTE * film.effects, env.seed, rgb])
        return self._device.download(rgb).reshape(height, width, 3)


@dataclass(frozen=True, eq=False, slots=True)
class _Shot:
    """What every pass of one picture needs."""

    b: Buffers
    scene: Any
    conditions: Any
    env: Any
    camera: Any
    pixel: float        # width of a pixel a metre away
    lamps: Any
    spheres: Any
    lit: bool           # is there any lamp?
    exposure: float     # what light is multiplied by on the film
