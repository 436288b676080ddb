"""Where people sit in a car, van, bus or lorry, and how: what the interior is built round, and whoever sits in it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from simgen.localsim.bodies.builder import Array
from simgen.localsim.bodies.car_measures import ARCH_GAP_M, FRONT_BOW_M, REAR_BOW_M, WELL_M, Car, door_span_m, roof_m

PostureName = Literal["low", "upright"]
Hip = tuple[float, float, float]

LINING_M = 0.11            # how far the lining of a cabin lies inside the body
FLOOR_M = 0.10             # how far its floor lies above the sills
BUS_BENCH = 0.62           # where across the bus the middles of its benches are, of its inner half width
_DASH_M = 0.40             # from the front edge of the door to the middle of the steering wheel
_ROOF_LINING_M, _HEADROOM_M = 0.035, 0.03
_HIPS_HALF_M = 0.22        # of whoever sits: so far from their middle
_PLUMB_M = 0.03            # a screen that leans less stands upright
_LOWEST_HIP_M = 0.17       # of a hip above the floor: a sports car's


@dataclass(frozen=True, slots=True)
class Posture:
    """How somebody of 1.75 m sits; lengths from the hips' middle, metres, x ahead, z up.

    recline_rad:  how far the trunk leans back.
    wheel:        the middle of the steering wheel (x, z); wheel_lean_rad: how far its top lies ahead, from the plumb.
    heel:         the ankles (x, z).
    hip_m:        usual height of the hips over the floor; below_belt_m: how far they may at most be below the windows.
    above_m:      the head's top above the hips; head_m: the head's middle (x).
    """

    recline_rad: float
    wheel: tuple[float, float]
    wheel_lean_rad: float
    heel: tuple[float, float]
    hip_m: float
    below_belt_m: float
    above_m: float
    head_m: float


POSTURES: MappingProxyType[PostureName, Posture] = MappingProxyType({
    "low": Posture(0.34, (0.44, 0.33), 0.42, (0.80, -0.17), 0.29, 0.38, 0.83, -0.15),
    "upright": Posture(0.12, (0.40, 0.29), 0.90, (0.56, -0.36), 0.40, 0.24, 0.87, -0.04),
})


@dataclass(frozen=True, slots=True)
class FrontSeats:
    """The front seats of a car: the driver's on the left.

    hip:    the middle of the driver's hips, mesh axes; the other seat is its mirror image.
    scale:  size of what sits there against somebody of 1.75 m: less than 1 where the roof is low.
    """

    posture: PostureName
    hip: Hip
    scale: float

    @property
    def wheel(self) -> tuple[float, float, float]:
        """The middle of the steering wheel."""
        ahead, up = POSTURES[self.posture].wheel
        return self.hip[0] + self.scale * ahead, self.hip[1], self.hip[2] + self.scale * up


def front_seats(car: Car) -> FrontSeats:
    """Where the front seats of a car are: arms reach the wheel, and eyes are between belt line and roof."""
    if car.shape.kind != "car" or car.height > 1.9:
        return _front_seats(car, "upright")
    low = _front_seats(car, "low")
    return low if low.scale > 0.85 else max(low, _front_seats(car, "upright"), key=lambda seats: seats.scale)


def _front_seats(car: Car, name: PostureName) -> FrontSeats:
    s, posture = car.shape, POSTURES[name]
    front = door_span_m(car, 0)[1]
    wheel_x, y, between_wells = front - _DASH_M, 0.48 * (car.half_width - LINING_M), car.half_width - WELL_M
    floor = s.clearance_m + FLOOR_M
    scale, hip_z = 1.0, 0.0
    for _ in range(3):          # the roof above the head depends on where it is
        hip_x = wheel_x - scale * posture.wheel[0]
        head_x = hip_x + scale * posture.head_m
        room = np.meshgrid(head_x + np.array([-0.13, 0.0, 0.13]), y + np.array([-0.11, 0.11]), indexing="ij")
        roof = float(ceiling_m(car, *room).min()) - _HEADROOM_M
        belt = float(car.edge(np.array([hip_x]))[0])
        wished = max(floor + posture.hip_m, belt - posture.below_belt_m)
        hip_z = max(min(wished, roof - posture.above_m), floor + _LOWEST_HIP_M)
        scale = min((roof - hip_z) / posture.above_m, 1.0)
        arch = s.wheel_m + ARCH_GAP_M
        over_wheel = any(abs(hip_x - axle) < arch + _HIPS_HALF_M for axle in car.axles)
        if over_wheel and hip_z - _HIPS_HALF_M < s.wheel_m + arch:
            y = min(y, between_wells - scale * _HIPS_HALF_M)
    return FrontSeats(name, (wheel_x - scale * posture.wheel[0], y, hip_z), scale)


def bench_rows(car: Car, seats: FrontSeats) -> tuple[float, ...]:
    """Where along x the hips are of those on a bus's benches."""
    last = door_span_m(car, len(car.shape.doors) - 2)[0] + 0.5
    return tuple(float(x) for x in np.arange(seats.hip[0] - 1.6, last, -0.95))


def bench_hip_m(car: Car) -> float:
    """How high the hips are of those who sit behind the front seats."""
    floor = car.shape.clearance_m + FLOOR_M
    if car.shape.kind != "bus":
        return floor + 0.31
    return max(floor + 0.31, float(car.edge(np.array([0.0]))[0]) - 0.36)


def passenger_seats(car: Car, seats: FrontSeats) -> tuple[Hip, ...]:
    """The seats in which somebody may sit besides the driver: the one beside, or a bus's benches, two on each."""
    x, y, z = seats.hip
    if car.shape.kind != "bus":
        return ((x, -y, z),)
    middle, height = BUS_BENCH * (car.half_width - LINING_M), bench_hip_m(car)
    return tuple((row, side * middle + aside, height)
                 for row in bench_rows(car, seats) for side in (1, -1) for aside in (0.19, -0.19))


def ceiling_m(car: Car, x: Array, y: Array) -> Array:
    """Height of the cabin's inside: below the roof's lining, the windscreen and the rear window."""
    s = car.shape
    heights: Array = roof_m(car, x, y) - _ROOF_LINING_M
    front, rear = car.x(s.roof_front) - 0.3 * FRONT_BOW_M, car.x(s.roof_rear) + 0.3 * REAR_BOW_M
    for facing, top, low, low_z in ((1.0, front, car.x(s.cowl[0]) - FRONT_BOW_M, s.cowl[1]),
                                    (-1.0, rear, car.x(s.tail[0]) + REAR_BOW_M, s.tail[1])):
        rim = float(roof_m(car, np.array([top]), np.array([0.0]))[0])
        fall = (rim - low_z * car.height) / max(facing * (low - top), _PLUMB_M)
        heights = np.minimum(heights, rim - fall * facing * (x - top) - 0.02)
    return heights
