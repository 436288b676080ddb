"""The pinhole of a camera: where its pixels look.

Pixel centres are at integers. A picture of ``width`` x ``height`` pixels has its principal point at
((width - 1) / 2, (height - 1) / 2) and the focal length width / (2 tan(fov / 2)), as CARLA's cameras have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.kernels import pinhole
from simgen.localsim.render.warp_runtime import wp


@dataclass(frozen=True, eq=False)
class Pinhole:
    """One camera at one moment.

    world_from_camera:  (4, 4), camera body axes: x forward, y left, z up. A pixel's ray is
                        forward - (u - cu)/f * left - (v - cv)/f * up, so its length unit is depth.
    """

    world_from_camera: NDArray[np.float64]
    width: int
    height: int
    fov_rad: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture needs pixels, got {self.width} x {self.height}")
        if not 0.0 < self.fov_rad < math.pi:
            raise ValueError(f"a pinhole's field of view lies between 0 and pi, got {self.fov_rad}")
        if self.world_from_camera.shape != (4, 4) or not np.isfinite(self.world_from_camera).all():
            raise ValueError("world_from_camera must be a finite (4, 4) matrix")

    @property
    def focal_px(self) -> float:
        return self.width / (2.0 * math.tan(self.fov_rad / 2.0))

    @property
    def centre_px(self) -> tuple[float, float]:
        return (self.width - 1) / 2.0, (self.height - 1) / 2.0

    def key(self) -> tuple[bytes, int, int, float]:
        """Equal for cameras that see the same."""
        return np.asarray(self.world_from_camera, dtype=np.float64).tobytes(), self.width, self.height, self.fov_rad


def coarse_pinhole_data(camera: Pinhole) -> Any:
    """A camera whose pixels are the upper left ones of each 2 x 2 of another's."""
    data = pinhole_data(camera)
    data.focal_px, data.centre_u, data.centre_v = 0.5 * data.focal_px, 0.5 * data.centre_u, 0.5 * data.centre_v
    data.width, data.height = (camera.width + 1) // 2, (camera.height + 1) // 2
    return data


def pinhole_data(camera: Pinhole) -> Any:
    """The camera as kernels read it."""
    data = pinhole.PinholeData()
    pose = camera.world_from_camera
    data.forward, data.left, data.up, data.position = (wp.vec3(*(float(x) for x in pose[:3, k])) for k in range(4))
    data.focal_px = camera.focal_px
    data.centre_u, data.centre_v = camera.centre_px
    data.width, data.height = camera.width, camera.height
    return data
