"""A second opinion on meets: impact and reveal from poses alone, by brute force, without a line of simgen.motion.

Everything is right-handed, metres and seconds. A body touches as an upright box on the ground; it hides, and is seen,
as the blocks within that box that the README of ``simgen/motion`` documents. Between two recorded poses everybody moves
in a straight line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FINE_S = 0.002
OUTLINE_STEP_M = 0.03
LEVELS = (0.1, 0.6, 0.99)      # shares of a block's height that are looked at

# (rear, front, half width, top) of blocks, in shares of the box.
Blocks = tuple[tuple[float, float, float, float], ...]
BLOCKS: dict[str, Blocks] = {
    "block": ((-0.5, 0.5, 0.5, 1.0),),
    "saloon": ((-0.49, 0.485, 0.36, 0.50), (-0.475, 0.46, 0.455, 0.50), (-0.465, 0.39, 0.445, 0.62),
               (-0.37, 0.21, 0.40, 0.82), (-0.30, 0.13, 0.36, 0.97)),
    "estate": ((-0.49, 0.485, 0.36, 0.52), (-0.475, 0.465, 0.465, 0.58), (-0.45, 0.20, 0.45, 0.74),
               (-0.43, 0.165, 0.40, 0.86), (-0.42, 0.14, 0.37, 0.97)),
    "bonnet van": ((-0.495, 0.49, 0.36, 0.44), (-0.49, 0.47, 0.475, 0.44), (-0.49, 0.42, 0.46, 0.53),
                   (-0.49, 0.33, 0.455, 0.70), (-0.485, 0.27, 0.44, 0.97)),
    "two-wheeler": ((-0.48, 0.47, 0.10, 0.38), (-0.25, 0.20, 0.25, 0.94)),
    "walker": ((-0.48, 0.48, 0.45, 0.45), (-0.30, 0.30, 0.45, 0.82), (-0.18, 0.18, 0.18, 0.94)),
    "animal": ((-0.48, 0.32, 0.40, 0.70), (0.20, 0.49, 0.25, 0.92)),
}


@dataclass(frozen=True)
class Box:
    """length, width, height; centre_m: the middle's place ahead of the origin of poses; blocks: what is filled."""

    length_m: float
    width_m: float
    height_m: float
    centre_m: float = 0.0
    blocks: Blocks = BLOCKS["block"]


@dataclass(frozen=True, eq=False)
class Track:
    """(T, 4) x, y, z, yaw of an origin at the times of a run; z on the ground."""

    rows: Floats
    box: Box

    def at(self, times_s: Floats, now_s: Floats) -> Floats:
        """(K, 4) at times, yaw unwrapped, moved to the middle of the box."""
        yaw = np.unwrap(self.rows[:, 3])
        columns = [np.interp(now_s, times_s, column) for column in (*self.rows[:, :3].T, yaw)]
        middle = np.column_stack(columns)
        middle[:, 0] += self.box.centre_m * np.cos(middle[:, 3])
        middle[:, 1] += self.box.centre_m * np.sin(middle[:, 3])
        return middle


@dataclass(frozen=True)
class Camera:
    """In the ego's axes, from its origin. left_rad, right_rad: the edges of its picture, both positive."""

    x_m: float
    y_m: float
    z_m: float
    left_rad: float
    right_rad: float


def in_axes_of(rows: Floats, points_m: Floats) -> Floats:
    """Points (K, P, 3) seen from poses (K, 4): x ahead, y left, z up."""
    away = points_m - rows[:, None, :3]
    c, s = np.cos(rows[:, 3])[:, None], np.sin(rows[:, 3])[:, None]
    return np.stack([c * away[..., 0] + s * away[..., 1], -s * away[..., 0] + c * away[..., 1], away[..., 2]], axis=-1)


@dataclass(frozen=True)
class Impact:
    """left_m: the actor's middle, left of the ego's middle, when the ego's front reaches its near face."""

    time_s: float
    left_m: float


def impact(times_s: Floats, ego: Track, actor: Track) -> Impact | None:
    """The first moment at which the ego's front plane reaches the near face of the actor's body.

    It is found from the poses before it alone, carried on at their last speeds for the rest of a tick: what comes after
    a contact is a crash, in which bodies are pushed away.
    """
    rows, other = ego.at(times_s, times_s), actor.at(times_s, times_s)
    seen = in_axes_of(rows, other[:, None, :3])[:, 0]
    turn = other[:, 3] - rows[:, 3]
    half = np.abs(np.cos(turn)) * actor.box.length_m / 2 + np.abs(np.sin(turn)) * actor.box.width_m / 2
    gap = seen[:, 0] - half - ego.box.length_m / 2
    for k in range(1, len(gap)):
        tick_s = times_s[k] - times_s[k - 1]
        closing = (gap[k - 1] - gap[k]) / tick_s
        if gap[k] >= 0 and gap[k] <= closing * tick_s:
            later_s = gap[k] / closing
            drift = (seen[k, 1] - seen[k - 1, 1]) / tick_s
            return Impact(float(times_s[k] + later_s), float(seen[k, 1] + drift * later_s))
    return None


def _filled(box: Box) -> list[tuple[Floats, Floats]]:
    """Lowest and highest corner of a body's blocks, in its own axes from its middle on the ground."""
    return [
        (np.array([rear * box.length_m, -half * box.width_m, 0.0]),
         np.array([front * box.length_m, half * box.width_m, top * box.height_m]))
        for rear, front, half, top in box.blocks
    ]


def _outline(low: Floats, high: Floats) -> Floats:
    """(P, 3) points all round a block."""
    along, across = (
        np.linspace(low[axis], high[axis], max(2, round((high[axis] - low[axis]) / OUTLINE_STEP_M))) for axis in (0, 1)
    )
    ring = np.concatenate([
        *(np.column_stack([along, np.full_like(along, end)]) for end in (low[1], high[1])),
        *(np.column_stack([np.full_like(across, end), across]) for end in (low[0], high[0])),
    ])
    return np.concatenate([np.column_stack([ring, np.full(len(ring), level * high[2])]) for level in LEVELS])


def _placed(rows: Floats, points_m: Floats) -> Floats:
    """Points (P, 3) of a body whose middle stands at rows (K, 4), in the world: (K, P, 3)."""
    c, s = np.cos(rows[:, 3])[:, None], np.sin(rows[:, 3])[:, None]
    return np.stack([
        rows[:, 0, None] + c * points_m[:, 0] - s * points_m[:, 1],
        rows[:, 1, None] + s * points_m[:, 0] + c * points_m[:, 1],
        rows[:, 2, None] + points_m[:, 2],
    ], axis=-1)


def _blocked(eyes_m: Floats, points_m: Floats, rows: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """(K, P): does the segment from eye k to point (k, p) pass through the block that stands at row k? Slab test."""
    eye = in_axes_of(rows, eyes_m[:, None, :])
    ray = in_axes_of(rows, points_m) - eye
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (low - eye) / ray, (high - eye) / ray
    near, far = np.nanmax(np.minimum(first, second), axis=-1), np.nanmin(np.maximum(first, second), axis=-1)
    return np.asarray((near < far) & (far > 0) & (near < 1 - 1e-9))


def sight(times_s: Floats, now_s: Floats, ego: Track, camera: Camera, actor: Track, occluders: list[Track]
          ) -> NDArray[np.bool_]:
    """(K,) is any point of the actor in the camera's picture with nothing between?"""
    origin = Track(ego.rows, Box(0, 0, 0)).at(times_s, now_s)
    eyes = _placed(origin, np.array([[camera.x_m, camera.y_m, camera.z_m]]))[:, 0]
    outline = np.concatenate([_outline(low, high) for low, high in _filled(actor.box)])
    points = _placed(actor.at(times_s, now_s), outline)
    looking = in_axes_of(np.column_stack([eyes, origin[:, 3]]), points)
    bearing = np.arctan2(looking[..., 1], looking[..., 0])
    free = (bearing <= camera.left_rad) & (bearing >= -camera.right_rad)
    for occluder in occluders:
        for low, high in _filled(occluder.box):
            free &= ~_blocked(eyes, points, occluder.at(times_s, now_s), low, high)
    return np.asarray(free.any(axis=1))


def reveal_s(
    times_s: Floats, ego: Track, camera: Camera, actor: Track, occluders: list[Track], impact_s: float
) -> float | None:
    """The moment from which on the actor is in sight until the impact; None if it is in sight all the time."""
    coarse = np.arange(times_s[0], impact_s, 0.02)
    hidden = np.flatnonzero(~sight(times_s, coarse, ego, camera, actor, occluders))
    if not len(hidden):
        return None
    begin = float(coarse[hidden[-1]])
    fine = np.arange(begin, min(begin + 0.02 + FINE_S, impact_s), FINE_S)
    seen = np.flatnonzero(sight(times_s, fine, ego, camera, actor, occluders))
    return float(fine[seen[0]]) if len(seen) else impact_s


def wanted_left_m(ego_width_m: float, impact_share: float, from_left: bool) -> float:
    """Where the actor's middle should be at the impact: W (p − ½), p counted from the side it comes from."""
    beyond_m = ego_width_m * (impact_share - 0.5)
    return -beyond_m if from_left else beyond_m


def yaw_of(rotation: Floats) -> float:
    """Heading of a rotation matrix."""
    return math.atan2(rotation[1, 0], rotation[0, 0])
