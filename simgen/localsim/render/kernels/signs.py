# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: SIM109 - Warp's language has no `in`
"""Signs: words and symbols read as distances to their outlines, the faces of German road signs, the boards of shops."""

from simgen.localsim.lettering import REACH_PX, SYMBOL_PX, WORD_PX, WORDS
from simgen.localsim.render.kernels.noise import TEXTURE_SIZE, clouds, fract, grain, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, tilted
from simgen.localsim.render.warp_runtime import wp

_WORD_W, _WORD_H = wp.constant(WORD_PX[0]), wp.constant(WORD_PX[1])
_SYMBOL = wp.constant(SYMBOL_PX[0])
_REACH = wp.constant(REACH_PX)
_STOP = wp.constant(WORDS.index("STOP"))
# Words begin where the noise with all its levels ends.
_FIRST_WORD = wp.constant((4 * int(TEXTURE_SIZE) ** 2 - 1) // 3)
_FIRST_SYMBOL = wp.constant((4 * int(TEXTURE_SIZE) ** 2 - 1) // 3 + (len(WORDS) + 1) // 2 * WORD_PX[0] * WORD_PX[1])

# The kinds of face, ``Material.SIGN``'s parameter modulo 16; what they show is the parameter over 16.
LIMIT = wp.constant(0)
WARNING = wp.constant(1)
STOP = wp.constant(2)
YIELD = wp.constant(3)
CROSSING = wp.constant(4)
TOWN = wp.constant(5)
BLUE = wp.constant(6)
PRIORITY = wp.constant(7)
NO_STOPPING = wp.constant(8)
PARKING = wp.constant(9)
CHEVRON = wp.constant(10)
BUS_STOP = wp.constant(11)


@wp.func
def _distance(texture: wp.array(dtype=wp.vec2), face: int, first: int, w: int, h: int, x: float, y: float) -> float:
    """Distance to a face's outline, in pixels of its field, positive inside; x, y in pixels from the top left."""
    fx = wp.clamp(x - 0.5, 0.0, float(w) - 1.001)
    fy = wp.clamp(y - 0.5, 0.0, float(h) - 1.001)
    i = int(fx)
    j = int(fy)
    a = fx - float(i)
    b = fy - float(j)
    k = first + (face // 2) * w * h + j * w + i
    top = texture[k] * (1.0 - a) + texture[k + 1] * a
    low = texture[k + w] * (1.0 - a) + texture[k + w + 1] * a
    value = top * (1.0 - b) + low * b
    return (wp.where(face % 2 == 0, value[0], value[1]) - 0.5) * 2.0 * _REACH


@wp.func
def _ink(distance: float, footprint: float) -> float:
    """Coverage by ink at a distance (px) from its outline; from afar a grey where the letters are."""
    sharp = wp.clamp(distance / (footprint + 0.01) + 0.5, 0.0, 1.0)
    return sharp + (0.55 * smooth(-4.0, 2.0, distance) - sharp) * smooth(3.0, 9.0, footprint)


@wp.func
def word(texture: wp.array(dtype=wp.vec2), number: int, x: float, y: float, footprint: float) -> float:
    """Coverage by a word; x to the right and y up from its middle, in heights of its field (capitals are 0.6 high)."""
    size = float(_WORD_H)
    if wp.abs(y) > 0.5 or wp.abs(x) > 3.0:
        return 0.0
    d = _distance(texture, number, _FIRST_WORD, _WORD_W, _WORD_H, (x + 3.0) * size, (0.5 - y) * size)
    return _ink(d, footprint * size)


@wp.func
def symbol(texture: wp.array(dtype=wp.vec2), number: int, x: float, y: float, footprint: float) -> float:
    """Coverage by a symbol in the square from (-1, -1) to (1, 1), y up."""
    if wp.abs(x) > 1.0 or wp.abs(y) > 1.0:
        return 0.0
    size = 0.5 * float(_SYMBOL)
    d = _distance(texture, number, _FIRST_SYMBOL, _SYMBOL, _SYMBOL, (x + 1.0) * size, (1.0 - y) * size)
    return _ink(d, footprint * size)


@wp.func
def _over(low: float, x: float, soft: float) -> float:
    """Coverage of x > low by a pixel of a width."""
    return wp.clamp((x - low) / soft + 0.5, 0.0, 1.0)


@wp.func
def sign(s: Spot, texture: wp.array(dtype=wp.vec2), night: float) -> Surface:
    """Retro-reflecting sheet. parameter: a kind + 16 · what it shows. uv: [-1, 1] over the face; on boards of words
    heights of the word's field, counted from the middle."""
    u = s.uv[0]
    v = s.uv[1]
    code = int(s.parameter + 0.5)
    kind = code % 16
    shown = code // 16
    radius = wp.sqrt(u * u + v * v)
    white = wp.vec3(0.72, 0.72, 0.70)
    red = wp.vec3(0.52, 0.018, 0.02)
    black = wp.vec3(0.02, 0.02, 0.02)
    blue = wp.vec3(0.012, 0.085, 0.36)
    yellow = wp.vec3(0.72, 0.48, 0.02)
    # a pixel in units of uv: faces are about 0.35 m from middle to rim, words' fields 0.3 m high
    pixel = s.footprint * 2.9
    soft = pixel + 0.004
    c = white
    if kind == LIMIT:
        c = lerp3(white, black, word(texture, shown, u * 0.80, v * 0.80, pixel * 0.8))
        c = lerp3(c, red, _over(0.74, radius, soft) * (1.0 - _over(0.965, radius, soft)))
    elif kind == WARNING or kind == YIELD:
        y = wp.where(kind == YIELD, -v, v)
        edge = wp.min(y + 0.5, -0.866 * wp.abs(u) - 0.5 * y + 0.5)
        if kind == WARNING:
            c = lerp3(white, black, symbol(texture, shown, u / 0.46, (v + 0.10) / 0.46, pixel / 0.46))
        c = lerp3(red, c, _over(wp.where(kind == YIELD, 0.19, 0.13), edge, soft))
        c = lerp3(white, c, _over(0.02, edge, soft))
    elif kind == STOP:
        c = lerp3(red, white, word(texture, _STOP, u * 1.5, v * 1.5, pixel * 1.5))
        c = lerp3(c, white, _over(0.86, wp.max(wp.max(wp.abs(u), wp.abs(v)) * 1.0824, (wp.abs(u) + wp.abs(v)) * 0.7654),
                                  soft))
    elif kind == CROSSING:
        edge = wp.min(v + 0.48, -0.84 * wp.abs(u) - 0.54 * v + 0.40)
        c = lerp3(blue, white, _over(0.0, edge, soft))
        c = lerp3(c, black, symbol(texture, shown, u / 0.42, (v + 0.12) / 0.42, pixel / 0.42) * _over(0.0, edge, soft))
    elif kind == TOWN:
        c = lerp3(yellow, black, word(texture, shown, u, v, 0.7 * pixel))
    elif kind == BLUE:
        c = lerp3(blue, white, word(texture, shown, u, v, 0.55 * pixel))
    elif kind == PRIORITY:
        edge = wp.abs(u) + wp.abs(v)
        c = lerp3(yellow, white, _over(0.62, edge, soft))
        c = lerp3(c, black, _over(0.97, edge, soft))
    elif kind == NO_STOPPING:
        c = lerp3(blue, red, wp.max(_over(0.80, radius, soft), 1.0 - _over(0.12, wp.abs(u - v) * 0.707, soft)))
    elif kind == PARKING:
        c = lerp3(blue, white, word(texture, shown, u * 0.62, v * 0.62, pixel * 0.62))
    elif kind == CHEVRON:
        towards = wp.where(shown == 1, -u, u)
        c = lerp3(white, red, _over(0.5, fract(towards * 1.2 - wp.abs(v) * 0.6), soft * 1.2 + 0.001))
        far = smooth(0.15, 0.5, pixel)
        c = lerp3(c, (white + red) * 0.5, far)
    else:
        ring = _over(0.83, radius, soft) * (1.0 - _over(0.97, radius, soft))
        c = lerp3(yellow, wp.vec3(0.02, 0.19, 0.06),
                  wp.max(ring, word(texture, shown, u * 0.62, v * 0.62, pixel * 0.62)))
    dirt = clouds(texture, s.local[0] + s.local[1], s.local[2], 0.7, s.footprint)
    r = matt(c * (0.90 + 0.2 * (dirt - 0.5)), s.normal, 0.35)
    r.glow = c * (0.010 * night)
    return r


@wp.func
def shop_colour(chance: float) -> wp.vec3:
    """Eight colours in which shops paint their fronts."""
    k = int(chance * 7.999)
    c = wp.vec3(0.045, 0.15, 0.085)
    if k == 1:
        c = wp.vec3(0.30, 0.035, 0.035)
    elif k == 2:
        c = wp.vec3(0.035, 0.075, 0.20)
    elif k == 3:
        c = wp.vec3(0.075, 0.078, 0.085)
    elif k == 4:
        c = wp.vec3(0.70, 0.64, 0.50)
    elif k == 5:
        c = wp.vec3(0.60, 0.22, 0.035)
    elif k == 6:
        c = wp.vec3(0.03, 0.19, 0.21)
    elif k == 7:
        c = wp.vec3(0.20, 0.10, 0.055)
    return c


@wp.func
def shop_board(s: Spot, texture: wp.array(dtype=wp.vec2), paint: wp.vec3, night: float) -> Surface:
    """A painted board, a name on it, or striped cloth. parameter: a random share + a kind: 0 plain, 1 cloth,
    2 + the number of a word, whose uv are heights of the word's field from its middle; many words shine at night."""
    kind = int(wp.floor(s.parameter))
    chance = fract(s.parameter)
    p = s.position
    k = 0.94 + 0.16 * (clouds(texture, p[0] + p[1], p[2], 0.3, s.footprint) - 0.5)
    bright = 0.333 * (paint[0] + paint[1] + paint[2])
    r = matt(paint * k, s.normal, 0.45)
    if kind == 1:
        fade = wp.min(1.0, 0.10 / (s.footprint + 0.02))
        band = smooth(-0.15, 0.15, wp.sin(s.uv[0] * 15.7)) - 0.5
        cloth = lerp3(paint, wp.vec3(0.66, 0.64, 0.58), 0.5 + band * fade * wp.where(chance > 0.45, 1.0, 0.25))
        r = matt(cloth * k, s.normal, 0.9)
        r.through = 0.25
        weave = grain(texture, s.uv[0], s.uv[1], 1.3, s.footprint) - 0.5
        r.normal = tilted(s.normal, wp.vec3(weave, weave, weave) * 0.04)
    elif kind >= 2:
        ink = word(texture, kind - 2, s.uv[0], s.uv[1], s.footprint * 2.6)
        light = wp.where(chance > 0.5, wp.vec3(0.70, 0.66, 0.55), wp.vec3(0.62, 0.62, 0.62))
        if bright > 0.4:
            light = wp.vec3(0.05, 0.05, 0.06)
        r = matt(lerp3(paint * k, light, ink), s.normal, 0.4)
        warm = wp.where(chance > 0.66, wp.vec3(1.0, 0.86, 0.62), wp.where(chance > 0.33, wp.vec3(1.0, 0.30, 0.16),
                                                                           wp.vec3(0.45, 0.75, 1.0)))
        lit = wp.where(fract(chance * 17.0) > 0.35, 1.0, 0.0)
        r.glow = warm * (0.55 * night * lit * ink) + paint * (0.015 * night * lit)
    return r
