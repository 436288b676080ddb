"""Other sizes and ages of the four-legged: a description scaled, and the young of a species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgen.localsim.bodies.implicit import Cone
from simgen.localsim.bodies.quadruped import XZ, Animal, Horns, Leg
from simgen.localsim.mesh import Material

Size = tuple[float, float, float]

# Young animals have large heads on long, knobbly legs and lean trunks.
_HEAD, _TRUNK, _JOINT = 1.22, 0.88, 1.12
# A piglet's stripe: places along it, and how broad it is there in a sow's metres.
_STRIPE = (-0.08, 0.10, 0.40, 0.70, 0.95, 1.06)
_STRIPE_R = (0.004, 0.016, 0.021, 0.019, 0.014, 0.003)


def scaled(animal: Animal, factor: float) -> Animal:
    """The same animal in another size; the mass goes with the cube."""
    k = factor
    return replace(
        animal, size_m=_size(animal.size_m, k), mass_kg=animal.mass_kg * k**3, shoulder_m=animal.shoulder_m * k,
        trunk=tuple((x * k, z * k, h * k, w * k) for x, z, h, w in animal.trunk),
        neck=tuple((x * k, z * k, r * k) for x, z, r in animal.neck),
        head=_cones(animal.head, k), head_sides=_cones(animal.head_sides, k),
        eyes=tuple((x * k, y * k, z * k, r * k) for x, y, z, r in animal.eyes),
        tail=tuple((x * k, z * k, r * k) for x, z, r in animal.tail),
        fore=_leg(animal.fore, k), hind=_leg(animal.hind, k),
        horns=None if animal.horns is None else Horns(tuple(
            (tuple((x * k, y * k, z * k) for x, y, z in path), tuple(r * k for r in radii))
            for path, radii in animal.horns.beams)),
        extra=_cones(animal.extra, k), sides=_cones(animal.sides, k), neck_extra=_cones(animal.neck_extra, k),
        paint=_cones(animal.paint, k), neck_paint=_cones(animal.neck_paint, k),
        head_paint=_cones(animal.head_paint, k), cell_m=animal.cell_m * k,
    )


def young(adult: Animal, size_m: Size, mass_kg: float, *, stripes: int = 0) -> Animal:
    """An adult's calf, cub or piglet of a size: no horns, a large head, a lean trunk, strong joints.

    stripes: pale lines along each flank (wild boar).
    """
    small = scaled(adult, size_m[0] / adult.size_m[0])
    k = size_m[0] / adult.size_m[0]
    return replace(
        small, name=f"young_{adult.name}", size_m=size_m, mass_kg=mass_kg, horns=None,
        trunk=tuple((x, z, h * _TRUNK, w * _TRUNK) for x, z, h, w in small.trunk),
        neck=tuple((x, z, r * 0.85) for x, z, r in small.neck),
        neck_extra=(), extra=(),
        head=_cones(small.head, _HEAD), head_sides=_cones([c for c in small.head_sides if c.material != Material.HORN],
                                                         _HEAD),
        head_paint=_cones(small.head_paint, _HEAD),
        eyes=tuple((x * _HEAD, y * _HEAD, z * _HEAD, r * _HEAD * 1.1) for x, y, z, r in small.eyes),
        fore=_knobbly(small.fore), hind=_knobbly(small.hind),
        paint=(*small.paint, *_stripes(small, stripes, k)),
    )


def _size(size: Size, k: float) -> Size:
    length, width, height = size
    return length * k, width * k, height * k


def _cones(cones: Sequence[Cone], k: float) -> tuple[Cone, ...]:
    return tuple(cone.placed(np.eye(3), np.zeros(3), k) for cone in cones)


def _leg(leg: Leg, k: float) -> Leg:
    def at(joint: XZ) -> XZ:
        return joint[0] * k, joint[1] * k

    a, b, c, d = leg.joints
    top, upper, middle, fetlock, cannon = (r * k for r in leg.radii)
    return replace(leg, joints=(at(a), at(b), at(c), at(d)), hoof_x=leg.hoof_x * k, y=(leg.y[0] * k, leg.y[1] * k),
                   radii=(top, upper, middle, fetlock, cannon), hoof=(leg.hoof[0] * k, leg.hoof[1] * k))


def _knobbly(leg: Leg) -> Leg:
    top, upper, middle, fetlock, cannon = leg.radii
    return replace(leg, radii=(top * _TRUNK, upper * 0.92, middle * _JOINT, fetlock * _JOINT, cannon))


def _stripes(animal: Animal, count: int, k: float) -> list[Cone]:
    """Pale lines from shoulder to rump on both flanks."""
    front, rear = animal.trunk[0], animal.trunk[-2]
    cones = []
    for n in range(count):
        share = 0.75 - 1.1 * n / max(count - 1, 1)     # heights above the trunk's axis, in its half heights
        ends = [(x * 0.95, z + share * h * _TRUNK) for x, z, h, _ in (front, rear)]
        (x0, z0), (x1, z1) = ends
        places = [(x0 + (x1 - x0) * s, z0 + (z1 - z0) * s + 0.030 * k * (4.0 * s * (1.0 - s))) for s in _STRIPE]
        for side in (1.0, -1.0):
            path = [(x, side * 0.3 * k, z) for x, z in places]
            for a, b, r0, r1 in zip(path[:-1], path[1:], _STRIPE_R[:-1], _STRIPE_R[1:], strict=True):
                cones.append(Cone(a, b, r0 * k, r1 * k, Material.FUR_LIGHT, 0.0, (1.0, 14.0, 1.0)))
    return cones
