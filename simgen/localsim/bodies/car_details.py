"""Lines and trifles that make a shell a car: lids, wipers, exhaust; a van's rear doors, a bus's doors and display."""

from __future__ import annotations

import numpy as np

from simgen.localsim.bodies.builder import Array, MeshBuilder
from simgen.localsim.bodies.car_measures import AS_MARKER, FRONT_BOW_M, LAMP_COLOUR, Car, deck_m
from simgen.localsim.mesh import Material as M

_LINE_M = 0.005          # half width of the gap around a lid
_PROUD_M = 0.0015        # lines lie so much on the metal


def add_details(builder: MeshBuilder, car: Car) -> None:
    """Append what a vehicle of its kind has; nothing reaches out of the box."""
    kind = car.shape.kind
    if kind == "car":
        _add_bonnet(builder, car)
        if car.shape.tail[0] < 0.92 and not car.shape.slabs:
            _add_boot(builder, car)
        _add_exhaust(builder, car)
    elif kind == "van":
        _add_van_doors(builder, car)
    elif kind == "bus":
        _add_bus_doors(builder, car)
        _add_destination(builder, car)
    _add_wipers(builder, car)


def _line(builder: MeshBuilder, path: Array) -> None:
    """A dark line along a path (n, 3) on a deck, looking up."""
    along = np.gradient(path[:, :2], axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across /= np.maximum(np.sqrt((across**2).sum(axis=1, keepdims=True)), 1e-9)
    aside = np.concatenate([across, np.zeros((len(path), 1))], axis=1) * _LINE_M
    raised = path + np.array([0.0, 0.0, _PROUD_M])
    builder.grid(np.stack([raised - aside, raised + aside], axis=1), M.BLACK_TRIM)


def _on_deck(car: Car, x: Array, y: Array) -> Array:
    return np.stack([x, y, deck_m(car, x, y)], axis=1)


def _add_bonnet(builder: MeshBuilder, car: Car) -> None:
    """The lid's gaps beside the wings, and before the screen."""
    s = car.shape
    front = car.length / 2 - s.nose_rake_m - 0.35 * s.nose_round_m - 0.05
    rear = car.x(s.cowl[0]) - 0.02
    if front - rear < 0.35:
        return
    x = np.linspace(rear, front, 12)
    for side in (1.0, -1.0):
        _line(builder, _on_deck(car, x, side * car.half_width * np.linspace(0.80, 0.72, 12)))
    y = np.linspace(-0.80, 0.80, 15) * car.half_width
    _line(builder, _on_deck(car, rear + 0.10 * (1.0 - (y / car.half_width) ** 2), y))


def _add_boot(builder: MeshBuilder, car: Car) -> None:
    """The lid of a boot that stands out behind the rear window."""
    s = car.shape
    front, rear = car.x(s.tail[0]) - 0.03, -car.length / 2 + 0.5 * s.tail_round_m + s.tail_rake_m
    if front - rear < 0.15:
        return
    x = np.linspace(rear, front, 8)
    for side in (1.0, -1.0):
        _line(builder, _on_deck(car, x, np.full(8, side * 0.74 * car.half_width)))
    y = np.linspace(-0.74, 0.74, 13) * car.half_width
    _line(builder, _on_deck(car, front - 0.06 * (1.0 - (y / car.half_width) ** 2), y))


def _add_exhaust(builder: MeshBuilder, car: Car) -> None:
    s = car.shape
    if s.grille == 0.0 or s.rear_axle is None:          # electric, or a bare chassis
        return
    y, z = -0.55 * car.half_width, s.clearance_m + 0.035
    rear = -car.length / 2
    builder.tube([(rear + 0.30, y, z + 0.01), (rear + 0.035, y, z)], 0.030, M.METAL, sides=10)


def _add_wipers(builder: MeshBuilder, car: Car) -> None:
    """Two blades at rest along the foot of the windscreen."""
    s, w = car.shape, car.half_width
    foot = car.x(s.cowl[0])
    lean = (car.x(s.roof_front) - foot) / (car.height * (1.0 - s.cowl[1]))
    for start, end in ((0.08, 0.62), (-0.55, -0.02)):
        y = np.array([start, 0.5 * (start + end), end]) * w
        bow = FRONT_BOW_M * (1.0 - (y / (0.93 * (w - s.shoulder_m))) ** 2) - FRONT_BOW_M
        z = deck_m(car, np.full(3, foot), y) + np.array([0.035, 0.05, 0.065])
        x = foot + bow + lean * (z - deck_m(car, np.full(3, foot), y)) + 0.035
        builder.tube(np.stack([x, y, z], axis=1), 0.009, M.BLACK_TRIM, sides=5)


def _add_van_doors(builder: MeshBuilder, car: Car) -> None:
    """Two rear doors with windows, hinges and a handle; the sliding door's rail, on both sides as mouldings."""
    s, w, h = car.shape, car.half_width, car.height
    rear = -car.length / 2 - 0.004
    builder.box((rear, 0.0, 0.5 * (s.clearance_m + h)), (0.010, 0.008, 0.5 * (0.90 * h - s.clearance_m)), M.BLACK_TRIM)
    for y in (0.40 * w, -0.40 * w):
        builder.box((rear + 0.012, y, 0.70 * h), (0.014, 0.29 * w, 0.095 * h), M.CAR_GLASS, radius=0.012)
    builder.box((rear, 0.07, 0.48 * h), (0.012, 0.016, 0.09), M.BLACK_TRIM, radius=0.006)
    for y in (0.90 * w, -0.90 * w):
        for z in (0.30 * h, 0.52 * h, 0.80 * h):
            builder.box((rear + 0.03, y, z), (0.035, 0.03, 0.03), M.CAR_PAINT, radius=0.01)
    x0, x1 = car.x(0.90), car.x(s.doors[1])
    for side in (1.0, -1.0):
        builder.box((0.5 * (x0 + x1), side * (w - 0.012), 0.455 * h), (0.5 * (x1 - x0), 0.012, 0.018), M.BLACK_TRIM)
        for x in (car.x(s.doors[1] + 0.01), car.x(s.doors[2]), car.x(0.93)):         # panel gaps of the load room
            up = np.linspace(0.05, 0.80, 9)                                          # share of the cabin's height
            inset = s.shoulder_m + up * ((1.0 - s.roof_width) * w - s.shoulder_m) - 0.030 * 4.0 * up * (1.0 - up)
            skin, level = side * (w - inset + 0.001), h * (s.cowl[1] + up * (1.0 - s.cowl[1]))
            strip = np.stack([np.stack([np.full(9, x + d), skin, level], axis=1) for d in (-0.005, 0.005)], axis=1)
            builder.grid(strip, M.BLACK_TRIM, reverse=side < 0)


def _add_bus_doors(builder: MeshBuilder, car: Car) -> None:
    """Two folding doors with glass on the kerb side (right), one behind the front axle."""
    s, w, h = car.shape, car.half_width, car.height
    low, high = s.clearance_m + 0.02, 0.76 * h
    for share, half in ((0.092, 0.52), (0.47, 0.66)):
        x, leaf = car.x(share), 0.5 * half - 0.005
        builder.box((x, -w + 0.020, 0.5 * (low + high)), (half, 0.025, 0.5 * (high - low)), M.BLACK_TRIM, radius=0.01)
        for aside in (leaf, -leaf):
            builder.box((x + aside, -w + 0.004, 0.5 * (low + high)), (leaf - 0.04, 0.012, 0.5 * (high - low) - 0.06),
                        M.CAR_GLASS, radius=0.008)


def _add_destination(builder: MeshBuilder, car: Car) -> None:
    """A display above the windscreen, with letters of amber light."""
    s, w = car.shape, car.half_width
    z = car.height * (s.cowl[1] + 0.895 * (1.0 - s.cowl[1]))
    x = car.x(s.roof_front) + FRONT_BOW_M * 0.8
    builder.box((x - 0.02, 0.0, z), (0.09, 0.52 * w, 0.115), M.BLACK_TRIM, radius=0.02)
    rng = np.random.default_rng(7)
    for k, y in enumerate(np.arange(0.44 * w, -0.44 * w, -0.105)):
        if k in (3, 8):
            continue                                    # between the words
        for row in range(3):
            half = 0.035 * float(rng.uniform(0.35, 1.0))
            builder.box((x + 0.07, float(y), z + 0.055 * (row - 1)), (0.004, half, 0.014), LAMP_COLOUR,
                        parameter=AS_MARKER)
