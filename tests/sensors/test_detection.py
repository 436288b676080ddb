"""Which echoes a receiver notices."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.devices import load_lidar
from sensors.lidar.detection import beside_the_sun, thresholds, thresholds_of_noticed
from sensors.lidar.draws import key

HDL = load_lidar("hdl_64e_s2")


@pytest.mark.parametrize("snr_db", [-3.0, -1.0, 0.0, 1.0, 3.0])
def test_detection_is_logistic_in_the_signal_to_noise_ratio(snr_db: float):
    threshold = thresholds(100_000, HDL, key(1, "detection"))
    power = HDL.least_power * 10 ** (snr_db / 10)
    assert (power >= threshold).mean() == pytest.approx(1 / (1 + np.exp(-snr_db)), abs=0.005)


def test_twelve_decibels_are_always_enough_and_minus_twelve_never():
    threshold = thresholds(200_000, HDL, key(2, "detection"))
    assert (threshold < HDL.least_power * 10**1.2).all()
    assert (threshold > HDL.least_power * 10**-1.2).all()


def test_a_hard_edge_is_the_data_sheets_weakest_power():
    assert set(thresholds(10, HDL, key(0, "x"), edge_db=0.0).tolist()) == {np.float32(0.1 / 2500)}


@pytest.mark.parametrize("clear_db", [-10.0, 0.0, 6.0])
def test_what_was_noticed_in_clear_air_is_lost_by_and_by(clear_db: float):
    power = np.full(100_000, HDL.least_power * 10 ** (clear_db / 10), dtype=np.float32)
    threshold = thresholds_of_noticed(power, HDL, key(3, "detection"))
    assert (threshold <= power).all()

    def noticed(snr_db: float) -> float:
        return 1 / (1 + np.exp(-snr_db))

    left = [(power * 10 ** (-loss_db / 10) >= threshold).mean() for loss_db in (1.0, 3.0)]
    assert left == pytest.approx([noticed(clear_db - loss_db) / noticed(clear_db) for loss_db in (1, 3)], abs=0.006)


def test_within_five_degrees_of_the_sun_half_as_much_again_is_needed():
    angle = np.radians([0.0, 4.9, 5.1, 90.0])
    direction = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1).astype(np.float32)
    raised = beside_the_sun(np.ones(4, np.float32), direction, np.array([1.0, 0.0, 0.0]))
    assert raised.tolist() == [1.5, 1.5, 1.0, 1.0]
