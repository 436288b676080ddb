"""An export never harms what it was made from, and can be brought up to date."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from simgen.errors import DatasetError, RequestError
from simgen.export import FORMATS, export_dataset, find_format
from simgen.export.dataset import Dataset
from tests.export.recording import FRAMES, write_dataset


def digests(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("original"), pictures=True).root


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "recorded"))


@pytest.mark.parametrize("layout", ["tracking", "raw", "odometry", "depth", "semantics"])
def test_deleting_an_export_leaves_the_dataset_as_it_was(root: Path, layout: str):
    before = digests(root)
    report = export_dataset(root, layout)
    assert report.count("linked") > 0
    assert report.count("copied") == 0
    assert {path: digest for path, digest in digests(root).items() if not path.startswith(layout)} == before
    shutil.rmtree(root / layout)
    assert digests(root) == before
    assert {path.stat().st_nlink for path in root.rglob("*") if path.is_file()} == {1}


def test_pictures_and_sweeps_are_stored_once(root: Path):
    export_dataset(root, "tracking")
    export_dataset(root, "raw")
    picture, sweep = root / "training/image_2/000009.png", root / "training/velodyne/000009.bin"
    assert picture.samefile(root / "tracking/training/image_02/0001/000001.png")
    assert sweep.samefile(root / "raw/2000_01_01/2000_01_01_drive_0001_sync/velodyne_points/data/0000000001.bin")
    assert picture.stat().st_nlink == 3


def test_an_export_is_the_same_bytes_wherever_it_goes(root: Path, tmp_path: Path):
    export_dataset(root, "raw", tmp_path / "one")
    export_dataset(root, "raw", tmp_path / "other")
    assert digests(tmp_path / "one") == digests(tmp_path / "other")


def test_a_second_export_changes_nothing(root: Path):
    export_dataset(root, "odometry")
    before = digests(root)
    export_dataset(root, "odometry")
    assert digests(root) == before


def test_an_export_follows_the_dataset_and_leaves_other_files_alone(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    export_dataset(root, "tracking", out)
    (out / "my_results.txt").write_text("mine")
    (root / "training/label_2/000000.txt").write_text((root / "training/label_2/000000.txt").read_text()
                                                      .replace("Car 0.00 0", "Car 0.00 2"))
    (root / "episodes/bend-0001.json").unlink()
    export_dataset(root, "tracking", out)
    assert (out / "training/label_02/0000.txt").read_text().splitlines()[0].split()[2:5] == ["Car", "0", "2"]
    assert not (out / "training/label_02/0001.txt").exists()
    assert not (out / "training/image_02/0001").exists()
    assert (out / "my_results.txt").read_text() == "mine"
    assert len(list((root / "training/image_2").iterdir())) == 2 * FRAMES


def test_a_list_of_files_that_points_outside_removes_nothing_there(root: Path, tmp_path: Path):
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("mine")
    export_dataset(root, "tracking", out)
    said = json.loads((out / "export.json").read_text())
    (out / "export.json").write_text(json.dumps({**said, "files": [*said["files"], "../precious.txt"]}))
    with pytest.raises(RequestError, match="which is outside"):
        export_dataset(root, "tracking", out)
    assert precious.read_text() == "mine"


def test_a_picture_that_was_recorded_anew_is_linked_anew(root: Path):
    export_dataset(root, "tracking")
    picture = root / "training/image_2/000000.png"
    content = picture.read_bytes() + b"anew"
    picture.unlink()
    picture.write_bytes(content)
    export_dataset(root, "tracking")
    assert picture.samefile(root / "tracking/training/image_02/0000/000000.png")


def test_sequences_keep_their_numbers_when_an_episode_failed(tmp_path: Path):
    root = write_dataset(tmp_path, episodes=3, failed=(1,)).root
    export_dataset(root, "tracking")
    assert sorted(path.stem for path in (root / "tracking/training/label_02").iterdir()) == ["0000", "0002"]


def test_the_export_says_what_it_was_made_from(root: Path):
    export_dataset(root, "tracking")
    said = json.loads((root / "tracking/export.json").read_text())
    assert said["format"] == "tracking"
    assert said["episodes"] == {"bend-0000": "ab" * 32, "bend-0001": "ab" * 32}
    assert "training/label_02/0000.txt" in said["files"]
    assert not list(root.rglob("*.partial"))


def test_an_export_that_was_cut_short_is_taken_up_again(root: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr("simgen.export.odometry.poses_text", full)
        with pytest.raises(RequestError, match="cannot be written: No space left on device"):
            export_dataset(root, "odometry")
    assert not (root / "odometry/export.json").exists()
    export_dataset(root, "odometry")
    assert (root / "odometry/export.json").exists()
    assert (root / "odometry/poses/00.txt").exists()


def test_where_the_file_system_cannot_link_files_are_copied_and_the_report_says_so(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    def across(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")
    monkeypatch.setattr(os, "link", across)
    for _ in range(2):
        report = export_dataset(root, "tracking")
        assert report.count("copied") == 2 * FRAMES * 3
        assert any("48 files are copies" in note for note in report.notes)
    picture = root / "training/image_2/000000.png"
    copy = root / "tracking/training/image_02/0000/000000.png"
    assert copy.read_bytes() == picture.read_bytes()
    assert not copy.samefile(picture)


@pytest.mark.parametrize("inside", ["", "training", "training/new", "episodes/x", ".."])
def test_an_export_among_the_dataset_s_own_files_is_refused(root: Path, inside: str):
    before = digests(root)
    with pytest.raises(RequestError, match="among the dataset's own files"):
        export_dataset(root, "tracking", root / inside)
    assert digests(root) == before


def test_a_folder_with_something_else_is_refused_and_left_alone(root: Path, tmp_path: Path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("long work")
    with pytest.raises(RequestError, match="not empty and holds no export"):
        export_dataset(root, "tracking", other)
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]
    with pytest.raises(RequestError, match="this is a file"):
        export_dataset(root, "tracking", other / "chapter.txt")


def test_another_format_or_dataset_in_the_folder_is_refused(root: Path, tmp_path: Path):
    out = tmp_path / "out"
    export_dataset(root, "tracking", out)
    with pytest.raises(RequestError, match="holds an export to tracking; name another folder for raw"):
        export_dataset(root, "raw", out)
    other = write_dataset(tmp_path / "other", episodes=1, plans="cd").root
    before = digests(out)
    with pytest.raises(RequestError, match=r"the export of another dataset \(recorded\)"):
        export_dataset(other, "tracking", out)
    assert digests(out) == before


@pytest.mark.parametrize(("layout", "lacks"), [("raw", "GNSS and IMU"), ("odometry", "poses")])
def test_older_datasets_lack_what_some_layouts_need(tmp_path: Path, layout: str, lacks: str):
    root = write_dataset(tmp_path, episodes=1, ego=False).root
    with pytest.raises(RequestError, match=f"{layout} needs {lacks}.*record the dataset anew"):
        export_dataset(root, layout)
    assert not (root / layout).exists()


def test_tracking_without_an_imu_says_that_oxts_is_left_out(tmp_path: Path):
    root = write_dataset(tmp_path, episodes=1, imu=False).root
    report = export_dataset(root, "tracking")
    assert any("oxts is left out" in note for note in report.notes)
    assert not (root / "tracking/training/oxts").exists()
    export_dataset(root, "odometry")


@pytest.mark.parametrize(("layout", "lacks"), [("depth", "no stored depth"), ("semantics", "no stored semantic")])
def test_pictures_that_were_not_asked_for_cannot_be_exported(tmp_path: Path, layout: str, lacks: str):
    root = write_dataset(tmp_path, episodes=1).root
    with pytest.raises(RequestError, match=f"frame 000000 has {lacks}.*output: {{layouts: "):
        export_dataset(root, layout)
    assert not (root / layout).exists()


@pytest.mark.parametrize(("stored", "other"), [("semantic", "instance"), ("instance", "semantic")])
def test_of_classes_and_instances_one_may_be_missing(tmp_path: Path, stored: str, other: str):
    root = write_dataset(tmp_path, episodes=1, pictures=True).root
    for record in (root / "episodes").glob("*.json"):
        value = json.loads(record.read_text())
        value["files"] = {path: entry for path, entry in value["files"].items() if f"/{other}/" not in path}
        record.write_text(json.dumps(value))
    report = export_dataset(root, "semantics")
    assert any(f"{other} pictures are left out: frame 000000 has none" in note for note in report.notes)
    assert (root / "semantics/training" / stored / "000000_10.png").is_file()
    assert not (root / "semantics/training" / other).exists()


@pytest.mark.parametrize(("word", "name"), [("semantic", "semantics"), ("instance", "semantics"), ("poses", "odometry"),
                                            ("depth_2", "depth"), ("coco", "coco")])
def test_a_layout_may_be_called_as_a_scenario_calls_it(word: str, name: str):
    assert find_format(word).name == name


@pytest.mark.parametrize("word", ["object", "kitti"])
def test_the_object_layout_is_the_dataset_itself(root: Path, word: str):
    with pytest.raises(RequestError, match=r"the dataset itself is the KITTI object layout; .* --classes"):
        export_dataset(root, word)


def test_planes_can_only_be_stored_while_recording():
    with pytest.raises(RequestError, match=r"planes are stored with the frames .*{layouts: \[object, planes\]"):
        find_format("planes")


@pytest.mark.parametrize("layout", [name for name in FORMATS if name != "object"])
def test_a_file_that_is_missing_is_found_before_anything_is_written(tmp_path: Path, layout: str):
    root = write_dataset(tmp_path, episodes=2, pictures=True).root
    export_dataset(root, layout, tmp_path / "old")
    before = digests(tmp_path / "old")
    sorted(root.glob("training/image_2/*.png"))[-1].unlink()
    for out in ("new/out", "old"):
        with pytest.raises(DatasetError, match=r"000015.png: is recorded, but not there; .* records its episode again"):
            export_dataset(root, layout, tmp_path / out)
    assert not (tmp_path / "new").exists()
    assert digests(tmp_path / "old") == before          # an earlier export is as it was, export.json and all


def test_what_a_layout_does_not_need_may_be_missing(tmp_path: Path):
    root = write_dataset(tmp_path, episodes=1).root
    for sweep in root.glob("training/velodyne/*.bin"):
        sweep.unlink()
    assert export_dataset(root, "coco").frames == 8
    with pytest.raises(DatasetError, match=r"velodyne/000000\.bin: is recorded, but not there"):
        export_dataset(root, "tracking")


def test_a_picture_that_lost_its_content_is_not_linked(root: Path):
    (root / "training/image_2/000002.png").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"image_2/000002\.png: is recorded, but empty; .* its episode again"):
        export_dataset(root, "tracking")
    assert not (root / "tracking").exists()


@pytest.mark.parametrize("layout", ["tracking", "raw", "odometry", "nuscenes"])
def test_frames_of_an_episode_come_one_after_the_other(root: Path, layout: str):
    side = root / "training/objects/000002.json"
    side.write_text(side.read_text().replace('"time_s": 0.2', '"time_s": 0.1'))
    with pytest.raises(DatasetError, match=r"000002\.json: its time_s, 0.1, is not after that of the frame before"):
        export_dataset(root, layout)
    assert not (root / layout).exists()


@pytest.mark.parametrize("existed", [False, True])
def test_ctrl_c_leaves_no_half_export(root: Path, tmp_path: Path, existed: bool, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "out"
    if existed:
        out.mkdir()

    def stopped(*_: object) -> None:
        assert [path.name for path in (out / "export.partial").iterdir()] == ["sequences"]      # half of it is made
        raise KeyboardInterrupt
    monkeypatch.setattr("simgen.export.odometry.poses_text", stopped)
    with pytest.raises(KeyboardInterrupt):
        export_dataset(root, "odometry", out)
    assert list(out.iterdir()) == [] if existed else not out.exists()


def test_what_a_killed_export_left_has_no_file_in_its_place_and_is_made_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr("simgen.export.release", lambda _: None)           # killed: nobody tidies up
        patched.setattr("simgen.export.finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            export_dataset(root, "tracking", out)
    assert sorted(path.name for path in out.iterdir()) == ["export.json.partial", "export.partial"]
    with pytest.raises(RequestError, match="holds an export to tracking"):
        export_dataset(root, "raw", out)
    export_dataset(root, "tracking", out)
    export_dataset(root, "tracking", tmp_path / "whole")
    assert digests(out) == digests(tmp_path / "whole")


def test_an_export_that_was_killed_between_two_moves_is_completed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        moves = iter([True])
        rename = Path.rename
        patched.setattr(Path, "rename", lambda path, to: rename(path, to) if next(moves, False) else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            export_dataset(root, "odometry", out)
    assert sorted(path.name for path in out.iterdir()) == ["export.json.partial", "export.partial", "poses"]
    export_dataset(root, "odometry", out)
    export_dataset(root, "odometry", tmp_path / "whole")
    assert digests(out) == digests(tmp_path / "whole")


@pytest.mark.parametrize("existed", [False, True])
def test_a_new_export_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, existed: bool):
    root, out = write_dataset(tmp_path / "data", episodes=2).root, tmp_path / "out"
    if existed:
        out.mkdir()
    side = sorted(root.glob("training/objects/*.json"))[-1]
    side.write_bytes(b" " * side.stat().st_size)         # as long as it was
    with pytest.raises(DatasetError, match=r"objects/000015\.json"):
        export_dataset(root, "tracking", out)
    assert list(out.iterdir()) == [] if existed else not out.exists()
    assert digests(root) and (root / "training/image_2/000000.png").is_file()


def test_a_folder_without_a_dataset_is_one_sentence(tmp_path: Path):
    with pytest.raises(RequestError, match="holds no dataset of simgen"):
        export_dataset(tmp_path, "tracking")
    with pytest.raises(RequestError, match="there is no such folder"):
        export_dataset(tmp_path / "nowhere", "tracking")
    root = write_dataset(tmp_path, episodes=1, failed=(0,)).root
    with pytest.raises(RequestError, match="no episode is recorded yet"):
        export_dataset(root, "tracking")


def test_what_is_no_dataset_of_simgen_is_told_apart(root: Path, tmp_path: Path):
    foreign = tmp_path / "kitti"
    for folder in ("image_2", "label_2", "calib"):
        shutil.copytree(root / "training" / folder, foreign / "training" / folder)
    with pytest.raises(RequestError, match="kitti: is a KITTI dataset that simgen did not record, so the poses"):
        export_dataset(foreign, "tracking")
    with pytest.raises(RequestError, match=r"training: is one folder of the dataset .*recorded; name the folder"):
        export_dataset(root / "training", "tracking")
    with pytest.raises(RequestError, match=r"label_2/000000\.txt: this is a file"):
        export_dataset(root / "training/label_2/000000.txt", "tracking")
    export_dataset(root, "coco", tmp_path / "coco")
    with pytest.raises(RequestError, match="coco: is an export, and only the dataset itself"):
        export_dataset(tmp_path / "coco", "tracking")
    assert not any((where / "tracking").exists() for where in (foreign, root, tmp_path / "coco"))


def test_an_unknown_format_names_the_nearest(root: Path):
    with pytest.raises(RequestError, match="--to trackng: no such format; did you mean tracking"):
        export_dataset(root, "trackng")
    with pytest.raises(RequestError, match="no such format; there are tracking, raw"):
        export_dataset(root, "xyz")


def test_a_missing_file_of_the_dataset_is_named(root: Path):
    (root / "training/velodyne/000003.bin").unlink()
    with pytest.raises(DatasetError, match=r"training/velodyne/000003\.bin: is recorded, but not there"):
        export_dataset(root, "tracking")


@pytest.mark.parametrize(("folder", "layout"), [("calib", "raw"), ("depth_2", "depth"), ("velodyne", "depth"),
                                                ("objects", "odometry"), ("image_2", "raw")])
def test_whatever_is_missing_is_named_and_not_taken_for_a_full_disk(root: Path, folder: str, layout: str):
    for path in (root / "training" / folder).iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match=rf"training/{folder}/000000\.\w+: is recorded, but"):
        export_dataset(root, layout)


@pytest.mark.parametrize(("folder", "layout"), [("semantic", "semantics"), ("instance", "coco")])
def test_a_picture_that_is_none_is_named(tmp_path: Path, folder: str, layout: str):
    root = write_dataset(tmp_path, episodes=1, pictures=True).root
    (path,) = (root / "training" / folder).glob("000000*")
    path.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=rf"training/{folder}/000000\w*\.png: "):
        export_dataset(root, layout)


def test_every_format_says_what_it_is_and_how_to_read_it():
    for name, one in FORMATS.items():
        assert one.name == name
        assert one.says
        assert one.read_with


def test_opening_reads_no_frame(root: Path):
    for folder in ("label_2", "objects", "calib"):
        shutil.rmtree(root / "training" / folder)
    dataset = Dataset.open(root)
    assert [len(episode.frames) for episode in dataset.episodes] == [FRAMES, FRAMES]
    assert dataset.frames[3].path("label_2") == root / "training/label_2/000003.txt"
