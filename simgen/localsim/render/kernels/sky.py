# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""The weather as kernels read it, and what one sees looking up: air, clouds, sun, night and the fog before them."""

from simgen.localsim.render.kernels.atmosphere import clear_sky
from simgen.localsim.render.kernels.noise import hash01, lerp3, noise2, smooth
from simgen.localsim.render.warp_runtime import wp

DOME = wp.constant(32)      # the blurred sky that lights ambient rays is DOME x DOME


@wp.struct
class Environment:
    """Light and weather of one moment. Radiances are relative: sunlight outside the air is SUN_POWER."""

    texture: wp.array(dtype=wp.vec2)            # noise, see noise.py
    clear: wp.array2d(dtype=wp.vec3)            # clear sky, see atmosphere.py
    dome: wp.array2d(dtype=wp.vec3)             # blurred sky, octahedral
    sun_direction: wp.vec3
    sun_light: wp.vec3                          # irradiance on a surface that faces the sun, through clouds
    cloud_light: wp.vec3                        # what lights the clouds themselves
    overcast_sky: wp.vec3                       # zenith radiance of a closed cloud cover
    twilight: wp.vec3                           # light scattered more than once, when little is scattered once
    ambient: wp.vec3                            # mean radiance of the upper half
    bounce: wp.vec3                             # mean radiance of the ground
    night: float                                # 0 day … 1 night
    cloud_cover: float                          # of broken clouds
    overcast: float                             # 0 … 1, a closed layer
    drift: float                                # how far the clouds have moved
    fog_colour: wp.vec3
    fog_density: float                          # extinction at ground level, 1/m
    fog_start: float                            # m
    fog_falloff: float                          # 1/m
    fog_top: float                              # there is none above this height, m
    fog_glow: float                             # how much brighter fog is towards the sun
    air_glow: float                             # how much lamps light the air round them, 1/m
    halo_reach: float                           # how far from a lamp its halo shows, m
    rain: float
    wind: float
    seed: int


@wp.func
def cloud_shape(texture: wp.array(dtype=wp.vec2), u: float, v: float) -> float:
    warp_ = noise2(texture, u * 0.7 + 0.3, v * 0.7, 0)[0]
    big = noise2(texture, u + 0.11 + warp_ * 0.05, v + 0.07, 0)[0]
    mid = noise2(texture, u * 2.7, v * 2.7 + 0.4, 0)[0]
    fine = noise2(texture, u * 7.0, v * 7.0, 0)[0]
    return 0.55 * big + 0.30 * mid + 0.15 * fine


@wp.func
def dome_at(dome: wp.array2d(dtype=wp.vec3), d: wp.vec3) -> wp.vec3:
    """The blurred sky in a direction of the upper half: hemi-octahedral map, nearest texel."""
    s = 1.0 / (wp.abs(d[0]) + wp.abs(d[1]) + wp.max(d[2], 0.0) + 1.0e-6)
    x = (d[0] + d[1]) * s
    y = (d[0] - d[1]) * s
    i = wp.clamp(int((x * 0.5 + 0.5) * float(DOME)), 0, DOME - 1)
    j = wp.clamp(int((y * 0.5 + 0.5) * float(DOME)), 0, DOME - 1)
    return dome[j, i]


@wp.func
def sky_without_fog(env: Environment, d: wp.vec3) -> wp.vec3:
    """Radiance of air, clouds and night sky in a direction of the upper half; without the sun's disc."""
    up = wp.clamp(d[2], 0.0, 1.0)
    clear = clear_sky(env.clear, env.sun_direction, d) + env.twilight
    grey = env.overcast_sky * (0.62 + 0.5 * up)        # a closed layer is brighter overhead (after CIE overcast)
    base = lerp3(clear, grey, env.overcast)
    toward = wp.max(wp.dot(d, env.sun_direction), 0.0)
    horizon = smooth(0.0, 0.10, up)
    cover = float(0.0)
    if env.cloud_cover > 0.0:
        reach = 0.055 / (up + 0.10)                    # a flat layer overhead, bent down at the horizon
        u = d[0] * reach + env.drift
        v = d[1] * reach
        shape = cloud_shape(env.texture, u, v)
        edge = 0.66 - 0.36 * env.cloud_cover
        cover = smooth(edge, edge + 0.16, shape) * horizon * 0.95
        if cover > 0.0:
            thick = smooth(edge, edge + 0.36, shape)
            sun_side = cloud_shape(env.texture, u + env.sun_direction[0] * 0.012, v + env.sun_direction[1] * 0.012)
            lit = wp.clamp(0.75 + 2.2 * (shape - sun_side), 0.25, 1.3)
            rim = 0.5 + 2.5 * wp.pow(toward, 12.0)
            broken = (env.cloud_light * (0.10 * lit * (1.0 - 0.62 * thick) * (1.0 + 0.5 * rim * (1.0 - thick)))
                      + clear * (0.35 * (1.0 - 0.3 * thick)) + env.ambient * (0.40 - 0.2 * thick))
            closed = base * (0.72 + 0.5 * (shape - 0.35))
            base = lerp3(base, lerp3(broken, closed, smooth(0.3, 0.7, env.overcast)), cover)
    if env.night > 0.0:
        glow = wp.exp(-up * 7.0)                       # the town's own light in the haze over it
        lit_cloud = 1.0 + (cover * 1.2 + env.overcast) * 1.0
        dark = wp.vec3(0.0004, 0.0006, 0.0011) + wp.vec3(0.0022, 0.0018, 0.0015) * glow
        base = base + dark * (env.night * lit_cloud)
        # stars: one in some thousand cells of a fine grid over the dome
        s = 1.0 / (wp.abs(d[0]) + wp.abs(d[1]) + up + 1.0e-6)
        chance = hash01(int((d[0] * s + 2.0) * 1100.0), int((d[1] * s + 2.0) * 1100.0), 7)
        base = base + wp.vec3(0.9, 0.95, 1.0) * (
            wp.max(chance - 0.9997, 0.0) * 60.0 * env.night * horizon * (1.0 - cover) * (1.0 - env.overcast))
    return base


@wp.func
def fog_share(env: Environment, height: float, climb: float, distance: float) -> float:
    """How much of the light along a ray comes from fog instead of from its end: 1 - exp(-optical depth).

    Fog thins out exponentially with height; ``climb`` is the ray's rise a metre, ``height`` where it starts.
    """
    start = wp.min(env.fog_start, distance)
    z = height + climb * start
    length = distance - start
    if climb > 0.0:
        length = wp.min(length, wp.max(env.fog_top - z, 0.0) / climb)
    a = climb * env.fog_falloff * length
    mean = float(1.0)
    if wp.abs(a) > 1.0e-3:
        mean = (1.0 - wp.exp(-wp.clamp(a, -60.0, 60.0))) / a
    depth = env.fog_density * wp.exp(-wp.clamp(z * env.fog_falloff, -3.0, 60.0)) * length * mean
    return 1.0 - wp.exp(-wp.min(depth, 60.0))


@wp.func
def fog_light(env: Environment, d: wp.vec3) -> wp.vec3:
    """What fog looks like in a direction: brighter towards the sun."""
    toward = wp.max(wp.dot(d, env.sun_direction), 0.0)
    t2 = toward * toward
    return env.fog_colour * (1.0 + env.fog_glow * t2 * t2 * t2)


@wp.func
def sky(env: Environment, d: wp.vec3, height: float, with_sun: int) -> wp.vec3:
    """What a ray that meets nothing sees. d: unit direction."""
    up = wp.normalize(wp.vec3(d[0], d[1], wp.max(d[2], 0.001)))
    light = sky_without_fog(env, up)
    if with_sun > 0 and d[2] > 0.0:
        toward = wp.max(wp.dot(d, env.sun_direction), 0.0)
        if toward > 0.99:       # else its glare is below a millionth
            disc = smooth(0.99996, 0.99999, toward) * 60.0 + 2.8 * wp.pow(toward, 1800.0)
            light = light + env.sun_light * (disc * 0.5)
    share = fog_share(env, height, wp.max(up[2], 0.0), 20000.0)
    return lerp3(light, fog_light(env, up), share)


@wp.kernel
def fill_dome(env: Environment, dome: wp.array2d(dtype=wp.vec3)):
    """The sky blurred over some ten degrees, without the sun's disc (it is lit by its own rays)."""
    j, i = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    for b in range(-3, 4):
        for a in range(-3, 4):
            x = (float(i) + 0.5 + float(a) * 1.3) / float(DOME) * 2.0 - 1.0
            y = (float(j) + 0.5 + float(b) * 1.3) / float(DOME) * 2.0 - 1.0
            if wp.abs(x) <= 1.0 and wp.abs(y) <= 1.0:
                dx = 0.5 * (x + y)
                dy = 0.5 * (x - y)
                d = wp.normalize(wp.vec3(dx, dy, wp.max(1.0 - wp.abs(dx) - wp.abs(dy), 0.0)))
                w = wp.exp(-0.15 * float(a * a + b * b))
                total += sky_without_fog(env, d) * w
                weight += w
    dome[j, i] = total / weight
