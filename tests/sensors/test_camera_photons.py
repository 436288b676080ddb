"""The linear model of EMVA 1288: counting electrons."""

import numpy as np
import pytest

from sensors.camera.exposure import Exposure
from sensors.camera.photons import Pattern, converter, pattern, read_out
from sensors.chance import generator
from tests.sensors.camera_examples import a_camera, an_exposure

SHAPE = (400, 500)


def _counts(mean_e, camera, seed=0, exposure=None, fixed=None, light=None):
    light = np.ones((*SHAPE, 1), np.float32) if light is None else light
    fixed = fixed or Pattern(np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32))
    taken = exposure or an_exposure(mean_e)
    return read_out(light, taken, camera, fixed, generator(seed, "photons")).astype(float)[..., 0] \
        - converter(camera, taken.gain).black


@pytest.mark.parametrize(("mean_e", "snr"), [(10, 1.9), (100, 9.2), (1000, 31.4), (10000, 99.9)])
def test_signal_to_noise_is_that_of_the_table(mean_e, snr):
    # over one count to each side, without which rounding adds less or more than its 1/12
    ramp = np.linspace(mean_e - 5, mean_e + 5, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(*SHAPE, 1)
    counts = _counts(1.0, a_camera(gain_dn_per_e=0.1, full_well_e=30000), light=ramp)
    assert counts.mean() == pytest.approx(0.1 * mean_e, rel=0.01)
    assert counts.mean() / (counts - 0.1 * ramp[..., 0]).std() == pytest.approx(snr, rel=0.03)


def test_104_electrons_of_a_lamplit_road_have_a_signal_to_noise_of_9_5():
    counts = _counts(104.4, a_camera(gain_dn_per_e=0.1))
    assert counts.mean() / counts.std() == pytest.approx(9.5, rel=0.03)


def test_variance_over_mean_is_a_line_of_slope_k_and_the_noise_in_the_dark():
    camera = a_camera(gain_dn_per_e=0.4)
    found = [_counts(mean_e, camera, seed) for seed, mean_e in enumerate(np.linspace(0, 8000, 17))]
    slope, offset = np.polyfit([c.mean() for c in found], [c.var() for c in found], 1,
                               w=[1 / (c.var() + 1) for c in found])
    assert slope == pytest.approx(0.4, rel=0.02)
    assert offset == pytest.approx(0.4 ** 2 * 9 + 1 / 12, rel=0.03)


@pytest.mark.parametrize("mean_e", [0.3, 2.0, 10.0, 300.0])
def test_one_random_number_a_pixel_makes_the_distribution_of_poisson_and_readout(mean_e):
    camera = a_camera(gain_dn_per_e=8.0, read_noise_e=1.5)
    ours = np.sort(_counts(mean_e, camera).ravel())
    rng = np.random.default_rng(1)
    theirs = np.sort(np.rint(8.0 * (rng.poisson(mean_e, ours.size) + rng.normal(0, 1.5, ours.size))))
    steps = np.arange(np.floor(theirs[0]), theirs[-1] + 1)
    apart = np.searchsorted(ours, steps, side="right") - np.searchsorted(theirs, steps, side="right")
    assert np.abs(apart).max() / ours.size < 0.012
    assert ours.mean() == pytest.approx(theirs.mean(), abs=4 * ours.std() / np.sqrt(ours.size / 2))
    assert ours.std() == pytest.approx(theirs.std(), rel=0.01)


def test_noise_of_neighbours_is_independent():
    counts = _counts(500.0, a_camera())
    away = counts - counts.mean()
    for shift in ((0, 1), (1, 0), (1, 1), (0, 2)):
        assert abs((away * np.roll(away, shift, (0, 1))).mean()) / away.var() < 0.01


def test_a_full_well_holds_no_more_and_the_converter_ends():
    camera = a_camera(full_well_e=5000, gain_dn_per_e=0.315)
    assert _counts(50000.0, camera).max() == round(0.315 * 5000)
    ended = _counts(12000.0, a_camera(), exposure=an_exposure(12000.0, gain=4.0))
    assert np.all(ended == 4095 - converter(a_camera(), 4.0).black)


def test_noise_in_the_dark_goes_below_black():
    counts = _counts(0.0, a_camera(gain_dn_per_e=1.0))
    assert counts.min() < 0 and counts.mean() == pytest.approx(0, abs=0.03)


def test_dark_current_counts_as_light_does():
    camera = a_camera(dark_e_per_s=10000.0, gain_dn_per_e=1.0)
    assert _counts(0.0, camera).mean() == pytest.approx(100, rel=0.01)


def test_gain_amplifies_signal_and_noise():
    quiet, loud = (_counts(100.0, a_camera(gain_dn_per_e=0.5), exposure=an_exposure(100.0, gain=gain))
                   for gain in (1.0, 8.0))
    assert loud.mean() / quiet.mean() == pytest.approx(8, rel=0.01)
    assert loud.std() / quiet.std() == pytest.approx(8, rel=0.03)


def test_each_camera_has_its_own_pattern_for_life():
    camera = a_camera(prnu=0.01, dsnu_e=2.0)
    first, again, other = (pattern(camera, SHAPE, serial) for serial in (1, 1, 2))
    assert np.array_equal(first.gain, again.gain) and np.array_equal(first.offset_e, again.offset_e)
    assert not np.array_equal(first.gain, other.gain)
    assert first.gain.std() == pytest.approx(0.01, rel=0.02) and first.offset_e.std() == pytest.approx(2, rel=0.02)
    mean = sum(_counts(8000.0, camera, seed, fixed=first) for seed in range(8)) / 8
    assert np.corrcoef(mean.ravel(), first.gain.ravel())[0, 1] > 0.9


def test_a_seed_repeats_and_another_does_not():
    assert np.array_equal(_counts(100.0, a_camera(), 3), _counts(100.0, a_camera(), 3))
    assert not np.array_equal(_counts(100.0, a_camera(), 3), _counts(100.0, a_camera(), 4))


def test_a_converter_of_24_bits_is_kept_to_16():
    a_d = converter(a_camera(bits=24, gain_dn_per_e=11.18), 1.0)
    assert a_d.top == 65535 and a_d.dn_per_e == pytest.approx(11.18 / 256)


def test_without_noise_counts_are_rounded_only():
    light = np.linspace(0, 1, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(*SHAPE, 1)
    ideal = Pattern(np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32))
    counts = read_out(light, Exposure(0.01, 1.0, 10000.0, 10000.0), a_camera(), ideal, None)
    assert np.abs(counts - converter(a_camera(), 1.0).black - 3150 * light).max() <= 0.501
