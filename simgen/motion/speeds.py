"""Distance as a function of time, exactly: speed profiles of the ego, run-ups of actors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.scenario.plan import SpeedPoint

GRAVITY_MPS2 = 9.81
SETTLED_MPS = 1e-9
HERE_M = 1e-12               # who is nearer than that has arrived: squares of less are no numbers


@dataclass(frozen=True, eq=False, slots=True)
class SpeedProfile:
    """Piecewise linear speed over time, constant before the first and after the last point.

    times_s, speeds_mps: (K,), times strictly ascending. done_m: (K,) distance since the first point.
    """

    times_s: NDArray[np.float64]
    speeds_mps: NDArray[np.float64]
    done_m: NDArray[np.float64]

    @classmethod
    def of(cls, points: Sequence[SpeedPoint]) -> SpeedProfile:
        """Raises ValueError without a point, or if their times do not ascend."""
        times = np.array([point.time_s for point in points], dtype=np.float64)
        speeds = np.array([point.speed_mps for point in points], dtype=np.float64)
        if not len(times) or (np.diff(times) <= 0).any():
            raise ValueError(f"a speed profile needs points at ascending times, got {times.tolist()}")
        done = np.concatenate([[0.0], np.cumsum(np.diff(times) * (speeds[1:] + speeds[:-1]) / 2)])
        return cls(times, speeds, done)

    def speed(self, time_s: ArrayLike) -> NDArray[np.float64]:
        """Speed at times of any shape."""
        return np.asarray(np.interp(np.asarray(time_s, dtype=np.float64), self.times_s, self.speeds_mps))

    def distance(self, time_s: ArrayLike) -> NDArray[np.float64]:
        """Distance gone between the first point's time and ``time_s``; negative before it. The exact integral."""
        time = np.asarray(time_s, dtype=np.float64)
        segment = np.clip(np.searchsorted(self.times_s, time, side="right") - 1, 0, len(self.times_s) - 1)
        since = time - self.times_s[segment]
        return self.done_m[segment] + since * (self.speeds_mps[segment] + self.speed(time)) / 2

    def between(self, from_s: float, to_s: ArrayLike) -> NDArray[np.float64]:
        """Distance gone from one time to others."""
        return self.distance(to_s) - self.distance(from_s)


@dataclass(frozen=True, slots=True)
class RunUp:
    """From standing to ``speed_mps`` with ``acceleration_mps2`` (None: at once), then steadily on."""

    speed_mps: float
    acceleration_mps2: float | None = None

    @property
    def takes_s(self) -> float:
        """Until the speed is reached."""
        return 0.0 if self.acceleration_mps2 is None else self.speed_mps / self.acceleration_mps2

    def distance(self, time_s: ArrayLike) -> NDArray[np.float64]:
        """Distance gone so long after the start; 0 before it."""
        time = np.maximum(np.asarray(time_s, dtype=np.float64), 0.0)
        rising = np.minimum(time, self.takes_s)
        return np.asarray(rising**2 / 2 * (self.acceleration_mps2 or 0.0) + (time - rising) * self.speed_mps)

    def time_for(self, distance_m: float) -> float:
        """How long ``distance_m`` takes: the inverse of ``distance``. Infinite for one that stands."""
        if distance_m <= 0.0:
            return 0.0
        if self.speed_mps <= 0.0:
            return math.inf
        if self.acceleration_mps2 is None:
            return distance_m / self.speed_mps
        rising_m = self.speed_mps**2 / (2 * self.acceleration_mps2)
        if distance_m < rising_m:
            return math.sqrt(2 * distance_m / self.acceleration_mps2)
        return self.takes_s + (distance_m - rising_m) / self.speed_mps


@dataclass(slots=True)
class Gait:
    """How fast something goes right now and what it is coming to: ``speed_mps`` changes towards ``target_mps`` by
    ``rate_mps2`` (> 0; None: at once)."""

    speed_mps: float = 0.0
    target_mps: float = 0.0
    rate_mps2: float | None = None

    def aim(self, target_mps: float, rate_mps2: float | None) -> None:
        """Go for another speed."""
        self.target_mps, self.rate_mps2 = target_mps, rate_mps2
        if rate_mps2 is None:
            self.speed_mps = target_mps

    @property
    def settles_s(self) -> float:
        """How long until the target is reached."""
        change = abs(self.target_mps - self.speed_mps)
        return 0.0 if self.rate_mps2 is None or change == 0.0 else change / self.rate_mps2

    def advance(self, duration_s: float) -> float:
        """Let time pass; returns the distance gone, exactly."""
        if self.rate_mps2 is None:
            self.speed_mps = self.target_mps
        changing = min(duration_s, self.settles_s)
        before = self.speed_mps
        if changing >= self.settles_s:
            self.speed_mps = self.target_mps
        else:
            self.speed_mps += math.copysign((self.rate_mps2 or 0.0) * changing, self.target_mps - before)
            if abs(self.target_mps - self.speed_mps) < SETTLED_MPS:
                self.speed_mps = self.target_mps
        return changing * (before + self.speed_mps) / 2 + (duration_s - changing) * self.speed_mps

    def time_for(self, distance_m: float) -> float:
        """How long until ``distance_m`` more are gone if the target stays; infinite if that never happens."""
        if distance_m <= HERE_M:
            return 0.0
        settles = self.settles_s
        settling_m = settles * (self.speed_mps + self.target_mps) / 2
        if distance_m > settling_m:
            return settles + (distance_m - settling_m) / self.target_mps if self.target_mps > 0.0 else math.inf
        rate = math.copysign(self.rate_mps2 or 0.0, self.target_mps - self.speed_mps)
        if rate == 0.0:
            return distance_m / self.speed_mps if self.speed_mps > 0.0 else math.inf
        # v t + a t²/2 = d, in the form that does not cancel.
        root = math.sqrt(max(0.0, self.speed_mps**2 + 2 * rate * distance_m))
        return 2 * distance_m / (self.speed_mps + root)
