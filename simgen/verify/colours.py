"""Are red and blue where they belong? By any daylight leaves are redder than the sky above them.

Leaves swallow blue more than any other light, the sky sends more of it than the sun does; dusk and clouds tint both
alike. A picture whose sky is the redder of the two has its channels in another order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRID = 6
"""Every so many pixels in each direction one is looked at."""
GREEN_TIMES, GREEN_FROM = 1.08, 30.0
SKY_SHARE, SKY_FROM, SKY_CHANGE = 0.2, 110.0, 6.0
"""Sky: even and bright, in the upper fifth of a picture."""
LEAST_PIXELS = 40
DARKNESS = 4.0


def leaves_and_sky(pixels: NDArray[Any]) -> tuple[float, float] | None:
    """Median log of red over blue of leaves and of the sky, for (H, W, 3) uint8 in OpenCV's order, blue first; NaN
    where there is too little of either. None for pictures of another form."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        return None
    some = pixels[::GRID, ::GRID].astype(np.float32)
    blue, green, red = (np.ascontiguousarray(some[..., i]) for i in range(3))
    ratio = np.log((red + DARKNESS) / (blue + DARKNESS))
    leaves = (green > GREEN_TIMES * np.maximum(red, blue)) & (green > GREEN_FROM)
    upper = slice(0, max(1, int(SKY_SHARE * len(green))))
    even = np.abs(np.diff(green[upper], axis=1, append=green[upper, -1:])) < SKY_CHANGE
    sky = even & (green[upper] > SKY_FROM) & ~leaves[upper]
    return _median(ratio[leaves]), _median(ratio[upper][sky])


def _median(values: NDArray[np.float32]) -> float:
    return float(np.median(values)) if len(values) >= LEAST_PIXELS else math.nan
