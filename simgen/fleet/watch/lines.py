"""A run in sentences: what happens, one sentence an event, and where it stands, one line now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgen.fleet.watch.view import RunView
from simgen.kitti.layout import frame_id
from simgen.wording import counted, human_time, short

if TYPE_CHECKING:
    from simgen.fleet.driver import Event

TOLD_ONE_BY_ONE = 100           # episodes; of a run with more, only what goes wrong is told
EVENTS_BETWEEN_LINES = 8        # sentences about events between two lines of progress; the rest is counted
LINE_EVERY_S = (10.0, 60.0)     # at first, and in a run of hours
MESSAGE_CHARACTERS = 300

_NOUNS = {"retry": ("retry", "retries"), "failed": ("failure", ""), "recycled": ("fresh simulator", ""),
          "joined": ("slot that joined", "slots that joined"), "left": ("slot that left", "slots that left")}


def sentence(event: Event) -> str | None:
    """What happened, for a person; None if there is nothing to tell."""
    job, outcome, slot = event.job, event.outcome, event.slot
    message = "" if outcome is None else short(outcome.message, MESSAGE_CHARACTERS)
    if event.kind == "start" and job is not None:
        last = job.first_frame + job.plan.capture.frames - 1
        return f"{job.plan.name}: recording frames {frame_id(job.first_frame)} to {frame_id(last)}"
    if job is not None and outcome is not None:
        if event.kind == "done":
            return (f"{job.plan.name}: {counted(outcome.frames, 'frame')}, {counted(outcome.labels, 'label')} in "
                    f"{outcome.seconds:.0f} s")
        if event.kind == "retry":
            return f"{job.plan.name}: {message}; trying again"
        if event.kind == "failed":
            return f"{job.plan.name}: failed: {message}"
    if event.kind == "retry" and slot is not None:
        return f"{slot}: {message}; trying again"
    if event.kind == "recycled" and slot is not None:
        reason = message if outcome is None else outcome.recycle or message
        return f"{slot}: begins afresh" + (f": {reason}" if reason else "")
    if event.kind == "joined" and slot is not None:
        return f"{slot}: joins"
    if event.kind == "left" and slot is not None:
        return f"{slot}: gone" + (f": {message}" if message else "")
    return None


def standing(view: RunView) -> str:
    """Where a run stands, in one line."""
    if not view.begun:
        return ", ".join([f"simulators are starting, {human_time(view.elapsed_s)} so far", *troubles(view)])
    parts = [f"{view.frames_done} of {counted(view.frames, 'frame')}"]
    if view.episodes > 1:
        parts.insert(0, f"{view.episodes_done} of {counted(view.episodes, 'episode')}")
    parts += [rate(view), left(view)]
    if len(view.slots) > 1:
        parts.append(f"{view.running} of {counted(len(view.slots), 'slot')} recording")
    return ", ".join([*parts, *troubles(view)])


def rate(view: RunView) -> str:
    return f"{view.frames_per_s:.2f} frames/s" if view.frames_per_s < 10 else f"{view.frames_per_s:.1f} frames/s"


def left(view: RunView) -> str:
    return "time left unknown" if view.left_s is None else f"{human_time(view.left_s)} left"


def troubles(view: RunView) -> list[str]:
    """What went wrong so far, in a few words each; empty if nothing did."""
    parts = []
    if view.retries:
        parts.append(f"{counted(sum(view.retries.values()), 'retry', 'retries')} ({causes(view.retries)})")
    if view.recycles:
        parts.append(f"{counted(view.recycles, 'fresh simulator')}")
    if view.failed:
        parts.append(f"{view.failed} failed")
    if view.slots_gone:
        parts.append(f"{counted(view.slots_gone, 'slot')} gone")
    return parts


def causes(by_cause: Mapping[str, int]) -> str:
    """ "12 simulator, 2 content" """
    return ", ".join(f"{number} {cause}" for cause, number in sorted(by_cause.items(), key=lambda one: (-one[1], one)))


def is_told(event: Event, episodes: int, recording: bool, live: bool) -> bool:
    """Does an event deserve a sentence of its own?

    episodes: of the run. recording: has any episode begun? Before, slots just start. live: does a table show which
    episode is recorded where?
    """
    if event.kind == "start":
        return not live and episodes <= TOLD_ONE_BY_ONE
    if event.kind == "done":
        return episodes <= TOLD_ONE_BY_ONE
    return recording if event.kind == "joined" else event.kind != "poll"


class LogLines:
    """What of a run goes into a log that somebody reads tomorrow: what goes wrong at once, the rest now and then, and
    in a run of hours less often. However much goes wrong, the log stays short: where there is more to tell than
    ``EVENTS_BETWEEN_LINES``, the rest is counted."""

    def __init__(self, now_s: float) -> None:
        self._began_s = self._line_s = now_s
        self._told = 0
        self._untold: Counter[str] = Counter()

    def event(self, event: Event, now_s: float) -> str | None:
        """The sentence to write about an event that is worth one."""
        text = sentence(event)
        if text is None:
            return None
        if self._told >= EVENTS_BETWEEN_LINES and event.kind in _NOUNS and event.kind != "failed":
            self._untold[event.kind] += 1
            return None
        self._told += event.kind in _NOUNS
        if event.kind not in _NOUNS:
            self._line_s = now_s                # it says already that things go on
        return text

    def is_due(self, now_s: float) -> bool:
        """Is it time for a line about where the run stands?"""
        shortest_s, longest_s = LINE_EVERY_S
        return now_s - self._line_s >= min(max(shortest_s, (now_s - self._began_s) / 60), longest_s)

    def standing(self, view: RunView, now_s: float) -> str:
        """That line."""
        untold = ", ".join(counted(number, *_NOUNS[kind]) for kind, number in sorted(self._untold.items()))
        self._line_s, self._told = now_s, 0
        self._untold.clear()
        return standing(view) + (f" (not told one by one: {untold})" if untold else "")
