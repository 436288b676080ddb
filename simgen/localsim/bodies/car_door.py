"""Doors of cars and vans that stand open: the door itself, cut out of the body's sheets, and what shows behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.car import cabin_holes, cabin_sheet, shell_holes, shell_sheet
from simgen.localsim.bodies.car_fittings import add_door_handle, add_door_mirror
from simgen.localsim.bodies.car_measures import BOTH, Car, door_span_m, doors_of_side, roof_m
from simgen.localsim.mesh import Material as M

_DOOR_M, _FRAME_M = 0.075, 0.030       # thickness of a door below and beside its window
_LINING_M = 0.11                       # how far the lining lies inside the body


def add_door(builder: MeshBuilder, car: Car, door: int) -> None:
    """Append one door (CARLA's number) where it hangs when it is shut."""
    row, side = door // 2, 1 if door % 2 == 0 else -1
    shell, shell_material, plan = shell_sheet(car)
    columns, rows = _block(shell_holes(car, plan, (row,)))
    lower = shell[columns.start:columns.stop + 1, rows.start:rows.stop + 1]
    _add_slab(builder, lower, shell_material[columns, rows], _DOOR_M, side)
    cabin, cabin_material, _ = cabin_sheet(car)
    columns, rows = _block(cabin_holes(car, (row,)))
    upper = cabin[columns.start:columns.stop + 1, rows.start:rows.stop + 1]
    _add_slab(builder, upper, cabin_material[columns, rows], _FRAME_M, side)
    _add_ledge(builder, car, lower[:, -1], side)
    add_door_handle(builder, car, row, (side,))
    if row == 0:
        add_door_mirror(builder, car, (side,))


def add_interior(builder: MeshBuilder, car: Car, open_doors: frozenset[int]) -> None:
    """Append what one sees through open doors: floor, linings, dashboard, seats, roof lining."""
    s, w = car.shape, car.half_width - _LINING_M
    rows = len(s.doors) - 1
    spans = [door_span_m(car, row) for row in range(rows)]
    front, rear = spans[0][1] - 0.02, spans[-1][0] + 0.02
    floor = s.clearance_m + 0.10
    belt = float(car.edge(np.array([0.5 * (front + rear)]))[0])
    builder.quad([(rear, -w, floor), (front, -w, floor), (front, w, floor), (rear, w, floor)], M.BLACK_TRIM)
    builder.quad([(front, -w, floor), (front, -w, belt), (front, w, belt), (front, w, floor)][::-1], M.BLACK_TRIM)
    builder.quad([(rear, -w, floor), (rear, -w, belt), (rear, w, belt), (rear, w, floor)], M.BLACK_TRIM)
    for side in BOTH:
        for row, (back, ahead) in enumerate(spans):
            if row not in doors_of_side(open_doors, side):
                wall = [(back, side * w, floor), (ahead, side * w, floor), (ahead, side * w, belt),
                        (back, side * w, belt)]
                builder.quad(wall if side > 0 else wall[::-1], M.BLACK_TRIM)
    _add_roof_lining(builder, car, rear, front)
    dash = front - 0.16
    builder.box((dash, 0.0, belt - 0.10), (0.15, w - 0.01, 0.13), M.BLACK_TRIM, radius=0.05)
    angle = np.linspace(0.0, 2.0 * np.pi, 21)
    wheel = np.stack([0.05 * np.sin(angle), 0.18 * np.cos(angle), 0.17 * np.sin(angle)], axis=1)
    builder.tube(wheel + np.array([dash - 0.24, 0.48 * w, belt - 0.02]), 0.016, M.SHOE, sides=6, caps=False)
    top = float(roof_m(car, np.array([0.5 * (front + rear)]), np.array([0.0]))[0]) - 0.17
    for row, (back, ahead) in enumerate(spans):
        x = 0.5 * (back + ahead) - (0.10 if row == 0 else 0.16)
        benches = ((0.48 * w, 0.23), (-0.48 * w, 0.23)) if row == 0 else ((0.0, 0.86 * w),)
        for y, half in benches:
            _add_seat(builder, (x, y, floor), half, top, bench=row > 0)


def _add_seat(builder: MeshBuilder, foot: tuple[float, float, float], half_m: float, top_m: float,
              bench: bool) -> None:
    """Cushion, backrest and headrest (two on a bench)."""
    x, y, floor = foot
    cushion = floor + 0.22
    builder.box((x + 0.05, y, 0.5 * (floor + cushion)), (0.25, half_m, 0.5 * (cushion - floor)), M.SHOE, radius=0.05)
    lean = 0.30
    c, s = float(np.cos(lean)), float(np.sin(lean))
    turn = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
    half_back = 0.5 * (min(top_m - 0.18, floor + 0.82) - cushion) / c
    middle = np.array([x - 0.24 - s * half_back, y, cushion - 0.04 + c * half_back])
    builder.box(middle, (0.07, half_m, half_back), M.SHOE, rotation=turn, radius=0.05)
    head = middle + half_back * np.array([-s, 0.0, c]) + [-0.01, 0.0, 0.08]
    for aside in ((0.5 * half_m, -0.5 * half_m) if bench else (0.0,)):
        builder.box(head + np.array([0.0, aside, 0.0]), (0.05, 0.12, 0.085), M.SHOE, rotation=turn, radius=0.04)


def _add_roof_lining(builder: MeshBuilder, car: Car, rear: float, front: float) -> None:
    x = np.linspace(max(rear, car.x(car.shape.roof_rear)), min(front, car.x(car.shape.roof_front)), 7)
    y = np.linspace(-1.0, 1.0, 7) * 0.93 * car.shape.roof_width * car.half_width
    grid = np.meshgrid(x, y, indexing="ij")
    sheet = np.stack([*grid, roof_m(car, *grid) - 0.035], axis=-1)
    builder.grid(sheet, M.BLACK_TRIM, reverse=True)


def _block(holes: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The columns and rows of cells that a door takes out of a sheet, which are one rectangle."""
    columns, rows = (np.flatnonzero(holes.any(axis=axis)) for axis in (1, 0))
    return slice(int(columns[0]), int(columns[-1]) + 1), slice(int(rows[0]), int(rows[-1]) + 1)


def _add_slab(builder: MeshBuilder, sheet: Array, material: NDArray[np.int32], depth_m: float, side: int) -> None:
    """A part of a left-hand sheet (columns from the tail on, rows upwards) made depth_m thick, on its side."""
    flip = np.array([1.0, float(side), 1.0])
    outer, inner = sheet * flip, (sheet - [0.0, depth_m, 0.0]) * flip
    left = side > 0
    lining = np.where(material == M.CAR_GLASS, int(M.CAR_GLASS), int(M.BLACK_TRIM)).astype(np.int32)
    builder.grid(outer, material, reverse=left)
    builder.grid(inner, lining, reverse=not left)
    # Rear, front, lower and upper edge, each from the outer to the inner sheet.
    for edge, turned in ((np.s_[0], False), (np.s_[-1], True), (np.s_[:, 0], True), (np.s_[:, -1], False)):
        strip = np.stack([outer[edge], inner[edge]])
        builder.grid(strip, M.CAR_PAINT, reverse=turned == left)


def _add_ledge(builder: MeshBuilder, car: Car, rim: Array, side: int) -> None:
    """The shoulder between a door's panel and its window: from the panel's upper edge inwards."""
    inner = rim.copy()
    inner[:, 1] = car.half_width - car.shape.shoulder_m - 0.01
    inner[:, 2] = car.edge(rim[:, 0]) + car.crown(rim[:, 0]) * (1.0 - (inner[:, 1] / car.half_width) ** 2)
    low = np.array([0.0, 0.0, 0.03])
    strip = np.stack([rim - low, rim, inner, inner - low], axis=1) * [1.0, float(side), 1.0]
    builder.grid(strip, np.array([[int(M.CAR_PAINT), int(M.CAR_PAINT), int(M.BLACK_TRIM)]] * (len(rim) - 1)),
                 reverse=side > 0)
