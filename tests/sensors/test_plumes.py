"""Spray, powder and dust behind vehicles: who throws what, and what it does to beams."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.boxes import Box3
from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.lidar.plume_beams import clumps, glitter
from sensors.lidar.plumes import Plume, dust_behind, spray_behind, through_plumes
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause

VLP = load_lidar("vlp_32c")
WET = Conditions(rain_mmph=10, water_film_mm=1.0, wetness=1.0)
SNOWY = Conditions(snow_depth_m=0.05)
ROAD_Z = -1.8
CAR = Box3.upright((14.0, 0.0, ROAD_Z), 0.0, (4.5, 1.8, 1.5))
TRUCK = Box3.upright((25.0, 0.0, ROAD_Z), 0.0, (12.0, 2.5, 3.8))


def forward(kmph: float) -> list[list[float]]:
    return [[kmph / 3.6, 0.0, 0.0]]


def beams(count: int = 4000, seed: int = 0) -> np.ndarray:
    """All round, within 20° of the level."""
    rng = generator(seed, "beams")
    azimuth, up = rng.uniform(-math.pi, math.pi, count), np.radians(rng.uniform(-20, 20, count))
    return np.stack([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)], 1).astype(np.float32)


def aimed(count: int = 4000) -> np.ndarray:
    """Into the plume of the car ahead."""
    rng = generator(1, "beams")
    at = np.stack([np.full(count, 10.0), rng.uniform(-1.5, 1.5, count), rng.uniform(ROAD_Z, 0.2, count)], 1)
    return (at / np.linalg.norm(at, axis=1, keepdims=True)).astype(np.float32)


def endless(count: int) -> np.ndarray:
    return np.full(count, np.inf, np.float32)


def test_spray_needs_water_and_speed():
    assert spray_behind([CAR], forward(100), [7], Conditions()) == ()
    assert spray_behind([CAR], forward(50), [7], WET) == ()
    assert spray_behind([CAR], forward(-100), [7], WET) == ()
    (plume,) = spray_behind([CAR], forward(70), [7], WET)
    assert plume.cause == Cause.SPRAY and plume.actor_id == 7


def test_powder_is_spray_and_rises_at_lower_speeds():
    assert spray_behind([CAR], forward(25), [7], SNOWY) == ()
    (plume,) = spray_behind([CAR], forward(48), [7], SNOWY)
    assert plume.cause == Cause.SPRAY


def test_dust_rises_from_dry_ground_only():
    (plume,) = dust_behind([CAR], forward(40), [7], Conditions())
    assert plume.cause == Cause.DUST
    for weather in (WET, SNOWY, Conditions(wetness=0.5)):
        assert dust_behind([CAR], forward(40), [7], weather) == ()
    assert dust_behind([CAR], forward(10), [7], Conditions()) == ()


@pytest.mark.parametrize("slower, faster", [(65, 80), (80, 110)])
def test_plumes_grow_with_speed_and_with_the_vehicle(slower: float, faster: float):
    slow, fast = (spray_behind([CAR], forward(kmph), [7], WET)[0] for kmph in (slower, faster))
    (truck,) = spray_behind([TRUCK], forward(slower), [7], WET)
    assert slow.extinction_per_m < fast.extinction_per_m and slow.box.size_lwh_m[0] < fast.box.size_lwh_m[0]
    assert slow.extinction_per_m < truck.extinction_per_m and (slow.box.size_lwh_m[1:] < truck.box.size_lwh_m[1:]).all()
    shallow = spray_behind([CAR], forward(slower), [7], replace(WET, water_film_mm=0.1))[0]
    assert shallow.extinction_per_m < slow.extinction_per_m


def test_a_plume_stands_on_the_road_behind_its_vehicle_and_turns_with_it():
    world_from_car = RigidTransform.from_yaw(2.0, (30.0, -5.0, 0.4))
    (plume,) = spray_behind([CAR.transformed(world_from_car)], world_from_car.rotate(np.array(forward(90))), [7], WET)
    (same,) = (one.transformed(world_from_car) for one in spray_behind([CAR], forward(90), [7], WET))
    assert plume.box.corners() == pytest.approx(same.box.corners())
    corners = plume.transformed(world_from_car.inverse()).box.corners()
    # From 0.9 m ahead of the rear end, 11.75 m, on: length 3 · 0.2 s · 25 m/s.
    assert corners.min(axis=0) == pytest.approx([12.65 - 15.0, -1.3, ROAD_Z])
    assert corners.max(axis=0) == pytest.approx([12.65, 1.3, ROAD_Z + 1.5])


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="got 2 boxes, 1 velocities and 2 ids"):
        spray_behind([CAR, TRUCK], forward(100), [1, 2], WET)


def test_without_plumes_nothing_changes_and_nothing_is_drawn():
    rng = generator(1, "spray")
    depth, echo = through_plumes(beams(), endless(4000), (), VLP, rng)
    assert not depth.any() and not echo.power.any() and np.isinf(echo.range_m).all()
    assert rng.random() == generator(1, "spray").random()


def test_clumps_and_glitter_average_to_one():
    assert clumps().mean() == pytest.approx(1.0, rel=1e-5) and clumps().min() > 0
    assert glitter().mean() == pytest.approx(1.0, rel=1e-5) and glitter().min() > 0


def test_a_beam_loses_what_lies_along_it_on_average():
    # The densest line of all: along the road, through the middle of a plume that widens from half its size. By hand,
    # extinction is α·exp(−u/fade)·(1 − u/length) with the receiver and the clumps left out.
    (plume,) = spray_behind([CAR], forward(110), [7], WET)
    low = replace(plume, box=Box3(RigidTransform(np.eye(3), np.array([20.0, 0.0, plume.box.size_lwh_m[2] / 2])),
                                  plume.box.size_lwh_m))
    level = np.tile(np.float32([1, 0, 0]), (1, 1))
    length = plume.box.size_lwh_m[0]
    u = np.linspace(0, length, 2000)
    expected = plume.extinction_per_m * (np.exp(-u / plume.fade_m) * (1 - u / length)).mean() * length
    found = [through_plumes(level, endless(1), [low], VLP, generator(seed, "spray"))[0][0] for seed in range(400)]
    assert np.mean(found) == pytest.approx(expected, rel=0.12)


def test_a_surface_in_a_plume_ends_the_way_through_it():
    (plume,) = spray_behind([CAR], forward(110), [7], WET)
    directions = aimed()
    whole, behind = (through_plumes(directions, np.full(4000, metres, np.float32), [plume], VLP, generator(1, "s"))
                     for metres in (200.0, 60.0))
    half, before = (through_plumes(directions, np.full(4000, metres, np.float32), [plume], VLP, generator(1, "s"))
                    for metres in (8.0, 0.5))
    assert whole[0].tobytes() == behind[0].tobytes() and whole[1].range_m.tobytes() == behind[1].range_m.tobytes()
    # A shorter way has other steps, and so other clumps in their middles: compared on average.
    assert 0 < half[0].mean() < whole[0].mean()
    assert not before[0].any() and not before[1].power.any()


def test_beams_elsewhere_are_left_alone_and_those_through_it_say_whose_it_is():
    (plume,) = spray_behind([CAR], forward(110), [7], WET)
    directions = beams(20_000)
    depth, echo = through_plumes(directions, endless(20_000), [plume], VLP, generator(1, "spray"))
    backwards = directions[:, 0] < -0.9
    touched = depth > 0
    assert touched.any() and not touched[directions[:, 2] > 0.2].any() and backwards.any()
    returns = echo.power > 0
    assert returns.any() and (touched | ~returns).all()
    assert set(echo.actor_id[returns]) == {7} and set(echo.cause[returns]) == {Cause.SPRAY}
    assert not echo.actor_id[~returns].any() and np.isinf(echo.range_m[~returns]).all()
    points = directions[returns] * echo.range_m[returns, None]
    assert plume.box.contains(points, margin_m=1e-3).all()


@settings(max_examples=25)
@given(st.floats(1.0, 40), st.integers(0, 5), st.floats(55, 130))
def test_echoes_lie_in_front_of_what_the_beam_meets(surface_m: float, seed: int, kmph: float):
    plumes = spray_behind([CAR, TRUCK], [*forward(kmph), *forward(kmph)], [7, 8], WET)
    range_m = np.full(4000, surface_m, np.float32)
    depth, echo = through_plumes(aimed(), range_m, plumes, VLP, generator(seed, "spray"))
    returns = echo.power > 0
    assert (depth >= 0).all()
    assert (echo.range_m[returns] < range_m[returns]).all() and (echo.range_m[returns] >= 0).all()
    assert set(np.unique(echo.actor_id)) <= {0, 7, 8}


def test_two_plumes_take_more_than_one_and_the_order_of_the_list_is_nothing():
    plumes = spray_behind([CAR, TRUCK], [*forward(100), *forward(90)], [7, 8], WET)
    both, echo = through_plumes(aimed(), endless(4000), plumes, VLP, generator(1, "spray"))
    turned, echo_too = through_plumes(aimed(), endless(4000), plumes[::-1], VLP, generator(1, "spray"))
    nearer = min(plumes, key=lambda plume: np.linalg.norm(plume.box.frame_from_box.translation_m))
    one, _ = through_plumes(aimed(), endless(4000), [nearer], VLP, generator(1, "spray"))
    assert (both >= one).all() and both.mean() > one.mean()
    assert both.tobytes() == turned.tobytes() and echo.range_m.tobytes() == echo_too.range_m.tobytes()


def test_fog_round_a_plume_dims_its_echoes():
    (plume,) = spray_behind([CAR], forward(110), [7], WET)
    clear, foggy = (through_plumes(aimed(), endless(4000), [plume], VLP, generator(1, "s"), extinction_per_m=alpha)[1]
                    for alpha in (0.0, 0.06))
    assert (foggy.power <= clear.power).all() and foggy.power.sum() < 0.6 * clear.power.sum()


def test_a_thin_sheet_returns_what_the_lidar_equation_says():
    # 0.15 m thick, so one step, half of whose densest density is met in its middle: P = π·α/(2·ratio)·0.15/cos /R²,
    # by hand, on average over clumps and glitter. Near the floor and the middle nothing else thins it out.
    box = Box3(RigidTransform(np.eye(3), np.array([20.0, 0.0, 200.0])), np.array([0.15, 400.0, 400.0]))
    sheet = Plume(box, 0.01, 1e9, Cause.SPRAY, 7, 20.0)
    device = replace(VLP, range_10_percent_m=1e5)       # notices anything
    rng = generator(1, "sheet")
    at = np.stack([np.full(1000, 20.0), rng.uniform(-8, 8, 1000), rng.uniform(0, 4, 1000)], 1)
    away = np.linalg.norm(at, axis=1)
    expected = math.pi * 0.01 / 2 / 20.0 * 0.15 * (away / 20.0) / away**2
    directions = (at / away[:, None]).astype(np.float32)
    found = [through_plumes(directions, endless(1000), [sheet], device, generator(seed, "spray"))[1].power.mean()
             for seed in range(80)]
    assert np.mean(found) == pytest.approx(expected.mean(), rel=0.05)
