from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.scenario.covering import covering_array

# edge-cases: kind of animal or road user × light × weather × road × occlusion × speed of the car
EXAMPLE = (12, 4, 7, 5, 3, 5)
EXAMPLE_AND_BEST = ([*EXAMPLE], 12 * 7)


def uncovered(levels: Sequence[int], rows: Sequence[Sequence[int]], strength: int = 2) -> list[tuple[object, object]]:
    """Every combination of ``strength`` values' levels that is in no row, counted the long way."""
    return [
        (values, wanted)
        for values in combinations(range(len(levels)), strength)
        for wanted in product(*(range(levels[value]) for value in values))
        if not any(all(row[value] == level for value, level in zip(values, wanted, strict=True)) for row in rows)
    ]


def test_two_switches_need_all_four_rows() -> None:
    assert sorted(covering_array([2, 2])) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_three_switches_need_four_rows_too() -> None:
    rows = covering_array([2, 2, 2])
    assert len(rows) == 4 and uncovered([2, 2, 2], rows) == []


def test_the_judge_finds_a_missing_pair() -> None:
    assert uncovered([2, 2], [(0, 0), (0, 1), (1, 1)]) == [((0, 1), (1, 0))]


def test_the_example_of_the_edge_cases_needs_no_more_rows_than_the_lower_bound() -> None:
    """12 kinds times 7 weathers alone are 84 rows, the best that is possible; 1.3 times as many are allowed."""
    rows = covering_array(EXAMPLE)
    assert uncovered(EXAMPLE, rows) == []
    assert len(rows) == 84


def test_the_same_arguments_give_the_same_rows_and_another_seed_others() -> None:
    """The first rows must never change: they would change every sweep."""
    assert covering_array(EXAMPLE, seed=3) == covering_array(EXAMPLE, seed=3) != covering_array(EXAMPLE, seed=4)
    assert covering_array([3, 2, 4, 2])[:3] == [(1, 0, 2, 1), (0, 1, 0, 0), (2, 0, 3, 0)]


@pytest.mark.parametrize(("levels", "best_known"), [
    ([3] * 4, 9), ([3] * 13, 15), ([5] * 6, 25), ([2] * 10, 6), ([4, 4, 4, 3, 3, 2], 16), EXAMPLE_AND_BEST,
])
def test_arrays_are_at_most_a_tenth_larger_than_the_best_known(levels: list[int], best_known: int) -> None:
    """The best known sizes are those of C. Colbourn's tables, or orthogonal arrays."""
    rows = covering_array(levels)
    assert uncovered(levels, rows) == []
    assert len(rows) <= 1.1 * best_known


@given(st.lists(st.integers(1, 6), min_size=2, max_size=6), st.integers())
@settings(max_examples=40, deadline=None)
def test_every_pair_is_covered_whatever_the_levels(levels: list[int], seed: int) -> None:
    rows = covering_array(levels, seed=seed)
    assert uncovered(levels, rows) == []
    assert all(0 <= level < count for row in rows for level, count in zip(row, levels, strict=True))
    assert len(rows) <= math.prod(levels) and len(rows) == len(set(rows))


@given(st.lists(st.integers(1, 3), min_size=3, max_size=5), st.sampled_from([1, 3]))
@settings(max_examples=15, deadline=None)
def test_single_levels_and_triples_are_covered_too(levels: list[int], strength: int) -> None:
    assert uncovered(levels, covering_array(levels, strength), strength) == []


def test_the_first_rows_cover_most() -> None:
    """Half of the rows hold well over half of the pairs."""
    rows = covering_array(EXAMPLE)
    pairs = sum(one * other for one, other in combinations(EXAMPLE, 2))
    left = len(uncovered(EXAMPLE, rows[:42]))
    assert left < 0.3 * pairs
    assert left == len(uncovered(EXAMPLE, rows[:43])) + len(
        {(values, tuple(rows[42][value] for value in values)) for values in combinations(range(6), 2)}
        & set(uncovered(EXAMPLE, rows[:42])))


@pytest.mark.parametrize(("levels", "strength", "problem"), [
    ([3], 2, "at least as many"), ([3, 3], 0, "1 or more"), ([3, 0], 2, "at least one level"),
    ([800, 800], 2, "640000 combinations to cover, 200000 at most"),
])
def test_arrays_that_make_no_sense_are_refused(levels: list[int], strength: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        covering_array(levels, strength)
