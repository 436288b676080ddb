"""Scenario files with mistakes: each file of ``broken/`` says in its first lines which sentences it must cause."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgen.errors import ScenarioError
from simgen.scenario import ScenarioMistakes, load_scenario, make_plans

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
EXPECT = "# expect: "


def mistakes_of(path: Path) -> list[str]:
    with pytest.raises(ScenarioMistakes) as caught:
        load_scenario(path)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_there_are_many_of_them() -> None:
    assert len(BROKEN) >= 30


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_mistake_is_told_and_nothing_else(path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
    found = mistakes_of(path)
    assert expected
    assert len(found) == len(expected), found
    for sentence, fragment in zip(found, expected, strict=True):
        assert sentence.startswith(str(path)), sentence
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
    path.write_bytes(b" " * 1_000_001)
    assert mistakes_of(path) == [f"{path}: is larger than 1000 kB and so hardly a scenario"]


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


GOLDEN = (Path(__file__).parent / "golden.yaml").read_text(encoding="utf-8")
SCRAPS = [
    "", " ", "\n", "\t", ":", "- ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "!x ", "'", '"', "|", "%", "-1", "0",
    "1e400", ".nan", "true", "~", "uniform", "normal: [1, 2]", "{choice: {}}", "{uniform: [1, 2]}", "[1, 2]", "on",
    "deer", "50 km/h",
]
CUTS = st.lists(
    st.tuples(st.integers(0, len(GOLDEN)), st.integers(0, 12), st.sampled_from(SCRAPS)), min_size=1, max_size=4
)


@given(cuts=CUTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mangled_scenario_is_read_or_refused_in_sentences(tmp_path: Path, cuts: list[tuple[int, int, str]]) -> None:
    """Cut pieces out of a good scenario and put scraps in their place."""
    text = GOLDEN
    for start, length, scrap in cuts:
        text = text[:start] + scrap + text[start + length :]
    path = tmp_path / "mangled.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        make_plans([load_scenario(path)], 2, 0)
    except ScenarioMistakes as error:
        assert error.mistakes
        assert all(line.startswith(str(path)) for line in str(error).splitlines())
