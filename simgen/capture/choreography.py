"""Everybody's part in an episode: the ego on its lane, and each actor waiting for its cue."""

from __future__ import annotations

from collections.abc import Mapping

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.capture.driving import (
    Moment,
    StraightWalk,
    VehicleDriver,
    crossing,
    driver_for,
    is_due,
    lane_path,
)
from simgen.capture.road import Path
from simgen.capture.spawn import Spawned
from simgen.scenario.plan import EpisodePlan


class Choreography:
    """Moves the ego and the actors of one episode, one tick at a time.

    start_m: the ego's station on ``path`` at the first captured frame.
    """

    def __init__(
        self, world_map: carla.Map, plan: EpisodePlan, ego: Spawned, actors: list[Spawned], path: Path, start_m: float
    ) -> None:
        capture = plan.capture
        self._tick_parts: dict[str, VehicleDriver | StraightWalk] = {}
        self._waiting = {spawned.role: spawned for spawned in actors if spawned.plan is not None}
        self._ego = driver_for(ego.actor, path.xyz_m[:, :2], plan.ego.speed_mps)
        self._ego_half_length_m = float(ego.box.frame_from_box.translation_m[0] + ego.box.size_lwh_m[0] / 2)
        duration_s = capture.warmup_s + capture.frames / capture.rate_hz
        for spawned in actors:
            assert spawned.plan is not None
            part = self._part(world_map, spawned, path, start_m, duration_s)
            if part is not None:
                self._tick_parts[spawned.role] = part
            elif spawned.plan.behaviour.action == "park":
                spawned.actor.apply_control(carla.VehicleControl(hand_brake=True))
        if plan.ego.speed_mps > 0:
            self._ego.start()

    @staticmethod
    def _part(
        world_map: carla.Map, spawned: Spawned, path: Path, start_m: float, duration_s: float
    ) -> VehicleDriver | StraightWalk | None:
        assert spawned.plan is not None
        behaviour = spawned.plan.behaviour
        if behaviour.action in ("stand", "park"):
            return None
        if behaviour.action == "drive":
            length_m = behaviour.speed_mps * duration_s + 40.0
            return driver_for(
                spawned.actor, lane_path(world_map, spawned.start, length_m), behaviour.speed_mps
            )
        heading, distance = spawned.start.yaw_rad, behaviour.distance_m
        if behaviour.action == "cross":
            station = start_m + spawned.plan.placement.ahead_m
            heading, across_m = crossing(spawned, path, station, behaviour.angle_rad)
            distance = across_m if distance is None else distance
        return StraightWalk(spawned, heading, behaviour.speed_mps, distance)

    def moment(self, time_s: float, ego_pose: RigidTransform) -> Moment:
        """What the triggers see."""
        front = ego_pose.apply(np.array([[self._ego_half_length_m, 0.0, 0.0]]))[0]
        return Moment(time_s, front[:2])

    def step(self, time_s: float, poses: Mapping[str, RigidTransform], tick_s: float) -> None:
        """Give every actor its command for the next tick.

        time_s and poses are the last snapshot's; poses holds "ego" and every actor's role.
        """
        moment = self.moment(time_s, poses["ego"])
        if self._ego.moving:
            self._ego.step(poses["ego"])
        for role, part in self._tick_parts.items():
            waiting = self._waiting.get(role)
            if waiting is not None:
                assert waiting.plan is not None
                if not is_due(waiting.plan.trigger, moment, _xy(poses[role])):
                    continue
                del self._waiting[role]
                if isinstance(part, VehicleDriver):
                    part.start()
            if isinstance(part, VehicleDriver):
                part.step(poses[role])
            else:
                part.step(tick_s)


def _xy(pose: RigidTransform) -> NDArray[np.float64]:
    return pose.translation_m[:2]
