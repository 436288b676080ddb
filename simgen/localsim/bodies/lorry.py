"""Heavy vehicles: lorry, tractor with trailer, fire engine, ambulance: a lofted cab from ``car.py`` and what stands
behind it. All of them return their wheels instead of drawing them, as these turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder, affine
from simgen.localsim.bodies.car import add_car
from simgen.localsim.bodies.car_measures import AS_BEACON, AS_INDICATOR, AS_MARKER, LAMP_COLOUR, Car, car_of
from simgen.localsim.bodies.car_shape import BONNET_CAB, CREW_CAB, LORRY_CAB
from simgen.localsim.bodies.wheel import AxleWheels
from simgen.localsim.mesh import Material as M

Size = tuple[float, float, float]
Axles = tuple[AxleWheels, ...]

Heavy = Literal["box_lorry", "tractor_with_trailer", "fire_engine", "ambulance"]

_SLATS = 12
_SECOND_COLOUR = 1.0   # a CAR_PAINT triangle's parameter: 0 takes tint 0, 1 takes tint 1


@dataclass(frozen=True, slots=True)
class Cab:
    """The cab of a heavy vehicle: a car of its own, whose middle is so far ahead of the vehicle's."""

    car: Car
    length_m: float
    ahead_m: float


def cab_of(kind: Heavy, size_lwh_m: Size, mirror_m: float) -> Cab:
    """The cab at the front of a heavy vehicle's box."""
    length, width, height = size_lwh_m
    narrower = 0.0
    if kind == "box_lorry":
        shape, cab_length, roof = replace(LORRY_CAB, wheel_m=min(0.50, 0.150 * height)), min(2.15, 0.32 * length), 0.90
    elif kind == "tractor_with_trailer":
        shape, cab_length, roof = replace(LORRY_CAB, wheel_m=0.50), 2.05, 0.88
    elif kind == "fire_engine":
        shape, cab_length, roof = replace(CREW_CAB, wheel_m=0.52), 0.40 * length, 0.87
    else:
        shape, cab_length, roof, narrower = replace(BONNET_CAB, wheel_m=0.40), 0.43 * length, 0.86, 0.08
    car = car_of(shape, (cab_length, width, roof * height), mirror_m + narrower)
    return Cab(car, cab_length, 0.5 * (length - cab_length))


def add_box_lorry(builder: MeshBuilder, size_lwh_m: Size, mirror_m: float) -> Axles:
    """A lorry with a box body as high as its bounding box."""
    length, width, height = size_lwh_m
    half = width / 2.0 - mirror_m
    cab = cab_of("box_lorry", size_lwh_m, mirror_m)
    wheel, cab_length = cab.car.shape.wheel_m, cab.length_m
    steered = _add_cab(builder, cab)
    floor = 2.0 * wheel + 0.10
    front = length / 2 - cab_length - 0.12
    _add_body(builder, -length / 2 + 0.03, front, half, floor, height, parameter=_SECOND_COLOUR)
    _add_chassis(builder, -length / 2 + 0.10, length / 2 - 0.5 * cab_length, half, wheel, floor)
    _add_tail(builder, -length / 2, half, floor)
    return (*steered, _twin_wheels(builder, -length / 2 + 0.23 * length, half, wheel))


def add_tractor_with_trailer(builder: MeshBuilder, size_lwh_m: Size, mirror_m: float) -> Axles:
    """A two-axled tractor with side skirts and a wind deflector, and a short box trailer on its fifth wheel."""
    length, width, height = size_lwh_m
    half = width / 2.0 - mirror_m
    cab = cab_of("tractor_with_trailer", size_lwh_m, mirror_m)
    wheel, cab_length = cab.car.shape.wheel_m, cab.length_m
    nose, rear = length / 2, -length / 2
    steered = _add_cab(builder, cab)
    # The deflector on the roof, and fairings behind the cab's sides.
    slope = [(nose - 0.75, 0.85 * height), (nose - cab_length + 0.08, height - 0.10),
             (nose - cab_length + 0.08, 0.85 * height)]
    sheet = np.array([[(x, y, z) for y in (0.80 * half, -0.80 * half)] for x, z in slope])
    builder.grid(sheet[:2], M.CAR_PAINT)
    builder.grid(sheet[1:], M.CAR_PAINT)
    for y, reverse in ((0.80 * half, True), (-0.80 * half, False)):
        corners = [(x, y, z) for x, z in (slope[::-1] if reverse else slope)]
        builder.quad([*corners, corners[-1]], M.CAR_PAINT)
    builder.box((nose - cab_length - 0.16, half - 0.06, 0.55 * height), (0.20, 0.025, 0.27 * height), M.CAR_PAINT,
                radius=0.02, mirror=True)
    floor = 2.0 * wheel + 0.22
    front = nose - cab_length - 0.55
    _add_body(builder, rear + 0.03, front, half, floor, height, parameter=_SECOND_COLOUR)
    drive = front - 0.62
    tractor_end = drive - 0.62
    for y in (0.42, -0.42):
        builder.box((0.5 * (tractor_end + nose - 0.6), y, 0.92), (0.5 * (nose - 0.6 - tractor_end), 0.05, 0.13),
                    M.BLACK_TRIM)
        builder.box((0.5 * (rear + front - 0.15), 1.1 * y, floor - 0.09), (0.5 * (front - rear - 0.45), 0.05, 0.10),
                    M.BLACK_TRIM)
    builder.tube([(drive, 0.0, 1.02), (drive, 0.0, floor - 0.02)], 0.42, M.METAL, sides=16)           # fifth wheel
    builder.tube([(nose - 2.35, half - 0.36, 0.66), (drive + 0.58, half - 0.36, 0.66)], 0.27, M.METAL, sides=18)
    builder.box((0.5 * (nose - 2.35 + drive + 0.58), -half + 0.34, 0.66), (0.5 * (nose - 2.93 - drive), 0.26, 0.24),
                M.BLACK_TRIM, radius=0.03)
    for y in (0.62 * half, -0.62 * half):                            # the trailer's landing legs
        builder.box((tractor_end - 0.22, y, 0.5 * (0.42 + floor)), (0.05, 0.05, 0.5 * (floor - 0.42)), M.METAL)
        builder.box((tractor_end - 0.22, y, 0.42), (0.11, 0.09, 0.02), M.METAL)
    bogie = rear + 0.85
    guard = (tractor_end - 0.40, bogie + 1.65)
    builder.box((0.5 * sum(guard), half - 0.03, 0.72), (0.5 * (guard[0] - guard[1]), 0.015, 0.06), M.METAL, mirror=True)
    builder.box((0.5 * sum(guard), half - 0.03, 0.98), (0.5 * (guard[0] - guard[1]), 0.015, 0.06), M.METAL, mirror=True)
    for x in np.linspace(rear + 0.5, front - 0.2, 6):                # side markers
        builder.box((float(x), half + 0.002, floor - 0.03), (0.05, 0.012, 0.018), LAMP_COLOUR,
                    parameter=AS_MARKER, mirror=True)
    _add_tail(builder, rear, half, floor)
    return (*steered, *(_twin_wheels(builder, x, half, wheel) for x in (drive, bogie + 1.12, bogie)))


def add_fire_engine(builder: MeshBuilder, size_lwh_m: Size, mirror_m: float) -> Axles:
    """A crew cab, lockers with roller shutters, a ladder on the roof and a light bar."""
    length, width, height = size_lwh_m
    half = width / 2.0 - mirror_m
    cab = cab_of("fire_engine", size_lwh_m, mirror_m)
    wheel, cab_length, roof = cab.car.shape.wheel_m, cab.length_m, cab.car.height
    steered = _add_cab(builder, cab)
    front, rear = length / 2 - cab_length - 0.05, -length / 2 + 0.03
    floor = 0.62
    _add_body(builder, rear, front, half, floor + 0.45, roof, parameter=0.0)
    wheel_x = rear + 0.42 * (front - rear)
    for x0, x1 in ((rear + 0.10, wheel_x - 0.68), (wheel_x - 0.62, wheel_x + 0.62), (wheel_x + 0.68, front - 0.10)):
        low = floor if abs(0.5 * (x0 + x1) - wheel_x) > 0.1 else 2.0 * wheel + 0.14
        _add_shutter(builder, (x0, x1), (low + 0.10, 0.84 * roof), half)
        if low == floor:
            builder.box((0.5 * (x0 + x1), 0.0, 0.5 * (floor + 1.15)),
                        (0.5 * (x1 - x0) + 0.04, half, 0.5 * (1.15 - floor)), M.CAR_PAINT, radius=0.02)
    builder.box((0.5 * (rear + front), half + 0.003, 0.90 * roof), (0.5 * (front - rear) - 0.05, 0.008, 0.07),
                M.CAR_PAINT, parameter=_SECOND_COLOUR, mirror=True)
    _add_chassis(builder, rear + 0.1, length / 2 - 0.5 * cab_length, half, wheel, 2.0 * wheel + 0.1)
    _add_tail(builder, -length / 2, half, floor + 0.5)
    for y in (0.32, -0.32):  # the ladder, its top at the box's top
        builder.tube([(rear + 0.2, y, height - 0.05), (length / 2 - 0.6, y, height - 0.05)], 0.05, M.METAL, sides=8)
        for x in (rear + 0.6, front - 0.3):
            builder.box((x, y, 0.5 * (roof + height)), (0.05, 0.05, 0.5 * (height - roof) - 0.03), M.METAL)
    for x in np.arange(rear + 0.4, length / 2 - 0.7, 0.32):
        builder.tube([(x, -0.32, height - 0.05), (x, 0.32, height - 0.05)], 0.022, M.METAL, sides=6)
    _add_beacons(builder, (length / 2 - 0.45, roof + 0.10), (0.16, 0.62 * half, 0.09))
    return (*steered, _twin_wheels(builder, wheel_x, half, wheel))


def add_ambulance(builder: MeshBuilder, size_lwh_m: Size, mirror_m: float) -> Axles:
    """A bonneted cab, a wide box with a stripe and windows, light bars."""
    length, width, height = size_lwh_m
    half = width / 2.0 - mirror_m
    cab = cab_of("ambulance", size_lwh_m, mirror_m)
    wheel, cab_length = cab.car.shape.wheel_m, cab.length_m
    steered = _add_cab(builder, cab)
    front, rear = length / 2 - cab_length + 0.20, -length / 2 + 0.03
    top = height - 0.10
    _add_body(builder, rear, front, half, 0.52, top, parameter=0.0)
    for z, thick in ((0.96, 0.085), (1.16, 0.03), (top - 0.10, 0.03)):
        builder.box((0.5 * (rear + front), half + 0.002, z), (0.5 * (front - rear) - 0.04, 0.006, thick), M.CAR_PAINT,
                    parameter=_SECOND_COLOUR, mirror=True)
    builder.box((front - 0.75, half + 0.002, 1.62), (0.36, 0.008, 0.22), M.CAR_GLASS, mirror=True)
    for y in (0.45, -0.45):
        builder.box((rear - 0.004, y, 1.62), (0.008, 0.30, 0.24), M.CAR_GLASS)
    wheel_x = rear + 0.36 * (front - rear)
    arch = [(wheel + 0.07, -0.01), (wheel + 0.07, 0.006), (0.0, 0.006)]
    builder.lathe(arch, (wheel_x, half, wheel + 0.08), M.BLACK_TRIM, mirror=True)
    _add_chassis(builder, rear + 0.1, length / 2 - 0.6 * cab_length, half, wheel, 0.62)
    _add_tail(builder, -length / 2, half, 0.62)
    for x in (front - 0.12, rear + 0.12):
        _add_beacons(builder, (x, height - 0.06), (0.10, 0.72 * half, 0.06))
    return (*steered, AxleWheels(wheel_x, half + 0.016, wheel, 0.25, 0.6, steel=True))


def _add_shutter(builder: MeshBuilder, along_m: tuple[float, float], upwards_m: tuple[float, float],
                 half: float) -> None:
    """A locker's roller shutter on either side: slats that bulge, as one sheet whose edges end in the body."""
    slats = np.linspace(*upwards_m, _SLATS + 1)
    step = slats[1] - slats[0]
    z = np.concatenate([slats[:-1, None] + step * np.array([0.0, 0.10, 0.25, 0.75, 0.90]), slats[1:, None]], axis=1)
    out = np.tile([-0.006, 0.010, 0.016, 0.016, 0.010, -0.006], _SLATS)[:, None]
    edge = np.array([-0.006, 1.0, 1.0, -0.006])
    x = np.array([along_m[0], along_m[0] + 0.004, along_m[1] - 0.004, along_m[1]])
    y = half + np.where(edge > 0.0, out, edge)
    sheet = np.stack([np.broadcast_to(x, y.shape), y, np.broadcast_to(z.reshape(-1, 1), y.shape)], axis=-1)
    builder.grid(sheet, M.METAL, mirror=True)


def _add_beacons(builder: MeshBuilder, place_xz: tuple[float, float], half_m: Size) -> None:
    """A light bar across the roof: a blue lens on either side of its plain middle."""
    (x, z), (along, across, up) = place_xz, half_m
    lens = 0.36 * across
    builder.box((x, across - lens, z), (along, lens, up), LAMP_COLOUR, radius=0.014, parameter=AS_BEACON,
                mirror=True)
    builder.box((x, 0.0, z - 0.1 * up), (0.9 * along, 0.32 * across, 0.85 * up), M.RIM, radius=0.012)


def _add_cab(builder: MeshBuilder, cab: Cab) -> Axles:
    """A cab at the front of the box; returns its wheels."""
    own = MeshBuilder()
    axles = add_car(own, cab.car)
    builder.extend(affine(own.mesh(), (1.0, 1.0, 1.0), (cab.ahead_m, 0.0, 0.0)))
    return tuple(replace(axle, x_m=axle.x_m + cab.ahead_m) for axle in axles)


def _add_body(builder: MeshBuilder, rear: float, front: float, half: float, floor: float, top: float, *,
              parameter: float) -> None:
    """A box body with aluminium edges and rear doors."""
    middle = (0.5 * (rear + front), 0.0, 0.5 * (floor + top))
    builder.box(middle, (0.5 * (front - rear), half - 0.004, 0.5 * (top - floor)), M.CAR_PAINT, radius=0.05,
                parameter=parameter)
    for z in (floor + 0.05, top - 0.05):
        builder.box((middle[0], half - 0.012, z), (0.5 * (front - rear) - 0.02, 0.012, 0.045), M.METAL, mirror=True)
    for x in (rear + 0.05, front - 0.05):
        builder.box((x, half - 0.012, middle[2]), (0.045, 0.012, 0.5 * (top - floor) - 0.02), M.METAL, mirror=True)
    for y in (0.0, half - 0.10, -half + 0.10):
        builder.box((rear - 0.004, y, middle[2]), (0.008, 0.012, 0.5 * (top - floor) - 0.06), M.BLACK_TRIM)
    for y in (0.22, -0.22):
        builder.tube([(rear - 0.014, y, floor + 0.1), (rear - 0.014, y, top - 0.1)], 0.014, M.METAL, sides=6)


def _add_chassis(builder: MeshBuilder, rear: float, front: float, half: float, wheel: float, floor: float) -> None:
    for y in (0.42, -0.42):
        builder.box((0.5 * (rear + front), y, floor - 0.17), (0.5 * (front - rear), 0.05, 0.14), M.BLACK_TRIM)
    middle = 0.5 * (rear + front) + 0.5
    tank = [(middle - 0.45, half - 0.34, 0.72 * floor), (middle + 0.45, half - 0.34, 0.72 * floor)]
    builder.tube(tank, 0.28, M.METAL, sides=18)
    builder.box((middle, -half + 0.34, 0.70 * floor), (0.40, 0.26, 0.24), M.BLACK_TRIM, radius=0.03)


def _twin_wheels(builder: MeshBuilder, x: float, half: float, wheel: float) -> AxleWheels:
    """Mudguards over an axle, and its twin wheels."""
    angle = np.linspace(0.15, np.pi - 0.15, 12)
    outer = wheel + 0.05
    arc = np.stack([x + outer * np.cos(angle), np.full(12, half - 0.02), wheel + outer * np.sin(angle)], axis=1)
    guard = np.stack([arc, arc - [0.0, 0.55, 0.0]], axis=1)
    builder.grid(guard, M.BLACK_TRIM, mirror=True)
    builder.grid(guard - [0.0, 0.0, 0.012], M.BLACK_TRIM, reverse=True, mirror=True)
    return AxleWheels(x, half - 0.03, wheel, 0.50, 0.56, steel=True)


def _add_tail(builder: MeshBuilder, rear: float, half: float, floor: float) -> None:
    """Bumper, lamps and plate at the rear face of the box."""
    z = max(floor - 0.18, 0.45)
    builder.box((rear + 0.08, 0.0, z - 0.06), (0.06, half - 0.06, 0.09), M.BLACK_TRIM, radius=0.02)
    builder.box((rear + 0.02, half - 0.26, z - 0.05), (0.02, 0.09, 0.06), M.TAILLAMP, radius=0.01, mirror=True)
    builder.box((rear + 0.02, half - 0.125, z - 0.05), (0.02, 0.04, 0.06), LAMP_COLOUR, radius=0.01,
                parameter=AS_INDICATOR, mirror=True)
    builder.box((rear + 0.02, half - 0.395, z - 0.05), (0.02, 0.04, 0.06), M.TAILLAMP, radius=0.01, parameter=1.0,
                mirror=True)
    y = 0.26
    builder.quad([(rear + 0.002, y, z - 0.10), (rear + 0.002, -y, z - 0.10), (rear + 0.002, -y, z + 0.01),
                  (rear + 0.002, y, z + 0.01)], M.PLATE, uv=[(-1, -1), (1, -1), (1, 1), (-1, 1)])
