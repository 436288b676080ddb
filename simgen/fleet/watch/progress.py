"""What is seen and written while episodes are recorded: a live table on a terminal, lines elsewhere; ``progress.json``
and ``driver.jsonl`` always.

Everything goes to standard error; results go to standard output. All of it happens when the driver tells something, in
the driver's thread.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live

from simgen.errors import Interrupted
from simgen.fleet.watch.frames import FramesOnDisk
from simgen.fleet.watch.lines import LogLines, is_told, sentence
from simgen.fleet.watch.logs import driver_log, fields, utc
from simgen.fleet.watch.metrics import RunMetrics
from simgen.fleet.watch.record import (
    COMPLETE,
    INCOMPLETE,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    ProgressRecord,
    write_progress,
)
from simgen.fleet.watch.state import FramesOf, RunState
from simgen.fleet.watch.table import table
from simgen.fleet.watch.view import RunView

if TYPE_CHECKING:
    from simgen.fleet.driver import Event

log = logging.getLogger(__name__)

TABLE_EVERY_S = 1.0             # painting 64 slots takes 11 ms of a core
RECORD_EVERY_S = 3.0
MANY_SLOTS = 200                # with more, progress.json is written a third as often


class Screen(Protocol):
    """Somewhere to show a run to a person."""

    live: bool                  # does it show which episode is recorded where?

    def say(self, event: Event, now_s: float) -> None:
        """Something happened that deserves a sentence."""

    def is_due(self, now_s: float) -> bool:
        """Is it time to show where the run stands?"""

    def show(self, view: RunView, now_s: float) -> None:
        """Where it stands."""


class LogScreen:
    """Lines, for logs and pipes."""

    live = False

    def __init__(self, console: Console, now_s: float) -> None:
        self._console = console
        self._lines = LogLines(now_s)
        self.is_due = self._lines.is_due

    def say(self, event: Event, now_s: float) -> None:
        self._write(self._lines.event(event, now_s))

    def show(self, view: RunView, now_s: float) -> None:
        self._write(self._lines.standing(view, now_s))

    def _write(self, line: str | None) -> None:
        if line is not None:
            self._console.file.write(line + "\n")
            self._console.file.flush()


class TableScreen:
    """A table that is painted over, for terminals; what happens scrolls by above it."""

    live = True

    def __init__(self, live: Live) -> None:
        self._live = live
        self._shown_s = float("-inf")

    def say(self, event: Event, now_s: float) -> None:
        text = sentence(event)
        if text is not None:
            self._live.console.print(text, highlight=False, markup=False)

    def is_due(self, now_s: float) -> bool:
        return now_s - self._shown_s >= TABLE_EVERY_S

    def show(self, view: RunView, now_s: float) -> None:
        self._shown_s = now_s
        self._live.update(table(view, *self._live.console.size), refresh=True)


class _Watch:
    """Passes on what the driver tells to everything that shows or keeps it."""

    def __init__(
        self, state: RunState, screen: Screen, events: logging.Logger, metrics: RunMetrics, log_dir: Path,
        episodes: int,
    ) -> None:
        self._state, self._screen, self._events, self._metrics = state, screen, events, metrics
        self._log_dir, self._episodes = log_dir, episodes
        self._host, self._began = platform.node(), utc(time.time())
        self._recorded_s = float("-inf")
        if screen.live:
            screen.show(state.view(time.monotonic()), time.monotonic())
        self._recording = False
        self._full = False

    def tell(self, event: Event) -> None:
        now_s = time.monotonic()
        if event.kind != "poll":
            self._note(event)
            self._state.take(event, now_s)
            self._metrics.take(event)
            if is_told(event, self._episodes, self._recording, self._screen.live):
                self._screen.say(event, now_s)
            self._recording = self._recording or event.kind == "start"
        every_s = RECORD_EVERY_S * (3 if self._state.slots > MANY_SLOTS else 1)
        record_due = now_s - self._recorded_s >= every_s
        if record_due or self._screen.is_due(now_s):
            self._state.look(now_s)
            view = self._state.view(now_s)
            if self._screen.is_due(now_s):
                self._screen.show(view, now_s)
            if record_due:
                self._recorded_s = now_s
                self._metrics.show(view)
                self._write(RUNNING, "", view)

    def end(self, state: str, reason: str = "") -> None:
        """The run is over. state: how, see ``record``; "" for what its episodes say."""
        now_s = time.monotonic()
        self._state.look(now_s)
        view = self._state.view(now_s)
        self._metrics.end(view)
        if self._screen.live:                   # what remains to be seen of it: no slot is at work any more
            self._screen.show(replace(view, slots=()) if view.begun else view, now_s)
        said = state or (COMPLETE if view.episodes_left <= 0 and not view.failed else INCOMPLETE)
        self._events.info("the run is over: %s", reason or said, extra=fields(
            event="end", state=said, seconds=round(view.elapsed_s, 1), frames=view.frames_done))
        self._write(said, reason, view)

    def _note(self, event: Event) -> None:
        known: dict[str, object] = {"event": event.kind}
        if event.slot is not None:
            known |= {"slot": event.slot.number, "simulator": str(event.slot)}
        if event.job is not None:
            known |= {"episode": event.job.plan.name, "attempt": self._state.attempt(event.job.plan.name)}
        outcome = event.outcome
        if outcome is not None:
            known |= {key: value for key, value in (
                ("cause", outcome.cause), ("frames", outcome.frames), ("labels", outcome.labels),
                ("seconds", round(outcome.seconds, 2)), ("recycle", outcome.recycle)) if value}
        level = {"retry": logging.WARNING, "left": logging.WARNING, "failed": logging.ERROR}.get(
            event.kind, logging.INFO)
        self._events.log(level, "%s", sentence(event) or event.kind, extra=fields(**known))

    def _write(self, state: str, reason: str, view: RunView) -> None:
        record = ProgressRecord(state, reason, self._host, os.getpid(), self._began, utc(time.time()), view)
        try:
            write_progress(self._log_dir, record)
        except OSError as error:                # a full disk: episodes fail by it and say so; watching must not
            if not self._full:
                log.warning("%s: cannot be written: %s", self._log_dir, error.strerror or error)
            self._full = True
        else:
            self._full = False


@contextmanager
def progress(
    root: Path, total: int, already: int, *, episodes: int = 0, recorded: int = 0, log_dir: Path | None = None,
    frames_of: FramesOf | None = None, whole_episodes: bool = False,
) -> Iterator[Callable[[Event], None]]:
    """A function that takes events and shows them, for as long as the block lasts.

    root: the dataset. total, episodes: frames and episodes of all plans. already, recorded: those that exist from an
    earlier run. log_dir: ``root/logs`` if None.
    frames_of: counts the frames of a running episode; by default by the files under ``root``. whole_episodes: they
    cannot be counted, because workers hand in whole episodes.
    """
    now_s = time.monotonic()
    counting = None if whole_episodes else frames_of or FramesOnDisk(root)
    state = RunState(total, already, episodes, recorded, now_s, counting)
    folder = log_dir or root / "logs"
    with (
        driver_log(folder) as events, _screen(now_s) as screen,
        _ended_well(_Watch(state, screen, events, RunMetrics(root.resolve().name), folder, episodes)) as tell,
    ):
        yield tell


@contextmanager
def _screen(now_s: float) -> Iterator[Screen]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield LogScreen(console, now_s)
        return
    with Live(console=console, auto_refresh=False, redirect_stdout=False) as live, _warnings_above_the_table():
        yield TableScreen(live)


@contextmanager
def _warnings_above_the_table() -> Iterator[None]:
    """``Live`` has put something in the place of standard error that knows of the table; warnings shall go there."""
    moved = [(handler, handler.setStream(sys.stderr)) for handler in logging.getLogger().handlers
             if type(handler) is logging.StreamHandler]
    try:
        yield
    finally:
        for handler, stream in moved:
            if stream is not None:
                handler.setStream(stream)


@contextmanager
def _ended_well(watch: _Watch) -> Iterator[Callable[[Event], None]]:
    """Write down how the run ended, however it did."""
    try:
        yield watch.tell
    except Interrupted:
        watch.end(INTERRUPTED, "somebody asked for it")
        raise
    except BaseException as error:
        watch.end(STOPPED, str(error) or type(error).__name__)
        raise
    watch.end("")
