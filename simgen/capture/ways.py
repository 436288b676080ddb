"""Stretches of lane as arrays, cut from pieces that all walks along the same lane share.

A map's lanes are walked once, into pieces; what lies ahead of one of thousands of spawn points is then a slice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.capture.spots import Spot

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """A stretch of lane, about a metre from spot to spot.

    xyz_m: (N, 3). stations_m: (N,) length of the way from its first spot, seen from above. CARLA's metre is one of the
    reference line, which a bend's inner lanes are shorter than; this one is the lane's own. yaw_rad: (N,), unwrapped,
    as the lane leads (also where it was walked backwards). junction: (N,) is the spot inside a junction?
    """

    spots: tuple[Spot, ...]
    xyz_m: Floats
    stations_m: Floats
    yaw_rad: Floats
    junction: NDArray[np.bool_]

    @classmethod
    def of(cls, spots: Sequence[Spot]) -> Way:
        """Of spots in the order in which they are walked; at least one."""
        places = [spot.place for spot in spots]
        xyz = np.array([(place.x_m, place.y_m, place.z_m) for place in places])
        yaw, stations = np.array([place.yaw_rad for place in places]), np.zeros(len(places))
        if len(places) > 1:             # not for the many single spots that spawn points begin with
            np.cumsum(np.hypot(*(xyz[1:, :2] - xyz[:-1, :2]).T), out=stations[1:])
            yaw = np.unwrap(yaw)
        return cls(tuple(spots), xyz, stations, yaw, np.array([spot.junction for spot in spots]))

    @classmethod
    def joined(cls, ways: Sequence[Way]) -> Way:
        """One after the other, each beginning where the one before would go on."""
        if len(ways) == 1:
            return ways[0]
        stations, yaws = [ways[0].stations_m], [ways[0].yaw_rad]
        for before, after in pairwise(ways):
            gap = math.dist(after.xyz_m[0, :2], before.xyz_m[-1, :2])
            whole_turns = math.tau * round((yaws[-1][-1] - after.yaw_rad[0]) / math.tau)
            stations.append(after.stations_m + (stations[-1][-1] + gap))
            yaws.append(after.yaw_rad + whole_turns)
        return cls(
            tuple(chain.from_iterable(way.spots for way in ways)), np.concatenate([way.xyz_m for way in ways]),
            np.concatenate(stations), np.concatenate(yaws), np.concatenate([way.junction for way in ways]),
        )

    def __len__(self) -> int:
        return len(self.spots)

    @property
    def length_m(self) -> float:
        return float(self.stations_m[-1])

    def part(self, first: int, beyond: int) -> Way:
        """The spots from ``first`` up to, not including, ``beyond``, as a way of their own."""
        kept = slice(first, beyond)
        stations = self.stations_m[kept]
        return Way(self.spots[kept], self.xyz_m[kept], stations - stations[0], self.yaw_rad[kept], self.junction[kept])


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A way that every walk over its spots shares. onward: where walks go on after its last spot, straight on; None at
    the lane's end."""

    way: Way
    onward: Spot | None
