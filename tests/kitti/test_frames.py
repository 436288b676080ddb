"""Whole frames: out to disk and back."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from sensors.boxes import Box3
from sensors.rig import load_rig, parse_rig
from sensors.rigid import RigidTransform
from simgen.errors import DatasetError
from simgen.frame import ActorState, CameraView, EgoMotion, Frame, Label, LevelObject, Measurement, Sweep
from simgen.kitti.frames import EpisodeFormat, KittiFrame
from simgen.kitti.images import parse_png, png_bytes
from simgen.kitti.layout import (
    CAUSES,
    CLEAN,
    FRAME_FILES,
    frame_folder,
    frame_id,
    frame_path,
    further_folders,
    write_whole,
)
from simgen.kitti.objects import FrameObjects
from simgen.kitti.points import (
    CAUSE_ROW,
    parse_point_causes,
    parse_point_labels,
    parse_points,
    point_labels,
    point_labels_bytes,
    points_bytes,
    split_point_labels,
)
from simgen.kitti.reader import frame_ids, read_frame
from simgen.kitti.writer import make_folders, write_frame

DEER_LABEL = Label(
    role="deer", kind="animal", type="Animal", blueprint="walker.animal.roe_deer", species="roe_deer", truncation=0.0,
    occlusion=1, alpha_rad=0.1, bbox_px=(10.0, 20.0, 30.0, 40.0), size_hwl_m=(1.0, 0.3, 1.2),
    bottom_centre_m=(1.0, 1.65, 20.0), yaw_rad=0.15, distance_m=20.12345, velocity_mps=(-0.0, 1.23456, 0.0),
    visible_fraction=0.61234, visible_px=55, visible_bbox_px=(11, 21, 29, 39), lidar_points=9, lidar_points_in_box=9,
    visibility="silhouette", silhouette_px=90, outside_fraction=0.12346, amodal_bbox_px=(8.0, 20.0, 30.125, 40.0),
)
FAR_LABEL = replace(
    DEER_LABEL, role="far_car", kind="vehicle", type="DontCare", class_name="Car", blueprint="vehicle.audi.a2",
    species=None, truncation=-1.0, occlusion=-1, alpha_rad=-10.0, size_hwl_m=(-1.0,) * 3,
    bottom_centre_m=(-1000.0,) * 3, yaw_rad=-10.0, visible_fraction=None, visible_px=0, visible_bbox_px=None,
    dont_care_reason="too far", visibility="expected shape", silhouette_px=None, outside_fraction=None,
    amodal_bbox_px=None,
)


def an_actor(role: str, simulator_id: int) -> ActorState:
    box = Box3(RigidTransform.identity(), np.ones(3))
    return ActorState(role, "animal", "walker.animal.roe_deer", "roe_deer", simulator_id, RigidTransform.identity(),
                      np.zeros(3), box)


def a_picture() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (375, 1242, 3), dtype=np.uint8)


def a_frame() -> Frame:
    sweep = Sweep(
        points_m=np.array([[10, 0, -1.5], [20, 1, 0], [20, -1, 0.5]], np.float32),
        cos_incidence=np.array([0.2, 1.0, 0.5], np.float32),
        simulator_id=np.array([0, 77, 5], np.uint32),
        tag=np.array([1, 21, 14], np.uint8),
        ring=np.array([0, 1, 2], np.uint8),
    )
    views = {"camera_2": CameraView(a_picture()), "camera_3": CameraView(a_picture()[::-1].copy())}
    motion = EgoMotion(49.0, 8.4, 110.93, np.array([0.1, -0.2, 9.81]), np.array([0.0, 0.0, 0.25]))
    return Frame(3, 0.3, RigidTransform.from_yaw(np.pi / 2, (5, 6, 0)), np.array([0.0, 10.0, 0.0]), views, sweep,
                 (an_actor("deer", 77), an_actor("far_car", 5)), motion)


def form(roles: tuple[str, ...] = ("deer", "far_car")) -> EpisodeFormat:
    return EpisodeFormat.of("crossing-0000", roles, load_rig("kitti"))


def a_measured_frame() -> Frame:
    """A device saw the road, the deer a little farther off, and a flake in front of the car."""
    clean = a_frame().sweep
    points = clean.points_m * np.array([[1.0], [1.001], [0.2]], np.float32)
    told = Measurement(
        intensity=np.array([0.1, 0.3, 0.02], np.float32), cause=np.array([2, 1, 5], np.uint8),
        return_number=np.array([0, 0, 1], np.uint8), time_s=np.array([0, 0.01, -0.02], np.float32),
        range_before_m=np.linalg.norm(clean.points_m, axis=1).astype(np.float32), clean=clean,
    )
    sweep = Sweep(points, clean.cos_incidence, np.array([0, 77, 0], np.uint32), np.array([1, 21, 0], np.uint8),
                  clean.ring, told)
    return replace(a_frame(), sweep=sweep)


def a_kitti_frame() -> KittiFrame:
    return KittiFrame.from_capture(7, form(), a_frame(), [DEER_LABEL, FAR_LABEL])


def test_points_carry_the_tag_and_the_actors_number_in_the_episode():
    tag, instance = split_point_labels(a_kitti_frame().point_labels)
    assert tag.tolist() == [1, 21, 14]
    assert instance.tolist() == [0, 1, 2]


def test_a_clean_sweep_gets_the_reflectance_of_its_tags():
    points = a_kitti_frame().points
    assert points.dtype == np.float32
    assert points[:, :3].tolist() == [[10, 0, -1.5], [20, 1, 0], [20, -1, 0.5]]
    assert points[2, 3] == pytest.approx(0.20)


def test_an_actor_that_the_episode_does_not_know_is_refused():
    with pytest.raises(ValueError, match="far_car"):
        KittiFrame.from_capture(0, form(("deer",)), a_frame(), [])


def test_points_and_pixels_of_a_parked_car_of_the_level_count_after_the_actors():
    parked = LevelObject(9, "car", RigidTransform.identity(), np.ones(3))
    frame = replace(a_frame(), level_objects=(parked,))
    stored = KittiFrame.from_capture(0, form(), frame, [replace(DEER_LABEL, role="level_9", lidar_points=1)],
                                     point_owner=np.array([2, 2, -1]))
    assert stored.side.instances == ("deer", "far_car", "level_9")
    # An actor's id goes before the owner that its place tells.
    assert split_point_labels(stored.point_labels)[1].tolist() == [3, 1, 2]
    assert (stored.side.rows[0].track, stored.side.rows[0].lidar_points_stored) == (2, 1)


def test_a_frame_survives_the_disk(tmp_path: Path):
    frame = a_kitti_frame()
    make_folders(tmp_path)
    entries = write_frame(tmp_path, frame)
    again = read_frame(tmp_path, "000007")
    for folder in ("image_2", "image_3"):
        assert np.array_equal(again.images[folder], frame.images[folder])
    assert np.array_equal(again.points, frame.points)
    assert np.array_equal(again.point_labels, frame.point_labels)
    assert again.objects == frame.objects
    assert again.side == frame.side
    assert again.calibration.to_text() == frame.calibration.to_text()
    assert frame_ids(tmp_path) == ("000007",)
    on_disk = {str(path.relative_to(tmp_path)): path.stat().st_size for path in tmp_path.rglob("*.*") if path.is_file()}
    assert {path: entry.bytes for path, entry in entries.items()} == on_disk
    assert set(entries) == {frame_path(folder, "000007") for folder in FRAME_FILES}


def test_what_a_device_measured_survives_the_disk_beside_the_clean_sweep(tmp_path: Path):
    shape = EpisodeFormat.of("crossing-0000", ("deer", "far_car"), load_rig("kitti"), [CLEAN])
    frame = KittiFrame.from_capture(7, shape, a_measured_frame(), [replace(DEER_LABEL, lidar_points_clean=3)])
    make_folders(tmp_path, [CAUSES, CLEAN])
    entries = write_frame(tmp_path, frame)
    assert {frame_path(folder, "000007") for folder in (CAUSES, CLEAN)} <= {*entries}
    again = read_frame(tmp_path, "000007")
    assert again.points[:, 3].tolist() == pytest.approx([0.1, 0.3, 0.02])
    assert again.side.rows[0].lidar_points_clean == 3
    assert np.array_equal(again.clean_points, a_kitti_frame().points)
    tag, instance = split_point_labels(again.point_labels)
    assert (tag.tolist(), instance.tolist()) == ([1, 21, 0], [0, 1, 0])         # nobody's point hangs in the air
    causes = np.load(tmp_path / frame_path(CAUSES, "000007"), allow_pickle=False)
    assert np.array_equal(causes, again.point_causes)
    assert causes["cause"].tolist() == [2, 1, 5] and causes["return_number"].tolist() == [0, 0, 1]
    assert causes["ring"].tolist() == [0, 1, 2] and causes["time_s"].tolist() == pytest.approx([0, 0.01, -0.02])
    before_m = np.linalg.norm(again.clean_points[:, :3], axis=1)
    assert causes["range_before_m"] == pytest.approx(before_m)


def test_causes_that_are_no_such_file_are_refused():
    with pytest.raises(DatasetError, match="not a file of causes"):
        parse_point_causes(b"velodyne")
    with pytest.raises(DatasetError, match="rows of"):
        stream = io.BytesIO()
        np.save(stream, np.zeros(3))
        parse_point_causes(stream.getvalue())
    with pytest.raises(ValueError, match="2 causes"):
        replace(a_kitti_frame(), point_causes=np.zeros(2, CAUSE_ROW))


def test_the_truth_about_points_of_the_test_set_is_hidden():
    assert frame_path(CAUSES, "000007", testing=True) == "testing_labels/velodyne_cause/000007.npy"
    assert frame_path(CLEAN, "000007", testing=True) == "testing_labels/velodyne_clean/000007.bin"


def test_writing_twice_gives_the_same_bytes(tmp_path: Path):
    make_folders(tmp_path)
    assert write_frame(tmp_path, a_kitti_frame()) == write_frame(tmp_path, a_kitti_frame(), durable=True)


def test_the_side_file_is_what_the_readme_promises():
    value = json.loads(a_kitti_frame().side.to_text())
    assert (value["frame"], value["episode"], value["index"], value["time_s"]) == ("000007", "crossing-0000", 3, 0.3)
    assert value["instances"] == ["deer", "far_car"]
    assert value["rows"][0] == {
        "role": "deer", "kind": "animal", "type": "Animal", "class": "Animal", "blueprint": "walker.animal.roe_deer",
        "species": "roe_deer", "age": None, "pose": None, "track": 0, "actor_id": 1, "distance_m": 20.123,
        "velocity_mps": [0.0, 1.2346, 0.0], "visible_fraction": 0.6123, "visible_px": 55,
        "visible_bbox_px": [11, 21, 29, 39], "visibility": "silhouette", "silhouette_px": 90,
        "outside_fraction": 0.1235, "amodal_bbox_px": [8.0, 20.0, 30.12, 40.0],
        "lidar_points": 9, "lidar_points_stored": 1, "lidar_points_in_box": 9, "dont_care_reason": None,
        "struck": False, "lidar_points_clean": None,
    }
    assert value["ego"] == {
        # Camera 0 is 1.03 m ahead of the rear axle and 1.65 m up; the ego heads north, so the picture's right is east.
        "world_from_camera_0": [1, 0, 0, 5, 0, 0, 1, 7.03, 0, -1, 0, 1.65],
        "world_from_rig": [0, -1, 0, 5, 1, 0, 0, 6, 0, 0, 1, 0], "velocity_mps": [0, 10, 0],
        "acceleration_mps2": [0.1, -0.2, 9.81], "angular_rate_radps": [0, 0, 0.25],
        "latitude_deg": 49.0, "longitude_deg": 8.4, "altitude_m": 110.93,
    }
    second = value["rows"][1]
    assert (second["type"], second["class"], second["dont_care_reason"]) == ("DontCare", "Car", "too far")
    assert second["actor_id"] == second["track"] + 1 == value["instances"].index("far_car") + 1
    assert FrameObjects.from_text(a_kitti_frame().side.to_text()) == a_kitti_frame().side


def test_a_side_file_of_the_first_format_version_is_still_read():
    value = json.loads(a_kitti_frame().side.to_text())
    del value["ego"]
    for row in value["rows"]:
        for name in ("track", "visibility", "silhouette_px", "outside_fraction", "amodal_bbox_px",
                     "lidar_points_stored", "age", "pose", "class", "actor_id"):
            del row[name]
    found = FrameObjects.from_text(json.dumps(value))
    assert found.ego is None
    told = [(row.track, row.lidar_points_stored, row.silhouette_px) for row in found.rows]
    assert told == [(0, 9, None), (1, 9, None)]


def test_a_simulator_without_an_imu_leaves_its_numbers_out():
    stored = KittiFrame.from_capture(7, form(), replace(a_frame(), ego_motion=None), [])
    ego = FrameObjects.from_text(stored.side.to_text()).ego
    assert ego is not None
    assert (ego.acceleration_mps2, ego.angular_rate_radps, ego.latitude_deg) == (None, None, None)
    assert ego.rig_pose().translation_m.tolist() == [5, 6, 0]


def test_the_imu_is_found_from_camera_0_by_the_calibration():
    """As the exporters do: world_from_camera_0 · R0_rect · Tr_velo_to_cam · Tr_imu_to_velo."""
    stored = a_kitti_frame()
    assert stored.side.ego is not None
    camera_from_imu = stored.calibration.rectified_from_lidar() @ RigidTransform.from_matrix(
        stored.calibration.tr_imu_to_velo)
    world_from_imu = stored.side.ego.camera_0_pose() @ camera_from_imu
    expected = RigidTransform.from_yaw(np.pi / 2, (5, 6, 0)) @ load_rig("kitti").imu.rig_from_imu
    assert np.allclose(world_from_imu.matrix(), expected.matrix(), atol=1e-8)


def test_a_frame_of_the_test_set_shows_its_sensors_and_hides_its_labels(tmp_path: Path):
    frame = a_kitti_frame()
    make_folders(tmp_path, testing=True)
    entries = write_frame(tmp_path, frame, testing=True)
    assert {str(Path(path).parent) for path in entries} == {
        "testing/image_2", "testing/image_3", "testing/velodyne", "testing/calib", "testing_labels/label_2",
        "testing_labels/objects", "testing_labels/velodyne_label",
    }
    assert (frame_ids(tmp_path), frame_ids(tmp_path, testing=True)) == ((), ("000007",))
    assert read_frame(tmp_path, "000007").side == frame.side


def test_a_missing_file_is_named(tmp_path: Path):
    make_folders(tmp_path)
    write_frame(tmp_path, a_kitti_frame())
    (tmp_path / frame_path("calib", "000007")).unlink()
    with pytest.raises(DatasetError, match=r"calib/000007\.txt: cannot be read"):
        read_frame(tmp_path, "000007")


@pytest.mark.parametrize(("folder", "content", "problem"), [
    ("velodyne", b"12345", "16 bytes"), ("velodyne_label", b"12345", "4 bytes"), ("image_2", b"no picture", "picture"),
    ("image_2", b"", "picture"), ("label_2", b"\xff", "UTF-8"), ("objects", b"{}", "objects file"),
    ("velodyne", b"", "0 points, but 3 point labels"), ("label_2", b"", "side file"),
])
def test_a_broken_file_is_named(tmp_path: Path, folder: str, content: bytes, problem: str):
    make_folders(tmp_path)
    write_frame(tmp_path, a_kitti_frame())
    (tmp_path / frame_path(folder, "000007")).write_bytes(content)
    with pytest.raises(DatasetError, match=problem):
        read_frame(tmp_path, "000007")


def test_a_disk_that_fails_while_writing_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.txt"
    write_whole(path, b"old")

    def crash(self: Path, target: Path) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_ids_have_six_digits_and_grow_when_they_must():
    assert [frame_id(number) for number in (0, 42, 999_999, 1_000_000)] == ["000000", "000042", "999999", "1000000"]
    with pytest.raises(ValueError, match="-1"):
        frame_id(-1)


def test_ids_sort_by_number(tmp_path: Path):
    make_folders(tmp_path)
    for number in (1_000_000, 7, 999_999):
        (tmp_path / frame_path("label_2", frame_id(number))).write_text("")
    assert frame_ids(tmp_path) == ("000007", "999999", "1000000")


def test_points_are_four_little_endian_floats():
    content = points_bytes(np.array([[1.0, -2.0, 0.5, 0.25]], np.float32))
    assert content == b"\x00\x00\x80\x3f" b"\x00\x00\x00\xc0" b"\x00\x00\x00\x3f" b"\x00\x00\x80\x3e"
    assert parse_points(content).tolist() == [[1.0, -2.0, 0.5, 0.25]]
    assert parse_points(b"").shape == (0, 4)


@pytest.mark.parametrize(("points", "problem"), [
    (np.zeros((3, 3), np.float32), "shape"), (np.full((1, 4), np.nan, np.float32), "finite"),
    (np.array([[1, 2, 3, 1.5]], np.float32), "reflectance"), (np.array([[1, 2, 3, -0.1]], np.float32), "reflectance"),
])
def test_points_that_would_spoil_a_file_are_refused(points: np.ndarray, problem: str):
    with pytest.raises(ValueError, match=problem):
        points_bytes(points)


def test_a_point_label_holds_the_tag_low_and_the_instance_high():
    labels = point_labels(np.array([21], np.uint8), np.array([3], np.uint16))
    assert labels.tolist() == [3 * 65536 + 21]
    assert parse_point_labels(point_labels_bytes(labels)).tolist() == labels.tolist()


def test_a_picture_is_written_red_first(tmp_path: Path):
    rgb = np.zeros((4, 6, 3), np.uint8)
    rgb[..., 0] = 200
    (tmp_path / "a.png").write_bytes(png_bytes(rgb))
    theirs = Image.open(tmp_path / "a.png")
    assert (theirs.mode, theirs.size) == ("RGB", (6, 4))
    assert theirs.getpixel((0, 0)) == (200, 0, 0)
    assert cv2.imread(str(tmp_path / "a.png"))[0, 0].tolist() == [0, 0, 200]
    assert np.array_equal(parse_png(png_bytes(rgb)), rgb)


def test_a_picture_that_was_cut_off_says_so_and_libpng_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    whole = png_bytes(np.random.default_rng(3).integers(0, 255, (40, 60, 3), np.uint8))
    with pytest.raises(DatasetError, match="the file was cut off"):
        parse_png(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match="not a picture"):
        parse_png(b"hello")
    assert capfd.readouterr() == ("", "")


def test_a_picture_of_the_wrong_kind_is_refused():
    with pytest.raises(ValueError, match="uint8"):
        png_bytes(np.zeros((4, 6, 4), np.uint8))


def test_a_frame_of_a_rig_with_many_sensors_survives_the_disk(tmp_path: Path):
    """Two cameras with labels, one without; two LiDARs; no right-hand camera."""
    rig = parse_rig(MANY_SENSORS, "many", "many.yaml")
    many = EpisodeFormat.of("crossing-0000", ("deer", "far_car"), rig)
    kitti = a_frame()
    picture = a_picture()[:40, :60]
    frame = replace(kitti, views={name: CameraView(picture + np.uint8(n)) for n, name in enumerate(
        ("ahead", "left", "back"))}, further_sweeps={"side": replace(kitti.sweep, points_m=-kitti.sweep.points_m)})
    stored = KittiFrame.from_capture(
        7, many, frame, [DEER_LABEL], further_labels={4: [FAR_LABEL, DEER_LABEL][::-1]},
        further_owners={"side": np.array([1, -1, -1])})
    make_folders(tmp_path, folders=many.folders)
    written = write_frame(tmp_path, stored)
    assert {path.split("/")[1] for path in written} == {
        "image_2", "image_4", "image_5", "velodyne", "velodyne_label", "velodyne_side", "velodyne_side_label",
        "label_2", "objects", "label_4", "objects_4", "calib"}
    assert {path.name for path in (tmp_path / "training").iterdir()} == {path.split("/")[1] for path in written}
    again = read_frame(tmp_path, "000007")
    assert set(again.images) == {"image_2", "image_4", "image_5"}
    assert np.array_equal(again.images["image_5"], picture + np.uint8(2))
    assert np.array_equal(again.further_clouds["side"].points[:, :3], -kitti.sweep.points_m)
    tag, instance = split_point_labels(again.further_clouds["side"].labels)
    assert (tag.tolist(), instance.tolist()) == ([1, 21, 14], [2, 1, 2])
    assert [row.type for row in again.further_labels[4].objects] == ["Animal", "DontCare"]
    assert again.further_labels[4].side == stored.further_labels[4].side
    assert further_folders(tmp_path) == (
        "image_4", "image_5", "label_4", "objects_4", "velodyne_side", "velodyne_side_label")
    assert frame_folder("image_4", testing=True) == "testing/image_4"
    assert frame_folder("velodyne_side", testing=True) == "testing/velodyne_side"
    assert frame_folder("label_4", testing=True) == "testing_labels/label_4"


def test_folders_of_others_are_not_taken_for_a_lidar_s(tmp_path: Path):
    (tmp_path / "training" / "velodyne_reduced").mkdir(parents=True)
    (tmp_path / "training" / "image_1").mkdir()
    assert further_folders(tmp_path) == ()


MANY_SENSORS = """
label_camera: ahead
cameras:
  ahead: {position_m: [1, 0, 2], picture: &p {width_px: 60, height_px: 40, focal_px: 80}, record: true}
  left: {position_m: [1, 0, 2], rotation: {yaw_left_deg: 90}, picture: *p, record: true, label: true}
  back: {position_m: [1, 0, 2], rotation: {yaw_left_deg: 180}, picture: *p, record: true}
main_lidar: roof
lidars:
  roof: {position_m: [0, 0, 2], device: vlp_16}
  side: {position_m: [1, 1, 1], rotation: {yaw_left_deg: 90}, device: vlp_16}
imu: {position_m: [0, 0, 0]}
"""
