"""Velocities of who walks, from two places a tick apart."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.capture.episode import along_ground


@pytest.mark.parametrize(("moved_m", "expected_m"), [
    ((0.14, 0.0, 0.0), (0.14, 0.0, 0.0)),
    ((0.12, 0.05, 0.13), (0.12, 0.05, 0.0)),        # up a kerb
    ((0.12, 0.05, -0.13), (0.12, 0.05, 0.0)),       # down again
    ((0.3, 0.4, 0.1), (0.3, 0.4, 0.1)),             # up a road of 20 %
    ((0.0, 0.0, 0.02), (0.0, 0.0, 0.0)),            # settles on the ground
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
])
def test_a_step_up_a_kerb_is_no_velocity_and_a_slope_is(
    moved_m: tuple[float, float, float], expected_m: tuple[float, float, float]
) -> None:
    assert along_ground(np.array(moved_m)).tolist() == list(expected_m)
