"""How sharp a lens is: a point of light covers more than one pixel.

Renderers draw edges that end between two pixels; no lens does, and a mosaic of colour filters needs that it does not, or
edges get coloured fringes. Diffraction, aberrations and the low-pass filter before a sensor together are near to a
Gaussian of half a pixel, which leaves 30 % of the contrast of the finest stripes that a sensor can tell apart.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

TYPICAL_PX = 0.5


def softened(light: NDArray[np.float32], sigma_px: float = TYPICAL_PX) -> NDArray[np.float32]:
    """Light (H, W, 3) behind a lens whose points are Gaussians of ``sigma_px``. Light is kept; edges are mirrored."""
    reach = 2 * int(np.ceil(2.5 * sigma_px - 0.5)) + 1
    soft: NDArray[np.float32] = cv2.GaussianBlur(light, (reach, reach), sigma_px, borderType=cv2.BORDER_REFLECT_101)
    return soft
