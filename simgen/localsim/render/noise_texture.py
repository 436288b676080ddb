"""The noise texture that materials and clouds read: made once, the same on every machine."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.kernels.noise import TEXTURE_SIZE

_SEED = 1
_LATTICES = (8, 16, 32, 64, 128, 256)
_PERSISTENCE = 0.58         # how much weaker each finer lattice is
_DEVIATION = 0.18


def value_noise(size: int, cells: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(size, size) tileable value noise on a lattice of ``cells`` squared, smoothly interpolated."""
    lattice = rng.random((cells, cells))
    at = np.arange(size) * cells / size
    low = at.astype(int)
    high = (low + 1) % cells
    t = at - low
    t = t * t * t * (t * (t * 6 - 15) + 10)
    upper = lattice[low][:, low] * (1 - t) + lattice[low][:, high] * t
    lower = lattice[high][:, low] * (1 - t) + lattice[high][:, high] * t
    return np.asarray(upper * (1 - t)[:, None] + lower * t[:, None])


@lru_cache(maxsize=1)
def noise_texture() -> NDArray[np.float32]:
    """All levels one after the other, finest first: (M, 2) float32, clouds and grain in [0, 1]."""
    size = int(TEXTURE_SIZE)
    rng = np.random.default_rng(_SEED)
    total, weight = np.zeros((size, size)), 1.0
    for cells in _LATTICES:
        total += weight * value_noise(size, cells, rng)
        weight *= _PERSISTENCE
    total -= total.mean()
    fractal = np.clip(total / total.std() * _DEVIATION + 0.5, 0.0, 1.0)
    level = np.stack([fractal, rng.random((size, size))], axis=-1).astype(np.float32)
    levels = [level.reshape(-1, 2)]
    while len(level) > 1:
        half = len(level) // 2
        level = level.reshape(half, 2, half, 2, 2).mean(axis=(1, 3), dtype=np.float32)
        levels.append(level.reshape(-1, 2))
    texture = np.concatenate(levels)
    texture.flags.writeable = False
    return texture
