"""What there is to see of a rehearsed episode: who is who, where at which instant, what was first seen when."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.errors import PlacementError
from simgen.motion.bodies import EGO, Body
from simgen.motion.crash import TWO_WHEELER_M
from simgen.motion.doors import Door
from simgen.motion.events import StepTaken, measured
from simgen.motion.outline import corners_m, left_of_m
from simgen.motion.rehearsal import Rehearsal, rehearse
from simgen.motion.road import Place, Road
from simgen.motion.sight import in_sight, outline_m, profiles_of, screens_of, sizes_of, top_edges
from simgen.report.preview.near import NearMiss, gap_at_m, near_misses
from simgen.scenario.plan import ActorPlan, EpisodePlan

Floats = NDArray[np.float64]

MOVED_M = 0.2               # less is standing
POINT_M = 1e-3              # of a body's outline, when it is looked at alone
JUST_AFTER_S = 0.02
TOUCHING_M = 0.05           # at the impact; it lies between two ticks, and the last frame may be there
CROWD = 3                   # so many copies of one actor share a name


@dataclass(frozen=True, eq=False, slots=True)
class Player:
    """One of those on the road, the ego too.

    track: (T, 4) x, y, z, yaw of its origin at ``times_s`` (T,). kept: whether it is shown in full, not as background.
    hides: whether somebody's meet is behind it. meets: whether it has a meet itself.
    impact_s, reveal_s: instants of that meet; contact_s: when it touched the ego first. reveal_s is None for one that
    is in sight from the beginning; impact_s for one that is not met after all, as the ego brakes. At impact_s the plane
    of the ego's front reaches it, which may be beside the ego; touch_s: when the two touch, near: how close one that
    was to be met, or moved, came without touching. doors: those it opens.
    """

    role: str
    sort: str
    what: str
    body: Body
    times_s: Floats
    track: Floats
    steps: tuple[StepTaken, ...] = ()
    kept: bool = True
    hides: bool = False
    meets: bool = False
    impact_s: float | None = None
    impact_share: float | None = None
    reveal_s: float | None = None
    contact_s: float | None = None
    touch_s: float | None = None
    near: NearMiss | None = None
    doors: tuple[Door, ...] = ()

    @property
    def moves(self) -> bool:
        return bool(np.ptp(self.track[:, :2], axis=0).max() > MOVED_M)

    def place(self, time_s: float) -> Place:
        """Where it is at a time, within the play."""
        yaw = np.unwrap(self.track[:, 3])
        x, y, z = (float(np.interp(time_s, self.times_s, self.track[:, axis])) for axis in range(3))
        return Place(x, y, z, float(np.interp(time_s, self.times_s, yaw)))

    def corners(self, time_s: float) -> Floats:
        """(4, 2) its ground rectangle, front left first."""
        return corners_m(self.place(time_s), self.body)

    def solids(self, time_s: float) -> Iterator[tuple[Place, Body]]:
        """What of it can be touched at a time: its body, and doors that stand out."""
        here = self.place(time_s)
        yield here, self.body
        for door in self.doors:
            if door.stands_out:
                yield door.place(here, time_s), door.leaf

    def middle(self, time_s: float) -> Floats:
        """(2,) of its body."""
        return self.place(time_s).shifted(self.body.centre_x_m).xy_m


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """An episode that was rehearsed on a road. players: the ego first, those that matter next."""

    plan: EpisodePlan
    road: Road
    rehearsal: Rehearsal
    players: tuple[Player, ...]

    @property
    def ego(self) -> Player:
        return self.players[0]

    @property
    def begins_s(self) -> float:
        return float(self.rehearsal.times_s[0])

    @property
    def ends_s(self) -> float:
        return float(self.rehearsal.times_s[-1])

    @property
    def braked_s(self) -> float | None:
        """When the ego's emergency braking began."""
        return next((e.time_s for e in self.rehearsal.events if e.role == EGO and e.did == "braked"), None)

    def telling_s(self) -> float | None:
        """The instant of the first meet's impact, also of one that just fails, or else of the first contact."""
        impacts = [p.impact_s for p in self.players if p.impact_s is not None]
        contacts = [p.contact_s for p in self.players if p.contact_s is not None]
        return min(impacts, default=min(contacts, default=None))

    @property
    def uneventful(self) -> bool:
        """Nobody is hit, and nobody nearly."""
        return all(player.touch_s is None and player.near is None for player in self.players)

    def impact_point(self, player: Player) -> Floats | None:
        """(2,) where on the ego it is hit; None if it is not."""
        time_s = player.touch_s
        if time_s is None:
            return None
        ego, half = self.ego.place(time_s), self.ego.body.width_m / 2
        if time_s != player.impact_s:
            mine = outline_m(_poses(self.ego.place(time_s)), sizes_of(self.ego.body))[0]
            its = np.concatenate([
                outline_m(_poses(place), sizes_of(body))[0] for place, body in player.solids(time_s)])
            nearest = np.hypot(*(mine[:, None] - its[None]).T).argmin() % len(mine)
            return np.asarray(mine[nearest])
        left = left_of_m(ego, player.place(time_s), player.body)
        return ego.shifted(self.ego.body.front_m, min(max(left, -half), half)).xy_m

    def first_sight(self, player: Player) -> tuple[Floats, Floats] | None:
        """Camera (2,) and the nearest point (2,) of a player that is seen at its reveal; None if always in sight."""
        if player.reveal_s is None:
            return None
        time_s, stage = min(player.reveal_s + JUST_AFTER_S, self.ends_s), self.rehearsal.stage
        ego, there = self.ego.place(time_s), player.place(time_s)
        points, tops = (found[0] for found in top_edges(_poses(there), profiles_of(player.body)))
        targets = np.column_stack([points, tops, np.zeros(len(points))])
        others = [other for other in self.players[1:] if other is not player]
        screens = np.zeros((0, 6))
        if others:
            poses = np.concatenate([_poses(other.place(time_s)) for other in others])
            screens = screens_of(poses, profiles_of(*(other.body for other in others))).reshape(-1, 6)
        point = profiles_of(Body(POINT_M, POINT_M, 0.0))
        seen = in_sight(stage.camera, _poses(ego), targets, point, screens[None])
        if not seen.any():
            return None
        eye = ego.shifted(stage.camera.x_m, stage.camera.y_m).xy_m
        seen_points = points[seen]
        return eye, np.asarray(seen_points[np.hypot(*(seen_points - eye).T).argmin()])


def rehearse_scene(plan: EpisodePlan, roads: Iterable[Road]) -> Scene:
    """Rehearse a plan on the first of these roads that has room for it.

    Raises RequestError, or PlacementError with what each road lacks.
    """
    refusals: dict[str, str] = {}
    for road in roads:
        try:
            rehearsal = rehearse(plan, road)
        except PlacementError as error:
            refusals[road.name] = str(error).removeprefix(f"{plan.name}: ")
            continue
        return Scene(plan, road, rehearsal, tuple(_players(plan, rehearsal)))
    told = [text if name in text or len(refusals) == 1 else f"map {name}: {text}" for name, text in refusals.items()]
    raise PlacementError(f"{plan.name}: {' | '.join(told)}")


def _players(plan: EpisodePlan, rehearsal: Rehearsal) -> Iterator[Player]:
    times, tracks, bodies = rehearsal.times_s, rehearsal.tracks, rehearsal.stage.bodies
    near = near_misses(plan, rehearsal)
    yield Player(EGO, "ego", f"the ego, {plan.ego.blueprint}", bodies[EGO], times, tracks[EGO])
    hiders = {actor.meet.behind for actor in plan.actors if actor.meet is not None}
    there = [actor for actor in plan.actors if actor.role in tracks]
    for actor in sorted(there, key=lambda one: (one.meet is None, one.background, not one.event)):
        role = actor.role
        found = measured(rehearsal.events, role)
        reveal = None
        if actor.meet is not None:
            before = found.impact_s if found.impact_s is not None else actor.meet.time_s
            reveal = max((e.time_s for e in rehearsal.events
                          if e.role == role and e.did == "reveal" and e.time_s <= before), default=None)
        hit = next((e.time_s for e in rehearsal.events if e.role == role and e.did == "hit"), None)
        passed = near.get(role)
        at_s = found.impact_s
        touch = hit if at_s is None or gap_at_m(rehearsal, role, at_s) > TOUCHING_M else at_s
        yield Player(
            role, sort_of(actor), _what(actor), bodies[role], times, tracks[role],
            steps=rehearsal.steps.get(role, ()), kept=not actor.background, hides=role in hiders,
            meets=actor.meet is not None, impact_s=found.impact_s, impact_share=found.impact_share,
            reveal_s=reveal if reveal is not None and reveal > times[0] + JUST_AFTER_S else None, contact_s=hit,
            touch_s=touch, near=None if touch is not None else passed,
            doors=rehearsal.doors.get(role, ()),
        )


def sort_of(actor: ActorPlan) -> str:
    """Which of ``looks.SORTS`` an actor is."""
    if actor.kind == "vehicle":
        return "two-wheeler" if actor.size_lwh_m[1] < TWO_WHEELER_M else "vehicle"
    return {"walker": "pedestrian", "animal": "animal", "prop": "thing"}[actor.kind]


def copied_from(role: str) -> str:
    """The role of the file that a copy comes from: ``herd`` of ``herd_3``."""
    return re.sub(r"_[0-9]+$", "", role)


def _what(actor: ActorPlan) -> str:
    name = actor.species.replace("_", " ") if actor.species is not None else actor.blueprint
    length, width, height = actor.size_lwh_m
    return f"{name}, {length:.2g} × {width:.2g} × {height:.2g} m"


def _poses(place: Place) -> Floats:
    """(1, 4) x, y, z, yaw."""
    return np.array([[place.x_m, place.y_m, place.z_m, math.remainder(place.yaw_rad, math.tau)]])
