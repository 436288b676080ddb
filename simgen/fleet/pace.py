"""How long an episode may take: generously at first, by what was measured once something was.

Work is counted in ticks: frames, and the steps of the warm-up before them. Episodes of one scenario are alike.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

SAMPLES = 63                 # latest episodes of a kind that count
ENOUGH = 5                   # episodes before a median is believed


@dataclass(frozen=True, slots=True)
class Limits:
    """When an attempt counts as hanging, and when as a straggler. All in seconds.

    base_s, tick_s: the generous limit of an attempt is base_s + tick_s for each tick; measured ones never exceed it.
    floor_s, times: a measured limit is ``times`` the usual duration, and never below floor_s.
    straggler_floor_s, straggler_times: likewise, for attempts that others wait for.
    """

    base_s: float = 300.0
    tick_s: float = 20.0
    floor_s: float = 180.0
    times: float = 10.0
    straggler_floor_s: float = 60.0
    straggler_times: float = 4.0


class Pace:
    """Seconds a tick, as measured in this run: of like episodes, else of all."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._of_kind: dict[int, deque[float]] = {}
        self._of_all: deque[float] = deque(maxlen=SAMPLES)

    def note(self, kind: int, ticks: int, seconds: float) -> None:
        """An episode of this kind took so long."""
        rate = seconds / max(ticks, 1)
        self._of_kind.setdefault(kind, deque(maxlen=SAMPLES)).append(rate)
        self._of_all.append(rate)

    def expected_s(self, kind: int, ticks: int) -> float | None:
        """The usual duration of such an episode, or None as long as too few are known."""
        like = self._of_kind.get(kind, ())
        rates = like if len(like) >= ENOUGH else self._of_all
        return median(rates) * ticks if len(rates) >= ENOUGH else None

    def limit_s(self, kind: int, ticks: int) -> float:
        """An attempt that takes longer hangs."""
        limits = self._limits
        generous_s, expected_s = limits.base_s + limits.tick_s * ticks, self.expected_s(kind, ticks)
        if expected_s is None:
            return generous_s
        return min(generous_s, max(limits.floor_s, limits.times * expected_s))

    def straggler_s(self, kind: int, ticks: int) -> float | None:
        """An attempt that takes longer is better tried elsewhere; None as long as nothing is known."""
        expected_s = self.expected_s(kind, ticks)
        if expected_s is None:
            return None
        return max(self._limits.straggler_floor_s, self._limits.straggler_times * expected_s)
