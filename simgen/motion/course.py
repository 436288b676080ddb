"""Where everybody is at a time if nobody reacts: the ego on its lane, an actor on its way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.motion.bodies import Body
from simgen.motion.lines import Line
from simgen.motion.road import Corridor, Place
from simgen.motion.speeds import RunUp, SpeedProfile

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class EgoCourse:
    """The ego without reactions: its origin is at station 0 when the first tick begins, at ``begins_s``."""

    corridor: Corridor
    body: Body
    profile: SpeedProfile
    begins_s: float

    def station(self, time_s: ArrayLike) -> Floats:
        """Of its origin."""
        return self.profile.between(self.begins_s, np.maximum(time_s, self.begins_s))

    def place(self, time_s: float) -> Place:
        """Of its origin. Raises PlacementError where the road ends before."""
        return self.corridor.at(float(self.station(time_s)))

    def poses(self, times_s: Floats) -> Floats:
        """(T, 4) x, y, z, yaw of its origin."""
        stations = self.station(times_s)
        columns = [self.corridor.sample(self.corridor.xyz_m[:, axis], stations) for axis in range(3)]
        return np.stack([*columns, self.corridor.sample(self.corridor.yaw_rad, stations)], axis=1)

    @property
    def first_centre_m(self) -> float:
        """Station of the middle of its body at the first captured frame."""
        return float(self.station(0.0)) + self.body.centre_x_m

    def moved(self, station_m: float) -> EgoCourse:
        """The same on the same road, starting so much further on."""
        return EgoCourse(self.corridor.moved(station_m), self.body, self.profile, self.begins_s)


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """An actor's own way without reactions: it stands at ``start`` until ``starts_s``, then follows ``line`` from arc
    length ``from_m`` on as ``run_up`` says, facing along it. line None: it stays."""

    start: Place
    starts_s: float
    run_up: RunUp
    line: Line | None = None
    from_m: float = 0.0

    def poses(self, times_s: Floats) -> Floats:
        """(T, 4) x, y, z, yaw of its origin."""
        start = self.start
        standing = np.broadcast_to([start.x_m, start.y_m, start.z_m, start.yaw_rad], (len(times_s), 4))
        if self.line is None:
            return np.array(standing)
        gone = self.run_up.distance(times_s - self.starts_s)
        xy, yaw = self.line.points(self.from_m + gone)
        z = np.interp(self.from_m + gone, self.line.arc_m, self.line.xyz_m[:, 2])
        moving = np.column_stack([xy, z, yaw])
        return np.where((gone > 0.0)[:, None], moving, standing)

    def place(self, time_s: float) -> Place:
        """Of its origin."""
        x, y, z, yaw = (float(value) for value in self.poses(np.array([time_s]))[0])
        return Place(x, y, z, yaw)


def lane_line(corridor: Corridor, offset_m: Floats, station_m: float, backwards: bool) -> tuple[Line, float] | None:
    """The lane whose centre is ``offset_m`` (N,) beside the ego's, around a station where it exists.

    Returns its line in the direction of travel, only as far as the lane goes without a gap (NaN), and the arc length
    of the spot abreast of the station; None where there is no such lane.
    """
    there = np.isfinite(offset_m)
    index = round(station_m + corridor.before_m)
    if not 0 <= index < len(offset_m) or not there[index]:
        return None
    gaps = np.flatnonzero(~there)
    first = int(gaps[gaps < index].max(initial=-1)) + 1
    last = int(gaps[gaps > index].min(initial=len(offset_m))) - 1
    if last - first < 1:
        return None
    kept = slice(first, last + 1)
    yaw = corridor.yaw_rad[kept]
    shift = np.stack([-np.sin(yaw), np.cos(yaw), np.zeros_like(yaw)], axis=1) * offset_m[kept, None]
    xyz = corridor.xyz_m[kept] + shift
    line = Line(xyz[::-1] if backwards else xyz)
    along = min(max(station_m + corridor.before_m - first, 0.0), float(last - first))
    arcs = line.arc_m if not backwards else (line.length_m - line.arc_m)[::-1]
    arc = float(np.interp(along, np.arange(last - first + 1), arcs))
    return line, (line.length_m - arc if backwards else arc)


def turned(angle_rad: float) -> float:
    """The same angle in (−π, π]."""
    return math.atan2(math.sin(angle_rad), math.cos(angle_rad))
