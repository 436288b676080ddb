"""Which items there are, and what the report says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.doctor.certificate import JSON, MARKDOWN, claim, is_certified, write_certificate
from simgen.doctor.certify import Proof
from simgen.doctor.findings import good, note, short
from simgen.doctor.items import AGAIN, ITEMS, SCENARIOS, Item, choose
from simgen.errors import RequestError
from simgen.scenario import load_scenario, make_plans
from tests.doctor.facts import EVIDENCE, SERVER

DAY, TWO, ANIMALS = ITEMS[:3]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_an_item_s_scenario_is_one_short_episode_with_everybody_it_asks_for(item: Item) -> None:
    (plan,) = make_plans([load_scenario(item.scenario)], None, 0)
    assert plan.capture.frames <= 4
    assert set(item.roles) <= {actor.role for actor in plan.actors}


def test_every_scenario_is_an_item_s() -> None:
    assert {item.scenario for item in ITEMS} == set(SCENARIOS.glob("*.yaml"))


def test_items_are_chosen_by_name_and_bring_what_they_compare_with() -> None:
    assert choose(()) == ITEMS
    assert [item.name for item in choose(["snow,day_town"])] == ["day_town", "snow"]
    assert [item.name for item in choose([AGAIN])] == ["day_town", AGAIN]
    with pytest.raises(RequestError, match=r"--only hail: there are day_town, "):
        choose(["hail"])


PROVEN = Proof(DAY, (good("day_town", "3 frames"),), EVIDENCE, 12.4)
LACKING = Proof(ANIMALS, (note("animals", "not offered: no deer", "use the built-in simulator"),), None, 2.0)
FAILED = Proof(TWO, (short("two_wheelers", "no label of bicycle", "look"),), EVIDENCE, 9.0)


def test_the_report_says_of_each_item_whether_it_is_proven(tmp_path: Path) -> None:
    write_certificate(tmp_path, SERVER, [good("version", "CARLA 0.9.16")], [PROVEN, FAILED], (DAY, TWO, ANIMALS))
    text = (tmp_path / MARKDOWN).read_text()
    assert text.startswith("# CARLA 0.9.16 at gpu1:2000: **not certified**\n")
    assert "| day_town | yes | cars and people" in text and "| 12 |" in text
    assert "| two_wheelers | **no** |" in text and "| animals | not tried |" in text
    assert "* two_wheelers: short: no label of bicycle (cure: look)" in text
    told = json.loads((tmp_path / JSON).read_text())
    assert (told["fit"], told["not_tried"]) == (False, ["animals"])
    assert [(one["name"], one["proven"]) for one in told["items"]] == [("day_town", True), ("two_wheelers", False)]


def test_what_a_server_may_lack_does_not_cost_it_the_certificate() -> None:
    asked = (DAY, ANIMALS)
    assert is_certified([], [PROVEN, LACKING], asked)
    assert not is_certified([], [PROVEN], asked)
    assert not is_certified([short("speed", "slow", "faster")], [PROVEN, LACKING], asked)
    assert not is_certified([], [FAILED, LACKING], (TWO, ANIMALS))


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    claim(tmp_path / "new")
    (tmp_path / "new" / JSON).write_text("{}")
    claim(tmp_path / "new")
    with pytest.raises(RequestError, match="holds no certificate"):
        claim(tmp_path)
    with pytest.raises(RequestError, match="this is a file"):
        claim(tmp_path / "new" / JSON)


def test_logs_of_a_simulator_that_did_not_start_are_no_reason_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    claim(tmp_path)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(RequestError, match="holds no certificate"):
        claim(tmp_path)
