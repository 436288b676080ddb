"""The one call for one sweep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.conditions import Conditions
from sensors.devices import LidarDevice, load_lidar
from sensors.lidar.draws import key
from sensors.lidar.measure import measure, measure_many
from sensors.lidar.range_noise import sigma_m
from sensors.sweeps import Cause, CleanSweep, Loss, MeasuredSweep
from tests.sensors import plain_sweep

ROAD, BUILDING, CAR, SIGN, SKY = 1, 3, 14, 8, 11
HDL = load_lidar("hdl_64e_s2")
DUAL = replace(HDL, returns=("strongest", "last", "dual"))
CLEAR = Conditions()
FOG = Conditions(visibility_m=50.0)
RAIN = Conditions(rain_mmph=25.0, wetness=1.0, water_film_mm=1.0)
SNOW = Conditions(snowfall_mmph=4.0, snow_depth_m=0.05)
DUST = Conditions(dust_visibility_m=60.0)
WEATHERS = {"clear": CLEAR, "fog": FOG, "rain": RAIN, "snow": SNOW, "dust": DUST}
SURFACES = (Cause.OBJECT, Cause.GROUND)
weathers = st.builds(
    Conditions, rain_mmph=st.just(0.0) | st.floats(0.1, 100), snowfall_mmph=st.just(0.0) | st.floats(0.1, 10),
    visibility_m=st.none() | st.floats(15, 5000), dust_visibility_m=st.none() | st.floats(20, 2000),
    water_film_mm=st.floats(0, 2), wetness=st.floats(0, 1), snow_depth_m=st.floats(0, 0.2), ice=st.floats(0, 1))


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


@pytest.mark.parametrize("returns", ["strongest", "last", "dual"])
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_surface_that_was_met_is_reported_or_lost_for_one_reason(weather: str, returns: str):
    clean = street(6000)
    measured = measure(clean, DUAL, WEATHERS[weather], 2, returns=returns, keep_lost=True, edges=returns == "dual")
    assert measured.lost is not None
    of_surface = np.unique(measured.beam[np.isin(measured.cause, SURFACES) & np.isfinite(measured.range_before_m)])
    seen = np.concatenate([of_surface, measured.lost.beam])
    assert sorted(seen.tolist()) == np.flatnonzero(clean.is_hit).tolist()


def test_losses_say_what_was_missing():
    def losses(clean: CleanSweep, conditions: Conditions, device: LidarDevice = HDL) -> set[int]:
        lost = measure(clean, replace(device, dropout=0.0), conditions, 1, keep_lost=True, crosstalk_share=0).lost
        return set(lost.loss.tolist())

    at_forty = sweep(np.full(2000, 40.0), reflectance=1.6)
    assert losses(sweep(np.full(2000, 100.0), reflectance=0.02), CLEAR) == {Loss.TOO_WEAK}
    assert losses(at_forty, CLEAR) == set()
    assert losses(at_forty, Conditions(visibility_m=40.0)) == {Loss.ATTENUATED}
    oblique_road = sweep(np.full(2000, 12.0), ROAD, 0.14, reflectance=0.09)
    assert Loss.WET in losses(oblique_road, Conditions(wetness=1.0, water_film_mm=3.0))
    assert losses(oblique_road, CLEAR) == set()
    # Without near-range gain control, fog outshines what would still be seen in it.
    ungated, in_fog = replace(HDL, near_gain=1.0, overlap_m=(0.9, 1.0)), sweep(np.full(2000, 12.0), reflectance=0.4)
    assert Loss.OUTSHONE in losses(in_fog, Conditions(visibility_m=30.0), ungated)


def test_what_the_device_drops_is_its_share():
    clean = sweep(np.full(40_000, 5.0), reflectance=0.5)
    lost = measure(clean, replace(HDL, dropout=0.02, overlap_m=(0.0, 0.0)), CLEAR, 3, keep_lost=True).lost
    assert (lost.loss == Loss.DROPPED).sum() / len(clean) == pytest.approx(0.02, abs=0.002)


def test_the_compiled_loops_give_what_the_plain_formulas_give():
    clean = street(3000)
    measured = measure(clean, HDL, CLEAR, 9, crosstalk_share=0)
    keys = (int(key(9, name)) for name in ("texture", "range noise", "detection", "dropout"))
    points, intensity, cause, beam = plain_sweep.sweep(clean, HDL, 0.0, plain_sweep.Chance.of_keys(3000, HDL, *keys))
    assert measured.beam.tolist() == beam.tolist()
    assert measured.cause.tolist() == cause.tolist()
    # Single precision may round a range or a strength to the next step, which it does to few.
    off = np.abs(measured.points_m - points).max(axis=1)
    assert off.max() < 1.5 * HDL.range_step_m and (off < 1e-4).mean() > 0.98
    assert np.abs(measured.intensity - intensity).max() < 0.011


@settings(max_examples=25, deadline=None)
@given(weathers, st.integers(0, 1000))
def test_points_lie_on_their_beams_and_none_gains_range_beyond_noise(conditions: Conditions, seed: int):
    clean = street(800, seed)
    measured = measure(clean, HDL, conditions, seed, crosstalk_share=0)
    direction = clean.direction[measured.beam].astype(float)
    along = np.einsum("ij,ij->i", measured.points_m, direction)
    assert np.abs(measured.points_m - along[:, None] * direction).max(initial=0) < 1e-4
    most = 4.3 * sigma_m(0.05, HDL, measured.range_before_m, np.maximum(clean.cos_incidence[measured.beam], 1e-3), 0.02)
    assert (along > 0).all()
    assert (along <= measured.range_before_m + most + HDL.range_step_m).all()
    air = ~np.isin(measured.cause, SURFACES)
    assert (along[air] < measured.range_before_m[air] + 1.0).all()
    assert (measured.tag[air] == 0).all()
    assert measured.intensity.min(initial=0) >= 0 and measured.intensity.max(initial=0) <= 1
    assert (np.diff(measured.beam) > 0).all()


@settings(max_examples=15, deadline=None)
@given(st.floats(15, 2000), st.floats(1.05, 3), st.integers(0, 100))
def test_clearer_air_shows_no_fewer_surfaces_and_no_darker_ones(visibility_m: float, factor: float, seed: int):
    clean = street(800, seed)
    foggy, clearer = (measure(clean, replace(HDL, near_gain=0.0), Conditions(visibility_m=seen_m), seed)
                      for seen_m in (visibility_m, visibility_m * factor))
    assert set(foggy.beam) <= set(clearer.beam)
    assert (foggy.intensity <= clearer.intensity[np.isin(clearer.beam, foggy.beam)]).all()


def test_the_farther_a_surface_the_fewer_beams_see_it_and_none_is_darker_for_it():
    counts = []
    for range_m in (10.0, 30.0, 60.0, 90.0, 119.0):
        measured = measure(sweep(np.full(3000, range_m), reflectance=0.3), HDL, CLEAR, 1)
        counts.append(len(measured))
        assert set(measured.intensity.tolist()) == {np.float32(0.38)}        # 0.3 of 125 levels
    assert counts == sorted(counts, reverse=True)


def test_many_sweeps_at_once_give_the_same_bytes_as_one_by_one():
    sweeps = [street(3000, seed) for seed in range(6)]
    for threads in (1, 3):
        many = measure_many(sweeps, HDL, RAIN, range(6), threads=threads)
        assert all(same(one, measure(clean, HDL, RAIN, seed))
                   for seed, (one, clean) in enumerate(zip(many, sweeps, strict=True)))
    with pytest.raises(ValueError, match="6 sweeps need as many seeds"):
        measure_many(sweeps, HDL, RAIN, [1, 2])


def test_a_beam_measures_a_surface_the_same_whatever_others_meet():
    clean = street(2000)
    other = replace(clean, range_m=np.where(np.arange(2000) < 1000, clean.range_m, np.float32(7)))
    one, two = (measure(each, HDL, CLEAR, 4, crosstalk_share=0) for each in (clean, other))
    assert one.points_m[one.beam < 1000].tobytes() == two.points_m[two.beam < 1000].tobytes()


def test_two_returns_are_the_strongest_and_the_last_and_never_one_pulse():
    clean = street(20_000)
    strongest, last, dual = (measure(clean, replace(DUAL, dropout=0.0), CLEAR, 4, returns=returns, edges=True)
                             for returns in ("strongest", "last", "dual"))
    first = dual.return_number == 0
    assert dual.points_m[first].tobytes() == strongest.points_m.tobytes()
    assert last.beam.tolist() == strongest.beam.tolist()
    both = dual.points_m[np.isin(dual.beam, dual.beam[~first])].reshape(-1, 2, 3)
    assert len(both) > 500
    assert np.linalg.norm(both[:, 0] - both[:, 1], axis=1).min() > 0.4      # the pulse of 0.75 m, less noise
    farthest = np.zeros(len(clean))
    np.maximum.at(farthest, dual.beam, np.linalg.norm(dual.points_m, axis=1))
    assert np.linalg.norm(last.points_m, axis=1) == pytest.approx(farthest[last.beam], abs=1.0)


def test_the_sun_blinds_beams_towards_it():
    clean = sweep(np.full(36_000, 48.0), reflectance=0.1)
    sunny, shady = (measure(clean, HDL, CLEAR, 1, sun=sun) for sun in (np.array([1.0, 0, 0]), None))
    towards = clean.direction[:, 0] > np.cos(np.radians(5))
    missing = set(shady.beam) - set(sunny.beam)
    assert missing and all(towards[list(missing)])
    assert set(sunny.beam) <= set(shady.beam)


def test_a_black_car_in_rain_is_seen_less_far_than_a_white_one():
    def share(rho: float) -> float:
        cars = sweep(np.full(4000, 35.0), CAR, 0.8, 3)
        return len(measure(cars, HDL, Conditions(rain_mmph=20.0), 1, known={3: rho})) / 4000

    assert share(0.65) > 0.95 and share(0.05) < 0.6


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


def test_a_devices_name_is_no_device():
    with pytest.raises(TypeError, match=r"load_lidar.*got 'vlp_16'"):
        measure(street(10), "vlp_16", CLEAR, 0)                         # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [np.nan, 0.0, -3.0])
def test_ranges_that_no_beam_has_are_refused(wrong: float):
    with pytest.raises(ValueError, match=r"range_m is above 0, .* 1 of 2 beams"):
        measure(sweep(np.array([10.0, wrong])), HDL, Conditions(rain_mmph=5.0), seed=1)


def test_arrays_of_another_shape_are_refused():
    clean = sweep(np.array([10.0, 20.0]))
    with pytest.raises(ValueError, match=r"direction has the shape \(2, 2\), expected \(2, 3\)"):
        replace(clean, direction=clean.direction[:, :2])
    with pytest.raises(ValueError, match=r"range_m has the shape \(2, 1\), expected \(2,\)"):
        replace(clean, range_m=clean.range_m[:, None])
    with pytest.raises(TypeError, match="tag is a numpy array, got list"):
        replace(clean, tag=[1, 1])


def test_noise_carries_no_point_out_of_the_devices_reach():
    clean = sweep(np.repeat([1.01 * HDL.near_m, 0.99 * HDL.range_m], 5000))
    loud = replace(HDL, accuracy_m=2.0, overlap_m=(0.0, 0.0), range_10_percent_m=100.0)
    ranges = np.linalg.norm(measure(clean, loud, Conditions(), seed=1).points_m.astype(float), axis=1)
    assert len(ranges) > 9000 and ranges.min() > HDL.near_m - 1e-4 and ranges.max() < HDL.range_m + 1e-4


def test_what_an_edge_takes_is_not_blamed_on_the_weather():
    clean = sweep(np.tile([20.0, 60.0], 5000), reflectance=0.16)
    lost = measure(clean, HDL, Conditions(), seed=1, edges=True, keep_lost=True).lost
    assert lost is not None and {*np.unique(lost.loss)} <= {Loss.TOO_WEAK, Loss.OUTSHONE, Loss.DROPPED}
