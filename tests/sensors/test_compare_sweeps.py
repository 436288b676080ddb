"""The statistics by which simulated sweeps are compared with real ones, on a world whose noise is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sensors.devices import load_lidar
from tests.bench.compare_sweeps import Sweep, distance, statistics, sweeps_of
from tests.sensors.test_recorded import flat_world

KITTI, HDL_32E = load_lidar("hdl_64e_s2"), load_lidar("hdl_32e")


def noisy(sigma_m: float) -> NDArray[np.float32]:
    """A road inside a round wall, each range off by chance, half of the points white."""
    points = flat_world(KITTI)
    rng = np.random.default_rng(0)
    range_m = np.linalg.norm(points[:, :3], axis=1)
    points[:, :3] *= (1 + rng.normal(0, sigma_m, len(points)) / range_m)[:, None].astype(np.float32)
    points[:, 3] = np.where(np.arange(len(points)) % 2, 0.8, 0.0)
    return points


def test_noise_is_told_from_the_shape_of_the_world() -> None:
    found = statistics(Sweep(noisy(0.02), KITTI))
    assert found["range noise, median, m"] == pytest.approx(0.02, rel=0.1)
    # A range that is off by 2 cm at 5 m lifts a point of the road by 2 cm · 1.73 / 5.
    assert found["ground about planes, 4 to 6 m, m"] == pytest.approx(0.02 * 1.73 / 5, rel=0.25)


def test_points_beams_zeros_and_ground_are_counted() -> None:
    points = noisy(0.0)[: len(flat_world(KITTI)) // 2 * 2]
    found = statistics(Sweep(points, KITTI))
    assert found["points"] == len(points) and found["exact zeros"] == 0.5
    assert found["beams answered"] == pytest.approx(len(points) / (KITTI.channels * KITTI.firings), abs=1e-3)
    assert found["ground, share of points"] == pytest.approx((points[:, 2] < -1.7).mean(), abs=0.02)
    assert found["reflectance, ground, 95%"] == pytest.approx(0.8 * KITTI.intensity_levels / KITTI.diffuse_levels)


def test_the_distance_is_how_far_sorted_values_are_apart() -> None:
    one = Sweep(noisy(0.0), KITTI)
    assert distance([one], [one], lambda sweep: sweep.range_m) == 0
    assert distance([one], [one, one], lambda sweep: sweep.range_m) == pytest.approx(0, abs=1e-6)
    shifted = Sweep(noisy(0.0), KITTI)
    shifted.range_m = shifted.range_m + 2
    assert distance([one], [shifted], lambda sweep: sweep.range_m) == pytest.approx(2, rel=1e-5)


def test_a_ply_of_bytes_is_read_without_its_empty_rows(tmp_path: Path) -> None:
    rows = np.array([[1, 2, 3, 100], [0, 0, 0, 0], [np.nan, 0, 0, 0], [4, 5, 6, 255]], "<f4")
    properties = "".join(f"property float {name}\n" for name in ("x", "y", "z", "intensity"))
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(rows)}\n{properties}end_header\n"
    (tmp_path / "a.ply").write_bytes(head.encode() + rows.tobytes())
    (points,) = sweeps_of(tmp_path / "a.ply", HDL_32E)
    assert points.tolist() == [[1, 2, 3, 100 / 256], [4, 5, 6, 255 / 256]]
