"""From what a simulator's fans met to every beam of a device, also those that met nothing.

A simulator reports hits only. Weather needs the other beams too: in fog or snow, a beam into the sky can return
something. Each hit is put into its beam and its column, and what stays empty is a beam that met nothing. A hit on the
ego's own body blocks its beam: no weather out there is seen past it, so such a beam is left out of the sweep.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.lidar.fans import FanPlan
from sensors.sweeps import CleanSweep

SKY = 11                        # CARLA's semantic tag
_NOTHING, _BLOCKED = -1, -2     # in place of a hit's number
_WHOLE_TURN_DEG = 360.0
_PHASE_SAMPLES = 2000
_SAME_PHASE = 0.01              # of a column: noise of single precision, not a head that stands elsewhere
_OFF_COLUMN = 0.25              # a hit farther from the middle of its column belongs to another plan …
_STRAYS = 0.01                  # … if more than this share does, …
_BESIDE_THE_MAST_M = 0.3        # … not counting those where single precision alone can do it


@dataclass(frozen=True, eq=False, slots=True)
class FanHits:
    """What all fans of a plan met, in any order.

    points_m:       (N, 3) float32 in the device's axes, x forward, y left, z up.
    cos_incidence:  (N,) float32.
    tag:            (N,) uint8, CARLA semantic tags.
    actor_id:       (N,) uint32, 0 for the level.
    row:            (N,) rows of the fans, counted through all of them from the top: see ``rows_of_hits``.
    """

    points_m: NDArray[np.float32]
    cos_incidence: NDArray[np.float32]
    tag: NDArray[np.uint8]
    actor_id: NDArray[np.uint32]
    row: NDArray[np.integer]

    def __post_init__(self) -> None:
        for name in ("cos_incidence", "tag", "actor_id", "row"):
            if len(getattr(self, name)) != len(self.points_m):
                raise ValueError(f"{name} has {len(getattr(self, name))} rows, points_m has {len(self.points_m)}")


def rows_of_hits(counts_of_fans: Iterable[Sequence[int]]) -> NDArray[np.int32]:
    """The row of each hit, for hits fan after fan, row after row.

    Args:
        counts_of_fans: for each fan from the top one, how many hits each of its channels has, as CARLA counts them.
    """
    counts = np.concatenate([np.asarray(counts, dtype=np.intp) for counts in counts_of_fans])
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def clean_sweep(
    plan: FanPlan,
    hits: FanHits,
    *,
    is_ego: NDArray[np.bool_] | None = None,
    head_deg: tuple[float, float] | None = None,
) -> CleanSweep:
    """Every beam of the device, ring by ring from the top, as KITTI's files have them.

    Within a ring columns go counter-clockwise: from straight ahead on if the field is a whole turn, else from its right
    edge. A beam that met something points exactly there; an empty one where its column does. All are fired at one
    instant, as one tick of a simulator is; ``turning.fire_times_s`` knows when a real head fires them.

    Args:
        is_ego:   (N,) hits on the ego's body. These beams are left out.
        head_deg: clockwise angle of the head from the start of its field, when it began and when it ended: what CARLA
            reports as ``horizontal_angle`` before and after. None: the whole field. A head that turned less fired less.

    Raises:
        ValueError: if the hits cannot have come from the fans of this plan.
    """
    start_deg, fired = _fired(plan, head_deg)
    row = np.asarray(hits.row)
    if len(row) and not 0 <= int(row.min()) <= int(row.max()) < plan.rows:
        raise ValueError(f"hits are of rows {row.min()} … {row.max()}, the plan's fans have {plan.rows}")
    beam = plan.beam_of_row[row]
    kept = None if plan.rows == plan.channels else np.flatnonzero(beam >= 0)
    points, cosine, tag, actor = hits.points_m, hits.cos_incidence, hits.tag, hits.actor_id
    if kept is not None:
        points, cosine, tag, actor, beam = points[kept], cosine[kept], tag[kept], actor[kept], beam[kept]
        is_ego = None if is_ego is None else is_ego[kept]
    along = _columns_along(plan, points, start_deg)
    phase = _phase(along, points)
    column, stray = _nearest(along - np.float32(phase), plan.columns)
    strays = np.count_nonzero(np.hypot(points[stray, 0], points[stray, 1]) > _BESIDE_THE_MAST_M)
    if strays > _STRAYS * len(points) or (len(column) and int(column.max()) >= fired):
        raise ValueError(
            f"hits do not lie on the plan's {fired} columns of {plan.column_step_deg:.4g}° from {start_deg:g}° on: was "
            "another number of rays asked for, or did the head turn otherwise?"
        )
    azimuth = _azimuths_rad(plan, start_deg, phase, fired)
    order = _counter_clockwise(plan, azimuth)
    position = np.empty(fired, dtype=np.intp)
    position[order] = np.arange(fired)
    cell = beam.astype(np.intp) * fired + position[column]
    return _filled(plan, azimuth[order], cell, points, cosine, tag, actor, is_ego)


def _fired(plan: FanPlan, head_deg: tuple[float, float] | None) -> tuple[float, int]:
    """Where the head began and how many columns it fired."""
    if head_deg is None:
        return 0.0, plan.columns
    start, end = head_deg
    fired = round((end - start) / plan.column_step_deg)
    if not 0 <= start < plan.horizontal_fov_deg or not 1 <= fired <= plan.columns:
        raise ValueError(f"head_deg is ({start:g}, {end:g}), expected a start from 0 to below "
                         f"{plan.horizontal_fov_deg:g} and at most one field on from it")
    return start, fired


def _columns_along(plan: FanPlan, points: NDArray[np.float32], start_deg: float) -> NDArray[np.float32]:
    """(N,) columns that lie between the head's start and each hit, with fractions; in [0, columns]."""
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    first = math.radians(plan.yaw_deg + plan.horizontal_fov_deg / 2.0 - start_deg)
    along = (np.float32(first) - azimuth) * np.float32(1.0 / math.radians(plan.column_step_deg))
    # The field's end is its start: half a column before the start is one before the end.
    turn = np.float32(_WHOLE_TURN_DEG / plan.column_step_deg)
    field = np.float32(plan.columns)
    along -= np.floor((along + np.float32(0.5)) / turn) * turn
    if plan.horizontal_fov_deg < _WHOLE_TURN_DEG:
        along = np.where(along > field, along - (turn - field), along)      # the head went over the field's end
    return np.asarray(along, dtype=np.float32)


def _phase(along: NDArray[np.float32], points: NDArray[np.float32]) -> float:
    """How far the columns are from whole numbers, as most hits say, −0.5 … 0.5."""
    few = slice(None, None, max(1, len(along) // _PHASE_SAMPLES))
    level = np.hypot(points[few, 0], points[few, 1])
    mean = np.sum(np.minimum(level, 1.0) * np.exp(2j * math.pi * along[few].astype(np.float64)))
    phase = float(np.angle(mean)) / (2.0 * math.pi)
    return 0.0 if abs(phase) < _SAME_PHASE else phase


def _nearest(along: NDArray[np.float32], columns: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(N,) column of each hit, and which hits are far from the middle of theirs."""
    nearest = np.rint(along)
    stray = np.flatnonzero(np.abs(along - nearest) > _OFF_COLUMN)
    column = nearest.astype(np.intp)
    column[column == columns] = 0
    column[column == -1] = columns - 1
    return column, stray


def _azimuths_rad(plan: FanPlan, start_deg: float, phase: float, fired: int) -> NDArray[np.float64]:
    """(fired,) of the columns in the order in which they are fired."""
    turned = np.mod(start_deg + (np.arange(fired) + phase) * plan.column_step_deg, plan.horizontal_fov_deg)
    return np.asarray(np.radians(plan.yaw_deg + plan.horizontal_fov_deg / 2.0 - turned))


def _counter_clockwise(plan: FanPlan, azimuth: NDArray[np.float64]) -> NDArray[np.intp]:
    """The columns in the order of the sweep."""
    if plan.horizontal_fov_deg < _WHOLE_TURN_DEG:
        return np.argsort(azimuth, kind="stable")
    rounding = _SAME_PHASE * math.radians(plan.column_step_deg)
    return np.argsort((azimuth + rounding) % (2.0 * math.pi), kind="stable")


def _filled(
    plan: FanPlan, azimuth: NDArray[np.float64], cell: NDArray[np.intp], points: NDArray[np.float32],
    cosine: NDArray[np.float32], tag: NDArray[np.uint8], actor: NDArray[np.uint32],
    is_ego: NDArray[np.bool_] | None,
) -> CleanSweep:
    """All cells, (channels · columns,) in order, hits put into theirs; without those that the ego blocks."""
    hit_of_cell = np.full(plan.channels * len(azimuth), _NOTHING, dtype=np.int32)
    hit_of_cell[cell] = np.arange(len(cell), dtype=np.int32)
    if is_ego is not None:
        hit_of_cell[cell[is_ego]] = _BLOCKED
    count = np.count_nonzero(hit_of_cell != _BLOCKED)
    elevation = np.radians(plan.elevations_deg)
    sweep = CleanSweep(
        direction=np.empty((count, 3), np.float32), range_m=np.empty(count, np.float32),
        cos_incidence=np.empty(count, np.float32), tag=np.empty(count, np.uint8), actor_id=np.empty(count, np.uint32),
        ring=np.empty(count, np.uint8), time_s=np.zeros(count, np.float32),
    )
    _fill(
        hit_of_cell.reshape(plan.channels, len(azimuth)), np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(cosine, np.float32), np.ascontiguousarray(tag, np.uint8),
        np.ascontiguousarray(actor, np.uint32),
        np.cos(elevation).astype(np.float32), np.sin(elevation).astype(np.float32),
        np.cos(azimuth).astype(np.float32), np.sin(azimuth).astype(np.float32),
        sweep.direction, sweep.range_m, sweep.cos_incidence, sweep.tag, sweep.actor_id, sweep.ring,
    )
    return sweep


@compiled
def _fill(
    hit_of_cell: NDArray[np.int32], points: NDArray[np.float32], cosine: NDArray[np.float32], tag: NDArray[np.uint8],
    actor: NDArray[np.uint32], level: NDArray[np.float32], height: NDArray[np.float32], ahead: NDArray[np.float32],
    left: NDArray[np.float32], direction: NDArray[np.float32], range_m: NDArray[np.float32],
    cosines: NDArray[np.float32], tags: NDArray[np.uint8], actors: NDArray[np.uint32], rings: NDArray[np.uint8],
) -> None:
    """Write the beams of all cells that are not blocked, one after the other."""
    k = 0
    for ring in range(hit_of_cell.shape[0]):
        for column in range(hit_of_cell.shape[1]):
            hit = hit_of_cell[ring, column]
            if hit == _BLOCKED:
                continue
            if hit == _NOTHING:
                direction[k, 0] = level[ring] * ahead[column]
                direction[k, 1] = level[ring] * left[column]
                direction[k, 2] = height[ring]
                range_m[k], cosines[k], tags[k], actors[k] = np.inf, 1.0, SKY, 0
            else:
                x, y, z = points[hit, 0], points[hit, 1], points[hit, 2]
                distance = np.sqrt(x * x + y * y + z * z)
                direction[k, 0], direction[k, 1], direction[k, 2] = x / distance, y / distance, z / distance
                range_m[k], cosines[k], tags[k], actors[k] = distance, cosine[hit], tag[hit], actor[hit]
            rings[k] = ring
            k += 1
