"""Banks of fog: their statistics, where they are, and sums along beams."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.lidar.fog_banks import FogBanks, density_here, mean_density
from sensors.lidar.measure import measure
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause, CleanSweep


def directions(azimuth: np.ndarray, up: np.ndarray | float = 0.0) -> np.ndarray:
    up = np.broadcast_to(up, azimuth.shape)
    return np.stack([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)], 1).astype(np.float32)


def test_density_is_log_normal_with_mean_one():
    x, y = np.meshgrid(np.arange(0, 640, 2.5), np.arange(0, 640, 2.5))
    density = FogBanks(seed=3, unevenness=0.4, length_m=10.0).density(x, y)
    assert density.min() > 0 and density.mean() == pytest.approx(1.0, abs=1e-3)
    assert np.log(density).std() == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize("length_m", [5.0, 20.0])
def test_correlation_falls_to_one_over_e_at_its_length(length_m: float):
    x, y = np.meshgrid(np.arange(0, 64 * length_m, length_m / 4), np.arange(0, 64 * length_m, length_m / 4))
    banks = FogBanks(seed=3, unevenness=0.1, length_m=length_m)
    here, there = np.log(banks.density(x, y)), np.log(banks.density(x + length_m, y))
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] == pytest.approx(math.exp(-1), abs=0.06)


def test_no_unevenness_is_even_fog():
    azimuth = np.linspace(-3, 3, 50)
    found = mean_density(directions(azimuth), np.full(50, 40, np.float32), FogBanks(seed=1, unevenness=0.0))
    assert found.tolist() == [1.0] * 50


def test_means_along_beams_are_those_of_fine_sums():
    rng = generator(1, "beams")
    azimuth, up, range_m = rng.uniform(-np.pi, np.pi, 800), rng.uniform(-0.4, 0.4, 800), rng.uniform(0.5, 150, 800)
    banks, place = FogBanks(seed=3, unevenness=0.6, length_m=7.0), RigidTransform.from_yaw(1.0, (400.0, -70.0, 2.0))
    found = mean_density(directions(azimuth, up), range_m.astype(np.float32), banks, place)
    level = (np.arange(3000) + 0.5) / 3000 * (range_m * np.cos(up))[:, None]
    heading = (azimuth + 1.0)[:, None]
    expected = banks.density(400.0 + level * np.cos(heading), -70.0 + level * np.sin(heading)).mean(axis=1)
    error = found / expected - 1
    assert np.abs(error).max() < 0.03 and error.std() < 0.002
    assert np.abs(error[range_m > 5.0]).max() < 0.01


def test_two_devices_meet_the_same_banks():
    # From either end of the same 60 m the mean is the same.
    banks = FogBanks(seed=3)
    there = RigidTransform.from_yaw(math.pi, (100.0, 20.0, 2.0))
    ahead, range_m = np.float32([[1, 0, 0]]), np.float32([60.0])
    one = mean_density(ahead, range_m, banks, RigidTransform.from_yaw(0.0, (40.0, 20.0, 2.0)))
    assert one == pytest.approx(mean_density(ahead, range_m, banks, there), rel=0.01)


def test_at_the_device_the_mean_is_the_density_there():
    place = RigidTransform.from_yaw(0.3, (12.0, 34.0, 2.0))
    banks = FogBanks(seed=5)
    found = mean_density(directions(np.array([0.0, 2.0])), np.float32([1e-3, 1e-3]), banks, place)
    assert found == pytest.approx([density_here(banks, place)] * 2, rel=1e-3)
    assert density_here(banks) == density_here(banks, RigidTransform.identity())


def test_beams_without_end_have_a_mean_too():
    beams = np.float32([[1, 0, 0], [0, 0, 1]])
    found = mean_density(beams, np.float32([np.inf, np.inf]), FogBanks(seed=3))
    assert np.isfinite(found).all() and found[0] == pytest.approx(1.0, abs=0.4)


def test_a_length_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a length above 0 m"):
        FogBanks(seed=1, length_m=0.0)


def wall_all_round(metres: float, count: int = 8000) -> CleanSweep:
    azimuth = np.linspace(-np.pi, np.pi, count, endpoint=False)
    return CleanSweep(directions(azimuth), np.full(count, metres, np.float32), np.ones(count, np.float32),
                      np.full(count, 3, np.uint8), np.zeros(count, np.uint32), np.zeros(count, np.uint8),
                      np.zeros(count, np.float32), reflectance=np.full(count, 0.3, np.float32))


def test_even_banks_and_banks_in_clear_air_change_no_bit():
    clean, device = wall_all_round(25.0), load_lidar("hdl_64e_s2")
    for weather, banks in ((Conditions(visibility_m=60.0), FogBanks(seed=1, unevenness=0.0)),
                           (Conditions(), FogBanks(seed=1, unevenness=0.6))):
        with_banks, without = (measure(clean, device, weather, 5, banks=which) for which in (banks, None))
        assert with_banks.points_m.tobytes() == without.points_m.tobytes()
        assert with_banks.intensity.tobytes() == without.intensity.tobytes()


def test_a_wall_behind_a_bank_is_dimmer_and_is_lost_first():
    clean, banks = wall_all_round(25.0), FogBanks(seed=1, unevenness=0.6)
    density = mean_density(clean.direction, clean.range_m, banks)
    sweep = measure(clean, load_lidar("hdl_64e_s2"), Conditions(visibility_m=60.0), 5, banks=banks)
    kept = sweep.beam[sweep.cause == Cause.OBJECT]
    assert 0.05 < len(kept) / len(clean) < 0.95
    assert density[kept].mean() < density.mean() - 0.05
