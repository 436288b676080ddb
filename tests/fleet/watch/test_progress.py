"""What is shown and kept while a run goes on, and how it says that it ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import DatasetError, Interrupted, SimulatorError
from simgen.fleet.driver import Event
from simgen.fleet.slot import Slot
from simgen.fleet.watch import progress as watching
from simgen.fleet.watch.lines import LogLines, is_told, sentence, standing
from simgen.fleet.watch.logs import read_log
from simgen.fleet.watch.progress import progress
from simgen.fleet.watch.record import NAME, ProgressRecord, read_progress
from simgen.fleet.watch.state import RunState
from tests.fleet.watch.made_up import done, failed, job, joined, left, lost, recycled, start

A, B = Slot(0), Slot(1)
POLL = Event("poll")


def watched(folder: Path, events: list[Event], error: BaseException | None = None, episodes: int = 3) -> ProgressRecord:
    try:
        with progress(folder, 10 * episodes, 0, episodes=episodes) as tell:
            for event in events:
                tell(event)
            if error is not None:
                raise error
    except type(error or None):                 # type: ignore[misc]
        pass
    record = read_progress(folder / "logs")
    assert record is not None
    return record


def whole(episodes: int = 3) -> list[Event]:
    jobs = [job(number) for number in range(episodes)]
    return [joined(A), *(event for one in jobs for event in (start(one, A), done(one, A)))]


def test_a_run_that_ends_well_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = watched(tmp_path, whole())
    assert (record.state, record.reason, record.pid) == ("complete", "", os.getpid())
    assert record.run.episodes_done == 3 and record.run.left_s == 0.0 and record.age_s() < 60
    err = capsys.readouterr().err.splitlines()
    assert err[:2] == ["deer-0000: recording frames 000000 to 000009", "deer-0000: 10 frames, 30 labels in 5 s"]
    assert len(err) == 6


@pytest.mark.parametrize(("error", "state", "reason"), [
    (None, "incomplete", ""),
    (Interrupted(), "interrupted", "somebody asked for it"),
    (SimulatorError("no simulator is left"), "stopped", "no simulator is left"),
    (ZeroDivisionError(), "stopped", "ZeroDivisionError"),
])
def test_whatever_ends_a_run_stands_in_its_record(
    tmp_path: Path, error: BaseException | None, state: str, reason: str,
) -> None:
    record = watched(tmp_path, [start(job(0), A), done(job(0), A), start(job(1), A), failed(job(1), A)], error)
    assert (record.state, record.reason) == (state, reason)
    assert record.run.failed == 1 and record.run.episodes_left == 1
    last = list(read_log(tmp_path / "logs", "driver"))[-1]
    assert last["event"] == "end" and last["state"] == state and last["frames"] == 10


def test_the_driver_s_log_has_a_line_for_all_that_happened(tmp_path: Path) -> None:
    watched(tmp_path, [joined(A), start(job(0), A), POLL, lost(job(0), A), recycled(A), start(job(0), A),
                       done(job(0), A), left(A)])
    lines = list(read_log(tmp_path / "logs", "driver"))
    assert [line["event"] for line in lines] == ["joined", "start", "retry", "recycled", "start", "done", "left", "end"]
    assert [line.get("attempt") for line in lines] == [None, 1, 1, None, 2, 2, None, None]
    assert lines[2]["cause"] == "simulator" and lines[2]["level"] == "WARNING" and lines[2]["slot"] == 0
    assert lines[3]["recycle"] == "it has served 50 episodes" and lines[5]["frames"] == 10


def test_while_a_run_goes_on_its_record_is_rewritten_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = 0.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: now_s)
    seen: list[tuple[str, int]] = []
    with progress(tmp_path, 30, 0, episodes=3) as tell:
        for number in range(12):
            now_s = float(number)
            tell(start(job(number), A) if number == 0 else POLL)
            record = read_progress(tmp_path / "logs")
            assert record is not None
            seen.append((record.state, round(record.run.elapsed_s)))
    assert sorted(set(seen)) == [("running", 0), ("running", 3), ("running", 6), ("running", 9)]


def test_a_log_tells_where_a_long_run_stands_and_what_goes_wrong_but_never_floods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    """An hour of nine thousand episodes of which every third has to be tried again."""
    now_s = 0.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: now_s)
    with progress(tmp_path, 90_000, 0, episodes=9000) as tell:
        for number in range(9000):
            now_s = number * 0.4
            tell(start(job(number), A))
            if number % 3 == 0:
                tell(lost(job(number), A))
                tell(start(job(number), A))
            tell(failed(job(number), A) if number == 8000 else done(job(number), A))
            tell(POLL)
    err = capsys.readouterr().err.splitlines()
    about = [line for line in err if " of 9000 episodes" in line]
    assert 60 <= len(about) <= 200 and len(err) <= 10 * len(about)
    assert not any("recording frames" in line or "labels in" in line for line in err)
    assert sum("failed: there is no crosswalk" in line for line in err) == 1
    assert any("(not told one by one: " in line and "retries)" in line for line in about)


def test_a_full_disk_is_told_once_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(watching, "write_progress", full)
    monkeypatch.setattr(watching, "RECORD_EVERY_S", 0.0)
    with progress(tmp_path, 30, 0, episodes=3) as tell:
        for event in whole():
            tell(event)
    assert caplog.text.count("No space left on device") == 1


def test_sentences_for_people() -> None:
    assert [sentence(event) for event in (
        start(job(100_000), A), done(job(0), A, 61.4), lost(job(0), A), failed(job(0), A), recycled(A), joined(A),
        left(A), POLL)] == [
        "deer-100000: recording frames 1000000 to 1000009", "deer-0000: 10 frames, 30 labels in 61 s",
        "deer-0000: the simulator ended with status 139; trying again",
        "deer-0000: failed: there is no crosswalk on this map",
        "built-in simulator 0: begins afresh: it has served 50 episodes", "built-in simulator 0: joins",
        "built-in simulator 0: gone: failed 5 times in a row", None]


def test_a_line_says_where_a_run_stands() -> None:
    run = RunState(40, 10, 4, 1, 0.0, lambda job, known: 5)
    for slot in (A, B):
        run.take(joined(slot), 0.0)
    lines = LogLines(0.0)
    assert not lines.is_due(9.9) and lines.is_due(10.0)
    assert lines.standing(run.view(10.0), 10.0) == "simulators are starting, 0:10 so far"
    run.take(start(job(1), A), 10.0)
    run.take(start(job(2), B), 10.0)
    run.look(20.0)
    assert standing(run.view(20.0)) == (
        "1 of 4 episodes, 20 of 40 frames, 1.00 frames/s, 0:20 left, 2 of 2 slots recording")
    run.take(lost(job(1), A), 21.0)
    run.take(recycled(A), 21.0)
    assert standing(run.view(21.0)).endswith("1 of 2 slots recording, 1 retry (1 simulator), 1 fresh simulator")


def test_with_a_table_beside_it_nobody_needs_a_line_for_each_start() -> None:
    begins = start(job(0), A)
    assert is_told(begins, 20, True, live=False) and not is_told(begins, 20, True, live=True)
    assert not is_told(begins, 2000, True, live=False) and not is_told(done(job(0), A), 2000, True, live=True)
    assert not is_told(joined(A), 20, False, live=False) and is_told(joined(A), 20, True, live=False)
    assert is_told(lost(job(0), A), 2000, True, live=True) and not is_told(POLL, 20, True, live=False)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format_version": 2}', '{"format_version": 1, "run": {}}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(DatasetError, match=r"progress\.json: "):
        read_progress(tmp_path)


def test_the_record_is_plain_json_with_units_in_its_names(tmp_path: Path) -> None:
    watched(tmp_path, whole())
    value = json.loads((tmp_path / "logs" / NAME).read_text())
    assert value["format_version"] == 1 and value["run"]["slots"][0]["name"] == "built-in simulator 0"
    assert {"elapsed_s", "left_s", "frames_per_s", "retries", "episodes"} <= set(value["run"])
