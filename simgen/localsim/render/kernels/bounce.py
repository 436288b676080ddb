# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Light that goes from thing to thing once: a ray to the sky that meets a wall brings the wall's colour back."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.noise import lerp3, smooth
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.plain import plain_colour
from simgen.localsim.render.kernels.scene_data import SceneData, world_normal
from simgen.localsim.render.kernels.sky import Environment, dome_at
from simgen.localsim.render.warp_runtime import wp

PLAIN_IS_BRIGHTER = wp.constant(0.65)       # plain colours are those of sunlit surfaces in pictures
_LATER_BOUNCES = wp.constant(0.36)
_USUALLY_LIT = wp.constant(0.4)     # how often the sun reaches what the camera does not see


@wp.func
def _lit(camera: PinholeData, g: GBuffer, sun: wp.array(dtype=float), point: wp.vec3) -> float:
    """The share of the sun at a point: the picture's, if the camera sees the point, else what is usual."""
    share = _USUALLY_LIT
    to = point - camera.position
    depth = wp.dot(to, camera.forward)
    if depth > 0.2:
        u = int(wp.floor(camera.centre_u - camera.focal_px * wp.dot(to, camera.left) / depth + 0.5))
        v = int(wp.floor(camera.centre_v - camera.focal_px * wp.dot(to, camera.up) / depth + 0.5))
        if u >= 0 and u < camera.width and v >= 0 and v < camera.height:
            j = v * camera.width + u
            if g.ids[j][0] >= 0 and wp.abs(g.depth[j] - depth) < 0.03 * depth + 0.05:
                share = sun[j]
    return share


@wp.kernel
def gather_sky_and_bounce(
    first: int, scene: SceneData, env: Environment, camera: PinholeData, palette: wp.array(dtype=wp.vec3),
    snow: float, seen: GBuffer, sun: wp.array(dtype=float), weight: float,
    of: wp.array(dtype=wp.vec2i), origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3),
    extent: wp.array(dtype=wp.vec2), distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i),
    normal: wp.array(dtype=wp.vec3), ambient: wp.array(dtype=wp.vec3),
):
    """Add the radiance that each sky ray brings from surface ``of``: sky, or what it met, lit by sun and sky.

    camera, seen, sun: the whole picture's, which knows where the sun shines. snow: share of what faces up that is
    white.
    """
    i = first + wp.tid()
    if of[i][0] >= 0:
        d = direction[i]
        light = env.bounce * 0.5
        if extent[i][1] > 0.0:
            if ids[i][0] < 0:
                light = dome_at(env.dome, d) if d[2] > 0.0 else env.bounce
            else:
                n = world_normal(scene, ids[i][0], normal[i])
                if wp.dot(n, d) > 0.0:
                    n = -n
                colour = plain_colour(scene, ids[i], palette) * PLAIN_IS_BRIGHTER
                colour = lerp3(colour, wp.vec3(0.75, 0.77, 0.80), snow * smooth(0.3, 0.7, n[2]))
                light = env.ambient * (0.45 + 0.25 * n[2])
                facing = wp.dot(n, env.light_direction)
                if facing > 0.0:
                    share = _lit(camera, seen, sun, origin[i] + d * distance[i])
                    light += env.sun_light * (facing * share / wp.pi)
                # and what comes after the first bounce, from everywhere
                light = wp.cw_mul(colour, light) + env.bounce * _LATER_BOUNCES
        ambient[i] = ambient[i] + light * weight
