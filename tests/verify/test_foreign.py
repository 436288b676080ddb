"""Datasets as they come from elsewhere: links, other names, line ends of other systems, and what desktops leave."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simgen.verify import report_to_json, verify_dataset
from simgen.verify.rules import LONGEST, shown
from tests.verify.test_command import simgen_verify

Break = Callable[[Path], None]


def found(root: Path) -> set[tuple[str, str]]:
    return {(finding.rule, finding.severity) for finding in verify_dataset(root).findings}


def renamed(stem: Callable[[str], str], suffix: Callable[[str], str] = str) -> Break:
    """Other names for all files, in ImageSets as well."""

    def apply(root: Path) -> None:
        for path in list((root / "training").glob("*/*")):
            path.rename(path.with_name(stem(path.stem) + suffix(path.suffix)))
        for path in (root / "ImageSets").glob("*.txt"):
            path.write_text("".join(f"{stem(one)}\n" for one in path.read_text().split()))

    return apply


def linked(root: Path) -> None:
    for folder in ("image_2", "velodyne"):
        real = root.parent / f"real_{folder}"
        shutil.move(root / "training" / folder, real)
        (root / "training" / folder).symlink_to(real)


def windows(root: Path) -> None:
    for pattern in ("training/calib/*.txt", "training/label_2/*.txt", "ImageSets/*.txt"):
        for path in root.glob(pattern):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def leftovers(root: Path) -> None:
    (root / "training" / "image_2" / "Thumbs.db").touch()
    (root / "training" / "label_2" / ".ipynb_checkpoints").mkdir()


def without(*folders: str) -> Break:
    def apply(root: Path) -> None:
        for folder in folders:
            shutil.rmtree(root / "training" / folder)

    return apply


def first_split(data: bytes) -> Break:
    return lambda root: (root / "ImageSets" / "train.txt").write_bytes(data) and None


FOREIGN: dict[str, tuple[Break, set[tuple[str, str]]]] = {
    "linked folders": (linked, set()),
    "windows line ends": (windows, {("label.spacing", "error")}),
    "suffixes in upper case": (renamed(str, str.upper), {("set.names", "error")}),
    "seven digits from zero": (renamed(lambda one: f"0{one}"), {("set.names", "error")}),
    "more than a million frames": (renamed(lambda one: f"1{one}"), {("set.gaps", "info")}),
    "ids of forty digits": (renamed(lambda one: "9" * 34 + one), {("set.gaps", "info")}),
    "what desktops leave": (leftovers, {("set.names", "warning")}),
    "one camera": (without("image_3"), set()),
    "one camera and no LiDAR": (without("image_3", "velodyne"), {("set.folders", "info")}),
    "a blank line in a split": (first_split(b"000000\n\n"), {("set.splits", "error")}),
    "a byte order mark in a split": (first_split(b"\xef\xbb\xbf000000\n"), {("set.splits", "error")}),
    "suffixes in a split": (first_split(b"000000.png\n"), {("set.splits", "error")}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_dataset_from_elsewhere_is_judged_by_what_it_holds(plain: Path, name: str) -> None:
    change, expected = FOREIGN[name]
    change(plain)
    assert found(plain) == expected


@pytest.mark.parametrize(
    "data, says",
    [
        (b"000000\n\n", "a line is blank"),
        (b"\xef\xbb\xbf000000\n", "beside 000000 there is something that cannot be seen"),
        (b"000000 \n", "beside 000000 there is something that cannot be seen"),
        (b"000000.png\n", "'000000.png' is listed with a suffix"),
        (b"900000\n", "'900000' is listed, but training has no such frame"),
    ],
)
def test_a_line_of_a_split_that_is_no_frame_is_told_for_what_it_is(plain: Path, data: bytes, says: str) -> None:
    first_split(data)(plain)
    assert any(one.sentence.startswith(says) for one in verify_dataset(plain, only=["set.splits"]).errors)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_no_name_or_word_stops_a_report_or_reaches_the_terminal_as_a_command(plain: Path) -> None:
    labels = plain / "training" / "label_2"
    (labels / os.fsdecode(b"\xff\xfe.txt")).touch()
    (labels / "000000.txt").write_bytes(b"\x1b[2J\x07Car " + b"9" * 5000 + b" 0\n")
    done = simgen_verify(plain)
    assert done.exit_code == 1 and done.exception is not None and isinstance(done.exception, SystemExit)
    assert "\x1b" not in done.stdout and "\\x1b[2J" in done.stdout and "\\udcff" in done.stdout
    told = json.dumps(report_to_json(verify_dataset(plain)), ensure_ascii=False)
    assert told.encode("utf-8")


def test_a_text_is_shown_as_it_is_if_it_can_be() -> None:
    assert shown("alpha is 3°, not −π…π") == "alpha is 3°, not −π…π"
    assert shown("a\tb\0") == "a\\tb\\x00"
    assert len(shown("9" * 5000)) == LONGEST + 1


def test_a_frame_number_beyond_all_numbers_is_no_frame(tmp_path: Path) -> None:
    labels = tmp_path / "training" / "label_02"
    labels.mkdir(parents=True)
    (labels / "0000.txt").write_text("9" * 5000 + " 0 Car 0 0 0 1 1 9 9 1.5 1.8 4.2 0 1.6 9 0\n")
    assert ("track.frame", "error") in found(tmp_path)
