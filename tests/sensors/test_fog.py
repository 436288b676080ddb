"""Soft targets against a table worked out by hand and against slow integrals; fog, dust and their echoes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from sensors.chance import generator
from sensors.devices import available_lidars, load_lidar
from sensors.lidar.fog import (
    DUST_LIDAR_RATIO_SR,
    FOG_LIDAR_RATIO_MIE_SR,
    FOG_LIDAR_RATIO_SR,
    backscatter_per_m_sr,
    soft_echo,
)
from sensors.lidar.link import extinction_per_m, farthest_m, overlap
from sensors.lidar.soft_target import LIGHT_M_PER_NS, STEP_M, RunningSums, soft_target
from sensors.sweeps import Cause

# Pulse in ns, overlap, visibility: peak range, its power for κ = 1, and from which range on it beats a 10 % target
# for κ = 1, 0.1, 0.05 and 0.01.
PEAKS = [
    (20, (0.9, 1.0), 30, 1.60, 2.43e-3, (4.2, 8.6, 10.3, 14.7)),
    (20, (0.9, 1.0), 50, 1.65, 1.65e-3, (5.6, 12.0, 14.6, 21.5)),
    (20, (0.9, 1.0), 100, 1.67, 9.11e-4, (8.2, 18.8, 23.3, 35.8)),
    (20, (0.9, 1.0), 200, 1.68, 4.79e-4, (12.1, 29.4, 37.1, 59.4)),
    (5, (0.9, 1.0), 50, 1.27, 9.86e-4, (6.7, 13.9, 16.6, 24.0)),
    (5, (0.5, 10.0), 50, 1.16, 9.26e-5, (14.1, 24.3, 27.8, 36.6)),
]
HDL = replace(load_lidar("hdl_64e_s2"), near_m=0.9, overlap_m=(0.9, 1.0), pulse_ns=20.0, near_gain=0.05)


def beta(visibility: float) -> float:
    return 0.046 / visibility


def echo_of(range_m: np.ndarray, visibility: float = 50.0, device=HDL, seed: int = 0, **how):
    return soft_echo(range_m.astype(np.float32), float(extinction_per_m(visibility)), beta(visibility), device,
                     generator(seed, "fog"), **how)


@pytest.mark.parametrize("pulse_ns, overlap_m, visibility, peak_m, power, beats_m", PEAKS)
def test_fog_peaks_and_outshines_as_the_table_says(pulse_ns, overlap_m, visibility, peak_m, power, beats_m):
    alpha = float(extinction_per_m(visibility))
    cloud = soft_target(alpha, float(pulse_ns), overlap_m, overlap_m[0])
    found = math.pi * beta(visibility) * cloud.power[-1]
    assert cloud.peak_m[-1] == pytest.approx(peak_m, abs=0.015)
    assert found == pytest.approx(power, rel=4e-3)
    for gain, metres in zip((1.0, 0.1, 0.05, 0.01), beats_m, strict=True):
        assert farthest_m(0.1, alpha, found * gain) == pytest.approx(metres, abs=0.06)


def test_the_least_gain_that_shows_fog():
    for visibility, gain in ((50, 0.024), (100, 0.044), (200, 0.084)):
        cloud = soft_target(float(extinction_per_m(visibility)), 20.0, (0.9, 1.0), 0.9)
        assert HDL.least_power / (math.pi * beta(visibility) * cloud.power[-1]) == pytest.approx(gain, abs=5.1e-4)


@pytest.mark.parametrize("pulse_ns, overlap_m, surface_m", [
    (20.0, (0.9, 1.0), 1.3), (20.0, (0.9, 1.0), 3.0), (5.0, (1.0, 10.0), 2.0), (5.0, (1.0, 10.0), 60.0),
    (40.0, (0.0, 0.0), 5.0),
])
def test_the_table_is_the_largest_of_slow_integrals(pulse_ns, overlap_m, surface_m):
    alpha, near_m, length = 0.06, 0.5, LIGHT_M_PER_NS * pulse_ns
    start = max(near_m, overlap_m[0])

    def received(front_m: float) -> float:
        low, high = max(front_m - length, start), min(front_m, surface_m)
        kinks = [kink for kink in overlap_m if low < kink < high]
        return quad(lambda r: math.sin(math.pi * (front_m - r) / length) ** 2 * math.exp(-2 * alpha * r) / r**2
                    * float(overlap(r, overlap_m)), low, high, points=kinks or None)[0] if high > low else 0.0

    fronts = np.arange(start, min(surface_m, 10) + length, 0.02)
    powers = [received(front) for front in fronts]
    cloud = soft_target(alpha, pulse_ns, overlap_m, near_m)
    row = min(round(surface_m / STEP_M), len(cloud.power) - 1)
    assert cloud.power[row] == pytest.approx(max(powers), rel=1e-3)
    assert cloud.peak_m[row] == pytest.approx(fronts[int(np.argmax(powers))] - length / 2, abs=0.05)


@pytest.mark.parametrize("surface_m, analytic", [(np.inf, 1 - 1 / 100), (10.0, 0.9), (2.0, 0.5)])
def test_a_pulse_loses_no_energy(surface_m, analytic):
    # Each metre of cloud gives its 1/r² to the echo, spread over a sin² that holds half its length: in all
    # cτ/2·∫dr/r², from 1 m to the surface, or to 100 m where the sums end.
    length = LIGHT_M_PER_NS * 5.0
    sums = RunningSums.along(1.0, 100.0, 0.0, (0.0, 0.0), length)
    fronts = np.arange(1.0, 100.0 + length, 0.01)
    power = sums.power(fronts, np.array([surface_m]))[0]
    assert (power > -1e-12).all()
    assert power.sum() * 0.01 == pytest.approx(length / 2 * analytic, rel=1e-3)


def test_a_short_pulse_sees_the_first_of_the_cloud():
    # Half a pulse's length of cloud right behind the window.
    length = LIGHT_M_PER_NS * 0.5
    cloud = soft_target(0.0, 0.5, (5.0, 5.0), 5.0)
    assert cloud.power[-1] == pytest.approx(length / 2 / (5.0 + length / 2) ** 2, rel=3e-3)
    assert cloud.peak_m[-1] == pytest.approx(5.0 + length / 2, abs=0.01)


def test_nearer_surfaces_leave_less_fog_and_far_ones_change_nothing():
    cloud = soft_target(0.06, 20.0, (0.9, 1.0), 0.9)
    assert (np.diff(cloud.power) >= 0).all()
    assert (cloud.power[: round(0.9 / STEP_M) + 1] == 0).all()
    assert (cloud.peak_m <= np.arange(len(cloud.power)) * STEP_M).all()
    assert cloud.end_m < 10.0
    echo = echo_of(np.array([cloud.end_m, 50.0, np.inf]))
    assert len(set(echo.power)) == 1


def test_a_pulse_without_length_is_refused():
    with pytest.raises(ValueError, match="needs a pulse of at least"):
        soft_target(0.06, 0.0, (0.9, 1.0), 0.9)


def test_without_fog_there_is_no_echo_and_no_draw():
    rng = generator(1, "fog")
    echo = soft_echo(np.float32([3, 50, np.inf]), 0.0, 0.0, HDL, rng)
    assert np.isinf(echo.range_m).all() and not echo.power.any() and not echo.cause.any()
    assert rng.random() == generator(1, "fog").random()
    assert len(soft_echo(np.zeros(0, np.float32), 0.06, 0.001, HDL, rng).range_m) == 0


def test_haze_is_not_noticed_and_costs_no_draws():
    rng = generator(1, "fog")
    echo = soft_echo(np.full(10, np.inf, np.float32), 3e-5, 3e-5 / FOG_LIDAR_RATIO_SR, HDL, rng)
    assert not echo.power.any()
    assert rng.random() == generator(1, "fog").random()


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 200, width=32), min_size=1, max_size=60), st.floats(5, 500), st.integers(0, 9),
       st.sampled_from([(0.9, 1.0), (1.0, 10.0), (0.0, 0.0)]))
def test_fog_is_always_in_front_of_what_the_beam_meets(ranges, visibility, seed, overlap_m):
    device = replace(HDL, overlap_m=overlap_m, near_gain=1.0)
    range_m = np.float32([*ranges, np.inf])
    echo = echo_of(range_m, visibility, device, seed)
    returns = echo.power > 0
    assert (echo.range_m[returns] < range_m[returns]).all()
    assert (echo.range_m[returns] >= np.float32(0.9)).all()
    assert np.isinf(echo.range_m[~returns]).all() and not echo.cause[~returns].any()
    assert (echo.cause[returns] == Cause.FOG).all()
    assert returns[range_m > 1.1].all()
    assert echo.power.max() <= echo.power[-1] * (1 + 1e-6)     # the sky cuts nothing off


@pytest.mark.parametrize("device", [HDL, replace(HDL, overlap_m=(1.0, 10.0), pulse_ns=5.0)], ids=["coaxial", "not"])
def test_single_returns_scatter_about_the_peak_as_the_cube_of_the_echo(device):
    # The table's own draws against the density worked out here, by the share nearer than some ranges.
    found = echo_of(np.full(60_000, np.inf), device=device).range_m
    length = LIGHT_M_PER_NS * device.pulse_ns
    sums = RunningSums.along(device.overlap_m[0], 60.0, float(extinction_per_m(50)), device.overlap_m, length)
    ranges = np.arange(device.overlap_m[0], 50.0, 0.01)
    density = sums.power(ranges + length / 2, np.array([np.inf]))[0] ** 3
    for metres in (1.5, 2.0, 3.0, 6.0):
        share = density[ranges < metres].sum() / density.sum()
        assert (found < metres).mean() == pytest.approx(share, abs=0.008)


def test_the_cube_is_what_uneven_fog_gives():
    # Fog thrown piece by piece: 300 pieces a beam, each denser by exp(G/3) with G of Gumbel's distribution, and the
    # strongest reported.
    length = LIGHT_M_PER_NS * HDL.pulse_ns
    sums = RunningSums.along(0.9, 60.0, float(extinction_per_m(50)), HDL.overlap_m, length)
    ranges = np.linspace(0.95, 10.0, 300)
    power = sums.power(ranges + length / 2, np.array([np.inf]))[0]
    uneven = np.exp(generator(1, "thrown").gumbel(size=(8000, 300)) / 3)
    thrown = ranges[(power * uneven).argmax(axis=1)]
    found = echo_of(np.full(60_000, 10.0)).range_m
    for metres in (1.5, 2.0, 3.0, 5.0):
        assert (found < metres).mean() == pytest.approx((thrown < metres).mean(), abs=0.02)


def test_in_front_of_a_wall_returns_are_drawn_again_and_do_not_pile_up():
    open_sky, walled = echo_of(np.full(60_000, np.inf)).range_m, echo_of(np.full(60_000, 2.35)).range_m
    assert walled.max() < 2.35
    in_front = open_sky[open_sky < 2.35]
    for metres in (1.2, 1.6, 2.0, 2.3):
        assert (walled < metres).mean() == pytest.approx((in_front < metres).mean(), abs=0.01)
    assert (walled > 2.3499).mean() < 1e-3


def test_the_same_seed_gives_the_same_bytes():
    range_m = generator(3, "ranges").uniform(0.5, 100, 5000)
    first, again, other = echo_of(range_m, seed=5), echo_of(range_m, seed=5), echo_of(range_m, seed=6)
    assert first.range_m.tobytes() == again.range_m.tobytes() != other.range_m.tobytes()
    assert first.power.tobytes() == again.power.tobytes() == other.power.tobytes()


def test_backscatter_by_itself_and_together():
    assert pytest.approx(65, abs=0.2) == FOG_LIDAR_RATIO_SR
    assert backscatter_per_m_sr(float(extinction_per_m(50)))[0] == pytest.approx(0.046 / 50)
    assert backscatter_per_m_sr(0.017, fog_lidar_ratio_sr=FOG_LIDAR_RATIO_MIE_SR) == (pytest.approx(0.001), 0.0)
    assert backscatter_per_m_sr(0.0, 0.02) == (pytest.approx(0.02 / DUST_LIDAR_RATIO_SR), 1.0)
    assert backscatter_per_m_sr(0.065, 0.05, fog_lidar_ratio_sr=65.0) == (pytest.approx(0.002), pytest.approx(0.5))
    assert backscatter_per_m_sr(0.0, 0.0) == (0.0, 0.0)


def test_fog_and_dust_share_the_echoes():
    echo = echo_of(np.full(20_000, 40.0), dust_share=0.3)
    assert set(np.unique(echo.cause)) == {Cause.FOG, Cause.DUST}
    assert (echo.cause == Cause.DUST).mean() == pytest.approx(0.3, abs=0.015)
    assert (echo_of(np.full(10, 40.0), dust_share=1.0).cause == Cause.DUST).all()


def test_a_beam_in_a_denser_bank_returns_more():
    densities = np.float32([0.0, 0.5, 1.0, 2.0])
    echo = soft_echo(np.full(4, 30, np.float32), 0.06, densities * np.float32(beta(50)), HDL, generator(1, "fog"))
    assert echo.power / echo.power[2] == pytest.approx(densities)
    assert np.isinf(echo.range_m[0])


@pytest.mark.parametrize("name", available_lidars())
def test_every_device_shows_fog_from_sixty_metres_of_visibility_down(name: str):
    # How the near-range gains of the catalogue were chosen: the echo in half of the open beams is noticed.
    device = load_lidar(name)
    shown = {visibility: echo_of(np.full(1, np.inf), visibility, device).power[0] / device.least_power
             for visibility in (30.0, 60.0, 120.0)}
    assert shown[60.0] == pytest.approx(1.0, rel=0.03)
    assert shown[30.0] > 1.3 and shown[120.0] < 0.7
