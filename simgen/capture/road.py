"""The road as an actor sees it: the ego's path, places beside it, and the lanes next to it.

Everything here is in right-handed map axes (x east, y left of it, z up); ``carla.Map`` is asked in CARLA's axes
and answers are turned at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError, RequestError
from simgen.scenario.plan import EpisodePlan, Placement

STEP_M = 1.0
DRIVABLE = (carla.LaneType.Driving, carla.LaneType.Bidirectional)


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on the ground with a heading: x, y, z right-handed in metres, yaw counter-clockwise in radians."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """A lane's centre line from the ego's spawn point on, sampled every metre.

    xyz_m: (N, 3). yaw_rad: (N,), unwrapped. waypoints: the N waypoints behind them. before_m: the station of the
    ego's spawn point, counted from the first sample (a stretch behind the ego is part of the path).
    """

    xyz_m: NDArray[np.float64]
    yaw_rad: NDArray[np.float64]
    waypoints: tuple[carla.Waypoint, ...]
    before_m: float

    @property
    def ahead_m(self) -> float:
        """How far the path reaches beyond the spawn point."""
        return (len(self.xyz_m) - 1) * STEP_M - self.before_m

    def at(self, station_m: float) -> Place:
        """The centre line's place ``station_m`` beyond the spawn point. Raises PlacementError off the path."""
        along = (station_m + self.before_m) / STEP_M
        if not 0.0 <= along <= len(self.xyz_m) - 1:
            raise PlacementError(
                f"{station_m:.0f} m ahead of the ego is beyond its road, which is known "
                f"from {-self.before_m:.0f} m to {self.ahead_m:.0f} m"
            )
        samples = np.arange(len(self.xyz_m))
        x, y, z = (float(np.interp(along, samples, self.xyz_m[:, axis])) for axis in range(3))
        return Place(x, y, z, float(np.interp(along, samples, self.yaw_rad)))

    def waypoint_at(self, station_m: float) -> carla.Waypoint:
        """The waypoint nearest to a station."""
        self.at(station_m)
        return self.waypoints[round((station_m + self.before_m) / STEP_M)]


def place_of(transform: carla.Transform) -> Place:
    """A CARLA transform as a right-handed place."""
    location, yaw_deg = transform.location, transform.rotation.yaw
    return Place(location.x, -location.y, location.z, -math.radians(yaw_deg))


def _straightest(waypoint: carla.Waypoint, options: list[carla.Waypoint]) -> carla.Waypoint:
    yaw = waypoint.transform.rotation.yaw
    return min(options, key=lambda o: (abs((o.transform.rotation.yaw - yaw + 180) % 360 - 180), o.road_id, o.lane_id))


def follow(start: carla.Waypoint, ahead_m: float, behind_m: float) -> Path:
    """The lane through ``start``, straight on at forks, as far as it goes but no further than asked."""

    def walk(length_m: float, backwards: bool) -> list[carla.Waypoint]:
        walked: list[carla.Waypoint] = []
        here = start
        for _ in range(math.ceil(length_m / STEP_M)):
            options = here.previous(STEP_M) if backwards else here.next(STEP_M)
            if not options:
                break
            here = _straightest(here, options)
            walked.append(here)
        return walked

    behind = walk(behind_m, backwards=True)
    waypoints = [*reversed(behind), start, *walk(ahead_m, backwards=False)]
    places = [place_of(waypoint.transform) for waypoint in waypoints]
    return Path(
        xyz_m=np.array([(p.x_m, p.y_m, p.z_m) for p in places]),
        yaw_rad=np.unwrap(np.array([p.yaw_rad for p in places])),
        waypoints=tuple(waypoints),
        before_m=len(behind) * STEP_M,
    )


def _across(waypoint: carla.Waypoint, to_left: bool) -> list[carla.Waypoint]:
    """Drivable lanes from ``waypoint`` (included) outwards, also across the centre line."""
    lanes = [waypoint]
    own_sign = waypoint.lane_id > 0
    while True:
        here = lanes[-1]
        # A lane of the other direction has its own left and right.
        mirrored = (here.lane_id > 0) != own_sign
        beside = here.get_left_lane() if to_left != mirrored else here.get_right_lane()
        if beside is None or beside.lane_type not in DRIVABLE or any(
            beside.lane_id == lane.lane_id and beside.road_id == lane.road_id for lane in lanes
        ):
            return lanes
        lanes.append(beside)


def _left_of(centre: Place, place: Place) -> float:
    """Signed distance of ``place`` to the left of the line through ``centre``."""
    return -(place.x_m - centre.x_m) * math.sin(centre.yaw_rad) + (place.y_m - centre.y_m) * math.cos(centre.yaw_rad)


def edge_left_m(waypoint: carla.Waypoint, side: str) -> float:
    """Where the drivable surface ends on a side, in metres to the left of the lane's centre line (right: negative)."""
    outermost = _across(waypoint, to_left=side == "left")[-1]
    offset = _left_of(place_of(waypoint.transform), place_of(outermost.transform))
    return offset + (0.5 if side == "left" else -0.5) * float(outermost.lane_width)


def oncoming_lane(waypoint: carla.Waypoint) -> carla.Waypoint | None:
    """The nearest drivable lane of the opposite direction, if there is one."""
    for lane in _across(waypoint, to_left=True):
        if (lane.lane_id > 0) != (waypoint.lane_id > 0):
            return lane
    return None


def neighbour_lane(waypoint: carla.Waypoint, number: int) -> carla.Waypoint | None:
    """The lane ``number`` to the right (negative: left) of this one, of either direction, if there is one."""
    lanes = _across(waypoint, to_left=number < 0)
    return lanes[abs(number)] if abs(number) < len(lanes) else None


def resolve(placement: Placement, path: Path, start_m: float, role: str) -> Place:
    """Find the spot that ``placement`` describes, ``start_m`` being the ego's station at the first captured frame.

    The height is the lane's; the caller puts the actor on the ground. Raises PlacementError.
    """
    station = start_m + placement.ahead_m
    try:
        centre = path.at(station)
    except PlacementError as error:
        raise PlacementError(f"{role}: {error}") from None
    waypoint = path.waypoint_at(station)
    if placement.off_road_m is not None:
        assert placement.side in ("left", "right")
        beyond = placement.off_road_m if placement.side == "left" else -placement.off_road_m
        left = edge_left_m(waypoint, placement.side) + beyond
    elif placement.oncoming or placement.lane is not None:
        lane = oncoming_lane(waypoint) if placement.oncoming else neighbour_lane(waypoint, placement.lane or 0)
        if lane is None:
            wish = "oncoming lane" if placement.oncoming else f"lane {placement.lane}"
            raise PlacementError(f"{role}: the road has no {wish} {placement.ahead_m:.0f} m ahead of the ego")
        left = _left_of(place_of(waypoint.transform), place_of(lane.transform))
    else:
        left = placement.left_m
    return Place(
        centre.x_m - left * math.sin(centre.yaw_rad),
        centre.y_m + left * math.cos(centre.yaw_rad),
        centre.z_m,
        centre.yaw_rad + placement.heading_rad,
    )


@dataclass(frozen=True, slots=True)
class Needs:
    """What an episode asks of the ego's road."""

    ahead_m: float
    behind_m: float
    oncoming: bool


def needs_of(plan: EpisodePlan) -> Needs:
    """How long the ego's road must be so that everything in the plan finds its place on it."""
    capture = plan.capture
    driven_m = plan.ego.speed_mps * (capture.warmup_s + capture.frames / capture.rate_hz)
    start_m = plan.ego.speed_mps * capture.warmup_s
    aheads = [actor.placement.ahead_m for actor in plan.actors]
    return Needs(
        ahead_m=max([driven_m, *(start_m + ahead for ahead in aheads)]) + 15.0,
        behind_m=max([0.0, *(-(start_m + ahead) for ahead in aheads)]) + 5.0,
        oncoming=any(actor.placement.oncoming for actor in plan.actors),
    )


MAX_BEND_RAD = math.radians(12.0)


def choose_start(world_map: carla.Map, plan: EpisodePlan) -> tuple[int, Path]:
    """The spawn point for the ego, as its number and its path.

    With ``spawn.index`` it is that one; otherwise the share ``spawn.pick`` of all that suit the plan: enough road
    ahead without a junction and nearly straight, if there are such; else enough road ahead at all.
    Raises RequestError for a number that does not exist, PlacementError if no spawn point suits.
    """
    points = world_map.get_spawn_points()
    needs = needs_of(plan)
    wish = plan.ego.spawn

    def path_from(index: int) -> Path | None:
        waypoint = world_map.get_waypoint(points[index].location, True, carla.LaneType.Driving)
        return None if waypoint is None else follow(waypoint, needs.ahead_m, needs.behind_m)

    if wish.index is not None:
        if wish.index >= len(points):
            raise RequestError(
                f"{plan.name}: ego.spawn.index {wish.index}: the map has spawn points 0 to {len(points) - 1}"
            )
        path = path_from(wish.index)
        if path is None:
            raise PlacementError(f"{plan.name}: spawn point {wish.index} is not on a driving lane")
        return wish.index, path

    straight: list[tuple[int, Path]] = []
    long_enough: list[tuple[int, Path]] = []
    for index in range(len(points)):
        path = path_from(index)
        if path is None or path.ahead_m < needs.ahead_m - STEP_M or path.before_m < needs.behind_m - STEP_M:
            continue
        if needs.oncoming and any(oncoming_lane(w) is None for w in path.waypoints[:: round(5 / STEP_M)]):
            continue
        long_enough.append((index, path))
        bend = float(np.ptp(path.yaw_rad))
        if bend < MAX_BEND_RAD and not any(waypoint.is_junction for waypoint in path.waypoints):
            straight.append((index, path))
    candidates = straight or long_enough
    if not candidates:
        raise PlacementError(
            f"{plan.name}: none of the map's {len(points)} spawn points has {needs.ahead_m:.0f} m of road ahead "
            f"and {needs.behind_m:.0f} m behind{' with an oncoming lane' if needs.oncoming else ''}"
        )
    assert wish.pick is not None
    return candidates[int(wish.pick * len(candidates))]
