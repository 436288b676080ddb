"""Whoever walks makes way: nobody walks through anybody else, whatever a crowd or a herd does by its programs.

Where they go next is foreseen from how they go now. Who would walk into somebody steps aside to a parallel line, by as
little as it takes and rather to the right; where there is no room for that, or a vehicle comes, it stands until there
is. In each pair one makes way: people of the background before actors with a name, later ones before earlier ones.

Nobody makes way for the ego. Who has a meet does not make way before it is over, and no named actor makes way for a
named vehicle or prop that moves: their meeting is the scenario's business.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import Body
from simgen.motion.lines import Line
from simgen.motion.mover import Mover
from simgen.motion.order import leaders_of
from simgen.motion.outline import apart_m, sizes_m
from simgen.motion.scene import Scene
from simgen.motion.standing import in_the_way

Floats = NDArray[np.float64]

LOOKS_AHEAD_S = 3.0
STEP_S = 0.1
TOUCHING_M = 0.05           # nobody minds bodies that stay so far apart,
ELBOW_M = 0.2               # … but who steps aside leaves so much room
STANDS_WITHIN_S = 1.0       # nobody stands sooner for a person
LOOKS_AGAIN_S = 1.0         # who goes on as foreseen is looked at again after so long
SIDESTEPS_S = (1.8, 0.9)    # how long a step aside takes: gently if there is time
LEAST_SIDESTEP_M = 0.8
SHARES = (1 / 3, 2 / 3, 1.0, 4 / 3)

_Doing: TypeAlias = tuple[str, Line | None, float]
_TIMES = np.arange(0.0, LOOKS_AHEAD_S + STEP_S / 2, STEP_S)


@dataclass(frozen=True, eq=False, slots=True)
class _Others:
    """Those who are near: where they will be, (M, K, 4), how big they are, (M, 3), and who of them drives, (M,)."""

    poses: Floats
    sizes_m: Floats
    drive: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What comes of going on in some way: when bodies come too near first (infinite: never), and to a vehicle?"""

    touch_s: float
    by_vehicle: bool


class Yielding:
    """Decides, before every tick, who stands and who steps aside."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        walking = [role for role, part in scene.parts.items() if part.plan.kind in ("walker", "animal")]
        self._order = sorted(reversed(walking), key=lambda role: not scene.parts[role].plan.background)
        self._followed = {role: leaders_of(part.plan) for role, part in scene.parts.items()}
        self._clear: dict[str, tuple[tuple[_Doing, ...], float]] = {}
        self._strayed: set[str] = set()         # of the background: those who no longer go as was foreseen
        self._roles = list(scene.parts)
        self._index = {role: number for number, role in enumerate(self._roles)}
        self._sizes = sizes_m(*(part.body for part in scene.parts.values()))
        self._radii = np.hypot(self._sizes[:, 0], self._sizes[:, 1]) / 2

    def look(self, now_s: float) -> None:
        """Decide for the tick that begins now."""
        movers = self._scene.movers
        held = [role for role in self._order if movers[role].held]
        for role in held:
            movers[role].held = False           # so that all are seen as they would go
        walking = [role for role in self._order if self._may_yield(role, now_s)]
        if not walking:
            return
        xy, velocity = self._now()
        near = self._near(xy, velocity, [self._index[role] for role in held])
        for role in held:                       # others see it stand, until it is its turn
            velocity[self._index[role]] = 0.0
        for role in walking:
            others = [other for other in near[role] if self._minds(role, other)]
            if not others:
                continue
            number = self._index[role]
            doing = self._doing(role, others, velocity)
            known, until_s = self._clear.get(role, ((), -math.inf))
            if now_s < until_s and doing == known:
                continue
            if self._decide(role, self._others(others, velocity)):
                self._clear[role] = doing, now_s + LOOKS_AGAIN_S
            velocity[number] = 0.0 if movers[role].held else movers[role].velocity_mps

    def _doing(self, role: str, others: list[str], velocity: Floats) -> tuple[_Doing, ...]:
        """How they go, roughly: who was clear of others stays so until one of them goes otherwise."""
        movers = self._scene.movers
        seen = np.hypot(*velocity[[self._index[other] for other in others]].T).round(1).tolist()
        own = (role, movers[role].line, round(movers[role].speed_mps, 1))
        return own, *((other, movers[other].line, speed) for other, speed in zip(others, seen, strict=True))

    def _may_yield(self, role: str, now_s: float) -> bool:
        mover = self._scene.movers[role]
        meeting = self._scene.stage.meets.get(role)
        if meeting is not None and now_s < meeting.time_s + max(meeting.miss_s, 0.0):
            return False
        return mover.line is not None and mover.leads is None and mover.slides_mps is None and mover.speed_mps > 0.0

    def _now(self) -> tuple[Floats, Floats]:
        """(N, 2) middles of all bodies but the ego's, and their velocities."""
        rows = []
        for role in self._roles:
            mover = self._scene.movers[role]
            place, ahead = mover.place, mover.body.centre_x_m
            c, s = math.cos(place.yaw_rad), math.sin(place.yaw_rad)
            rows.append((place.x_m + ahead * c, place.y_m + ahead * s, *mover.velocity_mps))
        table = np.array(rows)
        return table[:, :2], table[:, 2:]

    def _near(self, xy: Floats, velocity: Floats, held: list[int]) -> dict[str, list[str]]:
        """Role → who may come near it, all going straight on; those who were held would, but are seen to stand."""
        seen = velocity.copy()
        seen[held] = 0.0
        away = xy[None] - xy[:, None]
        closing = seen[None] - velocity[:, None]
        when = np.clip(-(away * closing).sum(axis=2) / np.maximum((closing**2).sum(axis=2), 1e-9), 0.0, LOOKS_AHEAD_S)
        least = ((away + when[..., None] * closing) ** 2).sum(axis=2)
        close = least < (self._radii[:, None] + self._radii[None] + 2 * ELBOW_M) ** 2
        np.fill_diagonal(close, False)
        return {role: [self._roles[other] for other in np.flatnonzero(row)]
                for role, row in zip(self._roles, close, strict=True)}

    def _minds(self, role: str, other: str) -> bool:
        scene = self._scene
        mine, theirs = scene.parts[role].plan, scene.parts[other].plan
        if role in self._followed[other]:
            return False
        walks = theirs.kind in ("walker", "animal")
        if mine.background:
            foreseen = theirs.background and walks and not self._strayed.intersection((role, other))
            return not foreseen
        return walks or theirs.background or scene.movers[other].speed_mps == 0.0

    def _others(self, roles: list[str], velocity: Floats) -> _Others:
        goes = [bool(velocity[self._index[role]].any()) for role in roles]
        movers = [self._scene.movers[role] for role in roles]
        return _Others(
            np.stack([_course(mover, mover.speed_mps if on else 0.0) for mover, on in zip(movers, goes, strict=True)]),
            self._sizes[[self._index[role] for role in roles]],
            np.array([on and self._scene.parts[role].plan.kind == "vehicle"
                      for role, on in zip(roles, goes, strict=True)]),
        )

    def _decide(self, role: str, others: _Others) -> bool:
        """Let it go on (True), step aside or stand."""
        mover = self._scene.movers[role]
        assert mover.line is not None
        size = self._sizes[self._index[role]]
        onwards = _outlook(size, _course(mover, mover.speed_mps), others)
        if math.isinf(onwards.touch_s):
            return True
        whole_m = mover.body.width_m / 2 + ELBOW_M + float(
            np.hypot(others.sizes_m[:, 0], others.sizes_m[:, 1]).max()) / 2
        for takes_s, share, side in itertools.product(SIDESTEPS_S, SHARES, (-1.0, 1.0)):
            over_m, left_m = max(LEAST_SIDESTEP_M, takes_s * mover.speed_mps), side * share * whole_m
            poses = _aside(mover, mover.line, over_m, left_m)
            outlook = _outlook(size, poses, others, ELBOW_M)
            if math.isinf(outlook.touch_s) and self._is_free(mover.body, poses):
                mover.step_aside(over_m, left_m)
                self._strayed.add(role)
                return False
        if onwards.touch_s > STANDS_WITHIN_S and not onwards.by_vehicle:
            return False
        if _outlook(size, _course(mover, 0.0), others).touch_s >= onwards.touch_s:
            mover.held = True
            self._strayed.add(role)
        return False

    def _is_free(self, body: Body, poses: Floats) -> bool:
        standing = self._scene.stage.standing
        return not standing or in_the_way(poses, body, standing, TOUCHING_M) is None


def _course(mover: Mover, speed_mps: float) -> Floats:
    """(K, 4) where somebody will be who goes on so fast."""
    here = mover.place
    now = np.array([here.x_m, here.y_m, here.z_m, here.yaw_rad])
    if speed_mps == 0.0:
        return np.broadcast_to(now, (len(_TIMES), 4))
    if mover.line is None or mover.leads is not None or mover.slides_mps is not None:
        poses = np.tile(now, (len(_TIMES), 1))
        poses[:, :2] += _TIMES[:, None] * np.array(mover.velocity_mps)
        return poses
    xy, yaw = mover.line.points(mover.arc_m + _TIMES * speed_mps)
    return np.column_stack([xy, np.full(len(xy), here.z_m), yaw])


def _aside(mover: Mover, line: Line, over_m: float, left_m: float) -> Floats:
    """(K, 4) where somebody will be who steps so far aside, as ``Line.shifted`` does."""
    gone = _TIMES * mover.speed_mps
    xy, yaw = line.points(mover.arc_m + gone)
    share = np.clip(gone / over_m, 0.0, 1.0)
    left = left_m * share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    slope = left_m / over_m * 30.0 * (share * (1.0 - share)) ** 2
    normal = np.stack([-np.sin(yaw), np.cos(yaw)], axis=1)
    return np.column_stack([xy + left[:, None] * normal, np.full(len(xy), mover.place.z_m), yaw + np.arctan(slope)])


def _outlook(size_m: Floats, poses: Floats, others: _Others, room_m: float = TOUCHING_M) -> _Outlook:
    """Who is nearer already than ``room_m`` may stay as near; who is in somebody already is not minded."""
    apart = apart_m(poses, size_m, others.poses, others.sizes_m[:, None])
    first = apart[:, :1]
    touches = (apart < np.minimum(room_m, first - 0.01)) & (first > -TOUCHING_M)
    when = touches.any(axis=0)
    if not when.any():
        return _Outlook(math.inf, False)
    return _Outlook(float(_TIMES[when.argmax()]), bool(touches[others.drive].any()))
