"""The README's first command, and what programs that nobody here wrote make of its dataset."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.whole.product import simgen

pytestmark = pytest.mark.slow


def frames_of(dataset: Path) -> list[str]:
    return sorted(path.stem for path in (dataset / "training" / "label_2").glob("*.txt"))


def rows_of(dataset: Path) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """Frame id, the 15 columns and the side file's entry of every label row."""
    for frame in frames_of(dataset):
        lines = (dataset / "training" / "label_2" / f"{frame}.txt").read_text().splitlines()
        side = json.loads((dataset / "training" / "objects" / f"{frame}.json").read_text())
        assert len(lines) == len(side["rows"])
        for line, entry in zip(lines, side["rows"], strict=True):
            yield frame, line.split(), entry


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union of two rectangles left, top, right, bottom."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, width) * max(0.0, height)
    area_a, area_b = ((r[2] - r[0]) * (r[3] - r[1]) for r in (a, b))
    return both / (area_a + area_b - both)


def covered(pixels: list[int]) -> list[float]:
    """The rectangle that a row of pixels covers: centres are at integers, so pixel k reaches from k − ½ to k + ½."""
    left, top, right, bottom = pixels
    return [left - 0.5, top - 0.5, right + 0.5, bottom + 0.5]


def test_one_command_records_sixty_labelled_frames_and_says_where_they_are(
    deer_run: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    out, done = deer_run
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.strip().splitlines()[-1]
    assert f"simgen show {out}" in last
    assert f"simgen verify {out}" in last
    listed = (out / "ImageSets" / "trainval.txt").read_text().split()
    assert len(listed) >= 60
    assert set(listed) <= set(frames_of(out))


def test_the_verifier_finds_nothing_wrong(deer: Path) -> None:
    done = simgen("verify", deer)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_deer_is_in_the_picture_in_most_frames(deer: Path) -> None:
    seen = {frame for frame, columns, entry in rows_of(deer) if columns[0] == "Animal" and entry["visible_px"] > 100}
    assert len(seen) >= 60


def test_boxes_of_unoccluded_vehicles_fit_their_pixels(deer: Path) -> None:
    fits = [
        overlap([float(n) for n in columns[4:8]], covered(entry["visible_bbox_px"]))
        for _, columns, entry in rows_of(deer)
        if entry["kind"] == "vehicle" and columns[2] == "0" and float(columns[1]) == 0 and entry["visible_px"] > 50
    ]
    assert len(fits) >= 20
    assert np.median(fits) > 0.85


def test_lidar_points_of_an_actor_lie_in_its_box(deer: Path) -> None:
    """Counted here from the files alone: points by instance number against the fifteen columns."""
    inside = total = 0
    for frame, columns, entry in rows_of(deer):
        if columns[0] == "DontCare":
            continue
        side = json.loads((deer / "training" / "objects" / f"{frame}.json").read_text())
        labels = np.fromfile(deer / "training" / "velodyne_label" / f"{frame}.label", "<u4")
        points = np.fromfile(deer / "training" / "velodyne" / f"{frame}.bin", "<f4").reshape(-1, 4)
        own = points[labels >> 16 == side["instances"].index(entry["role"]) + 1, :3]
        # The rig's ideal extrinsics: camera x = −left, y = −up − 0.08, z = forward − 0.27.
        camera = np.column_stack([-own[:, 1], -own[:, 2] - 0.08, own[:, 0] - 0.27])
        height, width, length, x, y, z, yaw = (float(n) for n in columns[8:15])
        delta = camera - (x, y, z)
        along = delta[:, 0] * np.cos(yaw) - delta[:, 2] * np.sin(yaw)
        across = delta[:, 0] * np.sin(yaw) + delta[:, 2] * np.cos(yaw)
        eps = 0.06                                                # three sigma of the scanner's range
        inside += int(np.sum(
            (np.abs(along) <= length / 2 + eps) & (np.abs(across) <= width / 2 + eps)
            & (delta[:, 1] <= eps) & (delta[:, 1] >= -height - eps)
        ))
        total += len(own)
    assert total > 1000
    assert inside / total >= 0.98


def test_the_ego_s_poses_velocity_gnss_and_imu_tell_the_same_drive(deer: Path) -> None:
    """Twenty frames of one straight clip, ten a second; the metres of a degree are those of a sphere."""
    sides = [
        json.loads((deer / "training" / "objects" / f"{frame}.json").read_text()) for frame in frames_of(deer)[:20]]
    assert len({side["episode"] for side in sides}) == 1
    rigs = np.array([side["ego"]["world_from_rig"] for side in sides]).reshape(-1, 3, 4)
    velocity = np.array([side["ego"]["velocity_mps"] for side in sides])
    driven = np.diff(rigs[:, :, 3], axis=0) * 10.0
    assert np.abs(driven - velocity[1:]).max() < 0.6            # braking, the velocity at a step's end is its least
    degrees = np.array([[side["ego"]["longitude_deg"], side["ego"]["latitude_deg"]] for side in sides])
    metres = np.radians(degrees - degrees[0]) * 6_378_137.0 * (np.cos(np.radians(degrees[0, 1])), 1.0)
    assert np.abs(metres - (rigs[:, :2, 3] - rigs[0, :2, 3])).max() < 0.01 * np.abs(metres).max()
    felt = np.array([side["ego"]["acceleration_mps2"] for side in sides])
    assert np.abs(felt[:, 2] - 9.81).max() < 0.5
    assert np.abs(felt[:, 1]).max() < 0.5


def test_the_road_is_1_73_m_below_the_lidar(deer: Path) -> None:
    for frame in frames_of(deer)[::10]:
        points = np.fromfile(deer / "training" / "velodyne" / f"{frame}.bin", "<f4").reshape(-1, 4)
        tags = np.fromfile(deer / "training" / "velodyne_label" / f"{frame}.label", "<u4") & 0xFFFF
        road = points[np.isin(tags, (1, 24)) & (np.hypot(points[:, 0], points[:, 1]) < 15)]
        assert len(road) > 1000
        assert np.mean(np.abs(road[:, 2] + 1.73) <= 0.05) > 0.98


def test_pictures_are_1242_by_375_in_colour_and_differ(deer: Path) -> None:
    for camera in ("image_2", "image_3"):
        first, later = (cv2.imread(str(deer / "training" / camera / f"{f}.png")) for f in ("000000", "000010"))
        assert first.shape == later.shape == (375, 1242, 3)
        assert np.mean(np.abs(first.astype(int) - later)) > 1


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("mirrored", lambda c: [*c[:11], f"{-float(c[11]):.4f}", *c[12:]]),
        ("half a metre to the side", lambda c: [*c[:11], f"{float(c[11]) + 0.5:.4f}", *c[12:]]),
        ("half a metre away", lambda c: [*c[:13], f"{float(c[13]) + 0.5:.4f}", c[14]]),
        ("turned", lambda c: [*c[:14], f"{float(c[14]) / 2 + 0.9:.4f}"]),
    ],
)
def test_a_wrong_label_makes_the_verifier_fail(deer: Path, tmp_path: Path, name: str, columns: Any) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(deer, broken)
    frame = next(f for f, c, e in rows_of(deer) if c[0] == "Animal" and c[2] == "0" and e["lidar_points"] > 50)
    path = broken / "training" / "label_2" / f"{frame}.txt"
    lines = [line.split() for line in path.read_text().splitlines()]
    path.write_text("".join(" ".join(columns(c) if c[0] == "Animal" else c) + "\n" for c in lines))
    done = simgen("verify", broken, "--json")
    assert done.returncode == 1
    rules = {finding["rule"] for finding in json.loads(done.stdout)["findings"] if finding["severity"] == "error"}
    # Not only because its checksum is another one.
    assert {rule for rule in rules if not rule.startswith("record.")}, name


def test_show_draws_a_frame(deer: Path, tmp_path: Path) -> None:
    done = simgen("show", deer, "000010", "--out", tmp_path / "deer.png")
    assert done.returncode == 0, done.stderr
    picture = cv2.imread(str(tmp_path / "deer.png"))
    assert picture.shape[1] >= 1242 and picture.shape[0] > 375


def test_show_names_the_frames_there_are_for_one_that_is_not(deer: Path, tmp_path: Path) -> None:
    done = simgen("show", deer, "123456", "--out", tmp_path / "no.png")
    assert done.returncode == 2
    assert "000079" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "no.png").exists()
