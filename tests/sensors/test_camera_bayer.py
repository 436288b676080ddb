"""Mosaics, the balance of colours, and files."""

import numpy as np
import pytest

from sensors.camera.bayer import MOSAICS, balance, colours_of, developed, lamp_kelvin, mosaic_of
from sensors.camera.jpeg import through_jpeg
from sensors.camera.linear import code_of, light_of
from sensors.conditions import Conditions


def _counts(light, bayer, gains, white=3500.0, black=64.0):
    """What a noiseless sensor counts of light (H, W, 3)."""
    rows, columns = np.indices(light.shape[:2])
    own = mosaic_of(bayer)[rows & 1, columns & 1]
    seen = np.take_along_axis(light / gains, own[..., None], axis=-1)
    return np.rint(black + seen * (white - black)).astype(np.uint16)


@pytest.mark.parametrize("bayer", MOSAICS)
def test_a_flat_field_of_any_colour_stays_flat(bayer):
    colour = np.array([200, 90, 40], np.uint8)
    light = np.broadcast_to(light_of(colour[None, None]), (20, 30, 3))
    gains = balance(3000.0)
    image = developed(_counts(light, bayer, gains), bayer, gains, 64.0, 3500.0)
    assert np.abs(image.astype(int) - colour).max() <= 1


@pytest.mark.parametrize("bayer", MOSAICS)
def test_a_smooth_picture_comes_back(bayer):
    rows, columns = np.mgrid[:80, :120]
    light = np.stack([0.5 + 0.4 * np.sin(columns / 15), 0.5 + 0.4 * np.cos(rows / 12), 0.3 + 0.002 * columns], axis=-1)
    image = developed(_counts(light, bayer, np.ones(3)), bayer, np.ones(3), 64.0, 3500.0)
    off = np.abs(image.astype(int) - code_of(light.astype(np.float32)))
    assert off[2:-2, 2:-2].max() <= 2 and off.max() <= 8


def test_a_grey_edge_keeps_less_colour_than_by_plain_interpolation():
    light = np.zeros((40, 40, 3)) + np.where(np.arange(40) < 20, 0.1, 0.9)[None, :, None]
    image = light_of(developed(_counts(light, "RGGB", np.ones(3)), "RGGB", np.ones(3), 64.0, 3500.0))
    assert np.ptp(image[5:-5], axis=2).max() < 0.7 * 0.4            # linearly, half the step of 0.8 is false colour


def test_what_is_brighter_than_full_is_white_under_any_lamp():
    gains = balance(2800.0)
    image = developed(np.full((10, 10, 1), 4095, np.uint16), "RGGB", gains, 64.0, 3500.0)
    assert np.all(image == 255)


def test_tungsten_has_little_blue_and_daylight_little_red():
    assert balance(6500.0) == pytest.approx([1.95, 1.0, 1.45]) and balance(2800.0) == pytest.approx([1.15, 1.0, 3.0])
    assert lamp_kelvin(Conditions(sun_altitude_deg=45.0)) > 5000 > lamp_kelvin(Conditions(sun_altitude_deg=2.0))
    assert lamp_kelvin(Conditions(sun_altitude_deg=-30.0)) == 3000
    assert lamp_kelvin(Conditions(sun_altitude_deg=45.0, cloudiness=1.0)) == 6500


def test_noise_under_tungsten_is_strongest_in_blue():
    gains = balance(2800.0)
    counts = _counts(np.full((200, 200, 3), 0.3), "RGGB", gains).astype(float)
    noisy = np.rint(np.random.default_rng(0).normal(counts, 30)).astype(np.uint16)
    image = light_of(developed(noisy, "RGGB", gains, 64.0, 3500.0))
    red, green, blue = image.std(axis=(0, 1))
    assert blue > 1.3 * red and blue > 1.3 * green


def test_without_filters_a_picture_is_grey():
    assert colours_of("", 1).tolist() == [[[1], [1]], [[1], [1]]]
    image = developed(np.full((6, 8, 1), 1000, np.uint16), "", np.ones(3), 64.0, 3500.0)
    assert image.shape == (6, 8, 3) and np.ptp(image) == 0


def test_an_unknown_mosaic_is_refused():
    with pytest.raises(ValueError, match="RGGB, GRBG"):
        mosaic_of("XTRANS")


def test_jpeg_loses_little_at_95_and_more_at_30_and_nothing_at_0():
    rows, columns = np.mgrid[:64, :96]
    image = np.stack([2 * columns, 3 * rows, 255 - 2 * columns], axis=-1).astype(np.uint8)
    assert through_jpeg(image, 0) is image
    fine, coarse = (np.abs(through_jpeg(image, quality).astype(int) - image).mean() for quality in (95, 30))
    assert 0 < fine < 2 < 10 and fine < coarse < 10
    with pytest.raises(ValueError, match="1 to 100"):
        through_jpeg(image, 101)
