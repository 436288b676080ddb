"""``simgen export``: what a person types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgen.export import FORMATS
from tests.export.recording import write_dataset
from tests.whole.product import simgen


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("recorded"), episodes=2, failed=(0,)).root


def test_help_begins_with_examples_and_names_every_format() -> None:
    text = simgen("export", "--help").stdout
    assert text.index("simgen export out/deer --to tracking") < text.index("--json")
    assert all(name in text for name in FORMATS)


def test_the_last_line_says_where_it_is_and_which_reader_to_try(root: Path) -> None:
    done = simgen("export", root, "--to", "odometry")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"note: {root}: 1 of 2 episodes is recorded; the rest is missing here",
        "1 episode, 8 frames: 24 files linked, 12 files written",
        f'odometry: {root}/odometry    Read it with: pykitti.odometry("{root}/odometry", "01")',
    ]


def test_json_says_the_same(root: Path, tmp_path: Path) -> None:
    done = simgen("export", root, "--to", "tracking", "--out", tmp_path / "out", "--json")
    said = json.loads(done.stdout)
    assert (said["format"], said["out"], said["linked"], said["copied"]) == ("tracking", str(tmp_path / "out"), 24, 0)
    assert said["read_with"] == f'pykitti.tracking("{tmp_path}/out/training", "0001")'


@pytest.mark.parametrize(("arguments", "hint"), [
    (("--to", "traking"), "did you mean tracking?"),
    (("--to", "tracking", "--classes", "kiti"), "did you mean 'kitti'?"),
])
def test_an_unknown_word_is_one_sentence_and_exit_code_2(root: Path, arguments: tuple[str, ...], hint: str) -> None:
    done = simgen("export", root, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert hint in done.stderr
