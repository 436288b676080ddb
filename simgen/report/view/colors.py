"""What the colour of a LiDAR return means."""

from __future__ import annotations

from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from simgen.errors import RequestError
from simgen.report.airborne import paint_causes
from simgen.report.birdview import LIDAR_HEIGHT_M
from simgen.report.overlay import NEAR_M, project
from simgen.report.palette import class_color, height_colors
from simgen.report.scene import Scene, Thing

Colors = NDArray[np.uint8]

DIM = 0.55
"""How much of its brightness the level keeps where the colours are about the actors."""

# CARLA's semantic tag → colour of the level, muted so that the classes of labelled objects stand out.
_TAG_COLORS = {
    1: (118, 98, 140), 2: (170, 120, 170), 3: (112, 122, 148), 4: (134, 130, 158), 5: (160, 130, 120),
    6: (190, 190, 190), 7: (240, 180, 60), 8: (235, 220, 80), 9: (84, 134, 74), 10: (120, 142, 92),
    12: (200, 100, 115), 13: (200, 100, 115), 14: (76, 118, 160), 15: (132, 102, 170), 16: (132, 102, 170),
    17: (150, 90, 160), 18: (170, 140, 60), 19: (170, 140, 60), 20: (130, 112, 98), 21: (92, 160, 110),
    23: (70, 110, 150), 24: (222, 214, 190), 25: (128, 112, 96), 26: (120, 110, 110), 27: (140, 110, 120),
    28: (176, 164, 190), 29: (132, 120, 108),
}
_UNKNOWN = (140, 146, 156)
LEVEL_GREY = (58, 70, 80)
"""About what the level has where the colours are about something else, for legends."""
_GOLDEN_RATIO = (5**0.5 - 1) / 2


class Coloring(str, Enum):
    """actor: each object its own; class: labelled objects by KITTI type, the level by CARLA's tag, and in both what
    hangs and falls in the air by its cause; intensity: reflectance; picture: what the left colour camera sees there;
    height: above the road."""

    ACTOR = "actor"
    CLASS = "class"
    INTENSITY = "intensity"
    PICTURE = "picture"
    HEIGHT = "height"

    @classmethod
    def named(cls, word: str) -> Coloring:
        """Raises RequestError with all of them if there is none of this name."""
        try:
            return cls(word)
        except ValueError:
            raise RequestError(f"--color {word}: there are {', '.join(each.value for each in cls)}") from None


def point_colors(scene: Scene, coloring: Coloring) -> Colors:
    """(N, 3) the colour of each of the scene's points."""
    reflectance = scene.points[:, 3]
    if coloring is Coloring.INTENSITY:
        return intensity_colors(reflectance)
    height = height_colors(scene.points[:, 2] + LIDAR_HEIGHT_M, reflectance)
    if coloring is Coloring.HEIGHT:
        return height
    if coloring is Coloring.PICTURE:
        return _picture_colors(scene, _dimmed(height))
    if coloring is Coloring.CLASS:
        colors = _dimmed(height) if scene.tag is None else _lit(tag_colors(scene.tag), reflectance)
    else:
        colors = _dimmed(height)
        if scene.instance is not None:          # actors without a label row as well
            owned = scene.instance > 0
            colors[owned] = _lit(actor_colors(scene.instance[owned].astype(np.int64) - 1), reflectance[owned])
    for thing in scene.objects:
        own = np.tile(np.array(thing_color(scene, thing, coloring), np.uint8), (int(thing.points.sum()), 1))
        colors[thing.points] = _lit(own, reflectance[thing.points])
    paint_causes(colors, scene)
    return colors


def thing_color(scene: Scene, thing: Thing, coloring: Coloring) -> tuple[int, int, int]:
    """The colour of an object's box and name."""
    if coloring is not Coloring.ACTOR:
        return class_color(thing.row.type)
    number = scene.things.index(thing) if thing.side is None else thing.side.track
    red, green, blue = actor_colors(np.array([number]))[0].tolist()
    return red, green, blue


def actor_colors(number: NDArray[np.integer]) -> Colors:
    """(N, 3) strong colours; neighbours in number lie far apart on the circle of hues."""
    hue = np.asarray(number * _GOLDEN_RATIO * 180.0 % 180.0, np.uint8)
    whole: Colors = np.stack([hue, np.full_like(hue, 165), np.full_like(hue, 255)], axis=-1)
    return np.asarray(cv2.cvtColor(whole[None], cv2.COLOR_HSV2RGB)[0], np.uint8)


def tag_colors(tag: NDArray[np.uint8]) -> Colors:
    """(N, 3) by CARLA's semantic tag."""
    table = np.full((256, 3), _UNKNOWN, np.uint8)
    table[list(_TAG_COLORS)] = list(_TAG_COLORS.values())
    return np.asarray(table[tag])


def intensity_colors(reflectance: NDArray[np.floating]) -> Colors:
    """(N, 3) from violet over green to yellow with the square root of the reflectance 0…1: most of a road lies below
    0.1."""
    step = np.round(np.sqrt(np.clip(reflectance, 0.0, 1.0)) * 255).astype(np.uint8)
    table = np.asarray(cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_VIRIDIS), np.uint8)
    return np.asarray(table[step, 0, ::-1], np.uint8)


def _picture_colors(scene: Scene, elsewhere: Colors) -> Colors:
    """What the left colour picture shows where a return projects to; other colours outside of the picture. A return
    that the LiDAR sees past an edge takes the colour of what hides it from the camera."""
    uv, depth = project(scene.points[:, :3], scene.image_from_lidar)
    height, width = scene.rgb.shape[:2]
    seen = (depth > NEAR_M) & (uv > -0.5).all(axis=1) & (uv < (width - 0.5, height - 0.5)).all(axis=1)
    column, row = np.round(uv[seen]).astype(int).T
    colors: Colors = elsewhere.copy()
    colors[seen] = scene.rgb[row, column]
    return colors


def _lit(colors: Colors, reflectance: NDArray[np.floating]) -> Colors:
    """The same hues, brighter with reflectance."""
    brightness = np.minimum(0.7 + 0.6 * np.sqrt(np.clip(reflectance, 0.0, 1.0)), 255.0 / colors.max(axis=1))
    return np.asarray((colors * brightness[:, None]).astype(np.uint8))


def _dimmed(colors: Colors) -> Colors:
    grey = colors.mean(axis=1, keepdims=True) * 0.6 + colors * 0.4
    return np.asarray((grey * DIM).astype(np.uint8))
