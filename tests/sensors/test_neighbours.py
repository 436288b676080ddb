"""Which beam of a sweep lies beside another one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.lidar.neighbours import nearest_in_ring, ring_starts, stride


def test_the_next_firing_is_found_ring_after_ring_and_firing_after_firing():
    by_ring = np.repeat(np.arange(4), 10).astype(np.uint8)
    by_firing = np.tile(np.arange(4), 10).astype(np.uint8)
    assert (stride(by_ring, 4), stride(by_ring[:-3], 4), stride(by_firing, 4)) == (1, 1, 4)
    assert stride(np.array([3, 1, 2], np.uint8), 4) == 0


def test_rings_start_where_they_do_also_if_beams_are_missing():
    assert ring_starts(np.array([0, 0, 0, 2, 2, 3], np.uint8), 4).tolist() == [0, 3, 3, 5, 6]
    assert len(ring_starts(np.tile(np.arange(4), 10).astype(np.uint8), 4)) == 0


@settings(deadline=None)        # the first call compiles
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(-np.pi, np.pi))
def test_the_nearest_beam_of_a_ring_with_gaps_is_found(seed: int, count: int, wanted: float):
    rng = np.random.default_rng(seed)
    from_first = np.sort(rng.choice(360, count, replace=False)) * (2 * np.pi / 360)
    azimuth = from_first + rng.uniform(-np.pi, np.pi)
    direction = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1).astype(np.float32)
    found = nearest_in_ring(direction, 0, count, wanted)
    off = np.abs((azimuth - wanted + np.pi) % (2 * np.pi) - np.pi)
    assert off[found] <= off.min() + 1e-5
    assert nearest_in_ring(direction, 0, 0, wanted) == -1
