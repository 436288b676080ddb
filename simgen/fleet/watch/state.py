"""What is known of a run while it runs: fed by events and a clock, asked for views. No files, no terminal, no threads.

Each event costs the same however long the run is, and memory grows with slots, not with episodes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from simgen.fleet.watch.rate import RateWindow, time_left_s
from simgen.fleet.watch.view import (
    READY,
    RECORDING,
    RECYCLING,
    RESTARTING,
    STARTING,
    FailureView,
    RunView,
    SlotView,
)

if TYPE_CHECKING:
    from simgen.fleet.driver import Event, Job
    from simgen.fleet.worker import Outcome

FAILURES_SHOWN = 20
_GONE = "gone"
_WORKING = (RECORDING, RESTARTING, RECYCLING)

# How many frames of a job exist, given how many did when it was asked last.
FramesOf: TypeAlias = "Callable[[Job, int], int]"


@dataclass(slots=True)
class _Slot:
    number: int
    name: str
    node: str
    since_s: float
    state: str = STARTING
    job: Job | None = None
    frame: int = 0
    episodes: int = 0
    retries: int = 0
    recycles: int = 0
    frames_per_s: float | None = None
    problem: str = ""

    @property
    def episode(self) -> str:
        return "" if self.job is None else self.job.plan.name

class RunState:
    """One run. episodes, frames: of the whole request; recorded, already: those of earlier runs.

    frames_of: counts the frames of running episodes; None where only whole episodes can be counted.
    """

    def __init__(
        self, frames: int, already: int, episodes: int, recorded: int, now_s: float, frames_of: FramesOf | None = None,
    ) -> None:
        self._frames, self._frames_before = frames, already
        self._episodes, self._episodes_before = episodes, recorded
        self._frames_of = frames_of
        self._began_s = self._looked_s = now_s
        self._finished = already                # frames of episodes that are done
        self._done, self._failed, self._frames_lost = recorded, 0, 0
        self._retries: Counter[str] = Counter()
        self._attempts: Counter[str] = Counter()        # of episodes that are not settled and had to be tried again
        self._recycles = 0
        self._slots: dict[int, _Slot] = {}
        self._gone = 0
        self._working = 0
        self._slot_s = 0.0
        self._recording_since_s: float | None = None
        self._rate = RateWindow()
        self._failures: deque[FailureView] = deque(maxlen=FAILURES_SHOWN)

    @property
    def slots(self) -> int:
        return len(self._slots)

    def attempt(self, episode: str) -> int:
        """Which attempt at the episode in this run is next or running, from 1."""
        return self._attempts[episode] + 1

    def take(self, event: Event, now_s: float) -> None:
        """Something happened. "poll" changes nothing."""
        if event.kind == "poll":
            return
        slot = self._slot_of(event, now_s)
        if slot is not None:
            self._move(slot, event, now_s)
        if event.job is not None and event.outcome is not None:
            self._settle(event.kind, event.job, event.outcome)
        if event.kind == "start" and self._recording_since_s is None:
            self._recording_since_s = now_s     # the rate's clock starts with the first episode
            self._rate.add(now_s, self._finished, self._slot_s)

    def look(self, now_s: float) -> None:
        """Count the frames of running episodes. Costs a look at a file or two for each slot."""
        if self._frames_of is not None:
            for slot in self._slots.values():
                if slot.job is not None:
                    slot.frame = self._frames_of(slot.job, slot.frame)
        self._clock(now_s)
        if self._recording_since_s is not None:
            self._rate.add(now_s, self._frames_done(), self._slot_s)

    def view(self, now_s: float) -> RunView:
        """The run as it is now, with frames as ``look`` last counted them."""
        slots = [self._slots[number] for number in sorted(self._slots)]
        running = [slot.job.plan.capture.frames - slot.frame for slot in slots if slot.job is not None]
        done = self._frames_done()
        left = self._frames - done - self._frames_lost
        waiting = self._episodes - self._done - self._failed - len(running)
        left_s = time_left_s(left, max(0, waiting), running, len(slots), self._rate.per_slot())
        return RunView(
            elapsed_s=round(now_s - self._began_s, 3),
            episodes=self._episodes, episodes_done=self._done, episodes_before=self._episodes_before,
            failed=self._failed,
            frames=self._frames, frames_done=done, frames_before=self._frames_before, frames_lost=self._frames_lost,
            frames_per_s=round(self._rate.recent(), 3), frames_per_s_overall=round(self._rate.overall(), 3),
            left_s=None if left_s is None else round(left_s, 1),
            retries=dict(self._retries), recycles=self._recycles,
            slots=tuple(_view(slot, now_s) for slot in slots), slots_gone=self._gone, failures=tuple(self._failures))

    def _slot_of(self, event: Event, now_s: float) -> _Slot | None:
        if event.slot is None:                  # of an episode's end it is enough to know the episode
            name = None if event.job is None else event.job.plan.name
            return next((slot for slot in self._slots.values() if slot.episode == name), None)
        if event.slot.number not in self._slots and event.kind in ("joined", "start"):
            self._slots[event.slot.number] = _Slot(event.slot.number, str(event.slot), "", now_s)
        return self._slots.get(event.slot.number)       # one that has left may still be heard of

    def _move(self, slot: _Slot, event: Event, now_s: float) -> None:
        outcome = event.outcome
        if event.kind == "left":
            self._turn(slot, _GONE, now_s)
            self._gone += 1
            del self._slots[slot.number]
        elif event.kind == "joined":
            self._turn(slot, STARTING, now_s)
        elif event.kind == "start":
            slot.node = event.host
            self._turn(slot, RECORDING, now_s, event.job)
        elif event.kind == "recycled":
            slot.recycles += 1
            self._recycles += 1
            self._turn(slot, RECYCLING, now_s)
        elif event.kind == "done":
            slot.episodes += 1
            if outcome is not None and outcome.seconds > 0:
                slot.frames_per_s = outcome.frames / outcome.seconds
            self._turn(slot, READY, now_s)
        elif event.kind in ("retry", "failed") and outcome is not None:
            slot.retries += event.job is not None
            slot.problem = outcome.message
            self._turn(slot, RESTARTING if outcome.cause == "simulator" else READY, now_s)

    def _settle(self, kind: str, job: Job, outcome: Outcome) -> None:
        name = job.plan.name
        if kind == "done":
            self._done += 1
            self._finished += outcome.frames
            self._frames_lost += job.plan.capture.frames - outcome.frames      # of an episode that a crash ended
        elif kind == "retry":
            self._retries[outcome.cause or "content"] += 1
            self._attempts[name] += 1
        elif kind == "failed":
            self._failed += 1
            self._frames_lost += job.plan.capture.frames
            self._failures.append(FailureView(name, outcome.cause or "content", outcome.message))
        if kind in ("done", "failed"):
            self._attempts.pop(name, None)

    def _frames_done(self) -> int:
        return self._finished + sum(slot.frame for slot in self._slots.values())

    def _turn(self, slot: _Slot, state: str, now_s: float, job: Job | None = None) -> None:
        """The slot leaves what it did, and an episode that it had."""
        self._clock(now_s)
        self._working += (state in _WORKING) - (slot.state in _WORKING)
        slot.state, slot.since_s, slot.job, slot.frame = state, now_s, job, 0

    def _clock(self, now_s: float) -> None:
        self._slot_s += (now_s - self._looked_s) * self._working
        self._looked_s = now_s


def _view(slot: _Slot, now_s: float) -> SlotView:
    rate = slot.frames_per_s
    if rate is None and slot.frame:
        rate = slot.frame / max(now_s - slot.since_s, 0.1)
    return SlotView(
        slot.number, slot.name, slot.node, slot.state, round(now_s - slot.since_s, 3),
        slot.episode, slot.frame,
        0 if slot.job is None else slot.job.plan.capture.frames,
        slot.episodes, slot.retries, slot.recycles,
        None if rate is None else round(rate, 3), slot.problem)
