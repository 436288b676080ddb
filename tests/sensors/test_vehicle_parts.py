"""What a point of a vehicle is made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.boxes import Box3
from sensors.lidar.materials import reflectance, stuff_of
from sensors.lidar.vehicle_parts import BODY, BUS, CAR, GLASS, PLATE, TRUCK, TYRE, parts
from sensors.sweeps import CleanSweep

# A car of 4.4 × 1.8 × 1.5 m, ten metres ahead, that drives to the left.
AHEAD = Box3.upright((10.0, 0.0, -1.73), np.pi / 2, (4.4, 1.8, 1.5))


def on_car(*places: tuple[float, float, float]) -> np.ndarray:
    """Metres ahead and left of its middle and above the road."""
    return AHEAD.frame_from_box.apply(np.array(places) - [0, 0, 0.75])


@pytest.mark.parametrize(("place", "part"), [
    ((0.3, 0.85, 1.1), GLASS),          # front door's window
    ((-0.13, 0.85, 1.1), BODY),         # the pillar behind it
    ((1.0, 0.0, 1.2), GLASS),           # windscreen
    ((0.3, 0.9, 0.7), BODY),            # door
    ((0.0, 0.0, 1.49), BODY),           # roof
    ((1.28, 0.88, 0.2), TYRE),
    ((2.2, 0.1, 0.5), PLATE), ((-2.2, 0.1, 0.5), PLATE),
    ((2.2, 0.6, 0.5), BODY),            # bumper beside it
])
def test_a_cars_parts_are_where_one_would_look(place: tuple[float, float, float], part: int):
    assert parts(on_car(place), AHEAD, CAR).tolist() == [part]


def test_trucks_have_windows_in_front_and_buses_all_round():
    truck = Box3.upright((0, 0, 0), 0.0, (10.0, 2.5, 3.5))
    ahead_and_behind = np.array([[4.9, 0.0, 2.2], [-4.9, 0.0, 2.2]])
    assert parts(ahead_and_behind, truck, TRUCK).tolist() == [GLASS, BODY]
    assert parts(ahead_and_behind, truck, BUS).tolist() == [GLASS, GLASS]


def facing(points: np.ndarray, actor_id: int) -> CleanSweep:
    count, away = len(points), np.linalg.norm(points, axis=1)
    return CleanSweep((points / away[:, None]).astype(np.float32), away.astype(np.float32),
                      np.full(count, 0.7, np.float32), np.full(count, CAR, np.uint8),
                      np.full(count, actor_id, np.uint32), np.zeros(count, np.uint8), np.zeros(count, np.float32))


def test_windows_are_dark_plates_are_bright_and_the_body_keeps_its_paint():
    body, window, plate = reflectance(facing(on_car((0.3, 0.9, 0.7), (0.3, 0.85, 1.1), (2.2, 0.1, 0.5)), 5), None,
                                      {5: 0.4}, vehicles={5: AHEAD})
    assert body == pytest.approx(0.28, rel=1e-5)
    assert window < 0.01 and plate > 10


def test_a_parked_car_of_the_level_gets_a_paint_of_its_own():
    clean = facing(on_car((0.3, 0.9, 0.7), (-1.0, 0.9, 0.7)), 0)
    values = [reflectance(clean, None, vehicles={number: AHEAD})[0] for number in (70_001, 70_002)]
    assert values == pytest.approx([0.7 * stuff_of(number, CAR)[1] for number in (70_001, 70_002)], rel=1e-4)
    elsewhere = replace(AHEAD, frame_from_box=Box3.upright((30, 0, 0), 0.0, (4, 2, 1)).frame_from_box)
    assert reflectance(clean, None, vehicles={3: elsewhere}).tolist() == reflectance(clean, None).tolist()
