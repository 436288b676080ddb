from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.verify import format_report, report_to_json, verify_dataset
from simgen.verify.findings import Finding, Severity
from tests.verify import toyworld

SEVERE: tuple[Severity, ...] = ("warning", "error")


def test_a_correct_dataset_has_no_findings(pristine: Path) -> None:
    report = verify_dataset(pristine)
    assert report.findings == ()
    assert report.ok
    assert (report.frames, report.labels) == (4, 20)
    assert report.classes == {"Car": 8, "Van": 4, "Pedestrian": 4, "Animal": 4, "DontCare": 4}


def test_a_correct_plain_kitti_dataset_has_no_findings(dataset: Path) -> None:
    toyworld.make_plain(dataset)
    assert verify_dataset(dataset).findings == ()


def test_several_processes_find_what_one_finds(dataset: Path) -> None:
    label = dataset / "training" / "label_2" / "000002.txt"
    label.write_text(label.read_text().replace("Car 0.00 0", "Car 0.00 0.0"))
    assert verify_dataset(dataset, workers=2) == verify_dataset(dataset)


def test_a_frame_without_objects_may_stay_out_of_the_image_sets(dataset: Path) -> None:
    training = dataset / "training"
    (training / "label_2" / "000003.txt").write_text("")
    side = (training / "objects" / "000003.json").read_text()
    start, end = side.index('"rows": [') + len('"rows": ['), side.index('], "instances"')
    (training / "objects" / "000003.json").write_text(side[:start] + side[end:])
    for split, ids in (("val", "000002\n"), ("trainval", "000000\n000001\n000002\n")):
        (dataset / "ImageSets" / f"{split}.txt").write_text(ids)
    toyworld.seal(dataset)
    assert verify_dataset(dataset).findings == ()


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no folder 'training'"):
        verify_dataset(tmp_path)


def test_the_written_report_groups_findings_and_names_the_verdict(dataset: Path) -> None:
    label = dataset / "training" / "label_2" / "000002.txt"
    label.write_text(label.read_text().replace("Car 0.00 0", "Car 0.00 0.0"))
    toyworld.seal(dataset)
    lines = format_report(verify_dataset(dataset)).splitlines()
    assert (
        lines[0] == "error label.occlusion (2 times): occlusion is written as one of the integers 0, 1, 2, 3"
    )
    assert lines[1].startswith("  training/label_2/000002.txt:1: occlusion is '0.0'")
    assert lines[-3].endswith("4 frames, 20 labels (8 Car, 4 Van, 4 Pedestrian, 4 Animal, 4 DontCare)")
    assert lines[-2] == "2 errors, 0 warnings by 89 rules: not fit for use"
    assert lines[-1] == (
        f"next: begin with label.occlusion: simgen show {dataset} 000002; then simgen verify {dataset}"
        " --only label.occlusion"
    )


def test_of_a_dataset_that_is_only_unfinished_the_last_line_says_so(dataset: Path) -> None:
    request = json.loads((dataset / "dataset.json").read_text())
    request["episodes"] += [{"name": f"toy-{number:04d}", "plan_digest": "0"} for number in (2, 3)]
    (dataset / "dataset.json").write_text(json.dumps(request))
    report = verify_dataset(dataset)
    lines = format_report(report).splitlines()
    assert lines[1] == "  dataset.json: episode toy-0002 was asked for but has no record; run the same command again"
    assert lines[-2] == "2 errors, 0 warnings by 89 rules: not fit for use"
    assert lines[-1] == ("next: the dataset is only unfinished, 2 episodes not recorded yet: run the command again "
                         f"that began it (simgen status {dataset} tells how far it is), then verify again")
    warned, wrong = (replace(report, findings=(*report.findings, Finding("label.size", severity, None, "f", "is odd")))
                     for severity in SEVERE)
    assert "next: the dataset has no other error than that it is unfinished" in format_report(warned)
    assert "unfinished" not in format_report(warned, strict=True)
    assert "next: begin with label.size" in format_report(wrong)


def test_the_report_as_json_holds_every_finding(dataset: Path) -> None:
    (dataset / "training" / "calib" / "000001.txt").unlink()
    report = report_to_json(verify_dataset(dataset))
    assert report["ok"] is False
    assert report["errors"] == len(report["findings"]) >= 1
    assert {
        "rule": "set.ids",
        "severity": "error",
        "frame": "000001",
        "file": "training/calib",
        "sentence": "frame 000001 is missing here, but is in image_2, image_3, velodyne, label_2, objects,"
        " velodyne_label",
    } in report["findings"]
