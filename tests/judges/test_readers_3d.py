"""The stand-ins for OpenPCDet and Open3D-ML, tried on a dataset that is right by construction."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.judges import mmdet3d_kitti, open3dml_kitti, openpcdet_kitti
from tests.verify import toyworld
from tests.verify.toyworld import ACTORS, LIDAR_Z, Body

TYPES = ["Car", "Van", "Car", "Pedestrian", "Animal", "DontCare"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "dataset", frames_each=1)


@pytest.fixture
def copy(toy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy, tmp_path / "dataset"))


def lidar_centre(body: Body) -> tuple[float, float, float]:
    return body.x, body.y, body.z + body.height / 2 - LIDAR_Z


def turned(a: float, b: float) -> float:
    """Angle between two headings."""
    return abs(math.remainder(a - b, math.tau))


def test_openpcdet_s_boxes_are_the_bodies(toy: Path) -> None:
    (info,) = openpcdet_kitti.read_infos(toy, "train")
    assert list(info.names) == TYPES
    assert info.index.tolist() == [0, 1, 2, 3, 4, -1]
    for body, box in zip(ACTORS, info.boxes_lidar, strict=True):
        assert np.abs(box[:3] - lidar_centre(body)).max() < 1e-3
        assert np.abs(box[3:6] - (body.length, body.width, body.height)).max() < 1e-3
        assert turned(box[6], body.yaw) < 1e-3


def test_openpcdet_derives_the_labels_2d_boxes_from_the_3d_ones(toy: Path) -> None:
    (info,) = openpcdet_kitti.read_infos(toy, "train")
    assert np.abs(openpcdet_kitti.image_boxes(info) - info.bbox[:5]).max() < 0.1


def test_openpcdet_trains_on_the_classes_that_are_asked_for(toy: Path) -> None:
    (info,) = openpcdet_kitti.read_infos(toy, "train")
    names, boxes = openpcdet_kitti.training_boxes(info, ("Car", "Pedestrian", "Cyclist"))
    assert names == ["Car", "Car", "Pedestrian"]
    assert np.abs(boxes - info.boxes_lidar[[0, 2, 3]]).max() < 1e-5
    assert openpcdet_kitti.training_boxes(info, ("Animal",))[0] == ["Animal"]


def test_openpcdet_and_mmdetection3d_count_alike_and_the_database_a_centimetre_more(toy: Path) -> None:
    (info,) = openpcdet_kitti.read_infos(toy, "train")
    other = mmdet3d_kitti.read_info(toy, 0)
    assert np.abs(info.points_in_box - other.points_in_box).max() <= 1
    assert (info.points_in_box[:5] > 20).all()
    assert (openpcdet_kitti.database_counts(toy, info) >= info.points_in_box[:5]).all()


def test_openpcdet_s_heights_have_a_pixel_more(toy: Path) -> None:
    nothing = np.zeros(1)
    assert openpcdet_kitti.difficulties(np.array([[0.0, 0, 9, 39]]), nothing, nothing)[0] == 0
    assert mmdet3d_kitti.difficulties(np.array([[0.0, 0, 9, 39]]), nothing, nothing)[0] == 1


def test_openpcdet_has_no_use_for_a_frame_without_rows(copy: Path) -> None:
    (copy / "training" / "label_2" / "000000.txt").write_text("")
    with pytest.raises(ValueError, match="at least one"):
        openpcdet_kitti.read_info(copy, "000000")


def test_openpcdet_takes_calib_by_line_number(copy: Path) -> None:
    calib = copy / "training" / "calib" / "000000.txt"
    lines = calib.read_text().splitlines()
    lines[4], lines[5] = lines[5], lines[4]
    calib.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError, match="reshape"):
        openpcdet_kitti.read_info(copy, "000000")


def test_openpcdet_sees_how_high_boxes_are_over_the_plane(copy: Path) -> None:
    (info,) = openpcdet_kitti.read_infos(copy, "train")
    assert openpcdet_kitti.road_plane(copy, "000000") is None
    plane = copy / "training" / "planes" / "000000.txt"
    plane.parent.mkdir()
    plane.write_text("# Plane\nWidth 4\nHeight 1\n0.0 2.0 0.0 -3.3\n")          # upside down and twice as long
    found = openpcdet_kitti.road_plane(copy, "000000")
    assert found is not None and found.tolist() == [0.0, -1.0, 0.0, 1.65]
    assert np.abs(openpcdet_kitti.heights_over_plane(info, found)).max() < 1e-3
    lower = found - (0.0, 0.0, 0.0, -0.2)
    assert openpcdet_kitti.heights_over_plane(info, lower) == pytest.approx([0.2] * 5, abs=1e-3)


def test_a_mirrored_label_loses_its_points_for_openpcdet(copy: Path) -> None:
    right = openpcdet_kitti.read_info(copy, "000000").points_in_box
    label = copy / "training" / "label_2" / "000000.txt"
    rows = [line.split(" ") for line in label.read_text().splitlines()]
    label.write_text("".join(" ".join([*r[:11], f"{-float(r[11]):.4f}", *r[12:]]) + "\n" for r in rows))
    mirrored = openpcdet_kitti.read_info(copy, "000000").points_in_box
    assert (mirrored[[1, 3, 4]] < 0.2 * right[[1, 3, 4]]).all(), (right, mirrored)


def test_open3d_ml_s_boxes_are_the_bodies(toy: Path) -> None:
    dataset = open3dml_kitti.Kitti(toy)
    assert [path.stem for path in dataset.train] == ["000000", "000001"] and dataset.validation == []
    data = dataset.get(dataset.train[0])
    assert [box.type for box in data.boxes] == ["Car", "Van", "Car", "Pedestrian", "DontCare", "DontCare"]
    for body, box in zip(ACTORS, data.boxes, strict=False):
        assert np.abs(box.centre - lidar_centre(body)).max() < 1e-3
        assert np.abs(np.subtract(box.size, (body.width, body.height, body.length))).max() < 1e-3
        assert np.abs(box.front - (math.cos(body.yaw), math.sin(body.yaw), 0.0)).max() < 1e-3


def test_open3d_ml_s_boxes_go_back_to_the_label_and_into_the_picture(toy: Path) -> None:
    dataset = open3dml_kitti.Kitti(toy)
    data = dataset.get(dataset.train[0])
    rows = [line.split() for line in (toy / "training" / "label_2" / "000000.txt").read_text().splitlines()]
    for body, row, box in zip(ACTORS, rows, data.boxes, strict=False):
        location, size, yaw = map(np.array, (row[11:14], row[8:11], row[14:]))
        assert box.in_camera() == pytest.approx(np.concatenate([location, size, yaw]).astype(float), abs=1e-4)
        assert np.abs(box.in_image() - toyworld.image_boxes(body)[0]).max() < 0.1


def test_open3d_ml_counts_what_openpcdet_counts(toy: Path) -> None:
    dataset = open3dml_kitti.Kitti(toy)
    data = dataset.get(dataset.train[0])
    info = openpcdet_kitti.read_info(toy, "000000")
    assert 0 < len(data.point) < len(data.full_point)
    found = [box.points_inside(data.point) for box in data.boxes[:5]]
    assert np.abs(np.array(found) - info.points_in_box[:5]).max() <= 1
    assert data.boxes[5].points_inside(data.full_point) == 0        # a DontCare is a kilometre behind
