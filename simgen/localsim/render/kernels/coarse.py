# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Light that is looked at for one pixel of each 2 x 2, and spread over the others of the same surface."""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.smoothing import alike, slack_of
from simgen.localsim.render.warp_runtime import wp

STRAY = wp.constant(1.0e-5)     # weight of a sample that lies on another surface: counts only where there is no better


@wp.kernel
def thin_out(first: int, g: GBuffer, width: int, coarse_width: int, coarse: GBuffer):
    """The upper left pixel of each 2 x 2 (what light and its smoothing read of it)."""
    k = first + wp.tid()
    i = 2 * (k // coarse_width) * width + 2 * (k % coarse_width)
    coarse.ids[k] = g.ids[i]
    coarse.depth[k] = g.depth[i]
    coarse.ray[k] = g.ray[i]
    coarse.position[k] = g.position[i]
    coarse.facet[k] = g.facet[i]
    coarse.normal[k] = g.normal[i]
    coarse.gloss[k] = g.gloss[i]
    coarse.through[k] = g.through[i]


@wp.kernel
def spread_ambient(
    first: int, g: GBuffer, coarse: GBuffer, width: int, coarse_width: int, coarse_height: int, pixel: float,
    usual: wp.vec3, light: wp.array(dtype=wp.vec3), result: wp.array(dtype=wp.vec3),
):
    """Each pixel's light from the two or four coarse ones about it; ``usual`` where none of them shows a surface."""
    i = first + wp.tid()
    if g.ids[i][0] >= 0:
        x = i % width
        y = i // width
        n = g.normal[i]
        f = g.facet[i]
        p = g.position[i]
        slack = slack_of(g.depth[i], pixel, 1.0)
        total = wp.vec3(0.0, 0.0, 0.0)
        weights = float(0.0)
        for b in range(2):
            v = (y >> 1) + b
            if (b == 0 or (y & 1) == 1) and v < coarse_height:
                for a in range(2):
                    u = (x >> 1) + a
                    if (a == 0 or (x & 1) == 1) and u < coarse_width:
                        j = v * coarse_width + u
                        if coarse.ids[j][0] >= 0:
                            w = alike(n, f, p, slack, coarse.normal[j], coarse.position[j]) + STRAY
                            total += light[j] * w
                            weights += w
        if weights > 0.0:
            result[i] = total / weights
        else:
            result[i] = usual


@wp.kernel
def spread_lamps(
    first: int, g: GBuffer, coarse: GBuffer, width: int, coarse_width: int, coarse_height: int, pixel: float,
    plain: wp.array(dtype=wp.vec3), shiny: wp.array(dtype=wp.vec3), seen: wp.array(dtype=float),
    plain_result: wp.array(dtype=wp.vec3), shiny_result: wp.array(dtype=wp.vec3), seen_result: wp.array(dtype=float),
):
    """The same for lamps, whose shadows are then in the light itself."""
    i = first + wp.tid()
    if g.ids[i][0] >= 0:
        x = i % width
        y = i // width
        n = g.normal[i]
        f = g.facet[i]
        p = g.position[i]
        slack = slack_of(g.depth[i], pixel, 1.0)
        plain_total = wp.vec3(0.0, 0.0, 0.0)
        shiny_total = wp.vec3(0.0, 0.0, 0.0)
        weights = float(1.0e-9)
        for b in range(2):
            v = (y >> 1) + b
            if (b == 0 or (y & 1) == 1) and v < coarse_height:
                for a in range(2):
                    u = (x >> 1) + a
                    if (a == 0 or (x & 1) == 1) and u < coarse_width:
                        j = v * coarse_width + u
                        if coarse.ids[j][0] >= 0:
                            w = alike(n, f, p, slack, coarse.normal[j], coarse.position[j]) + STRAY
                            plain_total += plain[j] * (w * seen[j])
                            shiny_total += shiny[j] * (w * seen[j])
                            weights += w
        plain_result[i] = plain_total / weights
        shiny_result[i] = shiny_total / weights
        seen_result[i] = 1.0


@wp.kernel
def spread_mirrored(
    first: int, g: GBuffer, coarse: GBuffer, width: int, coarse_width: int, coarse_height: int, pixel: float,
    usual: wp.vec3, mirrored: wp.array(dtype=wp.vec4), result: wp.array(dtype=wp.vec4),
):
    """The same for what is seen in mirrors; w: 1 where there is a mirror."""
    i = first + wp.tid()
    result[i] = wp.vec4(0.0, 0.0, 0.0, 0.0)
    if g.ids[i][0] >= 0 and g.gloss[i][3] > 0.0:
        x = i % width
        y = i // width
        n = g.normal[i]
        f = g.facet[i]
        p = g.position[i]
        slack = slack_of(g.depth[i], pixel, 1.0)
        total = wp.vec4(0.0, 0.0, 0.0, 0.0)
        weights = float(0.0)
        for b in range(2):
            v = (y >> 1) + b
            if (b == 0 or (y & 1) == 1) and v < coarse_height:
                for a in range(2):
                    u = (x >> 1) + a
                    if (a == 0 or (x & 1) == 1) and u < coarse_width:
                        j = v * coarse_width + u
                        if mirrored[j][3] > 0.0:
                            w = alike(n, f, p, slack, coarse.normal[j], coarse.position[j]) + STRAY
                            total += mirrored[j] * w
                            weights += w
        if weights > 0.0:
            result[i] = total / weights
        else:
            result[i] = wp.vec4(usual[0], usual[1], usual[2], 1.0)
