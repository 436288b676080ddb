# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""All light of a pixel brought together, and edges taken again with more rays."""

from simgen.localsim.render.kernels.gbuffer import GBuffer, surface_at
from simgen.localsim.render.kernels.glass import pane_share
from simgen.localsim.render.kernels.lamps import TILE, TILE_LAMPS, halo
from simgen.localsim.render.kernels.lighting import Lamp, fresnel, highlight
from simgen.localsim.render.kernels.materials import spot_of, surface_of
from simgen.localsim.render.kernels.noise import lerp3
from simgen.localsim.render.kernels.pinhole import HORIZON_M, NEAR_M, PinholeData, pixel_direction
from simgen.localsim.render.kernels.scene_data import SceneData, fetch_ahead
from simgen.localsim.render.kernels.sky import Environment, fog_light, fog_share, sky
from simgen.localsim.render.kernels.surface import Conditions, Surface
from simgen.localsim.render.warp_runtime import wp

BRIGHTEST = wp.constant(60.0)


@wp.struct
class LightBuffer:
    """The light that reaches each pixel's surface."""

    sun: wp.array(dtype=float)              # visible share of the sun
    ambient: wp.array(dtype=wp.vec3)        # mean radiance of sky and surroundings
    lamps_seen: wp.array(dtype=float)       # visible share of the lamps
    lamps: wp.array(dtype=wp.vec3)          # irradiance by lamps, unshadowed
    lamp_gloss: wp.array(dtype=wp.vec3)     # their reflection, unshadowed
    mirrored: wp.array(dtype=wp.vec4)       # what is seen in the mirror


@wp.struct
class Received:
    """The light that reaches one place of a surface; see ``LightBuffer``."""

    sun: float
    ambient: wp.vec3
    lamps: wp.vec3
    lamp_gloss: wp.vec3
    mirrored: wp.vec3


@wp.func
def received_at(light: LightBuffer, i: int) -> Received:
    seen = light.lamps_seen[i]
    mirrored = light.mirrored[i]
    r = Received()
    r.sun = light.sun[i]
    r.ambient = light.ambient[i]
    r.lamps = light.lamps[i] * seen
    r.lamp_gloss = light.lamp_gloss[i] * seen
    r.mirrored = wp.vec3(mirrored[0], mirrored[1], mirrored[2])
    return r


@wp.func
def reflect(sun_direction: wp.vec3, sun_light: wp.vec3, s: Surface, view: wp.vec3, r: Received) -> wp.vec3:
    """Radiance of a surface towards the eye. ``view``: unit direction away from the eye."""
    nl = wp.dot(s.normal, sun_direction)
    nv = wp.max(-wp.dot(s.normal, view), 0.0)
    lit = wp.max(nl, 0.0) + s.through * wp.max(-nl, 0.0)
    diffuse = sun_light * (lit * r.sun / wp.pi) + r.lamps / wp.pi + r.ambient
    share = fresnel(s.shine, nv)
    shiny = r.lamp_gloss
    if r.sun > 0.0 and nl > 0.0:
        shiny += sun_light * (highlight(s, view, sun_direction, 0.05) * r.sun)
    shiny += r.mirrored * (share * s.mirror)
    flat = (1.0 - s.roughness) * (1.0 - s.roughness) * (1.0 - s.mirror)
    shiny += r.ambient * (share * flat)
    colour = lerp3(wp.vec3(1.0, 1.0, 1.0), s.albedo / wp.max(s.shine, 0.2), s.metal)
    return (s.glow + wp.cw_mul(s.albedo, diffuse) * ((1.0 - s.metal) * (1.0 - share * s.mirror))
            + wp.cw_mul(colour, shiny))


@wp.func
def through_air(
    env: Environment, camera: PinholeData, lamps: wp.array(dtype=Lamp), halo_of: wp.array2d(dtype=wp.int32),
    tile: int, ray: wp.vec3, depth: float, light: wp.vec3, is_sky: int,
) -> wp.vec3:
    """What is left of a surface's light at the camera, and what the air adds."""
    stretch = wp.length(ray)
    view = ray / stretch
    distance = depth * stretch
    if is_sky == 0:
        share = fog_share(env, camera.position[2], view[2], distance)
        light = lerp3(light, fog_light(env, view), share)
    k = int(0)
    while k < TILE_LAMPS:
        number = halo_of[tile, k]
        k += 1
        if number < 0:
            k = TILE_LAMPS
        else:
            light += halo(lamps[number], camera.position, view, wp.min(distance, 150.0),
                          env.air_glow, env.halo_reach, env.fog_density)
    return wp.min(light, wp.vec3(BRIGHTEST, BRIGHTEST, BRIGHTEST))


@wp.kernel
def compose(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, light: LightBuffer, lamps: wp.array(dtype=Lamp),
    tiles_across: int, halo_of: wp.array2d(dtype=wp.int32), picture: wp.array(dtype=wp.vec3),
):
    i = first + wp.tid()
    tile = ((i // camera.width) // TILE) * tiles_across + (i % camera.width) // TILE
    ray = g.ray[i]
    if g.ids[i][0] < 0:
        seen = sky(env, wp.normalize(ray), camera.position[2], 1)
        picture[i] = through_air(env, camera, lamps, halo_of, tile, ray, HORIZON_M, seen, 1)
    else:
        seen = reflect(env.light_direction, env.sun_light, surface_at(g, i), wp.normalize(ray), received_at(light, i))
        picture[i] = through_air(env, camera, lamps, halo_of, tile, ray, g.depth[i], seen, 0)


@wp.func
def _luminance(c: wp.vec3) -> float:
    return 0.25 * c[0] + 0.65 * c[1] + 0.10 * c[2]


@wp.func
def _differs(ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), facet: wp.array(dtype=wp.vec3),
             picture: wp.array(dtype=wp.vec3), i: int, j: int) -> int:
    result = int(0)
    if ids[i][0] != ids[j][0]:
        result = 1
    elif ids[i][0] >= 0:
        if wp.dot(facet[i], facet[j]) < 0.85 or wp.abs(depth[i] - depth[j]) > 0.12 * depth[i]:
            result = 1
        else:
            a = _luminance(picture[i])
            b = _luminance(picture[j])
            if wp.abs(a - b) > 0.30 * (a + b) + 0.002:
                result = 1
    return result


@wp.kernel
def find_edges(
    first: int, ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), facet: wp.array(dtype=wp.vec3),
    picture: wp.array(dtype=wp.vec3), width: int, height: int, edge: wp.array(dtype=wp.uint8),
):
    """1 where a pixel differs from one beside it: another thing, a crease, a step, or a strong pattern."""
    i = first + wp.tid()
    x = i % width
    y = i // width
    found = int(0)
    if x > 0:
        found = _differs(ids, depth, facet, picture, i, i - 1)
    if found == 0 and x < width - 1:
        found = _differs(ids, depth, facet, picture, i, i + 1)
    if found == 0 and y > 0:
        found = _differs(ids, depth, facet, picture, i, i - width)
    if found == 0 and y < height - 1:
        found = _differs(ids, depth, facet, picture, i, i + width)
    edge[i] = wp.uint8(found)


@wp.func
def sample_offset(sample: int, samples: int) -> wp.vec2:
    """Where in a pixel an extra sample lies, its centre being taken: spread evenly on a rotated ring."""
    angle = 2.0 * wp.pi * (float(sample) + 0.27) / float(samples)
    return wp.vec2(wp.cos(angle) * 0.36, wp.sin(angle) * 0.36)


@wp.kernel
def aim_edges(
    first: int, camera: PinholeData, edges: wp.array(dtype=wp.int32), samples: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    k = first + wp.tid()
    i = edges[k // samples]
    offset = sample_offset(k % samples, samples)
    origin[k] = camera.position
    direction[k] = pixel_direction(camera, float(i % camera.width) + offset[0], float(i // camera.width) + offset[1])
    extent[k] = wp.vec2(NEAR_M, HORIZON_M)


@wp.func
def _lender(ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), facets: wp.array(dtype=wp.vec3),
            positions: wp.array(dtype=wp.vec3), width: int, height: int, i: int, instance: int,
            facet: wp.vec3, point: wp.vec3, pixel: float) -> int:
    """The pixel round i whose light fits a sample best: same thing, same facing, same plane."""
    x = i % width
    y = i // width
    best = int(-1)
    most = float(-1.0e9)
    for b in range(-1, 2):
        for a in range(-1, 2):
            u = x + a
            v = y + b
            if u >= 0 and u < width and v >= 0 and v < height:
                j = v * width + u
                if ids[j][0] >= 0:
                    off = wp.abs(wp.dot(facet, positions[j] - point)) / (depth[j] * pixel + 0.002)
                    fit = (wp.dot(facet, facets[j]) * 2.0 - wp.min(off, 10.0) * 0.2 - 0.05 * float(a * a + b * b)
                           + wp.where(ids[j][0] == instance, 1.0, 0.0))
                    if fit > most:
                        most = fit
                        best = j
    return best


@wp.func
def _mirrored_between(ids: wp.array(dtype=wp.vec2i), mirrored: wp.array(dtype=wp.vec4), width: int, height: int, i: int,
                      offset: wp.vec2) -> wp.vec3:
    """What is mirrored at a point between pixel centres: bilinear over the pixels of the same thing."""
    x = i % width
    y = i // width
    u = wp.clamp(x + wp.where(offset[0] > 0.0, 1, -1), 0, width - 1)
    v = wp.clamp(y + wp.where(offset[1] > 0.0, 1, -1), 0, height - 1)
    a = wp.abs(offset[0])
    b = wp.abs(offset[1])
    own = mirrored[i] * ((1.0 - a) * (1.0 - b))
    weights = (1.0 - a) * (1.0 - b)
    j = y * width + u
    if ids[j][0] == ids[i][0] and mirrored[j][3] > 0.0:
        own += mirrored[j] * (a * (1.0 - b))
        weights += a * (1.0 - b)
    j = v * width + x
    if ids[j][0] == ids[i][0] and mirrored[j][3] > 0.0:
        own += mirrored[j] * ((1.0 - a) * b)
        weights += (1.0 - a) * b
    j = v * width + u
    if ids[j][0] == ids[i][0] and mirrored[j][3] > 0.0:
        own += mirrored[j] * (a * b)
        weights += a * b
    own = own / weights
    return wp.vec3(own[0], own[1], own[2])


@wp.kernel
def shade_edges(
    first: int, scene: SceneData, conditions: Conditions, env: Environment, camera: PinholeData, g: GBuffer,
    light: LightBuffer,
    lamps: wp.array(dtype=Lamp), tiles_across: int, halo_of: wp.array2d(dtype=wp.int32),
    edges: wp.array(dtype=wp.int32), samples: int, direction: wp.array(dtype=wp.vec3),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    facet: wp.array(dtype=wp.vec3), behind: wp.array(dtype=wp.vec3), picture: wp.array(dtype=wp.vec3),
):
    """Average an edge pixel with its extra samples, each lit by the pixel beside it that fits it best."""
    e = first + wp.tid()
    i = edges[e]
    pixel = 1.0 / camera.focal_px
    tile = ((i // camera.width) // TILE) * tiles_across + (i % camera.width) // TILE
    total = picture[i]
    for k in range(samples):
        r = e * samples + k
        fetch_ahead(scene, ids, r)
        ray = direction[r]
        view = wp.normalize(ray)
        if ids[r][0] < 0:
            seen = sky(env, view, camera.position[2], 1)
            total += through_air(env, camera, lamps, halo_of, tile, ray, HORIZON_M, seen, 1)
        else:
            spot = spot_of(scene, camera.position, ray, distance[r], ids[r], uv[r], facet[r], pixel)
            s = surface_of(spot, conditions, ids[r][0])
            if s.clear > 0.0:
                s.glow += behind[r] * pane_share(s.clear, -wp.dot(view, s.normal))
            lender = _lender(g.ids, g.depth, g.facet, g.position, camera.width, camera.height, i, ids[r][0],
                             spot.facet, spot.position, pixel)
            seen = s.glow + wp.cw_mul(s.albedo, env.ambient)
            if lender >= 0:
                received = received_at(light, lender)
                if lender == i and s.mirror > 0.0:
                    received.mirrored = _mirrored_between(
                        g.ids, light.mirrored, camera.width, camera.height, i, sample_offset(k, samples))
                seen = reflect(env.light_direction, env.sun_light, s, view, received)
            total += through_air(env, camera, lamps, halo_of, tile, ray, distance[r], seen, 0)
    picture[i] = total / (float(samples) + 1.0)
