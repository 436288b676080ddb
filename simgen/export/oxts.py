"""``oxts``: what KITTI's GPS/IMU unit would have written, 30 numbers a frame.

**Position.** Readers take latitude and longitude back to metres with a Mercator projection whose scale is the cosine
of the first latitude. The packets are written for that reader: the first frame lies where its GNSS says, and the
others where their poses put them in the projection, so that the poses come back exactly. (The GNSS of CARLA cannot be
taken for each frame: it projects transversely with UTM's scale, off by 4 cm in 100 m, and its latitude grows along
CARLA's y, which is south everywhere else in CARLA.)

**Velocity** is that of the IMU's place, from the poses of the frames around: the stored one is that of the car's own
reference point, which in a bend moves otherwise.

**Attitude.** rotation = Rz(yaw) · Ry(pitch) · Rx(roll) takes IMU axes (x forward, y left, z up) to east, north, up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.export.dataset import Moment
from simgen.kitti.ego import EgoState

EARTH_RADIUS_M = 6378137.0      # as readers have it

# What the simulated unit says of itself. It is exact; 0 would make filters divide by nothing.
POSITION_ACCURACY_M = 0.01
VELOCITY_ACCURACY_MPS = 0.01
NAVIGATION_STATUS = 4           # locked
SATELLITES = 10
RTK_INTEGER = 6                 # mode of position, velocity and orientation

_FIELDS = (
    ("lat", "latitude, degrees"), ("lon", "longitude, degrees"), ("alt", "altitude, m"),
    ("roll", "rad, 0 level, positive: left side up, -pi..pi"),
    ("pitch", "rad, 0 level, positive: front down, -pi/2..pi/2"),
    ("yaw", "heading, rad, 0 east, positive: counter-clockwise, -pi..pi"),
    ("vn", "velocity towards north, m/s"), ("ve", "velocity towards east, m/s"),
    ("vf", "velocity forward, parallel to the earth's surface, m/s"),
    ("vl", "velocity leftward, parallel to the earth's surface, m/s"),
    ("vu", "velocity upward, m/s"),
    ("ax", "acceleration along the vehicle's x, forward, m/s^2, gravity included"),
    ("ay", "acceleration along the vehicle's y, left, m/s^2"),
    ("az", "acceleration along the vehicle's z, up, m/s^2, gravity included"),
    ("af", "acceleration forward in the level frame, m/s^2"),
    ("al", "acceleration leftward in the level frame, m/s^2"),
    ("au", "acceleration upward in the level frame, m/s^2, gravity included"),
    ("wx", "angular rate about the vehicle's x, rad/s"), ("wy", "angular rate about the vehicle's y, rad/s"),
    ("wz", "angular rate about the vehicle's z, rad/s"),
    ("wf", "angular rate about the level forward axis, rad/s"),
    ("wl", "angular rate about the level leftward axis, rad/s"),
    ("wu", "angular rate about the upward axis, rad/s"),
    ("pos_accuracy", "accuracy of the position, m"), ("vel_accuracy", "accuracy of the velocity, m/s"),
    ("navstat", "navigation status, 4 locked"), ("numsats", "number of satellites"),
    ("posmode", "position mode, 6 RTK integer"), ("velmode", "velocity mode"), ("orimode", "orientation mode"),
)
DATA_FORMAT = "".join(f"{name}: {says}\n" for name, says in _FIELDS)


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What a packet is made from.

    place: latitude and longitude in degrees, altitude in metres, as the GNSS says.
    velocity_mps: (3,) east, north, up; of the car.
    acceleration_mps2, angular_rate_radps: (3,) in IMU axes, x forward, y left, z up; gravity included.
    """

    world_from_imu: RigidTransform
    place: tuple[float, float, float]
    velocity_mps: NDArray[np.float64]
    acceleration_mps2: NDArray[np.float64]
    angular_rate_radps: NDArray[np.float64]

    @classmethod
    def of(cls, moment: Moment) -> Reading | None:
        """None if GNSS and IMU were not recorded."""
        ego = moment.ego
        if (ego is None or ego.latitude_deg is None or ego.longitude_deg is None or ego.altitude_m is None
                or ego.acceleration_mps2 is None or ego.angular_rate_radps is None):
            return None
        return cls(world_from_imu(moment, ego), (ego.latitude_deg, ego.longitude_deg, ego.altitude_m),
                   np.array(ego.velocity_mps), np.array(ego.acceleration_mps2), np.array(ego.angular_rate_radps))


def oxts_lines(moments: Sequence[Moment]) -> list[str] | None:
    """The packet of each frame of an episode, 30 numbers; None if a frame has no GNSS and IMU."""
    readings = [reading for moment in moments if (reading := Reading.of(moment)) is not None]
    if not readings or len(readings) != len(moments):
        return None
    first_latitude, first_longitude, first_altitude = readings[0].place
    origin_m = np.array([*mercator(first_latitude, first_longitude, first_latitude), first_altitude])
    positions_m = np.array([reading.world_from_imu.translation_m for reading in readings])
    velocities_mps = velocities(positions_m, [moment.time_s for moment in moments])
    if velocities_mps is None:
        velocities_mps = np.array([reading.velocity_mps for reading in readings])
    lines = []
    for reading, position, velocity in zip(readings, positions_m - positions_m[0], velocities_mps, strict=True):
        x, y, altitude = origin_m + position
        lines.append(_packet(reading, inverse_mercator(x, y, first_latitude), altitude, velocity))
    return lines


def velocities(positions_m: NDArray[np.float64], times_s: Sequence[float]) -> NDArray[np.float64] | None:
    """(N, 3) velocity at each of (N, 3) positions, from its neighbours in time, exact for constant acceleration.

    None for less than three: differences say too little.
    """
    if len(times_s) < 3:
        return None
    return np.asarray(np.gradient(positions_m, np.asarray(times_s), axis=0, edge_order=2), dtype=np.float64)


def world_from_imu(moment: Moment, ego: EgoState) -> RigidTransform:
    """Pose of the IMU, by the chain of the frame's own calibration."""
    lidar_from_imu = RigidTransform.from_matrix(moment.calibration.tr_imu_to_velo)
    return ego.camera_0_pose() @ moment.rectified_from_lidar @ lidar_from_imu


def roll_pitch_yaw(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """The angles, in radians, of a (3, 3) rotation = Rz(yaw) · Ry(pitch) · Rx(roll)."""
    pitch = math.atan2(-rotation[2, 0], math.hypot(rotation[0, 0], rotation[1, 0]))
    return math.atan2(rotation[2, 1], rotation[2, 2]), pitch, math.atan2(rotation[1, 0], rotation[0, 0])


def mercator(latitude_deg: float, longitude_deg: float, first_latitude_deg: float) -> tuple[float, float]:
    """Metres towards east and north in the projection of KITTI's readers."""
    scale = math.cos(math.radians(first_latitude_deg))
    x = scale * EARTH_RADIUS_M * math.radians(longitude_deg)
    y = scale * EARTH_RADIUS_M * math.log(math.tan(math.pi / 4 + math.radians(latitude_deg) / 2))
    return x, y


def inverse_mercator(x_m: float, y_m: float, first_latitude_deg: float) -> tuple[float, float]:
    """Latitude and longitude in degrees of a point that ``mercator`` puts at (x, y)."""
    scale = math.cos(math.radians(first_latitude_deg))
    latitude = 2 * math.atan(math.exp(y_m / (scale * EARTH_RADIUS_M))) - math.pi / 2
    return math.degrees(latitude), math.degrees(x_m / (scale * EARTH_RADIUS_M))


def _packet(
    reading: Reading, latitude_longitude: tuple[float, float], altitude_m: float, velocity_mps: NDArray[np.float64]
) -> str:
    roll, pitch, yaw = roll_pitch_yaw(reading.world_from_imu.rotation)
    level_from_world = RigidTransform.from_yaw(yaw).inverse()       # forward, left, up, parallel to the ground
    level_from_imu = level_from_world @ reading.world_from_imu
    east, north, _ = velocity_mps
    numbers = [
        roll, pitch, yaw, north, east, *level_from_world.rotate(velocity_mps),
        *reading.acceleration_mps2, *level_from_imu.rotate(reading.acceleration_mps2),
        *reading.angular_rate_radps, *level_from_imu.rotate(reading.angular_rate_radps),
        POSITION_ACCURACY_M, VELOCITY_ACCURACY_MPS,
    ]
    latitude, longitude = latitude_longitude
    place = f"{latitude:.13f} {longitude:.13f} {altitude_m:.6f}"
    modes = f"{NAVIGATION_STATUS} {SATELLITES} {RTK_INTEGER} {RTK_INTEGER} {RTK_INTEGER}"
    return f"{place} {' '.join(f'{number + 0.0:.9f}' for number in numbers)} {modes}"
