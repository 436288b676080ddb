"""The command: which rules it holds, what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simgen.commands.verifying import commands
from simgen.errors import RequestError
from simgen.verify import select
from simgen.verify.registry import RULES


def simgen_verify(*arguments: object) -> Result:
    return CliRunner().invoke(commands, ["--workers", "1", *map(str, arguments)], catch_exceptions=True)


def break_occlusion(root: Path) -> None:
    label = root / "training" / "label_2" / "000000.txt"
    label.write_text(label.read_text().replace("Car 0.00 0", "Car 0.00 0.0"))


def test_the_exit_code_says_whether_the_dataset_is_fit(plain: Path) -> None:
    assert simgen_verify(plain).exit_code == 0
    break_occlusion(plain)
    assert simgen_verify(plain).exit_code == 1
    assert simgen_verify(plain, "--exclude", "label.occlusion").exit_code == 0


def test_warnings_fail_only_if_asked(plain: Path) -> None:
    (plain / "ImageSets" / "trainval.txt").unlink()
    assert simgen_verify(plain).exit_code == 0
    done = simgen_verify(plain, "--strict")
    assert done.exit_code == 1
    assert "not fit for use" in done.stdout


def test_json_names_every_finding_and_every_rule_that_was_silent(plain: Path) -> None:
    break_occlusion(plain)
    told = json.loads(simgen_verify(plain, "--json", "--quick").stdout)
    assert (told["schema"], told["layout"], told["ok"], told["frames"]) == (1, "object", False, 2)
    assert {finding["rule"] for finding in told["findings"]} == {"label.occlusion"}
    rules = {rule["id"]: rule for rule in told["rules"]}
    assert set(rules) == set(RULES)
    assert rules["label.occlusion"]["findings"] == 2 and rules["label.occlusion"]["not_checked"] is None
    assert rules["track.order"]["not_checked"] == "for want of sequences in the tracking layout (label_02)"
    assert rules["points.empty"]["not_checked"] == "as --quick opens neither sweeps nor pictures"


def test_the_catalogue_is_printed_for_people_and_machines() -> None:
    lines = simgen_verify("--rules").stdout.splitlines()
    assert len(lines) == len(RULES)
    assert lines[0].split()[:2] == ["label.columns", "error"]
    told = json.loads(simgen_verify("--rules", "--json", "--only", "label.*", "--exclude", "label.size").stdout)
    assert [rule["id"] for rule in told["rules"]] == [
        rule for rule in RULES if rule.startswith("label.") and rule != "label.size"
    ]
    assert told["rules"][0]["needs"] == ["object", "labels"] and told["rules"][0]["quick"] is True


@pytest.mark.parametrize(
    "pattern, meant",
    [("label.alhpa", "label.alpha"), ("labels", "label"), ("", "simgen verify --rules lists them"),
     ("label,zzz", "simgen verify --rules lists them")],
)
def test_a_rule_that_does_not_exist_is_answered_with_the_nearest_one(plain: Path, pattern: str, meant: str) -> None:
    with pytest.raises(RequestError) as raised:
        select(only=[pattern])
    assert pattern.rpartition(",")[2] in str(raised.value) and meant in str(raised.value)
    done = simgen_verify(plain, "--exclude", pattern)
    assert isinstance(done.exception, RequestError) and done.exception.exit_code == 2


@pytest.mark.parametrize(
    "only",
    [["label"], ["label.*"], ["label."], ["label.*,label.size"], [" label.size, label"], ["label.size", "label"]],
)
def test_rules_are_named_by_id_family_pattern_with_commas_or_one_by_one(only: list[str]) -> None:
    family = tuple(rule for rule in RULES if rule.startswith("label."))
    assert tuple(one.id for one in select(only)) == family
    assert not set(family) & {one.id for one in select(exclude=only)}


def test_no_folder_and_no_rule_left_are_wrong_requests(plain: Path) -> None:
    assert isinstance(simgen_verify().exception, RequestError)
    assert isinstance(simgen_verify(plain, "--only", "label.size", "--exclude", "label.*").exception, RequestError)


def test_a_folder_above_a_dataset_is_answered_with_the_dataset(plain: Path) -> None:
    done = simgen_verify(plain.parent)
    assert isinstance(done.exception, RequestError)
    assert f"name {plain}" in str(done.exception)


def test_findings_are_written_out_up_to_a_number(plain: Path) -> None:
    break_occlusion(plain)
    lines = simgen_verify(plain, "--max", "1", "--only", "label.*").stdout.splitlines()
    assert lines[2].strip() == "… and 1 more"
    assert lines[-1].startswith("next: begin with label.occlusion: simgen show")
