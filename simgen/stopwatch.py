"""Where the time of an episode goes: by phase, thread and stage, in wall-clock and in CPU seconds.

A ``Stopwatch`` is handed to whoever has stages to time; ``UNTIMED`` is handed over where nobody asked, and costs a
method call a stage. What comes of it is a ``Profile``, which can be added to others and stored as JSON.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

OPENING, WARMUP, FRAMES, CLOSING = "opening", "warm-up", "frames", "closing"
PHASES = (OPENING, WARMUP, FRAMES, CLOSING)


@dataclass(frozen=True, slots=True)
class Spent:
    """Time in a stage, without that in stages inside it. calls: how often it was entered."""

    calls: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


@dataclass(frozen=True, slots=True)
class PhaseSpent:
    """A phase as a whole. cpu_s: of our process, all threads. simulator_cpu_s: of the simulator's, None if unknown."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    simulator_cpu_s: float | None = 0.0

    def __add__(self, other: PhaseSpent) -> PhaseSpent:
        known = None not in (self.simulator_cpu_s, other.simulator_cpu_s)
        return PhaseSpent(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s,
                          (self.simulator_cpu_s or 0.0) + (other.simulator_cpu_s or 0.0) if known else None)


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the time of some episodes went. stages: (phase, thread, stage) → time. phases: phase → time."""

    episodes: int = 0
    frames: int = 0
    stages: Mapping[tuple[str, str, str], Spent] = field(default_factory=dict)
    phases: Mapping[str, PhaseSpent] = field(default_factory=dict)

    def __add__(self, other: Profile) -> Profile:
        stages, phases = dict(self.stages), dict(self.phases)
        for key, spent in other.stages.items():
            stages[key] = stages[key] + spent if key in stages else spent
        for phase, whole in other.phases.items():
            phases[phase] = phases[phase] + whole if phase in phases else whole
        return Profile(self.episodes + other.episodes, self.frames + other.frames, stages, phases)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for a file that people and programs look at."""
        return {
            "episodes": self.episodes,
            "frames": self.frames,
            "phases": {phase: asdict(whole) for phase, whole in self.phases.items()},
            "stages": [{"phase": phase, "thread": thread, "stage": stage, **asdict(spent)}
                       for (phase, thread, stage), spent in self.stages.items()],
        }


class Untimed:
    """Times nothing."""

    def stage(self, name: str) -> AbstractContextManager[object]:
        """A stage of the thread that enters it; stages may lie in one another."""
        return nullcontext()

    def begin(self, phase: str) -> None:
        """The episode's next phase; told by the thread that plays it."""

    def profile(self, frames: int) -> Profile | None:
        """What was spent up to now on an episode of so many frames; None if nothing was timed."""
        return None


UNTIMED = Untimed()


class Stopwatch(Untimed):
    """Times one episode.

    What threads other than the playing one do belongs to the frames, whenever they do it.
    """

    def __init__(self, simulator_cpu_s: Callable[[], float | None] = lambda: None) -> None:
        """simulator_cpu_s: CPU seconds that the simulator's processes have used up to now, None if unknown."""
        self._simulator_cpu_s = simulator_cpu_s
        self._player = threading.get_ident()
        self._stages: dict[tuple[str, str, str], Spent] = {}
        self._phases: dict[str, PhaseSpent] = {}
        self._adding = threading.Lock()
        self._laps = threading.local()
        self._phase = OPENING
        self._began = self._now()

    def stage(self, name: str) -> AbstractContextManager[object]:
        return _Lap(self, name)

    def begin(self, phase: str) -> None:
        if phase not in PHASES:
            raise ValueError(f"there is no phase {phase}; the phases are {', '.join(PHASES)}")
        now = self._now()
        self._phases[self._phase] = self._phases.get(self._phase, PhaseSpent()) + _between(self._began, now)
        self._phase, self._began = phase, now

    def profile(self, frames: int) -> Profile:
        self.begin(self._phase)
        with self._adding:
            return Profile(1, frames, dict(self._stages), dict(self._phases))

    def _now(self) -> PhaseSpent:
        return PhaseSpent(time.perf_counter(), time.process_time(), self._simulator_cpu_s())

    def _enter(self, lap: _Lap) -> None:
        lap.outer = getattr(self._laps, "innermost", None)
        self._laps.innermost = lap

    def _leave(self, lap: _Lap, wall_s: float, cpu_s: float) -> None:
        self._laps.innermost = lap.outer
        if lap.outer is not None:
            lap.outer.inside_wall_s += wall_s
            lap.outer.inside_cpu_s += cpu_s
        playing = threading.get_ident() == self._player
        thread = "play" if playing else threading.current_thread().name.partition("_")[0]
        key = (self._phase if playing else FRAMES, thread, lap.name)
        spent = Spent(1, wall_s - lap.inside_wall_s, cpu_s - lap.inside_cpu_s)
        with self._adding:
            self._stages[key] = self._stages.get(key, Spent()) + spent


class _Lap:
    """A stage that is being timed, once."""

    __slots__ = ("_cpu_s", "_wall_s", "_watch", "inside_cpu_s", "inside_wall_s", "name", "outer")

    def __init__(self, watch: Stopwatch, name: str) -> None:
        self._watch, self.name = watch, name
        self.inside_wall_s = self.inside_cpu_s = 0.0
        self.outer: _Lap | None = None

    def __enter__(self) -> None:
        self._watch._enter(self)
        self._cpu_s, self._wall_s = time.thread_time(), time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch._leave(self, time.perf_counter() - self._wall_s, time.thread_time() - self._cpu_s)


def _between(before: PhaseSpent, now: PhaseSpent) -> PhaseSpent:
    simulator = (None if before.simulator_cpu_s is None or now.simulator_cpu_s is None
                 else now.simulator_cpu_s - before.simulator_cpu_s)
    return PhaseSpent(now.wall_s - before.wall_s, now.cpu_s - before.cpu_s, simulator)
