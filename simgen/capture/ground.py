"""The ground of a simulator's world, as motion asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.capture.spawn import GROUND_ABOVE_M, GROUND_BELOW_M, ground_under
from simgen.motion.road import Place

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class WorldGround:
    """Heights by rays, one call to the server each."""

    world: carla.World

    def heights_m(self, xyz_m: Floats) -> Floats:
        """(N,) right-handed heights near points (N, 3), within the same reach as a spot is looked for when somebody is
        spawned there; NaN where there is no ground. Raises SimulatorError and its kin."""
        return np.array([self._height_m(*point) for point in xyz_m.tolist()])

    def _height_m(self, x_m: float, y_m: float, z_m: float) -> float:
        height = ground_under(self.world, Place(x_m, y_m, z_m, 0.0), GROUND_ABOVE_M, GROUND_BELOW_M)
        return math.nan if height is None else height
