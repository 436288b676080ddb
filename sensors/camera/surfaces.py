"""What the pixels of a picture lie on, by CARLA's semantic tags, and which way those surfaces face.

A picture without tags is told apart by shape alone: what is level is paved ground.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.camera.rays import SKY_M
from sensors.camera.scene import CameraScene
from sensors.compiled import compiled

# Kinds of surface, in the order of the tables that other modules keep about them.
SKY, ROAD, PAVEMENT, OPEN_GROUND, BUILDING, PLANT, VEHICLE, THING, CREATURE, WATER = range(10)
KINDS = 10
GROUND_KINDS = (ROAD, PAVEMENT, OPEN_GROUND)
# carla.CityObjectLabel of 0.9.16 → kind
_OF_TAG = {1: ROAD, 24: ROAD, 2: PAVEMENT, 10: OPEN_GROUND, 25: OPEN_GROUND, 26: PAVEMENT, 27: OPEN_GROUND,
           22: OPEN_GROUND, 3: BUILDING, 9: PLANT, 14: VEHICLE, 15: VEHICLE, 16: VEHICLE, 17: VEHICLE, 18: CREATURE,
           19: CREATURE, 12: CREATURE, 13: CREATURE, 21: CREATURE, 11: SKY, 23: WATER}
_KIND_OF_TAG = np.full(256, THING, np.uint8)
_KIND_OF_TAG[list(_OF_TAG)] = list(_OF_TAG.values())
# Diffuse albedo of what is not snow, for telling the light that falls on it from the light that it sends back.
ALBEDO = np.array([1.0, 0.10, 0.22, 0.13, 0.22, 0.07, 0.20, 0.20, 0.20, 0.05], np.float32)
_LEVEL = 0.9


def kinds(scene: CameraScene) -> NDArray[np.uint8]:
    """(H, W) kind of surface of each pixel."""
    if scene.tag is None:
        kind = np.full(scene.depth_m.shape, THING, np.uint8)
        kind[upward(scene) > _LEVEL] = PAVEMENT
        kind[scene.depth_m >= SKY_M] = SKY
    else:
        kind = np.empty(scene.depth_m.shape, np.uint8)
        _kinds(scene.tag, scene.depth_m, _KIND_OF_TAG, np.float32(SKY_M), kind)
    return kind


@compiled
def _kinds(tag: NDArray[np.uint8], depth_m: NDArray[np.float32], kind_of_tag: NDArray[np.uint8], sky_m: np.float32,
           kind: NDArray[np.uint8]) -> None:
    for v in range(kind.shape[0]):
        for u in range(kind.shape[1]):
            kind[v, u] = kind_of_tag[tag[v, u]] if depth_m[v, u] < sky_m else np.uint8(0)


def upward(scene: CameraScene) -> NDArray[np.float32]:
    """(H, W) cosine between each surface's normal and up, from the depth picture; 0 in the sky."""
    out = np.zeros(scene.depth_m.shape, np.float32)
    camera = scene.intrinsics
    _upward(scene.depth_m, np.float32(camera.f), np.float32(camera.cx), np.float32(camera.cy),
            np.asarray(scene.up, dtype=np.float32), np.float32(SKY_M), out)
    return out


@compiled
def facing_up(depth_m: NDArray[np.float32], v: int, u: int, step: int, f: np.float32, cx: np.float32, cy: np.float32,
              up: NDArray[np.float32]) -> float:
    """Cosine between up and the normal of the surface at a pixel, by its neighbours ``step`` pixels away.

    On either side the neighbour that is nearer in depth counts, so that a roof's edge has the roof's normal.
    """
    height, width = depth_m.shape
    z = depth_m[v, u]
    left, right = depth_m[v, max(u - step, 0)], depth_m[v, min(u + step, width - 1)]
    above, below = depth_m[max(v - step, 0), u], depth_m[min(v + step, height - 1), u]
    across = right - z if abs(right - z) < abs(z - left) else z - left
    down = below - z if abs(below - z) < abs(z - above) else z - above
    # normal of the surface z(u, v), turned towards the camera
    inverse = np.float32(1.0) / np.float32(step)
    across, down = across * inverse, down * inverse
    nx, ny = f * across, f * down
    nz = -(z + (np.float32(u) - cx) * across + (np.float32(v) - cy) * down)
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    rising = nx * up[0] + ny * up[1] + nz * up[2]
    cosine: float = rising / max(length, np.float32(1e-9))
    return cosine


@compiled
def _upward(depth_m: NDArray[np.float32], f: np.float32, cx: np.float32, cy: np.float32, up: NDArray[np.float32],
            sky_m: np.float32, out: NDArray[np.float32]) -> None:
    for v in range(depth_m.shape[0]):
        for u in range(depth_m.shape[1]):
            if depth_m[v, u] < sky_m:
                out[v, u] = facing_up(depth_m, v, u, 2, f, cx, cy, up)
