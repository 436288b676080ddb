"""Where puddles stand, snow is blown together and ice is left: a landscape of chance that stays where it is.

One number for each place of the world, normally distributed, with patches of a few metres and smaller ones in them. It
hangs on the place alone: the same in every frame, from every direction and for every sensor.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sensors.chance import generator

CELL_M = 0.25
CELLS = 512                     # a power of two; the landscape repeats after 128 m
EDGE = 0.15                     # in standard deviations: how wide the borders of patches are
_LENGTHS_M = (0.7, 3.5)         # correlation lengths of the small and the large patches, and their shares of variance
_SHARES = (0.35, 0.65)


def landscape(x_m: NDArray[np.floating], y_m: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N,) the number of each place, normally distributed with mean 0 and σ 1.

    Args:
        x_m, y_m: (N,) in world axes.
    """
    column, row = (np.floor(axis / CELL_M).astype(np.int64) & (CELLS - 1) for axis in (x_m, y_m))
    return np.asarray(numbers()[row, column])


def border(share: float) -> float:
    """The number below which ``share`` of all ground lies; infinite for none and all of it."""
    if 0 < share < 1:
        return NormalDist().inv_cdf(share)
    return math.inf if share >= 1 else -math.inf


def covered(number: NDArray[np.floating], share: float) -> NDArray[np.floating]:
    """(N,) how far places are covered, 0 … 1, if ``share`` of all ground is: the lowest first, with soft borders."""
    return np.asarray(np.clip((border(share) - number) / EDGE + 0.5, 0, 1))


@lru_cache(maxsize=1)
def numbers() -> NDArray[np.float32]:
    """(CELLS, CELLS) float32, rows along y: white noise, smoothed; then each by its rank, so exactly normal."""
    rng = generator(0, "patches")
    frequency = np.hypot(np.fft.fftfreq(CELLS, CELL_M)[:, None], np.fft.rfftfreq(CELLS, CELL_M)[None, :])
    smooth = np.zeros((CELLS, CELLS))
    for length_m, share in zip(_LENGTHS_M, _SHARES, strict=True):
        white = np.fft.rfft2(rng.standard_normal((CELLS, CELLS)))
        layer = np.fft.irfft2(white * np.exp(-2 * (np.pi * frequency * length_m) ** 2))
        smooth += np.sqrt(share) * layer / layer.std()
    ranks = np.empty(CELLS * CELLS, dtype=np.intp)
    ranks[np.argsort(smooth, axis=None, kind="stable")] = np.arange(CELLS * CELLS)
    levels = np.linspace(-5, 5, 4001)
    below = np.array([NormalDist().cdf(level) for level in levels])
    tile = np.interp((ranks + 0.5) / len(ranks), below, levels).astype(np.float32).reshape(CELLS, CELLS)
    tile.flags.writeable = False
    return tile
