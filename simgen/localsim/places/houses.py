"""Houses: four walls in one style, a roof; row houses in the town, detached ones at its edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.facades import Wall, bays_of, block, downpipe, ledge, plain, sheets, storey
from simgen.localsim.places.roofs import Slopes, flat_roof, pitched_roof
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.shopfronts import shop_front
from simgen.localsim.places.styles import Style

Array = NDArray[np.float64]

FOUNDATION_M = 1.5        # walls reach this far below the ground at the front door
PLINTH_M = 0.35
STOREY_M = 3.05
SHOP_STOREY_M = 3.7
CANOPY_M = (1.7, 0.85)    # width and reach of the roof over a door
GARAGE_M = (3.2, 6.0, 2.6)      # width, depth and height


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
    garage:     does one stand against its right side?
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
    style: Style
    garage: bool = False

    @property
    def back(self) -> Array:
        """Unit vector from the street into the plot."""
        return np.asarray(np.cross([0.0, 0.0, 1.0], self.along))

    @property
    def eaves_height(self) -> float:
        """Height of the walls above the ground."""
        return PLINTH_M + (SHOP_STOREY_M if self.shop else STOREY_M) + (self.storeys - 1) * STOREY_M

    @property
    def door_at(self) -> float:
        """Where along the front its door is."""
        bays = bays_of(self.width, self.style.bay_m)
        return (bays // 2 + 0.5) * self.width / bays


def build_house(builder: MeshBuilder, house: House, rng: np.random.Generator) -> None:
    """Add a whole house."""
    along, back, style = house.along, house.back, house.style
    w, d = along * house.width, back * house.depth
    corners = [house.corner, house.corner + w, house.corner + w + d, house.corner + d]
    directions = [along, back, -along, -back]
    widths = [house.width, house.depth, house.width, house.depth]
    attached = [False, house.attached[1], False, house.attached[0]]
    for k in range(4):
        wall = Wall(corners[k], directions[k], widths[k], style.material, style.colour)
        _wall(builder, house, wall, front=k == 0, blank=attached[k], rng=rng)
    if house.pitch > 0.0:
        up = np.array([0.0, 0.0, house.eaves_height])
        if house.gable_front:
            slopes = Slopes(house.corner + w + up, back, -along, house.depth, house.width, house.pitch, (False, False))
        else:
            slopes = Slopes(house.corner + up, along, back, house.width, house.depth, house.pitch, house.attached)
        pitched_roof(builder, slopes, style, house.eaves_height, not house.gable_front, rng)
    else:
        flat_roof(builder, corners, along, back, house.width, house.depth, house.eaves_height, style, rng)
    if house.garage:
        _garage(builder, house, rng)


def _wall(builder: MeshBuilder, house: House, wall: Wall, front: bool, blank: bool, rng: np.random.Generator) -> None:
    top, style = house.eaves_height, house.style
    base = Wall(wall.origin, wall.along, wall.width, Material.CONCRETE, 0.0)
    if blank:
        plain(builder, wall, -FOUNDATION_M, top)
        return
    if front and house.shop:
        lower = Wall(wall.origin, wall.along, wall.width, wall.material, _ground_colour(style))
        plain(builder, base, -FOUNDATION_M, 0.02)
        shop_front(builder, lower, 0.02, PLINTH_M + SHOP_STOREY_M, rng, awning=bool(rng.random() < 0.45))
        low = PLINTH_M + SHOP_STOREY_M
    else:
        low = PLINTH_M + (SHOP_STOREY_M if house.shop else STOREY_M)
        plain(builder, base, -FOUNDATION_M, PLINTH_M)
        lower = Wall(wall.origin, wall.along, wall.width, wall.material, _ground_colour(style))
        storey(builder, lower, PLINTH_M, low, style, rng, door=front, trimmed=front)
        if front:
            _entrance(builder, house, wall, rng)
    balconies = _balconies(house, wall, rng) if front and house.storeys > 1 else None
    while low < top - 0.1:
        storey(builder, wall, low, low + STOREY_M, style, rng, trimmed=front, balconies=balconies)
        if front and style.ledges:
            ledge(builder, wall, low - 0.1, low + 0.1, 0.08, Material.CONCRETE)
        low += STOREY_M
    if front and style.ledges and house.pitch > 0.0:
        ledge(builder, wall, top - 0.28, top - 0.02, 0.16, Material.CONCRETE)
    if front and house.pitch > 0.0 and not house.gable_front:
        downpipe(builder, wall, wall.width - 0.22, -0.1, top)


def _ground_colour(style: Style) -> float:
    return style.colour if style.base_colour is None else style.base_colour


def _balconies(house: House, wall: Wall, rng: np.random.Generator) -> NDArray[np.bool_] | None:
    """Which bays of the front have balconies on all upper floors: the outer ones, or every other one."""
    if house.style.balconies is None:
        return None
    bays = np.arange(bays_of(wall.width, house.style.bay_m))
    chosen = bays % 2 == int(rng.integers(2))
    if rng.random() < 0.4 and len(bays) > 3:
        chosen = (bays == 0) | (bays == len(bays) - 1)
    return np.asarray(chosen)


def _entrance(builder: MeshBuilder, house: House, wall: Wall, rng: np.random.Generator) -> None:
    """Two steps up to the door, a canopy over it."""
    middle = house.door_at
    yaw = float(np.arctan2(wall.along[1], wall.along[0]))
    for out, rise in ((0.16, 0.5), (0.30, 0.25)):
        step = wall.points(np.array(middle), np.array(0.5 * rise * PLINTH_M - 0.1), out)
        builder.boxes([step], [0.75 + 0.5 * (out - 0.16), out + 0.02, 0.5 * rise * PLINTH_M + 0.1], Material.CONCRETE,
                      yaw)
    if rng.random() < 0.6:
        wide, reach = CANOPY_M
        low = PLINTH_M + 2.42
        block(builder, wall, middle - 0.5 * wide, middle + 0.5 * wide, low, low + 0.1, reach, Material.FRAME,
              float(house.style.paint))


def _garage(builder: MeshBuilder, house: House, rng: np.random.Generator) -> None:
    """A flat box with a sectional door on the right of the house, a little behind its front."""
    width, depth, height = GARAGE_M
    along, back = house.along, house.back
    corner = house.corner + along * house.width + back * 0.8
    w, d = along * width, back * depth
    corners = [corner, corner + w, corner + w + d, corner + d]
    paint = house.style.colour % 1.0 if house.style.material == Material.PLASTER else 0.8
    for k, (direction, wide) in enumerate(zip((along, back, -along, -back), (width, depth) * 2, strict=True)):
        wall = Wall(corners[k], direction, wide, Material.PLASTER, paint)
        plain(builder, wall, -FOUNDATION_M, height)
        if k == 0:
            sheets(builder, wall, np.array([[0.3, width - 0.3, 0.03, 2.2]]), Material.DOOR, 3.0 + 0.999 * rng.random(),
                   0.02)
            ledge(builder, wall, height - 0.25, height + 0.02, 0.06, Material.FRAME, 4.0)
    top = np.array([0.0, 0.0, height])
    builder.quads([[c + top for c in corners]], Material.CONCRETE, 0.3)
