# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Rays to the sun and to the sky, and what they bring back."""

from simgen.localsim.render.kernels.gbuffer import GBuffer, lift
from simgen.localsim.render.kernels.noise import stratified, unit_circle
from simgen.localsim.render.kernels.sky import Environment, dome_at
from simgen.localsim.render.warp_runtime import wp

SUN_SALT = wp.constant(11)
SKY_SALT = wp.constant(51)
SHADOW_REACH_M = wp.constant(400.0)


@wp.func
def around(axis: wp.vec3, x: float, y: float, z: float) -> wp.vec3:
    """The vector (x, y, z) with its z along ``axis`` (frame after Duff et al. 2017)."""
    sign = wp.where(axis[2] >= 0.0, 1.0, -1.0)
    a = -1.0 / (sign + axis[2])
    b = axis[0] * axis[1] * a
    return (wp.vec3(1.0 + sign * axis[0] * axis[0] * a, sign * b, -sign * axis[0]) * x
            + wp.vec3(b, sign + axis[1] * axis[1] * a, -axis[1]) * y + axis * z)


@wp.kernel
def aim_sun(
    first: int, env: Environment, g: GBuffer, width: int, size: float,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """A ray to a point of the sun's disc (``size``: its radius, rad) where the sun could shine."""
    i = first + wp.tid()
    extent[i] = wp.vec2(0.0, 0.0)
    if g.ids[i][0] >= 0:
        facing = wp.dot(g.facet[i], env.light_direction)
        if (facing > 0.0 and wp.dot(g.normal[i], env.light_direction) > 0.0) or g.through[i] > 0.0:
            draw = stratified(i % width, i // width, 2, SUN_SALT)
            r = size * wp.sqrt(draw[0])
            towards = unit_circle(draw[1]) * r
            direction[i] = wp.normalize(around(env.light_direction, towards[0], towards[1], 1.0))
            side = wp.where(facing > 0.0, 1.0, -1.0)        # light that shines through starts behind
            origin[i] = g.position[i] + g.facet[i] * (side * lift(g.depth[i]))
            extent[i] = wp.vec2(0.0, SHADOW_REACH_M)


@wp.kernel
def aim_sky(
    first: int, g: GBuffer, width: int, levels: int, reach: float, sample: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """A ray into the half-space above each pixel's surface, cosine-weighted, ``reach`` metres long.
    levels: see ``stratified``."""
    i = first + wp.tid()
    extent[i] = wp.vec2(0.0, 0.0)
    if g.ids[i][0] >= 0:
        draw = stratified(i % width, i // width, levels, SKY_SALT + 2 * sample)
        r = wp.sqrt(draw[0])
        towards = unit_circle(draw[1]) * r
        d = around(g.normal[i], towards[0], towards[1], wp.sqrt(1.0 - draw[0]))
        direction[i] = d
        origin[i] = g.position[i] + g.facet[i] * lift(g.depth[i])
        if wp.dot(d, g.facet[i]) > 0.0:
            extent[i] = wp.vec2(0.0, reach)
        else:
            extent[i] = wp.vec2(0.0, -1.0)      # below the true surface: counts as blocked


@wp.kernel
def gather_sky(
    first: int, env: Environment, g: GBuffer, weight: float, direction: wp.array(dtype=wp.vec3),
    extent: wp.array(dtype=wp.vec2), visible: wp.array(dtype=float), ambient: wp.array(dtype=wp.vec3),
):
    """Add the radiance that each sky ray brings: sky, or light that things nearby throw back. """
    i = first + wp.tid()
    if g.ids[i][0] >= 0:
        light = env.bounce * 0.58
        d = direction[i]
        if visible[i] > 0.0 and extent[i][1] > 0.0:
            light = dome_at(env.dome, d) if d[2] > 0.0 else env.bounce
        ambient[i] = ambient[i] + light * weight
