"""A run at one moment, as it is shown in the table, in a job log, in ``progress.json`` and by ``simgen status``.

    RunState ──► RunView ──► table, lines
                    │
                    └──► progress.json ──► RunView ──► simgen status

All times are seconds; rates are frames a second that stay in the dataset (an attempt that is lost gives none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

STARTING, READY, RECORDING = "starting", "ready", "recording"
RESTARTING, RECYCLING = "restarting", "recycling"
SLOT_STATES = (STARTING, READY, RECORDING, RESTARTING, RECYCLING)


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot. state: one of ``SLOT_STATES``, since ``since_s`` seconds.

    episode: that it records, frame ``frame`` of ``frames``; empty if none. episodes: that it has recorded in this run.
    retries: attempts that came to nothing here. frames_per_s: while recording, None before that is known.
    problem: the last thing that went wrong here.
    """

    number: int
    name: str
    node: str
    state: str
    since_s: float
    episode: str
    frame: int
    frames: int
    episodes: int
    retries: int
    recycles: int
    frames_per_s: float | None
    problem: str


@dataclass(frozen=True, slots=True)
class FailureView:
    """An episode that is given up, and why."""

    episode: str
    cause: str
    message: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as far as it has come.

    episodes, frames: of the whole request; those done include what earlier runs recorded (``episodes_before``).
    frames_per_s: over the last minutes; frames_per_s_overall: since the first episode of this run began.
    left_s: what the rest will take, None while nobody can know. failed: episodes given up in this run, with
    ``frames_lost`` frames that will not come. retries: attempts that came to nothing, by cause.
    failures: the last of those given up. slots_gone: slots that were given up or taken away.
    """

    elapsed_s: float
    episodes: int
    episodes_done: int
    episodes_before: int
    failed: int
    frames: int
    frames_done: int
    frames_before: int
    frames_lost: int
    frames_per_s: float
    frames_per_s_overall: float
    left_s: float | None
    retries: Mapping[str, int]
    recycles: int
    slots: tuple[SlotView, ...]
    slots_gone: int
    failures: tuple[FailureView, ...]

    @property
    def episodes_left(self) -> int:
        """Neither recorded nor given up."""
        return self.episodes - self.episodes_done - self.failed

    @property
    def running(self) -> int:
        return sum(slot.state == RECORDING for slot in self.slots)

    @property
    def begun(self) -> bool:
        """Has the first episode of this run begun?"""
        return self.episodes_done > self.episodes_before or any(
            slot.state == RECORDING or slot.episodes or slot.retries for slot in self.slots)

    def slots_by_state(self) -> Counter[str]:
        return Counter(slot.state for slot in self.slots)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RunView:
        """The inverse of ``to_json``. Raises KeyError or TypeError for anything else."""
        return cls(**{
            **value,
            "slots": tuple(SlotView(**slot) for slot in value["slots"]),
            "failures": tuple(FailureView(**failure) for failure in value["failures"]),
        })
