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
QUIET_SHARE = 0.2           # of the episodes, at the end, that nobody disturbs: mischief may be late


@dataclass(frozen=True, slots=True)
class Deed:
    """One piece of mischief. after: how many episodes are recorded by then. choice: 0…1, which of several victims."""

    after: int
    kind: str
    choice: float


def last_disturbed(episodes: int) -> int:
    """How many episodes are recorded when the last deed is done, if it is not late."""
    return int(episodes * (1.0 - QUIET_SHARE))


def mischief(episodes: int, seed: int, kinds: Sequence[str] = DEEDS, every: float = 2.0) -> list[Deed]:
    """What happens in a run of so many episodes, in order: each kind as often as any other, give or take one.

    every: episodes between two deeds, on average. Raises ValueError if there are too few episodes for each kind once.
    """
    count = max(len(kinds), round(episodes / every))
    last = last_disturbed(episodes)
    if last - FIRST_AFTER + 1 < len(kinds):
        raise ValueError(f"{episodes} episodes are too few for {len(kinds)} kinds of mischief")
    rng = random.Random(seed)
    order: list[str] = []
    while len(order) < count:
        order += rng.sample(kinds, len(kinds))
    # One in each part of the run: what happens at once hides what would have happened.
    moments = [FIRST_AFTER + int((last - FIRST_AFTER + 1) * (part + rng.random()) / count) for part in range(count)]
    return [Deed(after, kind, rng.random()) for after, kind in zip(moments, order, strict=False)]
