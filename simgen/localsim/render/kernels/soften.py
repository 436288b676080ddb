# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Edges made smooth by what is in the picture already, without more rays."""

from simgen.localsim.render.kernels.lens import bilinear
from simgen.localsim.render.warp_runtime import wp

LEAST_CONTRAST = wp.constant(0.20)      # of the brightest; below it nobody sees steps
DARKEST = wp.constant(0.004)            # nor here
FARTHEST_PX = wp.constant(6.0)


@wp.func
def _luminance(c: wp.vec3) -> float:
    return 0.25 * c[0] + 0.65 * c[1] + 0.10 * c[2]


@wp.func
def _brightness(luminance: float, exposure: float) -> float:
    """About as the eye will see it in the picture, 0 to 1."""
    light = wp.sqrt(luminance * exposure)
    return light / (0.4 + light)


@wp.kernel
def soften_edges(first: int, picture: wp.array(dtype=wp.vec3), width: int, height: int, exposure: float,
                 result: wp.array(dtype=wp.vec3)):
    """Average along an edge, so that its steps become slopes (after Lottes 2009, "FXAA"): the corners round a pixel say
    which way the edge runs; a long stretch of it is averaged unless that reaches something else, then a short one."""
    i = first + wp.tid()
    x = i % width
    y = i // width
    result[i] = picture[i]
    if x > 0 and y > 0 and x < width - 1 and y < height - 1:
        here = _luminance(picture[i])
        upper_left = _luminance(picture[i - width - 1])
        upper_right = _luminance(picture[i - width + 1])
        lower_left = _luminance(picture[i + width - 1])
        lower_right = _luminance(picture[i + width + 1])
        low = wp.min(here, wp.min(wp.min(upper_left, upper_right), wp.min(lower_left, lower_right)))
        high = wp.max(here, wp.max(wp.max(upper_left, upper_right), wp.max(lower_left, lower_right)))
        if high - low > LEAST_CONTRAST * high and (high - low) * exposure > DARKEST:
            a = _brightness(upper_left, exposure)
            b = _brightness(upper_right, exposure)
            c = _brightness(lower_left, exposure)
            d = _brightness(lower_right, exposure)
            across = (c + d) - (a + b)
            down = (a + c) - (b + d)
            scale = 1.0 / (wp.min(wp.abs(across), wp.abs(down)) + wp.max(0.03125 * (a + b + c + d), 0.0078125))
            dx = wp.clamp(across * scale, -FARTHEST_PX, FARTHEST_PX)
            dy = wp.clamp(down * scale, -FARTHEST_PX, FARTHEST_PX)
            u = float(x)
            v = float(y)
            near = (bilinear(picture, width, height, u - dx / 6.0, v - dy / 6.0)
                    + bilinear(picture, width, height, u + dx / 6.0, v + dy / 6.0)) * 0.5
            far = near * 0.5 + (bilinear(picture, width, height, u - dx * 0.5, v - dy * 0.5)
                                + bilinear(picture, width, height, u + dx * 0.5, v + dy * 0.5)) * 0.25
            reached = _luminance(far)
            if reached < low or reached > high:
                far = near
            result[i] = far
