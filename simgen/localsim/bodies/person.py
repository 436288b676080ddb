"""A dressed person on a skeleton: cones for body and clothes, finer cones for head, hands and shoes."""

from __future__ import annotations

import functools

import numpy as np

from simgen.localsim.bodies.bag import add_bag
from simgen.localsim.bodies.builder import Array, MeshBuilder, affine, unit
from simgen.localsim.bodies.head import add_head
from simgen.localsim.bodies.implicit import Cone, Point, add_layers, add_surface
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.skeleton import Frame, Skeleton, frame_of, standing_or_moving
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

_SLEEVE = {"shirt": 0.004, "jumper": 0.009, "jacket": 0.015, "coat": 0.014, "uniform": 0.010}
# Of the upper clothes' triangles, see ``mesh.Material``.
_CUT: dict[str, dict[M, float]] = {"jacket": {M.CLOTH_UPPER: 1.0}, "coat": {M.CLOTH_UPPER: 2.0},
                                   "uniform": {M.CLOTH_UPPER: 2.0}, "jumper": {M.CLOTH_UPPER: 3.0}}
_SIDES = ((0, 1.0), (1, -1.0))


def walker(person: Person, phase: int, height_m: float) -> Mesh:
    """The person in a phase of ``gait.human_gaits``.

    Standing they are exactly height_m tall, soles on z = 0, centred; the other phases follow.
    """
    scale, shift = _fit(person)
    resized = height_m / person.height_m
    return affine(_unfitted(person, phase), scale * resized, shift * resized)


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
    cell = frame.scale * coarseness
    add_layers(builder, [*_legs(person, frame, skeleton), *_trunk(person, frame, skeleton),
                         *_arms(person, frame, skeleton)], 0.0255 * cell, parameters=_CUT.get(person.top, {}))
    add_head(builder, person, frame, skeleton, coarseness)
    for index, side in _SIDES:
        add_surface(builder, _hand(frame, skeleton, index, side), 0.0125 * cell)
        add_surface(builder, _shoe(frame, skeleton, index), 0.0165 * cell)
    add_bag(builder, person, frame, skeleton, _SLEEVE[person.top])
    return builder.mesh()


def bust(person: Person, frame: Frame, skeleton: Skeleton, coarseness: float, head_coarseness: float) -> Mesh:
    """What one sees of somebody who sits behind a window: all down to the knees."""
    builder = MeshBuilder()
    thighs = [_cone(hip, knee, 0.088 * frame.scale, 0.066 * frame.scale, M.CLOTH_LOWER, 0.045 * frame.scale)
              for hip, knee in zip(skeleton.hips, skeleton.knees, strict=True)]
    add_layers(builder, [*thighs, *_trunk(person, frame, skeleton), *_arms(person, frame, skeleton)],
               0.0255 * frame.scale * coarseness)
    add_head(builder, person, frame, skeleton, head_coarseness)
    for index, side in _SIDES:
        add_surface(builder, _hand(frame, skeleton, index, side), 0.0125 * frame.scale * coarseness)
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
    cones = [across(0.0, hips, 0.100, -0.005, M.CLOTH_UPPER if person.top == "coat" else M.CLOTH_LOWER)]
    # Worn over the trousers; a shirt a hand less far down.
    cones.append(across(0.07 if person.top != "shirt" else 0.115, hips, 0.100 + 0.006, -0.004))
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
    skirt, coat, trousers = person.legs == "skirt", person.top == "coat", person.legs == "trousers"
    leg, loose = (M.CLOTH_LOWER, 0.008) if trousers else (M.SKIN, 0.0)
    for k, _ in _SIDES:
        hip, knee, ankle = sk.hips[k], sk.knees[k], sk.ankles[k]
        back = np.cross(sk.left, unit(ankle - knee)) * s  # towards the calf
        hidden = 0.55 if skirt or coat else 0.0
        cones.append(_cone(hip + (knee - hip) * hidden, knee, (0.086 * g + loose - 0.031 * hidden) * s,
                           (0.055 * g + loose) * s, leg, 0.045 * s))
        cones.append(_cone(knee, ankle, (0.053 * g + loose) * s, (0.034 + loose * 2.4) * s, leg, 0.02 * s,
                           cut=trousers))
        calf = knee + (ankle - knee) * 0.30 - back * 0.014
        cones.append(_cone(calf, calf + (ankle - knee) * 0.16, (0.050 * g + loose) * s, (0.044 * g + loose) * s, leg,
                           0.03 * s))
        if person.legs == "shorts":
            end = hip + (knee - hip) * 0.82
            cones.append(_cone(hip, end, 0.096 * g * s, 0.086 * g * s, M.CLOTH_LOWER, 0.03 * s, cut=True))
        if skirt:
            end = hip + (knee - hip) * 0.98
            cones.append(_cone(hip, end, 0.100 * g * s, 0.118 * g * s, M.CLOTH_LOWER, 0.09 * s, cut=True))
        if coat:
            end = hip + (knee - hip) * 0.92
            cones.append(_cone(hip, end, 0.113 * g * s, 0.128 * g * s, M.CLOTH_UPPER, 0.10 * s, cut=True))
    for worn, radius, material in ((skirt, 0.100, M.CLOTH_LOWER), (coat, 0.118, M.CLOTH_UPPER)):
        if worn:
            low = sk.pelvis - sk.up * 0.14 * s
            cones.append(_cone(sk.pelvis, low, radius * g * s, radius * g * s, material, 0.08 * s))
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
