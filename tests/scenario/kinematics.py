"""A plan played on an endless straight road, to see what some shipped scenarios promise: no collision, all in view.

Two lanes, right-hand traffic. x is ahead along the ego's lane, y left of its centre, the ego's body centre at x = 0 at
the first captured frame. Independent of ``simgen.motion``, and much simpler: places from the ego, one step each, a
constant speed, and triggers by time or by the ego's distance, looked at once a tick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.scenario.plan import ActorPlan, Condition, EpisodePlan, Step

TICK_S = 0.1
HALF_VIEW_RAD = math.radians(40.5)       # the KITTI camera's 81 degrees
EGO_SIZE_M = (4.89, 1.84)


@dataclass(frozen=True, slots=True)
class Body:
    """A rectangle on the ground: centre, heading, length and width."""

    x_m: float
    y_m: float
    heading_rad: float
    size_m: tuple[float, float]

    def corners(self) -> NDArray[np.float64]:
        """(4, 2)"""
        half = np.array(self.size_m) / 2
        local = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * half
        c, s = math.cos(self.heading_rad), math.sin(self.heading_rad)
        corners: NDArray[np.float64] = local @ np.array([(c, s), (-s, c)]) + (self.x_m, self.y_m)
        return corners


def overlap(a: Body, b: Body) -> bool:
    """Whether two rectangles share a point: no axis of either separates them."""
    for body in (a, b):
        for angle in (body.heading_rad, body.heading_rad + math.pi / 2):
            axis = np.array([math.cos(angle), math.sin(angle)])
            pa, pb = a.corners() @ axis, b.corners() @ axis
            if pa.max() < pb.min() or pb.max() < pa.min():
                return False
    return True


def start_of(actor: ActorPlan, lane_m: float) -> Body:
    place = actor.placement
    if place.off_road_m is not None:
        y = 1.5 * lane_m + place.off_road_m if place.side == "left" else -0.5 * lane_m - place.off_road_m
    elif place.oncoming:
        y = lane_m
    else:
        y = place.left_m if place.lane is None else -lane_m * place.lane
    assert place.ahead_m is not None and place.of == "ego"
    return Body(place.ahead_m, y, place.heading_rad, actor.size_lwh_m[:2])


def play(plan: EpisodePlan, lane_m: float) -> list[tuple[float, dict[str, Body]]]:
    """Time and bodies by role ("ego" included) at every tick from the warm-up's start to the last frame."""
    warmup_ticks = round(plan.capture.warmup_s / TICK_S)
    last_tick = round((plan.capture.frames - 1) / plan.capture.rate_hz / TICK_S)
    bodies = {actor.role: start_of(actor, lane_m) for actor in plan.actors}
    started: set[str] = set()
    story = []
    for tick in range(-warmup_ticks, last_tick + 1):
        time_s = tick * TICK_S
        ego = Body(plan.ego.speed[0].speed_mps * time_s, 0.0, 0.0, EGO_SIZE_M)
        story.append((time_s, {"ego": ego, **bodies}))
        for actor in plan.actors:
            body = bodies[actor.role]
            near = math.hypot(body.x_m - ego.x_m - EGO_SIZE_M[0] / 2, body.y_m)
            if is_due(actor.when, time_s, near):
                started.add(actor.role)
            if actor.role in started and actor.program and actor.program[0].speed_mps is not None:
                bodies[actor.role] = moved(actor, actor.program[0], body)
    return story


def is_due(when: Condition | None, time_s: float, near_m: float) -> bool:
    if when is None:
        return True
    assert when.kind in ("time", "ego_distance") and when.value is not None
    return time_s >= when.value - 1e-6 if when.kind == "time" else near_m <= when.value


def moved(actor: ActorPlan, step: Step, body: Body) -> Body:
    assert step.verb in ("walk", "cross", "follow_road") and step.speed_mps is not None
    heading = body.heading_rad
    if step.verb == "cross":
        right = actor.placement.side == "right"
        heading = math.pi / 2 - step.angle_rad if right else -math.pi / 2 + step.angle_rad
    way_m = step.speed_mps * TICK_S
    return Body(body.x_m + way_m * math.cos(heading), body.y_m + way_m * math.sin(heading), heading, body.size_m)


def in_view(body: Body, ego: Body) -> bool:
    """Whether the body's centre is 5 to 60 m away and within the camera's field of view."""
    ahead, left = body.x_m - ego.x_m, body.y_m
    return 5.0 <= math.hypot(ahead, left) <= 60.0 and abs(math.atan2(left, ahead)) < HALF_VIEW_RAD
