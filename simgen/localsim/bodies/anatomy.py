"""Words that species are described in: cones of fur, patches of light fur, heads, eyes, ears, antlers' beams."""

from __future__ import annotations

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
