"""What surfaces are made of, and how bright that makes them."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.lidar.draws import key
from sensors.lidar.materials import (
    LANE_PAINT,
    SPECIES,
    catalogue,
    reflectance,
    reflectivity_of_colour,
    stuff_of,
    with_beads_covered,
)
from sensors.lidar.surfaces import SURFACES
from sensors.sweeps import CleanSweep
from tests.sensors import plain_sweep

ROAD, PEDESTRIAN, CAR, ANIMAL, SIGN, WATER = 1, 12, 14, 21, 8, 23


def beams(tag: int, cosine: np.ndarray | list[float], actor_id: np.ndarray | int = 0) -> CleanSweep:
    cosines = np.asarray(cosine, dtype=np.float32)
    count = len(cosines)
    return CleanSweep(np.tile(np.float32([1, 0, 0]), (count, 1)), np.full(count, 10, np.float32), cosines,
                      np.full(count, tag, np.uint8), np.broadcast_to(np.asarray(actor_id, np.uint32), count).copy(),
                      np.zeros(count, np.uint8), np.zeros(count, np.float32))


def test_every_class_of_carla_has_a_material():
    materials, made_of = catalogue()
    assert set(made_of) == set(SURFACES)
    for mixture in made_of.values():
        assert sum(share for _, share in mixture) == pytest.approx(1)
    assert all(material.name == name for name, material in materials.items())


def test_an_actor_keeps_its_material_in_every_sweep_and_others_have_their_own():
    cars = [stuff_of(actor_id, CAR) for actor_id in range(1, 400)]
    assert cars == [stuff_of(actor_id, CAR) for actor_id in range(1, 400)]
    values = np.array([rho for _, rho in cars])
    assert 0.15 < (values < 0.12).mean() < 0.45             # black cars
    assert len(set(values)) == len(values)
    for material, rho in cars:
        assert material.diffuse[0] <= rho <= material.diffuse[2]


def test_objects_of_one_material_have_its_mean():
    cotton = catalogue()[0]["cotton"]
    drawn = [cotton.drawn(np.random.default_rng(seed)) for seed in range(3000)]
    assert np.mean(drawn) == pytest.approx(cotton.diffuse[1], abs=0.01)


def test_reflectivity_that_is_known_is_used():
    both = reflectance(beams(CAR, [0.5, 0.5], np.array([5, 6])), None, {5: 0.05, 6: 0.65})
    assert both[1] / both[0] == pytest.approx(13, rel=1e-4)
    assert reflectivity_of_colour(0.0) == 0.05
    assert reflectivity_of_colour(1.0) == pytest.approx(0.65)
    assert SPECIES["sheep"] > SPECIES["deer"] > SPECIES["bear"]


def test_paint_shines_only_where_it_is_struck_squarely():
    square, at_twenty_degrees = reflectance(beams(CAR, [1.0, np.cos(np.radians(20))], 9), None, {9: 0.05})
    assert square == pytest.approx(0.35, abs=0.11)
    assert at_twenty_degrees < 0.3 * square


def test_signs_are_hundreds_of_times_as_bright_as_a_white_wall():
    assert 220 < reflectance(beams(SIGN, [1.0]), None)[0] < 1900


def test_water_sends_next_to_nothing_back_at_an_angle():
    assert reflectance(beams(WATER, [0.2]), None)[0] < 0.01


def test_lane_paint_is_three_times_as_bright_as_paint_without_glass_beads():
    clean = beams(LANE_PAINT, [0.1])
    dry = reflectance(clean, None)
    assert with_beads_covered(dry, clean.tag, 1.0) is dry
    assert dry / with_beads_covered(dry, clean.tag, 0.0) == pytest.approx(3, rel=1e-5)
    assert dry / with_beads_covered(dry, clean.tag, 0.5) == pytest.approx(1.5, rel=1e-5)


def test_texture_varies_brightness_and_keeps_its_mean():
    road = beams(ROAD, np.full(50_000, 0.2))
    plain, textured = reflectance(road, None), reflectance(road, key(1, "texture"))
    assert textured.mean() == pytest.approx(plain.mean(), rel=0.005)
    assert textured.std() / plain[0] == pytest.approx(0.15, rel=0.03)


def test_the_compiled_loop_gives_what_the_plain_formulas_give():
    rng = np.random.default_rng(4)
    tag = rng.choice([1, 3, 8, 9, 12, 14, 24, 200], 2000).astype(np.uint8)
    clean = CleanSweep(np.zeros((2000, 3), np.float32), np.where(rng.random(2000) < 0.1, np.inf, 20).astype(np.float32),
                       rng.random(2000).astype(np.float32), tag,
                       np.where(np.isin(tag, [12, 14]), rng.integers(0, 9, 2000), 0).astype(np.uint32),
                       np.zeros(2000, np.uint8), np.zeros(2000, np.float32))
    texture = key(3, "texture")
    normal = plain_sweep.normal_quantiles()[plain_sweep.split_mix(texture, np.arange(2000))]
    assert reflectance(clean, texture) == pytest.approx(plain_sweep.brightness(clean, normal), rel=1e-4, abs=1e-7)
