"""How LiDARs move while they turn, and which ticks round a frame belong to its turn.

A simulator freezes the world at each tick and casts whole turns. Where a rolling sweep is asked for, ticks are so short
that several of them lie in a turn, which begins before the frame's moment and ends after it: the head faces forward
when the cameras are triggered. Whoever makes the sweep takes each beam from the tick nearest to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sensors.lidar.turning import Twist
from sensors.rigid import RigidTransform
from simgen.frame import Frame, Sweep, TurnTick
from simgen.motion.clock import Clock

_STRAIGHT = 1e-9        # radians a tick


def twist_between(before: RigidTransform, now: RigidTransform, dt_s: float) -> Twist:
    """The steady motion that takes a sensor from one pose to another in ``dt_s``, in its own axes.

    The logarithm of a rigid motion: Exp(dt·ξ) = before⁻¹ · now.
    """
    step = before.inverse() @ now
    rotation, shift = step.rotation, step.translation_m
    axis_sin = np.array([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0],
                         rotation[1, 0] - rotation[0, 1]]) / 2
    sine = float(np.linalg.norm(axis_sin))
    angle = math.atan2(sine, (float(np.trace(rotation)) - 1) / 2)
    if angle < _STRAIGHT or sine == 0.0:
        return Twist(shift / dt_s, np.zeros(3))
    turn = axis_sin / sine * angle
    cross = np.cross(np.eye(3), turn)               # its rows are eᵢ × turn: the matrix of turn ×
    half = angle / 2
    shape = np.eye(3) - cross / 2 + (1 - half / math.tan(half)) / angle**2 * (cross @ cross)
    return Twist(shape @ shift / dt_s, turn / dt_s)


def ticks_from_frame(number: int, clock: Clock) -> int | None:
    """How many ticks the end of a tick is from the nearest frame's moment (negative: before it), if it is within that
    frame's turn; else None.

    number: of the tick, from the first one on.
    """
    since_first = number + 1 - clock.warmup_ticks
    frame = max(0, (since_first + clock.turn_ticks) // clock.per_frame)
    off = since_first - frame * clock.per_frame
    return off if abs(off) <= clock.turn_ticks else None


def with_turns(frame: Frame, turns: Sequence[Mapping[str, TurnTick]]) -> Frame:
    """A frame whose sweeps know how their turn went on. turns: by LiDAR, the main one first, of each tick in order of
    time; nothing changes if there is but the frame's own."""
    if len(turns) < 2:
        return frame

    def joined(name: str, sweep: Sweep) -> Sweep:
        return replace(sweep, ticks=tuple(turn[name] for turn in turns))

    main = next(iter(turns[0]))
    return replace(frame, sweep=joined(main, frame.sweep), further_sweeps={
        name: joined(name, sweep) for name, sweep in frame.further_sweeps.items()})
