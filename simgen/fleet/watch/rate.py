"""How fast a run is, and when it will end. Pure, and of constant size however long the run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

WINDOW_S = 300.0
BUCKET_S = 5.0


class RateWindow:
    """Frames against time, over the last ``WINDOW_S`` seconds and since the beginning.

    Time is counted twice: on the clock, and in slot-seconds, the time that slots worked. Frames a slot-second hardly
    change while slots join and leave, so they say what the slots of tomorrow will do.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int, float]] = deque(maxlen=round(WINDOW_S / BUCKET_S) + 1)
        self._first: tuple[float, int, float] | None = None
        self._last: tuple[float, int, float] = (0.0, 0, 0.0)

    def add(self, now_s: float, frames: int, slot_s: float) -> None:
        """So many frames exist now, and slots have worked for so long."""
        self._last = (now_s, frames, slot_s)
        if self._first is None:
            self._first = self._last
        if not self._samples or now_s - self._samples[-1][0] >= BUCKET_S:
            self._samples.append(self._last)

    def overall(self) -> float:
        """Frames a second since the first sample; 0 before the first frame."""
        return 0.0 if self._first is None else _ratio(self._first, self._last, 0)

    def recent(self) -> float:
        """Frames a second over the window."""
        return _ratio(self._samples[0], self._last, 0) if self._samples else 0.0

    def per_slot(self) -> float:
        """Frames a slot-second over the window; over the whole run if the window saw none."""
        if self._first is None:
            return 0.0
        return _ratio(self._samples[0], self._last, 2) or _ratio(self._first, self._last, 2)


def _ratio(since: tuple[float, int, float], until: tuple[float, int, float], clock: int) -> float:
    elapsed_s = until[clock] - since[clock]
    return max(0, until[1] - since[1]) / elapsed_s if elapsed_s > 0.5 else 0.0


def time_left_s(frames_left: int, waiting: int, running: Iterable[int], slots: int, per_slot: float) -> float | None:
    """Seconds until the last frame, or None while nobody can know.

    frames_left: of all episodes that are still to end. waiting: episodes that nobody records yet. running: frames that
    each running episode still lacks. slots: that work or soon will. per_slot: frames a slot-second.

    No more slots work than there are episodes, and an episode is not shared between slots: the end of a run is as long
    as its longest episode.
    """
    lacking = tuple(running)
    if frames_left <= 0:
        return 0.0
    lanes = min(max(slots, len(lacking)), waiting + len(lacking))
    if per_slot <= 0.0 or lanes == 0:
        return None
    return max(frames_left / lanes, *lacking, 0) / per_slot
