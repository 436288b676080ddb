"""``simgen doctor`` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.whole.product import simgen


def test_the_machine_s_findings_come_as_lines_and_as_json(tmp_path: Path) -> None:
    done = simgen("doctor", "--out", tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("good   python ")
    assert "\x1b" not in done.stdout                        # nobody watches: no colours
    assert done.returncode == (1 if "fall" in lines[-1] and "nothing" not in lines[-1] else 0)
    told = json.loads(simgen("doctor", "--out", tmp_path, "--json").stdout)
    assert told["fit"] == (done.returncode == 0)
    assert [found["topic"] for found in told["findings"]][:2] == ["python", "packages"]
    assert all(found["cure"] for found in told["findings"] if found["mark"] == "short")


@pytest.mark.parametrize("arguments, status, sentence", [
    (["--simulator", "127.0.0.1:1"], 3, "--simulator 127.0.0.1:1: nothing answers there"),
    (["--simulator", "gpu1"], 2, "--simulator gpu1: expected"),
    (["--certify"], 2, "--certify: say on which simulator"),
    (["--only", "snow"], 2, "--only: names items of --certify"),
    (["--simulator", "local", "--certify", "--only", "hail"], 2, "--only hail: there are day_town,"),
    (["--simulator", "local", "--ray"], 2, "ask for one at a time"),
    (["--simulator", "carla:/nowhere"], 2, "there is no such folder"),
])
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], status: int, sentence: str) -> None:
    done = simgen("doctor", *arguments)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_simulator_is_certified_and_left_without_a_trace(tmp_path: Path) -> None:
    done = simgen("doctor", "--simulator", "local", "--quality", "labels", "--certify", "--only", "two_wheelers",
                  "--out", tmp_path / "certificate")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == f"1 of 1 items proven; the report: {tmp_path}/certificate/certificate.md"
    assert lines[-2].startswith("nothing falls short")
    told = json.loads((tmp_path / "certificate" / "certificate.json").read_text())
    assert told["fit"] and [(item["name"], item["proven"]) for item in told["items"]] == [("two_wheelers", True)]
    assert (tmp_path / "certificate" / "two_wheelers" / "training" / "image_2" / "000000.png").is_file()
