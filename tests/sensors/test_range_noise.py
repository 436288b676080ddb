"""How exactly a range is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.devices import load_lidar
from sensors.lidar.range_noise import pulse_m, sigma_m

FIVE_NS = replace(load_lidar("hdl_64e_s2"), accuracy_m=0.02, pulse_ns=5.0)


@pytest.mark.parametrize(("snr", "expected_cm"), [(1, 6.4), (10, 2.0), (100, 0.64)])
def test_noise_falls_with_the_root_of_the_signal_to_noise_ratio(snr: float, expected_cm: float):
    assert np.sqrt(sigma_m(snr, FIVE_NS) ** 2 - 0.02**2) * 100 == pytest.approx(expected_cm, rel=0.02)


def test_the_data_sheets_accuracy_is_the_floor():
    assert sigma_m(1e9, FIVE_NS) == pytest.approx(0.02)
    assert sigma_m(10, FIVE_NS) == pytest.approx(np.hypot(0.02, 0.0201), abs=1e-4)


def test_a_device_that_is_exact_at_strong_returns_is_so_at_weak_ones_up_to_a_factor():
    exact = replace(FIVE_NS, accuracy_m=0.003)
    assert sigma_m(10, exact) == pytest.approx(np.hypot(0.003, 4.5 * 0.003 / np.sqrt(20)), rel=1e-6)
    assert sigma_m(10, replace(FIVE_NS, accuracy_m=0.03)) == pytest.approx(np.hypot(0.03, 0.0201), abs=1e-4)


def test_an_oblique_surface_stretches_the_pulse():
    # 30 m, 3 mrad, 80°: the footprint is 0.51 m deep, of which 0.3 count: 0.153 m against 0.09 m.
    square, oblique = sigma_m(10, FIVE_NS, 30.0, 1.0), sigma_m(10, FIVE_NS, 30.0, np.cos(np.radians(80)))
    assert square == pytest.approx(np.hypot(0.02, 0.0201), abs=1e-4)
    assert oblique == pytest.approx(np.hypot(0.02, np.hypot(0.09, 0.3 * 0.51) / np.sqrt(20)), rel=0.01)


def test_no_range_is_wronger_than_the_pulse_is_long():
    assert pulse_m(FIVE_NS) == pytest.approx(0.75, abs=0.001)
    assert sigma_m(0.1, FIVE_NS, 100.0, 0.01) == pytest.approx(np.hypot(0.02, pulse_m(FIVE_NS) / np.sqrt(12)))


def test_fur_widens_the_noise():
    assert sigma_m(1e9, FIVE_NS, depth_m=0.02) == pytest.approx(0.02 * np.sqrt(2))
