"""Points of nothing: halos of retroreflectors, and other devices' pulses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.devices import load_lidar
from sensors.lidar.stray import stray_light
from sensors.sweeps import Cause, CleanSweep

HDL = replace(load_lidar("hdl_64e_s2"), firings=2000)
SIGN_REFLECTANCE = 450.0


def one_sign(range_m: float) -> tuple[CleanSweep, np.ndarray, int]:
    """64 rings of 200 beams of the sky, of which one meets a sign; its power, and which."""
    azimuth = np.arange(200) * 2 * np.pi / 2000
    up, around = (a.ravel() for a in np.meshgrid(np.radians(HDL.elevations_deg), azimuth, indexing="ij"))
    direction = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], axis=1)
    count, at = len(direction), 3 * 200 + 100
    ranges = np.full(count, np.inf, np.float32)
    ranges[at] = range_m
    clean = CleanSweep(direction.astype(np.float32), ranges, np.ones(count, np.float32), np.full(count, 11, np.uint8),
                       np.zeros(count, np.uint32), np.repeat(np.arange(64), 200).astype(np.uint8),
                       np.zeros(count, np.float32))
    return clean, np.where(np.isfinite(ranges), SIGN_REFLECTANCE / range_m**2, 0).astype(np.float32), at


def test_a_sign_blooms_into_its_neighbours_at_its_own_range_and_less_with_distance():
    sizes = []
    for range_m in (10.0, 20.0, 40.0, 100.0):
        clean, power, at = one_sign(range_m)
        least = np.full(len(clean), HDL.least_power, np.float32)
        [echo] = stray_light(clean, power * range_m**2, power, least, HDL, np.random.default_rng(0), 0.0)
        seen = np.flatnonzero(echo.power > least)
        assert set(echo.range_m[seen].tolist()) <= {range_m}
        assert set(echo.cause[seen].tolist()) <= {Cause.NOISE}
        angle = np.degrees(np.arccos(np.clip(clean.direction[seen] @ clean.direction[at], -1, 1)))
        assert at not in seen and (angle < 0.56).all()
        sizes.append(len(seen))
    assert sizes[0] > sizes[1] > sizes[2] >= sizes[3]
    assert sizes[1] >= 4


def test_signs_bloom_alike_in_every_order_and_where_beams_are_missing():
    clean, power, at = one_sign(15.0)
    least = np.full(len(clean), HDL.least_power, np.float32)

    def halo(order: np.ndarray) -> dict[int, float]:
        names = ("direction", "range_m", "cos_incidence", "tag", "actor_id", "ring", "time_s")
        other = CleanSweep(**{name: getattr(clean, name)[order] for name in names})
        [echo] = stray_light(other, power[order] * 225, power[order], least[order], HDL, np.random.default_rng(0), 0.0)
        return {int(order[i]): float(echo.power[i]) for i in np.flatnonzero(echo.power)}

    by_ring = np.arange(len(clean))
    whole = halo(by_ring)
    assert len({int(clean.ring[i]) for i in whole}) == 3
    by_firing = by_ring.reshape(64, 200).T.ravel()
    assert halo(by_firing) == whole
    far = np.abs(by_ring % 200 - 100) > 20
    without = by_ring[~(far & (np.random.default_rng(1).random(len(clean)) < 0.5))]
    assert halo(without) == whole and at not in whole


def test_there_is_no_stray_light_without_signs_and_other_devices():
    clean, power, _ = one_sign(20.0)
    assert stray_light(clean, np.minimum(power, 1), power, power, HDL, np.random.default_rng(0), 0.0) == []


def test_other_devices_pulses_come_at_their_rate_and_from_anywhere():
    clean, power, _ = one_sign(20.0)
    least = np.full(len(clean), HDL.least_power, np.float32)
    [echo] = stray_light(clean, np.zeros(len(clean)), power, least, HDL, np.random.default_rng(0), 0.05)
    struck = echo.power > 0
    assert struck.mean() == pytest.approx(0.05, abs=0.006)
    assert (echo.power[struck] >= least[struck]).all()
    assert np.percentile(echo.range_m[struck], [5, 50, 95]) == pytest.approx([6.9, 60.5, 114], abs=6)
