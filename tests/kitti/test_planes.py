"""The road as a plane: by hand, on slopes, among other returns, and where no road is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.rig import load_rig
from simgen.errors import DatasetError
from simgen.kitti.calib import Calibration
from simgen.kitti.layout import FRAME_FILES, PLANES
from simgen.kitti.planes import parse_plane, plane_text, road_plane
from simgen.kitti.reader import read_frame
from simgen.kitti.writer import make_folders, write_frame
from tests.judges.openpcdet_kitti import road_plane as as_openpcdet_reads_it
from tests.kitti.test_frames import a_kitti_frame

ROAD, PAVEMENT, LINE = 1, 2, 24
RIG = load_rig("kitti")
CALIBRATION = Calibration.from_rig(RIG)
FROM_LIDAR, FROM_RIG = CALIBRATION.rectified_from_lidar(), RIG.reference_from_rig
CAMERA_M = float(FROM_RIG.inverse().translation_m[2])
LIDAR_M = float(RIG.lidar.rig_from_lidar.translation_m[2])


def ground(pitch: float = 0.0, roll: float = 0.0, count: int = 400) -> np.ndarray:
    """(N, 3) in LiDAR axes: a surface that climbs ahead and to the left by these slopes, right below the LiDAR."""
    x, y = np.random.default_rng(1).uniform(-30.0, 30.0, (2, count)) * [[1.0], [0.3]]
    return np.column_stack([x, y, -LIDAR_M + pitch * x + roll * y])


def plane_of(points: np.ndarray, tag: int | np.ndarray = ROAD) -> np.ndarray:
    return road_plane(points, np.broadcast_to(tag, len(points)), FROM_LIDAR, FROM_RIG)


def test_a_level_road_is_as_far_below_the_camera_as_it_is_mounted() -> None:
    assert plane_of(ground()) == pytest.approx([0.0, -1.0, 0.0, CAMERA_M], abs=1e-5)
    assert pytest.approx(1.65, abs=0.02) == CAMERA_M


@given(st.floats(-0.1, 0.1), st.floats(-0.05, 0.05))
def test_every_point_of_a_slope_lies_on_its_plane(pitch: float, roll: float) -> None:
    points = ground(pitch, roll, 60)
    plane = plane_of(points)
    assert np.abs(FROM_LIDAR.apply(points) @ plane[:3] + plane[3]).max() < 1e-9
    assert np.linalg.norm(plane[:3]) == pytest.approx(1.0)
    assert plane[1] < -0.98


def test_pavements_bridges_and_far_hills_do_not_tilt_it() -> None:
    road = ground()
    pavement = ground() + np.array([0.0, 12.0, 0.15])
    bridge = ground(count=40) + np.array([0.0, 0.0, 5.0])
    hill = ground(0.2, count=200) + np.array([80.0, 0.0, 0.0])
    points = np.vstack([road, pavement, bridge, hill])
    tags = np.repeat([ROAD, PAVEMENT, LINE, ROAD], [len(one) for one in (road, pavement, bridge, hill)])
    found = plane_of(points, tags)
    assert found == pytest.approx([0.0, -1.0, 0.0, CAMERA_M], abs=1e-5)


def test_without_a_road_in_sight_it_is_the_ground_under_the_wheels() -> None:
    assert plane_of(ground(0.1), PAVEMENT) == pytest.approx([0.0, -1.0, 0.0, CAMERA_M], abs=1e-9)
    assert plane_of(np.zeros((0, 3))) == pytest.approx([0.0, -1.0, 0.0, CAMERA_M], abs=1e-9)


def test_the_file_has_three_lines_of_header_and_comes_back() -> None:
    text = plane_text(np.array([-0.0, -1.0, 0.002, 1.65]))
    assert text == "# Plane\nWidth 4\nHeight 1\n0.000000e+00 -1.000000e+00 2.000000e-03 1.650000e+00\n"
    assert parse_plane(text).tolist() == [0.0, -1.0, 0.002, 1.65]
    for broken in ("", "# Plane\nWidth 4\nHeight 1\n1 2 3\n", "# Plane\nWidth 4\nHeight 1\n1 2 3 x\n"):
        with pytest.raises(DatasetError, match="plane"):
            parse_plane(broken)


def test_it_is_stored_with_the_frame_and_read_by_others(tmp_path: Path) -> None:
    plane = np.array([0.01, -0.9999, 0.01, 1.7])
    frame = replace(a_kitti_frame(), plane=plane)
    make_folders(tmp_path, [PLANES])
    entries = write_frame(tmp_path, frame)
    assert f"training/planes/{frame.identity}.txt" in entries
    found = read_frame(tmp_path, frame.identity).plane
    assert found is not None
    assert found == pytest.approx(plane, abs=1e-6)
    assert as_openpcdet_reads_it(tmp_path, frame.identity) == pytest.approx(plane / np.linalg.norm(plane[:3]), abs=1e-6)
    assert PLANES not in FRAME_FILES
