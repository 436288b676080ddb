"""An episode whose record is there is not recorded again, also where nobody heard that it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgen.capture.session import Endpoint
from simgen.fleet import worker
from simgen.fleet.slot import Slot
from simgen.kitti.layout import FileEntry, write_whole
from simgen.kitti.records import EpisodeRecord, SimulatorInfo, write_record
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.plan import EpisodePlan
from tests.whole.product import SMALL

FRAME = "training/label_2/000000.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("training/label_2", "episodes"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def plan() -> EpisodePlan:
    return make_plans([load_scenario(SMALL)], 1, 0)[0]


def record_of(plan: EpisodePlan, files: dict[str, FileEntry]) -> EpisodeRecord:
    return EpisodeRecord(
        episode=plan.name, plan_digest=plan.digest(), plan=plan.to_json(), resolved={}, frames=("000000",),
        labelled_frames=("000000",), labels={"Car": 2, "Pedestrian": 1}, files=files,
        simulator=SimulatorInfo("simgen", "1", "SimgenTown01"), simgen_version="1")


def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the episodes that are recorded from now on; each attempt comes to nothing."""
    begun: list[str] = []

    def record_episode(_: Endpoint, plan: EpisodePlan, *__: Any) -> None:
        begun.append(plan.name)
        raise OSError("no simulator here")

    monkeypatch.setattr(worker, "record_episode", record_episode)
    return begun


def tried(plan: EpisodePlan, folder: Path) -> worker.Outcome:
    return worker.EpisodeWorker(Slot(0, Endpoint("127.0.0.1", 1)), folder, folder / "logs").record(
        plan.to_json(), 0, None)


def test_what_is_recorded_is_found_and_left_alone(
    plan: EpisodePlan, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = attempts(monkeypatch)
    write_record(folder, record_of(plan, {FRAME: write_whole(folder / FRAME, b"Car\n")}))
    outcome = tried(plan, folder)
    assert (outcome.cause, outcome.frames, outcome.labels) == (None, 1, 3)
    assert begun == []


@pytest.mark.parametrize("lacks", ["a record", "a file", "the plan"])
def test_what_is_not_whole_is_recorded(
    lacks: str, plan: EpisodePlan, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = attempts(monkeypatch)
    record = record_of(plan, {FRAME: write_whole(folder / FRAME, b"Car\n")})
    if lacks == "the plan":
        record = replace(record, plan_digest="of another plan")
    if lacks != "a record":
        write_record(folder, record)
    if lacks == "a file":
        (folder / FRAME).unlink()
    assert tried(plan, folder).cause == "content"
    assert begun == [plan.name]
