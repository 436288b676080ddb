"""What one sees through a car's windows and open doors: floor, linings, dashboard, steering wheel, seats."""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.car_measures import (
    ARCH_GAP_M,
    BOTH,
    FRONT_BOW_M,
    REAR_BOW_M,
    Car,
    door_span_m,
    doors_of_side,
    roof_m,
)
from simgen.localsim.bodies.seating import (
    BUS_BENCH,
    FLOOR_M,
    LINING_M,
    POSTURES,
    FrontSeats,
    bench_hip_m,
    bench_rows,
    front_seats,
)
from simgen.localsim.mesh import Material as M

_BENCH_LEAN_RAD = 0.30
_LIGHT_LINING = 1.0                    # parameter of BLACK_TRIM


def add_interior(builder: MeshBuilder, car: Car, open_doors: frozenset[int]) -> None:
    """Append what one sees through windows and open doors: floor, linings, dashboard, seats, shelves, roof lining."""
    s, w = car.shape, car.half_width - LINING_M
    spans = [door_span_m(car, row) for row in range(len(s.doors) - 1)]
    spans = spans[:1] if s.kind in ("van", "cab") and s.side_glass < 1.0 else spans
    front, rear = spans[0][1] - 0.02, spans[-1][0] + 0.02
    screen, window = car.x(s.cowl[0]) - FRONT_BOW_M, car.x(s.tail[0]) + REAR_BOW_M
    floor = s.clearance_m + FLOOR_M
    belt = float(car.edge(np.array([0.5 * (front + rear)]))[0])
    under_roof = float(roof_m(car, np.array([0.5 * (front + rear)]), np.array([0.0]))[0]) - 0.10
    behind = under_roof if s.kind == "van" else belt                # a van's load is behind a bulkhead
    builder.quad([(rear, -w, floor), (front, -w, floor), (front, w, floor), (rear, w, floor)], M.BLACK_TRIM)
    builder.quad([(front, -w, floor), (front, -w, belt), (front, w, belt), (front, w, floor)][::-1], M.BLACK_TRIM)
    builder.quad([(rear, -w, floor), (rear, -w, behind), (rear, w, behind), (rear, w, floor)], M.BLACK_TRIM)
    for side in BOTH:
        for row, (back, ahead) in enumerate(spans):
            if row not in doors_of_side(open_doors, side):
                low = floor if not _over_wheel(car, back, ahead) else min(2.0 * s.wheel_m + 0.13, belt - 0.05)
                wall = [(back, side * w, low), (ahead, side * w, low), (ahead, side * w, belt), (back, side * w, belt)]
                builder.quad(wall if side > 0 else wall[::-1], M.BLACK_TRIM)
    for x0, x1 in ((front, screen), (window, rear)):                # under the screen, and behind the seats
        if x1 > x0 and s.kind != "van":
            builder.quad([(x0, -w, belt - 0.03), (x1, -w, belt - 0.03), (x1, w, belt - 0.03), (x0, w, belt - 0.03)],
                         M.BLACK_TRIM)
    _add_roof_lining(builder, car, rear, front)
    dash = front - 0.16
    builder.box((dash, 0.0, belt - 0.10), (0.15, w - 0.01, 0.13), M.BLACK_TRIM, radius=0.014)
    seats = front_seats(car)
    _add_steering_wheel(builder, seats)
    x, y, z = seats.hip
    for side in BOTH if s.kind != "bus" else BOTH[:1]:
        _add_seat(builder, (x, side * y, z), 0.23, floor, under_roof - 0.07, POSTURES[seats.posture].recline_rad,
                  seats.scale)
    for x, benches in _benches(car, spans, w, seats):
        for y, half in benches:
            ceiling = float(roof_m(car, np.array([x - 0.35]), np.array([0.6 * w]))[0])
            _add_seat(builder, (x, y, bench_hip_m(car)), half, floor,
                      min(under_roof, ceiling - 0.10) - 0.07, _BENCH_LEAN_RAD, heads=2)


def _over_wheel(car: Car, rear: float, front: float) -> bool:
    reach = car.shape.wheel_m + ARCH_GAP_M
    return any(rear < axle + reach and front > axle - reach for axle in car.axles)


def _benches(car: Car, spans: list[tuple[float, float]], w: float,
             seats: FrontSeats) -> list[tuple[float, tuple[tuple[float, float], ...]]]:
    """Rows of seats behind the front ones: where along x hips are, and each bench's (y, half width)."""
    if car.shape.kind == "bus":
        return [(x, ((BUS_BENCH * w, 0.36), (-BUS_BENCH * w, 0.36))) for x in bench_rows(car, seats)]
    rows: list[tuple[float, tuple[tuple[float, float], ...]]]
    rows = [(0.5 * (back + ahead) - 0.215, ((0.0, 0.86 * w),)) for back, ahead in spans[1:]]
    behind = seats.hip[0] - 0.80
    if len(spans) == 1 and car.shape.kind == "car" and behind > car.x(car.shape.tail[0]) + 0.40:
        rows.append((behind, ((0.0, 0.82 * w),)))                   # the bench of a car with two doors
    return rows


def _add_steering_wheel(builder: MeshBuilder, seats: FrontSeats) -> None:
    angle, lean = np.linspace(0.0, 2.0 * np.pi, 21), POSTURES[seats.posture].wheel_lean_rad
    rim = 0.185 * seats.scale * np.stack([
        np.sin(lean) * np.sin(angle), np.cos(angle), np.cos(lean) * np.sin(angle)], axis=1)
    hub = np.array(seats.wheel)
    builder.tube(rim + hub, 0.016, M.SHOE, sides=6, caps=False)
    builder.tube([hub + rim[0], hub + rim[10]], 0.02, M.SHOE, sides=5)


def _add_seat(builder: MeshBuilder, hip: tuple[float, float, float], half_m: float, floor_m: float, top_m: float,
              lean_rad: float, scale: float = 1.0, heads: int = 1) -> None:
    """Cushion, backrest and headrests round whoever has their hips there."""
    x, y, z = hip
    cushion = z - 0.09 * scale
    builder.box((x + 0.105, y, 0.5 * (floor_m + cushion)), (0.25, half_m, 0.5 * (cushion - floor_m)), M.SHOE,
                radius=0.014)
    c, s = float(np.cos(lean_rad)), float(np.sin(lean_rad))
    turn = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
    half_back = 0.5 * max(min(top_m - 0.18, cushion + 0.60 * scale) - cushion, 0.20) / c
    middle = np.array([x - 0.195 * scale - s * half_back, y, cushion - 0.04 + c * half_back])
    builder.box(middle, (0.07, half_m, half_back), M.SHOE, rotation=turn, radius=0.014)
    head = middle + half_back * np.array([-s, 0.0, c]) + [-0.01, 0.0, 0.08]
    for aside in ((0.5 * half_m, -0.5 * half_m) if heads == 2 else (0.0,)):
        builder.box(head + np.array([0.0, aside, 0.0]), (0.05, 0.12, 0.085), M.SHOE, rotation=turn, radius=0.014)


def _add_roof_lining(builder: MeshBuilder, car: Car, rear: float, front: float) -> None:
    x = np.linspace(max(rear, car.x(car.shape.roof_rear)), min(front, car.x(car.shape.roof_front)), 7)
    y = np.linspace(-1.0, 1.0, 7) * 0.93 * car.shape.roof_width * car.half_width
    grid = np.meshgrid(x, y, indexing="ij")
    sheet = np.stack([*grid, roof_m(car, *grid) - 0.035], axis=-1)
    builder.grid(sheet, M.BLACK_TRIM, parameter=_LIGHT_LINING, reverse=True)
