"""Which beam a return belongs to, and the order in which KITTI's files hold returns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def rings(points_m: NDArray[np.floating], elevations_rad: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Which beam each return belongs to, by its elevation.

    Args:
        points_m: (N, 3) in LiDAR axes.
        elevations_rad: (channels,) beam table from the top beam to the bottom one.

    Returns:
        (N,) index of the nearest beam; 0 is the top one.
    """
    elevation = np.arctan2(points_m[:, 2], np.hypot(points_m[:, 0], points_m[:, 1]))
    halfway = (elevations_rad[1:] + elevations_rad[:-1]) / 2
    # searchsorted wants ascending borders; the table descends.
    from_below = np.searchsorted(halfway[::-1], elevation)
    return np.asarray(len(elevations_rad) - 1 - from_below, dtype=np.uint8)


def kitti_order(
    points_m: NDArray[np.floating], ring: NDArray[np.uint8], azimuth_step_rad: float
) -> NDArray[np.intp]:
    """The order of points in KITTI's files: ring by ring from the top, counter-clockwise from straight ahead.

    Range-image code that cuts the rows of a file where the azimuth starts anew relies on it.

    Args:
        points_m: (N, 3) in LiDAR axes.
        ring: (N,) from ``rings``.
        azimuth_step_rad: angle between firings.

    Returns:
        (N,) indices into the given arrays.
    """
    return turn_order(points_m[:, 0].astype(np.float64), points_m[:, 1].astype(np.float64), ring, azimuth_step_rad)


def turn_order(
    ahead_m: NDArray[np.float64], left_m: NDArray[np.float64], ring: NDArray[np.uint8], azimuth_step_rad: float
) -> NDArray[np.intp]:
    """``kitti_order`` of points by their two coordinates in the plane.

    Args:
        ahead_m, left_m: (N,) along LiDAR axes x and y.
        ring: (N,) from ``rings``.
        azimuth_step_rad: angle between firings. A turn starts a quarter of it before straight ahead, so that rounding
            does not carry a return to the other end of its ring: with an even number of firings one lies straight
            ahead, with an odd number two lie half a step beside it.

    Returns:
        (N,) indices into the given arrays.
    """
    turn = 2 * math.pi
    azimuth = np.arctan2(left_m, ahead_m)
    azimuth += azimuth_step_rad / 4
    azimuth[azimuth < 0] += turn            # what % does, in a tenth of its time
    azimuth += ring * turn
    return np.argsort(azimuth, kind="stable")
