"""A dressed person on a skeleton: cones for body and clothes, finer cones for head, hands and shoes."""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder, affine, unit
from simgen.localsim.bodies.implicit import Cone, Point, add_surface
from simgen.localsim.bodies.people import Hair, Person
from simgen.localsim.bodies.skeleton import Frame, Skeleton, frame_of, standing_or_moving
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

_SLEEVE = {"shirt": 0.004, "jumper": 0.009, "jacket": 0.015, "coat": 0.014, "uniform": 0.010}
_SIDES = ((0, 1.0), (1, -1.0))


def walker(person: Person, phase: int) -> Mesh:
    """The person in a phase of ``gait.human_gaits``.

    Standing they are exactly as tall as the table says, soles on z = 0, centred; the other phases follow.
    """
    scale, shift = _fit(person)
    return affine(_unfitted(person, phase), scale, shift)


@functools.lru_cache(maxsize=64)
def _fit(person: Person) -> tuple[Array, Array]:
    low, high = (corner.astype(np.float64) for corner in _unfitted(person, 0).bounds_m())
    scale = np.full(3, person.height_m / (high[2] - low[2]))
    return scale, -scale * np.array([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]])


def _unfitted(person: Person, phase: int) -> Mesh:
    frame = frame_of(person.height_m, person.female)
    return dressed(person, frame, standing_or_moving(frame, phase))


def dressed(person: Person, frame: Frame, skeleton: Skeleton, coarseness: float = 1.0) -> Mesh:
    """Body, clothes, head, hands, shoes and bag on any skeleton; coarseness multiplies the grids' cells."""
    builder = MeshBuilder()
    s, cell = frame.scale, frame.scale * coarseness
    add_surface(builder, [*_legs(person, frame, skeleton), *_trunk(person, frame, skeleton),
                          *_arms(person, frame, skeleton)], 0.0168 * cell)
    shapes, paint = _head(person, frame, skeleton)
    add_surface(builder, shapes, 0.0100 * coarseness * frame.head / 0.233, paint)
    for index, side in _SIDES:
        add_surface(builder, _hand(frame, skeleton, index, side), 0.0090 * cell)
        add_surface(builder, _shoe(frame, skeleton, index), 0.0125 * cell)
    _add_bag(builder, person, frame, skeleton)
    return builder.mesh()


def _at(point: Array) -> Point:
    return float(point[0]), float(point[1]), float(point[2])


def _cone(start: Array, end: Array, r0: float, r1: float, material: M, blend: float,
          flat: Point = (1.0, 1.0, 1.0), cut: bool = False) -> Cone:
    return Cone(_at(start), _at(end), r0, r1, material, blend, flat, cut)


def _trunk(person: Person, frame: Frame, sk: Skeleton) -> list[Cone]:
    s, g = frame.scale, person.girth
    cloth = _SLEEVE[person.top]
    up, forward, left = sk.up, sk.forward, sk.left
    length = float(np.sqrt(((sk.neck - sk.pelvis) ** 2).sum()))

    def at(height: float, ahead: float = 0.0, aside: float = 0.0) -> Array:
        return sk.pelvis + up * height * length + (forward * ahead + left * aside) * s

    def across(height: float, half: float, radius: float, ahead: float = 0.0, material: M = M.CLOTH_UPPER,
               blend: float = 0.07) -> Cone:
        r = (radius * g + cloth) * s
        return _cone(at(height, ahead, half * g), at(height, ahead, -half * g), r, r, material, blend * s)

    hips, waist, chest = (0.080, 0.050, 0.058) if person.female else (0.066, 0.060, 0.074)
    cones = [across(0.0, hips, 0.100, -0.005, M.CLOTH_LOWER)]
    if person.top != "shirt":  # worn over the trousers
        cones.append(across(0.07, hips, 0.100 + 0.006, -0.004))
    cones += [
        across(0.22, (hips + waist) / 2, 0.100, 0.002),
        across(0.42, waist, 0.098, 0.006),
        across(0.62, chest, 0.104, 0.004),
        across(0.77, chest * 1.02, 0.096, -0.002),
    ]
    if g > 1.06:
        cones.append(_cone(at(0.28, 0.05), at(0.42, 0.045), 0.10 * s * g, 0.095 * s * g, M.CLOTH_UPPER, 0.09 * s))
    for k, side in _SIDES:
        shoulder = sk.shoulders[k]
        cones.append(_cone(at(0.86, -0.008, 0.05 * side), shoulder - up * 0.012 * s, (0.080 + cloth * 0.7) * s,
                           (0.053 + cloth * 0.7) * s * g**0.5, M.CLOTH_UPPER, 0.04 * s))
        cones.append(_cone(at(1.05, -0.014, 0.012 * side), shoulder, (0.052 + cloth * 0.5) * s,
                           (0.036 + cloth * 0.7) * s, M.CLOTH_UPPER, 0.03 * s))
        if person.female and frame.height > 1.4:
            cones.append(_cone(at(0.66, 0.072, 0.062 * side), at(0.69, 0.06, 0.06 * side), 0.062 * s, 0.06 * s,
                               M.CLOTH_UPPER, 0.04 * s))
    if person.top in ("jacket", "coat", "uniform"):  # a collar
        cones.append(_cone(at(1.05, -0.012), at(1.10, -0.008), 0.066 * s, 0.060 * s, M.CLOTH_UPPER, 0.03 * s))
    if person.hair == "hood":
        cones.append(_cone(at(1.02, -0.075), at(0.94, -0.095), 0.060 * s, 0.055 * s, M.CLOTH_UPPER, 0.05 * s))
    return cones


def _legs(person: Person, frame: Frame, sk: Skeleton) -> list[Cone]:
    s, g = frame.scale, person.girth**0.7
    cones: list[Cone] = []
    bare = person.legs == "skirt"
    for k, _ in _SIDES:
        hip, knee, ankle = sk.hips[k], sk.knees[k], sk.ankles[k]
        back = np.cross(sk.left, unit(ankle - knee)) * s  # towards the calf
        shin = M.SKIN if person.legs != "trousers" else M.CLOTH_LOWER
        loose = 0.008 if person.legs == "trousers" else 0.0
        thigh = M.CLOTH_LOWER if person.legs != "skirt" else M.SKIN
        cones.append(_cone(hip, knee, (0.086 * g + loose) * s, (0.055 * g + loose) * s, thigh, 0.045 * s))
        cones.append(_cone(knee, ankle, (0.053 * g + loose) * s, (0.034 + loose * 2.4) * s, shin, 0.02 * s,
                           cut=shin == M.CLOTH_LOWER))
        calf = knee + (ankle - knee) * 0.30 - back * 0.014
        cones.append(_cone(calf, calf + (ankle - knee) * 0.16, (0.050 * g + loose) * s, (0.044 * g + loose) * s, shin,
                           0.03 * s))
        if person.legs == "shorts":
            end = hip + (knee - hip) * 0.82
            cones.append(_cone(hip, end, 0.096 * g * s, 0.086 * g * s, M.CLOTH_LOWER, 0.03 * s, cut=True))
        if bare:
            end = hip + (knee - hip) * 0.98
            cones.append(_cone(hip, end, 0.100 * g * s, 0.118 * g * s, M.CLOTH_LOWER, 0.09 * s, cut=True))
        if person.top == "coat":
            end = hip + (knee - hip) * 0.92
            cones.append(_cone(hip, end, 0.113 * g * s, 0.128 * g * s, M.CLOTH_UPPER, 0.10 * s, cut=True))
    return cones


def _arms(person: Person, frame: Frame, sk: Skeleton) -> list[Cone]:
    s, g = frame.scale, person.girth**0.6
    loose = _SLEEVE[person.top]
    short = person.top == "shirt"
    cones: list[Cone] = []
    for k, _ in _SIDES:
        shoulder, elbow, wrist = sk.shoulders[k], sk.elbows[k], sk.wrists[k]
        fore = M.SKIN if short else M.CLOTH_UPPER
        cones.append(_cone(shoulder, elbow, (0.052 * g + loose) * s, (0.037 * g + loose) * s,
                           M.SKIN if short else M.CLOTH_UPPER, 0.02 * s))
        if short:
            half = shoulder + (elbow - shoulder) * 0.62
            cones.append(_cone(shoulder, half, 0.058 * g * s, 0.060 * g * s, M.CLOTH_UPPER, 0.02 * s, cut=True))
        cuff = 0.027 + loose * 1.2
        cones.append(_cone(elbow, wrist, (0.037 * g + loose) * s, cuff * s, fore, 0.02 * s,
                           cut=not short))
    return cones


def _hand(frame: Frame, sk: Skeleton, index: int, side: float) -> list[Cone]:
    """Palm of two cones, two fingers' pairs and a thumb; the palm faces the body."""
    s = frame.scale
    wrist, along = sk.wrists[index], sk.hands[index]
    thumbward = unit(sk.forward - along * float((sk.forward * along).sum()))
    inward = -side * unit(np.cross(along, thumbward)) * side  # only its sign across the palm matters
    inward = inward if float((inward * sk.left).sum()) * side < 0 else -inward
    knuckles = wrist + along * 0.085 * s
    cones = [_cone(wrist - along * 0.02 * s, wrist + along * 0.02 * s, 0.027 * s, 0.026 * s, M.SKIN, 0.01 * s)]
    for offset in (-0.020, 0.0, 0.020):
        start = wrist + along * 0.03 * s + thumbward * offset * 0.8 * s
        bend = knuckles + thumbward * offset * s
        tip = bend + (along * 0.050 + inward * 0.022) * s
        end = tip + (along * 0.022 + inward * 0.024) * s
        cones += [_cone(start, bend, 0.020 * s, 0.0165 * s, M.SKIN, 0.018 * s),
                  _cone(bend, tip, 0.0145 * s, 0.0125 * s, M.SKIN, 0.004 * s),
                  _cone(tip, end, 0.0125 * s, 0.0105 * s, M.SKIN, 0.004 * s)]
    root = wrist + (along * 0.03 + thumbward * 0.024) * s
    cones.append(_cone(root, root + (along * 0.045 + thumbward * 0.018 + inward * 0.012) * s, 0.017 * s, 0.011 * s,
                       M.SKIN, 0.012 * s))
    return cones


def _shoe(frame: Frame, sk: Skeleton, index: int) -> list[Cone]:
    s = frame.scale
    ankle, sole = sk.ankles[index], unit(sk.soles[index])
    side = unit(np.cross(np.array([0.0, 0.0, 1.0]), sole))
    up = np.cross(sole, side)
    ground = ankle - up * frame.ankle

    def at(ahead: float, height: float, aside: float = 0.0) -> Array:
        return ground + (sole * ahead + up * height + side * aside) * s

    return [
        _cone(at(-0.005, 0.085), at(-0.012, 0.045), 0.044 * s, 0.046 * s, M.SHOE, 0.02 * s),
        _cone(at(-0.034, 0.032), at(0.07, 0.032), 0.032 * s, 0.032 * s, M.SHOE, 0.02 * s),
        _cone(at(0.02, 0.06), at(0.125, 0.038), 0.038 * s, 0.030 * s, M.SHOE, 0.03 * s),
        _cone(at(0.10, 0.030, 0.022), at(0.10, 0.030, -0.022), 0.030 * s, 0.030 * s, M.SHOE, 0.03 * s),
        _cone(at(0.165, 0.027, 0.010), at(0.165, 0.027, -0.014), 0.027 * s, 0.025 * s, M.SHOE, 0.04 * s),
    ]


def _head(person: Person, frame: Frame, sk: Skeleton) -> tuple[list[Cone], list[Cone]]:
    """Shape and paint of neck, head, face, hair and hat. Lengths below are for a head of 0.233 m."""
    k = frame.head / 0.233
    ahead = sk.face
    left = unit(np.cross(np.array([0.0, 0.0, 1.0]), ahead))
    up = np.cross(ahead, left)
    flat = (1.0, 0.88, 1.0)

    def at(x: float, y: float, z: float) -> Array:
        return sk.head + (ahead * x + left * y + up * z) * k

    def c(a: Point, b: Point, r0: float, r1: float, blend: float = 0.02, material: M = M.SKIN,
          squash: Point = (1.0, 1.0, 1.0)) -> Cone:
        return _cone(at(*a), at(*b), r0 * k, r1 * k, material, blend * k, squash)

    thick = 0.052 if person.female or frame.height < 1.4 else 0.058
    shapes = [
        _cone(sk.neck - sk.up * 0.03 * k, at(-0.018, 0, -0.03), thick * 1.1 * frame.scale, thick * k, M.SKIN, 0.02 * k),
        c((-0.028, 0, 0.030), (0.018, 0, 0.034), 0.088, 0.082, 0.03, squash=flat),
        c((0.030, 0, -0.005), (0.046, 0, -0.062), 0.066, 0.046, 0.03, squash=flat),
        c((0.068, 0, -0.092), (0.066, 0, -0.088), 0.024, 0.024, 0.03),
        c((0.060, 0.030, -0.020), (0.052, 0.036, -0.045), 0.026, 0.022, 0.02),
        c((0.060, -0.030, -0.020), (0.052, -0.036, -0.045), 0.026, 0.022, 0.02),
        c((0.082, 0.032, 0.026), (0.082, -0.032, 0.026), 0.017, 0.017, 0.012),
        c((0.092, 0, 0.010), (0.112, 0, -0.024), 0.011, 0.015, 0.010),
        c((0.083, 0.014, -0.056), (0.083, -0.014, -0.056), 0.0125, 0.0125, 0.008),
    ]
    for side in (1, -1):
        shapes.append(c((-0.008, 0.078 * side, 0.004), (0.0, 0.080 * side, -0.024), 0.022, 0.013, 0.006,
                        squash=(1.0, 0.5, 1.0)))
    paint = [c((0.093, 0.033 * side, 0.008), (0.093, 0.030 * side, 0.008), 0.0105, 0.0105, 0.0, M.HAIR)
             for side in (1, -1)]
    paint += [c((0.094, 0.020 * side, 0.032), (0.088, 0.044 * side, 0.031), 0.0075, 0.0065, 0.0, M.HAIR)
              for side in (1, -1)]
    shapes += _hair(person.hair, c)
    if person.hair == "full_helmet":
        paint = [c((0.125, 0.035, 0.02), (0.125, -0.035, 0.02), 0.055, 0.055, 0.0, M.CAR_GLASS, (1.0, 1.3, 0.75))]
    return shapes, paint


class _HeadCone(Protocol):
    """Makes a cone from points and radii in head axes."""

    def __call__(self, a: Point, b: Point, r0: float, r1: float, blend: float = ..., material: M = ...,
                 squash: Point = ...) -> Cone: ...


def _hair(style: Hair, c: _HeadCone) -> list[Cone]:
    """Hair, hat or helmet."""
    flat = (1.0, 0.90, 1.0)
    crown = [c((-0.040, 0, 0.040), (-0.002, 0, 0.058), 0.092, 0.082, 0.01, M.HAIR, flat),
             c((-0.052, 0, 0.0), (-0.048, 0, -0.035), 0.074, 0.055, 0.02, M.HAIR, flat)]
    if style == "bald":
        return [c((-0.050, 0, 0.005), (-0.050, 0, -0.02), 0.074, 0.060, 0.01, M.HAIR, flat)]
    if style == "short":
        return crown
    if style == "long":
        hang = [c((-0.045, 0.050 * side, 0.02), (-0.050, 0.058 * side, -0.155), 0.046, 0.032, 0.03, M.HAIR)
                for side in (1, -1)]
        return [*crown, *hang, c((-0.060, 0, 0.0), (-0.070, 0, -0.17), 0.060, 0.040, 0.04, M.HAIR)]
    if style == "bun":
        return [*crown, c((-0.125, 0, 0.075), (-0.130, 0, 0.080), 0.036, 0.036, 0.01, M.HAIR)]
    if style == "ponytail":
        return [*crown, c((-0.120, 0, 0.060), (-0.150, 0, 0.0), 0.026, 0.032, 0.015, M.HAIR),
                c((-0.150, 0, 0.0), (-0.125, 0, -0.125), 0.032, 0.012, 0.02, M.HAIR)]
    if style == "beanie":
        return [crown[1], c((-0.030, 0, 0.055), (-0.012, 0, 0.066), 0.094, 0.088, 0.01, M.CLOTH_LOWER, flat)]
    if style == "hood":
        return [*crown]
    if style == "cap":
        return [crown[1], c((-0.030, 0, 0.055), (0.0, 0, 0.062), 0.092, 0.084, 0.01, M.CLOTH_LOWER, flat),
                c((0.085, 0.022, 0.062), (0.085, -0.022, 0.062), 0.055, 0.055, 0.01, M.CLOTH_LOWER, (1.0, 1.0, 0.16))]
    if style == "police_cap":
        return [crown[1], c((-0.025, 0, 0.060), (-0.002, 0, 0.064), 0.090, 0.084, 0.0, M.CLOTH_LOWER, flat),
                c((-0.01, 0, 0.112), (0.0, 0, 0.116), 0.122, 0.122, 0.02, M.CLOTH_LOWER, (1.0, 0.95, 0.25)),
                c((0.075, 0.022, 0.062), (0.075, -0.022, 0.060), 0.050, 0.050, 0.0, M.SHOE, (1.0, 1.0, 0.2))]
    if style == "cycle_helmet":
        return [crown[1], c((-0.050, 0, 0.062), (0.030, 0, 0.070), 0.100, 0.086, 0.02, M.BLACK_TRIM, flat)]
    if style == "open_helmet":
        return [c((-0.025, 0, 0.040), (0.0, 0, 0.050), 0.118, 0.112, 0.02, M.CAR_PAINT, flat)]
    return [c((-0.010, 0, 0.035), (0.005, 0, 0.035), 0.128, 0.122, 0.02, M.CAR_PAINT, flat),   # full_helmet
            c((0.040, 0, -0.050), (0.055, 0, -0.055), 0.085, 0.075, 0.03, M.CAR_PAINT, flat)]


def _add_bag(builder: MeshBuilder, person: Person, frame: Frame, sk: Skeleton) -> None:
    s = frame.scale
    axes = np.stack([sk.forward, sk.left, sk.up], axis=1)
    if person.bag == "backpack":
        centre = sk.neck - sk.up * 0.20 * s - sk.forward * (0.185 + 0.05 * (person.girth - 1.0)) * s
        builder.box(centre, np.array([0.075, 0.135, 0.20]) * s, M.SHOE, rotation=axes, radius=0.05 * s)
        builder.box(centre - (sk.forward * 0.085 + sk.up * 0.06) * s, np.array([0.03, 0.10, 0.09]) * s, M.SHOE,
                    rotation=axes, radius=0.025 * s)
        for side in (1.0, -1.0):
            top = sk.neck + (sk.left * 0.085 * side + sk.up * 0.045) * s
            front = sk.neck + (sk.left * 0.105 * side + sk.forward * 0.118 - sk.up * 0.12) * s
            under = sk.neck + (sk.left * 0.150 * side + sk.forward * 0.02 - sk.up * 0.30) * s
            builder.tube([centre + (sk.up * 0.15 + sk.left * 0.08 * side) * s, top, front, under],
                         0.017 * s, M.SHOE, sides=6)
    elif person.bag == "shoulder_bag":
        hip = sk.hips[1] - sk.left * 0.145 * person.girth * s + sk.up * 0.02 * s
        builder.box(hip, np.array([0.14, 0.045, 0.105]) * s, M.SHOE, rotation=axes, radius=0.03 * s)
        builder.tube([hip + (sk.up * 0.10 - sk.forward * 0.05) * s, sk.neck + (sk.left * 0.06 - sk.forward * 0.09) * s,
                      sk.neck + (sk.left * 0.085 + sk.up * 0.055) * s,
                      sk.neck + (sk.left * 0.05 + sk.forward * 0.125 - sk.up * 0.10) * s,
                      sk.neck + (sk.forward * 0.155 - sk.up * 0.28 - sk.left * 0.06) * s,
                      hip + (sk.up * 0.10 + sk.forward * 0.06) * s], 0.012 * s, M.SHOE, sides=6)
    elif person.bag in ("handbag", "shopping"):
        big = person.bag == "shopping"
        grip = sk.wrists[0] + sk.hands[0] * 0.09 * s
        half = np.array([0.17, 0.055, 0.17] if big else [0.13, 0.05, 0.085]) * s
        centre = grip - np.array([0.0, 0.0, (0.10 if big else 0.08) * s + half[2]])
        builder.box(centre, half, M.CLOTH_LOWER if big else M.SHOE, radius=0.03 * s)
        for ahead in (0.06, -0.06):
            builder.tube([grip, centre + np.array([ahead * s, 0.0, half[2]])], 0.007 * s, M.SHOE, sides=6)
