"""Colours of everything that is drawn, red first, 0…255."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Color = tuple[int, int, int]

BACKGROUND: Color = (13, 17, 23)
PANEL: Color = (20, 25, 33)
LINE: Color = (48, 56, 68)
FAINT: Color = (96, 107, 122)
TEXT: Color = (226, 232, 240)
DIM_TEXT: Color = (148, 160, 176)
EGO: Color = (226, 232, 240)
DONT_CARE: Color = (150, 158, 170)

CLASSES: dict[str, Color] = {
    "Car": (56, 189, 248),
    "Van": (129, 140, 248),
    "Truck": (192, 132, 252),
    "Tram": (232, 121, 249),
    "Pedestrian": (251, 113, 133),
    "Person_sitting": (253, 164, 175),
    "Cyclist": (251, 191, 36),
    "Misc": (203, 213, 225),
    "Animal": (74, 222, 128),
    "DontCare": DONT_CARE,
}
OTHER_CLASS: Color = (253, 224, 71)

# Points that no surface gave, by the number of their cause in ``velodyne_cause``.
CAUSES: dict[int, tuple[str, Color]] = {
    3: ("fog", (190, 180, 220)),
    4: ("rain", (80, 200, 255)),
    5: ("snowflakes", (255, 255, 255)),
    6: ("spray", (110, 240, 220)),
    7: ("dust", (225, 190, 120)),
    8: ("noise", (255, 80, 200)),
}

# Height above the road, from dark blue over teal to pale: dim enough that the classes' colours stand out.
_HEIGHT_STOPS_M = np.array([-0.3, 0.3, 1.5, 3.0, 6.0])
_HEIGHT_COLORS = np.array([(52, 72, 116), (64, 104, 150), (72, 142, 158), (132, 166, 158), (188, 184, 158)])

# Distance, near to far, for points drawn into the camera picture.
_RANGE_STOPS_M = np.array([3.0, 8.0, 15.0, 25.0, 40.0, 70.0])
_RANGE_COLORS = np.array(
    [(252, 231, 110), (250, 176, 60), (236, 104, 84), (190, 66, 132), (118, 64, 166), (66, 76, 160)]
)


def class_color(kind: str) -> Color:
    """The colour of a KITTI type; types that KITTI and simgen do not know share one."""
    return CLASSES.get(kind, OTHER_CLASS)


def dimmed(color: Color) -> Color:
    """The same hue, a third darker."""
    red, green, blue = color
    return red * 2 // 3, green * 2 // 3, blue * 2 // 3


def height_colors(height_m: NDArray[np.floating], reflectance: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(N, 3) colours by height above the road, brighter with reflectance 0…1."""
    base = _blend(height_m, _HEIGHT_STOPS_M, _HEIGHT_COLORS)
    brightness = 0.75 + 0.75 * np.sqrt(np.clip(reflectance, 0.0, 1.0))
    return np.asarray(np.minimum(base * brightness[:, None], 255.0).astype(np.uint8))


def range_colors(range_m: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(N, 3) colours by distance."""
    return _blend(range_m, _RANGE_STOPS_M, _RANGE_COLORS).astype(np.uint8)


def _blend(
    value: NDArray[np.floating], stops: NDArray[np.float64], colors: NDArray[np.int_]
) -> NDArray[np.float64]:
    channels = [np.interp(value, stops, colors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1)
