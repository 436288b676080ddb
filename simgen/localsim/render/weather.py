"""The weather as a CARLA client sets it, and what it means for light.

CARLA's azimuth 0 lies along its +x and grows towards its +y. CARLA is left-handed, so in our right-handed world the
sun stands at the angle -azimuth from +x, counter-clockwise seen from above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

# CARLA's wind has a strength and no direction; here it blows so, right-handed, and at full strength this fast.
WIND_DIRECTION = (0.48, 0.877, 0.0)
STRONGEST_WIND_MPS = 14.0


@dataclass(frozen=True, slots=True)
class Weather:
    """CARLA's fourteen weather parameters, by CARLA's names and units (percent, degrees, metres).

    The defaults are CARLA's preset ClearNoon.
    """

    cloudiness: float = 5.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 10.0
    sun_azimuth_angle: float = -1.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 2.0
    fog_distance: float = 0.75
    fog_falloff: float = 0.1
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not math.isfinite(getattr(self, field.name)):
                raise ValueError(f"weather: {field.name} is not a finite number")

    @property
    def sun_direction(self) -> NDArray[np.float64]:
        """(3,) unit vector to the sun, right-handed world."""
        azimuth, altitude = math.radians(-self.sun_azimuth_angle), math.radians(self.sun_altitude_angle)
        return np.array([math.cos(altitude) * math.cos(azimuth), math.cos(altitude) * math.sin(azimuth),
                         math.sin(altitude)])

    @property
    def wind_mps(self) -> float:
        return STRONGEST_WIND_MPS * self.wind_intensity / 100.0

    @property
    def street_lamps_on(self) -> bool:
        """CARLA's light manager switches them on when the sun is below the horizon."""
        return self.sun_altitude_angle < 0.0
