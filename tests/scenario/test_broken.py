"""Scenario files with mistakes: each file of ``broken/`` says in its first lines which sentences it must cause."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.errors import ScenarioError
from simgen.scenario import ScenarioMistakes, load_scenario, make_plans

FOLDER = Path(__file__).parent / "broken"
BROKEN = sorted(FOLDER.glob("*.yaml"))
EXPECT = "# expect: "


def mistakes_of(path: Path) -> list[str]:
    with pytest.raises(ScenarioMistakes) as caught:
        load_scenario(path)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_there_are_many_of_them() -> None:
    assert len(BROKEN) >= 200


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_mistake_is_told_and_nothing_else(path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
    found = mistakes_of(path)
    assert expected
    assert len(found) == len(expected), found
    assert len(set(found)) == len(found)
    for sentence, fragment in zip(found, expected, strict=True):
        assert sentence.startswith(str(FOLDER)), sentence
        assert fragment in sentence, sentence
        assert "\n" not in sentence


def test_a_message_has_one_line_for_each_mistake_in_the_order_of_the_file() -> None:
    path = Path(__file__).parent / "broken" / "many_mistakes.yaml"
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 10
    numbers = [int(line.removeprefix(f"{path}:").split(":")[0]) for line in lines]
    assert numbers == sorted(numbers)


def test_the_error_survives_the_way_to_another_process() -> None:
    with pytest.raises(ScenarioMistakes) as caught:
        load_scenario(BROKEN[0])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.mistakes == caught.value.mistakes


def test_a_missing_file_a_folder_and_a_near_miss_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "deer.yaml").write_text("name: deer\n")
    assert mistakes_of(tmp_path / "nothing.txt") == [f"{tmp_path / 'nothing.txt'}: no such file"]
    dear = tmp_path / "dear.yaml"
    assert mistakes_of(dear) == [f"{dear}: no such file (did you mean 'deer.yaml'?)"]
    assert mistakes_of(tmp_path) == [f"{tmp_path}: is a folder; name a scenario file in it"]
    assert mistakes_of(tmp_path / "no" / "such" / "folder.yaml")[0].endswith(": no such file")
    assert mistakes_of(Path("/dev/null")) == ["/dev/null: is not an ordinary file"]


def test_a_file_that_is_hardly_a_scenario_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b" " * 300_001)
    assert mistakes_of(path) == [f"{path}: is larger than 300 kB and so hardly a scenario"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"---\n", b"null\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.yaml"
    path.write_bytes(content)
    assert len(mistakes_of(path)) == 1


GARBAGE = [
    b"a: \x00", b"[" * 3000, b"\xff\xfea\x00", b"a: \x07", b"%YAML 3\n---\na", b"? [a]\n: b", b"episodes: !!int x",
]


@pytest.mark.parametrize("content", GARBAGE)
def test_garbage_is_one_sentence_and_never_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.yaml"
    path.write_bytes(content)
    assert all(sentence.startswith(str(path)) for sentence in mistakes_of(path))


GOOD = (Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8")
SCRAPS = [
    "", " ", "\n", "\t", ":", "- ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "!x ", "'", '"', "|", "%", "-1", "0",
    "1e400", ".nan", "true", "~", "uniform", "normal: [1, 2]", "{choice: {}}", "{uniform: [1, 2]}", "[1, 2]", "on",
    "deer", "50 km/h",
]
CUTS = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 12), st.sampled_from(SCRAPS)), min_size=1, max_size=4
)
def mangled(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


SMALL = """name: small
road: {kind: rural}
ego: {speed: 50 km/h}
actors:
  - {role: x, animal: dog, place: {ahead: 9, off_road: 1, side: left}, do: [{cross: {speed: {uniform: [1, 2]}}}, stand]}
"""


@given(cuts=CUTS)
@mangled(60)
def test_a_mangled_text_is_read_or_refused_in_sentences(tmp_path: Path, cuts: list[tuple[int, int, str]]) -> None:
    """Cut pieces out of a good scenario and put scraps in their place."""
    text = GOOD
    for start, length, scrap in cuts:
        text = text[:start] + scrap + text[start + length :]
    read_or_refuse(tmp_path, text)


@given(content=st.binary(max_size=400))
@mangled(150)
def test_bytes_are_read_or_refused_in_sentences(tmp_path: Path, content: bytes) -> None:
    read_or_refuse(tmp_path, content)


EVERYTHING = yaml.safe_load(GOOD)
WORDS = [
    "deer", "ego", "x", "50 km/h", "3 m", "50 %", "1.5 s", "cross", "uniform", "choice", "derive", "ego.speed", "along",
    "actors", "place", "meet", "when", "do", "over", "at", "behind", "either", "parallel", "chance", "ClearNoon", "",
    "<<",
]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), st.sampled_from(WORDS), st.text(max_size=8))
TREES = st.recursive(LEAVES, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)), max_leaves=8)


@given(data=st.data())
@mangled(60)
def test_a_mutated_tree_is_read_or_refused_in_sentences(tmp_path: Path, data: st.DataObject) -> None:
    """Nodes of a good scenario deleted, doubled, exchanged, and replaced by any tree."""
    tree = copy.deepcopy(EVERYTHING)
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(tree, data)
    read_or_refuse(tmp_path, yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


@given(tree=st.dictionaries(st.sampled_from(sorted(EVERYTHING)), TREES, max_size=6))
@mangled(100)
def test_any_tree_is_read_or_refused_in_sentences(tmp_path: Path, tree: dict[str, Any]) -> None:
    read_or_refuse(tmp_path, yaml.safe_dump({**tree, "ego": tree.get("ego", {"speed": 10})}, allow_unicode=True))


PATHS = [*WORDS, "ego.speed", "actors.x.do", "actors[0].place", "a..b", "[0]", "ego.speed.uniform[0]"]


@given(path=st.sampled_from(PATHS), text=st.one_of(st.sampled_from(WORDS), st.text(max_size=12)))
@mangled(100)
def test_any_override_is_taken_or_refused_in_sentences(tmp_path: Path, path: str, text: str) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(SMALL, encoding="utf-8")
    try:
        load_scenario(good, [f"{path}={text}"])
    except ScenarioMistakes as error:
        assert all(line.startswith((str(good), "--set ")) for line in str(error).splitlines())


def read_or_refuse(folder: Path, content: str | bytes) -> None:
    path = folder / "mangled.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", errors="surrogatepass"))
    try:
        plans = make_plans([load_scenario(path)], None, 0)
        for number in range(min(2, len(plans))):
            assert plans[number].to_json()
    except ScenarioMistakes as error:
        assert error.mistakes
        lines = str(error).splitlines()
        assert all(line.startswith(str(folder)) for line in lines)
        assert not any(word in line for line in lines for word in ("pydantic", "validation", "Traceback", "Entry("))


def mutate(tree: Any, data: st.DataObject) -> None:
    """Change one node somewhere in a tree."""
    spots = [(parent, key) for parent, key in spots_of(tree)]
    if not spots:
        return
    parent, key = data.draw(st.sampled_from(spots))
    match data.draw(st.sampled_from(["delete", "replace", "retype", "copy", "rename"])):
        case "delete":
            del parent[key]
        case "replace":
            parent[key] = data.draw(TREES)
        case "retype":
            parent[key] = data.draw(st.sampled_from([[parent[key]], {"choice": [parent[key]]}, {"x": parent[key]},
                                                     str(parent[key])]))
        case "copy":
            other, other_key = data.draw(st.sampled_from(spots))
            with contextlib.suppress(IndexError, KeyError):
                parent[key] = copy.deepcopy(other[other_key])
        case "rename" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from(WORDS))] = parent.pop(key)


def spots_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield tree, key
        yield from spots_of(value)
