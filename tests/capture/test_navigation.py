"""IMU and GNSS: CARLA's axes and signs to ours, and no noise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from simgen.capture.navigation import Earth, decode_motion, noiseless


def vector(x: float, y: float, z: float) -> Any:
    return SimpleNamespace(x=x, y=y, z=z)


def test_a_bend_to_the_right_turns_clockwise_and_pushes_to_the_right() -> None:
    """CARLA: y right, positive yaw to the right. Ours: y left, positive yaw to the left."""
    imu = SimpleNamespace(accelerometer=vector(0.5, 2.0, 9.81), gyroscope=vector(0.01, 0.02, 0.3))
    fix: Any = SimpleNamespace(latitude=49.0, longitude=8.4, altitude=110.0)
    motion = decode_motion(imu, fix, Earth(SimpleNamespace(), mirrored=False))
    assert motion.acceleration_mps2.tolist() == pytest.approx([0.5, -2.0, 9.81])
    assert motion.angular_rate_radps.tolist() == pytest.approx([-0.01, 0.02, -0.3])
    assert (motion.latitude_deg, motion.longitude_deg, motion.altitude_m) == (49.0, 8.4, 110.0)


class Map:
    """A plane where a degree is 100 km. north: along CARLA's y, +1 or −1."""

    def __init__(self, north: int) -> None:
        self.north = north

    def transform_to_geolocation(self, at: Any) -> Any:
        return SimpleNamespace(latitude=49.0 + self.north * at.y / 1e5, longitude=8.4 + at.x / 1e5, altitude=at.z)


@pytest.mark.parametrize("north", [1, -1])
def test_latitude_grows_to_the_north_of_the_world_whatever_the_server_takes_for_north(north: int) -> None:
    """CARLA's y points south, so 200 m of it are 200 m less of ours."""
    town = Map(north)
    there = town.transform_to_geolocation(vector(50.0, 200.0, 3.0))
    fix = SimpleNamespace(**vars(there), transform=SimpleNamespace(location=vector(50.0, 200.0, 3.0)))
    latitude_deg, longitude_deg, altitude_m = Earth.of(town).place(fix)
    assert (latitude_deg, longitude_deg, altitude_m) == pytest.approx((49.0 - 0.002, 8.4 + 0.0005, 3.0), abs=1e-12)


class Blueprint:
    def __init__(self, **attributes: str) -> None:
        self.attributes = attributes

    def __iter__(self) -> Any:
        return iter([SimpleNamespace(id=name) for name in self.attributes])

    def set_attribute(self, name: str, value: str) -> None:
        self.attributes[name] = value


def test_noise_is_off_and_nothing_else_is_touched() -> None:
    blueprint = Blueprint(noise_accel_stddev_x="0.1", noise_gyro_bias_z="0.2", noise_seed="4", sensor_tick="0.0")
    library = SimpleNamespace(filter=lambda kind: [blueprint] if kind == "sensor.other.imu" else [])
    assert noiseless(library, "sensor.other.imu") is blueprint
    assert blueprint.attributes == {
        "noise_accel_stddev_x": "0", "noise_gyro_bias_z": "0", "noise_seed": "4", "sensor_tick": "0.0"}
    assert noiseless(library, "sensor.other.gnss") is None
