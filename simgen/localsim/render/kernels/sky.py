# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""The weather as kernels read it, and what one sees looking up: air, clouds, sun, night and the fog before them."""

from simgen.localsim.render.kernels.atmosphere import clear_sky
from simgen.localsim.render.kernels.clouds import Clouds, clouds_toward, folds_toward, sun_through, veil_toward
from simgen.localsim.render.kernels.noise import hash01, lerp3, noise2, smooth
from simgen.localsim.render.warp_runtime import wp

DOME = wp.constant(32)      # the blurred sky that lights ambient rays is DOME x DOME
SHADE_CELLS = wp.constant(128)
SHADE_CELL_M = wp.constant(30.0)
_MOON_RADIUS = wp.constant(0.0080)      # rad; nearly twice the true one, as large as it seems to an eye


@wp.struct
class Environment:
    """Light and weather of one moment. Radiances are relative: sunlight outside the air is SUN_POWER."""

    texture: wp.array(dtype=wp.vec2)            # noise, see noise.py
    clear: wp.array2d(dtype=wp.vec3)            # clear sky, see atmosphere.py
    dome: wp.array2d(dtype=wp.vec3)             # blurred sky, octahedral
    sun_direction: wp.vec3
    light_direction: wp.vec3                    # to what casts shadows: the sun, at night the moon
    sun_light: wp.vec3                          # irradiance on a surface that faces it, where no cloud is before it
    moon_direction: wp.vec3
    moon: float                                 # radiance of its disc
    clouds: Clouds
    shade: wp.array2d(dtype=float)              # the share of sun_light that clouds let through, on the ground
    shade_corner: wp.vec2                       # where its first cell's middle lies, m
    cloud_light: wp.vec3                        # what lights the clouds themselves
    overcast_sky: wp.vec3                       # zenith radiance of a closed cloud cover
    twilight: wp.vec3                           # light scattered more than once, when little is scattered once
    ambient: wp.vec3                            # mean radiance of the upper half
    bounce: wp.vec3                             # mean radiance of the ground
    night: float                                # 0 day … 1 night
    overcast: float                             # 0 … 1, a closed layer
    storm: float                                # 0 … 1, how dark and torn it is
    fog_colour: wp.vec3
    fog_density: float                          # extinction at ground level, 1/m
    fog_start: float                            # m
    fog_falloff: float                          # 1/m
    fog_top: float                              # there is none above this height, m
    fog_glow: float                             # how much brighter fog is towards the sun
    air_glow: float                             # how much lamps light the air round them, 1/m
    beam_glow: float                            # how much of a beam's light thick air throws out of it, 1/m
    halo_reach: float                           # how far from a lamp its halo shows, m
    rain: float
    wind: float
    seed: int


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
def _broken(env: Environment, d: wp.vec3, clear: wp.vec3, toward: float, horizon: float) -> wp.vec4:
    """Colour (xyz) of the broken clouds in a direction, and how much of the sky they hide (w)."""
    seen = clouds_toward(env.clouds, env.texture, env.clouds.eye, d)
    thin = 1.0 - seen.thick
    rim = wp.pow(toward, 14.0) * thin * thin           # light that shines through towards the eye
    side = env.cloud_light * (0.060 + 0.15 * seen.sunny + 0.25 * rim) + env.ambient * 0.35
    belly = env.cloud_light * (0.028 + 0.085 * thin + 0.25 * rim) + env.ambient * (0.30 + 0.30 * thin)
    colour = lerp3(side, belly, seen.belly)
    far = 1.0 - smooth(0.03, 0.30, d[2])
    colour = lerp3(colour, clear, 0.45 * far)
    return wp.vec4(colour[0], colour[1], colour[2], seen.cover * horizon * 0.97)


@wp.func
def _moon_disc(env: Environment, d: wp.vec3) -> wp.vec3:
    """The moon, lit from where the sun is, with its dark plains."""
    light = wp.vec3(0.0, 0.0, 0.0)
    toward = wp.dot(d, env.moon_direction)
    if toward > 0.9995:
        aside = (d - env.moon_direction * toward) / _MOON_RADIUS
        r2 = wp.dot(aside, aside)
        light = wp.vec3(0.8, 0.9, 1.1) * (env.moon * 0.012 * wp.exp(-0.6 * wp.sqrt(r2)))      # its own haze
        if r2 < 1.2:
            normal = aside - env.moon_direction * wp.sqrt(wp.max(1.0 - r2, 0.0))
            lit = smooth(-0.05, 0.35, wp.dot(normal, env.sun_direction))
            plains = noise2(env.texture, 0.31 + 0.07 * (aside[0] + aside[1]), 0.12 + 0.07 * aside[2], 1)[0]
            bright = (1.0 - 0.55 * smooth(0.42, 0.62, plains)) * smooth(1.2, 0.85, r2)
            light += wp.vec3(1.0, 0.96, 0.88) * (env.moon * lit * bright)
    return light


@wp.func
def sky_without_fog(env: Environment, d: wp.vec3) -> wp.vec3:
    """Radiance of air, clouds and night sky in a direction of the upper half; without the sun's disc."""
    up = wp.clamp(d[2], 0.0, 1.0)
    clear = clear_sky(env.clear, env.sun_direction, d) + env.twilight
    toward = wp.max(wp.dot(d, env.sun_direction), 0.0)
    horizon = smooth(0.0, 0.10, up)
    base = clear
    if env.clouds.veil > 0.0:
        veil = veil_toward(env.clouds, env.texture, env.clouds.eye, d) * horizon
        base = lerp3(base, env.cloud_light * (0.10 + 0.10 * wp.pow(toward, 10.0)) + env.ambient * 0.4, veil * 0.75)
    if env.overcast > 0.0:
        # a closed layer is brighter overhead (after CIE overcast)
        base = lerp3(base, env.overcast_sky * (0.62 + 0.5 * up), env.overcast)
    cover = float(0.0)
    if env.clouds.cover > 0.0:
        closed = smooth(0.3, 0.8, env.overcast)
        colour = wp.vec3(0.0, 0.0, 0.0)
        if closed < 1.0:
            broken = _broken(env, d, clear, toward, horizon)
            cover = broken[3]
            colour = wp.vec3(broken[0], broken[1], broken[2])
        if closed > 0.0:
            cover += (env.clouds.cover - cover) * closed
            deep = folds_toward(env.clouds, env.texture, env.clouds.eye, d) * smooth(0.0, 0.14, up)
            grey = env.overcast_sky * ((0.62 + 0.5 * up) * (1.0 - 0.12 * env.storm - (0.24 + 0.22 * env.storm) * deep))
            colour = lerp3(colour, grey, closed)
        base = lerp3(base, colour, cover)
    if env.night > 0.0:
        glow = wp.exp(-up * 7.0)                       # the town's own light in the haze over it
        lit_cloud = 1.0 + (cover * 1.2 + env.overcast) * 1.0
        dark = wp.vec3(0.0004, 0.0006, 0.0011) + wp.vec3(0.0022, 0.0018, 0.0015) * glow
        base = base + dark * (env.night * lit_cloud)
        # stars: one in some thousand cells of a fine grid over the dome
        s = 1.0 / (wp.abs(d[0]) + wp.abs(d[1]) + up + 1.0e-6)
        chance = hash01(int((d[0] * s + 2.0) * 1100.0), int((d[1] * s + 2.0) * 1100.0), 7)
        open_sky = (1.0 - cover) * (1.0 - env.overcast)
        base = base + wp.vec3(0.9, 0.95, 1.0) * (wp.max(chance - 0.9997, 0.0) * 60.0 * env.night * horizon * open_sky)
        if env.moon > 0.0:
            base = base + _moon_disc(env, d) * open_sky
    return base


@wp.func
def shade_at(env: Environment, point: wp.vec3) -> float:
    """The share of ``sun_light`` that clouds let through to a point: bilinear, and its edge's beyond the map."""
    x = wp.clamp((point[0] - env.shade_corner[0]) / SHADE_CELL_M, 0.0, float(SHADE_CELLS) - 1.001)
    y = wp.clamp((point[1] - env.shade_corner[1]) / SHADE_CELL_M, 0.0, float(SHADE_CELLS) - 1.001)
    i = int(x)
    j = int(y)
    a = x - float(i)
    b = y - float(j)
    return ((env.shade[j, i] * (1.0 - a) + env.shade[j, i + 1] * a) * (1.0 - b)
            + (env.shade[j + 1, i] * (1.0 - a) + env.shade[j + 1, i + 1] * a) * b)


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
            if env.clouds.cover > 0.0:
                disc *= sun_through(env.clouds, env.texture, env.clouds.eye, up)
            light = light + env.sun_light * (disc * 0.5)
    share = fog_share(env, height, wp.max(up[2], 0.0), 20000.0)
    return lerp3(light, fog_light(env, up), share)


@wp.kernel
def fill_dome(env: Environment, dome: wp.array2d(dtype=wp.vec3)):
    """The sky blurred over some ten degrees, without the sun's disc (it is lit by its own rays)."""
    j, i = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    weight = float(0.0)
    reach = int(3)      # a variable: of a constant 49 copies of the sky would be compiled, which takes CUDA minutes
    for b in range(-reach, reach + 1):
        for a in range(-reach, reach + 1):
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


@wp.kernel
def fill_shade(first: int, env: Environment):
    """The shadows of broken clouds on the ground round the eye."""
    k = first + wp.tid()
    x = env.shade_corner[0] + float(k % SHADE_CELLS) * SHADE_CELL_M
    y = env.shade_corner[1] + float(k // SHADE_CELLS) * SHADE_CELL_M
    env.shade[k // SHADE_CELLS, k % SHADE_CELLS] = sun_through(
        env.clouds, env.texture, wp.vec2(x, y), env.light_direction)


@wp.kernel
def dim_by_clouds(first: int, env: Environment, position: wp.array(dtype=wp.vec3), sun: wp.array(dtype=float)):
    """Take from each pixel's share of the sun what clouds keep of it."""
    i = first + wp.tid()
    if sun[i] > 0.0:
        sun[i] = sun[i] * shade_at(env, position[i])
