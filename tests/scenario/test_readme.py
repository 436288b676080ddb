"""The language's reference in ``scenarios/README.md`` says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simgen.scenario import load_scenario, make_plans
from simgen.scenario.quantities import ANGLE, DENSITY, DURATION, LENGTH, RAINFALL, RATE, SPEED, parse_quantity
from simgen.scenario.reference import with_reference
from simgen.scenario.tables import pedestrian_kinds, times_of_day, vehicle_kinds

README = (Path(__file__).parents[2] / "scenarios" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_examples_are_scenarios(tmp_path: Path, number: int) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    assert make_plans([load_scenario(path)], 20, 0)


def test_the_reference_is_what_the_models_say() -> None:
    """If not: python -c "from simgen.scenario.reference import rewrite; rewrite('scenarios/README.md')"."""
    assert with_reference(README) == README


def test_the_words_are_all_there() -> None:
    for words in (times_of_day(), vehicle_kinds(), pedestrian_kinds()):
        for word in words:
            assert f"`{word}`" in README


def test_the_units_are_understood() -> None:
    sentence = README[README.index("Quantities carry units") :].split(". ")[0]
    quantities = re.findall(r"`([^`]+)`", sentence)
    assert len(quantities) >= 8
    dimensions = (LENGTH, SPEED, DURATION, ANGLE, RATE, RAINFALL, DENSITY)
    for text in quantities:
        assert sum(understood(text, dimension) for dimension in dimensions) == 1


def understood(text: str, dimension: object) -> bool:
    try:
        parse_quantity(text, dimension)     # type: ignore[arg-type]
    except ValueError:
        return False
    return True
