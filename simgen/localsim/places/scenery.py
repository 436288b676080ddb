"""Placing copies of prototypes on the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance
from simgen.localsim.places.ground import Ground

Array = NDArray[np.float64]


def stand(
    keys: list[str], positions: Array, yaw_rad: Array, scale: Array, up: Array | None = None, tag: int = 0
) -> list[Instance]:
    """Copies standing at ``positions`` (N, 3), turned about their own z and scaled evenly.

    up: (N, 3) unit vectors that their z axes point along; straight up if None.
    """
    up = np.broadcast_to([0.0, 0.0, 1.0], positions.shape) if up is None else up
    ahead = np.stack([np.cos(yaw_rad), np.sin(yaw_rad), np.zeros_like(yaw_rad)], axis=1)
    left = np.cross(up, ahead)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    axes = np.stack([np.cross(left, up), left, up], axis=-1) * scale[:, None, None]
    poses = np.zeros((len(positions), 4, 4))
    poses[:, :3, :3], poses[:, :3, 3], poses[:, 3, 3] = axes, positions, 1.0
    return [Instance(key, pose, tag=tag) for key, pose in zip(keys, poses, strict=True)]


def any_way(count: int, rng: np.random.Generator) -> Array:
    """Yaws (count,) of plants, within 8 degrees of a quarter turn. A ray looks into whatever box, parallel to the axes,
    it passes; with plants turned any way at all boxes would overlap half as much again."""
    return rng.integers(0, 4, count) * (0.5 * np.pi) + rng.uniform(-0.14, 0.14, count)


def on_ground(ground: Ground, xy: Array) -> Array:
    """Points (N, 3) on the ground under ``xy`` (N, 2)."""
    return np.column_stack([xy, ground.height(xy)])


def ground_normals(ground: Ground, xy: Array, step_m: float = 0.8) -> Array:
    """Unit normals (N, 3) of the ground, averaged over about ``2·step_m``."""
    dx, dy = np.array([step_m, 0.0]), np.array([0.0, step_m])
    slope_x = (ground.height(xy + dx) - ground.height(xy - dx)) / (2.0 * step_m)
    slope_y = (ground.height(xy + dy) - ground.height(xy - dy)) / (2.0 * step_m)
    normal = np.column_stack([-slope_x, -slope_y, np.ones(len(xy))])
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))
