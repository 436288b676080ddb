"""Triangle meshes and what they are made of: the one vocabulary that bodies, places and renderer share.

Axes are right-handed: x forward (east in a place), y left (north), z up; metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray


class Material(IntEnum):
    """What a surface is made of. The renderer knows how each looks, the LiDAR how each reflects."""

    ASPHALT = 0
    ROAD_MARKING = 1
    SIDEWALK = 2
    CURB = 3
    GRASS = 4
    DIRT = 5
    PLASTER = 6        # uv in metres; parameter: a colour + 1 timber frame, 2 boards, 3 panels, 4 rusticated
    BRICK = 7          # uv in metres
    CONCRETE = 8
    ROOF = 9           # uv in metres; parameter above 1: solar cells
    WINDOW = 10        # see places.facades.panes
    FRAME = 11         # parameter: places.styles.Paint
    DOOR = 12          # uv in metres; parameter: a colour + 1 glazed, 2 plain, 3 garage, 4 shutter
    SHOP = 13          # parameter: a colour + 1 cloth or 2 + a word's number
    BARK = 14          # parameter: 0 furrowed, 1 a birch's, 2 a twig's
    LEAF = 15          # uv is a random pair a leaf
    NEEDLE = 16
    HEDGE = 17
    METAL = 18
    WOOD = 19
    SIGN = 20          # parameter: places.signs.face; uv in [-1, 1]
    LAMP_HEAD = 21     # glows when street lamps are on
    CAR_PAINT = 22     # colour: the instance's tint 0; tint 1 where parameter is 1
    CAR_GLASS = 23     # parameter: share of the light that it lets through; 0: a black pane
    TYRE = 24
    RIM = 25
    HEADLAMP = 26      # glows when the instance's headlamps are on; parameter 1: a fog lamp
    TAILLAMP = 27      # glows when the instance's tail or brake lamps are on; parameter 1: a reversing lamp
    PLATE = 28
    BLACK_TRIM = 29    # parameter: 0 black, 1 the light grey of a cabin's lining
    SKIN = 30          # colour: tint 2; of a vehicle's lamps, parameter 1: indicator, 2: beacon, 3: marker (``lamps``)
    CLOTH_UPPER = 31   # colour: tint 0; parameter 1: a zip, 2: buttons, 3: knitted, some of them in stripes
    CLOTH_LOWER = 32   # colour: tint 1
    HAIR = 33
    SHOE = 34
    FUR = 35           # colour: tint 0
    FUR_LIGHT = 36     # belly, throat, tail: tint 1
    HORN = 37          # antlers, hooves
    EYE = 38
    WATER = 39
    FENCE = 40
    POLE = 41
    SIGNAL_HEAD = 42   # housing, board and visors of a traffic light; parameter 1: a board's white edge
    SIGNAL_LAMP = 43   # parameter: 0 red, 1 yellow, 2 green; glows as the instance says; uv in [-1, 1]


# CARLA 0.9.16's semantic tag of each material on things that are not actors (carla.CityObjectLabel).
TAG: dict[Material, int] = {
    Material.ASPHALT: 1, Material.ROAD_MARKING: 24, Material.SIDEWALK: 2, Material.CURB: 2, Material.GRASS: 10,
    Material.DIRT: 10, Material.PLASTER: 3, Material.BRICK: 3, Material.CONCRETE: 3, Material.ROOF: 3,
    Material.WINDOW: 3, Material.FRAME: 3, Material.DOOR: 3, Material.SHOP: 3, Material.BARK: 9, Material.LEAF: 9,
    Material.NEEDLE: 9, Material.HEDGE: 9, Material.METAL: 20, Material.WOOD: 20, Material.SIGN: 8,
    Material.LAMP_HEAD: 6, Material.CAR_PAINT: 14, Material.CAR_GLASS: 14, Material.TYRE: 14, Material.RIM: 14,
    Material.HEADLAMP: 14, Material.TAILLAMP: 14, Material.PLATE: 14, Material.BLACK_TRIM: 14, Material.SKIN: 12,
    Material.CLOTH_UPPER: 12, Material.CLOTH_LOWER: 12, Material.HAIR: 12, Material.SHOE: 12, Material.FUR: 21,
    Material.FUR_LIGHT: 21, Material.HORN: 21, Material.EYE: 21, Material.WATER: 23, Material.FENCE: 5,
    Material.POLE: 6, Material.SIGNAL_HEAD: 7, Material.SIGNAL_LAMP: 7,
}


class Signal(IntFlag):
    """Lamps of a vehicle besides headlamps, tail and brake lamps, as they are at one moment: a blinker that is dark
    between two flashes is off. Left and right are told by the side of the mesh."""

    LEFT = 1
    RIGHT = 2
    REVERSE = 4
    FOG = 8
    BEACON_LEFT = 16
    BEACON_RIGHT = 32
    POSITION = 64          # headlamps glow faintly while they are off


@dataclass(frozen=True, eq=False, slots=True)
class Mesh:
    """A triangle mesh.

    positions:  (V, 3) float32, metres.
    normals:    (V, 3) float32, unit length, outward.
    uv:         (V, 2) float32, meaning per material (metres unless said otherwise).
    triangles:  (T, 3) int32, counter-clockwise seen from outside.
    material:   (T,) int32, values of ``Material``.
    parameter:  (T,) float32, meaning per material.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    triangles: NDArray[np.int32]
    material: NDArray[np.int32]
    parameter: NDArray[np.float32]

    def bounds_m(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest corner, (3,) each."""
        return self.positions.min(axis=0), self.positions.max(axis=0)


@dataclass(frozen=True, eq=False, slots=True)
class Instance:
    """One placed copy of a mesh.

    mesh:             key of a mesh the renderer was given.
    world_from_mesh:  (4, 4) float64, right-handed.
    actor_id:         the CARLA actor it belongs to; 0 for the level.
    level_id:         the 32-bit number of the level's object it is, if that is one a client can ask for; else 0.
    tag:              CARLA semantic tag of the whole instance; 0 takes the tag of each triangle's material.
    tint:             (3, 3) float32, three linear RGB colours.
    headlamps:        0 off, 1 low beam, 2 high beam.
    tail, brake:      lamps on?
    signals:          flags of ``Signal``.
    snow:             share of the lying snow that it carries; little on what moves or is warm.
    traffic_light:    lamps of a traffic light that burn: 1 red, 2 yellow, 4 green, or a sum of these.
    speed_mps:        of a vehicle, forwards; what it throws up behind it hangs on this.
    """

    mesh: str
    world_from_mesh: NDArray[np.float64]
    actor_id: int = 0
    tag: int = 0
    tint: NDArray[np.float32] | None = None
    headlamps: int = 0
    tail: bool = False
    brake: bool = False
    snow: float = 1.0
    speed_mps: float = 0.0
    level_id: int = 0
    signals: int = 0
    traffic_light: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Light:
    """A lamp that lights its surroundings.

    position_m:  (3,) world.
    direction:   (3,) unit vector it points along (a street lamp: down).
    colour:      (3,) linear RGB intensity, candela-like, relative to a street lamp at 5.
    kind:        0 street lamp (wide), 1 headlamp (low beam with a cut-off), 2 tail lamp, 3 headlamp high beam,
                 4 traffic light.
    reach_m:     beyond this it lights nothing.
    """

    position_m: NDArray[np.float64]
    direction: NDArray[np.float64]
    colour: NDArray[np.float32]
    kind: int
    reach_m: float
