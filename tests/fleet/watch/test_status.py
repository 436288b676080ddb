"""What ``simgen status`` says of datasets of every kind."""

from __future__ import annotations

import fcntl
import io
import json
import os
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import DatasetError, RequestError
from simgen.fleet.invocation import Invocation, write_invocation
from simgen.fleet.slot import Slot
from simgen.fleet.watch.disk import disk_use
from simgen.fleet.watch.failures import Attempt, note_failure
from simgen.fleet.watch.logs import driver_log, fields, utc
from simgen.fleet.watch.progress import progress
from simgen.fleet.watch.record import NAME, read_progress
from simgen.fleet.watch.report import picture, report
from simgen.fleet.watch.status import Status, status_of
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry
from tests.fleet.watch.made_up import done, job, joined, start


def dataset(root: Path, planned: int, recorded: int, frames: int = 10) -> Path:
    """As many planned episodes, the first of them recorded, with frames of 100 bytes."""
    names = [f"deer-{number:04d}" for number in range(planned)]
    root.mkdir(exist_ok=True)
    request = DatasetRequest(0, (), (), tuple(EpisodeEntry(name, "0") for name in names))
    (root / "dataset.json").write_text(request.to_text())
    for folder in ("episodes", "training/objects", "training/image_2"):
        (root / folder).mkdir(parents=True)
    for name in names[:recorded]:
        (root / "episodes" / f"{name}.json").touch()
    for number in range(recorded * frames):
        (root / "training/objects" / f"{number:06d}.json").write_bytes(b"o" * 20)
        (root / "training/image_2" / f"{number:06d}.png").write_bytes(b"p" * 80)
    return root


def lines(root: Path) -> list[str]:
    return list(report(status_of(root)))


def fail(root: Path, episode: str, message: str = "there is no crosswalk", given_up: bool = True) -> None:
    note_failure(root / "logs", episode, Attempt.ended_now("content", message, "simulator gpu1:2000", "gpu1", 3.0),
                 given_up)


def test_a_complete_dataset_says_so_and_what_to_do_with_it(tmp_path: Path) -> None:
    said = lines(dataset(tmp_path / "deer", 3, 3))
    assert said[0].startswith(f"{tmp_path}/deer: complete, 3 episodes, 30 frames, about 3.0 kB; ")
    assert said[1:] == [f"Check: simgen verify {tmp_path}/deer    Look: simgen show {tmp_path}/deer"]


def test_what_is_missing_is_named_and_how_to_go_on(tmp_path: Path) -> None:
    said = lines(dataset(tmp_path, 4, 1))
    assert "1 of 4 episodes recorded (25 %), 10 frames" in said[0]
    assert said[1] == "not recorded yet: 3 episodes (deer-0001 to deer-0003)"
    assert said[2:] == ["Continue: run the command again that began it"]


def test_of_a_run_that_was_stopped_it_is_known_why_and_by_which_command_it_goes_on(tmp_path: Path) -> None:
    dataset(tmp_path, 3, 1)
    with pytest.raises(ZeroDivisionError), progress(tmp_path, 30, 0, episodes=3):
        raise ZeroDivisionError("a defect")
    said = lines(tmp_path)
    assert said[1].startswith("the last run ended ") and said[1].endswith(" s ago: stopped: a defect")
    write_invocation(tmp_path / "logs", Invocation(("run", "--out", "my deer", "deer_crossing"), "/elsewhere"))
    assert lines(tmp_path)[-1] == "Continue: simgen run --out 'my deer' deer_crossing    (in /elsewhere)"


def test_failures_say_cause_and_place_and_the_rest_is_counted(tmp_path: Path) -> None:
    dataset(tmp_path, 40, 10)
    fail(tmp_path, "deer-0003")                 # recorded since: of no interest
    for number in range(20, 35):
        fail(tmp_path, f"deer-{number:04d}", "there is no crosswalk" if number % 5 else "the map has no road")
    fail(tmp_path, "deer-0011", "the server ended", given_up=False)
    said = lines(tmp_path)
    assert "failed: 15 episodes" in said and "failed before, to be tried again: 1 episode" in said
    assert "  deer-0020: content, 1 attempt: the map has no road" in said
    assert any(line.endswith(f"simulator gpu1:2000 on gpu1; {tmp_path}/logs/failures/deer-0020.json") for line in said)
    assert f"  … and 5 more in {tmp_path}/logs/failures" in said
    assert said[said.index("most often:") + 1] == "  12 × content: there is no crosswalk"
    assert "not recorded yet: 14 episodes (deer-0010 to deer-0039)" in said


def test_when_nothing_is_left_but_what_was_given_up_retry_is_proposed(tmp_path: Path) -> None:
    fail(dataset(tmp_path, 2, 1), "deer-0001")
    assert lines(tmp_path)[-1] == f"Try again: simgen retry {tmp_path}"


def test_a_run_that_goes_on_is_seen_by_its_record_and_by_its_lock(tmp_path: Path) -> None:
    dataset(tmp_path, 3, 1)
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert status_of(tmp_path).writing and "a run is at it; it has not said anything yet" in lines(tmp_path)
    with progress(tmp_path, 30, 10, episodes=3, recorded=1) as tell:
        tell(joined(Slot(0)))
        assert status_of(tmp_path).writing
        said = lines(tmp_path)
        assert said[1].startswith(f"a run is at it: process {os.getpid()} on ")
        assert said[2] == "  simulators are starting, 0:00 so far"
        assert said[-1].startswith("Watch: simgen status")
    assert not status_of(tmp_path).writing


@pytest.mark.parametrize(("host", "pid", "age_s", "writing"), [
    ("elsewhere", 1, 5.0, True), ("elsewhere", 1, 500.0, False),
    (None, 2**22 + 1, 5.0, False),              # no process has so high a number
    (None, None, 5.0, True),
])
def test_a_run_that_was_killed_does_not_pass_for_one_that_goes_on(
    tmp_path: Path, host: str | None, pid: int | None, age_s: float, writing: bool,
) -> None:
    with progress(dataset(tmp_path, 3, 1), 30, 10, episodes=3, recorded=1):
        pass
    value = json.loads((tmp_path / "logs" / NAME).read_text())
    value |= {"state": "running", "updated": utc(time.time() - age_s)}
    value |= {"host": host or value["host"], "pid": pid or value["pid"]}
    (tmp_path / "logs" / NAME).write_text(json.dumps(value))
    status = status_of(tmp_path)
    assert status.writing is writing
    assert any(line.startswith("the last run was killed") for line in report(status)) is not writing


def test_a_disk_that_will_not_do_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset(tmp_path, 100, 10)
    use = disk_use(tmp_path)
    assert (use.frames, use.used_bytes) == (100, 10_000)
    assert status_of(tmp_path).needs_bytes == 90 * 10 * 100
    monkeypatch.setattr("simgen.fleet.watch.disk.shutil.disk_usage", lambda _: type("U", (), {"free": 50_000})())
    assert "the rest needs about 90 kB, and only 50 kB are free" in lines(tmp_path)


def test_episodes_that_are_tars_count_by_their_size(tmp_path: Path) -> None:
    dataset(tmp_path, 4, 2, frames=0)
    (tmp_path / "shards").mkdir()
    for name in ("deer-0000", "deer-0001"):
        (tmp_path / "shards" / f"{name}.tar").write_bytes(bytes(3000))
    assert "2 of 4 episodes recorded (50 %), about 6.0 kB; " in lines(tmp_path)[0]
    assert status_of(tmp_path).needs_bytes == 6000


def test_of_a_dataset_of_tars_it_is_said_how_to_get_at_its_frames(tmp_path: Path) -> None:
    dataset(tmp_path, 1, 1, frames=0)
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "deer-0000.tar").write_bytes(bytes(3000))
    assert lines(tmp_path)[-1] == (f"Check: simgen verify {tmp_path}    "
                                   f"Loose files to look at: simgen merge {tmp_path} --out LOOSE")


def test_without_a_recorded_episode_nobody_guesses_what_the_rest_will_take(tmp_path: Path) -> None:
    assert status_of(dataset(tmp_path, 3, 0)).needs_bytes is None


def test_a_folder_that_is_no_dataset_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"holds no dataset of simgen \(there is no dataset.json\)"):
        status_of(tmp_path)
    with pytest.raises(RequestError, match="there is no such folder"):
        status_of(tmp_path / "nothing")
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(RequestError, match="is a file"):
        status_of(tmp_path / "dataset.json")
    with pytest.raises(DatasetError, match=r"dataset\.json: not a dataset request"):
        status_of(tmp_path)


def invoke(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["status", *map(str, words)])
    if isinstance(done.exception, RequestError):
        return done.exception.exit_code, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout


def test_the_command_s_exit_code_says_whether_all_is_there(tmp_path: Path) -> None:
    assert invoke(dataset(tmp_path / "whole", 2, 2))[0] == 0
    code, said = invoke(dataset(tmp_path / "half", 2, 1), "--json")
    value = json.loads(said)
    assert code == 1 and value["missing"] == ["deer-0001"] and value["complete"] is value["writing"] is False
    assert value["needs_bytes"] == 1000 and value["last_run"] is None and value["failures"] == []


def test_logs_are_shown_by_worker_and_by_episode(tmp_path: Path) -> None:
    with driver_log(dataset(tmp_path, 2, 1) / "logs") as logger:
        for name in ("deer-0001", "deer-0002"):
            logger.info("%s: begins", name, extra=fields(episode=name))
    note_failure(tmp_path / "logs", "deer-0001", Attempt.ended_now(
        "simulator", "the server ended", "simulator gpu1:2000", "gpu1", 3.0, ["Signal 11 caught."]))
    assert invoke(tmp_path, "--log", "driver")[1].count("begins") == 2
    said = invoke(tmp_path, "--log", "deer-0001")[1].splitlines()
    assert said[0].endswith("INFO deer-0001: begins")
    assert said[1:] == ["the server's last words:", "    Signal 11 caught."]
    assert "there are the logs driver in" in invoke(tmp_path, "--log", "7")[1]


def test_on_a_terminal_a_run_is_a_table(tmp_path: Path) -> None:
    with progress(dataset(tmp_path, 3, 1), 30, 10, episodes=3, recorded=1) as tell:
        tell(joined(Slot(0)))
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(picture(status_of(tmp_path), 100, 30))
        drawn = console.export_text().replace("\n", " ")
        assert f"{tmp_path}: about 1.0 kB, " in drawn and f"process {os.getpid()} on " in drawn
        assert "starting 1 simulator" in drawn and f"Watch: simgen status {tmp_path} --watch" in drawn
    console.print(picture(status_of(tmp_path), 100, 30))
    assert "1 of 3 episodes recorded" in console.export_text()


def test_a_status_of_a_running_dataset_is_whole_json(tmp_path: Path) -> None:
    with progress(dataset(tmp_path, 3, 1), 30, 10, episodes=3, recorded=1) as tell:
        for event in (joined(Slot(0)), start(job(1), Slot(0)), done(job(1), Slot(0))):
            tell(event)
    status: Status = status_of(tmp_path)
    record = read_progress(tmp_path / "logs")
    assert record is not None and json.loads(json.dumps(status.to_json()))["last_run"]["run"]["episodes_done"] == 2
