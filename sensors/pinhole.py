"""A camera without distortion: from points to pixels and, with a depth image, back again.

Optical axes are x right, y down, z forward. Pixel centres lie at integer coordinates, so a symmetric frustum
has its principal point at ((width − 1) / 2, (height − 1) / 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """f, cx, cy in pixels (one focal length: square pixels); width and height of the picture in pixels."""

    f: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.f) and self.f > 0 and math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ValueError(f"intrinsics need a positive focal length and finite numbers, got {self}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture needs at least one pixel, got {self.width}×{self.height}")

    @classmethod
    def from_fov(cls, width: int, height: int, fov_rad: float) -> Intrinsics:
        """A symmetric frustum; ``fov_rad`` is horizontal, between the outer edges of the outer pixels."""
        if not 0 < fov_rad < math.pi:
            raise ValueError(f"a pinhole camera's field of view lies between 0 and π, got {fov_rad}")
        return cls(width / (2 * math.tan(fov_rad / 2)), (width - 1) / 2, (height - 1) / 2, width, height)

    @property
    def fov_rad(self) -> float:
        """Horizontal field of view of a symmetric frustum of this width and focal length."""
        return 2 * math.atan(self.width / (2 * self.f))

    def cropped(self, left: int, top: int, width: int, height: int) -> Intrinsics:
        """The camera that a cut-out of the picture makes.

        Raises:
            ValueError: if the cut-out leaves the picture.
        """
        if left < 0 or top < 0 or left + width > self.width or top + height > self.height:
            raise ValueError(
                f"{width}×{height} pixels from ({left}, {top}) on leave a {self.width}×{self.height} picture"
            )
        return Intrinsics(self.f, self.cx - left, self.cy - top, width, height)

    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) camera matrix."""
        return np.array([[self.f, 0.0, self.cx], [0.0, self.f, self.cy], [0.0, 0.0, 1.0]])

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 3) points in optical axes to (N, 2) pixels. Only points with z > 0 have a meaningful one."""
        return np.asarray(points[:, :2] / points[:, 2:3] * self.f + (self.cx, self.cy), dtype=np.float64)

    def back_project(
        self, depth_m: NDArray[np.floating], left: int = 0, top: int = 0
    ) -> NDArray[np.float64]:
        """Points of a depth image.

        Args:
            depth_m: (H, W) distance along the optical axis; a cut-out whose first pixel is (left, top).

        Returns:
            (H, W, 3) in optical axes.
        """
        height, width = depth_m.shape
        u = (np.arange(left, left + width) - self.cx) / self.f
        v = (np.arange(top, top + height) - self.cy) / self.f
        z = depth_m.astype(np.float64)
        return np.stack([u[None, :] * z, v[:, None] * z, z], axis=-1)
