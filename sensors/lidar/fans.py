"""Real beam tables on a simulator that has even fans only.

CARLA's LiDAR casts ``channels`` rays at even elevations from ``upper_fov`` down to ``lower_fov``. The beams of a real
device are rarely even: close together around the horizon, wide apart towards the bumper. Such a table is met by several
fans at one place, each with more rows than beams where it must, of which the nearest rows are kept. The rays that are
kept were really cast where they point, so geometry stays exact; what differs is the table, by an error that is bounded
and told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sensors.devices.lidar import LidarDevice
from sensors.mounts import LidarBlock

SHARE_OF_BEAM = 0.25    # of the beam's height that it may be off by: far less than what it averages over anyway
SENSOR_ROWS = 4.0       # what one more sensor costs a simulator (an actor, a stream, a message), in rows of rays
MOST_FANS = 8
_MOST_ROWS = 1024       # of one fan; beyond, it is cheaper to part the table
_FIRST_SPARE_ROWS = 64
_SAME_DEG = 1e-6        # 2 µm at 100 m: rounding, not an error
_HALVINGS = 30


@dataclass(frozen=True, eq=False)
class FanPlan:
    """Which fans a simulator is asked for, and which of their rows are a device's beams.

    fans:                 from the top one down, all at the device's place. Rows are counted through all of them.
    row_of_beam:          (channels,) int32, ascending.
    elevations_deg:       (channels,) of these rows.
    error_deg:            (channels,) elevation of the row minus that of the beam.
    columns:              rays of a row in a sweep.
    horizontal_fov_deg:   field that the columns fill, 360 for a whole turn.
    yaw_deg:              counter-clockwise turn of the simulator's sensors, whose field is symmetrical: its middle.
    azimuth_error_deg:    (channels,) how far a beam that stands beside the others is from the nearest column.
    """

    fans: tuple[LidarBlock, ...]
    row_of_beam: NDArray[np.int32]
    elevations_deg: NDArray[np.float64]
    error_deg: NDArray[np.float64]
    columns: int
    horizontal_fov_deg: float
    yaw_deg: float
    azimuth_error_deg: NDArray[np.float64]

    @property
    def channels(self) -> int:
        return len(self.row_of_beam)

    @property
    def rows(self) -> int:
        """Of all fans."""
        return sum(fan.channels for fan in self.fans)

    @property
    def rays_cast(self) -> int:
        return self.rows * self.columns

    @property
    def rays_kept(self) -> int:
        return self.channels * self.columns

    @property
    def worst_error_deg(self) -> float:
        return float(np.abs(self.error_deg).max())

    @property
    def column_step_deg(self) -> float:
        return self.horizontal_fov_deg / self.columns

    @cached_property
    def beam_of_row(self) -> NDArray[np.int32]:
        """(rows,) the beam that a row is kept for, or −1."""
        beams = np.full(self.rows, -1, dtype=np.int32)
        beams[self.row_of_beam] = np.arange(self.channels, dtype=np.int32)
        return beams


@dataclass(frozen=True, eq=False, slots=True)
class _Run:
    """Neighbouring beams, the fan that serves them, and their rows of it."""

    fan: LidarBlock
    row: NDArray[np.int32]
    error_deg: float


def plan_fans(
    device: LidarDevice, tolerance_deg: float | None = None, *,
    most_fans: int = MOST_FANS, sensor_rows: float = SENSOR_ROWS,
) -> FanPlan:
    """The fans with the fewest rays that serve every beam of ``device``.

    A table that is even piece by piece comes out exactly, with no ray too many. For any other, each way of parting it
    into at most ``most_fans`` runs of neighbouring beams is weighed by dynamic programming: the rows that a run's fan
    needs, and ``sensor_rows`` for each fan.

    Args:
        tolerance_deg: no beam's elevation may be off by more; None: a quarter of the beam's vertical divergence.

    Raises:
        ValueError: if the tolerance is not above 0, or too fine for so few fans.
    """
    if tolerance_deg is None:
        tolerance_deg = SHARE_OF_BEAM * math.degrees(device.divergence_mrad[1] / 1000.0)
    if not tolerance_deg > 0.0:
        raise ValueError(f"tolerance_deg is {tolerance_deg:g}, expected more than 0")
    if most_fans < 1:
        raise ValueError(f"most_fans is {most_fans}, expected at least 1")
    beams = np.asarray(device.elevations_deg, dtype=np.float64)
    runs = _cheapest_runs(tuple(beams.tolist()), tolerance_deg, most_fans, sensor_rows)
    if runs is None:
        raise ValueError(f"{device.name} cannot be cast to {tolerance_deg:g}° with {most_fans} fans of at most "
                         f"{_MOST_ROWS} rows: allow more fans or a larger error")
    first_rows = np.cumsum([0, *(run.fan.channels for run in runs)])
    row_of_beam = np.concatenate([run.row + first for run, first in zip(runs, first_rows, strict=False)])
    rows = [np.linspace(run.fan.upper_deg, run.fan.lower_deg, run.fan.channels) for run in runs]
    picked = np.concatenate(rows)[row_of_beam]
    first, last = device.azimuths_deg
    step = (last - first) / device.firings
    offset = np.asarray(device.azimuth_offsets_deg, dtype=np.float64)
    return FanPlan(
        fans=tuple(run.fan for run in runs),
        row_of_beam=row_of_beam.astype(np.int32),
        elevations_deg=picked,
        error_deg=picked - beams,
        columns=device.firings,
        horizontal_fov_deg=last - first,
        yaw_deg=(first + last) / 2.0,
        azimuth_error_deg=np.abs(offset - step * np.round(offset / step)),
    )


@lru_cache(maxsize=64)
def _cheapest_runs(
    table: tuple[float, ...], tolerance: float, most_fans: int, sensor_rows: float
) -> tuple[_Run, ...] | None:
    """The table parted into runs of beams, each with its fan; None if there is no way.

    Remembered: it takes up to a second, and devices are loaded again and again. Runs are looked for whose fan has at
    most ``spare`` rows more than beams. That is enough if the parting found costs no more than any with a single fan
    beyond it would.
    """
    beams, spare = np.array(table), _FIRST_SPARE_ROWS
    while True:
        found, price = _parted(beams, tolerance, most_fans, sensor_rows, spare)
        if price <= len(beams) + spare + sensor_rows or spare >= _MOST_ROWS:
            return found
        spare *= 2


def _parted(
    beams: NDArray[np.float64], tolerance: float, most_fans: int, sensor_rows: float, spare: int
) -> tuple[tuple[_Run, ...] | None, float]:
    """The cheapest parting into runs with at most ``spare`` rows to spare each, and what it costs."""
    count = len(beams)
    runs = _runs(beams, tolerance, spare)
    # cost[n, j]: of the first j beams in n fans; begin[n, j]: where the last of these starts.
    cost = np.full((most_fans + 1, count + 1), math.inf)
    begin = np.zeros((most_fans + 1, count + 1), dtype=int)
    cost[0, 0] = 0.0
    for (i, j), run in sorted(runs.items()):
        # The error only breaks ties, of which an even table has many.
        amount = run.fan.channels + sensor_rows + 1e-3 * run.error_deg / tolerance
        better = cost[:-1, i] + amount < cost[1:, j]
        cost[1:, j] = np.where(better, cost[:-1, i] + amount, cost[1:, j])
        begin[1:, j] = np.where(better, i, begin[1:, j])
    fans, end = int(np.argmin(cost[:, count])), count
    price = float(cost[fans, count])
    if not math.isfinite(price):
        return None, price
    found = []
    while end > 0:
        start = int(begin[fans, end])
        found.append(runs[start, end])
        fans, end = fans - 1, start
    return tuple(found[::-1]), price


def _runs(beams: NDArray[np.float64], tolerance: float, spare: int) -> dict[tuple[int, int], _Run]:
    """Every run of neighbouring beams, from the i-th to the one before the j-th, that a fan serves."""
    count = len(beams)
    runs = {(i, i + 1): _Run(LidarBlock(1, float(beams[i]), float(beams[i])), np.zeros(1, dtype=np.int32), 0.0)
            for i in range(count)}
    for length in range(2, count + 1):
        for i in range(count - length + 1):
            # The fan of these beams would serve all but one of them too, with a row less at least.
            lower, upper = runs.get((i + 1, i + length)), runs.get((i, i + length - 1))
            if lower is not None and upper is not None:
                least = 1 + max(lower.fan.channels, upper.fan.channels)
                run = _smallest_fan(beams[i:i + length], tolerance, least, min(length + spare, _MOST_ROWS))
                if run is not None:
                    runs[i, i + length] = run
    return runs


def _smallest_fan(
    beams: NDArray[np.float64], tolerance: float, least_rows: int, most_rows: int
) -> _Run | None:
    """The fan with the fewest rows in which every beam has a row of its own near enough.

    Rows are matched by the fan that runs exactly from end to end. One that fits is at most the tolerance away from it
    at both ends, so the exact one is nowhere off by more than twice the tolerance: that sifts, and what is left is
    fitted.
    """
    even = np.linspace(beams[0], beams[-1], len(beams))
    if least_rows == len(beams) and np.abs(even - beams).max() <= _SAME_DEG:
        fan = LidarBlock(len(beams), float(beams[0]), float(beams[-1]))
        return _Run(fan, np.arange(len(beams), dtype=np.int32), 0.0)
    rows = np.arange(least_rows, most_rows + 1)
    step = (beams[0] - beams[-1]) / (rows - 1)
    place = (beams[0] - beams) / step[:, None]
    near = np.round(place)
    possible = (np.abs(place - near).max(axis=1) * step <= 2.0 * tolerance) & (np.diff(near).min(axis=1) >= 1.0)
    for k in np.flatnonzero(possible):
        run = _fitted(beams, near[k], tolerance, int(rows[k]))
        if run is not None:
            return run
    return None


def _fitted(beams: NDArray[np.float64], row: NDArray[np.float64], tolerance: float, rows: int) -> _Run | None:
    """The fan whose given rows have the smallest largest error; None if that is above the tolerance.

    For a step s the best height is the middle of what e + s·row spans, and that span is convex in s: the best step lies
    where its slope, the row of the highest beam minus that of the lowest, changes sign.
    """
    span = float(beams[0] - beams[-1])
    step = span / (rows - 1)
    if np.abs(beams[0] - step * row - beams).max() <= _SAME_DEG:
        return _Run(LidarBlock(rows, float(beams[0]), float(beams[-1])), row.astype(np.int32), 0.0)
    low, high = (span - 2.0 * tolerance) / (rows - 1), (span + 2.0 * tolerance) / (rows - 1)
    for _ in range(_HALVINGS):
        heights = beams + step * row
        top, bottom = int(np.argmax(heights)), int(np.argmin(heights))
        width, slope = heights[top] - heights[bottom], row[top] - row[bottom]
        # Convex: no step of the interval spans less than this tangent says.
        if width - abs(slope) * (high - low) > 2.0 * tolerance:
            return None
        if slope == 0:
            break
        low, high = (low, step) if slope > 0 else (step, high)
        step = (low + high) / 2.0
    heights = beams + step * row
    upper = float(heights.max() + heights.min()) / 2.0
    error = float(np.ptp(heights)) / 2.0
    if error > tolerance:
        return None
    return _Run(LidarBlock(rows, upper, upper - step * (rows - 1)), row.astype(np.int32), error)
