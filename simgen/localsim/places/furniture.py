"""Things that stand by the road: lamps, fences, benches, delineators, power lines."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.signs import Face, board

Array = NDArray[np.float64]

LAMP_HEIGHT_M = 6.2
LAMP_REACH_M = 1.7

_UP = np.array([0.0, 0.0, 1.0])


def street_lamp(builder: MeshBuilder, foot: Array, towards: Array) -> Array:
    """A lamp post at ``foot`` (3,) whose arm points along the unit vector ``towards``; returns where its light is."""
    bend = np.linspace(0.0, np.pi / 2.0, 7)
    low = LAMP_HEIGHT_M - 0.9
    arm = foot + np.outer(LAMP_REACH_M * np.sin(bend), towards) + np.outer(low + 0.9 * np.sin(bend * 0.92), _UP)
    builder.tube(np.vstack([foot - 0.3 * _UP, arm]), [0.085, 0.06, *[0.045] * 6], Material.POLE, sides=10)
    builder.tube([foot - 0.3 * _UP, foot + 0.9 * _UP, foot + 1.0 * _UP], [0.12, 0.12, 0.085], Material.POLE, sides=10)
    head = arm[-1] + towards * 0.28
    yaw = float(np.arctan2(towards[1], towards[0]))
    builder.boxes([head + 0.02 * _UP], [0.36, 0.14, 0.045], Material.METAL, yaw)
    builder.boxes([head - 0.035 * _UP], [0.28, 0.11, 0.012], Material.LAMP_HEAD, yaw)
    return np.asarray(head - 0.08 * _UP)


def fence(builder: MeshBuilder, points: Array) -> None:
    """A post-and-rail fence along ground points (N, 3) about 2.5 m apart."""
    heading = np.gradient(points, axis=0)
    yaw = np.arctan2(heading[:, 1], heading[:, 0])
    builder.boxes(points + 0.45 * _UP, [0.055, 0.055, 0.75], Material.FENCE, yaw)
    for height in (0.45, 0.80, 1.10):
        a, b = points[:-1] + height * _UP, points[1:] + height * _UP
        side = np.cross(_UP, b - a)
        side *= 0.02 / (np.linalg.norm(side, axis=1, keepdims=True) + 1e-9)
        half = np.array([0.0, 0.0, 0.05])
        for s, order in ((1.0, slice(None, None, -1)), (-1.0, slice(None))):
            builder.quads(
                np.stack([a + s * side - half, b + s * side - half, b + s * side + half, a + s * side + half], 1)[
                    :, order
                ],
                Material.FENCE,
            )
        builder.quads(np.stack([a - side + half, b - side + half, b + side + half, a + side + half], 1), Material.FENCE)


def hedge(builder: MeshBuilder, points: Array, height: float, rng: np.random.Generator) -> None:
    """A clipped hedge along ground points (N, 3)."""
    heading = np.gradient(points, axis=0)
    side = np.cross(_UP, heading)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    half = np.array([[-0.32, -0.3], [-0.36, 0.5], [-0.30, 0.93], [-0.12, 1.0]])
    profile = np.concatenate([half, half[::-1] * [-1.0, 1.0]])
    wobble = 1.0 + rng.normal(size=(len(points), len(profile), 1)) * 0.05
    sheet = points[:, None] + (profile[:, :1] * side[:, None]) * wobble + (profile[:, 1:] * height * _UP) * wobble
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    uv = np.stack(np.broadcast_arrays(along[:, None], np.linspace(0.0, 2.5, len(profile))[None]), axis=-1)
    # From right to left across the top: along × across points outwards.
    builder.grid(sheet, uv, Material.HEDGE)
    builder.fan(sheet[0], -heading[0] / np.linalg.norm(heading[0]), Material.HEDGE)
    builder.fan(sheet[-1, ::-1], heading[-1] / np.linalg.norm(heading[-1]), Material.HEDGE)


def bench(builder: MeshBuilder, foot: Array, facing: Array) -> None:
    """A bench of wooden slats on metal legs."""
    yaw = float(np.arctan2(facing[1], facing[0])) - np.pi / 2.0
    right = np.cross(facing, _UP)
    for depth in (-0.15, 0.0, 0.15):
        builder.boxes([foot + facing * depth + 0.45 * _UP], [0.85, 0.06, 0.02], Material.WOOD, yaw)
    for height in (0.62, 0.80):
        builder.boxes([foot - facing * 0.26 + height * _UP], [0.85, 0.018, 0.06], Material.WOOD, yaw)
    for x in (-0.65, 0.65):
        builder.boxes([foot + right * x + 0.2 * _UP], [0.025, 0.2, 0.24], Material.METAL, yaw)
        builder.boxes([foot + right * x - facing * 0.28 + 0.5 * _UP], [0.025, 0.02, 0.4], Material.METAL, yaw)


def litter_bin(builder: MeshBuilder, foot: Array) -> None:
    """A round bin."""
    builder.tube([foot - 0.1 * _UP, foot + 0.85 * _UP, foot + 0.95 * _UP], [0.2, 0.23, 0.2], Material.METAL, sides=14)


def power_line(builder: MeshBuilder, feet: Array) -> None:
    """Wooden poles at ``feet`` (N, 3) with a cross-arm and two sagging wires from each to the next."""
    along = np.gradient(feet, axis=0) if len(feet) > 1 else np.array([[1.0, 0.0, 0.0]])
    along[:, 2] = 0.0
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(_UP, along)
    for foot, across in zip(feet, side, strict=True):
        builder.tube([foot - 0.8 * _UP, foot + 8.4 * _UP], [0.15, 0.10], Material.WOOD, sides=9)
        builder.boxes([foot + 7.9 * _UP], [0.9, 0.05, 0.06], Material.WOOD, float(np.arctan2(across[1], across[0])))
        for x in (-0.75, 0.75):
            pin = foot + across * x
            builder.tube([pin + z * _UP for z in (7.93, 7.98, 7.99, 8.04, 8.05, 8.10, 8.14)],
                         [0.02, 0.02, 0.055, 0.055, 0.035, 0.045, 0.02], Material.FRAME, sides=6, parameter=2.0)
    share = np.linspace(0.0, 1.0, 13)[:, None]
    for a, b, p, q in zip(feet[:-1], feet[1:], side[:-1], side[1:], strict=True):
        for x in (-0.75, 0.75):
            start, end = a + p * x + 8.12 * _UP, b + q * x + 8.12 * _UP
            sag = 0.028 * float(np.linalg.norm(end - start)) * 4.0 * share * (1.0 - share)
            builder.tube(start * (1 - share) + end * share - sag * _UP, 0.012, Material.METAL, sides=3, caps=False)


def delineator() -> Mesh:
    """A white roadside post with a dark band and reflectors, 1 m high; +x is the driving direction."""
    builder = MeshBuilder()
    builder.boxes([[0.0, 0.0, 0.26]], [0.045, 0.06, 0.46], Material.FRAME)
    builder.boxes([[0.0, 0.0, 0.80]], [0.046, 0.061, 0.09], Material.BLACK_TRIM)
    builder.boxes([[0.0, 0.0, 0.94]], [0.045, 0.06, 0.06], Material.FRAME)
    builder.boxes([[-0.048, 0.0, 0.80]], [0.004, 0.025, 0.07], Material.RIM)
    builder.boxes([[0.048, 0.0, 0.80]], [0.004, 0.025, 0.07], Material.RIM)
    return builder.mesh()


GUARD_RAIL_LENGTH_M = 4.0
_BEAM = np.array([(0.06, 0.44), (0.12, 0.50), (0.12, 0.56), (0.06, 0.60), (0.12, 0.64), (0.12, 0.70), (0.06, 0.76)])


def guard_rail(double: bool) -> Mesh:
    """One field of a steel guard rail, +x along it: a W-shaped beam on the right of a post (``double``: on both)."""
    builder = MeshBuilder()
    builder.boxes([[0.0, 0.0, 0.22]], [0.05, 0.06, 0.52], Material.METAL)
    for side in (-1.0, 1.0) if double else (-1.0,):
        x = np.array([-0.5, 0.5]) * (GUARD_RAIL_LENGTH_M + 0.02)
        sheet = np.stack([np.column_stack([np.full(len(_BEAM), k), side * _BEAM[:, 0], _BEAM[:, 1]]) for k in x])
        uv = np.stack(np.broadcast_arrays(x[:, None], _BEAM[None, :, 1]), axis=-1)
        front = sheet if side < 0 else sheet[::-1]
        builder.grid(front, uv, Material.METAL)
        builder.grid(front[::-1] - [0.0, side * 0.004, 0.0], uv, Material.METAL)
        # A reflector in the beam's groove, to be seen by both directions.
        builder.boxes([[0.0, side * 0.085, 0.60]], [0.01, 0.03, 0.035], Material.RIM)
    return builder.mesh()


def gantry(width_m: float, lanes_m: list[float], boards: tuple[tuple[str, ...], ...]) -> Mesh:
    """A portal of steel over one carriageway, from (0, 0) to (0, ``width_m``), whose boards face −x: over the middles
    ``lanes_m`` of its lanes, from the right, a blue one for each of ``boards``, over the others dark message signs."""
    builder = MeshBuilder()
    for y in (0.0, width_m):
        builder.boxes([[0.0, y, 3.1]], [0.18, 0.18, 3.6], Material.METAL)
        builder.boxes([[0.0, y, 0.15]], [0.4, 0.4, 0.45], Material.CONCRETE)
    for z in (5.9, 6.6):
        for x in (-0.3, 0.3):
            builder.boxes([[x, 0.5 * width_m, z]], [0.06, 0.5 * width_m, 0.06], Material.METAL)
    rungs = np.arange(0.0, width_m + 0.01, width_m / max(1, round(width_m / 1.2)))
    for y in rungs:
        builder.boxes([[0.0, y, 6.25]], [0.3, 0.03, 0.35], Material.METAL)
    for x in (-0.3, 0.3):       # diagonals
        for y0, y1 in pairwise(rungs):
            builder.tube([[x, y0, 5.9], [x, y1, 6.6]], 0.03, Material.METAL, sides=4, caps=False)
    for k, y in enumerate(lanes_m):
        if k < len(boards):
            board(builder, np.array([-0.5, y, 0.0]), np.array([-1.0, 0.0, 0.0]), boards[k], Face.BLUE, 0.72, 5.6,
                  posts=False)
            continue
        builder.boxes([[-0.46, y, 6.45]], [0.12, 0.85, 0.75], Material.BLACK_TRIM)
        builder.boxes([[-0.585, y, 6.45]], [0.01, 0.62, 0.52], Material.RIM)
        builder.boxes([[-0.60, y, 6.45]], [0.01, 0.60, 0.50], Material.BLACK_TRIM)
    return builder.mesh()
