"""How close two bodies came without touching: when, by how much, and between which points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simgen.motion.bodies import EGO, Body
from simgen.motion.outline import overlap_m
from simgen.motion.rehearsal import Rehearsal
from simgen.motion.road import Place
from simgen.scenario.plan import EpisodePlan

Floats = NDArray[np.float64]
Size: TypeAlias = tuple[float, float, float]

MEET_M = 3.0            # of those that were to meet the ego, who passes farther away than this just passes
OTHERS_M = 1.0          # and of others that move
MOVES_MPS = 0.3
PARTS = 20              # of a tick, between whose ends both bodies move evenly
OPENING_MPS = 0.1       # two that come closer faster than this at the end of the play have not passed yet
_CORNERS = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])


@dataclass(frozen=True, eq=False, slots=True)
class NearMiss:
    """The closest that somebody came to the ego. ego_point, its_point: (2,) on the two outlines, gap_m apart."""

    time_s: float
    gap_m: float
    ego_point: Floats
    its_point: Floats


def near_misses(plan: EpisodePlan, rehearsal: Rehearsal) -> dict[str, NearMiss]:
    """Role → how close those came that were to meet the ego, and others that moved just then or had opened a door,
    which counts as theirs. Of copies of one actor only the closest has one. Those that touched the ego are in it, too,
    if they came close before."""
    times, tracks, bodies = rehearsal.times_s, rehearsal.tracks, rehearsal.stage.bodies
    recorded = times >= 0.0
    found: dict[str, NearMiss] = {}
    for actor in plan.actors:
        if actor.background or actor.role not in tracks or recorded.sum() < 2:
            continue
        track, doors = tracks[actor.role], [d for d in rehearsal.doors.get(actor.role, ()) if d.stands_out]
        solids = [(track, bodies[actor.role]), *((door.track(times, track), door.leaf) for door in doors)]
        nears = [
            nearest_approach(times[recorded], tracks[EGO][recorded], size_of(bodies[EGO]), its[recorded], size_of(body))
            for its, body in solids
        ]
        near = min((one for one in nears if one is not None), key=lambda one: one.gap_m, default=None)
        if near is None or near.gap_m > (OTHERS_M if actor.meet is None else MEET_M):
            continue
        opened = any(door.opens_s < near.time_s for door in doors)
        if actor.meet is not None or opened or _speed_mps(times, track, near.time_s) > MOVES_MPS:
            found[actor.role] = near
    closest: dict[str, str] = {}
    for role in sorted(found, key=lambda one: found[one].gap_m):
        closest.setdefault(re.sub(r"_[0-9]+$", "", role), role)
    return {role: found[role] for role in closest.values()}


def gap_at_m(rehearsal: Rehearsal, role: str, time_s: float) -> float:
    """Between the ego and somebody at a time; 0 if they overlap."""
    at = np.array([time_s])
    mine, its = (
        corners_of(_between(at, rehearsal.times_s, rehearsal.tracks[one]), size_of(rehearsal.stage.bodies[one]))
        for one in (EGO, role))
    ego, other = (Place(*map(float, _between(at, rehearsal.times_s, rehearsal.tracks[one])[0])) for one in (EGO, role))
    bodies = rehearsal.stage.bodies
    return 0.0 if overlap_m(ego, bodies[EGO], other, bodies[role]) > 0.0 else float(gaps_m(mine, its)[0][0])


def size_of(body: Body) -> Size:
    """Length, width, and how far ahead of the origin the middle is."""
    return body.length_m, body.width_m, body.centre_x_m


def _speed_mps(times_s: Floats, track: Floats, time_s: float) -> float:
    index = min(max(int(np.searchsorted(times_s, time_s)), 1), len(times_s) - 1)
    way = track[index, :2] - track[index - 1, :2]
    return float(np.hypot(*way) / (times_s[index] - times_s[index - 1]))


def nearest_approach(
    times_s: Floats, ego: Floats, ego_size: Size, other: Floats, other_size: Size
) -> NearMiss | None:
    """When two upright boxes that never touch are closest; None if they are so at the first instant, or still come
    closer at the last: then they did not pass each other.

    Args:
        times_s: (T,) ascending.
        ego, other: (T, 4) x, y, z, yaw of their origins.
        ego_size, other_size: length, width, and how far ahead of the origin the middle is.
    """
    gaps, _, _ = gaps_m(corners_of(ego, ego_size), corners_of(other, other_size))
    number = int(gaps.argmin())
    if number == 0 or len(gaps) < 2:
        return None
    if number == len(gaps) - 1 and (gaps[-2] - gaps[-1]) / (times_s[-1] - times_s[-2]) > OPENING_MPS:
        return None
    around = slice(number - 1, min(number + 2, len(gaps)))
    fine_s = np.linspace(times_s[around][0], times_s[around][-1], PARTS * 2 + 1)
    mine, its = (corners_of(_between(fine_s, times_s[around], track[around]), size)
                 for track, size in ((ego, ego_size), (other, other_size)))
    gaps, mine_points, its_points = gaps_m(mine, its)
    number = int(gaps.argmin())
    return NearMiss(float(fine_s[number]), float(gaps[number]), mine_points[number], its_points[number])


def corners_of(track: Floats, size: Size) -> Floats:
    """(T, 4, 2) front left, then counter-clockwise, of a box with its origin on a track (T, 4)."""
    length, width, centre_x = size
    local = _CORNERS * (length, width) + (centre_x, 0.0)
    c, s = np.cos(track[:, 3, None]), np.sin(track[:, 3, None])
    return np.stack([
        track[:, 0, None] + c * local[:, 0] - s * local[:, 1], track[:, 1, None] + s * local[:, 0] + c * local[:, 1],
    ], axis=-1)


def gaps_m(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
    """Of pairs of rectangles (T, 4, 2) that do not overlap: the gap (T,), and its ends (T, 2) on the first and on the
    second. One end of the shortest way between convex polygons is always a corner."""
    at_one, to_other = _feet(one, other)
    at_other, to_one = _feet(other, one)
    starts, ends = np.concatenate([at_one, to_one], axis=1), np.concatenate([to_other, at_other], axis=1)
    lengths = np.linalg.norm(ends - starts, axis=-1)
    pick = lengths.argmin(axis=1)
    rows = np.arange(len(one))
    return lengths[rows, pick], starts[rows, pick], ends[rows, pick]


def _feet(corners: Floats, polygons: Floats) -> tuple[Floats, Floats]:
    """Each corner (T, 16, 2) of the first with the nearest point (T, 16, 2) on each side of the second."""
    begin = polygons[:, None]                                           # (T, 1, 4, 2)
    side = np.roll(polygons, -1, axis=1)[:, None] - begin
    to = corners[:, :, None] - begin                                    # (T, 4, 4, 2)
    share = np.clip((to * side).sum(axis=-1) / (side * side).sum(axis=-1), 0.0, 1.0)
    feet = begin + share[..., None] * side
    corner = np.broadcast_to(corners[:, :, None], feet.shape)
    return corner.reshape(len(corners), -1, 2), feet.reshape(len(corners), -1, 2)


def _between(wanted_s: Floats, times_s: Floats, track: Floats) -> Floats:
    """(N, 4) a track at other times."""
    columns = [*track[:, :3].T, np.unwrap(track[:, 3])]
    return np.column_stack([np.interp(wanted_s, times_s, column) for column in columns])
