"""``simgen plan`` and ``simgen coverage``: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simgen.cli import app
from simgen.errors import RequestError
from tests.scenario.texts import HEAD

TEXT = HEAD.replace("36 km/h", "{uniform: [36 km/h, 72 km/h]}") + """
lights: {choice: [on, off]}
vary: {over: {weather.preset: [ClearNoon, HardRainNoon]}}
require: [ego.speed > 40 km/h]
twin: negative
"""


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "test.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def simgen(*arguments: str | float) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_few_episodes_are_shown_in_full(scenario: str) -> None:
    done = simgen("plan", scenario, "--seed", 3)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith("test-0000  frames 000000–000019  10 Hz")
    assert "    weather.preset: ClearNoon" in lines
    assert any(line.startswith("test-0000-twin  frames 000020–000039") for line in lines)
    assert "4 episodes (2 of them negative twins), 80 frames, about" in lines[-2]
    assert lines[-1] == f"record them with: simgen run {scenario} --out DIR --seed 3"


def test_of_many_there_is_a_summary_and_the_rejected_draws(scenario: str) -> None:
    done = simgen("plan", scenario, "--episodes", 200, "--simulators", 8, "--seconds-per-frame", 0.5)
    assert done.exit_code == 0, done.output
    told = {line.split()[0]: line for line in done.output.splitlines()}
    assert told["ego.speed"].split()[1] == "200" and told["ego.speed"].endswith("m/s")
    assert "ClearNoon 100, HardRainNoon 100" in told["weather.preset"]
    assert "with 8 simulators at 0.5 s a frame" in told["400"]
    assert "draws were thrown away" in done.output


def test_json_is_one_plan_a_line(scenario: str) -> None:
    done = simgen("plan", scenario, "--episodes", 20, "--json")
    plans = [json.loads(line) for line in done.output.splitlines()]
    assert [plan["first_frame"] for plan in plans] == list(range(0, 800, 20))
    assert [plan["twin"] for plan in plans] == [False, True] * 20
    assert {plan["ego"]["rig"] for plan in plans} == {"kitti"}


def test_values_are_said_anew_on_the_command_line(scenario: str) -> None:
    done = simgen("plan", scenario, "--set", "ego.speed=45 km/h", "--set", "capture.frames=5", "--json")
    plans = [json.loads(line) for line in done.output.splitlines()]
    assert {plan["ego"]["speed"][0]["speed_mps"] for plan in plans} == {12.5}
    assert {plan["capture"]["frames"] for plan in plans} == {5}


def test_coverage_counts_and_ends_with_1_if_cells_must_not_be_empty(scenario: str) -> None:
    done = simgen("coverage", scenario, "--by", "weather.preset,lights", "--episodes", 40, "--require-full")
    assert done.exit_code == 0, done.output
    assert "40 episodes fill 4 of 4 cells; 100.0 % of all pairs occur" in done.output
    done = simgen("coverage", scenario, "--by", "weather", "--require-full")
    assert done.exit_code == 1
    assert "2 episodes fill 2 of 6 cells; 33.3 % of all cells occur" in done.output
    assert simgen("coverage", scenario, "--by", "weather").exit_code == 0


def test_coverage_as_json_has_every_cell(scenario: str) -> None:
    told = json.loads(simgen("coverage", scenario, "--by", "light,weather", "--json").output)
    assert told["episodes"] == 2 and len(told["cells"]) == 4 * 6
    assert sum(cell["episodes"] for cell in told["cells"]) == 2


def test_a_wrong_dimension_is_one_sentence(scenario: str) -> None:
    done = simgen("coverage", scenario, "--by", "wether")
    assert isinstance(done.exception, RequestError)
    assert "did you mean 'weather'" in str(done.exception)


def test_open_bins_that_nothing_can_fall_into_do_not_make_coverage_fall_short(scenario: str) -> None:
    done = simgen("coverage", scenario, "--by", "ego.speed=40 km/h:55 km/h:72 km/h", "--episodes", 40, "--require-full")
    assert done.exit_code == 1 and "<40 km/h" in done.output       # below 40 km/h it could be, if 'require' let it
    done = simgen("coverage", scenario, "--by", "ego.speed=30 km/h:55 km/h:80 km/h", "--episodes", 40, "--require-full")
    assert done.exit_code == 0, done.output
    assert "not counted, as no episode can fall there: ego.speed <30 km/h, >=80 km/h" in done.output
    told = json.loads(simgen("coverage", scenario, "--by", "ego.speed=30 km/h:80 km/h", "--json").stdout)
    assert told["unreachable"] == {"ego.speed": ["<30 km/h", ">=80 km/h"]} and told["empty"] == 0


PAIRWISE = HEAD + """
vary:
  method: pairwise
  over: {weather.preset: [ClearNoon, HardRainNoon, ClearNight], lights: [on, off], ego.speed: [36 km/h, 54 km/h]}
"""


@pytest.mark.parametrize(("method", "size", "what"), [
    ("pairwise", 6, "every pair of values"), ("grid", 12, "every combination")])
def test_a_sweep_that_is_cut_short_is_told(tmp_path: Path, method: str, size: int, what: str) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(PAIRWISE.replace("pairwise", method), encoding="utf-8")
    sentence = f"note: test: its {method} sweep needs {size} episodes for {what}, and 5 are asked for\n"
    for command in (("plan",), ("plan", "--json"), ("coverage", "--by", "light")):
        done = simgen(*command, path, "--episodes", 5)
        assert done.exit_code == 0 and done.stderr == sentence
        assert sentence not in done.stdout
    for episodes in (size, size + 1):
        assert "note" not in simgen("plan", path, "--episodes", episodes).stderr
    assert "and 1 is asked for" in simgen("plan", path, "--episodes", 1).stderr
    assert "note" not in simgen("plan", path).stderr               # as many as the sweep needs


def test_a_file_that_asks_for_too_few_itself_is_told_by_check(tmp_path: Path) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(PAIRWISE + "episodes: 4\n", encoding="utf-8")
    assert "needs 6 episodes for every pair of values, and 4 are asked for" in simgen("check", path).stderr


def test_one_episode_of_one_frame_is_singular(tmp_path: Path) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(HEAD + "capture: {frames: 1}\n", encoding="utf-8")
    assert "1 episode, 1 frame, about" in simgen("plan", path, "--episodes", 1).stdout
    assert "1 episode fills 1 of 6 cells" in simgen("coverage", path, "--episodes", 1, "--by", "weather").stdout
    assert simgen("check", path, "--set", "episodes=1").stdout.endswith("good: test, 1 episode, 1 frame\n")
