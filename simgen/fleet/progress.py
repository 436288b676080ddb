"""What a person sees while episodes are recorded: a live bar on a terminal, plain lines elsewhere.

Frames are counted on disk (``LAST_WRITTEN`` tells), so nothing has to be reported while an episode
runs. Everything goes to standard error; results go to standard output.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Task as RichTask
from rich.text import Text

from simgen.fleet.driver import Event, Job
from simgen.kitti.layout import frame_id, frame_path
from simgen.wording import counted

PLAIN_LINE_EVERY_S = 10.0
LAST_WRITTEN = "objects"      # a frame is complete when this file of it exists


def human_time(seconds: float) -> str:
    """``75.2`` becomes ``1:15``, ``3700`` becomes ``1:01:40``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class FrameCount:
    """How many frames of a run exist, and how fast they come."""

    def __init__(self, root: Path, total: int, already: int) -> None:
        self._root = root
        self._running: dict[str, tuple[Job, int]] = {}
        self._finished = already
        self.total, self.already = total, already
        self._began: float | None = None

    def begin(self, job: Job) -> None:
        self._began = self._began or time.monotonic()
        self._running[job.plan.name] = (job, 0)

    def end(self, job: Job, frames: int) -> None:
        self._running.pop(job.plan.name, None)
        self._finished += frames

    def _file(self, number: int, testing: bool) -> Path:
        return self._root / frame_path(LAST_WRITTEN, frame_id(number), testing)

    def now(self) -> int:
        for name, (job, written) in self._running.items():
            frames = job.plan.capture.frames
            while written < frames and self._file(job.first_frame + written, job.testing).exists():
                written += 1
            self._running[name] = (job, written)
        return self._finished + sum(written for _, written in self._running.values())

    def rate(self, now: int) -> float:
        """Frames a second since the first episode of this run began; 0 before the first frame."""
        if self._began is None:
            return 0.0
        return (now - self.already) / max(time.monotonic() - self._began, 1e-3)

    def left_s(self, now: int) -> float | None:
        rate = self.rate(now)
        return (self.total - now) / rate if rate > 0 else None


class _RateColumn(ProgressColumn):
    def __init__(self, count: FrameCount) -> None:
        super().__init__()
        self._count = count

    def render(self, task: RichTask) -> Text:
        now = int(task.completed)
        left = self._count.left_s(now)
        return Text(f"{self._count.rate(now):.2f} frames/s, {'?' if left is None else human_time(left)} left")


def _sentence(event: Event) -> str | None:
    job, outcome = event.job, event.outcome
    if event.kind == "poll" or job is None:
        return None
    name, frames = job.plan.name, job.plan.capture.frames
    if event.kind == "start":
        return f"{name}: recording frames {job.first_frame:06d} to {job.first_frame + frames - 1:06d}"
    assert outcome is not None
    if event.kind == "done":
        return (f"{name}: {counted(outcome.frames, 'frame')}, {counted(outcome.labels, 'label')} in "
                f"{outcome.seconds:.0f} s")
    if event.kind == "retry":
        return f"{name}: {outcome.message}; trying again"
    return f"{name}: failed: {outcome.message}"


@contextmanager
def progress(root: Path, total: int, already: int) -> Iterator[Callable[[Event], None]]:
    """A function that takes events and shows them, for as long as the block lasts.

    root: the dataset. total: frames of all plans. already: frames that exist from an earlier run.
    """
    count = FrameCount(root, total, already)
    console = Console(stderr=True)

    def book(event: Event) -> None:
        if event.job is not None and event.kind == "start":
            count.begin(event.job)
        elif event.job is not None:
            count.end(event.job, event.outcome.frames if event.kind == "done" and event.outcome else 0)

    if console.is_terminal:
        columns = (
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("frames"), TimeElapsedColumn(), _RateColumn(count),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("starting simulators", total=total, completed=already)

            def show(event: Event) -> None:
                book(event)
                sentence = _sentence(event)
                if sentence is not None:
                    bar.console.print(sentence, highlight=False, markup=False)
                    bar.update(task, description="recording")
                bar.update(task, completed=count.now())

            yield show
        return

    last_line_s = time.monotonic()

    def tell(event: Event) -> None:
        nonlocal last_line_s
        book(event)
        sentence = _sentence(event)
        if sentence is not None:
            sys.stderr.write(sentence + "\n")
        elif time.monotonic() - last_line_s >= PLAIN_LINE_EVERY_S:
            now = count.now()
            left = count.left_s(now)
            sys.stderr.write(
                f"{now} of {counted(total, 'frame')}, {count.rate(now):.2f} frames/s, "
                f"{'time left unknown' if left is None else human_time(left) + ' left'}\n"
            )
        else:
            return
        sys.stderr.flush()
        last_line_s = time.monotonic()

    yield tell
