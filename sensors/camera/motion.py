"""How fast the content of a picture moves across it, from depth and the camera's own motion.

A point at rest has in the camera's axes the velocity −v − ω × P; its picture moves by that velocity's share across the
line of sight (Longuet-Higgins and Prazdny, Proc. R. Soc. B 208, 1980). For a camera that drives straight ahead that is
u·v/Z away from the focus of expansion; for one that yaws, about f·ω.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.camera.scene import CameraScene
from sensors.compiled import compiled

OWN_CAR_M = np.float32(2.0)
_FARTHEST_PX = 12               # that a smear is followed from a silhouette
BLOCK = 4                       # px; the nearest thing around is looked for in blocks
NEARER = np.float32(0.9)        # a thing stands before another if it is this much nearer


def image_motion(scene: CameraScene) -> NDArray[np.float32] | None:
    """(H, W, 2) px/s right and down: the scene's own flow, else that of a world at rest; None if nothing moves.

    In a world at rest what is nearer than ``OWN_CAR_M`` is the car's own body, which moves along with the camera.
    """
    if scene.flow_px_per_s is not None:
        return scene.flow_px_per_s if np.any(scene.flow_px_per_s) else None
    if not (np.any(scene.velocity_mps) or np.any(scene.turning_radps)):
        return None
    flow = np.empty((*scene.depth_m.shape, 2), np.float32)
    size = scene.intrinsics
    velocity, turning = (np.asarray(vector, np.float32) for vector in (scene.velocity_mps, scene.turning_radps))
    across = ((np.arange(size.width) - size.cx) / size.f).astype(np.float32)
    down = ((np.arange(size.height) - size.cy) / size.f).astype(np.float32)
    _flow_of_rest(scene.depth_m, velocity, turning, np.float32(size.f), across, down, flow)
    return flow


def passed_over(flow_px_per_s: NDArray[np.float32], depth_m: NDArray[np.float32], exposure_s: float,
                out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """The flow by which a picture is blurred: beside a silhouette it is that of the nearer thing, which passes over.

    A pixel beside a pole that sweeps by shows the pole for a part of the exposure. Gathering along the pixel's own slow
    motion would never meet the pole, and its smear would end at the edge that it had in the middle of the exposure.

    ``out``: where to write it; may be the flow itself.
    """
    fastest_px = float(np.abs(flow_px_per_s[::4, ::4]).max()) * exposure_s
    reach = min(math.ceil(fastest_px / 2), _FARTHEST_PX)
    if reach < 2:
        return flow_px_per_s
    blurring = flow_px_per_s.copy() if out is None else out
    if blurring is not flow_px_per_s:
        blurring[...] = flow_px_per_s
    _pass_over(depth_m, flow_px_per_s, exposure_s, reach // BLOCK, blurring)
    return blurring


@compiled
def _pass_over(depth_m: NDArray[np.float32], flow: NDArray[np.float32], exposure_s: float, most_blocks: int,
               blurring: NDArray[np.float32]) -> None:
    """In blocks of pixels, each as near and as fast as its nearest pixel. ``blurring``: the flow, to be overwritten."""
    height, width = depth_m.shape
    down, across = -(-height // BLOCK), -(-width // BLOCK)
    farthest = np.empty((down, across), np.float32)
    over_m = np.full((down, across), np.inf, np.float32)            # the nearest thing that smears over a block
    over_flow = np.empty((down, across, 2), np.float32)
    for i in range(down):
        for j in range(across):
            near, far, at_row, at_column = np.float32(np.inf), np.float32(0.0), i * BLOCK, j * BLOCK
            for row in range(i * BLOCK, min(i * BLOCK + BLOCK, height)):
                for column in range(j * BLOCK, min(j * BLOCK + BLOCK, width)):
                    far = max(far, depth_m[row, column])
                    if depth_m[row, column] < near:
                        near, at_row, at_column = depth_m[row, column], row, column
            farthest[i, j] = far
            u, v = flow[at_row, at_column, 0], flow[at_row, at_column, 1]
            reach = min(int((max(abs(u), abs(v)) * exposure_s / 2 + BLOCK / 2) / BLOCK), most_blocks)
            if reach > 0:
                for k in range(max(i - reach, 0), min(i + reach + 1, down)):
                    for m in range(max(j - reach, 0), min(j + reach + 1, across)):
                        if near < over_m[k, m]:
                            over_m[k, m], over_flow[k, m, 0], over_flow[k, m, 1] = near, u, v
    for i in range(down):
        for j in range(across):
            if over_m[i, j] < NEARER * farthest[i, j]:
                u, v = over_flow[i, j, 0], over_flow[i, j, 1]
                speed = u * u + v * v
                for row in range(i * BLOCK, min(i * BLOCK + BLOCK, height)):
                    for column in range(j * BLOCK, min(j * BLOCK + BLOCK, width)):
                        own_u, own_v = flow[row, column, 0], flow[row, column, 1]
                        if over_m[i, j] < NEARER * depth_m[row, column] and speed > own_u * own_u + own_v * own_v:
                            blurring[row, column, 0], blurring[row, column, 1] = u, v


@compiled
def _flow_of_rest(depth_m: NDArray[np.float32], velocity: NDArray[np.float32], turning: NDArray[np.float32],
                  f: np.float32, across: NDArray[np.float32], down: NDArray[np.float32],
                  flow: NDArray[np.float32]) -> None:
    height, width = depth_m.shape
    vx, vy, vz = velocity[0], velocity[1], velocity[2]
    wx, wy, wz = turning[0], turning[1], turning[2]
    zero, one = np.float32(0.0), np.float32(1.0)
    for row in range(height):
        y = down[row]
        for column in range(width):
            x = across[column]
            near = one / depth_m[row, column]
            away = f if depth_m[row, column] >= OWN_CAR_M else zero
            turn = wx * y - wy * x
            flow[row, column, 0] = away * ((x * vz - vx) * near - wy + wz * y + x * turn)
            flow[row, column, 1] = away * ((y * vz - vy) * near + wx - wz * x + y * turn)
