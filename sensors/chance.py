"""Chance that can be repeated: one generator for each effect, so that switching one on changes no other's numbers."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one effect, such as ``generator(seed, "rain")``.

    It hangs on the seed and the names only: not on the order in which effects draw, nor on which others there are.

    Args:
        seed: 0 or above; one for each sensor and frame.
    """
    if seed < 0:
        raise ValueError(f"a seed is 0 or above, got {seed}")
    text = "\0".join((str(seed), *map(str, names)))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")))
