"""Where street furniture stands: against house fronts and on the grass beside pavements, never where people walk.

Lamps and trees stand at the kerb (``streetside.py``). Everything here is kept within ``BAND_M`` of the pavement's outer
edge or beyond it, because people walk on all the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance
from simgen.localsim.places.facades import bays_of
from simgen.localsim.places.footprint import Raster
from simgen.localsim.places.furniture import fence, hedge
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.houses import House
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.scenery import on_ground, stand
from simgen.localsim.places.settlement import Frontage
from simgen.localsim.places.shapes import MeshBuilder

Array = NDArray[np.float64]

STATIC_TAG = 20               # CARLA's Static
BAND_M = 0.25                 # how far furniture may reach into the pavement from its outer edge
AGAINST_M = 0.20              # its middle from a house's front
CLEAR_OF_DOOR_M = 1.6
LOT_M = 7.0                   # along an open plot: a piece of furniture, a fence or a hedge every so often
SHORTEST_RUN_M = 5.0
FROM_HOUSE_M = 2.2            # an open plot begins this far from houses
SHELTER_EVERY_M = 170.0


def furnish_front(house: House, ground: Ground, rng: np.random.Generator) -> list[Instance]:
    """Some things against the front of a town house, away from its door."""
    if rng.random() < 0.35:
        return []
    if house.shop:
        spots, kinds = [0.62, house.width - 0.62], ["planter", "planter"]
    else:
        bays = bays_of(house.width, house.style.bay_m)
        spots = [x for x in (0.8, house.width - 1.0, house.width / bays * 1.0, 0.75 * house.width)
                 if abs(x - house.door_at) > CLEAR_OF_DOOR_M and 0.6 < x < house.width - 0.6]
        spots = spots[: int(rng.integers(1, 3))]
        kinds = [("post_box", "cabinet", "planter", "planter")[int(rng.integers(4))] for _ in spots]
    if not spots:
        return []
    xy = (house.corner + np.array(spots)[:, None] * house.along - AGAINST_M * house.back)[:, :2]
    return _facing(kinds, on_ground(ground, xy), -house.back)


def furnish_plots(
    builder: MeshBuilder, lines: list[Frontage], clearance: Raster, relief: Relief, ground: Ground,
    rng: np.random.Generator,
) -> list[Instance]:
    """Along the pavement where no house stands: fences, hedges, bollards, and now and then something to look at."""
    found: list[Instance] = []
    since = 0.5 * SHELTER_EVERY_M
    for line in lines:
        for left, right in _open_runs(line, clearance, relief):
            position = left
            since += right - left
            while position + SHORTEST_RUN_M < right:
                end = min(position + LOT_M, right)
                middle = 0.5 * (position + end)
                if since > SHELTER_EVERY_M and _room(line, middle, 3.2, clearance) and not line.urban:
                    found += _beyond(line, ["bus_shelter"], [middle], 0.95, ground)
                    since, position = 0.0, end
                    continue
                draw = rng.random()
                if draw < 0.04 and _room(line, middle, 2.4, clearance):
                    found += _beyond(line, ["advertising_column"], [middle], 1.15, ground)
                elif draw < 0.13 and _room(line, middle, 2.4, clearance):
                    found += _beyond(line, ["bicycle_stand"], [middle], 1.25, ground)
                elif draw < 0.22:
                    found += _beyond(line, ["recycling_bins", "hydrant"], [middle - 1.2, middle + 1.0], 0.75, ground)
                elif draw < 0.55:
                    at = np.arange(position + 0.5, end - 0.2, 1.5)
                    found += _beyond(line, ["bollard"] * len(at), at.tolist(), 0.25, ground)
                elif line.urban:
                    at = np.arange(position, end + 1e-6, (end - position) / 3.0)
                    points = on_ground(ground, np.array([_spot(line, x, 0.5) for x in at])[:, :2])
                    if not np.isfinite(points).all():
                        pass
                    elif draw < 0.8:
                        hedge(builder, points, float(rng.uniform(0.7, 1.1)), rng)
                    else:
                        fence(builder, points)
                position = end
    return found


def _open_runs(line: Frontage, clearance: Raster, relief: Relief) -> list[tuple[float, float]]:
    """Stretches of a frontage (from, to) with no house near and no other road behind it."""
    at = np.arange(1.0, line.along[-1] - 1.0, 0.5)
    if not len(at):
        return []
    near, deep = (np.array([_spot(line, x, out) for x in at])[:, :2] for out in (0.6, 2.0))
    free = (clearance.at(near) > FROM_HOUSE_M) & (relief.distance(near) > 0.3) & (relief.distance(deep) > 1.5)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(int)))
    return [(float(at[a]), float(at[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)
            if at[b - 1] - at[a] > SHORTEST_RUN_M]


def _room(line: Frontage, position: float, radius: float, clearance: Raster) -> bool:
    return bool(clearance.at(_spot(line, position, 1.0)[None, :2])[0] > radius)


def _spot(line: Frontage, position: float, out: float) -> Array:
    """A point (3,) ``out`` metres beyond the pavement's outer edge."""
    return np.asarray(line.at(position) + out * _back(line, position))


def _back(line: Frontage, position: float) -> Array:
    """The horizontal unit vector away from the street."""
    along = line.at(min(position + 0.5, line.along[-1])) - line.at(max(position - 0.5, 0.0))
    along[2] = 0.0
    return np.asarray(np.cross([0.0, 0.0, 1.0], along / np.linalg.norm(along)))


def _beyond(line: Frontage, kinds: list[str], positions: list[float], out: float, ground: Ground) -> list[Instance]:
    found: list[Instance] = []
    for kind, position in zip(kinds, positions, strict=True):
        point = on_ground(ground, _spot(line, position, out)[None, :2])
        if np.isfinite(point).all():
            found += _facing([kind], point, -_back(line, position))
    return found


def _facing(kinds: list[str], points: Array, towards: Array) -> list[Instance]:
    yaw = np.full(len(points), np.arctan2(towards[1], towards[0]))
    return stand(kinds, points, yaw, np.ones(len(points)), tag=STATIC_TAG)
