"""That a dataset's folder is enough to try what failed once more."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from simgen.cli import app
from simgen.fleet.invocation import Invocation, read_invocation, write_invocation
from simgen.fleet.run import Summary
from simgen.fleet.watch.failures import Attempt, note_failure

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


def test_retry_tries_what_failed_and_only_that(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "moved" / "here"
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["run", str(SMALL), "--out", "once-here", "--seed", "4"])
    write_invocation(out / "logs", asked.requests.pop()["invocation"])
    nothing = CliRunner().invoke(app, ["retry", str(out)])
    assert nothing.exit_code == 0 and asked.requests == []
    assert f"no episode failed; what is missing is recorded with: simgen run --out {out} --seed 4" in nothing.output
    note_failure(out / "logs", "small-0001", Attempt.ended_now("content", "no room", "simulator", "here", 1.0), True)
    done = CliRunner().invoke(app, ["retry", str(out)])
    assert done.exit_code == 0, done.output
    (request,) = asked.requests
    assert request["out"].where == str(out) and request["seed"] == 4 and list(request["only"]) == ["small-0001"]
    CliRunner().invoke(app, ["retry", str(out), "--episode", "small-0000"])
    assert list(asked.requests[-1]["only"]) == ["small-0000"]


def test_a_folder_that_does_not_say_how_it_was_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["retry", str(tmp_path)])
    assert refused.exit_code != 0 and "do not say which command made it" in str(refused.exception)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "run.json").write_text(json.dumps({"words": "run"}))
    assert "not a command of simgen" in str(CliRunner().invoke(app, ["retry", str(tmp_path)]).exception)


def test_an_invocation_survives_its_file(tmp_path: Path) -> None:
    said = Invocation(("run", "a b.yaml", "--out", "x"), "/somewhere")
    write_invocation(tmp_path / "logs", said)
    assert read_invocation(tmp_path / "logs") == said and read_invocation(tmp_path) is None
    assert said.with_out("y").words == ("run", "a b.yaml", "--out", "y")
