"""What pykitti, which nobody here wrote, finds in the exports."""

from __future__ import annotations

import numpy as np
import pykitti
import pytest
from pykitti.tracking import KittiTrackingLabels

from simgen.export import export_dataset
from tests.export.recording import CALIBRATION, FRAMES, HIDDEN, Written, labels_of, points_of, write_dataset
from tests.judges import datumaro_import


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    written = write_dataset(tmp_path_factory.mktemp("recorded"))
    for layout in ("tracking", "raw", "odometry"):
        export_dataset(written.root, layout)
    return written


@pytest.fixture(scope="module")
def drives(written: Written) -> list[pykitti.raw]:
    return [pykitti.raw(str(written.root / "raw"), "2000_01_01", drive) for drive in ("0000", "0001")]


def test_raw_oxts_bring_the_world_poses_back(written: Written, drives: list[pykitti.raw]):
    rectified_from_imu = CALIBRATION.rectified_from_lidar().matrix() @ np.vstack([CALIBRATION.tr_imu_to_velo,
                                                                                  [0, 0, 0, 1]])
    for drive, truth in zip(drives, written.world_from_camera_0.values(), strict=True):
        world_from_imu = [pose.matrix() @ rectified_from_imu for pose in truth]
        assert len(drive.oxts) == FRAMES
        for read, true in zip(drive.oxts, world_from_imu, strict=True):
            moved = true[:3, 3] - world_from_imu[0][:3, 3]
            assert np.abs(read.T_w_imu[:3, 3] - moved).max() < 1e-4            # metres, over 80 m
            assert np.abs(read.T_w_imu[:3, :3] - true[:3, :3]).max() < 1e-7


def test_raw_oxts_say_how_the_car_moves(drives: list[pykitti.raw]):
    packet = drives[0].oxts[2].packet
    assert (packet.navstat, packet.posmode) == (4, 6)
    assert packet.ve == pytest.approx(packet.vf * np.cos(packet.yaw) - packet.vl * np.sin(packet.yaw), abs=1e-6)
    assert packet.vn == pytest.approx(packet.vf * np.sin(packet.yaw) + packet.vl * np.cos(packet.yaw), abs=1e-6)
    imu = [oxts.T_w_imu[:3, 3] for oxts in drives[0].oxts]
    moved = (imu[3] - imu[1]) / 0.2
    assert [packet.ve, packet.vn, packet.vu] == pytest.approx(moved.tolist(), abs=1e-4)
    assert packet.vf == pytest.approx(120, rel=0.01)
    assert (packet.ax, packet.ay, packet.az) == (0.5, 0.1, 9.8)
    assert np.linalg.norm([packet.af, packet.al, packet.au]) == pytest.approx(np.linalg.norm([0.5, 0.1, 9.8]))


def test_raw_calibration_is_that_of_the_dataset(drives: list[pykitti.raw]):
    calib = drives[0].calib
    assert np.allclose(calib.T_cam0_velo, CALIBRATION.rectified_from_lidar().matrix(), atol=1e-9)
    assert np.allclose(calib.P_rect_20, CALIBRATION.projections[2], rtol=1e-11)
    assert np.allclose(calib.T_velo_imu[:3], CALIBRATION.tr_imu_to_velo, atol=1e-11)
    assert calib.b_rgb == pytest.approx(0.53, abs=1e-6)


def test_raw_times_pictures_and_sweeps_belong_together(drives: list[pykitti.raw]):
    drive = drives[1]
    assert [(stamp - drive.timestamps[0]).total_seconds() for stamp in drive.timestamps] == pytest.approx(
        [0.1 * index for index in range(FRAMES)])
    assert np.array_equal(drive.get_velo(5), points_of(5)[0])
    assert np.asarray(drive.get_cam2(3)).mean() == 30
    assert np.asarray(drive.get_cam3(3)).mean() == 15
    assert len(drive.cam0_files) == 0                       # grey pictures are not recorded


def test_odometry_poses_are_relative_to_the_first_frame(written: Written):
    for sequence, truth in zip(("00", "01"), written.world_from_camera_0.values(), strict=True):
        read = pykitti.odometry(str(written.root / "odometry"), sequence)
        assert np.array_equal(read.poses[0], np.eye(4))
        assert len(read.poses) == len(read.timestamps) == len(read.cam2_files) == FRAMES
        for pose, true in zip(read.poses, truth, strict=True):
            assert np.abs(pose - (truth[0].inverse() @ true).matrix()).max() < 1e-6
        assert read.poses[1][2, 3] > 5                      # driving ahead grows z
        assert read.timestamps[3].total_seconds() == pytest.approx(0.3)
        assert np.allclose(read.calib.T_cam0_velo, CALIBRATION.rectified_from_lidar().matrix(), atol=1e-9)
        assert np.array_equal(read.get_velo(2), points_of(2)[0])


def test_raw_and_odometry_agree_on_where_the_car_was(written: Written, drives: list[pykitti.raw]):
    poses = pykitti.odometry(str(written.root / "odometry"), "00").poses
    camera_from_imu = drives[0].calib.T_cam0_imu
    for oxts, pose in zip(drives[0].oxts, poses, strict=True):
        from_oxts = camera_from_imu @ np.linalg.inv(drives[0].oxts[0].T_w_imu) @ oxts.T_w_imu @ np.linalg.inv(
            camera_from_imu)
        assert np.abs(from_oxts - pose).max() < 1e-4


def test_tracking_is_read_with_tracks_that_last(written: Written):
    base = written.root / "tracking" / "training"
    read = pykitti.tracking(str(base), "0001")
    assert len(read.cam2_files) == len(read.cam3_files) == len(read.velo_files) == FRAMES
    assert np.array_equal(read.get_velo(7), points_of(7)[0])
    table = KittiTrackingLabels(str(base / "label_02" / "0001.txt"), split_on_reappear=False)
    assert table.max_objects == 2                           # the DontCare is none
    assert table.presence[:, 0].all()
    assert [index for index, there in enumerate(table.presence[:, 1]) if not there] == [*HIDDEN]


@pytest.mark.skipif(datumaro_import.skip_reason() is not None, reason=str(datumaro_import.skip_reason()))
def test_datumaro_reads_the_tracklets(written: Written):
    from datumaro.components.dataset import Dataset

    drive = written.root / "raw/2000_01_01/2000_01_01_drive_0000_sync"
    frames = {item.attributes["frame"]: item.annotations for item in Dataset.import_from(str(drive), "kitti_raw")}
    assert sorted(frames) == [*range(FRAMES)]
    for index, boxes in frames.items():
        labels = [label for _, _, label in labels_of(index) if label.type != "DontCare"]
        assert len(boxes) == len(labels)
        for x, y, z in (label.bottom_centre_m for label in labels):
            off = [np.abs(np.subtract(box.position, (z + 0.27, -x, -y - 0.08))).max() for box in boxes]
            assert min(off) < 0.006                         # it rounds to centimetres
