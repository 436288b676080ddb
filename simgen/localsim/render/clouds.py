"""Where clouds are and how high they heap: a map that repeats, made for each cloudiness.

The map is a height field over the clouds' common base; where it is above 0 there is a cloud, so its share above 0 is
the share of the sky that broken clouds cover. It also holds how much of the sun each place of the tops gets.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.kernels.clouds import MAP_M, MAP_SIZE
from simgen.localsim.render.noise_texture import value_noise

_SEED = 5
_LATTICES = ((8, 1.0), (15, 0.62), (31, 0.34), (64, 0.15))     # cells on a side, and how much each counts
_SHADE_M = 260.0                                # how far a heap's shade reaches
_HEAP = 0.26                                    # noise from a cloud's edge to where it is as high as can be


@lru_cache(maxsize=1)
def _noise() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(MAP_SIZE, MAP_SIZE) noise that repeats, about 0.5; and the same, sorted."""
    rng = np.random.default_rng(_SEED)
    total = sum(weight * value_noise(int(MAP_SIZE), cells, rng) for cells, weight in _LATTICES)
    noise: NDArray[np.float32] = np.asarray((total - np.mean(total)) / np.std(total) * 0.18 + 0.5, dtype=np.float32)
    noise.flags.writeable = False
    return noise, np.sort(noise, axis=None)


def cloud_map(cover: float, sun_direction: NDArray[np.float64]) -> NDArray[np.float32]:
    """(MAP_SIZE, MAP_SIZE, 2): height over the base (-1 … 1; 1 is the highest top, below 0 there is air) and the sun's
    share on the tops, 0 … 1. Rows are y, columns x. ``cover``: the share of the map that lies above 0."""
    noise, ordered = _noise()
    edge = ordered[min(int((1.0 - cover) * ordered.size), ordered.size - 1)]
    height = np.clip((noise - edge) / np.float32(_HEAP), -1.0, 1.0)
    height = np.sign(height) * np.abs(height) ** np.float32(0.8)
    texel = float(MAP_M) / int(MAP_SIZE)
    flat = math.hypot(*sun_direction[:2]) or 1.0
    low = 1.0 - 0.6 * max(float(sun_direction[2]), 0.0)         # a sun overhead casts no shade sideways
    shade = np.zeros_like(height)
    for share in (0.35, 1.0):
        dx, dy = (round(float(d) / flat * _SHADE_M * share / texel) for d in sun_direction[:2])
        shade += np.roll(height, (-dy, -dx), axis=(0, 1)) - height
    sunny = np.clip(0.62 - 0.75 * low * shade, 0.0, 1.0)
    return np.stack([height, sunny], axis=-1).astype(np.float32)
