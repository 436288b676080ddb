"""The tracking layout as a whole: what siblings have, testing, lists of sequences, ids over time, the ego."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simgen.verify import format_report, verify_dataset
from tests.verify import toyworld

Columns = list[str]
LIST = "evaluate_tracking.seqmap.training"


@pytest.fixture(scope="session")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sequences of training and one of testing, whose labels lie beside it; not to be changed."""
    root = toyworld.write_tracking(tmp_path_factory.mktemp("toy") / "tracking")
    for other, home in (("0001", "training"), ("0002", "testing")):
        for folder in ("image_02", "velodyne"):
            shutil.copytree(root / "training" / folder / "0000", root / home / folder / other)
        for folder in ("calib", "oxts", "label_02"):
            place = root / ("testing_labels" if (home, folder) == ("testing", "label_02") else home) / folder
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / "training" / folder / "0000.txt", place / f"{other}.txt")
    (root / "training" / LIST).write_text("0000 empty 000000 000008\n0001 empty 000000 000008\n")
    (root / "testing" / "evaluate_tracking.seqmap.testing").write_text("0002 empty 000000 000008\n")
    return root


@pytest.fixture
def broken(sequences: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sequences, tmp_path / "tracking"))


def spoken(root: Path) -> set[tuple[str, str]]:
    """(severity, rule) of everything that needs no sweep or picture opened."""
    return {(finding.severity, finding.rule) for finding in verify_dataset(root, quick=True).findings}


def change(path: Path, edit: Callable[[Columns], Columns]) -> None:
    """Edit the columns of every row, but of DontCare."""
    lines = [line.split(" ") for line in path.read_text().splitlines()]
    path.write_text("".join(" ".join(c if "DontCare" in c else edit(c)) + "\n" for c in lines))


def test_training_and_testing_of_a_correct_dataset_are_read_and_left_in_peace(sequences: Path) -> None:
    report = verify_dataset(sequences, quick=True)
    assert report.findings == ()
    assert (report.frames, report.test_frames) == (16, 8)
    assert "simgen show" not in format_report(report)                           # which draws no tracking dataset


@pytest.mark.parametrize(
    "file",
    ["training/calib/0000.txt", "training/oxts/0000.txt", "training/label_02/0001.txt", "training/velodyne/0001",
     "testing/calib/0002.txt"],
)
def test_what_a_sequence_lacks_and_its_siblings_have_is_an_error(broken: Path, file: str) -> None:
    gone = broken / file
    if gone.is_dir():
        shutil.rmtree(gone)
    else:
        gone.unlink()
    found = [f for f in verify_dataset(broken, quick=True).errors if f.rule == "track.files"]
    assert [f.file for f in found] == [file]
    assert "none, but 000" in found[0].sentence


def test_a_set_without_any_calibration_draws_a_warning(broken: Path) -> None:
    for path in broken.glob("*/calib/*.txt"):
        path.unlink()
    assert spoken(broken) == {("warning", "track.files")}


def test_a_sweep_that_is_missing_where_its_picture_is_there_is_an_error(broken: Path) -> None:
    (broken / "training" / "velodyne" / "0000" / "000003.bin").unlink()
    found = verify_dataset(broken, quick=True).findings
    assert [(f.severity, f.rule, f.file, f.frame) for f in found] == [
        ("error", "track.streams", "training/velodyne/0000", "0000/000003")
    ]


def test_a_frame_that_is_missing_everywhere_draws_a_warning(broken: Path) -> None:
    for path in (broken / "training").glob("*/0000/000003.*"):
        path.unlink()
    change(broken / "training" / "label_02" / "0000.txt", lambda c: c)
    label = broken / "training" / "label_02" / "0000.txt"
    label.write_text("".join(line for line in label.read_text().splitlines(True) if not line.startswith("3 ")))
    assert spoken(broken) == {("warning", "track.streams")}


def test_labels_of_testing_are_judged(broken: Path) -> None:
    change(broken / "testing_labels" / "label_02" / "0002.txt", lambda c: [*c, "0.5"])
    found = verify_dataset(broken, quick=True).errors
    assert {f.rule for f in found} == {"track.columns"}
    assert found[0].file.startswith("testing_labels/label_02/0002.txt:")


@pytest.mark.parametrize(
    "text, says",
    [
        ("0000 empty 000000 000099\n0001 empty 000000 000008\n", "it has 000000 to 000008"),
        ("0000 empty 000000 000008\n", "sequence 0001 not listed"),
        ("0000 empty 000000 000008\n0001 empty 000000 000008\n0007 empty 0 8\n", "no sequence 0007"),
        ("0000 empty 000000 000008\n0001 8\n", "not of the form"),
    ],
)
def test_a_list_of_sequences_that_is_wrong_is_an_error(broken: Path, text: str, says: str) -> None:
    (broken / "training" / LIST).write_text(text)
    found = [f for f in verify_dataset(broken, quick=True).errors if f.rule == "track.seqmap"]
    assert found and says in found[0].sentence


def test_a_list_of_some_sequences_may_leave_others_out(broken: Path) -> None:
    (broken / "training" / "evaluate_tracking.seqmap.val").write_text("0001 empty 000000 000008\n")
    assert spoken(broken) == set()


def test_ids_that_are_new_in_every_frame_are_found(broken: Path) -> None:
    change(broken / "training" / "label_02" / "0000.txt", lambda c: [c[0], str(10 * int(c[0]) + int(c[1])), *c[2:]])
    assert spoken(broken) == {("error", "track.life")}


def test_two_ids_that_are_swapped_in_the_middle_are_found(broken: Path) -> None:
    other = {"0": "2", "2": "0"}                                                 # the two cars
    change(broken / "training" / "label_02" / "0000.txt",
           lambda c: [c[0], other.get(c[1], c[1]) if int(c[0]) >= 4 else c[1], *c[2:]])
    found = [f for f in verify_dataset(broken, quick=True).errors if f.rule == "track.jump"]
    assert [f.frame for f in found] == ["0000/000004"]
    assert "swapped" in found[0].sentence


def test_an_id_that_goes_on_with_another_object_is_found(broken: Path) -> None:
    # The parked car, 11 m ahead, ends; a car 40 m farther away takes its id.
    def far(c: Columns) -> Columns:
        return [*c[:15], f"{float(c[15]) + 40.0:.4f}", c[16]] if c[1] == "2" and int(c[0]) >= 4 else c

    change(broken / "training" / "label_02" / "0000.txt", far)
    assert ("error", "track.jump") in spoken(broken)


@pytest.mark.parametrize("yaw", ["40.0", "0.7"])
def test_an_attitude_in_degrees_or_of_another_zero_is_found(broken: Path, yaw: str) -> None:
    change(broken / "training" / "oxts" / "0000.txt", lambda c: [*c[:5], yaw, *c[6:]])
    assert ("error", "track.ego") in spoken(broken)
