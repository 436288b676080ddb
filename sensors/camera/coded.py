"""Pictures in which a simulator has coded numbers as colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled


@compiled
def scaled_code(bgra: NDArray[np.uint8], scale: float, value: NDArray[np.float32]) -> None:
    """scale · (R + 256·G + 65536·B) of each pixel.

    Args:
        bgra: (H, W, 4), blue first.
        value: (H, W) to write to.
    """
    for y in range(bgra.shape[0]):
        for x in range(bgra.shape[1]):
            code = (np.uint32(bgra[y, x, 0]) << np.uint32(16)) | (np.uint32(bgra[y, x, 1]) << np.uint32(8)) | np.uint32(
                bgra[y, x, 2])
            value[y, x] = np.float32(np.float64(code) * scale)
