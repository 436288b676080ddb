"""From words of the road to a spot on it: ``Placement`` resolved on the ego's corridor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError, RequestError
from simgen.motion.bodies import EGO, Body
from simgen.motion.course import EgoCourse
from simgen.motion.outline import reach_m
from simgen.motion.road import Place
from simgen.scenario.plan import ActorPlan, Placement

NEAR = "near"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the middle of a body is: station and offset on the ego's corridor, heading against the lane there.

    crossing_m: for an actor that crosses by ``meet``, the station where its way crosses the middle of the ego's lane.
    """

    station_m: float
    left_m: float
    heading_rad: float
    crossing_m: float | None = None
    crossing_heading_rad: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """What placements are resolved in. near_m: station of the road wish's feature, if there is one."""

    ego: EgoCourse
    near_m: float | None
    actors: Mapping[str, ActorPlan]
    bodies: Mapping[str, Body]

    def place(self, spot: Spot, body: Body) -> Place:
        """The origin of a body that stands on a spot."""
        centre = self.ego.corridor.offset_place(spot.station_m, spot.left_m)
        return centre.facing(centre.yaw_rad + spot.heading_rad).shifted(-body.centre_x_m)

    def spot(self, place: Place, body: Body) -> Spot:
        """The inverse of ``place``."""
        station, left = self.ego.corridor.station_and_left(place.shifted(body.centre_x_m).xy_m)
        held = min(max(float(station), -self.ego.corridor.before_m), self.ego.corridor.ahead_m)
        lane_yaw = float(self.ego.corridor.sample(self.ego.corridor.yaw_rad, held))
        return Spot(float(station), float(left), place.yaw_rad - lane_yaw)

    def lane_offsets(self, number: int) -> NDArray[np.float64]:
        """(N,) centre of the lane ``number`` to the right, NaN where it is missing."""
        corridor = self.ego.corridor
        missing = np.full(len(corridor.xyz_m), np.nan)
        return np.zeros(len(missing)) if number == 0 else corridor.lanes.get(number, missing)

    def left_at(self, role: str, placement: Placement, station_m: float, seen: tuple[str, ...] = ()) -> float:
        """The offset that a placement asks for at a station. Raises PlacementError where the road has no such lane,
        RequestError for placements that point at each other."""
        corridor, body = self.ego.corridor, self.bodies[role]
        outward = 1.0 if placement.side == "left" else -1.0
        if placement.off_road_m is not None:
            left_edge, right_edge = corridor.edges(station_m)
            return (left_edge if placement.side == "left" else right_edge) + outward * placement.off_road_m
        if placement.beside_m is not None:
            reach = reach_m(body, placement.heading_rad + math.pi / 2)
            return outward * (self.ego.body.width_m / 2 + placement.beside_m + reach)
        if placement.oncoming or placement.lane is not None:
            offsets = corridor.oncoming_m if placement.oncoming else self.lane_offsets(placement.lane or 0)
            left = float(corridor.sample(offsets, station_m))
            if math.isnan(left):
                wish = "oncoming lane" if placement.oncoming else f"lane {placement.lane}"
                raise PlacementError(
                    f"{role}: the road has no {wish} {station_m - self.ego.first_centre_m:.0f} m ahead of the ego"
                )
            return left
        if placement.same_line and placement.of in self.actors:
            if placement.of in seen:
                raise RequestError(f"{role}: its place depends on itself, by way of {', '.join(seen)}")
            other = self.actors[placement.of].placement
            return self.left_at(placement.of, other, station_m, (*seen, role)) + placement.left_m
        return placement.left_m

    def station_of(self, role: str, placement: Placement, spots: Mapping[str, Spot]) -> float:
        """The station that a placement with ``ahead_m`` asks for.

        Raises PlacementError or RequestError where that says nothing.
        """
        assert placement.ahead_m is not None
        if placement.of == NEAR:
            if self.near_m is None:
                raise RequestError(f"{role}: its place counts from the road's feature, but road has no `near`")
            return self.near_m + placement.ahead_m
        if placement.of == EGO:
            anchor, reach = self.ego.first_centre_m, self.ego.body.length_m / 2
        else:
            other, spot = self.actors[placement.of], spots[placement.of]
            follows = any(step.leader == placement.of for step in self.actors[role].program)
            crosses = spot.crossing_m is not None and not follows
            anchor = spot.crossing_m if crosses and spot.crossing_m is not None else spot.station_m
            reach = reach_m(self.bodies[other.role], spot.crossing_heading_rad if crosses else spot.heading_rad)
        if placement.between == "centres":
            return anchor + placement.ahead_m
        gap = reach + reach_m(self.bodies[role], placement.heading_rad)
        return anchor + placement.ahead_m + math.copysign(gap, placement.ahead_m)
