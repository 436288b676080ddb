"""Cars and vans, lofted: a lower shell around the plan with wheel arches cut in, decks on it, a glazed cabin.

Both shells are sheets whose columns run around the plan from the middle of the tail along the left side to the
middle of the nose, so that pillars, shut lines and lamps are columns and their edges stay crisp; the right side
is the mirror image. Measures come from ``car_shape.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.bodies.builder import Array, MeshBuilder, unit
from simgen.localsim.bodies.car_details import add_details
from simgen.localsim.bodies.car_fittings import add_fittings
from simgen.localsim.bodies.car_interior import add_interior
from simgen.localsim.bodies.car_measures import (
    ARCH_GAP_M,
    FLANK,
    FOG_LAMP,
    FRONT_BOW_M,
    INDICATOR,
    NOSE,
    REAR_BOW_M,
    REVERSE_LAMP,
    ROWS,
    SECOND_PAINT,
    SHUT_LINE_M,
    TAIL,
    WELL_M,
    Car,
    clear_share,
    door_span_m,
    doors_of_side,
    painted,
    roof_m,
)
from simgen.localsim.bodies.car_shape import CarShape
from simgen.localsim.bodies.wheel import AxleWheels
from simgen.localsim.mesh import Material as M


def add_car(builder: MeshBuilder, car: Car, without: frozenset[int] = frozenset()) -> tuple[AxleWheels, ...]:
    """Append a car that fills its box, but for its wheels, which are returned.

    without: doors (CARLA's numbers, 0 to 3) that it lacks, as they stand open.
    """
    shape = car.shape
    shell, cells, plan = shell_sheet(car)
    material, parameter = painted(cells)
    left, right = (shell_holes(car, plan, doors_of_side(without, side)) for side in (1, -1))
    builder.grid(shell, material, parameter=parameter, reverse=True, mirror=True, holes=left, mirror_holes=right)
    _add_decks(builder, car, shell, left, right)
    _add_wheel_wells(builder, car, plan, shell)
    _add_cabin(builder, car, without)
    add_interior(builder, car, without)
    add_fittings(builder, car, without)
    add_details(builder, car)
    return tuple(
        AxleWheels(x, car.half_width - 0.022, shape.wheel_m, 0.22, 0.58 if shape.cladding else 0.66, shape.spokes,
                   shape.steel_wheels, steers=k == 0) for k, x in enumerate(car.axles))


# --- doors --------------------------------------------------------------------------------------------------

_FOOT_M = 0.05             # the cabin's foot is at least so far outside its opening in the deck
_SILL_ROW = 2              # doors end above this row of the lower shell

def shell_holes(car: Car, plan: Array, rows: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells (columns - 1, rows - 1) of the lower shell that belong to doors."""
    x = 0.5 * (plan[1:, 0] + plan[:-1, 0])
    holes = np.zeros((len(x), len(ROWS) - 1), bool)
    for row in rows:
        rear, front = door_span_m(car, row)
        holes[(x > rear) & (x < front), _SILL_ROW:] = True
    return holes


def cabin_holes(car: Car, rows: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells of the cabin's sheet that belong to doors: side windows and the frames above them."""
    points, paint, classes = cabin_sheet(car)
    x = 0.5 * (points[1:, 1, 0] + points[:-1, 1, 0])
    holes = np.zeros(paint.shape, bool)
    for row in rows:
        rear, front = door_span_m(car, row)
        inside = (x > rear) & (x < front + 0.10) & (classes == _SIDE_GLASS)
        holes[inside, 1:_TOP_ROW] = True
    return holes


# --- the lower shell ----------------------------------------------------------------------------------------

def shell_sheet(car: Car) -> tuple[Array, NDArray[np.int32], Array]:
    """The left half of the lower shell: points (columns, rows, 3), material of the cells, plan (columns, 2)."""
    plan, forward, names = _plan(car)
    return _shell(car, plan, forward), _shell_material(car, plan, names), plan


_REAR, _FLANK_COLUMN, _FRONT = 0, 1, 2


def _plan(car: Car) -> tuple[Array, Array, NDArray[np.int64]]:
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
        radius = s.wheel_m + ARCH_GAP_M
        xs.append(axle + radius * np.cos(np.linspace(0.0, np.pi, 25)))
        xs.append(np.array([axle - radius - 0.001, axle + radius + 0.001]))
    for door in s.doors:
        xs.append(car.x(door) + np.array([-0.5, 0.5]) * SHUT_LINE_M)
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


def _shell(car: Car, plan: Array, facing: Array) -> Array:
    """Points (columns, rows, 3) of the lower shell's left half."""
    s = car.shape
    low = _lower_edge(car, plan[:, 0], plan[:, 1])
    high = car.edge(plan[:, 0])
    high = high + car.crown(plan[:, 0]) * (1.0 - np.minimum(plan[:, 1] / car.half_width, 1.0) ** 2)
    z = low[:, None] + (high - low)[:, None] * ROWS
    # The insets go by height above the sill, not by row, so that they do not bend around the arches.
    share = np.clip((z - s.clearance_m) / (high - s.clearance_m)[:, None], 0.0, 1.0)
    flank = np.interp(share, ROWS, FLANK) * (s.shoulder_m / 0.095)
    end = np.where(plan[:, :1] > 0.0, np.interp(share, ROWS, NOSE) * s.nose_rake_m,
                   np.interp(share, ROWS, TAIL) * s.tail_rake_m)
    x = plan[:, :1] - np.sign(plan[:, :1]) * end * np.sqrt(facing)[:, None]
    y = plan[:, 1:] * (1.0 - flank / car.half_width)
    return np.stack([x, y, z], axis=-1)


def _lower_edge(car: Car, x: Array, y: Array) -> Array:
    s = car.shape
    low = np.full(len(x), s.clearance_m)
    for axle in car.axles:
        radius = s.wheel_m + ARCH_GAP_M
        off = np.abs(x - axle)
        arch = s.wheel_m + np.sqrt(np.maximum(radius**2 - off**2, 0.0))
        low = np.where((off <= radius + 1e-9) & (y > 0.6 * car.half_width), np.maximum(low, arch), low)
    return low


def _shell_material(car: Car, plan: Array, names: NDArray[np.int64]) -> NDArray[np.int32]:
    """Material (columns - 1, rows - 1) of the lower shell's cells."""
    s = car.shape
    x, y = (0.5 * (plan[1:, k] + plan[:-1, k]) for k in (0, 1))
    row = 0.5 * (ROWS[1:] + ROWS[:-1])[None, :]
    part = np.minimum(names[1:], names[:-1])[:, None]
    share = (y / car.half_width)[:, None]
    material = np.full((len(x), len(ROWS) - 1), int(M.CAR_PAINT), np.int32)
    rear, front = (x < 0)[:, None] & (part == _REAR), (x > 0)[:, None] & (names[1:] == _FRONT)[:, None]

    def put(where: NDArray[np.bool_], what: int) -> None:
        material[np.broadcast_to(where, material.shape)] = what

    shut = np.zeros(len(x), bool)
    for door in s.doors:
        shut |= np.abs(x - car.x(door)) < 0.3 * SHUT_LINE_M
    put(shut[:, None] & (row > 0.12) & (part == _FLANK_COLUMN), M.BLACK_TRIM)
    put(row < (0.22 if s.cladding else 0.05), M.BLACK_TRIM)
    put(rear & (row < 0.22), M.BLACK_TRIM)
    lamp_low, lamp_high = (0.34, 0.95) if s.rear_lamp_upright else (0.56, 0.90)
    if s.rear_axle is not None:
        lamp_from = 0.86 if s.rear_lamp_upright else 0.66
        put(rear & (row > lamp_low) & (row < lamp_high) & (share > lamp_from), M.TAILLAMP)
        if not s.slabs:
            put(rear & (row > lamp_low) & (row < lamp_low + 0.11) & (share > lamp_from), INDICATOR)
            above = (row > lamp_low + 0.11) & (row < lamp_low + 0.21)
            put(rear & above & (share > lamp_from) & (share < lamp_from + 0.10), REVERSE_LAMP)
    put(front & (row < 0.12), M.BLACK_TRIM)
    put(front & (row > 0.12) & (row < 0.30) & (share < 0.80), M.BLACK_TRIM)
    if s.grille > 0.0:
        put(front & (row > 0.46) & (row < 0.76) & (share < s.grille), M.BLACK_TRIM)
    if s.slabs:
        put(front & (row > 0.56) & (row < 0.84), M.BLACK_TRIM)
        put(front & (row > 0.84) & (row < 0.95), M.HEADLAMP)
        put(rear & (row > 0.84) & (row < 0.95), M.TAILLAMP)
        put(rear & (row > 0.84) & (row < 0.95) & (share < 0.12), REVERSE_LAMP)
        put((front | rear) & (row > 0.84) & (row < 0.95) & (share > 0.90), INDICATOR)
    elif not s.round_lamps:
        inner = max(0.60, s.grille)
        put(front & (row > 0.46) & (row < 0.84) & (share > inner - 0.03), M.BLACK_TRIM)      # the lamp's dark frame
        put(front & (row > 0.56) & (row < 0.84) & (share > inner + 0.03), M.HEADLAMP)
        put(front & (row > 0.46) & (row < 0.56) & (share > 0.90), INDICATOR)
    if s.kind == "car" and not s.slabs:
        put(front & (row > 0.22) & (row < 0.34) & (share > 0.83) & (share < 0.93), FOG_LAMP)
    if s.second == "doors":
        doors = (x > door_span_m(car, len(s.doors) - 2)[0]) & (x < door_span_m(car, 0)[1])
        inside = doors[:, None] & (row > 0.12) & (part == _FLANK_COLUMN)
        put(inside & (material == M.CAR_PAINT), SECOND_PAINT)
    if s.second == "above":
        put((row > 0.90) & (material == M.CAR_PAINT), SECOND_PAINT)
    return material


def _add_decks(builder: MeshBuilder, car: Car, shell: Array, left: NDArray[np.bool_],
               right: NDArray[np.bool_]) -> None:
    """Bonnet, boot and the shoulders beside the cabin's foot on top, the underbody below; open inside the cabin."""
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
    cabin = (x < car.x(s.cowl[0]) - FRONT_BOW_M) & (x > car.x(s.tail[0]) + REAR_BOW_M)
    cells = (len(x), len(steps) - 1)
    inside = 0.5 * (y[1:, :-1] + y[:-1, 1:]) < car.half_width - s.shoulder_m - 0.07
    above = np.asarray(s.second == "above") & (x < car.x(s.cowl[0]))
    paint = np.where(above, SECOND_PAINT, int(M.CAR_PAINT))[:, None]
    material, parameter = painted(np.where(cabin[:, None], int(M.BLACK_TRIM), paint).astype(np.int32))
    ends = np.sort(np.stack([rim[1:, 0], rim[:-1, 0]]), axis=0)        # open only where the cabin surely stands
    within = (ends[1] < car.x(s.cowl[0]) - FRONT_BOW_M - _FOOT_M) & (ends[0] > car.x(s.tail[0]) + REAR_BOW_M + _FOOT_M)
    shelf = within[:, None] & inside
    holes, mirror_holes = (shelf | np.asarray(side.any(axis=1))[:, None] for side in (left, right))
    builder.grid(deck, np.broadcast_to(material, cells), parameter=np.broadcast_to(parameter, cells), reverse=True,
                 mirror=True, holes=holes, mirror_holes=mirror_holes)
    under = shell[:, 0].copy()
    under[under[:, 2] > s.clearance_m + 0.05, 1] -= WELL_M  # not across the wheel wells
    under[:, 2] = s.clearance_m + 0.03
    floor = np.stack([under * [1.0, 1.0 - k, 1.0] for k in (0.0, 1.0)], axis=1)
    builder.grid(floor, M.BLACK_TRIM, mirror=True)


def _add_wheel_wells(builder: MeshBuilder, car: Car, plan: Array, shell: Array) -> None:
    """A liner from each arch inwards, so that one looks into a dark well and not through the car."""
    for axle in car.axles:
        radius = car.shape.wheel_m + ARCH_GAP_M
        inside = (np.abs(plan[:, 0] - axle) <= radius + 0.0015) & (plan[:, 1] > 0.6 * car.half_width)
        edge = shell[inside, 0]
        deep = np.stack([edge, edge - [0.0, WELL_M, 0.0]], axis=1)
        builder.grid(deep, M.BLACK_TRIM, mirror=True)
        wall = np.stack([deep[:, 1], deep[:, 1] * [1.0, 1.0, 0.0] + [0.0, 0.0, car.shape.clearance_m]], axis=1)
        builder.grid(wall, M.BLACK_TRIM, mirror=True)


# --- the cabin ----------------------------------------------------------------------------------------------



def _add_cabin(builder: MeshBuilder, car: Car, without: frozenset[int]) -> None:
    points, cells, _ = cabin_sheet(car)
    material, parameter = painted(cells, clear_share(car, points))
    left, right = (cabin_holes(car, doors_of_side(without, side)) for side in (1, -1))
    builder.grid(points, material, parameter=parameter, reverse=True, mirror=True, holes=left, mirror_holes=right)


def cabin_sheet(car: Car) -> tuple[Array, NDArray[np.int32], NDArray[np.int64]]:
    """The cabin's left half: points (columns, rows, 3), material of the cells, class of the columns between."""
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
    roof = np.stack([x, y, roof_m(car, x, y)], axis=-1)
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
    if s.second in ("above", "roof"):
        from_row = 0 if s.second == "above" else int(np.searchsorted(row, top_glass))
        second = paint[:, from_row:]
        second[second == M.CAR_PAINT] = SECOND_PAINT
    return points, paint, classes


_UPRIGHT = 0.55            # 0: side windows all lean as between the screens; 1: pillars are plumb
_TOP_ROW = 7               # row of the cabin's sheet where door frames end
_PAINTED, _SIDE_GLASS, _PILLAR, _SCREEN = range(4)


def _cabin_rings(car: Car) -> tuple[Array, Array, NDArray[np.int64]]:
    """Lower and upper ring (n, 3) of the cabin's left half and the class of each of the n - 1 columns between."""
    s = car.shape
    shares, classes = _side_columns(s)
    low_w = car.half_width - s.shoulder_m
    high_w = s.roof_width * car.half_width

    def ring(x_front: float, x_rear: float, w: float, below: Array | None = None) -> Array:
        # Screens: the middle is ahead of (behind) the corners by the bow; corners at 0.93 of the width.
        q = np.linspace(0.0, 1.0, 9)
        rear = np.stack([x_rear - REAR_BOW_M * (1.0 - q**2), 0.93 * w * q], axis=1)
        front = np.stack([x_front + FRONT_BOW_M * (1.0 - q**2), 0.93 * w * q], axis=1)[::-1]
        a, b = x_rear + 0.055, x_front - 0.055
        x = a + (b - a) * shares
        if below is not None:       # pillars in the middle stand more upright than the screens lean
            x = (1.0 - _UPRIGHT) * x + _UPRIGHT * np.clip(below[len(rear):len(rear) + len(x), 0], a, b)
        side = np.stack([x, np.full(len(shares), w)], axis=1)
        return np.concatenate([rear, side, front])

    low = ring(car.x(s.cowl[0]) - FRONT_BOW_M, car.x(s.tail[0]) + REAR_BOW_M, low_w)
    high = ring(car.x(s.roof_front) - 0.3 * FRONT_BOW_M, car.x(s.roof_rear) + 0.3 * REAR_BOW_M, high_w, low)
    low_z = car.edge(low[:, 0]) + car.crown(low[:, 0]) * (1.0 - (low[:, 1] / car.half_width) ** 2)
    high_z = roof_m(car, high[:, 0], high[:, 1])
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
