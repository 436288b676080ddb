"""How a sensor and what it sees move at a frame's moment, for sweeps that take their time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.lidar.plumes import Plume, spray_behind
from sensors.lidar.turning import Twist
from sensors.rigid import RigidTransform
from simgen.errors import RequestError
from simgen.frame import Frame


def sensor_twist(frame: Frame, rig_from_sensor: RigidTransform) -> Twist:
    """The sensor's velocity over the ground and turn rate, in its own axes.

    Raises RequestError if the simulator has no IMU that would say how the ego turns.
    """
    if frame.ego_motion is None:
        raise RequestError("sensing: this simulator has no IMU to say how the ego turns, which turning sweeps, "
                           "photographed pictures and snow in pictures need; write 'sweep: instant', 'camera: drawn'")
    turn = frame.ego_motion.angular_rate_radps
    velocity = frame.world_from_rig.inverse().rotate(frame.ego_velocity_mps)
    # The simulator's velocity is that of the ego's origin, below the middle of its body.
    origin = np.zeros(3) if frame.ego_box is None else frame.ego_box.bottom_centre()
    velocity = velocity + np.cross(turn, rig_from_sensor.translation_m - origin)
    sensor_from_rig = rig_from_sensor.inverse()
    return Twist(sensor_from_rig.rotate(velocity), sensor_from_rig.rotate(turn))


def actor_velocities(frame: Frame, rig_from_sensor: RigidTransform) -> dict[int, NDArray[np.float64]]:
    """Of every actor over the ground, in the sensor's axes, by the simulator's id."""
    sensor_from_world = (frame.world_from_rig @ rig_from_sensor).inverse()
    return {actor.simulator_id: sensor_from_world.rotate(actor.velocity_mps) for actor in frame.actors}


def plumes_behind(frame: Frame, rig_from_sensor: RigidTransform) -> tuple[Plume, ...]:
    """What other vehicles throw up, in the sensor's axes. The ego's own stays below and behind its roof."""
    sensor_from_world = (frame.world_from_rig @ rig_from_sensor).inverse()
    vehicles = [actor for actor in frame.actors if actor.kind == "vehicle"]
    return spray_behind(
        [actor.box.transformed(sensor_from_world @ actor.world_from_actor) for actor in vehicles],
        np.array([sensor_from_world.rotate(actor.velocity_mps) for actor in vehicles]).reshape(-1, 3),
        [actor.simulator_id for actor in vehicles], frame.conditions)


def sun_direction(frame: Frame, rig_from_sensor: RigidTransform) -> NDArray[np.float64] | None:
    """(3,) towards the sun in the sensor's axes; None where it is down, behind clouds or in thick air.

    CARLA's azimuth is 0 in the east (+x) and grows clockwise.
    """
    now = frame.conditions
    hidden = now.cloudiness >= _OVERCAST or now.extinction().total >= _THICK_AIR_PER_M
    if now.sun_altitude_deg <= 0.0 or hidden:
        return None
    altitude, azimuth = np.radians(now.sun_altitude_deg), -np.radians(now.sun_azimuth_deg)
    towards = np.array([np.cos(altitude) * np.cos(azimuth), np.cos(altitude) * np.sin(azimuth), np.sin(altitude)])
    return (frame.world_from_rig @ rig_from_sensor).inverse().rotate(towards)


_OVERCAST = 0.85
_THICK_AIR_PER_M = 0.003        # 1 km of visibility: fog that the sun is not seen through
