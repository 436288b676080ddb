"""Street furniture as props: bins, containers, a shopping cart, a bus stop, posters, benches. They face +x."""

from __future__ import annotations

import itertools

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.wheel import add_thin_wheel
from simgen.localsim.mesh import Material as M


def trash_can(b: MeshBuilder) -> None:
    """A round municipal bin with a hood and a slot towards +x."""
    b.lathe([(0.0, 0.0), (0.17, 0.0), (0.17, 0.04), (0.215, 0.06), (0.225, 0.66), (0.235, 0.68), (0.235, 0.71),
             (0.20, 0.71)], (0.0, 0.0, 0.0), M.CAR_PAINT, segments=32, upright=True)
    b.lathe([(0.20, 0.72), (0.20, 0.84)], (0.0, 0.0, 0.0), M.BLACK_TRIM, segments=32, upright=True)
    b.lathe([(0.20, 0.71), (0.0, 0.71)], (0.0, 0.0, 0.0), M.BLACK_TRIM, segments=32, upright=True)
    b.lathe([(0.235, 0.83), (0.235, 0.86), (0.16, 0.93), (0.0, 0.95)], (0.0, 0.0, 0.0), M.CAR_PAINT, segments=32,
            upright=True)
    for angle in np.radians([60.0, 150.0, 210.0, 300.0]):
        x, y = 0.215 * np.cos(angle), 0.215 * np.sin(angle)
        b.tube([(x, y, 0.70), (x, y, 0.84)], 0.012, M.METAL, sides=6)
    for k in range(16):                   # staves
        angle = 2.0 * np.pi * k / 16
        x, y = np.cos(angle), np.sin(angle)
        b.tube([(0.222 * x, 0.222 * y, 0.08), (0.230 * x, 0.230 * y, 0.65)], 0.008, M.CAR_PAINT, sides=5)


def container(b: MeshBuilder) -> None:
    """A four-wheeled refuse container of 1100 litres with a vaulted lid."""
    low, high = (0.42, 0.60), (0.52, 0.68)
    corners = np.array([(1, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)], float)
    rings = [[(lx * x, ly * y, z) for x, y in corners] for (lx, ly), z in (
        (low, 0.22), ((0.50, 0.665), 0.98), (high, 1.0), (high, 1.06))]
    for lower, upper in itertools.pairwise(rings):
        for k in range(4):
            b.quad([lower[k], lower[k + 1], upper[k + 1], upper[k]], M.CAR_PAINT)
    b.box((0.0, 0.0, 0.215), (0.42, 0.60, 0.01), M.CAR_PAINT)
    angle = np.linspace(0.0, np.pi, 11)
    arch = np.stack([0.52 * np.cos(angle), 1.06 + 0.26 * np.sin(angle)], axis=1)
    sheet = np.stack([np.insert(arch, 1, y, axis=1) for y in (-0.68, 0.68)], axis=1)
    b.grid(sheet, M.CAR_PAINT, parameter=1.0, reverse=True)
    for y, reverse in ((-0.68, False), (0.68, True)):
        flat = np.stack([np.insert(arch * [1.0, 0.0] + [0.0, 1.06], 1, y, axis=1), np.insert(arch, 1, y, axis=1)])
        b.grid(flat, M.CAR_PAINT, parameter=1.0, reverse=not reverse)
    for y in (-0.40, -0.13, 0.13, 0.40):  # ribs
        b.tube([(0.455, y, 0.30), (0.51, y, 0.95)], 0.018, M.CAR_PAINT, sides=6)
        b.tube([(-0.455, y, 0.30), (-0.51, y, 0.95)], 0.018, M.CAR_PAINT, sides=6)
    for y in (-0.70, 0.70):
        b.tube([(-0.12, y, 0.92), (0.12, y, 0.92)], 0.022, M.METAL, sides=8)
        b.box((0.0, 0.985 * y, 0.92), (0.05, 0.03, 0.05), M.METAL)
        for x in (-0.33, 0.33):
            b.box((x, 0.70 * y, 0.20), (0.04, 0.03, 0.03), M.METAL)
            b.tube([(x, 0.70 * y - 0.025, 0.10), (x, 0.70 * y + 0.025, 0.10)], 0.10, M.TYRE, sides=20)
    b.tube([(0.545, -0.45, 1.07), (0.575, -0.40, 1.09), (0.575, 0.40, 1.09), (0.545, 0.45, 1.07)], 0.015, M.BLACK_TRIM)


def shopping_cart(b: MeshBuilder) -> None:
    """A supermarket's wire cart; its handle is behind."""
    def corner(x: float, side: float, top: bool) -> tuple[float, float, float]:
        if top:
            return x, side * (0.275 if x < 0 else 0.235), 0.98 if x < 0 else 0.90
        return (x if x < 0 else 0.85 * x) + 0.04, side * (0.225 if x < 0 else 0.19), 0.58 if x < 0 else 0.54

    rear, front = -0.36, 0.46
    for top in (True, False):
        loop = [corner(rear, -1, top), corner(front, -1, top), corner(front, 1, top), corner(rear, 1, top)]
        b.tube([*loop, loop[0]], 0.009, M.RIM, sides=6, caps=False)
    for share in np.linspace(0.0, 1.0, 13):
        for side in (-1.0, 1.0):
            t = np.array(corner(rear, side, True)) * (1 - share) + np.array(corner(front, side, True)) * share
            u = np.array(corner(rear, side, False)) * (1 - share) + np.array(corner(front, side, False)) * share
            b.tube([t, u, u * [1.0, 0.0, 1.0]], 0.004, M.RIM, sides=4)
    for share in np.linspace(0.12, 0.88, 6):
        loop = [np.array(corner(x, s, False)) * (1 - share) + np.array(corner(x, s, True)) * share
                for x, s in ((rear, -1.0), (front, -1.0), (front, 1.0), (rear, 1.0))]
        b.tube([*loop, loop[0]], 0.004, M.RIM, sides=4, caps=False)
    for y in np.linspace(-0.2, 0.2, 9):
        for x in (rear, front):
            t, u = np.array(corner(x, 1.0, True)), np.array(corner(x, 1.0, False))
            b.tube([t * [1, y / 0.25, 1], u * [1, y / 0.25, 1]], 0.004, M.RIM, sides=4)
    b.tube([(rear - 0.09, -0.27, 1.01), (rear - 0.09, 0.27, 1.01)], 0.017, M.CAR_PAINT, sides=10)
    for side in (-1.0, 1.0):
        b.tube([(rear - 0.09, side * 0.26, 1.01), (rear, side * 0.27, 0.97)], 0.012, M.RIM, sides=6)
        b.tube([(rear + 0.02, side * 0.24, 0.60), (rear + 0.10, side * 0.24, 0.20), (front - 0.06, side * 0.20, 0.18)],
               0.013, M.RIM, sides=6)
        b.tube([(front - 0.10, side * 0.19, 0.55), (front - 0.22, side * 0.21, 0.19)], 0.010, M.RIM, sides=6)
        for x, y in ((rear + 0.08, 0.24), (front - 0.07, 0.20)):
            b.tube([(x, side * y, 0.20), (x, side * y, 0.10)], 0.012, M.METAL, sides=6)
            add_thin_wheel(b, (x - 0.02, side * y, 0.0625), 0.0625, 0.028, 5, solid=True)


def bus_stop(b: MeshBuilder) -> None:
    """A shelter: frosted panes behind and at the sides, a bench, a flat roof; open towards +x."""
    half_x, half_y, height = 0.75, 2.0, 2.45
    for x, y in ((-half_x + 0.1, -half_y + 0.06), (-half_x + 0.1, half_y - 0.06), (-half_x + 0.1, 0.0),
                 (half_x - 0.45, -half_y + 0.06), (half_x - 0.45, half_y - 0.06)):
        b.box((x, y, 0.5 * height), (0.04, 0.04, 0.5 * height), M.CAR_PAINT)
    b.box((0.0, 0.0, height + 0.05), (half_x, half_y, 0.05), M.CAR_PAINT, radius=0.03)
    b.box((half_x - 0.01, 0.0, height + 0.05), (0.012, half_y * 0.98, 0.045), M.CAR_PAINT, parameter=1.0)
    pane = 0.5 * (half_y - 0.06)
    for y in (-pane, pane):
        b.box((-half_x + 0.1, y, 1.25), (0.006, pane - 0.05, 0.95), M.CAR_PAINT, parameter=2.0)
        b.box((-half_x + 0.1, y, 0.28), (0.02, pane - 0.04, 0.02), M.CAR_PAINT)
        b.box((-half_x + 0.1, y, 2.22), (0.02, pane - 0.04, 0.02), M.CAR_PAINT)
    for y in (-half_y + 0.06, half_y - 0.06):
        b.box((-0.175, y, 1.25), (0.42, 0.006, 0.95), M.CAR_PAINT, parameter=2.0)
    for x in (-0.42, -0.31, -0.20):
        b.box((x, 0.2, 0.47), (0.045, 1.1, 0.016), M.WOOD)
    for y in (-0.7, 0.2, 1.1):
        b.box((-0.36, y, 0.23), (0.15, 0.025, 0.225), M.METAL)
    b.box((-half_x + 0.125, -1.45, 1.45), (0.012, 0.30, 0.42), M.FRAME)                    # the timetable
    b.tube([(half_x - 0.06, half_y - 0.06, 0.0), (half_x - 0.06, half_y - 0.06, height)], 0.028, M.METAL)


def advertisement(b: MeshBuilder) -> None:
    """A lit poster case on a foot, posters towards +x and -x: fields of colour about a round sun."""
    b.box((0.0, 0.0, 0.10), (0.16, 0.40, 0.10), M.CAR_PAINT, radius=0.02)
    b.box((0.0, 0.0, 0.30), (0.07, 0.25, 0.12), M.CAR_PAINT)
    b.box((0.0, 0.0, 1.55), (0.16, 0.68, 1.15), M.CAR_PAINT, radius=0.05)
    for face in (0.162, -0.162):
        b.box((face, 0.0, 1.58), (0.003, 0.58, 1.02), M.FRAME)
        b.box((face * 1.02, 0.0, 1.95), (0.004, 0.52, 0.58), M.CAR_PAINT, parameter=1.0)
        b.box((face * 1.02, 0.0, 1.02), (0.004, 0.52, 0.30), M.SKIN)
        b.tube([(face * 0.9, 0.15, 2.05), (face * 1.06, 0.15, 2.05)], 0.22, M.SKIN, sides=28)
        for k in range(3):
            b.box((face * 1.05, -0.08 * k, 1.12 - 0.10 * k), (0.003, 0.36 - 0.08 * k, 0.026), M.FRAME)


def bench(b: MeshBuilder) -> None:
    """A park bench of slats on two iron stands, facing +x."""
    for x in (-0.08, 0.05, 0.18, 0.30):
        b.box((x, 0.0, 0.44), (0.055, 0.85, 0.018), M.WOOD, radius=0.006)
    tilt = np.array([[0.97, 0.0, -0.24], [0.0, 1.0, 0.0], [0.24, 0.0, 0.97]])
    for k, z in enumerate((0.58, 0.71, 0.84)):
        b.box((-0.17 - 0.03 * k, 0.0, z), (0.014, 0.85, 0.05), M.WOOD, rotation=tilt, radius=0.006)
    for y in (-0.65, 0.65):
        for path in ([(0.30, y, 0.0), (0.28, y, 0.42), (-0.12, y, 0.42), (-0.27, y, 0.88)],
                     [(-0.26, y, 0.0), (-0.12, y, 0.42)]):
            b.tube(path, 0.022, M.METAL, sides=8)


def barrel(b: MeshBuilder) -> None:
    """A steel drum of 200 litres."""
    profile = [(0.0, 0.0), (0.28, 0.0), (0.29, 0.015), (0.283, 0.03), (0.283, 0.28), (0.293, 0.295), (0.283, 0.31),
               (0.283, 0.57), (0.293, 0.585), (0.283, 0.60), (0.283, 0.85), (0.29, 0.865), (0.28, 0.88), (0.27, 0.865),
               (0.0, 0.862)]
    b.lathe(profile, (0.0, 0.0, 0.0), M.CAR_PAINT, segments=40, upright=True)
    b.tube([(0.16, 0.05, 0.855), (0.16, 0.05, 0.878)], 0.03, M.METAL, sides=12)
