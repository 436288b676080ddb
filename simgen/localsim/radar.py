"""CARLA's radar: which rays it casts in a tick, and what it tells of what they met.

Rays fill an elliptic cone. Each is drawn by a radius, even in 0 … 1, and an angle: so they are denser in the middle, as
CARLA's are. A detection is the velocity along the ray relative to the radar (negative: it comes nearer), azimuth
(positive to the right) and altitude (positive upwards) in the radar's axes, and the distance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# So that a count that is whole stays whole although time is a sum of steps.
_COUNT_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Antenna:
    """A radar by CARLA's attributes (radians, metres). range_m: how deep along its axis it looks."""

    horizontal_fov_rad: float
    vertical_fov_rad: float
    range_m: float
    points_per_second: float

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Antenna:
        """From a sensor's attributes."""
        return cls(np.radians(float(attributes["horizontal_fov"])), np.radians(float(attributes["vertical_fov"])),
                   float(attributes["range"]), float(attributes["points_per_second"]))

    def rays(self, dt: float, rng: np.random.Generator) -> NDArray[np.float64]:
        """(N, 3) unit vectors in CARLA's sensor axes, for ``dt`` seconds."""
        count = int(self.points_per_second * dt + _COUNT_SLACK)
        # Two draws a ray, one after another: so the first rays of a longer tick are those of a shorter one.
        radius, turn = rng.random((count, 2)).T
        angle = 2.0 * np.pi * turn
        right = np.tan(self.horizontal_fov_rad / 2.0) * radius * np.cos(angle)
        up = np.tan(self.vertical_fov_rad / 2.0) * radius * np.sin(angle)
        rays: NDArray[np.float64] = np.stack([np.ones(count), right, up], axis=-1)
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        return rays


def angles_rad(rays: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth (positive to the right) and altitude (positive upwards) of (N, 3) directions in CARLA's sensor axes."""
    ahead, right, up = rays.T
    return np.arctan2(right, ahead), np.arctan2(up, np.hypot(ahead, right))


def closing_mps(
    points: NDArray[np.float64], earlier_points: NDArray[np.float64], eye: NDArray[np.float64],
    earlier_eye: NDArray[np.float64], dt: float,
) -> NDArray[np.float64]:
    """(N,) m/s along the line of sight at which points (N, 3) go away from an eye (3,); negative: they come nearer."""
    sight = points - eye
    sight /= np.linalg.norm(sight, axis=1, keepdims=True)
    relative = ((points - earlier_points) - (eye - earlier_eye)) / dt
    speeds: NDArray[np.float64] = np.einsum("ij,ij->i", relative, sight)
    return speeds
