"""The background finds its places: traffic and people who have nothing to do with the event, and are in nobody's way.

What the event's actors do is given. Whoever comes after them goes as its plan says if that takes it through nobody;
people who would walk into somebody, or into a parked car of the level, keep to another line along the pavement from the
beginning, as people do who see each other coming, or wait a while. Who finds no way is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.course import Way
from simgen.motion.crowd import Event, tailgates
from simgen.motion.outline import apart_m, sizes_m
from simgen.motion.parts import Part
from simgen.motion.placing import Setting, Spot
from simgen.motion.road import Road
from simgen.motion.routes import own_way
from simgen.motion.sight import CameraView
from simgen.motion.standing import SAMPLE_S, TOUCHING_M, OccupiedError, Standing, in_the_way, taken
from simgen.scenario.plan import ActorPlan

Floats = NDArray[np.float64]

PASSING_M = 0.1                     # so far off it passes the level's parked cars at least
ELBOW_M = 0.2                       # … and people each other
PAVEMENT_M = (0.7, 2.5)             # where, beyond the edge of the driving lanes, people make way for each other
STEP_M = 0.35
STEPS = 5
FARTHER_OUT_M = (0.4, 0.8, 1.2, 1.6, 2.0, 2.4)      # where people look for a way past the level's parked cars
WAITS_S = (1.2, 2.4, 3.6)


class Background:
    """Finds room among the ``named`` actors, and the background that has been placed, for one actor after the other."""

    def __init__(
        self, setting: Setting, road: Road, camera: CameraView, ends_s: float, standing: Sequence[Standing],
        named: Mapping[str, Part],
    ) -> None:
        self._setting, self._road, self._standing, self._ends_s = setting, road, standing, ends_s
        ego = setting.ego
        self._event = Event(ego, named, camera, ends_s)
        self._times = np.arange(ego.begins_s, ends_s + SAMPLE_S, SAMPLE_S)
        self._parts: list[Part] = []
        self._poses = [ego.poses(self._times)]          # everybody's, the ego's first
        self._sizes = [sizes_m(ego.body)[0]]
        for part in named.values():
            self.keep(part)

    def keep(self, part: Part) -> None:
        """It is there, and others keep clear of it."""
        self._parts.append(part)
        self._poses.append(part.way.poses(self._times))
        self._sizes.append(sizes_m(part.body)[0])

    def part(self, actor: ActorPlan, spot: Spot) -> Part:
        """The actor on its way from a spot, or from one beside it.

        Raises PlacementError if there is no room for it, OccupiedError if it cannot get past the level's parked cars.
        """
        blocked: Standing | None = None
        for way in self._ways(actor, spot):
            waits = way.line is not None and way.starts_s > self._setting.ego.begins_s and np.isfinite(way.starts_s)
            part = Part(actor, self._setting.bodies[actor.role], way.start, way, way.starts_s if waits else None)
            poses = way.poses(self._times)
            thing = in_the_way(poses, part.body, self._standing, PASSING_M)
            blocked = blocked or thing
            if thing is None and self._has_room(part, poses) and not self._event.disturbed_by(part):
                return part
        if blocked is not None:
            raise OccupiedError(f"{actor.role}: {taken(blocked)}")
        raise PlacementError(f"{actor.role}: there is no room for it")

    def _ways(self, actor: ActorPlan, spot: Spot) -> Iterator[Way]:
        """As its plan says; people who walk along the road then beside that, the nearest first, then later."""
        first = own_way(actor, self._setting, spot, self._road, self._ends_s)
        yield first
        off_road = actor.placement.off_road_m
        if actor.kind != "walker" or off_road is None or first.line is None or not np.isfinite(first.starts_s):
            return
        outward = 1.0 if actor.placement.side == "left" else -1.0
        rightwards = -outward * np.cos(first.start.yaw_rad - self._lane_yaw_rad(spot))       # 1: its right is outward
        steps = [number * STEP_M for number in range(-STEPS, STEPS + 1) if number != 0]
        low, high = PAVEMENT_M
        beside = [step for step in steps if low <= off_road + step <= high]
        beside.sort(key=lambda step: (abs(step), -step * rightwards))
        if self._standing:
            beside += [step for step in FARTHER_OUT_M if step not in beside]
        for step in beside:
            there = replace(spot, left_m=spot.left_m + outward * step)
            yield own_way(actor, self._setting, there, self._road, self._ends_s)
        for wait_s in WAITS_S:
            yield replace(first, starts_s=first.starts_s + wait_s)

    def _lane_yaw_rad(self, spot: Spot) -> float:
        corridor = self._setting.ego.corridor
        return float(corridor.sample(corridor.yaw_rad, min(max(spot.station_m, -corridor.before_m), corridor.ahead_m)))

    def _has_room(self, part: Part, poses: Floats) -> bool:
        """Is it in nobody at the start, and if it walks, later neither?"""
        size, sizes = sizes_m(part.body)[0], np.array(self._sizes)
        starts = np.stack([rows[0] for rows in self._poses])
        if (apart_m(poses[0], size, starts, sizes) < -TOUCHING_M).any():
            return False
        if part.plan.kind == "vehicle":
            return not tailgates(part, self._parts)
        return not self._walks_into_anybody(poses, size, sizes)

    def _walks_into_anybody(self, poses: Floats, size: Floats, sizes: Floats) -> bool:
        """Nobody walks into the ego's way; that is looked at as part of the event."""
        everybody = np.stack(self._poses)[1:]
        away = everybody[..., :2] - poses[:, :2]
        reach = np.abs(sizes[1:]).sum(axis=1) + np.abs(size).sum() + ELBOW_M
        near = (away**2).sum(axis=2).min(axis=1) < reach**2
        return bool((apart_m(poses, size, everybody[near], sizes[1:][near][:, None]) < ELBOW_M).any())
