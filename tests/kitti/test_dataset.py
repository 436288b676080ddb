"""What belongs to a dataset as a whole: records, splits, the request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgen.errors import DatasetError, RequestError
from simgen.kitti.layout import FileEntry
from simgen.kitti.manifest import (
    DatasetRequest,
    EpisodeEntry,
    RigSource,
    ScenarioSource,
    claim_folder,
    read_request,
)
from simgen.kitti.records import EpisodeRecord, SimulatorInfo, read_record, read_records, write_record

RECORD = EpisodeRecord(
    episode="crossing-0000", plan_digest="ab" * 32, plan={"seed": 1}, resolved={"ego": [1.0, 2.0]},
    frames=("000000", "000001"), labelled_frames=("000001",), labels={"Animal": 1},
    files={"training/calib/000000.txt": FileEntry("cd" * 32, 12)},
    simulator=SimulatorInfo("simgen", "0.1.0", "SimgenRural01"), simgen_version="0.1.0",
)
REQUEST = DatasetRequest(
    seed=7, scenarios=(ScenarioSource("crossing", "ab" * 32),), rigs=(RigSource("kitti", "cd" * 32),),
    episodes=(EpisodeEntry("crossing-0000", "ef" * 32),),
)


def test_a_record_survives_the_disk(tmp_path: Path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path, "crossing-0000") == RECORD
    assert read_records(tmp_path) == {"crossing-0000": RECORD}


def test_a_record_names_files_with_checksum_and_length():
    value = json.loads(RECORD.to_text())
    assert value["frames"] == ["000000", "000001"]
    assert value["files"] == {"training/calib/000000.txt": {"sha256": "cd" * 32, "bytes": 12}}


def test_a_record_of_the_first_format_version_is_still_read(tmp_path: Path):
    write_record(tmp_path, replace(RECORD, format_version=1))
    found = read_record(tmp_path, "crossing-0000")
    assert found is not None
    assert (found.format_version, found.frames) == (1, RECORD.frames)


def test_an_episode_without_a_record_does_not_count(tmp_path: Path):
    assert read_record(tmp_path, "crossing-0000") is None
    assert read_records(tmp_path) == {}


def test_a_record_of_another_format_version_is_refused(tmp_path: Path):
    write_record(tmp_path, replace(RECORD, format_version=99))
    with pytest.raises(DatasetError, match=r"crossing-0000\.json: .*format version 99"):
        read_record(tmp_path, "crossing-0000")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format_version": 1}'])
def test_a_broken_record_is_named(tmp_path: Path, content: str):
    (tmp_path / "episodes").mkdir()
    (tmp_path / "episodes" / "crossing-0000.json").write_text(content)
    with pytest.raises(DatasetError, match=r"crossing-0000\.json: not an episode record"):
        read_record(tmp_path, "crossing-0000")


def test_a_renamed_record_is_refused(tmp_path: Path):
    write_record(tmp_path, RECORD)
    (tmp_path / "episodes" / "crossing-0000.json").rename(tmp_path / "episodes" / "crossing-0001.json")
    with pytest.raises(DatasetError, match="another episode"):
        read_record(tmp_path, "crossing-0001")


def test_a_folder_is_claimed_once_and_again_by_the_same_request(tmp_path: Path):
    claim_folder(tmp_path / "new", REQUEST)
    claim_folder(tmp_path / "new", REQUEST)
    assert read_request(tmp_path / "new") == REQUEST


def request(*scenarios: tuple[str, int], seed: int = 7, digests: str = "ef") -> DatasetRequest:
    """One with so many episodes of each scenario."""
    return DatasetRequest(
        seed=seed, scenarios=tuple(ScenarioSource(name, "ab" * 32) for name, _ in scenarios),
        rigs=(RigSource("kitti", "cd" * 32),),
        episodes=tuple(EpisodeEntry(f"{name}-{number:04d}", digests * 32) for name, count in scenarios
                       for number in range(count)),
    )


def recorded(root: Path, made_for: DatasetRequest, plan: dict[str, Any] | None = None) -> Path:
    """A dataset in which all episodes of a request are recorded."""
    claim_folder(root, made_for)
    for entry in made_for.episodes:
        write_record(root, replace(RECORD, episode=entry.name, plan_digest=entry.plan_digest, plan=plan or {"seed": 1}))
    return root


def test_as_long_as_nothing_is_recorded_any_request_may_have_the_folder(tmp_path: Path):
    claim_folder(tmp_path, request(("deer", 2)))
    claim_folder(tmp_path, request(("fog", 1), seed=8))
    assert read_request(tmp_path) == request(("fog", 1), seed=8)


@pytest.mark.parametrize(("before", "after"), [
    (request(("deer", 2)), request(("deer", 3))),
    (request(("deer", 2)), request(("deer", 2), ("fog", 1))),
    (request(("deer", 2), ("fog", 1)), request(("deer", 2), ("fog", 4))),
], ids=["more", "another scenario", "more of the last"])
def test_a_dataset_grows_where_what_is_recorded_stays_as_it_is(
    tmp_path: Path, before: DatasetRequest, after: DatasetRequest
):
    claim_folder(recorded(tmp_path, before), after)
    assert read_request(tmp_path) == after


def test_a_dataset_keeps_its_quality_and_device_when_another_simulator_goes_on_with_it(tmp_path: Path):
    fast = replace(request(("deer", 2)), quality="fast", device="cuda")
    claim_folder(recorded(tmp_path, fast), request(("deer", 3)))
    assert read_request(tmp_path) == replace(request(("deer", 3)), quality="fast", device="cuda")


def test_a_dataset_from_before_there_were_qualities_can_go_on_in_any(tmp_path: Path):
    recorded(tmp_path, request(("deer", 2)))
    now = json.loads(request(("deer", 2)).to_text())
    old = {key: value for key, value in now.items() if key not in ("quality", "assets", "device")}
    (tmp_path / "dataset.json").write_text(json.dumps(old))
    claim_folder(tmp_path, replace(request(("deer", 2)), quality="high"))
    assert read_request(tmp_path) == replace(request(("deer", 2)), quality="high")


def test_a_dataset_from_before_there_were_devices_was_made_on_a_processor(tmp_path: Path):
    old = replace(request(("deer", 2)), quality="fast")
    on_cpu, on_gpu = replace(old, device="cpu"), replace(old, device="cuda")
    with pytest.raises(RequestError, match="made with --device cpu, not cuda: give --device cpu, or"):
        claim_folder(recorded(tmp_path, old), on_gpu)
    claim_folder(tmp_path, on_cpu)
    assert read_request(tmp_path) == on_cpu


def test_what_was_planned_but_never_recorded_need_not_be_asked_for_again(tmp_path: Path):
    recorded(tmp_path, request(("deer", 3)))
    (tmp_path / "episodes" / "deer-0002.json").unlink()
    claim_folder(tmp_path, request(("deer", 2)))
    assert read_request(tmp_path) == request(("deer", 2))


@pytest.mark.parametrize(("before", "after", "sentence"), [
    (request(("deer", 2)), request(("deer", 2), seed=8), "begun with --seed 7, not 8: give --seed 7, or"),
    (request(("deer", 3)), request(("deer", 2)), "it has deer-0002, and this asks for fewer episodes"),
    (request(("deer", 1), ("fog", 1)), request(("deer", 1)), "episodes of fog, which is not asked for now"),
    (request(("deer", 1), ("fog", 1)), request(("deer", 2), ("fog", 2)),
     "deer-0001 would come before the recorded fog-0000, whose frames would all get other numbers"),
    (request(("deer", 2)), request(("deer", 3), digests="01"),
     "Where a scenario spreads its values evenly over all its episodes .* ask for 2 again"),
    (request(("deer", 2)), replace(request(("deer", 2)), rigs=(RigSource("kitti", "ee" * 32),)),
     "the file of the rig kitti is another one than it was"),
    (replace(request(("deer", 2)), format_version=1), request(("deer", 2)), "its format version is 1"),
    (replace(request(("deer", 2)), quality="fast"), replace(request(("deer", 2)), quality="standard"),
     "its pictures were made with --quality fast, not standard: give --quality fast, or"),
    (replace(request(("deer", 2)), quality="fast"), replace(request(("deer", 2)), quality="fast", assets="a1"),
     "it was begun without --assets: leave them out, or"),
    (replace(request(("deer", 2)), quality="fast", assets="a1"), replace(request(("deer", 2)), quality="fast"),
     "it was begun with models that --assets does not name: give the folder with the same files, or"),
    (replace(request(("deer", 2)), quality="fast", device="cuda"),
     replace(request(("deer", 2)), quality="fast", device="cpu"),
     "its pictures were made with --device cuda, not cpu: give --device cuda, or"),
], ids=["seed", "fewer", "scenario", "moved", "strata", "rig", "version", "quality", "no models", "other models",
        "device"])
def test_a_request_that_does_not_continue_a_dataset_is_refused_with_the_reason(
    tmp_path: Path, before: DatasetRequest, after: DatasetRequest, sentence: str
):
    recorded(tmp_path, before)
    with pytest.raises(RequestError, match=sentence):
        claim_folder(tmp_path, after)
    assert read_request(tmp_path) == before


@pytest.mark.parametrize(("now", "sentence"), [
    ({"output": {"split": {"train": 1, "val": 1, "test": 0}}},
     r"output.split differs: it was \{train: 3, val: 1, test: 0\} when deer-0000 was recorded"),
    ({"output": {"pictures": ["depth"]}},
     "output.layouts differs: deer-0000 was recorded with no pictures of the truth"),
    ({"ego": {"speed": 4.0, "rig": "kitti"}, "drawn": {"a": 1}},
     "deer-0000 would be another .* different: ego.speed: undo"),
], ids=["split", "pictures", "speed"])
def test_a_refusal_names_the_key_that_differs(tmp_path: Path, now: dict[str, Any], sentence: str):
    before = {"seed": 1, "ego": {"speed": 3.0, "rig": "kitti"}, "drawn": {}}
    recorded(tmp_path, request(("deer", 1)), before)
    with pytest.raises(RequestError, match=sentence):
        claim_folder(tmp_path, request(("deer", 1), digests="01"), lambda _: {**before, **now})


def test_a_broken_request_is_named(tmp_path: Path):
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"dataset\.json: not a dataset request"):
        claim_folder(tmp_path, REQUEST)
