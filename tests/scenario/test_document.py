from __future__ import annotations

from pathlib import Path

import pytest

from sensors.yaml12 import load_yaml
from simgen.scenario.document import Mapping, Scalar, Sequence, read_document
from simgen.scenario.mistakes import MistakeLog, ScenarioMistakes


def read(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    log = MistakeLog(str(path))
    document = read_document(path, log)
    log.raise_if_any()
    return document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"), ("ON", "ON"),
        ("true", True), ("False", False), ("tRUE", "tRUE"),
        ("~", None), ("null", None), ("", None), ("nil", "nil"),
        ("1:30", "1:30"), ("12:30:45", "12:30:45"), ("2026-11-22", "2026-11-22"),
        ("1e3", 1000.0), ("1.5E-2", 0.015), (".5", 0.5), ("5.", 5.0), ("+5", 5), ("-0", 0),
        ("010", 10), ("0o10", 8), ("0x1F", 31), ("0b11", "0b11"), ("1_000", "1_000"),
        (".inf", float("inf")), ("-.INF", float("-inf")), ("inf", "inf"),
        ("'5'", "5"), ('"on"', "on"), ("!!str 5", "5"), ("50 km/h", "50 km/h"), ("=", "="), ("<<", "<<"),
    ],
)
def test_words_and_numbers_mean_what_yaml_1_2_says(tmp_path: Path, text: str, value: object) -> None:
    node = read(tmp_path, f"key: {text}\n").entries["key"]
    assert isinstance(node, Scalar)
    assert node.value == value and type(node.value) is type(value)


@pytest.mark.parametrize("text", ["on", "1:30", "1e3", "010", "0o10", "0x1F", "0b11", "1_000", "-.INF", "~", "tRUE"])
def test_rigs_and_class_maps_are_read_by_the_same_rules(tmp_path: Path, text: str) -> None:
    node = read(tmp_path, f"key: {text}\n").entries["key"]
    value = load_yaml(text)
    assert isinstance(node, Scalar)
    assert node.value == value and type(node.value) is type(value)


def test_a_key_called_on_is_a_word(tmp_path: Path) -> None:
    assert list(read(tmp_path, "on: 1\nno: 2\n").entries) == ["on", "no"]


def test_every_node_knows_its_file_line_and_column(tmp_path: Path) -> None:
    document = read(tmp_path, "# first\na: 1\nb:\n  - x\n  - {c: d}\n")
    assert (document.at.line, document.at.column, document.at.file) == (2, 1, str(tmp_path / "file.yaml"))
    assert (document.keys["b"].at.line, document.keys["b"].at.column) == (3, 1)
    items = document.entries["b"]
    assert isinstance(items, Sequence)
    assert [(item.at.line, item.at.column) for item in items.items] == [(4, 5), (5, 5)]


def test_anchors_are_fine_but_a_hundred_million_laughs_are_not(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    document = read(tmp_path, "\n".join(lines[:3]))
    last = document.entries["a2"]
    assert isinstance(last, Sequence) and last.items[0] is last.items[9]
    with pytest.raises(ScenarioMistakes, match="holds more than 20000 values"):
        read(tmp_path, "\n".join(lines))


def test_forty_levels_are_enough_for_anybody(tmp_path: Path) -> None:
    read(tmp_path, f"a: {'[' * 39}{']' * 39}")
    with pytest.raises(ScenarioMistakes, match="nested too deeply"):
        read(tmp_path, f"a: {'[' * 41}{']' * 41}")


def test_an_integer_of_ten_thousand_digits_is_no_crash(tmp_path: Path) -> None:
    node = read(tmp_path, f"key: {'9' * 10_000}\n").entries["key"]
    assert isinstance(node, Scalar) and node.value == float("inf")
