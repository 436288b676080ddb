"""What drivers do by themselves: emergency braking of the ego, gap keeping of background traffic."""

from __future__ import annotations

import math

import numpy as np

from simgen.motion.bodies import EGO
from simgen.motion.events import Event
from simgen.motion.outline import reach_m
from simgen.motion.parts import Part
from simgen.motion.scene import Scene
from simgen.scenario.plan import AebPlan

IDM_HEADWAY_S = 1.2
IDM_STANDSTILL_M = 2.0
IDM_ACCELERATION_MPS2 = 1.5
IDM_BRAKING_MPS2 = 2.0
LOOKS_AHEAD_M = 80.0
BESIDE_M = 0.2              # so far beside its flank nobody is in a vehicle's way
COMES_S = 3.0               # who will be in it within this time by how it walks is seen coming


class EmergencyBrake:
    """The ego's automatic emergency braking.

    It brakes ``delay_s`` after the first snapshot at which some actor

    * is in the camera's line of sight, within ``range_m`` of the ego's front,
    * has a time to collision along the ego's road below ``ttc_s``: from the ego's front to the near face of the body,
      over the closing speed,
    * and overlaps the ego's width there, now or, as it moves now, by then.

    Once begun it goes on until the ego stands.
    """

    def __init__(self, plan: AebPlan, scene: Scene) -> None:
        self._plan, self._scene = plan, scene
        self.brakes_from_s: float | None = None

    def look(self, now_s: float) -> None:
        """Decide, by the last snapshot."""
        if self.brakes_from_s is None and any(self._threatens(role) for role in self._scene.parts):
            self.brakes_from_s = now_s + self._plan.delay_s
            self._scene.add(Event(self.brakes_from_s, EGO, "braked"))

    @property
    def deceleration_mps2(self) -> float:
        return self._plan.deceleration_mps2

    def _threatens(self, role: str) -> bool:
        scene, body = self._scene, self._scene.movers[role].body
        ego, ego_body = scene.measured(EGO), scene.stage.ego.body
        station, left = scene.road_place(role)
        ego_station, ego_left = scene.road_place(EGO)
        turn = scene.measured(role).yaw_rad - ego.yaw_rad
        gap = station - ego_station - ego_body.length_m / 2 - reach_m(body, turn)
        along, leftwards = scene.road_velocity(role)
        closing = scene.speed_mps(EGO) - along
        if not -body.length_m < gap <= self._plan.range_m or closing <= 0.0:
            return False
        ttc = max(gap, 0.0) / closing
        if ttc >= self._plan.ttc_s:
            return False
        beside = ego_body.width_m / 2 + reach_m(body, turn + math.pi / 2)
        offset = left - ego_left
        return (abs(offset) < beside or abs(offset + leftwards * ttc) < beside) and scene.sees(role)


def urge_mps2(scene: Scene, role: str, wish_mps: float, hardest_mps2: float) -> float:
    """Acceleration of a background vehicle that keeps its gap to whoever is ahead on its line, or comes to cross it.

    The Intelligent Driver Model (Treiber, Hennecke, Helbing, Phys. Rev. E 62, 2000): headway 1.2 s, 2 m at standstill,
    1.5 m/s² up and 2 m/s² down in comfort, never harder than the road allows.
    """
    mover = scene.movers[role]
    if mover.line is None:
        return 0.0
    speed = mover.gait.speed_mps
    free = 1.0 - (speed / wish_mps) ** 4 if wish_mps > 0.0 else (-1.0 if speed > 0.0 else 0.0)
    others = [other for other in scene.roles if other != role]
    places = np.array([scene.measured(other).xy_m for other in others])
    near = np.hypot(*(places - mover.place.xy_m).T) < LOOKS_AHEAD_M
    interaction = 0.0
    if near.any():
        arcs, lefts = mover.line.project(places[near])
        names = [other for other, close in zip(others, near, strict=True) if close]
        yaws = np.interp(arcs, mover.line.arc_m, mover.line.yaw_rad)
        for other, arc, left, yaw in zip(names, arcs, lefts, yaws, strict=True):
            ahead = scene.movers[other]
            turn = scene.measured(other).yaw_rad - float(yaw)
            beside = mover.body.width_m / 2 + reach_m(ahead.body, turn + math.pi / 2)
            gap = float(arc) - mover.arc_m - mover.body.front_m - reach_m(ahead.body, turn)
            if float(arc) <= mover.arc_m or gap < -mover.body.length_m:
                continue
            vx, vy = ahead.velocity_mps
            if abs(left) > beside + BESIDE_M and not _comes(
                scene.parts.get(other), float(left), vy * math.cos(yaw) - vx * math.sin(yaw), beside + BESIDE_M,
                max(gap, 0.0) / max(speed, 1.0),
            ):
                continue
            closing = speed - (vx * math.cos(yaw) + vy * math.sin(yaw))
            wanted = IDM_STANDSTILL_M + max(0.0, speed * IDM_HEADWAY_S + speed * closing / (
                2 * math.sqrt(IDM_ACCELERATION_MPS2 * IDM_BRAKING_MPS2)))
            interaction = max(interaction, (wanted / max(gap, 0.1)) ** 2)
    return max(-hardest_mps2, IDM_ACCELERATION_MPS2 * (free - interaction))


def _comes(part: Part | None, left_m: float, leftwards_mps: float, beside_m: float, away_s: float) -> bool:
    """Will somebody who walks, and is beside a vehicle's way now, be in it when the vehicle gets there, or shortly
    before? away_s: until that."""
    if part is None or part.plan.kind not in ("walker", "animal") or left_m * leftwards_mps >= 0.0:
        return False
    enters_s = (abs(left_m) - beside_m) / abs(leftwards_mps)
    leaves_s = (abs(left_m) + beside_m) / abs(leftwards_mps)
    return enters_s < COMES_S and enters_s - 1.0 < away_s < leaves_s + 1.0
