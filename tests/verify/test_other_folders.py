"""What is no dataset is named for what it is; what is part of one is judged as far as it goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.verify import format_report, verify_dataset
from tests.verify.test_command import simgen_verify

OTHERS = {
    "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png": "raw layout",
    "sequences/00/poses.txt": "odometry layout",
    "v1.0-mini/sample_annotation.json": "nuScenes",
    "annotations/instances.json": "COCO",
}


@pytest.mark.parametrize("file", OTHERS)
def test_another_layout_is_named_with_what_to_do_instead(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"images": [], "annotations": []}))
    error = simgen_verify(tmp_path).exception
    assert isinstance(error, RequestError) and error.exit_code == 2
    assert OTHERS[file] in str(error) and "check the dataset" in str(error)
    assert str(error).startswith(f"{tmp_path} ")


def test_one_drive_and_one_odometry_sequence_are_named_as_well(tmp_path: Path) -> None:
    drive, sequence = tmp_path / "2011_09_26_drive_0001_sync", tmp_path / "00"
    (drive / "image_02" / "data").mkdir(parents=True)
    (sequence / "image_2").mkdir(parents=True)
    (sequence / "calib.txt").write_text("")
    for folder, name in ((drive, "raw layout"), (sequence, "odometry layout")):
        with pytest.raises(RequestError, match=name):
            verify_dataset(folder)


@pytest.mark.parametrize("name, says", [("coco.json", "COCO"), ("label.txt", "is a file"), ("x.json", "is a file")])
def test_a_file_is_answered_with_what_it_is(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_text('{"info": {}, "images": [], "annotations": []}' if name == "coco.json" else "{")
    with pytest.raises(RequestError, match=says):
        verify_dataset(tmp_path / name)


def test_a_label_file_is_answered_with_its_dataset(plain: Path) -> None:
    with pytest.raises(RequestError) as raised:
        verify_dataset(plain / "training" / "label_2" / "000000.txt")
    assert str(raised.value).endswith(f": {plain}")


def test_labels_alone_are_fit_only_as_far_as_could_be_judged(plain: Path) -> None:
    for folder in ("image_2", "image_3", "calib", "velodyne"):
        shutil.rmtree(plain / "training" / folder)
    report = verify_dataset(plain)
    assert "training/calib" in {f.file for f in report.warnings}
    *_, verdict, last = format_report(report).splitlines()
    assert verdict.endswith("fit for use as far as could be judged")
    assert last.endswith(
        "not judged, as there are none: calibration files, pictures (image_2), sweeps (velodyne)"
    )
    assert "simgen show" not in last                                              # it has nothing to draw on


def test_nobody_is_told_to_train_on_an_empty_train_set(plain: Path) -> None:
    sets = plain / "ImageSets"
    assert "train on it; simgen show" in format_report(verify_dataset(plain))
    (sets / "train.txt").write_text("")
    (sets / "val.txt").write_text((sets / "trainval.txt").read_text())
    last = format_report(verify_dataset(plain)).splitlines()[-1]
    assert last == "next: there is nothing to train on: no labelled frame is in train"


def test_a_bare_training_folder_is_drawn_from_the_folder_above_it(plain: Path) -> None:
    assert f"simgen show {plain} FRAME" in format_report(verify_dataset(plain / "training"))


def test_json_says_what_the_exit_code_says(plain: Path) -> None:
    (plain / "ImageSets" / "trainval.txt").unlink()                                             # a warning
    for options, fit in (((), True), (("--strict",), False)):
        done = simgen_verify(plain, "--json", *options)
        told = json.loads(done.stdout)
        assert (told["ok"], told["strict"], told["fit"]) == (True, bool(options), fit)
        assert done.exit_code == (0 if fit else 1)


def test_a_picture_that_is_cut_off_or_damaged_is_told_without_a_word_from_the_decoder(
    plain: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cut, damaged = (plain / "training" / "image_2" / f"00000{n}.png" for n in (0, 1))
    cut.write_bytes(cut.read_bytes()[:5000])
    data = bytearray(damaged.read_bytes())
    data[3000:3100] = bytes(100)
    damaged.write_bytes(bytes(data))
    found = {(f.rule, f.frame) for f in verify_dataset(plain).errors}
    assert found == {("image.form", "000000"), ("image.pixels", "000001")}
    assert capfd.readouterr() == ("", "")
