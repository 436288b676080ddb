"""Do two boxes overlap? They stand upright: turned about the vertical axis only, as vehicles and walkers nearly are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simgen.localsim.values import BoundingBox, Transform


@dataclass(frozen=True, slots=True)
class Footprint:
    """A box seen from above, and the heights it spans. Angles in radians."""

    x: float
    y: float
    yaw: float
    half_length: float
    half_width: float
    bottom: float
    top: float


def footprint(transform: Transform, box: BoundingBox) -> Footprint:
    """Where an actor's box stands. Pitch and roll are left out: on roads they change it by centimetres."""
    yaw = math.radians(transform.rotation.yaw)
    x = transform.location.x + box.location.x * math.cos(yaw) - box.location.y * math.sin(yaw)
    y = transform.location.y + box.location.x * math.sin(yaw) + box.location.y * math.cos(yaw)
    z = transform.location.z + box.location.z
    return Footprint(x, y, yaw, box.extent.x, box.extent.y, z - box.extent.z, z + box.extent.z)


def overlap(a: Footprint, b: Footprint) -> bool:
    """True if the boxes share more than a touch (separating axis theorem on the four side directions)."""
    if a.bottom >= b.top or b.bottom >= a.top:
        return False
    dx, dy = b.x - a.x, b.y - a.y
    for yaw in (a.yaw, a.yaw + math.pi / 2, b.yaw, b.yaw + math.pi / 2):
        axis_x, axis_y = math.cos(yaw), math.sin(yaw)
        if abs(dx * axis_x + dy * axis_y) >= _reach(a, yaw) + _reach(b, yaw):
            return False
    return True


def _reach(box: Footprint, yaw: float) -> float:
    """Half the length of the box's shadow on an axis at ``yaw``."""
    turn = box.yaw - yaw
    return box.half_length * abs(math.cos(turn)) + box.half_width * abs(math.sin(turn))
