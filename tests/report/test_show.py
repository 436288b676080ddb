from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from simgen.errors import DatasetError, RequestError
from simgen.report import save_frame, show_frame
from simgen.report.overlay import project
from simgen.report.palette import CLASSES
from simgen.report.scene import load_scene, resized
from simgen.report.show import HEADER_PX
from tests.verify import toyworld


def near(image: np.ndarray, color: tuple[int, int, int], within: int = 40) -> np.ndarray:
    """(H, W): pixels of nearly this colour."""
    return np.asarray(np.abs(image.astype(int) - color).max(axis=2) <= within)


def test_the_canvas_is_as_wide_as_the_picture_and_holds_it_below_a_header(toy: Path) -> None:
    canvas = show_frame(toy, "000000")
    rgb = cv2.cvtColor(cv2.imread(str(toy / "training" / "image_2" / "000000.png")), cv2.COLOR_BGR2RGB)
    assert canvas.dtype == np.uint8
    assert canvas.shape[1:] == (1242, 3)
    sky_and_road = [(10, 40), (370, 1200)]
    for row, column in sky_and_road:
        assert (canvas[HEADER_PX + row, column] == rgb[row, column]).all()


def test_every_box_is_drawn_in_its_class_colour_round_its_object(toy: Path) -> None:
    canvas = show_frame(toy, "000000")
    picture = canvas[HEADER_PX : HEADER_PX + toyworld.HEIGHT]
    for body in toyworld.ACTORS:
        left, top, right, bottom = toyworld.image_boxes(body)[1].round().astype(int)
        box = near(picture[top : bottom + 1, left : right + 1], CLASSES[body.type])
        assert box.sum() > (right - left) + (bottom - top), body.role
        for border in (box[:3], box[-3:], box[:, :3], box[:, -3:]):
            assert border.any(), body.role


def test_boxes_in_lidar_axes_hold_the_actors_returns(toy: Path) -> None:
    for thing in load_scene(toy, "000000").objects:
        assert thing.box is not None
        points = load_scene(toy, "000000").points[thing.points, :3]
        assert len(points) > 20
        assert thing.box.contains(points, 0.1).mean() > 0.98


def test_without_side_files_returns_in_a_box_are_its_own(toy: Path, plain_toy: Path) -> None:
    for full, plain in zip(
        load_scene(toy, "000000").objects, load_scene(plain_toy, "000000").objects, strict=True
    ):
        assert plain.side is None
        assert (full.points & plain.points).sum() > 0.8 * full.points.sum()


def test_projected_corners_fill_the_2d_box(toy: Path) -> None:
    scene = load_scene(toy, "000000")
    for thing in scene.objects:
        assert thing.box is not None
        uv, depth = project(thing.box.corners(), scene.image_from_lidar)
        assert (depth > 0).all()
        whole = [*uv.min(axis=0), *uv.max(axis=0)]
        assert np.clip(whole, 0, [1241, 374, 1241, 374]) == pytest.approx(thing.row.bbox_px, abs=0.1)


def test_a_plain_kitti_frame_can_be_drawn(plain_toy: Path) -> None:
    assert show_frame(plain_toy, "000001").shape[1] == 1242


def test_frames_without_any_object_and_with_boxes_beside_the_camera_can_be_drawn(
    plain_toy: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(plain_toy, tmp_path / "dataset"))
    (root / "training" / "label_2" / "000000.txt").write_text("")
    beside = "Car 0.95 2 -1.57 0.00 100.00 900.00 374.00 1.50 1.80 4.60 -1.50 1.65 1.00 -1.57\n"
    (root / "training" / "label_2" / "000001.txt").write_text(beside)
    canvas = show_frame(root, "000001")
    assert near(canvas[HEADER_PX : HEADER_PX + 375, :900], CLASSES["Car"]).sum() > 300
    assert show_frame(root, "000000").shape == canvas.shape


def test_a_picture_of_another_size_can_be_drawn(plain_toy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(plain_toy, tmp_path / "dataset"))
    path = str(root / "training" / "image_2" / "000000.png")
    for width, height, expected in (
        (640, 200, 1242),
        (320, 240, 1242),
        (1920, 1080, 1242),
        (1224, 370, 1224),
    ):
        cv2.imwrite(path, np.full((height, width, 3), 90, np.uint8))
        assert show_frame(root, "000000").shape[1] == expected


def test_a_scaled_frame_projects_to_scaled_boxes(plain_toy: Path) -> None:
    scene = resized(load_scene(plain_toy, "000000"), 621)
    assert scene.rgb.shape == (188, 621, 3)
    for thing in scene.objects:
        assert thing.box is not None
        uv, _ = project(thing.box.corners(), scene.image_from_lidar)
        whole = [*uv.min(axis=0), *uv.max(axis=0)]
        assert np.clip(whole, -0.25, [620.25, 186.75] * 2) == pytest.approx(thing.row.bbox_px, abs=0.1)


@pytest.mark.parametrize(
    "frame, words",
    [
        ("000009", "2 frames, 000000 to 000001; the nearest is 000001"),
        ("deer", "it has 2 frames, 000000 to 000001"),
    ],
)
def test_an_unknown_frame_is_refused_with_what_there_is(toy: Path, frame: str, words: str) -> None:
    with pytest.raises(RequestError) as error:
        show_frame(toy, frame)
    assert f"has no frame '{frame}'" in str(error.value)
    assert str(error.value).endswith(words)


def test_a_folder_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="holds no labelled frame"):
        show_frame(tmp_path, "000000")


@pytest.mark.parametrize(
    "folder, content",
    [
        ("label_2", b"Car 0"),
        ("calib", b"P0: 1"),
        ("velodyne", b"123"),
        ("image_2", b"no picture"),
        ("objects", b"{}"),
        ("label_2", b"\xff"),
    ],
)
def test_a_broken_file_is_named(toy: Path, tmp_path: Path, folder: str, content: bytes) -> None:
    root = Path(shutil.copytree(toy, tmp_path / "dataset"))
    path = next((root / "training" / folder).glob("000000.*"))
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=path.name):
        show_frame(root, "000000")


def test_a_missing_file_is_named(toy: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(toy, tmp_path / "dataset"))
    (root / "training" / "velodyne" / "000000.bin").unlink()
    with pytest.raises(DatasetError, match=r"000000\.bin: cannot be read"):
        show_frame(root, "000000")


def test_a_saved_frame_is_the_drawn_one(toy: Path, tmp_path: Path) -> None:
    save_frame(toy, "000000", tmp_path / "frame.png")
    saved = cv2.cvtColor(cv2.imread(str(tmp_path / "frame.png")), cv2.COLOR_BGR2RGB)
    assert (saved == show_frame(toy, "000000")).all()


@pytest.mark.parametrize("name, words", [("frame.gif", "PNG or JPEG"), ("nowhere/frame.png", "there is no folder")])
def test_a_picture_that_cannot_be_saved_is_refused(toy: Path, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        save_frame(toy, "000000", tmp_path / name)
