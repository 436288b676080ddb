"""What goes wrong, and when: drawn once from a seed, so that a run can be had again.

When is counted in recorded episodes, not in seconds: a slow machine sees the same mischief as a fast one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

# What can happen to a run. Those in the second line happen inside a simulator (``faulty_server``).
OUTSIDE = ("worker", "simulator", "node", "driver", "stop", "second", "disk")
INSIDE = ("hang", "die", "drop", "zero-box", "slow")
DEEDS = OUTSIDE + INSIDE
FIRST_AFTER = 1             # the run has begun
QUIET_AT_END = 2            # episodes that nobody disturbs: what they find must be whole already


@dataclass(frozen=True, slots=True)
class Deed:
    """One piece of mischief. after: how many episodes are recorded by then. choice: 0…1, which of several victims."""

    after: int
    kind: str
    choice: float


def mischief(episodes: int, seed: int, kinds: Sequence[str] = DEEDS, every: float = 2.0) -> list[Deed]:
    """What happens in a run of so many episodes, in order: each kind as often as any other, give or take one.

    every: episodes between two deeds, on average. Raises ValueError if there are too few episodes for each kind once.
    """
    count = max(len(kinds), round(episodes / every))
    last = episodes - QUIET_AT_END
    if last - FIRST_AFTER + 1 < len(kinds):
        raise ValueError(f"{episodes} episodes are too few for {len(kinds)} kinds of mischief")
    rng = random.Random(seed)
    order: list[str] = []
    while len(order) < count:
        order += rng.sample(kinds, len(kinds))
    moments = sorted(rng.randint(FIRST_AFTER, last) for _ in range(count))
    return [Deed(after, kind, rng.random()) for after, kind in zip(moments, order, strict=False)]
