"""Chance that is the same every time: a generator for each purpose, all from one text."""

from __future__ import annotations

import hashlib

import numpy as np


class Chance:
    """Independent random generators: each purpose has its own, seeded by a text and the purpose's name."""

    def __init__(self, text: str) -> None:
        self._digest = hashlib.sha256(text.encode()).digest()

    def __call__(self, purpose: str) -> np.random.Generator:
        seed = hashlib.sha256(self._digest + purpose.encode()).digest()
        return np.random.default_rng(np.frombuffer(seed, np.uint32))


# What trees, groves and grass grow by: the same ones in all places.
PROTOTYPES = Chance("prototypes")
