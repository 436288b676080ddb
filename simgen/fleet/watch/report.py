"""``simgen status`` in words: a status in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from simgen.fleet.watch.failures import FailureRecord, failure_path
from simgen.fleet.watch.lines import standing
from simgen.fleet.watch.record import RUNNING, ProgressRecord
from simgen.fleet.watch.status import Status
from simgen.fleet.watch.table import table
from simgen.wording import counted, human_bytes, human_time, short

FAILURES_SHOWN = 10
CAUSES_SHOWN = 5
MESSAGE_CHARACTERS = 160


def headline(status: Status) -> str:
    """What is there, in one line."""
    planned, disk = counted(status.episodes, "episode"), status.disk
    if status.complete:
        done = f"complete, {planned}"
    else:
        share = 100 * status.recorded / status.episodes
        done = f"{status.recorded} of {planned} recorded ({share:.{0 if status.episodes < 1000 else 1}f} %)"
    if disk is not None:
        frames = f", {counted(disk.frames, 'frame')}" if disk.frames else ""
        size = f", about {human_bytes(disk.used_bytes)}" if disk.used_bytes else ""
        done += f"{frames}{size}; {human_bytes(disk.free_bytes)} free"
    return f"{status.dataset}: {done}"


def room(status: Status) -> str | None:
    """A sentence about the disk where it will be too small; None where it will do, or nobody can know."""
    needs = status.needs_bytes
    if needs is None or status.disk is None or needs <= status.disk.free_bytes:
        return None
    return f"the rest needs about {human_bytes(needs)}, and only {human_bytes(status.disk.free_bytes)} are free"


def present_run(status: Status) -> Iterator[str]:
    """What the present or the last run says of itself."""
    last = status.last_run
    if last is None:
        if status.writing:
            yield "a run is at it; it has not said anything yet"
        return
    age = _ago(last.age_s())
    if status.writing and last.state == RUNNING:
        yield _at_it(last)
        yield f"  {standing(last.run)}"
    elif status.writing:
        yield "a run is at it; it has not said anything yet"
    elif last.state == RUNNING:
        yield f"the last run was killed: process {last.pid} on {last.host}, last heard {age}"
    elif not status.complete:
        yield f"the last run ended {age}: {last.state}" + (f": {short(last.reason, 300)}" if last.reason else "")


def _at_it(run: ProgressRecord) -> str:
    return f"a run is at it: process {run.pid} on {run.host}, heard {_ago(run.age_s())}"


def _ago(age_s: float) -> str:
    return f"{max(0.0, age_s):.0f} s ago" if age_s < 100 else f"{human_time(age_s)} ago"


def trouble(status: Status) -> Iterator[str]:
    """What failed, and where more is said."""
    gone = status.given_up
    if gone:
        yield f"failed: {counted(len(gone), 'episode')}"
        yield from _failures(status, gone)
    others = [record for record in status.failures if not record.quarantined]
    if others:
        yield f"failed before, to be tried again: {counted(len(others), 'episode')}"
        yield from _failures(status, others)
    if len(status.failures) > FAILURES_SHOWN:
        yield "most often:"
        for said, number in status.causes().most_common(CAUSES_SHOWN):
            yield f"  {number} × {short(said, MESSAGE_CHARACTERS)}"


def _failures(status: Status, records: Sequence[FailureRecord]) -> Iterator[str]:
    for record in records[:FAILURES_SHOWN]:
        last = record.last
        tries = len(record.attempts) + record.left_out
        yield (f"  {record.episode}: {last.cause}, {counted(tries, 'attempt')}: "
               f"{short(last.message, MESSAGE_CHARACTERS)}")
        when = last.ended.replace("T", " ").split(".")[0]
        where = f"{last.slot} on {last.host}" if last.host else last.slot
        yield f"      {when} UTC, {where}; {failure_path(status.logs, record.episode)}"
    if len(records) > FAILURES_SHOWN:
        yield f"  … and {len(records) - FAILURES_SHOWN} more in {status.logs}/failures"


def missing(status: Status) -> str | None:
    """Which episodes are neither recorded nor known to have failed."""
    known = {record.episode for record in status.failures}
    names = [name for name in status.missing if name not in known]
    if not names:
        return None
    which = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"not recorded yet: {counted(len(names), 'episode')} ({which})"


def what_next(status: Status) -> str:
    """The last line: what to do now."""
    if status.writing:
        return f"Watch: simgen status {status.dataset} --watch    Logs: simgen status {status.dataset} --log driver"
    if status.complete:
        if status.disk is None:
            return f"Get it: simgen merge {status.dataset} --out DIR"
        if not status.disk.frames:              # all in tars, which 'simgen show' does not open
            return (f"Check: simgen verify {status.dataset}    Loose files to look at: simgen merge {status.dataset} "
                    "--out LOOSE")
        return f"Check: simgen verify {status.dataset}    Look: simgen show {status.dataset}"
    if status.given_up and len(status.given_up) == len(status.missing):
        return f"Try again: simgen retry {status.dataset}"
    if status.command is None:
        return "Continue: run the command again that began it"
    return f"Continue: {status.command.typed()}"


def report(status: Status) -> Iterator[str]:
    """Everything, in lines."""
    yield headline(status)
    yield from present_run(status)
    yield from trouble(status)
    for line in (missing(status), room(status)):
        if line is not None:
            yield line
    yield what_next(status)


def picture(status: Status, width: int, height: int) -> RenderableType:
    """Everything, for a terminal of this size: with the table of slots, if a run is at it, which knows better what is
    recorded than a look at the disk a while ago."""
    if status.last_run is None or not (status.writing and status.last_run.state == RUNNING):
        return Text("\n".join(report(status)))
    disk = status.disk
    size = f"about {human_bytes(disk.used_bytes)}, " if disk and disk.used_bytes else ""
    room_left = f"{size}{human_bytes(disk.free_bytes)} free; " if disk else ""
    above = [f"{status.dataset}: {room_left}{_at_it(status.last_run)}"]
    short_of_room = room(status)
    below = [*trouble(status), *([] if short_of_room is None else [short_of_room]), what_next(status)]
    middle = table(status.last_run.run, width, height - len(above) - len(below) - 2)
    return Group(*map(Text, above), Text(), middle, Text(), *map(Text, below))
