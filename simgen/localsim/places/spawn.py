"""Where vehicles may be born."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.places.ground import Ground
from simgen.localsim.places.opendrive.model import Road
from simgen.localsim.places.place import SpawnPoint
from simgen.localsim.places.roadway import DRIVING, Stretch, Strip

Array = NDArray[np.float64]

SPACING_M = 12.0
LIFT_M = 0.3              # CARLA's habit: vehicles are dropped onto the road
AHEAD_M = 20.0            # free lane before a map's end
BEHIND_M = 4.0            # room for the vehicle's own tail
NARROWEST_M = 2.2         # lanes narrower than this are tapers


def spawn_points(stretches: tuple[Stretch, ...], lanes: Ground) -> tuple[SpawnPoint, ...]:
    """One every ``SPACING_M`` on driving lanes outside junctions, in file order; ``lanes`` is the drawn surface."""
    rows = [row for x in stretches if not x.in_junction for strip in x.strips for row in _on_lane(x, strip)]
    if not rows:
        return ()
    poses = np.concatenate(rows)
    # The surface nearest to the lane's own height, so that a lane under a bridge keeps to the ground.
    z = lanes.height(poses[:, :2], below_m=poses[:, 2] + 0.5)
    z = np.where(np.isfinite(z), z, poses[:, 2])
    return tuple(
        SpawnPoint(float(x), float(y), float(height + LIFT_M), float(yaw))
        for (x, y, _, yaw), height in zip(poses, z, strict=True)
    )


def _on_lane(stretch: Stretch, strip: Strip) -> Iterator[Array]:
    if strip.lane.kind not in DRIVING:
        return
    road = stretch.road
    forward = (strip.lane.id < 0) == road.right_hand
    low, high = _open_range(road, forward)
    s = np.arange(0.5 * SPACING_M, road.length, SPACING_M)
    s = s[(s >= max(low, stretch.s[0])) & (s <= min(high, stretch.s[-1]))]
    middle = 0.5 * (strip.t_left + strip.t_right)
    wide = np.interp(s, stretch.s, strip.t_left - strip.t_right)
    s = s[wide >= NARROWEST_M]
    if not len(s):
        return
    t = np.interp(s, stretch.s, middle)
    ahead = stretch.at(s, t)
    before, after = np.maximum(s - 0.5, stretch.s[0]), np.minimum(s + 0.5, stretch.s[-1])
    along = stretch.at(after, np.interp(after, stretch.s, middle)) - stretch.at(
        before, np.interp(before, stretch.s, middle)
    )
    yaw = np.arctan2(along[:, 1], along[:, 0]) + (0.0 if forward else np.pi)
    rows = np.column_stack([ahead, np.arctan2(np.sin(yaw), np.cos(yaw))])
    yield rows if forward else rows[::-1]


def _open_range(road: Road, forward: bool) -> tuple[float, float]:
    """Stations between which a lane of this direction may bear a vehicle."""
    low = 0.0 if road.predecessor is not None else (BEHIND_M if forward else AHEAD_M)
    high = road.length - (0.0 if road.successor is not None else (AHEAD_M if forward else BEHIND_M))
    return low, high
