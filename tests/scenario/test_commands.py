"""The commands about the language itself: ``list``, ``schema``, ``check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simgen.cli import app
from simgen.errors import RequestError
from simgen.scenario.library import library
from simgen.scenario.schema import json_schema

SMALL = "name: small\nroad: {kind: rural}\nego: {speed: 50 km/h}\n"
CAR = "actors:\n  - {role: car, vehicle: car, place: {ahead: 60 m, lane: ego}, do: {drive: {speed: 9}}}\n"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_list_names_every_scenario_of_the_library_and_what_it_is_about() -> None:
    lines = run("list").splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(library())
    assert all(len(line.strip()) > 20 for line in lines if line.startswith(" "))


def test_list_can_be_searched() -> None:
    assert any(line.startswith("weather/rain_at_night") for line in run("list", "rain", "night").splitlines())
    assert not any(line.startswith("animals/deer_crossing ") for line in run("list", "rain", "night").splitlines())
    assert run("list", "no such thing").startswith("no scenario has 'no such thing' in name, tags or description")


def test_schema_goes_to_a_file_or_to_the_screen(tmp_path: Path) -> None:
    assert json.loads(run("schema")) == json_schema()
    run("schema", "--out", str(tmp_path / "scenario.json"))
    assert json.loads((tmp_path / "scenario.json").read_text(encoding="utf-8")) == json_schema()
    with pytest.raises(RequestError, match="cannot be written"):
        run("schema", "--out", str(tmp_path / "nowhere" / "scenario.json"))


def test_a_scenario_that_is_named_twice_is_read_once() -> None:
    assert run("check", "deer_crossing", "animals").count("good: deer_crossing,") == 1


def test_check_takes_a_name_of_the_library_and_overrides() -> None:
    assert "good: deer_crossing" in run("check", "deer_crossing", "--set", "ego.speed=30 km/h")
    with pytest.raises(RequestError, match=r"--set ego\.speed: expected a speed such as '50 km/h', got 'fast'"):
        run("check", "deer_crossing", "--set", "ego.speed=fast")


def test_check_knows_what_the_rigs_lidar_reports() -> None:
    dual = ("--set", "sensing.returns=dual")
    with pytest.raises(RequestError, match=r"deer_crossing\.yaml: sensing\.returns: Velodyne HDL-64E S2 of rig kitti"):
        run("check", "deer_crossing", *dual)
    assert "good: deer_crossing" in run("check", "deer_crossing", *dual, "--set", "ego.rig=nuscenes")


def test_check_notes_old_words(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL + CAR, encoding="utf-8")
    output = run("check", str(path))
    assert f"note: {path}:5:69: actors.car.do.drive: 'drive' is an old word; write 'follow_road'" in output
    assert "good: small" in output


def test_check_notes_patterns_of_class_maps_that_match_nothing_it_knows(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(f"{SMALL}output: {{classes: {{map: {{mose: Moose, vehicle.*: Car}}}}}}\n", encoding="utf-8")
    (note,) = [line for line in run("check", str(path)).splitlines() if line.startswith("note: ")]
    assert note == (f"note: {path}:4:9: output.classes: the pattern 'mose' matches no blueprint and no species that "
                    "simgen knows (did you mean 'moose'?)")
    output = run("check", "deer_crossing", "moose_at_night", "--set", "output.classes={map: {mose: Moose}}")
    assert output.count("note: --set output.classes: the pattern 'mose'") == 1      # not once a scenario


def test_run_notes_them_before_it_starts(tmp_path: Path) -> None:
    asked = ("run", "deer_crossing", "--out", str(tmp_path), "--set", "output.classes={ignore: mose}", "--workers", "2",
             "--simulator", "localhost:1")
    done = CliRunner().invoke(app, asked)           # refused before a simulator is asked for
    assert isinstance(done.exception, RequestError) and "--workers 2" in str(done.exception)
    assert "note: --set output.classes: the pattern 'mose' matches no blueprint" in done.output
