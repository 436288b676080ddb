"""Motorcycles and scooters with their rider. The box holds both, as CARLA's does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.car_measures import AS_INDICATOR, LAMP_COLOUR
from simgen.localsim.bodies.gait import POSES_PER_GAIT, STANDING_BELOW_MPS, Gait
from simgen.localsim.bodies.implicit import Cone, Point, add_layers, both_sides
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.rider import Seat, add_rider
from simgen.localsim.bodies.wheel import add_thin_wheel
from simgen.localsim.mesh import Material as M

Size = tuple[float, float, float]

_CELL_M = 0.036
_SPOKES = 5
_ROUND: Point = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Motorcycle:
    """One style.

    wheel_m, tyre_m:   radius and width of the wheels.
    seat, grips:       heights, shares of the box's.
    seat_m:            how far the seat lies before the rear axle; reach_m: the grips behind the front axle.
    peg:               foot pegs, (x before the seat, height in wheel radii).
    lamp:              headlamp, (x, z) from the steering head.
    fairing:           a sport machine's; step_through: a scooter's bodywork.
    """

    wheel_m: float
    tyre_m: float
    seat: float
    grips: float
    seat_m: float
    reach_m: float
    lean_rad: float
    peg: tuple[float, float]
    lamp: tuple[float, float]
    rider: Person
    fairing: bool = False
    step_through: bool = False

    @property
    def rolling(self) -> Gait:
        """The way from one spoke to the next is a cycle: afterwards the wheels look as before."""
        return Gait("roll", 2.0 * math.pi * self.wheel_m / _SPOKES, 0.5, (0.0, 0.5), 0.0, STANDING_BELOW_MPS)


CRUISER = Motorcycle(0.305, 0.14, 0.42, 0.66, 0.50, 0.735, 0.10, (0.58, 1.15), (0.16, -0.02),
                     Person(1.76, False, 1.05, "jacket", "trousers", "full_helmet"))
SPORT = Motorcycle(0.305, 0.14, 0.48, 0.585, 0.52, 0.42, 0.70, (-0.10, 1.25), (0.275, -0.09),
                   Person(1.76, False, 1.05, "jacket", "trousers", "full_helmet"), fairing=True)
SCOOTER = Motorcycle(0.235, 0.11, 0.425, 0.60, 0.45, 0.43, 0.10, (0.36, 1.09), (0.16, -0.02),
                     Person(1.76, False, 1.00, "jacket", "trousers", "open_helmet"), step_through=True)


@dataclass(frozen=True, slots=True)
class _Geometry:
    """Where things are, metres: axles, seat, grips and steering head in the plane y = 0."""

    radius: float
    rear_x: float
    front_x: float
    seat_x: float
    seat_z: float
    grip: Point        # the left one
    head: Array


def add_motorcycle(builder: MeshBuilder, machine: Motorcycle, size_lwh_m: Size, phase: int) -> None:
    """Append a motorcycle and its rider, feet up, that fill a box, but for the last centimetre.

    phase: 0 at rest, then eighths of the way from one spoke to the next.
    """
    turn = 2.0 * math.pi / _SPOKES * (phase - 1) / POSES_PER_GAIT if phase else 0.0
    length, width, height = size_lwh_m
    radius, half = machine.wheel_m, width / 2.0
    rear, front = -length / 2 + radius, length / 2 - radius
    grip = (front - machine.reach_m, half - 0.05, machine.grips * height)
    g = _Geometry(radius, rear, front, rear + machine.seat_m, machine.seat * height, grip,
                  np.array([grip[0] + 0.10, 0.0, grip[2] - 0.06]))
    for x in (rear, front):
        add_thin_wheel(builder, (x, 0.0, radius), radius, machine.tyre_m, _SPOKES, solid=True, turn_rad=turn)
    _add_steering(builder, g, half)
    add_layers(builder, _scooter_body(g) if machine.step_through else _body(g, machine.fairing), _CELL_M)
    _add_lamps(builder, machine, g)
    peg_x, peg_z = g.seat_x + machine.peg[0], machine.peg[1] * radius
    seat = Seat((g.seat_x, 0.0, g.seat_z + 0.10), machine.lean_rad, grip,
                ((peg_x - 0.08, 0.17, peg_z + 0.10), (peg_x - 0.08, -0.17, peg_z + 0.10)))
    add_rider(builder, machine.rider, seat, height)


def _add_steering(builder: MeshBuilder, g: _Geometry, half: float) -> None:
    """Fork, swinging arm, handlebar and mirrors."""
    x, _, z = g.grip
    for y in (0.095, -0.095):
        builder.tube([(g.front_x, y, g.radius), (g.head[0], y, g.head[2])], [0.026, 0.022], M.METAL, sides=8)
        builder.tube([(g.seat_x, y, 0.9 * g.radius + 0.05), (g.rear_x, y, g.radius)], 0.028, M.METAL, sides=8)
    builder.tube([(x, -half, z), (x + 0.05, -0.5 * half, z), (g.head[0], 0.0, z - 0.01), (x + 0.05, 0.5 * half, z),
                  (x, half, z)], 0.016, M.BLACK_TRIM, sides=8)
    for side in (1.0, -1.0):
        mirror = (x + 0.03, 0.72 * half * side, z + 0.17)
        builder.tube([(x + 0.05, 0.6 * half * side, z), mirror], 0.008, M.METAL, sides=5)
        builder.box(mirror, (0.02, 0.065, 0.04), M.BLACK_TRIM, radius=0.018)


def _add_lamps(builder: MeshBuilder, machine: Motorcycle, g: _Geometry) -> None:
    """Headlamp, tail lamp, plate and, on a motorcycle, the exhaust."""
    x, z = float(g.head[0]) + machine.lamp[0], float(g.head[2]) + machine.lamp[1]
    builder.tube([(x - 0.10, 0.0, z), (x + 0.045, 0.0, z)], [0.07, 0.088], M.RIM, sides=18)
    builder.tube([(x, 0.0, z), (x + 0.055, 0.0, z)], 0.080, M.HEADLAMP, sides=18)
    tail = g.rear_x - (0.08 if machine.step_through else 0.02) - 0.10
    low = g.seat_z - 0.27
    builder.box((tail, 0.0, g.seat_z - 0.06), (0.03, 0.07, 0.035), M.TAILLAMP, radius=0.012)
    builder.box((tail - 0.005, 0.0, low + 0.09), (0.014, 0.105, 0.10), M.BLACK_TRIM)
    builder.quad([(tail - 0.02, 0.10, low), (tail - 0.02, -0.10, low), (tail - 0.02, -0.10, low + 0.14),
                  (tail - 0.02, 0.10, low + 0.14)], M.PLATE, uv=[(-1, -1), (1, -1), (1, 1), (-1, 1)])
    for place, reach in (((x - 0.02, z - 0.06), 0.17), ((tail + 0.02, g.seat_z - 0.10), 0.12)):
        for side in (1.0, -1.0):                # indicators on short stalks
            builder.tube([(place[0], 0.0, place[1]), (place[0], side * reach, place[1])], 0.008, M.BLACK_TRIM, sides=5)
            builder.box((place[0], side * (reach + 0.02), place[1]), (0.028, 0.024, 0.020), LAMP_COLOUR, radius=0.016,
                        parameter=AS_INDICATOR)
    if not machine.step_through:
        builder.tube([(g.seat_x + 0.35, -0.15, 0.9 * g.radius), (g.seat_x, -0.19, 0.75 * g.radius),
                      (g.rear_x - 0.05, -0.20, g.radius + 0.02)], [0.03, 0.035, 0.05], M.METAL, sides=10)


def _paint(start: Point, end: Point, r0: float, r1: float, blend: float, flat: Point = _ROUND) -> Cone:
    return Cone(start, end, r0, r1, M.CAR_PAINT, blend, flat)


def _black(start: Point, end: Point, r0: float, r1: float, blend: float, flat: Point = _ROUND) -> Cone:
    return Cone(start, end, r0, r1, M.BLACK_TRIM, blend, flat)


def _scooter_body(g: _Geometry) -> list[Cone]:
    """Rear body with its bulges, foot board, leg shield, front guard, handlebar cover and seat."""
    r, rear, front, x, z = g.radius, g.rear_x, g.front_x, g.seat_x, g.seat_z
    hx, hz = float(g.head[0]), float(g.head[2])
    return [
        _paint((rear - 0.06, 0.0, z - 0.16), (x + 0.10, 0.0, z - 0.14), 0.15, 0.15, 0.05),
        _paint((rear + 0.02, 0.0, r + 0.06), (x + 0.10, 0.0, r + 0.08), 0.13, 0.12, 0.06),
        *both_sides((_paint((rear, 0.15, r + 0.12), (rear + 0.20, 0.15, r + 0.13), 0.09, 0.08, 0.04),)),
        _paint((x + 0.10, 0.0, r - 0.04), (front - 0.28, 0.0, r - 0.03), 0.16, 0.16, 0.03, (1.0, 1.0, 0.3)),
        _paint((front - 0.16, 0.0, r + 0.10), (hx + 0.02, 0.0, hz - 0.06), 0.21, 0.17, 0.03, (0.32, 1.0, 1.0)),
        _paint((front, 0.0, r + 0.10), (front - 0.05, 0.0, r + 0.14), 0.14, 0.12, 0.03, (1.0, 0.75, 1.0)),
        _paint((hx - 0.02, 0.0, hz + 0.02), (hx + 0.08, 0.0, hz - 0.01), 0.09, 0.09, 0.04),
        _black((rear - 0.02, 0.0, z - 0.02), (x + 0.16, 0.0, z - 0.02), 0.12, 0.12, 0.01, (1.0, 1.0, 0.55)),
    ]


def _body(g: _Geometry, fairing: bool) -> list[Cone]:
    """Tank, engine, seat, guards, and a sport machine's fairing."""
    r, rear, front, x, z = g.radius, g.rear_x, g.front_x, g.seat_x, g.seat_z
    hx, hz = float(g.head[0]), float(g.head[2])
    low, tank = 1.15 * r, x + 0.42
    cones = [
        _paint((x + 0.26, 0.0, z + 0.07), (tank + 0.10, 0.0, z + 0.11), 0.12, 0.155, 0.05),
        Cone((x + 0.12, 0.0, low), (tank + 0.18, 0.0, low + 0.02), 0.17, 0.16, M.METAL, 0.04),
        _black((x + 0.20, 0.0, low + 0.14), (tank + 0.08, 0.0, low + 0.18), 0.13, 0.13, 0.03),
        _black((tank + 0.12, 0.0, z + 0.02), (hx, 0.0, hz - 0.08), 0.06, 0.05, 0.03),
        _black((rear + 0.02, 0.0, z - 0.02), (x + 0.18, 0.0, z - 0.03), 0.10, 0.13, 0.02, (1.0, 1.0, 0.50)),
        _paint((x, 0.0, z - 0.10), (rear + 0.02, 0.0, z - 0.07), 0.09, 0.07, 0.03),
        _paint((front + 0.07, 0.0, 2.0 * r - 0.06), (front - 0.08, 0.0, 2.0 * r - 0.03), 0.105, 0.10, 0.03,
               (1.0, 0.9, 0.6)),
    ]
    if not fairing:
        guard = _paint((rear - 0.10, 0.0, 2.0 * r - 0.02), (rear + 0.14, 0.0, 2.0 * r + 0.02), 0.10, 0.10, 0.03,
                       (1.0, 0.95, 0.7))
        return [*cones, guard]
    side = _paint((hx + 0.02, 0.12, hz - 0.16), (tank + 0.05, 0.15, low + 0.02), 0.11, 0.12, 0.04, (1.0, 0.6, 1.0))
    return [
        *cones,
        *both_sides((side,)),
        _paint((hx + 0.16, 0.0, hz - 0.08), (hx - 0.02, 0.0, hz - 0.06), 0.14, 0.18, 0.04),
        _paint((tank + 0.15, 0.0, low - 0.06), (x + 0.15, 0.0, low - 0.10), 0.13, 0.10, 0.04),
        _paint((rear + 0.05, 0.0, z + 0.02), (rear - 0.10, 0.0, z + 0.05), 0.09, 0.04, 0.03),
        Cone((hx + 0.06, 0.0, hz + 0.06), (hx - 0.02, 0.0, hz + 0.10), 0.13, 0.11, M.CAR_GLASS, 0.02, (0.9, 1.0, 0.9)),
    ]
