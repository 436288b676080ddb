# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""From light to a picture: glare of the lens, exposure, film curve, 8 bits."""

from simgen.localsim.render.kernels.noise import hash01
from simgen.localsim.render.warp_runtime import wp

FULL = wp.constant(2.0)          # from here on film shows hardly any difference


@wp.kernel
def shrink(first: int, source: wp.array(dtype=wp.vec3), width: int, height: int, small_width: int,
           result: wp.array(dtype=wp.vec3)):
    """Halve a picture: a tent of 4 x 4 pixels (1 3 3 1) for each new one."""
    i = first + wp.tid()
    x = 2 * (i % small_width)
    y = 2 * (i // small_width)
    total = wp.vec3(0.0, 0.0, 0.0)
    for b in range(-1, 3):
        for a in range(-1, 3):
            w = wp.where(a == 0 or a == 1, 3.0, 1.0) * wp.where(b == 0 or b == 1, 3.0, 1.0)
            total += source[wp.clamp(y + b, 0, height - 1) * width + wp.clamp(x + a, 0, width - 1)] * w
    result[i] = total / 64.0


@wp.func
def bilinear(source: wp.array(dtype=wp.vec3), width: int, height: int, x: float, y: float) -> wp.vec3:
    u = wp.clamp(x, 0.0, float(width) - 1.001)
    v = wp.clamp(y, 0.0, float(height) - 1.001)
    i = int(u)
    j = int(v)
    a = u - float(i)
    b = v - float(j)
    i1 = wp.min(i + 1, width - 1)
    j1 = wp.min(j + 1, height - 1)
    return ((source[j * width + i] * (1.0 - a) + source[j * width + i1] * a) * (1.0 - b)
            + (source[j1 * width + i] * (1.0 - a) + source[j1 * width + i1] * a) * b)


@wp.kernel
def widen(first: int, small: wp.array(dtype=wp.vec3), small_width: int, small_height: int, width: int, keep: float,
          result: wp.array(dtype=wp.vec3)):
    """Add a half-size picture onto the next larger one; ``keep``: weight of what is there already."""
    i = first + wp.tid()
    wide = bilinear(small, small_width, small_height, (float(i % width) - 0.5) * 0.5, (float(i // width) - 0.5) * 0.5)
    result[i] = result[i] * keep + wide * (1.0 - keep)


@wp.kernel
def develop(first: int, picture: wp.array(dtype=wp.vec3), glare: wp.array(dtype=wp.vec3), width: int, height: int,
            curve: wp.array(dtype=float), exposure: wp.vec3, bloom: float, vignette: float, seed: int,
            rgb: wp.array(dtype=wp.uint8)):
    """Linear light to sRGB bytes by a film curve (see ``exposure.curve_of``). ``exposure``: of red, green and blue.

    Half a step of noise hides the steps between 8-bit values.
    """
    i = first + wp.tid()
    x = float(i % width)
    y = float(i // width)
    spread = bilinear(glare, (width + 1) // 2, (height + 1) // 2, (x - 0.5) * 0.5, (y - 0.5) * 0.5)
    light = wp.cw_mul(picture[i] * (1.0 - bloom) + spread * bloom, exposure)
    u = x / float(width) - 0.5
    v = y / float(height) - 0.5
    light = light * (1.0 - vignette * (u * u + 0.3 * v * v))
    peak = wp.max(light[0], wp.max(light[1], light[2]))
    if peak > FULL:
        # a lamp keeps its colour where it is brighter than film can show; only the brightest wash out towards white
        held = FULL + 2.0 * (1.0 - wp.exp((FULL - peak) / 8.0))
        wash = wp.clamp((peak - 60.0) / 300.0, 0.0, 0.5)
        light = light * ((1.0 - wash) * held / peak) + wp.vec3(held, held, held) * wash
    dither = hash01(i, seed, 3)
    last = curve.shape[0] - 1
    for k in range(3):
        x = wp.max(light[k], 0.0)
        place = wp.sqrt(x / (1.0 + x)) * float(last)
        below = wp.min(int(place), last - 1)
        share = place - float(below)
        level = curve[below] * (1.0 - share) + curve[below + 1] * share
        rgb[3 * i + k] = wp.uint8(wp.min(level + dither, 255.0))
