"""The goose on foot: a Canada goose with its dark neck and white cheek, and the downy gosling that follows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.gait import STANDING_BELOW_MPS, Gait, pose_of, step
from simgen.localsim.bodies.implicit import Cone, Point, add_surface, both_sides
from simgen.localsim.bodies.skeleton import two_bones
from simgen.localsim.mesh import Material as M
from simgen.localsim.mesh import Mesh

Size = tuple[float, float, float]

_HIP = (0.005, 0.068, 0.245)
_THIGH_M, _SHANK_M = 0.125, 0.150
_CELL_M = 0.0125


def _c(start: Point, end: Point, r0: float, r1: float, blend: float, material: M = M.FUR,
       flat: Point = (1.0, 1.0, 1.0)) -> Cone:
    return Cone(start, end, r0, r1, material, blend, flat)


_BODY = (
    _c((0.13, 0.0, 0.335), (-0.10, 0.0, 0.335), 0.122, 0.130, 0.05, flat=(1.0, 0.98, 0.95)),
    _c((-0.10, 0.0, 0.340), (-0.27, 0.0, 0.355), 0.122, 0.062, 0.05, flat=(1.0, 1.0, 0.85)),
    _c((-0.27, 0.0, 0.365), (-0.40, 0.0, 0.375), 0.040, 0.022, 0.03, M.HAIR, (1.0, 1.7, 0.6)),      # tail
    *both_sides((
        _c((0.14, 0.105, 0.375), (-0.10, 0.118, 0.385), 0.062, 0.072, 0.02, flat=(1.0, 0.62, 1.0)),  # folded wing
        _c((-0.10, 0.110, 0.385), (-0.36, 0.030, 0.400), 0.068, 0.016, 0.02, flat=(1.0, 0.55, 0.8)),
    )),
)
_PALE = (
    _c((0.18, 0.0, 0.255), (-0.20, 0.0, 0.245), 0.105, 0.085, 0.0, M.FUR_LIGHT, (1.0, 1.0, 0.62)),
    _c((0.245, 0.0, 0.37), (0.215, 0.0, 0.30), 0.070, 0.085, 0.0, M.FUR_LIGHT),
    _c((-0.25, 0.0, 0.320), (-0.36, 0.0, 0.345), 0.045, 0.030, 0.0, M.FUR_LIGHT, (1.0, 1.6, 0.7)),
)
_NECK = ((0.165, 0.0, 0.385), (0.245, 0.0, 0.455), (0.262, 0.0, 0.535), (0.285, 0.0, 0.600))
_NECK_R = (0.066, 0.043, 0.034, 0.033)
_HEAD = (
    _c((0.285, 0.0, 0.606), (0.322, 0.0, 0.602), 0.0385, 0.033, 0.02, M.HAIR, (1.0, 0.92, 1.0)),
    _c((0.345, 0.0, 0.596), (0.405, 0.0, 0.582), 0.0195, 0.0115, 0.012, M.HAIR, (1.0, 1.0, 0.75)),
)
_CHEEK = both_sides((_c((0.294, 0.034, 0.612), (0.312, 0.016, 0.570), 0.0185, 0.020, 0.0, M.FUR_LIGHT),))
_EYE = (0.328, 0.0255, 0.617, 0.0062)

_WALK = Gait("walk", 0.27, 0.62, (0.0, 0.5), 0.045, STANDING_BELOW_MPS)
_RUN = Gait("run", 0.46, 0.45, (0.0, 0.5), 0.070, 1.1, bob_m=0.012)


@dataclass(frozen=True, slots=True)
class Goose:
    """A goose that fills size_m; gosling: a smaller one, all down, with a short neck."""

    size_m: Size = (0.85, 0.35, 0.65)
    gosling: bool = False

    def gaits(self) -> tuple[Gait, ...]:
        """Walk and run, as described (that is, as long as the grown bird's)."""
        return _WALK, _RUN

    def mesh(self, phase: int) -> Mesh:
        """The bird in a phase, in the grown goose's size."""
        moment = pose_of(phase, self.gaits())
        gait, cycle = (None, 0.0) if moment is None else moment
        beat = 0.0 if gait is None else math.cos(4.0 * math.pi * cycle)
        roll = 0.0 if gait is None else 0.016 * math.sin(2.0 * math.pi * (cycle - 0.06))     # it waddles
        rise = 0.0 if gait is None else -0.012 - gait.bob_m * beat
        nod = 0.014 * beat
        builder = MeshBuilder()
        moved = [_shifted(c, 0.0, roll, rise) for c in self._trunk()]
        moved += [_shifted(c, nod * share, roll * (1.0 + share), rise) for c, share in self._neck_and_head()]
        moved += [c for index in (0, 1) for c in _leg(gait, index, cycle, roll, rise)]
        paint = [] if self.gosling else [
            *(_shifted(c, 0.0, roll, rise) for c in _PALE), *(_shifted(c, nod, 2.0 * roll, rise) for c in _CHEEK)]
        add_surface(builder, moved, _CELL_M, paint)
        x, y, z, radius = _EYE
        for side in (1.0, -1.0):
            eye = (x + nod - (0.05 if self.gosling else 0.0), side * y * (1.85 if self.gosling else 1.0) + 2.0 * roll,
                   z + rise - (0.085 if self.gosling else 0.0))
            builder.ball(eye, radius * (1.5 if self.gosling else 1.0), M.EYE)
        return builder.mesh()

    def _trunk(self) -> tuple[Cone, ...]:
        if not self.gosling:
            return _BODY
        return tuple(replace(c, material=M.FUR) for c in _BODY[:2])

    def _neck_and_head(self) -> list[tuple[Cone, float]]:
        """Cones, and how far each goes with the nod of the head."""
        if self.gosling:
            return [(_c((0.15, 0.0, 0.38), (0.235, 0.0, 0.505), 0.075, 0.050, 0.05), 0.5),
                    (_c((0.235, 0.0, 0.520), (0.270, 0.0, 0.516), 0.057, 0.048, 0.03), 1.0),
                    (_c((0.305, 0.0, 0.508), (0.352, 0.0, 0.498), 0.024, 0.014, 0.012, M.HAIR, (1.0, 1.0, 0.8)), 1.0)]
        neck = [(_c(a, b, r0, r1, 0.8 * r0, M.HAIR), (k + 1) / 3.0) for k, (a, b, r0, r1) in enumerate(
            zip(_NECK[:-1], _NECK[1:], _NECK_R[:-1], _NECK_R[1:], strict=True))]
        return [*neck, *((c, 1.0) for c in _HEAD)]


def _shifted(cone: Cone, ahead: float, aside: float, up: float) -> Cone:
    start, end = ((p[0] + ahead, p[1] + aside, p[2] + up) for p in (cone.start, cone.end))
    return replace(cone, start=start, end=end)


def _leg(gait: Gait | None, index: int, cycle: float, roll: float, rise: float) -> list[Cone]:
    """Thigh in the feathers, shank that bends backwards, and a webbed foot that hangs while it swings."""
    side = 1.0 if index == 0 else -1.0
    hip = np.array([_HIP[0], side * _HIP[1] + roll, _HIP[2] + rise])
    foot, hang = np.array([-0.015, side * _HIP[1], 0.012]), 0.0
    if gait is not None:
        at = step(gait, index, cycle)
        foot = foot + np.array([at.offset_m, 0.0, at.height_m])
        hang = 0.9 * math.sin(math.pi * at.progress) if not at.stance else 0.0
    ankle, foot = two_bones(hip, foot, _THIGH_M, _SHANK_M, np.array([-1.0, 0.0, 0.0]))
    toe = foot + 0.075 * np.array([math.cos(hang), 0.0, -math.sin(hang)])
    toe[2] = max(float(toe[2]), 0.010)
    return [
        _c(_point(hip), _point(ankle), 0.060, 0.021, 0.03),
        _c(_point(ankle), _point(foot), 0.0145, 0.0125, 0.006, M.HAIR),
        _c(_point(foot), _point(toe), 0.0130, 0.0330, 0.004, M.HAIR, (1.0, 1.0, 0.34)),
    ]


def _point(p: Array) -> Point:
    return float(p[0]), float(p[1]), float(p[2])
