"""The rigs that come with the package, poses of sensors, and what can be wrong in a file with many of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensors
from sensors.errors import RigError
from sensors.lidar.casting import fans_of
from sensors.mounts import Picture
from sensors.placing import rotation_of
from sensors.rig import Rig, available_rigs, load_rig, parse_rig

# Half the size, and how far the middle is ahead of the rear axle, in CARLA: (x, y, height) of the MKZ and of a lorry.
MKZ, LORRY = ((2.445, 0.92, 1.49), 1.425), ((3.97, 1.28, 3.46), 2.30)

TWO = """
label_camera: ahead
cameras:
  ahead: {position_m: [1, 0, 2], picture: &p {width_px: 100, height_px: 60, focal_px: 80}, record: true}
  left: {position_m: [1, 0, 2], rotation: {yaw_left_deg: 90}, picture: *p, record: true}
main_lidar: roof
lidars:
  roof: {position_m: [0, 0, 2], device: vlp_16}
  side: {position_m: [1, 1, 1], rotation: {yaw_left_deg: 90}, rate_hz: 10, points_per_ring: 90, range_m: 20, blocks: [{
    channels: 2, upper_deg: 0, lower_deg: -10}]}
imu: {position_m: [0, 0, 0]}
"""


def edited(old: str, new: str) -> str:
    assert old in TWO
    return TWO.replace(old, new, 1)


def angles_deg(rig: Rig, camera: str) -> tuple[float, float]:
    """Which way a camera looks: to the left, and up."""
    x, y, z = rig.camera(camera).rig_from_camera.rotation[:, 0]
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arcsin(z)))


def test_nuscenes_cameras_are_where_its_table_has_them() -> None:
    rig = load_rig("nuscenes")
    assert [(camera.number, camera.name) for camera in rig.cameras] == [
        (2, "CAM_FRONT"), (4, "CAM_FRONT_LEFT"), (5, "CAM_FRONT_RIGHT"), (6, "CAM_BACK_LEFT"), (7, "CAM_BACK_RIGHT"),
        (8, "CAM_BACK")]
    front = rig.label_camera
    assert front.rig_from_camera.translation_m.tolist() == [1.70079118954, 0.0159456324149, 1.51095763913]
    assert (front.intrinsics.f, front.intrinsics.cx, front.intrinsics.cy) == (1266.417203046554, 816.5, 491.5)
    assert (front.intrinsics.width, front.intrinsics.height) == (1600, 900)
    # The published extrinsics as a matrix: R(q) takes optical axes to the ego.
    assert front.optical_from_rig.inverse().rotation == pytest.approx(np.array([
        [0.00568478, -0.00563667, 0.99996795], [-0.99998361, -0.00083712, 0.00568014],
        [0.00080507, -0.99998376, -0.00564134]]), abs=1e-7)
    yaws = {camera.name: round(angles_deg(rig, camera.name)[0], 1) for camera in rig.cameras}
    assert yaws == {"CAM_FRONT": 0.3, "CAM_FRONT_LEFT": 55.2, "CAM_FRONT_RIGHT": -56.4, "CAM_BACK_LEFT": 108.6,
                    "CAM_BACK_RIGHT": -110.8, "CAM_BACK": 179.9}


def test_nuscenes_scanner_looks_ahead_along_x_where_the_dataset_s_looks_along_y() -> None:
    lidar = load_rig("nuscenes").lidar
    assert lidar.rig_from_lidar.translation_m.tolist() == [0.943713, 0.0, 1.84023]
    w, x, y, z = 0.7077955119163518, -0.006492242056004365, 0.010646214713995808, -0.7063073142877817
    published = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
    # Their y is our x, their −x our y.
    assert lidar.rig_from_lidar.rotation == pytest.approx(
        np.column_stack([published[:, 1], -published[:, 0], published[:, 2]]), abs=1e-8)
    assert (lidar.channels, lidar.rate_hz, lidar.points_per_ring) == (32, 20.0, 1085)


def test_labels_of_a_camera_that_leans_are_in_upright_axes_at_its_place() -> None:
    rig = load_rig("nuscenes")
    assert rig.reference_from_rig.apply(rig.label_camera.rig_from_camera.translation_m) == pytest.approx(np.zeros(3))
    assert rig.reference_from_rig.rotate(np.array([0.0, 0.0, 1.0])) == pytest.approx(np.array([0.0, -1.0, 0.0]))
    ahead = rig.reference_from_rig.rotate(rig.label_camera.rig_from_camera.rotation[:, 0])
    assert ahead[0] == pytest.approx(0.0, abs=1e-12) and ahead[2] > 0.9999


@pytest.mark.parametrize("name", available_rigs())
def test_a_rig_of_the_package_is_whole_and_no_sensor_sits_inside_its_car(name: str) -> None:
    rig = load_rig(name)
    (half_length, half_width, height), ahead = LORRY if name == "truck" else MKZ
    for place in (*(camera.rig_from_camera for camera in rig.recorded_cameras),
                  *(lidar.rig_from_lidar for lidar in rig.lidars)):
        x, y, z = place.translation_m
        assert abs(x - ahead) > half_length or abs(y) > half_width or z > height
    assert rig.label_camera.number == 2 and rig.label_camera.label
    assert len({camera.number for camera in rig.cameras}) == len(rig.cameras)


@pytest.mark.parametrize("name", ["kitti", "nuscenes"])
def test_a_simulator_is_asked_for_the_beams_of_a_rig(name: str) -> None:
    lidar = load_rig(name).lidar
    plan = fans_of(lidar)
    assert (plan.channels, plan.columns, plan.horizontal_fov_deg) == (lidar.channels, lidar.points_per_ring, 360.0)
    assert plan.elevations_deg == pytest.approx(np.degrees(lidar.elevations_rad()), abs=1e-9)


def test_a_device_that_turns_more_slowly_fires_more_often_in_a_turn() -> None:
    slow = parse_rig(edited("device: vlp_16", "device: vlp_16, rate_hz: 5"), "f", "f.yaml").lidar
    assert (slow.rate_hz, slow.columns, fans_of(slow).columns) == (5.0, 3616, 3616)


def test_waymo_like_rig_has_five_cameras_and_five_lidars() -> None:
    rig = load_rig("waymo_like")
    assert [round(angles_deg(rig, camera.name)[0]) for camera in rig.cameras] == [0, 45, -45, 90, -90]
    assert [lidar.name for lidar in rig.lidars] == ["top", "near_front", "near_left", "near_right", "near_rear"]
    assert np.degrees(rig.label_camera.intrinsics.fov_rad) == pytest.approx(50.0, abs=0.05)
    assert rig.lidars[1].azimuths_deg == (-90.0, 90.0) and rig.lidars[1].columns == 300
    assert all(camera.label for camera in rig.cameras)


def test_the_readme_s_rig_is_one() -> None:
    text = Path(sensors.__file__).with_name("README.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\nlabel_camera")[2].partition("```")[0]
    rig = parse_rig(f"label_camera{example}", "readme", "README.md")
    assert [(camera.name, camera.number, camera.label) for camera in rig.cameras] == [
        ("ahead", 2, True), ("left", 4, True)]
    assert [(lidar.name, lidar.channels, lidar.rate_hz) for lidar in rig.lidars] == [
        ("roof", 128, 10.0), ("side", 16, 20.0)]


def test_numbers_count_from_four_and_only_the_label_camera_has_labels() -> None:
    rig = parse_rig(TWO, "f", "f.yaml")
    assert [(camera.name, camera.number, camera.label) for camera in rig.cameras] == [
        ("ahead", 2, True), ("left", 4, False)]
    assert rig.labelled_cameras == (rig.label_camera,)
    assert rig.lidar.name == "roof" and rig.lidar.device is not None and rig.lidar.device.name == "vlp_16"
    assert (rig.lidars[1].device, rig.lidars[1].channels) == (None, 2)


def test_a_camera_may_look_into_the_ground() -> None:
    down = parse_rig(edited("yaw_left_deg: 90}, picture", "pitch_up_deg: -90}, picture"), "f", "f.yaml").camera("left")
    assert down.optical_from_rig.apply(np.array([[1.0, 0.0, 0.0]])) == pytest.approx(np.array([[0.0, 0.0, 2.0]]))


@pytest.mark.parametrize(("text", "message"), [
    (edited("label_camera: ahead", "label_camera: ahed"),
     "f.yaml: label_camera: there is no camera 'ahed' (did you mean 'ahead'?); there are ahead, left"),
    (edited("label_camera: ahead\n", "\n"), "f.yaml: label_camera: is missing"),
    (edited("  left: {position_m", "  ahead: {position_m"), "f.yaml: is not YAML: the key 'ahead' is written twice"),
    (edited("  side: {", "  left: {"), "f.yaml: lidars.left: a camera has this name as well"),
    (edited("  side: {", "  imu: {"), "f.yaml: lidars.imu: cannot be called so: KITTI has files of that name"),
    (edited("  side: {", "  left side: {"), "f.yaml: lidars.left side: a sensor's name begins with a letter"),
    (edited("main_lidar: roof\n", ""), "f.yaml: main_lidar: is missing: which of roof, side is the one in velodyne/?"),
    (edited("main_lidar: roof", "main_lidar: rof"), "f.yaml: main_lidar: expected one of roof, side, got str 'rof'"),
    (edited("device: vlp_16", "device: vlp16"),
     "f.yaml: lidars.roof.device: no LiDAR is called 'vlp16' (did you mean 'vlp_16'?)"),
    (edited("device: vlp_16", "device: vlp_16, rate_hz: 7"), "f.yaml: lidars.roof.rate_hz: Velodyne VLP-16"),
    (edited("device: vlp_16", "device: vlp_16, range_m: 50"),
     "f.yaml: lidars.roof.range_m: is said by the device already"),
    (edited("range_m: 20, ", ""), "f.yaml: lidars.side.range_m: is missing, and there is no device"),
    (edited("*p, record: true", "*p, record: true, number: 2"),
     "f.yaml: cameras.left.number: ahead has the number 2 as well"),
    (edited("*p, record: true", "*p, record: true, number: 3"),
     "f.yaml: cameras.left.rotation: differs from ahead's: KITTI's cameras 0 to 3 look the same way"),
    (edited("*p, record: true", "*p, record: false, label: true"),
     "f.yaml: cameras.left.label: is true, but the camera is not recorded"),
    (edited("80}, record: true", "80}, record: false"), "f.yaml: label_camera: ahead is not recorded"),
    (edited("80}, record: true", "80}, record: true, label: false"), "f.yaml: cameras.ahead.label: is false, but"),
    (edited("*p, record: true", "*p, record: true, device: flea"), "f.yaml: cameras.left.device: no camera is called"),
    (edited("focal_px: 80", "focal_px: 80, principal_px: [49.3, 30]"),
     "f.yaml: cameras.ahead.picture: cx 49.3 cannot be had: a cut-out of a symmetric picture has its principal point "
     "at whole and half pixels; write 49.5"),
    (edited("focal_px: 80", "focal_px: 80, crop_left_px: 2"),
     "f.yaml: cameras.ahead.picture.render_width_px: is missing"),
    (edited("yaw_left_deg: 90}, picture", "yaw_left_deg: 90, matrix: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, picture"),
     "f.yaml: cameras.left.rotation: expected either"),
    (edited("{yaw_left_deg: 90}, picture", "{quaternion_wxyz: [1, 1, 0, 0]}, picture"),
     "f.yaml: cameras.left.rotation.quaternion_wxyz: expected a unit quaternion w, x, y, z; this one has the length"),
    (edited("{yaw_left_deg: 90}, picture", "{matrix: [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}, picture"),
     "f.yaml: cameras.left.rotation.matrix: is a reflection: are its axes left-handed?"),
    (edited("{yaw_left_deg: 90}, picture", "{yaw: 90}, picture"), "f.yaml: cameras.left.rotation.yaw: unknown key"),
    (edited("label_camera: ahead", "label_camera: ahead\nreference_camera: nobody"),
     "f.yaml: reference_camera: expected one of ahead, left"),
    (edited("{yaw_left_deg: 90}, picture", "{pitch_up_deg: 5}, picture").replace(
        "label_camera: ahead", "label_camera: ahead\nreference_camera: left"),
     "f.yaml: reference_camera: left does not stand upright"),
])
def test_what_is_wrong_is_said_with_file_key_and_problem(text: str, message: str) -> None:
    with pytest.raises(RigError) as refused:
        parse_rig(text, "f", "f.yaml")
    assert str(refused.value).startswith(message)


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_any_angles_make_a_rotation_that_looks_where_they_say(yaw: float, pitch: float, roll: float) -> None:
    rotation = rotation_of(yaw, pitch, roll)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert np.degrees(np.arcsin(np.clip(rotation[2, 0], -1, 1))) == pytest.approx(pitch, abs=1e-5)
    if abs(pitch) < 89:
        assert np.cos(np.arctan2(rotation[1, 0], rotation[0, 0]) - np.radians(yaw)) == pytest.approx(1.0)
        # Rolling to the right lowers the right-hand side, which is −y.
        assert -rotation[2, 1] == pytest.approx(-np.sin(np.radians(roll)) * np.cos(np.radians(pitch)), abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 300), st.data())
def test_any_principal_point_at_half_pixels_is_cut_from_the_smallest_symmetric_picture(
    width: int, height: int, data: st.DataObject
) -> None:
    cx, cy = (data.draw(st.integers(0, 2 * (side - 1))) / 2 for side in (width, height))
    picture = Picture.from_principal(width, height, 300.0, cx, cy)
    stored = picture.stored
    assert (stored.cx, stored.cy, stored.width, stored.height) == (cx, cy, width, height)
    assert (picture.rendered.cx, picture.rendered.cy) == (
        (picture.rendered.width - 1) / 2, (picture.rendered.height - 1) / 2)
    assert picture.crop_left == 0 or picture.crop_left + width == picture.rendered.width
