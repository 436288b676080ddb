"""The rig's IMU and GNSS: CARLA's measurements in, right-handed SI values in IMU axes out.

Both stand at the rig's IMU, as in KITTI's combined device, and measure without noise: noise is sensor physics.
"""

from __future__ import annotations

from dataclasses import dataclass

import carla
import numpy as np

from sensors.axes import angular_velocity_from_carla, vector_from_carla
from simgen.frame import EgoMotion

IMU, GNSS = "sensor.other.imu", "sensor.other.gnss"
_NOISE = ("stddev", "bias")


def noiseless(library: carla.BlueprintLibrary, kind: str) -> carla.ActorBlueprint | None:
    """The blueprint of ``IMU`` or ``GNSS`` with every noise turned off; None if the server has none."""
    for blueprint in library.filter(kind):
        for attribute in blueprint:
            if attribute.id.startswith("noise_") and any(word in attribute.id for word in _NOISE):
                blueprint.set_attribute(attribute.id, "0")
        return blueprint
    return None


@dataclass(frozen=True, eq=False, slots=True)
class Earth:
    """A map's place on earth. mirrored: the server's latitude grows to the map's south."""

    map: carla.Map
    mirrored: bool

    @classmethod
    def of(cls, town: carla.Map) -> Earth:
        """CARLA 0.9.16 has its y, which points south, for north; versions before have not."""
        south, here = (town.transform_to_geolocation(carla.Location(y=y_m)) for y_m in (100.0, 0.0))
        return cls(town, south.latitude > here.latitude)

    def place(self, fix: carla.GnssMeasurement) -> tuple[float, float, float]:
        """Latitude and longitude (degrees, latitude growing to the north of OpenDRIVE's axes) and altitude (m)."""
        if not self.mirrored:
            return fix.latitude, fix.longitude, fix.altitude
        at = fix.transform.location
        true = self.map.transform_to_geolocation(carla.Location(at.x, -at.y, at.z))
        return true.latitude, true.longitude, fix.altitude


def decode_motion(imu: carla.IMUMeasurement, fix: carla.GnssMeasurement, earth: Earth) -> EgoMotion:
    """One moment's readings."""
    acceleration, rate = imu.accelerometer, imu.gyroscope
    latitude_deg, longitude_deg, altitude_m = earth.place(fix)
    return EgoMotion(
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        altitude_m=altitude_m,
        acceleration_mps2=vector_from_carla(np.array([acceleration.x, acceleration.y, acceleration.z])),
        angular_rate_radps=angular_velocity_from_carla(np.array([rate.x, rate.y, rate.z])),
    )
