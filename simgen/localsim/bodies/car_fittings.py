"""What is fixed to a car's body: mirrors, door handles, number plates, round lamps, roof rails, a spare wheel."""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import MeshBuilder
from simgen.localsim.bodies.car_measures import (
    AS_INDICATOR,
    BOTH,
    LAMP_COLOUR,
    NOSE,
    PLATE_M,
    ROWS,
    Car,
    Sides,
    doors_of_side,
    roof_m,
)
from simgen.localsim.mesh import Material as M


def add_door_mirror(builder: MeshBuilder, car: Car, sides: Sides) -> None:
    """Append the mirrors of these sides: large ones on arms for a driver who sits high."""
    s, w = car.shape, car.half_width
    if s.kind in ("bus", "cab"):
        _add_arm_mirror(builder, car, sides)
        return
    belt_x = car.x(s.cowl[0]) - 0.30 * min(1.0, s.roof_front - s.cowl[0] + 0.75)
    belt = float(car.edge(np.array([belt_x]))[0])
    reach = car.box_half_width - (w - 0.10)
    _box_on(builder, sides, (belt_x, w - 0.10 + 0.5 * reach, belt + 0.095), (0.055, 0.5 * reach, 0.068), M.CAR_PAINT,
            radius=0.03)
    _box_on(builder, sides, (belt_x - 0.05, w - 0.04 + 0.5 * (reach - 0.08), belt + 0.095),
            (0.008, 0.5 * (reach - 0.10), 0.052), M.CAR_GLASS)
    # The repeater: a strip along the housing's outer edge, seen from ahead and from the side.
    _box_on(builder, sides, (belt_x + 0.046, car.box_half_width - 0.036, belt + 0.092), (0.013, 0.034, 0.010),
            LAMP_COLOUR, parameter=AS_INDICATOR)


def _add_arm_mirror(builder: MeshBuilder, car: Car, sides: Sides) -> None:
    s, w = car.shape, car.half_width
    x, reach = car.x(s.cowl[0]) + 0.04, car.box_half_width - w
    low, high = (car.height * (s.cowl[1] + share * (1.0 - s.cowl[1])) for share in (0.10, 0.72))
    half = (0.045, 0.5 * min(reach, 0.24), 0.36 * (high - low))
    _box_on(builder, sides, (x, car.box_half_width - half[1], 0.5 * (low + high)), half, M.BLACK_TRIM, radius=0.04)
    _box_on(builder, sides, (x - half[0] - 0.002, car.box_half_width - half[1], 0.5 * (low + high)),
            (0.006, 0.84 * half[1], 0.88 * half[2]), M.CAR_GLASS)
    for z in (low + 0.22 * (high - low), high - 0.22 * (high - low)):
        _box_on(builder, sides, (x, w - 0.05 + 0.5 * reach, z), (0.014, 0.5 * (reach + 0.08), 0.014), M.BLACK_TRIM)


def add_door_handle(builder: MeshBuilder, car: Car, row: int, sides: Sides) -> None:
    """Append the handles of a row of doors on these sides; a bus's doors have none."""
    s = car.shape
    if s.kind == "bus":
        return
    x = car.x(s.doors[row + 1]) + 0.16
    z = 0.86 * float(car.edge(np.array([x]))[0])
    if x < car.x(s.cowl[0]):
        _box_on(builder, sides, (x, car.half_width - 0.018, z), (0.085, 0.016, 0.013),
                M.CAR_PAINT if not s.cladding else M.BLACK_TRIM, radius=0.01)


def _box_on(builder: MeshBuilder, sides: Sides, centre: tuple[float, float, float], half: tuple[float, float, float],
            material: M, radius: float = 0.0, parameter: float = 0.0) -> None:
    """A box that is described on the left, on the left (1), on the right (-1) or on both sides."""
    if sides == BOTH:
        builder.box(centre, half, material, radius=radius, parameter=parameter, mirror=True)
        return
    x, y, z = centre
    for side in sides:
        builder.box((x, side * y, z), half, material, radius=radius, parameter=parameter)


def _closed_sides(without: frozenset[int], row: int) -> Sides:
    return tuple(side for side in BOTH if row not in doors_of_side(without, side))


def add_fittings(builder: MeshBuilder, car: Car, without: frozenset[int]) -> None:
    """Append all of them, but for what is on doors (CARLA's numbers) that stand open."""
    s, h, w = car.shape, car.height, car.half_width
    front, rear = car.length / 2, -car.length / 2
    add_door_mirror(builder, car, _closed_sides(without, 0))
    plate_z = s.clearance_m + 0.30 * (s.nose * h - s.clearance_m)
    _add_plate(builder, front, plate_z, 1.0)
    if s.rear_axle is not None:
        _add_plate(builder, rear, s.clearance_m + 0.28 * (s.boot * h - s.clearance_m), -1.0)
    for row in range(len(s.doors) - 1):
        add_door_handle(builder, car, row, _closed_sides(without, row))
    if s.round_lamps:
        _add_round_lamps(builder, car)
    elif not s.slabs:
        _add_projectors(builder, car)
    if s.rails:
        x0, x1 = car.x(s.roof_rear) + 0.1, car.x(s.roof_front) - 0.25
        xs = np.linspace(x0, x1, 9)
        y = 0.80 * s.roof_width * w
        rail = roof_m(car, xs, np.full(9, y)) + np.interp(np.arange(9), [0, 1, 7, 8], [-0.01, 0.025, 0.025, -0.01])
        rail = np.minimum(rail, h - 0.016)
        builder.tube(np.stack([xs, np.full(9, y), rail], axis=1), 0.016, M.METAL, sides=6, mirror=True)
    if s.spare_wheel:
        centre = np.array([rear - PLATE_M, 0.0, 0.5 * h])
        builder.tube([centre + np.array([0.20, 0.0, 0.0]), centre], s.wheel_m * 0.92, M.TYRE, sides=28)


def _add_round_lamps(builder: MeshBuilder, car: Car) -> None:
    """Round headlamps in bright rings, standing out of the nose by 2 cm at its outer side."""
    s, y = car.shape, 0.70 * car.half_width
    z = s.clearance_m + 0.72 * (s.nose * car.height - s.clearance_m)
    radius = 0.085 if car.height < 1.6 else 0.10
    nose = car.length / 2 - s.nose_rake_m * float(np.interp(0.72, ROWS, NOSE))
    inner, outer = (nose - s.nose_round_m * (1.0 - (1.0 - (y + r) ** 3 / car.half_width**3) ** (1.0 / 3.0))
                    for r in (-radius, radius))
    face = min(outer + 0.02 + 0.6 * (inner - outer), car.length / 2)
    for side in (1.0, -1.0):
        builder.tube([(outer - 0.05, y * side, z), (face - 0.016, y * side, z)], radius * 1.22, M.BLACK_TRIM, sides=24)
        builder.tube([(outer - 0.05, y * side, z), (face - 0.006, y * side, z)], radius * 1.12, M.RIM, sides=24)
        builder.tube([(face - 0.05, y * side, z), (face, y * side, z)], radius, M.HEADLAMP, sides=24)
    _add_round_indicators(builder, car, y, z - 1.65 * radius)


def _add_round_indicators(builder: MeshBuilder, car: Car, y: float, z: float) -> None:
    """Small amber lenses under round headlamps."""
    s, radius = car.shape, 0.034
    row = (z - s.clearance_m) / (s.nose * car.height - s.clearance_m)
    nose = car.length / 2 - s.nose_rake_m * float(np.interp(row, ROWS, NOSE))
    face = nose - s.nose_round_m * (1.0 - (1.0 - (y - radius) ** 3 / car.half_width**3) ** (1.0 / 3.0)) + 0.008
    for side in (1.0, -1.0):
        builder.tube([(face - 0.06, y * side, z), (face, y * side, z)], radius, LAMP_COLOUR, sides=14,
                     parameter=AS_INDICATOR)


def _add_projectors(builder: MeshBuilder, car: Car) -> None:
    """Two dark-rimmed lenses a side in the headlamps' clear covers."""
    s = car.shape
    z = s.clearance_m + 0.70 * (s.nose * car.height - s.clearance_m)
    radius = 0.085 * (s.nose * car.height - s.clearance_m)
    nose = car.length / 2 - s.nose_rake_m * float(np.interp(0.70, ROWS, NOSE))
    inner = max(0.60, s.grille) + 0.03
    for share in (0.70 * inner + 0.30 * 0.97, 0.25 * inner + 0.75 * 0.97):
        y = share * car.half_width
        face = nose - s.nose_round_m * (1.0 - (1.0 - (share + radius / car.half_width) ** 3) ** (1.0 / 3.0)) + 0.010
        for side in (1.0, -1.0):
            builder.tube([(face - 0.06, y * side, z), (face, y * side, z)], radius, M.BLACK_TRIM, sides=16)
            builder.tube([(face - 0.05, y * side, z), (face + 0.004, y * side, z)], 0.74 * radius, M.HEADLAMP, sides=16)


def _add_plate(builder: MeshBuilder, x: float, z: float, facing: float) -> None:
    """A number plate of 0.52 x 0.11 m before the bumper; uv runs from -1 to 1, u to the reader's right."""
    half_y, half_z = 0.26, 0.057
    y = half_y * facing
    face = x + facing * PLATE_M
    corners = [(face, -y, z - half_z), (face, y, z - half_z), (face, y, z + half_z), (face, -y, z + half_z)]
    builder.quad(corners, M.PLATE, uv=[(-1, -1), (1, -1), (1, 1), (-1, 1)])
    builder.box((face - facing * 0.042, 0.0, z), (0.040, half_y + 0.012, half_z + 0.012), M.BLACK_TRIM)
