"""Clouds behind vehicles: spray from wet roads, powder from snowy ones, dust from gravel.

A plume starts at the rear wheels and widens up to the roof line and beyond the sides; it thins out with distance and is
uneven from half metre to half metre, as pictures of SemanticSpray show. It takes light from the beams that pass and
returns some: a soft target with edges, too small for one table, so its beams are followed step by step
(``plume_beams``). Powder is SPRAY too: thrown up by wheels, not fallen from the sky.

The ego's own plume is left out by whoever lists the vehicles: it stays below and behind a roof.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.boxes import Box3
from sensors.conditions import Conditions
from sensors.devices.lidar import LidarDevice
from sensors.lidar.echo import Echo
from sensors.lidar.fog import DUST_LIDAR_RATIO_SR
from sensors.lidar.plume_beams import follow
from sensors.rigid import RigidTransform
from sensors.sweeps import Cause

SPRAY_LIDAR_RATIO_SR = 1 / 0.049        # Mie theory for "strong spray" at 905 nm (``droplets``)

_REAR_AXLE = 0.2            # of the vehicle's length, ahead of its rear end
_LENGTHS = 3.0              # of a plume, in distances over which it falls to 1/e
_ASIDE_M = 0.4              # how far it widens beyond the vehicle on either side
_CAR_M, _TRUCK_M = 1.5, 3.0                 # heights of vehicles
_CAR_SHARE = 0.6                            # of what a truck throws up


@dataclass(frozen=True, slots=True)
class _Throw:
    """What wheels throw up.

    speeds_mps:       nothing up to the first, most from the second on.
    extinction_per_m: most, of a truck, in the densest part.
    hang_s:           after this time of driving on, a plume has fallen to 1/e.
    tall:             height in heights of the vehicle.
    """

    speeds_mps: tuple[float, float]
    extinction_per_m: float
    hang_s: float
    tall: float

    def behind(self, box: Box3, speed_mps: float) -> float:
        """Extinction where the plume starts, per metre."""
        slow, fast = self.speeds_mps
        share = min(max((speed_mps - slow) / (fast - slow), 0.0), 1.0)
        big = min(max((float(box.size_lwh_m[2]) - _CAR_M) / (_TRUCK_M - _CAR_M), 0.0), 1.0)
        return self.extinction_per_m * share * (_CAR_SHARE + (1 - _CAR_SHARE) * big)


# Magnitudes only: spray is seen from 60 to 70 km/h on, and extinction in it is 0.02 to 0.1 1/m. That is an average: the
# densest part, on the road behind a truck's wheels, has five times that of the plume's first third as a whole.
_WATER = _Throw((50 / 3.6, 110 / 3.6), 0.5, 0.2, 1.0)
_POWDER = _Throw((30 / 3.6, 90 / 3.6), 0.7, 0.3, 1.0)
_DUST = _Throw((15 / 3.6, 60 / 3.6), 0.8, 0.8, 1.3)
_MOST_SPRAY_FILM_MM = 0.5           # as deep as the roughness of fine asphalt
_MOST_POWDER_DEPTH_M = 0.02
_DUSTLESS_WETNESS = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class Plume:
    """A cloud behind a vehicle.

    box:              what encloses it; x is the vehicle's heading, so the plume starts at the front and trails to the
                      back. In LiDAR axes for ``through_plumes``.
    extinction_per_m: in its densest part, on the road where it starts.
    fade_m:           distance over which extinction falls to 1/e.
    cause:            SPRAY or DUST.
    actor_id:         the vehicle.
    lidar_ratio_sr:   extinction over backscatter.
    """

    box: Box3
    extinction_per_m: float
    fade_m: float
    cause: Cause
    actor_id: int
    lidar_ratio_sr: float

    def transformed(self, a_from_frame: RigidTransform) -> Plume:
        """The same plume in other axes."""
        return replace(self, box=self.box.transformed(a_from_frame))


def spray_behind(
    boxes: Sequence[Box3], velocities_mps: ArrayLike, ids: Sequence[int], conditions: Conditions
) -> tuple[Plume, ...]:
    """Spray or snow powder behind vehicles on paved roads.

    Args:
        boxes: (K) vehicles, standing on the road, in any one frame; the plumes are in the same.
        velocities_mps: (K, 3) over the ground, along the frame's axes.
        ids: (K) actor ids.
        conditions: its film of water and its lying snow decide; where there are both, the stronger does.

    Returns:
        Plumes of those that are fast enough; none on dry roads.
    """
    water = min(conditions.water_film_mm / _MOST_SPRAY_FILM_MM, 1.0)
    powder = min(conditions.snow_depth_m / _MOST_POWDER_DEPTH_M, 1.0)
    return _plumes(boxes, velocities_mps, ids, ((_WATER, water), (_POWDER, powder)), Cause.SPRAY, SPRAY_LIDAR_RATIO_SR)


def dust_behind(
    boxes: Sequence[Box3], velocities_mps: ArrayLike, ids: Sequence[int], conditions: Conditions
) -> tuple[Plume, ...]:
    """Dust behind vehicles on gravel and bare soil; which ones drive there is the caller's to say.

    Args and returns: as ``spray_behind``. Wet or snow-covered ground gives none. Wind does not move it.
    """
    dry = max(1.0 - conditions.wetness / _DUSTLESS_WETNESS, 0.0)
    if conditions.water_film_mm > 0 or conditions.snow_depth_m > 0:
        dry = 0.0
    return _plumes(boxes, velocities_mps, ids, ((_DUST, dry),), Cause.DUST, DUST_LIDAR_RATIO_SR)


def _plumes(
    boxes: Sequence[Box3],
    velocities_mps: ArrayLike,
    ids: Sequence[int],
    throws: Sequence[tuple[_Throw, float]],
    cause: Cause,
    lidar_ratio_sr: float,
) -> tuple[Plume, ...]:
    velocities = np.asarray(velocities_mps, dtype=np.float64).reshape(-1, 3)
    if not len(boxes) == len(velocities) == len(ids):
        raise ValueError(f"plumes need as many velocities and ids as boxes, got {len(boxes)} boxes, "
                         f"{len(velocities)} velocities and {len(ids)} ids")
    plumes = []
    for box, velocity, actor_id in zip(boxes, velocities, ids, strict=True):
        speed_mps = float(velocity @ box.frame_from_box.rotation[:, 0])     # backing up throws nothing that matters
        densest, throw = max(
            ((amount * throw.behind(box, speed_mps), throw) for throw, amount in throws), key=lambda one: one[0]
        )
        if densest > 0:
            fade_m = throw.hang_s * speed_mps
            plumes.append(Plume(_enclosing(box, throw, fade_m), densest, fade_m, cause, actor_id, lidar_ratio_sr))
    return tuple(plumes)


def _enclosing(vehicle: Box3, throw: _Throw, fade_m: float) -> Box3:
    length, width, height = (float(size) for size in vehicle.size_lwh_m)
    start_x = (_REAR_AXLE - 0.5) * length
    size = np.array([_LENGTHS * fade_m, width + 2 * _ASIDE_M, throw.tall * height])
    centre = np.array([start_x - size[0] / 2, 0.0, (size[2] - height) / 2])
    return Box3(vehicle.frame_from_box @ RigidTransform(np.eye(3), centre), size)


def through_plumes(
    direction: NDArray[np.float32],
    range_m: NDArray[np.float32],
    plumes: Sequence[Plume],
    device: LidarDevice,
    rng: np.random.Generator,
    *,
    extinction_per_m: float = 0.0,
) -> tuple[NDArray[np.float32], Echo]:
    """What plumes take from each beam, and the strongest that they return.

    Args:
        direction: (N, 3) unit vectors.
        range_m: (N,) where each beam ends; infinite where nothing is met.
        plumes: in the axes of ``direction``, whose origin is the device.
        extinction_per_m: of the air round and in the plumes, one way; it weakens their echoes.

    Returns:
        (N,) one-way optical depth of the plumes up to where the beam ends, without the air's: a surface returns
        exp(−2·depth) of what it would. And echoes, with the ids of vehicles; weaker ones than a hundredth of the
        device's weakest power are left out.
    """
    count = len(range_m)
    depth = np.zeros(count, dtype=np.float32)
    echo = Echo.none(count)
    # From the nearest to the farthest, as near ones take from the light of far ones.
    for plume in sorted(plumes, key=lambda one: float(np.linalg.norm(one.box.frame_from_box.translation_m))):
        beam = _beams_near(plume.box, direction)
        follow(beam, direction, range_m, plume, device, extinction_per_m, rng, depth, echo)
    return depth, echo


def _beams_near(box: Box3, direction: NDArray[np.float32]) -> NDArray[np.intp]:
    """Indices of the beams that come near the box: all of those through the sphere round it."""
    centre, radius = box.frame_from_box.translation_m, float(np.linalg.norm(box.size_lwh_m)) / 2
    away = float(np.linalg.norm(centre))
    if away <= radius:
        return np.arange(len(direction))
    cosine = direction @ (centre / away).astype(np.float32)
    return np.flatnonzero(cosine > math.sqrt(1 - (radius / away) ** 2) - 1e-5)
