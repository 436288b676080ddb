"""What is kept of attempts that came to nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.errors import DatasetError
from simgen.fleet.watch import failures
from simgen.fleet.watch.failures import (
    ATTEMPTS_KEPT,
    LINE_CHARACTERS,
    TAIL_LINES,
    Attempt,
    FailureRecord,
    note_failure,
    overcome,
    read_failure,
    read_failures,
    release,
)


def attempt(message: str = "the server ended with status 139", tail: tuple[str, ...] = ()) -> Attempt:
    return Attempt.ended_now("simulator", message, "built-in simulator 2", "gpu4", 61.5, tail)


def test_an_attempt_says_what_when_and_where(tmp_path: Path) -> None:
    note_failure(tmp_path, "deer-0003", attempt(tail=("Signal 11 caught.", "Segmentation fault")))
    value = json.loads((tmp_path / "failures" / "deer-0003.json").read_text())
    assert value["episode"] == "deer-0003" and value["quarantined"] is False and value["format_version"] == 1
    (one,) = value["attempts"]
    assert one["slot"] == "built-in simulator 2" and one["host"] == "gpu4" and one["seconds"] == 61.5
    assert one["log_tail"] == ["Signal 11 caught.", "Segmentation fault"]
    assert one["began"] < one["ended"] and one["ended"].endswith("Z")


def test_attempts_add_up_over_runs_and_the_last_says_whether_it_is_given_up(tmp_path: Path) -> None:
    for number in range(3):
        note_failure(tmp_path, "deer-0003", attempt(f"attempt {number}"), quarantined=number == 2)
    record = read_failures(tmp_path)["deer-0003"]
    assert [one.message for one in record.attempts] == ["attempt 0", "attempt 1", "attempt 2"]
    assert record.quarantined and record.last.message == "attempt 2"
    assert FailureRecord.from_text(record.to_text()) == record


def test_a_record_stays_small_however_often_and_at_whatever_length_things_fail(tmp_path: Path) -> None:
    for number in range(ATTEMPTS_KEPT + 5):
        note_failure(tmp_path, "deer-0003", attempt(f"attempt {number} " + "x" * 10_000, ("y" * 10_000,) * 1000))
    record = read_failure(tmp_path, "deer-0003")
    assert record is not None and len(record.attempts) == ATTEMPTS_KEPT and record.left_out == 5
    assert record.attempts[0].message.startswith("attempt 0 ")
    assert record.last.message.startswith(f"attempt {ATTEMPTS_KEPT + 4} ")
    assert len(record.last.log_tail) == TAIL_LINES and len(record.last.log_tail[0]) == LINE_CHARACTERS


def test_of_an_episode_that_is_recorded_after_all_one_line_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "OVERCOME_BYTES", 100)
    for name in ("deer-0001", "deer-0002"):
        note_failure(tmp_path, name, attempt(tail=tuple("abc")))
        overcome(tmp_path, name)
    overcome(tmp_path, "deer-0009")             # never failed
    assert read_failures(tmp_path) == {}
    (line,) = (tmp_path / "failures" / "overcome.jsonl").read_text().splitlines()
    assert json.loads(line)["episode"] == "deer-0002" and json.loads(line)["attempts"][0]["log_tail"] == list("abc")
    assert "deer-0001" in (tmp_path / "failures" / "overcome.jsonl.1").read_text()


def test_an_episode_leaves_quarantine_with_its_history(tmp_path: Path) -> None:
    note_failure(tmp_path, "deer-0003", attempt("first"), quarantined=True)
    assert release(tmp_path, "deer-0003") and not release(tmp_path, "deer-0003") and not release(tmp_path, "deer-0004")
    record = note_failure(tmp_path, "deer-0003", attempt("second"))
    assert [one.message for one in record.attempts] == ["first", "second"] and not record.quarantined


def test_a_damaged_record_is_named_and_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "failures").mkdir()
    for name, text in (("deer-0001", "{broken"), ("deer-0002", '{"format_version": 9}'), ("deer-0003", "[]")):
        (tmp_path / "failures" / f"{name}.json").write_text(text)
        with pytest.raises(DatasetError, match=f"{name}.json: not a failure record|{name}.json: it is of another"):
            read_failure(tmp_path, name)
    assert read_failures(tmp_path) == {} and caplog.text.count("deer-000") == 3
    assert len(note_failure(tmp_path, "deer-0001", attempt()).attempts) == 1
    overcome(tmp_path, "deer-0002")
    assert not (tmp_path / "failures" / "deer-0002.json").exists()


def test_a_dataset_without_logs_has_no_failures(tmp_path: Path) -> None:
    assert read_failures(tmp_path / "logs") == {} and read_failure(tmp_path / "logs", "deer-0000") is None
