"""How fast the content of a picture moves across it, from depth and the camera's own motion.

A point at rest has in the camera's axes the velocity −v − ω × P; its picture moves by that velocity's share across the
line of sight (Longuet-Higgins and Prazdny, Proc. R. Soc. B 208, 1980). For a camera that drives straight ahead that is
u·v/Z away from the focus of expansion; for one that yaws, about f·ω.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera.scene import CameraScene
from sensors.compiled import compiled


def image_motion(scene: CameraScene) -> NDArray[np.float32] | None:
    """(H, W, 2) px/s right and down: the scene's own flow, else that of a world at rest; None if nothing moves."""
    if scene.flow_px_per_s is not None:
        return scene.flow_px_per_s if np.any(scene.flow_px_per_s) else None
    if not (np.any(scene.velocity_mps) or np.any(scene.turning_radps)):
        return None
    flow = np.empty((*scene.depth_m.shape, 2), np.float32)
    size = scene.intrinsics
    velocity, turning = (np.asarray(vector, np.float64) for vector in (scene.velocity_mps, scene.turning_radps))
    _flow_of_rest(scene.depth_m, velocity, turning, size.f, size.cx, size.cy, flow)
    return flow


@compiled
def _flow_of_rest(depth_m: NDArray[np.float32], velocity: NDArray[np.float64], turning: NDArray[np.float64], f: float,
                  cx: float, cy: float, flow: NDArray[np.float32]) -> None:
    height, width = depth_m.shape
    vx, vy, vz = velocity[0], velocity[1], velocity[2]
    wx, wy, wz = turning[0], turning[1], turning[2]
    for row in range(height):
        y = (row - cy) / f
        for column in range(width):
            x = (column - cx) / f
            near = 1.0 / depth_m[row, column]
            flow[row, column, 0] = f * ((x * vz - vx) * near - wy + wz * y + x * (wx * y - wy * x))
            flow[row, column, 1] = f * ((y * vz - vy) * near + wx - wz * x + y * (wx * y - wy * x))
