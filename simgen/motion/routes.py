"""The way of an actor that no meet places: its lane, and where on it the actor begins."""

from __future__ import annotations

import math

import numpy as np

from simgen.errors import PlacementError, RequestError
from simgen.motion.course import Way, lane_line, turned
from simgen.motion.lines import Line
from simgen.motion.meets import ON_ITS_LANE, all_verbs, drives_against
from simgen.motion.needs import steps_of
from simgen.motion.placing import Setting, Spot
from simgen.motion.road import Road
from simgen.motion.speeds import RunUp
from simgen.scenario.plan import ActorPlan, Step

ON_A_LANE = {"follow_road", "run_red", "lane_change", "cut_in", "drift", "brake", "speed_up", "stop"}
SQUARE_RAD = math.radians(60.0)
SPARE_M = 30.0


def own_way(actor: ActorPlan, setting: Setting, spot: Spot, road: Road, ends_s: float) -> Way:
    """Where an actor begins and what it does if nobody reacts.

    A vehicle that drives along the road from the first tick on is on its spot at the first *captured* frame, as the
    ego is; it begins so far behind that spot as it drives during the warm-up. Everybody else begins on the spot.
    Raises PlacementError, RequestError.
    """
    body = setting.bodies[actor.role]
    start = setting.place(spot, body)
    if actor.kind == "vehicle" and "turn_back" in all_verbs(actor.program):
        raise RequestError(f"{actor.role}: a vehicle cannot turn_back; let it brake, stop or drift instead")
    first = actor.program[0] if actor.program else None
    at_once = actor.when is None and first is not None and first.when is None
    if actor.kind != "vehicle":
        return _walk_from(actor, setting, spot, first if at_once else None)
    if not ON_A_LANE & all_verbs(actor.program) or abs(math.sin(spot.heading_rad)) > math.sin(SQUARE_RAD):
        return Way(start, math.inf, RunUp(0.0))
    line, arc = _lane(actor, setting, spot, road, ends_s)
    run_up, from_m, starts_s = RunUp(0.0), arc, math.inf
    if at_once and first is not None and first.verb in ON_ITS_LANE and first.speed_mps:
        run_up, starts_s = RunUp(first.speed_mps, first.acceleration_mps2), setting.ego.begins_s
        from_m = arc - float(run_up.distance(-setting.ego.begins_s))
        if from_m < 0.0:
            raise PlacementError(
                f"{actor.role}: it would begin {arc - from_m:.0f} m behind its place at the first frame, but its lane "
                f"is known for only {arc:.0f} m there; shorten capture.warmup or place it elsewhere"
            )
    on_line = line.at(from_m)
    if abs(turned(on_line.yaw_rad - start.yaw_rad)) > SQUARE_RAD and starts_s == math.inf:
        on_line = on_line.facing(start.yaw_rad)
    return Way(on_line, starts_s, run_up, line, from_m)


def _walk_from(actor: ActorPlan, setting: Setting, spot: Spot, first: Step | None) -> Way:
    """A walker's: only ``follow_road`` and ``walk`` at once are foreseen; anything else is taken as standing."""
    start = setting.place(spot, setting.bodies[actor.role])
    if first is None or not first.speed_mps or first.verb not in ("follow_road", "walk"):
        return Way(start, math.inf, RunUp(0.0))
    run_up = RunUp(first.speed_mps, first.acceleration_mps2)
    if first.verb == "walk":
        line = Line.straight(start, start.yaw_rad, first.distance_m or SPARE_M)
        return Way(start, setting.ego.begins_s, run_up, line)
    line = Line.along(setting.ego.corridor, spot.left_m, first.against)
    return Way(start, setting.ego.begins_s, run_up, line, line.arc_of(start.xy_m))


def _lane(actor: ActorPlan, setting: Setting, spot: Spot, road: Road, ends_s: float) -> tuple[Line, float]:
    """The line a vehicle drives along, and the arc length of its origin there."""
    corridor, place = setting.ego.corridor, actor.placement
    body = setting.bodies[actor.role]
    on_lane = next((step for step in steps_of(actor.program) if step.verb in ON_A_LANE), None)
    assert on_lane is not None
    backwards = drives_against(actor, on_lane)
    if place.oncoming or place.lane is not None:
        offsets = corridor.oncoming_m if place.oncoming else setting.lane_offsets(place.lane or 0)
    else:
        offsets = np.full(len(corridor.xyz_m), spot.left_m)
    found = lane_line(corridor, offsets, spot.station_m, backwards)
    if found is None:
        raise PlacementError(
            f"{actor.role}: there is no lane where it is placed, {spot.station_m:.0f} m along the ego's road")
    line, arc = found
    speed = max([step.speed_mps or 0.0 for step in steps_of(actor.program)], default=0.0)
    wanted = speed * (ends_s - setting.ego.begins_s) + SPARE_M
    if line.length_m - arc < wanted:
        more = road.lane_ahead(line.at(line.length_m), wanted - (line.length_m - arc), ())
        ahead = more[1:] if len(more) else more
        if len(ahead):
            line = Line(np.concatenate([line.xyz_m, ahead]))
    return line, arc - body.centre_x_m
