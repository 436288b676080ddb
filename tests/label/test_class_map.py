"""Which type an object gets: patterns, the shipped maps, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sensors.yaml12 import load_yaml
from simgen.errors import RequestError
from simgen.label import ClassMap, DontCareRules, LabelOptions, Limits, label_frame, shipped_names
from simgen.label.class_map import KITTI_TYPES
from simgen.label.tables import class_words, known_names
from tests.label.scene import DEER, RIG, car, creature, film, thing


def typed(rules: dict[str, str], blueprint: str, species: str | None = None, word: str = "car") -> str | None:
    return ClassMap.from_plan({"map": rules}).type_of(blueprint, species, word)


@pytest.mark.parametrize(("rules", "expected"), [
    ({}, "Car"),
    ({"vehicle.*": "Vehicle"}, "Vehicle"),
    ({"vehicle.*": "Vehicle", "vehicle.tesla.*": "Tesla"}, "Tesla"),
    ({"vehicle.tesla.model3": "Sedan", "vehicle.tesla.*": "Tesla"}, "Sedan"),
    ({"*.model3": "A", "vehicle.*": "B"}, "B"),             # eight characters against seven
    ({"car": "Passenger", "*": "Thing"}, "Passenger"),
    ({"car": "Passenger", "v*": "Vehicle"}, "Vehicle"),
    ({"vehicle.tesla": "No"}, "Car"),                       # a pattern covers the whole id
    ({"vehicle_tesla_model3": "No"}, "Car"),
])
def test_the_longest_pattern_wins(rules: dict[str, str], expected: str):
    assert typed(rules, "vehicle.tesla.model3") == expected


def test_species_and_blueprints_are_both_looked_at():
    assert typed({"moose": "Moose"}, "walker.animal.moose", "moose", "animal") == "Moose"
    assert typed({"moose": "Moose", "walker.animal.*": "Beast"}, "walker.animal.moose", "moose", "animal") == "Beast"


def test_what_is_ignored_gets_no_row_unless_a_longer_pattern_names_it():
    rules = ClassMap.from_plan({"map": {"static.prop.ball": "Ball"}, "ignore": ["static.prop.*"]})
    assert rules.type_of("static.prop.box01", None, "thing") is None
    assert rules.type_of("static.prop.ball", None, "thing") == "Ball"
    ball, rubber = thing(10.0, 1.0, 0.0, "static.prop.ball", (0.4, 0.4, 0.4))
    box, card = thing(12.0, -2.0, 0.0, "static.prop.box03", (0.8, 0.6, 0.6), actor_id=304)
    (label,) = label_frame(film([ball, replace(box, role="box")], [*rubber, *card]), RIG, LabelOptions(rules))
    assert label.type == "Ball"


def test_scenery_can_be_given_a_type():
    assert ClassMap().type_of("static.prop.busstop", None, "scenery") is None
    assert typed({"static.prop.busstop": "Misc"}, "static.prop.busstop", None, "scenery") == "Misc"


def test_a_plan_without_rules_is_the_default():
    assert ClassMap.from_plan({}) == ClassMap() == ClassMap((), DontCareRules(80.0, 10.0, 0.0, 0, 0.05, 3), Limits())
    assert Limits() == Limits(math.inf, 0.0, 0.0, 0)
    assert ClassMap.from_plan({"map": [["moose", "Moose"]]}) == ClassMap.from_plan({"map": {"moose": "Moose"}})


def test_the_kitti_map_knows_every_class_and_uses_kittis_types_and_animal():
    types = {ClassMap.shipped("kitti").type_of("some.thing", None, word) for word in class_words()}
    assert types == {*KITTI_TYPES, "Animal", None} - {"Tram"}


def test_in_the_species_map_animals_are_what_they_are_and_others_as_before():
    species = ClassMap.shipped("species")
    assert species.type_of("walker.animal.roe_deer", "roe_deer", "animal") == "Deer"
    assert species.type_of("vehicle.mitsubishi.fusorosa", None, "bus") == "Misc"
    deer, body = creature("animal", 15.0, 0.0, 1.0, DEER, "walker.animal.red_deer", "red_deer")
    (label,) = label_frame(film([deer], body), RIG, LabelOptions(species))
    assert label.type == "Deer"


def test_every_species_has_a_word_in_the_species_map_and_no_pattern_is_unknown():
    species = [name for name in known_names() if "." not in name]
    found = {name: ClassMap.shipped("species").type_of("x", name, "animal") for name in species}
    assert "Animal" not in found.values()
    for name in shipped_names():
        assert ClassMap.shipped(name).notes() == ()


def test_a_pattern_that_matches_nothing_known_is_a_note():
    (note,) = ClassMap.from_plan({"map": {"mose": "Moose", "vehicle.*": "Car"}}).notes()
    assert note == ("output.classes: the pattern 'mose' matches no blueprint and no species that simgen knows "
                    "(did you mean 'moose'?)")


def test_dont_care_rules_act_on_range():
    near, metal = car(20.0, 0.0)
    rules = ClassMap.from_plan({"dont_care": {"range_m": 15.0}})
    (label,) = label_frame(film([near], metal), RIG, LabelOptions(rules))
    assert (label.type, label.dont_care_reason) == ("DontCare", "too far")


@pytest.mark.parametrize(("value", "sentence"), [
    ({"map": {"moose": "Big Deer"}}, "output.classes.map.moose: 'Big Deer' is no type: write one word of letters"),
    ({"map": {"moose": 3}}, "output.classes.map.moose: 3 is no type"),
    ({"map": {"moose": "car"}}, "'car' differs from KITTI's 'Car' by case only"),
    ({"map": {"moose": "DontCare"}}, "DontCare is no type of an object"),
    ({"map": {"Moose!": "Moose"}}, "'Moose!' is no pattern"),
    ({"map": ["moose"]}, "output.classes.map: expected a mapping"),
    ({"ignore": "moose"}, "output.classes.ignore: expected a list of patterns"),
    ({"map": {"moose": "Moose"}, "ignore": ["moose"]}, "the pattern 'moose' is given twice"),
    ({"maps": {}}, r"output.classes.maps: unknown key \(did you mean 'map'\?\)"),
    ({"dont_care": {"range": 3}}, "output.classes.dont_care.range: unknown key"),
    ({"leave_out": {"nearly_hidden_points": 3}}, "output.classes.leave_out.nearly_hidden_points: unknown key"),
    ({"leave_out": {"visible_fraction": 1.5}}, "output.classes.leave_out.visible_fraction: expected a share from 0"),
    ({"dont_care": {"range_m": -1}}, "output.classes.dont_care.range_m: expected a number from 0 on, got -1"),
    ({"dont_care": {"nearly_hidden_fraction": 5}}, "expected a share from 0 to 1, got 5"),
    ({"dont_care": {"visible_fraction": 5}}, "expected a share from 0 to 1, got 5"),
])
def test_what_cannot_be_used_is_refused_in_one_sentence(value: dict[str, object], sentence: str):
    with pytest.raises(RequestError, match=sentence):
        ClassMap.from_plan(value)


def test_an_unknown_shipped_map_is_refused():
    with pytest.raises(RequestError, match=r"no class map is called 'kity' \(did you mean 'kitti'\?\)"):
        ClassMap.shipped("kity")


def test_shipped_maps_are_plain_yaml_of_the_same_form():
    from simgen.label import class_map

    for name in shipped_names():
        text = (class_map._FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
        ClassMap.from_plan(load_yaml(text))
