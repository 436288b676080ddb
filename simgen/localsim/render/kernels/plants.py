# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Leaves, needles, hedges and bark."""

from simgen.localsim.render.kernels.noise import clouds, fract, grain, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt
from simgen.localsim.render.warp_runtime import wp


@wp.func
def _crown(s: Spot, texture: wp.array(dtype=wp.vec2)) -> float:
    """Light and dark clumps, for foliage so far away that its leaves are not modelled one by one; 1 up close."""
    p = s.position
    far = smooth(0.04, 0.15, s.footprint)
    k = float(1.0)
    if far > 0.0:
        clump = clouds(texture, p[0] + 0.7 * p[2], p[1] + p[2], 0.11, s.footprint) - 0.5
        twig = clouds(texture, p[0] + p[2], p[1] - 0.6 * p[2], 0.47, s.footprint) - 0.5
        k = 1.0 + far * wp.clamp(1.5 * clump + 1.3 * twig, -0.7, 0.8)
    return k


@wp.func
def leaf(s: Spot, texture: wp.array(dtype=wp.vec2), tree: float) -> Surface:
    """Two-sided, and the sun shines through. uv: a random pair a leaf; ``tree``: a random number a tree."""
    young = lerp3(wp.vec3(0.060, 0.105, 0.022), wp.vec3(0.115, 0.150, 0.030), fract(s.uv[1] * 0.7 + tree * 0.5))
    r = matt(young * ((0.62 + 0.75 * s.uv[0]) * _crown(s, texture)), s.normal, 0.55)
    r.shine = 0.035
    r.through = 0.75
    return r


@wp.func
def needle(s: Spot, texture: wp.array(dtype=wp.vec2), tree: float) -> Surface:
    dark = lerp3(wp.vec3(0.028, 0.055, 0.020), wp.vec3(0.050, 0.080, 0.032), fract(s.uv[1] + tree))
    r = matt(dark * ((0.6 + 0.8 * s.uv[0]) * _crown(s, texture)), s.normal, 0.7)
    r.through = 0.25
    return r


@wp.func
def hedge(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    p = s.position
    deep = clouds(texture, p[0] + p[2] * 0.6, p[1] + p[2], 1.1, s.footprint)
    fine = grain(texture, p[0] + p[2] * 0.7, p[1] + p[2], 0.35, s.footprint)
    k = wp.clamp(0.35 + 1.6 * (deep - 0.36) + 0.9 * (fine - 0.5), 0.12, 1.5)
    r = matt(wp.vec3(0.052, 0.090, 0.022) * k, s.normal, 0.8)
    r.through = 0.2
    return r


@wp.func
def bark(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Ridges along the stem; a birch's is white with dark bands; twigs are plain. uv: metres round and along it."""
    if s.parameter > 1.5:
        return matt(wp.vec3(0.082, 0.062, 0.052), s.normal, 0.85)
    if s.parameter > 0.5:
        band = clouds(texture, s.uv[0] * 0.7, s.uv[1] * 9.0, 0.5, s.footprint)
        scar = clouds(texture, s.uv[0] * 2.0, s.uv[1] * 1.6 + 3.0, 0.45, s.footprint)
        dark = wp.max(0.75 * smooth(0.56, 0.66, band), smooth(0.60, 0.70, scar + 0.10 * smooth(1.6, 0.2, s.local[2])))
        return matt(lerp3(wp.vec3(0.47, 0.45, 0.41), wp.vec3(0.055, 0.048, 0.045), dark), s.normal, 0.8)
    ridge = clouds(texture, s.uv[0] * 5.0, s.uv[1] * 0.8, 0.5, s.footprint)
    k = 0.55 + 1.5 * (ridge - 0.32) + 0.4 * (grain(texture, s.uv[0] * 3.0, s.uv[1], 0.8, s.footprint) - 0.5)
    moss = wp.max(0.0, clouds(texture, s.uv[0] + 5.0, s.uv[1], 0.2, s.footprint) - 0.52)
    colour = lerp3(wp.vec3(0.115, 0.088, 0.066), wp.vec3(0.075, 0.085, 0.045), wp.min(2.0 * moss, 0.6))
    return matt(colour * wp.max(k, 0.2), s.normal, 0.95)
