# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What houses and street furniture are made of."""

from simgen.localsim.render.kernels.noise import (
    cell_hash,
    clouds,
    fract,
    grain,
    hash01,
    lerp3,
    level_of,
    noise2,
    smooth,
)
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, stripe, tilted
from simgen.localsim.render.warp_runtime import wp


@wp.func
def wall_colour(parameter: float) -> wp.vec3:
    """Eight colours that plaster has in European towns."""
    k = int(fract(parameter) * 7.999)
    c = wp.vec3(0.62, 0.54, 0.40)
    if k == 1:
        c = wp.vec3(0.66, 0.61, 0.52)
    elif k == 2:
        c = wp.vec3(0.54, 0.35, 0.24)
    elif k == 3:
        c = wp.vec3(0.50, 0.51, 0.49)
    elif k == 4:
        c = wp.vec3(0.60, 0.47, 0.31)
    elif k == 5:
        c = wp.vec3(0.40, 0.45, 0.48)
    elif k == 6:
        c = wp.vec3(0.67, 0.64, 0.58)
    elif k == 7:
        c = wp.vec3(0.54, 0.48, 0.28)
    return c


@wp.func
def _grime(height: float, texture: wp.array(dtype=wp.vec2), x: float, footprint: float) -> float:
    """Walls are darker at the foot and streaked by rain."""
    foot = 1.0 - 0.25 * wp.exp(-wp.max(height - 0.15, 0.0) / 0.5)
    streak = clouds(texture, x * 19.0, height, 0.018, footprint)
    return foot * (1.0 - 0.55 * wp.max(0.0, streak - 0.52))


@wp.func
def frame_colour(kind: int) -> wp.vec3:
    """Painted joinery and sheet metal: 0 white, 1 anthracite, 2 brown, 3 grey-green, 4 zinc, 5 black iron."""
    c = wp.vec3(0.68, 0.67, 0.64)
    if kind == 1:
        c = wp.vec3(0.045, 0.048, 0.052)
    elif kind == 2:
        c = wp.vec3(0.14, 0.075, 0.038)
    elif kind == 3:
        c = wp.vec3(0.12, 0.17, 0.14)
    elif kind == 4:
        c = wp.vec3(0.30, 0.31, 0.32)
    elif kind == 5:
        c = wp.vec3(0.022, 0.023, 0.025)
    return c


@wp.func
def frame(s: Spot) -> Surface:
    """parameter: the kind of ``frame_colour``."""
    kind = int(s.parameter)
    r = matt(frame_colour(kind), s.normal, wp.where(kind >= 4, 0.4, 0.5))
    r.shine = wp.where(kind == 4, 0.12, 0.04)
    return r


@wp.func
def _half_timber(u: float, z: float, pixel: float, chance: float) -> float:
    """Coverage by the beams of a timber-framed wall: posts, rails and now and then a brace."""
    bay = u / 1.35
    post = stripe((fract(bay) - 0.5) * 1.35, 0.085, pixel)
    high = (z - 0.35) / 3.05
    up = fract(high)
    rail = wp.max(stripe((up - 0.03) * 3.05, 0.10, pixel), stripe((up - 0.97) * 3.05, 0.09, pixel))
    rail = wp.max(rail, stripe((up - 0.285) * 3.05, 0.06, pixel))
    lean = hash01(int(wp.floor(bay + 0.5)), int(wp.floor(high)), 71)
    slope = (fract(bay + 0.5) - 0.5) * 1.35 - (up - 0.5) * 1.25 * wp.where(lean > 0.5, 1.0, -1.0)
    brace = stripe(slope, 0.07, pixel) * wp.where(wp.abs(lean - 0.5) > 0.28, 1.0, 0.0)
    return wp.max(wp.max(post, rail), brace)


@wp.func
def plaster(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Walls that are not brick. parameter: a colour + a kind: 0 plaster, 1 a timber frame, 2 boards, 3 panels,
    4 rusticated stone. uv: metres along the wall and up."""
    kind = int(s.parameter)
    p = s.position
    x = p[0] + p[1]
    if kind > 0:
        return _clad(s, texture, kind)
    k = (0.96 + 0.30 * (clouds(texture, x, p[2], 0.07, s.footprint) - 0.5)
         + 0.14 * (grain(texture, x, p[2], 1.3, s.footprint) - 0.5)
         + 0.12 * (clouds(texture, x, p[2], 0.9, s.footprint) - 0.5))
    r = matt(wall_colour(s.parameter) * (k * _grime(p[2], texture, x, s.footprint)), s.normal, 0.9)
    if s.footprint < 0.012:
        reach = 0.008
        here = grain(texture, x, p[2], 1.3, s.footprint)
        up = grain(texture, x, p[2] + reach, 1.3, s.footprint) - here
        side = grain(texture, x + reach, p[2], 1.3, s.footprint) - here
        r.normal = tilted(s.normal, wp.vec3(side, side, up) * 0.12)
    return r


@wp.func
def _clad(s: Spot, texture: wp.array(dtype=wp.vec2), kind: int) -> Surface:
    """Walls with a structure: see ``plaster``."""
    p = s.position
    x = p[0] + p[1]
    u = s.uv[0]
    z = s.uv[1]
    pixel = s.footprint
    rough = noise2(texture, x * 0.9, p[2] * 0.9, level_of(pixel, 0.9))
    broad = clouds(texture, x, p[2], 0.07, pixel)
    k = 0.96 + 0.24 * (broad - 0.5) + 0.16 * (rough[1] - 0.5) + 0.12 * (rough[0] - 0.5)
    k *= _grime(p[2], texture, x, pixel)
    chance = fract(s.parameter)
    c = wall_colour(chance)
    r = matt(c * k, s.normal, 0.9)
    if kind == 1:
        beam = _half_timber(u, z, pixel, chance)
        dark = wp.where(chance > 0.5, wp.vec3(0.055, 0.032, 0.022), wp.vec3(0.10, 0.050, 0.030))
        figure = 0.8 + 0.5 * (clouds(texture, u * 3.0, z * 3.0, 0.5, pixel) - 0.5)
        r.albedo = lerp3(wp.vec3(0.62, 0.59, 0.52) * k, dark * figure, beam)
    elif kind == 2:
        board = fract(z / 0.165)
        groove = stripe((fract(z / 0.165 + 0.5) - 0.5) * 0.165, 0.008, pixel)
        c = wp.vec3(0.25, 0.045, 0.030)
        if chance > 0.66:
            c = wp.vec3(0.30, 0.20, 0.11)
        elif chance > 0.33:
            c = wp.vec3(0.20, 0.22, 0.22)
        one = cell_hash(u / 4.0 + 0.37 * wp.floor(z / 0.165), z / 0.165, 72)
        figure = clouds(texture, u * 0.3, z * 3.0 + one * 9.0, 0.5, pixel) - 0.5
        r.albedo = c * (k * (1.0 + 0.30 * (one - 0.5) + 0.45 * figure) * (1.0 - 0.65 * groove)
                        * (1.0 - 0.15 * (0.5 - board) * wp.min(1.0, 0.06 / (pixel + 0.01))))
        r.roughness = 0.75
    elif kind == 3:
        joint = wp.max(stripe((fract(u / 1.35 + 0.5) - 0.5) * 1.35, 0.012, pixel),
                       stripe((fract((z - 0.35) / 1.525 + 0.5) - 0.5) * 1.525, 0.012, pixel))
        one = cell_hash(u / 1.35, (z - 0.35) / 1.525, 73)
        c = lerp3(wp.vec3(0.36, 0.37, 0.38), wp.vec3(0.50, 0.48, 0.44), smooth(0.4, 0.6, chance))
        r.albedo = c * ((0.9 + 0.1 * k) * (0.97 + 0.07 * (one - 0.5)) * (1.0 - 0.6 * joint))
        r.roughness = 0.38
        r.shine = 0.06
    else:
        row = z / 0.42
        shift = 0.5 * (wp.floor(row) - 2.0 * wp.floor(0.5 * wp.floor(row)))
        groove = stripe((fract(row + 0.5) - 0.5) * 0.42, 0.022, pixel)
        groove = wp.max(groove, stripe((fract(u / 0.84 + shift + 0.5) - 0.5) * 0.84, 0.018, pixel))
        one = cell_hash(u / 0.84 + shift, row, 74)
        stone = lerp3(wp.vec3(0.42, 0.39, 0.34), c * 0.85, 0.35)
        r.albedo = stone * (k * (0.95 + 0.16 * (one - 0.5)) * (1.0 - 0.38 * groove))
    return r


@wp.func
def brick(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Bricks of 225 x 75 mm in running bond on uv; from afar mortar and brick mix."""
    p = s.position
    row = wp.floor(s.uv[1] / 0.075)
    u = s.uv[0] / 0.225 + 0.5 * (row - 2.0 * wp.floor(row / 2.0))
    fade = wp.min(1.0, 0.022 / (s.footprint + 0.0015))
    side = wp.max(wp.abs(fract(u) - 0.5) - 0.465, 0.0) / 0.035
    bed = wp.max(wp.abs(fract(s.uv[1] / 0.075) - 0.5) - 0.42, 0.0) / 0.08
    mortar = wp.min(wp.max(side, bed) * 1.5, 1.0) * fade + 0.16 * (1.0 - fade)
    one = hash01(int(wp.floor(u)), int(row), int(s.parameter * 99.0))
    k = 0.84 + 0.60 * (one - 0.5) * fade + 0.40 * (clouds(texture, p[0] + p[1], p[2], 0.06, s.footprint) - 0.5)
    k += 0.2 * (grain(texture, p[0] + p[1], p[2], 1.5, s.footprint) - 0.5)
    shade = fract(s.parameter)
    clay = lerp3(wp.vec3(0.30, 0.125, 0.085), wp.vec3(0.20, 0.10, 0.075), fract(shade * 3.7))
    if shade > 0.86:
        clay = wp.vec3(0.36, 0.27, 0.16)      # yellow
    elif shade > 0.72:
        clay = wp.vec3(0.145, 0.085, 0.07)    # brown
    # now and then a burnt, bluish brick
    clay = lerp3(clay, wp.vec3(0.13, 0.09, 0.085), smooth(0.86, 0.95, fract(one * 7.31)) * fade)
    colour = lerp3(clay * k, wp.vec3(0.36, 0.34, 0.31) * (0.8 + 0.3 * k), mortar)
    return matt(colour * _grime(p[2], texture, p[0] + p[1], s.footprint), s.normal, 0.92)


@wp.func
def concrete(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    p = s.position
    x = p[0] + 0.7 * p[1]
    k = (0.90 + 0.45 * (clouds(texture, x, p[2] + p[1] * 0.5, 0.2, s.footprint) - 0.5)
         + 0.25 * (grain(texture, x, p[2] + p[1], 1.1, s.footprint) - 0.5))
    return matt(wp.vec3(0.37, 0.36, 0.34) * (k * _grime(p[2], texture, x, s.footprint)), s.normal, 0.88)


@wp.func
def _solar_cells(s: Spot) -> Surface:
    """Dark blue glass with a grid of silver lines in an aluminium frame; panels of 1.0 x 1.65 m on uv."""
    pixel = s.footprint
    u = fract(s.uv[0]) - 0.5
    v = (fract(s.uv[1] / 1.65) - 0.5) * 1.65
    rim = wp.clamp((wp.max(wp.abs(u) - 0.465, wp.abs(v) - 0.79)) / (pixel + 0.002) + 0.5, 0.0, 1.0)
    line = wp.max(stripe((fract(s.uv[0] / 0.166) - 0.5) * 0.166, 0.003, pixel),
                  stripe((fract(s.uv[1] / 0.166) - 0.5) * 0.166, 0.003, pixel))
    c = lerp3(wp.vec3(0.010, 0.014, 0.035), wp.vec3(0.20, 0.21, 0.23), 0.5 * line)
    r = matt(lerp3(c, wp.vec3(0.42, 0.43, 0.44), rim), s.normal, 0.12)
    r.shine = 0.05
    return r


@wp.func
def roof(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Tiles of 0.25 x 0.32 m on uv, their colour by the parameter; each row shades the one below. A parameter above 1
    is a panel of solar cells."""
    if s.parameter >= 1.0:
        return _solar_cells(s)
    row = wp.floor(s.uv[1] / 0.32)
    down = fract(s.uv[1] / 0.32)
    u = s.uv[0] / 0.25 + 0.5 * (row - 2.0 * wp.floor(row / 2.0))
    across = fract(u) - 0.5
    fade = wp.min(1.0, 0.08 / (s.footprint + 0.01))
    one = hash01(int(wp.floor(u)), int(row), 9)
    p = s.position
    k = (0.90 + fade * (0.40 * (one - 0.5) - 0.40 * (1.0 - smooth(0.0, 0.16, down)) - 0.3 * wp.abs(across))
         + 0.45 * (clouds(texture, p[0], p[1], 0.1, s.footprint) - 0.5))
    tone = fract(s.parameter)
    colour = wp.vec3(0.25, 0.105, 0.068)
    if tone > 0.72:
        colour = wp.vec3(0.085, 0.087, 0.095)
    elif tone > 0.5:
        colour = wp.vec3(0.155, 0.085, 0.062)
    elif tone > 0.38:
        colour = wp.vec3(0.31, 0.145, 0.080)
    moss = smooth(0.60, 0.75, clouds(texture, p[0] + 9.0, p[1], 0.13, s.footprint)) * 0.35
    r = matt(lerp3(colour * wp.max(k, 0.2), wp.vec3(0.08, 0.09, 0.04), moss), s.normal, 0.8)
    if s.footprint < 0.08:
        # round tiles: the normal rolls across each
        flat = wp.normalize(wp.cross(s.normal, wp.vec3(0.0, 0.0, 1.0)) + wp.vec3(1.0e-5, 0.0, 0.0))
        r.normal = wp.normalize(s.normal + flat * (across * 0.9 * fade))
    return r


@wp.func
def metal(s: Spot, texture: wp.array(dtype=wp.vec2), albedo: wp.vec3) -> Surface:
    p = s.position
    k = 0.92 + 0.3 * (clouds(texture, p[0] + p[1], p[2], 0.5, s.footprint) - 0.5)
    r = matt(albedo * k, s.normal, 0.42)
    r.shine = 0.22
    return r


@wp.func
def wood(s: Spot, texture: wp.array(dtype=wp.vec2), albedo: wp.vec3) -> Surface:
    """Planks with grain along the mesh's height."""
    q = s.local
    k = (0.80 + 0.7 * (clouds(texture, (q[0] + q[1]) * 6.0, q[2], 0.3, s.footprint) - 0.5)
         + 0.3 * (grain(texture, (q[0] + q[1]) * 8.0, q[2], 0.4, s.footprint) - 0.5))
    return matt(albedo * wp.max(k, 0.3), s.normal, 0.8)
