"""Cars and vans, lofted: a lower shell around the plan with wheel arches cut in, decks on it, a glazed cabin.

Both shells are sheets whose columns run around the plan from the middle of the tail along the left side to the
middle of the nose, so that pillars, shut lines and lamps are columns and their edges stay crisp; the right side
is the mirror image. Measures come from ``car_shape.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, MeshBuilder, unit
from simgen.localsim.bodies.car_shape import CarShape
from simgen.localsim.bodies.wheel import add_wheel
from simgen.localsim.mesh import Material as M

_ARCH_GAP_M = 0.055
_PLATE_M = 0.015           # number plates stand out by so much and touch the box
_SHUT_LINE_M = 0.010
_FRONT_BOW_M, _REAR_BOW_M = 0.16, 0.07   # the screens' middles lie outside their corners
_WELL_M = 0.30             # depth of the wheel wells

# Rows of the lower shell, as shares of its height, and how far each lies inside the plan: on the flanks, the
# nose (times its rake) and the tail (times its rake).
_ROWS = np.array([0.0, 0.05, 0.12, 0.22, 0.34, 0.46, 0.56, 0.66, 0.76, 0.84, 0.90, 0.95, 0.98, 1.0])
_FLANK = np.array([0.060, 0.034, 0.018, 0.006, 0.0, 0.0, 0.004, 0.009, 0.014, 0.019, 0.026, 0.038, 0.054, 0.080])
_NOSE = np.array([0.30, 0.14, 0.04, 0.0, 0.0, 0.01, 0.05, 0.11, 0.22, 0.34, 0.46, 0.62, 0.78, 1.0])
_TAIL = np.array([0.60, 0.25, 0.05, 0.0, 0.0, 0.08, 0.18, 0.30, 0.42, 0.52, 0.62, 0.76, 0.88, 1.0])


@dataclass(frozen=True, slots=True)
class _Car:
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


def add_car(builder: MeshBuilder, shape: CarShape, size_lwh_m: tuple[float, float, float], mirror_m: float) -> None:
    """Append a car that fills its box; mirror_m is how far each mirror stands out of the body."""
    length, width, height = size_lwh_m
    car = _Car(shape, length - 2.0 * _PLATE_M, width / 2.0 - mirror_m, width / 2.0, height)
    plan, forward, names = _plan(car)
    shell = _shell(car, plan, forward)
    builder.grid(shell, _shell_material(car, plan, names), reverse=True, mirror=True)
    _add_decks(builder, car, shell)
    _add_wheel_wells(builder, car, plan, shell)
    _add_cabin(builder, car)
    for x in car.axles:
        add_wheel(builder, (x, car.half_width - 0.022, shape.wheel_m), shape.wheel_m, 0.22,
                  spokes=shape.spokes, steel=shape.steel_wheels, rim_share=0.58 if shape.cladding else 0.66)
    _add_fittings(builder, car)


# --- the lower shell ----------------------------------------------------------------------------------------

_REAR, _FLANK_COLUMN, _FRONT = 0, 1, 2


def _plan(car: _Car) -> tuple[Array, Array, NDArray[np.int64]]:
    """Columns of the half plan (n, 2), their share of facing forward or back (n,), and which part each is in."""
    s, half, w = car.shape, car.length / 2, car.half_width
    power = 2.0 / (4.5 if s.slabs else 3.0)
    angle = np.linspace(0.0, np.pi / 2, 15)
    end_y = w * np.sin(angle) ** power
    end_x = np.cos(angle) ** power
    tail = np.stack([-half + s.tail_round_m * (1.0 - end_x), end_y], axis=1)
    nose = np.stack([half - s.nose_round_m * (1.0 - end_x), end_y], axis=1)[::-1]
    xs = [np.linspace(-half + s.tail_round_m, half - s.nose_round_m, 26)[1:-1]]
    for axle in car.axles:
        radius = s.wheel_m + _ARCH_GAP_M
        xs.append(axle + radius * np.cos(np.linspace(0.0, np.pi, 25)))
        xs.append(np.array([axle - radius - 0.001, axle + radius + 0.001]))
    for door in s.doors:
        xs.append(car.x(door) + np.array([-0.5, 0.5]) * _SHUT_LINE_M)
    flank_x = np.unique(np.concatenate(xs).round(6))
    inside = (flank_x > tail[-1, 0] + 1e-4) & (flank_x < nose[0, 0] - 1e-4)
    flank_x = flank_x[inside]
    flank = np.stack([flank_x, np.full(len(flank_x), w)], axis=1)
    plan = np.concatenate([tail, flank, nose])
    names = np.repeat([_REAR, _FLANK_COLUMN, _FRONT], [len(tail), len(flank), len(nose)])
    along = np.gradient(plan, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    normal /= np.sqrt((normal**2).sum(axis=1, keepdims=True))
    facing = np.abs(normal[:, 0])
    facing[names == _FLANK_COLUMN] = 0.0
    return plan, facing, names


def _shell(car: _Car, plan: Array, facing: Array) -> Array:
    """Points (columns, rows, 3) of the lower shell's left half."""
    s = car.shape
    low = _lower_edge(car, plan[:, 0], plan[:, 1])
    high = car.edge(plan[:, 0])
    high = high + car.crown(plan[:, 0]) * (1.0 - np.minimum(plan[:, 1] / car.half_width, 1.0) ** 2)
    z = low[:, None] + (high - low)[:, None] * _ROWS
    # The insets go by height above the sill, not by row, so that they do not bend around the arches.
    share = np.clip((z - s.clearance_m) / (high - s.clearance_m)[:, None], 0.0, 1.0)
    flank = np.interp(share, _ROWS, _FLANK) * (s.shoulder_m / 0.095)
    end = np.where(plan[:, :1] > 0.0, np.interp(share, _ROWS, _NOSE) * s.nose_rake_m,
                   np.interp(share, _ROWS, _TAIL) * s.tail_rake_m)
    x = plan[:, :1] - np.sign(plan[:, :1]) * end * np.sqrt(facing)[:, None]
    y = plan[:, 1:] * (1.0 - flank / car.half_width)
    return np.stack([x, y, z], axis=-1)


def _lower_edge(car: _Car, x: Array, y: Array) -> Array:
    s = car.shape
    low = np.full(len(x), s.clearance_m)
    for axle in car.axles:
        radius = s.wheel_m + _ARCH_GAP_M
        off = np.abs(x - axle)
        arch = s.wheel_m + np.sqrt(np.maximum(radius**2 - off**2, 0.0))
        low = np.where((off <= radius + 1e-9) & (y > 0.6 * car.half_width), np.maximum(low, arch), low)
    return low


def _shell_material(car: _Car, plan: Array, names: NDArray[np.int64]) -> NDArray[np.int32]:
    """Material (columns - 1, rows - 1) of the lower shell's cells."""
    s = car.shape
    x, y = (0.5 * (plan[1:, k] + plan[:-1, k]) for k in (0, 1))
    row = 0.5 * (_ROWS[1:] + _ROWS[:-1])[None, :]
    part = np.minimum(names[1:], names[:-1])[:, None]
    share = (y / car.half_width)[:, None]
    material = np.full((len(x), len(_ROWS) - 1), int(M.CAR_PAINT), np.int32)
    rear, front = (x < 0)[:, None] & (part == _REAR), (x > 0)[:, None] & (names[1:] == _FRONT)[:, None]

    def put(where: NDArray[np.bool_], what: M) -> None:
        material[np.broadcast_to(where, material.shape)] = what

    shut = np.zeros(len(x), bool)
    for door in s.doors:
        shut |= np.abs(x - car.x(door)) < 0.3 * _SHUT_LINE_M
    put(shut[:, None] & (row > 0.12) & (part == _FLANK_COLUMN), M.BLACK_TRIM)
    put(row < (0.22 if s.cladding else 0.05), M.BLACK_TRIM)
    put(rear & (row < 0.22), M.BLACK_TRIM)
    lamp_low, lamp_high = (0.34, 0.95) if s.rear_lamp_upright else (0.56, 0.90)
    if s.rear_axle is not None:
        put(rear & (row > lamp_low) & (row < lamp_high) & (share > (0.86 if s.rear_lamp_upright else 0.66)),
            M.TAILLAMP)
    put(front & (row < 0.12), M.BLACK_TRIM)
    put(front & (row > 0.12) & (row < 0.30) & (share < 0.80), M.BLACK_TRIM)
    if s.grille > 0.0:
        put(front & (row > 0.46) & (row < 0.76) & (share < s.grille), M.BLACK_TRIM)
    if s.slabs:
        put(front & (row > 0.84) & (row < 0.95), M.HEADLAMP)
        put(rear & (row > 0.84) & (row < 0.95), M.TAILLAMP)
    elif not s.round_lamps:
        put(front & (row > 0.56) & (row < 0.84) & (share > max(0.60, s.grille)), M.HEADLAMP)
    return material


def _add_decks(builder: MeshBuilder, car: _Car, shell: Array) -> None:
    """Bonnet, boot and the shelf under the glass on top, the underbody below."""
    rim = shell[:, -1]
    steps = np.linspace(0.0, 1.0, 9) ** 0.8
    y = rim[:, 1:2] * (1.0 - steps)
    edge_y = np.maximum(rim[:, 1:2], 1e-6)
    own_crown = car.crown(rim[:, :1])
    at_edge = own_crown * (1.0 - np.minimum(edge_y / car.half_width, 1.0) ** 2)
    z = rim[:, 2:] - at_edge + own_crown * (1.0 - (y / car.half_width) ** 2)
    deck = np.stack([np.broadcast_to(rim[:, :1], y.shape), y, z], axis=-1)
    x = 0.5 * (rim[1:, 0] + rim[:-1, 0])
    s = car.shape
    cabin = (x < car.x(s.cowl[0]) - _FRONT_BOW_M) & (x > car.x(s.tail[0]) + _REAR_BOW_M)
    material = np.where(cabin, int(M.BLACK_TRIM), int(M.CAR_PAINT))[:, None]
    builder.grid(deck, np.broadcast_to(material, (len(x), len(steps) - 1)), reverse=True, mirror=True)
    under = shell[:, 0].copy()
    under[under[:, 2] > s.clearance_m + 0.05, 1] -= _WELL_M  # not across the wheel wells
    under[:, 2] = s.clearance_m + 0.03
    floor = np.stack([under * [1.0, 1.0 - k, 1.0] for k in (0.0, 1.0)], axis=1)
    builder.grid(floor, M.BLACK_TRIM, mirror=True)


def _add_wheel_wells(builder: MeshBuilder, car: _Car, plan: Array, shell: Array) -> None:
    """A liner from each arch inwards, so that one looks into a dark well and not through the car."""
    for axle in car.axles:
        radius = car.shape.wheel_m + _ARCH_GAP_M
        inside = (np.abs(plan[:, 0] - axle) <= radius + 0.0015) & (plan[:, 1] > 0.6 * car.half_width)
        edge = shell[inside, 0]
        deep = np.stack([edge, edge - [0.0, _WELL_M, 0.0]], axis=1)
        builder.grid(deep, M.BLACK_TRIM, mirror=True)
        wall = np.stack([deep[:, 1], deep[:, 1] * [1.0, 1.0, 0.0] + [0.0, 0.0, car.shape.clearance_m]], axis=1)
        builder.grid(wall, M.BLACK_TRIM, mirror=True)


# --- the cabin ----------------------------------------------------------------------------------------------



def _roof(car: _Car, x: Array, y: Array) -> Array:
    """Height of the roof's surface."""
    s = car.shape
    front, rear = car.x(s.roof_front), car.x(s.roof_rear)
    middle, half = 0.55 * front + 0.45 * rear, max(0.5 * (front - rear), 0.05)
    bow = np.minimum(np.abs(x - middle) / half, 1.3) ** 2.2
    crown = 0.0 if s.slabs else 0.045
    return car.height - s.roof_drop_m * bow - crown * np.abs(y / (s.roof_width * car.half_width)) ** 2.5


def _add_cabin(builder: MeshBuilder, car: _Car) -> None:
    s = car.shape
    base, top, classes = _cabin_rings(car)
    outward = _outward(base)
    top_glass, top_screen = s.glass_top, min(s.glass_top + 0.06, 0.96)
    rows = np.array([-0.03, 0.0, 0.05, *(0.05 + (top_glass - 0.05) * np.array([0.2, 0.45, 0.7, 1.0])), top_screen,
                     0.5 * (top_screen + 1.0), 1.0])
    v = np.clip(rows, 0.0, 1.0)[None, :, None]
    side = base[:, None] * (1.0 - v) + top[:, None] * v
    bulge = 0.0 if s.slabs else 0.030
    side = side + outward[:, None] * (bulge * 4.0 * v * (1.0 - v))
    side[:, 0, 2] -= 0.04  # into the shell, so that no gap shows
    along = np.linspace(0.0, 1.0, 8)[1:]
    y = top[:, 1:2] * (1.0 - along)
    x = np.broadcast_to(top[:, :1], y.shape)
    roof = np.stack([x, y, _roof(car, x, y)], axis=-1)
    points = np.concatenate([side, roof], axis=1)
    row = 0.5 * (rows[1:] + rows[:-1])
    paint = np.full((len(classes), points.shape[1] - 1), int(M.CAR_PAINT), np.int32)
    side_rows = np.zeros(points.shape[1] - 1, bool)
    side_rows[:len(row)] = (row > 0.05) & (row < top_glass)
    screen_rows = np.zeros_like(side_rows)
    screen_rows[:len(row)] = (row > 0.0) & (row < top_screen)
    paint[np.ix_(classes == _SIDE_GLASS, side_rows)] = M.CAR_GLASS
    paint[np.ix_(classes == _PILLAR, side_rows)] = M.BLACK_TRIM
    paint[np.ix_(classes == _SCREEN, screen_rows)] = M.CAR_GLASS
    builder.grid(points, paint, reverse=True, mirror=True)


_PAINTED, _SIDE_GLASS, _PILLAR, _SCREEN = range(4)


def _cabin_rings(car: _Car) -> tuple[Array, Array, NDArray[np.int64]]:
    """Lower and upper ring (n, 3) of the cabin's left half and the class of each of the n - 1 columns between."""
    s = car.shape
    shares, classes = _side_columns(s)
    low_w = car.half_width - s.shoulder_m
    high_w = s.roof_width * car.half_width

    def ring(x_front: float, x_rear: float, w: float) -> Array:
        # Screens: the middle is ahead of (behind) the corners by the bow; corners at 0.93 of the width.
        q = np.linspace(0.0, 1.0, 9)
        rear = np.stack([x_rear - _REAR_BOW_M * (1.0 - q**2), 0.93 * w * q], axis=1)
        front = np.stack([x_front + _FRONT_BOW_M * (1.0 - q**2), 0.93 * w * q], axis=1)[::-1]
        a, b = x_rear + 0.055, x_front - 0.055
        side = np.stack([a + (b - a) * shares, np.full(len(shares), w)], axis=1)
        return np.concatenate([rear, side, front])

    low = ring(car.x(s.cowl[0]) - _FRONT_BOW_M, car.x(s.tail[0]) + _REAR_BOW_M, low_w)
    high = ring(car.x(s.roof_front) - 0.3 * _FRONT_BOW_M, car.x(s.roof_rear) + 0.3 * _REAR_BOW_M, high_w)
    low_z = car.edge(low[:, 0]) + car.crown(low[:, 0]) * (1.0 - (low[:, 1] / car.half_width) ** 2)
    high_z = _roof(car, high[:, 0], high[:, 1])
    screen = [_SCREEN] * 8
    rear_class = screen if s.rear_glass else [_PAINTED] * 8
    columns = [*rear_class, _PAINTED, *classes, _PAINTED, *screen]
    return (np.concatenate([low, low_z[:, None]], axis=1), np.concatenate([high, high_z[:, None]], axis=1),
            np.array(columns))


def _side_columns(shape: CarShape) -> tuple[Array, list[int]]:
    """Columns of the cabin's side from rear to front, as shares, and the class of each gap between them."""
    cuts = [0.0, 0.03]  # rear pillar
    classes = [_PAINTED]
    marks = sorted(1.0 - p for p in shape.pillars)
    for start, end in zip([0.03, *(m + 0.022 for m in marks)], [*(m - 0.022 for m in marks), 0.985], strict=True):
        if cuts[-1] < start - 1e-9:
            cuts.append(start)
            classes.append(_PILLAR if 1.0 - start < shape.side_glass + 0.05 else _PAINTED)
        glazed = 1.0 - 0.5 * (start + end) < shape.side_glass
        for k in range(1, 5):
            cuts.append(start + (end - start) * k / 4)
            classes.append(_SIDE_GLASS if glazed else _PAINTED)
    cuts.append(1.0)
    classes.append(_PAINTED)
    return np.array(cuts), classes


def _outward(ring: Array) -> Array:
    """Horizontal outward normals (n, 3) of a ring that runs from the tail by the left side to the nose."""
    along = np.gradient(ring[:, :2], axis=0)
    along[[0, -1], 0] = 0.0  # the ends lie in the plane of symmetry, where the halves must meet
    return unit(np.stack([-along[:, 1], along[:, 0], np.zeros(len(ring))], axis=1))


# --- fittings -----------------------------------------------------------------------------------------------

def _add_fittings(builder: MeshBuilder, car: _Car) -> None:
    s, h, w = car.shape, car.height, car.half_width
    front, rear = car.length / 2, -car.length / 2
    belt_x = car.x(s.cowl[0]) - 0.30 * min(1.0, s.roof_front - s.cowl[0] + 0.75)
    belt = float(car.edge(np.array([belt_x]))[0])
    reach = car.box_half_width - (w - 0.10)
    builder.box((belt_x, w - 0.10 + 0.5 * reach, belt + 0.095), (0.055, 0.5 * reach, 0.068), M.CAR_PAINT,
                radius=0.03, mirror=True)
    builder.box((belt_x - 0.05, w - 0.04 + 0.5 * (reach - 0.08), belt + 0.095), (0.008, 0.5 * (reach - 0.10), 0.052),
                M.CAR_GLASS, mirror=True)
    plate_z = s.clearance_m + 0.30 * (s.nose * h - s.clearance_m)
    _add_plate(builder, front, plate_z, 1.0)
    if s.rear_axle is not None:
        _add_plate(builder, rear, s.clearance_m + 0.28 * (s.boot * h - s.clearance_m), -1.0)
    for door in s.doors[1:]:
        x = car.x(door) + 0.16
        z = 0.86 * float(car.edge(np.array([x]))[0])
        if x < car.x(s.cowl[0]):
            builder.box((x, w - 0.018, z), (0.085, 0.016, 0.013), M.CAR_PAINT if not s.cladding else M.BLACK_TRIM,
                        radius=0.01, mirror=True)
    if s.round_lamps:
        _add_round_lamps(builder, car)
    if s.rails:
        x0, x1 = car.x(s.roof_rear) + 0.1, car.x(s.roof_front) - 0.25
        xs = np.linspace(x0, x1, 9)
        y = 0.80 * s.roof_width * w
        rail = _roof(car, xs, np.full(9, y)) + np.interp(np.arange(9), [0, 1, 7, 8], [-0.01, 0.025, 0.025, -0.01])
        rail = np.minimum(rail, h - 0.016)
        builder.tube(np.stack([xs, np.full(9, y), rail], axis=1), 0.016, M.METAL, sides=6, mirror=True)
    if s.spare_wheel:
        centre = np.array([rear - _PLATE_M, 0.0, 0.5 * h])
        builder.tube([centre + np.array([0.20, 0.0, 0.0]), centre], s.wheel_m * 0.92, M.TYRE, sides=28)


def _add_round_lamps(builder: MeshBuilder, car: _Car) -> None:
    """Round headlamps in bright rings, standing out of the nose by 2 cm at its outer side."""
    s, y = car.shape, 0.70 * car.half_width
    z = s.clearance_m + 0.72 * (s.nose * car.height - s.clearance_m)
    radius = 0.085 if car.height < 1.6 else 0.10
    nose = car.length / 2 - s.nose_rake_m * float(np.interp(0.72, _ROWS, _NOSE))
    inner, outer = (nose - s.nose_round_m * (1.0 - (1.0 - (y + r) ** 3 / car.half_width**3) ** (1.0 / 3.0))
                    for r in (-radius, radius))
    face = min(outer + 0.02 + 0.6 * (inner - outer), car.length / 2)
    for side in (1.0, -1.0):
        builder.tube([(outer - 0.05, y * side, z), (face - 0.006, y * side, z)], radius * 1.12, M.RIM, sides=24)
        builder.tube([(face - 0.05, y * side, z), (face, y * side, z)], radius, M.HEADLAMP, sides=24)


def _add_plate(builder: MeshBuilder, x: float, z: float, facing: float) -> None:
    """A number plate of 0.52 x 0.11 m before the bumper; uv runs from -1 to 1, u to the reader's right."""
    half_y, half_z = 0.26, 0.057
    y = half_y * facing
    face = x + facing * _PLATE_M
    corners = [(face, -y, z - half_z), (face, y, z - half_z), (face, y, z + half_z), (face, -y, z + half_z)]
    builder.quad(corners, M.PLATE, uv=[(-1, -1), (1, -1), (1, 1), (-1, 1)])
    builder.box((face - facing * 0.042, 0.0, z), (0.040, half_y + 0.012, half_z + 0.012), M.BLACK_TRIM)
