"""``planes/ID.txt``: the road as a plane, on which trainers set the objects that they paste into a frame.

A plane is a·x + b·y + c·z + d = 0 in rectified camera 0 (x right, y down, z ahead), of unit normal that points up, so b
is about −1 and d the camera's height. It is fitted to the LiDAR's returns from the road.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.errors import DatasetError

Floats = NDArray[np.float64]

REACH_M = 40.0              # of the returns that count: farther away a road may climb or fall
LEAST_RETURNS = 30
_ROAD_TAGS = (1, 24)        # CARLA's Roads and RoadLines: pavements are a kerb's height above them
_NEAR_M = 0.2               # returns farther from the fit are another road's, such as a bridge's
_TRUSTED, _ROUNDS = 0.7, 5  # a fit keeps this share of the returns, the nearest, for the next; so many times
_HEADER = ("# Plane", "Width 4", "Height 1")


def road_plane(
    points_m: NDArray[np.floating], tag: NDArray[np.integer], rectified_from_lidar: RigidTransform,
    rectified_from_rig: RigidTransform,
) -> Floats:
    """(4,) a, b, c, d. With fewer than 30 returns from a road near by, it is the ground that the car's wheels stand on.

    Args:
        points_m: (N, 3) in LiDAR axes.
        tag: (N,) CARLA's semantic tag of each.
        rectified_from_rig: rig axes have the ground at z = 0.
    """
    road = points_m[np.isin(tag, _ROAD_TAGS)].astype(np.float64)
    found = rectified_from_lidar.apply(road[np.hypot(road[:, 0], road[:, 1]) <= REACH_M])
    under_wheels = _plane(rectified_from_rig.rotation[:, 2], rectified_from_rig.translation_m)
    if len(found) < LEAST_RETURNS:
        return under_wheels
    fit = _fitted(found)
    for _ in range(_ROUNDS):        # concentration steps of least trimmed squares (Rousseeuw, Van Driessen 2006)
        off_m = _off_m(fit, found)
        fit = _fitted(found[off_m <= np.quantile(off_m, _TRUSTED)])
    near = found[_off_m(fit, found) <= _NEAR_M]
    return _fitted(near) if len(near) >= LEAST_RETURNS else under_wheels


def _off_m(plane: Floats, points_m: Floats) -> Floats:
    return np.asarray(np.abs(points_m @ plane[:3] + plane[3]))


def _fitted(points_m: Floats) -> Floats:
    """The plane y = αx + γz + δ of least squares; in x and z no road is upright."""
    columns = np.column_stack([points_m[:, 0], points_m[:, 2], np.ones(len(points_m))])
    alpha, gamma, delta = np.linalg.lstsq(columns, points_m[:, 1], rcond=None)[0]
    return np.asarray(np.array([alpha, -1.0, gamma, delta]) / np.sqrt(1.0 + alpha**2 + gamma**2))


def _plane(up: Floats, on_it_m: Floats) -> Floats:
    return np.array([*up, -float(up @ on_it_m)])


def plane_text(plane: Floats) -> str:
    """The file: three lines of header, then the four numbers."""
    return "\n".join((*_HEADER, " ".join(f"{number + 0.0:.6e}" for number in plane))) + "\n"


def parse_plane(text: str) -> Floats:
    """(4,) the inverse of ``plane_text``.

    Raises:
        DatasetError: if the fourth line does not hold four numbers.
    """
    lines = text.splitlines()
    try:
        plane = np.array([float(word) for word in lines[3].split()])
    except (IndexError, ValueError) as error:
        raise DatasetError(f"not a plane: {error}") from error
    if plane.shape != (4,):
        raise DatasetError(f"a plane has four numbers, this one {len(plane)}")
    return plane
