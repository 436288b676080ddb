"""A sweep whose head turns while the world moves on, put together from the ticks of its turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.lidar.turning import Sector, assembled, fire_times_s, untwisted
from sensors.mounts import LidarMount
from sensors.sweeps import CleanSweep
from simgen.frame import TurnTick
from simgen.sense.beams import beams_of, device_of

_BODY = 0xFFFFFFFF      # no actor has this id: beams that the ego's own body stops, which are not alike in all ticks


def turned_by_ticks(
    ticks: Sequence[TurnTick], mount: LidarMount, velocity_mps: Mapping[int, NDArray[np.float64]], untwist: bool
) -> CleanSweep:
    """Each beam from the tick that is nearest to its own moment.

    Args:
        ticks: in order of time; one of them is the frame's, at 0.
        velocity_mps: of the actors over the ground, in the LiDAR's axes at the frame's moment, by the simulator's id:
            for what is left of the way to a beam's own moment.
        untwist: the LiDAR's own motion is taken out, so that points are in its axes at the frame's moment; else they
            are in its axes at their own moments, as a head reports them.

    Raises SimulatorError if a sweep is not that of the rig.
    """
    beams = [beams_of(tick.sweep, mount, _BODY) for tick in ticks]
    # One moment for a beam, whatever it meets: that of its column, as beams that met nothing have it.
    now = next(clean for clean, tick in zip(beams, ticks, strict=True) if tick.moment_s == 0.0)
    fired_s = fire_times_s(device_of(mount), now.direction, now.ring, clockwise=True)
    turn = assembled(
        [Sector(replace(clean, time_s=fired_s), tick.moment_s, tick.twist)
         for clean, tick in zip(beams, ticks, strict=True)], velocity_mps)
    if untwist:
        twist = next(tick.twist for tick in ticks if tick.moment_s == 0.0)
        met = turn.is_hit
        points = untwisted(turn.direction[met] * turn.range_m[met, None], turn.time_s[met], twist)
        ranges = np.linalg.norm(points, axis=1)
        direction, range_m = turn.direction.copy(), turn.range_m.copy()
        direction[met], range_m[met] = points / ranges[:, None], ranges
        turn = replace(turn, direction=direction, range_m=range_m)
    return _without_body(turn)


def _without_body(turn: CleanSweep) -> CleanSweep:
    kept = np.flatnonzero(turn.actor_id != _BODY)
    rows = {field.name: getattr(turn, field.name) for field in fields(turn)}
    free: dict[str, Any] = {name: None if array is None else array[kept] for name, array in rows.items()}
    return CleanSweep(**free)
