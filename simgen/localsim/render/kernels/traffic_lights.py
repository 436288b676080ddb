# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Traffic lights: lenses that glow as their instance says, and the dark housings round them."""

from simgen.localsim.render.kernels.noise import fract, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt
from simgen.localsim.render.warp_runtime import wp

NIGHT_GLOW = wp.constant(1.3)
GLOW_OF_DAY = wp.constant(26.0)   # and by how much more with daylight (``Conditions.room_light``); real ones are dimmed
MOST_GLOW = wp.constant(8.0)


@wp.func
def _colour(number: int) -> wp.vec3:
    """Of a lamp's light, linear, inside the bounds of EN 12368: red, yellow, green (which leans to blue)."""
    c = wp.vec3(1.0, 0.030, 0.010)
    if number == 1:
        c = wp.vec3(0.85, 0.33, 0.006)
    elif number == 2:
        c = wp.vec3(0.03, 1.0, 0.38)
    return c


@wp.func
def lamp(s: Spot, daylight: float) -> Surface:
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
        bright = wp.min(NIGHT_GLOW + GLOW_OF_DAY * daylight, MOST_GLOW)
        r.glow = (colour + wp.vec3(0.03, 0.03, 0.03) * middle) * (bright * k * (0.55 + 0.6 * middle))
    return r


@wp.func
def housing(s: Spot) -> Surface:
    """Black plastic, with a white edge round the board (parameter 1)."""
    c = wp.vec3(0.016, 0.018, 0.017)
    if s.parameter > 0.5:
        c = wp.vec3(0.66, 0.66, 0.64)
    return matt(c, s.normal, 0.42)
