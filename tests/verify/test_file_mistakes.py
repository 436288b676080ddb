from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld


def rules_broken(root: Path) -> set[str]:
    return {finding.rule for finding in verify_dataset(root).errors}


def change_matrix(root: Path, key: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Rewrite one matrix of the first frame's calib, rows and all."""
    path = root / "training" / "calib" / "000000.txt"
    lines = path.read_text().splitlines()
    for n, line in enumerate(lines):
        if line.startswith(f"{key}: "):
            matrix = np.array(line.split()[1:], float).reshape(3, -1)
            lines[n] = f"{key}: " + " ".join(f"{v:.12e}" for v in change(matrix).ravel())
    path.write_text("\n".join(lines) + "\n")


def change_cloud(root: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    path = root / "training" / "velodyne" / "000000.bin"
    cloud = change(np.fromfile(path, "<f4").reshape(-1, 4).copy())
    cloud.tofile(path)


def with_column(column: int, value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(cloud: np.ndarray) -> np.ndarray:
        cloud[100, column] = value
        return cloud

    return change


def test_calib_lines_in_another_order_are_found(plain: Path) -> None:
    path = plain / "training" / "calib" / "000000.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], lines[5], lines[4], *lines[6:]]))
    assert rules_broken(plain) == {"calib.lines"}


@pytest.mark.parametrize(
    "old, new", [("R0_rect: ", "R0_rect:  "), ("1.0", "nan"), (" 0.000000000000e+00", "")]
)
def test_a_badly_written_calib_line_is_found(plain: Path, old: str, new: str) -> None:
    path = plain / "training" / "calib" / "000000.txt"
    path.write_text(path.read_text().replace(old, new, 1))
    assert "calib.lines" in rules_broken(plain)


CALIB_MISTAKES: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray], str]] = {
    "a rotation that is not one": ("R0_rect", lambda m: m * 1.01, "calib.rotation"),
    "a reflection": ("R0_rect", lambda m: np.diag([1.0, -1.0, 1.0]), "calib.rotation"),
    "a transposed rotation": (
        "Tr_velo_to_cam",
        lambda m: np.column_stack([m[:, :3].T, m[:, 3]]),
        "calib.axes",
    ),
    "a focal length below zero": ("P2", lambda m: m * [[-1.0], [1.0], [1.0]], "calib.projection"),
    "an offset in P0": ("P0", lambda m: np.add(m, [[0, 0, 0, 40], [0] * 4, [0] * 4]), "calib.projection"),
    "a baseline with the wrong sign": ("P3", lambda m: m * [1, 1, 1, -1], "calib.baseline"),
}


@pytest.mark.parametrize("mistake", CALIB_MISTAKES)
def test_a_mistake_in_calib_is_found(plain: Path, mistake: str) -> None:
    key, change, rule = CALIB_MISTAKES[mistake]
    change_matrix(plain, key, change)
    assert rule in rules_broken(plain)


def test_p2_without_its_offset_is_found_by_the_2d_boxes(tmp_path: Path) -> None:
    near = toyworld.Body("pole", "Pedestrian", 6.0, 0.0, 0.0, 0.3, 0.2, 1.7)  # 6 cm are 7 px there, of 24
    root = tmp_path / "dataset"
    toyworld.write_frame(root, 0, "toy-0000", 0, [near])
    for folder in ("objects", "velodyne_label"):
        for path in (root / "training" / folder).iterdir():
            path.unlink()
        (root / "training" / folder).rmdir()
    assert rules_broken(root) == set()
    change_matrix(root, "P2", lambda m: m * [1, 1, 1, 0])
    assert "calib.projection" not in rules_broken(root)
    change_matrix(root, "P2", lambda m: np.subtract(m, [[0, 0, 0, 2 * 721.5377 * 0.06], [0] * 4, [0] * 4]))
    assert "box.projection" in rules_broken(root)


CAMERAS = ("image_2", "image_3")
IMAGE_MISTAKES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "an alpha channel": lambda rgb: np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]),
    "grey": lambda rgb: rgb[..., 0],
    "16 bit": lambda rgb: rgb.astype(np.uint16) * 257,
}


@pytest.mark.parametrize("mistake", IMAGE_MISTAKES)
def test_a_picture_that_is_not_8_bit_rgb_is_found(plain: Path, mistake: str) -> None:
    path = plain / "training" / "image_2" / "000000.png"
    cv2.imwrite(str(path), IMAGE_MISTAKES[mistake](cv2.imread(str(path))))
    assert rules_broken(plain) == {"image.form"}


def test_a_picture_that_was_cut_off_is_found(plain: Path) -> None:
    path = plain / "training" / "image_2" / "000000.png"
    path.write_bytes(path.read_bytes()[:-5000])
    assert rules_broken(plain) == {"image.form"}


def test_a_jpeg_named_png_is_found(plain: Path) -> None:
    path = plain / "training" / "image_3" / "000000.png"
    path.write_bytes(cv2.imencode(".jpg", cv2.imread(str(path)))[1].tobytes())
    assert rules_broken(plain) == {"image.form"}


def test_an_empty_picture_draws_a_warning(plain: Path) -> None:
    path = plain / "training" / "image_2" / "000000.png"
    cv2.imwrite(str(path), np.zeros((375, 1242, 3), np.uint8))
    report = verify_dataset(plain)
    assert [f.rule for f in report.findings] == ["image.content"]
    assert report.ok


def test_pictures_of_two_sizes_are_an_error_only_in_our_own_datasets(dataset: Path, plain: Path) -> None:
    for path in (root / "training" / folder / "000000.png" for root in (dataset, plain) for folder in CAMERAS):
        cv2.imwrite(str(path), cv2.copyMakeBorder(cv2.imread(str(path)), 0, 0, 0, 2, cv2.BORDER_REPLICATE))
    toyworld.seal(dataset)
    assert rules_broken(dataset) == {"set.picture_size"}
    assert [f.rule for f in verify_dataset(plain).findings] == ["set.picture_size"]
    assert rules_broken(plain) == set()


CLOUD_MISTAKES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "nan": (with_column(1, np.nan), "cloud.finite"),
    "infinity": (with_column(1, np.inf), "cloud.finite"),
    "reflectance as a byte": (lambda cloud: cloud * np.float32([1, 1, 1, 255]), "cloud.reflectance"),
    "a missing return written as zero": (
        lambda cloud: np.vstack([cloud, np.zeros((1, 4), "<f4")]),
        "cloud.range",
    ),
    "millimetres": (lambda cloud: cloud * np.float32([1000, 1000, 1000, 1]), "cloud.range"),
    "float64": (lambda cloud: cloud.astype("<f8"), "cloud."),
    "three columns": (lambda cloud: cloud[:-1, :3].copy(), "cloud."),
    "nothing": (lambda cloud: cloud[:0], "cloud.form"),
    "mirrored": (lambda cloud: cloud * np.float32([1, -1, 1, 1]), "points.empty"),
}


@pytest.mark.parametrize("mistake", CLOUD_MISTAKES)
def test_a_mistake_in_a_sweep_is_found(plain: Path, mistake: str) -> None:
    change, rule = CLOUD_MISTAKES[mistake]
    change_cloud(plain, change)
    assert any(found.startswith(rule) for found in rules_broken(plain))


@pytest.mark.parametrize("kept", [lambda c: c[:, 0] > 0, lambda c: np.abs(c[:, 1]) < 0.8 * c[:, 0]])
def test_half_a_turn_is_an_error_in_our_own_datasets_and_a_warning_in_others(
    dataset: Path, plain: Path, kept: Callable[[np.ndarray], np.ndarray]
) -> None:
    for root in (dataset, plain):
        change_cloud(root, lambda cloud: cloud[kept(cloud)])
    assert "cloud.turn" in rules_broken(dataset)
    assert "cloud.turn" in {f.rule for f in verify_dataset(plain).warnings}


def test_two_focal_lengths_and_one_camera_only_are_other_rigs_and_draw_warnings(plain: Path) -> None:
    change_matrix(plain, "P3", lambda m: m * [1, 1, 1, 0] + np.pad([[721.5377 * 0.06]], ((0, 2), (3, 0))))
    change_matrix(plain, "P1", lambda m: m * [[1.001], [1.0], [1.0]])
    report = verify_dataset(plain)
    assert report.ok
    assert {"calib.projection", "calib.baseline"} <= {f.rule for f in report.warnings}


def test_a_mirrored_sweep_is_found_by_its_own_labels(dataset: Path) -> None:
    change_cloud(dataset, lambda cloud: cloud * np.float32([1, -1, 1, 1]))
    toyworld.seal(dataset)
    assert {"points.in_box", "set.in_box"} <= rules_broken(dataset)


def test_a_sweep_from_the_road_instead_of_the_lidar_draws_a_warning(plain: Path) -> None:
    change_cloud(plain, lambda cloud: cloud + np.float32([0, 0, 1.73, 0]))
    assert "cloud.ground" in {f.rule for f in verify_dataset(plain).warnings}


def test_point_labels_for_another_sweep_are_found(dataset: Path) -> None:
    path = dataset / "training" / "velodyne_label" / "000000.label"
    labels = np.fromfile(path, "<u4")
    labels[:-1].tofile(path)
    toyworld.seal(dataset)
    assert rules_broken(dataset) == {"points.labels"}
    labels[0] = 9 << 16
    labels.tofile(path)
    toyworld.seal(dataset)
    assert rules_broken(dataset) == {"points.labels"}


def test_side_files_that_disagree_with_the_labels_are_found(dataset: Path) -> None:
    path = dataset / "training" / "objects" / "000000.json"
    whole = json.loads(path.read_text())
    for change in (
        {"rows": whole["rows"][1:]},
        {"rows": [*whole["rows"][:-2], whole["rows"][-1], whole["rows"][-2]]},
        {"rows": [{**whole["rows"][0], "role": "nobody"}, *whole["rows"][1:]]},
        {"frame": "000009"},
        {"instances": None},
    ):
        path.write_text(json.dumps({**whole, **change}))
        toyworld.seal(dataset)
        assert "objects.form" in rules_broken(dataset)


def test_a_wrong_count_of_lidar_returns_is_found(dataset: Path) -> None:
    path = dataset / "training" / "objects" / "000000.json"
    whole = json.loads(path.read_text())
    for change in ({"lidar_points_stored": 3}, {"lidar_points_in_box": 9999}):
        path.write_text(json.dumps({**whole, "rows": [{**whole["rows"][0], **change}, *whole["rows"][1:]]}))
        toyworld.seal(dataset)
        assert rules_broken(dataset) == {"objects.points"}
