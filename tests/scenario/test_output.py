"""The ``output`` section: layouts, class maps and splits, and that the scenarios of a run agree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.export import FORMATS
from simgen.label import ClassMap, DontCareRules, Limits, shipped_names
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
                                          "dont_care: {beyond: 0.1 km, nearly_hidden: {visible_under: 4 %}}}}")],
                      1, 0)[0]
    assert plan.output == OutputPlan(("depth", "instance"), SplitPlan(3, 1, 1), {
        "map": [["moose", "Moose"], ["vehicle.*", "Car"]], "ignore": ["cat"],
        "dont_care": {"range_m": 100.0, "nearly_hidden_fraction": 0.04}})
    assert EpisodePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    rules = ClassMap.from_plan(plan.output.classes)
    assert rules.dont_care.range_m == 100.0
    assert rules.type_of("walker.animal.moose", "moose", "animal") == "Moose"


def test_a_class_map_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "mine.yaml").write_text("map: {moose: Moose}\ndont_care: {below: 12 px}\n")
    assert output_of(tmp_path, "{classes: maps/mine.yaml}").classes == {
        "map": [["moose", "Moose"]], "dont_care": {"height_px": 12.0}}


@pytest.mark.parametrize(("rule", "limit"), [
    ("beyond: 50 m", {"range_m": 50.0}), ("below: 25 px", {"height_px": 25.0}),
    ("visible_under: 50 %", {"visible_fraction": 0.5}), ("lidar_points_under: 100", {"lidar_points": 100}),
    ("nearly_hidden: {lidar_points_under: 9}", {"nearly_hidden_points": 9}),
])
def test_each_dont_care_rule_can_be_told_alone(tmp_path: Path, rule: str, limit: dict[str, float]) -> None:
    classes = output_of(tmp_path, f"{{classes: {{dont_care: {{{rule}}}}}}}").classes
    assert classes == {"dont_care": limit}
    assert ClassMap.from_plan(classes).dont_care == replace(DontCareRules(), **limit)


@pytest.mark.parametrize(("rule", "limit"), [
    ("beyond: 50 m", {"range_m": 50.0}), ("below: 25 px", {"height_px": 25.0}),
    ("visible_under: 50 %", {"visible_fraction": 0.5}), ("lidar_points_under: 100", {"lidar_points": 100}),
])
def test_what_is_left_out_altogether_has_the_same_limits(tmp_path: Path, rule: str, limit: dict[str, float]) -> None:
    classes = output_of(tmp_path, f"{{classes: {{leave_out: {{{rule}}}}}}}").classes
    assert classes == {"leave_out": limit}
    rules = ClassMap.from_plan(classes)
    assert (rules.leave_out, rules.dont_care) == (replace(Limits(), **limit), DontCareRules())


@pytest.mark.parametrize("classes", ["{map: species, dont_care: {visible_under: 50 %}}",
                                     "{extends: species, dont_care: {visible_under: 50 %}}"])
def test_a_shipped_map_can_have_limits_of_its_own(tmp_path: Path, classes: str) -> None:
    found = output_of(tmp_path, f"{{classes: {classes}}}").classes
    assert found["map"] == output_of(tmp_path, "{classes: species}").classes["map"]
    assert found["dont_care"] == {"visible_fraction": 0.5}


def test_what_a_class_map_says_itself_goes_before_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "{extends: species, map: {bus: Bus, vehicle.*: Other}, ignore: [cat], dont_care: {beyond: 60 m, below: 5 px}, "
        "leave_out: {beyond: 200 m, below: 3 px}}")
    rules = ClassMap.from_plan(output_of(
        tmp_path, "{classes: {extends: base.yaml, map: {vehicle.*: Car, cat: Cat}, ignore: [moose, dog], "
                  "dont_care: {below: 30 px}, leave_out: {below: 2 px}}}").classes)
    assert rules.type_of("walker.animal.red_deer", "red_deer", "animal") == "Deer"
    assert rules.type_of("x.bus", None, "bus") == "Bus"
    assert rules.type_of("vehicle.audi.a2", None, "car") == "Car"
    assert rules.type_of("walker.animal.cat", "cat", "animal") == "Cat"
    assert rules.type_of("walker.animal.moose", "moose", "animal") is None
    assert (rules.dont_care.range_m, rules.dont_care.height_px) == (60.0, 30.0)
    assert (rules.leave_out.range_m, rules.leave_out.height_px) == (200.0, 2.0)


def test_a_class_map_s_file_extends_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: mine.yaml\n")
    with pytest.raises(ScenarioMistakes, match=r"mine\.yaml:1:10: extends: a class map's file can extend only 'kitti'"):
        scenario(tmp_path, "{classes: mine.yaml}")


def test_the_shipped_class_maps_are_those_of_the_labels(tmp_path: Path) -> None:
    assert shipped_class_maps() == shipped_names()
    for name in shipped_names():
        assert ClassMap.from_plan(output_of(tmp_path, f"{{classes: {name}}}").classes).rules in (
            ClassMap.shipped(name).rules, ())
    assert (CLASS_MAPS / "species.yaml").is_file()


@pytest.mark.parametrize(("output", "where", "problem"), [
    ("{layouts: [depht]}", "4:20: output.layouts[0]", "did you mean 'depth'?"),
    ("{layouts: [coco, coco]}", "4:26: output.layouts[1]", "'coco' is named twice; take one away"),
    ("{layouts: []}", "4:19: output.layouts", "is empty; name a layout, or leave 'layouts' out"),
    ("{format: coco}", "4:10: output", "write 'layouts'"),
    ("{classes: speces}", "4:19: output.classes", "did you mean 'species'?"),
    ("{classes: nowhere.yaml}", "4:19: output.classes", "nowhere.yaml is not there"),
    ("{classes: {map: {moose: car}}}", "output.classes.map.moose", "write 'Car'"),
    ("{classes: {map: {moose: DontCare}}}", "output.classes.map.moose", "is no type"),
    ("{classes: {map: {Moose: Car}}}", "output.classes.map.Moose", "expected a blueprint id, a species or a class"),
    ("{classes: {map: {moose: [a]}}}", "output.classes.map.moose", "underscores, got a list"),
    ("{classes: {map: {moose: {a: b}}}}", "output.classes.map.moose", "underscores, got a mapping"),
    ("{classes: {map: speces}}", "output.classes.map", "did you mean 'species'?"),
    ("{classes: {extends: [species]}}", "output.classes.extends", "got a list"),
    ("{classes: {extends: species, map: species}}", "output.classes.map", "keep one of them"),
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
    assert derived_layouts(both) == ("depth", "tracking", "coco")
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
    assert derived_layouts(both) == ("depth", "nuscenes")
    assert {plan.output.pictures for plan in make_plans(both, 1, 0)} == {("depth",)}


@pytest.mark.parametrize(("layouts", "pictures", "derived"), [
    ("semantics", ("instance", "semantic"), ("semantics",)),
    ("[semantics, coco]", ("instance", "semantic"), ("semantics", "coco")),
    ("instance", ("instance",), ("semantics",)),
    ("depth", ("depth",), ("depth",)),
    ("[object, tracking]", (), ("tracking",)),
])
def test_pictures_of_the_truth_come_as_kitti_s_layouts_as_well(
    tmp_path: Path, layouts: str, pictures: tuple[str, ...], derived: tuple[str, ...]
) -> None:
    told = scenario(tmp_path, f"{{layouts: {layouts}}}")
    assert make_plans([told], 1, 0)[0].output.pictures == pictures
    assert derived_layouts([told]) == derived
    assert {*derived} <= {*FORMATS}


@pytest.mark.parametrize("override", ["output.classes=nowhere.yaml", "ego.rig=nowhere.yaml"])
def test_what_the_command_line_names_is_looked_for_from_the_working_folder(tmp_path: Path, override: str) -> None:
    with pytest.raises(ScenarioMistakes, match=r"looked for nowhere\.yaml; paths start from the working folder"):
        scenario(tmp_path, overrides=(override,))
