"""One thing is wrong with a correct dataset, and just the rule that is about it speaks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from simgen.verify import verify_dataset
from simgen.verify.registry import RULES
from tests.verify import toyworld
from tests.verify.mutations import matrix, pictures, side_rows

Break = Callable[[Path], None]


@pytest.fixture(scope="session")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of one frame each, with depth, semantic and instance pictures and planes; not to be changed."""
    root = toyworld.write_dataset(tmp_path_factory.mktemp("toy") / "maps", frames_each=1)
    for frame in (0, 1):
        toyworld.write_maps(root, frame, toyworld.ACTORS)
        plane = root / "training" / "planes" / f"{frame:06d}.txt"
        plane.parent.mkdir(exist_ok=True)
        plane.write_text("# Plane\nWidth 4\nHeight 1\n0 -1 0 1.65\n")
    toyworld.seal(root)
    return root


@pytest.fixture(scope="session")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A correct tracking dataset; not to be changed."""
    return toyworld.write_tracking(tmp_path_factory.mktemp("toy") / "tracking")


def spoken(root: Path, **options: Any) -> set[str]:
    return {finding.rule for finding in verify_dataset(root, **options).findings}


def text_of(path: str, change: Callable[[str], str]) -> Break:
    """Change one text file below training."""

    def apply(root: Path) -> None:
        file = root / "training" / path
        file.write_text(change(file.read_text()))

    return apply


def png_of(path: str, change: Callable[[np.ndarray], np.ndarray]) -> Break:
    def apply(root: Path) -> None:
        file = root / "training" / path
        cv2.imwrite(str(file), change(cv2.imread(str(file), cv2.IMREAD_UNCHANGED)), [cv2.IMWRITE_PNG_COMPRESSION, 1])

    return apply


def corrupt_middle(root: Path) -> None:
    path = root / "training" / "image_2" / "000000.png"
    data = bytearray(path.read_bytes())
    data[2000:-100] = bytes(len(data) - 2100)
    path.write_bytes(bytes(data))


def ego(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Break:
    """Change what the first frame's side file says of the ego."""

    def apply(root: Path) -> None:
        path = root / "training" / "objects" / "000000.json"
        side = json.loads(path.read_text())
        path.write_text(json.dumps({**side, "ego": {**side["ego"], **change(side["ego"])}}))

    return apply


def shifted_left(pixels: np.ndarray) -> np.ndarray:
    return np.roll(pixels, -60, axis=1)


WITH_MAPS: dict[str, Break] = {
    "image.pixels": corrupt_middle,
    "depth.form": pictures("depth_2", lambda d: (d >> 8).astype(np.uint8)),
    "depth.sweep": pictures("depth_2", lambda d: np.where(d > 0, np.roll(d, 8, axis=0), d)),
    "semantic.form": pictures("semantic", lambda s: s.astype(np.uint16) * 257),
    "semantic.ids": png_of("semantic/000000.png", lambda s: np.where(s == 23, 77, s).astype(np.uint8)),
    "instance.form": png_of("instance/000000.png", lambda i: i[:, :-1]),
    "instance.semantic": png_of("instance/000000.png", lambda i: np.where(i > 0, i + 256, 0).astype(np.uint16)),
    "planes.form": text_of("planes/000000.txt", lambda text: text.replace("0 -1 0 1.65", "0 -1 0 -1.65")),
    "objects.stored": side_rows(lambda row: {"lidar_points": int(str(row["lidar_points_stored"])) - 1}),
    "objects.pixels": side_rows(lambda row: {"visible_fraction": 0.9}),
    "objects.silhouette": side_rows(
        lambda row: {"amodal_bbox_px": [v + d for v, d in zip(row["amodal_bbox_px"], (-40, 0, 40, 0), strict=True)]}
    ),
    "ego.form": ego(lambda known: {"world_from_rig": known["world_from_rig"][:11]}),
}


@pytest.mark.parametrize("rule", WITH_MAPS)
def test_one_rule_speaks_about_a_frame(maps: Path, tmp_path: Path, rule: str) -> None:
    root = Path(shutil.copytree(maps, tmp_path / "maps"))
    WITH_MAPS[rule](root)
    toyworld.seal(root)
    assert spoken(root, exclude=["record.*"]) == {rule}


def test_a_correct_dataset_with_maps_is_left_in_peace(maps: Path) -> None:
    assert verify_dataset(maps).findings == ()


def test_semantic_points_speaks_where_a_calibration_misses_the_picture(maps: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(maps, tmp_path / "maps"))
    pictures("semantic", shifted_left)(root)
    pictures("instance", shifted_left)(root)
    assert spoken(root, exclude=["record.*"]) == {"semantic.points"}


def test_a_rig_that_changes_is_found(dataset: Path) -> None:
    matrix("Tr_imu_to_velo", lambda m: m + np.pad([[0.0]], ((0, 2), (0, 3))))(dataset)
    text_of("calib/000001.txt", lambda text: text.replace("-8.100000000000e-01", "-8.200000000000e-01"))(dataset)
    assert spoken(dataset, exclude=["record.*"]) == {"set.rig"}


# -- time ----------------------------------------------------------------------------------------------------------


def test_a_track_that_changes_its_type_is_found(dataset: Path) -> None:
    for folder, file in (("label_2", "000001.txt"), ("objects", "000001.json")):
        text_of(f"{folder}/{file}", lambda text: text.replace("Animal", "Misc"))(dataset)
    assert spoken(dataset, exclude=["record.*"]) == {"motion.type"}


def test_an_ego_that_is_elsewhere_than_its_velocity_says_is_found(dataset: Path) -> None:
    ego(lambda known: {"velocity_mps": [-10.0, 0.0, 0.0]})(dataset)
    assert spoken(dataset, quick=True) == {"ego.motion", "record.size"}


def test_objects_that_do_not_move_in_the_world_as_they_should_are_found(dataset: Path) -> None:
    side_rows(lambda row: {"velocity_mps": [3 * v for v in row["velocity_mps"]]})(dataset)  # type: ignore[union-attr]
    assert spoken(dataset, quick=True) == {"ego.world", "record.size"}


# -- the set -------------------------------------------------------------------------------------------------------


def test_a_picture_that_is_there_twice_draws_a_warning_and_one_in_testing_an_error(plain: Path) -> None:
    shutil.rmtree(plain / "ImageSets")
    image = plain / "training" / "image_2"
    shutil.copy(image / "000000.png", image / "000001.png")
    assert "set.duplicates" in {f.rule for f in verify_dataset(plain).warnings}
    (plain / "testing" / "image_2").mkdir(parents=True)
    shutil.copy(image / "000000.png", plain / "testing" / "image_2" / "000000.png")
    assert {f.rule for f in verify_dataset(plain).errors} == {"set.leak"}


def test_a_picture_of_val_that_looks_like_one_of_train_draws_a_warning(plain: Path) -> None:
    image = plain / "training" / "image_2"
    pixels = cv2.imread(str(image / "000000.png"))
    noisy = pixels.astype(int) + np.random.default_rng(0).integers(-9, 10, pixels.shape)
    cv2.imwrite(str(image / "000001.png"), np.clip(noisy, 0, 255).astype(np.uint8))
    assert spoken(plain, only=["set.*"]) == {"set.near"}


def labels_only(root: Path, rows: dict[str, list[str]]) -> Path:
    """A dataset of label files alone."""
    folder = root / "training" / "label_2"
    folder.mkdir(parents=True)
    for frame, lines in rows.items():
        (folder / f"{frame}.txt").write_text("".join(f"{line}\n" for line in lines))
    return root


CAR = "Car 0.00 0 0.00 100.00 100.00 200.00 200.00 1.50 1.80 4.20 {x} 1.65 {z} {ry}"
NEAR_CAR, FAR_CAR = CAR.format(x="0.00", z="10.00", ry="0.00"), CAR.format(x="0.00", z="30.00", ry="0.00")


def test_hidden_objects_that_are_all_marked_visible_draw_a_warning(tmp_path: Path) -> None:
    root = labels_only(tmp_path, {f"{i:06d}": [NEAR_CAR, FAR_CAR] for i in range(12)})
    assert {f.rule for f in verify_dataset(root).warnings} == {"set.occlusion", "set.folders", "set.splits"}
    half = labels_only(tmp_path / "half", {
        f"{i:06d}": [NEAR_CAR, FAR_CAR.replace("0.00 0 ", f"0.00 {i % 2} ", 1)] for i in range(12)
    })
    assert "set.occlusion" not in spoken(half)


def test_empty_label_files_and_missing_ids_are_told(tmp_path: Path) -> None:
    root = labels_only(tmp_path, {"000000": [NEAR_CAR], "000002": []})
    assert spoken(root) == {"set.empty", "set.gaps", "set.folders", "set.splits"}


def test_a_type_that_only_train_has_draws_a_warning(tmp_path: Path) -> None:
    pedestrian = NEAR_CAR.replace("Car", "Pedestrian").replace("1.50 1.80 4.20", "1.70 0.60 0.60")
    root = labels_only(tmp_path, {f"{i:06d}": [NEAR_CAR if i < 10 else pedestrian] * 1 for i in range(40)})
    (root / "ImageSets").mkdir()
    ids = [f"{i:06d}\n" for i in range(40)]
    for split, listed in (("train", ids[10:]), ("val", ids[:10]), ("trainval", ids)):
        (root / "ImageSets" / f"{split}.txt").write_text("".join(listed))
    found = [f for f in verify_dataset(root).warnings if f.rule == "set.balance"]
    assert [f.sentence for f in found] == ["30 rows of type Pedestrian are in train, none in val"]


def test_a_set_too_small_to_be_evaluated_is_told(tmp_path: Path) -> None:
    root = labels_only(tmp_path, {f"{i:06d}": [NEAR_CAR] if i < 39 else [NEAR_CAR.replace("Car", "Van")]
                                  for i in range(100)})
    found = [f for f in verify_dataset(root).findings if f.rule == "set.counted"]
    assert [f.severity for f in found] == ["info"]
    assert found[0].sentence.startswith("39 counted objects of type Car")


# -- tracking ------------------------------------------------------------------------------------------------------


def label_rows(change: Callable[[list[str]], list[str]]) -> Break:
    """Change the columns of every row but DontCare of the tracking dataset."""
    return text_of("label_02/0000.txt", lambda text: "".join(
        " ".join(c if (c := line.split())[2] == "DontCare" else change(c)) + "\n" for line in text.splitlines()
    ))


def put(column: int, value: str) -> Callable[[list[str]], list[str]]:
    return lambda c: [*c[:column], value, *c[column + 1 :]]


def first_row_last(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[1:], lines[0]])


def turn_round(c: list[str]) -> list[str]:
    turned = toyworld.wrap(float(c[16]) + np.pi)
    return [*c[:5], f"{toyworld.wrap(float(c[5]) + np.pi):.4f}", *c[6:16], f"{turned:.4f}"]


IN_TRACKING: dict[str, Break] = {
    "track.columns": label_rows(lambda c: [*c, "0.5"]),
    "track.frame": text_of("label_02/0000.txt", lambda text: text + text.splitlines()[-1].replace("7", "9", 1) + "\n"),
    "track.order": text_of("label_02/0000.txt", first_row_last),
    "track.id": text_of("label_02/0000.txt", lambda text: text.replace("0 -1 DontCare", "0 5 DontCare", 1)),
    "track.truncation": label_rows(put(3, "0.00")),
    "track.dont_care": text_of("label_02/0000.txt", lambda text: text.replace("-1000 -1000 -1000 -10", "0 0 0 0")),
    "track.calib": text_of("calib/0000.txt", lambda text: text.replace("R_rect", "R0_rect:")),
    "track.streams": lambda root: (root / "training" / "velodyne" / "0000" / "000003.bin").unlink(),
    "track.oxts": text_of("oxts/0000.txt", lambda text: text.replace(" 0.00000000000000\n", "\n")),
    "track.heading": label_rows(lambda c: turn_round(c) if c[2] == "Van" else c),
    "label.occlusion": label_rows(put(4, "0.0")),
    "label.alpha": label_rows(lambda c: [*c[:5], c[16], *c[6:]]),
}


def test_a_correct_tracking_dataset_has_no_findings_whole_or_as_a_bare_folder(tracking: Path) -> None:
    for root in (tracking, tracking / "training"):
        report = verify_dataset(root)
        assert report.findings == ()
        assert (report.layout, report.frames, report.labels) == ("tracking", 8, 32)
        silent = {verdict.id for verdict in report.rules if verdict.silent}
        assert not silent & {"track.heading", "motion.late", "points.empty", "label.alpha"}


@pytest.mark.parametrize("rule", IN_TRACKING)
def test_one_rule_speaks_about_a_sequence(tracking: Path, tmp_path: Path, rule: str) -> None:
    root = Path(shutil.copytree(tracking, tmp_path / "tracking"))
    IN_TRACKING[rule](root)
    assert spoken(root, quick=True) == {rule}


def test_labels_of_a_sequence_that_are_one_tick_late_are_found(tracking: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(tracking, tmp_path / "tracking"))
    label_rows(lambda c: [str(int(c[0]) + 1), *c[1:]])(root)
    text_of("label_02/0000.txt", lambda text: "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("8 ")
    ))(root)
    found = {f.rule: f.sentence for f in verify_dataset(root, only=["motion.late"]).errors}
    assert "one tick late" in found["motion.late"]


def test_every_rule_is_named_by_some_test() -> None:
    texts = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py"))
    named = set(re.findall(r'"([a-z]+\.[a-z_0-9]+)"', texts))
    assert set(RULES) - named == set()
