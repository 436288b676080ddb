"""How bright the level's surfaces are differs from place to place: facades by house, roads by wear and repair.

Objects draw their reflectivity from their material's range, each its own. What belongs to no actor is one endless
thing to a simulator; here it takes the range's values in patches of a few metres (``sensors.patches``), which stay
where they are. A material's range counts as four standard deviations of a log-normal distribution whose mean is the
material's.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.lidar.materials import catalogue
from sensors.patches import CELL_M, CELLS, numbers
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep

# Roads, pavements, buildings, walls, fences, vegetation, terrain, lane paint, ground, bridges, rail tracks, rock.
_TAGS = (1, 2, 3, 4, 5, 9, 10, 24, 25, 26, 27, 29)
_AWAY_M = 64.0                  # half the landscape's period, so that puddles do not choose the bright places


def from_place_to_place(
    reflectance: NDArray[np.float32], clean: CleanSweep, world_from_lidar: RigidTransform
) -> NDArray[np.float32]:
    """(N,) the reflectance of a sweep's surfaces, given that of mean materials; actors keep theirs."""
    turn, shift = world_from_lidar.rotation, world_from_lidar.translation_m
    rows = np.column_stack([turn[:2], shift[:2] + _AWAY_M])
    return np.asarray(_scaled(reflectance, clean.direction, clean.range_m, clean.tag, clean.actor_id, _spread(),
                              numbers(), rows))


@lru_cache(maxsize=1)
def _spread() -> NDArray[np.float32]:
    """(256,) standard deviation of the logarithm of reflectivity, by tag; 0 where it does not differ."""
    classes = catalogue()[1]
    spread = np.zeros(256, np.float32)
    for tag in _TAGS:
        least, _, most = classes[tag][0][0].diffuse
        spread[tag] = math.log(most / least) / 4
    spread.flags.writeable = False
    return spread


@compiled
def _scaled(
    reflectance: NDArray[np.float32], direction: NDArray[np.float32], range_m: NDArray[np.float32],
    tag: NDArray[np.uint8], actor_id: NDArray[np.uint32], spread: NDArray[np.float32], patches: NDArray[np.float32],
    rows: NDArray[np.float64],
) -> NDArray[np.float32]:
    out = np.empty_like(reflectance)
    for i in range(len(reflectance)):
        out[i] = reflectance[i]
        sigma = spread[tag[i]]
        if sigma == 0 or actor_id[i] != 0 or range_m[i] == np.inf:
            continue
        x, y, z = direction[i, 0] * range_m[i], direction[i, 1] * range_m[i], direction[i, 2] * range_m[i]
        east = rows[0, 0] * x + rows[0, 1] * y + rows[0, 2] * z + rows[0, 3]
        north = rows[1, 0] * x + rows[1, 1] * y + rows[1, 2] * z + rows[1, 3]
        column, row = math.floor(east / CELL_M) & (CELLS - 1), math.floor(north / CELL_M) & (CELLS - 1)
        out[i] *= np.float32(math.exp(sigma * (patches[row, column] - np.float32(0.5) * sigma)))
    return out
