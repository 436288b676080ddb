"""Smooth values where none are known, from those around them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fill_unknown(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A grid (H, W) with its NaN filled by push and pull (Gortler et al., The Lumigraph, 1996, section 3.4).

    Known values stay as they are. At least one value must be known.
    """
    known = np.isfinite(values)
    if not known.any():
        raise ValueError("nothing is known to fill from")
    return _pull(np.where(known, values, 0.0), known.astype(np.float64))


def _pull(value: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """``value`` where ``weight`` is 1, the coarser level's answer where it is 0."""
    h, w = value.shape
    if np.all(weight >= 1.0) or (h == 1 and w == 1):
        return value
    even = ((0, h % 2), (0, w % 2))
    v, u = np.pad(value * weight, even), np.pad(weight, even)
    quarter = ((0, 0), (0, 1), (1, 0), (1, 1))
    total = sum(u[i::2, j::2] for i, j in quarter)
    mean = sum(v[i::2, j::2] for i, j in quarter) / np.maximum(total, 1e-12)
    coarse = _pull(np.asarray(mean), np.asarray(np.minimum(total, 1.0)))
    fine = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_LINEAR)[:h, :w]
    return np.asarray(weight * value + (1.0 - weight) * fine)
