"""What an item's evidence proves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simgen.capture.probe_facts import FoundSettings, StateFound
from simgen.doctor.evidence import Difference, Evidence
from simgen.doctor.findings import Finding, Mark
from simgen.doctor.items import AGAIN, ITEMS, Item
from simgen.doctor.proof_rules import judge, not_recorded
from simgen.doctor.recording import Recorded
from tests.doctor.facts import EVIDENCE, STATE

BY_NAME = {item.name: item for item in ITEMS}
DAY, FOG, NIGHT, REPEAT = (BY_NAME[name] for name in ("day_town", "fog", "night", AGAIN))


def told(item: Item = DAY, built_in: bool = False, day: Evidence | None = None, **changes: Any) -> list[Finding]:
    return judge(item, replace(EVIDENCE, **changes), STATE, built_in, day)


def test_an_item_with_which_nothing_is_wrong_says_what_it_proves() -> None:
    (found,) = told()
    assert found.mark is Mark.GOOD
    assert found.seen == ("3 frames on Town10HD_Opt, 43 labels, verified by 112 rules; 6 of 6 near people have LiDAR "
                          "returns; instance pictures show an actor id")


@pytest.mark.parametrize("changes, seen", [
    ({"errors": ("box.inside: a box", "label.size: a size")}, "verify found 2 errors: box.inside: a box; label.size"),
    ({"roles": frozenset({"lead", "walker", "child"})}, "no label of oncoming"),
    ({"people_hit": 4}, "2 of 6 people"),
    ({"instance_ids": "unknown"}, "stays unknown"),
    ({"left": StateFound(FoundSettings(True, 0.1, False), {})}, "settings were left"),
    ({"left": StateFound(STATE.settings, {"vehicles": 1})}, "actors are left: 1 vehicles"),
])
def test_what_falls_short_leaves_nothing_proven(changes: dict[str, Any], seen: str) -> None:
    (found,) = told(**changes)
    assert found.mark is Mark.SHORT and seen in found.seen


@pytest.mark.parametrize("changes, seen", [
    ({"warnings": ("points.hidden: a thing",)}, "verify warns 1 time"),
    ({"frames_moved": 0}, "3 of 3 frames have no readings"),
    ({"substituted": ("snowfall of 2.5 mm/h",)}, "drawn by simgen"),
    ({"stand_ins": ("static.prop.moose moved by transform",)}, "static.prop.moose"),
])
def test_what_somebody_should_know_stands_beside_the_proof(changes: dict[str, Any], seen: str) -> None:
    proof, found = told(**changes)
    assert (proof.mark, found.mark) == (Mark.GOOD, Mark.NOTE) and seen in found.seen


def test_fog_must_be_in_the_sweeps() -> None:
    (found,) = told(FOG)
    assert found.mark is Mark.SHORT and found.seen == "no fog in the sweeps"
    (proof,) = told(FOG, air={"fog": 0.059})
    assert "sweeps hold 5.9% fog" in proof.seen


def test_a_night_as_bright_as_the_day_is_noticed() -> None:
    assert len(told(NIGHT, day=EVIDENCE, brightness=50.0)) == 1
    _, found = told(NIGHT, day=EVIDENCE, brightness=110.0)
    assert "100% as bright" in found.seen


def test_a_rerun_is_judged_by_whose_it_is() -> None:
    drift, same = Difference(10, 33, 0.004), Difference(33, 33, 0.0)
    assert told(REPEAT, difference=same)[1].mark is Mark.GOOD
    assert told(REPEAT, built_in=True, difference=drift)[0].mark is Mark.SHORT
    _, found = told(REPEAT, difference=drift)
    assert found.mark is Mark.NOTE and "the same poses" in found.seen
    assert "poses up to 0.30 m apart" in told(REPEAT, difference=Difference(10, 33, 0.3))[1].seen
    assert "does not repeat itself" in told(REPEAT, difference=Difference(10, 33, None))[1].seen


@pytest.mark.parametrize("name, cause, mark, seen", [
    ("animals", "request", Mark.NOTE, "not offered: no deer"),
    ("day_town", "request", Mark.SHORT, "refused: no deer"),
    ("day_town", "simulator", Mark.SHORT, "the server failed: no deer"),
    ("day_town", "content", Mark.SHORT, "not recorded: no deer"),
])
def test_an_item_that_was_not_recorded_says_why(name: str, cause: str, mark: Mark, seen: str) -> None:
    found = not_recorded(BY_NAME[name], Recorded(1.0, cause, "no deer"))
    assert (found.mark, found.seen) == (mark, seen)
