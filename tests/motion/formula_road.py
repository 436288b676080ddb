"""Roads made by formula, so that motion is tested without a map or a simulator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.needs import needs_of
from simgen.motion.road import Arm, Corridor, Place, RoadDrawing, StartOption
from simgen.scenario.plan import EpisodePlan

LANE_M = 3.5


@dataclass(frozen=True)
class FormulaRoad:
    """A two-lane road of constant curvature, right-hand traffic; the ego's lane centre goes through the origin, east.

    curvature: 1/m, positive bends to the left. junction_m: station of the middle of a square
    crossing of two such roads. behind_m, length_m: how far the road reaches from the origin.
    """

    curvature: float = 0.0
    junction_m: float | None = None
    behind_m: float = 300.0
    length_m: float = 600.0
    name: str = "Formula"

    def point(self, s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        yaw = self.curvature * s
        if self.curvature == 0.0:
            return np.stack([s, np.zeros_like(s)], axis=1), yaw
        return np.stack([np.sin(yaw), 1.0 - np.cos(yaw)], axis=1) / self.curvature, yaw

    def starts(self, plan: EpisodePlan) -> Sequence[StartOption]:
        near = None
        if plan.road.near is not None and self.junction_m is not None:
            near = needs_of(plan).start_m + (plan.road.near_ahead_m or 0.0)
        if near is None or self.junction_m is None:
            return [StartOption(Place(0.0, 0.0, 0.0, 0.0), 0)]
        xy, yaw = self.point(np.array([self.junction_m - near]))
        return [StartOption(Place(float(xy[0, 0]), float(xy[0, 1]), 0.0, float(yaw[0])), 0, near)]

    def station(self, place: Place) -> float:
        if self.curvature == 0.0:
            return place.x_m
        return math.atan2(place.x_m * self.curvature, 1.0 - place.y_m * self.curvature) / self.curvature

    def corridor(self, start: StartOption, ahead_m: float, behind_m: float, route: Sequence[str]) -> Corridor:
        at = self.station(start.place)
        behind = min(behind_m, at + self.behind_m)
        ahead = min(ahead_m, self.length_m - at)
        s = np.concatenate([np.arange(-math.floor(behind), 0.0), np.arange(0.0, math.floor(ahead) + 1.0)]) + at
        xy, yaw = self.point(s)
        ones = np.ones(len(s))
        inside = np.zeros(len(s), dtype=bool)
        if self.junction_m is not None:
            inside = np.abs(s - self.junction_m) < 8.0
        return Corridor.of_samples(
            np.column_stack([xy, 0.0 * s]), yaw, math.floor(behind), left_edge_m=1.5 * LANE_M * ones,
            right_edge_m=-0.5 * LANE_M * ones, oncoming_m=LANE_M * ones, lane_width_m=LANE_M * ones, junction=inside,
            lanes={-1: LANE_M * ones},
        )

    def lane_ahead(self, place: Place, length_m: float, route: Sequence[str] = ()) -> NDArray[np.float64]:
        s = np.arange(0.0, length_m, 1.0)
        return np.stack(
            [place.x_m + s * math.cos(place.yaw_rad), place.y_m + s * math.sin(place.yaw_rad), 0.0 * s], axis=1)

    def arm(self, corridor: Corridor, which: Arm) -> NDArray[np.float64]:
        if self.junction_m is None:
            raise PlacementError("there is no junction ahead")
        xy, yaw = self.point(np.array([self.junction_m]))
        turn = {"left": -math.pi / 2, "right": math.pi / 2, "opposite": math.pi}[which]
        heading = float(yaw[0]) + turn
        s = np.arange(-150.0, 60.0)
        forward, left = np.array([math.cos(heading), math.sin(heading)]), np.array(
            [-math.sin(heading), math.cos(heading)])
        # The middle of the crossing lies half a lane to the left of the ego's lane; lanes are half a lane right of it.
        centre = xy[0] + LANE_M / 2 * np.array([-math.sin(float(yaw[0])), math.cos(float(yaw[0]))])
        points = centre - LANE_M / 2 * left + s[:, None] * forward
        return np.column_stack([points, 0.0 * s])

    def drawing(self, around: Place, radius_m: float) -> RoadDrawing:
        return RoadDrawing()
