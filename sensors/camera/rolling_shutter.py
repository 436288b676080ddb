"""A rolling shutter: each row of the sensor sees its own moment.

The middle row has the moment of the rendered picture, so nothing is farther from it than half a readout. A camera
that yaws at 30°/s with f = 1000 px and reads out in 30 ms shifts the bottom against the top by 15.7 px.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera.distortion import LensMap
from sensors.camera.looking import seen

_STEPS = 12                     # each makes what is left smaller by the speed in rows per row, which is far below 1


def row_offset_s(rows: NDArray[np.float64], height: int, row_s: float) -> NDArray[np.float64]:
    """How much later than the rendered picture's moment rows of a sensor are exposed, in the middle of their time."""
    return (rows - (height - 1) / 2) * row_s


def rolled(light: NDArray[np.float32], flow_px_per_s: NDArray[np.float32], row_s: float) -> NDArray[np.float32]:
    """A picture as a rolling shutter sees it, without a lens: what a row shows has moved on until it is exposed.

    Args:
        light:         (H, W, 3).
        flow_px_per_s: (H, W, 2) right and down (``motion.image_motion``).
        row_s:         from one row to the next.
    """
    return seen(light, light.shape[:2], flow_px_per_s=flow_px_per_s, row_s=row_s)


def rolled_points(points_px: NDArray[np.float64], velocity_px_per_s: NDArray[np.float64], way: LensMap, row_s: float,
                  ) -> NDArray[np.float64]:
    """Where points of the rendered picture are when the row of the sensor that shows them is exposed.

    Args:
        points_px:         (…, 2) in the rendered picture.
        velocity_px_per_s: (…, 2) of what is there, in the same picture.
        way:               onto the sensor, whose rows count.

    Returns:
        (…, 2) still in pixels of the rendered picture; ``way.distort_points`` leads on.
    """
    moved = np.asarray(points_px, np.float64)
    for _ in range(_STEPS if row_s > 0.0 else 0):
        later_s = row_offset_s(way.distort_points(moved)[..., 1:], way.bent.height, row_s)
        moved = points_px + velocity_px_per_s * later_s
    return moved
