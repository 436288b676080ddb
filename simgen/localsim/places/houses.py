"""Houses: four walls, a roof, chimneys; row houses in the town, detached ones at its edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.facades import Wall, ledge, plain, shop_front, storey
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

FOUNDATION_M = 1.5        # walls reach this far below the ground at the front door
PLINTH_M = 0.35
STOREY_M = 3.05
SHOP_STOREY_M = 3.7
EAVES_M = 0.45            # how far a roof overhangs
BAY_M = 2.7               # about one window every so many metres


@dataclass(frozen=True, eq=False, slots=True)
class House:
    """One house on its plot.

    corner:     (3,) front left corner on the ground, seen from the street.
    along:      (3,) unit vector from there along the front.
    storeys:    above the ground, the ground floor included.
    pitch:      rise of the roof over its run; 0 is a flat roof.
    gable_front: does the ridge run away from the street?
    shop:       is the ground floor a shop?
    attached:   (left, right): does a neighbour stand against that side?
    """

    corner: Array
    along: Array
    width: float
    depth: float
    storeys: int
    pitch: float
    gable_front: bool
    shop: bool
    attached: tuple[bool, bool]
    material: Material
    colour: float

    @property
    def back(self) -> Array:
        """Unit vector from the street into the plot."""
        return np.asarray(np.cross([0.0, 0.0, 1.0], self.along))

    @property
    def eaves_height(self) -> float:
        """Height of the walls above the ground."""
        return PLINTH_M + (SHOP_STOREY_M if self.shop else STOREY_M) + (self.storeys - 1) * STOREY_M


def door_at(width: float) -> float:
    """Where along a front of this width its door is."""
    bays = max(1, round(width / BAY_M))
    return (bays // 2 + 0.5) * width / bays


def build_house(builder: MeshBuilder, house: House, rng: np.random.Generator) -> None:
    """Add a whole house."""
    along, back = house.along, house.back
    w, d = along * house.width, back * house.depth
    corners = [house.corner, house.corner + w, house.corner + w + d, house.corner + d]
    directions = [along, back, -along, -back]
    widths = [house.width, house.depth, house.width, house.depth]
    attached = [False, house.attached[1], False, house.attached[0]]
    for k in range(4):
        wall = Wall(corners[k], directions[k], widths[k], house.material, house.colour)
        _wall(builder, house, wall, front=k == 0, blank=attached[k], rng=rng)
    if house.pitch > 0.0:
        _pitched_roof(builder, house, rng)
    else:
        _flat_roof(builder, house, corners, rng)


def _wall(builder: MeshBuilder, house: House, wall: Wall, front: bool, blank: bool, rng: np.random.Generator) -> None:
    top = house.eaves_height
    base = Wall(wall.origin, wall.along, wall.width, Material.CONCRETE, 0.0)
    if blank:
        plain(builder, wall, -FOUNDATION_M, top)
        return
    if front and house.shop:
        plain(builder, base, -FOUNDATION_M, 0.02)
        shop_front(builder, wall, 0.02, PLINTH_M + SHOP_STOREY_M, rng, awning=bool(rng.random() < 0.4))
        low = PLINTH_M + SHOP_STOREY_M
    else:
        ground = PLINTH_M + (SHOP_STOREY_M if house.shop else STOREY_M)
        plain(builder, base, -FOUNDATION_M, PLINTH_M)
        storey(builder, wall, PLINTH_M, ground, BAY_M, rng, door=front)
        if front:
            step = wall.points(np.array(door_at(wall.width)), np.array(0.25 * PLINTH_M - 0.1), 0.16)
            yaw = float(np.arctan2(wall.along[1], wall.along[0]))
            builder.boxes([step], [0.75, 0.18, 0.25 * PLINTH_M + 0.1], Material.CONCRETE, yaw)
        low = ground
    while low < top - 0.1:
        storey(builder, wall, low, low + STOREY_M, BAY_M, rng)
        low += STOREY_M
    if front and house.storeys > 2 and not house.shop:
        ledge(builder, wall, PLINTH_M + STOREY_M - 0.1, PLINTH_M + STOREY_M + 0.1, 0.08, Material.CONCRETE)


def _pitched_roof(builder: MeshBuilder, house: House, rng: np.random.Generator) -> None:
    """Two slopes with overhang, a soffit under them, gables, a chimney."""
    up, z = np.array([0.0, 0.0, 1.0]), house.eaves_height
    # The slopes' own axes: ``ridge`` along the ridge, ``run`` across it.
    if house.gable_front:
        start, ridge, run = house.corner + house.along * house.width, house.back, -house.along
        length, span = house.depth, house.width
        ends = (False, False)
    else:
        start, ridge, run = house.corner, house.along, house.back
        length, span = house.width, house.depth
        ends = house.attached
    rise = 0.5 * span * house.pitch
    over = (0.0 if ends[0] else EAVES_M, 0.0 if ends[1] else EAVES_M)
    start = start + up * z
    sag = EAVES_M * house.pitch
    a, b = start - ridge * over[0], start + ridge * (length + over[1])
    top_a, top_b = a + run * 0.5 * span + up * rise, b + run * 0.5 * span + up * rise
    thick = 0.14 * up
    slopes = [
        [a - run * EAVES_M - up * sag, b - run * EAVES_M - up * sag, top_b, top_a],
        [b + run * (span + EAVES_M) - up * sag, a + run * (span + EAVES_M) - up * sag, top_a, top_b],
    ]
    for slope in slopes:
        p0, p1, p2, p3 = (p + thick for p in slope)
        builder.quads([[p0, p1, p2, p3]], Material.ROOF, house.colour)
        under = [p - thick for p in (p1, p0, p3, p2)]
        builder.quads([under], Material.FRAME, 0.4)
        builder.quads([[p0 - thick, p1 - thick, p1, p0], [p3 - thick, p0 - thick, p0, p3],
                       [p1 - thick, p2 - thick, p2, p1]], Material.FRAME, 0.4)
        builder.tube([p0 - thick, p1 - thick], 0.06, Material.METAL, sides=6, caps=False)
    for end, outward in ((start, -ridge), (start + ridge * length, ridge)):
        rim = np.array([end, end + run * span, end + run * 0.5 * span + up * rise])
        if np.dot(np.cross(rim[1] - rim[0], rim[2] - rim[0]), outward) < 0.0:
            rim = rim[[1, 0, 2]]
        across = (rim - end) @ run
        uv = np.stack([across, z + (rim - end) @ up], axis=1)
        builder.add(rim, np.tile(outward, (3, 1)), uv, [[0, 1, 2]], house.material, house.colour)
    yaw = float(np.arctan2(ridge[1], ridge[0]))
    place = start + ridge * length * rng.uniform(0.2, 0.8) + run * 0.5 * span
    builder.boxes([place + up * (rise + 0.3)], [0.35, 0.3, 0.75], Material.BRICK, yaw, parameter=0.4)
    builder.boxes([place + up * (rise + 1.08)], [0.4, 0.35, 0.05], Material.CONCRETE, yaw)


def _flat_roof(builder: MeshBuilder, house: House, corners: list[Array], rng: np.random.Generator) -> None:
    """A roof behind a parapet, with a stair head and a vent."""
    up, z, thick, parapet = np.array([0.0, 0.0, 1.0]), house.eaves_height, 0.25, 0.6
    inner = [
        c + house.along * thick * sx + house.back * thick * sy
        for c, sx, sy in zip(corners, (1, -1, -1, 1), (1, 1, -1, -1), strict=True)
    ]
    builder.quads([[c + up * z for c in inner]], Material.CONCRETE, 0.3)
    for k in range(4):
        o0, o1, i0, i1 = corners[k], corners[(k + 1) % 4], inner[k], inner[(k + 1) % 4]
        low, high = up * z, up * (z + parapet)
        builder.quads([[o0 + low, o1 + low, o1 + high, o0 + high]], house.material, house.colour)
        builder.quads([[i1 + low, i0 + low, i0 + high, i1 + high]], house.material, house.colour)
        builder.quads([[o0 + high, o1 + high, i1 + high, i0 + high]], Material.CONCRETE)
    yaw = float(np.arctan2(house.along[1], house.along[0]))
    spot = corners[0] + house.along * house.width * rng.uniform(0.3, 0.7) + house.back * house.depth * 0.6
    builder.boxes([spot + up * (z + 1.1)], [1.5, 1.2, 1.1], house.material, yaw, parameter=house.colour)
    builder.boxes([spot + house.along * 2.6 + up * (z + 0.4)], [0.5, 0.5, 0.4], Material.METAL, yaw)
