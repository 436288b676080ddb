"""Sweeps of a head that turns while everything moves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.devices import load_lidar
from sensors.lidar.turning import Sector, Twist, assembled, fire_times_s, moved, rolled, untwisted
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep

HDL = load_lidar("hdl_64e_s2")
KMH = 1 / 3.6
component = st.floats(-40, 40)


def twist(forward_mps: float = 0.0, yaw_radps: float = 0.0) -> Twist:
    return Twist(np.array([forward_mps, 0, 0]), np.array([0, 0, yaw_radps]))


def towards(azimuth_deg: np.ndarray) -> np.ndarray:
    azimuth = np.radians(azimuth_deg)
    return np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1)


def test_at_a_hundred_km_per_hour_a_turn_shifts_the_world_by_2_78_m():
    ends = rolled(np.array([[20.0, 0, 0]] * 2), np.array([-0.05, 0.05]), twist(100 * KMH))
    assert ends[0, 0] - ends[1, 0] == pytest.approx(2.78, abs=0.005)


def test_a_yaw_rate_of_thirty_degrees_turns_the_world_by_three_which_is_2_6_m_at_fifty():
    ends = rolled(np.array([[50.0, 0, 0]] * 2), np.array([-0.05, 0.05]), twist(yaw_radps=math.radians(30)))
    across = ends[0] - ends[1]
    assert np.degrees(np.arctan2(ends[:, 1], ends[:, 0])) == pytest.approx([1.5, -1.5])
    assert np.linalg.norm(across) == pytest.approx(2.6, abs=0.05)


def test_an_oncoming_car_closes_5_6_m_during_a_turn():
    ends = rolled(np.array([[40.0, 0, 0]] * 2), np.array([-0.05, 0.05]), twist(100 * KMH), np.array([7, 7]),
                  {7: (-100 * KMH, 0, 0)})
    assert ends[0, 0] - ends[1, 0] == pytest.approx(5.56, abs=0.01)


def test_in_kittis_files_only_what_moves_is_smeared():
    points = np.array([[40.0, 0, 0], [40.0, 3, 0]])
    smeared = rolled(points, np.array([0.05, 0.05]), Twist.none(), np.array([7, 0]), {7: (-20.0, 0, 0)})
    assert smeared.tolist() == [[39.0, 0.0, 0.0], [40.0, 3.0, 0.0]]


def test_a_quarter_turn_on_a_circle_ends_where_geometry_says():
    # 10 m/s at 1 rad/s is a circle of 10 m to the left; after a quarter the sensor is at (10, 10) and looks left.
    start = moved(np.zeros((1, 3)), math.pi / 2, twist(10.0, 1.0))
    ahead = moved(np.array([[1.0, 0, 0]]), math.pi / 2, twist(10.0, 1.0))
    assert start[0] == pytest.approx([10, 10, 0])
    assert ahead[0] - start[0] == pytest.approx([0, 1, 0])


@given(st.lists(component, min_size=6, max_size=6), st.integers(0, 2**32))
def test_untwisting_is_the_exact_inverse(motion: list[float], seed: int):
    rng = np.random.default_rng(seed)
    points, time_s = rng.uniform(-120, 120, (40, 3)), rng.uniform(-0.1, 0.1, 40)
    whose, velocities = rng.integers(0, 4, 40), {1: (30.0, -2, 0), 3: (0, 5.0, 1)}
    motion_of = Twist(np.array(motion[:3]), np.array(motion[3:]) / 20)
    raw = rolled(points, time_s, motion_of, whose, velocities)
    assert np.abs(untwisted(raw, time_s, motion_of, whose, velocities) - points).max() < 1e-6


@given(st.lists(component, min_size=6, max_size=6), st.floats(-0.2, 0.2))
def test_the_twist_is_integrated_as_by_many_small_steps(motion: list[float], time_s: float):
    steps = 1000
    spin, velocity = np.array(motion[3:]) / 20, np.array(motion[:3])
    x, y, z = spin * time_s / steps
    small = np.eye(3) + np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    left, _, right = np.linalg.svd(small)
    step = RigidTransform(left @ right, velocity * time_s / steps)
    end = np.linalg.matrix_power(step.matrix(), steps)
    expected = end[:3, :3] @ [3.0, -2.0, 1.0] + end[:3, 3]
    got = moved(np.array([[3.0, -2.0, 1.0]]), time_s, Twist(velocity, spin))[0]
    assert got == pytest.approx(expected, abs=0.02)


def test_nothing_moves_without_motion():
    points = np.random.default_rng(0).normal(size=(100, 3))
    assert rolled(points, np.linspace(-0.05, 0.05, 100), Twist.none()).tolist() == points.tolist()


def test_the_seam_is_behind_where_the_turn_starts_and_ends():
    device = replace(HDL, firings=1000, azimuth_offsets_deg=np.zeros(64), beam_delay_s=np.zeros(64))
    azimuth_deg = np.array([-180.0, -179.64, -90, 0, 90, 179.64])
    times = fire_times_s(device, towards(azimuth_deg), np.zeros(6, int))
    assert times == pytest.approx([-0.05, -0.0499, -0.025, 0, 0.025, 0.0499], abs=1e-7)
    assert fire_times_s(device, towards(azimuth_deg), np.zeros(6, int), clockwise=True) == pytest.approx(
        [-0.05, 0.0499, 0.025, 0, -0.025, -0.0499], abs=1e-7)


def test_every_firing_of_a_turn_has_a_moment_of_its_own_even_or_odd_in_number():
    for firings in (1808, 2083):
        device = replace(HDL, firings=firings, azimuth_offsets_deg=np.zeros(64), beam_delay_s=np.zeros(64))
        direction = towards(np.arange(firings) * (360 / firings)).astype(np.float32)
        times = np.sort(fire_times_s(device, direction, np.zeros(firings, int)))
        assert np.diff(times) == pytest.approx(np.full(firings - 1, 0.1 / firings), rel=1e-3)


def test_beams_of_one_firing_follow_each_other_by_the_devices_delays():
    vlp = load_lidar("vlp_16")
    ring = np.arange(16)
    direction = np.tile([1.0, 0, 0], (16, 1))
    delays = fire_times_s(vlp, direction, ring) - vlp.beam_delay_s
    assert delays == pytest.approx(np.full(16, delays[0]), abs=1e-8)


def wall_ahead(sensor_x_m: float, time_s: np.ndarray, azimuth_deg: np.ndarray) -> CleanSweep:
    """Beams that meet a wall at x = 30 m of the world, and nothing behind, from a sensor that looks along x."""
    direction = towards(azimuth_deg).astype(np.float32)
    ahead = direction[:, 0] > 0.1
    range_m = np.where(ahead, (30 - sensor_x_m) / np.where(ahead, direction[:, 0], 1), np.inf).astype(np.float32)
    count = len(range_m)
    return CleanSweep(direction, range_m, np.ones(count, np.float32), np.where(ahead, 3, 11).astype(np.uint8),
                      np.zeros(count, np.uint32), np.zeros(count, np.uint8), time_s.astype(np.float32))


def test_sectors_of_a_drive_make_the_sweep_that_a_turning_head_sees():
    azimuth_deg = np.arange(-180, 180, 1.0)
    time_s = azimuth_deg / 3600
    speed = 30.0
    sectors = [Sector(wall_ahead(speed * at, time_s, azimuth_deg), at, twist(speed))
               for at in (-0.04, -0.02, 0.0, 0.02)]
    swept = assembled(sectors)
    met = swept.is_hit
    points = swept.direction[met] * swept.range_m[met, None]
    assert points[:, 0] == pytest.approx(30 - speed * time_s[met], abs=1e-4)
    assert swept.time_s.tolist() == time_s.astype(np.float32).tolist()
    at_the_moment = untwisted(points, time_s[met], twist(speed))
    assert at_the_moment[:, 0] == pytest.approx(np.full(met.sum(), 30.0), abs=1e-4)


def test_what_rests_stays_where_it_is_bit_by_bit():
    azimuth_deg = np.arange(-180, 180, 1.0)
    wall = wall_ahead(0.0, azimuth_deg / 3600, azimuth_deg)
    wall.actor_id[200:210] = 5
    swept = assembled([Sector(wall, 0.0, Twist.none())], {5: (0.0, 1.0, 0.0)})
    other = np.flatnonzero((swept.direction != wall.direction).any(axis=1))
    assert set(other) <= set(range(200, 210)) and len(other) > 0
    assert np.flatnonzero(swept.range_m != wall.range_m).size <= 10


def test_sectors_of_different_beams_are_refused():
    one, other = (wall_ahead(0, np.zeros(count), np.linspace(0, 90, count)) for count in (10, 11))
    with pytest.raises(ValueError, match="sectors have different beams"):
        assembled([Sector(one, 0.0, twist()), Sector(other, 0.1, twist())])
