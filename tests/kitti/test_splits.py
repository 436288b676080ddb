"""Which episodes train, validate and test, and that growth moves none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.kitti.layout import FileEntry
from simgen.kitti.records import EpisodeRecord, SimulatorInfo
from simgen.kitti.splits import DEFAULT_WEIGHTS, image_sets, set_of, write_image_sets

names = st.text("abcdefgh_0123", min_size=1, max_size=12)
weights = st.fixed_dictionaries({name: st.integers(0, 12) for name in ("train", "val", "test")}).filter(
    lambda found: sum(found.values()) > 0)


def record(name: str, frames: list[str], labelled: list[str]) -> EpisodeRecord:
    return EpisodeRecord(
        episode=name, plan_digest="ab" * 32, plan={}, resolved={}, frames=tuple(frames),
        labelled_frames=tuple(labelled), labels={}, files={"training/calib/000000.txt": FileEntry("cd" * 32, 12)},
        simulator=SimulatorInfo("simgen", "0.1.0", "SimgenRural01"), simgen_version="0.1.0")


def test_one_episode_in_four_validates() -> None:
    sets = [set_of("deer_crossing", index) for index in range(400)]
    assert Counter(sets) == {"train": 300, "val": 100}
    assert all(sets[start : start + 4].count("val") == 1 for start in range(0, 400, 4))
    # Which of the four is drawn anew for each block.
    assert len({sets[start : start + 4].index("val") for start in range(0, 400, 4)}) == 4


def test_short_scenarios_do_not_all_train() -> None:
    """A data set of one episode each of many scenarios has its share of validation as well."""
    sets = Counter(set_of(f"scenario_{number}", 0) for number in range(400))
    assert 60 < sets["val"] < 140


def test_the_choice_is_a_documented_constant() -> None:
    """It must not change between versions of simgen: these are SHA-256 of "deer_crossing/0/0" to "…/1/3"."""
    found = "".join(set_of("deer_crossing", index)[0] for index in range(8))
    assert found == "tvttttvt"


@given(names, st.integers(0, 40), weights)
def test_of_every_block_each_set_gets_its_weight(scenario: str, block: int, given_weights: dict[str, int]) -> None:
    size = sum(given_weights.values())
    sets = Counter(set_of(scenario, index, given_weights) for index in range(block * size, (block + 1) * size))
    assert sets == Counter({name: weight for name, weight in given_weights.items() if weight})


@given(names, st.integers(0, 200), weights, st.integers(1, 9))
def test_weights_count_in_lowest_terms(scenario: str, index: int, given_weights: dict[str, int], factor: int) -> None:
    larger = {name: weight * factor for name, weight in given_weights.items()}
    assert set_of(scenario, index, larger) == set_of(scenario, index, given_weights)


@given(st.dictionaries(names, st.integers(1, 12), min_size=1, max_size=5), st.dictionaries(names, st.integers(1, 12)))
def test_more_episodes_or_scenarios_move_no_earlier_episode(before: dict[str, int], more: dict[str, int]) -> None:
    def sets(counts: dict[str, int]) -> dict[str, tuple[str, ...]]:
        planned = {
            f"{name}-{index:04d}": set_of(name, index) for name, count in counts.items() for index in range(count)}
        return image_sets(planned, {episode: record(episode, [episode], [episode]) for episode in planned})

    small, large = sets(before), sets({**{name: before.get(name, 0) + count for name, count in more.items()}, **{
        name: count + more.get(name, 0) for name, count in before.items()}})
    assert all({*small[name]} <= {*large[name]} for name in ("train", "val", "test"))


@pytest.mark.parametrize("bad", [{"train": 0, "val": 0, "test": 0}, {"train": 3, "val": -1, "test": 0}])
def test_weights_that_mean_nothing_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        set_of("deer", 0, bad)


def test_episodes_go_to_one_set_as_a_whole() -> None:
    sets = image_sets({"a": "train", "b": "val", "c": "test", "d": "train"}, {
        "a": record("a", ["0", "1"], ["0", "1"]), "b": record("b", ["2", "3"], ["3"]),
        "c": record("c", ["4", "5"], ["5"])})
    assert sets["train"] == ("0", "1")
    assert sets["val"] == ("3",)                    # a frame without a label row is in no set
    assert sets["trainval"] == ("0", "1", "3")
    assert sets["test"] == ("4", "5")               # but there is nothing to find in it, which tests as well


def test_ids_are_sorted_by_their_numbers() -> None:
    sets = image_sets({"a": "train"}, {"a": record("a", [], ["1000000", "000007", "999999"])})
    assert sets["train"] == ("000007", "999999", "1000000")


def test_image_sets_have_one_id_a_line_and_an_empty_test_set(tmp_path: Path) -> None:
    write_image_sets(tmp_path, image_sets({"a": "train"}, {"a": record("a", [], ["000000", "000001"])}))
    assert (tmp_path / "ImageSets" / "train.txt").read_text() == "000000\n000001\n"
    assert (tmp_path / "ImageSets" / "test.txt").read_text() == ""
    assert {path.name for path in (tmp_path / "ImageSets").iterdir()} == {
        "train.txt", "val.txt", "trainval.txt", "test.txt",
    }


def test_the_default_is_three_to_one() -> None:
    assert DEFAULT_WEIGHTS == {"train": 3, "val": 1, "test": 0}
