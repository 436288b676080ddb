"""An actor's program: steps one after the other, at the same time, and when their cue comes.

* A step waits for its ``when``, then runs until it ends by itself, its ``until`` holds or its ``duration_s`` is over.
* A step that never ends by itself (stand, park, freeze, flee, follow_leader, follow_road without a distance) is taken
  over by the next as soon as that one's ``when`` holds; follow_road also by a next step without ``when``, at once.
* freeze, turn_back and flee with a ``when`` also interrupt a step that is not over.
* When a step is over and the next still waits, walkers, animals and props stand, vehicles go on as they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simgen.motion.acts import DONE_S, PACE, WAY, Act, OpenDoor, Surroundings
from simgen.motion.conditions import Cue, Senses
from simgen.motion.driving import CutIn, Drift, FollowRoad, LaneChange
from simgen.motion.events import StepTaken
from simgen.motion.following import FollowLeader, FollowPath
from simgen.motion.mover import Mover
from simgen.motion.pacing import ChangeSpeed, Freeze, Stand, Stop
from simgen.motion.parts import Part
from simgen.motion.walking import AlongTheRoad, Cross, Face, Flee, TurnBack, Walk, WalkTo
from simgen.scenario.plan import Step

REFLEXES = ("freeze", "turn_back", "flee")
TIMED_BY_THEMSELVES = ("lane_change", "cut_in")     # their duration_s is how long they take
VERBS: dict[str, type[Act]] = {
    "stand": Stand, "park": Stand, "freeze": Freeze, "walk": Walk, "cross": Cross, "walk_to": WalkTo, "face": Face,
    "turn_back": TurnBack, "flee": Flee, "follow_leader": FollowLeader, "follow_path": FollowPath,
    "follow_road": FollowRoad, "run_red": FollowRoad, "brake": ChangeSpeed, "speed_up": ChangeSpeed, "stop": Stop,
    "cut_in": CutIn, "lane_change": LaneChange, "drift": Drift, "open_door": OpenDoor,
}


def act_for(step: Step, part: Part, mover: Mover, world: Surroundings) -> Act:
    """The act that does a step. Raises ValueError for a verb there is none of."""
    kind = VERBS.get(step.verb)
    if kind is None:
        raise ValueError(f"a plan knows no verb {step.verb!r}")
    if kind is FollowRoad and part.plan.kind != "vehicle":
        kind = AlongTheRoad
    return kind(step, part, mover, world)


@dataclass(slots=True)
class _Running:
    step: Step
    act: Act | None
    tracks: list[_Track]
    began_s: float
    until: Cue | None


class _Track:
    """Steps in sequence, from ``index`` on still to do."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps, self.index = steps, 0
        self.running: _Running | None = None
        self.cue: Cue | None = None

    @property
    def over(self) -> bool:
        return self.running is None and self.index == len(self.steps)

    def acts(self) -> Iterator[Act]:
        """All acts that run, in the order of the plan."""
        if self.running is None:
            return
        if self.running.act is not None:
            yield self.running.act
        for track in self.running.tracks:
            yield from track.acts()

    def unfinished(self) -> Iterator[_Running]:
        """The steps that run, those of parallel tracks instead of ``parallel`` itself."""
        if self.running is None:
            return
        if self.running.act is not None:
            yield self.running
        for track in self.running.tracks:
            yield from track.unfinished()


class Program:
    """Runs one actor's steps. ``stage_door`` is told of doors that open, ``moved`` when it begins to move."""

    def __init__(
        self, steps: tuple[Step, ...], part: Part, mover: Mover, world: Surroundings, senses: Senses,
        opens: Callable[[str], None],
    ) -> None:
        self._part, self._mover, self._world, self._senses = part, mover, world, senses
        self._opens = opens
        self._track = _Track(steps)
        self._order: list[Act] = []                # running acts, the last begun last
        self.began_s: float | None = None          # its first step other than standing
        self.over_s: float | None = None
        self._ended: list[StepTaken] = []

    @property
    def steps(self) -> tuple[StepTaken, ...]:
        """Those that began so far, in that order."""
        unfinished = [StepTaken(r.step.verb, r.began_s, None) for r in self._track.unfinished()]
        return tuple(sorted([*self._ended, *unfinished], key=lambda step: step.begins_s))

    def look(self, now_s: float, until_s: float) -> None:
        """Called before every tick."""
        for act in self._order:
            act.look(now_s, until_s)

    def update(self, now_s: float, tick_s: float, until_s: float) -> None:
        """Begin and end what is due at ``now_s``, in the tick from ``tick_s`` to ``until_s``."""
        self._update(self._track, now_s, tick_s, until_s)
        if self._part.plan.kind != "vehicle" and not any(PACE in act.channels for act in self._order):
            self._mover.leads = None
            self._mover.gait.aim(0.0, None)
        if self._track.over and self.over_s is None:
            self.over_s = now_s

    def next_change_s(self, now_s: float, tick_s: float, until_s: float) -> float:
        """When in this tick something begins or ends next; ``until_s`` if nothing does."""
        return min(until_s, *self._changes(self._track, now_s, tick_s, until_s), until_s)

    def _changes(self, track: _Track, now_s: float, tick_s: float, until_s: float) -> Iterator[float]:
        running = track.running
        if running is not None:
            if running.act is not None:
                yield now_s + running.act.ends_in_s(now_s)
            for inner in running.tracks:
                yield from self._changes(inner, now_s, tick_s, until_s)
            if running.step.duration_s is not None and running.step.verb not in TIMED_BY_THEMSELVES:
                yield running.began_s + running.step.duration_s
            if running.until is not None:
                yield _later(running.until.due_s(self._senses, tick_s, until_s), now_s)
        if track.cue is not None:
            yield _later(track.cue.due_s(self._senses, tick_s, until_s), now_s)

    def _update(self, track: _Track, now_s: float, tick_s: float, until_s: float) -> None:
        while True:
            running = track.running
            if running is not None:
                for inner in running.tracks:
                    self._update(inner, now_s, tick_s, until_s)
                if self._is_over(running, now_s, tick_s, until_s):
                    self._end(track, now_s)
                elif self._is_superseded(track, running, now_s, tick_s, until_s):
                    self._end(track, now_s, cut=True)
                else:
                    return
            elif track.index == len(track.steps) or not self._cued(track, now_s, tick_s, until_s):
                return
            else:
                self._start(track, now_s)

    def _cued(self, track: _Track, now_s: float, tick_s: float, until_s: float) -> bool:
        """Has the next step's cue come?"""
        step = track.steps[track.index]
        if step.when is None:
            return True
        if track.cue is None:
            track.cue = Cue(step.when, self._part.plan.role)
        return _has_come(track.cue, self._senses, now_s, tick_s, until_s)

    def _is_superseded(self, track: _Track, running: _Running, now_s: float, tick_s: float, until_s: float) -> bool:
        if track.index == len(track.steps):
            return False
        following = track.steps[track.index]
        endless = running.act is not None and running.act.endless
        carries_on = running.act is not None and running.act.carries_on and running.step.distance_m is None
        if following.when is None:
            return carries_on and running.step.duration_s is None and running.step.until is None
        if (endless and running.step.distance_m is None) or following.verb in REFLEXES:
            return self._cued(track, now_s, tick_s, until_s)
        return False

    def _is_over(self, running: _Running, now_s: float, tick_s: float, until_s: float) -> bool:
        step = running.step
        timed = step.duration_s is not None and step.verb not in TIMED_BY_THEMSELVES
        if timed and step.duration_s is not None and now_s >= running.began_s + step.duration_s - DONE_S:
            return True
        if running.until is not None and _has_come(running.until, self._senses, now_s, tick_s, until_s):
            return True
        if running.act is None:
            return all(inner.over for inner in running.tracks)
        return running.act.ends_in_s(now_s) < DONE_S

    def _start(self, track: _Track, now_s: float) -> None:
        step = track.steps[track.index]
        track.index, track.cue = track.index + 1, None
        until = None if step.until is None else Cue(step.until, self._part.plan.role)
        if step.verb == "parallel":
            track.running = _Running(step, None, [_Track(inner) for inner in step.tracks], now_s, until)
            return
        act = act_for(step, self._part, self._mover, self._world)
        track.running = _Running(step, act, [], now_s, until)
        if step.verb == "open_door":
            assert step.door is not None
            self._opens(step.door)
        if step.verb not in ("stand", "park") and self.began_s is None:
            self.began_s = now_s
        self._order.append(act)
        act.begin(now_s)

    def _end(self, track: _Track, now_s: float, cut: bool = False) -> None:
        running = track.running
        assert running is not None
        for inner in running.tracks:
            while inner.running is not None:
                self._end(inner, now_s, cut=True)
            inner.index = len(inner.steps)
        track.running = None
        act = running.act
        if act is None:
            return
        self._ended.append(StepTaken(running.step.verb, running.began_s, now_s))
        owned = frozenset(c for c in act.channels if self._owner(c) is act)
        self._order.remove(act)
        if not cut or not act.carries_on:
            act.finish(now_s)
        for channel in (WAY, PACE):
            owner = self._owner(channel) if channel in owned else None
            if owner is not None:
                owner.resume(frozenset({channel}), now_s)

    def _owner(self, channel: str) -> Act | None:
        """The act that began last of those that own a channel."""
        return next((act for act in reversed(self._order) if channel in act.channels), None)


def _later(due_s: float | None, now_s: float) -> float:
    return math.inf if due_s is None or due_s <= now_s + DONE_S else due_s


def _has_come(cue: Cue, senses: Senses, now_s: float, tick_s: float, until_s: float) -> bool:
    due = cue.due_s(senses, tick_s, until_s)
    return due is not None and due <= now_s + DONE_S
