"""The measures of one car or van: a shape at a size, and what its parts share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array
from simgen.localsim.bodies.car_shape import CarShape
from simgen.localsim.mesh import Material

ARCH_GAP_M = 0.040
PLATE_M = 0.015           # number plates stand out by so much and touch the box
SHUT_LINE_M = 0.010
FRONT_BOW_M, REAR_BOW_M = 0.16, 0.07   # the screens' middles lie outside their corners
WELL_M = 0.30             # depth of the wheel wells
FRONT_CLEAR = 0.75         # what a windscreen lets through (UN R43 asks for 0.70)
# Among a sheet's materials: paint in the second colour, and lamps that are told apart by their parameter.
SECOND_PAINT, INDICATOR, REVERSE_LAMP, FOG_LAMP = -1, -2, -3, -4
LAMP_COLOUR = Material.SKIN    # of indicators, beacons, markers and displays, by parameter
AS_INDICATOR, AS_BEACON, AS_MARKER = 1.0, 2.0, 3.0

# Rows of the lower shell, as shares of its height, and how far each lies inside the plan: on the flanks, the
# nose (times its rake) and the tail (times its rake).
ROWS = np.array([0.0, 0.05, 0.12, 0.22, 0.34, 0.46, 0.56, 0.66, 0.76, 0.84, 0.90, 0.95, 0.98, 1.0])
FLANK = np.array([0.060, 0.034, 0.018, 0.006, 0.0, 0.0, 0.004, 0.009, 0.014, 0.019, 0.026, 0.038, 0.054, 0.080])
NOSE = np.array([0.30, 0.14, 0.04, 0.0, 0.0, 0.01, 0.05, 0.11, 0.22, 0.34, 0.46, 0.62, 0.78, 1.0])
TAIL = np.array([0.60, 0.25, 0.05, 0.0, 0.0, 0.08, 0.18, 0.30, 0.42, 0.52, 0.62, 0.76, 0.88, 1.0])


@dataclass(frozen=True, slots=True)
class Car:
    """A shape at a size, with what several parts share. All metres, mesh axes."""

    shape: CarShape
    length: float
    half_width: float      # of the body, without mirrors
    box_half_width: float
    height: float

    def x(self, share: float) -> float:
        return self.length * (0.5 - share)

    @property
    def axles(self) -> tuple[float, ...]:
        front, rear = self.shape.front_axle, self.shape.rear_axle
        return (self.x(front),) if rear is None else (self.x(front), -self.x(rear))

    def edge(self, x: Array) -> Array:
        """Height of the lower shell's upper edge: bonnet, belt line, boot."""
        s, h = self.shape, self.height
        knots = [(-self.length / 2, s.boot), (self.x(s.tail[0]), s.tail[1]), (self.x(s.cowl[0]), s.cowl[1]),
                 (self.x(0.5 * s.cowl[0]), 0.40 * s.nose + 0.60 * s.cowl[1]), (self.length / 2, s.nose)]
        kx, kz = np.array(knots).T
        # Rounded knees: the mean over 12 cm to either side.
        reach = np.zeros(1) if s.slabs else np.linspace(-0.12, 0.12, 9)
        line: Array = np.interp(x[None] + reach.reshape(-1, *[1] * x.ndim), kx, kz * h).mean(axis=0)
        return line

    def crown(self, x: Array) -> Array:
        """How much higher bonnet and boot are in the middle than at their edges."""
        knots = [-self.length / 2, self.x(self.shape.cowl[0]), self.length / 2]
        line: Array = np.interp(x, knots, [0.015, 0.045, 0.02])
        return line


def car_of(shape: CarShape, size_lwh_m: tuple[float, float, float], mirror_m: float) -> Car:
    """A shape at a size; mirror_m is how far each mirror stands out of the body."""
    length, width, height = size_lwh_m
    shape = _clear_of_wheels(shape, length - 2.0 * PLATE_M)
    return Car(shape, length - 2.0 * PLATE_M, width / 2.0 - mirror_m, width / 2.0, height)


def _clear_of_wheels(shape: CarShape, length: float) -> CarShape:
    """The shape with ends that round off only beyond its wheel arches, or at least less."""
    def rounded(wished_m: float, axle: float) -> float:
        free = axle * length - shape.wheel_m - ARCH_GAP_M - 0.01
        return min(wished_m, max(free, 0.45 * wished_m))

    return replace(shape, nose_round_m=rounded(shape.nose_round_m, shape.front_axle), tail_round_m=shape.tail_round_m
                   if shape.rear_axle is None else rounded(shape.tail_round_m, shape.rear_axle))


def roof_m(car: Car, x: Array, y: Array) -> Array:
    """Height of the roof's surface."""
    s = car.shape
    front, rear = car.x(s.roof_front), car.x(s.roof_rear)
    middle, half = 0.55 * front + 0.45 * rear, max(0.5 * (front - rear), 0.05)
    bow = np.minimum(np.abs(x - middle) / half, 1.3) ** 2.2
    crown = 0.0 if s.slabs else 0.045
    return car.height - s.roof_drop_m * bow - crown * np.abs(y / (s.roof_width * car.half_width)) ** 2.5


_CODES: dict[int, tuple[int, float]] = {
    SECOND_PAINT: (int(Material.CAR_PAINT), 1.0), INDICATOR: (int(LAMP_COLOUR), AS_INDICATOR),
    REVERSE_LAMP: (int(Material.TAILLAMP), 1.0), FOG_LAMP: (int(Material.HEADLAMP), 1.0)}


def painted(cells: NDArray[np.int32], clear: Array | float = 0.0) -> tuple[NDArray[np.int32], Array]:
    """Materials and parameters of a sheet's cells, among which some are SECOND_PAINT or one of the lamps; clear: the
    parameter of its panes."""
    material, parameter = cells.copy(), np.where(cells == Material.CAR_GLASS, clear, 0.0)
    for code, (own, value) in _CODES.items():
        coded = cells == code
        material[coded], parameter[coded] = own, value
    return material, parameter


def clear_share(car: Car, sheet: Array) -> Array:
    """Share of light (columns - 1, 1) that panes let through in each column of a cabin's sheet (columns, rows, 3):
    windscreen and front doors have to be clear, behind them glass may be tinted."""
    x = 0.5 * (sheet[1:, 1, 0] + sheet[:-1, 1, 0])
    return np.where(x > door_span_m(car, 0)[0] - 0.05, FRONT_CLEAR, car.shape.rear_clear)[:, None]


def deck_m(car: Car, x: Array, y: Array) -> Array:
    """Height of bonnet and boot."""
    return car.edge(x) + car.crown(x) * (1.0 - np.minimum(np.abs(y) / car.half_width, 1.0) ** 2)


Sides = tuple[int, ...]
BOTH: Sides = (1, -1)      # left, right

# Rows of doors by CARLA's numbers (front left, front right, rear left, rear right): 0 the front one, 1 the rear one.


def doors_of_side(doors: frozenset[int], side: int) -> tuple[int, ...]:
    """Rows of those doors that are on the left (side 1) or on the right (side -1)."""
    return tuple(sorted(door // 2 for door in doors if door % 2 == (0 if side > 0 else 1)))


def door_span_m(car: Car, row: int) -> tuple[float, float]:
    """A door's rear and front edge along x."""
    front, rear = car.shape.doors[row], car.shape.doors[row + 1]
    return car.x(rear) + 0.5 * SHUT_LINE_M, car.x(front) - 0.5 * SHUT_LINE_M
