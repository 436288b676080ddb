"""The road as actors see it: what motion asks of a map, whoever answers.

All axes are right-handed (x east, y to its left, z up), metres and radians. A *station* is a length along the ego's
lane from its start; *left* is an offset to the left of that lane's centre line, negative to the right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.errors import PlacementError
from simgen.scenario.plan import EpisodePlan

Floats = NDArray[np.float64]
Arm = Literal["left", "right", "opposite"]

STEP_M = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on the ground with a heading: x, y, z right-handed in metres, yaw counter-clockwise in radians."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float

    @property
    def xy_m(self) -> Floats:
        return np.array([self.x_m, self.y_m])

    def shifted(self, forward_m: float, left_m: float = 0.0) -> Place:
        """The same heading, moved in its own axes."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return Place(
            self.x_m + forward_m * c - left_m * s, self.y_m + forward_m * s + left_m * c, self.z_m, self.yaw_rad)

    def facing(self, yaw_rad: float) -> Place:
        """The same spot with another heading."""
        return replace(self, yaw_rad=float(yaw_rad))


@dataclass(frozen=True, slots=True)
class StartOption:
    """A place where the ego may start, on a driving lane and facing its direction.

    spawn_point: the map's spawn point of this number that it is, or was shifted from; None for any other lane point.
    near_station_m: where the road wish's feature (``RoadWish.near``) lies, in metres of lane from this place.
    """

    place: Place
    spawn_point: int | None = None
    near_station_m: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Corridor:
    """The ego's road, sampled every metre of its lane's centre line (``of_samples`` makes it so).

    xyz_m:         (N, 3) centre line. yaw_rad: (N,) its heading, unwrapped.
    before_m:      length of road behind the ego's start (station 0), counted from the first sample.
    left_edge_m, right_edge_m: (N,) offsets of the drivable surface's edges (right is negative).
    oncoming_m:    (N,) offset of the nearest lane of the opposite direction; NaN where there is none.
    lanes:         offsets of the neighbouring lanes' centres: 1 the next to the right, −1 the next to the left, …;
                   NaN where that lane is missing. Without a median those of the opposite direction are counted on.
    opposite:      offsets of the lanes beyond a median, 1 the nearest; NaN likewise.
    lane_width_m:  (N,) of the ego's lane. junction: (N,) is the sample inside a junction?
    """

    xyz_m: Floats
    yaw_rad: Floats
    before_m: float
    left_edge_m: Floats
    right_edge_m: Floats
    oncoming_m: Floats
    lane_width_m: Floats
    junction: NDArray[np.bool_]
    lanes: Mapping[int, Floats] = field(default_factory=dict)
    opposite: Mapping[int, Floats] = field(default_factory=dict)

    @classmethod
    def of_samples(
        cls, xyz_m: ArrayLike, yaw_rad: ArrayLike, start: int, *, left_edge_m: ArrayLike, right_edge_m: ArrayLike,
        oncoming_m: ArrayLike, lane_width_m: ArrayLike, junction: ArrayLike,
        lanes: Mapping[int, ArrayLike] | None = None, opposite: Mapping[int, ArrayLike] | None = None,
    ) -> Corridor:
        """From samples at any spacing, the ego starting at sample ``start``: everything is put on a grid of 1 m.

        Positions and offsets are interpolated linearly, so samples should not be much more than a metre apart.
        Raises ValueError for arrays of different lengths, fewer than two samples, or two samples on one spot.
        """
        xyz = np.asarray(xyz_m, dtype=np.float64)
        yaw = np.unwrap(np.asarray(yaw_rad, dtype=np.float64))
        columns = {
            "left_edge_m": left_edge_m, "right_edge_m": right_edge_m, "oncoming_m": oncoming_m,
            "lane_width_m": lane_width_m,
        }
        arrays = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
        neighbours = {number: np.asarray(column, dtype=np.float64) for number, column in (lanes or {}).items()}
        beyond = {number: np.asarray(column, dtype=np.float64) for number, column in (opposite or {}).items()}
        inside = np.asarray(junction, dtype=bool)
        every = (yaw, inside, *arrays.values(), *neighbours.values(), *beyond.values())
        if len(xyz) < 2 or any(len(column) != len(xyz) for column in every):
            raise ValueError("a corridor needs at least two samples, and as many of every quantity")
        steps = np.hypot(*np.diff(xyz[:, :2], axis=0).T)
        if not (steps > 0).all():
            raise ValueError("two samples of a corridor lie on one spot")
        arc = np.concatenate([[0.0], np.cumsum(steps)])
        arc -= arc[start]
        behind, ahead = int(np.floor(-arc[0] / STEP_M + 1e-9)), int(np.floor(arc[-1] / STEP_M + 1e-9))
        grid = np.arange(-behind, ahead + 1) * STEP_M
        nearest = np.abs(arc[None, :] - grid[:, None]).argmin(axis=1)
        return cls(
            xyz_m=np.stack([np.interp(grid, arc, xyz[:, axis]) for axis in range(3)], axis=1),
            yaw_rad=np.interp(grid, arc, yaw),
            before_m=behind * STEP_M,
            junction=inside[nearest],
            lanes={number: np.interp(grid, arc, column) for number, column in neighbours.items()},
            opposite={number: np.interp(grid, arc, column) for number, column in beyond.items()},
            **{name: np.interp(grid, arc, column) for name, column in arrays.items()},
        )

    @property
    def ahead_m(self) -> float:
        """How far the corridor reaches beyond station 0."""
        return (len(self.xyz_m) - 1) * STEP_M - self.before_m

    @property
    def stations_m(self) -> Floats:
        """(N,) of the samples."""
        return np.arange(len(self.xyz_m), dtype=np.float64) * STEP_M - self.before_m

    def moved(self, station_m: float) -> Corridor:
        """The same road for an ego that starts ``station_m`` further on (negative: further back)."""
        return replace(self, before_m=self.before_m + station_m)

    def sample(self, values: Floats, station_m: ArrayLike) -> Floats:
        """``values`` (N,) of the samples at stations of any shape, linearly in between.

        Raises PlacementError for a station off the corridor.
        """
        along = (np.asarray(station_m, dtype=np.float64) + self.before_m) / STEP_M
        if (along < -1e-6).any() or (along > len(self.xyz_m) - 1 + 1e-6).any():
            far = float(np.asarray(station_m).flat[int(np.abs(along - len(self.xyz_m) / 2).argmax())])
            raise PlacementError(
                f"{far:.0f} m along the ego's road is beyond what is known of it, "
                f"{-self.before_m:.0f} m to {self.ahead_m:.0f} m"
            )
        return np.asarray(np.interp(along, np.arange(len(self.xyz_m)), values), dtype=np.float64)

    def at(self, station_m: float) -> Place:
        """The centre line's place there. Raises PlacementError off the corridor."""
        x, y, z = (float(self.sample(self.xyz_m[:, axis], station_m)) for axis in range(3))
        return Place(x, y, z, float(self.sample(self.yaw_rad, station_m)))

    def offset_place(self, station_m: float, left_m: float) -> Place:
        """``left_m`` to the left of the centre line, facing along the lane. Raises PlacementError off the corridor."""
        return self.at(station_m).shifted(0.0, left_m)

    def edges(self, station_m: float) -> tuple[float, float]:
        """Offsets of the drivable surface's left and right edge. Raises PlacementError off the corridor."""
        return float(self.sample(self.left_edge_m, station_m)), float(self.sample(self.right_edge_m, station_m))

    def station_and_left(self, xy_m: ArrayLike) -> tuple[Floats, Floats]:
        """Station and offset of points (..., 2): the inverse of ``offset_place``, each of shape (...).

        Points before the first or after the last sample are measured on the road's straight continuation.
        """
        points = np.asarray(xy_m, dtype=np.float64)
        flat = points.reshape(-1, 2)
        index = np.arange(len(self.xyz_m), dtype=np.float64)
        squared = ((flat[:, None, :] - self.xyz_m[None, :, :2]) ** 2).sum(axis=2)
        along = squared.argmin(axis=1).astype(np.float64)
        last = float(len(index) - 1)
        bends = np.diff(self.yaw_rad) / STEP_M
        # Newton: the foot of the perpendicular, with the heading interpolated as ``at`` does it.
        for _ in range(4):
            held = np.clip(along, 0.0, last)
            yaw = np.interp(held, index, self.yaw_rad)
            foot = np.stack([np.interp(held, index, self.xyz_m[:, axis]) for axis in (0, 1)], axis=1)
            forward = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
            foot += forward * ((along - held) * STEP_M)[:, None]
            offset = flat - foot
            left = forward[:, 0] * offset[:, 1] - forward[:, 1] * offset[:, 0]
            bend = np.where(along == held, bends[np.minimum(held, last - 1.0).astype(int)], 0.0)
            along = along + (offset * forward).sum(axis=1) / STEP_M / np.maximum(1.0 - bend * left, 0.2)
        left = forward[:, 0] * offset[:, 1] - forward[:, 1] * offset[:, 0]
        shape = points.shape[:-1]
        return (along * STEP_M - self.before_m).reshape(shape), left.reshape(shape)


@dataclass(frozen=True, eq=False, slots=True)
class RoadDrawing:
    """What there is to draw of a map near a place, all in map axes.

    lane_edges, markings, centre_lines: polylines of (N, 2). Markings are painted; lane edges are all lane borders.
    crosswalks, parking, driving, shoulders, pavements: closed polygons of (N, 2); those of lanes overlap a little where
    lanes follow each other, so that they can be filled without gaps.
    """

    lane_edges: tuple[Floats, ...] = ()
    markings: tuple[Floats, ...] = ()
    centre_lines: tuple[Floats, ...] = ()
    crosswalks: tuple[Floats, ...] = ()
    parking: tuple[Floats, ...] = ()
    driving: tuple[Floats, ...] = ()
    shoulders: tuple[Floats, ...] = ()
    pavements: tuple[Floats, ...] = ()


class Road(Protocol):
    """A map. Implemented on ``carla.Map`` in ``simgen.capture.road``, and by formulas in the tests."""

    @property
    def name(self) -> str: ...

    def starts(self, plan: EpisodePlan) -> Sequence[StartOption]:
        """All places for the ego that fulfil ``plan.road`` and have the room of ``motion.needs.needs_of(plan)``.

        With ``spawn.index`` only that one. Never empty: raises PlacementError or RequestError instead.
        """
        ...

    def corridor(self, start: StartOption, ahead_m: float, behind_m: float, route: Sequence[str]) -> Corridor:
        """The lane through ``start``, turning by ``route`` at the junctions ahead; shorter where the road ends."""
        ...

    def lane_ahead(self, place: Place, length_m: float, route: Sequence[str] = ()) -> Floats:
        """(N, 3) centre line of the driving lane at ``place``, from there in the direction ``place`` faces."""
        ...

    def arm(self, corridor: Corridor, which: Arm) -> Floats:
        """(N, 3) line that comes along that arm of the first junction ahead of station 0 and crosses it straight on.

        Left and right are the ego's. Begins far back on the arm, ends well beyond the junction.
        Raises PlacementError where there is no junction or no such arm.
        """
        ...

    def drawing(self, around: Place, radius_m: float) -> RoadDrawing:
        """What lies within ``radius_m`` of a place, for pictures from above."""
        ...
