"""What the physics of a camera needs to know of a rendered picture.

Optical axes: x right, y down, z forward; metres, radians, seconds. Pixel centres lie at integer coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sensors.pinhole import Intrinsics

_UNIT = 1e-3


def _zeros() -> NDArray[np.float64]:
    return np.zeros(3)


@dataclass(frozen=True, eq=False, slots=True)
class CameraScene:
    """One rendered moment.

    rgb:           (H, W, 3) uint8, red first, as a screen shows it (sRGB).
    depth_m:       (H, W) float32 along the optical axis; 1000 and more is sky.
    tag:           (H, W) uint8, CARLA semantic tags; None if they are not known.
    intrinsics:    of the picture.
    up:            (3,) unit vector, which way is up, in optical axes; (0, −1, 0) for a camera that is level.
    velocity_mps:  (3,) of the camera over the ground, in optical axes.
    turning_radps: (3,) its angular rate about the same axes.
    flow_px_per_s: (H, W, 2) how the picture's content moves (right, down), actors too; None: as the camera's own
                   motion past a world at rest says.

    Raises:
        ValueError: if depths, tag or flow are of another size than the intrinsics, depths or flow hold NaN, ``up`` is
            not of length 1, or a vector is not of three finite numbers.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    intrinsics: Intrinsics
    tag: NDArray[np.uint8] | None = None
    up: NDArray[np.float64] = field(default_factory=lambda: np.array([0.0, -1.0, 0.0]))
    velocity_mps: NDArray[np.float64] = field(default_factory=_zeros)
    turning_radps: NDArray[np.float64] = field(default_factory=_zeros)
    flow_px_per_s: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        size = self.depth_m.shape
        if size != (self.intrinsics.height, self.intrinsics.width):
            raise ValueError(f"depth_m has the shape {size}, expected {self.intrinsics.height} rows and "
                             f"{self.intrinsics.width} columns as in its intrinsics")
        for name, shape in (("tag", size), ("flow_px_per_s", (*size, 2))):
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} has the shape {array.shape}, expected {shape} as depth_m is {size}")
        for name in ("depth_m", "flow_px_per_s"):
            array = getattr(self, name)
            if array is not None and array.size and np.isnan(array.min()):
                raise ValueError(f"{name} is NaN in {np.count_nonzero(np.isnan(array))} places; "
                                 "sky is 1000 m and farther, infinite too")
        for name in ("up", "velocity_mps", "turning_radps"):
            vector = np.asarray(getattr(self, name))
            if vector.shape != (3,) or not np.isfinite(vector).all():
                raise ValueError(f"{name}: expected three finite numbers in optical axes, got {vector.tolist()}")
        if not abs(np.linalg.norm(self.up) - 1.0) < _UNIT:
            raise ValueError("up: expected a direction of length 1, as (0, -1, 0) of a level camera, "
                             f"got {np.asarray(self.up).tolist()}")
