"""A head that turns while the car drives: every beam of a sweep has its own moment.

With the sensor's velocity v and turn rate ω in its own axes (its twist ξ), a point that lies at p in the sensor's axes
at the sweep's moment is measured at

    p_raw = Exp(−t·ξ) · (p + t·v_actor)

by a beam that is fired t seconds later; v_actor is how the thing itself moves over the ground. ``untwisted`` takes the
sensor's part out again, as drivers do with an inertial sensor, and as it is done in KITTI's files: what moves stays
smeared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.rigid import readonly_array
from sensors.sweeps import CleanSweep

_FULL_TURN_DEG = 360.0


@dataclass(frozen=True, eq=False, slots=True)
class Twist:
    """How a sensor moves, in its own axes: (3,) velocity in m/s and (3,) turn rate in rad/s."""

    velocity_mps: NDArray[np.float64]
    turn_radps: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "velocity_mps", readonly_array(self.velocity_mps, (3,), "velocity_mps"))
        object.__setattr__(self, "turn_radps", readonly_array(self.turn_radps, (3,), "turn_radps"))

    @classmethod
    def none(cls) -> Twist:
        return cls(np.zeros(3), np.zeros(3))


def moved(points_m: NDArray[np.floating], time_s: ArrayLike, twist: Twist) -> NDArray[np.float64]:
    """Exp(t·ξ)·p: points of the sensor's axes after t seconds of the twist, in its axes at the start.

    Args:
        points_m: (N, 3).
        time_s: (N,) or one number, t; negative ones go back.
    """
    points = np.ascontiguousarray(points_m, dtype=np.float64)
    times = np.broadcast_to(np.asarray(time_s, dtype=np.float64), len(points))
    rate = float(np.linalg.norm(twist.turn_radps))
    axis = twist.turn_radps / rate if rate > 0 else np.zeros(3)
    return _moved(points, np.ascontiguousarray(times), twist.velocity_mps, axis, rate)


@compiled
def _moved(
    points: NDArray[np.float64], time_s: NDArray[np.float64], velocity: NDArray[np.float64],
    axis: NDArray[np.float64], rate: float,
) -> NDArray[np.float64]:
    out = np.empty_like(points)
    vx, vy, vz = velocity[0], velocity[1], velocity[2]
    ax, ay, az = axis[0], axis[1], axis[2]
    along = ax * vx + ay * vy + az * vz
    for i in range(len(points)):
        t, x, y, z = time_s[i], points[i, 0], points[i, 1], points[i, 2]
        if rate == 0.0:
            out[i, 0], out[i, 1], out[i, 2] = x + t * vx, y + t * vy, z + t * vz
            continue
        sine, versine = math.sin(rate * t), 2 * math.sin(rate * t / 2) ** 2
        # Rodrigues: p + sinφ·(a × p) + (1 − cosφ)·(a·(a·p) − p).
        inward = ax * x + ay * y + az * z
        out[i, 0] = x + sine * (ay * z - az * y) + versine * (ax * inward - x)
        out[i, 1] = y + sine * (az * x - ax * z) + versine * (ay * inward - y)
        out[i, 2] = z + sine * (ax * y - ay * x) + versine * (az * inward - z)
        # ∫ Exp(s·ω)·v ds: along the axis straight on, across it round a circle.
        s, c, straight = sine / rate, versine / rate, t * along
        out[i, 0] += straight * ax + s * (vx - along * ax) + c * (ay * vz - az * vy)
        out[i, 1] += straight * ay + s * (vy - along * ay) + c * (az * vx - ax * vz)
        out[i, 2] += straight * az + s * (vz - along * az) + c * (ax * vy - ay * vx)
    return out


def rolled(
    points_m: NDArray[np.floating],
    time_s: NDArray[np.floating],
    twist: Twist,
    actor_id: NDArray[np.integer] | None = None,
    actor_velocity_mps: Mapping[int, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    """Points of one moment as a turning head measures them, each in the sensor's axes at its own moment.

    Args:
        points_m: (N, 3) in the sensor's axes at the sweep's moment.
        time_s: (N,) when each is measured, relative to that moment.
        twist: of the sensor; ``Twist.none()`` for a sweep whose own motion is taken out, KITTI's way.
        actor_id: (N,) whose points they are.
        actor_velocity_mps: (3,) over the ground, in the sensor's axes at the sweep's moment, by actor id.
    """
    points = np.asarray(points_m, dtype=np.float64) + _shift(time_s, actor_id, actor_velocity_mps)
    return moved(points, -np.asarray(time_s, dtype=np.float64), twist)


def untwisted(
    points_m: NDArray[np.floating],
    time_s: NDArray[np.floating],
    twist: Twist,
    actor_id: NDArray[np.integer] | None = None,
    actor_velocity_mps: Mapping[int, ArrayLike] | None = None,
) -> NDArray[np.float64]:
    """The inverse of ``rolled``: all points in the sensor's axes at the sweep's moment. Without actors' velocities,
    what moves stays where each of its points was measured."""
    at_rest = moved(points_m, time_s, twist)
    return np.asarray(at_rest - _shift(time_s, actor_id, actor_velocity_mps))


def fire_times_s(
    device: LidarDevice,
    direction: NDArray[np.floating],
    ring: NDArray[np.integer],
    facing_rad: float = 0.0,
    clockwise: bool = False,
) -> NDArray[np.float32]:
    """When each beam is fired, in seconds from the moment of the sweep, in which the head faces ``facing_rad``.

    The head's turn starts and ends opposite to that: there is the seam. KITTI's cameras are triggered when the scanner
    faces forward. A device that does not turn scans its field of view from its right edge to its left one.

    Args:
        direction: (N, 3) of beams. ring: (N,) beam numbers from the top.
        facing_rad: counter-clockwise from straight ahead.
        clockwise: does the head turn so, seen from above?
    """
    sweep_s = 1.0 / device.rate_hz
    offset = np.radians(device.azimuth_offsets_deg)[ring]
    head = np.arctan2(direction[:, 1], direction[:, 0]).astype(np.float64) - offset
    delay = device.beam_delay_s[ring]
    from_deg, to_deg = device.azimuths_deg
    if to_deg - from_deg < _FULL_TURN_DEG:
        share = (np.degrees(head) - from_deg) / (to_deg - from_deg)
        return np.asarray(((1 - share if clockwise else share) - 0.5) * sweep_s + delay, dtype=np.float32)
    turned = (facing_rad - head) if clockwise else (head - facing_rad)
    # Firings lie a whole number of steps from the one at the sweep's moment: rounding cannot move one over the seam.
    step = 2 * math.pi / device.firings
    number = np.floor((turned + step / 2) % (2 * math.pi) / step)
    number = np.where(number >= (device.firings + 1) // 2, number - device.firings, number)
    return np.asarray(number * (sweep_s / device.firings) + delay, dtype=np.float32)


@dataclass(frozen=True, eq=False, slots=True)
class Sector:
    """A sweep as it would be if all beams were fired at one moment of the turn.

    clean:    all beams of the turn, in the sensor's axes at that moment; ``time_s`` holds when each is really fired.
    moment_s: on the same clock.
    twist:    of the sensor at that moment.
    """

    clean: CleanSweep
    moment_s: float
    twist: Twist


def assembled(
    sectors: Sequence[Sector], actor_velocity_mps: Mapping[int, ArrayLike] | None = None
) -> CleanSweep:
    """One turn of a simulator that freezes the world at each tick, from ticks during the turn.

    Each beam is taken from the tick nearest to its own moment, and what is left of the motion is made up for by the
    sensor's twist and the actors' velocities (in its axes). Points are in the sensor's axes at their own moments, as a
    real head reports them.

    Raises:
        ValueError: if there are no sectors, or they do not have the same beams.
    """
    if not sectors:
        raise ValueError("a sweep needs at least one sector")
    first = sectors[0].clean
    for sector in sectors[1:]:
        if len(sector.clean) != len(first) or not np.array_equal(sector.clean.time_s, first.time_s):
            raise ValueError("sectors have different beams: each must hold all beams of the turn, in one order")
    sectors = sorted(sectors, key=lambda sector: sector.moment_s)
    moments = np.array([sector.moment_s for sector in sectors])
    chosen = np.searchsorted((moments[1:] + moments[:-1]) / 2, first.time_s)
    direction, range_m = np.empty_like(first.direction), np.empty_like(first.range_m)
    for number, sector in enumerate(sectors):
        mine = chosen == number
        direction[mine], range_m[mine] = _at_their_moments(sector, mine, actor_velocity_mps)

    def of_nearest(name: str) -> NDArray[Any]:
        if len(sectors) == 1:
            return np.asarray(getattr(first, name))
        rows: NDArray[Any] = np.stack([getattr(sector.clean, name) for sector in sectors])
        nearest: NDArray[Any] = rows[chosen, np.arange(len(chosen))]
        return nearest

    given = [sector.clean.reflectance is not None for sector in sectors]
    return replace(
        first, direction=direction, range_m=range_m,
        cos_incidence=of_nearest("cos_incidence"), tag=of_nearest("tag"), actor_id=of_nearest("actor_id"),
        reflectance=of_nearest("reflectance") if all(given) else None)


def _at_their_moments(
    sector: Sector, mine: NDArray[np.bool_], actor_velocity_mps: Mapping[int, ArrayLike] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions and ranges of some beams of a sector, moved on from its moment to their own."""
    clean = sector.clean
    direction, range_m = clean.direction[mine], clean.range_m[mine]
    met = np.flatnonzero(np.isfinite(range_m))
    since = clean.time_s[mine][met] - np.float32(sector.moment_s)
    points = direction[met] * range_m[met, None]
    there = rolled(points, since, sector.twist, clean.actor_id[mine][met], actor_velocity_mps)
    gone = np.flatnonzero((there != points).any(axis=1))        # what rests stays where it is, bit by bit
    met, there = met[gone], there[gone]
    away = np.sqrt(np.einsum("ij,ij->i", there, there))
    range_m[met], direction[met] = away, there / away[:, None]
    return direction, range_m


def _shift(
    time_s: NDArray[np.floating],
    actor_id: NDArray[np.integer] | None,
    actor_velocity_mps: Mapping[int, ArrayLike] | None,
) -> NDArray[np.float64] | float:
    """(N, 3) how far each point's actor moves in its time."""
    if actor_id is None or not actor_velocity_mps:
        return 0.0
    shift = np.zeros((len(actor_id), 3))
    moving = np.flatnonzero(np.isin(actor_id, list(actor_velocity_mps)))
    whose = actor_id[moving]
    time = np.asarray(time_s, np.float64)[moving, None]
    for number in np.unique(whose).tolist():
        of_actor = whose == number
        shift[moving[of_actor]] = time[of_actor] * np.asarray(actor_velocity_mps[number], np.float64)
    return shift
