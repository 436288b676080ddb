"""Meets solved backwards: from where and when ego and actor would touch to where and when the actor starts.

The *impact* is the instant ``time_s`` at which the plane of the ego's front reaches the near face of the actor's body;
the middle of that body is then across the ego's front as ``impact_share`` says. The place of the actor at that instant
follows from the ego's own course; from there its way is gone back:

* one that comes from the side (cross, walk, walk_to) on a straight line, as far as its place across the road says, or
  as far as it gets within ``lead_s``;
* one on the ego's road (follow_road along or against) on its lane, as far as it goes until the impact;
* one on an arm of the junction on that arm; the ego's start is moved along its lane so that the lines meet there;
* one that stands is simply there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simgen.errors import PlacementError, RequestError
from simgen.motion.bodies import Body
from simgen.motion.course import EgoCourse, Way, lane_line
from simgen.motion.crossings import crossing_of
from simgen.motion.lines import Line
from simgen.motion.outline import front_gap_m, left_of_m, reach_m
from simgen.motion.placing import Setting
from simgen.motion.road import STEP_M, Place
from simgen.motion.roots import root
from simgen.motion.speeds import RunUp
from simgen.scenario.plan import ActorPlan, Step

FROM_THE_SIDE = ("cross", "walk", "walk_to")
ON_ITS_LANE = ("follow_road", "run_red")
STILL = ("stand", "park", "freeze")
SIDEWAYS = ("lane_change", "cut_in", "drift")
FARTHEST_M = 300.0
LEAST_CLOSING_MPS = 0.1
TIME_TOLERANCE_S = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Solved:
    """way: the actor's, if nobody reacts. impact: its origin at the meet. program_s: when its program begins, so that
    after leading waits it is in motion in time; None: at once.
    crossing_m: for one from the side, the station where it crosses the middle of the ego's lane."""

    way: Way
    impact: Place
    program_s: float | None
    crossing_m: float | None = None


def first_motion(program: tuple[Step, ...]) -> tuple[Step | None, float]:
    """The step that first moves an actor (through ``parallel`` into the first track), and the waits before it."""
    waited = 0.0
    for step in program:
        if step.verb == "parallel":
            for track in step.tracks:
                inner, more = first_motion(track)
                if inner is not None:
                    return inner, waited + more
            continue
        if step.verb in STILL:
            if step.duration_s is None:
                return None, waited
            waited += step.duration_s
            continue
        if step.verb != "open_door":
            return step, waited
    return None, waited


def all_verbs(program: tuple[Step, ...]) -> set[str]:
    """Every verb of a program, those inside ``parallel`` too."""
    inner = (all_verbs(track) for step in program for track in step.tracks)
    return {step.verb for step in program}.union(*inner)


def solve(actor: ActorPlan, setting: Setting, arm: Line | None = None) -> Solved:
    """The actor's way to its meet. arm: its line over the junction, for one that is placed on an arm.

    Raises PlacementError if it cannot be there in time or the road has no room, RequestError for a program that no
    meet can be solved for.
    """
    assert actor.meet is not None
    if actor.when is not None:
        raise RequestError(f"{actor.role}: `meet` decides when it starts; remove its `when`")
    step, waits_s = first_motion(actor.program)
    if step is None:
        return _standing(actor, setting)
    if step.when is not None:
        raise RequestError(f"{actor.role}: `meet` decides when it starts; remove `when` from its first {step.verb}")
    if step.verb in FROM_THE_SIDE and arm is None:
        solved = _from_the_side(actor, step, setting)
    elif step.verb in ON_ITS_LANE:
        solved = _on_its_line(actor, step, setting, arm)
    else:
        raise RequestError(
            f"{actor.role}: a meet cannot be solved for {step.verb}; it can for "
            f"{', '.join((*FROM_THE_SIDE, *ON_ITS_LANE))} and for actors that stand"
        )
    if solved.program_s is None and waits_s == 0.0:
        return solved
    program_s = solved.way.starts_s - waits_s
    if program_s < setting.ego.begins_s - TIME_TOLERANCE_S:
        raise PlacementError(_too_late(actor, setting.ego, solved, waits_s))
    return Solved(solved.way, solved.impact, program_s, solved.crossing_m)


def _too_late(actor: ActorPlan, ego: EgoCourse, solved: Solved, waits_s: float) -> str:
    assert actor.meet is not None
    needs = actor.meet.time_s + actor.meet.miss_s - solved.way.starts_s + waits_s
    has = actor.meet.time_s + actor.meet.miss_s - ego.begins_s
    return (
        f"{actor.role}: it needs {needs:.2f} s from where it stands to the impact, but there are only {has:.2f} s from "
        f"the first tick: place it nearer, let it go faster, let the impact be at meet.time "
        f"{actor.meet.time_s + needs - has:.2f} s or later, or make capture.warmup {needs - has:.2f} s longer"
    )


def _speed(actor: ActorPlan, step: Step) -> RunUp:
    if not step.speed_mps:
        raise RequestError(f"{actor.role}: its {step.verb} needs a speed above 0 for the meet to be solved")
    return RunUp(step.speed_mps, step.acceleration_mps2)


def impact_place(actor: ActorPlan, setting: Setting, yaw_rad: float, from_left: bool) -> Place:
    """Where the actor's origin is at the impact when it then faces ``yaw_rad``."""
    assert actor.meet is not None
    ego, body = setting.ego, setting.bodies[actor.role]
    at = ego.place(actor.meet.time_s)
    ahead = ego.body.front_m + reach_m(body, yaw_rad - at.yaw_rad)
    return at.shifted(ahead, across_m(actor, ego, from_left)).facing(yaw_rad).shifted(-body.centre_x_m)


def _from_the_side(actor: ActorPlan, step: Step, setting: Setting) -> Solved:
    meet, ego, body = actor.meet, setting.ego, setting.bodies[actor.role]
    assert meet is not None
    run_up = _speed(actor, step)
    station = float(ego.station(meet.time_s)) + ego.body.front_m
    lane_yaw = ego.corridor.at(station).yaw_rad
    side = actor.placement.side
    from_left = side == "left" if side else setting.left_at(actor.role, actor.placement, station) > 0.0
    yaw = lane_yaw + (-math.pi / 2 + step.angle_rad if from_left else math.pi / 2 - step.angle_rad)
    if step.verb == "walk":
        yaw = lane_yaw + actor.placement.heading_rad
    if step.verb == "walk_to":
        yaw = _towards(actor, step, setting, from_left, yaw)
    impact = impact_place(actor, setting, yaw, from_left)
    if meet.lead_s is not None:
        away_m = float(run_up.distance(meet.lead_s + meet.miss_s))
    else:
        away_m = _back_to_its_place(actor, setting, impact, from_left)
    starts_s = meet.time_s + meet.miss_s - run_up.time_for(away_m)
    origin = impact.shifted(-away_m)
    _check_closing(actor, ego, impact, step_speed(run_up, run_up.time_for(away_m)))
    line = Line.straight(origin, yaw, away_m + FARTHEST_M)
    facing = yaw if actor.kind == "vehicle" else _facing(actor, setting, origin)
    crossing = _crossing(setting, impact, body.centre_x_m)
    return Solved(Way(origin.facing(facing), starts_s, run_up, line), impact, starts_s, crossing)


def _facing(actor: ActorPlan, setting: Setting, origin: Place) -> float:
    station = setting.spot(origin, setting.bodies[actor.role]).station_m
    corridor = setting.ego.corridor
    held = min(max(station, -corridor.before_m), corridor.ahead_m)
    return corridor.at(held).yaw_rad + actor.placement.heading_rad


def _towards(actor: ActorPlan, step: Step, setting: Setting, from_left: bool, yaw_rad: float) -> float:
    """The heading of a walk to a place, by way of the impact."""
    assert step.place is not None
    if step.place.ahead_m is None or step.place.of not in ("ego", "near"):
        raise RequestError(f"{actor.role}: with a meet, walk_to needs a place that counts from the ego or the road")
    station = setting.station_of(actor.role, step.place, {})
    goal = setting.ego.corridor.offset_place(station, setting.left_at(actor.role, step.place, station))
    for _ in range(20):
        impact = impact_place(actor, setting, yaw_rad, from_left)
        yaw_rad = math.atan2(goal.y_m - impact.y_m, goal.x_m - impact.x_m)
    return yaw_rad


def _back_to_its_place(actor: ActorPlan, setting: Setting, impact: Place, from_left: bool) -> float:
    """How far before the impact, on its straight way, an actor stands where its placement says."""
    corridor, body = setting.ego.corridor, setting.bodies[actor.role]

    def beyond_m(away_m: float) -> float:
        """How much nearer to the ego's lane than its place a spot on its way is; negative: farther out."""
        spot = setting.spot(impact.shifted(-away_m), body)
        held = min(max(spot.station_m, -corridor.before_m), corridor.ahead_m)
        left = setting.left_at(actor.role, actor.placement, held)
        return left - spot.left_m if from_left else spot.left_m - left

    at_impact = beyond_m(0.0)
    if at_impact <= 0.0:
        raise PlacementError(
            f"{actor.role}: it stands {-at_impact:.2f} m on the far side of where it should be hit; "
            "place it farther out on its side, or choose the other side"
        )
    far = at_impact + 1.0
    while beyond_m(far) > 0.0:
        far *= 2.0
        if far > FARTHEST_M:
            raise PlacementError(
                f"{actor.role}: on its way, back from the impact, it never comes to where it is placed; "
                "let it cross the road more squarely (`angle`)"
            )
    return root(beyond_m, 0.0, far)


def _crossing(setting: Setting, impact: Place, centre_x_m: float) -> float:
    """Station where a straight way crosses the middle of the ego's lane."""
    spot = setting.spot(impact.shifted(centre_x_m), setting.ego.body)
    slope = math.sin(spot.heading_rad)
    if abs(slope) < 0.05:
        return spot.station_m
    return spot.station_m - spot.left_m / slope * math.cos(spot.heading_rad)


def keeps_its_line(actor: ActorPlan) -> bool:
    """Does its own placement say where across the road it is (instead of ``impact_share``)? A placement off the ego's
    lane does, and so does one of an actor that moves sideways later."""
    place = actor.placement
    elsewhere = place.oncoming or place.off_road_m is not None or place.beside_m is not None
    return elsewhere or place.lane not in (None, 0) or place.left_m != 0.0 or bool(
        all_verbs(actor.program).intersection(SIDEWAYS))


def _standing(actor: ActorPlan, setting: Setting) -> Solved:
    meet, ego, body = actor.meet, setting.ego, setting.bodies[actor.role]
    assert meet is not None
    if meet.miss_s or meet.lead_s:
        raise RequestError(f"{actor.role}: it stands, so `miss` and `lead` of its meet mean nothing; remove them")
    at = ego.place(meet.time_s)
    if actor.placement.arm is not None:
        raise RequestError(f"{actor.role}: it stands on an arm of the junction, where nobody meets it; let it move")
    station = float(ego.station(meet.time_s)) + ego.body.front_m
    if not keeps_its_line(actor):
        yaw = ego.corridor.at(station).yaw_rad + actor.placement.heading_rad
        impact = impact_place(actor, setting, yaw, actor.placement.side == "left")
        return Solved(Way(impact, math.inf, RunUp(0.0)), impact, None)

    def place(at_m: float) -> Place:
        left = setting.left_at(actor.role, actor.placement, at_m)
        centre = ego.corridor.offset_place(at_m, left)
        return centre.facing(centre.yaw_rad + actor.placement.heading_rad).shifted(-body.centre_x_m)

    solved = root(lambda s: front_gap_m(at, ego.body, place(s), body), station - 5.0, station + body.length_m + 10.0)
    impact = place(solved)
    return Solved(Way(impact, math.inf, RunUp(0.0)), impact, None)


def drives_against(actor: ActorPlan, step: Step) -> bool:
    """Does it go against the ego's direction? Vehicles go where they face, walkers along, unless ``against``."""
    place = actor.placement
    if actor.kind == "vehicle":
        if step.against:
            return not place.oncoming
        return math.cos(place.heading_rad) < -0.1 or (place.oncoming and math.cos(place.heading_rad) < 0.1)
    return step.against


def _on_its_line(actor: ActorPlan, step: Step, setting: Setting, arm: Line | None) -> Solved:
    meet, ego, body = actor.meet, setting.ego, setting.bodies[actor.role]
    assert meet is not None
    run_up = _speed(actor, step)
    due_s = meet.time_s + meet.miss_s
    begins_s = ego.begins_s if meet.lead_s is None else meet.time_s - meet.lead_s
    if begins_s < ego.begins_s - TIME_TOLERANCE_S:
        raise PlacementError(f"{actor.role}: meet.lead {meet.lead_s:.2f} s begins before the first tick")
    gone_m = float(run_up.distance(due_s - begins_s))
    at = ego.place(meet.time_s)
    if arm is not None:
        line, arc = arm, _arc_on_arm(actor, ego, at, arm, body)
    else:
        line, arc = _arc_on_lane(actor, step, setting, at)
    impact = line.at(arc)
    _check_closing(actor, ego, impact, step_speed(run_up, due_s - begins_s))
    start = arc - gone_m
    if start < -1e-6:
        raise PlacementError(
            f"{actor.role}: to be in time it would have to start {gone_m:.0f} m before the impact, but its lane is "
            f"known for only {arc:.0f} m before it: let it be slower or meet.time earlier, or wish for a longer road"
        )
    way = Way(line.at(start), begins_s, run_up, line, start)
    return Solved(way, impact, None if meet.lead_s is None else begins_s)


def _check_closing(actor: ActorPlan, ego: EgoCourse, impact: Place, speed_mps: float) -> None:
    assert actor.meet is not None
    ahead = speed_mps * math.cos(impact.yaw_rad - ego.place(actor.meet.time_s).yaw_rad)
    closing = float(ego.profile.speed(actor.meet.time_s)) - ahead
    if closing < LEAST_CLOSING_MPS:
        raise PlacementError(
            f"{actor.role}: the ego never reaches it: at the time of the impact it closes in by {closing:.1f} m/s, the "
            f"actor going {ahead:.1f} m/s the ego's way; let the actor be slower or the ego faster"
        )


def step_speed(run_up: RunUp, time_s: float) -> float:
    """The speed so long after the start of a run-up."""
    if run_up.acceleration_mps2 is None:
        return run_up.speed_mps
    return min(run_up.speed_mps, run_up.acceleration_mps2 * max(time_s, 0.0))


def _arc_on_arm(actor: ActorPlan, ego: EgoCourse, at: Place, arm: Line, body: Body) -> float:
    """Where on its arm an actor is at the impact, the ego's start having been moved for it."""
    guess = arm.arc_of(at.shifted(ego.body.front_m).xy_m)
    turn = arm.at(guess).yaw_rad - at.yaw_rad
    if abs(math.sin(turn)) > abs(math.cos(turn)):
        wanted = across_m(actor, ego, math.sin(turn) < 0.0)
        return _zero(lambda q: left_of_m(at, arm.at(q), body) - wanted, guess)
    return _zero(lambda q: front_gap_m(at, ego.body, arm.at(q), body), guess)


def _arc_on_lane(actor: ActorPlan, step: Step, setting: Setting, at: Place) -> tuple[Line, float]:
    """The line along the ego's road that an actor is on, and where on it it is at the impact."""
    ego, body = setting.ego, setting.bodies[actor.role]
    nudge = 0.0
    for _ in range(4):
        line, guess = _lane_at(actor, step, setting, nudge)
        arc = _zero(lambda q, line=line: front_gap_m(at, ego.body, line.at(q), body), guess)  # type: ignore[misc]
        if keeps_its_line(actor):
            break
        # In a bend the road turns away from the ego's straight axis, so the line is moved until the share is right.
        nudge += across_m(actor, ego, actor.placement.side == "left") - left_of_m(at, line.at(arc), body)
    return line, arc


def across_m(actor: ActorPlan, ego: EgoCourse, from_left: bool) -> float:
    """Where the middle of the body is at the impact, to the left of the ego's centre line."""
    assert actor.meet is not None
    share = actor.meet.impact_share - 0.5
    return ego.body.width_m * (-share if from_left else share)


def _zero(gap_m: Callable[[float], float], guess: float) -> float:
    """The arc length at which a gap closes, nearest to the guess."""
    for reach in (5.0, 20.0, 60.0):
        if (gap_m(guess - reach) > 0.0) != (gap_m(guess + reach) > 0.0):
            return root(gap_m, guess - reach, guess + reach)
    raise PlacementError("the ego's front is never level with an actor on its line: the lines run side by side")


def _lane_at(actor: ActorPlan, step: Step, setting: Setting, nudge_m: float) -> tuple[Line, float]:
    """The line along the ego's road on which an actor meets it, in its direction, and the arc abreast of the impact."""
    meet, ego = actor.meet, setting.ego
    assert meet is not None
    station = float(ego.station(meet.time_s)) + ego.body.front_m
    backwards = drives_against(actor, step)
    place = actor.placement
    if keeps_its_line(actor) and (place.oncoming or place.lane not in (None, 0)):
        offsets = ego.corridor.oncoming_m if place.oncoming else setting.lane_offsets(place.lane or 0)
        found = lane_line(ego.corridor, offsets, station, backwards)
        if found is None:
            wish = "oncoming lane" if place.oncoming else f"lane {place.lane}"
            raise PlacementError(f"{actor.role}: the road has no {wish} where the ego should meet it")
        return found
    if keeps_its_line(actor):
        left = setting.left_at(actor.role, place, station)
    else:
        left = across_m(actor, ego, place.side == "left") + nudge_m
    found = lane_line(ego.corridor, np.full(len(ego.corridor.xyz_m), left), station, backwards)
    if found is None:
        raise PlacementError(f"{actor.role}: the ego's road ends before the impact, {station:.0f} m from its start")
    return found


def ego_shift_m(actor: ActorPlan, setting: Setting, arm: Line) -> float:
    """How far along its lane the ego's start must move so that an actor on a junction's arm meets it as asked.

    Newton's method on the two unknowns, the ego's shift and the actor's arc length, so that at the impact the ego's
    front is level with the near face and the middle of the body is across the front as the share says.
    Raises PlacementError where the two ways do not cross.
    """
    meet, ego, body = actor.meet, setting.ego, setting.bodies[actor.role]
    assert meet is not None
    corridor, station = ego.corridor, float(ego.station(meet.time_s))
    crossing = crossing_of(corridor.xyz_m[:, :2], corridor.yaw_rad, arm)
    if crossing is None:
        raise PlacementError(
            f"{actor.role}: on this junction its way from the {actor.placement.arm} and the ego's do not cross, they "
            "pass or run side by side; let the ego turn (ego.route), or take another arm"
        )
    unknown = np.array([crossing.sample * STEP_M - corridor.before_m - ego.body.front_m - station, crossing.arc_m])
    from_left = crossing.turn_rad < 0.0
    wanted = across_m(actor, ego, from_left)

    def misses(values: np.ndarray) -> np.ndarray:
        at, there = corridor.at(station + float(values[0])), arm.at(float(values[1]))
        return np.array([front_gap_m(at, ego.body, there, body), left_of_m(at, there, body) - wanted])

    for _ in range(30):
        if not -corridor.before_m <= station + unknown[0] < corridor.ahead_m:
            break
        now = misses(unknown)
        if np.abs(now).max() < 1e-6:
            return float(unknown[0])
        slopes = np.stack([(misses(unknown + step) - now) / 1e-4 for step in np.eye(2) * 1e-4], axis=1)
        if abs(np.linalg.det(slopes)) < 1e-3:
            break
        unknown = unknown - np.clip(np.linalg.solve(slopes, now), -5.0, 5.0)
    raise PlacementError(
        f"{actor.role}: on this junction its way from the {actor.placement.arm} and the ego's cross too flatly "
        f"({abs(math.degrees(crossing.turn_rad)):.0f}°) to meet with impact {100 * meet.impact_share:.0f} %; let the "
        "ego turn (ego.route), or take another arm"
    )
