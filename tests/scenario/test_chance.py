from __future__ import annotations

import hashlib
from collections import Counter
from statistics import NormalDist, fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgen.scenario.chance import Choice, Fixed, Normal, Stream, Uniform, UniformInteger


def streams(count: int) -> list[Stream]:
    return [Stream(0, "test", episode, "value") for episode in range(count)]


def test_the_first_number_can_be_worked_out_with_sha256sum() -> None:
    digest = hashlib.sha256(b'[7,"deer",3,"ego.speed",0]').hexdigest()
    assert Stream(7, "deer", 3, "ego.speed").uniform() == (int(digest[:13], 16) + 0.5) / 2**52


def test_known_numbers_stay_known() -> None:
    """These must never change: they would change every dataset."""
    stream = Stream(0, "deer_crossing", 0, "ego.speed")
    assert [stream.uniform(), stream.uniform()] == [0.4000751193866324, 0.9851984996058628]


def test_seed_scenario_episode_and_key_path_each_make_another_stream() -> None:
    keys = [(0, "a", 0, "k"), (1, "a", 0, "k"), (0, "b", 0, "k"), (0, "a", 1, "k"), (0, "a", 0, "l"), (0, "a", 0, "")]
    assert len({Stream(*key).uniform() for key in keys}) == len(keys)


def test_a_fixed_value_is_itself() -> None:
    assert Fixed("on").draw(streams(1)[0]) == "on" and not Fixed("on").random


def test_a_uniform_value_fills_its_range_evenly() -> None:
    draws = [Uniform(10.0, 20.0).draw(stream) for stream in streams(4000)]
    counts = Counter(int(draw) for draw in draws)
    assert set(counts) == set(range(10, 20))
    assert all(abs(count - 400) < 5 * 19 for count in counts.values())      # 5 standard deviations


def test_whole_numbers_include_both_ends() -> None:
    counts = Counter(UniformInteger(1, 3).draw(stream) for stream in streams(3000))
    assert set(counts) == {1, 2, 3}
    assert all(abs(count - 1000) < 5 * 26 for count in counts.values())


def test_weights_count_and_a_weight_of_zero_never_comes() -> None:
    choice = Choice(("a", "b", "never"), (3.0, 1.0, 0.0))
    counts = Counter(choice.draw(stream) for stream in streams(4000))
    assert set(counts) == {"a", "b"}
    assert abs(counts["a"] - 3000) < 5 * 27
    assert choice.extremes() == ("a", "b")


def test_a_normal_value_has_its_mean_and_spread() -> None:
    draws = [Normal(4.2, 0.5).draw(stream) for stream in streams(4000)]
    assert abs(fmean(draws) - 4.2) < 5 * 0.5 / 4000**0.5
    assert abs(stdev(draws) - 0.5) < 0.03


def test_clipping_throws_away_instead_of_heaping_at_the_ends() -> None:
    clipped = Normal(0.0, 1.0, (-0.5, 1.0))
    draws = [clipped.draw(stream) for stream in streams(4000)]
    assert min(draws) >= -0.5 and max(draws) <= 1.0
    assert len(set(draws)) == len(draws)
    phi = NormalDist()
    share = (phi.cdf(0.0) - phi.cdf(-0.5)) / (phi.cdf(1.0) - phi.cdf(-0.5))
    assert abs(sum(draw < 0.0 for draw in draws) / 4000 - share) < 5 * 0.008
    assert clipped.acceptance() == phi.cdf(1.0) - phi.cdf(-0.5)


@pytest.mark.parametrize("wrong", [
    lambda: Uniform(1.0, 1.0), lambda: UniformInteger(2, 1),
    lambda: Normal(0.0, 0.0), lambda: Normal(0.0, float("nan")),
    lambda: Normal(0.0, 1.0, (1.0, -1.0)), lambda: Normal(0.0, 1.0, (8.0, 9.0)),
])
def test_distributions_that_make_no_sense_cannot_be_built(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError):
        wrong()


@given(st.integers(), st.text(), st.integers(0, 10**6), st.text())
def test_every_number_lies_strictly_between_zero_and_one(seed: int, scenario: str, episode: int, key: str) -> None:
    stream = Stream(seed, scenario, episode, key)
    assert all(0.0 < stream.uniform() < 1.0 for _ in range(3))


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.integers())
def test_a_uniform_draw_never_leaves_its_ends(low: float, width: float, seed: int) -> None:
    high = low + width
    if low < high:
        assert low <= Uniform(low, high).draw(Stream(seed, "s", 0, "k")) <= high
