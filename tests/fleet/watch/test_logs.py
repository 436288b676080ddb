"""Logs that machines and people read."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgen.fleet.watch import logs
from simgen.fleet.watch.logs import WorkerLog, driver_log, fields, human, log_names, read_log

log = logging.getLogger("simgen.somewhere")


@pytest.fixture(autouse=True)
def _own_root() -> Iterator[None]:
    """A worker's log takes the root logger over, as it has its process for itself."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers.clear()
    yield
    for handler in list(root.handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_once_and_stops_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "driver.jsonl").symlink_to("/dev/full")
    with driver_log(tmp_path) as logger:
        for _ in range(3):
            logger.info("nobody will read this")
    assert capfd.readouterr().err == (
        f"{tmp_path / 'driver.jsonl'}: cannot be written: No space left on device; lines may be missing\n")


def test_a_line_says_who_where_when_and_about_what(tmp_path: Path) -> None:
    worker = WorkerLog(tmp_path, 3)
    log.info("ready")
    worker.about("deer-0007")
    log.warning("%s: %d frames", "deer-0007", 100, extra=fields(event="recorded", seconds=61.25))
    first, second = read_log(tmp_path, "worker-3")
    assert first["slot"] == 3 and "episode" not in first and first["message"] == "ready"
    assert second | {"time": "", "host": "", "pid": 0} == {
        "time": "", "level": "WARNING", "host": "", "pid": 0, "slot": 3, "episode": "deer-0007", "event": "recorded",
        "seconds": 61.25, "logger": "simgen.somewhere", "message": "deer-0007: 100 frames"}
    assert set(first) >= {"time", "level", "host", "pid", "logger", "message"} and first["time"].endswith("Z")


def test_a_traceback_is_one_line_of_the_file_and_many_for_people(tmp_path: Path) -> None:
    WorkerLog(tmp_path, 0)
    try:
        raise ValueError("a defect\nof ours")
    except ValueError:
        log.exception("failed")
    assert len((tmp_path / "worker-0.jsonl").read_text().splitlines()) == 1
    (line,) = read_log(tmp_path, "worker-0")
    assert "slot 0 ERROR failed\n    Traceback" in human(line) and human(line).endswith("of ours")


def test_a_log_is_set_aside_when_it_has_grown_and_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LOG_BYTES", 5000)
    with driver_log(tmp_path) as logger:
        for number in range(200):
            logger.info("line %d", number)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * 5000
    numbers = [int(line["message"].split()[1]) for line in read_log(tmp_path, "driver")]
    assert numbers == list(range(200 - len(numbers), 200)) and len(numbers) > 50


def test_the_driver_s_file_gets_what_its_terminal_is_spared(tmp_path: Path) -> None:
    shown = io.StringIO()
    logging.basicConfig(level=logging.WARNING, stream=shown, format="%(message)s", force=True)
    with driver_log(tmp_path):
        log.info("a detail")
        log.warning("a trouble")
    log.info("after the run")
    assert shown.getvalue() == "a trouble\n"
    assert [line["message"] for line in read_log(tmp_path, "driver")] == ["a detail", "a trouble"]


def test_a_line_that_a_crash_cut_off_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "worker-0.jsonl").write_text('{"message": "whole"}\n{"message": "cut o\n[1]\n')
    assert [human(line) for line in read_log(tmp_path, "worker-0")] == ["whole", '{"message": "cut o', "[1]"]


def test_logs_are_named_in_the_order_people_expect(tmp_path: Path) -> None:
    for name in ("worker-10.jsonl", "worker-2.jsonl", "driver.jsonl", "simulator-2.log", "worker-2.jsonl.1"):
        (tmp_path / name).touch()
    assert log_names(tmp_path) == ["driver", "worker-2", "worker-10"]
    assert log_names(tmp_path / "nothing") == [] and list(read_log(tmp_path, "worker-7")) == []


def test_for_people_a_line_is_a_sentence_with_the_rest_behind_it() -> None:
    line = {"time": "2026-03-01T09:30:05.123Z", "level": "INFO", "host": "gpu4", "pid": 1, "slot": 3, "episode": "d-0",
            "event": "recorded", "seconds": 61.2, "logger": "x", "message": "d-0: 100 frames"}
    assert human(line) == "2026-03-01 09:30:05 gpu4 slot 3 INFO d-0: 100 frames  [seconds=61.2]"
