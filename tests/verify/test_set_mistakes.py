from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld


def rules_broken(root: Path) -> set[str]:
    return {finding.rule for finding in verify_dataset(root).errors}


@pytest.mark.parametrize("folder", ["image_2", "image_3", "velodyne", "label_2", "calib"])
def test_a_file_that_is_missing_in_one_folder_is_found(plain: Path, folder: str) -> None:
    next((plain / "training" / folder).glob("000001.*")).unlink()
    assert "set.ids" in rules_broken(plain)


def test_a_missing_folder_is_an_error_only_in_our_own_datasets(dataset: Path, plain: Path) -> None:
    for root, severity in ((dataset, "error"), (plain, "info")):
        shutil.rmtree(root / "training" / "velodyne")
        found = [f for f in verify_dataset(root).findings if f.rule == "set.folders"]
        assert [(f.severity, f.file) for f in found] == [(severity, "training/velodyne")]


def test_a_file_with_another_name_is_found(plain: Path) -> None:
    (plain / "training" / "velodyne" / "000001.bin.partial").write_bytes(b"")
    assert rules_broken(plain) == {"set.names"}


@pytest.mark.parametrize(
    "split, text",
    [
        ("train", "000000\n000009\n"),  # no such frame
        ("train", "000000\n000000\n"),  # twice
        ("train", "000000\n000001\n"),  # the second one is in val as well
        ("trainval", "000000\n"),  # not the union
        ("train", "0\n"),  # not as the files are named
        ("test", "000000\n"),  # there is no testing folder
    ],
)
def test_a_mistake_in_a_split_is_found(plain: Path, split: str, text: str) -> None:
    (plain / "ImageSets" / f"{split}.txt").write_text(text)
    assert "set.splits" in rules_broken(plain)


def test_an_episode_in_both_train_and_val_is_found(dataset: Path) -> None:
    (dataset / "ImageSets" / "train.txt").write_text("000000\n000002\n")
    (dataset / "ImageSets" / "val.txt").write_text("000001\n000003\n")
    assert rules_broken(dataset) == {"set.episodes"}


def test_a_labelled_frame_in_no_split_is_an_error_only_in_our_own_datasets(
    dataset: Path, plain: Path
) -> None:
    for root, rest in ((dataset, "000002\n"), (plain, "")):
        (root / "ImageSets" / "val.txt").write_text(rest)
        kept = (root / "ImageSets" / "train.txt").read_text() + rest
        (root / "ImageSets" / "trainval.txt").write_text(kept)
    assert rules_broken(dataset) == {"set.listed"}
    assert [f.rule for f in verify_dataset(plain).findings] == ["set.listed"]
    assert rules_broken(plain) == set()


def test_an_empty_label_file_in_a_split_is_found(plain: Path) -> None:
    (plain / "training" / "label_2" / "000001.txt").write_text("")
    assert rules_broken(plain) == {"set.listed"}


def test_original_archives_without_image_sets_draw_warnings_only(plain: Path) -> None:
    shutil.rmtree(plain / "ImageSets")
    report = verify_dataset(plain)
    assert report.ok
    assert {f.rule for f in report.warnings} == {"set.splits"}


def test_a_changed_byte_is_found_by_its_checksum(dataset: Path) -> None:
    path = dataset / "training" / "image_3" / "000001.png"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    broken = [f for f in verify_dataset(dataset).errors if f.rule == "record.checksum"]
    assert [f.file for f in broken] == ["training/image_3/000001.png"]


def test_a_changed_size_is_found(dataset: Path) -> None:
    with (dataset / "training" / "calib" / "000001.txt").open("a") as file:
        file.write("\n")
    assert rules_broken(dataset) == {"record.size"}


def test_a_file_that_a_record_names_and_nobody_finds_is_found(dataset: Path) -> None:
    (dataset / "training" / "velodyne_label" / "000003.label").unlink()
    assert rules_broken(dataset) == {"record.missing_file", "set.ids"}


def test_frames_that_no_record_names_are_found(dataset: Path) -> None:
    toyworld.write_frame(dataset, 7, "toy-0001", 9, toyworld.ACTORS)
    broken = rules_broken(dataset)
    assert broken == {"record.unclaimed", "set.listed"}


def test_a_file_that_its_frames_record_does_not_name_is_found(dataset: Path) -> None:
    path = dataset / "episodes" / "toy-0000.json"
    record = json.loads(path.read_text())
    del record["files"]["training/calib/000001.txt"]
    path.write_text(json.dumps(record))
    assert rules_broken(dataset) == {"record.unclaimed"}


def test_a_missing_episode_is_found(dataset: Path) -> None:
    (dataset / "episodes" / "toy-0001.json").unlink()
    assert rules_broken(dataset) == {"record.request", "record.unclaimed"}


def test_an_episode_that_nobody_asked_for_is_found(dataset: Path) -> None:
    (dataset / "dataset.json").write_text(json.dumps({"episodes": [{"name": "toy-0000"}]}))
    assert rules_broken(dataset) == {"record.request"}


def test_records_without_a_request_are_found(dataset: Path) -> None:
    (dataset / "dataset.json").unlink()
    assert rules_broken(dataset) == {"record.request"}


def test_a_frame_claimed_by_two_records_is_found(dataset: Path) -> None:
    path = dataset / "episodes" / "toy-0001.json"
    record = json.loads(path.read_text())
    record["frames"] = ["000001", *record["frames"]]
    path.write_text(json.dumps(record))
    assert rules_broken(dataset) == {"record.frames"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"frames": [], "files": 3}'])
def test_a_record_that_is_none_is_found(dataset: Path, text: str) -> None:
    (dataset / "episodes" / "toy-0001.json").write_text(text)
    assert "record.form" in rules_broken(dataset)


def test_folders_in_the_place_of_records_are_found_and_not_stumbled_over(dataset: Path) -> None:
    for file in ("episodes/toy-0001.json", "dataset.json"):
        (dataset / file).unlink()
        (dataset / file).mkdir()
    assert "record.form" in rules_broken(dataset)


def test_a_record_cannot_make_the_judge_read_outside_the_dataset(dataset: Path) -> None:
    path = dataset / "episodes" / "toy-0001.json"
    record = json.loads(path.read_text())
    record["files"]["../secret"] = {"sha256": "", "bytes": 1}
    (dataset.parent / "secret").write_text("x")
    path.write_text(json.dumps(record))
    assert rules_broken(dataset) == {"record.missing_file"}


def test_a_dataset_that_was_asked_for_but_holds_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"episodes": [{"name": "toy-0000"}]}))
    assert rules_broken(tmp_path) == {"record.request", "set.folders", "set.splits"}
