"""What a device writes for the strength of a return."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.devices import load_lidar
from sensors.lidar.intensity import BRIGHTEST, intensity, reflectance_of

HDL, VLP = load_lidar("hdl_64e_s2"), load_lidar("vlp_16")


def test_kittis_values_are_hundredths_up_to_0_99():
    linear = replace(HDL, diffuse_levels=100)
    values = intensity(np.array([0.0, 0.004, 0.006, 0.17, 0.4, 0.99, 1.0, 500.0]), linear)
    assert values == pytest.approx([0, 0, 0.01, 0.17, 0.40, 0.99, 0.99, 0.99])


def test_a_device_with_more_values_for_a_white_diffuser_than_it_has_saturates_before_it():
    values = intensity(np.array([0.17, 0.5, 0.78, 0.79, 1.0]), replace(HDL, diffuse_levels=126))
    assert values == pytest.approx([0.21, 0.63, 0.98, 0.99, 0.99])


def test_velodynes_scale_keeps_101_to_255_for_retroreflectors():
    levels = intensity(np.array([0.0, 0.5, 1.0, 1.1, np.sqrt(BRIGHTEST), BRIGHTEST, 1e6]), VLP) * 256
    assert levels == pytest.approx([0, 50, 100, 102, 178, 255, 255], abs=0.5)


@settings(deadline=None)        # the first call compiles
@given(st.lists(st.floats(0, 1e4), min_size=2, max_size=30))
def test_brighter_is_never_less(reflectances: list[float]):
    for device in (HDL, VLP):
        values = intensity(np.sort(np.array(reflectances)), device)
        assert (np.diff(values) >= 0).all()
        assert values.min() >= 0 and values.max() < 1


@pytest.mark.parametrize("device", [HDL, VLP], ids=["kitti", "velodyne"])
def test_every_value_comes_back_from_the_reflectance_that_it_stands_for(device):
    values = np.arange(device.intensity_levels, dtype=np.float32) / device.intensity_levels
    assert intensity(reflectance_of(values, device), device) == pytest.approx(values, abs=1e-6)
