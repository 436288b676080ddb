"""The data that flows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simgen.frame import renumbered

IDS = st.integers(0, 2**32 - 1)


def test_ids_are_replaced_and_what_has_no_number_becomes_nothing() -> None:
    ids = np.array([0, 7, 4_000_000_000, 8, 7], np.uint32)
    assert renumbered(ids, {7: 1, 4_000_000_000: 2, 9: 3}).tolist() == [0, 1, 2, 0, 1]
    assert renumbered(ids, {}).tolist() == [0] * 5
    assert renumbered(ids[:0], {7: 1}).tolist() == []


@given(st.lists(IDS, max_size=30), st.dictionaries(IDS.filter(bool), st.integers(0, 2**16), max_size=8))
def test_it_is_a_look_into_the_table_for_each(ids: list[int], table: dict[int, int]) -> None:
    some = [*ids, *list(table)[:3]]
    assert renumbered(np.array(some, np.uint32), table).tolist() == [table.get(one, 0) for one in some]
