# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""Traffic lights: lenses that glow as their instance says, and the dark housings round them; the figures of speed
limits."""

from simgen.localsim.render.kernels.noise import fract, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt
from simgen.localsim.render.warp_runtime import wp

DAY_GLOW = wp.constant(11.0)
NIGHT_GLOW = wp.constant(1.6)     # a camera's exposure is long then; a real light is dimmed, too


@wp.func
def _colour(number: int) -> wp.vec3:
    """Of a lamp's light, linear, inside the bounds of EN 12368: red, yellow, green (which leans to blue)."""
    c = wp.vec3(1.0, 0.035, 0.012)
    if number == 1:
        c = wp.vec3(1.0, 0.42, 0.015)
    elif number == 2:
        c = wp.vec3(0.03, 1.0, 0.38)
    return c


@wp.func
def lamp(s: Spot, night: float) -> Surface:
    """A lens of small cushions before a reflector; parameter 0 red, 1 yellow, 2 green. uv in [-1, 1]."""
    number = int(s.parameter + 0.5)
    colour = _colour(number)
    q = s.uv
    middle = wp.exp(-1.2 * (q[0] * q[0] + q[1] * q[1]))
    # cushions show only from near
    detail = 1.0 - smooth(0.003, 0.012, s.footprint)
    x = fract(q[0] * 7.0) - 0.5
    y = fract(q[1] * 7.0) - 0.5
    k = 1.0 + detail * (0.25 - 1.6 * (x * x + y * y))
    r = matt(colour * (0.10 * k) + wp.vec3(0.015, 0.015, 0.015), s.normal, 0.12)
    r.shine = 0.05
    r.mirror = 0.5
    if (s.lamps[0] >> number) & 1:
        bright = DAY_GLOW + (NIGHT_GLOW - DAY_GLOW) * night
        r.glow = (colour + wp.vec3(0.05, 0.05, 0.05) * middle) * (bright * k * (0.55 + 0.6 * middle))
    return r


@wp.func
def housing(s: Spot) -> Surface:
    """Black plastic, with a white edge round the board (parameter 1)."""
    c = wp.vec3(0.016, 0.018, 0.017)
    if s.parameter > 0.5:
        c = wp.vec3(0.66, 0.66, 0.64)
    return matt(c, s.normal, 0.42)


@wp.func
def _digit(number: int, x: float, y: float) -> float:
    """A figure of straight strokes in [-0.5, 0.5] x [-1, 1]; 1 where there is ink."""
    # strokes: 1 top, 2 upper right, 4 upper left, 8 middle, 16 lower right, 32 lower left, 64 bottom
    lit = int(0x77)
    if number == 1:
        lit = 0x12
    elif number == 2:
        lit = 0x6B
    elif number == 3:
        lit = 0x5B
    elif number == 4:
        lit = 0x1E
    elif number == 5:
        lit = 0x5D
    elif number == 6:
        lit = 0x7D
    elif number == 7:
        lit = 0x13
    elif number == 8:
        lit = 0x7F
    elif number == 9:
        lit = 0x5F
    ink = float(0.0)
    if wp.abs(x) < 0.5 and wp.abs(y) < 1.0:
        # corners are cut, so that the figures look drawn and not switched on
        cut = wp.abs(x) + wp.abs(y) < 1.32
        if y > 0.70 and (lit & 1) != 0 and cut:
            ink = 1.0
        if wp.abs(y) < 0.15 and (lit & 8) != 0:
            ink = 1.0
        if y < -0.70 and (lit & 64) != 0 and cut:
            ink = 1.0
        if x > 0.20 and y >= 0.0 and (lit & 2) != 0 and cut:
            ink = 1.0
        if x < -0.20 and y >= 0.0 and (lit & 4) != 0 and cut:
            ink = 1.0
        if x > 0.20 and y <= 0.0 and (lit & 16) != 0 and cut:
            ink = 1.0
        if x < -0.20 and y <= 0.0 and (lit & 32) != 0 and cut:
            ink = 1.0
    return ink


@wp.func
def limit_digits(limit: int, u: float, v: float) -> float:
    """A speed limit of two or three figures on a round sign, uv in [-1, 1]; 1 where there is ink."""
    y = v / 0.37
    result = float(0.0)
    if limit < 100:
        result = wp.max(_digit(limit / 10, (u + 0.27) / 0.40, y), _digit(limit % 10, (u - 0.27) / 0.40, y))
    else:
        result = wp.max(_digit(limit / 100, (u + 0.42) / 0.30, y),
                        wp.max(_digit((limit / 10) % 10, u / 0.34, y), _digit(limit % 10, (u - 0.42) / 0.34, y)))
    return result
