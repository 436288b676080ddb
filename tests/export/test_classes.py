"""``--classes``: exports for readers that know other types than the dataset has."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.errors import RequestError
from simgen.export import FORMATS, Dataset, export_dataset, place_of
from simgen.export.classes import KITTI_TYPES, REASON, TypeMap, read_type_map, shipped_names
from simgen.kitti.labels import parse_labels
from tests.export import recording, street
from tests.export.street import write_street
from tests.judges import mmdet3d_kitti, openpcdet_kitti, trackeval_kitti
from tests.judges.nuscenes_tables import Tables, complaints

STORED = ["Animal", "Car", "Car", "Cyclist", "DontCare", "Misc", "Pedestrian"]      # of each frame of the street


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("street") / "data", episodes=1, xodr=False)


def a_map(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def types_of(label_file: Path) -> list[str]:
    return [row.type for row in parse_labels(label_file.read_text())]


# --- The map ---------------------------------------------------------------------------------------------------------


def test_a_map_says_what_becomes_of_a_type(tmp_path: Path) -> None:
    mine = read_type_map(a_map(tmp_path, "map: {Moose: Animal, Bus: DontCare}\nignore: [Goose]"))
    assert [mine.type_of(name) for name in ("Moose", "Bus", "Goose", "Car", "DontCare")] == [
        "Animal", "DontCare", None, "Car", "DontCare"]
    others = read_type_map(a_map(tmp_path, "map: {Car: Car, '*': Misc}"))
    assert [others.type_of(name) for name in ("Car", "Moose", "DontCare")] == ["Car", "Misc", "DontCare"]


@pytest.mark.parametrize("name", shipped_names())
@given(stored=st.sampled_from([*KITTI_TYPES, "DontCare"]) | st.from_regex(r"[A-Za-z][A-Za-z0-9_]*", fullmatch=True))
def test_the_maps_that_come_with_simgen_know_no_type_but_kittis(name: str, stored: str) -> None:
    new = read_type_map(name).type_of(stored)
    assert new in (*KITTI_TYPES, "DontCare")
    assert new == stored or stored not in (*KITTI_TYPES, "DontCare")


@pytest.mark.parametrize(("text", "says"), [
    ("", "expected a mapping with map, ignore or both"),
    ("[Animal]", "expected a mapping with map, ignore or both"),
    ("map: {Animal: Misc", "is no YAML: "),
    ("map: {Animal: Misc, Animal: Car}", "is no YAML: .*Animal"),
    ("maps: {Animal: Misc}", "maps: unknown key \\(did you mean 'map'\\?\\)"),
    ("map: [Animal]", "map: expected stored types with new ones"),
    ("ignore: Animal", "ignore: expected a list of stored types"),
    ("map: {walker.animal.*: Misc}", r"map: 'walker.animal.\*' is no type of a label"),
    ("map: {Animal: [Misc]}", r"map.Animal: \['Misc'\] is no type: .* ignore"),
    ("map: {Animal: }", "map.Animal: None is no type"),
    ("map: {Animal: misc}", "map.Animal: 'misc' differs from KITTI's 'Misc' by case only"),
    ("map: {Animal: Dontcare}", "map.Animal: 'Dontcare' differs from KITTI's 'DontCare' by case only"),
    ("map: {DontCare: Misc}", "map: DontCare regions stay as they are"),
    ("{map: {Animal: Misc}, ignore: [Animal]}", "Animal is named twice"),
])
def test_a_map_that_is_wrong_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    name = a_map(tmp_path, text)
    with pytest.raises(RequestError, match=f"^--classes {re.escape(name)}: {says}") as caught:
        read_type_map(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "says"), [
    ("kiti", r"no class map of this name \(did you mean 'kitti'\?\); there are kitti, kitti_dont_care, and any file"),
    ("../kitti", "no class map of this name"),
    ("nowhere.yaml", "there is no such file"),
])
def test_an_unknown_map_is_one_sentence(name: str, says: str) -> None:
    with pytest.raises(RequestError, match=f"^--classes {name}: {says}"):
        read_type_map(name)


def test_a_type_that_the_dataset_has_not_is_said_and_one_that_is_misspelt_is_refused() -> None:
    mine = TypeMap("mine.yaml", {"Moose": "Animal", "Tram": "Tram", "*": "Misc"})
    assert mine.notes({"Car", "Animal"}) == ("--classes mine.yaml: Moose: the dataset has no objects of this type",)
    with pytest.raises(RequestError, match=r"Anmial: the dataset has no objects of this type \(did you mean 'Animal'"):
        TypeMap("mine.yaml", {"Anmial": "Misc"}).notes({"Car", "Animal"})


# --- The exports -----------------------------------------------------------------------------------------------------


def test_an_export_with_a_map_has_a_folder_of_its_own_and_says_which_map_it_was(root: Path, tmp_path: Path) -> None:
    assert place_of(root, "tracking", "some/mine.yaml") == root / "tracking_mine"
    name = a_map(tmp_path, "map: {Animal: DontCare}\nignore: [Goose]")
    notes = export_dataset(root, "tracking", classes=name).notes
    assert notes[-1] == f"--classes {name}: Goose: the dataset has no objects of this type"
    said = json.loads((root / "tracking_mine" / "export.json").read_text(encoding="utf-8"))
    assert said["classes"] == {"name": "mine.yaml", "types": {"Animal": "DontCare", "Goose": None}}


@pytest.mark.parametrize("layout", [name for name, one in FORMATS.items() if not one.has_types])
def test_layouts_without_types_take_no_map(root: Path, layout: str) -> None:
    with pytest.raises(RequestError, match=f"^--classes kitti: {layout} holds no types of objects"):
        export_dataset(root, layout, classes="kitti")


@pytest.mark.parametrize(("classes", "objects", "regions"), [("kitti", 6, 1), ("kitti_dont_care", 5, 2)])
def test_tracking_for_trackeval(root: Path, classes: str, objects: int, regions: int) -> None:
    export_dataset(root, "tracking")
    assert not any("TrackEval" in note for note in export_dataset(root, "tracking", classes=classes).notes)
    folder = root / f"tracking_{classes}" / "training"
    steps = trackeval_kitti.read_sequence(folder, "0000", street.FRAMES)
    assert [(len(step.ids), len(step.ignored)) for step in steps] == [(objects, regions)] * street.FRAMES

    def rows(name: str) -> list[list[str]]:
        return [row.split() for row in (root / name / "training/label_02/0000.txt").read_text().splitlines()]

    kept = [row for row in rows("tracking") if row[2] not in ("Animal", "DontCare")]
    assert all(row in rows(f"tracking_{classes}") for row in kept)
    (deer,) = {row[1] for row in rows("tracking") if row[2] == "Animal"}
    assert [row[2] for row in rows(f"tracking_{classes}") if row[1] == deer] == ["Misc"] * 3 * (classes == "kitti")


def test_a_copy_in_the_object_layout_is_read_by_trainers(root: Path) -> None:
    export_dataset(root, "object", classes="kitti_dont_care")
    copy = root / "object_kitti_dont_care"
    assert (copy / "training/image_2/000001.png").samefile(root / "training/image_2/000001.png")
    assert (copy / "training/velodyne/000001.bin").samefile(root / "training/velodyne/000001.bin")
    for name in ("000000", "000001", "000002"):
        assert types_of(copy / f"training/label_2/{name}.txt")[-2:] == ["DontCare", "DontCare"]
        before, after = openpcdet_kitti.read_info(root, name), openpcdet_kitti.read_info(copy, name)
        kept = [k for k, kind in enumerate(before.names) if kind not in ("Animal", "DontCare")]
        assert (after.boxes_lidar == before.boxes_lidar[kept]).all()
        assert mmdet3d_kitti.read_info(copy, int(name)).class_ids.min() == -1       # Misc and DontCare only
    assert (copy / "ImageSets/train.txt").read_text().split() == ["000000", "000001", "000002"]
    side = json.loads((copy / "training/objects/000000.json").read_text(encoding="utf-8"))
    assert [row["type"] for row in side["rows"]] == types_of(copy / "training/label_2/000000.txt")
    assert [(row["class"], row["dont_care_reason"]) for row in side["rows"] if row["type"] == "DontCare"] == [
        ("Animal", REASON), ("Van", "too far")]


def test_a_frame_that_has_no_row_any_more_is_in_no_set(root: Path, tmp_path: Path) -> None:
    everything = a_map(tmp_path, "ignore: ['*']")
    export_dataset(root, "object", tmp_path / "none", everything)
    assert types_of(tmp_path / "none/training/label_2/000000.txt") == ["DontCare"]
    assert len((tmp_path / "none/ImageSets/trainval.txt").read_text().split()) == street.FRAMES
    written = recording.write_dataset(tmp_path / "recorded", episodes=2, testing=(1,))
    for label in (written.root / "training/label_2").iterdir():         # no DontCare either
        rows = [row for row in label.read_text().splitlines(keepends=True) if "DontCare" not in row]
        label.write_text("".join(rows))
        side = written.root / "training/objects" / f"{label.stem}.json"
        value = json.loads(side.read_text())
        side.write_text(json.dumps({**value, "rows": value["rows"][:len(rows)]}))
    export_dataset(written.root, "object", tmp_path / "empty", a_map(tmp_path, "ignore: [Car]"))
    sets = {path.stem: path.read_text().split() for path in (tmp_path / "empty/ImageSets").iterdir()}
    labelled = [f"{index:06d}" for index in range(recording.FRAMES) if index not in recording.HIDDEN]
    assert sets == {"train": labelled, "val": [], "trainval": labelled,
                    "test": [f"{index:06d}" for index in range(8, 16)]}
    assert (tmp_path / "empty/testing_labels/label_2/000008.txt").is_file()


def test_coco_has_the_new_types_and_regions(root: Path) -> None:
    def tables(classes: str) -> dict[str, list[dict[str, object]]]:
        export_dataset(root, "coco", classes=classes)
        path = root / f"coco_{classes}" / "annotations/instances_train.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))

    as_misc, as_region = tables("kitti"), tables("kitti_dont_care")
    names = [(one["name"], one["supercategory"]) for one in as_misc["categories"]]
    assert names == [("Car", "vehicle"), ("Pedestrian", "person"), ("Cyclist", "vehicle"), ("Misc", "thing")]
    deer = next(one for one in as_misc["annotations"] if one.get("role") == "deer")
    assert (deer["category_id"], deer["iscrowd"], deer["species"]) == (8, 0, "roe_deer")
    crowds = [one for one in as_region["annotations"] if one["iscrowd"] and one["image_id"] == 0]
    assert [one["dont_care"] for one in crowds].count(REASON) == len(as_region["categories"])
    assert not any(one.get("role") == "deer" for one in as_region["annotations"])


def test_nuscenes_leaves_out_what_has_no_type_and_takes_a_new_type_before_the_blueprint(
    root: Path, tmp_path: Path
) -> None:
    name = a_map(tmp_path, "map: {Car: Truck, Cyclist: Other}\nignore: [Animal]")
    export_dataset(root, "nuscenes", tmp_path / "nuscenes", name)
    assert complaints(tmp_path / "nuscenes", "v1.0-trainval") == []
    tables = Tables(tmp_path / "nuscenes", "v1.0-trainval")
    found = sorted(tables.category(one) for one in tables.annotations_of(tables.lists["sample"][0]))
    assert found == ["human.pedestrian.child", "movable_object.trafficcone", "vehicle.bicycle", "vehicle.truck",
                     "vehicle.truck"]


def test_tracklets_have_the_new_types(tmp_path: Path) -> None:
    written = recording.write_dataset(tmp_path / "data", episodes=1)
    export_dataset(written.root, "raw", tmp_path / "raw", a_map(tmp_path, "map: {Car: Van, Pedestrian: DontCare}"))
    (path,) = (tmp_path / "raw").glob("*/*/tracklet_labels.xml")
    assert [one.text for one in ET.parse(path).getroot().iter("objectType")] == ["Van"]


def test_the_dataset_itself_keeps_its_types(root: Path) -> None:
    export_dataset(root, "coco", classes="kitti")
    kinds = sorted(types_of(root / "training/label_2/000000.txt"))
    assert kinds == STORED == sorted(one.label.type for one in Dataset.open(root).frames[0].moment().objects)
