"""Which background traffic would disturb what the episode is about, and is left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simgen.motion.bodies import Body
from simgen.motion.course import EgoCourse
from simgen.motion.outline import clearances_m
from simgen.motion.parts import Part
from simgen.motion.sight import CameraView, in_sight, profiles_of, screens_of

SAMPLE_S = 0.1
ROOM_M = 0.5


def disturbs(
    part: Part, ego: EgoCourse, event: Mapping[str, Part], camera: CameraView, ends_s: float
) -> bool:
    """Would a background actor, if nobody reacts, come within half a metre of the ego or of an actor of the event at
    any time, or hide an actor with a meet that would be in sight without it?

    Looked at every 0.1 s; until the last impact, or until the end where there is no event.
    """
    impacts = [other.plan.meet.time_s for other in event.values() if other.plan.meet is not None]
    times = np.arange(ego.begins_s, max(impacts, default=ends_s) + SAMPLE_S / 2, SAMPLE_S)
    mine, body = part.way.poses(times), part.body
    drivers = ego.poses(times)
    if _touch(mine, body, drivers, ego.body):
        return True
    for other in event.values():
        theirs = other.way.poses(times)
        if _touch(mine, body, theirs, other.body):
            return True
        if other.plan.meet is None:
            continue
        nothing = np.zeros((1, 0, 6))
        profiles = profiles_of(other.body)
        free = in_sight(camera, drivers, theirs, profiles, nothing)
        past = in_sight(camera, drivers, theirs, profiles, screens_of(mine, profiles_of(body)))
        if (free & ~past & (times <= other.plan.meet.time_s)).any():
            return True
    return False


def _touch(one: np.ndarray, body: Body, other: np.ndarray, other_body: Body) -> bool:
    """Do two moving bodies, (T, 4) each, come within ``ROOM_M`` of each other?"""
    return bool((clearances_m(one, body, other, other_body) < ROOM_M).any())
