"""Patterns that lie on the ground and stay there while the camera moves: patches of snow, puddles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TILE = 512                  # texels a side; a power of two, so that indices wrap around by a mask
TILE_M = 12.8


@lru_cache(maxsize=1)
def patches() -> NDArray[np.float32]:
    """(TILE, TILE) cloudy noise that repeats, its values spread evenly over 0 … 1; read-only."""
    rng = np.random.default_rng(20130)
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE)))
    fy, fx = np.fft.fftfreq(TILE) * TILE, np.fft.rfftfreq(TILE) * TILE
    frequency = np.maximum(np.hypot(fy[:, None], fx[None, :]), 1.0)
    field = np.fft.irfft2(spectrum * frequency**-1.35 * (frequency > 2.0), s=(TILE, TILE))
    ranks = np.empty(field.size, np.float32)
    ranks[np.argsort(field, axis=None)] = (np.arange(field.size) + 0.5) / field.size
    tile = ranks.reshape(field.shape)
    tile.flags.writeable = False
    return tile
