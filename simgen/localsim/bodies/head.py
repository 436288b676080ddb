"""A person's head: skull and face, hair, hats and helmets, drawn for a head 0.233 m high and scaled to size.

Head axes: x ahead along the face, y left, z up; the origin is in the middle of the skull.
"""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder, unit
from simgen.localsim.bodies.implicit import Cone, Point, add_layers, both_sides
from simgen.localsim.bodies.people import Hair, Person
from simgen.localsim.bodies.skeleton import Frame, Skeleton
from simgen.localsim.mesh import Material as M

_HEAD_M = 0.233
_CELL_M = 0.0136
_SKULL: Point = (1.0, 0.88, 1.0)
_ROUND: Point = (1.0, 1.0, 1.0)
_THIN_NECK_M, _NECK_M = 0.052, 0.058


def _c(start: Point, end: Point, r0: float, r1: float, blend: float, material: M = M.SKIN,
       flat: Point = _ROUND) -> Cone:
    return Cone(start, end, r0, r1, material, blend, flat)


def _hair(start: Point, end: Point, r0: float, r1: float, blend: float, flat: Point = _ROUND) -> Cone:
    return Cone(start, end, r0, r1, M.HAIR, blend, flat)


_FACE: tuple[Cone, ...] = (
    _c((-0.028, 0.0, 0.030), (0.018, 0.0, 0.034), 0.088, 0.082, 0.03, flat=_SKULL),
    _c((0.030, 0.0, -0.005), (0.046, 0.0, -0.062), 0.066, 0.046, 0.03, flat=_SKULL),
    _c((0.068, 0.0, -0.092), (0.066, 0.0, -0.088), 0.024, 0.024, 0.03),                      # chin
    *both_sides((
        _c((0.060, 0.032, -0.022), (0.045, 0.040, -0.055), 0.026, 0.022, 0.03),              # cheek
        _c((0.010, 0.050, -0.040), (0.055, 0.022, -0.088), 0.024, 0.020, 0.03),              # jaw
    )),
    _c((0.082, 0.032, 0.026), (0.082, -0.032, 0.026), 0.017, 0.017, 0.012),                  # brow ridge
    _c((0.092, 0.0, 0.010), (0.112, 0.0, -0.024), 0.011, 0.015, 0.010),                      # nose
    _c((0.082, 0.015, -0.053), (0.082, -0.015, -0.053), 0.0125, 0.0125, 0.006),              # lips
    _c((0.079, 0.012, -0.066), (0.079, -0.012, -0.066), 0.0125, 0.0125, 0.006),
    *both_sides((_c((-0.008, 0.078, 0.004), (0.0, 0.080, -0.024), 0.022, 0.013, 0.006, flat=(1.0, 0.5, 1.0)),)),  # ear
)
_CAP: Point = (1.0, 0.90, 1.0)
_SIDES = (                                                                                  # temples and fringe
    *both_sides((_hair((-0.012, 0.068, 0.040), (0.004, 0.072, -0.008), 0.026, 0.014, 0.012, (1.0, 0.62, 1.0)),)),
    *both_sides((_hair((0.048, 0.012, 0.100), (0.066, 0.040, 0.076), 0.024, 0.016, 0.014),)),
)
_BACK = _hair((-0.052, 0.0, 0.0), (-0.048, 0.0, -0.035), 0.074, 0.055, 0.02, _CAP)
_SHORT = (_hair((-0.040, 0.0, 0.040), (-0.002, 0.0, 0.058), 0.092, 0.082, 0.01, _CAP), _BACK, *_SIDES)
_LOCKS = both_sides((_hair((-0.010, 0.074, 0.02), (-0.006, 0.082, -0.130), 0.030, 0.020, 0.02, (1.0, 0.7, 1.0)),))
_CROWN: dict[Hair, tuple[Cone, ...]] = {
    "short": _SHORT,
    "hood": _SHORT,      # the hood hangs on the back
    "bald": (_hair((-0.050, 0.0, 0.005), (-0.050, 0.0, -0.02), 0.074, 0.060, 0.01, _CAP),),
    "long": (*_SHORT, *_LOCKS,
             *both_sides((_hair((-0.045, 0.050, 0.02), (-0.050, 0.058, -0.155), 0.046, 0.032, 0.03),)),
             _hair((-0.060, 0.0, 0.0), (-0.070, 0.0, -0.17), 0.060, 0.040, 0.04)),
    "bun": (*_SHORT, _hair((-0.125, 0.0, 0.075), (-0.130, 0.0, 0.080), 0.036, 0.036, 0.01)),
    "ponytail": (*_SHORT, _hair((-0.120, 0.0, 0.060), (-0.150, 0.0, 0.0), 0.026, 0.032, 0.015),
                 _hair((-0.150, 0.0, 0.0), (-0.125, 0.0, -0.125), 0.032, 0.012, 0.02)),
    "beanie": (_BACK, _c((-0.030, 0.0, 0.055), (-0.012, 0.0, 0.066), 0.094, 0.088, 0.01, M.CLOTH_LOWER, _CAP)),
    "cap": (_BACK, _c((-0.030, 0.0, 0.055), (0.0, 0.0, 0.062), 0.092, 0.084, 0.01, M.CLOTH_LOWER, _CAP),
            _c((0.085, 0.022, 0.062), (0.085, -0.022, 0.062), 0.055, 0.055, 0.01, M.CLOTH_LOWER, (1.0, 1.0, 0.16))),
    "police_cap": (_BACK, _c((-0.025, 0.0, 0.060), (-0.002, 0.0, 0.064), 0.090, 0.084, 0.0, M.CLOTH_LOWER, _CAP),
                   _c((-0.01, 0.0, 0.112), (0.0, 0.0, 0.116), 0.122, 0.122, 0.02, M.CLOTH_LOWER, (1.0, 0.95, 0.25)),
                   _c((0.075, 0.022, 0.062), (0.075, -0.022, 0.060), 0.050, 0.050, 0.0, M.SHOE, (1.0, 1.0, 0.2))),
    "cycle_helmet": (_BACK, _c((-0.050, 0.0, 0.062), (0.030, 0.0, 0.070), 0.100, 0.086, 0.02, M.BLACK_TRIM, _CAP)),
    "open_helmet": (_c((-0.025, 0.0, 0.040), (0.0, 0.0, 0.050), 0.118, 0.112, 0.02, M.CAR_PAINT, _CAP),),
    "full_helmet": (_c((-0.010, 0.0, 0.035), (0.005, 0.0, 0.035), 0.128, 0.122, 0.02, M.CAR_PAINT, _CAP),
                    _c((0.040, 0.0, -0.050), (0.055, 0.0, -0.055), 0.085, 0.075, 0.03, M.CAR_PAINT, _CAP)),
}
_VISOR = _c((0.125, 0.035, 0.02), (0.125, -0.035, 0.02), 0.055, 0.055, 0.0, M.CAR_GLASS, (1.0, 1.3, 0.75))

_EYE: Point = (0.0905, 0.033, 0.004)
_EYE_M = 0.0115
_LID: tuple[Point, ...] = ((0.004, -0.013, 0.004), (0.010, 0.0, 0.0075), (0.003, 0.013, 0.004))
_BROW: tuple[Point, ...] = ((0.101, 0.016, 0.027), (0.100, 0.030, 0.031), (0.090, 0.045, 0.027))
_MOUTH: tuple[Point, ...] = ((0.0905, 0.022, -0.0605), (0.0985, 0.0, -0.0595), (0.0905, -0.022, -0.0605))


def add_head(builder: MeshBuilder, person: Person, frame: Frame, skeleton: Skeleton, coarseness: float) -> None:
    """Append neck, head, face and hair or hat on a skeleton."""
    scale = frame.head / _HEAD_M
    left = unit(np.cross([0.0, 0.0, 1.0], skeleton.face))
    axes = np.stack([skeleton.face, left, np.cross(skeleton.face, left)])
    slender = person.female or frame.height < 1.4
    thick = _THIN_NECK_M if slender else _NECK_M
    x, y, z = (float(v) for v in skeleton.neck - skeleton.up * 0.03 * scale)
    throat = _placed((-0.018, 0.0, -0.03), axes, skeleton.head, scale)
    neck = Cone((x, y, z), throat, 1.1 * thick * frame.scale, thick * scale, M.SKIN, 0.02 * scale)
    cones = [neck, *(cone.placed(axes, skeleton.head, scale) for cone in (*_FACE, *_CROWN[person.hair]))]
    covered = person.hair == "full_helmet"
    paint = [_VISOR.placed(axes, skeleton.head, scale)] if covered else []
    shade = float(person.shade)
    add_layers(builder, cones, _CELL_M * scale * coarseness, paint, {M.HAIR: shade})
    if not covered:
        _add_features(builder, axes, skeleton.head, scale, shade)


def _add_features(builder: MeshBuilder, axes: Array, head: Array, scale: float, shade: float) -> None:
    """The whites of the eyes with dark irises, brows in the colour of the hair, and the line of the mouth."""
    for side in (1.0, -1.0):
        x, y, z = _EYE
        builder.ball(_placed((x, y * side, z), axes, head, scale), _EYE_M * scale, M.FRAME)
        builder.ball(_placed((x + 0.0062, y * side, z), axes, head, scale), 0.58 * _EYE_M * scale, M.HAIR)
        lid = [_placed((x + dx, (y + dy) * side, z + dz), axes, head, scale) for dx, dy, dz in _LID]
        builder.tube(lid, 0.0040 * scale, M.SKIN, sides=6)
        brow = [_placed((x, y * side, z), axes, head, scale) for x, y, z in _BROW]
        builder.tube(brow, 0.0042 * scale, M.HAIR, sides=6, parameter=shade)
    builder.tube([_placed(point, axes, head, scale) for point in _MOUTH], 0.0030 * scale, M.HAIR, sides=5)


def _placed(point: Point, axes: Array, origin: Array, scale: float) -> Point:
    x, y, z = (float(v) for v in origin + (axes * np.array(point)[:, None]).sum(axis=0) * scale)
    return x, y, z
