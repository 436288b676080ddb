"""How high somebody stands, as a simulator answers it. CARLA's world is played by a stack of surfaces."""

import math
from dataclasses import dataclass

import carla
import numpy as np
import pytest

from simgen.capture.ground import WorldGround
from simgen.capture.spawn import on_ground
from simgen.errors import PlacementError
from simgen.motion.road import Place

LABEL = carla.CityObjectLabel


@dataclass(frozen=True)
class Hit:
    location: carla.Location
    label: carla.CityObjectLabel


@dataclass(frozen=True)
class Layers:
    """Level surfaces, the highest first, everywhere on the map's left (CARLA's negative y)."""

    surfaces: tuple[tuple[float, carla.CityObjectLabel], ...]

    def cast_ray(self, start: carla.Location, end: carla.Location) -> list[Hit]:
        if start.y > 0.0:
            return []
        return [Hit(carla.Location(start.x, start.y, z), label) for z, label in self.surfaces if end.z <= z <= start.z]

    def ground_projection(self, start: carla.Location, reach_m: float) -> Hit | None:
        hits = self.cast_ray(start, carla.Location(start.x, start.y, start.z - reach_m))
        return hits[0] if hits else None


def test_heights_are_those_of_the_ground_under_a_bush_and_a_parked_car() -> None:
    ground = WorldGround(Layers(((5.3, LABEL.Car), (4.9, LABEL.Vegetation), (4.5, LABEL.Terrain), (1.0, LABEL.Roads))))
    heights = ground.heights_m(np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 6.0], [1.0, 2.0, 1.2], [1.0, -2.0, 4.0]]))
    # From 2.5 m above to 10 m below: the third lies too deep under the terrain to be meant by it.
    assert heights[:3] == pytest.approx([4.5, 4.5, 1.0])
    assert math.isnan(heights[3])


def test_nobody_is_spawned_on_top_of_a_bush() -> None:
    there = Place(1.0, 2.0, 0.2, 0.3)
    assert on_ground(Layers(((0.4, LABEL.Vegetation), (0.1, LABEL.Terrain))), there, "child").z_m == pytest.approx(0.1)
    assert on_ground(Layers(((0.4, LABEL.Sidewalks), (0.1, LABEL.Terrain))), there, "child").z_m == pytest.approx(0.4)
    assert on_ground(Layers(((0.4, LABEL.Vegetation),)), there, "child").z_m == pytest.approx(0.4)
    with pytest.raises(PlacementError, match="no ground"):
        on_ground(Layers(()), there, "child")
