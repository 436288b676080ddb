"""Droplets by size against Mie theory's results."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad

from sensors.lidar.droplets import DROPLETS
from sensors.lidar.fog import FOG_LIDAR_RATIO_MIE_SR
from sensors.lidar.link import visibility_m
from sensors.lidar.plumes import SPRAY_LIDAR_RATIO_SR

# Extinction at 905 nm by Mie theory and the visibility it means, and how far the large-droplet limit may be off.
MIE = {
    "strong advection fog": (0.0291, 103, 0.05),
    "moderate advection fog": (0.0187, 160, 0.06),
    "strong spray": (0.0170, 176, 0.10),
    "moderate spray": (0.0045, 669, 0.15),
    "Chu/Hogg": (0.0016, 1840, 0.10),
}


@pytest.mark.parametrize("name", MIE)
def test_large_droplets_take_what_mie_theory_says_and_a_little_less(name: str):
    extinction, visibility, tolerance = MIE[name]
    found = DROPLETS[name].extinction_per_m
    assert extinction * (1 - tolerance) <= found <= extinction
    assert visibility_m(extinction) == pytest.approx(visibility, rel=0.02)


@pytest.mark.parametrize("name", MIE)
def test_moments_are_those_of_the_density(name: str):
    kind = DROPLETS[name]
    b = kind.a / (kind.gamma * kind.mode_um**kind.gamma)
    weights = [quad(lambda r, k=k: r ** (kind.a + k) * math.exp(-b * r**kind.gamma), 0, 60 * kind.mode_um)[0]
               for k in (0, 2, 3)]
    assert kind.moment_um(0) == pytest.approx(1.0)
    assert kind.moment_um(2) == pytest.approx(weights[1] / weights[0], rel=1e-4)
    assert kind.moment_um(3) == pytest.approx(weights[2] / weights[0], rel=1e-4)


def test_fog_holds_less_than_a_gram_of_water_in_a_cubic_metre():
    # By hand: 20 droplets/cm³ with a mean cube of 6!/3!/0.3³ µm³ = 4444 µm³.
    assert DROPLETS["strong advection fog"].water_g_per_m3 == pytest.approx(4 / 3 * math.pi * 120 / 0.027 * 20e-6)
    assert all(kind.water_g_per_m3 < 1 for kind in DROPLETS.values())


def test_the_ratios_of_fog_and_spray_come_from_these_spectra():
    assert DROPLETS["strong spray"].lidar_ratio_sr == SPRAY_LIDAR_RATIO_SR
    for name in ("strong advection fog", "moderate advection fog"):
        assert pytest.approx(FOG_LIDAR_RATIO_MIE_SR, abs=1) == DROPLETS[name].lidar_ratio_sr
