"""Doors of cars and vans that stand open, cut out of the body's sheets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.car import cabin_holes, cabin_sheet, shell_holes, shell_sheet
from simgen.localsim.bodies.car_fittings import add_door_handle, add_door_mirror
from simgen.localsim.bodies.car_measures import Car, clear_share, painted
from simgen.localsim.mesh import Material as M

_DOOR_M, _FRAME_M = 0.075, 0.030       # thickness of a door below and beside its window


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
    _add_slab(builder, upper, cabin_material[columns, rows], _FRAME_M, side, clear_share(car, cabin)[columns])
    _add_ledge(builder, car, lower[:, -1], side)
    add_door_handle(builder, car, row, (side,))
    if row == 0:
        add_door_mirror(builder, car, (side,))


def _block(holes: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The columns and rows of cells that a door takes out of a sheet, which are one rectangle."""
    columns, rows = (np.flatnonzero(holes.any(axis=axis)) for axis in (1, 0))
    return slice(int(columns[0]), int(columns[-1]) + 1), slice(int(rows[0]), int(rows[-1]) + 1)


def _add_slab(builder: MeshBuilder, sheet: Array, material: NDArray[np.int32], depth_m: float, side: int,
              clear: Array | float = 0.0) -> None:
    """A part of a left-hand sheet (columns from the tail on, rows upwards) made depth_m thick, on its side; clear: of
    its panes, whose inner faces keep nothing back."""
    flip = np.array([1.0, float(side), 1.0])
    outer, inner = sheet * flip, (sheet - [0.0, depth_m, 0.0]) * flip
    left = side > 0
    lining = np.where(material == M.CAR_GLASS, int(M.CAR_GLASS), int(M.BLACK_TRIM)).astype(np.int32)
    shown, parameter = painted(material, clear)
    builder.grid(outer, shown, parameter=parameter, reverse=left)
    builder.grid(inner, lining, parameter=painted(lining, 1.0)[1], reverse=not left)
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
