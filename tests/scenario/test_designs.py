from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from simgen.scenario.designs import (
    MAX_COUNT,
    SOBOL_DIMENSIONS,
    balanced,
    grid,
    latin_hypercube,
    permuted,
    sobol,
    stratum,
    within_bin,
    zip_index,
)


def test_the_last_value_of_a_grid_changes_fastest() -> None:
    levels = (2, 3, 2)
    assert [grid(levels, index) for index in range(12)] == list(product(range(2), range(3), range(2)))
    assert grid(levels, 12) == (0, 0, 0)


def test_the_lists_of_a_zip_run_in_step_and_begin_anew() -> None:
    assert [zip_index([3, 3], index) for index in range(5)] == [0, 1, 2, 0, 1]
    with pytest.raises(ValueError, match="equally long, got 3, 4 entries"):
        zip_index([3, 4], 0)


@given(st.integers(1, 300), st.text(max_size=5), st.integers())
@settings(max_examples=60)
def test_a_permutation_names_each_number_once(count: int, key: str, seed: int) -> None:
    assert sorted(permuted(index, count, key, seed) for index in range(count)) == list(range(count))


def test_every_order_of_three_comes_equally_often() -> None:
    orders = Counter(tuple(permuted(index, 3, "k", seed) for index in range(3)) for seed in range(1200))
    assert len(orders) == 6
    assert stats.chisquare(list(orders.values())).pvalue > 0.01


def test_a_permutation_of_a_huge_range_is_worked_out_at_single_places() -> None:
    places = [permuted(index, MAX_COUNT, "k", 0) for index in range(100)]
    assert len(set(places)) == 100
    assert stats.kstest([place / MAX_COUNT for place in places], "uniform").pvalue > 0.01


def test_known_places_stay_known() -> None:
    """These must never change: they would change every sweep."""
    assert [permuted(index, 10, "ego.speed", 7) for index in range(10)] == [5, 2, 8, 3, 9, 6, 7, 1, 0, 4]
    assert [sobol(3, index, 7) for index in range(3)] == [0.5266767324646935, 0.3329934288049117, 0.8058249651221558]


@given(st.integers(1, 400), st.integers(), st.floats(1e-16, 1.0 - 1e-15))
@settings(max_examples=60)
def test_a_latin_hypercube_hits_every_stratum_once(count: int, seed: int, jitter: float) -> None:
    units = [latin_hypercube(count, "k", index, seed, jitter) for index in range(count)]
    assert sorted(math.floor(u * count) for u in units) == list(range(count))
    assert all(0.0 < u < 1.0 for u in units)


def test_a_latin_hypercube_without_jitter_takes_the_middles() -> None:
    assert sorted(latin_hypercube(4, "k", index, 0) for index in range(4)) == [0.125, 0.375, 0.625, 0.875]


def test_two_values_of_a_latin_hypercube_are_not_tied() -> None:
    both = [[latin_hypercube(2000, key, index, 0) for index in range(2000)] for key in ("a", "b")]
    assert abs(np.corrcoef(both)[0, 1]) < 0.07                    # 3 standard deviations


def test_the_plain_sobol_sequence_is_that_of_scipy() -> None:
    expected = qmc.Sobol(SOBOL_DIMENSIONS, scramble=False, bits=32).random(256)
    assert [[sobol(dimension, index) for dimension in range(SOBOL_DIMENSIONS)] for index in range(256)] == \
        expected.tolist()


def test_a_sobol_point_far_out_is_that_of_scipy() -> None:
    far = qmc.Sobol(8, scramble=False, bits=32).fast_forward(123_456).random(1)[0]
    assert [sobol(dimension, 123_456) for dimension in range(8)] == far.tolist()


@pytest.mark.parametrize("dimension", [0, 1, 5, 40, SOBOL_DIMENSIONS - 1])
def test_a_scrambled_sobol_sequence_hits_every_stratum_once(dimension: int) -> None:
    """It is a (t, m, 1)-net with t = 0: of 2**k points, each of 2**k equal parts has one."""
    for power in (1, 4, 9):
        units = [sobol(dimension, index, 5) for index in range(2**power)]
        assert sorted(math.floor(u * 2**power) for u in units) == list(range(2**power))


def test_the_first_two_dimensions_fill_every_rectangle_once_scrambled() -> None:
    points = [(sobol(0, index, 3), sobol(1, index, 3)) for index in range(64)]
    for across in range(7):
        cells = Counter((math.floor(x * 2**across), math.floor(y * 2**(6 - across))) for x, y in points)
        assert len(cells) == 64


def test_a_scrambled_sobol_sequence_is_far_more_even_than_chance() -> None:
    points = [[sobol(dimension, index, 7) for dimension in range(8)] for index in range(512)]
    by_chance = np.random.default_rng(0).random((512, 8))
    assert qmc.discrepancy(points) < 0.2 * qmc.discrepancy(by_chance)


def test_a_point_of_a_scrambled_sobol_sequence_is_anywhere_over_the_seeds() -> None:
    for index in (0, 5):
        assert stats.kstest([sobol(2, index, seed) for seed in range(1000)], "uniform").pvalue > 0.01


SHARES = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any)


@given(SHARES)
@settings(max_examples=60)
def test_any_number_of_first_episodes_holds_each_bins_share_to_within_one(shares: list[int]) -> None:
    counts = Counter[int]()
    for index in range(min(2 * sum(shares), 300)):
        counts[balanced(shares, index)] += 1
        for bin_, share in enumerate(shares):
            assert abs(counts[bin_] - (index + 1) * share / sum(shares)) < 1.0


@given(SHARES, st.integers(1, 150), st.integers())
@settings(max_examples=60)
def test_strata_share_out_all_episodes_to_within_one(shares: list[int], count: int, seed: int) -> None:
    counts = Counter(stratum(shares, index, count, "reveal", seed) for index in range(count))
    assert all(abs(counts[bin_] - count * share / sum(shares)) < 1.0 for bin_, share in enumerate(shares))


def test_shares_are_read_as_people_write_them() -> None:
    assert Counter(balanced((0.1, 0.2, 0.7), index) for index in range(10)) == {0: 1, 1: 2, 2: 7}


def test_the_strata_of_two_keys_are_not_tied() -> None:
    cells = Counter(tuple(stratum((1, 1), index, 1000, key, 0) for key in "ab") for index in range(1000))
    assert all(abs(count - 250) < 40 for count in cells.values()) and len(cells) == 4


def test_a_unit_within_a_bin_keeps_its_place_there() -> None:
    assert within_bin(0.25, 0.5, 1.0) == 0.625


@pytest.mark.parametrize(("wrong", "problem"), [
    (lambda: grid([2, 0], 1), "at least one level"), (lambda: grid([2], -1), "0 or more"),
    (lambda: permuted(3, 3, "k", 0), "from 0 to 2"), (lambda: permuted(0, 0, "k", 0), "from 1 to"),
    (lambda: sobol(SOBOL_DIMENSIONS, 0), "64 values at most"), (lambda: sobol(0, 2**32), "2\\*\\*32 points"),
    (lambda: balanced([0.0], 0), "above 0"), (lambda: balanced([1.0, math.nan], 0), "above 0"),
    (lambda: balanced([0.123456789, 1.0], 0), "fewer digits"), (lambda: within_bin(0.5, 1.0, 0.5), "smaller one first"),
])
def test_designs_that_make_no_sense_are_refused(wrong: Callable[[], object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        wrong()
