"""Bodies seen from above: oriented rectangles, how far they reach, and how deep they overlap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.road import Place

Floats = NDArray[np.float64]
_SIGNS = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])


def reach_m(body: Body, turn_rad: float) -> float:
    """Half the length of a body's shadow on an axis that is turned by ``turn_rad`` from its heading."""
    return body.length_m / 2 * abs(math.cos(turn_rad)) + body.width_m / 2 * abs(math.sin(turn_rad))


def corners_m(place: Place, body: Body) -> Floats:
    """(4, 2) front left, then counter-clockwise; ``place`` is that of the actor's origin."""
    c, s = math.cos(place.yaw_rad), math.sin(place.yaw_rad)
    local = _SIGNS * (body.length_m / 2, body.width_m / 2) + (body.centre_x_m, 0.0)
    return np.asarray(local @ np.array([[c, s], [-s, c]]) + (place.x_m, place.y_m))


def overlap_m(place: Place, body: Body, other: Place, other_body: Body) -> float:
    """How deep two bodies overlap: the shortest way that would part them; 0 or less: they are that far apart at least.

    Separating axis theorem on the four side directions (Gottschalk, Lin, Manocha, SIGGRAPH 1996).
    """
    dx = (other.x_m + other_body.centre_x_m * math.cos(other.yaw_rad)) - (
        place.x_m + body.centre_x_m * math.cos(place.yaw_rad))
    dy = (other.y_m + other_body.centre_x_m * math.sin(other.yaw_rad)) - (
        place.y_m + body.centre_x_m * math.sin(place.yaw_rad))
    depth = math.inf
    for axis in (place.yaw_rad, place.yaw_rad + math.pi / 2, other.yaw_rad, other.yaw_rad + math.pi / 2):
        apart = abs(dx * math.cos(axis) + dy * math.sin(axis))
        depth = min(depth, reach_m(body, axis - place.yaw_rad) + reach_m(other_body, axis - other.yaw_rad) - apart)
    return depth


def clearances_m(poses: Floats, body: Body, others: Floats, other_body: Body) -> Floats:
    """(T,) how far two moving bodies are apart at least, at each time; negative: so deep they overlap.

    Args:
        poses, others: (T, 4) or (1, 4) x, y, z, yaw of the two origins.
    """
    yaw, other_yaw = poses[:, 3], others[:, 3]
    dx = others[:, 0] + other_body.centre_x_m * np.cos(other_yaw) - poses[:, 0] - body.centre_x_m * np.cos(yaw)
    dy = others[:, 1] + other_body.centre_x_m * np.sin(other_yaw) - poses[:, 1] - body.centre_x_m * np.sin(yaw)
    apart = np.full(dx.shape, -np.inf)
    for axis in (yaw, yaw + np.pi / 2, other_yaw, other_yaw + np.pi / 2):
        reach = (
            body.length_m * np.abs(np.cos(axis - yaw)) + body.width_m * np.abs(np.sin(axis - yaw))
            + other_body.length_m * np.abs(np.cos(axis - other_yaw))
            + other_body.width_m * np.abs(np.sin(axis - other_yaw))
        ) / 2
        apart = np.maximum(apart, np.abs(dx * np.cos(axis) + dy * np.sin(axis)) - reach)
    return apart


def front_gap_m(ego: Place, ego_body: Body, other: Place, other_body: Body) -> float:
    """From the plane of the ego's front to the nearest face of another body, along its heading; negative: past."""
    c, s = math.cos(ego.yaw_rad), math.sin(ego.yaw_rad)
    centre = other.shifted(other_body.centre_x_m)
    ahead = (centre.x_m - ego.x_m) * c + (centre.y_m - ego.y_m) * s
    return ahead - reach_m(other_body, other.yaw_rad - ego.yaw_rad) - ego_body.front_m


def left_of_m(ego: Place, other: Place, other_body: Body) -> float:
    """How far to the left of the ego's centre line the middle of another body is."""
    centre = other.shifted(other_body.centre_x_m)
    return -(centre.x_m - ego.x_m) * math.sin(ego.yaw_rad) + (centre.y_m - ego.y_m) * math.cos(ego.yaw_rad)
