"""Every beam of a device from the hits of a simulator's fans, cast as the built-in simulator casts them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.axes import points_from_carla
from sensors.devices import load_lidar
from sensors.lidar.fans import FanPlan, plan_fans
from sensors.lidar.grid import FanHits, clean_sweep, rows_of_hits
from sensors.lidar.order import kitti_order
from sensors.lidar.turning import fire_times_s
from sensors.sweeps import CleanSweep
from simgen.localsim.lidar import Head

TICK_S = 0.1
ROAD, SKY = 1, 11


def head_of(plan: FanPlan, fan: int) -> Head:
    block = plan.fans[fan]
    return Head(block.channels, 200.0, block.channels * plan.columns / TICK_S, 1 / TICK_S, block.upper_deg,
                block.lower_deg, plan.horizontal_fov_deg)


def rays(plan: FanPlan, start_deg: float = 0.0, share_of_sweep: float = 1.0) -> np.ndarray:
    """(rows, columns, 3) that the fans cast, in the device's axes."""
    cast = [head_of(plan, i).directions(start_deg, share_of_sweep * TICK_S).reshape(plan.fans[i].channels, -1, 3)
            for i in range(len(plan.fans))]
    directions = points_from_carla(np.concatenate(cast))
    cosine, sine = math.cos(math.radians(plan.yaw_deg)), math.sin(math.radians(plan.yaw_deg))
    turned = directions @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    return turned.astype(np.float32)


def hits_of(directions: np.ndarray, range_m: np.ndarray) -> FanHits:
    """(rows, columns) ranges, infinite where nothing is met, as a simulator reports them. The tag tells the column."""
    met = np.isfinite(range_m)
    column = np.broadcast_to(np.arange(range_m.shape[1]), range_m.shape)
    return FanHits(
        points_m=(directions[met] * range_m[met][:, None]).astype(np.float32),
        cos_incidence=np.full(met.sum(), 0.5, np.float32),
        tag=(column[met] % 7 + 1).astype(np.uint8),
        actor_id=column[met].astype(np.uint32),
        row=rows_of_hits([met.sum(axis=1)]),
    )


def kitti(columns: int = 2083) -> FanPlan:
    return plan_fans(replace(load_lidar("hdl_64e_s2"), firings=columns))


def azimuths(sweep: CleanSweep) -> np.ndarray:
    return np.arctan2(sweep.direction[:, 1].astype(float), sweep.direction[:, 0].astype(float)) % (2 * math.pi)


def test_every_ray_of_the_simulator_is_a_beam_of_the_sweep():
    plan = kitti()
    cast = rays(plan)
    sweep = clean_sweep(plan, hits_of(cast, np.full(cast.shape[:2], 20.0)))
    assert len(sweep) == 64 * 2083
    assert sweep.is_hit.all()
    assert np.allclose(sweep.range_m, 20.0, rtol=1e-6)
    # The column is told by the actor id here: rings in order, and of each column the very ray that was cast.
    assert np.array_equal(sweep.ring, np.repeat(np.arange(64), 2083))
    assert np.abs(sweep.direction - cast[sweep.ring, sweep.actor_id]).max() < 1e-6
    assert sweep.cos_incidence.tolist() == [0.5] * len(sweep)


def test_rings_turn_counter_clockwise_from_straight_ahead():
    plan = kitti()
    sweep = clean_sweep(plan, hits_of(rays(plan), np.full((64, 2083), 20.0)))
    step = math.radians(plan.column_step_deg)
    around = azimuths(sweep).reshape(64, 2083)
    assert np.allclose(around, (np.arange(2083) + 0.5) * step, atol=1e-5)     # an odd number: none straight ahead
    even = kitti(2000)
    around = azimuths(clean_sweep(even, hits_of(rays(even), np.full((64, 2000), 20.0)))).reshape(64, 2000)
    assert np.allclose((around + 1e-4) % (2 * math.pi), np.arange(2000) * math.radians(0.18) + 1e-4, atol=1e-5)


def test_hits_come_in_the_order_of_kittis_files():
    plan = kitti(2000)
    ranges = np.random.default_rng(3).uniform(2, 100, (64, 2000))
    ranges[ranges > 80] = np.inf
    hits = hits_of(rays(plan), ranges)
    sweep = clean_sweep(plan, hits)
    order = kitti_order(hits.points_m, hits.row.astype(np.uint8), math.radians(plan.column_step_deg))
    met = sweep.is_hit
    assert np.allclose(sweep.direction[met] * sweep.range_m[met, None], hits.points_m[order], rtol=1e-6, atol=1e-5)
    assert np.array_equal(sweep.tag[met], hits.tag[order])


def test_a_beam_that_met_nothing_points_where_it_was_cast():
    plan = kitti()
    cast = rays(plan)
    whole = clean_sweep(plan, hits_of(cast, np.full((64, 2083), 20.0)))
    ranges = np.where(np.random.default_rng(5).random((64, 2083)) < 0.3, np.inf, 20.0)
    sweep = clean_sweep(plan, hits_of(cast, ranges))
    empty = ~sweep.is_hit
    assert empty.sum() == np.isinf(ranges).sum()
    assert np.abs(sweep.direction - whole.direction).max() < 1e-6
    assert set(sweep.tag[empty].tolist()) == {SKY}
    assert sweep.cos_incidence[empty].min() == 1.0
    assert sweep.actor_id[empty].max() == 0
    assert np.array_equal(sweep.range_m[empty], np.full(empty.sum(), np.inf, np.float32))


def test_an_empty_world_is_sky_all_around():
    plan = kitti()
    sweep = clean_sweep(plan, hits_of(rays(plan), np.full((64, 2083), np.inf)))
    assert len(sweep) == 64 * 2083
    assert not sweep.is_hit.any()
    assert np.allclose(np.linalg.norm(sweep.direction, axis=1), 1, atol=1e-6)


def test_beams_that_the_ego_blocks_are_no_sky():
    plan = kitti()
    ranges = np.full((64, 2083), 20.0)
    ranges[60:, 100:200] = 1.8
    hits = hits_of(rays(plan), ranges)
    sweep = clean_sweep(plan, hits, is_ego=np.linalg.norm(hits.points_m, axis=1) < 3)
    assert len(sweep) == 64 * 2083 - 4 * 100
    assert sweep.is_hit.all() and sweep.range_m.min() > 3
    assert np.bincount(sweep.ring).tolist() == [2083] * 60 + [1983] * 4


def test_of_fans_with_rows_too_many_only_the_beams_are_kept():
    device = replace(load_lidar("vlp_32c"), firings=360)
    plan = plan_fans(device)
    assert plan.rows > plan.channels
    cast = rays(plan)
    sweep = clean_sweep(plan, hits_of(cast, np.full(cast.shape[:2], 30.0)))
    assert len(sweep) == 32 * 360
    elevation = np.degrees(np.arcsin(sweep.direction[:, 2].astype(float))).reshape(32, 360)
    assert np.abs(elevation - device.elevations_deg[:, None]).max() < plan.worst_error_deg + 1e-4


def test_a_field_of_less_than_a_turn_goes_from_its_right_edge_to_its_left_one():
    device = replace(load_lidar("at128"), elevations_deg=np.array([1.0, 0.0]), azimuth_offsets_deg=np.zeros(2),
                     beam_delay_s=np.zeros(2), azimuths_deg=(-20.0, 100.0))
    plan = plan_fans(device)
    ranges = np.full((2, 1200), 30.0)
    ranges[0, ::3] = np.inf
    sweep = clean_sweep(plan, hits_of(rays(plan), ranges))
    around = np.degrees(np.arctan2(sweep.direction[:, 1].astype(float), sweep.direction[:, 0])).reshape(2, 1200)
    assert np.allclose(around, np.linspace(-19.9, 100.0, 1200), atol=1e-4)
    assert (~sweep.is_hit).sum() == 400


def test_a_head_that_turned_a_quarter_fired_a_quarter():
    plan = kitti(2000)
    cast = rays(plan, start_deg=90.0, share_of_sweep=0.25)
    assert cast.shape[:2] == (64, 500)
    sweep = clean_sweep(plan, hits_of(cast, np.full((64, 500), 9.0)), head_deg=(90.0, 180.0))
    assert len(sweep) == 64 * 500 and sweep.is_hit.all()
    around = np.degrees(azimuths(sweep))
    assert around.min() > 0 and around.max() < 90.2     # clockwise from the left to straight ahead
    with pytest.raises(ValueError, match=r"hits do not lie on the plan's 500 columns of 0\.18° from 0° on"):
        clean_sweep(plan, hits_of(cast, np.full((64, 500), 9.0)), head_deg=(0.0, 90.0))


def test_parts_of_a_turn_from_moment_to_moment_make_one_sweep():
    plan = kitti(2000)
    parts = [hits_of(rays(plan, start_deg=90.0 * k, share_of_sweep=0.25), np.full((64, 500), 10.0 + k))
             for k in range(4)]
    together = FanHits(*(np.concatenate([getattr(part, name) for part in parts])
                         for name in ("points_m", "cos_incidence", "tag", "actor_id", "row")))
    sweep = clean_sweep(plan, together)
    assert sweep.is_hit.all()
    # From the back clockwise: behind left, ahead left, ahead right, behind right.
    quarter = (np.degrees(azimuths(sweep)) // 90).astype(int)
    inside = np.degrees(azimuths(sweep)) % 90 > 1
    assert np.allclose(sweep.range_m[inside], np.array([11, 10, 13, 12])[quarter[inside]], rtol=1e-6)


def test_a_head_that_stands_elsewhere_is_noticed_by_its_hits():
    plan = kitti(2000)
    ranges = np.where(np.random.default_rng(1).random((64, 2000)) < 0.5, np.inf, 20.0)
    sweep = clean_sweep(plan, hits_of(rays(plan, start_deg=33.27), ranges))
    assert sweep.is_hit.sum() == np.isfinite(ranges).sum()
    offset = (np.degrees(azimuths(sweep)) + 33.27) % 0.18
    assert np.allclose(np.minimum(offset, 0.18 - offset), 0, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(3, 400), st.floats(0, 359), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_no_hit_is_lost_and_none_is_made_up(
    channels: int, columns: int, start_deg: float, seed: int, density: float
):
    table = np.linspace(3.0, -14.0, channels + 1)[:channels]
    plan = plan_fans(replace(load_lidar("vlp_16"), elevations_deg=table, azimuth_offsets_deg=0 * table,
                             beam_delay_s=0 * table, firings=columns))
    rng = np.random.default_rng(seed)
    ranges = np.where(rng.random((channels, columns)) < density, rng.uniform(1, 150, (channels, columns)), np.inf)
    hits = hits_of(rays(plan, start_deg=start_deg), ranges)
    is_ego = rng.random(len(hits.row)) < 0.2
    sweep = clean_sweep(plan, hits, is_ego=is_ego)
    assert len(sweep) == channels * columns - is_ego.sum()
    assert sweep.is_hit.sum() == (~is_ego).sum()
    met = sweep.is_hit
    row, column = sweep.ring[met], sweep.actor_id[met]      # the actor id tells the column
    assert len(np.unique(row.astype(int) * columns + column)) == met.sum()
    assert np.allclose(sweep.range_m[met], ranges[row, column], rtol=1e-5)
    assert np.allclose(sweep.direction[met], rays(plan, start_deg=start_deg)[row, column], atol=1e-5)
    assert np.allclose(np.linalg.norm(sweep.direction, axis=1), 1, atol=1e-5)
    assert (np.diff(sweep.ring.astype(int)) >= 0).all()


def test_a_fan_with_other_rays_than_the_plan_has_is_refused():
    plan = kitti(2000)
    other = kitti(1900)
    with pytest.raises(ValueError, match="was another number of rays asked for"):
        clean_sweep(plan, hits_of(rays(other), np.full((64, 1900), 20.0)))
    hits = hits_of(rays(plan), np.full((64, 2000), 20.0))
    with pytest.raises(ValueError, match=r"hits are of rows 1 … 64, the plan's fans have 64"):
        clean_sweep(plan, replace(hits, row=hits.row + 1))
    with pytest.raises(ValueError, match="head_deg is"):
        clean_sweep(plan, hits, head_deg=(0.0, 500.0))
    with pytest.raises(ValueError, match="tag has 1 rows, points_m has"):
        replace(hits, tag=np.zeros(1, np.uint8))


def test_a_real_head_fires_them_one_after_the_other():
    device, plan = load_lidar("hdl_64e_s2"), kitti()
    sweep = clean_sweep(plan, hits_of(rays(plan), np.full((64, 2083), 20.0)))
    assert sweep.time_s.max() == sweep.time_s.min() == 0.0
    times = fire_times_s(device, sweep.direction, sweep.ring, clockwise=True).reshape(64, 2083)
    # Clockwise from the back: what lies k columns to the left of straight ahead was fired k firings before.
    before = -(np.arange(1041) + 0.5) * device.firing_s
    assert np.allclose(times[:, :1041], before, rtol=0, atol=device.firing_s * 1.01)
