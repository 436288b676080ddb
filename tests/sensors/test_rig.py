"""Rig files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sensors.errors import RigError
from sensors.rig import available_rigs, load_rig, parse_rig, rig_file

KITTI = rig_file("kitti").read_text()


def edited(old: str, new: str) -> str:
    assert old in KITTI
    return KITTI.replace(old, new, 1)


def test_the_kitti_rig_has_kittis_picture_after_the_crop():
    camera = load_rig("kitti").label_camera
    assert camera.name == "camera_2"
    assert (camera.intrinsics.width, camera.intrinsics.height) == (1242, 375)
    assert (camera.intrinsics.f, camera.intrinsics.cx, camera.intrinsics.cy) == (721.5377, 609.5, 172.5)
    assert camera.picture.rendered.fov_rad == pytest.approx(2 * math.atan(1264 / (2 * 721.5377)))


def test_the_kitti_rig_sits_where_the_published_plan_says():
    rig = load_rig("kitti")
    places = {camera.name: camera.rig_from_camera.translation_m.tolist() for camera in rig.cameras}
    assert places["camera_0"] == [1.03, 0.0, 1.65]
    assert places["camera_2"] == [1.03, 0.06, 1.65]
    assert places["camera_3"] == [1.03, -0.47, 1.65]
    assert rig.lidar.rig_from_lidar.translation_m.tolist() == [0.76, 0.0, 1.73]
    assert rig.imu.rig_from_imu.translation_m.tolist() == [-0.05, 0.32, 0.93]
    assert [camera.name for camera in rig.recorded_cameras] == ["camera_2", "camera_3"]


def test_the_lidar_has_the_two_blocks_of_an_hdl_64e():
    lidar = load_rig("kitti").lidar
    elevations = np.degrees(lidar.elevations_rad())
    assert len(elevations) == lidar.channels == 64
    assert np.allclose(np.diff(elevations[:32]), -1 / 3)
    assert np.allclose(np.diff(elevations[32:]), -0.5)
    assert np.allclose(elevations[[0, 31, 32, 63]], [2.0, -8 - 1 / 3, -8.83, -24.33])
    assert [lidar.points_per_second(block) for block in lidar.blocks] == [666560, 666560]
    assert math.degrees(lidar.azimuth_step_rad) == pytest.approx(0.1728, abs=1e-4)


def test_a_car_ten_metres_ahead_of_camera_two_lands_on_its_principal_point():
    camera = load_rig("kitti").label_camera
    point = camera.optical_from_rig.apply(np.array([[1.03 + 10, 0.06, 1.65]]))
    assert np.allclose(point, [[0.0, 0.0, 10.0]])
    assert np.allclose(camera.intrinsics.project(point), [[609.5, 172.5]])


def test_the_reference_axes_are_kittis():
    rig = load_rig("kitti")
    road_below_the_camera = rig.reference_from_rig.apply(np.array([[1.03, 0.0, 0.0]]))
    assert np.allclose(road_below_the_camera, [[0.0, 1.65, 0.0]])
    assert np.allclose(rig.reference_from_lidar.translation_m, [0.0, -0.08, -0.27])


def test_a_picture_is_cropped_to_the_stored_part():
    picture = load_rig("kitti").label_camera.picture
    rendered = np.arange(404 * 1264).reshape(404, 1264)
    stored = picture.crop(rendered)
    assert stored.shape == (375, 1242)
    assert stored[0, 0] == 29 * 1264 + 22
    with pytest.raises(ValueError, match="expected 1264×404"):
        picture.crop(stored)


def test_a_rig_is_found_by_path_as_well_as_by_name(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text(KITTI)
    assert load_rig(tmp_path / "mine.yaml").name == "mine"
    assert load_rig(str(tmp_path / "mine.yaml")).lidar.channels == 64
    assert "kitti" in available_rigs()


def test_a_misspelt_rig_gets_a_hint():
    with pytest.raises(RigError, match="no rig is called 'kiti' \\(did you mean 'kitti'\\?\\)"):
        load_rig("kiti")


def test_a_missing_file_is_named():
    with pytest.raises(RigError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_rig("nowhere.yaml")


@pytest.mark.parametrize(("text", "message"), [
    (edited("rate_hz: 10", "rate_hz: fast"), "f.yaml: lidar.rate_hz: expected a number, got str 'fast'"),
    (edited("rate_hz: 10", "rate: 10"), "f.yaml: lidar.rate: unknown key (did you mean 'rate_hz'?)"),
    (edited("rate_hz: 10\n", "\n"), "f.yaml: lidar.rate_hz: is missing"),
    (edited("points_per_ring: 2083", "points_per_ring: 20.5"),
     "f.yaml: lidar.points_per_ring: expected a whole number, got float 20.5"),
    (edited("[0.76, 0.0, 1.73]", "[0.76, 0.0]"), "f.yaml: lidar.position_m: expected 3 numbers, got 2"),
    (edited("[0.76, 0.0, 1.73]", "[76, 0, 173]"), "f.yaml: lidar.position_m: [76.0, 0.0, 173.0] is more than 20 m"),
    (edited("camera_0        #", "camera_7        #"), "f.yaml: reference_camera: expected one of camera_0,"),
    (edited("1.65], record: false}     # grey, left", "1.65], record: true}"),
     "f.yaml: cameras.camera_0.record: only camera_2 and camera_3 can be recorded"),
    (edited("record: true}      # colour, left", "record: yes}"),
     "f.yaml: cameras.camera_2.record: expected true or false, got str 'yes'"),
    (edited("record: true}      # colour, left", "record: false}"), "f.yaml: label_camera: camera_2 is not recorded"),
    (edited("crop_left_px: 22", "crop_left_px: 23"), "f.yaml: picture: 1242×375 pixels from (23, 29) on leave a"),
    (edited("upper_deg: -8.83", "upper_deg: -8.0"), "f.yaml: lidar.blocks[1].upper_deg: -8 is not below -8.33333"),
    (edited("channels: 32", "channels: 1"), "f.yaml: lidar.blocks[0].channels: 1 channels do not fit"),
    (edited("channels: 32", "channels: 300"), "f.yaml: lidar.blocks: 332 beams in all, at most 255"),
    (edited("imu:", "lidar:"), "f.yaml: is not YAML: the key 'lidar' is written twice"),
    (edited("imu:", "[imu]:"), "f.yaml: is not YAML: a key is a word or a number"),
    (edited("width_px: 1264", "width_px: 126400"), "f.yaml: picture.render_width_px: expected at most 16384"),
    ("just words", "f.yaml: expected a mapping with label_camera,"),
    ("a: [", "f.yaml: is not YAML: "),
])
def test_a_wrong_rig_file_is_refused_with_file_key_and_problem(text: str, message: str):
    with pytest.raises(RigError) as refused:
        parse_rig(text, "f", "f.yaml")
    assert str(refused.value).startswith(message)


def test_numbers_are_read_by_yaml_1_2():
    rig = parse_rig(edited("rate_hz: 10", "rate_hz: 1e1").replace("points_per_ring: 2083", "points_per_ring: 010"),
                    "f", "f.yaml")
    assert rig.lidar.rate_hz == 10.0
    assert rig.lidar.points_per_ring == 10
