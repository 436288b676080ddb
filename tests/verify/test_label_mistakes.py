"""One label is wrong in one way, and everything that follows from its 3D box is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simgen.verify import verify_dataset
from tests.verify import toyworld
from tests.verify.toyworld import Body

Mistake = Callable[[Body], Body]

MISTAKES: dict[str, Mistake] = {
    "mirrored": lambda b: replace(b, y=-b.y, yaw=-b.yaw),
    "half a metre ahead": lambda b: replace(b, x=b.x + 0.5),
    "half a metre back": lambda b: replace(b, x=b.x - 0.5),
    "half a metre left": lambda b: replace(b, y=b.y + 0.5),
    "half a metre right": lambda b: replace(b, y=b.y - 0.5),
    "half a metre up": lambda b: replace(b, z=b.z + 0.5),
    "half a metre down": lambda b: replace(b, z=b.z - 0.5),
    "turned by 90 degrees": lambda b: replace(b, yaw=b.yaw + math.pi / 2),
    "length and height swapped": lambda b: replace(b, length=b.height, height=b.length),
    "centre for bottom": lambda b: replace(b, z=b.height / 2),
    "half extents": lambda b: replace(b, length=b.length / 2, width=b.width / 2, height=b.height / 2),
}


PIXELS = ("image.*", "set.leak", "set.duplicates", "set.near", "record.*")
"""Rules that have no part in these tests and take their time with opened pictures and checksums."""


def rules_broken(root: Path) -> set[str]:
    return {finding.rule for finding in verify_dataset(root, exclude=PIXELS).errors}


def mislabel(root: Path, role: str, mistake: Mistake) -> Path:
    return toyworld.write_dataset(root, 1, lambda body: mistake(body) if body.role == role else body)


@pytest.mark.parametrize("role", [body.role for body in toyworld.ACTORS])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_misplaced_box_is_found(tmp_path: Path, mistake: str, role: str) -> None:
    broken = rules_broken(mislabel(tmp_path, role, MISTAKES[mistake]))
    assert broken & {"points.in_box", "points.tight", "motion.heading"}


@pytest.mark.parametrize("role", ["lead_car", "oncoming_van", "parked_car", "deer"])
def test_length_and_width_swapped_are_found(tmp_path: Path, role: str) -> None:
    broken = rules_broken(mislabel(tmp_path, role, lambda b: replace(b, length=b.width, width=b.length)))
    assert "points.in_box" in broken


@pytest.mark.parametrize("role", ["lead_car", "oncoming_van", "walker", "deer"])
def test_a_moving_actor_turned_by_180_degrees_is_found(tmp_path: Path, role: str) -> None:
    root = mislabel(tmp_path, role, lambda b: replace(b, yaw=b.yaw + math.pi))
    assert rules_broken(root) == {"motion.heading"}


def test_what_was_struck_may_slide_sideways(tmp_path: Path) -> None:
    root = mislabel(tmp_path, "deer", lambda b: replace(b, yaw=b.yaw + math.pi))
    for side in (root / "training" / "objects").glob("*.json"):
        frame = json.loads(side.read_text())
        frame["rows"] = [row | {"struck": row["role"] == "deer"} for row in frame["rows"]]
        side.write_text(json.dumps(frame))
    assert not rules_broken(root)


def test_a_parked_car_that_turns_round_between_two_frames_is_found(dataset: Path) -> None:
    bodies = [body.moved(toyworld.FRAME_S, toyworld.EGO_SPEED) for body in toyworld.ACTORS]
    toyworld.write_frame(
        dataset,
        1,
        "toy-0000",
        1,
        bodies,
        lambda b: replace(b, yaw=b.yaw + math.pi) if b.role == "parked_car" else b,
    )
    toyworld.seal(dataset)
    assert rules_broken(dataset) == {"motion.turn"}


@pytest.mark.parametrize("role", ["oncoming_van", "parked_car", "walker"])   # the deer's place is behind a car
def test_a_mirrored_label_is_found_by_the_sweep_alone(tmp_path: Path, role: str) -> None:
    root = mislabel(tmp_path, role, MISTAKES["mirrored"])
    toyworld.make_plain(root)
    assert rules_broken(root) == {"points.empty"}


@pytest.mark.parametrize("role", ["lead_car", "oncoming_van", "parked_car", "walker"])
@pytest.mark.parametrize("mistake", ["half a metre up", "half a metre down", "centre for bottom"])
def test_a_floating_or_sunken_box_is_found_by_the_ground_alone(
    tmp_path: Path, role: str, mistake: str
) -> None:
    root = mislabel(tmp_path, role, MISTAKES[mistake])
    toyworld.make_plain(root)
    assert rules_broken(root) == {"points.ground"}


@pytest.mark.parametrize("role", [body.role for body in toyworld.ACTORS])
@pytest.mark.parametrize("mistake", ["half a metre ahead", "half a metre back", "half a metre right"])
def test_on_plain_kitti_a_shifted_box_draws_at_least_a_warning(
    tmp_path: Path, role: str, mistake: str
) -> None:
    root = mislabel(tmp_path, role, MISTAKES[mistake])
    toyworld.make_plain(root)
    found = {finding.rule for finding in verify_dataset(root, exclude=PIXELS).findings}
    assert found & {"points.beside", "points.tight", "points.empty"}


def test_a_box_much_wider_than_its_visible_object_draws_a_warning(dataset: Path) -> None:
    path = dataset / "training" / "objects" / "000000.json"
    side = json.loads(path.read_text())
    left, top, right, bottom = side["rows"][0]["visible_bbox_px"]
    side["rows"][0]["visible_bbox_px"] = [left, top, left + (right - left) // 3, bottom]
    path.write_text(json.dumps(side))
    toyworld.seal(dataset)
    report = verify_dataset(dataset)
    assert report.ok
    assert [f.rule for f in report.warnings] == ["box.visible"]


def test_something_labelled_twice_draws_a_warning(plain: Path) -> None:
    label = plain / "training" / "label_2" / "000000.txt"
    lines = label.read_text().splitlines()
    label.write_text("\n".join([lines[0], *lines]) + "\n")
    report = verify_dataset(plain)
    assert report.ok
    assert [f.rule for f in report.warnings] == ["box.twice"]


Edit = Callable[[list[str]], list[str]]


def edit_column(column: int, value: str) -> Edit:
    """Replace a column, counted from 1, of the first row."""

    def edit(lines: list[str]) -> list[str]:
        tokens = lines[0].split(" ")
        tokens[column - 1] = value
        return [" ".join(tokens), *lines[1:]]

    return edit


TEXT_MISTAKES: dict[str, tuple[Edit, str]] = {
    "a sixteenth column": (lambda lines: [lines[0] + " 0.9", *lines[1:]], "label.columns"),
    "a missing column": (lambda lines: [lines[0].rsplit(" ", 1)[0], *lines[1:]], "label.columns"),
    "a double space": (lambda lines: [lines[0].replace(" ", "  ", 1), *lines[1:]], "label.spacing"),
    "a tab": (lambda lines: [lines[0].replace(" ", "\t", 1), *lines[1:]], "label.spacing"),
    "a trailing space": (lambda lines: [lines[0] + " ", *lines[1:]], "label.spacing"),
    "a blank row": (lambda lines: [lines[0], "", *lines[1:]], "label.spacing"),
    "carriage returns": (lambda lines: [line + "\r" for line in lines], "label.spacing"),
    "nan": (edit_column(12, "nan"), "label.number"),
    "infinity": (edit_column(12, "inf"), "label.number"),
    "a decimal comma": (edit_column(12, "1,5"), "label.number"),
    "an underscore in a number": (edit_column(12, "1_5"), "label.number"),
    "occlusion with a point": (edit_column(3, "0.0"), "label.occlusion"),
    "occlusion out of range": (edit_column(3, "4"), "label.occlusion"),
    "truncation above 1": (edit_column(2, "1.5"), "label.truncation"),
    "degrees": (edit_column(15, "-91.1"), "label.angle"),
    "a type with brackets": (edit_column(1, "Person(sitting)"), "label.type"),
    "a type in lower case": (edit_column(1, "car"), "label.type"),
    "alpha copied from rotation_y": (
        lambda lines: [lines[0], lines[1], edit_column(4, lines[2].split()[14])([lines[2]])[0], *lines[3:]],
        "label.alpha",
    ),
    "DontCare first": (lambda lines: [lines[-1], *lines[:-1]], "label.dont_care"),
    "DontCare with a size": (
        lambda lines: [*lines[:-1], lines[-1].replace("-1 -1 -1 -1000", "1 1 1 -1000")],
        "label.dont_care",
    ),
    "a 2D box beyond the picture": (edit_column(7, "1242.50"), "box.inside"),
    "width instead of right": (edit_column(7, "60.00"), "box.inside"),
    "a 2D box elsewhere": (edit_column(5, "400.00"), "box.projection"),
    "the wrong truncation": (edit_column(2, "0.30"), "box.truncation"),
}


@pytest.mark.parametrize("mistake", TEXT_MISTAKES)
def test_a_mistake_in_the_text_of_a_label_is_found(plain: Path, mistake: str) -> None:
    edit, rule = TEXT_MISTAKES[mistake]
    label = plain / "training" / "label_2" / "000000.txt"
    label.write_bytes(("\n".join(edit(label.read_text().splitlines())) + "\n").encode())
    findings = verify_dataset(plain).errors
    assert rule in {finding.rule for finding in findings}
    assert {finding.frame for finding in findings} == {"000000"}


def test_a_last_row_without_a_line_feed_is_found(plain: Path) -> None:
    label = plain / "training" / "label_2" / "000000.txt"
    label.write_text(label.read_text().rstrip("\n"))
    assert rules_broken(plain) == {"label.columns"}


def test_a_2d_box_round_the_visible_part_only_is_found(plain: Path) -> None:
    label = plain / "training" / "label_2" / "000000.txt"
    lines = label.read_text().splitlines()
    left, right = (float(lines[0].split()[k]) for k in (4, 6))
    label.write_text("\n".join(edit_column(7, f"{left + 0.8 * (right - left):.2f}")(lines)) + "\n")
    assert rules_broken(plain) == {"box.projection"}


def say_door_open(root: Path, role: str) -> None:
    for path in (root / "training" / "objects").glob("*.json"):
        side = json.loads(path.read_text())
        for row in side["rows"]:
            row["pose"] = "door_open" if row["role"] == role else None
        path.write_text(json.dumps(side))
    toyworld.seal(root)


def test_an_open_door_may_lie_outside_its_cars_box_but_the_car_may_not(tmp_path: Path) -> None:
    too_narrow = mislabel(tmp_path / "a", "lead_car", lambda b: replace(b, width=0.75 * b.width))
    assert "points.in_box" in rules_broken(too_narrow)
    say_door_open(too_narrow, "lead_car")
    assert "points.in_box" not in rules_broken(too_narrow)
    moved = mislabel(tmp_path / "b", "lead_car", lambda b: replace(b, y=b.y + 1.0))
    say_door_open(moved, "lead_car")
    assert "points.in_box" in rules_broken(moved)


def test_an_open_door_is_not_taken_for_the_ground(tmp_path: Path) -> None:
    floating = mislabel(tmp_path, "lead_car", lambda b: replace(b, z=b.z + 0.6))
    assert "points.ground" in rules_broken(floating)
    say_door_open(floating, "lead_car")
    assert "points.ground" not in rules_broken(floating)
