"""Fewer vertices that still meet every tick."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simgen.interchange.trajectories import WITHIN_M, WITHIN_RAD, continuous, kept_vertices, stands


def test_a_straight_line_at_one_speed_is_its_two_ends() -> None:
    times = np.arange(0.0, 5.0, 0.05)
    track = np.column_stack([3.0 + 12.0 * times, -1.0 + 0.0 * times, 0.1 * times, 0.5 + 0.0 * times])
    assert kept_vertices(times, track).tolist() == [0, 99]


def test_a_start_and_a_corner_are_kept() -> None:
    """Stands for 1 s, goes 1 s along x, then along y; turns while it stands at the corner: ticks 10 and 20."""
    times = np.arange(0, 31) / 10.0
    x = np.clip(times - 1.0, 0.0, 1.0)
    y = np.clip(times - 2.0, 0.0, None)
    yaw = np.where(np.arange(31) > 20, np.pi / 2, 0.0)
    kept = kept_vertices(times, np.column_stack([x, y, 0 * x, yaw])).tolist()
    assert kept == [0, 10, 20, 21, 30]


def test_a_heading_is_written_without_jumps() -> None:
    track = np.zeros((4, 4))
    track[:, 3] = [-3.1, 3.1, 3.0, 9.0]         # a little to the right each time, said in four ways
    yaw = continuous(track)[:, 3]
    assert np.abs(np.diff(yaw)).max() < 0.3
    assert np.allclose(np.cos(yaw), np.cos(track[:, 3]))
    assert -np.pi < yaw[0] <= np.pi
    far = continuous(np.array([[0.0, 0.0, 0.0, -5.1], [0.0, 0.0, 0.0, -5.0]]))
    assert np.allclose(far[:, 3], [2 * np.pi - 5.1, 2 * np.pi - 5.0])


def test_standing_is_within_half_a_millimetre() -> None:
    track = np.zeros((3, 4))
    assert stands(track)
    track[1, 0] = 0.9 * WITHIN_M
    assert stands(track)
    track[1, 0] = 1.1 * WITHIN_M
    assert not stands(track)


steps = st.lists(
    st.tuples(*(st.floats(-0.5, 0.5),) * 3, st.floats(-0.3, 0.3)), min_size=1, max_size=60,
).map(lambda rows: np.cumsum(np.array([(0.0, 0.0, 0.0, 0.0), *rows]), axis=0))


@settings(max_examples=60, deadline=None)
@given(track=steps, tick_s=st.sampled_from([0.02, 0.05, 0.1]))
def test_straight_lines_between_vertices_meet_every_tick(track: np.ndarray, tick_s: float) -> None:
    times = np.arange(len(track)) * tick_s
    kept = kept_vertices(times, track)
    assert kept[0] == 0 and kept[-1] == len(track) - 1
    lines = np.column_stack([np.interp(times, times[kept], track[kept, column]) for column in range(4)])
    assert np.linalg.norm(lines[:, :3] - track[:, :3], axis=1).max() <= WITHIN_M * (1 + 1e-6)
    assert np.abs(lines[:, 3] - track[:, 3]).max() <= WITHIN_RAD * (1 + 1e-6)
