"""Chance that can be repeated: one generator for each effect, so that switching one on changes no other's numbers."""

from __future__ import annotations

import hashlib
import operator

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of one effect, such as ``generator(seed, "rain")``.

    It hangs on the seed and the names only: not on the order in which effects draw, nor on which others there are.

    Args:
        seed: 0 or above; one for each sensor and frame.

    Raises:
        ValueError: if the seed is below 0 or no whole number.
    """
    try:
        whole = operator.index(seed)
    except TypeError:
        raise ValueError(f"a seed is a whole number, got {seed!r}") from None
    if whole < 0:
        raise ValueError(f"a seed is 0 or above, got {whole}")
    text = "\0".join((str(whole), *map(str, names)))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")))
