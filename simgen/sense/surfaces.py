"""What is known of actors' surfaces: the paint that the scenario chose, the fur of the species."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from sensors.boxes import Box3
from sensors.lidar.materials import SPECIES, reflectivity_of_colour
from sensors.rigid import RigidTransform
from simgen.frame import Frame
from simgen.scenario.plan import ActorPlan

_LUMINANCE = (0.2126, 0.7152, 0.0722)       # of linear red, green and blue (Rec. 709)


def known_reflectivity(actors: Iterable[ActorPlan]) -> dict[str, float]:
    """Reflectivity at the LiDAR's wavelength by role, of those actors whose plan says it."""
    found = {}
    for actor in actors:
        rho = None
        if actor.kind == "vehicle" and actor.color is not None:
            rho = reflectivity_of_colour(luminance(actor.color))
        elif actor.species is not None:
            rho = next((value for word, value in SPECIES.items() if word in actor.species), None)
        if rho is not None:
            found[actor.role] = rho
    return found


def vehicle_boxes(
    frame: Frame, rig_from_sensor: RigidTransform, number: Mapping[str, int], range_m: float
) -> dict[int, Box3]:
    """Boxes of the vehicles that a sensor may see, in its axes: those of actors by the number of their role, those of
    the level by their own."""
    sensor_from_world = (frame.world_from_rig @ rig_from_sensor).inverse()
    here_m = (frame.world_from_rig @ rig_from_sensor).translation_m
    boxes = {thing.number: thing.box for thing in frame.level_objects
             if np.linalg.norm(thing.world_from_box.translation_m - here_m) < range_m}
    for actor in frame.actors:
        if actor.kind == "vehicle" and actor.role in number:
            boxes[number[actor.role]] = actor.box.transformed(actor.world_from_actor)
    return {key: box.transformed(sensor_from_world) for key, box in boxes.items()}


def luminance(color: str) -> float:
    """Of a colour such as "255,0,0", as CARLA writes them; linear, white is 1."""
    shares = (int(part) / 255.0 for part in color.split(","))
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * share for weight, share in zip(_LUMINANCE, linear, strict=True))
