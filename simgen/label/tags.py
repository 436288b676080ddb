"""CARLA's semantic tags (0.9.14 and later), by what an object of each kind can carry.

Tags are a server's classes for pixels and LiDAR returns. Some are wrong at the edges of things, and animals and props
have whatever their asset's folder says; so they only rule out.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

PEDESTRIAN, RIDER = 12, 13
VEHICLES = (14, 15, 16, 17, 18, 19)     # Car, Truck, Bus, Train, Motorcycle, Bicycle

# Roads, Sidewalks, Buildings, Terrain, Sky, Water, RoadLines, Ground, Bridge, RailTrack: no actor at all.
_GROUND = (1, 2, 3, 10, 11, 23, 24, 25, 26, 27)
# Walls, Fences, Poles, TrafficLight, TrafficSigns, Vegetation, GuardRail: a prop may be one of these.
_FITTINGS = (4, 5, 6, 7, 8, 9, 28)
_FOREIGN = {
    "vehicle": (*_GROUND, *_FITTINGS, PEDESTRIAN),
    "walker": (*_GROUND, *_FITTINGS, *VEHICLES),
    "animal": (*_GROUND, *_FITTINGS, *VEHICLES),
    "prop": _GROUND,
}


@cache
def allowed_tags(kind: str) -> NDArray[np.bool_]:
    """(256,) which tags an actor of this kind may have. Kinds as in ``ActorState``."""
    allowed = np.ones(256, dtype=np.bool_)
    allowed[list(_FOREIGN[kind])] = False
    allowed.flags.writeable = False
    return allowed


@cache
def tags_of(*tags: int) -> NDArray[np.bool_]:
    """(256,) a table that holds for these tags only."""
    wanted = np.zeros(256, dtype=np.bool_)
    wanted[list(tags)] = True
    wanted.flags.writeable = False
    return wanted
