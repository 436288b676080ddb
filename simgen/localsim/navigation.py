"""Sensors that measure the carrier itself: where it is on earth, how it is shaken, whom it touches."""

from __future__ import annotations

import math

import numpy as np

from sensors.axes import vector_from_carla
from simgen.localsim import contact
from simgen.localsim.actors import Actor, Sensor, Vehicle
from simgen.localsim.opendrive import GeoPoint, geo_location
from simgen.localsim.poses import forward, plus, to_local
from simgen.localsim.values import Vector3
from simgen.localsim.world import Level, Moment

GRAVITY_MPS2 = 9.81


def gnss_fix(level: Level, sensor: Sensor, rng: np.random.Generator) -> GeoPoint:
    """Latitude, longitude (degrees) and altitude (m) of the sensor, with its biases and noise."""
    exact = geo_location(level.geo_origin, *sensor.transform.location)
    noise = [
        float(sensor.attributes[f"noise_{axis}_bias"]) + rng.normal() * float(sensor.attributes[f"noise_{axis}_stddev"])
        for axis in ("lat", "lon", "alt")
    ]
    return GeoPoint(exact.latitude + noise[0], exact.longitude + noise[1], exact.altitude + noise[2])


def imu_reading(sensor: Sensor, rng: np.random.Generator) -> tuple[Vector3, Vector3, float]:
    """Accelerometer (m/s², with gravity: +9.81 upwards at rest), gyroscope (rad/s), both in sensor axes, and compass
    (rad from north, clockwise; CARLA's north is −y)."""
    rotation, attributes = sensor.transform.rotation, sensor.attributes
    felt = plus(sensor.motion.acceleration, Vector3(0.0, 0.0, GRAVITY_MPS2))
    accelerometer = to_local(rotation, felt)
    turning = sensor.motion.angular_velocity
    gyroscope = to_local(rotation, Vector3(*(math.radians(rate) for rate in turning)))
    shaken = (
        value + rng.normal() * float(attributes[f"noise_accel_stddev_{axis}"])
        for value, axis in zip(accelerometer, "xyz", strict=True)
    )
    drifted = (
        value + float(attributes[f"noise_gyro_bias_{axis}"])
        + rng.normal() * float(attributes[f"noise_gyro_stddev_{axis}"])
        for value, axis in zip(gyroscope, "xyz", strict=True)
    )
    east, north, _ = vector_from_carla(forward(rotation))
    compass = math.atan2(east, north) % math.tau
    return Vector3(*shaken), Vector3(*drifted), compass


def contacts(moment: Moment, sensor: Sensor) -> list[tuple[Actor, Actor, Vector3]]:
    """(carrier, other, impulse on the carrier in N·s) for every actor whose box the carrier's box overlaps.

    Actors pass through each other here; the impulse is the one that would end their approach, m₁m₂/(m₁+m₂) times
    the relative velocity.
    """
    carrier = next((actor for actor in moment.actors if actor.id == sensor.parent_id), None)
    if carrier is None or carrier.body is None or not carrier.solid:
        return []
    own, mass = contact.footprint(carrier.transform, carrier.box), _mass_kg(carrier)
    met = []
    for other in moment.actors:
        if other.id == carrier.id or other.body is None or not other.solid:
            continue
        if contact.overlap(own, contact.footprint(other.transform, other.box)):
            approach = plus(other.motion.velocity, carrier.motion.velocity, -1.0)
            reduced = mass * _mass_kg(other) / (mass + _mass_kg(other))
            met.append((carrier, other, Vector3(*(reduced * value for value in approach))))
    return met


def _mass_kg(actor: Actor) -> float:
    assert actor.body is not None
    return actor.physics.mass if isinstance(actor, Vehicle) else actor.body.mass_kg
