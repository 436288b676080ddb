import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simgen.motion.speeds import Gait, RunUp, SpeedProfile
from simgen.scenario.plan import SpeedPoint

KMH = 1 / 3.6


def test_a_profile_is_integrated_exactly_and_constant_outside_its_points() -> None:
    profile = SpeedProfile.of([SpeedPoint(1.0, 10.0), SpeedPoint(3.0, 20.0)])
    assert profile.between(0.0, [0.0, 1.0, 2.0, 3.0, 5.0]).tolist() == [0.0, 10.0, 22.5, 40.0, 80.0]
    assert profile.speed([-4.0, 2.0, 9.0]).tolist() == [10.0, 15.0, 20.0]


def test_points_must_ascend() -> None:
    with pytest.raises(ValueError, match="ascending"):
        SpeedProfile.of([SpeedPoint(1.0, 10.0), SpeedPoint(1.0, 20.0)])


@pytest.mark.parametrize(
    ("speed_kmh", "start_m", "run_up_m", "seconds"),
    [(5.0, 4.0, 1.0, 3.60), (8.0, 6.0, 1.5, 3.38)], ids=["CPNA", "CPFA"],
)
def test_run_ups_of_euro_ncap(speed_kmh: float, start_m: float, run_up_m: float, seconds: float) -> None:
    speed = speed_kmh * KMH
    assert RunUp(speed, speed**2 / (2 * run_up_m)).time_for(start_m) == pytest.approx(seconds, abs=0.006)


@given(st.floats(0.1, 20.0), st.none() | st.floats(0.2, 10.0), st.floats(0.0, 50.0))
def test_the_time_for_a_distance_inverts_the_distance(speed: float, rate: float | None, distance: float) -> None:
    run_up = RunUp(speed, rate)
    assert float(run_up.distance(run_up.time_for(distance))) == pytest.approx(distance, abs=1e-9)


@given(st.floats(0.0, 20.0), st.floats(0.0, 20.0), st.none() | st.floats(0.2, 10.0), st.floats(0.0, 60.0))
@example(speed=5e-324, target=1.0, rate=0.25, distance=5e-324)
@example(speed=0.0, target=1.0, rate=0.25, distance=5e-324)
def test_a_gait_covers_a_distance_in_the_time_it_says(
    speed: float, target: float, rate: float | None, distance: float
) -> None:
    seconds = Gait(speed, target, rate).time_for(distance)
    if math.isfinite(seconds):
        gait = Gait(speed, target, rate)
        assert gait.advance(seconds) == pytest.approx(distance, abs=1e-6)


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=20))
def test_a_gait_does_not_care_how_time_is_cut(pieces: list[float]) -> None:
    cut, whole = Gait(2.0, 9.0, 3.0), Gait(2.0, 9.0, 3.0)
    assert sum(cut.advance(piece) for piece in pieces) == pytest.approx(whole.advance(sum(pieces)))
    assert np.isclose(cut.speed_mps, whole.speed_mps)
