"""Which background traffic would disturb what the episode is about, and is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.course import EgoCourse
from simgen.motion.meets import SIDEWAYS, all_verbs
from simgen.motion.outline import clearances_m, reach_m
from simgen.motion.parts import Part
from simgen.motion.sight import CameraView, in_sight, profiles_of, screens_of

Floats = NDArray[np.float64]

SAMPLE_S = 0.1
ROOM_M = 0.5
ASIDE_M = 4.0               # somebody who leaves its lane may be so far to either side of it,
AHEAD_M = 4.0               # … and so far ahead of or behind where it would be in it
LEAST_GAP_M = 2.0           # behind another on its line a vehicle begins no nearer than this,
LEAST_HEADWAY_S = 0.4       # … and so long at its speed, and the way that it needs to brake to the other's speed
BRAKING_MPS2 = 3.0


@dataclass(frozen=True, eq=False, slots=True)
class _Actor:
    """An actor of the event. poses: (T, 4). sights: its profiles and when it would be seen, (T,), if it has a meet."""

    poses: Floats
    body: Body
    sights: tuple[Floats, NDArray[np.bool_]] | None


class Event:
    """What the episode is about, as far as it is foreseen: the ego and the actors of the event, if nobody reacts.

    Looked at every 0.1 s; until the last impact, or until the end where there is no event.
    """

    def __init__(self, ego: EgoCourse, named: Mapping[str, Part], camera: CameraView, ends_s: float) -> None:
        event = [part for part in named.values() if part.plan.event or part.plan.meet is not None]
        impacts = [part.plan.meet.time_s for part in event if part.plan.meet is not None]
        self._times = np.arange(ego.begins_s, max(impacts, default=ends_s) + SAMPLE_S / 2, SAMPLE_S)
        self._camera, self._ego_body = camera, ego.body
        self._drivers = ego.poses(self._times)
        self._actors = [self._actor(part) for part in event]
        self._swerving = [
            _Actor(part.way.poses(self._times), _room_to_swerve(part.body), None) for part in named.values()
            if part.plan.kind == "vehicle" and all_verbs(part.plan.program).intersection(SIDEWAYS)
        ]

    def _actor(self, part: Part) -> _Actor:
        poses, meet = part.way.poses(self._times), part.plan.meet
        if meet is None:
            return _Actor(poses, part.body, None)
        profiles = profiles_of(part.body)
        seen = in_sight(self._camera, self._drivers, poses, profiles, np.zeros((1, 0, 6)))
        return _Actor(poses, part.body, (profiles, seen & (self._times <= meet.time_s)))

    def disturbed_by(self, part: Part) -> bool:
        """Would a background actor, if nobody reacts, come within half a metre of the ego or of an actor of the event
        at any time, drive where somebody may change lanes to, or hide an actor with a meet that would be in sight
        without it?"""
        mine, body = part.way.poses(self._times), part.body
        if _touch(mine, body, self._drivers, self._ego_body):
            return True
        if any(_touch(mine, body, actor.poses, actor.body) for actor in self._actors):
            return True
        if part.plan.kind == "vehicle" and any(_touch(mine, body, one.poses, one.body) for one in self._swerving):
            return True
        screens: Floats | None = None
        for actor in self._actors:
            if actor.sights is None:
                continue
            profiles, free = actor.sights
            screens = screens_of(mine, profiles_of(body)) if screens is None else screens
            if (free & ~in_sight(self._camera, self._drivers, actor.poses, profiles, screens)).any():
                return True
        return False


def _room_to_swerve(body: Body) -> Body:
    return replace(body, length_m=body.length_m + 2 * AHEAD_M, width_m=body.width_m + 2 * ASIDE_M)


def _touch(one: Floats, body: Body, other: Floats, other_body: Body) -> bool:
    """Do two moving bodies, (T, 4) each, come within ``ROOM_M`` of each other?"""
    return bool((clearances_m(one, body, other, other_body) < ROOM_M).any())


def tailgates(part: Part, others: Iterable[Part]) -> bool:
    """Does a vehicle begin so near behind another on its line, or before it, that one could not help driving into the
    other?"""
    line = part.way.line
    if line is None:
        return False
    for other in others:
        if other.plan.kind != "vehicle":
            continue
        arcs, lefts = line.project(other.start.shifted(other.body.centre_x_m).xy_m)
        arc, left = float(arcs[0]), float(lefts[0])
        turn = other.start.yaw_rad - line.at(arc).yaw_rad
        if abs(left) > part.body.width_m / 2 + reach_m(other.body, turn + np.pi / 2):
            continue
        ahead = arc - part.way.from_m - part.body.centre_x_m
        gap = abs(ahead) - part.body.length_m / 2 - reach_m(other.body, turn)
        mine, theirs = _speed_mps(part), _speed_mps(other) * float(np.cos(turn))
        behind, before = (mine, theirs) if ahead > 0.0 else (theirs, mine)
        closing = max(0.0, behind - before)
        if gap < LEAST_GAP_M + LEAST_HEADWAY_S * max(0.0, behind) + closing**2 / (2 * BRAKING_MPS2):
            return True
    return False


def _speed_mps(part: Part) -> float:
    """From the first tick on."""
    return part.way.run_up.speed_mps if np.isfinite(part.way.starts_s) else 0.0
