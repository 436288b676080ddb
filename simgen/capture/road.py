"""Motion's ``Road`` on a ``carla.Map``: the ego's corridor, the arms of junctions, starts, and a drawing from above.

The map may be a server's or made of OpenDRIVE text alone; both give the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import carla
import numpy as np
from numpy.typing import NDArray

from simgen.capture.arms import way_across
from simgen.capture.drawing import draw
from simgen.capture.features import Features
from simgen.capture.lanes import TURN_RAD, Lanes
from simgen.capture.maps import bare_name
from simgen.capture.opendrive import read_roads
from simgen.capture.spots import Spot, place_of
from simgen.capture.starts import Starts, own_spawn_points
from simgen.capture.ways import Way
from simgen.errors import PlacementError, RequestError
from simgen.motion.road import Arm, Corridor, Place, RoadDrawing, StartOption
from simgen.scenario.plan import EpisodePlan


class CarlaRoad:
    """A map as the ego and the actors see it.

    spawn_points: the server's; None for a map without a server, which then gets its own.
    Raises RequestError for a map without roads.
    """

    def __init__(self, world_map: carla.Map, spawn_points: Sequence[Place] | None = None) -> None:
        self._name = bare_name(world_map.name)
        notes = read_roads(world_map.to_opendrive(), self._name)
        if not notes:
            raise RequestError(f"map {self._name}: its OpenDRIVE text describes no road")
        points = own_spawn_points(world_map, notes) if spawn_points is None else spawn_points
        self._lanes = Lanes(world_map)
        self._features = Features(self._lanes, notes)
        self._starts = Starts(self._name, self._lanes, self._features, points)
        self._found: tuple[str, list[StartOption]] | None = None        # of the last plan: it is asked more than once

    @property
    def name(self) -> str:
        return self._name

    @property
    def opendrive(self) -> str:
        """The OpenDRIVE text it was made of."""
        return str(self._lanes.map.to_opendrive())

    def starts(self, plan: EpisodePlan) -> Sequence[StartOption]:
        """See ``motion.road.Road``."""
        digest = plan.digest()
        if self._found is None or self._found[0] != digest:
            self._found = digest, self._starts.find(plan)
        return self._found[1]

    def corridor(self, start: StartOption, ahead_m: float, behind_m: float, route: Sequence[str]) -> Corridor:
        """See ``motion.road.Road``. Raises PlacementError off the lanes, or where a junction has no such turn."""
        spot = self._on_lane(start.place)
        behind = self._lanes.walk(spot, behind_m, backwards=True).spots[:0:-1]
        way = Way.of((*behind, *self._lanes.walk(spot, ahead_m, route=route).spots))
        if len(way) < 2:
            raise PlacementError(f"map {self._name}: the lane ends where the ego would start")
        across = [self._lanes.across(one) for one in way.spots]
        junction, yaw = way.junction, way.yaw_rad
        numbers = sorted({number for one in across for number in one.lanes if number})
        beyond = sorted({number for one in across for number in one.opposite})

        def column(values: Sequence[float]) -> NDArray[np.float64]:
            return _bridged(np.array(values), junction, yaw)

        return Corridor.of_samples(
            way.xyz_m, yaw, len(behind),
            left_edge_m=column([one.left_edge_m for one in across]),
            right_edge_m=column([one.right_edge_m for one in across]),
            oncoming_m=column([one.oncoming_m for one in across]),
            lane_width_m=column([one.width_m for one in across]),
            junction=junction,
            lanes={number: column([one.lanes.get(number, math.nan) for one in across]) for number in numbers},
            opposite={number: column([one.opposite.get(number, math.nan) for one in across]) for number in beyond},
        )

    def lane_ahead(self, place: Place, length_m: float, route: Sequence[str] = ()) -> NDArray[np.float64]:
        """See ``motion.road.Road``. Against the lane's direction if ``place`` faces that way."""
        spot = self._on_lane(place)
        backwards = math.cos(spot.place.yaw_rad - place.yaw_rad) < 0
        return self._lanes.walk(spot, length_m, backwards=backwards, route=route).xyz_m

    def arm(self, corridor: Corridor, which: Arm) -> NDArray[np.float64]:
        """See ``motion.road.Road``."""
        inside = np.flatnonzero(corridor.junction & (corridor.stations_m > 0))
        if not len(inside):
            raise PlacementError(
                f"map {self._name}: the ego's road comes to no junction within {corridor.ahead_m:.0f} m: "
                "ask for one with road: {near: junction}"
            )
        entry = corridor.at(float(corridor.stations_m[inside[0]]))
        way = way_across(self._lanes, self._on_lane(entry), which)
        if way is None:
            raise PlacementError(
                f"map {self._name}: from the {which} of the junction ahead of the ego no lane leads straight across it"
            )
        return way.xyz_m

    def drawing(self, around: Place, radius_m: float) -> RoadDrawing:
        """See ``motion.road.Road``."""
        return draw(self._lanes.map, self._features.crosswalks, around, radius_m)

    def _on_lane(self, place: Place) -> Spot:
        spot = self._lanes.at(place)
        if spot is None:
            raise PlacementError(
                f"map {self._name}: there is no driving lane at x {place.x_m:.1f}, y {-place.y_m:.1f} (CARLA's axes)"
            )
        return spot


def _bridged(
    values: NDArray[np.float64], junction: NDArray[np.bool_], yaw_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) with the road's cross-section carried straight across junctions, whose lanes know only themselves."""
    result: NDArray[np.float64] = np.array(values)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], junction, [False]]).astype(int)))
    for first, beyond in edges.reshape(-1, 2):
        if first == 0 or beyond == len(values) or abs(yaw_rad[beyond] - yaw_rad[first - 1]) > TURN_RAD:
            continue
        share = np.arange(1, beyond - first + 1) / (beyond - first + 1)
        result[first:beyond] = values[first - 1] + share * (values[beyond] - values[first - 1])
    return result


def road_from_xodr(name: str, text: str, spawn_points: Sequence[Place] | None = None) -> CarlaRoad:
    """A road of OpenDRIVE text alone, without a simulator. Raises RequestError if it is none."""
    try:
        world_map = carla.Map(name, text)
    except RuntimeError as error:
        raise RequestError(f"map {name}: CARLA cannot read its OpenDRIVE text: {error}") from None
    return CarlaRoad(world_map, spawn_points)


def road_of_world(world_map: carla.Map) -> CarlaRoad:
    """The road of the map that a server has loaded, with the server's spawn points."""
    return CarlaRoad(world_map, [place_of(transform) for transform in world_map.get_spawn_points()])
