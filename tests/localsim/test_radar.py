"""Radar: which rays it casts, and whether what it says of speed and place is so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.errors import Refused
from simgen.localsim.radar import Antenna, angles_rad, closing_mps
from simgen.localsim.scene import matrix_from_carla
from simgen.localsim.values import Transform, Vector3, VehicleControl, WalkerControl
from simgen.localsim.wire import payloads
from tests.localsim.traced_world import TracedWorld, at

WIDE = Antenna(math.radians(60), math.radians(20), 100.0, 20_000)
ALL = {"points_per_second": 20_000}


def detections(payload: bytes) -> NDArray[np.void]:
    return payloads.read_radar(payload)


def spots(radar: Transform, found: NDArray[np.void]) -> NDArray[np.float64]:
    """(N, 3) right-handed world points of detections."""
    azimuth, altitude, depth = (found[key].astype(np.float64) for key in ("azimuth_rad", "altitude_rad", "depth_m"))
    local = depth[:, None] * np.stack([
        np.cos(altitude) * np.cos(azimuth), -np.cos(altitude) * np.sin(azimuth), np.sin(altitude)], -1)
    pose = matrix_from_carla(radar)
    return local @ pose[:3, :3].T + pose[:3, 3]


def test_a_tick_casts_its_share_of_the_points_a_second() -> None:
    rng = np.random.default_rng(1)
    assert len(Antenna(0.5, 0.5, 100.0, 1500).rays(0.1, rng)) == 150
    assert len(Antenna(0.5, 0.5, 100.0, 1500).rays(0.3 - 0.2, rng)) == 150       # a hair less than 0.1
    assert len(Antenna(0.5, 0.5, 100.0, 1509).rays(0.1, rng)) == 150             # as CARLA cuts
    assert Antenna(0.5, 0.5, 100.0, 5).rays(0.1, rng).shape == (0, 3)


def test_rays_fill_an_elliptic_cone_and_are_denser_in_its_middle() -> None:
    rays = WIDE.rays(1.0, np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(rays, axis=1), 1.0, atol=1e-12)
    plane = rays[:, 1:] / rays[:, :1] / np.tan(np.radians([30.0, 10.0]))
    radius = np.hypot(plane[:, 0], plane[:, 1])
    assert radius.max() <= 1.0
    assert np.quantile(radius, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    assert abs(rays[:, 1:].mean(axis=0)).max() < 0.01


def test_right_is_a_positive_azimuth_and_up_a_positive_altitude() -> None:
    azimuth, altitude = angles_rad(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, -1.0], [1.0, -1.0, math.sqrt(2)]]))
    assert np.degrees(azimuth) == pytest.approx([45, 0, -45])
    assert np.degrees(altitude) == pytest.approx([0, -45, 45])


def test_only_speed_along_the_line_of_sight_counts() -> None:
    points = np.array([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [30.0, 40.0, 0.0]])
    earlier = points + np.array([1.0, 0.0, 0.0])               # all go by 10 m/s along -x, the eye by 5 m/s along +x
    speeds = closing_mps(points, earlier, np.zeros(3), np.array([-0.5, 0.0, 0.0]), 0.1)
    assert speeds == pytest.approx([-15.0, 0.0, -15.0 * 0.6])


def test_level_ground_is_met_where_trigonometry_says() -> None:
    world = TracedWorld()
    world.spawn("sensor.other.radar", at(0, 0, 2), vertical_fov=20, **ALL)
    found = detections(world.tick()["radar"])
    assert 500 < len(found) < 2000                             # those that look down
    np.testing.assert_allclose(found["depth_m"], 2.0 / np.sin(-found["altitude_rad"].astype(float)), rtol=1e-4)
    assert np.abs(found["velocity_mps"]).max() < 1e-3
    assert np.degrees(np.abs(found["azimuth_rad"])).max() < 15.0


def test_its_range_is_a_depth_along_its_axis_as_in_carla() -> None:
    world = TracedWorld()
    world.spawn("vehicle.mitsubishi.fusorosa", at(60, 0, yaw=90))          # a wall 10 m wide, 58 m ahead
    for limit, met in (("57.9", False), ("58.1", True)):
        radar = world.spawn("sensor.other.radar", at(0, 0, 2.2), range=limit, horizontal_fov=8, vertical_fov=1, **ALL)
        found = detections(world.tick()["radar"])
        assert (len(found) > 1000) == met
        world.world.destroy(radar)
    assert found["depth_m"].max() > 58.05                      # beside the axis the way is longer


def test_nothing_met_is_a_message_without_detections() -> None:
    world = TracedWorld()
    world.spawn("sensor.other.radar", at(0, 0, 2, pitch=40))
    assert world.tick()["radar"] == b""


@pytest.mark.parametrize(("own_mps", "other_mps", "yaw", "closing"), [
    (0.0, 15.0, 180.0, -15.0), (10.0, 15.0, 180.0, -25.0), (10.0, 10.0, 0.0, 0.0), (5.0, 12.0, 0.0, 7.0),
])
def test_a_car_ahead_has_its_speed_within_five_centimetres_a_second(
    own_mps: float, other_mps: float, yaw: float, closing: float
) -> None:
    world = TracedWorld()
    ego = world.spawn("vehicle.audi.a2", at(0))
    other = world.spawn("vehicle.audi.tt", at(40, 0, yaw=yaw))
    radar = world.spawn("sensor.other.radar", at(2.2, 0, 0.7), ego, vertical_fov=1, horizontal_fov=4, **ALL)
    for car, mps in ((ego, own_mps), (other, other_mps)):
        world.world.enable_constant_velocity(car, Vector3(mps, 0.0, 0.0))
    for _ in range(3):
        found = detections(world.tick()["radar"])
    assert np.abs(spots(world.transform(radar), found)[:, 0] - world.transform(other).location.x).max() < 2.2
    assert len(found) > 1000
    assert np.abs(found["velocity_mps"] - closing).max() < 0.05


def test_a_car_off_the_axis_comes_nearer_by_the_cosine() -> None:
    world = TracedWorld()
    other = world.spawn("vehicle.audi.tt", at(30, 12, yaw=180))
    radar = world.spawn("sensor.other.radar", at(0, 0, 0.7), horizontal_fov=60, vertical_fov=2, **ALL)
    world.world.enable_constant_velocity(other, Vector3(20.0, 0.0, 0.0))
    world.tick()
    found = detections(world.tick()["radar"])
    on_it = np.abs(spots(world.transform(radar), found)[:, 1] + 12.0) < 1.1
    moving = found[on_it & (found["depth_m"] < 45.0)]
    assert len(moving) > 20
    sight = np.cos(moving["azimuth_rad"].astype(float)) * np.cos(moving["altitude_rad"].astype(float))
    assert np.abs(moving["velocity_mps"] + 20.0 * sight).max() < 0.05
    assert np.abs(found[~on_it]["velocity_mps"]).max() < 1e-3


def test_whoever_crosses_at_right_angles_neither_comes_nor_goes() -> None:
    world = TracedWorld()
    deer = world.spawn("walker.animal.red_deer", at(20, -1.0, 1.05))
    world.spawn("sensor.other.radar", at(0, 0, 1.0), horizontal_fov=2, vertical_fov=2, **ALL)
    world.world.apply_walker_control(deer, WalkerControl(Vector3(0, 1, 0), 5.0))
    world.tick()
    found = detections(world.tick()["radar"])
    assert len(found) > 500
    sideways = 5.0 * np.sin(found["azimuth_rad"].astype(float))
    assert np.abs(found["velocity_mps"] - sideways).max() < 0.05


def test_the_resting_world_comes_nearer_as_fast_as_the_ego_drives() -> None:
    world = TracedWorld()
    ego = world.spawn("vehicle.audi.a2", at(0))
    world.spawn("static.prop.streetbarrier", at(25, 0))
    world.spawn("sensor.other.radar", at(2.2, 0, 0.7, yaw=0), ego, horizontal_fov=50, vertical_fov=20, **ALL)
    world.world.enable_constant_velocity(ego, Vector3(14.0, 0.0, 0.0))
    world.tick()
    found = detections(world.tick()["radar"])
    sight = np.cos(found["azimuth_rad"].astype(float)) * np.cos(found["altitude_rad"].astype(float))
    assert len(found) > 500
    assert np.abs(found["velocity_mps"] + 14.0 * sight).max() < 0.05


def test_the_ends_of_a_turning_bus_move_differently() -> None:
    """A body is rigid: its points go with their own velocity, not with that of its origin."""
    world = TracedWorld()
    bus = world.spawn("vehicle.mitsubishi.fusorosa", at(20, 0, yaw=90))
    radar = world.spawn("sensor.other.radar", at(0, 0, 1.5), horizontal_fov=40, vertical_fov=2, **ALL)
    world.world.enable_constant_velocity(bus, Vector3(4.0, 0.0, 0.0))
    world.world.apply_vehicle_control(bus, VehicleControl(steer=0.3))
    world.tick()
    before = matrix_from_carla(world.transform(bus))
    found = detections(world.tick()["radar"])
    now = matrix_from_carla(world.transform(bus))
    eye = matrix_from_carla(world.transform(radar))[:3, 3]
    points = spots(world.transform(radar), found)
    on_it = points[:, 0] < 25.0
    body = (points - now[:3, 3]) @ now[:3, :3]
    velocity = (body @ (now - before)[:3, :3].T + (now - before)[:3, 3]) / 0.1
    expected = np.einsum("ij,ij->i", velocity, (points - eye) / np.linalg.norm(points - eye, axis=1, keepdims=True))
    assert np.abs(found["velocity_mps"] - expected)[on_it].max() < 0.05
    assert np.ptp(expected[on_it]) > 0.5


def test_whoever_a_client_carries_every_tick_has_a_speed() -> None:
    world = TracedWorld()
    bale = world.spawn("static.prop.haybale", at(20))
    world.spawn("sensor.other.radar", at(0, 0, 0.5), horizontal_fov=2, vertical_fov=1, **ALL)
    world.tick()
    world.world.set_transform(bale, at(19.2))
    found = detections(world.tick()["radar"])
    assert len(found) > 500 and np.abs(found["velocity_mps"] + 8.0).max() < 0.05


def test_chance_follows_seed_and_tick_alone() -> None:
    def two_ticks(**attributes: int) -> list[bytes]:
        world = TracedWorld()
        world.spawn("sensor.other.radar", at(0, 0, 2), **attributes)
        return [world.tick()["radar"] for _ in range(2)]

    first = two_ticks(noise_seed=3)
    assert first == two_ticks(noise_seed=3)
    assert first[0] != first[1]
    assert first != two_ticks(noise_seed=4)


@pytest.mark.parametrize("wrong", [{"horizontal_fov": 180}, {"vertical_fov": 0}, {"points_per_second": 0}])
def test_what_no_antenna_can_see_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Refused, match=next(iter(wrong))):
        TracedWorld().spawn("sensor.other.radar", **wrong)
