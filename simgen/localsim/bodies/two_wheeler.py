"""Bicycles and motorcycles, each with its rider. The box holds both, as CARLA's does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.implicit import Cone, add_surface, both_sides
from simgen.localsim.bodies.people import Person
from simgen.localsim.bodies.person import dressed
from simgen.localsim.bodies.skeleton import frame_of, riding
from simgen.localsim.bodies.wheel import add_thin_wheel
from simgen.localsim.mesh import Material as M

Size = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Bicycle:
    """A bicycle and how its rider sits: lean forward, saddle and grips as shares of the box height."""

    lean_rad: float
    saddle: float
    grips: float
    low_frame: bool
    female: bool = False
    guards: bool = False


CITY_BIKE = Bicycle(0.10, 0.475, 0.60, low_frame=True, female=True, guards=True)
CROSS_BIKE = Bicycle(0.40, 0.49, 0.585, low_frame=False)
RACE_BIKE = Bicycle(0.72, 0.515, 0.55, low_frame=False)

_RIDER_COARSENESS = 1.3   # a rider shares the triangles with the machine

MotorcycleKind = Literal["cruiser", "sport", "scooter"]


def add_bicycle(builder: MeshBuilder, bike: Bicycle, size_lwh_m: Size) -> None:
    """Append a bicycle with a pedalling rider."""
    length, width, height = size_lwh_m
    guard = 0.045 if bike.guards else 0.0  # mudguards stand out beyond the tyres
    radius = min(0.345, 0.21 * length) - guard
    rear, front = -length / 2 + radius + guard, length / 2 - radius - guard
    saddle, grips = bike.saddle * height, bike.grips * height
    for x in (rear, front):
        add_thin_wheel(builder, (x, 0.0, radius), radius, 0.036, 18)
    bottom = np.array([rear + 0.47 * (front - rear), 0.0, 0.88 * radius])
    seat = np.array([bottom[0] - 0.17, 0.0, saddle])
    seat_tube_top = bottom + (seat - bottom) * 0.78
    head_low = np.array([front - 0.085, 0.0, 2.0 * radius + 0.04])
    head_top = np.array([front - 0.15, 0.0, min(grips - 0.04, head_low[2] + 0.22)])
    grip_x = front - (0.26 if bike.low_frame else 0.10)
    stem = np.array([head_top[0] - 0.01, 0.0, grips])
    tube, thin = 0.018, 0.011
    top_tube = bottom + (seat - bottom) * 0.30 if bike.low_frame else seat_tube_top
    for a, b, r in ((bottom, seat_tube_top, tube), (bottom, head_low, tube * 1.15), (top_tube, head_top, tube),
                    (head_low, head_top, tube * 1.25)):
        builder.tube([a, b], r, M.CAR_PAINT, sides=8)
    builder.tube([seat_tube_top, seat], 0.013, M.METAL, sides=6)
    builder.tube([head_top, stem], 0.013, M.METAL, sides=6)
    for side in (0.045, -0.045):
        axle_rear, axle_front = np.array([rear, side, radius]), np.array([front, side, radius])
        for a, b in ((bottom + [0, side * 0.6, 0], axle_rear), (seat_tube_top + [0, side * 0.5, 0], axle_rear)):
            builder.tube([a, b], thin, M.CAR_PAINT, sides=6)
        builder.tube([head_low + [0, side, 0], axle_front], thin * 1.2, M.CAR_PAINT, sides=6)
    half = width / 2.0
    bar = [[stem[0], 0.0, grips], [stem[0] + 0.02, 0.5 * half, grips], [grip_x, half, grips]]
    builder.tube([[x, -y, z] for x, y, z in bar[::-1]] + bar[1:], 0.013, M.BLACK_TRIM, sides=8)
    builder.box(seat + [0.0, 0.0, 0.0], (0.13, 0.075, 0.03), M.BLACK_TRIM, radius=0.028)
    crank = np.array([0.06, 0.0, 0.155])
    ankles = []
    for side in (1.0, -1.0):
        pedal = bottom + side * crank + [0.0, 0.13 * side, 0.0]
        builder.tube([bottom + [0.0, 0.07 * side, 0.0], pedal - [0.0, 0.06 * side, 0.0]], 0.011, M.METAL, sides=6)
        builder.box(pedal, (0.045, 0.05, 0.012), M.BLACK_TRIM)
        ankles.append((float(pedal[0] - 0.09), 0.13 * side, float(pedal[2] + 0.105)))
    builder.lathe([(0.0, -0.004), (0.095, -0.004), (0.095, 0.004), (0.0, 0.004)], bottom + [0.0, -0.055, 0.0], M.METAL,
                  segments=24)
    if bike.guards:
        for x, first, last in ((rear, 0.9, 3.3), (front, 0.5, 2.6)):
            angle = np.linspace(first, last, 14)
            arc = np.stack([np.cos(angle), np.zeros(14), np.sin(angle)], axis=1) * (radius + 0.021)
            builder.tube(arc + [x, 0.0, radius], 0.022, M.BLACK_TRIM, sides=6)
        builder.box((rear, 0.0, 2.0 * radius + 0.07), (0.17, 0.07, 0.012), M.METAL, radius=0.008)
    builder.box((front - 0.04, 0.0, 2.0 * radius + 0.12), (0.03, 0.03, 0.03), M.HEADLAMP, radius=0.012)
    builder.box((rear - 0.10, 0.0, 2.0 * radius + 0.03), (0.015, 0.035, 0.022), M.TAILLAMP, radius=0.012)
    rider = Person(1.7, bike.female, 0.95 if bike.low_frame else 0.92, "jumper" if bike.low_frame else "shirt",
                   "trousers" if bike.low_frame else "shorts", "long" if bike.female else "cycle_helmet")
    _add_rider(builder, rider, (float(seat[0]) + 0.02, 0.0, float(seat[2]) + 0.085), bike.lean_rad,
               (grip_x + 0.01, half - 0.06, grips), ankles, height)


def add_motorcycle(builder: MeshBuilder, kind: MotorcycleKind, size_lwh_m: Size) -> None:
    """Append a motorcycle or scooter with its rider, feet up."""
    length, width, height = size_lwh_m
    scooter = kind == "scooter"
    radius = 0.235 if scooter else 0.305
    tyre = 0.11 if scooter else 0.14
    rear, front = -length / 2 + radius, length / 2 - radius
    seat = 0.50 * height if scooter else (0.44 if kind == "cruiser" else 0.53) * height
    half = width / 2.0
    grip = {"cruiser": (front - 0.62, half - 0.05, 0.68 * height), "sport": (front - 0.34, half - 0.05, 0.60 * height),
            "scooter": (front - 0.33, half - 0.05, 0.64 * height)}[kind]
    seat_x = rear + (0.30 if scooter else 0.42)
    for x in (rear, front):
        add_thin_wheel(builder, (x, 0.0, radius), radius, tyre, 5, solid=True)
    head = np.array([grip[0] + 0.10, 0.0, grip[2] - 0.06])
    for side in (0.095, -0.095):
        builder.tube([[front, side, radius], [head[0], side, head[2]]], [0.026, 0.022], M.METAL, sides=8)
        builder.tube([[seat_x, side, 0.9 * radius + 0.05], [rear, side, radius]], 0.028, M.METAL, sides=8)
    builder.tube([[grip[0], -half, grip[2]], [grip[0] + 0.05, -0.5 * half, grip[2]], [head[0], 0.0, grip[2] - 0.01],
                  [grip[0] + 0.05, 0.5 * half, grip[2]], [grip[0], half, grip[2]]], 0.016, M.BLACK_TRIM, sides=8)
    for side in (1.0, -1.0):
        stalk = [[grip[0] + 0.05, 0.6 * half * side, grip[2]], [grip[0] + 0.03, 0.72 * half * side, grip[2] + 0.17]]
        builder.tube(stalk, 0.008, M.METAL, sides=5)
        builder.box(np.array(stalk[1]), (0.02, 0.065, 0.04), M.BLACK_TRIM, radius=0.018)
    add_surface(builder, _bodywork(kind, rear, front, radius, seat, seat_x, head), 0.026)
    lamp = np.array([head[0] + (0.16 if kind != "sport" else 0.22), 0.0, head[2] - (0.02 if kind != "sport" else 0.10)])
    builder.tube([lamp - [0.10, 0, 0], lamp + [0.045, 0, 0]], [0.07, 0.088], M.RIM, sides=18)
    builder.tube([lamp, lamp + [0.055, 0, 0]], 0.080, M.HEADLAMP, sides=18)
    tail_x = rear - (0.08 if scooter else 0.02)
    builder.box((tail_x - 0.10, 0.0, seat - 0.06), (0.03, 0.07, 0.035), M.TAILLAMP, radius=0.012)
    builder.quad([(tail_x - 0.12, 0.10, seat - 0.27), (tail_x - 0.12, -0.10, seat - 0.27),
                  (tail_x - 0.12, -0.10, seat - 0.13), (tail_x - 0.12, 0.10, seat - 0.13)], M.PLATE,
                 uv=[(-1, -1), (1, -1), (1, 1), (-1, 1)])
    builder.box((tail_x - 0.105, 0.0, seat - 0.18), (0.014, 0.105, 0.10), M.BLACK_TRIM)
    if not scooter:
        builder.tube([[seat_x + 0.35, -0.15, 0.9 * radius], [seat_x, -0.19, 0.75 * radius],
                      [rear - 0.05, -0.20, radius + 0.02]], [0.03, 0.035, 0.05], M.METAL, sides=10)
    peg = {"cruiser": seat_x + 0.62, "sport": seat_x - 0.06, "scooter": seat_x + 0.42}[kind]
    peg_z = {"cruiser": 1.15 * radius, "sport": 1.25 * radius, "scooter": radius + 0.02}[kind]
    rider = Person(1.76, False, 1.05, "jacket", "trousers", "open_helmet" if scooter else "full_helmet")
    lean = {"cruiser": -0.03, "sport": 0.62, "scooter": 0.05}[kind]
    ankles = [(peg - 0.08, 0.17 * side, peg_z + 0.10) for side in (1.0, -1.0)]
    _add_rider(builder, rider, (seat_x, 0.0, seat + 0.10), lean, grip, ankles, height)


def _bodywork(kind: MotorcycleKind, rear: float, front: float, radius: float, seat: float, seat_x: float,
              head: Array) -> list[Cone]:
    """Tank, seat, engine, guards and fairing."""
    slim = (1.0, 0.75, 1.0)
    if kind == "scooter":
        shield = (front - 0.16, 0.0, radius + 0.10)
        return [
            Cone((rear - 0.06, 0.0, seat - 0.16), (seat_x + 0.10, 0.0, seat - 0.14), 0.15, 0.15, M.CAR_PAINT, 0.05),
            Cone((rear + 0.02, 0.0, radius + 0.06), (seat_x + 0.10, 0.0, radius + 0.08), 0.13, 0.12, M.CAR_PAINT, 0.06),
            *both_sides([Cone((rear + 0.0, 0.15, radius + 0.12), (rear + 0.20, 0.15, radius + 0.13), 0.09, 0.08,
                              M.CAR_PAINT, 0.04)]),
            Cone((seat_x + 0.10, 0.0, radius - 0.04), (front - 0.28, 0.0, radius - 0.03), 0.16, 0.16, M.CAR_PAINT, 0.03,
                 (1.0, 1.0, 0.3)),
            Cone(shield, (float(head[0]) + 0.02, 0.0, float(head[2]) - 0.06), 0.21, 0.17, M.CAR_PAINT, 0.03, (0.32, 1.0, 1.0)),
            Cone((front, 0.0, radius + 0.10), (front - 0.05, 0.0, radius + 0.14), 0.14, 0.12, M.CAR_PAINT, 0.03, slim),
            Cone((float(head[0]) - 0.02, 0.0, float(head[2]) + 0.02), (float(head[0]) + 0.08, 0.0, float(head[2]) - 0.01),
                 0.09, 0.09, M.CAR_PAINT, 0.04),
            Cone((rear - 0.02, 0.0, seat - 0.02), (seat_x + 0.16, 0.0, seat - 0.02), 0.12, 0.12, M.BLACK_TRIM, 0.01, (1.0, 1.0, 0.55)),
        ]
    low = radius * 1.15
    tank_x = seat_x + 0.42
    cones = [
        Cone((seat_x + 0.26, 0.0, seat + 0.07), (tank_x + 0.10, 0.0, seat + 0.11), 0.12, 0.155, M.CAR_PAINT, 0.05),
        Cone((seat_x + 0.12, 0.0, low), (tank_x + 0.18, 0.0, low + 0.02), 0.17, 0.16, M.METAL, 0.04),
        Cone((seat_x + 0.20, 0.0, low + 0.14), (tank_x + 0.08, 0.0, low + 0.18), 0.13, 0.13, M.BLACK_TRIM, 0.03),
        Cone((tank_x + 0.12, 0.0, seat + 0.02), (float(head[0]), 0.0, float(head[2]) - 0.08), 0.06, 0.05, M.BLACK_TRIM, 0.03),
        Cone((rear + 0.02, 0.0, seat - 0.02), (seat_x + 0.18, 0.0, seat - 0.03), 0.10, 0.13, M.BLACK_TRIM, 0.02,
             (1.0, 1.0, 0.50)),
        Cone((seat_x, 0.0, seat - 0.10), (rear + 0.02, 0.0, seat - 0.07), 0.09, 0.07, M.CAR_PAINT, 0.03),
        Cone((front + 0.07, 0.0, 2.0 * radius - 0.06), (front - 0.08, 0.0, 2.0 * radius - 0.03), 0.085, 0.08, M.CAR_PAINT, 0.03,
             (1.0, 0.9, 0.6)),
    ]
    if kind == "cruiser":
        cones.append(Cone((rear - 0.10, 0.0, 2.0 * radius - 0.02), (rear + 0.14, 0.0, 2.0 * radius + 0.02), 0.10, 0.10,
                          M.CAR_PAINT, 0.03, (1.0, 0.95, 0.7)))
    else:
        hx, hz = float(head[0]), float(head[2])
        cones += [
            Cone((hx + 0.16, 0.0, hz - 0.08), (hx - 0.02, 0.0, hz - 0.06), 0.14, 0.18, M.CAR_PAINT, 0.04),
            *both_sides([Cone((hx + 0.02, 0.12, hz - 0.16), (tank_x + 0.05, 0.15, low + 0.02), 0.11, 0.12, M.CAR_PAINT, 0.04,
                              (1.0, 0.6, 1.0))]),
            Cone((tank_x + 0.15, 0.0, low - 0.06), (seat_x + 0.15, 0.0, low - 0.10), 0.13, 0.10, M.CAR_PAINT, 0.04),
            Cone((hx + 0.06, 0.0, hz + 0.06), (hx - 0.02, 0.0, hz + 0.10), 0.13, 0.11, M.CAR_GLASS, 0.02, (0.9, 1.0, 0.9)),
            Cone((rear + 0.05, 0.0, seat + 0.02), (rear - 0.10, 0.0, seat + 0.05), 0.09, 0.04, M.CAR_PAINT, 0.03),
        ]
    return cones


def _add_rider(builder: MeshBuilder, rider: Person, pelvis: tuple[float, float, float], lean_rad: float,
               grip: tuple[float, float, float], ankles: list[tuple[float, float, float]], top: float) -> None:
    """Seat a rider whose crown, or helmet, reaches the top."""
    grips = (grip, (grip[0], -grip[1], grip[2]))

    def seated(height_m: float) -> tuple[MeshBuilder, float]:
        frame = frame_of(height_m, rider.female)
        one = MeshBuilder()
        one.extend(dressed(rider, frame, riding(frame, pelvis, lean_rad, grips, (ankles[0], ankles[1])), _RIDER_COARSENESS))
        return one, float(one.mesh().bounds_m()[1][2])

    # Sitting height is in proportion to the rider's; one correction lands within a centimetre.
    _, crown = seated(rider.height_m)
    height_m = rider.height_m * (top - pelvis[2]) / (crown - pelvis[2])
    fitted, _ = seated(height_m)
    builder.extend(fitted.mesh())
