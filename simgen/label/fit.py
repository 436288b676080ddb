"""Boxes that fit: the server's for vehicles and things, and for walkers and animals the body as it was seen.

A server knows a walker only as a capsule, and knows nothing of a leg that reaches out. So each face of a
walker's or animal's box lies at the outermost measured point where that side could be seen, and where the
table's standing or striding body would have it otherwise. No box is smaller than what was measured.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from simgen.errors import DatasetError
from simgen.frame import ActorState
from simgen.label.extent import Extent, View
from simgen.label.outline import UNDERSIDE, Edges, fit_to_outline
from simgen.label.sighting import Sighting
from simgen.label.tables import ActorClass

_IMPOSSIBLE_M = 0.05            # CARLA has answered 0 for two-wheelers
_THINNEST_THING_M = 0.005       # boards and flattened boxes may be thin
_ABSURD_RATIO = 2.0             # and 250 m
_LONGEST_M = 40.0               # no vehicle or thing of a server is longer
_ORIGIN_MARGIN_M = 0.5          # a vehicle's origin is on the ground, in or just below its box
_FEWEST_PIXELS = 30             # fewer own pixels say nothing about the sides of a body
_FARTHEST_TURNED_AWAY = -0.35   # cosine between a face's normal and the way to the camera: 20° past edge-on
_OUTER_SHARE = 0.2              # a face is judged by this share of the box behind it
_MOST_HIDDEN = 0.05             # of which at most this share may be hidden
_SURFACE_MARGIN_M = 0.01
_GRID_PIXELS = 10_000
_HIGHEST_LEAP_M = 0.7           # how high a kangaroo's hop takes its feet
_SMALLEST = 0.3                 # no outline makes a body smaller than this share of what is expected


def believed_box(actor: ActorState, known: ActorClass) -> Box3:
    """A rigid body's box in actor axes: the server's, unless impossible and the table knows better.

    CARLA has answered 0 and 250 m for sides of two-wheelers. The middle of such a box is as wrong as its sides, so the
    table's size stands on the actor's origin. So does a vehicle's whose box lies beside its origin.

    Raises:
        DatasetError: if the server's box is impossible and the table does not know the blueprint.
    """
    size = actor.box.size_lwh_m
    least_m = _THINNEST_THING_M if actor.kind == "prop" else _IMPOSSIBLE_M
    impossible = bool((size < least_m).any() or (size > _LONGEST_M).any())
    if known.size_lwh_m is None:
        if impossible:
            raise DatasetError(f"{actor.role}: the server's box of {actor.blueprint} is {size.tolist()} m; "
                               "its size must be added to simgen/label/classes.yaml")
    else:
        table = np.array(known.size_lwh_m)
        if impossible or (np.maximum(size / table, table / size) > _ABSURD_RATIO).any():
            return Box3.upright(np.zeros(3), 0.0, table)
    if actor.kind == "vehicle" and not actor.box.contains(np.zeros((1, 3)), _ORIGIN_MARGIN_M)[0]:
        return Box3.upright(np.zeros(3), 0.0, size)
    return actor.box


def moving_body(
    actor: ActorState, known: ActorClass, size_lwh_m: NDArray[np.float64], speed_mps: float
) -> Extent:
    """A standing body's extent, longer by what legs reach out at this speed.

    A walker's stride is 0.82 · height · sqrt(v / 1.35 m/s); a step is half of it, and over a gait cycle the
    feet are 2/π of a step apart on average. An animal's legs stay below its trunk and add up to a tenth of
    its length. Who takes another form as it moves, such as a kangaroo, has it in the table.
    """
    length, width, height = size_lwh_m
    if not known.strides:
        return Extent.standing(size_lwh_m)
    if actor.kind == "walker":
        step = 0.41 * height * math.sqrt(speed_mps / 1.35)
        length = max(length, 0.15 * height + 2 / math.pi * step)
    else:
        length *= 1 + 0.1 * min(1.0, speed_mps / 6.0)
    return Extent.standing((length, width, height))


def envelope(actor: ActorState, known: ActorClass, expected: Extent) -> Extent:
    """The most that a body of about this extent can take up in any pose; points outside are not its own."""
    length, width, height = expected.size_lwh_m
    length *= 1.35
    if actor.kind == "walker":
        length += 0.5 * height      # arms, a long step
    top = 1.25 * height + (_HIGHEST_LEAP_M if known.leaves_ground else 0.1)
    return Extent(np.array([-length / 2, -width / 2 - 0.35, -0.15]), np.array([length / 2, width / 2 + 0.35, top]))


def fit_body(
    expected: Extent, bounds: Extent, view: View, sighting: Sighting, known: ActorClass, outline_px: Edges | None = None
) -> Extent:
    """The extent of a body that may have any pose.

    Args:
        expected: from ``moving_body``; its underside is the server's and moves only if something lies below. Of who
            leaves the ground it is where it is seen, as the other sides are, else at its height below the top.
        bounds: from ``envelope``.
        outline_px: left, top, right, bottom outermost pixels of its whole silhouette, not clipped to the picture; None
            where the simulator does not count them. Sides that were not seen follow from it.
    """
    points = np.concatenate([sighting.pixel_points, sighting.lidar_points])
    points = points[bounds.contains(points)]
    low, high = expected.low.copy(), expected.high.copy()
    seen = np.zeros(6, dtype=np.bool_)
    holds = np.concatenate([_SMALLEST * low, _SMALLEST * high])
    if len(points):
        margin = _margin_m(view, expected)
        least, most = points.min(axis=0) - margin, points.max(axis=0) + margin
        least[2] += margin[2]       # what stands on the ground does not reach into it
        if len(sighting.pixel_points) >= _FEWEST_PIXELS:
            seen = np.array([_was_seen(expected, axis, towards_high, view, sighting)
                             for towards_high in (False, True) for axis in range(3)])
            if known.leaves_ground:
                low[2] = least[2] if seen[UNDERSIDE] else max(0.0, most[2] - high[2])
                high[2] += low[2]
            else:
                seen[UNDERSIDE] = False
        low, high = np.where(seen[:3], least, low), np.where(seen[3:], most, high)
        low, high = np.minimum(low, least), np.maximum(high, most)
        holds = np.concatenate([np.minimum(holds[:3], least), np.maximum(holds[3:], most)])
        if known.leaves_ground:
            holds[UNDERSIDE] = least[2]
    fitted = Extent(np.maximum(low, bounds.low), np.minimum(high, bounds.high))
    if outline_px is None:
        return fitted
    free = ~seen
    free[UNDERSIDE] &= known.leaves_ground
    return fit_to_outline(fitted, free, holds, bounds, known.shape, view, outline_px)


def _margin_m(view: View, extent: Extent) -> NDArray[np.float64]:
    """(3,) how far a body reaches beyond its outermost pixel points, along each axis.

    The outermost pixel centre lies half a pixel inside the outline, on average; along the viewing ray, where
    depth is exact, a centimetre is left for what falls between the pixels.
    """
    to_camera = view.camera_place_m() - (extent.low + extent.high) / 2
    distance = float(np.linalg.norm(to_camera))
    across = np.sqrt(1 - (to_camera / distance) ** 2)
    return np.maximum(_SURFACE_MARGIN_M, 0.5 * distance / view.intrinsics.f * across)


def _was_seen(expected: Extent, axis: int, towards_high: bool, view: View, sighting: Sighting) -> bool:
    """Could the camera see how far a body reaches on this side?

    It must face the camera or be seen edge-on, lie in the picture, and nothing nearer may cover it.
    """
    centre = (expected.low + expected.high) / 2
    centre[axis] = (expected.high if towards_high else expected.low)[axis]
    to_camera = view.camera_place_m() - centre
    facing = to_camera[axis] / np.linalg.norm(to_camera) * (1 if towards_high else -1)
    if facing < _FARTHEST_TURNED_AWAY:
        return False
    low, high = expected.low.copy(), expected.high.copy()
    inner = _OUTER_SHARE * (high[axis] - low[axis])
    if towards_high:
        low[axis] = high[axis] - inner
    else:
        high[axis] = low[axis] + inner
    outer = Extent(low, high)
    rectangle, camera = view.image_box(outer), view.intrinsics
    if rectangle is None or rectangle != rectangle.clipped(camera.width, camera.height):
        return False
    return _hidden_share(outer, view, sighting) <= _MOST_HIDDEN


def _hidden_share(outer: Extent, view: View, sighting: Sighting) -> float:
    region, own, depth_m = sighting.region, sighting.own, sighting.depth_m
    if region is None or own is None or depth_m is None:
        return 1.0
    step = max(1, math.isqrt(own.size // _GRID_PIXELS))
    entry = view.entry_depth([outer], region, step)
    covered = np.isfinite(entry)
    hidden = covered & ~own[::step, ::step] & (depth_m[::step, ::step] < entry)
    return np.count_nonzero(hidden) / max(1, int(np.count_nonzero(covered)))
