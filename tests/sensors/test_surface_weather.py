"""What wet, icy and snowy surfaces look like to a LiDAR."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.conditions import Conditions
from sensors.lidar.ground import wetted
from sensors.lidar.surface_weather import (
    FRESH_SNOW,
    SNOW_ROUGHNESS_RAD,
    TRODDEN_SNOW,
    bead_share,
    closed_film,
    in_weather,
    raised_by_snow,
)
from sensors.lidar.surfaces import SURFACES, oren_nayar
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep

ROAD, PAVEMENT, BUILDING, VEGETATION, TERRAIN, SKY, CAR, PAINT = 1, 2, 3, 9, 10, 11, 14, 24
HEIGHT_M = 1.73
WET = Conditions(wetness=1.0, water_film_mm=1.0)


def street(count: int = 4000, seed: int = 1, tags: tuple[int, ...] = (ROAD,)) -> CleanSweep:
    """Beams down on a plain 1.73 m below, all round, 3 to 60 m away."""
    rng = np.random.default_rng(seed)
    away, azimuth = rng.uniform(3, 60, count), rng.uniform(-math.pi, math.pi, count)
    points = np.stack([away * np.cos(azimuth), away * np.sin(azimuth), np.full(count, -HEIGHT_M)], axis=1)
    ranges = np.linalg.norm(points, axis=1)
    return CleanSweep(
        direction=(points / ranges[:, None]).astype(np.float32), range_m=ranges.astype(np.float32),
        cos_incidence=(HEIGHT_M / ranges).astype(np.float32), tag=rng.choice(tags, count).astype(np.uint8),
        actor_id=np.zeros(count, np.uint32), ring=np.zeros(count, np.uint8), time_s=np.zeros(count, np.float32),
    )


def brightness(clean: CleanSweep) -> np.ndarray:
    """Of each tag's mean material, dry."""
    rows = np.array([SURFACES[int(tag)] for tag in clean.tag])
    cosine_share, grazing_share = oren_nayar(rows[:, 1])
    cosine = clean.cos_incidence
    return (rows[:, 0] * (cosine_share * cosine + grazing_share * (1 - cosine**2))).astype(np.float32)


def snow_shape(cosine: np.ndarray) -> np.ndarray:
    cosine_share, grazing_share = oren_nayar(SNOW_ROUGHNESS_RAD)
    return np.asarray(cosine_share * cosine + grazing_share * (1 - cosine**2))


def test_dry_ground_is_left_alone():
    clean = street()
    dry = brightness(clean)
    weather = Conditions(rain_mmph=5, snowfall_mmph=2, visibility_m=100)      # what falls is not what lies
    assert in_weather(clean, dry, weather) is dry


def test_an_evenly_wet_road_follows_the_formula():
    clean = street()
    dry = brightness(clean)
    albedo, roughness = SURFACES[ROAD]
    expected = wetted(dry, clean.cos_incidence, 1.0, 1.2, albedo=albedo, shape=oren_nayar(roughness))
    assert in_weather(clean, dry, Conditions(water_film_mm=1.0)) == pytest.approx(expected, rel=2e-3)


def test_a_damp_road_is_darker_at_every_angle_alike():
    clean = street()
    dry = brightness(clean)
    assert in_weather(clean, dry, Conditions(wetness=0.5)) == pytest.approx(0.8 * dry, rel=1e-5)


def test_the_road_disappears_in_the_distance():
    clean = street()
    dry, wet = brightness(clean), in_weather(clean, brightness(clean), WET)
    near, far = clean.range_m < 6, clean.range_m > 30
    assert np.median(wet[near] / dry[near]) > 0.3
    assert np.median(wet[far] / dry[far]) < 0.15


def test_the_share_of_the_road_below_what_a_device_reports_rises_with_the_film():
    clean = street()
    dry = brightness(clean)
    lost = [(in_weather(clean, dry, Conditions(water_film_mm=film)) / clean.range_m**2 < 0.1 / 50**2).mean()
            for film in (0.0, 0.4, 0.8, 1.2)]
    assert lost == sorted(lost) and lost[-1] > lost[0] + 0.3


def test_puddles_stay_where_they_are_when_the_car_drives_on_and_turns():
    clean = street()
    dry = brightness(clean)
    here = RigidTransform.from_yaw(0.0, (12.0, 5.0, 1.73))
    there = RigidTransform.from_yaw(2.0, (16.0, 2.0, 1.73))
    world = here.apply(clean.direction * clean.range_m[:, None])
    first = closed_film(clean.direction * clean.range_m[:, None], WET, here)
    again = closed_film(there.inverse().apply(world), WET, there)
    assert (np.abs(first - again) > 1e-3).mean() < 1e-3         # but for places right at the border of two cells
    assert 0.2 < (first == 1).mean() < 0.8
    assert in_weather(clean, dry, WET, here).std() > in_weather(clean, dry, WET).std()


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 3), st.floats(0, 1), st.booleans())
def test_water_and_ice_never_make_anything_brighter(wetness, film_mm, ice, placed):
    clean = street(500, tags=(ROAD, PAVEMENT, TERRAIN, PAINT, CAR, BUILDING, VEGETATION))
    dry = brightness(clean)
    pose = RigidTransform.identity() if placed else None
    wet = in_weather(clean, dry, Conditions(wetness=wetness, water_film_mm=film_mm), pose)
    assert (wet <= dry * 1.00001).all() and (wet >= 0).all()
    road = clean.tag == ROAD
    icy = in_weather(clean, dry, Conditions(ice=ice), pose)
    assert (icy[road] <= dry[road] * 1.00001).all() and np.array_equal(icy[clean.tag == CAR], dry[clean.tag == CAR])


def test_clear_ice_is_almost_black():
    clean = street()
    icy = in_weather(clean, brightness(clean), Conditions(ice=1.0))
    assert (icy <= 0.05 * clean.cos_incidence).all()


def test_under_fresh_snow_all_open_ground_is_equally_bright_and_the_road_is_not():
    clean = street(tags=(ROAD, PAVEMENT, TERRAIN))
    dry = brightness(clean)
    snowy = in_weather(clean, dry, Conditions(snow_depth_m=0.1))
    road = clean.tag == ROAD
    expected = FRESH_SNOW * snow_shape(clean.cos_incidence)
    assert np.array_equal(snowy[road], dry[road])
    assert snowy[~road] == pytest.approx(expected[~road], rel=1e-3)


def test_lane_paint_vanishes_under_trodden_snow():
    clean = street(tags=(ROAD, PAINT))
    snowy = in_weather(clean, brightness(clean), Conditions(road_snow=1.0, snow_depth_m=0.05))
    for low, high in ((0.05, 0.06), (0.2, 0.25)):
        band = (clean.cos_incidence > low) & (clean.cos_incidence < high)
        paint, road = (snowy[band & (clean.tag == tag)].mean() for tag in (PAINT, ROAD))
        assert paint == pytest.approx(road, rel=0.05)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("pose", [None, RigidTransform.identity()], ids=["evenly", "in patches"])
def test_as_much_of_the_road_is_under_snow_as_is_asked_for(share, pose):
    clean = street(20_000)
    dry = brightness(clean)
    snowy = in_weather(clean, dry, Conditions(road_snow=share), pose)
    under = (snowy - dry) / (TRODDEN_SNOW * snow_shape(clean.cos_incidence) - dry)
    assert under.mean() == pytest.approx(share, abs=0.1)


def test_wheels_lay_the_road_bare():
    clean = street(20_000)
    dry = brightness(clean)
    snowy = in_weather(clean, dry, Conditions(road_snow=0.6))
    lane = (clean.direction[:, 1] * clean.range_m + 1.75) % 3.5 - 1.75
    in_tracks, between = np.abs(np.abs(lane) - 0.76) < 0.1, np.abs(lane) < 0.2
    assert (snowy / dry - 1)[in_tracks].mean() < 0.4 * (snowy / dry - 1)[between].mean()


def test_snow_lies_on_roofs_and_not_on_doors():
    clean = street(2, tags=(CAR,))
    door = dataclasses.replace(clean, cos_incidence=np.float32([0.9, 0.9]))
    dry = np.float32([0.05, 0.05])
    snow = Conditions(snow_depth_m=0.1)
    assert (in_weather(clean, dry, snow) > dry).all()
    assert np.array_equal(in_weather(door, dry, snow), dry)


def test_beams_that_meet_nothing_stay_empty():
    clean = street(3)
    empty = dataclasses.replace(clean, range_m=np.full(3, np.inf, np.float32), tag=np.full(3, SKY, np.uint8))
    everything = Conditions(wetness=1, water_film_mm=1, ice=0.5, road_snow=0.5, snow_depth_m=0.1)
    assert not in_weather(empty, np.zeros(3, np.float32), everything, RigidTransform.identity()).any()


def test_wet_beads_no_longer_shine():
    assert bead_share(Conditions()) == 1
    assert bead_share(WET) == bead_share(Conditions(road_snow=1)) == 0
    assert bead_share(Conditions(wetness=0.4)) == pytest.approx(0.6)


def test_lying_snow_raises_open_ground_by_its_depth_and_leaves_the_road():
    clean = street(tags=(ROAD, TERRAIN))
    raised = raised_by_snow(clean, 0.2)
    heights = raised.range_m * raised.direction[:, 2]
    road = clean.tag == ROAD
    assert heights[~road] == pytest.approx(-HEIGHT_M + 0.2, abs=1e-3)
    assert np.array_equal(raised.range_m[road], clean.range_m[road])
    assert raised_by_snow(clean, 0.0) is clean
