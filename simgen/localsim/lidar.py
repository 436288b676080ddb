"""CARLA's spinning LiDAR: which rays a head casts in one tick, and which of their returns survive.

The head turns clockwise seen from above (CARLA's yaw) and starts at its back. In one tick it turns by
rotation_frequency · dt of its horizontal field of view; every channel casts round(points_per_second · dt / channels)
rays on the way, from the same frozen world. Elevations are even from upper_fov down to lower_fov.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAME_ANGLE_DEG = 1e-6


@dataclass(frozen=True, slots=True)
class Head:
    """The turning part of a LiDAR, by CARLA's attributes (degrees, Hz, metres)."""

    channels: int
    range_m: float
    points_per_second: float
    rotation_frequency_hz: float
    upper_fov_deg: float
    lower_fov_deg: float
    horizontal_fov_deg: float

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Head:
        """From a sensor's attributes."""
        number = {key: float(attributes[key]) for key in (
            "range", "points_per_second", "rotation_frequency", "upper_fov", "lower_fov", "horizontal_fov",
        )}
        return cls(
            int(attributes["channels"]), number["range"], number["points_per_second"],
            number["rotation_frequency"], number["upper_fov"], number["lower_fov"], number["horizontal_fov"],
        )

    def points_per_channel(self, dt: float) -> int:
        """Rays each channel casts in ``dt`` seconds."""
        return int(np.floor(self.points_per_second * dt / self.channels + 0.5))

    def angle_after(self, start_deg: float, dt: float) -> float:
        """Where the head stands ``dt`` seconds later, degrees from its start. A whole turn ends exactly where it began,
        so that full sweeps do not creep."""
        turned = (start_deg + self.rotation_frequency_hz * self.horizontal_fov_deg * dt) % self.horizontal_fov_deg
        near = min(turned, self.horizontal_fov_deg - turned) < _SAME_ANGLE_DEG
        return 0.0 if near else turned

    def directions(self, start_deg: float, dt: float) -> NDArray[np.float32]:
        """(channels · points, 3) unit vectors in CARLA's sensor axes, channel after channel from the top one."""
        count = self.points_per_channel(dt)
        step = self.rotation_frequency_hz * self.horizontal_fov_deg * dt / max(count, 1)
        turned = np.mod(start_deg + step * np.arange(count), self.horizontal_fov_deg)
        azimuth = np.radians(turned - self.horizontal_fov_deg / 2.0)
        elevation = np.radians(np.linspace(self.upper_fov_deg, self.lower_fov_deg, self.channels))[:, None]
        level = np.cos(elevation)
        rays = np.stack(np.broadcast_arrays(
            level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)
        ), axis=-1)
        return rays.reshape(-1, 3).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Returns:
    """What becomes of a plain LiDAR's echoes, by CARLA's attributes."""

    attenuation_per_m: float
    dropoff_general: float
    dropoff_limit: float
    dropoff_zero: float
    noise_stddev_m: float

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Returns:
        """From a sensor's attributes."""
        return cls(*(float(attributes[key]) for key in (
            "atmosphere_attenuation_rate", "dropoff_general_rate", "dropoff_intensity_limit",
            "dropoff_zero_intensity", "noise_stddev",
        )))

    def intensity(self, range_m: NDArray[np.floating]) -> NDArray[np.float64]:
        """exp(−a·d): CARLA's plain LiDAR knows no reflectance."""
        return np.exp(-self.attenuation_per_m * np.asarray(range_m, dtype=np.float64))

    def survives(self, intensity: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Two lotteries, as CARLA documents them: a general one, and one for weak echoes, in which the chance of being
        dropped falls from dropoff_zero_intensity at intensity 0 to 0 at dropoff_intensity_limit."""
        kept = rng.random(len(intensity)) >= self.dropoff_general
        if self.dropoff_limit > 0.0:
            dropped = self.dropoff_zero * np.clip(1.0 - intensity / self.dropoff_limit, 0.0, 1.0)
            kept &= rng.random(len(intensity)) >= dropped
        return kept

    def noise_m(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Errors of range, along the ray."""
        return rng.normal(0.0, self.noise_stddev_m, count) if self.noise_stddev_m > 0.0 else np.zeros(count)
