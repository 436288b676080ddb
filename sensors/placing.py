"""Where a sensor of a rig file sits and looks: ``position_m`` and ``rotation``, as a pose on the rig."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.axes import CAMERA_FROM_BODY
from sensors.rigid import RigidTransform
from sensors.yaml12 import Section

POSE_KEYS = ("position_m",)
OPTIONAL_POSE_KEYS = ("rotation",)

_FAR_FROM_THE_CAR_M = 20.0      # a sensor mounted farther out is a mistake in units
_ANGLES = ("yaw_left_deg", "pitch_up_deg", "roll_right_deg")
_BODY, _OPTICAL, _MATRIX = "quaternion_wxyz", "optical_quaternion_wxyz", "matrix"
_SLOPPY = 1e-3                  # published numbers are rounded; more than this is another matrix


def read_pose(section: Section, is_camera: bool = False) -> RigidTransform:
    """The pose of a sensor's body axes (x the way it looks, y left, z up) on the rig.

    ``rotation`` may be left out of a sensor that looks straight ahead, and is one of

    * ``yaw_left_deg``, ``pitch_up_deg``, ``roll_right_deg``, those that are not 0: turned to the left, then its nose
      lifted, then its right-hand side lowered;
    * ``quaternion_wxyz`` or ``matrix``: to the rig from the sensor's body axes, as publications have it;
    * ``optical_quaternion_wxyz``, of cameras: to the rig from optical axes (x right, y down, z forward), as nuScenes
      has it.

    Raises:
        RigError: file, key and problem.
    """
    position = section.numbers("position_m", 3)
    if max(abs(value) for value in position) > _FAR_FROM_THE_CAR_M:
        raise section.error("position_m", f"{position} is more than {_FAR_FROM_THE_CAR_M:g} m from the car; "
                                          "positions are in metres")
    if not section.has("rotation"):
        return RigidTransform.from_yaw(0.0, position)
    forms = (_BODY, _MATRIX, *([_OPTICAL] if is_camera else []))
    rotation = section.section("rotation", (), (*_ANGLES, *forms))
    given = [form for form in forms if rotation.has(form)]
    turned = [word for word in _ANGLES if rotation.has(word)]
    if len(given) + bool(turned) != 1:
        raise section.error("rotation", f"expected either {', '.join(_ANGLES)} or one of {', '.join(forms)}")
    if turned:
        yaw, pitch, roll = (_angle(rotation, word) if rotation.has(word) else 0.0 for word in _ANGLES)
        return RigidTransform(rotation_of(yaw, pitch, roll), np.array(position))
    if given[0] == _MATRIX:
        return RigidTransform(_orthonormal(rotation, np.array(rotation.matrix(_MATRIX, 3, 3))), np.array(position))
    turn = _turn_of(rotation, given[0])
    return RigidTransform(turn if given[0] == _BODY else turn @ CAMERA_FROM_BODY.rotation, np.array(position))


def rotation_of(yaw_left_deg: float, pitch_up_deg: float, roll_right_deg: float) -> NDArray[np.float64]:
    """(3, 3) from body axes turned to the left, then lifted, then rolled to the right, to those they were turned in."""
    yaw, pitch, roll = (math.radians(angle) for angle in (yaw_left_deg, pitch_up_deg, roll_right_deg))
    cy, sy, cp, sp, cr, sr = *_cos_sin(yaw), *_cos_sin(pitch), *_cos_sin(roll)
    turn = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    lift = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    lean = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return np.asarray(turn @ lift @ lean)


def _cos_sin(angle: float) -> tuple[float, float]:
    """Exact at quarter turns, so that a camera to the side sees the horizon in one row."""
    quarters = angle / (math.pi / 2)
    if quarters == round(quarters):
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarters) % 4]
    return math.cos(angle), math.sin(angle)


def _angle(rotation: Section, word: str) -> float:
    angle = rotation.number(word)
    limit = 90.0 if word == "pitch_up_deg" else 180.0
    if abs(angle) > limit:
        raise rotation.error(word, f"expected {-limit:g} … {limit:g} degrees, got {angle:g}")
    return angle


def _turn_of(rotation: Section, form: str) -> NDArray[np.float64]:
    """(3, 3) of a unit quaternion."""
    numbers = np.array(rotation.numbers(form, 4))
    length = float(np.linalg.norm(numbers))
    if abs(length - 1.0) > _SLOPPY:
        raise rotation.error(form, f"expected a unit quaternion w, x, y, z; this one has the length {length:g}")
    w, x, y, z = (numbers / length).tolist()
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])


def _orthonormal(rotation: Section, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation that rounded numbers stand for."""
    left, scale, right = np.linalg.svd(matrix)
    nearest = np.asarray(left @ right)
    if np.abs(scale - 1.0).max() > _SLOPPY:
        raise rotation.error(_MATRIX, "is no rotation: its rows are not of length 1 and at right angles")
    if np.linalg.det(nearest) < 0:
        raise rotation.error(_MATRIX, "is a reflection: are its axes left-handed?")
    return nearest
