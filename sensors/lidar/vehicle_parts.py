"""What a point of a vehicle is made of, by where in its box it lies: windows, tyres, number plates, or the body.

Simulators give a vehicle one tag for all of it. A LiDAR shows its parts: windows mirror the beam away or let it
through, so that there are holes; tyres are black; number plates shine like signs. Places are those of common vehicles,
in shares of the box.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.sweeps import CleanSweep

BODY, GLASS, TYRE, PLATE = range(4)
MATERIALS = {GLASS: "car_glass", TYRE: "tyre", PLATE: "plate"}

CAR, TRUCK, BUS = 14, 15, 16            # CARLA's tags
_OTHERS = (17, 18, 19)                  # trains, motorcycles, bicycles
_MARGIN_M = 0.1
_TALL_M = 1.9                           # a car from here on is a van: it has windows in front only
_PILLARS, _PILLAR_HALF = (-0.30, -0.03, 0.20), 0.025        # along the length, from the middle
_WHEELS, _WHEEL_RADIUS_M = (-0.29, 0.29), 0.33
_PLATE_HALF_M, _PLATE_HEIGHT_M = 0.26, (0.42, 0.58)


def parts(points_m: NDArray[np.floating], box: Box3, tag: int) -> NDArray[np.uint8]:
    """(N,) ``BODY``, ``GLASS``, ``TYRE`` or ``PLATE`` of (N, 3) points of one vehicle, in the frame of its box."""
    length, width, height = (float(size) for size in box.size_lwh_m)
    place = (points_m - box.frame_from_box.translation_m) @ box.frame_from_box.rotation
    ahead, aside, above_m = place[:, 0] / length, np.abs(place[:, 1]) / width, place[:, 2] + height / 2
    found = np.full(len(points_m), BODY, dtype=np.uint8)
    found[_is_window(ahead, aside, above_m / height, height, tag)] = GLASS
    if tag in (CAR, TRUCK, BUS):
        wheel = np.zeros(len(points_m), dtype=np.bool_)
        for at in _WHEELS:
            wheel |= np.hypot((ahead - at) * length, above_m - _WHEEL_RADIUS_M) < _WHEEL_RADIUS_M
        found[wheel & (aside > 0.35)] = TYRE
        low, high = _PLATE_HEIGHT_M
        middle = (np.abs(place[:, 1]) < _PLATE_HALF_M) & (above_m > low) & (above_m < high)
        found[middle & (np.abs(ahead) > 0.46)] = PLATE
    return found


def numbered(clean: CleanSweep, vehicles: Mapping[int, Box3]) -> NDArray[np.uint32]:
    """(N,) actor ids in which the beams that meet a vehicle of the level, which has none, get its number.

    Args:
        vehicles: boxes in LiDAR axes by actor id, or for vehicles of the level by any number that no actor has.
    """
    unowned = np.flatnonzero((clean.actor_id == 0) & np.isin(clean.tag, (CAR, TRUCK, BUS, *_OTHERS)) & clean.is_hit)
    if not len(unowned):
        return clean.actor_id
    actor_id: NDArray[np.uint32] = clean.actor_id.copy()
    points = clean.direction[unowned] * clean.range_m[unowned, None]
    for number, box in vehicles.items():
        actor_id[unowned[box.contains(points, _MARGIN_M)]] = number
    return actor_id


def _is_window(
    ahead: NDArray[np.floating], aside: NDArray[np.floating], above: NDArray[np.floating], height_m: float, tag: int
) -> NDArray[np.bool_]:
    """ahead, above: shares of length and height from the middle and the road; aside: of the width from the middle."""
    if tag == BUS:
        return (above > 0.45) & (above < 0.80)
    if tag == TRUCK or (tag == CAR and height_m > _TALL_M):
        return (above > 0.50) & (above < 0.80) & (ahead > 0.25)
    if tag != CAR:
        return np.zeros(len(ahead), dtype=np.bool_)
    pillar = np.zeros(len(ahead), dtype=np.bool_)
    for at in _PILLARS:
        pillar |= np.abs(ahead - at) < _PILLAR_HALF
    return (above > 0.64) & (above < 0.92) & ~(pillar & (aside > 0.3))
