"""Objects seen in a wet road."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.devices.lidar import LidarDevice
from sensors.lidar.ground import mirrored
from sensors.lidar.mirror import MIRRORING_COSINE, mirror_ghosts
from sensors.sweeps import Cause, CleanSweep

HEIGHT_M, WALL_M, TOP_M = 1.73, 20.0, 4.0
FLOODED = Conditions(wetness=1.0, water_film_mm=3.0)
ROAD, BUILDING, SKY = 1, 3, 11


def before_a_wall(device: LidarDevice, columns: int = 360) -> CleanSweep:
    """A plain road all round and a wall across it, 20 m ahead and 4 m high."""
    turn = (np.arange(columns) + 0.5) * 2 * np.pi / columns
    azimuth, elevation = np.meshgrid(turn, np.radians(device.elevations_deg))
    direction = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
                          np.sin(elevation)], axis=-1).reshape(-1, 3)
    with np.errstate(divide="ignore"):
        road_m = np.where(direction[:, 2] < 0, -HEIGHT_M / direction[:, 2], np.inf)
        wall_m = np.where(direction[:, 0] > 0, WALL_M / direction[:, 0], 1e9)
    wall_m[(wall_m * direction[:, 2] > TOP_M - HEIGHT_M) | (wall_m > device.range_m)] = np.inf
    road_m[road_m > device.range_m] = np.inf
    range_m = np.minimum(road_m, wall_m)
    is_wall, met = wall_m < road_m, np.isfinite(range_m)
    cosine = np.where(met, np.where(is_wall, direction[:, 0], -direction[:, 2]), 1)
    ring = np.repeat(np.arange(device.channels), columns)
    return CleanSweep(
        direction.astype(np.float32), range_m.astype(np.float32), cosine.astype(np.float32),
        np.where(met, np.where(is_wall, BUILDING, ROAD), SKY).astype(np.uint8), np.zeros(len(ring), np.uint32),
        ring.astype(np.uint8), np.zeros(len(ring), np.float32),
    )


@pytest.fixture(scope="module")
def device() -> LidarDevice:
    return dataclasses.replace(load_lidar("hdl_64e_s2"), overlap_m=(0.0, 0.0))


@pytest.fixture(scope="module")
def clean(device: LidarDevice) -> CleanSweep:
    return before_a_wall(device)


def test_the_wall_stands_upside_down_under_a_flooded_road(clean, device):
    reflectance = np.where(clean.tag == BUILDING, 0.4, 0.0).astype(np.float32)
    echo = mirror_ghosts(clean, reflectance, FLOODED, 0.0, device)
    ghosts = np.flatnonzero(echo.power)
    assert len(ghosts) > 200
    assert (echo.cause[ghosts] == Cause.NOISE).all()
    points = clean.direction[ghosts] * echo.range_m[ghosts, None]
    # Beams are 0.3 to 0.5 degrees apart, and a ghost is seen by the nearest one.
    assert points[:, 0] == pytest.approx(WALL_M, abs=0.3)
    assert (points[:, 2] < -HEIGHT_M + 0.3).all() and (points[:, 2] > -HEIGHT_M - TOP_M - 0.3).all()
    assert (echo.range_m[ghosts] > clean.range_m[ghosts]).all()


def test_light_is_mirrored_twice_and_only_by_flat_beams(clean, device):
    reflectance = np.where(clean.tag == BUILDING, 0.4, 0.0).astype(np.float32)
    echo = mirror_ghosts(clean, reflectance, FLOODED, 0.0, device)
    ghosts = np.flatnonzero(echo.power)
    cosine = clean.cos_incidence[ghosts]
    assert (clean.tag[ghosts] == ROAD).all() and (cosine < MIRRORING_COSINE).all()
    assert echo.power[ghosts] == pytest.approx(mirrored(cosine) ** 2 * 0.4 / echo.range_m[ghosts] ** 2, rel=1e-4)
    in_fog = mirror_ghosts(clean, reflectance, FLOODED, 0.01, device)
    assert in_fog.power[ghosts] == pytest.approx(
        echo.power[ghosts] * np.exp(-0.02 * echo.range_m[ghosts]), rel=1e-4)


def test_water_mirrors_three_tenths_where_a_road_becomes_a_mirror():
    assert mirrored(MIRRORING_COSINE) == pytest.approx(0.3, abs=0.002)


def test_less_water_gives_weaker_ghosts_and_none_gives_none(clean, device):
    reflectance = np.full(len(clean), 0.4, dtype=np.float32)
    powers = [mirror_ghosts(clean, reflectance, Conditions(water_film_mm=film), 0.0, device).power.sum()
              for film in (0.0, 0.3, 0.6, 1.2)]
    assert powers[0] == 0 and powers == sorted(powers) and len(set(powers)) == 4


def test_a_sweep_without_a_road_has_no_ghosts(clean, device):
    walls = dataclasses.replace(clean, tag=np.full(len(clean), BUILDING, np.uint8))
    echo = mirror_ghosts(walls, np.full(len(clean), 0.4, np.float32), FLOODED, 0.0, device)
    assert not echo.power.any() and np.isinf(echo.range_m).all()
