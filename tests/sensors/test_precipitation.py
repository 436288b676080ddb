"""Drops and flakes: published numbers first, then what must hold for any rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from sensors.precipitation import (
    EXTINCTION_EFFICIENCY,
    Spectrum,
    gunn_marshall,
    marshall_palmer,
    rain_extinction_per_m,
    sekhon_srivastava,
    snow_extinction_per_m,
)

RATES = st.floats(0.05, 200)
SPECTRA = st.builds(
    lambda make, rate: make(rate),
    st.sampled_from([marshall_palmer, gunn_marshall, sekhon_srivastava, lambda rate: gunn_marshall(rate, None)]),
    RATES,
)


def fallen_mmph(spectrum: Spectrum) -> float:
    """Water that reaches the ground, by adding up mass times fall speed."""
    def flux(melted_mm: float) -> float:
        count = spectrum.intercept_per_m3_mm * math.exp(-spectrum.slope_per_mm * melted_mm)
        speed = float(spectrum.fall_speed_mps(spectrum.diameter_mm(melted_mm)))
        return math.pi / 6 * melted_mm**3 * 1e-9 * count * speed * 1000 * 3600
    return float(integrate.quad(flux, 0, 60, limit=200)[0])


@pytest.mark.parametrize(("rate", "extinction", "above_005", "above_05", "above_1", "mean"), [
    (1, 3.7e-4, 1590, 251, 32, 0.24), (5, 1.01e-3, 2364, 634, 147, 0.34), (10, 1.56e-3, 2789, 894, 253, 0.40),
    (25, 2.78e-3, 3456, 1352, 477, 0.48), (50, 4.30e-3, 4055, 1801, 731, 0.56), (100, 6.66e-3, 4747, 2354, 1080, 0.64),
])
def test_rain_has_the_published_numbers(rate, extinction, above_005, above_05, above_1, mean):
    rain = marshall_palmer(rate)
    assert rain_extinction_per_m(rate) == pytest.approx(extinction, rel=0.02)
    assert rain_extinction_per_m(rate) == pytest.approx(3.65e-4 * rate**0.63, rel=0.01)
    assert rain.number_per_m3([0.05, 0.5, 1.0]).round().tolist() == pytest.approx([above_005, above_05, above_1], abs=1)
    assert 1 / rain.slope_per_mm == pytest.approx(mean, abs=0.006)


@pytest.mark.parametrize(("rate", "two_way_100_m"), [(1, 0.929), (5, 0.818), (25, 0.573), (50, 0.423), (100, 0.264)])
def test_rain_takes_the_published_share_of_light_on_a_hundred_metres_and_back(rate, two_way_100_m):
    assert math.exp(-200 * rain_extinction_per_m(rate)) == pytest.approx(two_way_100_m, abs=0.003)


@pytest.mark.parametrize(("rate", "extinction", "visibility"), [
    (0.5, 2.25e-3, 1330), (1, 3.34e-3, 898), (2.5, 5.63e-3, 532), (4, 7.36e-3, 407), (8, 1.09e-2, 274),
])
def test_snow_has_the_published_extinction(rate, extinction, visibility):
    assert snow_extinction_per_m(rate) == pytest.approx(extinction, rel=0.01)
    assert math.log(20) / snow_extinction_per_m(rate) == pytest.approx(visibility, rel=0.005)


@pytest.mark.parametrize(("rate", "extinction"), [(0.5, 2.4e-3), (1, 5.0e-3), (2.5, 1.3e-2)])
def test_snow_whose_density_falls_with_size_has_the_published_extinction(rate, extinction):
    assert gunn_marshall(rate, density_g_cm3=None).extinction_per_m == pytest.approx(extinction, rel=0.01)
    assert gunn_marshall(rate, density_g_cm3=None).extinction_per_m == pytest.approx(4.98e-3 * rate**1.05, rel=0.01)


def test_a_flake_of_density_a_tenth_is_two_and_a_bit_times_as_wide_as_its_drop():
    assert gunn_marshall(1).diameter_mm(1.0) == pytest.approx(2.154, abs=1e-3)
    assert gunn_marshall(1, density_g_cm3=None).diameter_mm(1.0) == pytest.approx(math.sqrt(1 / 0.17))


def test_melted_flakes_in_the_beam_would_take_almost_five_times_too_little_light():
    solid = gunn_marshall(1, density_g_cm3=0.917).extinction_per_m * 0.917 ** (2 / 3)
    assert gunn_marshall(1).extinction_per_m / solid == pytest.approx(4.64, abs=0.01)


def test_ten_millimetres_an_hour_hang_six_tenths_of_a_gram_in_a_cubic_metre():
    assert marshall_palmer(10).water_g_per_m3 == pytest.approx(0.615, abs=0.001)


@pytest.mark.parametrize(("diameter", "speed"), [(0.5, 2.0), (1, 4.0), (2, 6.5), (3, 7.9), (5, 9.1)])
def test_drops_fall_as_fast_as_published(diameter, speed):
    assert marshall_palmer(5).fall_speed_mps(diameter) == pytest.approx(speed, abs=0.1)


def test_flakes_fall_at_a_metre_a_second_and_mist_hangs():
    assert gunn_marshall(1).fall_speed_mps([1.0, 8.0]).tolist() == pytest.approx([0.8, 1.116], abs=1e-3)
    assert marshall_palmer(5).fall_speed_mps(0.05) == 0


@pytest.mark.parametrize("rate", [0.5, 2.5, 10])
@pytest.mark.parametrize("make", [marshall_palmer, gunn_marshall, lambda rate: gunn_marshall(rate, None)])
def test_the_water_that_falls_is_about_the_rate(make, rate):
    """Sizes and fall speeds come from different papers and agree; twice Gunn and Marshall's N₀ would not."""
    assert fallen_mmph(make(rate)) == pytest.approx(rate, rel=0.5 if make is not marshall_palmer else 0.2)
    assert fallen_mmph(gunn_marshall(1, intercept_per_m3_mm=7.6e3)) > 1.9


def test_sampled_drops_exceed_their_bound_by_the_mean_of_the_exponential():
    rain = marshall_palmer(25)
    drops = rain.sample_mm(0.8, np.random.default_rng(1), count=100_000)
    assert drops.min() >= 0.8
    assert (drops - 0.8).mean() == pytest.approx(1 / rain.slope_per_mm, rel=0.01)
    assert (drops - 0.8).std() == pytest.approx(1 / rain.slope_per_mm, rel=0.02)


@given(SPECTRA)
def test_the_closed_extinction_is_the_integral_over_the_sizes(spectrum):
    def area(melted_mm: float) -> float:
        count = spectrum.intercept_per_m3_mm * math.exp(-spectrum.slope_per_mm * melted_mm)
        return EXTINCTION_EFFICIENCY * math.pi / 4 * 1e-6 * float(spectrum.diameter_mm(melted_mm)) ** 2 * count
    assert spectrum.extinction_per_m == pytest.approx(integrate.quad(area, 0, 60 / spectrum.slope_per_mm)[0], rel=1e-6)


@given(SPECTRA, st.floats(0.05, 5), st.integers(0, 100))
def test_a_sampled_particle_is_wider_than_asked_and_its_drop_melts_back(spectrum, above_mm, seed):
    sizes = spectrum.sample_mm(np.full(50, above_mm), np.random.default_rng(seed))
    assert (sizes >= above_mm * (1 - 1e-12)).all()
    assert np.allclose(spectrum.diameter_mm(spectrum.melted_mm(sizes)), sizes)


def test_the_share_of_sampled_flakes_above_a_size_is_that_of_the_numbers():
    snow = gunn_marshall(2.5, density_g_cm3=None)
    flakes = snow.sample_mm(0.5, np.random.default_rng(2), count=40_000)
    expected = snow.number_per_m3(4.0) / snow.number_per_m3(0.5)
    assert (flakes > 4.0).mean() == pytest.approx(expected, abs=4 * math.sqrt(expected / 40_000))


@given(RATES, st.floats(1.01, 3))
def test_more_rain_or_snow_takes_more_light(rate, factor):
    assert rain_extinction_per_m(rate * factor) > rain_extinction_per_m(rate)
    assert snow_extinction_per_m(rate * factor) > snow_extinction_per_m(rate)


@given(SPECTRA, st.floats(0, 0.2))
def test_a_spectrum_scaled_to_an_extinction_has_it_and_the_same_sizes(spectrum, extinction):
    scaled = spectrum.scaled_to(extinction)
    assert scaled.extinction_per_m == pytest.approx(extinction)
    assert scaled.slope_per_mm == spectrum.slope_per_mm


@pytest.mark.parametrize("make", [marshall_palmer, gunn_marshall, sekhon_srivastava])
def test_no_rain_is_no_drop_and_takes_no_light(make):
    nothing = make(0)
    assert (nothing.extinction_per_m, float(nothing.number_per_m3()), nothing.water_g_per_m3) == (0, 0, 0)
    with pytest.raises(ValueError, match="empty spectrum"):
        nothing.scaled_to(0.01)


@pytest.mark.parametrize("rate", [-1, math.nan, math.inf])
def test_rates_that_cannot_be_are_refused(rate):
    with pytest.raises(ValueError, match="rain_mmph is 0 or above"):
        marshall_palmer(rate)
    with pytest.raises(ValueError, match="snowfall_mmph is 0 or above"):
        gunn_marshall(rate)


def test_a_flake_denser_than_ice_is_refused():
    with pytest.raises(ValueError, match="density_g_cm3"):
        gunn_marshall(1, density_g_cm3=1.5)
