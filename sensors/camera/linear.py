"""Between the codes of a picture's file and light: the curve of sRGB (IEC 61966-2-1), by tables, exact both ways.

Physics is done on linear light: (H, W, 3) float32, in which 1 is the white of the rendered picture. Nothing but light
adds up, so nothing but light can be blurred, veiled or counted.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled

WHITE = 255


def decoded(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """The light of codes 0 … 1, by the formula."""
    return np.where(code <= 0.04045, code / 12.92, ((np.maximum(code, 0.0) + 0.055) / 1.055) ** 2.4)


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The codes 0 … 1 of light, by the formula."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.0) ** (1 / 2.4) - 0.055)


LIGHT_OF_CODE = decoded(np.arange(WHITE + 1) / WHITE).astype(np.float32)
# A code begins where the rounded formula says so. One cell of the table is narrower than any code, so at most one code
# begins within it, and one comparison tells which of the two it is.
CODE_BEGINS = np.append(decoded((np.arange(1, WHITE + 1) - 0.5) / WHITE), np.inf).astype(np.float32)
_CELLS = 4096
_CODE_OF_CELL = np.searchsorted(CODE_BEGINS, np.arange(_CELLS, dtype=np.float32) / np.float32(_CELLS),
                                side="right").astype(np.uint8)


def light_of(rgb: NDArray[np.uint8], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """The linear light of a picture, 0 … 1, of the same shape. ``out``: where to write it; None: a new array."""
    if rgb.dtype != np.uint8:
        raise ValueError(f"a picture holds uint8, this one {rgb.dtype}")
    light: NDArray[np.float32] = cv2.LUT(np.ascontiguousarray(rgb), LIGHT_OF_CODE, dst=out)
    return light


def code_of(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The nearest codes of linear light, of the same shape. What is brighter than white is white, as on film."""
    if light.dtype != np.float32:
        raise ValueError(f"light is float32, this is {light.dtype}")
    codes = np.empty(light.shape, np.uint8)
    _encode(np.ascontiguousarray(light).reshape(-1), codes.reshape(-1), _CODE_OF_CELL, CODE_BEGINS)
    return codes


@compiled
def _encode(light: NDArray[np.float32], codes: NDArray[np.uint8], code_of_cell: NDArray[np.uint8],
            begins: NDArray[np.float32]) -> None:
    for i in range(light.size):
        value = light[i]
        if value >= np.float32(1.0):
            codes[i] = 255
        elif value > np.float32(0.0):
            code = code_of_cell[int(value * np.float32(4096.0))]
            codes[i] = code + np.uint8(value >= begins[code])
        else:
            codes[i] = 0
