"""Colour: the mosaic of filters before a sensor, the balance of its colours, and the way back to three of them.

Filters let less of red and blue through than of green, and how much depends on the lamp: daylight is blue, and a
tungsten or sodium lamp has hardly any blue in it. Amplifying what is missing amplifies its noise, so pictures under
street lamps are noisiest in blue. The rendered picture is in balance already; the mosaic takes the balance out of it,
as the world does, and development puts it back.

Demosaicing: Malvar, He and Cutler, *High-quality linear interpolation for demosaicing of Bayer-patterned color
images*, ICASSP 2004. Linear filters, so flat fields stay flat and noise is spread as in a camera without denoising.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.linear import encoded
from sensors.compiled import compiled
from sensors.conditions import Conditions

MOSAICS = {"RGGB": ((0, 1), (1, 2)), "GRBG": ((1, 0), (2, 1)), "GBRG": ((1, 2), (0, 1)), "BGGR": ((2, 1), (1, 0))}
_DAYLIGHT, _TUNGSTEN = 6500.0, 2800.0
_GAINS_IN_DAYLIGHT, _GAINS_UNDER_TUNGSTEN = np.array([1.95, 1.0, 1.45]), np.array([1.15, 1.0, 3.0])
_DARK, _WHITE, _TOP = 1000, 15000, 16383    # of the developed mosaic, 14 bits: noise may go below black


def mosaic_of(bayer: str) -> NDArray[np.int64]:
    """(2, 2) colour, 0 red … 2 blue, of even and odd rows and columns."""
    if bayer not in MOSAICS:
        raise ValueError(f"a mosaic is one of {', '.join(MOSAICS)}, got {bayer!r}")
    return np.array(MOSAICS[bayer])


def lamp_kelvin(conditions: Conditions) -> float:
    """The colour temperature of what lights the scene: day, low sun, twilight's blue, street lamps."""
    clear = np.interp(conditions.sun_altitude_deg, (-9.0, -6.0, -3.0, 0.0, 10.0, 30.0),
                      (3000.0, 4500.0, 7500.0, 3800.0, 4800.0, 5600.0))
    cloudy = np.interp(conditions.sun_altitude_deg, (-9.0, -6.0, -3.0, 0.0), (3000.0, 4500.0, 7500.0, 6500.0))
    return float(clear + (cloudy - clear) * conditions.cloudiness)


def balance(kelvin: float) -> NDArray[np.float64]:
    """(3,) what red, green and blue are multiplied by under a lamp of this colour temperature; green is 1.

    Of a typical CMOS sensor with an infrared filter; even steps in mireds between daylight and tungsten.
    """
    share = (1 / kelvin - 1 / _DAYLIGHT) / (1 / _TUNGSTEN - 1 / _DAYLIGHT)
    return np.asarray(_GAINS_IN_DAYLIGHT + (_GAINS_UNDER_TUNGSTEN - _GAINS_IN_DAYLIGHT) * np.clip(share, -0.3, 1.0))


def _codes() -> NDArray[np.uint8]:
    light = (np.arange(_TOP + 1) - _DARK) / (_WHITE - _DARK)
    return np.rint(255 * encoded(np.clip(light, 0.0, 1.0))).astype(np.uint8)


_CODE_OF = _codes()


def developed(counts: NDArray[np.uint16], bayer: str, gains: NDArray[np.float64], black: float, white: float,
              ) -> NDArray[np.uint8]:
    """The picture (H, W, 3), in sRGB, of a sensor's counts.

    Args:
        counts: (H, W, 1) under a mosaic, or of a sensor without filters; (H, W, 3) if each pixel sees all colours.
        bayer:  "" without filters: the picture is grey.
        gains:  of red, green and blue (``balance``).
        black, white: the counts of no light and of a white that green sees.
    """
    scale = gains * (_WHITE - _DARK) / (white - black)
    balanced = np.empty(counts.shape, np.uint16)
    _balance(counts, scale.astype(np.float32)[colours_of(bayer, counts.shape[2])], np.float32(black), balanced)
    if bayer and counts.shape[2] == 1:
        # mirrored at the edge pixel itself, which keeps the mosaic's rhythm
        wider = cv2.copyMakeBorder(balanced[..., 0], 2, 2, 2, 2, cv2.BORDER_REFLECT_101)
        image = np.empty((*counts.shape[:2], 3), np.uint8)
        _demosaic(wider, mosaic_of(bayer), _CODE_OF, image)
        return image
    image = _CODE_OF[balanced]
    return image if image.shape[2] == 3 else np.repeat(image, 3, axis=2)


def colours_of(bayer: str, channels: int) -> NDArray[np.int64]:
    """(2, 2, channels) which colour each channel of the pixels of even and odd rows and columns is."""
    if channels == 3:
        return np.broadcast_to(np.arange(3), (2, 2, 3))
    return mosaic_of(bayer)[..., None] if bayer else np.ones((2, 2, 1), np.int64)


@compiled
def _balance(counts: NDArray[np.uint16], scale: NDArray[np.float32], black: np.float32,
             balanced: NDArray[np.uint16]) -> None:
    height, width, channels = counts.shape
    for row in range(height):
        for column in range(width):
            for channel in range(channels):
                value = (np.float32(counts[row, column, channel]) - black) * scale[row & 1, column & 1, channel]
                value = min(max(value + np.float32(1000.5), np.float32(0.0)), np.float32(16383.0))
                balanced[row, column, channel] = np.uint16(value)


@compiled
def _demosaic(light: NDArray[np.uint16], mosaic: NDArray[np.int64], codes: NDArray[np.uint8],
              image: NDArray[np.uint8]) -> None:
    """The 5×5 filters of Malvar, He and Cutler, in sixteenths. ``light``: with two more pixels on each side."""
    height, width, _ = image.shape
    for row in range(height):
        higher, above, level, below, lower = light[row], light[row + 1], light[row + 2], light[row + 3], light[row + 4]
        for column in range(width):
            before, here, after = int(level[column + 1]), int(level[column + 2]), int(level[column + 3])
            beside, upright = before + after, int(above[column + 2]) + int(below[column + 2])
            far_beside = int(level[column]) + int(level[column + 4])
            far_upright = int(higher[column + 2]) + int(lower[column + 2])
            corners = int(above[column + 1]) + int(above[column + 3]) + int(below[column + 1]) + int(below[column + 3])
            own = mosaic[row & 1, column & 1]
            if own == 1:
                across = (10 * here + 8 * beside - 2 * corners - 2 * far_beside + far_upright) >> 4
                along = (10 * here + 8 * upright - 2 * corners - 2 * far_upright + far_beside) >> 4
                neighbour = mosaic[row & 1, (column + 1) & 1]
                image[row, column, 1] = codes[here]
                image[row, column, neighbour] = codes[min(max(across, 0), 16383)]
                image[row, column, 2 - neighbour] = codes[min(max(along, 0), 16383)]
            else:
                far = far_beside + far_upright
                green = (8 * here + 4 * (beside + upright) - 2 * far) >> 4
                other = (12 * here + 4 * corners - 3 * far) >> 4
                image[row, column, own] = codes[here]
                image[row, column, 1] = codes[min(max(green, 0), 16383)]
                image[row, column, 2 - own] = codes[min(max(other, 0), 16383)]
