"""Random numbers of beams inside compiled loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sensors.lidar.draws import key, logistic_quantiles_db, normal_quantiles, probabilities, sixteen_bits
from tests.sensors.plain_sweep import split_mix


def test_the_sequence_is_split_mix():
    # The first number that the published generator gives for the seed 1234567 (Vigna, splitmix64.c).
    assert int(sixteen_bits(np.uint64(1234567), 0)) == 6457827717110365317 >> 48
    indices = np.array([0, 1, 2, 1000, 2**31 - 1])
    assert [int(sixteen_bits(np.uint64(2**64 - 5), int(i))) for i in indices] == split_mix(2**64 - 5, indices).tolist()


def test_keys_hang_on_seed_and_name():
    assert key(1, "range noise") == key(1, "range noise")
    assert len({int(key(seed, name)) for seed in range(10) for name in ("range noise", "detection")}) == 20
    assert key(np.random.default_rng(3)) == key(np.random.default_rng(3), "any name")


def test_tables_hold_the_quantiles_of_their_distributions():
    assert np.abs(normal_quantiles() - stats.norm.ppf(probabilities())).max() < 1e-5
    decibels = 10 * np.log10(logistic_quantiles_db(1.0).astype(float))
    assert np.abs(decibels - stats.logistic.ppf(probabilities())).max() < 1e-5


def test_draws_of_neighbouring_beams_and_of_related_keys_are_independent():
    normal = normal_quantiles()
    one = normal[split_mix(key(1, "a"), np.arange(20000))]
    other = normal[split_mix(int(key(1, "a")) + 1, np.arange(20000))]
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.03
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert one.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("wrong", [1.5, "7", None])
def test_seeds_that_are_no_whole_numbers_are_refused(wrong: object):
    with pytest.raises(ValueError, match="a seed is a whole number, got"):
        key(wrong, "rain")                                              # type: ignore[arg-type]


def test_numpys_whole_numbers_are_seeds_like_any_other():
    assert key(np.uint32(7), "rain") == key(7, "rain")                  # type: ignore[arg-type]
