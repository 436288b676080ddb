"""``place`` of an actor → its ``Placement``: along the road, across it, and which way it faces."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simgen.scenario.draws import Draws
from simgen.scenario.plan import Placement

if TYPE_CHECKING:
    from simgen.scenario.models.places import PlaceModel

_LANES = {"ego": 0, "right": 1, "left": -1}
TOWARD_ROAD_RAD = {"right": math.pi / 2, "left": -math.pi / 2}   # heading of who looks across from there

_OFF_ROAD_FROM_M = 3.0      # sideways of the middle of the ego's lane, where a place says no more

RoleOf = Callable[[str], str]       # a role as the file names it → the actor that is meant


@dataclass(frozen=True, slots=True)
class Motion:
    """What a first step says of the way an actor faces. verb "": it does nothing. leader: whom it follows."""

    verb: str = ""
    angle_rad: float = 0.0
    against: bool = False
    leader: str | None = None


def plan_place(
    place: PlaceModel | None, solved: bool, draws: Draws, role_of: RoleOf
) -> dict[str, Any]:
    """The fields of ``Placement``, but for the heading. solved: a meet, its own or that of whom it hides, says how far
    along the road it starts, unless the place does."""
    if place is None:
        return {"ahead_m": None}
    return _along(place, solved, draws, role_of) | _across(place, draws)


def _along(place: PlaceModel, solved: bool, draws: Draws, role_of: RoleOf) -> dict[str, Any]:
    """The fields of ``Placement`` that say where along the road."""
    for role, sign in ((place.before, -1.0), (place.beyond, 1.0), (place.behind, 1.0)):
        if role is not None:
            return {"ahead_m": sign * draws.value(place.gap), "of": role_of(role), "between": "ends", "same_line": True}
    if place.junction is not None:
        return {"ahead_m": None, "arm": draws.value(place.junction)}
    ahead_m = draws.if_there(place.ahead)
    if place.at is not None:
        return {"ahead_m": 0.0 if ahead_m is None else ahead_m, "of": "near"}
    if place.of is not None and place.of != "ego":
        return {"ahead_m": 0.0 if ahead_m is None else ahead_m, "of": role_of(place.of), "same_line": True}
    if ahead_m is None and not solved:
        raise draws.mistake(place.where, "needs 'ahead', such as 'ahead: 40 m': how far from the ego it starts")
    return {"ahead_m": ahead_m}


def _across(place: PlaceModel, draws: Draws) -> dict[str, Any]:
    """The fields of ``Placement`` that say where across the road; none of them: on the line of what ``of`` names."""
    if place.lane is not None:
        lane = draws.value(place.lane)
        if lane == "oncoming":
            return {"oncoming": True, "same_line": False}
        return {"lane": _LANES[lane] if isinstance(lane, str) else lane, "same_line": False}
    if place.left is not None:
        return {"left_m": draws.value(place.left), "same_line": False}
    if place.right is not None:
        return {"left_m": -draws.value(place.right), "same_line": False}
    side = draws.if_there(place.side)
    if place.off_road is not None:
        return {"side": side, "off_road_m": draws.value(place.off_road), "same_line": False}
    if place.beside is not None:
        return {"side": side, "beside_m": draws.value(place.beside), "same_line": False}
    return {} if side is None else {"side": side}


def side_of(placement: Placement, others: Mapping[str, Placement]) -> str | None:
    """The side of the ego's lane it is on; None in the middle of it. ``others``: placements by role."""
    if placement.side is not None:
        return placement.side
    if placement.oncoming:
        return "left"
    if placement.lane is not None:
        return None if placement.lane == 0 else "right" if placement.lane > 0 else "left"
    if placement.arm is not None:
        return placement.arm if placement.arm in TOWARD_ROAD_RAD else "left"
    if placement.same_line and placement.left_m == 0.0:
        leader = others.get(placement.of)
        return None if leader is None else side_of(leader, others)
    return None if placement.left_m == 0.0 else "left" if placement.left_m > 0.0 else "right"


def off_road(placement: Placement, others: Mapping[str, Placement]) -> bool:
    """Whether a place is beside the driving lanes, as far as a plan can tell."""
    if placement.arm is not None or placement.beside_m is not None:
        return True
    if placement.off_road_m is not None:
        return placement.off_road_m > 0.0
    if placement.lane is not None or placement.oncoming:
        return False
    if placement.same_line and placement.of in others and abs(placement.left_m) < _OFF_ROAD_FROM_M:
        return off_road(others[placement.of], others)
    return placement.side is not None or abs(placement.left_m) >= _OFF_ROAD_FROM_M


def heading_of(
    place: PlaceModel | None, placement: Placement, kind: str, motion: Motion, others: Mapping[str, Placement],
    draws: Draws,
) -> float:
    """Radians counter-clockwise from the ego's way.

    Not told, vehicles face with the traffic of their side of the road (which keeps to the right), who walks or follows
    the road faces along, and who crosses or stands beside the road faces across. Things lie along the road. Who follows
    somebody faces as that one does.
    """
    told = None if place is None else told_heading(place, placement, others, draws)
    if told is not None:
        return told
    side = side_of(placement, others)
    if motion.verb == "cross" and side is not None:
        lean = motion.angle_rad * (-1.0 if side == "right" else 1.0)
        return TOWARD_ROAD_RAD[side] + lean
    if placement.arm is not None:
        return {"right": math.pi / 2, "left": -math.pi / 2, "opposite": math.pi}[placement.arm]
    if motion.leader is not None and motion.leader in others:
        return others[motion.leader].heading_rad
    return _by_word(_usual_facing(placement, kind, motion, side, others), side)


def told_heading(
    place: PlaceModel, placement: Placement, others: Mapping[str, Placement], draws: Draws
) -> float | None:
    """What ``facing`` says, in radians counter-clockwise from the ego's way; None where the file does not say it.

    Raises ``ScenarioMistakes`` for words that need a side of the road in the middle of it.
    """
    facing = draws.if_there(place.facing)
    if facing is None or isinstance(facing, (int, float)):
        return None if facing is None else float(facing)
    side = side_of(placement, others)
    if facing in ("road", "away") and side is None:
        raise draws.mistake(place.where, (
            f"facing: {facing} needs a side of the road, and this place is in the middle of it; write along, against "
            "or an angle"))
    return _by_word(facing, side)


def _by_word(facing: str, side: str | None) -> float:
    """The heading of along, against, road or away; the last two need a side."""
    if facing in ("road", "away"):
        assert side is not None
        return TOWARD_ROAD_RAD[side] * (1.0 if facing == "road" else -1.0)
    return math.pi if facing == "against" else 0.0


def _usual_facing(
    placement: Placement, kind: str, motion: Motion, side: str | None, others: Mapping[str, Placement]
) -> str:
    if kind == "vehicle":
        left_side = _with_oncoming(placement, others)
        return "against" if left_side != motion.against else "along"
    if kind == "prop":                      # props lie along the road and show it their left side
        return "against" if side == "left" else "along"
    if motion.against:
        return "against"
    beside = side is not None and not placement.oncoming and placement.lane is None
    return "road" if beside and motion.verb in ("", "stand", "freeze", "flee", "open_door") else "along"


def _with_oncoming(placement: Placement, others: Mapping[str, Placement]) -> bool:
    """Whether the traffic there comes towards the ego."""
    if placement.same_line and placement.left_m == 0.0 and placement.of in others:
        return _with_oncoming(others[placement.of], others)
    return placement.oncoming or placement.side == "left"
