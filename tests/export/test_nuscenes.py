"""The nuScenes export: what the tables say against what was recorded, and how they look to a strict reader."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.export import Dataset, ExportReport, export_dataset
from simgen.export.nuscenes.expansion import dense
from simgen.export.nuscenes.roads import read_roads
from tests.export.recording import write_dataset
from tests.export.street import (
    CALIBRATION,
    EYE,
    FRAMES,
    LANE_M,
    MAP,
    RIG,
    STEP_S,
    THINGS,
    box_of,
    world_from_rig,
    world_from_road,
    write_street,
)
from tests.judges.nuscenes_tables import SCHEMA, Tables, complaints

VERSION = "v1.0-trainval"
KEYS = (2, 7)           # key frames of eight frames at 10 Hz


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("street") / "data")


@pytest.fixture(scope="module")
def report(street: Path) -> ExportReport:
    return export_dataset(street, "nuscenes")


@pytest.fixture(scope="module")
def tables(street: Path, report: ExportReport) -> Tables:
    return Tables(street / "nuscenes", VERSION)


def origin(tables: Tables) -> np.ndarray:
    """Where map coordinates begin in the world."""
    return np.array([*tables.lists["map"][0]["world_origin_m"], 0.0])


def places(tables: Tables) -> list[tuple[int, int, dict[str, Any]]]:
    """Episode, index and record of each sample."""
    return [(k // FRAMES, k % FRAMES, sample) for k, sample in enumerate(tables.lists["sample"])]


# --- The tables ------------------------------------------------------------------------------------------------------


def test_the_strict_reader_has_nothing_to_complain_of(street: Path, report: ExportReport) -> None:
    assert complaints(street / "nuscenes", VERSION) == []
    assert report.notes == ()


def broken(tables: dict[str, list[Any]]) -> dict[str, Callable[[], None]]:
    """Ways to break a dataset, each by what the reader says of it."""
    annotations, samples, data = tables["sample_annotation"], tables["sample"], tables["sample_data"]
    return {
        "points nowhere": lambda: annotations[0].update(instance_token="gone"),
        "no unit quaternion": lambda: tables["ego_pose"][0].update(rotation=[1.0, 1.0, 0.0, 0.0]),
        "is not of the sample that follows": lambda: data[0].update(sample_token=samples[1]["token"]),
        "is not in sweeps": lambda: data[0].update(is_key_frame=False),
        "does not follow it": lambda: samples[1].update(timestamp=samples[0]["timestamp"]),
        "ends elsewhere": lambda: tables["scene"][0].update(nbr_samples=99),
        "has another time": lambda: data[0].update(timestamp=data[0]["timestamp"] + 1),
        "is not there": lambda: data[2].update(filename="samples/LIDAR_TOP/lost.pcd.bin"),
        "one attribute at most": lambda: annotations[0].update(
            attribute_tokens=[one["token"] for one in tables["attribute"][:2]]),
        "tokens repeat": lambda: samples.append(samples[0]),
        "is not 3 numbers": lambda: annotations[0].update(size=[1.0, 2.0]),
        "not every log": lambda: tables["map"][0].update(log_tokens=[]),
        "annotations, not": lambda: tables["instance"][0].update(nbr_annotations=0),
    }


@pytest.mark.parametrize("says", broken({name: [{}] * 4 for name in SCHEMA}))
def test_the_strict_reader_sees_what_is_broken(says: str, street: Path, report: ExportReport, tmp_path: Path) -> None:
    root = tmp_path / "nuscenes"
    shutil.copytree(street / "nuscenes", root)
    loaded = {name: json.loads((root / VERSION / f"{name}.json").read_text(encoding="utf-8")) for name in SCHEMA}
    broken(loaded)[says]()
    for name, records in loaded.items():
        (root / VERSION / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    assert any(says in sentence for sentence in complaints(root, VERSION))


def test_frames_half_a_second_apart_are_all_samples_and_scenes_have_their_own_time(tables: Tables) -> None:
    times = [sample["timestamp"] for sample in tables.lists["sample"]]
    noon_us = 946_728_000_000_000           # 1 January 2000, 12:00 UTC
    assert times == [noon_us + episode * 1_000_000_000 + index * 500_000
                     for episode in (0, 1) for index in range(FRAMES)]
    assert [scene["name"] for scene in tables.lists["scene"]] == ["street-0000", "street-0001"]


def test_at_ten_hertz_every_fifth_frame_is_a_sample_and_the_others_are_sweeps(tmp_path: Path) -> None:
    written = write_dataset(tmp_path / "data", episodes=1)
    export_dataset(written.root, "nuscenes")
    root = written.root / "nuscenes"
    assert complaints(root, VERSION) == []
    found = Tables(root, VERSION)
    first, last = found.lists["sample"]
    assert (last["timestamp"] - first["timestamp"], found.lists["scene"][0]["nbr_samples"]) == (500_000, 2)
    assert len(found.lists["ego_pose"]) == 8
    for channel, stored in (("CAM_FRONT", "image_2"), ("CAM_FRONT_STEREO", "image_3"), ("LIDAR_TOP", None)):
        stream = found.stream(first, channel)
        assert [index for index, one in enumerate(stream) if one["is_key_frame"]] == [*KEYS]
        assert [one["sample_token"] for one in stream] == [first["token"]] * 3 + [last["token"]] * 5
        assert [one["filename"].split("/")[0] for one in stream] == [
            "samples" if index in KEYS else "sweeps" for index in range(8)]
        for index, one in enumerate(stream):
            assert stored is None or (root / one["filename"]).samefile(
                written.root / "training" / stored / f"{index:06d}.png")
    assert {one["sample_token"] for one in found.lists["sample_annotation"]} == {first["token"], last["token"]}


def test_boxes_are_those_of_the_world(tables: Tables) -> None:
    known = {thing.role: thing for thing in THINGS}
    seen = 0
    for episode, index, sample in places(tables):
        found = tables.annotations_of(sample)
        assert len(found) == len(known) - 1         # the van is too far
        boxes = [box_of(thing, episode, index) for thing in THINGS if thing.role != "van"]
        for box in boxes:
            centre = box.frame_from_box.translation_m - origin(tables)
            one = min(found, key=lambda one: float(np.linalg.norm(np.array(one["translation"]) - centre)))
            length, width, height = box.size_lwh_m
            assert np.allclose(one["translation"], centre, atol=2e-4)       # labels have four decimals
            assert np.allclose(one["size"], [width, length, height], atol=1e-4)
            w, x, y, z = one["rotation"]
            turn = Rotation.from_quat([x, y, z, w]).as_matrix()
            assert np.allclose(turn, box.frame_from_box.rotation, atol=2e-4)
            seen += 1
    assert seen == 2 * FRAMES * (len(THINGS) - 1)


def test_boxes_in_the_camera_are_the_labels_to_a_millimetre(street: Path, tables: Tables) -> None:
    dataset = Dataset.open(street)
    for (_, _, sample), frame in zip(places(tables), dataset.frames, strict=True):
        moment = frame.moment()
        camera_2 = CALIBRATION.camera_from_rectified(2)
        data = tables.data_of(sample)["CAM_FRONT"]
        for one, thing in zip(tables.annotations_of(sample), moment.objects, strict=False):
            height, width, length = thing.label.size_hwl_m
            x, y, z = thing.label.bottom_centre_m
            c, s = math.cos(thing.label.yaw_rad), math.sin(thing.label.yaw_rad)
            across = np.array([[length / 2] * 4 + [-length / 2] * 4, [-width / 2, width / 2] * 4])
            ends = np.stack([c * across[0] + s * across[1] + x, -s * across[0] + c * across[1] + z], axis=1)
            corners = tables.corners_in_sensor(one, data)
            for (right, ahead), level in ((end, y - k * height) for end in ends for k in (0, 1)):
                wanted = camera_2.apply(np.array([right, level, ahead]))
                assert np.linalg.norm(corners - wanted, axis=1).min() < 1e-3


def test_a_point_of_the_sweep_is_where_it_was_in_the_world(street: Path, tables: Tables) -> None:
    episode, index, sample = places(tables)[4]
    stored = np.fromfile(street / "training" / "velodyne" / "000004.bin", np.float32).reshape(-1, 4)
    world = (world_from_rig(episode, index) @ RIG.lidar.rig_from_lidar).apply(stored[:, :3]) - origin(tables)
    assert np.allclose(tables.points_in_map(tables.data_of(sample)["LIDAR_TOP"]), world, atol=1e-4)


def test_points_in_boxes_are_counted_in_the_stored_sweep(tables: Tables) -> None:
    assert {one["num_lidar_pts"] for one in tables.lists["sample_annotation"]} == {4}


def test_velocity_by_differences_is_the_true_one(tables: Tables) -> None:
    for one in tables.lists["sample_annotation"]:
        if one["next"]:
            after = tables.get("sample_annotation", one["next"])
            moved = (np.array(after["translation"]) - one["translation"]) / STEP_S
            assert np.allclose(moved, one["velocity_mps"], atol=5e-3)


def test_cameras_project_as_kittis_matrices_do(tables: Tables) -> None:
    sample = tables.lists["sample"][0]
    data = tables.data_of(sample)
    assert set(data) == {"CAM_FRONT", "CAM_FRONT_STEREO", "LIDAR_TOP"}
    for channel, number in (("CAM_FRONT", 2), ("CAM_FRONT_STEREO", 3)):
        sensor = tables.get("calibrated_sensor", data[channel]["calibrated_sensor_token"])
        point = tables.corners_in_sensor(tables.annotations_of(sample)[0], data[channel])[0]
        pixel = np.array(sensor["camera_intrinsic"]) @ point
        rectified = CALIBRATION.camera_from_rectified(number).inverse().apply(point)
        wanted = CALIBRATION.projections[number] @ [*rectified, 1]
        assert np.allclose(pixel[:2] / pixel[2], wanted[:2] / wanted[2], atol=1e-6)
        assert (data[channel]["width"], data[channel]["height"]) == (EYE.width, EYE.height)
    assert len(tables.lists["calibrated_sensor"]) == 3         # the rig is the same in both scenes


def test_categories_and_attributes_of_the_street(tables: Tables) -> None:
    found = set()
    for one in tables.lists["sample_annotation"]:
        attributes = [tables.get("attribute", key)["name"] for key in one["attribute_tokens"]]
        found.add((tables.category(one), *attributes))
    assert found == {
        ("vehicle.car", "vehicle.moving"), ("vehicle.car", "vehicle.parked"), ("vehicle.bicycle", "cycle.with_rider"),
        ("human.pedestrian.child", "pedestrian.moving"), ("animal",), ("movable_object.trafficcone",)}


def test_splits_are_named_so_that_the_devkit_looks_them_up_in_the_file(street: Path, report: ExportReport) -> None:
    splits = json.loads((street / "nuscenes" / VERSION / "splits.json").read_text(encoding="utf-8"))
    assert splits == {"simgen_train": ["street-0000", "street-0001"], "simgen_val": [], "simgen_test": []}


def test_pictures_are_links_and_a_second_export_gives_the_same_bytes(street: Path, tables: Tables) -> None:
    root = street / "nuscenes"
    data = tables.data_of(tables.lists["sample"][1])["CAM_FRONT"]
    assert (root / data["filename"]).samefile(street / "training" / "image_2" / "000001.png")
    before = {path: path.read_bytes() for path in sorted(root.rglob("*.json"))}
    export_dataset(street, "nuscenes")
    assert before == {path: path.read_bytes() for path in sorted(root.rglob("*.json"))}


def test_tokens_stay_when_the_dataset_grows(tmp_path: Path, tables: Tables) -> None:
    root = write_street(tmp_path / "data", episodes=1)
    export_dataset(root, "nuscenes")
    fewer = Tables(root / "nuscenes", VERSION)
    assert all(fewer.by_token[name].keys() <= tables.by_token[name].keys() for name in SCHEMA)


def test_a_dataset_without_poses_is_refused(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1, ego=False)
    with pytest.raises(RequestError, match="record the dataset anew"):
        export_dataset(root, "nuscenes")
    assert not (root / "nuscenes" / VERSION).exists()


def test_validation_and_test_episodes_are_splits_of_their_own(tmp_path: Path) -> None:
    written = write_dataset(tmp_path / "data", episodes=3, testing=(2,))
    image_sets = written.root / "ImageSets"
    image_sets.mkdir(exist_ok=True)
    first_of_the_second = Dataset.open(written.root).episodes[1].frames[0].identity
    (image_sets / "val.txt").write_text(f"{first_of_the_second}\n", encoding="utf-8")
    export_dataset(written.root, "nuscenes")
    splits = json.loads((written.root / "nuscenes" / VERSION / "splits.json").read_text(encoding="utf-8"))
    assert splits == {"simgen_train": ["bend-0000"], "simgen_val": ["bend-0001"], "simgen_test": ["bend-0002"]}
    export_dataset(written.root, "coco")
    names = {path.name for path in (written.root / "coco" / "annotations").iterdir()}
    assert names == {"instances_train.json", "instances_val.json", "instances_test.json"}


def test_a_location_is_the_maps_name_or_that_of_the_file_with_its_hash(street: Path) -> None:
    episode = Dataset.open(street).episodes[0]
    assert episode.location == "Street"                 # Carla/Maps/Street
    own = {"road": {"xodr": "/somewhere/my_town.xodr", "xodr_sha256": "0123456789abcdef"}}
    assert replace(episode, record=replace(episode.record, plan=own)).location == "my_town-01234567"


def test_a_car_that_pitches_and_rolls_keeps_its_boxes(tmp_path: Path) -> None:
    written = write_dataset(tmp_path / "data")
    report = export_dataset(written.root, "nuscenes")
    assert any("ring numbers" in note for note in report.notes)         # the rig's file is another one
    assert complaints(written.root / "nuscenes", VERSION) == []
    found = Tables(written.root / "nuscenes", VERSION)
    assert np.fromfile(written.root / "nuscenes" / found.lists["sample_data"][2]["filename"], "<f4")[4] == -1
    keys = [frame for frame in Dataset.open(written.root).frames if frame.moment().index in KEYS]
    for sample, frame in zip(found.lists["sample"], keys, strict=True):
        labels = [thing.label for thing in frame.moment().objects if thing.label.type != "DontCare"]
        for one, label in zip(found.annotations_of(sample), labels, strict=True):
            middle = found.corners_in_sensor(one, found.data_of(sample)["CAM_FRONT"]).mean(axis=0)
            x, y, z = label.bottom_centre_m
            rectified = CALIBRATION.camera_from_rectified(2).inverse().apply(middle)
            assert np.allclose(rectified, [x, y - label.size_hwl_m[0] / 2, z], atol=1e-3)


# --- The map ---------------------------------------------------------------------------------------------------------


def test_the_map_picture_is_white_where_the_ego_drove_and_black_off_the_road(street: Path, tables: Tables) -> None:
    record = tables.lists["map"][0]
    picture = cv2.imread(str(street / "nuscenes" / record["filename"]), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(picture)) == {0, 255}

    def looked_up(place: RigidTransform) -> int:
        x, y, _ = place.translation_m - origin(tables)
        return int(picture[round(picture.shape[0] - y * 10), round(x * 10)])         # as nuScenes' MapMask does

    assert all(looked_up(world_from_rig(episode, index)) == 255 for episode, index, _ in places(tables))
    # From the ego's lane to the left: the other lane, the pavement, then nothing.
    across = (LANE_M, 1.5 * LANE_M + 1.8, 1.5 * LANE_M + 2.2)
    assert [looked_up(world_from_road(0, left)) for left in across] == [255, 255, 0]


def test_the_vector_map_has_every_layer_and_hangs_together(street: Path, tables: Tables) -> None:
    layers = json.loads((street / "nuscenes" / "maps" / "expansion" / f"{MAP}.json").read_text(encoding="utf-8"))
    assert layers["version"] == "1.3"
    counts = {name: len(records) for name, records in layers.items() if isinstance(records, list)}
    assert {name: counts[name] for name in ("drivable_area", "road_segment", "road_block", "lane", "ped_crossing",
                                            "walkway", "carpark_area", "road_divider", "lane_connector")} == {
        "drivable_area": 1, "road_segment": 1, "road_block": 2, "lane": 2, "ped_crossing": 1, "walkway": 2,
        "carpark_area": 1, "road_divider": 1, "lane_connector": 0}
    nodes = {node["token"]: (node["x"], node["y"]) for node in layers["node"]}
    polygons = {polygon["token"]: polygon for polygon in layers["polygon"]}
    lines = {line["token"]: line for line in layers["line"]}
    assert all(key in nodes for polygon in polygons.values() for key in polygon["exterior_node_tokens"])
    assert all(key in nodes for line in lines.values() for key in line["node_tokens"])
    x, y, _ = world_from_rig(0, 0).translation_m - origin(tables)

    def covers(polygon_token: str) -> bool:
        ring = [nodes[key] for key in polygons[polygon_token]["exterior_node_tokens"]]
        return cv2.pointPolygonTest(np.array(ring, np.float32), (float(x), float(y)), False) > 0

    mine = [lane for lane in layers["lane"] if covers(lane["polygon_token"])]
    assert len(mine) == 1 and covers(layers["road_segment"][0]["polygon_token"])
    assert covers(layers["drivable_area"][0]["polygon_tokens"][0])
    pieces = layers["arcline_path_3"][mine[0]["token"]]
    ahead = np.subtract(pieces[-1]["end_pose"][:2], pieces[0]["start_pose"][:2])
    assert math.atan2(ahead[1], ahead[0]) == pytest.approx(0.5, abs=1e-3)          # the way the ego drives
    assert layers["connectivity"][mine[0]["token"]] == {"incoming": [], "outgoing": []}


def test_strips_get_their_other_border_from_their_centre_line(street: Path) -> None:
    roads = read_roads(street / "maps" / f"{MAP}.xodr")
    (parking,) = roads.of_kind("parking")
    assert np.allclose(np.linalg.norm(parking.left - parking.right, axis=1), 2.2, atol=1e-3)
    nearest = [min(np.linalg.norm(line - lane.right[0], axis=1).min() for lane in roads.of_kind("driving"))
               for line in (parking.left, parking.right)]
    assert nearest[0] < 1e-3 and nearest[1] > 2.1


def test_a_map_is_cut_at_a_rectangle(street: Path) -> None:
    roads = read_roads(street / "maps" / f"{MAP}.xodr")
    middle = world_from_road(60.0, LANE_M / 2).translation_m[:2]            # on the crosswalk, 100 m from both ends
    few = roads.within((*(middle - 20), *(middle + 20)))
    assert [lane.identity for lane in few.lanes] == [lane.identity for lane in roads.lanes]
    assert all((np.abs(lane.centre - middle) <= 20).all() for lane in few.lanes)
    assert all(np.ptp(lane.centre, axis=0).max() > 30 for lane in few.of_kind("driving"))
    assert len(few.crosswalks) == 1
    assert roads.within((1e4, 1e4, 2e4, 2e4)).lanes == ()


def test_without_opendrive_text_the_map_is_what_the_lidar_saw(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1, xodr=False)
    report = export_dataset(root, "nuscenes")
    assert any("no vector map of Street" in note for note in report.notes)
    found = Tables(root / "nuscenes", VERSION)
    picture = cv2.imread(str(root / "nuscenes" / found.lists["map"][0]["filename"]), cv2.IMREAD_UNCHANGED)
    x, y, _ = world_from_road(6.0, 1.0).translation_m - origin(found)
    assert picture[round(picture.shape[0] - y * 10), round(x * 10)] == 255
    assert 300 < np.count_nonzero(picture) < 12 * 6 * 100       # a dozen metres of road and no more
    assert not (root / "nuscenes" / "maps" / "expansion").exists()


def test_a_map_that_is_no_opendrive_is_said_and_does_no_harm(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1, xodr=False)
    (root / "maps").mkdir()
    (root / "maps" / f"{MAP}.xodr").write_text("<svg/>", encoding="utf-8")
    report = export_dataset(root, "nuscenes")
    assert any(f"{MAP}.xodr: cannot be read as OpenDRIVE" in note for note in report.notes)
    assert complaints(root / "nuscenes", VERSION) == []


def test_a_map_of_another_place_is_not_taken(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1)
    text = (root / "maps" / f"{MAP}.xodr").read_text(encoding="utf-8")
    moved = re.sub(r'(<geometry[^>]* x=")[^"]*', r"\g<1>9000", text)
    assert moved != text
    (root / "maps" / f"{MAP}.xodr").write_text(moved, encoding="utf-8")
    assert any("no road where the car drove" in note for note in export_dataset(root, "nuscenes").notes)


def test_a_long_straight_divider_has_a_node_in_every_patch(street: Path, report: ExportReport) -> None:
    layers = json.loads((street / "nuscenes" / "maps" / "expansion" / f"{MAP}.json").read_text(encoding="utf-8"))
    nodes = {node["token"]: (node["x"], node["y"]) for node in layers["node"]}
    lines = {line["token"]: line["node_tokens"] for line in layers["line"]}
    (divider,) = layers["road_divider"]
    points = np.array([nodes[key] for key in lines[divider["line_token"]]])
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps.sum() == pytest.approx(200, abs=0.1) and steps.max() <= 5.001
    assert dense(np.array([[0.0, 0], [11, 0], [11, 3]])).tolist() == pytest.approx(
        np.array([[0, 0], [11 / 3, 0], [22 / 3, 0], [11, 0], [11, 3]]))
