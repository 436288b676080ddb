"""What lies along a lane: crosswalks, junctions, parking lanes, bends, crests, tunnels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.capture.lanes import Lanes
from simgen.capture.opendrive import RoadNote
from simgen.capture.spots import Spot, SpotKey
from simgen.capture.ways import Way

EYE_M = 1.2                     # a driver's eye above the road; what it looks for is the road itself
HIDDEN_M = 0.1                  # so far below the line of sight a piece of road counts as hidden
BEND_WINDOW_M = 12.0            # curvature is measured over so much road
CROSSWALK_STEP_M = 0.05
CLEAR_M = 2.0                   # the road under the eye itself is not asked for
EDGE_M = 0.01                   # so exactly the ends of a junction are found
PARKING_ROOM_M = 12.0           # of parking lane before and beyond the place that is asked for


class Features:
    """Where on a map's lanes there is something. What was asked once is remembered."""

    def __init__(self, lanes: Lanes, notes: Sequence[RoadNote]) -> None:
        self._lanes = lanes
        self.crosswalks = crosswalks(lanes.map)
        self._middles = np.array([ring.mean(axis=0) for ring in self.crosswalks]).reshape(-1, 2)
        self._radii = np.array([
            float(np.max(np.linalg.norm(ring - ring.mean(axis=0), axis=1))) for ring in self.crosswalks
        ])
        self._tunnels = {note.road_id: note.tunnels for note in notes if note.tunnels}
        self._crosswalk_at: dict[SpotKey, int | None] = {}

    def stations(self, kind: str, way: Way, wanted_m: float) -> list[float]:
        """Stations along ``way`` where a feature of ``kind`` lies, its middle; the way's first spot has station 0.

        A parking lane is as good everywhere: of a long one it is the station nearest to ``wanted_m``.
        """
        along = way.stations_m
        if kind == "crosswalk":
            return [
                self._crosswalk_middle(index, way, first, last)
                for index, first, last in _runs(way, self._crosswalk) if first > 0 and last < len(way) - 1
            ]
        if kind == "junction":
            runs = _runs(way, lambda spot: spot.junction or None)
            return [
                (_junction_edge(way, first - 1) + _junction_edge(way, last)) / 2
                for _, first, last in runs if first > 0 and last < len(way) - 1
            ]
        assert kind == "parking"
        runs = _runs(way, lambda spot: bool(self._lanes.layout(spot).parking) or None)
        found = []
        for _, first, last in runs:
            low, high = float(along[first]) + PARKING_ROOM_M, float(along[last]) - PARKING_ROOM_M
            if low <= high:
                found.append(min(max(wanted_m, low), high))
        return found

    def in_tunnel(self, spot: Spot) -> bool:
        """Is there a roof over this spot?"""
        s = spot.waypoint.s
        return any(low <= s <= high for low, high in self._tunnels.get(spot.waypoint.road_id, ()))

    def _crosswalk(self, spot: Spot) -> int | None:
        if not self.crosswalks:
            return None
        if spot.key not in self._crosswalk_at:
            point = np.array([spot.place.x_m, spot.place.y_m])
            near = np.flatnonzero(np.linalg.norm(self._middles - point, axis=1) <= self._radii)
            inside = [int(k) for k in near if _inside(self.crosswalks[k], point[None])[0]]
            self._crosswalk_at[spot.key] = inside[0] if inside else None
        return self._crosswalk_at[spot.key]

    def _crosswalk_middle(self, index: int, way: Way, first: int, last: int) -> float:
        along = way.stations_m
        stations = np.arange(along[first - 1], along[last + 1], CROSSWALK_STEP_M)
        points = np.column_stack([np.interp(stations, along, way.xyz_m[:, axis]) for axis in (0, 1)])
        inside = stations[_inside(self.crosswalks[index], points)]
        return float(inside[0] + inside[-1]) / 2


def crosswalks(world_map: carla.Map) -> tuple[NDArray[np.float64], ...]:
    """Each crosswalk's outline, (K, 2) x, y right-handed, not closed.

    CARLA gives one flat list of corners. Some writers close each ring, others write four corners and go on: a ring ends
    where its first corner comes again, or after four.
    """
    rings: list[NDArray[np.float64]] = []
    ring: list[tuple[float, float]] = []
    for location in world_map.get_crosswalks():
        corner = (location.x, -location.y)
        if ring and math.dist(corner, ring[0]) < 1e-3:
            rings.append(np.array(ring))
            ring = []
        elif len(ring) == 4:
            rings.append(np.array(ring))
            ring = [corner]
        else:
            ring.append(corner)
    if len(ring) >= 3:
        rings.append(np.array(ring))
    return tuple(rings)


def _inside(ring: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) which of ``points`` (N, 2) lie inside a ring: an odd number of its edges is to the right of them."""
    x, y = points[:, 0, None], points[:, 1, None]
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    spans = (y0 > y) != (y1 > y)
    slope = (x1 - x0) / np.where(y1 == y0, np.inf, y1 - y0)
    return np.asarray(np.sum(spans & (x < x0 + slope * (y - y0)), axis=1) % 2 == 1)


def _junction_edge(way: Way, index: int) -> float:
    """The station between spots ``index`` and ``index`` + 1 where the way enters or leaves a junction, to a centimetre.

    Without it the middle of a junction would depend on where the way's first spot lies, by up to a metre.
    """
    along, here = way.stations_m, way.spots[index]
    step_m = float(along[index + 1] - along[index])
    low, high = 0.0, step_m
    while high - low > EDGE_M:
        middle = (low + high) / 2
        if here.waypoint.next(middle)[0].is_junction == here.junction:
            low = middle
        else:
            high = middle
    return float(along[index]) + (low + high) / 2


def _runs(way: Way, of: Callable[[Spot], int | None]) -> list[tuple[int, int, int]]:
    """Value, first and last index of each run of spots for which ``of`` gives one and the same value, not None."""
    runs = []
    for value, group in groupby(range(len(way)), key=lambda index: of(way.spots[index])):
        indices = list(group)
        if value is not None:
            runs.append((value, indices[0], indices[-1]))
    return runs


def tightest_radius_m(way: Way) -> float:
    """Radius of the tightest bend outside junctions, inf on a straight."""
    if len(way) < 3:
        return math.inf
    along, yaw = way.stations_m, way.yaw_rad
    window = min(BEND_WINDOW_M, float(along[-1]))
    starts = along[along <= along[-1] - window]
    turned = np.abs(np.interp(starts + window, along, yaw) - np.interp(starts, along, yaw))
    inside = np.cumsum(way.junction)
    spoilt = np.interp(starts, along, inside) != np.interp(starts + window, along, inside)
    turned = np.where(spoilt, 0.0, turned)
    sharpest = float(np.max(turned, initial=0.0))
    return window / sharpest if sharpest > 1e-6 else math.inf


def hides_road(way: Way, from_m: float, to_m: float) -> bool:
    """Does a crest between the two stations hide the road at ``to_m`` from the eyes of a driver at ``from_m``?"""
    along, height = way.stations_m, way.xyz_m[:, 2]
    between = (along > from_m + CLEAR_M) & (along < to_m)
    if not np.any(between):
        return False
    eye = float(np.interp(from_m, along, height)) + EYE_M
    skyline = float(np.max((height[between] - eye) / (along[between] - from_m)))
    return eye + skyline * (to_m - from_m) - float(np.interp(to_m, along, height)) > HIDDEN_M

