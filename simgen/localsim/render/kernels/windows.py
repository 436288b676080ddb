# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...)
"""Openings in walls: window panes with their frames and the rooms behind, shops' displays, doors and shutters.

Frames are drawn, not built: a pane's parameter says how large it is, its uv which style its house has
(``places/facades.py`` writes both).
"""

from simgen.localsim.render.kernels.buildings import frame_colour, wall_colour
from simgen.localsim.render.kernels.noise import clouds, fract, hash01, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, stripe
from simgen.localsim.render.warp_runtime import wp

# Styles of a window; uv's u is metres + 16 * (style + 8 * colour of the frame).
CROSS = wp.constant(0)          # a mullion and a transom
TWO_WINGS = wp.constant(1)
ONE_PANE = wp.constant(2)
BARS = wp.constant(3)           # small panes
DISPLAY = wp.constant(4)        # a shop's
OFFICE = wp.constant(5)
_FRAME_M = wp.constant(0.065)


@wp.func
def _room(s: Spot, u: float, lit: float) -> wp.vec3:
    """What shows through a pane: a box-shaped room behind it, met by the ray that goes on inside (interior mapping).

    Rooms are 3 m wide, 3 m high and 4 m deep; ``u`` is metres from the pane's left edge; its parameter says which
    room it is.
    """
    inward = -s.facet
    along = wp.normalize(wp.cross(wp.vec3(0.0, 0.0, 1.0), inward) + wp.vec3(0.0, 1.0e-5, 0.0))
    dx = wp.dot(s.view, along)
    dy = wp.max(wp.dot(s.view, inward), 0.02)
    dz = s.view[2]
    one = fract(s.parameter * 7.13)
    x = wp.clamp(u, 0.0, 1.6) + 0.4 + 0.8 * one
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
def _goods(chance: float) -> wp.vec3:
    """The colour of something that is for sale."""
    c = wp.vec3(0.34 + 0.26 * wp.sin(chance * 37.0), 0.30 + 0.20 * wp.sin(chance * 37.0 + 1.1),
                0.25 + 0.20 * wp.sin(chance * 37.0 + 2.4))
    grey = 0.15 + 0.45 * fract(chance * 91.0)
    return lerp3(wp.vec3(grey, grey * 0.95, grey * 0.86), c, 0.15 + 0.65 * fract(chance * 53.0))


@wp.func
def _display(s: Spot, u: float) -> wp.vec3:
    """A shop behind its pane: shelves with goods on the back wall 2.4 m behind, some in the window."""
    inward = -s.facet
    along = wp.normalize(wp.cross(wp.vec3(0.0, 0.0, 1.0), inward) + wp.vec3(0.0, 1.0e-5, 0.0))
    dx = wp.dot(s.view, along)
    dy = wp.max(wp.dot(s.view, inward), 0.10)
    blur = s.footprint * 3.0
    salt = int(s.parameter * 512.0)
    # half a metre in: boxes on a board
    x = u + dx / dy * 0.5
    z = s.uv[1] + s.view[2] / dy * 0.5
    cell = int(wp.floor(x / 0.42))
    there = wp.where(hash01(cell, salt, 62) > 0.45, 1.0, 0.0)
    height = (0.12 + 0.45 * hash01(cell, salt, 61)) * there
    wide = 0.06 + 0.12 * hash01(cell, salt, 63)
    middle = (fract(x / 0.42) - 0.5) * 0.42
    if wp.abs(middle) < wide and z < height and z > -0.3 and blur < 0.3:
        return _goods(hash01(cell, salt, 64)) * (1.0 - 0.35 * wp.abs(middle) / wide)
    t = 2.4 / dy
    x = u + dx * t
    z = s.uv[1] + 0.45 + s.view[2] * t
    light = 0.30 + 0.40 * smooth(0.0, 2.6, z)
    if z > 2.75:
        lamp = smooth(0.30, 0.16, wp.abs(fract(x / 1.6) - 0.5))
        return wp.vec3(0.42, 0.41, 0.39) * (0.6 + 0.9 * lamp)
    if z < 0.0:
        return wp.vec3(0.11, 0.085, 0.065) * light
    bay = wp.floor(x / 1.9)
    wall = lerp3(wp.vec3(0.42, 0.38, 0.32), wp.vec3(0.30, 0.33, 0.34), hash01(int(s.parameter / 64.0), 5, 65))
    if z > 2.2 or hash01(int(bay), salt, 66) < 0.28 or wp.abs(fract(x / 1.9) - 0.5) > 0.47:
        return wall * light
    row = wp.floor(z / 0.44)
    up = z - row * 0.44
    wide = 0.09 + 0.10 * hash01(int(row), int(bay), 67)
    cell = int(wp.floor(x / wide))
    chance = hash01(cell, int(row), salt)
    item = wp.where(up < 0.40 * (0.35 + 0.65 * fract(chance * 13.0)) and wp.abs(fract(x / wide) - 0.5) < 0.42, 1.0, 0.0)
    gone = wp.where(fract(chance * 7.0) < 0.15, 0.0, 1.0)
    colour = lerp3(wall * 0.35, _goods(fract(chance * 3.0 + hash01(int(row), int(bay), 68))), item * gone)
    colour = lerp3(colour, wall * 0.55 + wp.vec3(0.06, 0.06, 0.06), smooth(0.10, 0.25, blur))
    if up < 0.03:
        colour = wp.vec3(0.32, 0.27, 0.21)
    return colour * light


@wp.func
def _frame(style: int, x: float, z: float, width: float, height: float, pixel: float) -> float:
    """Coverage by a window's frame and bars, ``x`` and ``z`` metres from the opening's lower left corner."""
    border = wp.min(wp.min(x, width - x), wp.min(z, height - z))
    cover = wp.clamp((_FRAME_M - border) / (pixel + 1.0e-4) + 0.5, 0.0, 1.0)
    if style == CROSS:
        cover = wp.max(cover, wp.max(stripe(x - 0.5 * width, 0.045, pixel), stripe(z - 0.68 * height, 0.03, pixel)))
    elif style == TWO_WINGS:
        cover = wp.max(cover, stripe(x - 0.5 * width, 0.05, pixel))
    elif style == BARS:
        cover = wp.max(cover, stripe(x - 0.5 * width, 0.045, pixel))
        quarter = wp.min(wp.abs(x - 0.25 * width), wp.abs(x - 0.75 * width))
        rows = (fract(z / height * 3.0 + 0.5) - 0.5) * height / 3.0
        cover = wp.max(cover, wp.max(stripe(quarter, 0.014, pixel), stripe(rows, 0.014, pixel)))
    elif style == DISPLAY:
        cover = wp.max(cover, stripe(z - height + 0.55, 0.025, pixel))
    elif style == OFFICE:
        cover = wp.max(cover, wp.max(stripe((fract(x / width * 2.0) - 0.5) * 0.5 * width, 0.03, pixel),
                                     stripe(z - 0.45, 0.02, pixel)))
    return cover


@wp.func
def window(s: Spot, texture: wp.array(dtype=wp.vec2), windows_lit: float, inside: wp.vec3, night: float) -> Surface:
    """A pane in its frame: curtains or a blind, a room behind, lit at night for some.

    uv: metres from the lower left corner, u + 16 * (style + 8 * frame colour); parameter: a random share + the
    opening's size, width in dm + 64 * height in dm; without a size there is no frame.
    """
    label = int(s.uv[0] / 16.0)
    x = s.uv[0] - 16.0 * float(label)
    style = label % 8
    size = int(s.parameter)
    one = fract(s.parameter)
    pixel = s.footprint
    cover = float(0.0)
    width = float(1.3)
    height = float(1.6)
    if size > 0:
        width = 0.1 * float(size % 64)
        height = 0.1 * float(size // 64)
        cover = _frame(style, x, s.uv[1], width, height, pixel)
    paint = frame_colour(label // 8)
    if cover > 0.98:
        return matt(paint, s.normal, 0.45)
    storey = wp.floor(s.position[2] / 3.0)
    chance = hash01(int(one * 99991.0), int(storey), 1)
    lit = wp.where(chance < windows_lit, 1.0, 0.0)
    r = matt(wp.vec3(0.0, 0.0, 0.0), s.normal, 0.03)
    r.shine = 0.05
    r.mirror = 1.0
    warm = lerp3(wp.vec3(1.0, 0.70, 0.42), wp.vec3(1.0, 0.82, 0.60), fract(chance * 57.0))
    if style == DISPLAY:
        open_late = wp.where(hash01(int(storey), int(wp.floor(s.parameter / 64.0)), 3) < 0.4 + windows_lit, 1.0, 0.0)
        bulb = wp.vec3(1.0, 0.86, 0.66) * (0.075 * night * open_late)
        r.glow = wp.cw_mul(_display(s, x), inside * 4.0 + bulb)
    else:
        room = _room(s, x, lit)
        # curtains at both sides of some panes, a blind before others
        has = fract(one * 13.7)
        fold = 0.80 + 0.20 * wp.sin(x * 46.0 + one * 40.0) * wp.min(1.0, 0.02 / (pixel + 0.002))
        gap = 0.28 + 0.55 * fract(one * 5.3)
        drawn = float(0.0)
        cloth = lerp3(wp.vec3(0.55, 0.53, 0.48), wp.vec3(0.42, 0.28, 0.20),
                      wp.where(fract(one * 29.0) > 0.75, 1.0, 0.0)) * fold
        if has > 0.50:
            drawn = smooth(gap - 0.03, gap, wp.abs(x / width - 0.5) * 2.0)
        elif has < 0.16 or (style == OFFICE and has < 0.40):
            down = height * (1.0 - 0.75 * fract(one * 47.0))
            drawn = wp.clamp((s.uv[1] - down) / (pixel + 0.002), 0.0, 1.0)
            slat = 0.86 + 0.14 * wp.sin(s.uv[1] * 125.0) * wp.min(1.0, 0.012 / (pixel + 0.001))
            cloth = wp.vec3(0.46, 0.45, 0.42) * slat
        if fract(chance * 31.0) < 0.12:
            warm = wp.vec3(0.65, 0.82, 1.0)         # someone watches television
        power = 0.05 + 0.10 * fract(chance * 91.0)
        if lit > 0.0:
            r.glow = wp.cw_mul(lerp3(room, cloth * 0.75, drawn), warm) * power
            r.albedo = cloth * (drawn * 0.25)
        else:
            r.albedo = cloth * (drawn * 0.55)
            r.glow = wp.cw_mul(room, inside) * (1.0 - drawn)
    r.albedo = lerp3(r.albedo, paint, cover)
    r.glow = r.glow * (1.0 - cover)
    r.mirror = 1.0 - cover
    r.roughness = 0.03 + 0.42 * cover
    return r


@wp.func
def door(s: Spot, texture: wp.array(dtype=wp.vec2), inside: wp.vec3) -> Surface:
    """What closes an opening. parameter: a random share + a kind: 0 panels, 1 a glazed door, 2 plain with a strip of
    glass, 3 a garage's sections, 4 louvred shutters. uv: metres from the lower left corner; doors are 1.1 m wide."""
    kind = int(s.parameter)
    x = s.uv[0]
    z = s.uv[1]
    pixel = s.footprint
    c = wall_colour(fract(s.parameter * 11.3)) * 0.30
    if fract(s.parameter * 3.1) > 0.5:
        c = lerp3(wp.vec3(0.10, 0.055, 0.028), wp.vec3(0.022, 0.05, 0.045), fract(s.parameter * 7.7))
    k = 0.95 + 0.25 * (clouds(texture, x * 6.0, z, 0.3, pixel) - 0.5)
    glass = float(0.0)
    groove = float(0.0)
    fine = wp.min(1.0, 0.012 / (pixel + 0.001))
    if kind == 0:
        u = wp.abs(x - 0.55)
        v = wp.abs(fract(z / 0.74) - 0.5)
        groove = smooth(0.03, 0.0, wp.abs(wp.max(u / 0.55 - 0.62, (v - 0.36) * 1.4)))
    elif kind == 1:
        u = wp.abs(x - 0.55) - 0.38
        v = wp.abs(z - 1.25) - 0.75
        glass = wp.clamp(-wp.max(u, v) / (pixel + 0.002) + 0.5, 0.0, 1.0)
        groove = stripe(z - 1.25, 0.015, pixel) * glass
    elif kind == 2:
        glass = stripe(x - 0.82, 0.07, pixel) * wp.where(z > 0.4 and z < 1.95, 1.0, 0.0)
        groove = 0.4 * stripe((fract(z / 0.28) - 0.5) * 0.28, 0.006, pixel)
    elif kind == 3:
        c = wp.where(fract(s.parameter * 5.0) > 0.5, wp.vec3(0.52, 0.52, 0.50), wp.vec3(0.12, 0.13, 0.14))
        groove = 0.7 * stripe((fract(z / 0.44) - 0.5) * 0.44, 0.012, pixel)
        groove = wp.max(groove, 0.25 * stripe((fract(z / 0.11) - 0.5) * 0.11, 0.006, pixel))
    else:
        groove = (0.35 + 0.35 * wp.sin(z * 140.0) * fine) * wp.where(fract(z / 0.8) > 0.06, 1.0, 0.0)
    r = matt(c * (k * (1.0 - 0.55 * groove)), s.normal, 0.45)
    if kind < 3:
        # a handle, and dirt where feet push
        r.albedo = r.albedo * (1.0 - 0.25 * smooth(0.25, 0.0, z))
        knob = wp.clamp((0.05 - wp.max(wp.abs(x - 0.14) * 1.6, wp.abs(z - 1.05) * 0.55)) / (pixel + 0.002), 0.0, 1.0)
        r.albedo = lerp3(r.albedo, wp.vec3(0.42, 0.40, 0.36), knob)
        r.albedo = r.albedo * (1.0 - 0.9 * glass)
        r.glow = inside * (0.10 * glass)
        r.mirror = glass
        r.roughness = 0.45 - 0.42 * glass
    return r
