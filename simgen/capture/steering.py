"""Steering a vehicle so that its middle stays on a path.

The path's own curvature is fed forward; what is left of the error dies out over a few metres of road, critically
damped. Source: the linearised kinematic bicycle in R. Rajamani, Vehicle Dynamics and Control, 2nd ed., 2012, 2.2 and
2.5, written over the distance travelled instead of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import carla
import numpy as np
from numpy.typing import NDArray

from sensors.rigid import RigidTransform

SETTLE_M = 2.0              # an error falls to 1/e within so much road,
SETTLE_S = 0.25             # or within so much time, whichever is more road
BEHIND, AHEAD = 5, 60       # samples round the last nearest one within which the next is looked for


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """A path with what steering asks of it. xy_m: (N, 2). arc_m, heading_rad: (N,), the latter unwrapped."""

    xy_m: NDArray[np.float64]
    arc_m: NDArray[np.float64]
    heading_rad: NDArray[np.float64]

    @classmethod
    def of(cls, path_m: NDArray[np.float64]) -> Track:
        """From (N, 2) points in the order they are passed, at least two. Raises ValueError for fewer."""
        points = np.asarray(path_m, dtype=np.float64)[:, :2]
        steps = np.diff(points, axis=0)
        points = points[np.concatenate([[True], np.hypot(*steps.T) > 1e-6])]
        if len(points) < 2:
            raise ValueError("a path needs two points that differ")
        steps = np.diff(points, axis=0)
        lengths = np.hypot(*steps.T)
        arc = np.concatenate([[0.0], np.cumsum(lengths)])
        pieces = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        # The heading at a point lies between those of the pieces that meet there, nearer to the shorter one's.
        middles = (arc[1:] + arc[:-1]) / 2
        inner = np.interp(arc, middles, pieces)
        if len(pieces) > 1:                 # half a piece of the end's curvature beyond the outermost middles
            inner[0] = pieces[0] - (pieces[1] - pieces[0]) / (middles[1] - middles[0]) * middles[0]
            inner[-1] = pieces[-1] + (pieces[-1] - pieces[-2]) / (middles[-1] - middles[-2]) * (arc[-1] - middles[-1])
        return cls(points, arc, inner)

    def nearest(self, xy_m: NDArray[np.float64], around: int | None) -> tuple[int, float, float]:
        """Sample index, arc length and left offset of the place on the path next to a point; on its straight
        continuation before the first and after the last. around: index to search near, None: everywhere."""
        low, high = (0, len(self.xy_m)) if around is None else (max(0, around - BEHIND), around + AHEAD)
        index = low + int(np.argmin(np.sum((self.xy_m[low:high] - xy_m) ** 2, axis=1)))
        piece = min(max(index, 0), len(self.xy_m) - 2)
        if index > 0 and self._along(index - 1, xy_m) < float(self.arc_m[index] - self.arc_m[index - 1]):
            piece = index - 1
        along = self._along(piece, xy_m)
        direction = (self.xy_m[piece + 1] - self.xy_m[piece]) / float(self.arc_m[piece + 1] - self.arc_m[piece])
        offset = xy_m - self.xy_m[piece]
        arc = float(self.arc_m[piece]) + along
        chord_left = float(direction[0] * offset[1] - direction[1] * offset[0])
        return index, arc, chord_left - self._bulge(piece, along)

    def _along(self, piece: int, xy_m: NDArray[np.float64]) -> float:
        chord = self.xy_m[piece + 1] - self.xy_m[piece]
        return float((xy_m - self.xy_m[piece]) @ chord) / float(self.arc_m[piece + 1] - self.arc_m[piece])

    def _bulge(self, piece: int, along_m: float) -> float:
        """How far to the left of its chord a bend is between two samples: s (L − s) κ / 2, negative in a left bend."""
        length = float(self.arc_m[piece + 1] - self.arc_m[piece])
        if not 0.0 < along_m < length:
            return 0.0
        curvature = float(self.heading_rad[piece + 1] - self.heading_rad[piece]) / length
        return -along_m * (length - along_m) * curvature / 2

    def heading(self, arc_m: float) -> float:
        """Radians, at a length along the path."""
        return float(np.interp(arc_m, self.arc_m, self.heading_rad))

    def curvature(self, from_m: float, to_m: float) -> float:
        """1/m, the mean between two lengths, positive to the left."""
        return (self.heading(to_m) - self.heading(from_m)) / max(to_m - from_m, 1e-6)


@dataclass(slots=True)
class Steering:
    """One vehicle's wheel. wheelbase_m, max_steer_rad: from its physics. origin_m: from rear axle to its origin."""

    wheelbase_m: float
    max_steer_rad: float
    origin_m: float
    _path: NDArray[np.float64] | None = field(default=None)
    _track: Track | None = field(default=None)
    _around: int | None = field(default=None)

    @classmethod
    def of(cls, vehicle: carla.Vehicle) -> Steering:
        """From the server's physics. Makes the front wheels turn as far as asked at every speed: CARLA's own steering
        curve would turn them less the faster the vehicle goes."""
        physics = vehicle.get_physics_control()
        wheels = physics.wheels
        spots = np.array([[w.position.x, w.position.y] for w in wheels]) / 100.0
        half = max(1, len(spots) // 2)
        wheelbase_m = float(np.hypot(*(spots[:half].mean(axis=0) - spots[half:].mean(axis=0))))
        physics.steering_curve = [carla.Vector2D(0.0, 1.0), carla.Vector2D(300.0, 1.0)]
        vehicle.apply_physics_control(physics)
        return cls(wheelbase_m, math.radians(wheels[0].max_steer_angle), wheelbase_m / 2)

    def steer(self, pose: RigidTransform, path_m: NDArray[np.float64], advance_m: float, speed_mps: float) -> float:
        """The steering for a tick in which the vehicle goes ``advance_m``, as CARLA's share −1 … 1, positive right."""
        if path_m is not self._path:
            self._path, self._track, self._around = path_m, Track.of(path_m), None
        assert self._track is not None
        curvature = self.curvature(pose, self._track, advance_m, speed_mps)
        angle = math.atan(self.wheelbase_m * curvature)
        # Wheels turn no further than they can.
        return max(-1.0, min(1.0, -angle / self.max_steer_rad))

    def curvature(self, pose: RigidTransform, track: Track, advance_m: float, speed_mps: float) -> float:
        """1/m, of the rear axle's way, positive to the left."""
        self._around, arc, left_m = track.nearest(pose.translation_m[:2], self._around)
        bend = track.curvature(arc, arc + max(advance_m, 0.5))
        # In a bend the origin, ahead of the rear axle, goes towards the inside of where the body points.
        lean = math.asin(max(-1.0, min(1.0, bend * self.origin_m)))
        yaw = math.atan2(pose.rotation[1, 0], pose.rotation[0, 0])
        error_rad = math.remainder(yaw + lean - track.heading(arc), math.tau)
        settle_m = max(SETTLE_M, SETTLE_S * speed_mps)
        pull = -left_m / settle_m**2 - 2.0 * math.sin(error_rad) / settle_m
        # Far off the path the pull must not turn the vehicle round: it approaches at 45 degrees at most.
        toward = math.asin(max(-0.7, min(0.7, -left_m / (2.0 * settle_m))))
        if abs(left_m) > settle_m:
            pull = 2.0 * math.sin(toward - error_rad) / settle_m
        return bend + pull
