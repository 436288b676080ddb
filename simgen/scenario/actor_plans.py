"""One actor of a scenario → its plan, or its copies' plans: blueprint, place, heading, trigger, behaviour."""

from __future__ import annotations

import math
from dataclasses import replace

from simgen.scenario.draws import Draws
from simgen.scenario.plan import ActorPlan, Behaviour, Placement, Trigger
from simgen.scenario.spec import ActorSpec, PlaceSpec
from simgen.scenario.tables import (
    animal_speeds,
    colors,
    pedestrian_kinds,
    pedestrian_speeds,
    vehicle_kinds,
)

_LANES = {"ego": 0, "right": 1, "left": -1}
_TOWARD_ROAD_RAD = {"right": math.pi / 2, "left": -math.pi / 2}   # heading of who looks across from there


def plan_copies(actor: ActorSpec, draws: Draws) -> list[ActorPlan]:
    """The actor itself, or its ``count`` copies "role_1", "role_2", …, each with its own draws."""
    if actor.count is None:
        return [_plan_actor(actor, actor.role, 0.0, draws)]
    plans, further_ahead_m = [], 0.0
    for number in range(1, draws.value(actor.count, f"actors.{actor.role}.count") + 1):
        role = f"{actor.role}_{number}"
        if actor.spacing_m is not None and number > 1:
            further_ahead_m += draws.value(actor.spacing_m, f"actors.{role}.spacing")
        plans.append(_plan_actor(actor, role, further_ahead_m, draws))
    return plans


def rgb(color: str | None) -> str | None:
    """CARLA's "r,g,b" for a colour word or for itself."""
    return None if color is None else colors().get(color, color)


def _plan_actor(actor: ActorSpec, role: str, further_ahead_m: float, draws: Draws) -> ActorPlan:
    root = f"actors.{role}"
    model = draws.value(actor.model, f"{root}.{actor.kind}")
    behaviour = _plan_behaviour(actor, model, root, draws)
    placement = _plan_place(actor.place, f"{root}.place", draws)
    placement = replace(placement, ahead_m=placement.ahead_m + further_ahead_m)
    side = _side(placement)
    facing = draws.value_if_there(actor.place.facing, f"{root}.place.facing")
    heading_rad = _heading(facing, actor.kind, behaviour, side, placement)
    return ActorPlan(
        role=role,
        kind="walker" if actor.kind == "pedestrian" else actor.kind,
        blueprint=_blueprint(actor.kind, model, root, draws),
        species=model if actor.kind == "animal" else None,
        placement=replace(placement, heading_rad=heading_rad),
        trigger=Trigger(
            time_s=draws.value_if_there(actor.when.time_s, f"{root}.when.time"),
            ego_distance_m=draws.value_if_there(actor.when.ego_distance_m, f"{root}.when.ego_distance"),
        ),
        behaviour=behaviour,
        color=rgb(draws.value_if_there(actor.color, f"{root}.color")),
    )


def _blueprint(kind: str, model: str, root: str, draws: Draws) -> str | None:
    """A CARLA id for a vehicle or pedestrian, drawn if the scenario names a kind; None for animals."""
    if kind == "animal":
        return None
    kinds = vehicle_kinds() if kind == "vehicle" else pedestrian_kinds()
    return draws.one_of(kinds.get(model, (model,)), f"{root}.{kind}.blueprint")


def _plan_behaviour(actor: ActorSpec, model: str, root: str, draws: Draws) -> Behaviour:
    action = draws.value(actor.do.action, f"{root}.do")
    speed_mps = draws.value_if_there(actor.do.speed_mps, f"{root}.do.{action}.speed")
    if speed_mps is None:
        speed_mps = _usual_speed(actor.kind, model, action)
    return Behaviour(
        action=action,
        speed_mps=speed_mps,
        angle_rad=draws.value_if_there(actor.do.angle_rad, f"{root}.do.{action}.angle") or 0.0,
        distance_m=draws.value_if_there(actor.do.distance_m, f"{root}.do.{action}.distance"),
    )


def _usual_speed(kind: str, model: str, action: str) -> float:
    if action not in ("walk", "cross"):
        return 0.0
    speeds = animal_speeds()[model] if kind == "animal" else pedestrian_speeds(model)
    return speeds.walk_mps if action == "walk" else speeds.cross_mps


def _plan_place(place: PlaceSpec, root: str, draws: Draws) -> Placement:
    """Where it starts, still heading along the ego's lane."""
    ahead_m = draws.value(place.ahead_m, f"{root}.ahead")
    if place.lane is not None:
        lane = draws.value(place.lane, f"{root}.lane")
        if lane == "oncoming":
            return Placement(ahead_m, oncoming=True)
        return Placement(ahead_m, lane=_LANES[lane] if isinstance(lane, str) else lane)
    if place.off_road_m is not None:
        assert place.side is not None
        side = draws.value(place.side, f"{root}.side")
        return Placement(ahead_m, side=side, off_road_m=draws.value(place.off_road_m, f"{root}.off_road"))
    if place.left_m is not None:
        return Placement(ahead_m, left_m=draws.value(place.left_m, f"{root}.left"))
    assert place.right_m is not None
    return Placement(ahead_m, left_m=-draws.value(place.right_m, f"{root}.right"))


def _side(placement: Placement) -> str | None:
    """The side of the ego's lane it is on; None on a lane, and in the middle of the ego's."""
    if placement.side is not None or placement.left_m == 0.0:
        return placement.side
    return "left" if placement.left_m > 0.0 else "right"


def _heading(
    facing: str | float | None, kind: str, behaviour: Behaviour, side: str | None, placement: Placement
) -> float:
    """Radians counter-clockwise from the ego's way.

    Not told, vehicles face with the traffic of their side of the road (which keeps to the right), who walks
    faces along, and who crosses or stands beside the road faces across.
    """
    if isinstance(facing, (int, float)):
        return float(facing)
    if facing is None and behaviour.action == "cross" and side is not None:
        return _TOWARD_ROAD_RAD[side] + behaviour.angle_rad * (-1.0 if side == "right" else 1.0)
    if facing is None and kind != "vehicle" and behaviour.action == "stand" and side is not None:
        facing = "road"
    if facing in ("road", "away"):
        assert side is not None
        return _TOWARD_ROAD_RAD[side] * (1.0 if facing == "road" else -1.0)
    if facing is None and kind == "vehicle" and (placement.oncoming or placement.side == "left"):
        facing = "against"
    return math.pi if facing == "against" else 0.0
