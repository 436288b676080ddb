"""``simgen doctor`` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simgen.capture.probe import state_of
from simgen.capture.session import Endpoint
from simgen.cli import app
from simgen.errors import SimgenError
from tests.localsim.serving_process import running
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
    (["--simulator", "127.0.0.1:1", "--certify", "--only", "hail"], 2, "--only hail: there are day_town,"),
    (["--simulator", "local", "--ray"], 2, "ask for one at a time"),
    (["--simulator", "local", "--quality", "best"], 2, "--quality best: there are labels, fast"),
    (["--simulator", "gpu1:2000", "--quality", "fast"], 2, "only the built-in simulator has qualities"),
    (["--simulator", "gpu1:2000", "--out", "there"], 2, "nothing is written without --certify"),
    (["--simulator", "carla:/nowhere"], 2, "there is no such folder"),
    (["--out", "s3://bucket/x"], 2, "--out s3://bucket/x: doctor takes folders alone; for a run into a store, name the "
                                    "folder that its --scratch will name (without --scratch: /"),
    (["--simulator", "local", "--certify", "--out", "s3://bucket/x"], 2, "name a folder for the episodes and the"),
])
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], status: int, sentence: str) -> None:
    done = CliRunner().invoke(app, ["doctor", *arguments])
    assert isinstance(done.exception, SimgenError)
    assert done.exception.exit_code == status
    assert sentence in str(done.exception) and "\n" not in str(done.exception)


def test_a_server_that_nobody_runs_is_exit_code_three() -> None:
    done = simgen("doctor", "--simulator", "127.0.0.1:1")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)


@pytest.mark.slow
def test_a_server_with_faults_is_told_so_and_proves_what_it_can(tmp_path: Path) -> None:
    """One whole run on a stock server whose LiDARs miss somebody, with thin bicycles and slow ticks."""
    with running("tests.doctor.faulty_server", tmp_path, "unseen_walkers", "thin_bikes", "slow") as server:
        endpoint = Endpoint("127.0.0.1", server.port)
        before = state_of(endpoint)
        done = simgen("doctor", "--simulator", endpoint, "--certify", "--only", "two_wheelers",
                      "--out", tmp_path / "cert")
        after = state_of(endpoint)
    assert done.returncode == 1, done.stdout + done.stderr
    assert after == before and after.guests == {} and not after.settings.synchronous
    told = json.loads((tmp_path / "cert" / "certificate.json").read_text())
    assert not told["fit"]
    server_s = {found["topic"]: found for found in told["server"] if found["topic"] != "speed"}
    wrong = {topic: (found["mark"], found["seen"]) for topic, found in server_s.items() if found["mark"] != "good"}
    assert wrong.keys() == {"walkers", "boxes", "animals", "weather"}
    assert wrong["walkers"][0] == "short" and "once their collisions and physics were put on" in wrong["walkers"][1]
    assert wrong["boxes"][0] == "note" and "x 0.00 x" in wrong["boxes"][1]
    (item,) = told["items"]
    assert item["proven"], item                     # boxes without width are not believed, and replaced
    assert (tmp_path / "cert" / "two_wheelers" / "training" / "image_2" / "000000.png").is_file()
    assert done.stdout.splitlines()[-1] == f"1 of 1 items proven; the report: {tmp_path}/cert/certificate.md"
