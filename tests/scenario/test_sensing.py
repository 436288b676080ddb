"""``sensing`` of a scenario, and what it leaves as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.scenario import EpisodePlan, ScenarioMistakes
from simgen.scenario.plan import SensingPlan
from tests.scenario.texts import HEAD, plan_of


def test_lidars_measure_unless_told_otherwise(tmp_path: Path) -> None:
    assert plan_of(tmp_path, HEAD).sensing == SensingPlan("measured")
    said = plan_of(tmp_path, HEAD + "sensing: {returns: dual, sweep: rolling, keep: clean}\n")
    assert said.sensing == SensingPlan("measured", "dual", "rolling", ("clean",))
    assert EpisodePlan.from_json(json.loads(json.dumps(said.to_json()))) == said


def test_plans_with_clean_sweeps_are_those_from_before_there_was_any_sensing(tmp_path: Path) -> None:
    clean = plan_of(tmp_path, HEAD + "sensing: {lidar: clean}\n")
    assert clean.sensing == SensingPlan() and "sensing" not in clean.to_json()
    assert EpisodePlan.from_json(clean.to_json()).sensing == SensingPlan()
    assert clean.digest() != plan_of(tmp_path, HEAD).digest()


@pytest.mark.parametrize(("text", "problem"), [
    ("sensing: {lidar: perfectly}", r"sensing\.lidar: .*measured, clean"),
    ("sensing: {lidar: clean, returns: dual}", r"sensing\.returns: is about measured sweeps, and 'lidar: clean' asks"),
    ("sensing: {keep: [dirty]}", r"sensing\.keep.*clean"),
    ("sensing: {noise: 0}", r"unknown key 'noise'; write 'lidar: measured', or 'lidar: clean' for none"),
])
def test_mistakes_are_told_with_their_cure(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ScenarioMistakes, match=problem):
        plan_of(tmp_path, HEAD + text + "\n")


def test_cameras_that_photograph_are_asked_for_by_a_word(tmp_path: Path) -> None:
    said = plan_of(tmp_path, HEAD + "sensing: {lidar: clean, camera: photographed}\n")
    assert said.sensing == SensingPlan(camera="photographed")
    assert EpisodePlan.from_json(said.to_json()) == said
    assert "camera" not in plan_of(tmp_path, HEAD).to_json()["sensing"]
