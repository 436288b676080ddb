"""What belongs to a dataset as a whole: records, splits, the request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

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


def test_another_request_into_the_same_folder_is_refused_with_what_differs(tmp_path: Path):
    other = replace(REQUEST, seed=8, episodes=())
    claim_folder(tmp_path, REQUEST)
    claim_folder(tmp_path, other)               # nothing is recorded yet: the folder is free
    claim_folder(tmp_path, REQUEST)
    (tmp_path / "episodes").mkdir()
    (tmp_path / "episodes" / "a.json").touch()
    with pytest.raises(RequestError, match=r"different: seed, episodes"):
        claim_folder(tmp_path, other)
    assert read_request(tmp_path) == REQUEST


def test_a_broken_request_is_named(tmp_path: Path):
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"dataset\.json: not a dataset request"):
        claim_folder(tmp_path, REQUEST)
