# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Reflections that deserve a ray: glass, clear coat, water and wet roads."""

from simgen.localsim.render.kernels.gbuffer import GBuffer, lift
from simgen.localsim.render.kernels.lighting import Lamp, fresnel, lamp_light
from simgen.localsim.render.kernels.materials import spot_of, surface_of
from simgen.localsim.render.kernels.noise import lerp3, stratified, unit_circle
from simgen.localsim.render.kernels.scene_data import SceneData
from simgen.localsim.render.kernels.sky import Environment, fog_light, fog_share, shade_at, sky
from simgen.localsim.render.kernels.sunlight import around
from simgen.localsim.render.kernels.surface import Conditions
from simgen.localsim.render.warp_runtime import wp

MIRROR_SALT = wp.constant(71)
MIRROR_REACH_M = wp.constant(300.0)
FAINT_MIRROR = wp.constant(0.006)
SPARK = wp.constant(1.6)


@wp.kernel
def aim_mirror(
    first: int, g: GBuffer, width: int, levels: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """A reflected ray, scattered by the roughness, where a mirror returns more than a trace."""
    i = first + wp.tid()
    extent[i] = wp.vec2(0.0, 0.0)
    gloss = g.gloss[i]
    if g.ids[i][0] >= 0 and gloss[3] > 0.0:
        view = wp.normalize(g.ray[i])
        n = g.normal[i]
        cosine = -wp.dot(view, n)
        if fresnel(gloss[1], cosine) * gloss[3] > FAINT_MIRROR:
            if gloss[0] > 0.05:
                # a normal of the rough surface: GGX slopes, the long tail cut off
                draw = stratified(i % width, i // width, levels, MIRROR_SALT)
                alpha = gloss[0] * gloss[0]
                slope = alpha * wp.sqrt(draw[0] / (1.0 - 0.92 * draw[0]))
                towards = unit_circle(draw[1]) * slope
                bent = wp.normalize(around(n, towards[0], towards[1], 1.0))
                if wp.dot(bent, view) < -0.01:
                    n = bent
            d = wp.normalize(view - n * (2.0 * wp.dot(view, n)))
            below = wp.dot(d, g.facet[i]) - 0.005
            if below < 0.0:
                d = wp.normalize(d - g.facet[i] * below)
            direction[i] = d
            origin[i] = g.position[i] + g.facet[i] * (2.0 * lift(g.depth[i]))
            extent[i] = wp.vec2(0.0, MIRROR_REACH_M)


@wp.kernel
def shade_mirror(
    first: int, scene: SceneData, conditions: Conditions, env: Environment, g: GBuffer, pixel: float,
    lamps: wp.array(dtype=Lamp), spheres: wp.array(dtype=wp.vec4),
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    facet: wp.array(dtype=wp.vec3), mirrored: wp.array(dtype=wp.vec4),
):
    """What the reflected rays see, lit simply: no shadows in mirrors. w: 1 where a ray was cast."""
    i = first + wp.tid()
    light = wp.vec3(0.0, 0.0, 0.0)
    cast = float(0.0)
    if extent[i][1] > 0.0:
        cast = 1.0
        d = direction[i]
        start = origin[i]
        if ids[i][0] < 0:
            light = sky(env, d, start[2], 0)
        else:
            spot = spot_of(scene, start, d, distance[i], ids[i], uv[i], facet[i], 2.0 * pixel)
            # seen from the mirror the pixel has grown already
            spot.footprint += g.depth[i] * pixel
            spot.stretch += g.depth[i] * pixel
            s = surface_of(spot, conditions, ids[i][0])
            nl = wp.dot(s.normal, env.light_direction)
            lit = wp.max(nl, 0.0) + s.through * wp.max(-nl, 0.0)
            from_lamps = wp.vec3(0.0, 0.0, 0.0)
            for k in range(lamps.shape[0]):
                sphere = spheres[k]     # the lamps again, in little: most are too far away
                away = wp.vec3(sphere[0], sphere[1], sphere[2]) - spot.position
                if wp.dot(away, away) < sphere[3]:
                    lamp = lamps[k]
                    from_lamps += lamp.colour * lamp_light(lamp, spot.position, s.normal, s.through)[3]
            if env.clouds.cover > 0.0 and lit > 0.0:
                lit *= shade_at(env, spot.position)
            irradiance = (env.sun_light * (0.55 * lit) + from_lamps) / wp.pi + env.ambient * (0.50 + 0.30 * s.normal[2])
            light = s.glow + wp.cw_mul(s.albedo, irradiance)
            if s.mirror > 0.0:
                light += env.ambient * (0.12 * s.mirror)
            share = fog_share(env, start[2], d[2], distance[i])
            light = lerp3(light, fog_light(env, d), share)
        if g.gloss[i][0] > 0.05:
            # one sample of a rough mirror that happens to hit a lamp would be a spark
            light = wp.min(light, wp.vec3(SPARK, SPARK, SPARK))
    mirrored[i] = wp.vec4(light[0], light[1], light[2], cast)
