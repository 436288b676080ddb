"""What a traffic light looks like: a pole with a head at eye height, and where the lane is near enough an arm with a
second head over it; perhaps a second pole across the junction.

Mesh axes: x along the traffic that it stops (its lamps look along -x), y to that traffic's left, z up; the origin is
the pole's foot. Metres.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

POLE_HEIGHT_M = 3.6            # of one without an arm
LOW_HEAD_M = 2.75              # middles of the heads above the pole's foot
HIGH_HEAD_M = 5.55
HEAD_HALF_M = (0.11, 0.16, 0.50)       # of a head's housing
PLATE_HALF_M = (0.012, 0.29, 0.64)     # of the board behind the head over the road
LENS_M = 0.105                 # a lamp's radius: 210 mm
LENS_STEP_M = 0.30
VISOR_LENGTH_M = 0.20
_BEFORE_POLE_M = 0.26          # a head's middle from the pole's axis, against the traffic

_SUNK = np.array([0.0, 0.0, -0.3])


Spot = tuple[float, float, float]


def heads_m(arm_m: float, hung_m: float | None = None, repeated: Spot | None = None) -> tuple[Spot, ...]:
    """Middles of the heads, mesh axes.

    arm_m:     how far the arm reaches to the left, negative to the right; 0: there is none.
    hung_m:    height of the arm's head, if the file says it; such a light has no other head.
    repeated:  where another pole stands, ahead and to the left, and its arm's reach; it has one head.
    """
    if repeated is None:
        return _pole_heads(arm_m, hung_m)
    ahead, left, reach = repeated
    x, y, z = _pole_heads(reach, None)[0]
    return (*_pole_heads(arm_m, hung_m), (ahead + x, left + y, z))


def _pole_heads(arm_m: float, hung_m: float | None) -> tuple[Spot, ...]:
    low = (-_BEFORE_POLE_M, 0.0, LOW_HEAD_M)
    if arm_m == 0.0:
        return ((low[0], 0.0, low[2] if hung_m is None else hung_m),)
    high = (-_BEFORE_POLE_M, arm_m, HIGH_HEAD_M if hung_m is None else hung_m)
    return (high, low) if hung_m is None else (high,)


def traffic_light(arm_m: float, hung_m: float | None = None, repeated: Spot | None = None) -> Mesh:
    """A light with its pole or poles; arguments as of ``heads_m``."""
    builder = MeshBuilder()
    _pole(builder, arm_m, _pole_heads(arm_m, hung_m))
    if repeated is not None:
        ahead, left, reach = repeated
        other, offset = MeshBuilder(), np.eye(4)
        _pole(other, reach, _pole_heads(reach, None)[:1])
        offset[:2, 3] = ahead, left
        builder.merge(other.mesh(), offset)
    return builder.mesh()


def _pole(builder: MeshBuilder, arm_m: float, heads: tuple[Spot, ...]) -> None:
    """A pole at the origin with its arm and heads, of which the first is the arm's if there is one."""
    top = max(POLE_HEIGHT_M, max(z for _, _, z in heads) + 0.35)
    foot, upper = np.zeros(3), np.array([0.0, 0.0, top])
    thick = 0.09 if arm_m else 0.06
    builder.tube([foot + _SUNK, upper], [thick * 1.15, thick * 0.85], Material.POLE, sides=12)
    builder.tube([foot + _SUNK, [0.0, 0.0, 0.42], [0.0, 0.0, 0.5]], [thick * 1.9, thick * 1.9, thick * 1.2],
                 Material.POLE, sides=12)
    if arm_m:
        high = heads[0][2] + 0.30
        reach = arm_m + math.copysign(0.25, arm_m)
        way = np.array([[0.0, 0.0, high - 0.25], [0.0, 0.12 * reach, high - 0.08], [0.0, 0.4 * reach, high],
                        [0.0, reach, high + 0.05]])
        builder.tube(way, [0.075, 0.07, 0.06, 0.045], Material.POLE, sides=10)
    for number, head in enumerate(heads):
        over_road = bool(arm_m) and number == 0
        _head(builder, np.array(head), plate=over_road)
        _bracket(builder, np.array(head))


def _bracket(builder: MeshBuilder, head: Array) -> None:
    """Two stubs that hold a head."""
    for z in (-0.32, 0.32):
        middle = head + np.array([0.5 * _BEFORE_POLE_M, 0.0, z])
        builder.boxes([middle], [0.5 * _BEFORE_POLE_M, 0.03, 0.03], Material.POLE)


def _head(builder: MeshBuilder, middle: Array, plate: bool) -> None:
    builder.boxes([middle], HEAD_HALF_M, Material.SIGNAL_HEAD)
    if plate:
        behind = middle + np.array([HEAD_HALF_M[0] - 0.02, 0.0, 0.0])
        builder.boxes([behind], PLATE_HALF_M, Material.SIGNAL_HEAD)
        _border(builder, behind)
    for number, z in enumerate((LENS_STEP_M, 0.0, -LENS_STEP_M)):
        lens = middle + np.array([-HEAD_HALF_M[0] - 0.004, 0.0, z])
        _lens(builder, lens, float(number))
        _visor(builder, lens)


def _border(builder: MeshBuilder, middle: Array) -> None:
    """The white edge of a board, on its front."""
    x = middle[0] - PLATE_HALF_M[0] - 0.002
    wide, high, edge = PLATE_HALF_M[1] - 0.02, PLATE_HALF_M[2] - 0.02, 0.025
    y, z = middle[1], middle[2]
    for low_y, high_y, low_z, high_z in (
        (-wide, wide, high - edge, high), (-wide, wide, -high, edge - high),
        (-wide, edge - wide, edge - high, high - edge), (wide - edge, wide, edge - high, high - edge),
    ):
        corners = [[x, y + high_y, z + low_z], [x, y + low_y, z + low_z],
                   [x, y + low_y, z + high_z], [x, y + high_y, z + high_z]]
        builder.quads([corners], Material.SIGNAL_HEAD, 1.0)


def _lens(builder: MeshBuilder, middle: Array, number: float) -> None:
    """A domed lens that looks along -x; parameter 0 red, 1 yellow, 2 green; uv in [-1, 1], v up."""
    around = np.linspace(0.0, 2.0 * np.pi, 17)[:-1]
    rings = [(0.55, 0.020), (1.0, 0.0)]
    y = np.concatenate([[0.0], *[share * np.cos(around) for share, _ in rings]])
    z = np.concatenate([[0.0], *[share * np.sin(around) for share, _ in rings]])
    bulge = np.concatenate([[0.027], *[np.full(16, depth) for _, depth in rings]])
    points = middle + np.column_stack([-bulge, LENS_M * y, LENS_M * z])
    normals = np.column_stack([-np.ones(33), 0.5 * y, 0.5 * z])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    k = np.arange(16)
    after = (k + 1) % 16
    inner = np.column_stack([np.zeros(16, int), 1 + after, 1 + k])
    outer = np.concatenate([np.column_stack([1 + k, 1 + after, 17 + after]),
                            np.column_stack([1 + k, 17 + after, 17 + k])])
    builder.add(points, normals, np.column_stack([-y, z]), np.concatenate([inner, outer]), Material.SIGNAL_LAMP, number)


def _visor(builder: MeshBuilder, middle: Array) -> None:
    """A sheet over a lens, open below, seen from both sides."""
    angle = np.radians(np.linspace(-40.0, 220.0, 14))
    radius = LENS_M + 0.018
    ring = np.stack([np.zeros_like(angle), radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    # Longer above than at the sides.
    length = VISOR_LENGTH_M * (0.55 + 0.45 * np.clip(np.sin(angle), 0.0, 1.0))
    outer = ring - np.column_stack([length, np.zeros((len(angle), 2))])
    sheet = middle + np.stack([ring, outer])
    uv = np.zeros((2, len(angle), 2))
    builder.grid(sheet, uv, Material.SIGNAL_HEAD)
    builder.grid(sheet[::-1], uv, Material.SIGNAL_HEAD)
