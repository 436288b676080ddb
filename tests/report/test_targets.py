"""What is drawn goes where nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from simgen.errors import RequestError
from simgen.report import save_frame
from simgen.report.cloud import export_ply
from simgen.report.targets import CLOUD, PICTURE, VIDEO, check_target, write_picture
from simgen.report.video import save_video
from simgen.report.view import save_view

RED = np.full((4, 6, 3), (255, 0, 0), np.uint8)


@pytest.mark.parametrize("name, kind, words", [
    ("a.gif", PICTURE, "end the name in .png or .jpg"), ("a", VIDEO, "end the name in .mp4 or .avi"),
    ("a.txt", CLOUD, "end the name in .ply"), ("nowhere/a.png", PICTURE, "there is no folder"),
    ("folder.ply", CLOUD, "this is a folder"),
])
def test_a_wrong_place_is_one_sentence(name: str, kind: object, words: str, tmp_path: Path) -> None:
    (tmp_path / "folder.ply").mkdir()
    with pytest.raises(RequestError, match=words):
        check_target(tmp_path / name, kind)                 # type: ignore[arg-type]


def test_endings_may_be_in_capitals(tmp_path: Path) -> None:
    check_target(tmp_path / "a.PNG", PICTURE)
    check_target(tmp_path / "a.PLY", CLOUD)


@pytest.mark.parametrize("folder", ["training/image_2", "testing/image_2", "ImageSets", "training/image_2/.."])
def test_nothing_is_drawn_over_what_a_dataset_holds(folder: str, tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "pictures").mkdir()
    with pytest.raises(RequestError, match="lies among the dataset's own files"):
        check_target(root / folder / "000000.png", PICTURE, root)
    check_target(root / "pictures" / "000000.png", PICTURE, root)
    check_target(tmp_path / "000000.png", PICTURE, root)


def test_whoever_draws_keeps_off_the_dataset_and_says_so_before_reading_it(tmp_path: Path) -> None:
    folder = tmp_path / "training" / "image_2"
    folder.mkdir(parents=True)
    for refused in (
        lambda: save_frame(tmp_path, "000000", folder / "000000.png"),
        lambda: save_view(tmp_path, "000000", folder / "000000.png"),
        lambda: save_video(tmp_path, "toy-0000", folder / "a.mp4"),
        lambda: export_ply(tmp_path, "000000", folder / "a.ply"),
    ):
        with pytest.raises(RequestError, match="own files"):
            refused()


def test_a_picture_replaces_a_name_and_not_the_file_that_shares_it(tmp_path: Path) -> None:
    recorded, linked = tmp_path / "recorded.png", tmp_path / "linked.png"
    write_picture(recorded, np.zeros((4, 6, 3), np.uint8))
    before = recorded.read_bytes()
    os.link(recorded, linked)                               # as an export has pictures
    write_picture(linked, RED)
    assert recorded.read_bytes() == before
    assert np.asarray(cv2.imread(str(linked)))[0, 0].tolist() == [0, 0, 255]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked.png", "recorded.png"]
