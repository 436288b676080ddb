"""``simgen run`` on CARLA servers that it starts, with everything real but Unreal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.fleet.launch.orphans import sweep
from simgen.fleet.launch.slotfile import RUN_FOLDER, SLOTS
from tests.fleet.stand_in import BINARY, Behaviour, make_carla, starts_of
from tests.whole.product import FAST, SMALL, content, simgen

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path / "run"))
    return tmp_path / "run"


def test_a_server_that_crashes_costs_a_retry_and_the_dataset_is_the_same(
    small: Path, tmp_path: Path, run_dir: Path
) -> None:
    folder = make_carla(
        tmp_path / "carla",
        Behaviour(engine="whole", quality=FAST[1], start_s=1.0, wrapped=True, die_at_tick=15),
        Behaviour(engine="whole", quality=FAST[1]))
    out = tmp_path / "out"
    done = simgen("run", SMALL, "--out", out, "--simulator", f"carla:{folder}", "--workers", 1)
    assert done.returncode == 0, done.stderr[-2000:]
    there, here = content(out), content(small)
    del there["dataset.json"], here["dataset.json"]         # nobody asks a CARLA server for its quality and device
    assert there == here
    assert len(starts_of(folder)) == 2
    (failure,) = [json.loads(path.read_text()) for path in (out / "logs" / "failures").iterdir()]
    assert failure["attempts"][0]["cause"] == "simulator"
    assert "Signal 6 caught." in failure["attempts"][0]["log_tail"]
    assert list((run_dir / SLOTS).iterdir()) == [] and sweep() == []


def test_no_carla_to_start_is_a_wrong_request(tmp_path: Path) -> None:
    done = simgen("run", SMALL, "--out", tmp_path / "out", "--simulator", f"carla:{tmp_path}", "--workers", 1)
    assert done.returncode == 2 and f"there is no {BINARY} in it" in done.stderr
    assert not (tmp_path / "out").exists()
