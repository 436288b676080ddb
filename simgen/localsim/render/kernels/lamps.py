# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""Light of lamps: which ones reach which part of the picture, how much they bring, and their halos in wet air."""

from simgen.localsim.render.kernels.gbuffer import GBuffer, lift, surface_at
from simgen.localsim.render.kernels.lighting import TAIL_LAMP, Lamp, eye_shine, highlight, lamp_light
from simgen.localsim.render.kernels.noise import smooth, stratified
from simgen.localsim.render.kernels.pinhole import PinholeData, pixel_direction
from simgen.localsim.render.kernels.sky import Environment
from simgen.localsim.render.warp_runtime import wp

TILE = wp.constant(8)         # px; smaller tiles hold fewer lamps that do not reach every pixel
TILE_LAMPS = wp.constant(32)
LAMP_SALT = wp.constant(31)
FAINT = wp.constant(1.0e-3)      # irradiance that nobody sees
BRIGHTEST_GLOSS = wp.constant(0.4)


@wp.func
def _luminance(c: wp.vec3) -> float:
    return 0.25 * c[0] + 0.65 * c[1] + 0.10 * c[2]


@wp.kernel
def list_lamps(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, lamps: wp.array(dtype=Lamp), tiles_across: int,
    lit_by: wp.array2d(dtype=wp.int32), halo_of: wp.array2d(dtype=wp.int32),
):
    """For each tile the lamps that may light something in it, and those whose halo may show; -1 ends a list."""
    tile = first + wp.tid()
    left = (tile % tiles_across) * TILE
    top = (tile // tiles_across) * TILE
    low = wp.vec3(1.0e9, 1.0e9, 1.0e9)
    high = wp.vec3(-1.0e9, -1.0e9, -1.0e9)
    for y in range(top, wp.min(top + TILE, camera.height)):
        for x in range(left, wp.min(left + TILE, camera.width)):
            i = y * camera.width + x
            if g.ids[i][0] >= 0:
                low = wp.min(low, g.position[i])
                high = wp.max(high, g.position[i])
    axis = pixel_direction(camera, float(left) + 0.5 * float(TILE - 1), float(top) + 0.5 * float(TILE - 1))
    axis_length = wp.length(axis)
    axis = axis / axis_length
    spread = 0.75 * float(TILE) / camera.focal_px          # half a tile's diagonal, rad
    lights = int(0)
    halos = int(0)
    for k in range(lamps.shape[0]):
        lamp = lamps[k]
        nearest = wp.vec3(wp.clamp(lamp.position[0], low[0], high[0]), wp.clamp(lamp.position[1], low[1], high[1]),
                          wp.clamp(lamp.position[2], low[2], high[2]))
        to = nearest - lamp.position
        d2 = wp.dot(to, to)
        ahead = wp.vec3(wp.where(lamp.direction[0] > 0.0, high[0], low[0]),
                        wp.where(lamp.direction[1] > 0.0, high[1], low[1]),
                        wp.where(lamp.direction[2] > 0.0, high[2], low[2])) - lamp.position
        if (low[0] <= high[0] and d2 < lamp.reach * lamp.reach and lights < TILE_LAMPS
                and wp.dot(ahead, lamp.direction) > -1.0
                and _luminance(lamp.colour) > FAINT * (d2 + 0.3)):
            lit_by[tile, lights] = k
            lights += 1
        to_lamp = lamp.position - camera.position
        along = wp.dot(to_lamp, axis)
        if along > 0.0 and halos < TILE_LAMPS and lamp.kind != TAIL_LAMP:
            aside = wp.length(to_lamp - axis * along)
            if aside < env.halo_reach + along * spread:
                halo_of[tile, halos] = k
                halos += 1
    if lights < TILE_LAMPS:
        lit_by[tile, lights] = -1
    if halos < TILE_LAMPS:
        halo_of[tile, halos] = -1


@wp.kernel
def aim_lamps(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, lamps: wp.array(dtype=Lamp), tiles_across: int,
    lit_by: wp.array2d(dtype=wp.int32), diffuse: wp.array(dtype=wp.vec3), gloss: wp.array(dtype=wp.vec3),
    noisy: wp.array(dtype=float),
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """What all lamps bring unshadowed, and a shadow ray to one of them, drawn by what it brings.

    ``noisy``: how much the other lamps bring, so how far that one ray may be wrong.
    """
    i = first + wp.tid()
    extent[i] = wp.vec2(0.0, 0.0)
    diffuse[i] = wp.vec3(0.0, 0.0, 0.0)
    gloss[i] = wp.vec3(0.0, 0.0, 0.0)
    noisy[i] = 0.0
    if g.ids[i][0] >= 0:
        x = i % camera.width
        y = i // camera.width
        tile = (y // TILE) * tiles_across + x // TILE
        s = surface_at(g, i)
        view = wp.normalize(g.ray[i])
        point = g.position[i]
        glossy = s.roughness < 0.7
        total = float(0.0)
        most = float(0.0)
        chance = stratified(x, y, 3, LAMP_SALT)[0]
        chosen = int(-1)
        plain = wp.vec3(0.0, 0.0, 0.0)
        shiny = wp.vec3(0.0, 0.0, 0.0)
        k = int(0)
        while k < TILE_LAMPS:
            number = lit_by[tile, k]
            k += 1
            if number < 0:
                k = TILE_LAMPS
            else:
                lamp = lamps[number]
                light = lamp_light(lamp, point, s.normal, s.through)
                if light[3] > 0.0:
                    plain += lamp.colour * light[3]
                    if glossy:
                        # a lamp is a disc, not a point: least roughness stands for its size
                        to = wp.vec3(light[0], light[1], light[2])
                        lit = wp.max(wp.dot(s.normal, to), 0.02)
                        back = highlight(s, view, to, 0.12) + eye_shine(s, view, to)
                        shiny += lamp.colour * (light[3] / lit * back)
                    brings = _luminance(lamp.colour) * light[3]
                    total += brings
                    most = wp.max(most, brings)
                    # reservoir of one: each lamp ends up chosen in proportion to what it brings
                    if chance * total < brings:
                        chosen = number
                        chance = chance * total / brings
                    else:
                        chance = (chance * total - brings) / wp.max(total - brings, 1.0e-12)
        diffuse[i] = plain
        # a film holds no more: what is brighter would only smear over the picture as glare
        gloss[i] = shiny / (1.0 + _luminance(shiny) / BRIGHTEST_GLOSS)
        if chosen >= 0 and total > FAINT:
            noisy[i] = 1.0 - most / total
            lamp = lamps[chosen]
            to = lamp.position - point
            distance = wp.length(to)
            d = to / distance
            side = wp.where(wp.dot(g.facet[i], d) > 0.0, 1.0, -1.0)
            origin[i] = point + g.facet[i] * (side * lift(g.depth[i]))
            direction[i] = d
            # a lamp sits inside its own housing: the ray ends before it
            extent[i] = wp.vec2(0.0, wp.max(distance - 0.4, 0.01))


@wp.func
def _arctan(x: float) -> float:
    """Within 0.005 rad (Rajan et al. 2006), at a fifth of the cost."""
    y = wp.abs(x)
    small = wp.min(y, 1.0 / wp.max(y, 1.0e-9))
    angle = small * (0.7854 + 0.273 * (1.0 - small))
    angle = wp.where(y > 1.0, 0.5 * wp.pi - angle, angle)
    return wp.where(x < 0.0, -angle, angle)


@wp.func
def halo(lamp: Lamp, eye: wp.vec3, view: wp.vec3, distance: float, air_glow: float, reach: float,
         density: float) -> wp.vec3:
    """Light that wet air throws into a view ray from a lamp near it.

    Single scattering with the inverse square law has a closed form along a ray: the integral of
    1 / (d^2 + (t - b)^2) is (atan((t - b) / d) + atan(b / d)) / d (Sun et al. 2005, "A practical analytic single
    scattering model").
    """
    to = lamp.position - eye
    along = wp.dot(to, view)
    aside = wp.sqrt(wp.max(wp.dot(to, to) - along * along, 0.0))
    result = wp.vec3(0.0, 0.0, 0.0)
    if aside < reach:
        d = aside + 0.12
        amount = (_arctan((distance - along) / d) + _arctan(along / d)) / d
        fade = 1.0 - smooth(0.3 * reach, reach, aside)
        amount *= fade * air_glow * wp.exp(-density * wp.max(along, 0.0) * 0.7)
        toward = -wp.dot(lamp.direction, view)
        if lamp.kind == 0:
            amount *= 0.16
        else:
            amount *= 0.012 + 0.06 * wp.max(toward, 0.0) * wp.max(toward, 0.0)
        result = lamp.colour * amount
    return result
