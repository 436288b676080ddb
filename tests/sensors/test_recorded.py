"""Sweeps from a file: which laser, which ground, which beams saw nothing. Scenes whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.devices import load_lidar
from sensors.devices.lidar import LidarDevice
from sensors.lidar.recorded import ROAD, SKY, beam_numbers, clean_sweep, unanswered
from sensors.lidar.road_surface import is_ground

KITTI = load_lidar("hdl_64e_s2")
HEIGHT_M = 1.73


def flat_world(device: LidarDevice, wall_m: float = 30.0, slope: float = 0.0) -> NDArray[np.float32]:
    """A road plane z = slope · x − 1.73 inside a round wall 3 m high, as a KITTI file has it; every beam is cast."""
    up = np.radians(device.elevations_deg)[:, None]
    around = (np.arange(device.firings) + 0.25) * 2.0 * np.pi / device.firings
    x, y, z = np.broadcast_arrays(np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up))
    falls = z - slope * x
    to_road = np.divide(-HEIGHT_M, falls, out=np.full_like(falls, np.inf), where=falls < 0.0)
    to_wall = wall_m / np.hypot(x, y)
    nearest = np.minimum(to_road, to_wall)
    nearest = np.where(z * to_wall + HEIGHT_M < 3.0, nearest, np.where(np.isfinite(to_road), to_road, np.inf))
    points = np.stack([x * nearest, y * nearest, z * nearest, np.full_like(x, 0.3)], axis=-1).reshape(-1, 4)
    return points[np.isfinite(points).all(axis=1)].astype(np.float32)


def test_the_beams_of_a_file_in_kittis_order_are_counted_by_its_turns() -> None:
    points = flat_world(KITTI)
    up = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
    number = beam_numbers(points[:, :3], KITTI)
    assert np.abs(KITTI.elevations_deg[number] - up).max() < 1e-4


def test_the_beams_of_a_shuffled_file_are_told_by_elevation() -> None:
    points = flat_world(KITTI)
    shuffled = points[np.random.default_rng(1).permutation(len(points))]
    up = np.degrees(np.arctan2(shuffled[:, 2], np.hypot(shuffled[:, 0], shuffled[:, 1])))
    assert np.abs(KITTI.elevations_deg[beam_numbers(shuffled[:, :3], KITTI)] - up).max() < 1e-4


@pytest.mark.parametrize("slope", [0.0, 0.06])
def test_the_road_is_ground_up_to_the_wall_and_the_wall_above_its_foot_is_not(slope: float) -> None:
    points = flat_world(KITTI, slope=slope)
    on_road = np.abs(points[:, 2] - slope * points[:, 0] + HEIGHT_M) < 1e-3
    high = points[:, 2] - slope * points[:, 0] + HEIGHT_M > 0.5
    found = is_ground(points[:, :3])
    assert found[on_road].all() and not found[high].any()
    assert on_road.sum() > 50_000 and high.sum() > 10_000


def test_a_box_on_the_road_is_not_ground() -> None:
    points = flat_world(KITTI)
    x, y = np.meshgrid(np.arange(-0.9, 0.9, 0.1), np.arange(0.3, 1.5, 0.1))
    box = np.column_stack([np.full(x.size, 10.0), x.ravel(), y.ravel() - HEIGHT_M]).astype(np.float32)
    behind = (points[:, 0] > 10.0) & (np.abs(points[:, 1]) < 0.09 * points[:, 0])
    found = is_ground(np.concatenate([points[~behind, :3], box]))
    assert not found[-len(box):].any()


def test_beams_that_were_not_answered_are_exactly_those_left_out() -> None:
    points = flat_world(KITTI)
    number = beam_numbers(points[:, :3], KITTI)
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    hidden = (number == 40) & (azimuth > 0.5) & (azimuth < 0.8)
    direction, ring = unanswered(points[~hidden, :3], number[~hidden], KITTI)
    full = KITTI.channels * KITTI.firings
    assert len(ring) == full - (~hidden).sum()
    of_ring = direction[ring == 40]
    expected = points[hidden, :3] / np.linalg.norm(points[hidden, :3], axis=1, keepdims=True)
    order = np.argsort(np.arctan2(of_ring[:, 1], of_ring[:, 0]))
    assert np.abs(of_ring[order] - expected[np.argsort(azimuth[hidden])]).max() < 2e-4


def test_a_clean_sweep_keeps_the_files_points_first_and_as_they_are() -> None:
    points = flat_world(KITTI)
    sweep = clean_sweep(points, KITTI)
    count = len(points)
    assert np.allclose(sweep.direction[:count] * sweep.range_m[:count, None], points[:, :3], rtol=1e-6, atol=1e-5)
    assert np.isinf(sweep.range_m[count:]).all() and (sweep.tag[count:] == SKY).all()
    road = sweep.tag[:count] == ROAD
    expected = HEIGHT_M / sweep.range_m[:count][road]
    on_plane = np.abs(points[road, 2] + HEIGHT_M) < 1e-3
    assert np.abs(sweep.cos_incidence[:count][road] - expected)[on_plane].max() < 0.01


def test_a_wall_is_struck_squarely_and_strengths_are_those_of_the_file() -> None:
    points = flat_world(KITTI)
    sweep = clean_sweep(points, KITTI)
    wall = points[:, 2] + HEIGHT_M > 0.5
    assert np.median(sweep.cos_incidence[: len(points)][wall]) > 0.999
    assert sweep.reflectance is not None
    assert sweep.reflectance[: len(points)].tobytes() == points[:, 3].astype(np.float32).tobytes()


def test_a_device_that_turned_at_another_rate_than_its_data_sheet_has_the_files_firings() -> None:
    slow = KITTI.at_rate(5)
    points = flat_world(slow)
    _, ring = unanswered(points[:, :3], beam_numbers(points[:, :3], KITTI), KITTI)
    assert len(ring) == slow.channels * slow.firings - len(points)


@pytest.mark.parametrize(("spoil", "sentence"), [
    (lambda p: p[:, :3], r"expected \(N, 4\)"),
    (lambda p: np.where(np.arange(4) == 3, -1.0, p), "intensity goes down to -1"),
    (lambda p: np.where(np.arange(4) < 3, 0.0, p), "100 of 100 points lie at the origin"),
    (lambda p: np.full_like(p, np.nan), "not finite"),
])
def test_points_that_cannot_be_used_are_refused_with_the_reason(spoil, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=sentence):
        clean_sweep(spoil(flat_world(KITTI)[:100]), KITTI)


def test_an_empty_file_is_a_sky_without_an_answer() -> None:
    sweep = clean_sweep(np.zeros((0, 4), np.float32), KITTI)
    assert len(sweep) == KITTI.channels * KITTI.firings and not sweep.is_hit.any()
