"""The COCO export: boxes, masks and regions by hand, and what COCO's own evaluator says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.errors import DatasetError
from simgen.export import Dataset, export_dataset
from simgen.export.coco import annotations_of, categories_of
from simgen.export.masks import Seen, find_masks, rectangle_run_lengths, run_lengths
from tests.export.street import EYE, THINGS, write_street


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_street(tmp_path_factory.mktemp("street") / "data", xodr=False)


@pytest.fixture(scope="module")
def tables(street: Path) -> dict[str, Any]:
    export_dataset(street, "coco")
    return dict(json.loads((street / "coco" / "annotations" / "instances_train.json").read_text(encoding="utf-8")))


def test_runs_go_down_the_columns_and_start_outside() -> None:
    mask = np.array([[0, 1, 1], [0, 0, 1]], bool)
    assert run_lengths(mask) == [2, 1, 1, 2]
    assert run_lengths(~mask) == [0, 2, 1, 1, 2]
    assert run_lengths(np.zeros((2, 3), bool)) == [6]


@given(st.integers(0, 5), st.integers(0, 4), st.integers(1, 6), st.integers(1, 5))
def test_a_rectangle_has_the_runs_of_its_mask(left: int, top: int, width: int, height: int) -> None:
    mask = np.zeros((9, 11), bool)
    mask[top:top + height, left:left + width] = True
    assert rectangle_run_lengths(left, top, width, height, 9, 11) == run_lengths(mask)
    whole = np.ones((height, width), bool)
    assert rectangle_run_lengths(0, 0, width, height, height, width) == run_lengths(whole)


def test_an_object_is_recognised_by_its_pixels_and_their_box() -> None:
    picture = np.zeros((10, 20), np.uint16)
    picture[1:4, 2:6] = 26 * 256 + 1                # a car: 12 pixels
    picture[1:4, 8:12] = 26 * 256 + 2               # another as large
    picture[5:7, 3:5] = 25 * 256 + 1                # a rider, and the bicycle below
    picture[7:9, 2:6] = 33 * 256 + 1
    picture[9, :] = 7 * 256                         # road: no instance
    second, both = Seen(12, (8, 1, 11, 3)), Seen(12, (2, 5, 5, 8))
    assert find_masks(picture, [second, both]) == ((26 * 256 + 2,), (25 * 256 + 1, 33 * 256 + 1))
    assert find_masks(picture, [Seen(11, (8, 1, 11, 3)), Seen(12, (8, 1, 12, 3))]) == ((), ())
    assert find_masks(np.zeros((4, 4), np.uint16), [second]) == ((),)


def test_two_parts_of_one_class_are_never_one_object() -> None:
    picture = np.zeros((4, 8), np.uint16)
    picture[0, 0], picture[0, 3] = 24 * 256 + 1, 24 * 256 + 2
    assert find_masks(picture, [Seen(2, (0, 0, 3, 0))]) == ((),)


def test_ids_of_types_stay_when_new_types_come_up(street: Path) -> None:
    moments = [frame.moment() for frame in Dataset.open(street).frames]
    found = {one["name"]: one["id"] for one in categories_of(iter(moments))}
    assert found == {"Car": 1, "Pedestrian": 4, "Cyclist": 6, "Misc": 8, "Animal": 9}
    kinds = {one["name"]: one["supercategory"] for one in categories_of(iter(moments))}
    assert kinds == {"Car": "vehicle", "Pedestrian": "person", "Cyclist": "vehicle", "Misc": "thing",
                     "Animal": "animal"}


def test_the_box_is_that_of_the_visible_pixels_and_the_whole_one_stays_beside_it(tables: dict[str, Any]) -> None:
    car = next(one for one in tables["annotations"] if one.get("role") == "car")
    left, top, wide, high = car["amodal_bbox"]
    right, bottom = left + wide, top + high
    x, y, width, height = car["bbox"]
    # Pixels whose centres lie within half a pixel of the projection's edges are the mask.
    assert abs(x + 0.5 - left) <= 0.5 and abs(y + 0.5 - top) <= 0.5
    assert abs(x + width - 0.5 - right) <= 0.5 and abs(y + height - 0.5 - bottom) <= 0.5
    assert car["track_id"] == 0 and car["iscrowd"] == 0 and car["blueprint"] == "vehicle.audi.tt"
    assert car["box_3d"]["size_hwl_m"] == [1.4, 1.8, 4.2]


def test_every_visible_object_has_its_mask(tables: dict[str, Any]) -> None:
    objects = [one for one in tables["annotations"] if not one["iscrowd"]]
    assert {one["role"] for one in objects} == {thing.role for thing in THINGS} - {"van"}
    for one in objects:
        assert one["segmentation"]["size"] == [EYE.height, EYE.width]
        assert sum(one["segmentation"]["counts"][1::2]) == one["area"]


def test_a_dont_care_region_is_a_crowd_of_every_class(tables: dict[str, Any]) -> None:
    crowds = [one for one in tables["annotations"] if one["iscrowd"] and one["image_id"] == 0]
    assert sorted(one["category_id"] for one in crowds) == [one["id"] for one in tables["categories"]]
    assert len({tuple(one["bbox"]) for one in crowds}) == 1
    assert all(sum(one["segmentation"]["counts"]) == EYE.height * EYE.width for one in crowds)
    assert {one["dont_care"] for one in crowds} == {"too far"}


def test_ids_are_unique_and_none_is_0(tables: dict[str, Any]) -> None:
    ids = [one["id"] for one in tables["annotations"]]
    assert len(set(ids)) == len(ids) and 0 not in ids
    assert {one["image_id"] for one in tables["annotations"]} <= {one["id"] for one in tables["images"]}


def test_pictures_are_links_and_there_is_a_file_for_each_split(street: Path, tables: dict[str, Any]) -> None:
    assert [one["file_name"] for one in tables["images"]] == [f"{k:06d}.png" for k in range(6)]
    picture = street / "coco" / "images" / "train" / "000002.png"
    assert picture.samefile(street / "training" / "image_2" / "000002.png")
    validation = json.loads((street / "coco" / "annotations" / "instances_val.json").read_text(encoding="utf-8"))
    assert validation["images"] == [] and validation["categories"] == tables["categories"]
    assert not (street / "coco" / "annotations" / "instances_test.json").exists()


def test_without_instance_pictures_there_are_no_masks_and_the_report_says_so(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1, instance=False, xodr=False)
    report = export_dataset(root, "coco")
    assert any("no instance pictures" in note for note in report.notes)
    text = (root / "coco" / "annotations" / "instances_train.json").read_text(encoding="utf-8")
    assert {str(one["segmentation"]) for one in json.loads(text)["annotations"] if not one["iscrowd"]} == {"[]"}


def test_an_instance_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    root = write_street(tmp_path / "data", episodes=1, xodr=False)
    (root / "training" / "instance" / "000001.png").write_bytes(
        (root / "training" / "image_2" / "000001.png").read_bytes())
    with pytest.raises(DatasetError, match=r"instance/000001\.png"):
        export_dataset(root, "coco")


def test_a_dont_care_outside_of_the_picture_has_nothing_to_ignore(street: Path) -> None:
    moment = Dataset.open(street).frames[0].moment()
    categories = categories_of(iter([moment]))
    inside = annotations_of(moment, (EYE.width, EYE.height), categories, None)
    outside = annotations_of(moment, (100, 50), categories, None)
    assert len(inside) - len(outside) == len(categories)


def test_cocos_evaluator_gives_the_truth_full_marks(street: Path, tables: dict[str, Any]) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    truth = coco.COCO(str(street / "coco" / "annotations" / "instances_train.json"))
    regions = [{"image_id": one["image_id"], "category_id": one["category_id"], "bbox": one["bbox"], "score": 0.99}
               for one in tables["annotations"] if one["iscrowd"]]
    for kind in ("bbox", "segm"):
        found = [{"image_id": one["image_id"], "category_id": one["category_id"], "score": 0.9, "bbox": one["bbox"],
                  **({"segmentation": truth.annToRLE(one)} if kind == "segm" else {})}
                 for one in tables["annotations"] if not one["iscrowd"]]
        if kind == "bbox":
            found += regions                # detections where nobody labelled are not counted
        judge = cocoeval.COCOeval(truth, truth.loadRes(found), kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
        assert judge.stats[0] == pytest.approx(1.0)
