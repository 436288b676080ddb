"""False returns of drops and flakes: published numbers, the slow way as a witness, then what must always hold."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.particles import WATER_REFLECTIVITY, expected_particles, particle_echo, particle_reflectivity
from sensors.precipitation import EXTINCTION_EFFICIENCY, Spectrum, gunn_marshall, marshall_palmer
from sensors.sweeps import Cause
from tests.sensors.every_drop import strongest_of_every_drop

HDL_64E = LidarDevice(
    name="test", title="as in sensor-physics.md", elevations_deg=np.zeros(1), azimuth_offsets_deg=np.zeros(1),
    azimuths_deg=(-180, 180), firings=1, rate_hz=10, rates_hz=(10,), firing_s=0, beam_delay_s=np.zeros(1),
    near_m=1.5, range_m=120, range_10_percent_m=50, accuracy_m=0.02, range_step_m=0.002, divergence_mrad=(3, 3),
    wavelength_nm=905, pulse_ns=5, returns=("strongest",), overlap_m=(0, 0), near_gain=0.05,
    particle_reflectivity=0.02, intensity_levels=256, diffuse_levels=101, dropout=0, source="",
)
VLP_32C = dataclasses.replace(HDL_64E, range_m=200, range_10_percent_m=100, divergence_mrad=(3, 1.5))
# LISA's own settings: it has P_min = 0.9 / (200 m)².
LISA = dataclasses.replace(HDL_64E, range_m=200, range_10_percent_m=math.sqrt(0.1 / 0.9) * 200)
SKY = (math.inf, 0.0)
# Section 4.3's scene: share of beams, range, ρ·cosθ.
SCENE = ((0.35, *SKY), (0.25, 8.0, 0.03), (0.20, 20.0, 0.15), (0.20, 40.0, 0.3))


def with_flakes(device: LidarDevice, reflectivity: float, overlap_m: tuple[float, float] = (0, 0)) -> LidarDevice:
    return dataclasses.replace(device, particle_reflectivity=reflectivity, overlap_m=overlap_m)


def to_beat(range_m: float, reflectance: float, extinction_per_m: float, device: LidarDevice) -> float:
    """What a particle must return to be reported instead of this target."""
    if math.isinf(range_m):
        return device.least_power
    return max(device.least_power, reflectance * math.exp(-2 * extinction_per_m * range_m) / range_m**2)


def false_share(spectrum: Spectrum, device: LidarDevice, range_m: float, reflectance: float) -> float:
    """P(false) of one beam."""
    extinction = spectrum.extinction_per_m
    least = to_beat(range_m, reflectance, extinction, device)
    return 1 - math.exp(-float(expected_particles(range_m, least, spectrum, extinction, device)))


def scene_count(spectrum: Spectrum, device: LidarDevice, beams: int) -> float:
    return beams * sum(share * false_share(spectrum, device, *target) for share, *target in SCENE)


def scene_beams(spectrum: Spectrum, device: LidarDevice, beams: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [round(share * beams) for share, *_ in SCENE]
    least = [to_beat(at_m, rho, spectrum.extinction_per_m, device) for _, at_m, rho in SCENE]
    ranges = np.repeat([at_m for _, at_m, _ in SCENE], counts).astype(np.float32)
    return ranges, np.repeat(least, counts).astype(np.float32)


def sky_echo(spectrum: Spectrum, device: LidarDevice, beams: int, seed: int) -> Echo:
    return particle_echo(np.full(beams, np.inf, np.float32), np.full(beams, device.least_power, np.float32),
                         spectrum, spectrum.extinction_per_m, device, np.random.default_rng(seed))


@pytest.mark.parametrize(("rate", "shares"), [
    (5, (0.0375, 0.0235, 0.0069, 7.0e-4, 4.7e-4)), (10, (0.0565, 0.0382, 0.0119, 1.4e-3, 1.0e-3)),
    (25, (0.0945, 0.0730, 0.0241, 3.6e-3, 2.8e-3)), (50, (0.137, 0.121, 0.0412, 6.8e-3, 5.9e-3)),
])
def test_rain_gives_the_published_share_of_false_returns(rate, shares):
    targets = (SKY, (50, 0.1), (30, 0.1), (15, 0.1), (30, 0.5))
    found = [false_share(marshall_palmer(rate), LISA, *target) for target in targets]
    assert found == pytest.approx(shares, rel=0.03, abs=5e-5)


def test_a_less_sensitive_device_sees_the_published_share_of_drops():
    found = [false_share(marshall_palmer(rate), HDL_64E, *SKY) for rate in (5, 10, 25, 50)]
    assert found == pytest.approx([0.021, 0.033, 0.057, 0.084], abs=0.0006)


def test_a_hundred_thousand_sky_beams_in_heavy_rain_give_the_published_count_all_of_them_near():
    echo = sky_echo(marshall_palmer(25), LISA, 100_000, seed=1)
    false = np.isfinite(echo.range_m)
    assert false.sum() == pytest.approx(9450, abs=300)
    assert np.median(echo.range_m[false]) == pytest.approx(2.6, abs=0.05)
    assert echo.range_m[false].max() < 8
    assert set(echo.cause[false].tolist()) == {Cause.RAIN}


@pytest.mark.parametrize("rate", [5, 10, 25, 50])
@pytest.mark.parametrize("device", [LISA, HDL_64E], ids=["LISA", "HDL-64E"])
def test_hardly_a_drop_returns_from_beyond_eight_metres(device, rate):
    rain = marshall_palmer(rate)
    near, all_of_them = expected_particles([8, math.inf], device.least_power, rain, rain.extinction_per_m, device)
    assert all_of_them - near < 4e-5


@pytest.mark.parametrize(("device", "beams", "reflectivity", "overlap_m", "counts"), [
    (HDL_64E, 131_072, 0.01, (0, 0), (1315, 1976, 3148, 5292)),
    (HDL_64E, 131_072, 0.02, (0, 0), (2622, 3721, 5598, 8931)),
    (HDL_64E, 131_072, 0.05, (0, 0), (5946, 7974, 11330, 17060)),
    (HDL_64E, 131_072, 0.02, (1, 10), (286, 647, 1576, 4027)),
    (VLP_32C, 57_600, 0.01, (0, 0), (1576, 2055, 2829, 4046)),
    (VLP_32C, 57_600, 0.02, (0, 0), (2720, 3466, 4645, 6437)),
    (VLP_32C, 57_600, 0.005, (1, 10), (182, 344, 693, 1403)),       # CADC's light, medium, heavy and extreme
])
def test_snow_gives_the_published_counts(device, beams, reflectivity, overlap_m, counts):
    device = with_flakes(device, reflectivity, overlap_m)
    found = [scene_count(gunn_marshall(rate), device, beams) for rate in (0.5, 1, 2.5, 8)]
    assert found == pytest.approx(counts, rel=0.005)


def test_rain_in_the_same_scene_gives_the_published_counts():
    found = [scene_count(marshall_palmer(rate), HDL_64E, 131_072) for rate in (2, 5, 10, 25, 50)]
    assert found == pytest.approx([588, 1116, 1781, 3235, 5023], rel=0.015)     # theirs with 0.02, drops have 0.0198


def test_cadc_sorts_snowfall_by_such_counts():
    """Points that a filter takes out of a VLP-32C's sweep: 25, 250, 500 and 750 begin the four classes."""
    device = with_flakes(VLP_32C, 0.005, (1, 10))
    found = [scene_count(gunn_marshall(rate), device, 57_600) for rate in (0.5, 1, 2.5, 8)]
    assert [int(np.searchsorted([25, 250, 500, 750, 1500], count)) for count in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(("device", "reflectivity", "rate", "within_10_m"), [
    (HDL_64E, 0.02, 8, 1.0), (HDL_64E, 0.05, 8, 0.98), (VLP_32C, 0.01, 8, 0.94), (VLP_32C, 0.02, 8, 0.87),
])
def test_flakes_return_from_within_ten_metres(device, reflectivity, rate, within_10_m):
    snow, device = gunn_marshall(rate), with_flakes(device, reflectivity)
    ranges, least = scene_beams(snow, device, 131_072)
    echo = particle_echo(ranges, least, snow, snow.extinction_per_m, device, np.random.default_rng(2))
    found = echo.range_m[np.isfinite(echo.range_m)]
    assert len(found) == pytest.approx(scene_count(snow, device, 131_072), abs=4 * math.sqrt(len(found)))
    assert (found < 10).mean() == pytest.approx(within_10_m, abs=0.01)


@pytest.mark.parametrize(("reflectivity", "share", "half_m", "most_m", "nearly_all_m"), [
    (0.01, 0.075, 3.7, 6.5, None), (0.02, 0.122, 4.4, 7.9, 9.5),
])
def test_flakes_before_the_sky_return_from_the_published_ranges(reflectivity, share, half_m, most_m, nearly_all_m):
    echo = sky_echo(gunn_marshall(8), with_flakes(HDL_64E, reflectivity), 131_072, seed=3)
    false = np.isfinite(echo.range_m)
    assert false.mean() == pytest.approx(share, rel=0.05)
    # The published ones are of all that are strong enough; here a nearer and stronger one may stand in the way.
    assert np.percentile(echo.range_m[false], [50, 95]).tolist() == pytest.approx([half_m, most_m], rel=0.04)
    if nearly_all_m is not None:
        assert np.percentile(echo.range_m[false], 99) < nearly_all_m * 1.02
    assert np.median(echo.power[false] * echo.range_m[false] ** 2) == pytest.approx(0.002, abs=0.0006)
    assert set(echo.cause[false].tolist()) == {Cause.SNOW}


@pytest.mark.parametrize(("spectrum", "device"), [
    (marshall_palmer(25), LISA),
    (gunn_marshall(8), with_flakes(HDL_64E, 0.02)),
    (gunn_marshall(8, density_g_cm3=None), with_flakes(VLP_32C, 0.02, (1, 10))),
], ids=["rain", "snow", "snow of varying density, slow overlap"])
def test_the_slow_way_finds_as_many_at_the_same_ranges_and_as_strong(spectrum, device):
    beams, extinction = 6000, spectrum.extinction_per_m
    rng = np.random.default_rng(5)
    ranges = rng.choice([np.inf, 5.0, 20.0, 40.0], beams)
    least = np.array([to_beat(at_m, 0.02, extinction, device) for at_m in ranges.tolist()])
    slow_m, slow_power = strongest_of_every_drop(
        ranges, least, spectrum, extinction, device, particle_reflectivity(spectrum, device), rng,
        farthest_m=30.0 if spectrum.frozen else 12.0)
    many = 20
    fast = particle_echo(np.tile(ranges, many).astype(np.float32), np.tile(least, many).astype(np.float32),
                         spectrum, extinction, device, rng)
    slow, false = np.isfinite(slow_m), np.isfinite(fast.range_m)
    assert slow.sum() == pytest.approx(false.sum() / many, abs=4 * math.sqrt(slow.sum()))
    for quantile in (25, 50, 75):
        border = np.percentile(fast.range_m[false], quantile)
        assert (slow_m[slow] < border).mean() == pytest.approx(quantile / 100, abs=2 / math.sqrt(slow.sum()))
        border = np.percentile(fast.power[false], quantile)
        assert (slow_power[slow] < border).mean() == pytest.approx(quantile / 100, abs=2 / math.sqrt(slow.sum()))


def test_particles_add_up_over_range():
    """μ to 3 m, and from 3 m on with a device that sees nothing nearer, is μ of the whole beam."""
    snow = gunn_marshall(2.5)
    least, extinction = HDL_64E.least_power, snow.extinction_per_m
    near = expected_particles(3.0, least, snow, extinction, HDL_64E)
    far = expected_particles(math.inf, least, snow, extinction, dataclasses.replace(HDL_64E, near_m=3.0))
    whole = expected_particles(math.inf, least, snow, extinction, HDL_64E)
    assert near + far == pytest.approx(float(whole), rel=1e-4)


def test_the_shadows_of_all_particles_are_what_the_extinction_takes():
    """Half of it, as the other half is diffraction; so the target must not pay for shadows once more. They flicker by
    less than surfaces vary."""
    snow, rng, beams, reach_m = gunn_marshall(2.5), np.random.default_rng(3), 4000, 15.0
    widest_m = 3e-3 * reach_m
    particles = rng.poisson(float(snow.number_per_m3(0.05)) * np.pi / 12 * widest_m**2 * reach_m * beams)
    at_m = reach_m * np.cbrt(rng.random(particles))
    shares = (snow.sample_mm(0.05, rng, count=particles) / (3 * at_m)) ** 2
    far = at_m > HDL_64E.near_m
    blocked = np.bincount(rng.integers(0, beams, particles)[far], weights=shares[far], minlength=beams)
    expected = snow.extinction_per_m / EXTINCTION_EFFICIENCY * (reach_m - HDL_64E.near_m)
    assert blocked.mean() == pytest.approx(expected, rel=0.08)
    assert blocked.std() < 0.12


@given(st.sampled_from([marshall_palmer, gunn_marshall]), st.floats(0.1, 40), st.floats(1.2, 4))
def test_heavier_falls_give_more_false_returns(make, rate, factor):
    light, heavy = make(rate), make(rate * factor)
    least = HDL_64E.least_power
    assert expected_particles(math.inf, least, heavy, 0.0, HDL_64E) > expected_particles(
        math.inf, least, light, 0.0, HDL_64E)


@given(st.floats(1, 100), st.floats(1.01, 4))
def test_what_must_be_beaten_by_more_is_beaten_less_often(times, factor):
    rain = marshall_palmer(25)
    weak, strong = expected_particles(
        math.inf, [times * HDL_64E.least_power, times * factor * HDL_64E.least_power], rain, 0.0, HDL_64E)
    assert strong < weak


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from([marshall_palmer(50), gunn_marshall(8), gunn_marshall(2, None)]))
def test_a_false_return_is_nearer_than_its_target_stronger_than_asked_and_within_the_device(seed, spectrum):
    rng = np.random.default_rng(seed)
    ranges = np.where(rng.random(3000) < 0.3, np.inf, rng.uniform(1, 20, 3000)).astype(np.float32)
    least = (HDL_64E.least_power * rng.uniform(1, 30, 3000)).astype(np.float32)
    echo = particle_echo(ranges, least, spectrum, spectrum.extinction_per_m, HDL_64E, rng)
    false = np.isfinite(echo.range_m)
    assert (echo.range_m[false] < ranges[false]).all() and (echo.range_m[false] >= HDL_64E.near_m).all()
    assert (echo.power[false] > least[false]).all()
    assert (echo.power[~false] == 0).all() and (echo.cause[~false] == 0).all() and (echo.actor_id == 0).all()
    # Nothing returns more than a particle of this reflectivity that fills the beam.
    assert (echo.power[false] * echo.range_m[false].astype(np.float64) ** 2 <= 0.02 + 1e-9).all()


@pytest.mark.parametrize("spectrum", [marshall_palmer(0), gunn_marshall(0)])
def test_no_rain_gives_no_echo_and_uses_no_chance(spectrum):
    rng = np.random.default_rng(1)
    echo = particle_echo(np.full(9, np.inf, np.float32), np.full(9, 1e-5, np.float32), spectrum, 0.0, HDL_64E, rng)
    assert np.isinf(echo.range_m).all() and not echo.power.any() and not echo.cause.any()
    assert rng.random() == np.random.default_rng(1).random()
    assert expected_particles(math.inf, 1e-5, spectrum, 0.0, HDL_64E) == 0


def test_no_beams_give_no_echo():
    empty = np.zeros(0, dtype=np.float32)
    echo = particle_echo(empty, empty, marshall_palmer(5), 0.001, HDL_64E, np.random.default_rng(1))
    assert len(echo.range_m) == 0


def test_a_device_that_sees_from_nought_metres_on_finds_hardly_more_than_one_that_sees_from_a_decimetre_on():
    rain = marshall_palmer(25)
    counts = [expected_particles(math.inf, HDL_64E.least_power, rain, 0.0, dataclasses.replace(HDL_64E, near_m=near_m))
              for near_m in (0.0, 0.1)]
    assert counts[0] == pytest.approx(float(counts[1]), rel=0.01)


@pytest.mark.parametrize("least", [0.0, -1.0, math.nan])
def test_a_threshold_that_everything_passes_is_refused(least):
    with pytest.raises(ValueError, match="least_power must be above 0"):
        particle_echo(np.float32([10.0]), np.float32([least]), marshall_palmer(5), 0.0, HDL_64E,
                      np.random.default_rng(1))


def test_seeds_repeat_and_differ():
    first, again, other = (sky_echo(gunn_marshall(2.5), HDL_64E, 5000, seed) for seed in (7, 7, 8))
    for name in ("range_m", "power", "cause", "actor_id"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert not np.array_equal(first.range_m, other.range_m)


def test_a_drop_mirrors_no_more_than_water_does():
    bright = with_flakes(HDL_64E, 0.9)
    assert particle_reflectivity(marshall_palmer(5), bright) == WATER_REFLECTIVITY
    assert pytest.approx(0.0198, abs=1e-4) == WATER_REFLECTIVITY
    assert particle_reflectivity(gunn_marshall(5), bright) == 0.9
