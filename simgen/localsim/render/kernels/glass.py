# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a branch changes starts as float(...) or int(...)
"""What one sees through the panes of cars: the cabin and who sits in it, and through more panes what lies beyond.

A sight goes on straight behind the pane that a pixel shows, from pane to pane, until it meets something that is none.
What it meets is lit simply, as in mirrors, but with the sun's true shadow: a cabin is dark for its roof, not by decree.
"""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels.gbuffer import GBuffer, lift
from simgen.localsim.render.kernels.lighting import Lamp, fresnel, lamp_light
from simgen.localsim.render.kernels.materials import spot_of, surface_of
from simgen.localsim.render.kernels.noise import smooth
from simgen.localsim.render.kernels.pinhole import HORIZON_M, PinholeData
from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.kernels.sky import Environment, dome_at, fog_light, fog_share, shade_at, sky
from simgen.localsim.render.kernels.sunlight import SHADOW_REACH_M
from simgen.localsim.render.kernels.surface import Conditions
from simgen.localsim.render.warp_runtime import wp

PANE_SHINE = wp.constant(0.06)          # reflectance of a pane seen face on
GLASS = wp.constant(wp.vec3(0.97, 1.0, 0.985))      # iron in the glass
TRIM = wp.constant(wp.vec3(0.11, 0.108, 0.105))
# Share of the light of the open that reaches what is in a cabin: just behind the pane, and deep inside.
NEAR_PANE = wp.constant(0.80)
DEEP_INSIDE = wp.constant(0.24)
CABIN_LAMP_M = wp.constant(3.0)         # a lamp that reaches less far is a cabin's own
PANE_REACH_M = wp.constant(1.10)        # how far behind the pane its light wanes to a third


@wp.struct
class Sight:
    """A row for each pane that is looked through; the rays of the row are kept beside it."""

    light: wp.array(dtype=wp.vec3)      # seen so far, as it leaves the first pane
    share: wp.array(dtype=wp.vec3)      # of what comes next
    sunlit: wp.array(dtype=wp.vec3)     # what the sun adds at the end of the sight, if it shines there
    travelled: wp.array(dtype=float)    # from the camera to the ray's origin, m
    inside: wp.array(dtype=float)       # 0 in the open, in a cabin how clear the pane is that one looked in by


@wp.func
def pane_share(clear: float, cosine: float) -> float:
    """Share of the light that a pane lets through at an angle of incidence: what it does not reflect."""
    return clear * (1.0 - fresnel(PANE_SHINE, cosine))


@wp.kernel
def find_panes(first: int, scene: SceneData, ids: wp.array(dtype=wp.vec2i), pane: wp.array(dtype=wp.uint8)):
    """1 where a ray met a pane that one can see through."""
    i = first + wp.tid()
    pane[i] = wp.uint8(0)
    if ids[i][0] >= 0:
        triangle = triangle_of(scene, ids[i])
        if scene.material[triangle] == Material.CAR_GLASS and scene.parameter[triangle] > 0.0:
            pane[i] = wp.uint8(1)


@wp.kernel
def aim_behind(
    first: int, scene: SceneData, eye: wp.vec3, ray: wp.array(dtype=wp.vec3), depth: wp.array(dtype=float),
    ids: wp.array(dtype=wp.vec2i), facet: wp.array(dtype=wp.vec3), panes: wp.array(dtype=wp.int32), sight: Sight,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """On behind the panes that rays from one eye met; ``panes``: which rays."""
    k = first + wp.tid()
    i = panes[k]
    d = wp.normalize(ray[i])
    n = world_normal(scene, ids[i][0], facet[i])
    outward = wp.dot(n, d)
    # past the pane along its own normal, which clears it at any angle
    origin[k] = eye + ray[i] * depth[i] + n * wp.where(outward > 0.0, lift(depth[i]), -lift(depth[i]))
    direction[k] = d
    extent[k] = wp.vec2(0.0, HORIZON_M)
    sight.light[k] = wp.vec3(0.0, 0.0, 0.0)
    sight.share[k] = GLASS
    sight.sunlit[k] = wp.vec3(0.0, 0.0, 0.0)
    sight.travelled[k] = wp.length(ray[i]) * depth[i]
    clear = scene.parameter[triangle_of(scene, ids[i])]
    sight.inside[k] = wp.where(outward > 0.0, 0.0, clear)


@wp.func
def _from_windows(env: Environment, n: wp.vec3, d: wp.vec3) -> wp.vec3:
    """Light in a cabin: from the window that one looks in by, and from the sky low over the side a surface faces."""
    low = wp.normalize(wp.vec3(n[0], n[1], 0.35 + wp.max(n[2], 0.0)))
    aside = 1.0 - n[2] * n[2]
    return env.ambient * (0.14 + 0.42 * wp.max(-wp.dot(n, d), 0.0)) + dome_at(env.dome, low) * (0.06 + 0.16 * aside)


@wp.func
def _lamps(lamps: wp.array(dtype=Lamp), spheres: wp.array(dtype=wp.vec4), p: wp.vec3, n: wp.vec3, through: float,
           inside: float) -> wp.vec3:
    """Irradiance by lamps, unshadowed; but in a cabin, besides its own lamp's, only what comes in by its windows, and
    not from above."""
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(lamps.shape[0]):
        sphere = spheres[k]
        away = wp.vec3(sphere[0], sphere[1], sphere[2]) - p
        if wp.dot(away, away) < sphere[3]:
            lamp = lamps[k]
            found = lamp_light(lamp, p, n, through)
            share = float(1.0)
            if inside > 0.0 and lamp.reach > CABIN_LAMP_M:
                share = 0.7 * inside * smooth(0.45, 0.15, found[2]) * smooth(-0.45, -0.15, found[2])
            total += lamp.colour * (found[3] * share)
    return total


@wp.kernel
def look_on(
    first: int, scene: SceneData, conditions: Conditions, env: Environment, camera: PinholeData,
    lamps: wp.array(dtype=Lamp), spheres: wp.array(dtype=wp.vec4), sight: Sight,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    facet: wp.array(dtype=wp.vec3),
):
    """One surface further: through it if it is a pane, else its light is what one sees. A sight that has ended has an
    empty extent, and its origin is where a ray to the sun would start."""
    k = first + wp.tid()
    if extent[k][1] > 0.0:
        d = direction[k]
        share = sight.share[k]
        travelled = sight.travelled[k]
        inside = sight.inside[k]
        # Air is counted from the camera: what lies before the first pane is added with all other light of the pixel.
        before = wp.min(fog_share(env, camera.position[2], d[2], travelled), 0.999)
        if ids[k][0] < 0:
            extent[k] = wp.vec2(0.0, 0.0)
            seen = (sky(env, d, camera.position[2], 1) - fog_light(env, d) * before) / (1.0 - before)
            sight.light[k] += wp.cw_mul(share, wp.max(seen, wp.vec3(0.0, 0.0, 0.0)))
        else:
            pixel = 1.0 / camera.focal_px
            spot = spot_of(scene, origin[k], d, distance[k], ids[k], uv[k], facet[k], pixel)
            spot.footprint += travelled * pixel
            spot.stretch += travelled * pixel
            is_pane = spot.material == Material.CAR_GLASS
            leaving = wp.dot(world_normal(scene, ids[k][0], facet[k]), d) > 0.0
            if is_pane and leaving:
                spot.normal = -spot.normal      # rain and snow are on the other side
            spot.sheltered = wp.where(inside > 0.0 and not is_pane, 1, 0)
            s = surface_of(spot, conditions, ids[k][0])
            open_air = float(1.0)
            irradiance = env.ambient * (0.50 + 0.30 * s.normal[2])
            if inside > 0.0:
                open_air = inside * (DEEP_INSIDE + (NEAR_PANE - DEEP_INSIDE) * wp.exp(-distance[k] / PANE_REACH_M))
                irradiance = _from_windows(env, s.normal, d) * open_air
                if leaving and spot.material == Material.CAR_PAINT:
                    s.albedo = TRIM         # the inside of a roof, a pillar, a rear wall
                    s.mirror = 0.0
            far = travelled + distance[k]
            if is_pane and s.clear > 0.0:
                sight.light[k] += wp.cw_mul(share, wp.cw_mul(s.albedo, irradiance))
                sight.share[k] = wp.cw_mul(share, GLASS) * pane_share(s.clear, wp.abs(wp.dot(spot.facet, d)))
                sight.travelled[k] = far
                sight.inside[k] = wp.where(leaving, 0.0, s.clear)
                origin[k] = spot.position - spot.facet * lift(far)
            else:
                extent[k] = wp.vec2(0.0, 0.0)
                nl = wp.dot(s.normal, env.light_direction)
                lit = wp.max(nl, 0.0) + s.through * wp.max(-nl, 0.0)
                if env.clouds.cover > 0.0 and lit > 0.0:
                    lit *= shade_at(env, spot.position)
                irradiance += _lamps(lamps, spheres, spot.position, s.normal, s.through, inside) / wp.pi
                light = s.glow + wp.cw_mul(s.albedo, irradiance)
                if s.mirror > 0.0:
                    light += env.ambient * (0.12 * s.mirror * open_air)
                fog = fog_share(env, camera.position[2], d[2], far)
                clear_air = (1.0 - fog) / (1.0 - before)
                sight.light[k] += wp.cw_mul(share, light * clear_air
                                            + fog_light(env, d) * ((fog - before) / (1.0 - before)))
                sight.sunlit[k] = wp.cw_mul(wp.cw_mul(share, s.albedo), env.sun_light) * (lit * clear_air / wp.pi)
                side = wp.where(wp.dot(spot.facet, env.light_direction) > 0.0, 1.0, -1.0)
                origin[k] = spot.position + spot.facet * (side * lift(far))


@wp.kernel
def aim_at_sun(
    first: int, env: Environment, sight: Sight, direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """From the end of each sight to the sun, where that matters."""
    k = first + wp.tid()
    extent[k] = wp.vec2(0.0, 0.0)
    if wp.length_sq(sight.sunlit[k]) > 0.0:
        direction[k] = env.light_direction
        extent[k] = wp.vec2(0.0, SHADOW_REACH_M)


@wp.kernel
def let_sun_in(
    first: int, scene: SceneData, sight: Sight, origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3),
    extent: wp.array(dtype=wp.vec2), distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i),
    facet: wp.array(dtype=wp.vec3),
):
    """A ray to the sun that met the window of its cabin goes on behind it; any other thing is in the way."""
    k = first + wp.tid()
    was_cast = extent[k][1] > 0.0
    extent[k] = wp.vec2(0.0, 0.0)
    if was_cast and ids[k][0] >= 0:
        share = float(0.0)
        triangle = triangle_of(scene, ids[k])
        if sight.inside[k] > 0.0 and scene.material[triangle] == Material.CAR_GLASS:
            d = direction[k]
            n = world_normal(scene, ids[k][0], facet[k])
            outward = wp.dot(n, d)
            share = pane_share(scene.parameter[triangle], wp.abs(outward))
            origin[k] = origin[k] + d * distance[k] + n * wp.where(outward > 0.0, 0.004, -0.004)
            extent[k] = wp.vec2(0.0, SHADOW_REACH_M)
        sight.sunlit[k] = wp.cw_mul(sight.sunlit[k], GLASS) * share


@wp.kernel
def add_sun(first: int, sight: Sight, visible: wp.array(dtype=float)):
    """``visible``: whether the rays reached the sun; those that were not cast any more did."""
    k = first + wp.tid()
    sight.light[k] += sight.sunlit[k] * visible[k]


@wp.kernel
def keep_behind(first: int, panes: wp.array(dtype=wp.int32), sight: Sight, behind: wp.array(dtype=wp.vec3)):
    """What is seen behind panes, by the rays that met them."""
    k = first + wp.tid()
    behind[panes[k]] = sight.light[k]


@wp.func
def _beside(g: GBuffer, width: int, i: int, side: int) -> int:
    """The pixel left, right, above or below (side 0 to 3), if it shows a pane of the same thing; else -1."""
    x = i % width
    j = int(-1)
    if side == 0 and x > 0:
        j = i - 1
    elif side == 1 and x < width - 1:
        j = i + 1
    elif side == 2:
        j = i - width
    elif side == 3:
        j = i + width
    if j >= 0 and (j >= g.pane.shape[0] or g.pane[wp.min(j, g.pane.shape[0] - 1)] == wp.uint8(0)
                   or g.ids[wp.min(j, g.pane.shape[0] - 1)][0] != g.ids[i][0]):
        j = -1
    return j


@wp.func
def _is_white(width: int, i: int) -> bool:
    """Of the squares of a chessboard."""
    return (i % width + i // width) % 2 == 0


@wp.kernel
def thin_out_panes(
    first: int, g: GBuffer, width: int, panes: wp.array(dtype=wp.int32), chosen: wp.array(dtype=wp.uint8),
):
    """1 for every other pixel, and for those that have no such neighbour of the same car."""
    k = first + wp.tid()
    i = panes[k]
    alone = int(1)
    for side in range(4):
        if _beside(g, width, i, side) >= 0:
            alone = 0
    chosen[k] = wp.uint8(wp.where(alone == 1 or _is_white(width, i), 1, 0))


@wp.kernel
def show_behind(
    first: int, g: GBuffer, width: int, thinned: int, panes: wp.array(dtype=wp.int32), behind: wp.array(dtype=wp.vec3),
):
    """What is seen through the panes of these pixels joins what their surface sends out by itself. Where they were
    ``thinned`` out, black squares of the chessboard borrow from the white ones."""
    i = panes[first + wp.tid()]
    light = behind[i]
    if thinned == 1 and not _is_white(width, i):
        total = wp.vec3(0.0, 0.0, 0.0)
        lenders = float(0.0)
        for side in range(4):
            j = _beside(g, width, i, side)
            if j >= 0:
                total += behind[j]
                lenders += 1.0
        if lenders > 0.0:
            light = total / lenders
    cosine = -wp.dot(wp.normalize(g.ray[i]), g.normal[i])
    g.glow[i] = g.glow[i] + light * pane_share(float(g.pane[i]) / 255.0, cosine)
