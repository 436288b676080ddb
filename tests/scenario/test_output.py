"""The ``output`` section: layouts, class maps and splits, and that the scenarios of a run agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.label import ClassMap, shipped_names
from simgen.scenario import EpisodePlan, Scenario, ScenarioMistakes, load_scenario, make_plans
from simgen.scenario.models.output import CLASS_MAPS, shipped_class_maps
from simgen.scenario.outputs import derived_layouts
from simgen.scenario.plan import OutputPlan, SplitPlan

BASE = "name: {name}\nmap: Town01\nego: {{blueprint: vehicle.lincoln.mkz_2020, speed: 10 m/s}}\n"


def scenario(folder: Path, output: str = "", name: str = "deer", overrides: tuple[str, ...] = ()) -> Scenario:
    path = folder / f"{name}.yaml"
    path.write_text(BASE.format(name=name) + (f"output: {output}\n" if output else ""))
    return load_scenario(path, overrides)


def output_of(folder: Path, output: str) -> OutputPlan:
    return make_plans([scenario(folder, output)], 1, 0)[0].output


def test_without_it_a_plan_is_what_it_always_was(tmp_path: Path) -> None:
    plan = make_plans([scenario(tmp_path)], 1, 0)[0]
    assert plan.output == OutputPlan((), SplitPlan(3, 1, 0), {})
    assert "output" not in plan.to_json()
    said = make_plans([scenario(tmp_path, "{layouts: [object, tracking], split: {train: 3}, classes: kitti}")], 1, 0)[0]
    assert said.digest() == plan.digest()          # what is made afterwards does not change what is recorded


def test_stored_pictures_split_and_classes_are_in_the_plan(tmp_path: Path) -> None:
    plan = make_plans([scenario(tmp_path, "{layouts: [instance, depth], split: {test: 1}, classes: {"
                                          "map: {moose: Moose, vehicle.*: Car}, ignore: cat, "
                                          "dont_care: {beyond: 0.1 km, visible_under: 4 %}}}")], 1, 0)[0]
    assert plan.output == OutputPlan(("depth", "instance"), SplitPlan(3, 1, 1), {
        "map": [["moose", "Moose"], ["vehicle.*", "Car"]], "ignore": ["cat"],
        "dont_care": {"range_m": 100.0, "visible_fraction": 0.04}})
    assert EpisodePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    rules = ClassMap.from_plan(plan.output.classes)
    assert rules.dont_care.range_m == 100.0
    assert rules.type_of("walker.animal.moose", "moose", "animal") == "Moose"


def test_a_class_map_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "mine.yaml").write_text("map: {moose: Moose}\ndont_care: {below: 12 px}\n")
    assert output_of(tmp_path, "{classes: maps/mine.yaml}").classes == {
        "map": [["moose", "Moose"]], "dont_care": {"height_px": 12.0}}


def test_the_shipped_class_maps_are_those_of_the_labels(tmp_path: Path) -> None:
    assert shipped_class_maps() == shipped_names()
    for name in shipped_names():
        assert ClassMap.from_plan(output_of(tmp_path, f"{{classes: {name}}}").classes).rules in (
            ClassMap.shipped(name).rules, ())
    assert (CLASS_MAPS / "species.yaml").is_file()


@pytest.mark.parametrize(("output", "where", "problem"), [
    ("{layouts: [depht]}", "4:20: output.layouts[0]", "did you mean 'depth'?"),
    ("{format: coco}", "4:10: output", "write 'layouts'"),
    ("{classes: speces}", "4:19: output.classes", "did you mean 'species'?"),
    ("{classes: nowhere.yaml}", "4:19: output.classes", "nowhere.yaml is not there"),
    ("{classes: {map: {moose: car}}}", "output.classes.map.moose", "write 'Car'"),
    ("{classes: {map: {moose: DontCare}}}", "output.classes.map.moose", "is no type"),
    ("{classes: {map: {Moose: Car}}}", "output.classes.map.Moose", "expected a blueprint id, a species or a class"),
    ("{classes: {map: {moose: {choice: [A, B]}}}}", "output.classes.map.moose", "cannot be random"),
    ("{classes: {map: {moose: Moose}, ignore: [moose]}}", "output.classes.ignore", "'map' gives a type"),
    ("{classes: {dont_care: {below: 10 m}}}", "output.classes.dont_care.below", "expected a number of pixels"),
    ("{classes: {dont_care: {visible_under: 5}}}", "output.classes.dont_care.visible_under", "outside"),
    ("{split: {train: 0, val: 0}}", "4:17: output.split", "no set a weight"),
    ("{split: {train: -1}}", "output.split.train", "a whole number from 0"),
    ("{split: {validation: 1}}", "output.split", "write 'val'"),
])
def test_every_mistake_says_where_and_what(tmp_path: Path, output: str, where: str, problem: str) -> None:
    with pytest.raises(ScenarioMistakes) as caught:
        scenario(tmp_path, output)
    (mistake,) = caught.value.mistakes
    assert where in str(mistake) and problem in str(mistake)


def test_a_mistake_in_a_class_map_s_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("map:\n  moose: a moose\n")
    with pytest.raises(ScenarioMistakes, match=r"mine\.yaml:2:10: map\.moose: expected a type"):
        scenario(tmp_path, "{classes: mine.yaml}")
    (tmp_path / "mine.yaml").write_text("")
    with pytest.raises(ScenarioMistakes, match=r"deer\.yaml:4:19: output\.classes: mine\.yaml is empty"):
        scenario(tmp_path, "{classes: mine.yaml}")


def test_the_scenarios_of_a_run_have_one_output(tmp_path: Path) -> None:
    both = [scenario(tmp_path, "{layouts: [tracking, depth, coco]}", name) for name in ("deer", "ball")]
    assert derived_layouts(both) == ("tracking", "coco")
    assert derived_layouts([]) == ()
    other = scenario(tmp_path, "{layouts: [depth], split: {test: 1}}", "cat")
    with pytest.raises(ScenarioMistakes) as caught:
        derived_layouts([*both, other, scenario(tmp_path, name="dog")])
    told = str(caught.value).splitlines()
    assert len(told) == 2
    assert f"{tmp_path}/cat.yaml:4:9: output: the scenario cat says something else of 'layouts' and 'split'" in told[0]
    assert told[1].startswith(f"{tmp_path}/dog.yaml: output: the scenario dog says something else of 'layouts' than")


def test_one_word_on_the_command_line_is_for_all(tmp_path: Path) -> None:
    told = ("output.layouts=[depth, nuscenes]",)
    both = [scenario(tmp_path, name=name, overrides=told) for name in ("deer", "ball")]
    assert derived_layouts(both) == ("nuscenes",)
    assert {plan.output.pictures for plan in make_plans(both, 1, 0)} == {("depth",)}
