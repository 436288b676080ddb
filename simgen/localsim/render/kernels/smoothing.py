# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def"
"""Noise of single samples, averaged over neighbours on the same surface: an edge-avoiding a-trous filter
(Dammertz et al. 2010) with a 3 x 3 kernel."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.warp_runtime import wp


@wp.func
def _alike(g: GBuffer, i: int, j: int, pixel: float, step: float) -> float:
    """Weight of pixel j for pixel i: 1 on the same flat surface, 0 off it."""
    weight = float(0.0)
    if g.ids[j][0] >= 0:
        facing = wp.dot(g.normal[i], g.normal[j])
        if facing > 0.6:
            off = wp.dot(g.facet[i], g.position[j] - g.position[i]) / (g.depth[i] * pixel * (2.0 + step) + 0.01)
            f2 = facing * facing
            weight = f2 * f2 / (1.0 + off * off * off * off)
    return weight


@wp.kernel
def smooth_light(
    first: int, g: GBuffer, width: int, height: int, pixel: float, step: int,
    light: wp.array(dtype=wp.vec4), result: wp.array(dtype=wp.vec4),
):
    """One pass over neighbours ``step`` pixels apart."""
    i = first + wp.tid()
    if g.ids[i][0] >= 0:
        x = i % width
        y = i // width
        total = light[i]
        weights = float(1.0)
        for b in range(-1, 2):
            for a in range(-1, 2):
                u = x + a * step
                v = y + b * step
                if (a != 0 or b != 0) and u >= 0 and u < width and v >= 0 and v < height:
                    j = v * width + u
                    w = _alike(g, i, j, pixel, float(step)) * wp.where(a == 0 or b == 0, 0.5, 0.25)
                    if w > 0.01:
                        total += light[j] * w
                        weights += w
        result[i] = total / weights
    else:
        result[i] = light[i]


@wp.kernel
def smooth_shadow(
    first: int, g: GBuffer, width: int, height: int, pixel: float, light: wp.array(dtype=float),
    result: wp.array(dtype=float),
):
    """Sunlight's soft edges, over direct neighbours only, so that sharp shadows stay sharp."""
    i = first + wp.tid()
    value = light[i]
    if g.ids[i][0] >= 0:
        x = i % width
        y = i // width
        total = value
        weights = float(1.0)
        for b in range(-1, 2):
            for a in range(-1, 2):
                u = x + a
                v = y + b
                if (a != 0 or b != 0) and u >= 0 and u < width and v >= 0 and v < height:
                    j = v * width + u
                    if wp.abs(light[j] - value) > 0.001:
                        w = _alike(g, i, j, pixel, 1.0) * wp.where(a == 0 or b == 0, 0.5, 0.25)
                        total += light[j] * w
                        weights += w
                    else:
                        w = wp.where(a == 0 or b == 0, 0.5, 0.25)
                        total += value * w
                        weights += w
        value = total / weights
    result[i] = value


@wp.kernel
def smooth_mirror(
    first: int, g: GBuffer, width: int, height: int, pixel: float, step: int,
    mirrored: wp.array(dtype=wp.vec4), result: wp.array(dtype=wp.vec4),
):
    """Rough reflections, averaged where the roughness is alike; sharp mirrors pass as they are."""
    i = first + wp.tid()
    own = mirrored[i]
    if own[3] > 0.0 and g.gloss[i][0] > 0.05:
        x = i % width
        y = i // width
        total = own
        weights = float(1.0)
        for b in range(-1, 2):
            for a in range(-1, 2):
                u = x + a * step
                v = y + b * step
                if (a != 0 or b != 0) and u >= 0 and u < width and v >= 0 and v < height:
                    j = v * width + u
                    if mirrored[j][3] > 0.0 and wp.abs(g.gloss[j][0] - g.gloss[i][0]) < 0.12:
                        w = _alike(g, i, j, pixel, float(step)) * wp.where(a == 0 or b == 0, 0.5, 0.25)
                        total += mirrored[j] * w
                        weights += w
        own = total / weights
    result[i] = own
