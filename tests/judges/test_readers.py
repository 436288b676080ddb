"""The stand-ins for other people's readers, tried on a dataset that is right by construction."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.judges import datumaro_import, mmdet3d_kitti, torchvision_kitti
from tests.verify import toyworld

TYPES = ["Car", "Van", "Car", "Pedestrian", "Animal", "DontCare"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "dataset", frames_each=1)


@pytest.fixture
def broken(toy: Path, tmp_path: Path) -> Path:
    """A copy whose first frame's first row has occlusion 0.0."""
    root = Path(shutil.copytree(toy, tmp_path / "dataset"))
    label = root / "training" / "label_2" / "000000.txt"
    label.write_text(label.read_text().replace(" 0 ", " 0.0 ", 1))
    return root


def test_torchvision_reads_pictures_and_objects(toy: Path, tmp_path: Path) -> None:
    dataset = torchvision_kitti.Kitti(torchvision_kitti.mount(toy, tmp_path))
    assert len(dataset) == 2
    image, objects = dataset[0]
    assert image.shape == (375, 1242, 3)
    assert [entry["type"] for entry in objects] == TYPES
    assert objects[0]["dimensions"] == [1.5, 1.85, 4.6]
    assert objects[0]["occluded"] == 0


def test_torchvision_refuses_a_fractional_occlusion_and_double_spaces(broken: Path, tmp_path: Path) -> None:
    root = torchvision_kitti.mount(broken, tmp_path)
    with pytest.raises(ValueError, match=r"invalid literal for int"):
        torchvision_kitti.Kitti(root)[0]
    label = broken / "training" / "label_2" / "000001.txt"
    label.write_text(label.read_text().replace(" ", "  ", 1))
    with pytest.raises(ValueError, match="could not convert"):
        torchvision_kitti.Kitti(root)[1]


def test_torchvision_wants_its_own_folders(toy: Path) -> None:
    with pytest.raises(RuntimeError, match="not found"):
        torchvision_kitti.Kitti(toy)


def test_mmdetection3d_finds_returns_in_every_box(toy: Path) -> None:
    (info,) = mmdet3d_kitti.read_infos(toy, "train")
    assert info.image_index == 0
    assert info.image_shape == (375, 1242)
    assert list(info.names) == TYPES
    assert info.class_ids.tolist() == [2, 3, 2, 0, -1, -1]
    assert info.index.tolist() == [0, 1, 2, 3, 4, -1]
    assert info.points_in_box[-1] == -1
    assert (info.points_in_box[:-1] > 20).all()
    assert info.difficulty.tolist() == [0, 0, 0, 0, 0, -1]


def test_mmdetection3d_gives_a_car_behind_a_dont_care_the_wrong_index(toy: Path, tmp_path: Path) -> None:
    """Why DontCare rows must come last: the converter slices the first n rows."""
    root = Path(shutil.copytree(toy, tmp_path / "dataset"))
    label = root / "training" / "label_2" / "000000.txt"
    rows = label.read_text().splitlines()
    label.write_text("\n".join([rows[-1], *rows[:-1]]) + "\n")
    info = mmdet3d_kitti.read_info(root, 0)
    assert info.names[0] == "DontCare"
    assert info.index[0] == 0
    assert info.points_in_box[0] == 0


def test_mmdetection3d_refuses_a_fractional_occlusion_and_a_missing_calib_line(
    broken: Path, toy: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="invalid literal for int"):
        mmdet3d_kitti.read_info(broken, 0)
    root = Path(shutil.copytree(toy, tmp_path / "other"))
    calib = root / "training" / "calib" / "000000.txt"
    calib.write_text("\n".join(calib.read_text().splitlines()[:6]) + "\n")
    with pytest.raises(IndexError):
        mmdet3d_kitti.read_info(root, 0)


def test_mmdetection3d_counts_no_returns_in_mirrored_boxes(toy: Path) -> None:
    points = np.array([[5.0, 1.0, 20.0], [-5.0, 1.0, 20.0]])
    location, size = np.array([5.0, 1.65, 20.0]), np.array([4.0, 1.5, 1.8])
    assert mmdet3d_kitti.points_in_box(points, location, size, 0.3) == 1
    assert mmdet3d_kitti.points_in_box(points, location * [0, 1, 1], size, 0.3) == 0


needs_datumaro = pytest.mark.skipif(
    datumaro_import.skip_reason() is not None, reason=str(datumaro_import.skip_reason())
)


@needs_datumaro
def test_datumaro_imports_3d_boxes(toy: Path) -> None:
    found = datumaro_import.boxes(datumaro_import.import_kitti3d(toy))
    assert sorted(found) == ["000000", "000001"]
    assert [box["type"] for box in found["000000"]] == TYPES
    assert found["000000"][0]["dimensions"] == [1.5, 1.85, 4.6]
    assert found["000000"][0]["occluded"] == 0


@needs_datumaro
def test_datumaro_imports_2d_boxes(toy: Path) -> None:
    found = datumaro_import.boxes(datumaro_import.import_kitti_detection(toy))
    assert [box["type"] for box in found["000001"]] == TYPES
    whole = toyworld.image_boxes(toyworld.ACTORS[0])[1]
    assert found["000000"][0]["bbox"] == pytest.approx(whole, abs=0.02)
