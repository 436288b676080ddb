"""What is in the exported files, to the letter."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.sweeps import Cause
from simgen.export import export_dataset
from simgen.export.dataset import LabelledObject, Moment
from simgen.export.depth import sparse_depth
from simgen.export.drives import timestamps_text
from simgen.export.oxts import inverse_mercator, mercator, roll_pitch_yaw, velocities
from simgen.export.semantickitti import motorcycles, semantickitti_labels
from simgen.export.tracking import truncation_level
from simgen.export.tracklets import tracklets_xml
from simgen.kitti.points import CAUSE_ROW, point_labels, split_point_labels
from tests.export.recording import (
    CALIBRATION,
    FRAMES,
    HIDDEN,
    WALKER_HEIGHTS_M,
    Written,
    a_label,
    a_row,
    labels_of,
    points_of,
    rotation,
    write_dataset,
)

DRIVE = Path("2000_01_01/2000_01_01_drive_0000_sync")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    written = write_dataset(tmp_path_factory.mktemp("recorded"), episodes=2, pictures=True, testing=(1,))
    full_size = np.zeros((375, 1242, 3), np.uint8)      # on which the sweep's points land
    cv2.imwrite(str(written.root / "training/image_2/000003.png"), full_size)
    for layout in ("tracking", "raw", "odometry", "depth", "semantics"):
        export_dataset(written.root, layout)
    return written


def test_tracking_rows_have_seventeen_columns_sorted_by_frame_and_track(written: Written):
    text = (written.root / "tracking/training/label_02/0000.txt").read_text()
    assert text.endswith("\n")
    rows = [line.split(" ") for line in text.splitlines()]
    assert {len(row) for row in rows} == {17}
    order = [(int(row[0]), row[1] == "-1", int(row[1])) for row in rows]
    assert order == sorted(order)
    assert {(row[1], row[2]) for row in rows} == {("0", "Car"), ("2", "Pedestrian"), ("-1", "DontCare")}
    assert [row[3] for row in rows if row[2] == "Car"] == ["0"] * 6 + ["1", "2"]


def test_tracking_boxes_are_those_of_the_object_labels(written: Written):
    rows = [line.split() for line in (written.root / "tracking/training/label_02/0000.txt").read_text().splitlines()]
    cars = [row for row in rows if row[2] == "Car"]
    for index, row in enumerate(cars):
        label = next(label for role, _, label in labels_of(index) if role == "lead_car")
        numbers = [float(value) for value in row[5:]]
        assert numbers[1:5] == [*label.bbox_px]
        assert np.abs(np.subtract(numbers[5:], [*label.size_hwl_m, *label.bottom_centre_m, label.yaw_rad])).max() < 1e-4


def test_a_dont_care_of_tracking_has_its_placeholders_in_the_benchmark_s_order(written: Written):
    rows = (written.root / "tracking/training/label_02/0000.txt").read_text().splitlines()
    row = next(row for row in rows if "DontCare" in row).split()
    assert [float(value) for value in row[1:2] + row[3:6] + row[10:]] == [-1, -1, -1, -10, *[-1000] * 3, -10, *[-1] * 3]


def test_tracking_calibration_has_the_benchmark_s_keys(written: Written):
    lines = (written.root / "tracking/training/calib/0000.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["P0:", "P1:", "P2:", "P3:", "R_rect", "Tr_velo_cam", "Tr_imu_velo"]
    assert [len(line.split()) - 1 for line in lines] == [12, 12, 12, 12, 9, 12, 12]


def test_tracking_lists_its_sequences_for_the_evaluator(written: Written):
    base = written.root / "tracking"
    assert (base / "training/evaluate_tracking.seqmap.training").read_text() == "0000 empty 000000 000008\n"
    assert (base / "testing/evaluate_tracking.seqmap.testing").read_text() == "0001 empty 000000 000008\n"


def test_test_episodes_keep_their_answers_apart(written: Written):
    tracking, odometry, raw = (written.root / name for name in ("tracking", "odometry", "raw"))
    assert sorted(path.name for path in (tracking / "testing").iterdir() if path.is_dir()) == [
        "calib", "image_02", "image_03", "oxts", "velodyne"]
    assert (tracking / "testing_labels/label_02/0001.txt").exists()
    assert not (odometry / "poses/01.txt").exists()
    assert not (odometry / "sequences/01/labels").exists()
    assert [path.parent.name for path in raw.rglob("tracklet_labels.xml")] == [DRIVE.name]


@pytest.mark.parametrize(("share", "level"), [(0.0, 0), (0.01, 1), (0.5, 1), (0.51, 2), (1.0, 2)])
def test_truncation_becomes_a_level(share: float, level: int):
    assert truncation_level(share) == level


def test_timestamps_have_nine_digits_and_a_line_feed_at_the_end(written: Written):
    drive = written.root / "raw" / DRIVE
    files = sorted(drive.rglob("timestamps*.txt"))
    assert len(files) == 6                                  # two cameras, three for the sweep, oxts
    for file in files:
        text = file.read_text()
        assert text.endswith("\n")
        assert all(re.fullmatch(r"2000-01-01 12:00:00\.\d{9}", line) for line in text.splitlines())
        assert text.splitlines()[3] == "2000-01-01 12:00:00.300000000"


def test_another_calibration_is_another_day(tmp_path: Path):
    root = write_dataset(tmp_path).root
    for file in sorted((root / "training/calib").iterdir())[FRAMES:]:
        file.write_text(file.read_text().replace("7.215377", "7.070493"))
    export_dataset(root, "raw")
    assert {path.parent.name: path.name for path in (root / "raw").glob("*/*_sync")} == {
        "2000_01_01": "2000_01_01_drive_0000_sync", "2000_01_02": "2000_01_02_drive_0001_sync"}
    stamps = root / "raw/2000_01_02/2000_01_02_drive_0001_sync/oxts/timestamps.txt"
    assert stamps.read_text().startswith("2000-01-02 12:00:00.000000000\n2000-01-02 12:00:00.100000000\n")
    assert "7.070493" in (root / "raw/2000_01_02/calib_cam_to_cam.txt").read_text()


def test_oxts_files_hold_thirty_numbers_of_which_five_are_integers(written: Written):
    oxts = written.root / "raw" / DRIVE / "oxts"
    for file in sorted((oxts / "data").iterdir()):
        values = file.read_text().split()
        assert len(values) == 30
        assert all(re.fullmatch(r"\d+", value) for value in values[25:])
    assert len((oxts / "dataformat.txt").read_text().splitlines()) == 30
    tracking = (written.root / "tracking/training/oxts/0000.txt").read_text().splitlines()
    assert tracking == [file.read_text().strip() for file in sorted((oxts / "data").iterdir())]


def test_calib_cam_to_cam_has_every_key_of_four_cameras(written: Written):
    text = (written.root / "raw/2000_01_01/calib_cam_to_cam.txt").read_text()
    entries = dict(line.split(": ", 1) for line in text.splitlines())
    keys = {"S": 2, "K": 9, "D": 5, "R": 9, "T": 3, "S_rect": 2, "R_rect": 9, "P_rect": 12}
    assert entries.keys() == {"calib_time", "corner_dist"} | {f"{key}_{cam:02d}" for key in keys for cam in range(4)}
    assert all(len(entries[f"{key}_02"].split()) == count for key, count in keys.items())
    assert [float(value) for value in entries["S_02"].split()] == [40, 12]
    assert [float(value) for value in entries["T_03"].split()] == pytest.approx([-0.47, 0, 0])


def test_tracklets_hold_the_labels_boxes_in_lidar_axes(written: Written):
    root = ET.parse(written.root / "raw" / DRIVE / "tracklet_labels.xml").getroot()
    found = root.findall("./tracklets/item")
    assert int(root.findtext("./tracklets/count", "")) == len(found) == 3
    assert [tuple(one.findtext(key) for key in ("objectType", "first_frame", "poses/count")) for one in found] == [
        ("Car", "0", str(FRAMES)), ("Pedestrian", "0", str(HIDDEN[0])),
        ("Pedestrian", str(HIDDEN[-1] + 1), str(FRAMES - 1 - HIDDEN[-1]))]
    for index, pose in enumerate(found[0].findall("poses/item")):
        label = next(label for role, _, label in labels_of(index) if role == "lead_car")
        x, y, z = label.bottom_centre_m
        tx, ty, tz, rz = (float(pose.findtext(key, "")) for key in ("tx", "ty", "tz", "rz"))
        assert (tx, ty, tz) == pytest.approx((z + 0.27, -x, -y - 0.08), abs=1e-4)      # LiDAR axes by hand
        assert rz == pytest.approx(-label.yaw_rad - np.pi / 2, abs=1e-4)
        assert pose.findtext("truncation") == ("1" if index >= 6 else "0")
    assert float(found[1].findtext("h", "")) == max(WALKER_HEIGHTS_M)


def test_a_sitting_person_has_the_name_that_raw_has_for_one():
    label = a_label("Person_sitting", 1.0, 9.0, 0.0, 0.0, (1.3, 0.6, 1.0), (1.0, 2.0, 3.0, 4.0))
    moment = Moment("000000", 0, 0.0, (LabelledObject(label, a_row("x", "walker", label, 0), 0),), ("x",), CALIBRATION,
                    None)
    found = ET.fromstring(tracklets_xml([moment]).partition("<!DOCTYPE boost_serialization>")[2])
    assert found.findtext("./tracklets/item/objectType") == "Person (sitting)"


def test_semantickitti_labels_have_their_classes_and_keep_the_instance(written: Written):
    labels = np.fromfile(written.root / "odometry/sequences/00/labels/000004.label", np.uint32)
    assert (labels & 0xFFFF).tolist() == [40, 60, 10, 15, 32, 70]
    assert (labels >> 16).tolist() == split_point_labels(points_of(4)[1])[1].tolist()


def test_a_rider_without_a_motorcycle_is_a_bicyclist():
    labels = point_labels(np.array([13, 19], np.uint8), np.array([4, 4], np.uint16))
    assert motorcycles([labels]) == frozenset()
    assert (semantickitti_labels(labels, frozenset()) & 0xFFFF).tolist() == [31, 11]


def test_what_no_surface_gave_is_an_outlier_to_semantickitti():
    causes = np.zeros(5, CAUSE_ROW)
    causes["cause"] = [Cause.GROUND, Cause.OBJECT, Cause.SNOW, Cause.FOG, Cause.NOISE]
    labels = point_labels(np.array([1, 14, 0, 0, 0], np.uint8), np.array([0, 3, 0, 0, 0], np.uint16))
    found = semantickitti_labels(labels, frozenset(), causes)
    assert (found & 0xFFFF).tolist() == [40, 10, 1, 1, 1]
    assert (found >> 16).tolist() == [0, 3, 0, 0, 0]


def test_a_sweep_that_turns_starts_before_its_moment_and_ends_behind_it():
    moments = [Moment("000000", 0, 0.0, (), (), CALIBRATION, None), Moment("000001", 1, 0.1, (), (), CALIBRATION, None)]
    day = dt.date(2000, 1, 1)
    turned = timestamps_text(day, moments, [-0.05, 0.05]).splitlines()
    assert turned == ["2000-01-01 11:59:59.950000000", "2000-01-01 12:00:00.150000000"]
    assert timestamps_text(day, moments).splitlines()[1] == "2000-01-01 12:00:00.100000000"


def test_depth_is_stored_depth_and_the_projected_sweep(written: Written):
    base = written.root / "depth/train" / DRIVE.name / "proj_depth"
    dense = base / "groundtruth/image_02/0000000003.png"
    assert dense.samefile(written.root / "training/depth_2/000003.png")
    sparse = cv2.imread(str(base / "velodyne_raw/image_02/0000000003.png"), cv2.IMREAD_UNCHANGED)
    assert sparse.dtype == np.uint16
    assert sparse.shape == (375, 1242)
    # Ahead and in the picture: the point on the car and those on the road; the rider is behind, one point above it.
    assert sorted((sparse[sparse > 0] / 256).round(2).tolist()) == pytest.approx([7.73, 8.73, 14.73])


def test_a_point_lands_where_the_calibration_says_and_the_nearest_counts():
    # Ten metres before camera 2, at pixel (700, 200): 6 cm left of camera 0, 27 cm ahead of and 8 cm below the LiDAR.
    right, down = (700 - 609.5) * 10 / 721.5377, (200 - 172.5) * 10 / 721.5377
    near = np.array([10 + 0.27, 0.06 - right, -0.08 - down])
    behind_it = near + np.array([10.0, -right, -down])
    depth = sparse_depth(np.array([behind_it, near, behind_it, [-5.0, 0, 0], [300.0, 0, 0]]), CALIBRATION, (1242, 375))
    assert np.argwhere(depth).tolist() == [[200, 700]]
    assert depth[200, 700] == 10 * 256


def test_semantics_pictures_agree_pixel_by_pixel(written: Written):
    training = written.root / "semantics/training"
    read = {name: cv2.imread(str(training / name / "000002_10.png"), cv2.IMREAD_UNCHANGED)
            for name in ("image_2", "semantic", "instance", "semantic_rgb")}
    assert np.array_equal(read["instance"] // 256, read["semantic"])
    assert read["semantic_rgb"][7, 20].tolist() == [142, 0, 0]         # a car is (0, 0, 142); OpenCV reads blue first
    assert (written.root / "semantics/testing/image_2/000008_10.png").exists()
    assert (written.root / "semantics/testing_labels/semantic/000008_10.png").exists()


@given(st.floats(-70, 70), st.floats(-179, 179), st.floats(-500, 500), st.floats(-500, 500))
def test_the_projection_is_undone_to_a_tenth_of_a_millimetre(latitude: float, longitude: float, dx: float, dy: float):
    x, y = mercator(latitude, longitude, latitude)
    there = inverse_mercator(x + dx, y + dy, latitude)
    assert np.abs(np.subtract(mercator(*there, latitude), (x + dx, y + dy))).max() < 1e-4


@given(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.floats(-3.1, 3.1))
def test_angles_are_those_the_rotation_was_made_of(roll: float, pitch: float, yaw: float):
    assert roll_pitch_yaw(rotation(roll, pitch, yaw)) == pytest.approx((roll, pitch, yaw), abs=1e-9)


def test_velocities_are_exact_where_the_car_brakes_evenly():
    times = np.array([0.0, 0.1, 0.2, 0.35, 0.45])
    positions = np.outer(10 * times - 3 * times**2, [1.0, 0.5, 0.0])
    assert np.allclose(velocities(positions, times), np.outer(10 - 6 * times, [1.0, 0.5, 0.0]))
    assert velocities(positions[:2], times[:2]) is None
