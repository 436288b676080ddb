"""Arithmetic on CARLA's left-handed transforms: compose them, take them apart, turn vectors.

The rotation matrix of (pitch p, yaw w, roll r), with the local x, y and z axes as columns, is

    [ cp·cw   cw·sp·sr − sw·cr   −cw·sp·cr − sw·sr ]
    [ cp·sw   sw·sp·sr + cw·cr   −sw·sp·cr + cw·sr ]
    [ sp      −cp·sr              cp·cr            ]

which is what ``carla.Transform.get_matrix`` answers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.values import Rotation, Transform, Vector3

_GIMBAL = 1e-7


def rotation_matrix(rotation: Rotation) -> NDArray[np.float64]:
    """(3, 3): local axes as columns, left-handed world axes as rows."""
    p, w, r = (math.radians(angle) for angle in rotation)
    cp, sp, cw, sw, cr, sr = math.cos(p), math.sin(p), math.cos(w), math.sin(w), math.cos(r), math.sin(r)
    return np.array(
        [
            [cp * cw, cw * sp * sr - sw * cr, -cw * sp * cr - sw * sr],
            [cp * sw, sw * sp * sr + cw * cr, -sw * sp * cr + cw * sr],
            [sp, -cp * sr, cp * cr],
        ]
    )


def rotation_of(matrix: NDArray[np.float64]) -> Rotation:
    """The angles of a (3, 3) left-handed rotation matrix. Looking straight up or down, roll is taken as 0."""
    cp = math.hypot(matrix[0, 0], matrix[1, 0])
    pitch = math.atan2(matrix[2, 0], cp)
    if cp < _GIMBAL:
        return Rotation(math.degrees(pitch), math.degrees(math.atan2(-matrix[0, 1], matrix[1, 1])), 0.0)
    yaw = math.atan2(matrix[1, 0], matrix[0, 0])
    roll = math.atan2(-matrix[2, 1], matrix[2, 2])
    return Rotation(math.degrees(pitch), math.degrees(yaw), math.degrees(roll))


def compose(world_from_parent: Transform, parent_from_child: Transform) -> Transform:
    """Where a child sits in the world."""
    turn = rotation_matrix(world_from_parent.rotation)
    location = turn @ parent_from_child.location + np.asarray(world_from_parent.location)
    rotation = rotation_of(turn @ rotation_matrix(parent_from_child.rotation))
    return Transform(vector(location), rotation)


def relative(world_from_parent: Transform, world_from_child: Transform) -> Transform:
    """Where a child sits as its parent sees it: ``compose(parent, relative(parent, child)) == child``."""
    turn = rotation_matrix(world_from_parent.rotation).T
    offset = np.subtract(world_from_child.location, world_from_parent.location)
    rotation = rotation_of(turn @ rotation_matrix(world_from_child.rotation))
    return Transform(vector(turn @ offset), rotation)


def to_world(rotation: Rotation, local: Vector3) -> Vector3:
    """A vector given in local axes, in world axes."""
    return vector(rotation_matrix(rotation) @ local)


def to_local(rotation: Rotation, world: Vector3) -> Vector3:
    """A vector given in world axes, in local axes."""
    return vector(rotation_matrix(rotation).T @ world)


def forward(rotation: Rotation) -> Vector3:
    """The unit vector along the local x axis."""
    p, w = math.radians(rotation.pitch), math.radians(rotation.yaw)
    return Vector3(math.cos(p) * math.cos(w), math.cos(p) * math.sin(w), math.sin(p))


def vector(values: NDArray[np.float64]) -> Vector3:
    """Three numbers as a ``Vector3`` of Python floats."""
    return Vector3(float(values[0]), float(values[1]), float(values[2]))


def plus(location: Vector3, offset: Vector3, scale: float = 1.0) -> Vector3:
    """``location + scale · offset``."""
    return Vector3(location.x + scale * offset.x, location.y + scale * offset.y, location.z + scale * offset.z)
