"""The one call for one sweep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.conditions import Conditions
from sensors.devices import LidarDevice, load_lidar
from sensors.lidar.measure import measure
from sensors.sweeps import Cause, CleanSweep, Loss, MeasuredSweep

ROAD, BUILDING, CAR, SIGN, SKY = 1, 3, 14, 8, 11
HDL = load_lidar("hdl_64e_s2")
CLEAR = Conditions()


def ideal(device: LidarDevice = HDL) -> LidarDevice:
    """One that measures without error, loses nothing and sees everything in front of it."""
    return replace(device, accuracy_m=0.0, pulse_ns=0.0, range_step_m=0.0, dropout=0.0, range_10_percent_m=1e6,
                   near_m=0.0, overlap_m=(0.0, 0.0), returns=("strongest", "last", "dual"))


def sweep(range_m: np.ndarray, tag: np.ndarray | int = BUILDING, cosine: np.ndarray | float = 1.0,
          actor_id: np.ndarray | int = 0, reflectance: np.ndarray | float | None = None) -> CleanSweep:
    """Beams into all directions of a plane."""
    count = len(range_m)
    azimuth = np.linspace(0, 2 * np.pi, count, endpoint=False)
    direction = np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1).astype(np.float32)

    def column(value: np.ndarray | float, kind: type) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, dtype=kind), count).copy()

    return CleanSweep(
        direction, column(range_m, np.float32), column(cosine, np.float32),
        np.where(np.isfinite(range_m), column(tag, np.uint8), SKY).astype(np.uint8), column(actor_id, np.uint32),
        np.zeros(count, np.uint8), np.zeros(count, np.float32),
        None if reflectance is None else column(reflectance, np.float32))


def street(count: int = 20000, seed: int = 0) -> CleanSweep:
    """Hard things of all sorts at all ranges, no signs, which bloom; and a fifth of sky."""
    rng = np.random.default_rng(seed)
    range_m = np.where(rng.random(count) < 0.2, np.inf, rng.uniform(2, 110, count))
    tag = rng.choice([ROAD, BUILDING, CAR, 12, 24], count)
    return sweep(range_m, tag, rng.uniform(0.02, 1, count), np.where(tag == CAR, rng.integers(1, 30, count), 0))


def same(a: MeasuredSweep, b: MeasuredSweep) -> bool:
    names = [name for name in MeasuredSweep.__slots__ if name != "lost"]
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in names)


def test_an_ideal_device_in_clear_weather_reports_every_hard_surface_bit_by_bit_where_it_is():
    clean = street()
    measured = measure(clean, ideal(), CLEAR, 1, crosstalk_share=0)
    assert measured.beam.tolist() == np.flatnonzero(clean.is_hit).tolist()
    expected = clean.direction[clean.is_hit] * clean.range_m[clean.is_hit, None]
    assert measured.points_m.tobytes() == expected.tobytes()
    assert measured.range_before_m.tobytes() == clean.range_m[clean.is_hit].tobytes()


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not():
    clean = street()
    once, again, other = (measure(clean, HDL, CLEAR, seed) for seed in (5, 5, 6))
    assert same(once, again)
    assert not same(once, other)


def test_every_surface_that_was_met_is_reported_or_lost_for_a_reason():
    clean = street()
    measured = measure(clean, HDL, CLEAR, 2, keep_lost=True, crosstalk_share=0)
    assert measured.lost is not None
    seen = np.concatenate([measured.beam, measured.lost.beam])
    assert sorted(seen.tolist()) == np.flatnonzero(clean.is_hit).tolist()
    assert set(measured.lost.loss.tolist()) == {Loss.TOO_WEAK, Loss.DROPPED}


def test_a_ten_percent_target_is_seen_to_the_range_of_the_data_sheet():
    shares = [len(measure(sweep(np.full(4000, at), reflectance=0.1), replace(HDL, dropout=0.0), CLEAR, 1)) / 4000
              for at in (40.0, 50.0, 62.0)]
    # 10·log10(50²/40²) = 1.94 dB above the threshold: 1/(1 + exp(−1.94)) = 0.874.
    assert shares == pytest.approx([0.874, 0.5, 0.134], abs=0.025)


def test_roads_are_ground_and_cars_are_objects_and_keep_their_actor():
    measured = measure(sweep(np.array([10.0, 10.0]), np.array([ROAD, CAR]), 1.0, np.array([0, 77])), ideal(), CLEAR, 0)
    assert measured.cause.tolist() == [Cause.GROUND, Cause.OBJECT]
    assert measured.actor_id.tolist() == [0, 77]
    assert measured.tag.tolist() == [ROAD, CAR]


def test_returns_that_a_device_does_not_offer_are_refused():
    with pytest.raises(ValueError, match="Velodyne HDL-64E S2 offers strongest, not 'dual'"):
        measure(street(10), HDL, CLEAR, 0, returns="dual")
