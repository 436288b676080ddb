# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""What houses and street furniture are made of."""

from simgen.localsim.render.kernels.noise import clouds, fract, grain, hash01, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, tilted
from simgen.localsim.render.kernels.traffic_lights import limit_digits
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
def plaster(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    p = s.position
    x = p[0] + p[1]
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
    clay = lerp3(wp.vec3(0.30, 0.125, 0.085), wp.vec3(0.20, 0.10, 0.075), fract(s.parameter))
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
def roof(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Tiles of 0.25 x 0.32 m on uv, red or slate by the parameter; each row shades the one below."""
    row = wp.floor(s.uv[1] / 0.32)
    down = fract(s.uv[1] / 0.32)
    u = s.uv[0] / 0.25 + 0.5 * (row - 2.0 * wp.floor(row / 2.0))
    across = fract(u) - 0.5
    fade = wp.min(1.0, 0.08 / (s.footprint + 0.01))
    one = hash01(int(wp.floor(u)), int(row), 9)
    p = s.position
    k = (0.90 + fade * (0.40 * (one - 0.5) - 0.40 * (1.0 - smooth(0.0, 0.16, down)) - 0.3 * wp.abs(across))
         + 0.45 * (clouds(texture, p[0], p[1], 0.1, s.footprint) - 0.5))
    colour = wp.vec3(0.25, 0.105, 0.068)
    if fract(s.parameter) > 0.5:
        colour = wp.vec3(0.10, 0.10, 0.108)
    moss = smooth(0.60, 0.75, clouds(texture, p[0] + 9.0, p[1], 0.13, s.footprint)) * 0.35
    r = matt(lerp3(colour * wp.max(k, 0.2), wp.vec3(0.08, 0.09, 0.04), moss), s.normal, 0.8)
    if s.footprint < 0.08:
        # round tiles: the normal rolls across each
        flat = wp.normalize(wp.cross(s.normal, wp.vec3(0.0, 0.0, 1.0)) + wp.vec3(1.0e-5, 0.0, 0.0))
        r.normal = wp.normalize(s.normal + flat * (across * 0.9 * fade))
    return r


@wp.func
def _room(s: Spot, texture: wp.array(dtype=wp.vec2), lit: float) -> wp.vec3:
    """What shows through a pane: a box-shaped room behind it, met by the ray that goes on inside (interior mapping).

    Rooms are 3 m wide, 3 m high and 4 m deep; the pane's parameter says which room it is.
    """
    inward = -s.facet
    along = wp.normalize(wp.cross(wp.vec3(0.0, 0.0, 1.0), inward) + wp.vec3(0.0, 1.0e-5, 0.0))
    dx = wp.dot(s.view, along)
    dy = wp.max(wp.dot(s.view, inward), 0.02)
    dz = s.view[2]
    one = fract(s.parameter * 7.13)
    x = wp.clamp(s.uv[0], 0.0, 1.6) + 0.4 + 0.8 * one
    z = wp.clamp(s.uv[1], 0.0, 2.0) + 0.85
    t = 4.0 / dy
    wall = int(0)
    tx = wp.where(dx > 0.0, (3.0 - x) / wp.max(dx, 1.0e-4), -x / wp.min(dx, -1.0e-4))
    tz = wp.where(dz > 0.0, (2.9 - z) / wp.max(dz, 1.0e-4), -z / wp.min(dz, -1.0e-4))
    if tx < t:
        t = tx
        wall = 1
    if tz < t:
        t = tz
        wall = wp.where(dz > 0.0, 2, 3)
    depth = dy * t
    hx = x + dx * t
    hz = z + dz * t
    paper = lerp3(wp.vec3(0.55, 0.50, 0.42), wp.vec3(0.42, 0.46, 0.48), fract(one * 3.7))
    colour = paper
    if wall == 2:
        colour = wp.vec3(0.62, 0.61, 0.58)
    elif wall == 3:
        colour = wp.vec3(0.22, 0.15, 0.10)
    elif wall == 0:
        # furniture and a picture against the back wall
        low = smooth(0.02, 0.0, hz - 0.9 - 0.9 * hash01(int(wp.floor(hx * 1.3)), int(s.parameter * 9999.0), 4))
        colour = lerp3(paper, wp.vec3(0.16, 0.11, 0.08), low)
    shade = 1.0 / (1.0 + 0.35 * depth)
    if lit > 0.0:
        # a lamp under the ceiling in the middle of the room
        reach = (hx - 1.5) * (hx - 1.5) + (depth - 2.0) * (depth - 2.0) + (hz - 2.3) * (hz - 2.3)
        shade = 1.3 / (0.7 + 0.55 * reach)
    return colour * shade


@wp.func
def window(s: Spot, texture: wp.array(dtype=wp.vec2), windows_lit: float, inside: wp.vec3) -> Surface:
    """A pane: curtains, a room behind, lit at night for some. uv: metres; parameter: a random number a pane."""
    storey = wp.floor(s.position[2] / 3.0)
    chance = hash01(int(s.parameter * 99991.0), int(storey), 1)
    lit = float(0.0)
    if chance < windows_lit:
        lit = 1.0
    room = _room(s, texture, lit)
    # curtains at both sides of some panes; the rest is open
    has = fract(s.parameter * 13.7)
    fold = 0.80 + 0.20 * wp.sin(s.uv[0] * 46.0 + s.parameter * 40.0) * wp.min(1.0, 0.02 / (s.footprint + 0.002))
    gap = 0.28 + 0.55 * fract(s.parameter * 5.3)
    drawn = wp.where(has > 0.45, smooth(gap - 0.03, gap, wp.abs(fract(s.uv[0] / 1.3 + s.parameter) - 0.5) * 2.0), 0.0)
    dyed = wp.where(fract(s.parameter * 29.0) > 0.7, 1.0, 0.0)
    cloth = lerp3(wp.vec3(0.55, 0.53, 0.48), wp.vec3(0.42, 0.28, 0.20), dyed) * fold
    r = matt(wp.vec3(0.0, 0.0, 0.0), s.normal, 0.03)
    r.shine = 0.05
    r.mirror = 1.0
    warm = lerp3(wp.vec3(1.0, 0.70, 0.42), wp.vec3(1.0, 0.82, 0.60), fract(chance * 57.0))
    if fract(chance * 31.0) < 0.12:
        warm = wp.vec3(0.65, 0.82, 1.0)         # someone watches television
    power = 0.05 + 0.10 * fract(chance * 91.0)
    seen = room
    if lit > 0.0:
        seen = wp.cw_mul(lerp3(room, cloth * 0.75, drawn), warm) * power
        r.albedo = cloth * (drawn * 0.25)
        r.glow = seen
    else:
        r.albedo = cloth * (drawn * 0.55)
        r.glow = wp.cw_mul(room, inside) * (1.0 - drawn)
    return r


@wp.func
def shop_front(s: Spot, texture: wp.array(dtype=wp.vec2), night: float) -> Surface:
    """A painted fascia, lit a little at night."""
    c = wall_colour(fract(s.parameter * 3.7))
    d = wall_colour(fract(s.parameter * 9.3))
    colour = wp.vec3(c[0] * 0.45, d[1] * 0.45, wall_colour(fract(s.parameter * 5.1))[2] * 0.45)
    k = 0.95 + 0.2 * (clouds(texture, s.position[0] + s.position[1], s.position[2], 0.2, s.footprint) - 0.5)
    r = matt(colour * k, s.normal, 0.45)
    r.glow = colour * (0.012 * night * wp.where(fract(s.parameter * 17.0) > 0.4, 1.0, 0.0))
    return r


@wp.func
def door(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """A painted door with two panels. uv: metres."""
    u = wp.abs(fract(s.uv[0]) - 0.5)
    v = wp.abs(fract(s.uv[1] / 1.05) - 0.5)
    groove = smooth(0.015, 0.0, wp.abs(wp.max(u - 0.32, v - 0.36)))
    c = wall_colour(fract(s.parameter * 11.3)) * 0.35
    k = 0.95 + 0.25 * (clouds(texture, s.uv[0] * 6.0, s.uv[1], 0.3, s.footprint) - 0.5)
    return matt(c * (k * (1.0 - 0.5 * groove)), s.normal, 0.5)


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


@wp.func
def _bar(x: float, y: float, left: float, right: float, low: float, high: float) -> float:
    return wp.where(x > left and x < right and y > low and y < high, 1.0, 0.0)


@wp.func
def _five_and_zero(x: float, y: float) -> float:
    """The digits 50, drawn in [-0.5, 0.5] x [-0.35, 0.35]."""
    five = wp.max(wp.max(_bar(x, y, -0.44, -0.08, 0.22, 0.34), _bar(x, y, -0.44, -0.33, 0.02, 0.34)),
                  wp.max(_bar(x, y, -0.44, -0.08, -0.06, 0.06), wp.max(_bar(x, y, -0.18, -0.07, -0.32, 0.05),
                                                                      _bar(x, y, -0.44, -0.10, -0.34, -0.23))))
    ex = (x - 0.25) / 0.20
    ey = y / 0.345
    ix = (x - 0.25) / 0.09
    iy = y / 0.23
    zero = wp.where(ex * ex + ey * ey < 1.0 and ix * ix + iy * iy > 1.0, 1.0, 0.0)
    return wp.max(five, zero)


@wp.func
def sign(s: Spot, night: float) -> Surface:
    """Retro-reflecting sheet. uv in [-1, 1]; parameter: 0 speed limit 50, 1 warning triangle, 2 stop, 3 yield, from 10
    on another speed limit."""
    u = s.uv[0]
    v = s.uv[1]
    distance = wp.sqrt(u * u + v * v)
    white = wp.vec3(0.72, 0.72, 0.70)
    red = wp.vec3(0.52, 0.018, 0.02)
    black = wp.vec3(0.02, 0.02, 0.02)
    kind = int(s.parameter + 0.5)
    c = white
    if kind == 0 or kind >= 10:
        if distance > 0.76:
            c = red
        elif kind == 0 or kind == 50:
            if _five_and_zero(u * 0.95, v * 0.95) > 0.0:
                c = black
        elif limit_digits(kind, u, v) > 0.0:
            c = black
    elif kind == 3:
        edge = wp.min(0.5 - v, -0.866 * wp.abs(u) + 0.5 * v + 0.5)
        c = red
        if edge > 0.20:
            c = white
    elif kind == 1:
        edge = wp.min(v + 0.5, -0.866 * wp.abs(u) - 0.5 * v + 0.5)
        c = red
        if edge > 0.15:
            c = wp.vec3(0.75, 0.74, 0.68)
            if wp.abs(u) < 0.07 and v > -0.12 and v < 0.42:
                c = black
            if u * u + (v + 0.25) * (v + 0.25) < 0.007:
                c = black
    else:
        c = red
        if distance > 0.90:
            c = white
        if wp.abs(v) < 0.22 and wp.abs(u) < 0.66:
            cell = fract((u + 0.66) / 0.33)
            if cell > 0.16 and cell < 0.86:
                c = white
                if wp.abs(v) < 0.13 and cell > 0.38 and cell < 0.66:
                    c = red
    r = matt(c, s.normal, 0.35)
    r.glow = c * (0.010 * night)
    return r
