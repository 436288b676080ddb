"""What each pixel of a picture looks at: how far along its ray, how steeply, and at the sky or not."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.camera.scene import CameraScene
from sensors.pinhole import Intrinsics

SKY_M = 1000.0      # depths from here on are sky


@lru_cache(maxsize=8)
def ray_scale(intrinsics: Intrinsics) -> NDArray[np.float32]:
    """(H, W) metres along the ray for each metre of depth; read-only."""
    x, y = _slopes(intrinsics)
    scale = np.sqrt(1.0 + (x * x)[None, :] + (y * y)[:, None]).astype(np.float32)
    scale.flags.writeable = False
    return scale


def rise(scene: CameraScene) -> NDArray[np.float32]:
    """(H, W) sine of the angle by which each ray points above the horizon; read-only."""
    right, down, forward = (float(value) for value in scene.up)
    return _rise(scene.intrinsics, right, down, forward)


@lru_cache(maxsize=8)
def _rise(intrinsics: Intrinsics, up_right: float, up_down: float, up_forward: float) -> NDArray[np.float32]:
    x, y = _slopes(intrinsics)
    along = (x * up_right + up_forward)[None, :] + (y * up_down)[:, None]
    sine = (along / ray_scale(intrinsics)).astype(np.float32)
    sine.flags.writeable = False
    return sine


def _slopes(intrinsics: Intrinsics) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = (np.arange(intrinsics.width, dtype=np.float64) - intrinsics.cx) / intrinsics.f
    y = (np.arange(intrinsics.height, dtype=np.float64) - intrinsics.cy) / intrinsics.f
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def compass(scene: CameraScene, angle_rad: float, heading_rad: float) -> NDArray[np.float64]:
    """(3,) the horizontal unit vector, in optical axes, that points to an angle of the map.

    Args:
        angle_rad: of the map, 0 along +x, counter-clockwise seen from above.
        heading_rad: where the camera looks, as an angle of the map.
    """
    up = np.asarray(scene.up, dtype=np.float64)
    ahead = np.array([0.0, 0.0, 1.0]) - up[2] * up
    norm = float(np.linalg.norm(ahead))
    if norm < 1e-6:
        raise ValueError("the camera looks straight up or down, so its heading means nothing")
    ahead = ahead / norm
    left = np.cross(up, ahead)
    turn = angle_rad - heading_rad
    return np.asarray(np.cos(turn) * ahead + np.sin(turn) * left)


def luminance(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """(…) of linear light with the primaries of sRGB (…, 3)."""
    return np.asarray(light @ np.array([0.2126, 0.7152, 0.0722], np.float32))
