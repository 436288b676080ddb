"""Words that species are described in: cones of fur, patches of light fur, heads, eyes, ears, antlers."""

from __future__ import annotations

import math
from itertools import pairwise

from simgen.localsim.bodies.implicit import Cone, Point
from simgen.localsim.mesh import Material as M

Flat = tuple[float, float, float]
Cones = tuple[Cone, ...]

ROUND: Flat = (1.0, 1.0, 1.0)


def cone(start: Point, end: Point, r0: float, r1: float, blend: float = 0.03, material: M = M.FUR,
         flat: Flat = ROUND) -> Cone:
    """A round cone of fur, unless another material is said."""
    return Cone(start, end, r0, r1, material, blend, flat)


def light(start: Point, end: Point, r0: float, r1: float, flat: Flat = ROUND) -> Cone:
    """A patch of light fur, for painting."""
    return Cone(start, end, r0, r1, M.FUR_LIGHT, 0.0, flat)


def head(length: float, skull: float, muzzle: float, drop: float = 0.0, nose: M = M.HAIR) -> Cones:
    """Skull, face, jaw and nose; drop lowers the muzzle's end (a Roman nose)."""
    return (
        cone((0.0, 0.0, 0.0), (0.30 * length, 0.0, 0.0), skull, skull * 0.92, 0.6 * skull, flat=(1.0, 0.88, 1.0)),
        cone((0.28 * length, 0.0, -0.04 * skull), (0.86 * length, 0.0, -drop - 0.1 * skull), skull * 0.78, muzzle,
             0.5 * skull, flat=(1.0, 0.85, 1.0)),
        cone((0.12 * length, 0.0, -0.42 * skull), (0.80 * length, 0.0, -drop - 0.5 * skull), skull * 0.55,
             muzzle * 0.75, 0.4 * skull, flat=(1.0, 0.85, 1.0)),
        cone((0.89 * length, 0.0, -drop), (0.92 * length, 0.0, -drop - 0.1 * muzzle), muzzle * 0.72, muzzle * 0.72,
             0.2 * muzzle, nose),
    )


def eye(length: float, skull: float, size: float) -> tuple[tuple[float, float, float, float]]:
    """An eye on the side of a skull made by ``head``."""
    return ((0.30 * length, 0.76 * skull - 0.35 * (size - 0.01), 0.32 * skull, size),)


def ear(base: Point, tip: Point, width: float, flat: Flat = (0.55, 1.0, 1.0)) -> Cones:
    """A pointed ear, broadest half way up."""
    middle = (base[0] * 0.5 + tip[0] * 0.5, base[1] * 0.5 + tip[1] * 0.5, base[2] * 0.5 + tip[2] * 0.5)
    return (cone(base, middle, width * 0.65, width, width * 0.4, flat=flat),
            cone(middle, tip, width, width * 0.22, width * 0.3, flat=flat))


def beam(path: tuple[Point, ...], radius: float) -> tuple[tuple[Point, ...], tuple[float, ...]]:
    """A beam or tine of an antler along a path, tapering to a quarter of its radius."""
    n = len(path) - 1
    return path, tuple(radius * (1.0 - 0.75 * (k / n) ** 1.5) for k in range(n + 1))


Beams = tuple[tuple[tuple[Point, ...], tuple[float, ...]], ...]
_FINGERS = 7


def palm(pitch_rad: float) -> tuple[Cones, Beams]:
    """A moose's left antler on a head that points down by an angle, in head axes: cones of the palm, tubes of beam and
    tines. The palm is a row of fingers that grew together, rising outwards and back."""
    c, s = math.cos(pitch_rad), math.sin(pitch_rad)

    def at(ahead: float, aside: float, above: float) -> Point:
        return (c * ahead - s * above, aside, s * ahead + c * above)

    roots, tips, ends = [], [], []
    for k in range(_FINGERS):
        back = k / (_FINGERS - 1)
        ahead, aside, above = 0.13 - 0.46 * back, 0.255 + 0.05 * math.sin(math.pi * back), 0.13 + 0.10 * back
        out = 0.75 + 0.35 * math.sin(math.pi * back)
        roots.append(at(ahead, aside, above))
        tips.append(at(ahead + 0.05 - 0.12 * back, aside + 0.16 * out, above + 0.20 * out))
        ends.append(at(ahead + 0.10 - 0.26 * back, aside + 0.16 * out + 0.07, above + 0.20 * out + 0.10))
    cones = tuple(cone(root, tip, 0.042, 0.040, 0.09, M.HORN) for root, tip in zip(roots, tips, strict=True))
    rim = tuple(cone(one, other, 0.040, 0.040, 0.07, M.HORN) for one, other in pairwise(roots))
    stem = beam(((-0.02, 0.07, 0.08), at(-0.02, 0.17, 0.09), roots[2]), 0.045)
    brow = beam((roots[1], at(0.20, 0.30, 0.15), at(0.30, 0.29, 0.25)), 0.026)
    return (*rim, *cones), (stem, brow, *(beam((tip, end), 0.026) for tip, end in zip(tips, ends, strict=True)))
