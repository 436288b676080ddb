# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Falling rain: layers of streaks at growing depth, hidden by what is nearer."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.lens import bilinear
from simgen.localsim.render.kernels.noise import hash01
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.sky import Environment
from simgen.localsim.render.warp_runtime import wp

LAYERS = wp.constant(6)
UNSEEN = wp.constant(2.8)       # half widths from its middle a streak covers less than a thousandth


@wp.kernel
def add_rain(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, bright: wp.array(dtype=wp.vec3), bright_width: int,
    bright_height: int, picture: wp.array(dtype=wp.vec3),
):
    """A layer is a grid of cells that lean with the wind; a cell holds one streak or none.

    A drop falls at some 7 m/s and is seen for a shutter time as a streak of 0.2 m. ``bright`` is the picture blurred,
    half size: a drop is a lens that shows its surroundings, so it shines where lamps are near.
    """
    i = first + wp.tid()
    x = float(i % camera.width)
    y = float(i // camera.width)
    depth = g.depth[i]
    if g.ids[i][0] < 0:
        depth = 1.0e6
    colour = picture[i]
    slant = 0.05 + 0.25 * env.wind
    filled = 0.62 * env.rain
    away = float(1.3)
    for layer in range(LAYERS):
        away *= 1.7
        if 0.75 * away < depth:     # one question after the other: `and` would ask all of them every time
            scale = camera.focal_px / away               # pixels a metre at this layer
            half = wp.max(0.0016 * scale, 0.42)          # half the streak's width, px
            tall = wp.max(0.30 * scale, 10.0)            # the cell
            wide = wp.max(0.055 * scale, 5.0)
            fall = y / tall + hash01(layer, env.seed, 41)
            row = wp.floor(fall)
            lean = slant + 0.04 * (hash01(layer, 5, 3) - 0.5)
            across = (x + y * lean) / wide + 37.0 * hash01(int(row), layer, env.seed + 43)
            column = wp.floor(across)
            if hash01(int(column), int(row), env.seed * 11 + layer) < filled:
                start = 0.45 * hash01(int(column), int(row), env.seed * 17 + layer + 200)
                t = (fall - row - start) / 0.55
                if t > 0.0 and t < 1.0:
                    centre = 0.15 + 0.7 * hash01(int(column), int(row), env.seed * 13 + layer + 100)
                    off = (across - column - centre) * wide / half
                    if wp.abs(off) < UNSEEN and (
                            away * (0.75 + 0.7 * hash01(int(column), int(row), env.seed * 11 + layer + 50)) < depth):
                        around = bilinear(bright, bright_width, bright_height, (x - 0.5) * 0.5, (y - 0.5) * 0.5)
                        cover = wp.exp(-off * off) * 4.0 * t * (1.0 - t)
                        thin = wp.min(1.0, 0.0016 * scale / 0.42)
                        a = wp.min(cover * 0.36 * (0.25 + 0.75 * thin), 0.5)
                        colour = colour * (1.0 - a) + (around * 1.25 + env.ambient * 0.35) * a
    picture[i] = colour
