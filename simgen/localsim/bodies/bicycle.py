"""Bicycles with a pedalling rider. The box holds both, as CARLA's does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.gait import POSES_PER_GAIT, STANDING_BELOW_MPS, Gait
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.rider import Seat, add_rider
from simgen.localsim.bodies.wheel import add_thin_wheel
from simgen.localsim.mesh import Material as M

Size = tuple[float, float, float]

_TYRE_M = 0.036
_GUARD_M = 0.045      # mudguards stand out beyond the tyres by so much
_CRANK_M, _CRANK_AT_REST_RAD = 0.166, 1.2       # the left crank at rest, from ahead upwards
_PEDAL_Y_M = 0.13
# Five metres of way a turn of the cranks, as in a middle gear: two and a half turns of the wheels.
PEDALLING = Gait("pedal", 5.0, 0.5, (0.0, 0.5), 0.0, STANDING_BELOW_MPS)


@dataclass(frozen=True, slots=True)
class Bicycle:
    """A bicycle and how its rider sits.

    lean_rad:       of the rider, forward.
    saddle, grips:  heights, shares of the box's.
    low_frame:      a frame to step through, and a handlebar that reaches back.
    """

    lean_rad: float
    saddle: float
    grips: float
    low_frame: bool
    guards: bool
    rider: Person


CITY_BIKE = Bicycle(0.10, 0.475, 0.60, low_frame=True, guards=True,
                    rider=Person(1.70, True, 0.95, "jumper", "trousers", "long"))
CROSS_BIKE = Bicycle(0.40, 0.49, 0.585, low_frame=False, guards=False,
                     rider=Person(1.70, False, 0.92, "shirt", "shorts", "cycle_helmet"))
RACE_BIKE = Bicycle(0.72, 0.515, 0.55, low_frame=False, guards=False,
                    rider=Person(1.70, False, 0.90, "jumper", "shorts", "cycle_helmet"))


@dataclass(frozen=True, slots=True)
class _Geometry:
    """The frame's joints, (3,) each in the plane y = 0, and the wheels."""

    radius: float
    rear_x: float
    front_x: float
    bottom: Array      # bracket
    saddle: Array
    seat_top: Array    # of the seat tube
    head_low: Array
    head_top: Array
    stem: Array
    grip_x: float


def add_bicycle(builder: MeshBuilder, bike: Bicycle, size_lwh_m: Size, phase: int) -> None:
    """Append a bicycle and its rider that fill a box, but for the last centimetre.

    phase: 0 at rest, then eighths of a turn of the cranks.
    """
    forward = 2.0 * math.pi * (phase - 1) / POSES_PER_GAIT if phase else 0.0
    turned = _CRANK_AT_REST_RAD - forward
    crank = _CRANK_M * np.array([math.cos(turned), 0.0, math.sin(turned)])
    length, width, height = size_lwh_m
    g = _geometry(bike, length, height)
    half = width / 2.0
    _add_frame(builder, bike, g)
    for x in (g.rear_x, g.front_x):
        add_thin_wheel(builder, (x, 0.0, g.radius), g.radius, _TYRE_M, 18, turn_rad=2.5 * forward)
    sx, _, sz = g.stem
    bar = [(sx, 0.0, sz), (sx + 0.02, 0.5 * half, sz), (g.grip_x, half - 0.005, sz)]
    builder.tube([*((x, -y, z) for x, y, z in bar[::-1]), *bar[1:]], 0.013, M.BLACK_TRIM, sides=8)
    builder.box(g.saddle, (0.13, 0.075, 0.03), M.BLACK_TRIM, radius=0.028)
    _add_cranks(builder, g, crank)
    if bike.guards:
        _add_guards(builder, g)
    builder.box((g.front_x - 0.04, 0.0, 2.0 * g.radius + 0.12), (0.03, 0.03, 0.03), M.HEADLAMP, radius=0.012)
    builder.box((g.rear_x - 0.10, 0.0, 2.0 * g.radius + 0.03), (0.015, 0.035, 0.022), M.TAILLAMP, radius=0.012)
    ankles = [g.bottom + side * crank + np.array([-0.09, _PEDAL_Y_M * side, 0.105]) for side in (1.0, -1.0)]
    left, right = ((float(x), float(y), float(z)) for x, y, z in ankles)
    pelvis = (float(g.saddle[0]) + 0.02, 0.0, float(g.saddle[2]) + 0.085)
    grip = (g.grip_x + 0.01, half - 0.06, float(sz))
    add_rider(builder, bike.rider, Seat(pelvis, bike.lean_rad, grip, (left, right)), height)


def _geometry(bike: Bicycle, length: float, height: float) -> _Geometry:
    guard = _GUARD_M if bike.guards else 0.0
    radius = min(0.345, 0.21 * length) - guard
    rear, front = -length / 2 + radius + guard, length / 2 - radius - guard
    bottom = np.array([rear + 0.47 * (front - rear), 0.0, 0.88 * radius])
    saddle = np.array([bottom[0] - 0.17, 0.0, bike.saddle * height])
    grips = bike.grips * height
    head_low = np.array([front - 0.085, 0.0, 2.0 * radius + 0.04])
    head_top = np.array([front - 0.15, 0.0, min(grips - 0.04, head_low[2] + 0.22)])
    return _Geometry(
        radius, rear, front, bottom, saddle, seat_top=bottom + 0.78 * (saddle - bottom), head_low=head_low,
        head_top=head_top, stem=np.array([head_top[0] - 0.01, 0.0, grips]),
        grip_x=front - (0.26 if bike.low_frame else 0.10),
    )


def _add_frame(builder: MeshBuilder, bike: Bicycle, g: _Geometry) -> None:
    top_tube = g.bottom + 0.30 * (g.saddle - g.bottom) if bike.low_frame else g.seat_top
    for start, end, radius in ((g.bottom, g.seat_top, 0.018), (g.bottom, g.head_low, 0.021),
                               (top_tube, g.head_top, 0.018), (g.head_low, g.head_top, 0.0225)):
        builder.tube([start, end], radius, M.CAR_PAINT, sides=8)
    builder.tube([g.seat_top, g.saddle], 0.013, M.METAL, sides=6)
    builder.tube([g.head_top, g.stem], 0.013, M.METAL, sides=6)
    for y in (0.045, -0.045):
        aside = np.array([0.0, y, 0.0])
        rear, front = np.array([g.rear_x, y, g.radius]), np.array([g.front_x, y, g.radius])
        builder.tube([g.bottom + 0.6 * aside, rear], 0.011, M.CAR_PAINT, sides=6)
        builder.tube([g.seat_top + 0.5 * aside, rear], 0.011, M.CAR_PAINT, sides=6)
        builder.tube([g.head_low + aside, front], 0.013, M.CAR_PAINT, sides=6)


def _add_cranks(builder: MeshBuilder, g: _Geometry, crank: Array) -> None:
    for side in (1.0, -1.0):
        aside = np.array([0.0, side, 0.0])
        pedal = g.bottom + side * crank + _PEDAL_Y_M * aside
        builder.tube([g.bottom + 0.07 * aside, pedal - 0.06 * aside], 0.011, M.METAL, sides=6)
        builder.box(pedal, (0.045, 0.05, 0.012), M.BLACK_TRIM)
    x, y, z = g.bottom
    ring = [(0.0, -0.004), (0.095, -0.004), (0.095, 0.004), (0.0, 0.004)]
    builder.lathe(ring, (x, y - 0.055, z), M.METAL, segments=24)


def _add_guards(builder: MeshBuilder, g: _Geometry) -> None:
    """Mudguards over both wheels, and a carrier."""
    for x, first, last in ((g.rear_x, 0.9, 3.3), (g.front_x, 0.5, 2.6)):
        angle = np.linspace(first, last, 14)
        arc = np.stack([np.cos(angle), np.zeros(14), np.sin(angle)], axis=1) * (g.radius + 0.021)
        builder.tube(np.array([x, 0.0, g.radius]) + arc, 0.022, M.BLACK_TRIM, sides=6)
    builder.box((g.rear_x, 0.0, 2.0 * g.radius + 0.07), (0.17, 0.07, 0.012), M.METAL, radius=0.008)
