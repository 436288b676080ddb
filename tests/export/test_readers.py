"""What the field's trainers and evaluators find in recorded datasets and exports: the same boxes within a centimetre.

The programs are stand-ins (``tests/judges``); the truth is where the things of the tests' datasets were put.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from simgen.export import export_dataset
from simgen.export.tracking import tracking_type
from tests.export import recording, street
from tests.export.recording import HIDDEN, INSTANCES, Written, labels_of, points_of
from tests.export.street import RIG, THINGS, write_street
from tests.judges import open3dml_kitti, openpcdet_kitti, semantickitti, trackeval_kitti

CENTIMETRE = 0.01
FRAMES = [f"{number:06d}" for number in range(2 * street.FRAMES)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    written = recording.write_dataset(tmp_path_factory.mktemp("recorded"))
    for layout in ("tracking", "odometry"):
        export_dataset(written.root, layout)
    return written


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("street"), xodr=False)


def true_boxes(frame: int) -> dict[str, np.ndarray]:
    """(7,) centre, length, width, height and heading of every labelled thing in LiDAR axes, by type and height."""
    episode, index = divmod(frame, street.FRAMES)
    lidar_from_world = (street.world_from_rig(episode, index) @ RIG.lidar.rig_from_lidar).inverse()
    found = {}
    for thing in THINGS[:-1]:                                   # the van is a DontCare
        box = street.box_of(thing, episode, index).transformed(lidar_from_world)
        forward = box.frame_from_box.rotation[:, 0]
        found[key(thing.type, thing.size_lwh_m[2])] = np.array(
            [*box.frame_from_box.translation_m, *thing.size_lwh_m, math.atan2(forward[1], forward[0])])
    return found


def key(kind: str, height_m: float) -> str:
    return f"{kind} {height_m:.2f}"


def turned(a: float, b: float) -> float:
    return abs(math.remainder(a - b, math.tau))


@pytest.mark.parametrize("frame", range(2 * street.FRAMES))
def test_openpcdet_finds_every_thing_where_it_is(root: Path, frame: int) -> None:
    info, truth = openpcdet_kitti.read_info(root, FRAMES[frame]), true_boxes(frame)
    assert info.names[-1] == "DontCare" and len(info.boxes_lidar) == len(truth)
    for name, box in zip(info.names, info.boxes_lidar, strict=False):
        true = truth.pop(key(name, box[5]))
        assert np.abs(box[:6] - true[:6]).max() < CENTIMETRE
        assert turned(box[6], true[6]) < 1e-3
    assert np.abs(openpcdet_kitti.image_boxes(info) - info.bbox[:-1]).max() < 0.1
    assert info.points_in_box.tolist() == [4] * 6 + [-1]        # as many as were put inside
    assert openpcdet_kitti.database_counts(root, info).tolist() == [4] * 6


@pytest.mark.parametrize("frame", range(2 * street.FRAMES))
def test_open3d_ml_finds_every_thing_where_it_is(root: Path, frame: int) -> None:
    dataset, truth = open3dml_kitti.Kitti(root), true_boxes(frame)
    data = dataset.get(dataset.train[frame])
    assert data.name == FRAMES[frame]
    known = [box for box in data.boxes if box.type != "DontCare"]
    assert len(known) == 4 and len(data.boxes) == 7             # cone, deer and van are DontCare to it
    for box in known:
        true = truth.pop(key(box.type, box.size[1]))
        assert np.abs(box.centre - true[:3]).max() < CENTIMETRE
        assert np.abs(np.subtract(box.size, true[[4, 5, 3]])).max() < CENTIMETRE
        assert turned(math.atan2(box.front[1], box.front[0]), true[6]) < 1e-3
        assert box.points_inside(data.point) == 4


def test_trackeval_finds_every_box_of_the_object_labels(written: Written) -> None:
    folder = written.root / "tracking" / "training"
    lengths = trackeval_kitti.read_seqmap(folder)
    assert lengths == {"0000": recording.FRAMES, "0001": recording.FRAMES}
    for name, length in lengths.items():
        for index, step in enumerate(trackeval_kitti.read_sequence(folder, name, length)):
            labels = {INSTANCES.index(role): label for role, _, label in labels_of(index) if label.type != "DontCare"}
            assert step.ids.tolist() == sorted(labels)
            for track, box, whole in zip(step.ids.tolist(), step.boxes, step.boxes_3d, strict=True):
                label = labels[track]
                assert np.abs(box - label.bbox_px).max() < 0.01
                assert np.abs(whole - [*label.size_hwl_m, *label.bottom_centre_m, label.yaw_rad]).max() < CENTIMETRE
            assert step.counted("pedestrian").sum() == (index not in HIDDEN)
            assert step.counted("car").sum() == (index < 6)     # then it leaves the picture, and is excused
            assert len(step.ignored) == 1


def test_trackeval_stops_at_an_animal_as_the_export_says(root: Path) -> None:
    report = export_dataset(root, "tracking")
    assert any("TrackEval stops at the type Animal" in note for note in report.notes)
    folder = root / "tracking" / "training"
    with pytest.raises(trackeval_kitti.Unreadable, match="Animal"):
        trackeval_kitti.read_sequence(folder, "0000", street.FRAMES)
    export_dataset(root, "tracking", classes="kitti")           # what the note advises
    steps = trackeval_kitti.read_sequence(root / "tracking_kitti" / "training", "0000", street.FRAMES)
    assert [len(step.ids) for step in steps] == [6] * street.FRAMES
    assert [(step.types == trackeval_kitti.TYPES["misc"]).sum() for step in steps] == [2] * street.FRAMES


def test_a_sitting_person_has_the_tracking_benchmark_s_name() -> None:
    assert tracking_type("Person_sitting") == "Person"
    assert trackeval_kitti.TYPES[tracking_type("Person_sitting").lower()] == trackeval_kitti.TYPES["person"]
    assert tracking_type("Car") == "Car"


def test_semantickitti_s_tools_put_every_sweep_where_it_was_taken(written: Written) -> None:
    for episode, name in enumerate(("00", "01")):
        scans = semantickitti.read_sequence(written.root / "odometry", name)
        assert len(scans) == recording.FRAMES
        poses = [recording.world_from_rig(episode, index) @ RIG.lidar.rig_from_lidar
                 for index in range(recording.FRAMES)]
        for index, (scan, pose) in enumerate(zip(scans, poses, strict=True)):
            assert np.array_equal(scan.points, points_of(index)[0][:, :3])
            true = (poses[0].inverse() @ pose).apply(scan.points.astype(float))
            assert np.abs(scan.in_first() - true).max() < CENTIMETRE


def test_semantickitti_s_classes_are_those_of_the_points(written: Written) -> None:
    scan = semantickitti.read_sequence(written.root / "odometry", "00")[0]
    road, car, motorcyclist = semantickitti.ROAD, semantickitti.CAR, semantickitti.MOTORCYCLIST
    assert scan.learned.tolist()[:3] == [road, road, car]
    assert scan.learned.tolist()[4] == motorcyclist             # a rider is one by the motorcycle below
    assert scan.instance.tolist() == [0, 0, 1, 2, 2, 0]


def test_semantickitti_s_tools_refuse_a_label_too_many(written: Written, tmp_path: Path) -> None:
    folder = tmp_path / "sequences" / "00"
    (folder / "velodyne").mkdir(parents=True)
    (folder / "labels").mkdir()
    source = written.root / "odometry" / "sequences" / "00"
    for name in ("calib.txt", "poses.txt", "velodyne/000000.bin"):
        (folder / name).write_bytes((source / name).read_bytes())
    (folder / "labels" / "000000.label").write_bytes((source / "labels" / "000000.label").read_bytes() + b"\0" * 4)
    with pytest.raises(ValueError, match="6 points and 7 labels"):
        semantickitti.read_sequence(tmp_path, "00")
