"""A map from above: lane borders, paint, crosswalks and parking lanes, as polylines for pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.capture.across import DRIVABLE
from simgen.motion.road import Place, RoadDrawing

STEP_M = 2.0
SURFACES = {
    **dict.fromkeys(DRIVABLE, "driving"), carla.LaneType.Parking: "parking", carla.LaneType.Shoulder: "shoulders",
    carla.LaneType.Sidewalk: "pavements",
}
LANE_TYPES = tuple(SURFACES)
UNPAINTED = (carla.LaneMarkingType.NONE, carla.LaneMarkingType.Other)
DASH_EVERY = 3                  # of three pieces of a broken line, one is painted
BROKEN = (carla.LaneMarkingType.Broken, carla.LaneMarkingType.BrokenBroken)

Line = NDArray[np.float64]


def draw(
    world_map: carla.Map, crosswalks: Sequence[Line], around: Place, radius_m: float
) -> RoadDrawing:
    """Everything within ``radius_m`` of a place, in right-handed map axes."""
    edges: list[Line] = []
    markings: list[Line] = []
    centres: list[Line] = []
    surfaces: dict[str, list[Line]] = {name: [] for name in SURFACES.values()}
    for lane in _lanes_near(world_map, around, radius_m):
        left, right, middle = _outline(lane)
        kind = lane[0].lane_type
        surfaces[SURFACES[kind]].append(np.concatenate([_lengthened(left), _lengthened(right)[::-1]]))
        if kind in DRIVABLE:
            centres.append(middle)
            markings += _painted(lane, "right", right)
            if not _shares_left(lane[len(lane) // 2]):
                markings += _painted(lane, "left", left)
        edges += [left, right]
    return RoadDrawing(
        lane_edges=tuple(edges),
        markings=tuple(markings),
        centre_lines=tuple(centres),
        crosswalks=tuple(ring for ring in crosswalks if _near(ring, around, radius_m)),
        **{name: tuple(polygons) for name, polygons in surfaces.items()},
    )


def _near(points: Line, around: Place, radius_m: float) -> bool:
    return bool(np.any(np.hypot(points[:, 0] - around.x_m, points[:, 1] - around.y_m) <= radius_m))


def _lanes_near(world_map: carla.Map, around: Place, radius_m: float) -> Iterator[list[carla.Waypoint]]:
    """Each lane's waypoints within reach, in order; a lane that leaves the circle and comes back is two."""
    driving: dict[tuple[int, int, int], list[carla.Waypoint]] = {}
    for waypoint in world_map.generate_waypoints(STEP_M):
        where = waypoint.transform.location
        if (where.x - around.x_m) ** 2 + (where.y + around.y_m) ** 2 <= radius_m**2:
            driving.setdefault((waypoint.road_id, waypoint.section_id, waypoint.lane_id), []).append(waypoint)
    lanes: dict[tuple[int, int, int], list[carla.Waypoint]] = dict(driving)
    for waypoints in driving.values():
        for waypoint in waypoints:
            for beside in _beside(waypoint):
                key = (beside.road_id, beside.section_id, beside.lane_id)
                if key not in driving:
                    lanes.setdefault(key, []).append(beside)
    for waypoints in lanes.values():
        waypoints.sort(key=lambda waypoint: float(waypoint.s))
        piece = [waypoints[0]]
        for waypoint in waypoints[1:]:
            if waypoint.s - piece[-1].s < 1e-3:
                continue
            if waypoint.s - piece[-1].s > 2.5 * STEP_M:
                if len(piece) > 1:
                    yield piece
                piece = []
            piece.append(waypoint)
        if len(piece) > 1:
            yield piece


def _beside(waypoint: carla.Waypoint) -> Iterator[carla.Waypoint]:
    """The lanes outside a driving lane that are worth drawing, to the road's border."""
    here = waypoint
    while True:
        here = here.get_right_lane()
        if here is None or here.lane_type not in LANE_TYPES or here.road_id != waypoint.road_id:
            return
        yield here


def _shares_left(waypoint: carla.Waypoint) -> bool:
    """Is a lane's left border drawn as another's right one, or, on the centre line, by the lane across it?"""
    beside = waypoint.get_left_lane()
    if beside is None or beside.lane_type not in DRIVABLE or beside.road_id != waypoint.road_id:
        return False
    here, there = int(waypoint.lane_id), int(beside.lane_id)
    return here > 0 or there < 0


def _outline(lane: Sequence[carla.Waypoint]) -> tuple[Line, Line, Line]:
    """Left edge, right edge and centre line, (N, 2) each, as seen in the lane's own direction."""
    middle = np.array([(w.transform.location.x, -w.transform.location.y) for w in lane])
    yaw = -np.radians([w.transform.rotation.yaw for w in lane])
    to_left = np.column_stack([-np.sin(yaw), np.cos(yaw)]) * 0.5 * np.array([[w.lane_width] for w in lane])
    return middle + to_left, middle - to_left, middle


def _lengthened(line: Line) -> Line:
    """Straight on by a step at both ends: the last waypoint lies up to that far before the lane's end."""
    first, last = line[0] - line[1], line[-1] - line[-2]
    return np.concatenate([
        [line[0] + first * (STEP_M / np.hypot(*first))], line, [line[-1] + last * (STEP_M / np.hypot(*last))]
    ])


def _painted(lane: Sequence[carla.Waypoint], side: str, line: Line) -> Iterator[Line]:
    """The painted pieces of a lane's edge; broken lines are cut into dashes."""
    if len(lane) < 2:
        return
    found = [w.left_lane_marking if side == "left" else w.right_lane_marking for w in lane]
    kinds = [carla.LaneMarkingType.NONE if one is None else one.type for one in found]     # None: no roadMark at all
    begin = 0
    while begin < len(lane) - 1:
        kind, end = kinds[begin], begin + 1
        if kind in BROKEN:
            if begin % DASH_EVERY == 0:
                yield line[begin : end + 1]
        elif kind not in UNPAINTED:
            while end < len(lane) - 1 and kinds[end] == kind:
                end += 1
            yield line[begin : end + 1]
        begin = end
