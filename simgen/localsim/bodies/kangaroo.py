"""The kangaroo: upright on two long feet and a tail; it creeps slowly and hops fast, both feet together.

A hop is ballistic: the hips rise by ``bob_m`` of the gait while the feet are off the ground. The trunk lies forward
by as much as the speed asks, the head stays level, and the tail balances both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.anatomy import cone, ear, head, light
from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.gait import STANDING_BELOW_MPS, Gait, pose_of, step
from simgen.localsim.bodies.implicit import Cone, Point, add_layers, add_surface, both_sides
from simgen.localsim.bodies.skeleton import two_bones
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]

_HIP = np.array([-0.05, 0.60])             # (x, z) standing
_NECK, _POLL = (0.145, 1.15), (0.205, 1.40)
_THIGH_M, _SHIN_M, _FOOT_M = 0.36, 0.50, 0.40
_FOOT_Y_M = 0.135
_TOE_X_M = 0.26                            # where the toes stand
_CELL_M = 0.0240

# Trunk and neck as they stand, mesh axes; all turn about the hip.
_TRUNK = (
    cone((-0.115, 0.0, 0.52), (-0.03, 0.0, 0.70), 0.200, 0.190, 0.05, flat=(1.0, 0.88, 1.0)),
    cone((-0.03, 0.0, 0.70), (0.075, 0.0, 0.94), 0.180, 0.130, 0.08, flat=(1.0, 0.90, 1.0)),
    cone((0.075, 0.0, 0.94), (0.135, 0.0, 1.13), 0.130, 0.095, 0.06),
    cone((0.135, 0.0, 1.13), (0.200, 0.0, 1.38), 0.082, 0.056, 0.05),
)
_BELLY = (light((0.14, 0.0, 0.66), (0.20, 0.0, 0.95), 0.125, 0.085),
          light((0.20, 0.0, 0.95), (0.23, 0.0, 1.16), 0.08, 0.05))
_TAIL = ((-0.24, 0.47, 0.125), (-0.43, 0.25, 0.090), (-0.70, 0.095, 0.062), (-0.95, 0.05, 0.046), (-1.14, 0.045, 0.034))
# In head axes: origin at the poll, x along the muzzle.
_HEAD = (*head(0.255, 0.072, 0.036, 0.008),
         *both_sides((*ear((-0.03, 0.040, 0.05), (-0.075, 0.085, 0.255), 0.036),)))
_MUZZLE = (Cone((0.16, 0.0, -0.06), (0.23, 0.0, -0.05), 0.040, 0.030, M.FUR_LIGHT, 0.0),
           Cone((0.22, 0.0, 0.0), (0.25, 0.0, -0.01), 0.034, 0.034, M.HAIR, 0.0))
_EYE = (0.085, 0.055, 0.022, 0.0145)

_CREEP = Gait("creep", 0.90, 0.60, (0.0, 0.0), 0.10, STANDING_BELOW_MPS, bob_m=0.04)
# 5.5-7 m/s at 2.1-2.3 hops a second, two thirds of the time in the air.
_HOP = Gait("hop", 2.60, 0.34, (0.0, 0.0), 0.22, 2.2, bob_m=0.38)


@dataclass(frozen=True, slots=True)
class Stance:
    """How it holds itself: the trunk's lean, where hip, toes and heel are (x, z), and how far the tail is raised."""

    lean_rad: float
    hip: Array
    toe: Array
    heel: Array
    tail_rad: float
    reach_rad: float       # of the arms, forward


def stance(phase: int) -> Stance:
    """The kangaroo in a phase: 0 upright, 1-8 creeping, 9-16 hopping."""
    moment = pose_of(phase, (_CREEP, _HOP))
    if moment is None:
        toe = np.array([_TOE_X_M, 0.0])
        return Stance(0.0, _HIP, toe, toe - [_FOOT_M, -0.035], 0.0, 0.0)
    gait, cycle = moment
    at = step(gait, 0, cycle)
    hop = gait.name == "hop"
    if at.stance:
        rise = -(0.14 if hop else 0.05) * math.sin(math.pi * at.progress)
        heel_up = 0.05 + (1.25 if hop else 0.5) * max(0.0, (at.progress - 0.35) / 0.65) ** 1.6
        height = 0.0
    else:
        u = at.progress
        rise = gait.bob_m * 4.0 * u * (1.0 - u)
        heel_up = (1.30 if hop else 0.55) * (1.0 - u) ** 1.2 - (0.35 if hop else 0.1) * math.sin(math.pi * u) ** 2 * u
        height = at.height_m + 0.75 * rise
    lean = 0.80 if hop else 0.62
    hip = np.array([_HIP[0] - 0.10, (0.64 if hop else 0.52) + rise])
    toe = np.array([hip[0] + 0.14 + at.offset_m, height])
    heel = toe + _FOOT_M * np.array([-math.cos(heel_up), math.sin(heel_up)]) + [0.0, 0.035]
    beat = math.cos(2.0 * math.pi * (cycle - gait.duty / 2.0))
    tail = (0.30 + 0.22 * beat) if hop else 0.02
    return Stance(lean, hip, toe, heel, tail, 0.5 if hop else 0.1)


@dataclass(frozen=True, slots=True)
class Kangaroo:
    """A grown one; see ``creature.Creature``."""

    size_m: Size = (1.60, 0.50, 1.70)

    def gaits(self) -> tuple[Gait, ...]:
        """Creep and hop."""
        return _CREEP, _HOP

    def mesh(self, phase: int) -> Mesh:
        """The kangaroo in a phase, as described."""
        at = stance(phase)
        builder = MeshBuilder()
        coat = [*(_on_trunk(at, c) for c in _TRUNK), *_tail(at), *_limbs(at)]
        coat += [_on_head(at, c) for c in _HEAD if c.material != M.HAIR]
        paint = [*(_on_trunk(at, c) for c in _BELLY), *(_on_head(at, c) for c in _MUZZLE)]
        add_surface(builder, coat, _CELL_M, paint)
        add_layers(builder, [*(_on_head(at, c) for c in _HEAD if c.material == M.HAIR), *_claws(at)], _CELL_M * 0.7)
        x, y, z, radius = _EYE
        for side in (1.0, -1.0):
            builder.ball(_head_point(at, (x, side * y, z)), radius, M.EYE)
        return builder.mesh()


def _rotated(vector: Array, angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def _trunk_point(at: Stance, xz: tuple[float, float]) -> Array:
    return at.hip + _rotated(np.array(xz) - _HIP, -at.lean_rad)


def _on_trunk(at: Stance, c: Cone) -> Cone:
    return _moved(c, _trunk_point(at, (c.start[0], c.start[2])), _trunk_point(at, (c.end[0], c.end[2])))


def _moved(c: Cone, start: Array, end: Array) -> Cone:
    return Cone((float(start[0]), c.start[1], float(start[1])), (float(end[0]), c.end[1], float(end[1])),
                c.r0, c.r1, c.material, c.blend, c.flat)


def _head_point(at: Stance, point: Point) -> Point:
    # The neck bends back by half of the trunk's lean, and the head by the rest: it looks ahead.
    neck = _trunk_point(at, _NECK)
    poll = neck + _rotated(np.array(_POLL) - np.array(_NECK), -0.45 * at.lean_rad)
    x, z = poll + _rotated(np.array([point[0], point[2]]), -0.30)
    return float(x), point[1], float(z)


def _on_head(at: Stance, c: Cone) -> Cone:
    start, end = _head_point(at, c.start), _head_point(at, c.end)
    return Cone(start, end, c.r0, c.r1, c.material, c.blend, c.flat)


def _tail(at: Stance) -> list[Cone]:
    root = np.array(_TAIL[0][:2])
    base = _trunk_point(at, _TAIL[0][:2])
    # Raised tails bend upwards all along.
    points = [base + _rotated(np.array(p[:2]) - root, -at.tail_rad - 0.25 * at.lean_rad * (k > 0))
              for k, p in enumerate(_TAIL)]
    low = max(0.0, *(radius - float(p[1]) for p, (_, _, radius) in zip(points, _TAIL, strict=True)))
    if low > 0.0:       # it rests on the ground
        points = [p + np.array([0.0, low * k / (len(points) - 1)]) for k, p in enumerate(points)]
        points = [np.array([p[0], max(float(p[1]), r)]) for p, (_, _, r) in zip(points, _TAIL, strict=True)]
    return [Cone((float(a[0]), 0.0, float(a[1])), (float(b[0]), 0.0, float(b[1])), r0, r1, M.FUR, 0.5 * r0)
            for a, b, (_, _, r0), (_, _, r1) in zip(points[:-1], points[1:], _TAIL[:-1], _TAIL[1:], strict=True)]


def _limbs(at: Stance) -> list[Cone]:
    hip = np.array([at.hip[0] + 0.03, 0.0, at.hip[1] + 0.0])
    heel = np.array([at.heel[0], 0.0, at.heel[1]])
    knee, heel = two_bones(hip, heel, _THIGH_M, _SHIN_M, np.array([1.0, 0.0, 0.35]))
    toe = np.array([at.toe[0], 0.0, at.toe[1] + 0.030])
    y = np.array([0.0, _FOOT_Y_M, 0.0])

    def between(a: Array, b: Array, r0: float, r1: float, blend: float, flat: Point = (1.0, 1.0, 1.0)) -> Cone:
        return Cone(_point(a), _point(b), r0, r1, M.FUR, blend, flat)

    leg = [
        between(hip + 0.95 * y, knee + y, 0.165, 0.085, 0.08, (1.0, 0.62, 1.0)),
        between(knee + y, heel + y, 0.080, 0.036, 0.04),
        between(heel + y, toe + y, 0.038, 0.028, 0.02, (1.0, 0.9, 1.0)),
    ]
    shoulder = _trunk_point(at, (0.145, 1.07))
    elbow = shoulder + _rotated(np.array([-0.01, -0.19]), at.reach_rad * 0.6)
    wrist = elbow + _rotated(np.array([0.135, -0.085]), at.reach_rad * 0.5 - 0.35 * at.lean_rad)
    arm = [
        between(np.array([shoulder[0], 0.075, shoulder[1]]), np.array([elbow[0], 0.125, elbow[1]]), 0.055, 0.036, 0.03),
        between(np.array([elbow[0], 0.125, elbow[1]]), np.array([wrist[0], 0.10, wrist[1]]), 0.035, 0.024, 0.02),
        between(np.array([wrist[0], 0.10, wrist[1]]), np.array([wrist[0] + 0.03, 0.095, wrist[1] - 0.05]),
                0.026, 0.018, 0.02),
    ]
    return both_sides([*leg, *arm])


def _claws(at: Stance) -> list[Cone]:
    toe = (float(at.toe[0]), _FOOT_Y_M, float(at.toe[1]) + 0.022)
    tip = (toe[0] + 0.045, _FOOT_Y_M, toe[2] - 0.006)
    return both_sides([Cone(toe, tip, 0.022, 0.014, M.HAIR, 0.0)])


def _point(p: Array) -> Point:
    return float(p[0]), float(p[1]), float(p[2])
