"""The play as it stands at the last snapshot: who is where, who sees whom, and what has happened."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.motion.bodies import EGO, Body
from simgen.motion.doors import Door
from simgen.motion.events import Event
from simgen.motion.mover import Mover
from simgen.motion.needs import steps_of
from simgen.motion.outline import front_gap_m, left_of_m, overlap_m
from simgen.motion.parts import Part
from simgen.motion.placing import Setting
from simgen.motion.road import Place
from simgen.motion.roots import edge
from simgen.motion.sight import in_sight, profiles_of, screens_of, sizes_of
from simgen.motion.speeds import GRAVITY_MPS2
from simgen.motion.stage import Stage
from simgen.scenario.plan import ActorPlan, Condition

Floats = NDArray[np.float64]
LEVEL_M = 1e-3      # so near the ego's front is level with a near face: an impact may fall on the very last frame


class Scene:
    """Movers as planned, poses as measured, and the events so far."""

    def __init__(self, stage: Stage) -> None:
        plan = stage.plan
        bodies = stage.bodies
        self.stage = stage
        self.parts: Mapping[str, Part] = stage.parts
        self.setting = Setting(stage.ego, stage.near_m, {a.role: a for a in plan.actors},
                               {**{a.role: Body.of_plan(a) for a in plan.actors}, **bodies})
        self.roles = [EGO, *stage.parts]
        self._sizes = sizes_of(*(bodies[role] for role in self.roles))
        self._profiles = profiles_of(*(bodies[role] for role in self.roles))
        self.movers: dict[str, Mover] = {EGO: Mover(EGO, stage.ego.body, stage.ego_start, stage.ego_start)}
        for role, part in stage.parts.items():
            self.movers[role] = Mover(role, part.body, part.start, part.start)
        self.events: list[Event] = []
        self.time_s = -math.inf
        self._index = {role: number for number, role in enumerate(self.roles)}
        self._watched = [part.plan.role for part in stage.parts.values() if _is_watched(part.plan)]
        self._first: dict[tuple[str, str], float] = {}
        self._touched: set[tuple[str, Door | None]] = set()
        self._poses = np.zeros((len(self.roles), 4))
        self._before = self._poses
        self._stations = np.zeros(len(self.roles))
        self._lefts = np.zeros(len(self.roles))
        self._inside: NDArray[np.bool_] | None = None
        self._in_sight: dict[str, bool] = {}
        self._seen_s: dict[str, float] = {}

    # What conditions and acts ask

    def grip_mps2(self, time_s: float) -> float:
        """The hardest braking that the weather's road allows then."""
        points = self.stage.plan.weather
        friction = np.interp(time_s, [point.time_s for point in points], [point.friction for point in points])
        return float(friction) * GRAVITY_MPS2

    def measured(self, role: str) -> Place:
        """Where an actor's origin is at the last snapshot."""
        return self._place(role, self._poses)

    def _centre(self, role: str) -> Place:
        return self.measured(role).shifted(self.movers[role].body.centre_x_m)

    def ego_distance_m(self, role: str) -> float:
        ego = self.measured(EGO).shifted(self.stage.ego.body.front_m)
        there = self._centre(role)
        return math.hypot(there.x_m - ego.x_m, there.y_m - ego.y_m)

    def distance_m(self, role: str, other: str) -> float:
        if EGO in (role, other):
            return self.ego_distance_m(other if role == EGO else role)
        one, two = self._centre(role), self._centre(other)
        return math.hypot(one.x_m - two.x_m, one.y_m - two.y_m)

    def speed_mps(self, role: str) -> float:
        return self.movers[role].speed_mps

    def road_place(self, role: str) -> tuple[float, float]:
        """Station and offset to the left of the middle of a body, on the ego's corridor, at the last snapshot."""
        number = self._index[role]
        return float(self._stations[number]), float(self._lefts[number])

    def road_velocity(self, role: str) -> tuple[float, float]:
        """Speed along the ego's lane and to its left."""
        vx, vy = self.movers[role].velocity_mps
        yaw = self.measured(EGO).yaw_rad
        corridor = self.stage.corridor
        station = min(max(self.road_place(role)[0], -corridor.before_m), corridor.ahead_m)
        yaw = float(corridor.sample(corridor.yaw_rad, station))
        return vx * math.cos(yaw) + vy * math.sin(yaw), vy * math.cos(yaw) - vx * math.sin(yaw)

    def ttc_s(self, role: str) -> float:
        """From the ego's front to the middle of a body along the ego's road, over the closing speed; infinite if that
        is behind or does not come nearer."""
        gap = self.road_place(role)[0] - self.road_place(EGO)[0] - self.stage.ego.body.length_m / 2
        closing = self.speed_mps(EGO) - self.road_velocity(role)[0]
        return gap / closing if gap > 0.0 and closing > 0.0 else math.inf

    def seen_s(self, role: str) -> float | None:
        return self._seen_s.get(role)

    def happened_s(self, role: str, did: str) -> float | None:
        return self._first.get((role, did))

    def sees(self, role: str) -> bool:
        """Is it in the ego's line of sight at the last snapshot?"""
        if role in self._in_sight:
            return self._in_sight[role]
        return bool(self._sees([role], self._poses)[0])

    # What happens

    def add(self, event: Event) -> None:
        """Put down what happened."""
        self.events.append(event)
        self._first.setdefault((event.role, event.did), event.time_s)

    def observe(self, time_s: float, poses: Mapping[str, RigidTransform]) -> None:
        """Take in a snapshot, and put down what happened since the one before. Heights are the plan's, those of the
        ground; servers have the origins of their actors at different heights."""
        rows = []
        for role in self.roles:
            pose = poses[role]
            x, y, _ = pose.translation_m
            rows.append((x, y, self._height_m(role, x, y), pose.yaw_rad))
        first = self._inside is None
        self._before = np.array(rows) if first else self._poses
        self._poses = np.array(rows)
        before_s, self.time_s = self.time_s, time_s
        centres = self._poses[:, :2] + self._sizes[:, 3, None] * np.stack(
            [np.cos(self._poses[:, 3]), np.sin(self._poses[:, 3])], axis=1)
        was = self._lefts
        self._stations, self._lefts = self.stage.corridor.station_and_left(centres)
        self._cross_edges(before_s, was)
        self._look(before_s, first)
        if not first:
            for role in self.stage.meets:
                ego_before, before = self._place(EGO, self._before), self._place(role, self._before)
                self.find_impact(
                    role, before_s, time_s, ego_before, before, self.measured(EGO), self.measured(role))
            for role in self.parts:
                for door in self._touching(role):
                    self.add_hit(role, time_s, door)

    def _height_m(self, role: str, x_m: float, y_m: float) -> float:
        """The ground's, under somebody: along the way of one that crosses, else where it is planned to be."""
        part = self.parts.get(role)
        if part is None or part.heading_rad is None or part.way.line is None:
            return self.movers[role].place.z_m
        line = part.way.line
        return float(np.interp(line.arc_of((x_m, y_m)), line.arc_m, line.xyz_m[:, 2]))

    def has_touched(self, role: str, door: Door | None) -> bool:
        """Have the ego and somebody, or a door of theirs, touched before?"""
        return (role, door) in self._touched

    def add_hit(self, role: str, time_s: float, door: Door | None = None) -> None:
        """Put down that the ego and somebody touched. door: what of them it was; None: the body."""
        self._touched.add((role, door))
        self.add(Event(time_s, role, "hit"))
        self.add(Event(time_s, EGO, "hit"))

    def find_impact(
        self, role: str, before_s: float, after_s: float, ego_before: Place, before: Place, ego: Place, there: Place
    ) -> None:
        """Put down the impact of a meet if it lies between two instants, both moving evenly in between."""
        if self.happened_s(role, "impact") is not None:
            return
        body, ego_body = self.movers[role].body, self.stage.ego.body
        gap_before, gap = front_gap_m(ego_before, ego_body, before, body), front_gap_m(ego, ego_body, there, body)
        if not gap <= LEVEL_M < gap_before:
            return
        share = min(gap_before / (gap_before - gap), 1.0)
        left_before, left = left_of_m(ego_before, before, body), left_of_m(ego, there, body)
        across = (left_before + share * (left - left_before)) / ego_body.width_m
        from_left = self._came_from_left(role, ego)
        at = before_s + share * (after_s - before_s)
        self.add(Event(at, role, "impact", 0.5 - across if from_left else 0.5 + across))

    def _came_from_left(self, role: str, ego: Place) -> bool:
        """As the meet was solved: by the way it goes; without one to the side, by what the plan says."""
        way = self.stage.meets[role].place.yaw_rad - ego.yaw_rad
        if abs(math.sin(way)) > 0.2 and self.parts[role].way.line is not None:
            return math.sin(way) < 0.0
        return self.parts[role].plan.placement.side == "left"

    def _touching(self, role: str) -> list[Door | None]:
        """What of somebody overlaps the ego at the last snapshot, and has not touched it before."""
        here, ego = self.measured(role), self.measured(EGO)
        body, ego_body = self.movers[role].body, self.stage.ego.body
        if math.hypot(here.x_m - ego.x_m, here.y_m - ego.y_m) > body.length_m + body.width_m + ego_body.length_m:
            return []
        return [
            door for door, place, solid in self.movers[role].solids(here, self.time_s)
            if not self.has_touched(role, door) and overlap_m(ego, ego_body, place, solid) > 0.0
        ]

    def _place(self, role: str, poses: Floats) -> Place:
        return Place(*poses[self._index[role]].tolist())

    def _cross_edges(self, before_s: float, was_left: Floats) -> None:
        corridor = self.stage.corridor
        held = np.clip(self._stations, -corridor.before_m, corridor.ahead_m)
        left, right = corridor.sample(corridor.left_edge_m, held), corridor.sample(corridor.right_edge_m, held)
        inside = (self._lefts <= left) & (self._lefts >= right)
        if self._inside is not None:
            for number in np.flatnonzero(inside != self._inside):
                here = self._lefts[number]
                side = left if abs(here - left[number]) < abs(here - right[number]) else right
                moved = self._lefts[number] - was_left[number]
                share = 1.0 if moved == 0.0 else min(max((side[number] - was_left[number]) / moved, 0.0), 1.0)
                did = "entered_road" if inside[number] else "left_road"
                self.add(Event(float(before_s + share * (self.time_s - before_s)), self.roles[number], did))
        self._inside = inside

    def _sees(self, roles: list[str], poses: Floats) -> NDArray[np.bool_]:
        """(R,) which of them are in the ego's line of sight."""
        numbers = np.array([self._index[role] for role in roles])
        screens = np.repeat(screens_of(poses, self._profiles)[None, 1:], len(roles), axis=0)
        screens[np.arange(len(roles)), numbers - 1, :, 5] = -np.inf            # nobody hides itself
        screens = screens.reshape(len(roles), -1, 6)
        return in_sight(self.stage.camera, poses[:1], poses[numbers], self._profiles[numbers], screens)

    def _look(self, before_s: float, first: bool) -> None:
        """Who has come in sight since the last snapshot, and when exactly?"""
        if not self._watched:
            return
        for role, sees in zip(self._watched, self._sees(self._watched, self._poses).tolist(), strict=True):
            since = before_s if self._in_sight.get(role, False) else self.time_s
            if sees and not self._in_sight.get(role, False):
                since = self.time_s if first else self._appeared_s(role, before_s)
                self.add(Event(since, role, "reveal"))
            if sees:
                self._seen_s[role] = self._seen_s.get(role, 0.0) + self.time_s - since
            self._in_sight[role] = sees

    def _appeared_s(self, role: str, before_s: float) -> float:
        """When between the last two snapshots, everybody moving evenly, it came in sight."""
        turn = np.remainder(self._poses[:, 3] - self._before[:, 3] + math.pi, math.tau) - math.pi
        change = np.column_stack([self._poses[:, :3] - self._before[:, :3], turn])
        share = edge(lambda s: bool(self._sees([role], self._before + s * change)[0]), 0.0, 1.0, tolerance=2e-3)
        return before_s + share * (self.time_s - before_s)


def _is_watched(actor: ActorPlan) -> bool:
    """Does anybody want to know when it is in sight?"""
    conditions = [actor.when, *(c for step in steps_of(actor.program) for c in (step.when, step.until))]
    return actor.meet is not None or any(part.kind == "visible" for c in conditions if c for part in _parts(c))


def _parts(condition: Condition) -> Iterator[Condition]:
    yield condition
    for part in condition.parts:
        yield from _parts(part)
