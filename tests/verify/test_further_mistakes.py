"""Rules about further cameras and LiDARs, each broken on purpose in a dataset that has such sensors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld


def rules_broken(root: Path) -> set[str]:
    return {finding.rule for finding in verify_dataset(root).errors}


@pytest.fixture
def surround(dataset: Path) -> Path:
    """The toy world with a camera 4 that looks to the left, one car seen by it, and a LiDAR on the left-hand side."""
    training = dataset / "training"
    # Looking along −x of camera 0 (to the left): right is z, down is y, depth is −x.
    k = np.array([[500.0, 0.0, 399.5], [0.0, 500.0, 199.5], [0.0, 0.0, 1.0]])
    p4 = k @ np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]])
    velo_from_left = np.eye(4)[:3]
    velo_from_left[:, 3] = (0.0, 0.9, -0.8)
    # A car of 4 × 1.6 × 1.5 m, 10 m to the left of camera 0, along z.
    corners = np.array([[x, y, z] for x in (-10.8, -9.2) for y in (0.15, 1.65) for z in (-2.0, 2.0)])
    pixels = np.column_stack([corners, np.ones(8)]) @ p4.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    edges = [*pixels.min(axis=0), *pixels.max(axis=0)]
    row = f"Car 0.00 0 0.0000 {' '.join(f'{edge:.2f}' for edge in edges)} 1.5 1.6 4.0 -10.0 1.65 0.0 -1.5708\n"
    picture = toyworld.picture_png((), town=1)
    for name in ("image_4", "label_4", "objects_4", "velodyne_left", "velodyne_left_label"):
        (training / name).mkdir()
    for path in sorted((training / "calib").glob("*.txt")):
        lines = {"P4": p4, "Tr_left_to_velo": velo_from_left}
        path.write_text(path.read_text().rstrip() + "\n" + "".join(
            f"{key}: {' '.join(f'{number:.12e}' for number in matrix.ravel())}\n" for key, matrix in lines.items()))
        (training / "image_4" / f"{path.stem}.png").write_bytes(picture)
        (training / "label_4" / path.name).write_text(row)
        (training / "objects_4" / f"{path.stem}.json").write_text(json.dumps({"rows": [{"type": "Car"}]}))
        np.array([[5, 0, 0, 0.5], [6, 1, 0, 0.25]], "<f4").tofile(training / "velodyne_left" / f"{path.stem}.bin")
        np.array([4, 4], "<u4").tofile(training / "velodyne_left_label" / f"{path.stem}.label")
    toyworld.seal(dataset)
    assert not rules_broken(dataset)
    return dataset


def edited(folder: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = next((root / "training" / folder).glob("000000.*"))
        path.write_bytes(change(path.read_bytes()))

    return edit


MISTAKES: dict[str, tuple[Callable[[Path], None], str]] = {
    "half a point": (edited("velodyne_left", lambda data: data[:-4]), "further.clouds"),
    "no number": (edited("velodyne_left", lambda data: b"\0\0\xc0\x7f" + data[4:]), "further.clouds"),
    "a point without a label": (edited("velodyne_left_label", lambda data: data[:-4]), "further.clouds"),
    "a LiDAR that has no place": (edited("calib", lambda data: data[: data.index(b"Tr_left")]), "further.clouds"),
    "an unknown line": (edited("calib", lambda data: data.replace(b"Tr_left_to_velo", b"Tr_left")), "calib.lines"),
    "a mirrored camera": (edited("calib", lambda data: data.replace(b"+00 5.000000000000e+02", b"+00 -5.0e+02", 1)),
                          "calib.projection"),
    "a mirrored LiDAR": (edited("calib", lambda data: data.replace(b"Tr_left_to_velo: 1", b"Tr_left_to_velo: -1")),
                         "calib.rotation"),
    "a box elsewhere": (edited("label_4", lambda data: data.replace(b" -10.0 ", b" 10.0 ")), "further.labels"),
    "a missing column": (edited("label_4", lambda data: data.replace(b" -1.5708", b"")), "further.labels"),
    "another class beside it": (edited("objects_4", lambda data: data.replace(b"Car", b"Van")), "further.labels"),
    "a cut-off picture": (edited("image_4", lambda data: data[:-20]), "image.form"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_wrong_with_a_further_sensor_is_found(surround: Path, name: str) -> None:
    spoil, broken = MISTAKES[name]
    spoil(surround)
    toyworld.seal(surround)
    assert broken in rules_broken(surround)


def test_a_frame_of_a_rig_without_that_camera_misses_nothing(surround: Path) -> None:
    for folder in ("image_3", "image_4", "label_4", "objects_4"):
        next((surround / "training" / folder).glob("000000.*")).unlink()
    calib = surround / "training" / "calib" / "000000.txt"
    lines = calib.read_text().splitlines()
    lines[1], lines[3] = "P1: " + lines[0].partition(" ")[2], "P3: " + lines[2].partition(" ")[2]
    calib.write_text("\n".join(lines) + "\n")
    toyworld.seal(surround)
    assert rules_broken(surround) <= {"set.rig"}       # two rigs in one dataset is another matter
