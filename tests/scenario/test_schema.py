"""The JSON Schema that editors get: good files pass, typical slips do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simgen.scenario import load_scenario
from simgen.scenario.document import Mapping, Node, Scalar, Sequence, read_document
from simgen.scenario.library import scenario_files
from simgen.scenario.mistakes import MistakeLog
from simgen.scenario.models import STEPS, all_steps
from simgen.scenario.schema import json_schema
from simgen.scenario.section import Section, keys_of

jsonschema = pytest.importorskip("jsonschema")

HERE = Path(__file__).parent
SHIPPED = scenario_files(HERE.parents[1] / "scenarios")
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# Mistakes that the shape of a file shows.
SEEN_BY_EDITORS = [
    "unknown_top_key", "unknown_place_key", "unknown_unit", "wrong_dimension", "unknown_species", "unknown_vehicle",
    "unknown_preset", "misspelled_distribution", "two_distributions", "uniform_of_three", "uniform_of_words",
    "missing_name", "no_ego", "road_kind", "road_near_a_zebra", "road_of_ice", "rain_in_percent", "ego_has_a_lane",
    "ego_reacts_somehow", "ego_turns_round", "facing_somewhere", "verb_unknown", "verb_that_waits", "step_key_unknown",
    "when_beside_a_verb", "cut_in_without_gap", "ttc_is_a_length", "vary_by_an_unknown_method", "vary_nothing",
    "twin_is_positive", "actors_are_a_mapping", "lights_are_true", "half_an_episode", "event_unknown", "door_unknown",
    "meet_at_the_rear", "traffic_of_planes", "actor_has_a_type", "clip_of_a_choice", "name_with_capitals",
]


def plain(node: Node) -> Any:
    """The tree as JSON values, as an editor that knows YAML 1.2 sees it."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {key: plain(value) for key, value in node.entries.items()}


def tree_of(path: Path) -> Any:
    return plain(read_document(path, MistakeLog(str(path))))


def test_it_is_a_schema_of_the_named_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("path", [*SHIPPED, HERE / "everything.yaml"], ids=lambda path: path.stem)
def test_good_files_pass(path: Path) -> None:
    errors = sorted(VALIDATOR.iter_errors(tree_of(path)), key=lambda error: list(map(str, error.absolute_path)))
    assert not errors, [f"{list(error.absolute_path)}: {error.message[:200]}" for error in errors]


@pytest.mark.parametrize("name", SEEN_BY_EDITORS)
def test_slips_are_seen_while_one_types(name: str) -> None:
    assert not VALIDATOR.is_valid(tree_of(HERE / "broken" / f"{name}.yaml"))


def test_every_key_and_verb_is_used_somewhere_so_that_the_tests_see_all_of_the_language() -> None:
    model = load_scenario(HERE / "everything.yaml").model
    used: dict[type[Section], set[str]] = {}
    collect(model, used)
    verbs = {step.verb for actor in model.actors for step in all_steps(actor.do or ())}
    # What excludes something else that is there, and what only other scenarios have.
    elsewhere = {
        "ScenarioModel": {"extends", "map", "time_of_day"}, "SunModel": {"altitude", "azimuth", "relative_azimuth"},
        "WeatherModel": {"precipitation", "wind_intensity", "dust_storm", "fog_density", "sun_altitude_angle",
                         "sun_azimuth_angle"},
        "DistanceModel": {"above"},
    }
    assert verbs == set(STEPS)
    for section, keys in used.items():
        if section in STEPS.values() or section.__name__ in ("WeatherChangeModel", "ConditionModel"):
            continue
        missing = {*keys_of(section)} - keys - elsewhere.get(section.__name__, set())
        assert not missing or section.__name__.endswith("Threshold"), f"{section.__name__}: {missing}"


def collect(value: Any, used: dict[type[Section], set[str]]) -> None:
    """The keys that are used of each kind of section."""
    if isinstance(value, Section):
        used.setdefault(type(value), set()).update(value.given)
        for name in type(value).model_fields:
            collect(getattr(value, name), used)
    elif isinstance(value, (tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            collect(item, used)


def test_the_schema_describes_every_key() -> None:
    for name, definition in SCHEMA["$defs"].items():
        for key, schema in properties_of(definition).items():
            assert schema.get("description"), f"{name}.{key}"


def properties_of(definition: dict[str, Any]) -> dict[str, Any]:
    options = [definition, *definition.get("anyOf", ())]
    return next((option["properties"] for option in options if "properties" in option
                 and "description" in next(iter(option["properties"].values()))), {})
