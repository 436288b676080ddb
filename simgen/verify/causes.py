"""What the points of a measured sweep come from: the files beside it, and what a frame's points say for its episode.

``velodyne_cause/ID.npy`` has a row for each point of ``velodyne/ID.bin``, ``velodyne_NAME_cause`` one for each of a
further LiDAR's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.verify.cause_file import GROUND, NOISE, OBJECT, ROW, read_causes
from simgen.verify.frames import FrameFiles

_CODES = 256

SMOOTH_WITHIN_M = 12.0
"""Nearer than this a road is struck steeply enough that a beam's footprint does not blur its range."""
SMOOTH_POINTS, SMOOTH_ENOUGH = 300, 5000
ROAD_TAG = 1
MAD_SIGMA = 1.4826
"""Standard deviation of normal numbers, in the middle of what they deviate by."""
FAR_SHARE_M = 20.0
FARTHEST_FEW = 20
"""So many surface points may be farther than the farthest that counts: signs shine ten times as far as walls."""


@dataclass(frozen=True, eq=False)
class MeasuredSweep:
    """A sweep whose points say what they come from.

    folder: of its points. labels: (N,) uint32, None without a file, or if it is of another length.
    rows:   (N,) ``ROW``; None if the file cannot be understood or is of another length than the sweep: ``fault`` says.
    """

    folder: str
    file: str
    points: NDArray[np.float32]
    labels: NDArray[np.uint32] | None
    rows: NDArray[np.void] | None
    fault: str | None

    @cached_property
    def cause(self) -> NDArray[np.uint8]:
        return self._column("cause")

    @cached_property
    def return_number(self) -> NDArray[np.uint8]:
        return self._column("return_number")

    @cached_property
    def ring(self) -> NDArray[np.uint8]:
        return self._column("ring")

    @cached_property
    def before_m(self) -> NDArray[np.float32]:
        """(N,) where each beam's surface is, without weather and noise; infinite if there is none."""
        return self._column("range_before_m")

    @cached_property
    def time_s(self) -> NDArray[np.float32]:
        return self._column("time_s")

    @cached_property
    def range_m(self) -> NDArray[np.float32]:
        """(N,) how far each point is from the LiDAR."""
        x, y, z = (np.ascontiguousarray(self.points[:, i]) for i in range(3))
        return np.asarray(np.sqrt(x * x + y * y + z * z))

    @cached_property
    def is_surface(self) -> NDArray[np.bool_]:
        return np.asarray((self.cause == OBJECT) | (self.cause == GROUND))

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(256,) points by cause."""
        return np.bincount(self.cause, minlength=_CODES)

    def _column(self, name: str) -> NDArray[Any]:
        assert self.rows is not None
        return np.ascontiguousarray(self.rows[name])


def measured_sweeps(frame: FrameFiles) -> tuple[MeasuredSweep, ...]:
    """The frame's sweeps that have causes beside them, the main LiDAR's first. Ask by ``frame.once``."""
    return tuple(_measured_sweeps(frame))


def usable(frame: FrameFiles) -> Iterator[MeasuredSweep]:
    """Those whose causes can be understood."""
    return (one for one in frame.once(measured_sweeps) if one.rows is not None and len(one.points))


def _measured_sweeps(frame: FrameFiles) -> Iterator[MeasuredSweep]:
    for folder in sorted(name for name in frame.ref.files if name.startswith("velodyne") and name.endswith("_cause")):
        sweep = folder.removesuffix("_cause")
        data = frame.content(sweep)
        if data is None or len(data) % 16:                                  # cloud.form and further.clouds say so
            continue
        points = np.frombuffer(data, "<f4").reshape(-1, 4)
        finite = frame.finite_cloud is not None if sweep == "velodyne" else bool(np.isfinite(points).all())
        if len(points) and not finite:                                      # cloud.finite and further.clouds say so
            continue
        rows, fault = read_causes(frame.content(folder) or b""), None
        if rows is None:
            fault = "this is no .npy file of rows of " + ", ".join(ROW.names or ())
        elif len(rows) != len(points):
            fault, rows = f"{len(rows)} rows for {len(points)} points", None
        labels = np.frombuffer(frame.content(f"{sweep}_label") or b"", np.uint8)
        packed = labels.view("<u4") if len(labels) == 4 * len(points) else None
        yield MeasuredSweep(sweep, frame.path(folder), points, packed, rows, fault)


@dataclass(frozen=True, slots=True)
class CauseFacts:
    """What one measured sweep says for its episode.

    counts:     (9,) points by cause, from 0 to 8.
    seconds:    how many beams report a second time.
    times_s:    first and last moment of the turn.
    noise_m:    σ of ranges against where the surfaces are said to be, of the road nearby; None of too few points.
    rough_m:    σ of the same ranges against their neighbours', which needs no word of anybody.
    far:        returns of objects beyond FAR_SHARE_M in a clean sweep, and in this one, by the side file.
    farthest_m: how far the farthest surfaces were seen, without the farthest few.
    """

    folder: str
    file: str
    counts: tuple[int, ...]
    seconds: int
    times_s: tuple[float, float]
    noise_m: float | None
    rough_m: float | None
    far: tuple[int, int]
    farthest_m: float

    @property
    def points(self) -> int:
        return sum(self.counts)


def cause_facts(frame: FrameFiles) -> tuple[CauseFacts, ...]:
    """Of each measured sweep of a frame."""
    found = []
    for sweep in usable(frame):
        surfaces = sweep.range_m[sweep.is_surface]
        kept = len(surfaces) - 1 - FARTHEST_FEW
        farthest = float(np.partition(surfaces, kept)[kept]) if kept >= 0 else 0.0
        found.append(CauseFacts(
            sweep.folder, sweep.file, tuple(int(n) for n in sweep.counts[: NOISE + 1]),
            int((sweep.return_number > 0).sum()), (float(sweep.time_s.min()), float(sweep.time_s.max())),
            *_noise(sweep), _far(frame) if sweep.folder == "velodyne" else (0, 0), farthest,
        ))
    return tuple(found)


def _noise(sweep: MeasuredSweep) -> tuple[float | None, float | None]:
    """σ of the near road's ranges: against ``range_before_m``, and against both neighbours on the ring."""
    number = np.flatnonzero((sweep.cause == GROUND) & (sweep.range_m < SMOOTH_WITHIN_M) & (sweep.return_number == 0))
    if sweep.labels is not None:
        number = number[(sweep.labels[number] & 0xFFFF) == ROAD_TAG]
    in_a_row = number[2:] - number[:-2] == 2
    number = number[:-2][in_a_row & (sweep.ring[number[2:]] == sweep.ring[number[:-2]])]
    if len(number) < SMOOTH_POINTS:
        return None, None
    number = number[:: -(-len(number) // SMOOTH_ENOUGH)]
    before, here, after = (sweep.range_m[number + i].astype(np.float64) for i in range(3))
    bent = before - 2.0 * here + after                      # of independent noise its variance is 1 + 4 + 1 times σ²
    off = here - sweep.before_m[number + 1]
    return _sigma(off), _sigma(bent) / 6.0**0.5


def _sigma(numbers: NDArray[np.floating]) -> float:
    """The standard deviation, by the middle: a kerb or a wheel among them does not matter."""
    return MAD_SIGMA * float(np.median(np.abs(numbers - np.median(numbers))))


def _far(frame: FrameFiles) -> tuple[int, int]:
    clean = stored = 0
    for _, side in frame.pairs:
        before, after, away = (side.get(key) for key in ("lidar_points_clean", "lidar_points_stored", "distance_m"))
        if isinstance(before, int) and isinstance(after, int) and isinstance(away, (int, float)) and away > FAR_SHARE_M:
            clean, stored = clean + before, stored + after
    return clean, stored
