"""The command line's contract: exit codes, and one clear sentence for whatever a person can get wrong."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simgen import __version__
from simgen.cli import app
from simgen.errors import RequestError
from simgen.scenario.library import scenario_files
from tests.whole.product import ROOT, SMALL, simgen

SHIPPED = scenario_files(ROOT / "scenarios")
BROKEN = ROOT / "tests" / "scenario" / "broken"


def test_it_says_which_simgen_it_is() -> None:
    done = simgen("--version")
    assert (done.returncode, done.stdout) == (0, f"simgen {__version__}\n")


def test_help_begins_with_what_people_want_to_do() -> None:
    done = simgen("--help")
    assert done.returncode == 0
    first = done.stdout.index("simgen run deer_in_blizzard --out out/deer")
    assert first < done.stdout.index("--debug")
    for command in ("run", "list", "check", "plan", "coverage", "preview", "gallery", "schema", "openscenario",
                    "verify", "show", "view", "map", "serve", "export"):
        assert simgen(command, "--help").returncode == 0


@pytest.mark.parametrize("arguments", [["run"], ["bogus"], ["run", "x.yaml", "--out", "o", "--bogus"],
                                       ["plan", SMALL, "--episodes", "0"], ["run", SMALL, "--out", "o", "--seed", "x"]])
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    done = simgen(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_check_says_good_for_every_shipped_scenario() -> None:
    done = simgen("check", ROOT / "scenarios")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": good: ") == len(SHIPPED) >= 40


def test_check_prints_a_located_sentence_for_each_broken_file_and_no_traceback() -> None:
    files = sorted(BROKEN.glob("*.yaml"))
    assert len(files) >= 25
    done = simgen("check", *files)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for file in files:
        assert f"{file}:" in done.stderr, file.name


@pytest.mark.parametrize("words", [["run", SMALL, "--out", ""], ["run", SMALL, "--out="], ["merge", "a", "--out", ""],
                                   ["doctor", "--out", ""], ["show", "a", "--out", ""], ["schema", "--out", ""]])
def test_an_empty_out_is_not_the_current_folder(words: list[str]) -> None:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(done.exception, RequestError) and done.exception.exit_code == 2
    assert str(done.exception).startswith("--out '': it names nothing")


def test_a_scenario_that_is_not_there_is_one_sentence() -> None:
    done = simgen("run", "nowhere.yaml", "--out", "o")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nowhere.yaml" in done.stderr


def test_plan_prints_the_same_episodes_as_json_and_for_people() -> None:
    told = simgen("plan", SMALL, "--episodes", 3, "--seed", 5, "--json").stdout
    plans = [json.loads(line) for line in told.splitlines()]
    assert [plan["name"] for plan in plans] == ["small-0000", "small-0001", "small-0002"]
    assert [plan["first_frame"] for plan in plans] == [0, 3, 6]
    assert {plan["seed"] for plan in plans} == {5}
    text = simgen("plan", SMALL, "--episodes", 3, "--seed", 5).stdout
    assert "3 episodes, 9 frames" in text


def test_a_server_that_does_not_answer_is_exit_code_3_and_nothing_is_written(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{taken.getsockname()[1]}"
        done = simgen("run", SMALL, "--out", tmp_path / "out", "--simulator", endpoint)
    assert done.returncode == 3
    assert f"--simulator {endpoint}: nothing answers there" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("simulator", ["gpu1", "gpu1:port", "remote"])
def test_a_simulator_that_cannot_be_read_is_exit_code_2(simulator: str, tmp_path: Path) -> None:
    done = simgen("run", SMALL, "--out", tmp_path / "out", "--simulator", simulator)
    assert done.returncode == 2
    assert "expected local, HOST:PORT" in done.stderr


def test_a_folder_with_somebody_else_s_files_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("chapter 1")
    done = simgen("run", SMALL, "--out", tmp_path)
    assert done.returncode == 2
    assert "holds no dataset of simgen" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_commands_that_look_at_a_dataset_refuse_a_folder_that_is_no_dataset(tmp_path: Path) -> None:
    for arguments in (("verify", tmp_path), ("verify", tmp_path / "nowhere"), ("show", tmp_path, "000000"),
                      ("view", tmp_path), ("map", tmp_path, "deer-0000", "--save", tmp_path / "map.png")):
        done = simgen(*arguments)
        assert done.returncode in (1, 2), arguments
        assert "Traceback" not in done.stderr


def test_serve_refuses_a_map_that_is_not_there_and_names_those_that_are() -> None:
    done = simgen("serve", "--port", 0, "--map", "Town99")
    assert done.returncode == 2
    assert "SimgenTown01" in done.stderr and "Traceback" not in done.stderr
