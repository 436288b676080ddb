"""How sharp a lens is: a point of light covers more than one pixel.

Renderers draw edges that end between two pixels; no lens does, and a mosaic of colour filters needs that it does not,
or edges get coloured fringes. Diffraction, aberrations and the low-pass filter before a sensor together spread a point
by about half a pixel, which leaves half of the contrast of the finest stripes that a sensor can tell apart.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

TYPICAL_PX = 0.5


def softened(light: NDArray[np.float32], sigma_px: float = TYPICAL_PX,
             out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Light (H, W, 3) behind a lens that spreads points by ``sigma_px`` across and along, 0 … 0.7: to the next pixels.

    Light is kept; edges are mirrored. ``out``: where to write it, not ``light`` itself; None: a new array.
    """
    if not 0.0 <= sigma_px <= 0.7:
        raise ValueError(f"a lens's points are spread by 0 to 0.7 px, got {sigma_px}")
    beside = sigma_px ** 2 / 2
    spread = np.array([beside, 1.0 - 2.0 * beside, beside], np.float32)
    soft: NDArray[np.float32] = cv2.sepFilter2D(light, cv2.CV_32F, spread, spread, dst=out,
                                               borderType=cv2.BORDER_REFLECT_101)
    return soft
