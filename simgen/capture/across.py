"""A road's cross-section, as seen from one of its lanes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import carla

from simgen.capture.spots import Spot, left_of, place_of

DRIVABLE = (carla.LaneType.Driving, carla.LaneType.Bidirectional)
# What may lie between the driving lanes of one road: across these, the next driving lane still belongs to it.
BETWEEN = (
    carla.LaneType.Shoulder, carla.LaneType.Median, carla.LaneType.Border, carla.LaneType.Restricted,
    carla.LaneType.Biking, carla.LaneType.Tram, carla.LaneType.NONE,
)
MEDIAN_M = 0.5      # so much between the two directions, other than driving lanes, parts a road into two carriageways


@dataclass(frozen=True, eq=False, slots=True)
class Across:
    """Metres to the left of the lane's own centre line.

    left_edge_m, right_edge_m: outer edges of the outermost driving lanes. oncoming_m: centre of the nearest lane of the
    opposite direction, or nan. lanes: centres on this carriageway by number, 0 the lane itself, 1 the next to the
    right, −1 the next to the left; without a median those of the opposite direction are counted on. opposite: centres
    beyond a median, 1 the nearest. parking: "left", "right" or both, where a parking lane lies beside the road.
    """

    left_edge_m: float
    right_edge_m: float
    oncoming_m: float
    lanes: dict[int, float]
    opposite: dict[int, float]
    width_m: float
    parking: frozenset[str]

    @property
    def count(self) -> int:
        """Driving lanes, both directions together."""
        return len(self.lanes) + len(self.opposite)


@dataclass(slots=True)
class _Side:
    """What is found on one side of a lane, going outwards."""

    edge_m: float
    centres: list[float] = field(default_factory=list)
    opposite: list[float] = field(default_factory=list)
    oncoming_m: float = math.nan
    parking: bool = False


def look_across(spot: Spot) -> Across:
    """The road's cross-section at a spot."""
    half_m = 0.5 * float(spot.waypoint.lane_width)
    left, right = _look(spot, 1, half_m), _look(spot, -1, half_m)
    lanes = {0: 0.0, **{-number: centre for number, centre in enumerate(left.centres, start=1)},
             **dict(enumerate(right.centres, start=1))}
    both = [side.oncoming_m for side in (left, right) if not math.isnan(side.oncoming_m)]
    return Across(
        left.edge_m, right.edge_m, min(both, key=abs, default=math.nan), lanes,
        dict(enumerate((*left.opposite, *right.opposite), start=1)), 2 * half_m,
        frozenset(name for name, side in (("left", left), ("right", right)) if side.parking),
    )


def _look(spot: Spot, sign: int, half_m: float) -> _Side:
    """To the left (sign 1) or right (−1) as far as the road's border."""
    own_sign = spot.waypoint.lane_id > 0
    side = _Side(sign * half_m)
    against, strip_m = False, 0.0
    for lane in _outwards(spot, to_left=sign > 0):
        width = float(lane.lane_width)
        if lane.lane_type in DRIVABLE:
            centre = left_of(spot.place, place_of(lane.transform))
            turns = not against and (lane.lane_id > 0) != own_sign
            against = against or turns
            beyond = bool(side.opposite) or (turns and strip_m >= MEDIAN_M)
            (side.opposite if beyond else side.centres).append(centre)
            side.edge_m = centre + sign * 0.5 * width
            if against and math.isnan(side.oncoming_m):
                side.oncoming_m = centre
            strip_m = 0.0
        elif lane.lane_type == carla.LaneType.Parking:
            side.parking = True
            break
        elif lane.lane_type in BETWEEN:
            strip_m += width
        else:
            break
    return side


def _outwards(spot: Spot, to_left: bool) -> list[carla.Waypoint]:
    """All lanes from a spot's own (left out) to the road's border, the nearest first, also across the centre line."""
    own_sign = spot.waypoint.lane_id > 0
    here, seen = spot.waypoint, {spot.waypoint.lane_id}
    lanes: list[carla.Waypoint] = []
    while True:
        # A lane of the other direction has its own left and right.
        mirrored = (here.lane_id > 0) != own_sign
        beside = here.get_left_lane() if to_left != mirrored else here.get_right_lane()
        if beside is None or beside.lane_id in seen or beside.road_id != here.road_id:
            return lanes
        seen.add(beside.lane_id)
        lanes.append(beside)
        here = beside
