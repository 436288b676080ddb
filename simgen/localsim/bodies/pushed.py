"""What rolls along with a person: a wheelchair and a pram, in the axes of whoever sits in it or pushes it."""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.wheel import add_thin_wheel
from simgen.localsim.mesh import Material as M

CHAIR_WHEEL_M = 0.30
CHAIR_WHEEL = (-0.06, 0.275, CHAIR_WHEEL_M)
CHAIR_RIM_Y_M = 0.305
_SEAT_Z_M = 0.455
_CASTOR_M = 0.085

PRAM_GRIP = (0.42, 0.17, 1.02)            # where the left hand holds the handle, the pusher standing at the origin


def add_wheelchair(builder: MeshBuilder, turn_rad: float) -> None:
    """Append a manual wheelchair; its middle is about the origin, it faces +x, its large wheels have rolled so far."""
    x, y, r = CHAIR_WHEEL
    for side in (1.0, -1.0):
        add_thin_wheel(builder, (x, side * y, r), r, 0.030, 12, turn_rad=turn_rad)
        _ring(builder, (x, side * CHAIR_RIM_Y_M, r), r - 0.035, 0.011)
        for k in range(6):                # struts between rim and hand rim
            angle = 2.0 * np.pi * k / 6 - turn_rad
            out = np.array([np.cos(angle), 0.0, np.sin(angle)]) * (r - 0.035)
            ends = [np.array([x, side * aside, r]) + out for aside in (y, CHAIR_RIM_Y_M)]
            builder.tube(ends, 0.006, M.METAL, sides=5)
        castor = (0.34, side * 0.235, _CASTOR_M)
        add_thin_wheel(builder, castor, _CASTOR_M, 0.030, 5, solid=True, turn_rad=turn_rad * r / _CASTOR_M)
        frame = side * 0.225
        for path in (
            [(0.34, frame, 2.0 * _CASTOR_M + 0.02), (0.34, frame, 0.44), (-0.24, frame, 0.44), (-0.24, frame, 0.26),
             (0.30, frame, 0.24)],
            [(-0.23, frame, 0.26), (-0.275, frame, 0.90), (-0.36, frame, 0.935)],            # back and push handle
            [(0.34, frame, 0.43), (0.42, 0.75 * frame, 0.30), (0.49, 0.6 * frame, 0.13)],   # to the foot rest
            [(-0.24, frame, 0.665), (0.16, frame, 0.665), (0.22, frame, 0.60), (0.22, frame, 0.44)],
        ):
            builder.tube(path, 0.0125, M.METAL, sides=8)
        builder.tube([(-0.33, frame, 0.922), (-0.43, frame, 0.948)], 0.018, M.BLACK_TRIM, sides=8)
        builder.box((-0.02, frame, 0.68), (0.15, 0.028, 0.016), M.BLACK_TRIM, radius=0.012)      # arm rest
        builder.box((0.52, side * 0.105, 0.105), (0.085, 0.075, 0.010), M.BLACK_TRIM)             # foot rest
        builder.box((-0.03, 1.06 * frame, 0.55), (0.17, 0.006, 0.10), M.BLACK_TRIM)               # clothes guard
    builder.tube([(x, -y, r), (x, y, r)], 0.014, M.METAL, sides=8)
    builder.tube([(0.0, -0.225, 0.26), (0.05, 0.225, 0.42)], 0.010, M.METAL, sides=6)             # the folding cross
    builder.tube([(0.0, 0.225, 0.26), (0.05, -0.225, 0.42)], 0.010, M.METAL, sides=6)
    builder.box((0.05, 0.0, _SEAT_Z_M - 0.02), (0.23, 0.215, 0.024), M.BLACK_TRIM, radius=0.02)
    tilt = np.array([[0.998, 0.0, 0.05], [0.0, 1.0, 0.0], [-0.05, 0.0, 0.998]]).T
    builder.box((-0.262, 0.0, 0.68), (0.018, 0.215, 0.21), M.BLACK_TRIM, rotation=tilt, radius=0.012)


def add_pram(builder: MeshBuilder, wheel_m: float, turn_rad: float) -> None:
    """Append a pram before its pusher, who stands at the origin and faces +x."""
    gx, gy, gz = PRAM_GRIP
    rear, front, track = 0.58, 1.16, 0.265
    for x in (rear, front):
        for side in (1.0, -1.0):
            y = side * (track if x == rear else 0.7 * track)
            add_thin_wheel(builder, (x, y, wheel_m), wheel_m, 0.042, 5, solid=True, turn_rad=turn_rad)
    builder.tube([(rear, -track, wheel_m), (rear, track, wheel_m)], 0.012, M.METAL, sides=8)
    builder.tube([(front, -0.7 * track, wheel_m), (front, 0.7 * track, wheel_m)], 0.012, M.METAL, sides=8)
    builder.tube([(gx, -gy - 0.05, gz), (gx, gy + 0.05, gz)], 0.018, M.BLACK_TRIM, sides=10)
    for side in (1.0, -1.0):
        y = side * (gy + 0.05)
        builder.tube([(gx, y, gz), (0.66, y, 0.66), (0.86, y, 0.40), (front, 0.66 * side * track, wheel_m + 0.02)],
                     0.014, M.METAL, sides=8)
        builder.tube([(0.80, y, 0.46), (rear, side * track * 0.95, wheel_m)], 0.014, M.METAL, sides=8)
    # The basket between the wheels, and the seat with its footrest.
    builder.box((0.84, 0.0, 0.26), (0.20, 0.17, 0.06), M.SHOE, radius=0.03)
    shell = [(0.56, 0.84), (0.60, 0.60), (0.70, 0.46), (0.92, 0.43), (1.06, 0.50), (1.18, 0.40), (1.22, 0.36)]
    _sling(builder, shell, 0.19, 0.030)
    for side in (1.0, -1.0):              # the seat's sides
        profile = [(0.60, 0.62), (0.70, 0.49), (0.92, 0.46), (0.98, 0.60), (0.74, 0.72)]
        _panel(builder, profile, side * 0.19)
    _hood(builder, (0.66, 0.0, 0.76), 0.27, 0.205)
    builder.tube([(0.93, -0.19, 0.62), (1.00, -0.12, 0.66), (1.00, 0.12, 0.66), (0.93, 0.19, 0.62)], 0.016,
                 M.BLACK_TRIM, sides=8)
    _add_infant(builder)


def _add_infant(builder: MeshBuilder) -> None:
    """A blanket with a small face under the hood."""
    builder.box((0.84, 0.0, 0.55), (0.15, 0.13, 0.075), M.CLOTH_UPPER, radius=0.07)
    builder.ball((0.70, 0.0, 0.70), 0.075, M.SKIN)
    builder.box((0.672, 0.0, 0.735), (0.058, 0.066, 0.052), M.CLOTH_UPPER, radius=0.05)


def _ring(builder: MeshBuilder, centre: tuple[float, float, float], radius: float, thick: float) -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 37)
    path = np.stack([np.cos(angle), np.zeros(37), np.sin(angle)], axis=1) * radius
    builder.tube(np.array(centre) + path, thick, M.METAL, sides=6, caps=False)


def _sling(builder: MeshBuilder, profile: list[tuple[float, float]], half_m: float, thick_m: float) -> None:
    """A padded sheet along a profile in (x, z), half_m to either side."""
    p = np.array(profile)
    along = np.gradient(p, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    normal /= np.sqrt((normal**2).sum(axis=1, keepdims=True))
    upper, lower = p + 0.5 * thick_m * normal, p - 0.5 * thick_m * normal
    loop = np.concatenate([upper, lower[::-1], upper[:1]])
    sheet = np.stack([np.insert(loop, 1, y, axis=1) for y in (-half_m, half_m)], axis=1)
    builder.grid(sheet, M.BLACK_TRIM)
    for side in (1.0, -1.0):
        edge = np.stack([np.insert(line, 1, side * half_m, axis=1) for line in (upper, lower)])
        builder.grid(edge, M.BLACK_TRIM, reverse=side > 0.0)


def _panel(builder: MeshBuilder, outline: list[tuple[float, float]], y: float) -> None:
    """A thin flat panel in the plane of y: both faces, from its middle to its outline, and the rim between them."""
    p = np.array([*outline, outline[0]])
    middle = np.broadcast_to(p[:-1].mean(axis=0), p.shape)
    for shift, reverse in ((0.008, True), (-0.008, False)):
        disc = np.stack([np.insert(middle, 1, y + shift, axis=1), np.insert(p, 1, y + shift, axis=1)])
        builder.grid(disc, M.SHOE, reverse=reverse)
    rim = np.stack([np.insert(p, 1, y + shift, axis=1) for shift in (0.008, -0.008)])
    builder.grid(rim, M.SHOE, reverse=True)


def _hood(builder: MeshBuilder, hinge: tuple[float, float, float], radius: float, half_m: float) -> None:
    """A folding hood: a quarter of a drum about the hinge, closed at its sides, with a bright lining inside."""
    angle = np.linspace(np.radians(40.0), np.radians(172.0), 12)
    y = np.array([-1.0, -0.92, -0.6, 0.0, 0.6, 0.92, 1.0])
    share = np.array([0.0, 0.72, 0.93, 1.0, 0.93, 0.72, 0.0])
    x, _, z = hinge
    shells = []
    for scale, reverse, material in ((1.0, True, M.SHOE), (0.965, False, M.CLOTH_LOWER)):
        r = radius * scale * share[None, :]
        sheet = np.stack([x + r * np.cos(angle)[:, None], np.broadcast_to(half_m * scale * y, (12, 7)),
                          z + r * np.sin(angle)[:, None]], axis=-1)
        builder.grid(sheet, material, reverse=reverse)
        shells.append(sheet)
    outer, inner = shells
    builder.grid(np.stack([outer[0], inner[0]]), M.SHOE)
    builder.grid(np.stack([outer[-1], inner[-1]]), M.SHOE, reverse=True)
