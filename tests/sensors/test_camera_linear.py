"""Codes to light and back."""

import numpy as np
import pytest

from sensors.camera.linear import code_of, encoded, light_of


def test_black_white_and_middle_grey_have_the_light_that_srgb_says():
    light = light_of(np.array([[[0, 255, 118]]], np.uint8))
    assert light[0, 0] == pytest.approx([0, 1, 0.1812], abs=1e-4)


def test_every_code_comes_back():
    codes = np.arange(256, dtype=np.uint8)[:, None, None].repeat(3, axis=2)
    assert np.array_equal(code_of(light_of(codes)), codes)


def test_light_gets_the_code_that_the_formula_rounds_to():
    light = np.random.default_rng(0).random((100, 1000, 3)).astype(np.float32) ** 3
    exact = 255 * encoded(light.astype(float))
    assert np.abs(code_of(light) - exact).max() <= 0.5 + 1e-4


def test_light_beyond_white_is_white_and_less_than_none_is_black():
    light = np.array([[[-1, 1.5, np.inf]]], np.float32)
    assert code_of(light).tolist() == [[[0, 255, 255]]]


def test_other_types_are_refused():
    with pytest.raises(ValueError, match="float64"):
        code_of(np.zeros((1, 1, 3)))
    with pytest.raises(ValueError, match="float32"):
        light_of(np.zeros((1, 1, 3), np.float32))
