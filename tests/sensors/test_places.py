"""Brightness of the level's surfaces, from place to place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.conditions import CLEAR
from sensors.devices import load_lidar
from sensors.lidar.measure import measure
from sensors.lidar.places import from_place_to_place
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep

ROAD, BUILDING, CAR, SKY = 1, 3, 14, 11
HERE = RigidTransform(np.eye(3), np.array([10.0, 20.0, 1.8]))


def sweep(points: np.ndarray, tag: int, actor_id: int = 0) -> CleanSweep:
    count = len(points)
    range_m = np.linalg.norm(points, axis=1)
    return CleanSweep((points / range_m[:, None]).astype(np.float32), range_m.astype(np.float32),
                      np.ones(count, np.float32), np.full(count, tag, np.uint8), np.full(count, actor_id, np.uint32),
                      np.zeros(count, np.uint8), np.zeros(count, np.float32))


def everywhere(count: int = 40_000) -> np.ndarray:
    x, y = np.random.default_rng(0).uniform(-64, 64, (2, count))
    return np.column_stack([x, y, np.full(count, -1.8)])


@pytest.mark.parametrize(("tag", "least", "most"), [(ROAD, 0.05, 0.20), (BUILDING, 0.20, 0.70)])
def test_places_differ_as_much_as_the_materials_range_says_and_are_on_average_the_material(
    tag: int, least: float, most: float
) -> None:
    seen = from_place_to_place(np.full(40_000, 0.3, np.float32), sweep(everywhere(), tag), HERE)
    assert seen.mean() == pytest.approx(0.3, rel=0.01)
    assert np.log(seen).std() == pytest.approx(np.log(most / least) / 4, rel=0.02)


def test_a_place_is_as_bright_from_wherever_it_is_seen() -> None:
    points = everywhere(1000) + 0.125
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    there = RigidTransform(turn, np.array([-7.0, 3.0, 1.8]))
    from_there = (HERE.apply(points) - there.translation_m) @ turn
    bright = np.full(len(points), 0.3, np.float32)
    one, other = (from_place_to_place(bright, sweep(seen, ROAD), pose) for seen, pose in ((points, HERE),
                                                                                           (from_there, there)))
    assert (one == other).mean() > 0.99             # single precision carries a few over the border of a cell


def test_cars_actors_and_the_sky_are_left_alone() -> None:
    bright = np.full(1000, 0.3, np.float32)
    for clean in (sweep(everywhere(1000), CAR), sweep(everywhere(1000), ROAD, actor_id=7),
                  replace(sweep(everywhere(1000), SKY), range_m=np.full(1000, np.inf, np.float32))):
        assert from_place_to_place(bright, clean, HERE).tobytes() == bright.tobytes()


def test_a_facade_measured_from_a_known_place_is_not_of_one_paint() -> None:
    x = np.linspace(-30, 30, 4000)
    wall = sweep(np.column_stack([x, np.full_like(x, 12.0), np.zeros_like(x)]), BUILDING)
    device = replace(load_lidar("hdl_64e_s2"), dropout=0.0)
    known, unknown = (measure(wall, device, CLEAR, 1, world_from_lidar=pose) for pose in (HERE, None))
    smooth = [np.convolve(seen.intensity, np.ones(50) / 50, "valid") for seen in (known, unknown)]
    assert smooth[0].std() > 5 * smooth[1].std()
