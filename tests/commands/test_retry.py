"""That a dataset's folder is enough to try what failed once more."""

from __future__ import annotations

import fcntl
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import RequestError
from simgen.fleet.invocation import Invocation, read_invocation, write_invocation
from simgen.fleet.jobs import Event
from simgen.fleet.run import Summary
from simgen.fleet.watch.failures import Attempt, note_failure
from simgen.fleet.watch.progress import progress
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry, MergedSource

SMALL = Path(__file__).resolve().parents[1] / "data" / "small.yaml"


class Asked:
    """Stands in for ``run_request``: keeps what it was asked for."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def __call__(self, **request: Any) -> Summary:
        self.requests.append(request)
        return Summary(request["out"].where, 2, 6, 9, 0, 0.0, (), "000001", ("simgen 0.1.0",), Path("logs"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    standing_in = Asked()
    monkeypatch.setattr("simgen.fleet.run.run_request", standing_in)
    monkeypatch.setattr("simgen.cli.write_layouts", lambda *_: ())
    return standing_in


def test_a_command_is_kept_as_it_was_written_and_means_the_same_again(asked: Asked, tmp_path: Path) -> None:
    words = shlex.split(f"run --out {tmp_path}/out --episodes 3 --set 'ego.speed=30 km/h' --set lights=on --workers 2 "
                        f"--quality fast {SMALL}")
    done = CliRunner().invoke(app, [*words, "--only", "small-0001"])
    assert done.exit_code == 0, done.output
    kept = asked.requests[0]["invocation"]
    assert sorted(kept.words) == sorted(words) and kept.folder == str(Path.cwd())
    assert list(asked.requests[0]["only"]) == ["small-0001"]
    done = CliRunner().invoke(app, list(kept.words))
    first, second = ({**request, "only": (), "scenarios": [one.name for one in request["scenarios"]]}
                     for request in asked.requests)
    assert first == second


def dataset(root: Path, recorded: int = 1, merged: tuple[MergedSource, ...] = ()) -> Path:
    """Two planned episodes, and how many of them are recorded."""
    (root / "episodes").mkdir(parents=True, exist_ok=True)
    names = ["small-0000", "small-0001"]
    request = DatasetRequest(0, (), (), tuple(EpisodeEntry(name, "0") for name in names), merged=merged)
    (root / "dataset.json").write_text(request.to_text())
    for name in names[:recorded]:
        (root / "episodes" / f"{name}.json").touch()
    return root


def fail(root: Path, episode: str) -> None:
    note_failure(root / "logs", episode, Attempt.ended_now("content", "no room", "simulator", "here", 1.0), True)


def refused(*words: object) -> str:
    done = CliRunner().invoke(app, ["retry", *map(str, words)])
    assert isinstance(done.exception, RequestError) and done.exception.exit_code == 2, done.output
    return str(done.exception)


def test_retry_tries_what_failed_and_only_that(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = dataset(tmp_path / "moved" / "here")
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["run", str(SMALL), "--out", "once-here", "--seed", "4"])
    write_invocation(out / "logs", asked.requests.pop()["invocation"])
    fail(out, "small-0000")                     # recorded since
    fail(out, "small-0001")
    done = CliRunner().invoke(app, ["retry", str(out)])
    assert done.exit_code == 0, done.output
    (request,) = asked.requests
    assert request["out"].where == str(out) and request["seed"] == 4 and list(request["only"]) == ["small-0001"]
    CliRunner().invoke(app, ["retry", str(out), "--episode", "small-0000"])
    assert list(asked.requests[-1]["only"]) == ["small-0000"]


def test_where_nothing_failed_retry_says_that_nothing_was_tried_and_what_records_the_rest(tmp_path: Path) -> None:
    out = dataset(tmp_path / "out")
    write_invocation(out / "logs", Invocation(("run", "small.yaml", "--out", "once-here"), "/elsewhere"))
    done = CliRunner().invoke(app, ["retry", str(out)])
    assert done.exit_code == 0
    assert done.output == (f"{out}: nothing was tried, as no episode failed; not recorded yet: 1 episode. "
                           f"Continue: simgen run small.yaml --out {out}    (in /elsewhere)\n")


def test_of_a_complete_dataset_retry_says_that_nothing_is_missing(tmp_path: Path) -> None:
    for merged in ((), (MergedSource("monday", 0, 0, ("simgen 0.1.0",)),)):
        done = CliRunner().invoke(app, ["retry", str(dataset(tmp_path, 2, merged))])
        assert done.exit_code == 0 and done.output == f"{tmp_path}: nothing failed and nothing is missing, 2 episodes\n"


def test_while_a_run_is_at_it_retry_says_so(tmp_path: Path) -> None:
    fail(dataset(tmp_path), "small-0001")
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert f"{tmp_path}: a run is at it; it has not said anything yet; wait until it has ended" in refused(tmp_path)
    with progress(tmp_path, 30, 10, episodes=2, recorded=1) as tell:
        tell(Event("poll"))
        assert f"{tmp_path}: a run is at it: process " in refused(tmp_path, "--episode", "small-0001")


def test_what_is_no_dataset_is_refused_as_status_does(tmp_path: Path) -> None:
    assert "there is no such folder; name the one that 'simgen run --out'" in refused(tmp_path / "nowhere")
    assert "holds no dataset of simgen (there is no dataset.json)" in refused(tmp_path)


def test_a_merged_dataset_sends_to_those_that_it_was_merged_from(tmp_path: Path) -> None:
    sources = (MergedSource("monday", 0, 0, ("simgen 0.1.0",)), MergedSource("tuesday", 0, 6, ("simgen 0.1.0",)))
    said = refused(dataset(tmp_path, merged=sources))
    assert "was merged from monday, tuesday" in said and "simgen merge" in said and "simgen run" not in said


def test_a_folder_that_does_not_say_how_it_was_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    assert "do not say which command made it" in refused(dataset(tmp_path))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.json").write_text(json.dumps({"words": "run"}))
    assert "not a command of simgen" in refused(tmp_path)


def test_an_invocation_survives_its_file(tmp_path: Path) -> None:
    said = Invocation(("run", "a b.yaml", "--out", "x"), "/somewhere")
    write_invocation(tmp_path / "logs", said)
    assert read_invocation(tmp_path / "logs") == said and read_invocation(tmp_path) is None
    assert said.with_out("y").words == ("run", "a b.yaml", "--out", "y")
