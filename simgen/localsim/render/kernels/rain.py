# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Falling rain: layers of streaks at growing depth, hidden by what is nearer."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.lens import bilinear
from simgen.localsim.render.kernels.noise import hash01
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.sky import Environment
from simgen.localsim.render.warp_runtime import wp

LAYERS = wp.constant(6)
UNSEEN = wp.constant(2.8)       # half widths from its middle a streak covers less than a thousandth


@wp.struct
class RainLayer:
    """What a layer's streaks have in common; cells are counted in pictures' pixels."""

    away: float             # m
    per_tall: float         # 1 / height of a cell, 1/px
    per_wide: float
    wide: float             # px
    per_half: float         # 1 / half the streak's width, 1/px
    fallen: float           # in cells
    lean: float
    opacity: float


@wp.kernel
def lay_out_rain(first: int, env: Environment, focal_px: float, layers: wp.array(dtype=RainLayer)):
    """The layers of one picture, the nearest first."""
    k = first + wp.tid()
    one = RainLayer()
    one.away = 1.3 * wp.pow(1.7, float(k + 1))
    scale = focal_px / one.away                  # pixels a metre at this layer
    one.per_half = 1.0 / wp.max(0.0016 * scale, 0.42)
    one.per_tall = 1.0 / wp.max(0.30 * scale, 10.0)
    one.wide = wp.max(0.055 * scale, 5.0)
    one.per_wide = 1.0 / one.wide
    one.fallen = hash01(k, env.seed, 41)
    one.lean = 0.05 + 0.25 * env.wind + 0.04 * (hash01(k, 5, 3) - 0.5)
    one.opacity = 0.36 * (0.25 + 0.75 * wp.min(1.0, 0.0016 * scale / 0.42))
    layers[k] = one


@wp.kernel
def add_rain(
    first: int, env: Environment, layers: wp.array(dtype=RainLayer), camera: PinholeData, g: GBuffer,
    bright: wp.array(dtype=wp.vec3), bright_width: int, bright_height: int, picture: wp.array(dtype=wp.vec3),
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
    filled = 0.62 * env.rain
    for k in range(LAYERS):
        layer = layers[k]
        if 0.75 * layer.away < depth:   # one question after the other: `and` would ask all of them every time
            fall = y * layer.per_tall + layer.fallen
            row = wp.floor(fall)
            across = (x + y * layer.lean) * layer.per_wide + 37.0 * hash01(int(row), k, env.seed + 43)
            column = wp.floor(across)
            if hash01(int(column), int(row), env.seed * 11 + k) < filled:
                start = 0.45 * hash01(int(column), int(row), env.seed * 17 + k + 200)
                t = (fall - row - start) / 0.55
                if t > 0.0 and t < 1.0:
                    centre = 0.15 + 0.7 * hash01(int(column), int(row), env.seed * 13 + k + 100)
                    off = (across - column - centre) * layer.wide * layer.per_half
                    if wp.abs(off) < UNSEEN and (
                            layer.away * (0.75 + 0.7 * hash01(int(column), int(row), env.seed * 11 + k + 50)) < depth):
                        around = bilinear(bright, bright_width, bright_height, (x - 0.5) * 0.5, (y - 0.5) * 0.5)
                        a = wp.min(wp.exp(-off * off) * 4.0 * t * (1.0 - t) * layer.opacity, 0.5)
                        colour = colour * (1.0 - a) + (around * 1.25 + env.ambient * 0.35) * a
    picture[i] = colour
