"""The landscape that puddles and drifts follow."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.patches import CELL_M, CELLS, covered, landscape, numbers


def places(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-500, 500, count), rng.uniform(-500, 500, count)


def test_its_numbers_are_normally_distributed():
    assert numbers().mean() == pytest.approx(0, abs=1e-3)
    assert numbers().std() == pytest.approx(1, abs=1e-3)
    assert (numbers() < -1).mean() == pytest.approx(0.1587, abs=1e-3)


def test_neighbours_are_alike_and_places_ten_metres_apart_are_not():
    x, y = places(20_000)
    here = landscape(x, y)
    assert np.corrcoef(here, landscape(x + 0.3, y))[0, 1] > 0.85
    assert abs(np.corrcoef(here, landscape(x, y + 10))[0, 1]) < 0.15


def test_a_place_has_one_number_whenever_and_in_whatever_order_it_is_asked_for():
    x, y = places(1000)
    assert np.array_equal(landscape(x, y)[::-1], landscape(x[::-1], y[::-1]))
    assert np.array_equal(landscape(x, y), landscape(x + CELL_M * CELLS, y))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_asked_share_of_the_ground_is_covered(share):
    found = covered(landscape(*places(100_000)), share)
    assert found.mean() == pytest.approx(share, abs=0.015)
    assert found.min() >= 0 and found.max() <= 1


def test_the_more_is_covered_the_more_each_place_is():
    here = landscape(*places(1000))
    assert (covered(here, 0.6) >= covered(here, 0.4)).all()
