"""Wheels: tyre and rim of cars and lorries, thin spoked wheels of two-wheelers. Axles lie along y."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.mesh import Material as M


@dataclass(frozen=True, slots=True)
class AxleWheels:
    """The two wheels of an axle.

    x_m, y_m:   where the axle is, and how far aside the outer faces are; the wheels stand on the ground.
    steel:      plain steel wheels (lorries, vans) instead of spoked alloys.
    steers:     whether they turn with the steering wheel.
    """

    x_m: float
    y_m: float
    radius_m: float
    width_m: float
    rim_share: float = 0.66
    spokes: int = 5
    steel: bool = False
    steers: bool = False


def add_axles(builder: MeshBuilder, axles: Iterable[AxleWheels]) -> None:
    """Append the wheels of axles where they are."""
    for axle in axles:
        add_wheel(builder, axle, (axle.x_m, axle.y_m, axle.radius_m), mirror=True)


def add_wheel(builder: MeshBuilder, axle: AxleWheels, centre: tuple[float, float, float], *, mirror: bool) -> None:
    """Append an axle's left wheel with the middle of its outer face at a point; mirror: and its image in y = 0."""
    r, rim, width_m, spokes = axle.radius_m, axle.radius_m * axle.rim_share, axle.width_m, axle.spokes
    x, y, z = centre
    shoulder = 0.06 * r
    tyre = [(rim, -width_m + 0.01), (r - 1.6 * shoulder, -width_m), (r - 0.4 * shoulder, -width_m + 0.4 * shoulder),
            (r, -width_m + 1.6 * shoulder), (r, -1.6 * shoulder), (r - 0.4 * shoulder, -0.4 * shoulder),
            (r - 1.6 * shoulder, 0.0), (rim, -0.010)]
    builder.lathe(tyre, (x, y, z), M.TYRE, segments=36, mirror=mirror)
    builder.lathe([(0.0, -width_m + 0.02), (rim, -width_m + 0.02)], (x, y, z), M.BLACK_TRIM, segments=24, mirror=mirror)
    edge = [(rim, -0.010), (rim * 0.985, -0.004), (rim * 0.93, -0.008), (rim * 0.90, -0.035)]
    builder.lathe(edge, (x, y, z), M.RIM, segments=36, mirror=mirror)
    builder.lathe([(rim * 0.90, -0.035), (rim * 0.86, -0.09), (0.0, -0.09)], (x, y, z),
                  M.METAL if axle.steel else M.BLACK_TRIM, segments=36, mirror=mirror)
    if axle.steel:
        dish = [(rim * 0.88, -0.05), (rim * 0.55, -0.035), (rim * 0.42, -0.012), (rim * 0.40, 0.0), (0.0, 0.002)]
        builder.lathe(dish, (x, y, z), M.RIM, segments=24, mirror=mirror)
        for angle in 2.0 * np.pi * np.arange(8) / 8:      # hand holes: what shows that it turns
            hole = np.array([x + 0.70 * rim * np.cos(angle), y - 0.035, z + 0.70 * rim * np.sin(angle)])
            builder.tube([hole, hole + np.array([0.0, 0.006, 0.0])], 0.075 * rim, M.BLACK_TRIM, sides=8, mirror=mirror)
        return
    hub = [(rim * 0.24, -0.07), (rim * 0.24, -0.022), (rim * 0.16, -0.014), (0.0, -0.012)]
    builder.lathe(hub, (x, y, z), M.RIM, segments=20, mirror=mirror)
    for k in range(spokes):
        angle = 2.0 * np.pi * (k + 0.25) / spokes
        out = np.array([np.cos(angle), 0.0, np.sin(angle)])
        across = np.array([-np.sin(angle), 0.0, np.cos(angle)])
        axes = np.stack([out, np.array([0.0, 1.0, 0.0]), across], axis=1)
        half = np.array([0.38 * rim, 0.014, (0.085 if spokes > 6 else 0.12) * rim])
        builder.box(np.array([x, y - 0.030, z]) + out * 0.56 * rim, half, M.RIM, rotation=axes, radius=0.006,
                    mirror=mirror)


def add_thin_wheel(builder: MeshBuilder, centre: tuple[float, float, float], radius_m: float, width_m: float,
                   spokes: int, *, solid: bool = False, turn_rad: float = 0.0) -> None:
    """A two-wheeler's wheel in the plane y = centre's y: tyre, rim, hub and thin or broad (solid) spokes.

    turn_rad: how far it has rolled, forward positive.
    """
    half = width_m / 2.0
    deep = 2.0 * half if solid else 1.6 * half
    ring = np.linspace(0.0, 2.0 * np.pi, 9)
    # From the inner side around the outside: the profile's left is out.
    tyre = [(radius_m - half + half * np.sin(a), -half * np.cos(a)) for a in ring * 0.5]
    builder.lathe([(radius_m - deep, -half * 0.7), *tyre, (radius_m - deep, half * 0.7)], centre, M.TYRE, segments=36)
    inner = radius_m - deep
    rim = [(inner, half * 0.7), (inner - 0.6 * half, 0.0), (inner, -half * 0.7)]
    builder.lathe(rim, centre, M.RIM, segments=36)
    hub = 0.07 * radius_m + 0.01
    builder.lathe([(0.0, -half * 1.3), (hub, -half * 1.3), (hub, half * 1.3), (0.0, half * 1.3)], centre, M.METAL,
                  segments=12)
    middle: Array = np.array(centre, np.float64)
    for k in range(spokes):
        angle = 2.0 * np.pi * k / spokes - turn_rad
        out = np.array([np.cos(angle), 0.0, np.sin(angle)])
        side = np.array([0.0, 0.6 * half * (-1) ** k, 0.0])
        thick = 0.022 if solid else 0.0016
        builder.tube([middle + side, middle + out * inner], thick, M.RIM if solid else M.METAL,
                     sides=5 if solid else 3, caps=False)
