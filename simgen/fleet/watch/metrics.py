"""A run's figures for Prometheus, through Ray: what a Ray node exports anyway, with ours among it.

Where no agent collects them they cost some microseconds an event. README.md of ``simgen.fleet`` says what an agent
needs, and lists the names; Prometheus sees them with ``ray_`` before and, of counters, ``_total`` behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ray.util.metrics import Counter, Gauge, Histogram

from simgen.fleet.watch.view import SLOT_STATES, RunView

if TYPE_CHECKING:
    from simgen.fleet.jobs import Event

FRAME_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
TICK_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
EPISODE_SECONDS = (5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)


class RunMetrics:
    """What the driver knows. dataset: name of the run's folder, a label of every figure."""

    def __init__(self, dataset: str) -> None:
        where = {"dataset": dataset}

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, ("dataset", *labels)).set_default_tags(where)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, ("dataset", *labels)).set_default_tags(where)

        def histogram(name: str, text: str, boundaries: tuple[float, ...]) -> Histogram:
            return Histogram(name, text, list(boundaries), ("dataset",)).set_default_tags(where)

        self._episodes = counter("simgen_episodes", "Episodes that ended, by outcome: recorded or failed", "outcome")
        self._frames = counter("simgen_frames", "Frames of episodes that were recorded")
        self._retries = counter("simgen_retries", "Attempts that came to nothing and are made again", "cause")
        self._recycles = counter("simgen_recycles", "Simulators that were replaced by a fresh one")
        self._slots = gauge("simgen_slots", "Simulator slots, by state", "state")
        self._episodes_left = gauge("simgen_episodes_left", "Episodes that are neither recorded nor given up")
        self._frames_per_s = gauge("simgen_frames_per_second", "Frames a second over the last minutes")
        self._left_s = gauge("simgen_seconds_left", "What the rest of the run will take; -1 while nobody knows")
        self._episode_s = histogram("simgen_episode_seconds", "How long recording an episode took", EPISODE_SECONDS)
        self._frame_s = histogram("simgen_frame_seconds", "Seconds a frame, of whole episodes", FRAME_SECONDS)

    def take(self, event: Event) -> None:
        """Something happened."""
        outcome = event.outcome
        if event.kind == "recycled":
            self._recycles.inc()
        elif event.job is None or outcome is None:
            return
        elif event.kind == "done":
            self._episodes.inc(tags={"outcome": "recorded"})
            if outcome.frames and outcome.seconds > 0:
                self._frames.inc(outcome.frames)
                self._episode_s.observe(outcome.seconds)
                self._frame_s.observe(outcome.seconds / outcome.frames)
        elif event.kind == "failed":
            self._episodes.inc(tags={"outcome": "failed"})
        elif event.kind == "retry":
            self._retries.inc(tags={"cause": outcome.cause or "content"})

    def show(self, view: RunView) -> None:
        """Where the run stands."""
        states = view.slots_by_state()
        for state in SLOT_STATES:
            self._slots.set(states[state], tags={"state": state})
        self._episodes_left.set(view.episodes_left)
        self._frames_per_s.set(view.frames_per_s)
        self._left_s.set(-1.0 if view.left_s is None else view.left_s)

    def end(self, view: RunView) -> None:
        """The run is over: nothing is recorded any more."""
        for state in SLOT_STATES:
            self._slots.set(0, tags={"state": state})
        self._episodes_left.set(view.episodes_left)
        self._frames_per_s.set(0.0)
        self._left_s.set(0.0)




class WorkerMetrics:
    """What a worker knows of its slot."""

    def __init__(self, slot: int) -> None:
        where = {"slot": str(slot)}
        self._bytes = Counter("simgen_stored_bytes", "Bytes of recorded episodes", ("slot",)).set_default_tags(where)
        self._tick_s = Histogram("simgen_tick_seconds", "How long the simulator takes for a tick, median of an episode",
                                 list(TICK_SECONDS), ("slot",)).set_default_tags(where)
        self._rss = Gauge("simgen_simulator_rss_bytes", "Memory that the slot's simulator holds",
                          ("slot",)).set_default_tags(where)

    def recorded(self, stored_bytes: int, tick_s: float, rss_bytes: int | None) -> None:
        """An episode is recorded. rss_bytes: of a simulator that the worker started."""
        if stored_bytes > 0:
            self._bytes.inc(stored_bytes)
        self._tick_s.observe(tick_s)
        if rss_bytes is not None:
            self._rss.set(rss_bytes)
