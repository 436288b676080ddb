# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Noise of single samples, averaged over neighbours on the same surface: an edge-avoiding a-trous filter
(Dammertz et al. 2010) with a 3 x 3 kernel."""

from simgen.localsim.render.warp_runtime import wp

NOISY = wp.constant(0.004)      # a lamp that brings less than this share is hardly ever drawn: a 64th of pixels at most


@wp.func
def alike(normal: wp.vec3, facet: wp.vec3, point: wp.vec3, slack: float, other_normal: wp.vec3,
           other_point: wp.vec3) -> float:
    """Weight of another pixel: 1 on the same flat surface, 0 off it. ``slack``: 1 / how far off still counts, 1/m."""
    facing = wp.max(wp.dot(normal, other_normal), 0.0)
    off = wp.dot(facet, other_point - point) * slack
    f2 = facing * facing
    o2 = off * off
    return f2 * f2 / (1.0 + o2 * o2)


@wp.func
def slack_of(depth: float, pixel: float, step: float) -> float:
    return 1.0 / (depth * pixel * (2.0 + step) + 0.01)


@wp.kernel
def smooth_light(
    first: int, ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), normal: wp.array(dtype=wp.vec3),
    facet: wp.array(dtype=wp.vec3), position: wp.array(dtype=wp.vec3), width: int, height: int, pixel: float, step: int,
    light: wp.array(dtype=wp.vec3), result: wp.array(dtype=wp.vec3),
):
    """One pass over neighbours ``step`` pixels apart. Sky pixels carry zero normals, so they weigh nothing."""
    i = first + wp.tid()
    total = light[i]
    if ids[i][0] >= 0:
        x = i % width
        y = i // width
        n = normal[i]
        f = facet[i]
        p = position[i]
        slack = slack_of(depth[i], pixel, float(step))
        weights = float(1.0)
        for b in range(-1, 2):
            for a in range(-1, 2):
                u = x + a * step
                v = y + b * step
                if (a != 0 or b != 0) and u >= 0 and u < width and v >= 0 and v < height:
                    j = v * width + u
                    w = alike(n, f, p, slack, normal[j], position[j]) * wp.where(a == 0 or b == 0, 0.5, 0.25)
                    total += light[j] * w
                    weights += w
        total = total / weights
    result[i] = total


@wp.kernel
def smooth_shadow(
    first: int, ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), normal: wp.array(dtype=wp.vec3),
    facet: wp.array(dtype=wp.vec3), position: wp.array(dtype=wp.vec3), width: int, height: int, pixel: float, step: int,
    noisy: wp.array(dtype=float), light: wp.array(dtype=float), result: wp.array(dtype=float),
):
    """Soft edges of shadows. Only where neighbours differ, so that all else stays as sharp as it was traced; passes
    after the first (step > 1) only inside half-shadows that it found, or where a ray is known to be ``noisy``."""
    i = first + wp.tid()
    value = light[i]
    if ids[i][0] >= 0 and (step == 1 or noisy[i] > NOISY or (value > 0.12 and value < 0.88)):
        x = i % width
        y = i // width
        left = wp.max(x - step, 0)
        right = wp.min(x + step, width - 1)
        above = wp.max(y - step, 0) * width
        below = wp.min(y + step, height - 1) * width
        here = y * width
        low = wp.min(wp.min(light[here + left], light[here + right]), wp.min(light[above + x], light[below + x]))
        high = wp.max(wp.max(light[here + left], light[here + right]), wp.max(light[above + x], light[below + x]))
        # corners count too: a pixel that stood aside where only a corner differs would leave the samples' pattern
        low = wp.min(low, wp.min(wp.min(light[above + left], light[above + right]),
                                 wp.min(light[below + left], light[below + right])))
        high = wp.max(high, wp.max(wp.max(light[above + left], light[above + right]),
                                   wp.max(light[below + left], light[below + right])))
        if wp.max(high, value) - wp.min(low, value) > 0.001:
            total = value
            weights = float(1.0)
            slack = slack_of(depth[i], pixel, float(step))
            for b in range(-1, 2):
                row = here
                if b < 0:
                    row = above
                elif b > 0:
                    row = below
                for a in range(-1, 2):
                    column = x
                    if a < 0:
                        column = left
                    elif a > 0:
                        column = right
                    j = row + column
                    if j != i:
                        w = alike(normal[i], facet[i], position[i], slack, normal[j], position[j])
                        w *= wp.where(a == 0 or b == 0, 0.5, 0.25)
                        total += light[j] * w
                        weights += w
            value = total / weights
    result[i] = value


@wp.kernel
def smooth_mirror(
    first: int, gloss: wp.array(dtype=wp.vec4), depth: wp.array(dtype=float), normal: wp.array(dtype=wp.vec3),
    facet: wp.array(dtype=wp.vec3), position: wp.array(dtype=wp.vec3), width: int, height: int, pixel: float, step: int,
    mirrored: wp.array(dtype=wp.vec4), result: wp.array(dtype=wp.vec4),
):
    """Rough reflections, averaged where the roughness is alike; sharp mirrors pass as they are."""
    i = first + wp.tid()
    own = mirrored[i]
    if own[3] > 0.0 and gloss[i][0] > 0.05:
        x = i % width
        y = i // width
        total = own
        weights = float(1.0)
        slack = slack_of(depth[i], pixel, float(step))
        for b in range(-1, 2):
            for a in range(-1, 2):
                u = x + a * step
                v = y + b * step
                if (a != 0 or b != 0) and u >= 0 and u < width and v >= 0 and v < height:
                    j = v * width + u
                    if mirrored[j][3] > 0.0 and wp.abs(gloss[j][0] - gloss[i][0]) < 0.12:
                        w = alike(normal[i], facet[i], position[i], slack, normal[j], position[j])
                        w *= wp.where(a == 0 or b == 0, 0.5, 0.25)
                        total += mirrored[j] * w
                        weights += w
        own = total / weights
    result[i] = own
