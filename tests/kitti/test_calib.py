"""Calibration files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pykitti.utils
import pytest

from sensors.rig import load_rig
from simgen.errors import DatasetError
from simgen.kitti.calib import Calibration

RIG = load_rig("kitti")
CALIBRATION = Calibration.from_rig(RIG)
F = 721.5377


def test_the_left_three_columns_are_the_same_camera_four_times():
    for projection in CALIBRATION.projections:
        assert projection[:, :3].tolist() == [[F, 0, 609.5], [0, F, 172.5], [0, 0, 1]]


def test_cameras_to_the_right_have_negative_offsets():
    # Camera 2 is 6 cm to the left of camera 0; camera 1 and camera 3 are 54 and 47 cm to its right.
    offsets = CALIBRATION.projections[:, :, 3]
    assert np.allclose(offsets[:, 0], [0.0, -0.54 * F, 0.06 * F, -0.47 * F])
    assert np.allclose(offsets[:, 1:], 0.0)


def test_the_velodyne_sits_above_and_behind_the_camera():
    assert np.allclose(CALIBRATION.tr_velo_to_cam, [[0, -1, 0, 0], [0, 0, -1, -0.08], [1, 0, 0, -0.27]])


def test_the_imu_is_behind_left_of_and_below_the_velodyne():
    assert np.allclose(CALIBRATION.tr_imu_to_velo, np.column_stack([np.eye(3), [-0.81, 0.32, -0.80]]))


def test_a_point_ten_metres_before_camera_2_lands_on_its_principal_point():
    point = np.array([0.27 + 10, 0.06, -0.08, 1.0])
    u, v, w = CALIBRATION.projections[2] @ np.append(CALIBRATION.tr_velo_to_cam @ point, 1.0)
    assert (u / w, v / w) == pytest.approx((609.5, 172.5))


def test_the_file_has_seven_lines_and_an_empty_one():
    lines = CALIBRATION.to_text().split("\n")
    assert [line.split(":")[0] for line in lines] == [
        "P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo", "", "",
    ]
    assert lines[0].startswith("P0: 7.215377000000e+02 0.000000000000e+00 6.095000000000e+02")
    assert "-0.000000000000e+00" not in CALIBRATION.to_text()


def test_a_file_survives_a_round_trip():
    again = Calibration.from_text(CALIBRATION.to_text())
    assert np.allclose(again.projections, CALIBRATION.projections, rtol=1e-12)
    assert again.to_text() == CALIBRATION.to_text()


def test_pykitti_reads_the_same_numbers(tmp_path: Path):
    # pykitti reads the raw and odometry layouts, whose files lack the object layout's empty line at the end.
    (tmp_path / "000000.txt").write_text(CALIBRATION.to_text().rstrip() + "\n")
    theirs = pykitti.utils.read_calib_file(str(tmp_path / "000000.txt"))
    assert set(theirs) == {"P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"}
    assert np.allclose(theirs["P2"].reshape(3, 4), CALIBRATION.projections[2])
    assert np.allclose(theirs["Tr_velo_to_cam"].reshape(3, 4), CALIBRATION.tr_velo_to_cam)


def test_places_of_cameras_come_back_from_the_projections():
    assert np.allclose(CALIBRATION.camera_from_rectified(3).translation_m, [-0.47, 0.0, 0.0])
    assert np.allclose(CALIBRATION.rectified_from_lidar().translation_m, [0.0, -0.08, -0.27])
    camera = CALIBRATION.intrinsics(2, 1242, 375)
    assert camera == RIG.label_camera.intrinsics


def test_a_real_file_is_read_with_its_rotation():
    # Numbers of frame 000001 of the object benchmark, to three digits.
    text = CALIBRATION.to_text().replace(
        "R0_rect: 1.000000000000e+00 0.000000000000e+00 0.000000000000e+00 0.000000000000e+00",
        "R0_rect: 9.999239e-01 9.837760e-03 -7.445048e-03 -9.869795e-03",
    )
    assert Calibration.from_text(text).r0_rect[0, 1] == pytest.approx(0.00983776)


@pytest.mark.parametrize(("change", "problem"), [
    (("P2:", "P9:"), "expected the calibration line 'P2', got 'P9'"),
    (("R0_rect: 1.000000000000e+00", "R0_rect: one"), "R0_rect: could not convert"),
    (("R0_rect: 1.000000000000e+00", "R0_rect:"), "R0_rect: expected 9 numbers, got 8"),
    (("Tr_imu_to_velo", "\nTr_imu_to_velo: 1\nTr_imu_to_velo"), "Tr_imu_to_velo: expected 12 numbers, got 1"),
    (("\n\n", "\nP3: 1\n\n"), "has P4, P5, … and Tr_NAME_to_velo, not 'P3'"),
    (("\n\n", "\nP4: 1\n\n"), "P4: expected 12 numbers, got 1"),
])
def test_a_wrong_file_is_refused(change: tuple[str, str], problem: str):
    text = CALIBRATION.to_text()
    assert change[0] in text
    with pytest.raises(DatasetError, match=problem):
        Calibration.from_text(text.replace(*change, 1))


MANY = Calibration.from_rig(load_rig("nuscenes"))


def test_a_rig_with_more_cameras_and_lidars_has_their_lines_behind_the_seven():
    keys = [line.partition(":")[0] for line in Calibration.from_rig(load_rig("robotaxi")).to_text().split("\n")]
    assert keys == ["P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo", "P4", "P5", "P6", "P7", "P8",
                    "Tr_blind_front_to_velo", "Tr_blind_left_to_velo", "Tr_blind_right_to_velo",
                    "Tr_blind_rear_to_velo", "", ""]


@pytest.mark.parametrize("name", ["nuscenes", "waymo_like", "robotaxi", "truck"])
def test_one_formula_takes_a_point_of_any_lidar_into_any_picture(name: str):
    rig = load_rig(name)
    calibration = Calibration.from_text(Calibration.from_rig(rig).to_text())
    assert calibration.cameras == (0, 1, 2, 3, *(camera.number for camera in rig.cameras[1:]))
    for camera in rig.cameras:
        # A point 20 m off that the camera sees to the right of and below its middle.
        point = camera.rig_from_camera.apply(np.array([[20.0, -3.0, -2.0]]))
        expected = camera.intrinsics.project(camera.optical_from_rig.apply(point))
        assert np.allclose(expected, [[camera.intrinsics.cx + camera.intrinsics.f * 3 / 20,
                                       camera.intrinsics.cy + camera.intrinsics.f * 2 / 20]])
        for lidar in rig.lidars:
            seen = lidar.rig_from_lidar.inverse().apply(point)
            which = None if lidar is rig.lidar else lidar.name
            rectified = calibration.rectified_from_lidar(which).apply(seen)
            pixel = np.column_stack([rectified, [1.0]]) @ calibration.projection(camera.number).T
            assert np.allclose(pixel[:, :2] / pixel[:, 2:], expected, atol=1e-6)


def test_a_rig_without_right_hand_cameras_repeats_its_left_ones():
    assert np.array_equal(MANY.projections[3], MANY.projections[2])
    assert np.array_equal(MANY.projections[1], MANY.projections[0])
    assert MANY.projections[0].tolist() == [[1266.417203046554, 0.0, 816.5, 0.0], [0.0, 1266.417203046554, 491.5, 0.0],
                                            [0.0, 0.0, 1.0, 0.0]]


@pytest.mark.parametrize("name", ["nuscenes", "waymo_like", "robotaxi", "truck"])        # robotaxi: one straight back
def test_camera_and_place_come_back_from_any_projection(name: str):
    rig = load_rig(name)
    calibration = Calibration.from_rig(rig)
    for camera in rig.cameras:
        assert calibration.intrinsics(camera.number, 1600, 900).f == pytest.approx(camera.intrinsics.f)
        assert calibration.intrinsics(camera.number, 1600, 900).cx == pytest.approx(camera.intrinsics.cx)
        found = calibration.camera_from_rectified(camera.number)
        expected = camera.optical_from_rig @ rig.reference_from_rig.inverse()
        assert np.allclose(found.matrix(), expected.matrix(), atol=1e-9)
