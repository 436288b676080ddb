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


def sizes_m(*bodies: Body) -> Floats:
    """(N, 3) length, width and centre_x of bodies."""
    return np.array([(body.length_m, body.width_m, body.centre_x_m) for body in bodies]).reshape(-1, 3)


def clearances_m(poses: Floats, body: Body, others: Floats, other_body: Body) -> Floats:
    """(T,) how far two moving bodies are apart at least, at each time; negative: so deep they overlap.

    Args:
        poses, others: (T, 4) or (1, 4) x, y, z, yaw of the two origins.
    """
    return apart_m(poses, sizes_m(body)[0], others, sizes_m(other_body)[0])


def apart_m(poses: Floats, size_m: Floats, others: Floats, others_m: Floats) -> Floats:
    """The same of any number of bodies, as ``clearances_m`` says.

    Args:
        poses, others: (..., 4); size_m, others_m: (..., 3), as ``sizes_m`` has them. They are broadcast.
    """
    yaw, other_yaw = poses[..., 3], others[..., 3]
    (length, width, ahead), (other_length, other_width, other_ahead) = (
        np.moveaxis(size_m, -1, 0), np.moveaxis(others_m, -1, 0))
    c, s, other_c, other_s = np.cos(yaw), np.sin(yaw), np.cos(other_yaw), np.sin(other_yaw)
    dx = others[..., 0] + other_ahead * other_c - poses[..., 0] - ahead * c
    dy = others[..., 1] + other_ahead * other_s - poses[..., 1] - ahead * s
    cos, sin = np.abs(c * other_c + s * other_s), np.abs(c * other_s - s * other_c)
    gaps = (
        np.abs(dx * c + dy * s) - (length + other_length * cos + other_width * sin) / 2,
        np.abs(dy * c - dx * s) - (width + other_length * sin + other_width * cos) / 2,
        np.abs(dx * other_c + dy * other_s) - (other_length + length * cos + width * sin) / 2,
        np.abs(dy * other_c - dx * other_s) - (other_width + length * sin + width * cos) / 2,
    )
    return np.asarray(np.maximum(np.maximum(gaps[0], gaps[1]), np.maximum(gaps[2], gaps[3])))


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
