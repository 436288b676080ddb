"""The play itself: every tick's commands for everybody, and what happened.

Everybody's progress is planned as a function of time that is evaluated at the ends of ticks; the commanded speed of a
tick is the distance between two ends over its length. So an actor that starts between two ticks gets a slower first
tick, and is where it should be at its end. What the last snapshot shows decides conditions, sight and contacts, and
works off, within half a second, what a simulator lets actors fall behind their plan.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform
from simgen.motion.acts import DONE_S
from simgen.motion.bodies import EGO
from simgen.motion.commands import Carry, Command, Drive, OpenDoor, Stay, Walk
from simgen.motion.conditions import Cue
from simgen.motion.crash import between, strike, strike_door, touch_share
from simgen.motion.doors import Door
from simgen.motion.events import Event, StepTaken
from simgen.motion.lines import Line
from simgen.motion.mover import Mover
from simgen.motion.order import leaders_first
from simgen.motion.parts import Part
from simgen.motion.program import Program
from simgen.motion.reflex import EmergencyBrake, urge_mps2
from simgen.motion.road import Place
from simgen.motion.scene import Scene
from simgen.motion.stage import Stage
from simgen.motion.yielding import Yielding

CATCHES_UP_S = 0.5          # in which a simulator's lag is worked off
CATCHES_UP_SHARE = 0.2      # but never by more of the speed than this
MOST_CHANGES = 100          # of one actor's program in one tick
LEAST_S = 1e-6
BRAKE_LAMP_MPS2 = 0.5
TURNING_MPS = 0.01          # half a millimetre in a tick


class _Run:
    """One actor's program, waiting for its beginning or running."""

    def __init__(self, part: Part, mover: Mover, scene: Scene) -> None:
        plan = part.plan
        self.part, self.mover = part, mover
        self.doors: list[str] = []
        self.begun = self.started = self.finished = self.stood = False
        self._cue = None if plan.when is None else Cue(plan.when, plan.role)
        self._scene = scene
        self.program = Program(plan.program, part, mover, scene, scene, self.doors.append)

    def _due_s(self, now_s: float, until_s: float) -> float | None:
        if self.part.program_s is not None:
            return max(now_s, self.part.program_s) if self.part.program_s < until_s - DONE_S else None
        return now_s if self._cue is None else self._cue.due_s(self._scene, now_s, until_s)

    def play(self, now_s: float, until_s: float) -> None:
        """One tick of it."""
        mover, program, time = self.mover, self.program, now_s
        was_moving = mover.speed_mps > 0.0
        if mover.slides_mps is not None:
            mover.travel(now_s, until_s - now_s)
        else:
            if not self.begun:
                due = self._due_s(now_s, until_s)
                if due is None:
                    mover.trail.add(until_s, mover.place, mover.gone_m)
                    return
                self.begun, time = True, due
            program.look(time, until_s)
            for _ in range(MOST_CHANGES):
                program.update(time, now_s, until_s)
                then = program.next_change_s(time, now_s, until_s)
                then = min(until_s, max(then, time + LEAST_S))
                mover.travel(time, then - time)
                time = then
                if time >= until_s - DONE_S:
                    break
            else:
                raise RuntimeError(f"{mover.role}: its program changes without end at {time:.3f} s")
        mover.trail.add(until_s, mover.place, mover.gone_m)
        self._tell(was_moving, until_s)

    def _tell(self, was_moving: bool, until_s: float) -> None:
        role, program = self.mover.role, self.program
        if program.began_s is not None and not self.started:
            self.started = True
            self._scene.add(Event(program.began_s, role, "started"))
        if was_moving and self.mover.speed_mps == 0.0:
            self._scene.add(Event(until_s, role, "stopped"))
        if program.over_s is not None and self.started and not self.finished:
            self.finished = True
            self._scene.add(Event(program.over_s, role, "finished"))


class Performance:
    """A stage in motion. carried: roles that this server can only move by their transform (props always are)."""

    def __init__(self, stage: Stage, carried: Collection[str] = ()) -> None:
        self.stage = stage
        self.over = False           # on_crash "end": the ego touches something in this tick; no frame after its end
        self._scene = Scene(stage)
        self._carried = frozenset(carried) | {
            role for role, part in stage.parts.items() if part.plan.kind == "prop"}
        movers = self._scene.movers
        self._ego = movers[EGO]
        self._runs = {role: _Run(part, movers[role], self._scene) for role, part in stage.parts.items()}
        self._order = [r for r in leaders_first([part.plan for part in stage.parts.values()]) if r in self._runs]
        self._place_ego()
        aeb = stage.plan.ego.aeb
        self._reflex = None if aeb is None else EmergencyBrake(aeb, self._scene)
        self._braking = False
        self._yielding = Yielding(self._scene)
        self._has_driven: set[str] = set()

    @property
    def events(self) -> list[Event]:
        """What has happened so far, in the order of time."""
        return sorted(self._scene.events, key=lambda event: event.time_s)

    @property
    def struck(self) -> frozenset[str]:
        """Who was struck by the ego and slides, or slid, wherever that pushes it."""
        return frozenset(role for role, mover in self._scene.movers.items() if mover.slides_mps is not None)

    @property
    def steps(self) -> dict[str, tuple[StepTaken, ...]]:
        """The steps that everybody has begun so far, by role."""
        return {role: run.program.steps for role, run in self._runs.items()}

    @property
    def doors(self) -> dict[str, tuple[Door, ...]]:
        """The doors that have been opened so far, by role."""
        return {role: tuple(mover.doors) for role, mover in self._scene.movers.items() if mover.doors}

    def _place_ego(self) -> None:
        course, ego = self.stage.ego, self._ego
        line = Line(course.corridor.xyz_m)
        start = float(np.interp(course.corridor.before_m, np.arange(len(line.arc_m)), line.arc_m))
        ego.take(line, start)
        ego.schedule = lambda time_s: start + float(course.station(time_s))
        ego.gait.speed_mps = float(course.profile.speed(course.begins_s))

    def step(self, time_s: float, poses: Mapping[str, RigidTransform], tick_s: float) -> dict[str, Command]:
        """Commands for the tick that begins at ``time_s``, for "ego" and every role that was not left out.

        poses: of "ego" and all these roles at ``time_s``, right-handed.
        """
        scene, until = self._scene, time_s + tick_s
        on_their_way = scene.time_s > -math.inf     # at the first snapshot, cars that will drive have no speed yet
        scene.observe(time_s, poses)
        if self._reflex is not None and on_their_way:
            self._reflex.look(time_s)
        before = {role: mover.place for role, mover in scene.movers.items()}
        gone = {role: mover.gone_m for role, mover in scene.movers.items()}
        speeds = {role: mover.gait.speed_mps for role, mover in scene.movers.items()}
        arcs = {role: mover.arc_m for role, mover in scene.movers.items()}
        lines = {role: mover.line for role, mover in scene.movers.items()}
        for mover in scene.movers.values():
            mover.trail.add(time_s, mover.place, mover.gone_m)
        self._drive_ego(time_s, until)
        self._yielding.look(time_s)
        for role in self._order:
            self._keep_gap(role, time_s)
            self._runs[role].play(time_s, until)
        self._touch(time_s, until, before, arcs[EGO], gone[EGO], speeds[EGO])
        return {
            role: self._command(
                role, before[role], gone[role], speeds[role], arcs[role] if lines[role] is mover.line else None, tick_s)
            for role, mover in scene.movers.items()
        }

    def close(self, time_s: float, poses: Mapping[str, RigidTransform]) -> None:
        """Take notice of the last snapshot, after which nobody is commanded any more."""
        self._scene.observe(time_s, poses)

    # The ego

    def _drive_ego(self, now_s: float, until_s: float) -> None:
        ego, reflex = self._ego, self._reflex
        brakes = reflex.brakes_from_s if reflex is not None else None
        if reflex is not None and brakes is not None and not self._braking and brakes < until_s and (
            ego.schedule is not None
        ):
            at = max(brakes, now_s)
            ego.travel(now_s, at - now_s)
            ego.schedule = None
            ego.gait.speed_mps = float(self.stage.ego.profile.speed(at))
            ego.gait.aim(0.0, min(reflex.deceleration_mps2, self._scene.grip_mps2(at)))
            ego.travel(at, until_s - at)
            self._braking = True
        else:
            ego.travel(now_s, until_s - now_s)
        ego.trail.add(until_s, ego.place, ego.gone_m)

    def _keep_gap(self, role: str, now_s: float) -> None:
        run, mover = self._runs[role], self._scene.movers[role]
        if not run.part.plan.background or run.part.plan.kind != "vehicle" or not run.begun:
            return
        mover.urge_mps2 = urge_mps2(self._scene, role, mover.gait.target_mps, self._scene.grip_mps2(now_s))

    # Contacts

    def _touch(
        self, now_s: float, until_s: float, before: Mapping[str, Place], arc_m: float, gone_m: float, speed_mps: float
    ) -> None:
        scene, ego = self._scene, self._ego
        ego_from = scene.measured(EGO)
        ego_to = _carried_on(ego_from, before[EGO], ego.place)
        touches: list[tuple[float, str, Door | None]] = []
        for role in scene.parts:
            mover, start = scene.movers[role], scene.measured(role)
            end = _carried_on(start, before[role], mover.place)
            ways = zip(mover.solids(start, now_s), mover.solids(end, until_s), strict=True)
            for (door, solid_from, solid), (_, solid_to, _) in ways:
                if scene.has_touched(role, door):
                    continue
                share = touch_share(ego_from, ego_to, ego.body, solid_from, solid_to, solid)
                if share is not None:
                    touches.append((share, role, door))
        for number, (share, role, door) in enumerate(sorted(touches, key=lambda touch: touch[:2])):
            at = now_s + share * (until_s - now_s)
            scene.add_hit(role, at, door)
            if self.stage.plan.ego.on_crash == "end":
                self.over = True
                continue
            if role in self.stage.meets and door is None:
                start = scene.measured(role)
                end = _carried_on(start, before[role], scene.movers[role].place)
                scene.find_impact(role, now_s, until_s, ego_from, start, ego_to, end)
            if number == 0:
                # Back to the beginning of the tick, and only as far as the contact.
                ego.arc_m, ego.gone_m, ego.place = arc_m, gone_m, before[EGO]
                ego.gait.speed_mps = speed_mps
                ego.travel(now_s, at - now_s)
                if ego.schedule is not None:
                    ego.gait.speed_mps = float(self.stage.ego.profile.speed(at))
                self._strike(role, door, at, until_s, before[role], share)
                ego.travel(at, until_s - at)
            else:
                self._strike(role, door, at, until_s, before[role], share)

    def _strike(
        self, role: str, door: Door | None, at_s: float, until_s: float, before: Place, share: float
    ) -> None:
        if door is not None:
            strike_door(self._ego, self._scene.grip_mps2(at_s))
            return
        mover = self._scene.movers[role]
        mover.place = between(before, mover.place, share)
        strike(self._ego, mover, self._scene.parts[role], self._scene.grip_mps2(at_s))
        mover.travel(at_s, until_s - at_s)
        self._carried |= {role}

    # Commands

    def _command(
        self, role: str, before: Place, gone_m: float, speed_mps: float, arc_m: float | None, tick_s: float
    ) -> Command:
        mover = self._scene.movers[role]
        run = self._runs.get(role)
        if run is not None and run.doors:
            name = run.doors.pop(0)
            mover.doors.append(Door.of(name, self._scene.time_s, mover.body))
            return OpenDoor(name)
        here = mover.place
        moved = math.hypot(here.x_m - before.x_m, here.y_m - before.y_m)
        if role in self._carried:
            return Carry(here) if moved > 0.0 or here.yaw_rad != before.yaw_rad else Stay()
        if run is not None and run.part.plan.kind != "vehicle":
            return self._walk(role, before, here, moved, tick_s)
        if mover.line is None or (moved == 0.0 and role not in self._has_driven):
            return Stay()
        self._has_driven.add(role)
        lag = 0.0 if arc_m is None else self._lag_m(role, mover.line, arc_m)
        speed = (mover.gone_m - gone_m) / tick_s
        most = CATCHES_UP_SHARE * speed
        speed += min(max(lag / CATCHES_UP_S, -most), most)
        brakes = mover.gait.speed_mps < speed_mps - BRAKE_LAMP_MPS2 * tick_s or (speed == 0.0)
        return Drive(mover.line.xy_m, speed, brakes)

    def _walk(self, role: str, before: Place, here: Place, moved_m: float, tick_s: float) -> Command:
        if moved_m < 1e-9:
            if not self._scene.movers[role].turns:
                return Stay()
            # A walker faces the way it is told to go, so a turn on the spot is a step too short to be seen.
            self._scene.movers[role].turns = False
            return Walk(here.yaw_rad, TURNING_MPS)
        behind = before.xy_m - self._scene.measured(role).xy_m
        most = CATCHES_UP_SHARE * moved_m
        away = float(np.hypot(*behind)) * tick_s / CATCHES_UP_S
        way: NDArray[np.float64] = here.xy_m - before.xy_m
        if away > 1e-9:
            way = way + behind * (tick_s / CATCHES_UP_S) * min(1.0, most / away)
        return Walk(math.atan2(way[1], way[0]), float(np.hypot(*way)) / tick_s)

    def _lag_m(self, role: str, line: Line, arc_m: float) -> float:
        """How far it is behind its plan along its line."""
        return arc_m - line.arc_of(self._scene.measured(role).xy_m)


def _carried_on(measured: Place, before: Place, after: Place) -> Place:
    """Where something comes from where it was measured by the way that was planned."""
    return Place(
        measured.x_m + after.x_m - before.x_m, measured.y_m + after.y_m - before.y_m, measured.z_m, after.yaw_rad
    )
