"""How much darker a picture is towards its corners: cos⁴ of the angle off the axis, and what the barrel cuts off."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera.distortion import LensMap


def natural(off_axis_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """cos⁴: 1 in the middle, 0.5625 at 30°."""
    return np.asarray(np.cos(off_axis_rad) ** 4)


def mechanical(radius: NDArray[np.float64], falloff: float) -> NDArray[np.float64]:
    """1 − k·r², where r is 1 in the corner that is farthest from the axis."""
    return np.asarray(1.0 - falloff * radius ** 2)


def vignetting(way: LensMap, falloff: float) -> NDArray[np.float32]:
    """(H, W) share of the light that reaches each pixel of the bent picture."""
    size = way.bent
    columns, rows = np.meshgrid(np.arange(size.width) - size.cx, np.arange(size.height) - size.cy)
    radius = np.hypot(columns, rows)
    straight = way.undistort_points(np.stack([columns + size.cx, rows + size.cy], axis=-1))
    tangent = np.hypot(straight[..., 0] - way.straight.cx, straight[..., 1] - way.straight.cy) / way.straight.f
    angle = np.nan_to_num(np.arctan(tangent), nan=math.pi / 2)          # beyond the fold no light comes
    return (natural(angle) * mechanical(radius / max(radius.max(), 1e-9), falloff)).astype(np.float32)
