"""The LiDAR equation against tables worked out by hand, and what must hold for any number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from sensors.lidar.link import (
    at_wavelength,
    extinction_per_m,
    farthest_m,
    lambert_w,
    overlap,
    received_power,
    transmission,
    visibility_m,
)

# Visibility in m: α in 1/m, two-way transmission over 10, 30, 50 and 100 m, one-way over 100 m.
TRANSMISSION = {
    20: (0.14979, 0.050, 1.25e-4, 3.1e-7, 0.0, 3e-7),
    50: (0.05991, 0.302, 0.0275, 2.5e-3, 6.3e-6, 2.5e-3),
    100: (0.02996, 0.549, 0.166, 0.050, 2.5e-3, 0.050),
    200: (0.01498, 0.741, 0.407, 0.224, 0.050, 0.224),
    500: (0.00599, 0.887, 0.698, 0.549, 0.302, 0.549),
    1000: (0.00300, 0.942, 0.835, 0.741, 0.549, 0.741),
}

# Visibility in m: for each range at which the device sees a 10 % target, the farthest ρ 0.05, 0.1, 0.2, 0.5, 0.8.
FARTHEST = {
    30: {50: (11.4, 13.3, 15.3, 18.2, 19.7), 100: (15.3, 17.5, 19.7, 22.8, 24.5), 200: (19.7, 22.1, 24.5, 27.8, 29.6)},
    50: {50: (14.7, 17.5, 20.6, 25.0, 27.4), 100: (20.6, 23.9, 27.4, 32.3, 34.9), 200: (27.4, 31.1, 34.9, 40.2, 43.0)},
    100: {50: (19.6, 24.2, 29.4, 37.0, 41.2), 100: (29.4, 35.0, 41.2, 50.0, 54.8), 200: (41.2, 47.8, 54.8, 64.6, 69.8)},
    200: {50: (24.5, 31.3, 39.3, 51.6, 58.7), 100: (39.3, 48.4, 58.7, 73.9, 82.4), 200: (58.7, 70.0, 82.4, 100, 110)},
    500: {50: (29.6, 39.5, 51.8, 72.4, 85.0), 100: (51.8, 67.0, 85.0, 113, 130), 200: (85.0, 106, 130, 166, 186)},
}
COAXIAL = (0.0, 0.0)
extinctions = st.floats(0, 0.5)
ranges = st.floats(0.1, 300)


@pytest.mark.parametrize("visibility", TRANSMISSION)
def test_fog_lets_through_what_the_table_says(visibility: int):
    alpha, *two_way, one_way_100 = TRANSMISSION[visibility]
    found = extinction_per_m(visibility)
    assert found == pytest.approx(alpha, abs=5.1e-6)
    # The table has two or three digits.
    assert transmission(found, np.array([10.0, 30, 50, 100])) ** 2 == pytest.approx(two_way, rel=0.02, abs=1e-9)
    assert transmission(found, 100.0) == pytest.approx(one_way_100, rel=0.05)


@pytest.mark.parametrize("visibility", FARTHEST)
@pytest.mark.parametrize("seen_10_percent", [50, 100, 200])
def test_surfaces_are_seen_as_far_as_the_table_says(visibility: int, seen_10_percent: int):
    expected = FARTHEST[visibility][seen_10_percent]
    found = farthest_m(
        np.array([0.05, 0.1, 0.2, 0.5, 0.8]), extinction_per_m(visibility), 0.1 / seen_10_percent**2
    )
    for metres, table in zip(found.tolist(), expected, strict=True):
        assert metres == pytest.approx(table, abs=0.051 if table < 100 else 0.51)    # the table's last digit


@pytest.mark.parametrize("visibility", [20.0, 50.0, 333.0])
def test_at_the_visibility_contrast_is_five_percent(visibility: float):
    alpha = extinction_per_m(visibility)
    assert transmission(alpha, visibility) == pytest.approx(0.05)
    assert transmission(alpha, visibility) ** 2 == pytest.approx(0.0025)
    assert transmission(alpha, visibility / 2) ** 2 == pytest.approx(0.05)


def test_a_dark_target_at_thirty_metres_is_lost_in_fog_of_fifty():
    alpha = extinction_per_m(50.0)
    assert transmission(alpha, 30.0) ** 2 == pytest.approx(0.0275, abs=1e-4)
    assert farthest_m(0.1, alpha, 0.1 / 181**2) == pytest.approx(30.0, abs=0.05)
    assert received_power(1.3, 30.0, alpha, COAXIAL) < 0.1 / 50**2 < received_power(1.5, 30.0, alpha, COAXIAL)


def test_a_white_diffuser_at_one_metre_in_clear_air_gives_one():
    assert received_power(1.0, 1.0, 0.0, (0.9, 1.0)) == 1.0
    assert received_power(0.5, 10.0, 0.0, (0.9, 1.0)) == pytest.approx(0.005)


def test_the_receiver_sees_the_beam_step_by_step():
    assert overlap(np.array([0.5, 0.9, 0.95, 1.0, 7.0]), (0.9, 1.0)) == pytest.approx([0, 0, 0.5, 1, 1])
    assert overlap(np.array([0.0, 0.5]), COAXIAL).tolist() == [1.0, 1.0]


def test_nothing_returns_from_infinity_in_any_weather():
    for alpha in (0.0, 0.06):
        assert received_power(1.0, np.float32([np.inf]), alpha, (0.9, 1.0)).tolist() == [0.0]
    assert transmission(0.06, np.inf) == 0.0 and transmission(0.0, np.inf) == 1.0


def test_clear_air_changes_no_bit():
    rng = np.random.default_rng(1)
    reflectance, range_m = rng.random(1000, np.float32), rng.uniform(1, 120, 1000).astype(np.float32)
    assert (transmission(0.0, range_m) == 1).all()
    assert received_power(reflectance, range_m, 0.0, COAXIAL).tobytes() == (
        reflectance * (1 / range_m) ** 2
    ).tobytes()


def test_single_precision_stays_single():
    metres = np.ones(3, np.float32)
    for result in (transmission(0.06, metres), overlap(metres, COAXIAL), overlap(metres, (0.9, 1.0)),
                   received_power(metres, metres, 0.06, (0.9, 1.0)), farthest_m(metres, 0.06, 4e-5)):
        assert result.dtype == np.float32


def test_in_clear_air_range_grows_with_the_root_of_reflectance():
    assert farthest_m(np.array([0.1, 0.4, 0.0]), 0.0, 0.1 / 120**2) == pytest.approx([120, 240, 0])


def test_lambert_is_scipys():
    x = np.concatenate([[0.0], np.geomspace(1e-12, 1e6, 400)])
    assert lambert_w(x) == pytest.approx(lambertw(x).real, rel=1e-12, abs=1e-300)


def test_fog_is_grey_and_haze_lets_infrared_through():
    # By hand: 2 km of visibility (to 2 %) has q = 0.16·2 + 0.34 = 0.66; 20 km has 1.3; 100 km has 1.6.
    assert at_wavelength(0.06, 905.0) == 0.06
    assert at_wavelength(3.912 / 400, 905.0) == 3.912 / 400
    for seen_m, q in ((750, 0.25), (2000, 0.66), (6000, 1.3), (20_000, 1.3), (100_000, 1.6)):
        assert at_wavelength(3.912 / seen_m, 905.0) * seen_m / 3.912 == pytest.approx((905 / 550) ** -q)
    assert at_wavelength(0.0, 905.0) == 0.0
    assert at_wavelength(np.float32([0.001]), 550.0).tolist() == np.float32([0.001]).tolist()


@given(extinctions, ranges, ranges)
def test_transmission_is_a_share_and_multiplies_along_the_way(alpha: float, first: float, second: float):
    whole = float(transmission(alpha, first + second))
    assert 0 <= whole <= 1
    assert whole == pytest.approx(float(transmission(alpha, first) * transmission(alpha, second)), rel=1e-9)


@given(st.floats(5, 1e5), st.floats(1, 100), ranges, st.floats(0.01, 1))
def test_better_visibility_lets_more_through(visibility: float, factor: float, range_m: float, reflectance: float):
    thick, thin = extinction_per_m(visibility), extinction_per_m(visibility * factor)
    assert transmission(thick, range_m) <= transmission(thin, range_m)
    assert received_power(reflectance, range_m, thick, COAXIAL) <= received_power(reflectance, range_m, thin, COAXIAL)
    assert farthest_m(reflectance, thick, 4e-5) <= farthest_m(reflectance, thin, 4e-5) * (1 + 1e-12)
    assert visibility_m(thick) == pytest.approx(visibility)


@given(st.floats(0.01, 100), st.floats(1, 10), extinctions)
def test_brighter_surfaces_are_seen_farther_and_just_so(reflectance: float, factor: float, alpha: float):
    least_power = 0.1 / 100**2
    metres = float(farthest_m(reflectance, alpha, least_power))
    assert metres <= farthest_m(reflectance * factor, alpha, least_power) * (1 + 1e-12)
    assert received_power(reflectance, metres, alpha, COAXIAL) == pytest.approx(least_power, rel=1e-9)


def test_no_fog_is_endless_visibility():
    assert visibility_m(0.0) == math.inf and extinction_per_m(math.inf) == 0.0
