"""Everybody's place before the curtain rises: a plan resolved on a road."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError, RequestError
from simgen.motion.background import Background
from simgen.motion.bodies import EGO, Body, nominal_ego
from simgen.motion.clock import Clock
from simgen.motion.course import EgoCourse, Way
from simgen.motion.ground import Ground, on_ground, over_ground
from simgen.motion.lines import Line
from simgen.motion.meets import Solved, ego_shift_m, solve
from simgen.motion.needs import Needs, needs_of
from simgen.motion.order import check_followers, in_order
from simgen.motion.outline import overlap_m
from simgen.motion.parts import Part
from simgen.motion.placing import Setting, Spot
from simgen.motion.reveal import Sighting, Watch, slide
from simgen.motion.road import Corridor, Place, Road, StartOption
from simgen.motion.routes import own_way
from simgen.motion.sight import CameraView, profiles_of, screens_of
from simgen.motion.speeds import RunUp, SpeedProfile
from simgen.motion.standing import SAMPLE_S, TOUCHING_M, OccupiedError, Standing, require_free, within
from simgen.scenario.plan import ActorPlan, EpisodePlan, WeatherPoint

MOST_STARTS = 6
MOST_OCCUPIED = 40          # starts that are tried besides, where it is only a parked car that is in the way
REVEAL_AGREES_S = 0.02
SPARE_M = 70.0              # of road beyond what must be there, for actors that drive on


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meet that was solved (for records: ``dataclasses.asdict``).

    time_s, impact_share, miss_s, behind, reveal_s: as asked. starts_s: when the actor starts to move; None: it is on
    its way from the first tick, or stands. station_m: of the ego's front at the impact. place: of the actor's origin
    at the impact (it passes there ``miss_s`` later). reveal_solved_s: so long before time_s it comes in sight for the
    last time; None: it is in sight all the time, or never (``ever_seen``). seen_before_s: for so long it was in sight
    before it was hidden for the last time.
    """

    role: str
    time_s: float
    impact_share: float
    miss_s: float
    station_m: float
    place: Place
    starts_s: float | None
    behind: str | None
    reveal_s: float | None
    reveal_solved_s: float | None
    seen_before_s: float
    ever_seen: bool


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """ego_start: where to spawn the ego (station 0 of the corridor); ``start`` is the option it comes from.
    parts, places, bodies: by role, of those that were not left out; bodies also holds "ego". standing: what of the
    level is in the way."""

    plan: EpisodePlan
    road_name: str
    clock: Clock
    camera: CameraView
    ego: EgoCourse
    start: StartOption
    ego_start: Place
    near_m: float | None
    parts: Mapping[str, Part]
    meets: Mapping[str, Meeting]
    left_out: tuple[str, ...]
    standing: tuple[Standing, ...] = ()

    @property
    def corridor(self) -> Corridor:
        return self.ego.corridor

    @property
    def places(self) -> dict[str, Place]:
        return {role: part.start for role, part in self.parts.items()}

    @property
    def bodies(self) -> dict[str, Body]:
        return {EGO: self.ego.body, **{role: part.body for role, part in self.parts.items()}}

    @property
    def weather(self) -> tuple[WeatherPoint, ...]:
        """The plan's; a sun that is said from where the ego heads, in CARLA's azimuth on the map."""
        points, from_ahead = self.plan.weather, self.plan.sun_relative_deg
        if from_ahead is None:
            return points
        # CARLA counts from +x (east) to +y (south): clockwise, seen from above.
        azimuth = (from_ahead - math.degrees(self.ego.place(0.0).yaw_rad)) % 360.0
        return tuple(replace(point, carla={**point.carla, "sun_azimuth_angle": azimuth}) for point in points)


def set_stage(
    plan: EpisodePlan, road: Road, bodies: Mapping[str, Body], clock: Clock, camera: CameraView,
    standing: Sequence[Standing] = (), ground: Ground | None = None,
) -> Stage:
    """Find everybody's place on a road, and solve all meets.

    Args:
        bodies: "ego" and whatever roles the server knows better than the plan; the others' come from the plan.
        standing: what of the level is in the way.
        ground: how high whoever stands, or crosses to a meet, is at; None: as high as the ego's lane.

    With ``spawn.pick`` the start at that share of the suitable ones is tried, then up to five others, spread evenly
    over them (neighbours often fail alike); the first on which everything fits is taken. Where somebody would be in a
    parked car of the level, up to 40 more starts are tried. Raises PlacementError (that of the first start tried) or
    RequestError.
    """
    ego_body = bodies.get(EGO) or nominal_ego(plan.ego.blueprint)
    known = {EGO: ego_body, **{a.role: bodies.get(a.role, Body.of_plan(a)).of_kind(a) for a in plan.actors}}
    check_followers(plan.actors)
    try:
        options = road.starts(plan)
        pick = plan.ego.spawn.pick
        first = 0 if pick is None else int(pick * len(options))
        refusal: PlacementError | None = None
        others = 0
        for number in _spread(len(options)):
            start = options[(first + number) % len(options)]
            try:
                return _set(plan, road, start, known, clock, camera, standing, ground)
            except OccupiedError as error:
                refusal = refusal or error
            except PlacementError as error:
                refusal, others = refusal or error, others + 1
            if others == MOST_STARTS:
                break
        assert refusal is not None
        raise refusal
    except PlacementError as error:
        raise PlacementError(_named(plan, error)) from None
    except RequestError as error:
        raise RequestError(_named(plan, error)) from None


def _spread(count: int) -> list[int]:
    """The starts to try, of so many, one after the other, counted from the first: some spread evenly, then more."""
    tries = min(MOST_STARTS, count)
    spread = [number * count // tries for number in range(tries)]
    more = min(MOST_OCCUPIED, count - tries)
    rest = [number for number in range(count) if number not in spread]
    return spread + [rest[number * len(rest) // more] for number in range(more)]


def _named(plan: EpisodePlan, error: Exception) -> str:
    text = str(error)
    return text if text.startswith(plan.name) else f"{plan.name}: {text}"


def _set(
    plan: EpisodePlan, road: Road, start: StartOption, bodies: Mapping[str, Body], clock: Clock, camera: CameraView,
    standing: Sequence[Standing], ground: Ground | None,
) -> Stage:
    needs = needs_of(plan)
    corridor = road.corridor(start, needs.ahead_m + SPARE_M, needs.behind_m + SPARE_M, plan.ego.route)
    ego = EgoCourse(corridor, bodies[EGO], SpeedProfile.of(plan.ego.speed), clock.begins_s)
    actors = {actor.role: actor for actor in plan.actors}
    arms = {
        actor.role: Line(road.arm(corridor, actor.placement.arm))  # type: ignore[arg-type]
        for actor in plan.actors if actor.placement.arm is not None
    }
    setting = Setting(ego, start.near_station_m, actors, bodies)
    shift = _shift(plan, setting, arms)
    near = None if start.near_station_m is None else start.near_station_m - shift
    setting = Setting(ego.moved(shift), near, actors, bodies)
    _check_room(plan, setting.ego, clock, needs)
    ends_s = clock.ends_s(plan.capture.frames)
    standing = within(standing, start.place, needs.ahead_m + needs.behind_m + 2 * SPARE_M)
    found = _Found(plan, road, setting, camera, arms, ends_s, standing, ground)
    require_free("the ego", setting.ego.poses(found.times(ends_s)), setting.ego.body, standing, TOUCHING_M)
    order = [actors[role] for role in in_order(plan.actors)]
    for actor in order:
        if not actor.background:
            found.add(actor)
    _check_apart(found)
    found.add_background([actor for actor in order if actor.background])
    parts = found.parts
    ordered = {actor.role: parts[actor.role] for actor in plan.actors if actor.role in parts}
    meets = {role: _meeting(found, role, solved, ordered) for role, solved in found.solved.items()}
    return Stage(
        plan, road.name, clock, camera, setting.ego, start, setting.ego.corridor.at(0.0), near, ordered, meets,
        tuple(actor.role for actor in plan.actors if actor.role not in parts), standing,
    )


def _shift(plan: EpisodePlan, setting: Setting, arms: Mapping[str, Line]) -> float:
    """How far the ego's start moves along its lane so that the actor on a junction's arm meets it."""
    meeting = [actor for actor in plan.actors if actor.role in arms and actor.meet is not None]
    if not meeting:
        return 0.0
    if len(meeting) > 1:
        roles = " and ".join(actor.role for actor in meeting)
        raise RequestError(f"{roles} both meet the ego from an arm of the junction; only one can be solved for")
    return ego_shift_m(meeting[0], setting, arms[meeting[0].role])


def _check_room(plan: EpisodePlan, ego: EgoCourse, clock: Clock, needs: Needs) -> None:
    driven = float(ego.station(clock.ends_s(plan.capture.frames)))
    if driven + ego.body.front_m > ego.corridor.ahead_m:
        raise PlacementError(
            f"the ego drives {driven:.0f} m, but its road is known for only {ego.corridor.ahead_m:.0f} m ahead; "
            "let it be slower, record fewer frames, or wish for another road"
        )
    if ego.corridor.before_m < 0.0:
        raise PlacementError(
            f"the junction is {-ego.corridor.before_m:.0f} m too near: the ego would have to start before its road "
            "begins; let it be slower or meet.time earlier"
        )


class _Found:
    """Parts and solved meets, added one actor after the other."""

    def __init__(
        self, plan: EpisodePlan, road: Road, setting: Setting, camera: CameraView, arms: Mapping[str, Line],
        ends_s: float, standing: Sequence[Standing] = (), ground: Ground | None = None,
    ) -> None:
        self.plan, self.road, self.setting, self.camera, self.arms = plan, road, setting, camera, arms
        self.ends_s, self.standing, self.ground = ends_s, standing, ground
        self.parts: dict[str, Part] = {}
        self.spots: dict[str, Spot] = {}
        self.solved: dict[str, Solved] = {}

    def add(self, actor: ActorPlan) -> None:
        """One who is there in any case. Raises PlacementError, RequestError."""
        if actor.role in self.parts:                    # an occluder that its meet has placed
            return
        if actor.meet is not None:
            self._add_met(actor)
            return
        way = own_way(actor, self.setting, self._spot(actor), self.road, self.ends_s)
        self._keep(actor, Part(actor, self.setting.bodies[actor.role], way.start, way))

    def add_background(self, actors: Sequence[ActorPlan]) -> None:
        """Those for whom there is room among all who are there. Raises RequestError."""
        if not actors:
            return
        background = Background(self.setting, self.road, self.camera, self.ends_s, self.standing, self.parts)
        for actor in actors:
            try:
                self._keep(actor, background.part(actor, self._spot(actor)))
            except PlacementError:
                continue
            background.keep(self.parts[actor.role])

    def _spot(self, actor: ActorPlan) -> Spot:
        """Where its placement says. Raises PlacementError, RequestError."""
        setting, placement = self.setting, actor.placement
        if placement.arm is not None:
            raise RequestError(f"{actor.role}: a place on an arm of the junction needs a `meet` to say how far back")
        if placement.ahead_m is None:
            raise RequestError(f"{actor.role}: its place does not say how far `ahead`, and no meet solves it")
        station = setting.station_of(actor.role, placement, self.spots)
        spot = Spot(station, setting.left_at(actor.role, placement, station), placement.heading_rad)
        if placement.same_line and placement.of in self.spots:
            spot = replace(spot, left_m=self.spots[placement.of].left_m + placement.left_m)
        return spot

    def times(self, until_s: float) -> NDArray[np.float64]:
        """(T,) instants from the first tick on at which ways are looked at."""
        return np.arange(self.setting.ego.begins_s, until_s + SAMPLE_S, SAMPLE_S)

    def foreseen(self, part: Part) -> NDArray[np.float64]:
        """(T, 4) where an actor of the event is if nobody reacts, until its impact, or as far as its way is known."""
        meet, way = part.plan.meet, part.way
        times = self.times(self.ends_s if meet is None else meet.time_s)
        if way.line is not None:
            times = times[way.from_m + way.run_up.distance(times - way.starts_s) <= way.line.length_m]
        return np.vstack([part.way.poses(times[:1]), part.way.poses(times)])

    def _keep(self, actor: ActorPlan, part: Part, crossing_m: float | None = None) -> None:
        if part.way.line is None:
            start = on_ground(part.start, self.ground, part.body if actor.kind == "vehicle" else None)
            part = replace(part, start=start, way=replace(part.way, start=start))
        spot = self.setting.spot(part.start, part.body)
        if crossing_m is not None and part.heading_rad is not None:
            lane_yaw = self.setting.ego.corridor.at(crossing_m).yaw_rad
            spot = replace(spot, crossing_m=crossing_m, crossing_heading_rad=part.heading_rad - lane_yaw)
        self.parts[actor.role], self.spots[actor.role] = part, spot

    def _add_met(self, actor: ActorPlan) -> None:
        meet, setting = actor.meet, self.setting
        assert meet is not None
        solved = solve(actor, setting, self.arms.get(actor.role))
        self.solved[actor.role] = solved
        heading = solved.impact.yaw_rad if solved.crossing_m is not None else None
        body = setting.bodies[actor.role]
        way = solved.way
        if heading is not None:
            way = over_ground(way, way.from_m + float(way.run_up.distance(
                meet.time_s + meet.miss_s - way.starts_s)), self.ground)
        self._keep(actor, Part(actor, body, way.start, way, solved.program_s, heading), solved.crossing_m)
        if meet.reveal_s is None:
            return
        if meet.behind is None or meet.behind not in setting.actors:
            raise RequestError(f"{actor.role}: meet.reveal needs `behind`, the actor that hides it")
        occluder = setting.actors[meet.behind]
        if occluder.meet is not None or any(step.verb not in ("stand", "park") for step in occluder.program):
            raise RequestError(f"{actor.role}: meet.behind {occluder.role} moves; only one that stands can hide it")
        spot = slide(
            actor, occluder, self.parts[actor.role].way, setting, self.camera,
            self._screens({actor.role, occluder.role}), self.ground,
        )
        hider = setting.bodies[occluder.role]
        place = setting.place(spot, hider)
        self._keep(occluder, Part(occluder, hider, place, Way(place, math.inf, RunUp(0.0))))

    def _screens(self, without: set[str]) -> list[NDArray[np.float64]]:
        """(S, 6) of everything that stands."""
        return [
            screens_of(np.array([p.start.x_m, p.start.y_m, p.start.z_m, p.start.yaw_rad]), profiles_of(p.body)[0])
            for role, p in self.parts.items() if role not in without and p.way.line is None
        ]

    def sighting(self, role: str, kept: Mapping[str, Part]) -> Sighting:
        """How a meet's actor comes in sight among everything that stands."""
        actor = self.setting.actors[role]
        assert actor.meet is not None
        part = self.parts[role]
        watch = Watch(self.camera, self.setting.ego, part.way, part.body, actor.meet.time_s)
        screens = self._screens({role, *(other for other in self.parts if other not in kept)})
        return watch.sighting(np.concatenate([np.zeros((0, 6)), *screens]))


def _check_apart(found: _Found) -> None:
    """Raises PlacementError naming two actors who stand in each other at the start, and how deep; OccupiedError for one
    who would be in a thing of the level."""
    ego = found.setting.ego
    kept: list[tuple[str, Place, Body]] = [("the ego", ego.corridor.at(0.0), ego.body)]
    for role in (actor.role for actor in found.plan.actors if actor.role in found.parts):
        part = found.parts[role]
        require_free(role, found.foreseen(part), part.body, found.standing, TOUCHING_M)
        for name, place, body in kept:
            depth = overlap_m(place, body, part.start, part.body)
            if depth > TOUCHING_M:
                raise PlacementError(
                    f"{role}: at the start it would stand {depth:.2f} m deep in {name}; place them farther apart")
        kept.append((role, part.start, part.body))


def _meeting(found: _Found, role: str, solved: Solved, kept: Mapping[str, Part]) -> Meeting:
    actor, ego = found.setting.actors[role], found.setting.ego
    meet = actor.meet
    assert meet is not None
    sighting = found.sighting(role, kept)
    if meet.reveal_s is not None and (
        sighting.since_s is None or abs(sighting.since_s - meet.reveal_s) > REVEAL_AGREES_S
    ):
        found_s = "all the time" if sighting.ever else "never"
        if sighting.since_s is not None:
            found_s = f"{sighting.since_s:.2f} s before the impact"
        raise PlacementError(
            f"{role}: behind {meet.behind} alone it would be seen {meet.reveal_s:.2f} s before the impact, but with "
            f"what else stands there it is seen {found_s}; move the other actors away from the line of sight"
        )
    starts = solved.way.starts_s
    moves = solved.way.line is not None and starts > ego.begins_s
    return Meeting(
        role, meet.time_s, meet.impact_share, meet.miss_s, float(ego.station(meet.time_s)) + ego.body.front_m,
        solved.impact, starts if moves else None, meet.behind, meet.reveal_s, sighting.since_s, sighting.before_s,
        sighting.ever,
    )
