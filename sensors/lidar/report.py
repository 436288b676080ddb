"""Which of a beam's echoes a device reports, how far it says they are, and how strong: the loop over beams.

All echoes of a beam meet one threshold. Of those above it the device reports the strongest, the last, or two: the
strongest and the last, or the two strongest where these are one. Ranges get noise and are rounded; strengths become
values of intensity; some returns are lost for no reason. Beams that met a surface and do not report it are told apart
by what was missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled
from sensors.devices.lidar import LidarDevice
from sensors.lidar.draws import QUANTILES, normal_quantiles, sixteen_bits
from sensors.lidar.echo import Echo, Returned, SurfaceEcho
from sensors.lidar.intensity import level
from sensors.lidar.range_noise import pulse_m, pulse_variance_m2, resolution_m, stretch_rad, variance_m2
from sensors.lidar.surfaces import GROUND_TAGS
from sensors.sweeps import Cause, CleanSweep, Loss, LostReturns, MeasuredSweep

RETURNS = ("strongest", "last", "dual")

_OBJECT, _GROUND = np.uint8(Cause.OBJECT), np.uint8(Cause.GROUND)
_STRONGEST, _LAST, _DUAL = range(3)
_NONE, _SURFACE, _DROPPED_FROM = -1, 0, -2
_LEAST_COSINE = 1e-3            # keeps tanθ finite; the pulse's length bounds what it does to range long before

_Floats: TypeAlias = "NDArray[np.float32]"
_Bytes: TypeAlias = "NDArray[np.uint8]"


class Echoes(NamedTuple):
    """What else comes back, (K, N) each: K kinds, at most one echo of a kind in a beam. Fields as in ``Echo``."""

    range_m: _Floats
    power: _Floats
    cause: _Bytes
    actor_id: NDArray[np.uint32]
    tag: _Bytes

    @classmethod
    def of(cls, count: int, echoes: Sequence[Echo]) -> Echoes:
        """Of the echoes of ``count`` beams."""
        shape = (len(echoes), count)
        made = cls(np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint8),
                   np.empty(shape, np.uint32), np.zeros(shape, np.uint8))
        for k, echo in enumerate(echoes):
            made.range_m[k], made.power[k] = echo.range_m, echo.power
            made.cause[k], made.actor_id[k] = echo.cause, echo.actor_id
            if isinstance(echo, SurfaceEcho):
                made.tag[k] = echo.tag
        return made


class _Beams(NamedTuple):
    direction: _Floats
    true_m: _Floats
    range_m: _Floats
    power: _Floats
    cos_incidence: _Floats
    tag: _Bytes
    actor_id: NDArray[np.uint32]
    ring: _Bytes
    time_s: _Floats


class _Receiver(NamedTuple):
    least_power: float
    overlap_from_m: float
    overlap_to_m: float
    accuracy_m: float
    resolution_m: float
    stretch_rad: float
    pulse_variance_m2: float
    step_m: float
    levels: int
    diffuse_levels: int
    noise_key: np.uint64
    recorded: bool


class _Tables(NamedTuple):
    """Looked up by tag, (256,), and by 16 bits of chance."""

    depth_m: _Floats
    is_ground: NDArray[np.bool_]
    normal: _Floats


class _Points(NamedTuple):
    """The arrays of a measured sweep, in its order."""

    points_m: _Floats
    intensity: _Floats
    cause: _Bytes
    beam: NDArray[np.int32]
    return_number: _Bytes
    range_before_m: _Floats
    tag: _Bytes
    actor_id: NDArray[np.uint32]
    ring: _Bytes
    time_s: _Floats


def chosen_echoes(
    returned: Returned,
    echoes: Echoes,
    threshold: NDArray[np.float32],
    device: LidarDevice,
    dropout_key: np.uint64,
    returns: str = "strongest",
) -> NDArray[np.int8]:
    """Which echoes each beam reports.

    Args:
        echoes: of all that is not the beam's own surface.
        threshold: (N,) weakest power that a beam reports.
        dropout_key: of what the device loses (``draws.key``).
        returns: one of ``RETURNS``.

    Returns:
        (N, 1), or (N, 2) for dual returns: 0 is the beam's own surface, k + 1 the k-th other echo, −1 none; −2 − k
        stands for echo k, which the device lost.
    """
    return _chosen(returned.range_m, returned.power, echoes, threshold, device.near_m, device.range_m, pulse_m(device),
                   RETURNS.index(returns), round(device.dropout * QUANTILES), dropout_key)


def points_of(
    chosen: NDArray[np.int8],
    clean: CleanSweep,
    returned: Returned,
    echoes: Echoes,
    device: LidarDevice,
    noise_key: np.uint64,
    depth_m: NDArray[np.float32] | None,
    lost: LostReturns | None = None,
) -> MeasuredSweep:
    """The points that a device makes of the chosen echoes.

    Args:
        chosen: of ``chosen_echoes``.
        noise_key: of range noise (``draws.key``).
        depth_m: (256,) of soft surfaces, by tag; None: surfaces' ranges are noisy already, as in recorded sweeps.
    """
    beams = _Beams(clean.direction, clean.range_m, returned.range_m, returned.power, clean.cos_incidence, clean.tag,
                   clean.actor_id, clean.ring, clean.time_s)
    receiver = _Receiver(
        device.least_power, *device.overlap_m, device.accuracy_m, resolution_m(device), stretch_rad(device),
        pulse_variance_m2(device), device.range_step_m, device.intensity_levels, device.diffuse_levels, noise_key,
        depth_m is None)
    is_ground = np.zeros(256, dtype=np.bool_)
    is_ground[list(GROUND_TAGS)] = True
    depths = np.zeros(256, dtype=np.float32) if depth_m is None else depth_m
    tables = _Tables(depths, is_ground, normal_quantiles())
    return MeasuredSweep(*_points(chosen, beams, echoes, receiver, tables), lost)


def lost_returns(
    chosen: NDArray[np.int8],
    clean: CleanSweep,
    echoes: Echoes,
    threshold: NDArray[np.float32],
    powers: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
    device: LidarDevice,
) -> LostReturns:
    """Surfaces that no reported echo is of, and what was missing.

    Args:
        powers: (N,) that each beam's surface returns in clear air when dry, in clear air as it is, and as it is.
    """
    dry, wet, now = powers
    of_surface = np.concatenate([np.ones((1, len(clean)), np.bool_), np.isin(echoes.cause, (_OBJECT, _GROUND))])
    every = np.arange(len(clean))[:, None]
    kept = ((chosen >= 0) & of_surface[np.maximum(chosen, 0), every]).any(axis=1)
    beam = np.flatnonzero(clean.is_hit & ~kept)
    echo = _DROPPED_FROM - chosen[beam]
    dropped = ((echo >= 0) & of_surface[np.maximum(echo, 0), beam[:, None]]).any(axis=1)
    range_m, least = clean.range_m[beam], threshold[beam]
    in_reach = (range_m >= device.near_m) & (range_m <= device.range_m)
    # The first that holds decides.
    loss = np.select(
        [dropped, ~in_reach | (dry[beam] < least), wet[beam] < least, now[beam] < least],
        [Loss.DROPPED, Loss.TOO_WEAK, Loss.WET, Loss.ATTENUATED], Loss.OUTSHONE)
    return LostReturns(beam.astype(np.int32), loss.astype(np.uint8))


@compiled
def _chosen(
    range_m: _Floats, power: _Floats, echoes: Echoes, threshold: _Floats, near_m: float, far_m: float, pulse_m: float,
    mode: int, dropped_quantiles: int, dropout_key: np.uint64,
) -> NDArray[np.int8]:
    echo_power, echo_range = echoes.power, echoes.range_m
    kinds, slots = len(echo_range) + 1, 2 if mode == _DUAL else 1
    chosen = np.empty((len(range_m), slots), np.int8)
    for i in range(len(range_m)):
        least = threshold[i]
        strongest, last = _NONE, _NONE
        strongest_power, strongest_range, last_range = np.float32(0), np.float32(0), np.float32(-1)
        for k in range(kinds):
            p, r = (power[i], range_m[i]) if k == _SURFACE else (echo_power[k - 1, i], echo_range[k - 1, i])
            if p >= least and p > 0 and near_m <= r <= far_m:
                if p > strongest_power:
                    strongest, strongest_power, strongest_range = k, p, r
                if r > last_range:
                    last, last_range = k, r
        chosen[i, 0] = last if mode == _LAST else strongest
        if slots == 2:
            # Echoes nearer to the strongest one than the pulse is long are one with it.
            second, second_power = _NONE, np.float32(0)
            last, last_range = _NONE, strongest_range
            for k in range(kinds):
                p, r = (power[i], range_m[i]) if k == _SURFACE else (echo_power[k - 1, i], echo_range[k - 1, i])
                if p >= least and p > 0 and near_m <= r <= far_m and abs(r - strongest_range) >= pulse_m:
                    if p > second_power and k != strongest:
                        second, second_power = k, p
                    if r > last_range:
                        last, last_range = k, r
            chosen[i, 1] = second if last == _NONE else last
        for n in range(slots):
            if chosen[i, n] != _NONE and sixteen_bits(dropout_key, 2 * i + n) < dropped_quantiles:
                chosen[i, n] = _DROPPED_FROM - chosen[i, n]
    return chosen


@compiled
def _points(
    chosen: NDArray[np.int8], beams: _Beams, echoes: Echoes, receiver: _Receiver, tables: _Tables
) -> _Points:
    # Tuples are taken apart before the loop, in which numba would count references to all their arrays.
    direction, true_m, range_m, power, cos_incidence, beam_tag, beam_actor, beam_ring, beam_time = beams
    echo_range, echo_power, echo_cause, echo_actor, echo_tag = echoes
    depth_m, is_ground, normal = tables
    least_power, accuracy_m, resolution_m = receiver.least_power, receiver.accuracy_m, receiver.resolution_m
    stretch_rad, pulse_variance_m2, step_m = receiver.stretch_rad, receiver.pulse_variance_m2, receiver.step_m
    overlap_from_m, overlap_to_m = receiver.overlap_from_m, receiver.overlap_to_m
    levels, diffuse_levels, noise_key = receiver.levels, receiver.diffuse_levels, receiver.noise_key
    recorded = receiver.recorded
    slots = chosen.shape[1]
    made = 0
    for i in range(len(chosen)):
        for n in range(slots):
            made += chosen[i, n] >= 0
    points, intensity = np.empty((made, 3), np.float32), np.empty(made, np.float32)
    cause, number, tag, ring = (np.empty(made, np.uint8), np.empty(made, np.uint8), np.empty(made, np.uint8),
                                np.empty(made, np.uint8))
    beam, actor_id = np.empty(made, np.int32), np.empty(made, np.uint32)
    before, time_s = np.empty(made, np.float32), np.empty(made, np.float32)
    at = 0
    for i in range(len(chosen)):
        returned = 0
        for n in range(slots):
            k = chosen[i, n]
            if k < 0:
                continue
            tangent, depth = 0.0, 0.0
            if k == _SURFACE:
                p, r, kind = np.float64(power[i]), np.float64(range_m[i]), beam_tag[i]
                cosine = np.float64(cos_incidence[i])
                tangent, depth = math.sqrt(max(1 - cosine * cosine, 0.0)) / max(cosine, _LEAST_COSINE), depth_m[kind]
                cause[at], tag[at], actor_id[at] = _GROUND if is_ground[kind] else _OBJECT, kind, beam_actor[i]
            else:
                p, r = np.float64(echo_power[k - 1, i]), np.float64(echo_range[k - 1, i])
                cause[at], tag[at], actor_id[at] = echo_cause[k - 1, i], echo_tag[k - 1, i], echo_actor[k - 1, i]
            variance = variance_m2(p / least_power, accuracy_m, resolution_m, stretch_rad * r * tangent,
                                   pulse_variance_m2, depth)
            measured = r
            if variance > 0.0 and not (recorded and k == _SURFACE):
                measured += math.sqrt(variance) * normal[sixteen_bits(noise_key, 2 * i + n)]
            if step_m > 0.0 and not (recorded and k == _SURFACE):
                measured = math.floor(measured / step_m + 0.5) * step_m
            rounded = np.float32(measured)
            for axis in range(3):
                points[at, axis] = direction[i, axis] * rounded
            seen = 1.0 if r >= overlap_to_m else (r - overlap_from_m) / (overlap_to_m - overlap_from_m)
            intensity[at] = level(p * r * r / seen, levels, diffuse_levels) / levels
            beam[at], number[at], before[at], ring[at], time_s[at] = i, returned, true_m[i], beam_ring[i], beam_time[i]
            returned += 1
            at += 1
    return _Points(points, intensity, cause, beam, number, before, tag, actor_id, ring, time_s)
