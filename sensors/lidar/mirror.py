"""Ghosts under a wet road: a closed film of water sends flat beams on, and objects are then seen below the ground.

Such a beam, its way to the object and the object lie in one vertical plane, so the object as the same sweep saw it
directly, mirrored in the road's plane, is where its ghost appears: no ray has to be cast. The beam that looks there
and met the road on its way reports the object's mirror image, at the length of the bent path. Light is mirrored on the
way out and on the way back, so power falls with R(θ)². The water is taken to be calm: rain ripples the mirror, and the
ghosts found here are the most that there can be.

An object that the sweep did not see directly has no ghost here, and a face that only the mirror would see is taken to
be as bright as the one that was seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.conditions import Conditions
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.ground import mirrored
from sensors.lidar.link import received_power
from sensors.lidar.surface_weather import closed_film, is_lying, is_paved
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause, CleanSweep

MIRRORING_COSINE = 0.199        # of incidence, below which water mirrors more than 0.3: above 78.5°
_BEYOND_M = 0.5                 # an object stands at least so far behind the place that mirrors it
_FEWEST = 20                    # ground points that a plane is laid through


def mirror_ghosts(
    clean: CleanSweep,
    reflectance: NDArray[np.float32],
    conditions: Conditions,
    extinction_per_m: float,
    device: LidarDevice,
    world_from_lidar: RigidTransform | None = None,
) -> Echo:
    """What beams that a wet road mirrors see, as NOISE: at most one object a beam, the one that returns most.

    Args:
        clean: of a device that stands upright.
        reflectance: (N,) of the surfaces in this weather.
        extinction_per_m: one way, of all that is in the air together.
        world_from_lidar: as for ``surface_weather.in_weather``; mirrors are where the film is closed.

    Returns:
        Ranges are longer than those of the ground, by which the beams are mirrored.
    """
    echo = Echo.none(len(clean))
    if conditions.water_film_mm == 0:
        return echo
    shiny = np.flatnonzero((clean.cos_incidence < MIRRORING_COSINE) & is_paved(clean.tag) & clean.is_hit)
    if len(shiny) < _FEWEST:
        return echo
    road_m = clean.direction[shiny] * clean.range_m[shiny, None]
    normal, height_m = _plane(road_m)
    share = np.zeros(len(clean), dtype=np.float32)
    share[shiny] = mirrored(clean.cos_incidence[shiny]) * closed_film(road_m, conditions, world_from_lidar)

    objects = np.flatnonzero(clean.is_hit & ~is_lying(clean.tag) & (reflectance > 0))
    above_m = (clean.direction[objects] @ normal) * clean.range_m[objects] - np.float32(height_m)
    flat = -height_m + above_m < MIRRORING_COSINE * clean.range_m[objects]      # else no flat beam looks there
    objects, above_m = objects[flat], above_m[flat]
    image_m = clean.direction[objects] * clean.range_m[objects, None] - np.outer(2 * above_m, normal)
    away_m = np.sqrt(np.einsum("ij,ij->i", image_m, image_m))
    mirror = _beams_towards(image_m / away_m[:, None], clean, shiny, device)
    found = np.flatnonzero((mirror >= 0) & (away_m > clean.range_m[mirror] + _BEYOND_M))
    mirror, away_m = mirror[found], away_m[found].astype(np.float32)
    power = received_power(reflectance[objects[found]] * share[mirror] ** 2, away_m, extinction_per_m,
                           device.overlap_m).astype(np.float32)
    left = np.flatnonzero(power > 0)
    while len(left):                                # until no beam has a stronger one
        echo.range_m[mirror[left]] = away_m[left]
        echo.power[mirror[left]] = power[left]
        left = left[power[left] > echo.power[mirror[left]]]
    echo.cause[echo.power > 0] = Cause.NOISE
    return echo


def _plane(points_m: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Normal, upwards, and n·p of the plane z = a·x + b·y + c nearest to points."""
    columns = np.column_stack([points_m[:, :2], np.ones(len(points_m))]).astype(np.float64)
    a, b, c = np.linalg.solve(columns.T @ columns, columns.T @ points_m[:, 2])
    normal = np.array([-a, -b, 1.0])
    length = float(np.linalg.norm(normal))
    return (normal / length).astype(np.float32), float(c) / length


def _beams_towards(
    direction: NDArray[np.floating], clean: CleanSweep, among: NDArray[np.intp], device: LidarDevice
) -> NDArray[np.intp]:
    """(K,) which of the beams ``among`` looks where each direction does, −1 where none does: by ring and column."""
    columns = int(np.bincount(clean.ring).max())
    table = np.full((device.channels, columns), -1, dtype=np.intp)
    table[clean.ring[among], _column(clean.direction[among], columns)] = among
    halfway = (device.elevations_deg[1:] + device.elevations_deg[:-1]) / 2
    elevation_deg = np.degrees(np.arcsin(np.clip(direction[:, 2], -1, 1)))
    ring: NDArray[np.intp] = device.channels - 1 - np.searchsorted(halfway[::-1], elevation_deg)
    found: NDArray[np.intp] = table[ring, _column(direction, columns)]
    return found


def _column(direction: NDArray[np.floating], columns: int) -> NDArray[np.intp]:
    turn = np.arctan2(direction[:, 1], direction[:, 0]) * np.float32(0.5 / np.pi) + np.float32(0.5)
    column: NDArray[np.intp] = (turn * columns).astype(np.intp) % columns
    return column
